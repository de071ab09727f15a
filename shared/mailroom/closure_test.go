package mailroom_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// The admins on file of the business that closes, and one of another.
const (
	manager = "gm@harbourview.example"
	owner   = "owner@harbourview.example"
	foreign = "info@capricho.example"
)

var ofHarbour = append([]string{"harbourview", "t_harbour", "Harbour View"}, ofTom...)

// harbour is a world in which the business has two admins.
func harbour(t testing.TB) *mailroomtest.World {
	w := mailroomtest.New(t)
	it := w.Live.Item("tenants", "t_harbour")
	it["admin_emails"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{
		&types.AttributeValueMemberS{Value: manager}, &types.AttributeValueMemberS{Value: owner}}}
	w.Live.Put("tenants", it)
	return w
}

var closing = mailroomtest.Mail{From: manager, Subject: "Close our account",
	Body: "Hello,\n\nplease close our account with Mikla and delete all our data.\n\nHarbour View Hotel\n"}

var pinned = regexp.MustCompile(`(?m)^\s*(\d{6})\s*$`)

func pin(t testing.TB, s mailroomtest.Sent) string {
	t.Helper()
	found := pinned.FindStringSubmatch(s.Letter.Text)
	if found == nil {
		t.Fatalf("no PIN in the letter:\n%s", s.Letter.Text)
	}
	return found[1]
}

// close types a PIN on the page of the letter.
func closes(t testing.TB, w *mailroomtest.World, s mailroomtest.Sent, pin string) error {
	t.Helper()
	var said error
	w.Visit(s, func(d answer.Desk, slip answer.Slip) error {
		said = d.Close(background(), slip, pin)
		if said == answer.ErrPin || said == answer.ErrTooMany {
			return nil
		}
		return said
	})
	return said
}

// closed is a world in which the closure was confirmed.
func closed(t testing.TB) (w *mailroomtest.World, before map[string]string) {
	w = harbour(t)
	before = w.Live.Dump()
	w.Write(closing)
	if err := closes(t, w, w.Last(manager), pin(t, w.Last(manager))); err != nil {
		t.Fatal(err)
	}
	wait(w)
	return w, before
}

func tokens(w *mailroomtest.World) (held []string) {
	for _, it := range w.Live.World().Records["channels"] {
		if it.Text("tenant_id") == "t_harbour" && it["access_token"] != nil {
			held = append(held, it.Text("channel_id"))
		}
	}
	return held
}

func hidden(w *mailroomtest.World) bool {
	return w.Live.Item("tenants", "t_harbour")["deleting_at"] != nil
}

func TestTheLinkGoesToTheAddressOnFileOnly(t *testing.T) {
	w := harbour(t)
	m := closing
	m.From, m.Headers = "GM@HarbourView.example", []string{"Reply-To: rival@elsewhere.example"}
	if taken := w.Write(m); taken.Route != string(triage.ConfirmLink) {
		t.Fatalf("taken as %+v", taken)
	}
	kinds(t, w, manager, request.ClosureLink)
	if len(w.Sent) != 1 {
		t.Errorf("%d letters were sent", len(w.Sent))
	}
	if hidden(w) || len(tokens(w)) != 2 {
		t.Error("a mail alone has done something")
	}
}

func TestFiveWrongPINsGoToAPerson(t *testing.T) {
	w := harbour(t)
	w.Write(closing)
	letter := w.Last(manager)
	right := pin(t, letter)
	wrong := "000000"
	if right == wrong {
		wrong = "111111"
	}
	for i := range request.MostPins {
		want := answer.ErrPin
		if i == request.MostPins-1 {
			want = answer.ErrTooMany
		}
		if err := closes(t, w, letter, wrong); err != want {
			t.Fatalf("try %d: %v, want %v", i+1, err, want)
		}
	}
	r := w.Only()
	stands(t, r, request.NeedsReview)
	if !r.ForPerson() || hidden(w) || len(tokens(w)) != 2 {
		t.Error("nobody looks, or something was done")
	}
	if _, err := w.Desk().Look(t.Context(), w.Token(letter)); err != answer.ErrGone {
		t.Errorf("the right PIN could still be typed: %v", err)
	}
}

func TestAClosureIsHiddenAtOnceAndCanBeTakenBack(t *testing.T) {
	w, before := closed(t)
	stands(t, w.Only(), request.CoolingOff)
	if !hidden(w) || len(tokens(w)) != 0 {
		t.Errorf("hidden %t, tokens of %v", hidden(w), tokens(w))
	}
	kinds(t, w, manager, request.ClosureLink, request.ClosureStarted)
	kinds(t, w, owner, request.ClosureStarted)
	pass(w, mailroomtest.Undo-8*time.Hour)
	stands(t, w.Only(), request.CoolingOff)
	w.Visit(w.Last(owner), func(d answer.Desk, slip answer.Slip) error { return d.Withdraw(background(), slip) })
	wait(w)
	stands(t, w.Only(), request.Withdrawn)
	if hidden(w) {
		t.Error("the tenant is still hidden")
	}
	after := w.Live.Dump()
	for key := range before {
		if strings.HasPrefix(key, "channels/") {
			delete(before, key)
			delete(after, key) // the tokens are gone, and their hiding
		}
	}
	if !maps.Equal(before, after) {
		t.Error("other data than the tokens has changed")
	}
	kinds(t, w, manager, request.ClosureLink, request.ClosureStarted, request.Withdrawal)
	kinds(t, w, owner, request.ClosureStarted, request.Withdrawal)
	quiet(t, w, manager, owner, "t_harbour")
	pass(w, 4*day)
	stands(t, w.Only(), request.Withdrawn)
}

