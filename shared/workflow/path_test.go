package workflow_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

// cutoff of most tests: after everything in the example.
var cutoff = workflowtest.Start

func walk(t *testing.T, w *workflowtest.World, m workflow.Message) request.Request {
	t.Helper()
	end, err := w.Walk(t.Context(), m)
	if err != nil || end != "done" {
		t.Fatalf("the execution ended %q: %v", end, err)
	}
	return w.Request(t, m.RequestID)
}

// tomsKeys are what of the example is the lead l_tom.
var tomsKeys = []string{
	"ai_audit/c_tom/2026-03-01T18:00:19Z#a_1",
	"ai_quotes/t_harbour#l_tom/c_tom2|2026-04-01T18:00:10Z#a_2",
	"conversations/t_harbour/c_tom",
	"leads/t_harbour/l_tom",
	"links/900000000000001#10150000000000555/lead#t_harbour#l_tom",
	"media/t_harbour/ch_fb1/c_tom/m_1.jpg@v000001",
	"media/t_harbour/ch_fb1/profiles/l_tom.jpg@v000002",
	"messages/c_post9/2026-03-05T10:00:00Z#m_5",
	"messages/c_post9/2026-03-05T10:00:30Z#m_6",
	"messages/c_tom/2026-03-01T18:00:00Z#m_1",
	"messages/c_tom/2026-03-01T18:00:20Z#m_2",
}

// quoting is the entry of l_tom2's conversation that quotes l_tom.
const quoting = "ai_audit/c_tom2/2026-04-01T18:00:10Z#a_2"

// quotationCut is what remains of it.
func quotationCut(before string) string {
	after := strings.Replace(before, "'do you have rooms for 8 in June?'", "'[removed]'", 1)
	return strings.Replace(after, `"quotes":[{"field":"prompt","lead_key":"t_harbour#l_tom","text":"do you have rooms for 8 in June?"}]`, `"quotes":[]`, 1)
}

