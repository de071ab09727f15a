// Package review is what a person of ours decides about requests that cannot go on by
// themselves. Nothing here erases: a request that is approved goes through the same
// steps as any other.
package review

import (
	"context"
	"errors"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Desk takes decisions. Finder is for those that point at a lead.
type Desk struct {
	Ledger  *ledger.Ledger
	Finder  locate.Finder
	Start   dispatch.Queue
	Letters dispatch.Letters
	Now     func() time.Time
}

// Case is a request with what is known of it. It names people. Of a request that is
// over, or whose letters are, the files are gone, and their part is empty.
type Case struct {
	Request request.Request
	Who     ledger.Identity
	Said    claim.Claim
	Boxes   []ledger.Mailbox
}

// Decision is one act on a request.
type Decision struct {
	check  func(ctx context.Context, d Desk, c Case) error // what the record alone cannot say
	change func(r *request.Request, at time.Time) error
	learn  func(said *claim.Claim) // nil: what was said stays as it is
}

// Open reads a case.
func (d Desk) Open(ctx context.Context, id string) (Case, error) {
	r, err := d.Ledger.Get(ctx, id)
	if err != nil {
		return Case{}, err
	}
	c := Case{Request: r}
	if c.Boxes, err = d.Ledger.Mailboxes(ctx, id); unlessGone(err) != nil {
		return c, err
	}
	if c.Who, err = d.Ledger.Identity(ctx, id); unlessGone(err) != nil {
		return c, err
	}
	_, err = d.Ledger.Facts(ctx, id, &c.Said)
	return c, unlessGone(err)
}

// unlessGone makes no failure of a file that was destroyed.
func unlessGone(err error) error {
	if err != nil && fault.KindOf(err) == fault.Conflict {
		return nil
	}
	return err
}

// Try says what a request would become, or why it cannot. It writes nothing.
func (d Desk) Try(ctx context.Context, id string, what Decision) (before, after request.Request, err error) {
	c, err := d.checked(ctx, id, what)
	if err != nil {
		return before, after, err
	}
	after, err = d.Ledger.Get(ctx, id) // apart from the case's, whose lists a change may reach into
	if err != nil {
		return before, after, err
	}
	return c.Request, after, what.change(&after, d.Now())
}

func (d Desk) checked(ctx context.Context, id string, what Decision) (Case, error) {
	c, err := d.Open(ctx, id)
	if err != nil || what.check == nil {
		return c, err
	}
	return c, what.check(ctx, d, c)
}

// Do takes a decision. The sweep looks at the request within a minute then, whatever
// becomes of its messages: see Announce.
func (d Desk) Do(ctx context.Context, id string, what Decision) (request.Request, error) {
	c, err := d.checked(ctx, id, what)
	if err != nil {
		return c.Request, err
	}
	change := func(r *request.Request) error {
		if err := what.change(r, d.Now()); err != nil {
			return err
		}
		r.CheckAt = d.Now().Add(time.Minute)
		return nil
	}
	if what.learn == nil {
		return d.Ledger.Update(ctx, id, 0, change)
	}
	what.learn(&c.Said)
	return d.Ledger.Learn(ctx, id, c.Said, change)
}

// Announce sends the messages that a request is due: that it can start, that it owes
// letters. What fails here the sweep does.
func (d Desk) Announce(ctx context.Context, r request.Request) error {
	var failed error
	if r.InOutbox() && !r.NotBefore.After(d.Now()) {
		failed = d.Start.Send(ctx, workflow.For(r))
	}
	if r.PostDue(d.Now()) {
		failed = errors.Join(failed, d.Letters.Send(ctx, r.ID))
	}
	return failed
}
