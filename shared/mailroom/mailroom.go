// Package mailroom takes in the mails that people write to us: each is read, decided on,
// and becomes a request, an answer to one, or nothing.
//
// Nothing is deleted because of a mail. It opens a request that waits for a link to be
// followed, for a further detail, or for a person. What was decided is written down last:
// a mail that comes again before that is taken in again, which changes nothing.
package mailroom

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
)

// mostRaw is as much of a mail as is read: SES takes 40 MB, and of what is too long to be
// parsed the header still says who wrote.
const mostRaw = inbound.MaxRaw + 1

// Archive is where mails stand as they arrived.
type Archive interface {
	Raw(ctx context.Context, key string, most int64) ([]byte, error)
	Decided(ctx context.Context, sesID string) (bool, error)
	Decide(ctx context.Context, sesID string, doc []byte) error
}

// Room takes mails in.
type Room struct {
	answer.Desk
	Archive    Archive
	Businesses func(ctx context.Context) ([]business.Entry, error)
	Undo       map[string]time.Duration // by scope, between a confirmation and the purge
	Log        *slog.Logger
}

// Taken is what became of a mail, for counting.
type Taken struct {
	Route   string // "" if it was none, or had been taken in before
	Limited bool   // an answer that it would have had was one too many
}

// Receive takes in the mail of a notification. Again is as good as once.
func (m Room) Receive(ctx context.Context, n notice.Received) (Taken, error) {
	if n.Setup {
		return Taken{}, nil
	}
	for _, before := range []func() (bool, error){
		func() (bool, error) { return m.Archive.Decided(ctx, n.MessageID) },
		func() (bool, error) { return m.closed(ctx, n) },
	} {
		if done, err := before(); err != nil || done {
			return Taken{}, err
		}
	}
	raw, err := m.Archive.Raw(ctx, n.Key, mostRaw)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return Taken{}, fault.As(fault.Permanent, "the mail of a notification is not in the bucket, and is in no request", err)
	}
	if err != nil {
		return Taken{}, err
	}
	c, err := m.open(ctx, n, raw)
	if err != nil {
		return Taken{}, err
	}
	if err := c.act(ctx); err != nil {
		return Taken{}, err
	}
	doc, err := json.Marshal(c.decision)
	if err != nil {
		return Taken{}, fault.As(fault.Permanent, "encode a decision", err)
	}
	if err := m.Archive.Decide(ctx, n.MessageID, doc); err != nil {
		return Taken{}, err
	}
	m.Log.InfoContext(ctx, "mail taken in", "mail_id", n.MessageID, "intent", c.decision.Intent, "route", c.decision.Route, "request_id", c.request)
	return Taken{string(c.decision.Route), c.limited}, nil
}

// closed says that the mail was taken into a request that is over, or nearly: the mail is
// gone with it, or about to.
func (m Room) closed(ctx context.Context, n notice.Received) (bool, error) {
	r, found, err := m.Ledger.Admitted(ctx, occasion(n), m.Keys)
	return found && (r.State.Terminal() || r.Closing) && slices.Contains(r.Mails, n.MessageID), err
}

func occasion(n notice.Received) []string { return []string{"mail", n.MessageID} }

// open reads a mail, looks up what it may be about, and decides. What cannot be read is
// decided on by what could.
func (m Room) open(ctx context.Context, n notice.Received, raw []byte) (*incoming, error) {
	entries, err := m.Businesses(ctx)
	if err != nil {
		return nil, err
	}
	mail, unreadable := inbound.Read(raw)
	facts := triage.Read(n, mail, unreadable, business.New(entries))
	c := &incoming{Room: m, notice: n, mail: mail, entries: entries}
	if err := c.look(ctx, facts.Details.Codes); err != nil {
		return nil, err
	}
	c.decision = triage.Decide(facts, c.known())
	return c, nil
}
