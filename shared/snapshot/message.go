package snapshot

import (
	"encoding/json"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// MessageVersion is the version of Message. A new form of it gets another.
const MessageVersion = 1

// Message asks for the snapshot of a unit. The same one again asks for nothing more.
type Message struct {
	V       int       `json:"v"`
	Tenant  string    `json:"tenant"`
	Channel string    `json:"channel,omitempty"` // "": the tenant's own unit
	AsOf    time.Time `json:"as_of"`             // whole seconds
}

// Unit is what the message asks to copy.
func (m Message) Unit() Unit { return Unit{m.Tenant, m.Channel} }

// ParseMessage reads what a queue brings.
func ParseMessage(body []byte) (Message, error) {
	var m Message
	if err := json.Unmarshal(body, &m); err != nil {
		return Message{}, fault.New(fault.Invalid, "a message that asks for a snapshot is no JSON of its form")
	}
	if m.V != MessageVersion {
		return Message{}, fault.New(fault.Invalid, "a message that asks for a snapshot has a version that is not known here")
	}
	if _, err := m.Unit().Path(); err != nil || m.AsOf.IsZero() {
		return Message{}, fault.New(fault.Invalid, "a message that asks for a snapshot names no unit, or no moment")
	}
	return m, nil
}
