package mailroom

import (
	"context"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// confirm opens a customer's request. Its link goes to the address on file, whatever the
// mail says of where to answer; with the first mailbox stand all the others on file, who
// hear once it is confirmed.
func (c *incoming) confirm(ctx context.Context) error {
	if len(c.decision.Businesses) != 1 {
		return c.human(ctx)
	}
	tenant := c.decision.Businesses[0]
	o := opening{kind: request.DataDeletion, said: c.claim(), boxes: c.onFile(tenant), letter: request.ClosureLink, first: true}
	if len(o.boxes) == 0 {
		return c.human(ctx)
	}
	scope := c.scope(&o, tenant)
	if scope == "" {
		return c.human(ctx) // which of several channels is not said
	}
	o.begin = func(r *request.Request) error {
		r.Scope, r.Undo = scope, c.Undo[scope]
		for place := range o.boxes {
			r.Notify = append(r.Notify, place)
		}
		if c.limited {
			return r.Begin(request.NeedsReview, c.Now())
		}
		return r.Begin(request.AwaitingAnswer, c.Now())
	}
	_, err := c.admit(ctx, o)
	return err
}

// onFile are the admins of the business, the one who wrote first: at the address as it
// is on file.
func (c *incoming) onFile(tenant string) []ledger.Mailbox {
	boxes := c.admins(tenant)
	at := slices.IndexFunc(boxes, func(b ledger.Mailbox) bool { return same(b.Address, c.mail.From.Reveal()) })
	if at < 0 {
		return nil
	}
	asked := c.boxOf(ledger.Admin)
	asked.Address, asked.Business = boxes[at].Address, boxes[at].Business
	boxes = slices.Delete(boxes, at, at+1)
	for i := range boxes {
		boxes[i].Language = asked.Language
	}
	return append([]ledger.Mailbox{asked}, boxes...)
}

// scope says what is to be deleted, and by what it is found.
func (c *incoming) scope(o *opening, tenant string) string {
	o.said.OnFile = true
	switch c.decision.Intent {
	case intent.CustomerCloseAccount:
		o.identity = ledger.Identity{Kind: "tenant", Fields: map[string]string{"tenant_id": tenant}}
		o.who = []string{"scope", "tenant", tenant}
		return "tenant"
	case intent.CustomerDisconnectChannel:
		o.said.Channel = c.platform()
		if o.said.Channel == "" {
			return ""
		}
		o.identity, o.who = ledger.Identity{Kind: ledger.Claimed}, []string{"mail", "channel", tenant, o.said.Channel}
		return "channel"
	}
	o.identity = ledger.Identity{Kind: ledger.Claimed}
	o.who = c.who(claim.Claim{Tenants: o.said.Tenants, Handles: o.said.Handles, Phones: o.said.Phones, Names: o.said.Names, ScopedIDs: o.said.ScopedIDs})
	return "lead"
}

// platform is the one platform that the mail names.
func (c *incoming) platform() string {
	text := strings.ToLower(c.mail.Subject + "\n" + c.mail.Newest)
	found := ""
	for platform, words := range platforms {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) }) {
			continue
		}
		if found != "" {
			return ""
		}
		found = platform
	}
	return found
}

var platforms = map[string][]string{
	"facebook":  {"facebook", "messenger", "فيسبوك", "فيس بوك", "פייסבוק"},
	"instagram": {"instagram", "insta ", "انستغرام", "إنستغرام", "انستقرام", "אינסטגרם"},
	"whatsapp":  {"whatsapp", "whats app", "واتساب", "واتس اب", "ווטסאפ", "וואטסאפ"},
}
