package request

import (
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Asking is what a requester was asked for, and how far that is.
type Asking struct {
	AskedAt  time.Time `json:"asked_at,omitzero"` // the latest question or link
	Pins     int       `json:"pins,omitempty"`    // wrong PINs that were typed
	Told     State     `json:"told,omitempty"`    // what the requester is shown while a person looks
	Doubt    bool      `json:"doubt,omitempty"`   // what was given fits somebody, but not for certain
	LookedAt time.Time `json:"looked_at,omitzero"`
}

const (
	// LinkLife is how long a link of a letter leads anywhere.
	LinkLife = 7 * 24 * time.Hour
	// RemindAfter and LapseAfter count from the question.
	RemindAfter = 3 * 24 * time.Hour
	LapseAfter  = 14 * 24 * time.Hour
	// SecondLook is how long a requester who could not be told apart can still add a
	// detail before the request ends.
	SecondLook = 7 * 24 * time.Hour
	// MostPins is how many wrong PINs are let through before a person looks.
	MostPins = 5
)

// Begin has a request that is being admitted wait, instead of going off at once.
func (r *Request) Begin(waiting State, at time.Time) error {
	if !waiting.Waiting() {
		return fault.New(fault.Permanent, "a request cannot begin by waiting as "+string(waiting))
	}
	r.State = waiting
	if waiting == AwaitingAnswer {
		r.AskedAt = at
	}
	r.Progress(at)
	return nil
}

// Ask has the request wait for its requester.
func (r *Request) Ask(at time.Time) error {
	r.AskedAt, r.Told = at, ""
	return r.Move(AwaitingAnswer, at)
}

// Asks says that the requester can still answer: with a confirmation, or with a further
// detail where nobody could be told apart.
func (r *Request) Asks() bool {
	return !r.Closing && (r.State == AwaitingAnswer || r.State == NeedsReview && r.Told != "")
}

// AskAgain asks the requester once more by a letter. One letter too many, and a person has
// the request instead.
func (r *Request) AskAgain(kind string, place int, allowed bool, at time.Time) error {
	if !allowed {
		r.Told = ""
		return r.Move(NeedsReview, at)
	}
	r.Owe(kind, place, at)
	return r.Ask(at)
}

// Answer takes a request on whose requester confirmed, or gave a further detail: in the
// next run, from the beginning.
func (r *Request) Answer(at time.Time) error {
	if !r.Asks() {
		return fault.New(fault.Conflict, "the request does not wait for its requester: it is "+string(r.State))
	}
	r.Told, r.Doubt = "", false
	r.Results, r.Kept = nil, nil
	r.NextRun()
	r.FirstRun, r.NotBefore = r.Run, at
	return r.Move(Received, at)
}

// Unclear leaves a request to a person, and its requester with the answer that nothing
// could be told apart: the same whether nothing fits or something does, not for certain.
func (r *Request) Unclear(doubt bool, at time.Time) error {
	r.Told, r.Doubt, r.LookedAt = CouldNotIdentify, doubt, at
	return r.Move(NeedsReview, at)
}

// End has a request that waits, or is cooling off, end without an erasure: what is kept
// of it is scrubbed in a run of its own.
func (r *Request) End(with State, at time.Time) error {
	if r.Closing {
		return nil
	}
	if !r.State.Waiting() && !r.Revocable() || !r.State.CanMove(with) {
		return fault.New(fault.Conflict, "the request cannot end as "+string(with)+": it is "+string(r.State))
	}
	r.Ending, r.Closing = with, true
	r.NextRun()
	r.FirstRun, r.NotBefore = r.Run, at
	return nil
}

// Cool has the request wait until it may not be taken back any more.
func (r *Request) Cool(at time.Time) error {
	if err := r.Move(CoolingOff, at); err != nil {
		return err
	}
	r.NextRun()
	r.FirstRun, r.NotBefore, r.CheckAt = r.Run, at.Add(r.Undo), at
	return nil
}

// Revocable says that the request is cooling off and its purge has not begun.
func (r *Request) Revocable() bool { return r.State == CoolingOff && r.Undo > 0 }

// Settle ends the time in which the request could be taken back, before anything is done
// that could not.
func (r *Request) Settle() error {
	if r.Closing {
		return fault.New(fault.Conflict, "the request was taken back")
	}
	r.Undo = 0
	return nil
}

// Hasten ends the time in which a request may be taken back.
func (r *Request) Hasten(at time.Time) error {
	if r.State != CoolingOff || r.Closing {
		return fault.New(fault.Conflict, "the request is not cooling off: it is "+string(r.State))
	}
	r.NotBefore = at
	return nil
}

// Leave leaves something to the operator, besides what the request does by itself.
func (r *Request) Leave(task string) {
	if !slices.Contains(r.Tasks, task) {
		r.Tasks = append(r.Tasks, task)
	}
}

// Shown is the state that the requester is told.
func (r *Request) Shown() State {
	if r.State == NeedsReview && r.Told != "" {
		return r.Told
	}
	return r.State
}

// ForPerson says that somebody of ours has to look at the request.
func (r *Request) ForPerson() bool {
	return !r.Closing && (r.State == NeedsOperator || r.State == AwaitingExternal || r.State == NeedsReview && (r.Told == "" || r.Doubt)) ||
		len(r.Tasks) > 0 || slices.ContainsFunc(r.Letters, func(l Letter) bool { return l.State == Bounced }) && r.Mailbox
}

// Remind says that the requester is to be asked once more.
func (r *Request) Remind(now time.Time) bool {
	return r.State == AwaitingAnswer && !r.Closing && r.Mailbox && now.Sub(r.AskedAt) >= RemindAfter && !r.Owed(Reminder)
}

// Lapse is how a request ends that waited for its requester in vain; "" while it waits.
func (r *Request) Lapse(now time.Time) State {
	switch {
	case r.Closing:
	case r.State == AwaitingAnswer && now.Sub(r.AskedAt) >= LapseAfter:
		return Lapsed
	case r.State == NeedsReview && r.Told != "" && !r.Doubt && now.Sub(r.LookedAt) >= SecondLook:
		return CouldNotIdentify
	}
	return ""
}
