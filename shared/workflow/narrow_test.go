package workflow_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// upTo is a cutoff that lies before the person writes again.
var upTo = time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)

func entry(w *workflowtest.World) string {
	return livedatatest.Canonical(w.Live.Item("ai_audit", "c_tom2", "2026-04-01T18:00:10Z#a_2"))
}

// quotes has the entry of l_tom2's conversation say something, and quote it.
func quotes(w *workflowtest.World, prompt string, quotes ...any) {
	e := w.Live.Item("ai_audit", "c_tom2", "2026-04-01T18:00:10Z#a_2")
	maps.Copy(e, livedatatest.NewItem(fields{"prompt": prompt, "response": "x", "quotes": quotes}))
	w.Live.Put("ai_audit", e)
}

func quotation(whose, text string) fields {
	return fields{"lead_key": "t_harbour#" + whose, "field": "prompt", "text": text}
}

func TestQuotationsWithinQuotationsAreCutWhole(t *testing.T) {
	for _, order := range [][2]string{{"Hi", "Hi, my number is 555-1234"}, {"Hi, my number is 555-1234", "Hi"}, {"Hi, my number", "number is 555-1234"}} {
		w := workflowtest.New(t)
		quotes(w, "Guest wrote 'Hi' then 'Hi, my number is 555-1234' twice", quotation("l_tom", order[0]), quotation("l_tom", order[1]))
		r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
		if got := entry(w); r.State != request.Completed || strings.Contains(got, "555") || !strings.Contains(got, "then '[removed]' twice") || !strings.Contains(got, `"quotes":[]`) {
			t.Errorf("%v: %s, %s", order, r.State, got)
		}
	}
}

// What is left of somebody else's quotation after a cut is still found, and cut when its
// turn comes.
func TestQuotationsOfTwoThatShareWords(t *testing.T) {
	w := workflowtest.New(t)
	quotes(w, "A: 'Hi' B: 'Hi, my number is 555-1234'", quotation("l_tom", "Hi"), quotation("l_tom2", "Hi, my number is 555-1234"))
	w.Live.Put("ai_quotes", livedatatest.NewItem(fields{"lead_key": "t_harbour#l_tom2", "audit_ref": "c_tom2|2026-04-01T18:00:10Z#a_2"}))
	if r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff)); r.State != request.Completed {
		t.Fatalf("%+v", r)
	}
	if got := entry(w); !strings.Contains(got, "B: '[removed], my number is 555-1234'") || !strings.Contains(got, `"text":"[removed], my number is 555-1234"`) {
		t.Errorf("after the first: %s", got)
	}
	other := w.AdmitScope(t, "conversation", "t_harbour", "c_other")
	w.Live.Put("conversations", livedatatest.NewItem(fields{"tenant_id": "t_harbour", "conversation_id": "c_other", "lead_id": "l_tom2", "channel_id": "ch_ig1", "started_at": "2026-04-01T18:00:00Z"}))
	w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_other", "message_key": "2026-04-01T18:00:00Z#m", "sent_at": "2026-04-01T18:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom2"}))
	if r := walk(t, w, other); r.State != request.Completed {
		t.Fatalf("%+v", r)
	}
	if got := entry(w); strings.Contains(got, "555") || !strings.Contains(got, `"quotes":[]`) {
		t.Errorf("after the second: %s", got)
	}
}

func TestAQuotationThatIsNotThereWaitsForAPerson(t *testing.T) {
	w := workflowtest.New(t)
	quotes(w, "A: '[removed]' B: '[removed], my number is 555-1234'", quotation("l_tom", "Hi, my number is 555-1234"))
	m := w.Admit(t, workflowtest.Tom, cutoff)
	if end, err := w.Walk(t.Context(), m); end != workflow.NextOperator || fault.KindOf(err) != fault.Permanent {
		t.Errorf("ended %q, %v", end, err)
	}
	if w.Live.Item("ai_quotes", "t_harbour#l_tom", "c_tom2|2026-04-01T18:00:10Z#a_2") == nil {
		t.Error("the row that leads to the entry is gone")
	}
}

// Whoever writes again at any moment of the deletion can be found by a later request.
func TestWhoeverWritesAgainMeanwhileIsFoundLater(t *testing.T) {
	for _, write := range []string{"commit cursor", "delete if links", "delete if conversations", "delete if leads", "delete object media/t_harbour/ch_fb1/profiles"} {
		w := workflowtest.New(t)
		m := w.Admit(t, workflowtest.Tom, upTo)
		stays := false
		meanwhile(w, write, func() {
			lead := w.Live.Item("leads", "t_harbour", "l_tom")
			if stays = lead != nil; stays {
				maps.Copy(lead, livedatatest.NewItem(fields{"last_interaction_at": again}))
				w.Live.Put("leads", lead)
			}
		})
		if r := walk(t, w, m); r.State != request.Completed {
			t.Fatalf("%s: %+v", write, r)
		}
		w.Fate = nil
		link := w.Live.Item("links", "900000000000001#10150000000000555", "lead#t_harbour#l_tom") != nil
		if lead := w.Live.Item("leads", "t_harbour", "l_tom") != nil; lead != stays || link != stays {
			t.Errorf("%s: wrote again %t; the lead is there %t, its link %t", write, stays, lead, link)
		}
		r := walk(t, w, w.Admit(t, workflowtest.Tom, upTo.AddDate(1, 0, 0)))
		if stays && (r.State != request.Completed || w.Live.Item("leads", "t_harbour", "l_tom") != nil) {
			t.Errorf("%s: the second request ended %s", write, r.State)
		}
	}
}

