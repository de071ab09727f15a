// Package outbox sends the letters that requests owe, and notes what became of them.
//
// A record says that a letter is owed in the write that makes it so. Sending goes in
// three writes: "sending" before the letter is handed to SES, "sent" after it, and what
// an event says of it. SES has no idempotency: a sender that dies between the first two
// does not know whether the letter went. It is sent once more only if no event of it has
// come within fifteen minutes, and never a third time.
package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/mail/letter"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/onetime"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Mail is one letter on its way. It names a person.
type Mail struct {
	To, ReplyTo string
	Letter      letter.Letter
	Headers     []Header
	Name        string // of the letter, in the events about it: "<request id>-<number>"
}

// Header is a field of ours; values are printable ASCII.
type Header struct{ Name, Value string }

// Post hands mails to whoever delivers them. An error of the kind Invalid or Permanent
// says that this mail will never go; Conflict that it did not go this time; any other
// leaves open whether it went.
type Post interface {
	Send(ctx context.Context, m Mail) (id string, err error)
}

// Sender sends what requests owe.
type Sender struct {
	Ledger    *ledger.Ledger
	Post      Post
	Codes     secrets.Versioned
	Limits    limit.Limits
	PublicURL string // scheme and host of the pages
	Address   string // of ours: privacy@mikla.ai
	Now       func() time.Time
	Log       *slog.Logger
}

// Done counts what one look at a request's letters did.
type Done struct{ Sent, Refused, Unconfirmed, Held int }

// Run sends every letter of a request that may be sent now, and destroys the
// correspondence once nothing of it is needed. Again is as good as once.
func (s Sender) Run(ctx context.Context, id string) (Done, error) {
	var done Done
	r, err := s.Ledger.Get(ctx, id)
	if err != nil || !r.Mailbox {
		return done, err
	}
	if r, err = s.giveUp(ctx, r, &done); err != nil {
		return done, err
	}
	for number, l := range r.Letters {
		if !l.Sendable(s.Now()) {
			continue
		}
		if err := s.one(ctx, r.ID, number, &done); err != nil {
			return done, err
		}
	}
	return done, s.Ledger.ScrubMail(ctx, id)
}

// giveUp notes the letters of which nothing will be heard any more.
func (s Sender) giveUp(ctx context.Context, r request.Request, done *Done) (request.Request, error) {
	now := s.Now()
	silent := 0
	for _, l := range r.Letters {
		if l.Silent(now) {
			silent++
		}
	}
	if silent == 0 {
		return r, nil
	}
	done.Unconfirmed += silent
	return s.Ledger.Update(ctx, r.ID, 0, func(r *request.Request) error {
		for i := range r.Letters {
			if r.Letters[i].Silent(now) {
				r.Letters[i].Heard(request.Unconfirmed, now)
			}
		}
		return nil
	})
}

// one sends a letter, if nobody else is sending it.
func (s Sender) one(ctx context.Context, id string, number int, done *Done) error {
	if allowed, err := s.Limits.Take(ctx, limit.Overall, "", fmt.Sprintf("%s.%d", id, number)); err != nil || !allowed {
		done.Held++
		return err
	}
	r, err := s.Ledger.Get(ctx, id)
	if err != nil {
		return err
	}
	m, unwritten := s.compose(ctx, r, number)
	if again(unwritten) {
		return unwritten // nothing went: it is still due
	}
	mine := false
	r, err = s.Ledger.Update(ctx, id, 0, func(r *request.Request) error {
		l := &r.Letters[number]
		mine = l.Sendable(s.Now()) && !r.Moot(*l)
		switch {
		case mine:
			l.State, l.At, l.Tries = request.Sending, s.Now(), l.Tries+1
		case l.Sendable(s.Now()):
			l.State, l.At = request.Unconfirmed, s.Now()
		}
		return nil
	})
	if err != nil || !mine {
		return err
	}
	if unwritten != nil {
		return s.back(ctx, r, number, fault.As(fault.Permanent, "write a letter", unwritten), done)
	}
	sesID, err := s.Post.Send(ctx, m)
	if err != nil {
		return s.back(ctx, r, number, err, done)
	}
	done.Sent++
	if err := s.Ledger.PointSent(ctx, r, sesID); err != nil {
		return err
	}
	return s.heard(ctx, id, number, request.Sent)
}

// again says that the same may succeed later.
func again(err error) bool {
	kind := fault.KindOf(err)
	return err != nil && (kind == fault.Retry || kind == fault.Internal)
}

// back notes a letter that did not go: it is due again, or never will go, or it is not
// known whether it went, and then events and time decide.
func (s Sender) back(ctx context.Context, r request.Request, number int, failed error, done *Done) error {
	state := request.Sending
	switch fault.KindOf(failed) {
	case fault.Invalid, fault.Permanent:
		state, done.Refused = request.Bounced, done.Refused+1
	case fault.Conflict:
		state = request.Due
	}
	s.Log.ErrorContext(ctx, "letter not sent", "request_id", r.ID, "letter", r.Letters[number].Kind, "state", state, "error", fault.Describe(failed))
	if state == request.Sending {
		return failed
	}
	_, err := s.Ledger.Update(ctx, r.ID, 0, func(r *request.Request) error {
		if l := &r.Letters[number]; l.State == request.Sending {
			l.State, l.At, l.Tries = state, s.Now(), l.Tries-1 // what certainly did not go was no try
		}
		return nil
	})
	if err == nil && state == request.Due {
		err = failed
	}
	return err
}

func (s Sender) heard(ctx context.Context, id string, number int, state request.LetterState) error {
	_, err := s.Ledger.Update(ctx, id, 0, func(r *request.Request) error {
		if number < len(r.Letters) {
			r.Letters[number].Heard(state, s.Now())
		}
		return nil
	})
	return err
}

// outcomes of events. A delay or a bounce that may still end well changes nothing.
var outcomes = map[string]request.LetterState{"delivery": request.Delivered, "complaint": request.Bounced, "reject": request.Bounced}

// Note takes an event into the request whose letter it is about, and says what it did.
func (s Sender) Note(ctx context.Context, e notice.Event) (request.LetterState, error) {
	state := outcomes[e.Kind]
	if e.Kind == "bounce" && e.Permanent {
		state = request.Bounced
	}
	id, number, ok := strings.Cut(e.Letter, "-")
	place, err := strconv.Atoi(number)
	if state == "" || !ok || err != nil || place < 0 {
		return "", nil
	}
	if err := s.heard(ctx, id, place, state); err != nil {
		return "", err
	}
	return state, s.Ledger.ScrubMail(ctx, id)
}

// facts of a request that letters need, while its case file is there.
func (s Sender) facts(ctx context.Context, r request.Request) (claim.Claim, error) {
	var said claim.Claim
	if r.Closing || r.State.Terminal() {
		return said, nil
	}
	_, err := s.Ledger.Facts(ctx, r.ID, &said)
	return said, err
}

func (s Sender) token(r request.Request, purpose onetime.Purpose, place int) string {
	return onetime.New(s.Codes, onetime.Claim{RequestID: r.ID, Purpose: purpose, Place: place}).Reveal()
}
