// Package request is what a deletion request is: its states, the legal moves
// between them, its clocks. Pure: no storage, no network. Nothing in it names the
// person; who asked and whose data it is stand in the case file (shared/ledger).
package request

import (
	"fmt"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// State is where a request stands.
type State string

const (
	Received         State = "received"           // durable, not yet located
	Matched          State = "matched"            // subjects frozen, being fenced
	Purging          State = "purging"            // live data is being deleted
	Verifying        State = "verifying"          // purged; an independent read checks
	NeedsReview      State = "needs_review"       // a person must decide
	NeedsOperator    State = "needs_operator"     // could not proceed by itself
	AwaitingExternal State = "awaiting_external"  // erased here; a store outside has not confirmed yet
	AwaitingAnswer   State = "awaiting_answer"    // the requester was asked to confirm, or for a detail
	CoolingOff       State = "cooling_off"        // hidden, tokens gone; may be taken back until the purge begins
	Completed        State = "completed"          // verified empty
	NothingFound     State = "nothing_found"      // an exact key holds nothing
	CouldNotIdentify State = "could_not_identify" // what was given names nobody for certain
	Refused          State = "refused"            // a person refused, with a reason
	Withdrawn        State = "withdrawn"          // the requester took it back
	Lapsed           State = "lapsed"             // a question was not answered
	Answered         State = "answered"           // an enquiry, which asked for no deletion
)

// moves is the whole of what is legal; what is absent is refused.
var moves = map[State][]State{
	Received:    {Matched, NothingFound, CouldNotIdentify, NeedsReview, NeedsOperator, Withdrawn},
	Matched:     {Purging, CoolingOff, NeedsOperator},
	CoolingOff:  {Purging, Withdrawn, NeedsOperator},
	Purging:     {Verifying, NeedsOperator},
	Verifying:   {Completed, Purging, Received, NeedsReview, NeedsOperator, AwaitingExternal},
	NeedsReview: {Received, AwaitingAnswer, Refused, Withdrawn, Lapsed, Answered, CouldNotIdentify},
	// A confirmation or a detail sends it on; it is looked after by the sweep meanwhile.
	AwaitingAnswer: {Received, NeedsReview, Refused, Withdrawn, Lapsed, Answered},
	NeedsOperator:  {Received},
	// What was erased here stays erased; the run after the last confirmation verifies again.
	AwaitingExternal: {Verifying},
}

// States lists every state, working states first.
func States() []State {
	return []State{Received, Matched, Purging, Verifying, NeedsReview, NeedsOperator, AwaitingExternal, AwaitingAnswer, CoolingOff,
		Completed, NothingFound, CouldNotIdentify, Refused, Withdrawn, Lapsed, Answered}
}

// Terminal says that a request in this state is over.
func (s State) Terminal() bool { return len(moves[s]) == 0 }

// Waiting says that no run can move the request on: a person, or somebody outside, must.
func (s State) Waiting() bool {
	return s == NeedsReview || s == NeedsOperator || s == AwaitingExternal || s == AwaitingAnswer
}

// CanMove says whether a move from s to the state is legal.
func (s State) CanMove(to State) bool {
	for _, legal := range moves[s] {
		if legal == to {
			return true
		}
	}
	return false
}

// Kind is what the requester did, in order of weight.
type Kind string

const (
	Deauthorize  Kind = "deauthorize"   // removed the app (P4)
	DataDeletion Kind = "data_deletion" // asked for deletion
	Enquiry      Kind = "enquiry"       // asked something else: nothing is deleted for it
)

var weight = map[Kind]int{Enquiry: 0, Deauthorize: 1, DataDeletion: 2}

// Limit is how long a request may take (P10).
const Limit = 30 * 24 * time.Hour

// Rotation is the age at which every backup copy is physically gone, noncurrent versions
// included (shared/rotation holds it as its Limit).
const Rotation = 28 * 24 * time.Hour

// Request is one deletion request without anything personal.
type Request struct {
	ID          string `json:"id"`           // 32 hexadecimal digits, random
	CodeVersion string `json:"code_version"` // version of the secret its code is made with
	Intake      string `json:"intake"`       // "meta", "mail", "operator"
	Kind        Kind   `json:"kind"`
	State       State  `json:"state"`
	OpenKey     string `json:"open_key,omitempty"` // fingerprint of (app, user) while open

	Run        int       `json:"run"`                 // execution <id>-<run> owns the request
	FirstRun   int       `json:"first_run,omitempty"` // since when failures count: the first, or the one a person sent it on in
	StartedRun int       `json:"started_run"`         // < Run: still in the outbox
	NotBefore  time.Time `json:"not_before,omitzero"` // the outbox entry is not sent earlier
	CheckAt    time.Time `json:"check_at"`            // when the sweep looks at it again
	MovedAt    time.Time `json:"moved_at,omitzero"`   // when it last got on: see Progress

	ReceivedAt time.Time  `json:"received_at"`
	DueAt      time.Time  `json:"due_at"`
	Cutoff     time.Time  `json:"cutoff"`                  // data dated after it is not touched
	Frozen     *time.Time `json:"frozen_cutoff,omitempty"` // the cutoff that was planned with
	FrozenAt   *time.Time `json:"frozen_at,omitempty"`
	FencedAt   *time.Time `json:"fenced_at,omitempty"`
	ErasedAt   *time.Time `json:"live_erased_at,omitempty"`
	ShreddedAt *time.Time `json:"shredded_at,omitempty"` // the keys of its subjects in backups were destroyed
	// UnreadableAt is from when on no readable copy is left anywhere: by then the time is over
	// to which live tables can be recovered.
	UnreadableAt *time.Time `json:"backups_unreadable_at,omitempty"`
	ClosedAt     *time.Time `json:"closed_at,omitempty"`

	Ending  State          `json:"ending,omitempty"`  // terminal state that Close is to give
	Closing bool           `json:"closing,omitempty"` // the case file is being scrubbed
	Rounds  int            `json:"rounds"`            // times that the purge had to run again
	Misses  int            `json:"misses"`            // of these, for what verification found
	Results []Result       `json:"results"`           // one per business, without its name
	Erased  map[string]int `json:"erased"`            // store -> records or object versions
	Kept    []Kept         `json:"kept"`
	Outside []Outside      `json:"outside,omitempty"`

	Asking               // what the requester was asked, and what came of it
	Reason string        `json:"reason,omitempty"` // of a refusal, in the operator's words, which the requester reads
	Undo   time.Duration `json:"undo,omitempty"`   // between hiding and purging
	Scope  string        `json:"scope,omitempty"`  // of a customer's request: tenant, channel or lead
	About  string        `json:"about,omitempty"`  // ID of the request that an enquiry asks for
	Tasks  []string      `json:"tasks,omitempty"`  // what is left for the operator by hand, outside of our stores

	Letters   []Letter `json:"letters,omitempty"`
	Mailbox   bool     `json:"mailbox,omitempty"`   // there is a correspondence file (shared/ledger)
	Scrubbing bool     `json:"scrubbing,omitempty"` // that file is being destroyed
	Notify    []int    `json:"notify,omitempty"`    // places in it that are told of the end
	Mails     []string `json:"mails,omitempty"`     // SES's IDs of the mails that belong to it

	Events int    `json:"events"` // of its history (shared/chain)
	Head   string `json:"head"`   // hash of the last one
}

// Outside is a store of somebody else's in which the erasure is to be confirmed.
type Outside struct {
	Store string     `json:"store"`
	Done  *time.Time `json:"done,omitempty"`
}

// Result is what became of one business's data.
type Result struct {
	Outcome  State      `json:"outcome"` // Completed, or NeedsReview while it waits
	ErasedAt *time.Time `json:"live_erased_at,omitempty"`
}

// Kept is what stays, why, and until when (nil: it cannot be linked to a person).
type Kept struct {
	Category string     `json:"category"`
	Reason   string     `json:"reason"`
	Until    *time.Time `json:"until"`
}

// Asked is one notice of a requester.
type Asked struct {
	Kind       Kind
	ReceivedAt time.Time
	Cutoff     time.Time
}

// New admits a request.
func New(id, intake, codeVersion string, a Asked) Request {
	return Request{ID: id, Intake: intake, CodeVersion: codeVersion, Kind: a.Kind, State: Received, Run: 1,
		ReceivedAt: a.ReceivedAt, DueAt: a.ReceivedAt.Add(Limit), Cutoff: a.Cutoff}
}

// Raise takes a repeated notice of the same person into an open request: the later
// cutoff and the heavier kind hold. It reports whether anything changed. A cutoff
// raised after the plan was frozen makes Superseded true, and the request goes
// round again before it may close, so that nothing between the two is lost.
func (r *Request) Raise(a Asked) bool {
	changed := false
	if a.Cutoff.After(r.Cutoff) {
		r.Cutoff, changed = a.Cutoff, true
	}
	if weight[a.Kind] > weight[r.Kind] {
		r.Kind, changed = a.Kind, true
	}
	return changed
}

// Superseded says that a later notice came after the plan was frozen.
func (r *Request) Superseded() bool { return r.Frozen != nil && r.Cutoff.After(*r.Frozen) }

// Move changes the state or says why not. Moving to the present state is no move
// and no error, since every step may run twice.
func (r *Request) Move(to State, at time.Time) error {
	if r.State == to {
		return nil
	}
	if !r.State.CanMove(to) {
		return fault.New(fault.Conflict, fmt.Sprintf("request cannot move from %s to %s", r.State, to))
	}
	r.State = to
	r.Progress(at)
	if to.Terminal() {
		r.ClosedAt = &at
	}
	return nil
}

// Freeze notes what the plan is made with: from here on the subjects stand.
func (r *Request) Freeze(at time.Time) {
	cutoff := r.Cutoff
	r.Frozen, r.FrozenAt = &cutoff, &at
}

// Again sends a request whose cutoff was raised after its plan was frozen round once
// more.
func (r *Request) Again(at time.Time) error {
	r.Rounds++
	r.Misses = 0
	r.Frozen, r.FrozenAt, r.FencedAt, r.ErasedAt, r.ShreddedAt, r.UnreadableAt = nil, nil, nil, nil, nil, nil
	return r.Move(Received, at)
}

// Resume takes a request on that waited for a person: from the beginning, in the next
// run, and with the failures forgotten that made it wait, since they count again. What
// was decided is decided anew. The cursor counts on: another round deletes what is
// there and counts nothing twice.
func (r *Request) Resume(at time.Time) error {
	if r.State != NeedsReview && r.State != NeedsOperator {
		return fault.New(fault.Conflict, "the request waits for no person: it is "+string(r.State))
	}
	if err := r.Again(at); err != nil {
		return err
	}
	r.Results, r.Kept = nil, nil
	r.NextRun()
	r.FirstRun, r.NotBefore = r.Run, at
	return nil
}

// Progress notes that the request got on: its state changed, an execution started, or
// a part of a long purge is done.
func (r *Request) Progress(at time.Time) { r.MovedAt = at }

// Moved is when the request last got on. Records from before MovedAt count from their
// receipt: one alarm too many rather than one too few.
func (r *Request) Moved() time.Time { return later(r.MovedAt, r.ReceivedAt) }

// Sendable is since when, or from when on, the outbox entry may be sent.
func (r *Request) Sendable() time.Time { return later(r.NotBefore, r.ReceivedAt) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Tries is how many runs the request has had since it was admitted or sent on.
func (r *Request) Tries() int { return r.Run - max(r.FirstRun, 1) + 1 }

// Concerns notes a store outside that the request has to wait for.
func (r *Request) Concerns(store string) {
	if !slices.ContainsFunc(r.Outside, func(o Outside) bool { return o.Store == store }) {
		r.Outside = append(r.Outside, Outside{Store: store})
	}
}

// Pending says that a store outside has not confirmed yet.
func (r *Request) Pending() bool {
	return slices.ContainsFunc(r.Outside, func(o Outside) bool { return o.Done == nil })
}

// Confirm notes that a store outside has erased. With the last one, a request that
// waited for it goes on in a further run.
func (r *Request) Confirm(store string, at time.Time) error {
	i := slices.IndexFunc(r.Outside, func(o Outside) bool { return o.Store == store })
	if i < 0 {
		return fault.New(fault.NotFound, "the request concerns no external store of that name")
	}
	if r.Outside[i].Done == nil {
		r.Outside[i].Done = &at
	}
	if r.State != AwaitingExternal || r.Pending() {
		return nil
	}
	r.NextRun()
	r.NotBefore = at
	return r.Move(Verifying, at)
}

// VerifiedEmpty notes that the live data was verified empty: never before it was frozen, whatever
// the clock says.
func (r *Request) VerifiedEmpty(at time.Time) {
	if r.FrozenAt != nil && at.Before(*r.FrozenAt) {
		at = *r.FrozenAt
	}
	r.ErasedAt = &at
}

// Missed notes that verification found something: what was called erased was not.
func (r *Request) Missed() {
	r.Rounds++
	r.Misses++
	r.ErasedAt, r.ShreddedAt, r.UnreadableAt = nil, nil, nil
}

// Shredded notes that the keys of all its subjects in backups are destroyed.
func (r *Request) Shredded(at time.Time) { r.ShreddedAt = &at }

// Unreadable notes from when on no readable copy is left, recovery being how far back live
// tables can be restored to.
func (r *Request) Unreadable(recovery time.Duration) {
	if r.ErasedAt != nil && r.ShreddedAt != nil {
		at := later(*r.ErasedAt, *r.ShreddedAt).Add(recovery)
		r.UnreadableAt = &at
	}
}

// GoneBy is when the last backup copy of what was erased at a moment is gone, readable or
// not (P6).
func (r *Request) GoneBy(erased time.Time) time.Time {
	gone := erased.Add(Rotation)
	if r.UnreadableAt != nil {
		gone = later(gone, *r.UnreadableAt)
	}
	return gone
}

// NextRun hands the request to a new execution; the one before loses it.
func (r *Request) NextRun() { r.Run++ }

// Started takes a run out of the outbox.
func (r *Request) Started(run int) { r.StartedRun = max(r.StartedRun, run) }

// InOutbox says that no execution was started yet for the present run. One that waited
// and is to end has a run for it.
func (r *Request) InOutbox() bool {
	return !r.State.Terminal() && (!r.State.Waiting() || r.Closing) && r.StartedRun < r.Run
}

// ExecutionName is <id>-<run>: the same run cannot be started twice.
func (r *Request) ExecutionName() string { return fmt.Sprintf("%s-%d", r.ID, r.Run) }
