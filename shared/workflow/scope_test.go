package workflow_test

import (
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// without is a dump less the keys that a test calls gone.
func without(before map[string]string, gone func(key, content string) bool) map[string]string {
	out := maps.Clone(before)
	maps.DeleteFunc(out, gone)
	return out
}

// inHarbour picks what is of the first business and not kept.
func inHarbour(key, content string) bool {
	kept := strings.HasPrefix(key, "billing/") || strings.HasPrefix(key, "security_log/") || strings.HasPrefix(key, "metrics/")
	return !kept && strings.Contains(key+content, "t_harbour")
}

func TestATenantGoesAndNobodyElse(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Dump()
	r := walk(t, w, w.AdmitScope(t, "tenant", "t_harbour"))
	same(t, w.Live.Dump(), without(before, inHarbour))
	if r.State != request.Completed || r.Erased["tenants"] != 1 || r.Erased["channels"] != 2 || r.Erased["links"] != 3 || r.Erased["media"] != 3 {
		t.Errorf("the request ended as %+v", r)
	}
	if got := keptUntil(r); got[0] != "billing" || got[1] != r.ErasedAt.AddDate(7, 0, 0).Format(time.DateOnly) {
		t.Errorf("kept %v", got)
	}
	scrubbed(t, w)
}

func TestAChannelGoesAndTheTenantStays(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Dump()
	r := walk(t, w, w.AdmitScope(t, "channel", "t_harbour", "ch_fb1"))
	want := without(before, func(key, content string) bool {
		all := key + content
		// l_tom's and l_other's whole trace is in this channel; the picture of c_tom2 lies in its prefix.
		return !strings.HasPrefix(key, "tenants/") && key != quoting &&
			(strings.Contains(all, "ch_fb1") || strings.Contains(all, "c_tom/") || strings.Contains(all, "c_post9") || strings.Contains(all, "l_tom\"") || strings.Contains(all, "#l_tom/"))
	})
	want[quoting] = quotationCut(before[quoting])
	same(t, w.Live.Dump(), want)
	if r.State != request.Completed || r.Erased["channels"] != 1 || r.Erased["leads"] != 1 || r.Erased["conversations"] != 2 || r.Erased["messages"] != 5 {
		t.Errorf("the request ended as %+v", r)
	}
}

func TestAConversationGoesAndTheLeadStays(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Dump()
	r := walk(t, w, w.AdmitScope(t, "conversation", "t_harbour", "c_tom"))
	want := expected(before, "conversations/t_harbour/c_tom", "messages/c_tom/2026-03-01T18:00:00Z#m_1", "messages/c_tom/2026-03-01T18:00:20Z#m_2",
		"ai_audit/c_tom/2026-03-01T18:00:19Z#a_1", "ai_quotes/t_harbour#l_tom/c_tom2|2026-04-01T18:00:10Z#a_2", "media/t_harbour/ch_fb1/c_tom/m_1.jpg@v000001")
	same(t, w.Live.Dump(), want)
	if r.State != request.Completed || fmt.Sprint(r.Erased) != "map[ai_audit:1 ai_quotes:1 conversations:1 media:1 messages:2]" {
		t.Errorf("the request ended as %+v", r)
	}
}

func TestAThreadOfSeveralAuthorsGoesWhole(t *testing.T) {
	w := workflowtest.New(t)
	r := walk(t, w, w.AdmitScope(t, "conversation", "t_harbour", "c_post9"))
	for key, content := range w.Live.Dump() {
		if strings.Contains(key+content, "c_post9") {
			t.Errorf("%s is left", key)
		}
	}
	if r.Erased["messages"] != 3 || r.Erased["conversations"] != 1 {
		t.Errorf("erased %v", r.Erased)
	}
}

func TestALeadByItsOwnKey(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Dump()
	r := walk(t, w, w.AdmitScope(t, "lead", "t_harbour", "l_tom"))
	same(t, w.Live.Dump(), expected(before, tomsKeys...))
	if r.State != request.Completed {
		t.Errorf("the request ended as %+v", r)
	}
}

func TestAKeyThatHoldsNothing(t *testing.T) {
	for _, c := range [][]string{{"conversation", "t_harbour", "c_to"}, {"lead", "t_capricho", "l_tom"}, {"channel", "t_harbour", "ch_fb"}, {"tenant", "t_harbour2"}} {
		w := workflowtest.New(t)
		before := w.Live.Dump()
		r := walk(t, w, w.AdmitScope(t, c[0], c[1:]...))
		same(t, w.Live.Dump(), before)
		if r.State != request.NothingFound || w.Live.Writes() != 0 {
			t.Errorf("%v ended as %s with %d writes", c, r.State, w.Live.Writes())
		}
	}
}

// A record dated in the future goes with its channel, but not with its lead.
func TestEverythingMeansWhateverItsDate(t *testing.T) {
	for scope, key := range map[string][]string{"lead": {"t_harbour", "l_tom"}, "channel": {"t_harbour", "ch_fb1"}, "tenant": {"t_harbour"}} {
		w := workflowtest.New(t)
		at := "2026-09-01T00:00:00Z"
		w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": at + "#m", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom"}))
		w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/late.jpg", "late", workflowtest.Start.Add(100*24*time.Hour))
		walk(t, w, w.AdmitScope(t, scope, key...))
		if left := w.Live.Item("messages", "c_tom", at+"#m") != nil; left != (scope == "lead") {
			t.Errorf("%s: the message is left: %t", scope, left)
		}
	}
}

// The row of a thread goes with the last comment in it.
func TestAnEmptyThreadGoes(t *testing.T) {
	for _, others := range []bool{true, false} {
		w := workflowtest.New(t)
		if !others {
			w.Live.Drop("messages", "c_post9", "2026-03-05T11:00:00Z#m_7")
		}
		w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_post9", "audit_key": "2026-03-05T10:00:29Z#a_9", "created_at": "2026-03-05T10:00:29Z", "tenant_id": "t_harbour", "lead_id": "l_tom", "prompt": "Tom: We loved it here!"}))
		w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_post9", "message_key": "2026-03-05T10:00:50Z#m_66", "sent_at": "2026-03-05T10:00:50Z", "tenant_id": "t_harbour", "lead_id": "l_tom", "reply_to": "m_5", "body": "a reply that no index leads to"}))
		r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
		for key, content := range w.Live.Dump() {
			if strings.Contains(key+content, "c_post9") && strings.Contains(content, "l_tom") {
				t.Errorf("%s is left: %s", key, content)
			}
		}
		if stays := w.Live.Item("conversations", "t_harbour", "c_post9") != nil; stays != others || r.State != request.Completed {
			t.Errorf("others wrote %t: the thread's row stays %t, %s", others, stays, r.State)
		}
		if left := w.Live.Item("messages", "c_post9", "2026-03-05T11:00:00Z#m_7") != nil; left != others {
			t.Errorf("the other's comment is left: %t", left)
		}
	}
}

// The row that says whom an entry quotes goes with the entry.
func TestLineageGoesWithWhatQuotes(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Dump()
	r := walk(t, w, w.AdmitScope(t, "lead", "t_harbour", "l_tom2"))
	same(t, w.Live.Dump(), without(before, func(key, content string) bool {
		return strings.Contains(key, "l_tom2") || strings.Contains(key, "c_tom2") && !strings.HasPrefix(key, "media/")
	}))
	if r.State != request.Completed || r.Erased["ai_quotes"] != 1 {
		t.Errorf("the request ended as %+v", r)
	}
}

func TestTokensGoAtOnceAndTheChannelIsHidden(t *testing.T) {
	for scope, key := range map[string][]string{"channel": {"t_harbour", "ch_fb1"}, "tenant": {"t_harbour"}} {
		w := workflowtest.New(t)
		m := w.AdmitScope(t, scope, key...)
		for _, step := range []string{"locate", "fence"} {
			if _, err := w.Step(t.Context(), step, m); err != nil {
				t.Fatal(err)
			}
		}
		channel := w.Live.Item("channels", "t_harbour", "ch_fb1")
		own := w.Live.Item(scope+"s", key...)
		if len(channel.Has([]string{"access_token"})) != 0 || own.Text("deleting_at") == "" {
			t.Errorf("%s: %s, %s", scope, livedatatest.Canonical(channel), livedatatest.Canonical(own))
		}
		if lead := w.Live.Item("leads", "t_harbour", "l_tom"); lead.Text("deleting_at") != "" {
			t.Errorf("%s: every row below is hidden by itself", scope)
		}
	}
}

// extended is the data map with further stores, as an engineer would add them: entries
// in the file and nothing else.
func extended(t *testing.T, entries string) *datamap.Map {
	t.Helper()
	src, err := os.ReadFile("../datamap/datamap.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := datamap.Parse("datamap.yaml", append(src, entries...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const notes = `
  - name: notes
    owner: platform
    kind: table
    category: lead_profile
    key: [lead_key, note_id]
    parent: leads
    dated: {attribute: written_at}
    belongs: {tenant_id: tenant_id, lead_id: lead_id}
    find:
      lead:
        - where: {lead_key: "{tenant_id}#{lead_id}"}
      channel:
        - from: leads
          where: {lead_key: "{tenant_id}#{lead_id}"}
      tenant:
        - from: leads
          where: {lead_key: "{tenant_id}#{lead_id}"}
    objects:
      - {store: media, attribute: scan, within: "{tenant_id}/{channel_id}/notes/"}
    rule: delete
    backup: {under: lead}

  - name: ratings
    owner: platform
    kind: table
    category: metrics
    key: [tenant_id, rating_id]
    indexes:
      by_lead: [lead_key]
    parent: tenants
    belongs: {tenant_id: tenant_id}
    find:
      lead:
        - index: by_lead
          where: {lead_key: "{tenant_id}#{lead_id}"}
      channel:
        - from: leads
          index: by_lead
          where: {lead_key: "{tenant_id}#{lead_id}"}
      tenant:
        - where: {tenant_id: "{tenant_id}"}
    rule: anonymise
    anonymise: [lead_key, comment]
    backup: {under: lead}
`

func TestAStoreAddedToTheMapIsPurgedAndVerified(t *testing.T) {
	for scope, key := range map[string][]string{"lead": {"t_harbour", "l_tom"}, "channel": {"t_harbour", "ch_fb1"}, "tenant": {"t_harbour"}} {
		t.Run(scope, func(t *testing.T) {
			w := workflowtest.NewOn(t, extended(t, notes))
			plantNotes(w)
			planted := false
			w.Before = func(step string) { // verification finds what the purge did not see
				if step == workflow.NextVerify && !planted {
					planted = true
					w.Live.Put("notes", livedatatest.NewItem(fields{"lead_key": "t_harbour#l_tom", "note_id": "late", "written_at": "2026-03-02T00:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
				}
			}
			r := walk(t, w, w.AdmitScope(t, scope, key...))
			if r.State != request.Completed || r.Erased["notes"] != 2 || r.Erased["ratings"] != 1 || r.Misses != 1 {
				t.Errorf("the request ended as %+v", r)
			}
			rating := livedatatest.Canonical(w.Live.Item("ratings", "t_harbour", "r_1"))
			if rating != `{"rating_id":"r_1","stars":"5","tenant_id":"t_harbour"}` {
				t.Errorf("the rating is %s", rating)
			}
			for dumped, content := range w.Live.Dump() {
				if strings.HasPrefix(dumped, "notes/t_harbour#l_tom/") || strings.Contains(dumped, "/notes/") {
					t.Errorf("%s is left: %s", dumped, content)
				}
			}
			if w.Live.Item("notes", "t_capricho#l_lucia", "n_2") == nil || w.Live.Item("ratings", "t_capricho", "r_2").Text("comment") == "" {
				t.Error("somebody else's note or rating is gone")
			}
		})
	}
}

func plantNotes(w *workflowtest.World) {
	w.Live.Put("notes",
		livedatatest.NewItem(fields{"lead_key": "t_harbour#l_tom", "note_id": "n_1", "written_at": "2026-03-02T00:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom", "text": "likes the attic", "scan": "t_harbour/ch_fb1/notes/n_1.png"}),
		livedatatest.NewItem(fields{"lead_key": "t_capricho#l_lucia", "note_id": "n_2", "written_at": "2026-03-02T00:00:00Z", "tenant_id": "t_capricho", "lead_id": "l_lucia"}))
	w.Live.Put("ratings",
		livedatatest.NewItem(fields{"tenant_id": "t_harbour", "rating_id": "r_1", "lead_key": "t_harbour#l_tom", "stars": "5", "comment": "Tom was here"}),
		livedatatest.NewItem(fields{"tenant_id": "t_capricho", "rating_id": "r_2", "lead_key": "t_capricho#l_lucia", "stars": "4", "comment": "rico"}))
	w.Live.PutObject("media", "t_harbour/ch_fb1/notes/n_1.png", "scan", livedatatest.SeededAt)
}

const vendor = `
  - name: model_vendor
    owner: external
    kind: external
    category: ai_audit
    concerns: [lead]
    erase: {hook: vendor-erase}
    rule: delete

  - name: error_tracker
    owner: external
    kind: external
    category: conversations
    concerns: [lead, tenant]
    erase: {task: "Delete the events of these conversations in the error tracker."}
    rule: delete
`

func TestNothingIsCompletedWhileAStoreOutsideIsPending(t *testing.T) {
	w := workflowtest.NewOn(t, extended(t, vendor))
	m := w.Admit(t, workflowtest.Tom, cutoff)
	r := walk(t, w, m)
	if r.State != request.AwaitingExternal || r.ErasedAt == nil || len(r.Outside) != 2 || r.ClosedAt != nil {
		t.Fatalf("the request stands at %+v", r)
	}
	if who, err := w.Ledger.Identity(t.Context(), r.ID); err != nil || len(who.Fields) == 0 {
		t.Errorf("the case file is gone, which the hook needs: %v", err)
	}
	confirm := func(store string) request.Request {
		r, err := w.Ledger.Update(t.Context(), m.RequestID, 0, func(r *request.Request) error { return r.Confirm(store, w.Now()) })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r = confirm("model_vendor"); r.State != request.AwaitingExternal || r.InOutbox() {
		t.Errorf("after one of two it stands at %+v", r)
	}
	if r = confirm("error_tracker"); !r.InOutbox() {
		t.Errorf("after both it is not started: %+v", r)
	}
	if r = walk(t, w, workflow.For(r)); r.State != request.Completed {
		t.Errorf("the request ended as %+v", r)
	}
	scrubbed(t, w)
	_, err := w.Ledger.Update(t.Context(), m.RequestID, 0, func(r *request.Request) error { return r.Confirm("nobody", w.Now()) })
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("a store that is not concerned: %v", err)
	}
}

// Whatever the order of the plan, a record of somebody else is met while everything is
// still there.
func TestNothingGoesWhenARecordIsSomebodyElses(t *testing.T) {
	for name, plant := range map[string]func(w *workflowtest.World){
		"in the last conversation": func(w *workflowtest.World) {
			w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": "2026-05-01T00:00:00Z#m", "sent_at": "2026-05-01T00:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom2"}))
		},
		"of another tenant": func(w *workflowtest.World) {
			w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_tom", "audit_key": "2026-05-01T00:00:00Z#a", "created_at": "2026-05-01T00:00:00Z", "tenant_id": "t_capricho", "lead_id": "l_tom"}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := workflowtest.New(t)
			m := w.Admit(t, workflowtest.Tom, cutoff)
			for _, step := range []string{"locate", "fence"} {
				if _, err := w.Step(t.Context(), step, m); err != nil {
					t.Fatal(err)
				}
			}
			plant(w)
			before := w.Live.Dump()
			if end, err := w.Walk(t.Context(), m); end != workflow.NextOperator || fault.KindOf(err) != fault.Permanent {
				t.Errorf("ended %q, %v", end, err)
			}
			same(t, w.Live.Dump(), before)
			if r := w.Request(t, m.RequestID); r.State != request.NeedsOperator {
				t.Errorf("the request stands at %s", r.State)
			}
		})
	}
}

// More than three times what was counted: nobody knows what it is that was met.
func TestThreeTimesThePlanStops(t *testing.T) {
	for _, c := range []struct {
		more int
		want string
	}{{20, "done"}, {40, workflow.NextOperator}} {
		w := workflowtest.New(t)
		m := w.Admit(t, workflowtest.Tom, cutoff)
		planted := false
		w.Fate = func(write string) (bool, error) {
			if write == "commit cursor" && !planted { // all was counted by now
				planted = true
				w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": "0000", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
				for i := range c.more {
					w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": fmt.Sprintf("2026-03-02T00:00:%02dZ#x", i), "sent_at": "2026-03-02T00:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
				}
			}
			return true, nil
		}
		end, err := w.Walk(t.Context(), m)
		if end != c.want {
			t.Errorf("%d more: ended %q, %v", c.more, end, err)
		}
		if left := w.Live.Item("messages", "c_tom", "2026-03-02T00:00:00Z#x") != nil; left != (c.want != "done") {
			t.Errorf("%d more: the page is left %t", c.more, left)
		}
	}
}