// A conversation that began after the cutoff can hold a message from before it, which was
// delivered late.
func TestAnOldMessageInANewConversationGoes(t *testing.T) {
	w := workflowtest.New(t)
	const late, first = "2026-05-18T23:59:00Z", "2026-05-19T00:00:30Z"
	w.Live.Put("conversations", livedatatest.NewItem(fields{"tenant_id": "t_harbour", "conversation_id": "c_new", "lead_id": "l_tom", "lead_key": "t_harbour#l_tom", "channel_id": "ch_fb1", "channel_key": "t_harbour#ch_fb1", "kind": "dm", "started_at": first}))
	for _, at := range []string{late, first} {
		picture := "t_harbour/ch_fb1/c_new/" + at + ".jpg"
		w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_new", "message_key": at + "#m", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom", "attachments": []any{fields{"key": picture}}}))
		w.Live.PutObject("media", picture, "picture", livedatatest.SeededAt)
	}
	r := walk(t, w, w.Admit(t, workflowtest.Tom, upTo))
	if old := w.Live.Item("messages", "c_new", late+"#m"); r.State != request.Completed || old != nil {
		t.Errorf("%s, the old message: %v", r.State, old)
	}
	if w.Live.Item("messages", "c_new", first+"#m") == nil || w.Live.Item("conversations", "t_harbour", "c_new") == nil {
		t.Error("what is newer is gone")
	}
	pictures := ""
	for key := range w.Live.Dump() {
		if strings.HasPrefix(key, "media/") && strings.Contains(key, "/c_new/") {
			pictures += key
		}
	}
	if strings.Contains(pictures, late) || !strings.Contains(pictures, first) {
		t.Errorf("pictures left: %s", pictures)
	}
}

// A picture that came after everything was frozen is not left without anything that
// leads to it.
func TestAPictureThatCameMeanwhileIsNotOrphaned(t *testing.T) {
	w := workflowtest.New(t)
	const picture = "t_harbour/ch_fb1/profiles/l_tom-2.jpg"
	once := true
	w.Before = func(step string) {
		if step == workflow.NextPurge && once {
			once = false
			w.Live.PutObject("media", picture, "new face", w.Now().Add(time.Hour))
			lead := w.Live.Item("leads", "t_harbour", "l_tom")
			maps.Copy(lead, livedatatest.NewItem(fields{"last_interaction_at": again, "profile_picture": picture}))
			w.Live.Put("leads", lead)
		}
	}
	if r := walk(t, w, w.Admit(t, workflowtest.Tom, upTo)); r.State != request.Completed {
		t.Fatalf("%+v", r)
	}
	named := w.Live.Item("leads", "t_harbour", "l_tom").Text("profile_picture") == picture
	for key := range w.Live.Dump() {
		if strings.Contains(key, picture) && !named {
			t.Errorf("%s is left, and nothing names it", key)
		}
	}
}

func TestADateOfAnotherTypeStopsThePurge(t *testing.T) {
	w := workflowtest.New(t)
	lead := w.Live.Item("leads", "t_harbour", "l_tom")
	maps.Copy(lead, livedatatest.NewItem(fields{"last_interaction_at": []any{}}))
	w.Live.Put("leads", lead)
	if end, err := w.Walk(t.Context(), w.Admit(t, workflowtest.Tom, upTo)); end != workflow.NextOperator || fault.KindOf(err) != fault.Permanent {
		t.Errorf("ended %q, %v", end, err)
	}
	if w.Live.Item("leads", "t_harbour", "l_tom") == nil {
		t.Error("the lead is gone")
	}
}

// What somebody writes after the request keeps the conversation's row: without it no later
// deletion would find the message.
func TestANewerMessageKeepsItsConversation(t *testing.T) {
	w := workflowtest.New(t)
	m := w.AdmitScope(t, "conversation", "t_harbour", "c_tom")
	newer := w.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": newer + "#m_n", "sent_at": newer, "tenant_id": "t_harbour", "lead_id": "l_tom"}))
	if end, err := w.Walk(t.Context(), m); err != nil || end != workflow.NextDone {
		t.Fatal(end, err)
	}
	row := w.Live.Item("conversations", "t_harbour", "c_tom")
	if row == nil || row.Text("deleting_at") != "" || w.Live.Item("messages", "c_tom", newer+"#m_n") == nil {
		t.Errorf("the row is %v", row)
	}
	if w.Live.Item("messages", "c_tom", "2026-03-01T18:00:00Z#m_1") != nil {
		t.Error("an older message is still there")
	}
	w.Pass(2 * time.Hour)
	if end, err := w.Walk(t.Context(), w.AdmitScope(t, "lead", "t_harbour", "l_tom")); err != nil || end != workflow.NextDone {
		t.Fatal(end, err)
	}
	if w.Live.Item("messages", "c_tom", newer+"#m_n") != nil {
		t.Error("a later deletion does not find the newer message")
	}
}
