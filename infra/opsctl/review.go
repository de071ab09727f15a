package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/mail/archive"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/review"
)

// mostRaw is as much of a mail as is read.
const mostRaw = 40 << 20

type approve struct {
	about
	acting
	Lead []string `placeholder:"TENANT/LEAD" help:"A lead whose data is meant; may be given several times."`
}

func (c approve) Run(ctx context.Context, t *tool) error {
	var leads []claim.Place
	for _, text := range c.Lead {
		tenant, lead, _ := strings.Cut(text, "/")
		if plain(tenant) != nil || plain(lead) != nil {
			return errors.New("--lead is TENANT/LEAD: two IDs")
		}
		leads = append(leads, claim.Place{TenantID: tenant, LeadID: lead})
	}
	return t.decide(ctx, c.ID, c.acting, review.Approve(leads...))
}

type askRequest struct {
	about
	acting
	Text string `required:"" help:"The question, in the language of whoever asked."`
}

func (c askRequest) Run(ctx context.Context, t *tool) error {
	t.sayRead()
	return t.decide(ctx, c.ID, c.acting, review.Ask(c.Text))
}

type refuse struct {
	about
	acting
	Reason string `required:"" help:"Why, in the language of whoever asked."`
}

func (c refuse) Run(ctx context.Context, t *tool) error {
	t.sayRead()
	return t.decide(ctx, c.ID, c.acting, review.Refuse(c.Reason))
}

func (t *tool) sayRead() {
	t.say("The requester reads this text. Nothing of anybody else belongs in it.")
}

// showReview prints what a person needs to decide.
type showReview struct {
	about
	Reveal bool `help:"Show mail addresses in full."`
}

func (c showReview) Run(ctx context.Context, t *tool) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	desk, err := t.desk()
	if err != nil {
		return err
	}
	found, err := desk.Open(ctx, c.ID)
	if err != nil {
		return err
	}
	t.sayRecord(found.Request)
	t.sayMailboxes(found.Boxes, c.Reveal)
	t.sayClaim(found.Said)
	if err := t.sayCandidates(ctx, desk, found.Said); err != nil {
		return err
	}
	return t.sayMails(ctx, found.Request.Mails)
}

func (t *tool) sayMailboxes(boxes []ledger.Mailbox, reveal bool) {
	for i, box := range boxes {
		address := box.Address
		if !reveal {
			address = masked(address)
		}
		t.field("mailbox", fmt.Sprintf("%d %s %s, language %q, proven %t", i, box.Role, visible(address), box.Language, box.Proven))
	}
}

// masked leaves of an address what tells two apart: a first letter, and the domain.
func masked(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	for _, first := range local {
		return string(first) + "***@" + domain
	}
	return "***@" + domain
}

func (t *tool) sayClaim(said claim.Claim) {
	list := func(name string, values []string) { t.field(name, visible(strings.Join(values, ", "))) }
	t.field("intent", visible(said.Intent))
	t.field("language", visible(said.Language))
	list("businesses", said.Tenants)
	for _, h := range said.Handles {
		t.field("handle", visible(h.Platform+" "+h.Handle))
	}
	list("phones", append(append([]string{}, said.Phones...), said.Numbers...))
	list("scoped IDs", said.ScopedIDs)
	list("names", said.Names)
	t.field("when", visible(said.When))
	t.field("channel", visible(said.Channel))
	for _, place := range said.Leads {
		t.field("lead", visible(place.TenantID+"/"+place.LeadID))
	}
	list("missing", said.Missing)
	list("flags", said.Flags)
	list("reasons", said.Reasons)
	list("suggestions", said.Suggestions)
	t.field("question", visible(said.Question))
}

func (t *tool) sayCandidates(ctx context.Context, desk review.Desk, said claim.Claim) error {
	found, err := claim.Candidates(ctx, desk.Finder, said)
	if err != nil {
		return err
	}
	for _, c := range found {
		t.field("candidate", visible(fmt.Sprintf("%s/%s, found by %s; same: %s; other: %s", c.TenantID, c.LeadID, c.By,
			strings.Join(c.Same, " "), strings.Join(c.Other, " "))))
	}
	return nil
}

// sayMails prints what the mails of a request say themselves, as plain text.
func (t *tool) sayMails(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	mails, err := t.mails(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		raw, err := mails.Raw(ctx, archive.RawPrefix+id, mostRaw)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			t.say("mail %s is gone", id)
			continue
		}
		if err != nil {
			return err
		}
		t.sayMail(id, raw)
	}
	return nil
}

func (t *tool) sayMail(id string, raw []byte) {
	mail, unreadable := inbound.Read(raw)
	t.say("\nmail %s", id)
	if unreadable != nil {
		t.say("It could not be read in full: %s.", fault.Describe(unreadable))
	}
	t.field("flags", strings.Join(mail.Flags, " "))
	t.say("| %s\n|", visible(mail.Subject))
	for line := range strings.SplitSeq(mail.Newest, "\n") {
		t.say("| %s", visible(line))
	}
}

// visible is a text that a terminal only prints: no control, format or direction
// characters, and no address that it would make a link of.
func visible(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		}
		return r
	}, text)
	return strings.NewReplacer("://", "[:]//", "www.", "www[.]").Replace(text)
}

// mails is the archive of mails.
func (t *tool) mails(ctx context.Context) (archive.S3, error) {
	bucket, err := t.bucket(ctx, "mail")
	return archive.S3{Client: t.s3(), Bucket: bucket}, err
}
