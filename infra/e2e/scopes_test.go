package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
)

// venue is a tenant of its own with two channels, staff, leads, a comment thread and an
// invoice.
func venue(tenant string) world {
	w := world{}
	w.add("tenants", client.Item{"tenant_id": tenant, "name": "Venue " + tenant, "aliases": []string{}, "region": "GB",
		"admin_emails": []string{"gm@" + tenant + ".example"}, "config": client.Item{}, "created_at": rfc(began)})
	for _, channel := range []string{"ch_a", "ch_b"} {
		w.add("channels", client.Item{"tenant_id": tenant, "channel_id": channel, "platform": "facebook", "external_id": tenant + channel,
			"external_key": "facebook#" + tenant + channel, "display_name": tenant, "access_token": "token of " + tenant + channel,
			"connected_by": []client.Item{{"app_id": app, "user_id": "staff" + tenant, "name": "Priya"}}, "status": "connected", "connected_at": rfc(began)})
		w.link(app, "staff"+tenant, "staff#"+tenant+"#"+channel)
		for _, n := range []string{"1", "2"} {
			lead := "l_" + tenant + channel + n
			w.lead(tenant, channel, lead, 8)
			w.link(app, "user"+lead, "lead#"+tenant+"#"+lead)
		}
	}
	w.add("billing", client.Item{"tenant_id": tenant, "invoice_id": "inv_1", "issued_at": rfc(began), "name": "Venue Ltd", "expires_at": "2033-01-31T00:00:00Z"})
	return w
}

// TestScopes: a conversation, a channel and a tenant, asked for with the operator's tool
// and carried out by the shipped binaries; what each leaves is compared byte by byte.
func TestScopes(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	tool := buildTool(t, ctx)
	for _, v := range []string{"t_east", "t_eastern"} { // names that begin alike
		seed(t, ctx, venue(v))
	}
	for _, c := range []struct {
		name   string
		args   []string
		gone   []string
		erased map[string]int
	}{
		{"a conversation", []string{"--scope", "conversation", "--tenant", "t_east", "--conversation", "c_l_t_eastch_a1"},
			[]string{`"conversation_id":"c_l_t_eastch_a1"`, "/c_l_t_eastch_a1/"},
			map[string]int{"conversations": 1, "messages": 8, "ai_audit": 4, "media": 2}},
		{"a channel", []string{"--scope", "channel", "--tenant", "t_east", "--channel", "ch_b"},
			[]string{"t_east/ch_b/", "t_eastch_b", "t_east#ch_b"},
			map[string]int{"channels": 1, "leads": 2, "links": 3, "conversations": 2, "messages": 16, "ai_audit": 8, "media": 6}},
		{"a tenant", []string{"--scope", "tenant", "--tenant", "t_east"},
			[]string{"t_east"},
			map[string]int{"tenants": 1, "channels": 1, "leads": 2, "links": 3, "conversations": 1, "messages": 8, "ai_audit": 4, "media": 4}},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := snapshot(t, ctx)
			out := tool(append(append([]string{"requests", "open"}, c.args...), "--execute", "--as", "e2e")...)
			code := codeIn(t, out)
			status, err := stack.Await(ctx, code, client.Ended, nil)
			if err != nil {
				t.Fatal(err)
			}
			requireOutcome(t, status, "completed")
			want := without(before, "t_eastern", c.gone...)
			want["billing"] = before["billing"] // kept, whoever goes
			requireSame(t, snapshot(t, ctx), want)
			requireErased(t, ctx, code, c.erased)
			requireForgotten(t, ctx, code, "l_t_east", "c_l_t_east")
		})
	}
}

func codeIn(t *testing.T, out string) string {
	t.Helper()
	_, code, found := strings.Cut(out, stack.URL+"/status/")
	if !found {
		t.Fatalf("no status URL was printed:\n%s", out)
	}
	code, _, _ = strings.Cut(code, "\n")
	return strings.TrimSpace(code)
}

// TestTokensGoAtOnce: while the purge is kept from its work, the tokens are gone already
// and the channel takes nothing in.
func TestTokensGoAtOnce(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	tool := buildTool(t, ctx)
	seed(t, ctx, venue("t_north"))
	hold := client.Fault{Service: "dynamodb", Operation: "Query", Kind: "throttle", Count: 200, Function: "purge"}
	if err := stack.Faults(ctx, hold); err != nil {
		t.Fatal(err)
	}
	code := codeIn(t, tool("requests", "open", "--scope", "channel", "--tenant", "t_north", "--channel", "ch_a", "--execute", "--as", "e2e"))
	if _, err := stack.Await(ctx, code, func(s client.Status) bool { return s.State == "purging" }, nil); err != nil {
		t.Fatal(err)
	}
	channel := channelOf(t, ctx, "t_north", "ch_a")
	if _, has := channel["access_token"]; has || channel["deleting_at"] == nil {
		t.Errorf("while it is purged the channel is %v", channel)
	}
	if other := channelOf(t, ctx, "t_north", "ch_b"); other["access_token"] == nil {
		t.Error("the other channel has lost its token")
	}
	if answer, err := stack.Do(ctx, "DELETE", "/_local/faults", nil, nil); err != nil || answer.Status/100 != 2 {
		t.Fatalf("clear the faults: %d %v", answer.Status, err)
	}
	if err := stack.Schedule(ctx, "sweep"); err != nil {
		t.Fatal(err)
	}
	status, err := stack.Await(ctx, code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
}

func channelOf(t *testing.T, ctx context.Context, tenant, channel string) client.Item {
	t.Helper()
	items, err := stack.Store(ctx, "channels")
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		if item["tenant_id"] == tenant && item["channel_id"] == channel {
			return item
		}
	}
	t.Fatalf("no channel %s of %s", channel, tenant)
	return nil
}
