package mailroom

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// act does what was decided.
func (c *incoming) act(ctx context.Context) error {
	switch c.decision.Route {
	case triage.Drop:
		return c.drop(ctx)
	case triage.AcceptToken:
		return c.accept(ctx)
	case triage.ReplyStatus:
		return c.status(ctx)
	case triage.Challenge:
		return c.ask(ctx, request.Challenge)
	case triage.AskMore:
		return c.ask(ctx, request.AskMore)
	case triage.ConfirmLink:
		return c.confirm(ctx)
	}
	return c.human(ctx)
}

// drop leaves a mail alone, but for what a bounce says of a letter of ours.
func (c *incoming) drop(ctx context.Context) error {
	if c.mail.Machine != inbound.Bounce {
		return nil
	}
	for _, id := range c.mail.Bounced {
		r, err := c.Ledger.BySent(ctx, sesID(id))
		if unknown(err) {
			continue
		}
		if err != nil {
			return err
		}
		_, err = c.Ledger.Update(ctx, r.ID, 0, func(r *request.Request) error {
			for i, l := range slices.Backward(r.Letters) {
				if l.State == request.Sent || l.State == request.Delivered || l.State == request.Unconfirmed {
					r.Letters[i].Heard(request.Bounced, c.Now())
					break
				}
			}
			return nil
		})
		return err
	}
	return nil
}

// accept takes an answer that carries the token of its mailbox. That the mail belongs to
// the request stands there first; that it was taken in, with what it does.
func (c *incoming) accept(ctx context.Context) error {
	c.request = c.slip.RequestID
	if slices.Contains(c.slip.Request.Mails, c.notice.MessageID) {
		return c.goOn(ctx, c.slip.Request) // taken in before; what came after that may have been lost
	}
	if err := c.Ledger.PointNotice(ctx, c.slip.Request, occasion(c.notice), c.Keys); err != nil {
		return err
	}
	slip := c.slip.Slip
	slip.Note = c.note
	var err error
	if c.decision.Intent == intent.RetractOrDispute {
		err = c.Withdraw(ctx, slip)
	} else {
		err = c.Reply(ctx, slip, c.claim())
	}
	if err != answer.ErrGone {
		return err
	}
	c.late = true
	return c.human(ctx) // it went on meanwhile: a person reads what is meant
}

const mostMails = 50

// note says in the record that the mail was taken in, and goes when the request does. It
// tells whether that stood there.
func (c *incoming) note(r *request.Request) (done bool) {
	if slices.Contains(r.Mails, c.notice.MessageID) {
		return true
	}
	if len(r.Mails) < mostMails {
		r.Mails = append(r.Mails, c.notice.MessageID)
	}
	return false
}

// claim is what the decision says of whoever wrote, in the form of the case file.
func (c *incoming) claim() claim.Claim {
	d := c.decision
	out := claim.Claim{Tenants: d.Businesses, Phones: d.Phones, ScopedIDs: d.ScopedIDs, Names: d.Names,
		Intent: string(d.Intent), Language: d.Language, Missing: d.Missing, Flags: d.Flags, Reasons: d.Reasons}
	for _, h := range d.Handles {
		out.Handles = append(out.Handles, claim.Handle{Platform: h.Platform, Handle: h.Handle})
	}
	for _, s := range d.Suggestions {
		out.Suggestions = append(out.Suggestions, s.TenantID)
	}
	for _, when := range d.When {
		if month, ok := claim.Month(when); ok {
			out.When = month
		}
	}
	return out
}

// opening is how a request begins that is made of a mail.
type opening struct {
	kind     request.Kind
	identity ledger.Identity
	who      []string // identifies who asks for what, while it is open
	said     claim.Claim
	boxes    []ledger.Mailbox
	letter   string // "" if nobody is written to
	first    bool   // only the first mailbox gets the letter
	begin    func(r *request.Request) error
}

// admit makes a request of the mail, or takes it into the one that is open for the same.
func (c *incoming) admit(ctx context.Context, o opening) (request.Request, error) {
	allowed, err := c.mayWrite(ctx, o)
	if err != nil {
		return request.Request{}, err
	}
	at := c.notice.At
	if c.slip != nil && reopens(c.slip.Request) && c.slip.Place >= 0 {
		at = c.slip.Request.ReceivedAt // the clock of what is taken up again goes on
	}
	r, err := c.Ledger.Admit(ctx, ledger.Notice{Intake: "mail",
		Asked:    request.Asked{Kind: o.kind, ReceivedAt: at, Cutoff: c.notice.At},
		Identity: o.identity, Requester: o.who, Occasion: c.occasion(), Facts: o.said, Mailboxes: o.boxes,
		Begin: func(r *request.Request) error {
			c.note(r)
			if err := o.begin(r); err != nil || !allowed {
				return err
			}
			for place := range o.boxes {
				if place == 0 || !o.first {
					r.Owe(o.letter, place, c.Now())
				}
			}
			return nil
		}}, c.Keys)
	if err != nil {
		return r, err
	}
	if r, err = c.joined(ctx, r, o, allowed); err != nil {
		return r, err
	}
	c.request = r.ID
	return r, c.goOn(ctx, r)
}

