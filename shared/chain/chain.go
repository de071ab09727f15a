// Package chain is the history of a request: one event for each change that matters,
// each with the hash of the one before. The record holds how many there are and the
// last hash, so that an event that was changed, dropped, inserted, moved or cut off
// shows. Pure, and nothing in an event names the person: its fields are a closed set of
// states, dates, counts and texts of ours.
package chain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Version of the events that this program writes. It reads every version it ever wrote:
// a later field must be omitted while it is empty, or the hashes of older events change.
const Version = 1

// domain sets these hashes apart from every other hash of the same bytes.
const domain = "mikla data deletion event 1\n"

// Type is what an event is mainly about. What else changed with it, its facts show.
type Type string

const (
	Admitted Type = "admitted" // the request is durable
	Raised   Type = "raised"   // a further notice brought a later cutoff or a heavier kind
	Run      Type = "run"      // a further execution owns the request
	Frozen   Type = "frozen"   // located: what is planned with stands
	Moved    Type = "moved"    // another state
	Erased   Type = "erased"   // live stores were verified empty
	Missed   Type = "missed"   // verification found something
	Again    Type = "again"    // sent round once more, for a later cutoff
	Closing  Type = "closing"  // counted; the case file is being scrubbed
	Closed   Type = "closed"   // a terminal state
	Noted    Type = "noted"    // something else of the facts
)

// Facts are what of a record is chained. The rest of it says when to look again, what
// was started, and which keys lead to it.
type Facts struct {
	Kind       request.Kind     `json:"kind"`
	State      request.State    `json:"state"`
	Run        int              `json:"run"`
	ReceivedAt time.Time        `json:"received_at"`
	DueAt      time.Time        `json:"due_at"`
	Cutoff     time.Time        `json:"cutoff"`
	Frozen     *time.Time       `json:"frozen_cutoff,omitempty"`
	FrozenAt   *time.Time       `json:"frozen_at,omitempty"`
	ErasedAt   *time.Time       `json:"live_erased_at,omitempty"`
	ShreddedAt *time.Time       `json:"shredded_at,omitempty"`
	ClosedAt   *time.Time       `json:"closed_at,omitempty"`
	Ending     request.State    `json:"ending,omitempty"`
	Closing    bool             `json:"closing,omitempty"`
	Rounds     int              `json:"rounds,omitempty"`
	Misses     int              `json:"misses,omitempty"`
	Results    []request.Result `json:"results,omitempty"`
	Erased     map[string]int   `json:"erased,omitempty"`
	Kept       []request.Kept   `json:"kept,omitempty"`
	Told       request.State    `json:"told,omitempty"`
	Reason     string           `json:"reason,omitempty"`
}

// FactsOf picks the facts of a record.
func FactsOf(r request.Request) Facts {
	return Facts{Kind: r.Kind, State: r.State, Run: r.Run,
		ReceivedAt: r.ReceivedAt, DueAt: r.DueAt, Cutoff: r.Cutoff, Frozen: r.Frozen, FrozenAt: r.FrozenAt,
		ErasedAt: r.ErasedAt, ShreddedAt: r.ShreddedAt, ClosedAt: r.ClosedAt, Ending: r.Ending, Closing: r.Closing,
		Rounds: r.Rounds, Misses: r.Misses, Results: r.Results, Erased: r.Erased, Kept: r.Kept,
		Told: r.Told, Reason: r.Reason}
}

// Same says that two sets of facts are the same, to the byte.
func (f Facts) Same(other Facts) bool { return bytes.Equal(encode(f), encode(other)) }

// Event is one change. Facts are as they were after it.
type Event struct {
	V    int       `json:"v"`
	Seq  int       `json:"seq"` // from 1
	At   time.Time `json:"at"`
	Type Type      `json:"type"`
	Facts
	Prev string `json:"prev"` // hash of the event before; of the request's ID in the first
	Hash string `json:"hash,omitempty"`
}

