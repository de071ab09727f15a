package review

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// MostText is how many characters somebody who decides may write to a requester, as in
// shared/mail/letter.
const MostText = 4000

// Why names what a request waits for a person for: needs_review, needs_operator,
// awaiting_external, doubt (something fits, but not for certain), bounced:<letter>,
// task:<name>.
func Why(r request.Request) []string {
	if !r.ForPerson() {
		return nil
	}
	var why []string
	switch {
	case r.Closing:
	case r.State == request.NeedsReview && r.Doubt:
		why = append(why, "doubt")
	case r.State == request.NeedsReview && r.Told == "", r.State == request.NeedsOperator, r.State == request.AwaitingExternal:
		why = append(why, string(r.State))
	}
	for _, l := range r.Letters {
		if l.State == request.Bounced && r.Mailbox {
			why = append(why, "bounced:"+l.Kind)
		}
	}
	for _, task := range r.Tasks {
		why = append(why, "task:"+task)
	}
	return why
}

// Resume has a request begin again that waits for a person.
func Resume() Decision {
	return Decision{change: func(r *request.Request, at time.Time) error { return r.Resume(at) }}
}

// Hasten ends the time in which a closure may be taken back.
func Hasten() Decision {
	return Decision{change: func(r *request.Request, at time.Time) error { return r.Hasten(at) }}
}

// Done notes that a task was done by hand.
func Done(task string) Decision {
	return Decision{change: func(r *request.Request, _ time.Time) error {
		at := slices.Index(r.Tasks, task)
		if at < 0 {
			return fault.New(fault.NotFound, "the request has no such task; it has: "+strings.Join(r.Tasks, " "))
		}
		r.Tasks = slices.Delete(slices.Clone(r.Tasks), at, at+1)
		return nil
	}}
}

// Refuse ends a request without an erasure. The requester reads the reason, in a letter
// and on the status page.
func Refuse(reason string) Decision {
	return Decision{check: readable(reason), change: func(r *request.Request, at time.Time) error {
		if r.Closing {
			return errClosing
		}
		r.Reason = strings.TrimSpace(reason)
		return r.End(request.Refused, at)
	}}
}

var errClosing = fault.New(fault.Conflict, "the request is about to end")

// Ask sends the requester a question in our own words, and has the request wait for the
// answer.
func Ask(text string) Decision {
	return Decision{
		check: func(ctx context.Context, d Desk, c Case) error {
			if err := readable(text)(ctx, d, c); err != nil {
				return err
			}
			if asked := asker(c.Request); asked < 0 || asked >= len(c.Boxes) || c.Boxes[asked].Role == ledger.Subscriber {
				return fault.New(fault.Conflict, "there is no mailbox of whoever asked")
			}
			return nil
		},
		change: func(r *request.Request, at time.Time) error {
			if r.Closing || !r.Mailbox || r.State != request.NeedsReview && r.State != request.AwaitingAnswer {
				return fault.New(fault.Conflict, "nobody can be asked: the request is "+string(r.State))
			}
			r.Owe(request.Question, asker(*r), at)
			return r.Ask(at)
		},
		learn: func(said *claim.Claim) { said.Question = strings.TrimSpace(text) },
	}
}

// asker is the place of the mailbox that asked; -1 if only others are written to.
func asker(r request.Request) int {
	if len(r.Notify) == 0 {
		return -1
	}
	return r.Notify[0]
}

// readable says what is wrong with a text that a requester is to read.
func readable(text string) func(context.Context, Desk, Case) error {
	return func(context.Context, Desk, Case) error {
		switch {
		case strings.TrimSpace(text) == "":
			return fault.New(fault.Invalid, "the text is empty")
		case !utf8.ValidString(text) || utf8.RuneCountInString(text) > MostText:
			return fault.New(fault.Invalid, "the text has more than 4,000 characters, or is no UTF-8")
		case strings.ContainsFunc(text, unprintable):
			return fault.New(fault.Invalid, "the text has control characters")
		}
		return nil
	}
}

func unprintable(r rune) bool {
	return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r))
}

// Approve sends a deletion on, to the leads that are named besides what was said. An
// enquiry has been dealt with and ends; one that is meant as a deletion becomes one by
// naming leads.
func Approve(leads ...claim.Place) Decision {
	what := Decision{
		check: func(ctx context.Context, d Desk, c Case) error { return approvable(ctx, d, c, leads) },
		change: func(r *request.Request, at time.Time) error {
			if r.Closing {
				return errClosing
			}
			if len(leads) > 0 {
				r.Raise(request.Asked{Kind: request.DataDeletion})
			}
			if r.Kind == request.Enquiry {
				return answered(r, at)
			}
			return goOn(r, at)
		},
	}
	if len(leads) > 0 {
		what.learn = func(said *claim.Claim) { *said = said.Merge(claim.Claim{Leads: leads}) }
	}
	return what
}

// answered ends an enquiry, and says so to whoever asked.
func answered(r *request.Request, at time.Time) error {
	if err := r.End(request.Answered, at); err != nil || !r.Mailbox {
		return err
	}
	for _, place := range r.Notify {
		r.Owe(request.AnsweredNotice, place, at)
	}
	return nil
}

func goOn(r *request.Request, at time.Time) error {
	if r.Asks() {
		return r.Answer(at)
	}
	return r.Resume(at)
}

// approvable says what a decision to delete lacks.
func approvable(ctx context.Context, d Desk, c Case, leads []claim.Place) error {
	r := c.Request
	switch {
	case r.State == request.AwaitingAnswer && r.Owed(request.ClosureLink):
		return fault.New(fault.Conflict, "a customer's request is confirmed by the admin on file, and by nobody else")
	case len(leads) > 0 && (c.Who.Kind != ledger.Claimed || c.Said.Channel != ""):
		return fault.New(fault.Invalid, "what is to be deleted is certain for this request: it takes no leads")
	case len(leads) == 0 && r.Told != "":
		return fault.New(fault.Invalid, "what was said fits nobody for certain, and would not the next time: name the lead")
	case len(leads) == 0 && r.Kind != request.Enquiry && c.Who.Kind == ledger.Claimed && !c.Said.Complete():
		return fault.New(fault.Invalid, "what was said names nobody: name the lead")
	}
	for _, place := range leads {
		if err := approvableLead(ctx, d, c.Said, place); err != nil {
			return err
		}
	}
	return nil
}

// approvableLead demands that a lead exists, at a business that the writer may have
// meant.
func approvableLead(ctx context.Context, d Desk, said claim.Claim, place claim.Place) error {
	if len(said.Tenants) > 0 && !slices.Contains(said.Tenants, place.TenantID) && !slices.Contains(said.Suggestions, place.TenantID) {
		return fault.New(fault.Invalid, "the lead is of a business that the writer did not name")
	}
	found, err := place.Exists(ctx, d.Finder)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "the business has no such lead")
	}
	return err
}
