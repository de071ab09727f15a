// Package workflow is what each step of a request's life decides: which work it has
// done, which state the request is in after it, which step comes next. Every step
// may run twice, and may run for a request that is further on already.
package workflow

import (
	"context"
	"encoding/json"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Version of the messages below. A reader accepts every version it ever wrote.
const Version = 1

// Message is all that travels in queues, execution inputs and between steps: opaque
// IDs, nothing of the person.
type Message struct {
	V         int    `json:"v"`
	RequestID string `json:"request_id"`
	Run       int    `json:"run"`
	Leave     string `json:"leave,omitempty"` // "operator": park the request
	Next      string `json:"next,omitempty"`
}

// Next steps, as the state machine's choices name them.
const (
	NextFence    = "fence"
	NextPurge    = "purge"
	NextShred    = "shred"
	NextVerify   = "verify"
	NextClose    = "close"
	NextLocate   = "locate"
	NextReview   = "review"
	NextOperator = "operator"
	NextDone     = "done"
)

// Parse reads a message and says what is wrong with one that it cannot read.
func Parse(src []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(src, &m); err != nil {
		return m, fault.New(fault.Invalid, "a message is not the JSON object that was expected")
	}
	if m.V != Version {
		return m, fault.New(fault.Invalid, "a message has a version that this program does not know")
	}
	if len(m.RequestID) != 32 || m.Run < 1 {
		return m, fault.New(fault.Invalid, "a message lacks its request ID or its run")
	}
	return m, nil
}

// For is the message that starts a request's present run.
func For(r request.Request) Message {
	return Message{V: Version, RequestID: r.ID, Run: r.Run}
}

func (m Message) then(next string) Message {
	m.Next, m.Leave = next, ""
	return m
}

// owned reads a request that this run must own.
func owned(ctx context.Context, l *ledger.Ledger, m Message) (request.Request, error) {
	r, err := l.Get(ctx, m.RequestID)
	if err == nil && r.Run != m.Run {
		err = fault.New(fault.Conflict, "a later run owns the request")
	}
	return r, err
}