// occasion is the mail; one that came too late for the request that it answers is pointed
// to that already, and is another occasion.
func (c *incoming) occasion() []string {
	if c.late {
		return append(occasion(c.notice), "too late")
	}
	return occasion(c.notice)
}

// reopens says that an answer may take the request up again.
func reopens(r request.Request) bool {
	return r.State == request.Lapsed || r.State == request.CouldNotIdentify || r.State == request.NothingFound
}

// joined gives a request that was open before the mail, and asks its requester again.
func (c *incoming) joined(ctx context.Context, r request.Request, o opening, allowed bool) (request.Request, error) {
	if slices.Contains(r.Mails, c.notice.MessageID) || r.State.Terminal() {
		return r, nil
	}
	place, err := c.placeIn(ctx, r)
	if err != nil {
		return r, err
	}
	return c.Ledger.Update(ctx, r.ID, 0, func(r *request.Request) error {
		if done := c.note(r); done || !allowed || place < 0 || r.State != request.AwaitingAnswer || r.Closing {
			return nil
		}
		return r.AskAgain(o.letter, place, true, c.Now())
	})
}

// placeIn is where the sender stands among those that a request writes to; -1 if nowhere.
func (c *incoming) placeIn(ctx context.Context, r request.Request) (int, error) {
	if !r.Mailbox {
		return -1, nil
	}
	boxes, err := c.Ledger.Mailboxes(ctx, r.ID)
	if err != nil && fault.KindOf(err) != fault.Conflict {
		return -1, err
	}
	return slices.IndexFunc(boxes, func(b ledger.Mailbox) bool { return same(b.Address, c.mail.From.Reveal()) }), nil
}

// goOn has its letters sent and its run started. What fails the sweep does.
func (c *incoming) goOn(ctx context.Context, r request.Request) error {
	if r.PostDue(c.Now()) {
		if err := c.Letters.Send(ctx, r.ID); err != nil {
			return err
		}
	}
	if !r.InOutbox() {
		return nil
	}
	return c.Desk.Begin(ctx, r)
}

// mayWrite counts an automatic mail to whoever wrote. One too many is not sent, and the
// request waits for a person instead of an answer.
func (c *incoming) mayWrite(ctx context.Context, o opening) (bool, error) {
	if o.letter == "" || len(o.boxes) == 0 {
		return false, nil
	}
	rules := []limit.Rule{limit.Replies}
	if c.notice.DMARC != notice.Pass && o.letter == request.Challenge {
		rules = append(rules, limit.Challenge)
	}
	for _, rule := range rules {
		ok, err := c.Limits.Take(ctx, rule, o.boxes[0].Address, c.notice.MessageID)
		if err != nil {
			return false, err
		}
		if !ok {
			c.limited = true
			return false, nil
		}
	}
	return true, nil
}

// ask opens a request that waits for whoever wrote, or asks again about the one that
// their mail answers without its token.
func (c *incoming) ask(ctx context.Context, letter string) error {
	if c.slip != nil && c.slip.Place >= 0 && stateOf(c.slip.Request, c.Now()) == triage.Asked {
		return c.askAgain(ctx, letter)
	}
	said := c.claim()
	kind := request.DataDeletion
	if c.decision.Intent == intent.StatusQuery {
		kind = request.Enquiry
	}
	_, err := c.admit(ctx, opening{kind: kind, identity: ledger.Identity{Kind: ledger.Claimed}, said: said,
		who: c.who(said), boxes: []ledger.Mailbox{c.boxOf(ledger.Requester)}, letter: letter,
		begin: func(r *request.Request) error {
			r.Notify = []int{0}
			if c.limited {
				return r.Begin(request.NeedsReview, c.Now())
			}
			return r.Begin(request.AwaitingAnswer, c.Now())
		}})
	return err
}

// askAgain takes an answer to our question in. The link goes to the mailbox that was
// asked, so that who wrote this need not be proven.
func (c *incoming) askAgain(ctx context.Context, letter string) error {
	c.request = c.slip.RequestID
	allowed, err := c.mayWrite(ctx, opening{letter: letter, boxes: []ledger.Mailbox{c.slip.Box}})
	if err != nil {
		return err
	}
	if err := c.Ledger.PointNotice(ctx, c.slip.Request, occasion(c.notice), c.Keys); err != nil {
		return err
	}
	said := c.said.Merge(c.claim())
	said.Missing = c.decision.Missing
	r, err := c.Ledger.Learn(ctx, c.request, said, func(r *request.Request) error {
		if c.note(r) || stateOf(*r, c.Now()) != triage.Asked {
			return nil
		}
		return r.AskAgain(letter, c.slip.Place, allowed, c.Now())
	})
	if err != nil {
		return err
	}
	return c.goOn(ctx, r)
}