func TestAClosureRunsToTheEmptyTenant(t *testing.T) {
	w, before := closed(t)
	letter := w.Last(owner)
	pass(w, mailroomtest.Undo-2*time.Hour)
	stands(t, w.Only(), request.CoolingOff)
	pass(w, 4*time.Hour)
	r := w.Only()
	stands(t, r, request.Completed)
	after := w.Live.Dump()
	for key := range after {
		if strings.Contains(key, "t_harbour") && !strings.HasPrefix(key, "billing/") {
			t.Errorf("%s is left", key)
		}
	}
	for key, text := range before {
		if strings.Contains(key+text, "capricho") && after[key] != text {
			t.Errorf("%s of another tenant has changed", key)
		}
	}
	for _, address := range []string{manager, owner} {
		if got := w.Kinds(address); got[len(got)-1] != request.Confirmation {
			t.Errorf("the letters to %s are %v", address, got)
		}
	}
	if !slices.Equal(r.Tasks, []string{"revoke_at_meta"}) || !r.ForPerson() {
		t.Errorf("the tasks are %v", r.Tasks)
	}
	if _, err := w.Desk().Look(t.Context(), w.Token(letter)); err != answer.ErrGone {
		t.Errorf("it could still be taken back: %v", err)
	}
	quiet(t, w, ofHarbour...)
}

// Asked twice is one closure, whoever of the admins asks, and each who asked has the link.
func TestAClosureIsAskedForTwice(t *testing.T) {
	w := harbour(t)
	w.Write(closing)
	m := closing
	m.From = owner
	w.Write(m)
	w.Only()
	kinds(t, w, owner, request.ClosureLink)
}

func TestSomebodyElseAsksForAClosure(t *testing.T) {
	for name, c := range map[string]struct {
		from  string
		dmarc notice.Verdict
	}{
		"a stranger":              {"rival@elsewhere.example", notice.Pass},
		"an admin of another":     {foreign, notice.Pass},
		"the admin, forged":       {manager, notice.Fail},
		"a domain that begins so": {"gm@harbourview.example.evil.example", notice.Pass},
	} {
		t.Run(name, func(t *testing.T) {
			w := harbour(t)
			m := closing
			m.From, m.DMARC = c.from, c.dmarc
			told := 0
			for week := range 3 {
				for range 3 {
					w.Write(m)
					pass(w, 2*day)
				}
				pass(w, day)
				if told = len(w.To(owner)); told != week+1 {
					t.Errorf("after week %d the admins were told %d times", week+1, told)
				}
			}
			for _, r := range w.Requests() {
				if r.State != request.NeedsReview || !r.ForPerson() {
					t.Errorf("the request stands at %s", r.State)
				}
			}
			for _, s := range w.Sent {
				if s.To != manager && s.To != owner {
					t.Errorf("a letter went to %s", s.To)
				}
				if strings.Contains(s.Letter.Text, "/link/") || strings.Contains(s.Letter.Text, "elsewhere") {
					t.Errorf("a letter holds a link or tells who asked:\n%s", s.Letter.Text)
				}
			}
			if hidden(w) || len(tokens(w)) != 2 {
				t.Error("something was done")
			}
		})
	}
}

func TestAnAdminHasAChannelDisconnected(t *testing.T) {
	w := harbour(t)
	if taken := w.Write(mailroomtest.Mail{From: manager, Subject: "Disconnect Instagram", Body: "Please disconnect our Instagram channel from Mikla and delete its data.\n"}); taken.Route != string(triage.ConfirmLink) {
		t.Fatalf("taken as %+v", taken)
	}
	if err := closes(t, w, w.Last(manager), pin(t, w.Last(manager))); err != nil {
		t.Fatal(err)
	}
	wait(w)
	stands(t, w.Only(), request.CoolingOff)
	pass(w, mailroomtest.Undo/3+2*time.Hour)
	stands(t, w.Only(), request.Completed)
	after := w.Live.Dump()
	if _, left := after["channels/t_harbour/ch_ig1"]; left || after["leads/t_harbour/l_tom2"] != "" {
		t.Error("the channel, or its lead, is left")
	}
	if after["channels/t_harbour/ch_fb1"] == "" || after["leads/t_harbour/l_tom"] == "" || hidden(w) {
		t.Error("more than the channel is gone")
	}
	quiet(t, w, manager, owner, "ch_ig1", "9876543210123456")
}

func TestAnAdminHasALeadDeleted(t *testing.T) {
	w := harbour(t)
	before := w.Live.Dump()
	if taken := w.Write(mailroomtest.Mail{From: manager, Subject: "Delete a lead", Body: "Please delete the lead @tom.kaczmarek.7 from our account.\n"}); taken.Route != string(triage.ConfirmLink) {
		t.Fatalf("taken as %+v", taken)
	}
	if err := closes(t, w, w.Last(manager), pin(t, w.Last(manager))); err != nil {
		t.Fatal(err)
	}
	wait(w)
	stands(t, w.Only(), request.Completed)
	gone(t, before, w.Live.Dump(), tomsKeys...)
	quiet(t, w, append(ofTom, manager, owner)...)
}
