// Package letter writes the mails that leave this service: a subject, a text and the
// same in HTML, in the language of whoever gets it.
//
// Nothing that a writer wrote is ever repeated: [Data] has no field for it. Everything in
// a letter is a phrase of ours, a date, a count, a link or code that we made, the name of
// a business from our own records, or the words of the operator.
package letter

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Kind is what a letter is for.
type Kind string

const (
	Challenge      Kind = "challenge"       // confirm that you asked, and give one more detail
	AskMore        Kind = "ask_more"        // something is missing
	Acknowledged   Kind = "acknowledged"    // a person will look at it
	Status         Kind = "status"          // where a request stands, coarsely
	ClosureLink    Kind = "closure_link"    // to the address on file: confirm the closure
	ClosureStarted Kind = "closure_started" // to all admins: it was confirmed
	ClosureAttempt Kind = "closure_attempt" // to the admins: somebody else asked, nothing was done
	Completed      Kind = "completed"       // erased and checked
	NotIdentified  Kind = "not_identified"  // nothing found, or nothing that is certainly theirs
	Refused        Kind = "refused"         // the operator's decision
	Question       Kind = "question"        // the operator asks
	Reminder       Kind = "reminder"        // day 3 without an answer
	Lapsed         Kind = "lapsed"          // day 14 without an answer
	OptIn          Kind = "optin"           // confirm that you want a mail when it is done
	Withdrawn      Kind = "withdrawn"       // taken back, or the closure cancelled
	Answered       Kind = "answered"        // an enquiry is closed
)

// Kinds lists every kind.
func Kinds() []Kind {
	return []Kind{Challenge, AskMore, Acknowledged, Status, ClosureLink, ClosureStarted, ClosureAttempt, Completed,
		NotIdentified, Refused, Question, Reminder, Lapsed, OptIn, Withdrawn, Answered}
}

// Detail is something that a request lacks.
type Detail string

const (
	MissingBusiness Detail = "business" // which business they wrote to
	MissingHandle   Detail = "handle"   // who they are there
	MissingCode     Detail = "code"     // the confirmation code
)

// State is where a request stands, as coarse as whoever has the code may know.
type State string

const (
	StateReceived State = "received"
	StateWaiting  State = "waiting" // for the person
	StateProgress State = "in_progress"
	StateTeam     State = "with_team"
	StateDone     State = "done"
	StateNothing  State = "nothing_found"
	StateClosed   State = "closed"
)

// Scope is what a customer's request concerns.
type Scope string

const (
	Tenant  Scope = "tenant"
	Channel Scope = "channel"
	Lead    Scope = "lead"
)

// Audience says why the reader gets the letter. It counts for the kinds that are not
// for one audience alone.
type Audience string

const (
	Writer Audience = ""      // wrote to us from this address
	Admin  Audience = "admin" // is on file for a business
	Page   Audience = "page"  // gave the address on a status page
)

// Data is what a letter says beyond its phrases. What a kind needs is in the README;
// the rest may be empty and is then left out.
type Data struct {
	Language string // one of Languages; anything else is unknown
	Reply    bool   // answers a mail: the subject begins with "Re: "
	Tag      string // of the request, in capitals, digits and dashes: "MK-7F3K2Q"
	Audience Audience

	Code      confirmation.Code
	StatusURL string
	Link      string // with a token that works once
	PIN       string // six digits

	Missing  []Detail
	State    State
	Scope    Scope
	Business string // its name in our own records
	Hours    int    // between a confirmation and the deletion; 0: at once

	DueAt         time.Time
	UndoUntil     time.Time // zero: cannot be cancelled
	LiveErasedAt  time.Time
	BackupsGoneBy time.Time

	Erased map[string]int // store of the data map -> records, as request.Request has it
	Kept   []request.Kept

	Question string // the operator's words, at most 4,000 characters
	Reason   string // the same
}

// Letter is a mail without its addresses. Text has lines of at most 78 characters, but
// for longer links, and ends lines with "\n".
type Letter struct {
	Subject, Text, HTML string
}

// Links and codes are credentials: neither a letter nor what it is made of prints.
const redacted = "[letter]"

// Format prints a fixed text for every verb and flag.
func (Letter) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue gives a fixed text.
func (Letter) LogValue() slog.Value { return slog.StringValue(redacted) }

// Format prints a fixed text for every verb and flag.
func (Data) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue gives a fixed text.
func (Data) LogValue() slog.Value { return slog.StringValue(redacted) }

// Languages lists the languages that letters are written in, as BCP 47 base tags.
func Languages() []string {
	var tags []string
	for _, b := range books {
		tags = append(tags, b.Language)
	}
	return tags
}

// bilingual are the kinds that reach people before we know their language: English,
// then Spanish, the two that most of Mikla's end users read. The others, which follow an
// exchange, are in English alone.
var bilingual = []Kind{Acknowledged, AskMore, Challenge, NotIdentified, Reminder}

func booksFor(kind Kind, language string) []*phrasebook {
	for _, b := range books {
		if b.Language == language {
			return []*phrasebook{b}
		}
	}
	if slices.Contains(bilingual, kind) {
		return []*phrasebook{english, spanish}
	}
	return []*phrasebook{english}
}

// Write writes a letter. Without something that the kind needs, or with something that
// cannot stand in a letter, the error is of kind Invalid and says what.
func Write(kind Kind, d Data) (Letter, error) {
	if err := d.check(kind); err != nil {
		return Letter{}, err
	}
	var parts []*draft
	for _, b := range booksFor(kind, d.Language) {
		part := newDraft(b, kind, d)
		part.compose()
		if part.unknown != "" {
			return Letter{}, fault.New(fault.Permanent, "a phrase of the letter "+string(kind)+" names the value "+part.unknown+", which is not given")
		}
		parts = append(parts, part)
	}
	return assemble(parts), nil
}
