// Package answer is what people do with our letters: they follow a link and press the
// button behind it, or they write back.
//
// A token says which request, what for, and which mailbox it was sent to. Whether it
// still leads anywhere follows from the request, which the first use moves on: so a
// token works once, and looking at a page changes nothing.
package answer

import (
	"context"
	"fmt"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/onetime"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Desk takes answers.
type Desk struct {
	Ledger  *ledger.Ledger
	Keys    ledger.Keys
	Limits  limit.Limits
	Start   dispatch.Queue
	Letters dispatch.Letters
	Now     func() time.Time
}

// Slip is what a token leads to.
type Slip struct {
	onetime.Claim
	Request request.Request
	Box     ledger.Mailbox
	// Note, of an answer by mail, is written with what is done about it, and says whether
	// it stands there already: then it was done before.
	Note func(r *request.Request) (done bool)
}

func (s Slip) once(r *request.Request, do func() error) error {
	if s.Note != nil && s.Note(r) {
		return nil
	}
	return do()
}

// ErrGone is the one answer for a token that leads nowhere: used, too old, of another
// purpose, unknown or forged.
var ErrGone = fault.New(fault.NotFound, "the link leads nowhere, or not any more")

// Look follows a token without changing anything.
func (d Desk) Look(ctx context.Context, token string) (Slip, error) {
	c, ok := onetime.Read(d.Keys.Code, token)
	if !ok {
		return Slip{}, ErrGone
	}
	r, err := d.Ledger.Get(ctx, c.RequestID)
	if err != nil {
		return Slip{}, gone(err)
	}
	if !d.leads(r, c) {
		return Slip{}, ErrGone
	}
	boxes, err := d.Ledger.Mailboxes(ctx, r.ID)
	if err != nil {
		return Slip{}, gone(err)
	}
	if c.Place >= len(boxes) || boxes[c.Place].Address == "" {
		return Slip{}, ErrGone
	}
	return Slip{Claim: c, Request: r, Box: boxes[c.Place]}, nil
}

// gone hides which of the reasons it was, but not an outage.
func gone(err error) error {
	switch fault.KindOf(err) {
	case fault.NotFound, fault.Conflict:
		return ErrGone
	}
	return err
}

// leads says that what the token is for can still be done.
func (d Desk) leads(r request.Request, c onetime.Claim) bool {
	fresh := d.Now().Sub(asked(r, c)) < request.LinkLife
	switch c.Purpose {
	case onetime.Confirm:
		return fresh && r.State == request.AwaitingAnswer && !r.Closing && r.Scope == "" && r.Owed(request.Challenge)
	case onetime.Closure:
		return fresh && r.State == request.AwaitingAnswer && !r.Closing && r.Owed(request.ClosureLink)
	case onetime.Cancel:
		return r.Revocable() && !r.Closing
	case onetime.Subscribe:
		return fresh && r.Mailbox
	}
	return false
}

// asked is when the latest letter with the link was owed: a reminder makes the link live
// longer.
func asked(r request.Request, c onetime.Claim) time.Time {
	at := r.AskedAt
	for _, l := range r.Letters {
		if l.To == c.Place && (l.Kind == request.Reminder || l.Kind == request.OptIn) && l.At.After(at) {
			at = l.At
		}
	}
	return at
}

// Confirm takes an end user's confirmation, with what they say besides.
func (d Desk) Confirm(ctx context.Context, s Slip, more claim.Claim) error {
	said, err := d.said(ctx, s.Request)
	if err != nil {
		return err
	}
	if err := d.prove(ctx, s); err != nil {
		return err
	}
	return d.lookUp(ctx, s, said.Merge(more))
}

func (d Desk) said(ctx context.Context, r request.Request) (claim.Claim, error) {
	var said claim.Claim
	_, err := d.Ledger.Facts(ctx, r.ID, &said)
	return said, gone(err)
}

func (d Desk) prove(ctx context.Context, s Slip) error {
	_, err := d.Ledger.Prove(ctx, s.RequestID, s.Place, func(*request.Request, ledger.Mailbox) error { return nil })
	return gone(err)
}

// lookUp sends a request off to be located, or to a person: if its mailbox has looked
// often enough, or if unusually many ask for one business.
func (d Desk) lookUp(ctx context.Context, s Slip, said claim.Claim) error {
	if s.Request.Scope != "" || !s.Request.Asks() {
		return ErrGone // a customer's request goes on by the PIN alone
	}
	allowed, err := d.allowed(ctx, s, said)
	if err != nil {
		return err
	}
	r, err := d.Ledger.Learn(ctx, s.RequestID, said, func(r *request.Request) error {
		return s.once(r, func() error {
			if !r.Asks() {
				return ErrGone
			}
			if !allowed {
				r.Told = ""
				return r.Move(request.NeedsReview, d.Now())
			}
			return r.Answer(d.Now())
		})
	})
	if err != nil {
		return gone(err)
	}
	return d.start(ctx, r)
}

// What one claim may name. More is somebody who tries.
const (
	mostBusinesses = 3
	mostNames      = 2
	mostPhones     = 2
)

func (d Desk) allowed(ctx context.Context, s Slip, said claim.Claim) (bool, error) {
	if len(said.Tenants) > mostBusinesses || len(said.Names) > mostNames || len(said.Phones)+len(said.Numbers) > mostPhones {
		return false, nil
	}
	ok, err := d.Limits.Take(ctx, limit.Lookups, s.Box.Address, s.RequestID+"/"+s.Request.ExecutionName())
	if err != nil || !ok {
		return false, err
	}
	for _, tenant := range said.Tenants {
		if ok, err := d.Limits.Take(ctx, limit.Business, tenant, s.RequestID); err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

// Begin sends the start message of a request that is ready to go.
func (d Desk) Begin(ctx context.Context, r request.Request) error { return d.start(ctx, r) }

// start sends the start message; what fails here the sweep does within a minute.
func (d Desk) start(ctx context.Context, r request.Request) error {
	if !r.InOutbox() || r.NotBefore.After(d.Now()) {
		return nil
	}
	return d.Start.Send(ctx, workflow.For(r))
}

// ErrPin says that a PIN was wrong; ErrTooMany, that a person has the request now.
var (
	ErrPin     = fault.New(fault.Invalid, "the PIN is not the one in the letter")
	ErrTooMany = fault.New(fault.Conflict, "too many wrong PINs: a person looks at the request")
)

// Close takes an admin's confirmation of a closure, with the PIN of the letter.
func (d Desk) Close(ctx context.Context, s Slip, pin string) error {
	right := pin == onetime.Pin(d.Keys.Code, s.Request.CodeVersion, s.RequestID)
	if right {
		if err := d.prove(ctx, s); err != nil {
			return err
		}
	}
	r, err := d.Ledger.Update(ctx, s.RequestID, 0, func(r *request.Request) error {
		switch {
		case right:
			return r.Answer(d.Now())
		case r.State != request.AwaitingAnswer || r.Closing:
			return ErrGone
		}
		if r.Pins++; r.Pins >= request.MostPins {
			return r.Move(request.NeedsReview, d.Now())
		}
		return nil
	})
	switch {
	case err != nil:
		return gone(err)
	case right:
		return d.start(ctx, r)
	case r.State == request.NeedsReview:
		return ErrTooMany
	}
	return ErrPin
}

// Withdraw ends a request that nothing has been deleted for.
func (d Desk) Withdraw(ctx context.Context, s Slip) error {
	r, err := d.Ledger.Update(ctx, s.RequestID, 0, func(r *request.Request) error {
		return s.once(r, func() error { return r.End(request.Withdrawn, d.Now()) })
	})
	if err != nil {
		return gone(err)
	}
	return d.start(ctx, r)
}

// Subscribe adds a mailbox that somebody typed on a status page: it is asked by a
// letter. Whoever typed it learns nothing, whatever became of it.
func (d Desk) Subscribe(ctx context.Context, r request.Request, address, language string) error {
	if r.Intake == "mail" {
		return nil // whoever wrote is told by mail as it is
	}
	for _, take := range []struct {
		rule  limit.Rule
		whose string
	}{{limit.OptInsOf, r.ID}, {limit.OptIns, address}} {
		ok, err := d.Limits.Take(ctx, take.rule, take.whose, r.ID+address)
		if err != nil || !ok {
			return err
		}
	}
	box := ledger.Mailbox{Address: address, Language: language, Role: ledger.Subscriber}
	r, err := d.Ledger.Correspond(ctx, r.ID, box, func(r *request.Request, place int) error {
		r.Owe(request.OptIn, place, d.Now())
		return nil
	})
	if fault.KindOf(err) == fault.Conflict && err != nil {
		return nil // enough mailboxes, or the last letters are just done with
	}
	if err != nil {
		return err
	}
	return d.Letters.Send(ctx, r.ID)
}

// Subscribed notes that the mailbox wants to be told; of what is over, at once.
func (d Desk) Subscribed(ctx context.Context, s Slip) error {
	r, err := d.Ledger.Prove(ctx, s.RequestID, s.Place, func(r *request.Request, box ledger.Mailbox) error {
		if box.Proven {
			return nil
		}
		r.Notify = append(r.Notify, s.Place)
		r.OweEndTo(s.Place, d.Now())
		return nil
	})
	if err != nil {
		return gone(err)
	}
	return d.Letters.Send(ctx, r.ID)
}

// Reply takes what somebody wrote back, from the mailbox that was asked. A detail is
// taken in; if what is known is enough to look, and says more than the first mail did,
// the answer itself is the confirmation.
func (d Desk) Reply(ctx context.Context, s Slip, more claim.Claim) error {
	said, err := d.said(ctx, s.Request)
	if err != nil {
		return err
	}
	if err := d.prove(ctx, s); err != nil {
		return err
	}
	said = said.Merge(more)
	if s.Request.Scope == "" && said.Complete() && said.Second() {
		return d.lookUp(ctx, s, said)
	}
	said.Missing = said.Lacks()
	// Machines answer every letter: one too many waits for a person.
	allowed, err := d.Limits.Take(ctx, limit.Replies, s.Box.Address, fmt.Sprintf("%s/%d", s.RequestID, len(s.Request.Letters)))
	if err != nil {
		return err
	}
	r, err := d.Ledger.Learn(ctx, s.RequestID, said, func(r *request.Request) error {
		return s.once(r, func() error { return d.askAgain(r, s.Place, said.Complete(), allowed) })
	})
	if err != nil {
		return gone(err)
	}
	return d.Letters.Send(ctx, r.ID)
}

func (d Desk) askAgain(r *request.Request, place int, complete, allowed bool) error {
	if !r.Asks() {
		return nil // with a person, or under way: it stands in the case file
	}
	kind := request.Challenge
	switch {
	case r.Scope != "":
		kind = request.ClosureLink
	case !complete:
		kind = request.AskMore
	}
	return r.AskAgain(kind, place, allowed, d.Now())
}