// expected is a dump without some keys and with the quotation cut out.
func expected(before map[string]string, gone ...string) map[string]string {
	out := maps.Clone(before)
	for _, key := range gone {
		delete(out, key)
	}
	out[quoting] = quotationCut(before[quoting])
	return out
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got[key] != want[key] {
			t.Errorf("%s\n is   %s\n want %s", key, got[key], want[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[key]; !ok {
			t.Errorf("%s is left: %s", key, got[key])
		}
	}
}

// tomsNames are what must stand nowhere of ours.
var tomsNames = []string{"l_tom", "c_tom", "7123456789012345", "tom.kaczmarek", workflowtest.Tom, "t_harbour"}

func scrubbed(t *testing.T, w *workflowtest.World) {
	t.Helper()
	for _, violation := range w.Violations(tomsNames...) {
		t.Error(violation)
	}
	for _, row := range w.Rows.All() {
		if row.Table != ledger.Records {
			t.Errorf("the case file still has the row %s", row.SK)
		}
	}
	if text := w.LogText.String(); strings.Contains(text, "l_tom") || strings.Contains(text, workflowtest.Tom) {
		t.Errorf("the log names the person: %s", text)
	}
}

// subjectsOf are the subjects that a path erases: scope and key.
var subjectsOf = map[string][][]string{
	"two businesses":                                 {tom, {"lead", "t_capricho", "l_lucia"}},
	"wrote again after the cutoff":                   {tom},
	"asked again before the close":                   {tom},
	"lead and staff":                                 {tom},
	"nothing found":                                  {},
	"a leftover that verification meets":             {tom},
	"pages of two versions, of which some stay":      {tom},
	"a conversation":                                 {{"conversation", "t_harbour", "c_tom"}},
	"a channel":                                      {{"channel", "t_harbour", "ch_fb1"}},
	"a tenant":                                       {{"tenant", "t_harbour"}},
	"a thread that gets empty, an entry that quotes": {tom},
}

var tom = []string{"lead", "t_harbour", "l_tom"}

// erasure is what the oracle is asked about a subject of a request.
func erasure(m *datamap.Map, r request.Request, subject []string) invariant.Erasure {
	scope, _ := m.Scope(subject[0])
	e := invariant.Erasure{Scope: scope.Name, Fields: map[string]string{}}
	for i, name := range scope.Key {
		e.Fields[name] = subject[i+1]
	}
	if !scope.Everything {
		e.Cutoff, e.Frozen = *r.Frozen, *r.FrozenAt
	}
	return e
}

// The oracle, which knows nothing of purge and verify, agrees with them on every path.
func TestTheInvariantsHoldOnEveryPath(t *testing.T) {
	for name, start := range paths {
		t.Run(name, func(t *testing.T) {
			w := workflowtest.New(t)
			m := start(t, w)
			before := w.Live.World()
			completed(t, w, m)
			r := w.Request(t, m.RequestID)
			live := invariant.Live{Map: w.Map, Before: before, After: w.Live.World()}
			for _, subject := range subjectsOf[name] {
				live.Erasures = append(live.Erasures, erasure(w.Map, r, subject))
			}
			for _, violation := range append(live.Check(), w.Violations(tomsNames...)...) {
				t.Error(violation)
			}
		})
	}
}

func TestALeadIsErasedAndNobodyElse(t *testing.T) {
	w := workflowtest.New(t)
	neighbours(w)
	before := w.Live.Dump()
	// An attachment with an older version and one that was deleted the usual way.
	old := w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/m_2.ogg", "first", livedatatest.SeededAt)
	w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/m_2.ogg", "second", livedatatest.SeededAt)
	w.Live.MarkDeleted("media", "t_harbour/ch_fb1/c_tom/m_2.ogg", livedatatest.SeededAt)
	w.Live.MarkDeleted("media", "t_harbour/ch_fb1/profiles/l_tom.jpg", livedatatest.SeededAt)
	if old.ID == "" {
		t.Fatal("no version")
	}

	m := w.Admit(t, workflowtest.Tom, cutoff)
	r := walk(t, w, m)

	same(t, w.Live.Dump(), expected(before, tomsKeys...))
	want := map[string]int{"messages": 4, "ai_audit": 1, "ai_quotes": 1, "conversations": 1, "links": 1, "leads": 1, "media": 6}
	if !maps.Equal(r.Erased, want) {
		t.Errorf("erased %v, want %v", r.Erased, want)
	}
	if r.State != request.Completed || len(r.Results) != 1 || r.Results[0].Outcome != request.Completed ||
		r.Results[0].ErasedAt == nil || !r.Results[0].ErasedAt.Equal(*r.ErasedAt) || r.ClosedAt == nil || r.Rounds != 0 {
		t.Errorf("the request ended as %+v", r)
	}
	if got := fmt.Sprint(keptUntil(r)); got != "[security_log "+r.ErasedAt.AddDate(1, 0, 0).Format(time.DateOnly)+" metrics never]" {
		t.Errorf("kept %s", got)
	}
	scrubbed(t, w)
}

func keptUntil(r request.Request) []string {
	var out []string
	for _, k := range r.Kept {
		until := "never"
		if k.Until != nil {
			until = k.Until.Format(time.DateOnly)
		}
		out = append(out, k.Category, until)
	}
	return out
}

// neighbours have names that begin as l_tom's do, at every place that is searched.
func neighbours(w *workflowtest.World) {
	w.Live.Put("leads", livedatatest.NewItem(fields{"tenant_id": "t_harbour", "lead_id": "l_to", "channel_id": "ch_fb1", "platform_key": "facebook#712345678901234"}),
		livedatatest.NewItem(fields{"tenant_id": "t_harbour", "lead_id": "l_tom#", "channel_id": "ch_fb1"}),
		livedatatest.NewItem(fields{"tenant_id": "t_harbour2", "lead_id": "l_tom", "channel_id": "ch_fb1", "platform_key": "facebook#7123456789012345"}))
	w.Live.Put("links", livedatatest.NewItem(fields{"app_user": workflowtest.App + "#" + workflowtest.Tom + "5", "target": "lead#t_harbour#l_tom2", "linked_at": "2026-03-01T18:00:01Z"}),
		livedatatest.NewItem(fields{"app_user": workflowtest.App + "1#" + workflowtest.Tom, "target": "lead#t_harbour2#l_tom", "linked_at": "2026-03-01T18:00:01Z"}))
	w.Live.Put("conversations", livedatatest.NewItem(fields{"tenant_id": "t_harbour2", "conversation_id": "c_tom", "channel_id": "ch_fb1", "lead_id": "l_tom", "lead_key": "t_harbour2#l_tom"}),
		livedatatest.NewItem(fields{"tenant_id": "t_harbour", "conversation_id": "c_tom_", "channel_id": "ch_fb1", "lead_id": "l_tom_", "lead_key": "t_harbour#l_tom_"}))
	w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom_", "message_key": "2026-03-01T18:00:00Z#m_1", "sent_at": "2026-03-01T18:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom_"}),
		livedatatest.NewItem(fields{"conversation_id": "c_post9", "message_key": "2026-03-05T10:00:40Z#m_8", "sent_at": "2026-03-05T10:00:40Z", "tenant_id": "t_harbour2", "lead_id": "l_tom", "author_key": "t_harbour2#l_tom"}))
	for _, key := range []string{"t_harbour/ch_fb1/c_tom.jpg", "t_harbour/ch_fb1/c_tom_/m_1.jpg", "t_harbour2/ch_fb1/c_tom/m_1.jpg", "t_harbour/ch_fb1/profiles/l_tom.jpg2", "t_harbour/ch_fb1/profiles/l_to.jpg"} {
		w.Live.PutObject("media", key, key, livedatatest.SeededAt)
	}
}

func TestAPersonOfTwoBusinessesIsErasedAtBoth(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Dump()
	link(w, workflowtest.Tom, "lead#t_capricho#l_lucia", "2026-05-01T12:00:00Z")
	r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
	lucia := []string{"leads/t_capricho/l_lucia", "conversations/t_capricho/c_lucia", "messages/c_lucia/2026-05-01T12:00:00Z#m_4"}
	same(t, w.Live.Dump(), expected(before, append(lucia, tomsKeys...)...))
	if r.State != request.Completed || len(r.Results) != 2 || r.Erased["leads"] != 2 || r.Erased["links"] != 2 || r.Erased["messages"] != 5 {
		t.Errorf("the request ended as %+v", r)
	}
}

func link(w *workflowtest.World, user, target, at string) {
	w.Live.Put("links", livedatatest.NewItem(fields{"app_user": workflowtest.App + "#" + user, "target": target, "linked_at": at}))
}

func TestOutcomesWithoutErasure(t *testing.T) {
	for _, c := range []struct {
		name, user string
		cutoff     time.Time
		want       request.State
	}{
		{"staff only", workflowtest.Staff, cutoff, request.NeedsReview},
		{"no link", "10150000000000999", cutoff, request.NothingFound},
		{"an ID that a stored one begins with", "1015000000000055", cutoff, request.NothingFound},
		{"nobody named", "", cutoff, request.CouldNotIdentify},
		{"linked after the cutoff", workflowtest.Tom, time.Date(2026, 3, 1, 18, 0, 0, 999999999, time.UTC), request.NothingFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workflowtest.New(t)
			before := w.Live.Dump()
			r := walk(t, w, w.Admit(t, c.user, c.cutoff))
			if r.State != c.want || r.ErasedAt != nil || len(r.Erased) != 0 || len(r.Kept) != 0 {
				t.Errorf("the request ended as %+v, want %s", r, c.want)
			}
			same(t, w.Live.Dump(), before)
			if w.Live.Writes() != 0 {
				t.Errorf("%d writes to live data", w.Live.Writes())
			}
			if c.want.Terminal() {
				scrubbed(t, w)
			}
		})
	}
}