// encode is the one form that is hashed: fields in the order of their declaration, map
// keys sorted.
func encode(v any) []byte {
	src, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts, numbers and dates always encode, but for a year of five digits
	}
	return src
}

func hash(parts ...string) string {
	h := sha256.New()
	_, _ = h.Write([]byte(domain))
	for _, part := range parts {
		_, _ = fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// root is what the first event follows: a chain cannot be passed off as another
// request's.
func root(id string) string { return hash("request", id) }

func (e Event) sum() string {
	e.Hash = ""
	return hash("event", e.Prev, string(encode(e)))
}

// Encode is the event as it is stored.
func (e Event) Encode() []byte { return encode(e) }

// Decode reads a stored event, and refuses anything but the one form that an event has:
// what is not hashed cannot hide in it.
func Decode(doc []byte) (Event, error) {
	var e Event
	if err := json.Unmarshal(doc, &e); err != nil {
		return e, fault.New(fault.Permanent, "an event is not the JSON object that was written")
	}
	if e.V < 1 || e.V > Version {
		return e, fault.New(fault.Permanent, "an event has a version that this program does not know")
	}
	if !bytes.Equal(e.Encode(), doc) {
		return e, fault.New(fault.Permanent, "an event is not in the form in which it was written")
	}
	return e, nil
}

// Next is the event of a change, and the record with it. A change of nothing chained
// has none (ok is false), and the record comes back as it was given. before is nil for a
// request that is being admitted.
func Next(before *request.Request, after request.Request, at time.Time) (e Event, r request.Request, ok bool) {
	now, kind := FactsOf(after), Admitted
	if before != nil {
		was := FactsOf(*before)
		if was.Same(now) {
			return Event{}, after, false
		}
		kind = typeOf(was, now)
	}
	e = Event{V: Version, Seq: after.Events + 1, At: at.UTC(), Type: kind, Facts: now, Prev: after.Head}
	if after.Events == 0 {
		e.Prev = root(after.ID)
	}
	e.Hash = e.sum()
	after.Events, after.Head = e.Seq, e.Hash
	return e, after, true
}

// typeOf names a change by the most telling of what changed.
func typeOf(was, now Facts) Type {
	switch {
	case now.State.Terminal():
		return Closed
	case now.Closing && !was.Closing:
		return Closing
	case was.Frozen != nil && now.Frozen == nil:
		return Again
	case changed(was.FrozenAt, now.FrozenAt):
		return Frozen
	case now.Misses > was.Misses:
		return Missed
	case now.ErasedAt != nil && changed(was.ErasedAt, now.ErasedAt):
		return Erased
	case now.State != was.State:
		return Moved
	case now.Run != was.Run:
		return Run
	case !now.Cutoff.Equal(was.Cutoff) || now.Kind != was.Kind:
		return Raised
	}
	return Noted
}

func changed(was, now *time.Time) bool {
	if was == nil || now == nil {
		return was != now
	}
	return !was.Equal(*now)
}

// Verify checks a request's events, in the order in which they are stored, against each
// other and against what the record says of them. It names every break; none is a whole
// history.
//
// Somebody who can write both tables can of course write a whole new history. What shows
// that is a statement of the head outside of them, such as a signed receipt.
func Verify(r request.Request, events []Event) []string {
	var broken []string
	say := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	prev := root(r.ID)
	for i, e := range events {
		switch {
		case e.Seq != i+1:
			say("event %d stands in place %d", e.Seq, i+1)
		case e.Prev != prev:
			say("event %d does not follow the one before it", e.Seq)
		}
		if e.Hash != e.sum() {
			say("event %d was changed", e.Seq)
		}
		prev = e.Hash
	}
	if len(events) != r.Events {
		say("the record counts %d events, there are %d", r.Events, len(events))
	}
	if len(events) == 0 {
		return broken
	}
	if prev != r.Head {
		say("the record's head is not the last event's hash")
	}
	if !events[len(events)-1].Same(FactsOf(r)) {
		say("the record says other than its last event")
	}
	return broken
}
