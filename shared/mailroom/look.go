package mailroom

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/extract"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/onetime"
	"github.com/mikla-ai/data-deletion/shared/personal"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// incoming is a mail on its way through the room.
type incoming struct {
	Room
	notice  notice.Received
	mail    inbound.Mail
	entries []business.Entry

	slip     *reply      // the request that it answers
	said     claim.Claim // and what was said of that before
	coded    *coded      // the request whose code stands in it
	decision triage.Decision

	request string // that came of it
	late    bool   // what it answers does not wait any more
	limited bool
}

// reply is a request of ours that the mail answers, and how that was found.
type reply struct {
	answer.Slip
	by string
}

// coded is a request found by its confirmation code.
type coded struct {
	request request.Request
	code    string
}

const mostCodes = 5

// look finds the request that the mail answers, and the one whose code it holds.
func (c *incoming) look(ctx context.Context, codes []string) error {
	if err := c.lookForAnswer(ctx); err != nil {
		return err
	}
	for _, text := range codes[:min(len(codes), mostCodes)] {
		code, ok := confirmation.Normalize(text)
		if !ok {
			continue
		}
		r, err := c.Ledger.ByCode(ctx, code)
		if unknown(err) {
			continue
		}
		if err != nil {
			return err
		}
		c.coded = &coded{r, code.Reveal()}
		return nil
	}
	return nil
}

func unknown(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }

// tag as it stands in the subjects of our letters.
var tag = regexp.MustCompile(`\[(MK-[A-Z2-7]{8})\]`)

// lookForAnswer goes by the token in our address, the tag in the subject, and the IDs of
// our letters, in that order. Only the token proves anything.
func (c *incoming) lookForAnswer(ctx context.Context) error {
	for _, recipient := range c.notice.Recipients {
		if found, err := c.byToken(ctx, recipient); found || err != nil {
			return err
		}
	}
	for _, m := range tag.FindAllStringSubmatch(strings.ToUpper(c.mail.Subject), 3) {
		r, err := c.Ledger.ByTag(ctx, m[1])
		if found, err := c.hint(ctx, "tag", r, err); found || err != nil {
			return err
		}
	}
	for i, id := range slices.Concat(c.mail.InReplyTo, c.mail.References) {
		if i >= 20 {
			break
		}
		by := "references"
		if i < len(c.mail.InReplyTo) {
			by = "ses_id"
		}
		r, err := c.Ledger.BySent(ctx, sesID(id))
		if found, err := c.hint(ctx, by, r, err); found || err != nil {
			return err
		}
	}
	return nil
}

// sesID is the ID that SES gave a letter, of the Message-ID that it made of it.
func sesID(messageID string) string {
	id, _, _ := strings.Cut(strings.Trim(messageID, "<>"), "@")
	return id
}

func (c *incoming) byToken(ctx context.Context, recipient string) (bool, error) {
	local, _, _ := strings.Cut(recipient, "@")
	_, token, ok := strings.Cut(local, "+r.")
	if !ok {
		return false, nil
	}
	told, ok := onetime.Read(c.Keys.Code, strings.ToLower(token))
	if !ok || told.Purpose != onetime.Reply {
		return false, nil
	}
	r, err := c.Ledger.Get(ctx, told.RequestID)
	if unknown(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, c.answers(ctx, triage.ByToken, r, told.Place)
}

// hint takes a request that the mail seems to answer.
func (c *incoming) hint(ctx context.Context, by string, r request.Request, err error) (bool, error) {
	if unknown(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, c.answers(ctx, by, r, -1)
}

// answers notes the request, whom we wrote to about it, and what was said of it. place
// is of the mailbox that the letter went to; -1 if that is not known.
func (c *incoming) answers(ctx context.Context, by string, r request.Request, place int) error {
	a := &reply{by: by}
	a.Request, a.RequestID, a.Place = r, r.ID, -1
	boxes, err := c.Ledger.Mailboxes(ctx, r.ID)
	if err != nil && fault.KindOf(err) != fault.Conflict {
		return err
	}
	if err != nil && r.State.Terminal() {
		a.Place = place // whoever has the token got the letter: whom it went to is forgotten
	}
	for i, box := range boxes {
		// who only wants to be told has no say in the request
		if (place == i || place < 0) && box.Role != ledger.Subscriber && same(box.Address, c.mail.From.Reveal()) {
			a.Place, a.Box = i, box
		}
	}
	c.slip = a
	if _, err := c.Ledger.Facts(ctx, r.ID, &c.said); err != nil && fault.KindOf(err) != fault.Conflict {
		return err
	}
	return nil
}

// same compares an address of ours with another. Those on file may hold anything.
func same(a, b string) bool { return inbound.Same(personal.New(a), personal.New(b)) }

// known is what the ledger knows, as triage asks for it.
func (c *incoming) known() triage.Known {
	var k triage.Known
	if c.coded != nil {
		k.Code, k.CodeKnown = c.coded.code, true
	}
	if c.slip == nil {
		return k
	}
	k.Answer = &triage.Answer{By: c.slip.by, SameMailbox: c.slip.Place >= 0, State: stateOf(c.slip.Request, c.Now()),
		Intent: intent.Intent(c.said.Intent), Language: c.said.Language, Before: c.given()}
	return k
}

// stateOf is how far the request is for whoever answers: one that could not be told
// apart asks for a detail.
func stateOf(r request.Request, now time.Time) triage.State {
	switch {
	case r.State.Terminal() || r.Closing:
		return triage.Closed
	case r.State == request.AwaitingAnswer && (r.Owed(request.Challenge) || r.Owed(request.ClosureLink)):
		return triage.Awaiting
	case r.State == request.AwaitingAnswer:
		return triage.Asked
	case r.State == request.NeedsReview && r.Told != "":
		// closed for whoever asked at the same moment, whether or not a person still looks
		if now.Sub(r.LookedAt) >= request.SecondLook {
			return triage.Closed
		}
		return triage.Asked
	}
	return triage.Open
}

// given is what was said before, as triage has it.
func (c *incoming) given() triage.Given {
	g := triage.Given{Phones: c.said.Phones, ScopedIDs: c.said.ScopedIDs, Names: c.said.Names}
	for _, h := range c.said.Handles {
		g.Handles = append(g.Handles, extract.Handle{Platform: h.Platform, Handle: h.Handle})
	}
	if c.said.When != "" {
		g.When = []string{c.said.When}
	}
	for _, e := range c.entries {
		if slices.Contains(c.said.Tenants, e.TenantID) {
			g.Businesses = append(g.Businesses, business.Match{TenantID: e.TenantID, Name: e.Name, Region: e.Region})
		}
	}
	return g
}

// boxOf is the sender's mailbox, with the thread that an answer belongs to.
func (c *incoming) boxOf(role string) ledger.Mailbox {
	answers := slices.Clone(c.mail.References)
	if c.mail.HeaderID != "" {
		answers = append(answers, c.mail.HeaderID)
	}
	return ledger.Mailbox{Address: c.mail.From.Reveal(), Language: c.decision.Language, Answers: answers, Role: role}
}