func TestALeadWhoIsAlsoStaffIsErasedAndThenReviewed(t *testing.T) {
	w := workflowtest.New(t)
	link(w, workflowtest.Tom, "staff#t_harbour#ch_fb1", "2026-03-01T18:00:00Z")
	staff := "links/900000000000001#10150000000000555/staff#t_harbour#ch_fb1"
	before := w.Live.Dump()
	r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
	same(t, w.Live.Dump(), expected(before, tomsKeys...))
	if w.Live.Dump()[staff] == "" {
		t.Error("the staff link is gone, which the review needs")
	}
	outcomes := []request.State{}
	for _, result := range r.Results {
		outcomes = append(outcomes, result.Outcome)
	}
	slices.Sort(outcomes)
	if r.State != request.NeedsReview || r.ErasedAt == nil || !slices.Equal(outcomes, []request.State{request.Completed, request.NeedsReview}) {
		t.Errorf("the request stands at %+v", r)
	}
}

func TestALinkOfNoKnownFormWaitsForTheOperator(t *testing.T) {
	for _, target := range []string{"lead#t_harbour#l_tom#x", "lead#t_harbour", "lead#t_harbour#", "group#t_harbour#g_1"} {
		t.Run(target, func(t *testing.T) {
			w := workflowtest.New(t)
			link(w, workflowtest.Tom, target, "2026-03-01T18:00:00Z")
			before := w.Live.Dump()
			m := w.Admit(t, workflowtest.Tom, cutoff)
			end, err := w.Walk(t.Context(), m)
			if end != workflow.NextOperator || fault.KindOf(err) != fault.Permanent {
				t.Errorf("ended %q: %v", end, err)
			}
			if r := w.Request(t, m.RequestID); r.State != request.NeedsOperator {
				t.Errorf("the request stands at %s", r.State)
			}
			same(t, w.Live.Dump(), before)
		})
	}
}
