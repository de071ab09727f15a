package request

import (
	"slices"
	"time"
)

// LetterState is where a letter stands. What was sent and what arrived are two things.
type LetterState string

const (
	Due         LetterState = "due"         // to be sent
	Sending     LetterState = "sending"     // handed over, or about to be: not known which
	Sent        LetterState = "sent"        // taken over by SES
	Delivered   LetterState = "delivered"   // taken over by the mailbox's server
	Bounced     LetterState = "bounced"     // refused by it, or complained about: a person looks
	Unconfirmed LetterState = "unconfirmed" // nothing was heard of it
)

// Letter is a mail that the request owes somebody. The record says that it is owed in
// the same write as what it tells, so that neither is without the other; whom it goes to
// stands in the correspondence file.
type Letter struct {
	Kind  string      `json:"kind"` // of shared/mail/letter
	To    int         `json:"to"`   // place of the mailbox in the correspondence file
	State LetterState `json:"state"`
	At    time.Time   `json:"at"` // since when
	Tries int         `json:"tries,omitempty"`
}

// Kinds of letters. What each says, in every language, stands in shared/mail/letter.
const (
	Challenge      = "challenge"       // a link to confirm, to the mailbox that asked
	AskMore        = "ask_more"        // what is missing
	Acknowledged   = "acknowledged"    // a person looks at it
	StatusReply    = "status"          // where the request of a code stands
	ClosureLink    = "closure_link"    // link and PIN, to the admin on file
	ClosureStarted = "closure_started" // to all admins: hidden, may be taken back until
	ClosureAttempt = "closure_attempt" // to all admins: somebody else asked
	Confirmation   = "completed"
	NotIdentified  = "not_identified"
	Refusal        = "refused"
	Question       = "question" // the operator's own words
	Reminder       = "reminder"
	LapseNotice    = "lapsed"
	OptIn          = "optin" // a link to confirm that this mailbox wants to be told
	Withdrawal     = "withdrawn"
	AnsweredNotice = "answered" // an enquiry is done with
)

// Kinds lists every kind of letter.
func Kinds() []string {
	return []string{Challenge, AskMore, Acknowledged, StatusReply, ClosureLink, ClosureStarted, ClosureAttempt, Confirmation,
		NotIdentified, Refusal, Question, Reminder, LapseNotice, OptIn, Withdrawal, AnsweredNotice}
}

// endings are the letters that tell how a request ended.
var endings = map[State]string{Completed: Confirmation, NothingFound: NotIdentified, CouldNotIdentify: NotIdentified,
	Refused: Refusal, Withdrawn: Withdrawal, Lapsed: LapseNotice}

const (
	// EventWithin is how long an event of a letter is waited for, before one that may
	// not have been handed over is sent once more.
	EventWithin = 15 * time.Minute
	// HeardWithin is how long until a letter of which nothing was heard is unconfirmed.
	HeardWithin = 3 * 24 * time.Hour
	// KeptBounced is how long the operator can see whom a letter did not reach.
	KeptBounced = 14 * 24 * time.Hour
	mostTries   = 2
)

// Owe notes a letter to a mailbox of the correspondence file.
func (r *Request) Owe(kind string, to int, at time.Time) {
	r.Letters = append(r.Letters, Letter{Kind: kind, To: to, State: Due, At: at})
	if r.CheckAt.IsZero() || at.Before(r.CheckAt) {
		r.CheckAt = at
	}
}

// NextPlace is the first place that no letter has gone to yet.
func (r *Request) NextPlace() int {
	next := 0
	for _, l := range r.Letters {
		next = max(next, l.To+1)
	}
	return next
}

// EndLetter is the kind of the letter that tells how a request ended; "" if none does.
func EndLetter(end State) string { return endings[end] }

// OweEnd notes the letter that tells the end, to everybody who is to be told and was
// not told before. A question that only the first mailbox was asked lapses for that one.
func (r *Request) OweEnd(end State, at time.Time) {
	kind := endings[end]
	if kind == "" || !r.Mailbox || r.Owed(kind) {
		return
	}
	for _, place := range r.Notify {
		if end != Lapsed || place == 0 {
			r.Owe(kind, place, at)
		}
	}
}

// Owed says that a letter of this kind is on its way, or was.
func (r *Request) Owed(kind string) bool {
	return slices.ContainsFunc(r.Letters, func(l Letter) bool { return l.Kind == kind })
}

// Sendable says that the letter may be handed over now: it is due, or it may have been
// lost when the sender died, and nothing has been heard of it.
func (l Letter) Sendable(now time.Time) bool {
	lost := l.State == Sending && l.Tries < mostTries && now.Sub(l.At) >= EventWithin
	return l.State == Due || lost
}

// Moot says that the letter asks for what was answered meanwhile.
func (r *Request) Moot(l Letter) bool {
	switch l.Kind {
	case Challenge, AskMore, ClosureLink, Question, Reminder:
		return r.State != AwaitingAnswer || r.Closing
	}
	return false
}

// Silent says that nothing will be heard of the letter any more.
func (l Letter) Silent(now time.Time) bool {
	return (l.State == Sent || l.State == Sending && l.Tries >= mostTries) && now.Sub(l.At) >= HeardWithin
}

// settled says that nobody needs the mailbox for this letter any more: it arrived, and
// no answer to it is waited for.
func (r *Request) settled(l Letter, now time.Time) bool {
	switch l.State {
	case Delivered, Unconfirmed:
		return l.Kind != OptIn || slices.Contains(r.Notify, l.To) || now.Sub(l.At) >= LinkLife
	case Bounced:
		return now.Sub(l.At) >= KeptBounced
	}
	return false
}

// Settled says that the request is over and so are its letters: the mailbox can go.
func (r *Request) Settled(now time.Time) bool {
	return r.State.Terminal() && !slices.ContainsFunc(r.Letters, func(l Letter) bool { return !r.settled(l, now) })
}

// PostDue says that there is something to do about the request's letters.
func (r *Request) PostDue(now time.Time) bool {
	return r.Mailbox && (r.Scrubbing || r.Settled(now) ||
		slices.ContainsFunc(r.Letters, func(l Letter) bool { return l.Sendable(now) || l.Silent(now) }))
}

// OweEndTo notes the letter that tells the end to one more mailbox, of a request that is
// over already.
func (r *Request) OweEndTo(place int, at time.Time) {
	if kind := endings[r.State]; kind != "" {
		r.Owe(kind, place, at)
	}
}

// Open says that the sweep has to look after the request: it is not over, or its
// letters are not, or something is left to be done by hand.
func (r *Request) Open() bool { return !r.State.Terminal() || r.Mailbox || len(r.Tasks) > 0 }

// Heard notes what became of a letter. What is final stays, but for a complaint or a
// bounce after a delivery.
func (l *Letter) Heard(state LetterState, at time.Time) {
	if l.State == Bounced || l.State == state || l.State == Delivered && state != Bounced {
		return
	}
	l.State, l.At = state, at
}
