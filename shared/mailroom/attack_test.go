package mailroom_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Whatever an admin's mailbox writes back, the PIN on the page is the only way on: an
// automatic answer has names, months and numbers in it too.
func TestAnAnswerDoesNotConfirmAClosure(t *testing.T) {
	for _, body := range []string{"Yes, I confirm.\n", "Yes please, go ahead. My name is Ana Smith.\n",
		"I am away until March 2026. Call me on +34 600 000 021, my WhatsApp. My name is Ana Smith, @harbour on Instagram.\n"} {
		w := harbour(t)
		before := w.Live.Dump()
		w.Write(closing)
		letter := w.Last(manager)
		w.Write(w.Reply(letter, body))
		r := closureOf(t, w)
		if r.State != request.AwaitingAnswer && r.State != request.NeedsReview || r.FrozenAt != nil {
			t.Errorf("%q: the closure is %s", body, r.State)
		}
		for place := range w.Live.Dump() {
			if before[place] != w.Live.Dump()[place] {
				t.Errorf("%q: %s changed", body, place)
			}
		}
		slip, err := w.Desk().Look(t.Context(), w.Token(letter))
		if err != nil {
			continue // a person has it
		}
		if err := w.Desk().Confirm(t.Context(), slip, claim.Claim{Names: []string{"Ana Smith"}, When: "2026-03"}); err != answer.ErrGone {
			t.Errorf("confirmed as an end user's: %v", err)
		}
	}
}

func closureOf(t *testing.T, w *mailroomtest.World) request.Request {
	t.Helper()
	for _, r := range w.Requests() {
		if r.Scope == "tenant" {
			return r
		}
	}
	t.Fatal("there is no closure")
	return request.Request{}
}

// Whoever has the code of a request may ask to be told of it, and nothing else.
func TestWhoIsToldHasNoSay(t *testing.T) {
	w := mailroomtest.New(t)
	r := fromMeta(t, w, true)
	subscribe(t, w, r, reader)
	w.Write(w.Reply(w.Last(reader), "Please stop, I withdraw my request, do not delete anything.\n"))
	if now, err := w.Ledger.Get(t.Context(), r.ID); err != nil || now.Closing || now.State != r.State {
		t.Errorf("the request is %s, closing %v: %v", now.State, now.Closing, err)
	}
}

// A request that came by mail has its requester: nobody is added on its status page.
func TestNobodyIsAddedToARequestByMail(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(english)
	subscribe(t, w, w.Only(), reader)
	kinds(t, w, reader)
}

// A new correspondence of an old request has places of its own: a link of the old one is
// nobody's.
func TestOldLinksDoNotProveNewMailboxes(t *testing.T) {
	w := mailroomtest.New(t)
	r := fromMeta(t, w, true)
	subscribe(t, w, r, reader)
	old := w.Token(w.Last(reader))
	slip, err := w.Desk().Look(t.Context(), old)
	if err == nil {
		err = w.Desk().Subscribed(t.Context(), slip)
	}
	if err != nil {
		t.Fatal(err)
	}
	w.Settle()
	wait(w)
	if end, err := w.Ledger.Get(t.Context(), r.ID); err != nil || end.Mailbox {
		t.Fatalf("the first correspondence is there still: %v", err)
	}
	const victim = "victim@guest.example"
	subscribe(t, w, r, victim)
	if slip, err := w.Desk().Look(t.Context(), old); err != answer.ErrGone {
		t.Errorf("the old link leads to %v, %v", slip.Place, err)
	}
	boxes, err := w.Ledger.Mailboxes(t.Context(), r.ID)
	if err != nil || boxes[len(boxes)-1].Address != victim || boxes[len(boxes)-1].Proven || boxes[len(boxes)-1].Role != ledger.Subscriber {
		t.Errorf("%d mailboxes, %v", len(boxes), err)
	}
}

