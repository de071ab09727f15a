package e2e

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
)

// askClosure has the first admin on file ask that the business's account be closed. Where
// the mail wants to be answered is elsewhere; the letter goes to the address on file.
func askClosure(t *testing.T, ctx context.Context, admin, house string) postoffice.Letter {
	t.Helper()
	n := len(lettersTo(t, ctx, admin))
	mail{from: admin, subject: "Account closure", head: []string{"Reply-To: thief@elsewhere.example"},
		text: "Hello,\n\nplease close our Mikla account for " + house + " and delete all our data.\n\nKind regards"}.post(t)
	return awaitLetter(t, ctx, admin, n+1)
}

// closeBy confirms a closure with the PIN of its letter, and waits for the time in which it
// can be taken back.
func closeBy(t *testing.T, ctx context.Context, letter postoffice.Letter) (code string) {
	t.Helper()
	code = find(t, letter, statused)
	requireSays(t, visit(t, ctx, "POST", find(t, letter, linked), url.Values{"pin": {find(t, letter, pinned)}}), 200)
	if _, err := stack.Await(ctx, code, func(s client.Status) bool { return s.State == "cooling_off" }, nil); err != nil {
		t.Fatal(err)
	}
	if err := stack.Schedule(ctx, "sweep"); err != nil { // which has the admins told
		t.Fatal(err)
	}
	return code
}

// sweepUntilEnded runs the sweep again and again, as the minutes that pass would.
func sweepUntilEnded(t *testing.T, ctx context.Context, code string) client.Status {
	t.Helper()
	var status client.Status
	await(t, ctx, "the request to end", func() bool {
		if err := stack.Schedule(ctx, "sweep"); err != nil {
			t.Fatal(err)
		}
		var err error
		if status, err = stack.Status(ctx, code); err != nil {
			t.Fatal(err)
		}
		return client.Ended(status)
	})
	return status
}

func tenantRow(t *testing.T, ctx context.Context, tenant string) client.Item {
	t.Helper()
	items, err := stack.Store(ctx, "tenants")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if item["tenant_id"] == tenant {
			return item
		}
	}
	return nil
}

// TestAClosureRunsThrough: from the mail of an admin to the empty tenant.
func TestAClosureRunsThrough(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	const first, second = "ana@amapola.example", "luis@amapola.example"
	w := world{}
	w.guest("t_amapola", "l_closing", "closing.guest", "Guest of Amapola")
	seed(t, ctx, w)
	before := snapshot(t, ctx)

	letter := askClosure(t, ctx, first, "Casa Amapola")
	link, pin := find(t, letter, linked), find(t, letter, pinned)
	wrong := map[bool]string{true: "000001", false: "000000"}[pin == "000000"]
	scan(t, ctx, link)
	requireSays(t, visit(t, ctx, "POST", link, url.Values{"pin": {wrong}}), 422, `name="pin"`)
	requireSame(t, snapshot(t, ctx), before)
	if n := len(lettersTo(t, ctx, second)); n != 0 {
		t.Errorf("the other admin got %d letters before anything was confirmed", n)
	}

	code := closeBy(t, ctx, letter)
	requireUsedUp(t, ctx, link)
	if tenantRow(t, ctx, "t_amapola")["deleting_at"] == nil {
		t.Error("the tenant is not hidden while the closure can be taken back")
	}
	if _, has := channelOf(t, ctx, "t_amapola", "ch_t_amapola")["access_token"]; has {
		t.Error("the channel still has its token")
	}
	for _, admin := range []string{first, second} {
		n := 1
		if admin == first {
			n = 2
		}
		if told := awaitLetter(t, ctx, admin, n); linked.FindString(told.Text) == "" {
			t.Errorf("%q to %s has no link to take the closure back", told.Subject, admin)
		}
	}

	requireOutcome(t, sweepUntilEnded(t, ctx, code), "completed")
	want := without(before, "nothing is spared", "t_amapola")
	requireSame(t, snapshot(t, ctx), want)
	awaitLetter(t, ctx, first, 3)
	awaitLetter(t, ctx, second, 2)
	requireForgottenMail(t, ctx, code, first, second, "l_closing")
	if stray := lettersTo(t, ctx, "thief@elsewhere.example"); len(stray) != 0 {
		t.Errorf("%d letters went where the mail wanted them, and not to the address on file", len(stray))
	}
}

// TestAClosureIsTakenBack: the link to cancel shows the tenant again.
func TestAClosureIsTakenBack(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	const admin = "duena@jazmin.example"
	w := world{}
	w.guest("t_jazmin", "l_staying", "staying.guest", "Guest of Jazmin")
	seed(t, ctx, w)
	letter := askClosure(t, ctx, admin, "Patio del Jazmín")
	code := closeBy(t, ctx, letter)
	cancel := find(t, awaitLetter(t, ctx, admin, 2), linked)
	scan(t, ctx, cancel)
	requireSays(t, visit(t, ctx, "POST", cancel, nil), 200)
	requireOutcome(t, sweepUntilEnded(t, ctx, code), "withdrawn")
	requireUsedUp(t, ctx, cancel)
	await(t, ctx, "the tenant to be shown again", func() bool { return tenantRow(t, ctx, "t_jazmin")["deleting_at"] == nil })
	items, err := stack.Store(ctx, "leads")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(fmt.Sprint(items), "l_staying") {
		t.Error("a lead of the tenant is gone")
	}
	awaitLetter(t, ctx, admin, 3)
	requireForgottenMail(t, ctx, code, admin)
}