// who tells requests of a mailbox apart: the same mail again is the same request.
func (c *incoming) who(said claim.Claim) []string {
	said.Reasons, said.Suggestions, said.Flags = nil, nil, nil
	doc, _ := json.Marshal(said) // texts always encode
	sum := sha256.Sum256(doc)
	return []string{"mail", c.mail.From.Reveal(), hex.EncodeToString(sum[:])}
}

// status answers a code, coarsely, and is done.
func (c *incoming) status(ctx context.Context) error {
	if c.coded == nil && c.slip == nil {
		return fault.New(fault.Permanent, "a status is to be told of no request")
	}
	_, err := c.admit(ctx, opening{kind: request.Enquiry, identity: ledger.Identity{Kind: ledger.Claimed},
		boxes: []ledger.Mailbox{c.boxOf(ledger.Requester)}, letter: request.StatusReply,
		begin: func(r *request.Request) error {
			if r.About = c.about(); c.mail.From.IsEmpty() || c.limited {
				return r.Begin(request.NeedsReview, c.Now())
			}
			if err := r.Begin(request.NeedsReview, c.Now()); err != nil {
				return err
			}
			return r.End(request.Answered, c.Now())
		}})
	return err
}

func (c *incoming) about() string {
	if c.coded != nil {
		return c.coded.request.ID
	}
	return c.slip.RequestID
}

// human leaves a mail to a person. Whoever may be written to hears that, and nothing
// else; of a customer's request from somebody else only the admins on file hear.
func (c *incoming) human(ctx context.Context) error {
	o := opening{kind: request.Enquiry, identity: ledger.Identity{Kind: ledger.Claimed}, said: c.claim(),
		begin: func(r *request.Request) error { return r.Begin(request.NeedsReview, c.Now()) }}
	if deletes[c.decision.Intent] {
		o.kind = request.DataDeletion
	}
	switch {
	case c.attempted():
		o.boxes, o.letter = c.admins(c.decision.Businesses[0]), request.ClosureAttempt
		ok, err := c.Limits.Take(ctx, limit.Attempts, c.decision.Businesses[0], c.notice.MessageID)
		if err != nil {
			return err
		}
		if !ok {
			o.boxes, o.letter = nil, ""
		}
		begin := o.begin
		o.begin = func(r *request.Request) error {
			r.Scope = scopes[c.decision.Intent]
			return begin(r)
		}
	case deletes[c.decision.Intent] && c.decision.Intent != intent.EndUserDelete && len(c.decision.AdminOf) == 0:
		// whether that business is a customer of ours is nobody's to know
	case c.decision.Neutral && !c.mail.From.IsEmpty():
		o.boxes, o.letter = []ledger.Mailbox{c.boxOf(ledger.Requester)}, request.Acknowledged
		begin := o.begin
		o.begin = func(r *request.Request) error {
			r.Notify = []int{0}
			return begin(r)
		}
	}
	_, err := c.admit(ctx, o)
	return err
}

var deletes = map[intent.Intent]bool{intent.EndUserDelete: true, intent.CustomerCloseAccount: true,
	intent.CustomerDisconnectChannel: true, intent.CustomerDeleteLead: true}

// scopes of what customers ask for.
var scopes = map[intent.Intent]string{intent.CustomerCloseAccount: "tenant", intent.CustomerDisconnectChannel: "channel",
	intent.CustomerDeleteLead: "lead"}

// attempted says that somebody asked for a customer's data who may not: the admins of the
// one business that was named are told that nothing was done.
func (c *incoming) attempted() bool {
	return deletes[c.decision.Intent] && c.decision.Intent != intent.EndUserDelete && len(c.decision.Businesses) == 1 &&
		!(c.decision.Neutral && slices.Contains(c.decision.AdminOf, c.decision.Businesses[0]))
}

// mostAdmins of a business are written to.
const mostAdmins = 20

func (c *incoming) admins(tenant string) []ledger.Mailbox {
	var out []ledger.Mailbox
	for _, e := range c.entries {
		if e.TenantID != tenant {
			continue
		}
		for _, address := range e.AdminEmails {
			if len(out) == mostAdmins || slices.ContainsFunc(out, func(b ledger.Mailbox) bool { return same(b.Address, address) }) {
				continue
			}
			out = append(out, ledger.Mailbox{Address: address, Role: ledger.Admin, Business: e.Name})
		}
	}
	return out
}