// A month says nothing of somebody who writes all the time: every guess would fit.
func TestAMonthThatEveryGuessFits(t *testing.T) {
	since, until := "2026-01-01T00:00:00Z", "2026-10-01T00:00:00Z"
	for name, c := range map[string]struct {
		since, until string
		at           time.Time
		fits         bool
	}{
		"a visit":       {"2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC), true},
		"for months":    {since, until, time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC), false},
		"only just now": {"2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC), false},
	} {
		w := mailroomtest.New(t)
		lead := w.Live.Item("leads", "t_harbour", "l_tom")
		lead["first_seen_at"], lead["last_interaction_at"] = &types.AttributeValueMemberS{Value: c.since}, &types.AttributeValueMemberS{Value: c.until}
		w.Live.Put("leads", lead)
		found, err := claim.Match(t.Context(), w.Finder(), claim.Claim{Tenants: []string{"t_harbour"}, When: "2026-03", At: c.at,
			Handles: []claim.Handle{{Platform: "facebook", Handle: strings.ToLower("tom.kaczmarek.7")}}})
		if err != nil || found.Certain() != c.fits || found.Doubt == c.fits {
			t.Errorf("%s: certain %v, doubt %v, %v", name, found.Certain(), found.Doubt, err)
		}
	}
}

// What is written back while the request runs is not for the request any more: a person
// reads it, and the mail stays until then.
func TestWhatComesTooLateIsRead(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(english)
	letter, asked := w.Last(tom), w.Only()
	if _, err := w.Ledger.Update(t.Context(), asked.ID, 0, func(r *request.Request) error {
		r.State = request.Purging
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	n := w.Post(w.Reply(letter, "Stop, please cancel my request. That was not me.\n"))
	for range 2 { // delivered twice
		w.Receive(n)
	}
	all := w.Requests()
	if len(all) != 2 {
		t.Fatalf("there are %d requests", len(all))
	}
	for _, r := range all {
		if r.ID != asked.ID && (r.State != request.NeedsReview || !r.ForPerson() || len(r.Mails) != 1 || r.Mails[0] != n.MessageID) {
			t.Errorf("the late mail is in a request that is %s, with %d mails", r.State, len(r.Mails))
		}
		if r.ID == asked.ID && len(r.Mails) != 1 {
			t.Errorf("the request that runs has %d mails", len(r.Mails))
		}
	}
}

// Somebody who forges the admin's address uses up the answers of a day; the admin's own
// closure is a person's then, and not lost.
func TestAClosureOverTheLimitGoesToAPerson(t *testing.T) {
	w := harbour(t)
	for range limit.Replies.Most {
		m := closing
		m.Subject, m.Body = "Question", "How long do you keep data?\n"
		w.Write(m)
	}
	if taken := w.Write(closing); !taken.Limited {
		t.Fatal("the limit does not hold")
	}
	if r := closureOf(t, w); r.State != request.NeedsReview || !r.ForPerson() {
		t.Errorf("the closure is %s", r.State)
	}
}

// A limit is one mailbox's, in whatever letters it is written.
func TestALimitIsAMailboxes(t *testing.T) {
	w := mailroomtest.New(t)
	l := w.Desk().Limits
	for i, address := range []string{"Me@guest.example", "mE@guest.example", "me@GUEST.example", "ME@guest.example"} {
		ok, err := l.Take(t.Context(), limit.Lookups, address, fmt.Sprint(i))
		if err != nil || ok != (i < limit.Lookups.Most) {
			t.Errorf("%s: %v, %v", address, ok, err)
		}
	}
}

// Whether a business is a customer of ours does not show in what a stranger hears.
func TestAStrangerHearsTheSameOfEveryBusiness(t *testing.T) {
	for _, name := range []string{"Harbour View Hotel", "Grand Hotel Nowhere"} {
		w := harbour(t)
		m := closing
		m.From = "stranger@guest.example"
		m.Body = "Hello,\n\nplease close our account with Mikla and delete all our data.\n\n" + name + "\n"
		w.Write(m)
		kinds(t, w, m.From)
	}
}

// Many on file, some of them twice: the first twenty are written to, once.
func TestManyAdmins(t *testing.T) {
	w := harbour(t)
	it := w.Live.Item("tenants", "t_harbour")
	list := &types.AttributeValueMemberL{}
	for i := range 120 {
		list.Value = append(list.Value, &types.AttributeValueMemberS{Value: fmt.Sprintf("admin%d@harbourview.example", i%60)})
	}
	it["admin_emails"] = list
	w.Live.Put("tenants", it)
	m := closing
	m.From = "admin7@harbourview.example"
	w.Write(m)
	boxes, err := w.Ledger.Mailboxes(t.Context(), closureOf(t, w).ID)
	if err != nil || len(boxes) != 20 || boxes[0].Address != m.From {
		t.Errorf("%d mailboxes, %v", len(boxes), err)
	}
	kinds(t, w, m.From, request.ClosureLink)
}

// Once the purge of a closure has begun, nobody takes it back: neither the link nor the
// step that was late.
func TestNobodyTakesBackWhatHasBegun(t *testing.T) {
	w, _ := closed(t)
	letter := w.Last(manager)
	r := closureOf(t, w)
	if _, err := w.Ledger.Update(t.Context(), r.ID, 0, func(r *request.Request) error { return r.Settle() }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Desk().Look(t.Context(), w.Token(letter)); err != answer.ErrGone {
		t.Errorf("the link leads somewhere: %v", err)
	}
	_, err := w.Ledger.Update(t.Context(), r.ID, 0, func(r *request.Request) error { return r.End(request.Withdrawn, w.Now()) })
	if fault.KindOf(err) != fault.Conflict {
		t.Errorf("it can be ended: %v", err)
	}
	ended := request.Request{State: request.CoolingOff, Undo: time.Hour, Closing: true}
	if err := ended.Settle(); fault.KindOf(err) != fault.Conflict {
		t.Errorf("what was taken back begins: %v", err)
	}
}

// Nobody is added to a correspondence that is being destroyed, and a sender that dies in
// the middle of that leaves it to the next.
func TestACorrespondenceThatGoes(t *testing.T) {
	w := mailroomtest.New(t)
	r := fromMeta(t, w, true)
	if _, err := w.Ledger.Update(t.Context(), r.ID, 0, func(r *request.Request) error {
		r.Mailbox, r.Scrubbing = true, true
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	subscribe(t, w, r, reader)
	kinds(t, w, reader)
	w.Pass(time.Hour, 10*time.Minute)
	if r, err := w.Ledger.Get(t.Context(), r.ID); err != nil || r.Mailbox || r.Scrubbing {
		t.Errorf("mailbox %v, scrubbing %v, %v", r.Mailbox, r.Scrubbing, err)
	}
}
