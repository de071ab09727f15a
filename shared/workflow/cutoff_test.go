package workflow_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// wroteAgain lets l_tom write once more, at a time.
func wroteAgain(w *workflowtest.World, at string) {
	w.Live.Put("messages",
		livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": at + "#m_n1", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom",
			"body": "me again", "attachments": []any{fields{"key": "t_harbour/ch_fb1/c_tom/m_n1.jpg"}}}),
		livedatatest.NewItem(fields{"conversation_id": "c_post9", "message_key": at + "#m_n2", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom", "author_key": "t_harbour#l_tom"}))
	w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_tom", "audit_key": at + "#a_n", "created_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom"}))
	w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/m_n1.jpg", "new", livedatatest.SeededAt.Add(24*time.Hour))
	lead := w.Live.Item("leads", "t_harbour", "l_tom")
	maps.Copy(lead, livedatatest.NewItem(fields{"last_interaction_at": at}))
	w.Live.Put("leads", lead)
}

const again = "2026-05-20T09:00:00.5Z"

// newer is what stays when the person wrote again after the cutoff.
func newer(before map[string]string) map[string]string {
	want := expected(before, tomsKeys...)
	want["conversations/t_harbour/c_tom"] = before["conversations/t_harbour/c_tom"]
	link := "links/900000000000001#10150000000000555/lead#t_harbour#l_tom" // leads to what stays
	want[link] = before[link]
	want["leads/t_harbour/l_tom"] = `{"channel_id":"ch_fb1","last_interaction_at":"` + again + `","lead_id":"l_tom","platform":"facebook","platform_key":"facebook#7123456789012345","platform_user_id":"7123456789012345","tenant_id":"t_harbour"}`
	return want
}

func TestWhatIsNewerThanTheCutoffStays(t *testing.T) {
	for _, at := range []string{"2026-05-20T09:00:00.4Z", "2026-05-19T00:00:00Z", "2026-04-01T18:00:10Z"} {
		t.Run(at, func(t *testing.T) {
			w := workflowtest.New(t)
			wroteAgain(w, again)
			before := w.Live.Dump()
			upTo, _ := time.Parse(time.RFC3339Nano, at)
			r := walk(t, w, w.Admit(t, workflowtest.Tom, upTo))
			same(t, w.Live.Dump(), newer(before))
			want := map[string]int{"messages": 4, "ai_audit": 1, "ai_quotes": 1, "media": 2}
			if r.State != request.Completed || r.Rounds != 0 || !maps.Equal(r.Erased, want) {
				t.Errorf("ended %s after %d rounds with %v, want %v", r.State, r.Rounds, r.Erased, want)
			}
		})
	}
}

func TestAnExactlyEqualDateIsDeleted(t *testing.T) {
	w := workflowtest.New(t)
	wroteAgain(w, again)
	upTo, _ := time.Parse(time.RFC3339Nano, again)
	r := walk(t, w, w.Admit(t, workflowtest.Tom, upTo))
	if r.State != request.Completed || r.Erased["messages"] != 6 || r.Erased["leads"] != 1 || r.Erased["conversations"] != 1 || r.Erased["media"] != 3 {
		t.Errorf("ended %s with %v", r.State, r.Erased)
	}
}

func TestAnOldCaptureDeletesNothingThatCameAfterIt(t *testing.T) {
	w := workflowtest.New(t)
	wroteAgain(w, again)
	before := w.Live.Dump()
	// After the link and the first message, before the answer to it.
	r := walk(t, w, w.Admit(t, workflowtest.Tom, time.Date(2026, 3, 1, 18, 0, 1, 0, time.UTC)))
	after := w.Live.Dump()
	for _, key := range []string{"messages/c_tom/2026-03-01T18:00:20Z#m_2", "messages/c_post9/2026-03-05T10:00:00Z#m_5", "messages/c_post9/2026-03-05T10:00:30Z#m_6",
		"messages/c_tom/" + again + "#m_n1", "ai_audit/c_tom/2026-03-01T18:00:19Z#a_1", "conversations/t_harbour/c_tom", "media/t_harbour/ch_fb1/c_tom/m_n1.jpg@v000004"} {
		if after[key] != before[key] || before[key] == "" {
			t.Errorf("%s\n is  %s\n was %s", key, after[key], before[key])
		}
	}
	if r.State != request.Completed || r.Erased["messages"] != 1 || r.Erased["conversations"] != 0 || r.Erased["leads"] != 0 {
		t.Errorf("ended %s with %v", r.State, r.Erased)
	}
}

// raised admits a request whose person writes again and asks again before it closes.
func raised(t testing.TB, w *workflowtest.World) workflow.Message {
	wroteAgain(w, again)
	upTo := time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)
	m := w.Admit(t, workflowtest.Tom, upTo)
	once := true
	w.Before = func(step string) {
		if step != workflow.NextClose || !once {
			return
		}
		once = false
		fate := w.Fate
		w.Fate = nil // the notice is no write of this path
		second := w.Notice(workflowtest.Tom, cutoff)
		if _, err := w.Ledger.Admit(context.Background(), second, w.Keys); err != nil {
			t.Fatal(err)
		}
		w.Fate = fate
	}
	return m
}

func TestACutoffRaisedBeforeTheCloseTakesTheRest(t *testing.T) {
	w := workflowtest.New(t)
	m := raised(t, w)
	before := w.Live.Dump()
	r := walk(t, w, m)
	again := []string{"messages/c_tom/" + again + "#m_n1", "messages/c_post9/" + again + "#m_n2", "ai_audit/c_tom/" + again + "#a_n", "media/t_harbour/ch_fb1/c_tom/m_n1.jpg@v000004"}
	same(t, w.Live.Dump(), expected(before, append(again, tomsKeys...)...))
	want := map[string]int{"messages": 6, "ai_audit": 2, "ai_quotes": 1, "links": 1, "media": 3, "leads": 1, "conversations": 1}
	if r.State != request.Completed || len(r.Results) != 1 || !maps.Equal(r.Erased, want) {
		t.Errorf("ended %s, results %v, erased %v, want %v", r.State, r.Results, r.Erased, want)
	}
	scrubbed(t, w)
}

func TestASecondLeadLinkedBeforeTheRaisedCutoffIsErasedToo(t *testing.T) {
	w := workflowtest.New(t)
	m := raised(t, w)
	link(w, workflowtest.Tom, "lead#t_capricho#l_lucia", "2026-05-20T09:00:00Z")
	r := walk(t, w, m)
	if r.State != request.Completed || len(r.Results) != 2 || r.Erased["leads"] != 2 {
		t.Errorf("ended %s, results %v, erased %v", r.State, r.Results, r.Erased)
	}
}
