package purge_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/purge"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

// fenced brings Tom's request to its purge.
func fenced(t *testing.T, w *workflowtest.World) workflow.Message {
	t.Helper()
	m := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	for _, step := range []string{"locate", "fence"} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func with(w *workflowtest.World, store string, key []string, changes fields) {
	it := w.Live.Item(store, key...)
	maps.Copy(it, livedatatest.NewItem(changes))
	w.Live.Put(store, it)
}

// One record that is not the subject's, or cannot be judged, stops the purge before
// anything of its page is deleted.
func TestAForeignRecordStopsItsPage(t *testing.T) {
	first, second := []string{"c_tom", "2026-03-01T18:00:00Z#m_1"}, []string{"c_tom", "2026-03-01T18:00:20Z#m_2"}
	for _, c := range []struct {
		name, store string
		key         []string
		changes     fields
	}{
		{"a message of another tenant", "messages", second, fields{"tenant_id": "t_capricho"}},
		{"a message of another lead", "messages", second, fields{"lead_id": "l_tom2"}},
		{"an audit entry of another lead", "ai_audit", []string{"c_tom", "2026-03-01T18:00:19Z#a_1"}, fields{"lead_id": "l_tom2"}},
		{"a comment of another lead", "messages", []string{"c_post9", "2026-03-05T10:00:30Z#m_6"}, fields{"lead_id": "l_other"}},
		{"a conversation of another lead", "conversations", []string{"t_harbour", "c_tom"}, fields{"lead_id": "l_tom2"}},
		{"a date that is none", "messages", second, fields{"sent_at": "yesterday"}},
		{"an object of another tenant", "messages", second, fields{"attachments": []any{fields{"key": "t_capricho/ch_fb1/c_tom/m_1.jpg"}}}},
		{"an object of a neighbour whose prefix begins alike", "messages", first, fields{"attachments": []any{fields{"key": "t_harbour/ch_fb1/c_tom2/m_9.jpg"}}}},
		{"an object of another conversation in a shared thread", "messages", []string{"c_post9", "2026-03-05T10:00:00Z#m_5"}, fields{"attachments": []any{fields{"key": "t_harbour/ch_fb1/c_tom2/m_9.jpg"}}}},
		{"a picture that is none of a profile", "leads", []string{"t_harbour", "l_tom"}, fields{"profile_picture": "t_harbour/ch_fb1/c_tom2/m_9.jpg"}},
		{"a quotation of no known form", "ai_quotes", []string{"t_harbour#l_tom", "c_tom2"}, fields{"lead_key": "t_harbour#l_tom", "audit_ref": "c_tom2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workflowtest.New(t)
			m := fenced(t, w)
			if it := w.Live.Item(c.store, c.key...); it == nil {
				w.Live.Put(c.store, livedatatest.NewItem(c.changes))
			} else {
				with(w, c.store, c.key, c.changes)
			}
			before := w.Live.Dump()
			_, err := w.Step(t.Context(), "purge", m)
			if fault.KindOf(err) != fault.Permanent {
				t.Fatalf("got %v", err)
			}
			place := c.store + "/" + c.key[0]
			after := w.Live.Dump()
			for key := range before {
				if strings.HasPrefix(key, place) && after[key] != before[key] && c.store != "ai_quotes" {
					t.Errorf("%s of the same page is gone", key)
				}
				if strings.Contains(key, "c_tom2") && strings.HasPrefix(key, "media/") && after[key] != before[key] {
					t.Errorf("the neighbour's %s is gone", key)
				}
			}
			if strings.Contains(fault.Describe(err), "l_tom") || strings.Contains(fault.Describe(err), "t_harbour") {
				t.Errorf("the error names the person: %s", fault.Describe(err))
			}
			if end, _ := w.Walk(t.Context(), m); end != workflow.NextOperator {
				t.Errorf("the execution ended %q", end)
			}
			if r := w.Request(t, m.RequestID); r.State != request.NeedsOperator {
				t.Errorf("the request stands at %s", r.State)
			}
		})
	}
}

// begin is how often a purge looks at its deadline before it begins.
const begin = 2

// until is a context whose deadline is far away for n looks at it, and then now.
type until struct {
	context.Context
	looks int
}

func (u *until) Deadline() (time.Time, bool) {
	if u.looks--; u.looks < 0 {
		return time.Now(), true
	}
	return time.Now().Add(time.Hour), true
}

// crowd gives Tom's conversation many more messages and objects.
func crowd(w *workflowtest.World, n int) {
	for i := range n {
		at := time.Date(2026, 3, 2, 0, 0, i, 0, time.UTC).Format(time.RFC3339)
		key := fmt.Sprintf("t_harbour/ch_fb1/c_tom/n_%d.jpg", i)
		w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": at + "#n", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom", "attachments": []any{fields{"key": key}}}))
		w.Live.PutObject("media", key, "picture", livedatatest.SeededAt)
	}
}

func purgeOf(w *workflowtest.World) purge.Purger {
	return purge.Purger{Finder: w.Finder(), Ledger: w.Ledger, Reserve: time.Minute}
}

// Whatever the moment at which time runs out, the next invocation goes on there: each
// gets further than the one before, and all of them together erase everything once.
func TestOutOfTimeTheNextInvocationGoesOn(t *testing.T) {
	for looks := range 12 {
		t.Run(fmt.Sprint(looks), func(t *testing.T) {
			w := workflowtest.New(t)
			w.Live.VersionsPage = 300
			crowd(w, 900)
			m := fenced(t, w)
			invocations := 0
			for done := false; !done; invocations++ {
				var err error
				ctx := &until{t.Context(), begin + looks}
				if invocations > 0 && looks == 0 {
					ctx.looks = begin + 1
				}
				if done, err = purgeOf(w).Run(ctx, m.RequestID, m.Run); err != nil {
					t.Fatal(err)
				}
				if invocations > 60 {
					t.Fatal("it gets no further")
				}
			}
			if looks < 10 && invocations < 2 {
				t.Errorf("%d invocations", invocations)
			}
			cursor, err := w.Ledger.Cursor(t.Context(), m.RequestID)
			if err != nil || cursor.Erased["messages"] != 904 || cursor.Erased["media"] != 902 || cursor.Erased["leads"] != 1 {
				t.Errorf("erased %v in %d invocations: %v", cursor.Erased, invocations, err)
			}
			if w.Live.LargestRead() > livedatatest.MaxPage {
				t.Errorf("a read asked for %d items", w.Live.LargestRead())
			}
		})
	}
}

// A write budget that allows no more before the deadline ends the invocation as time
// that runs out does: within a page, with the cursor saved, nothing counted twice.
func TestOutOfBudgetTheNextInvocationGoesOn(t *testing.T) {
	w := workflowtest.New(t)
	crowd(w, 450)
	m := fenced(t, w)
	n := 0
	w.Fate = func(write string) (bool, error) {
		if n++; strings.HasPrefix(write, "delete messages") && n%100 == 0 {
			return false, fault.Wrap("delete from messages", errors.Join(budget.ErrNoTime))
		}
		return true, nil
	}
	invocations, done := 0, false
	for ; !done; invocations++ {
		var err error
		if done, err = purgeOf(w).Run(t.Context(), m.RequestID, m.Run); err != nil || invocations > 30 {
			t.Fatalf("after %d invocations: %v", invocations, err)
		}
	}
	cursor, err := w.Ledger.Cursor(t.Context(), m.RequestID)
	if err != nil || cursor.Erased["messages"] != 454 || invocations < 3 {
		t.Errorf("erased %v in %d invocations: %v", cursor.Erased, invocations, err)
	}
}

// Time that runs out in the middle of newer records, of which nothing is deleted or
// counted, is not lost either.
func TestOutOfTimeAmongNewerRecords(t *testing.T) {
	w := workflowtest.New(t)
	m := fenced(t, w)
	for i := range 1000 {
		at := workflowtest.Start.Add(time.Duration(i+1) * time.Second).Format(time.RFC3339)
		w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": at + "#n", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom"}))
	}
	for invocations := 0; ; invocations++ {
		done, err := purgeOf(w).Run(&until{t.Context(), 3}, m.RequestID, m.Run)
		if err != nil || invocations > 60 {
			t.Fatalf("after %d invocations: %v", invocations, err)
		}
		if done {
			break
		}
	}
	if w.Live.Item("conversations", "t_harbour", "c_tom") == nil {
		t.Error("the conversation is gone")
	}
}

// A page whose deletion fails half-way is finished without being counted again,
// however often that happens.
func TestAPageIsCountedOnce(t *testing.T) {
	w := workflowtest.New(t)
	crowd(w, 450)
	m := fenced(t, w)
	n := 0
	w.Fate = func(write string) (bool, error) {
		if n++; n%17 == 0 {
			return n%2 == 0, errors.New("struck")
		}
		return true, nil
	}
	tries := 0
	for ; ; tries++ {
		if done, err := purgeOf(w).Run(t.Context(), m.RequestID, m.Run); err == nil && done {
			break
		}
	}
	cursor, err := w.Ledger.Cursor(t.Context(), m.RequestID)
	if err != nil || cursor.Erased["messages"] != 454 || cursor.Erased["media"] != 452 || tries < 10 {
		t.Errorf("erased %v after %d tries: %v", cursor.Erased, tries, err)
	}
}

// A quotation that cannot be cut out for certain stops the purge before the row that
// leads to it goes.
func TestAQuotationThatCannotBeCutStops(t *testing.T) {
	for _, quote := range []fields{
		{"lead_key": "t_harbour#l_tom", "field": "tenant_id", "text": "t"},
		{"lead_key": "t_harbour#l_tom", "field": "prompt", "text": "words that are not there"},
	} {
		w := workflowtest.New(t)
		with(w, "ai_audit", []string{"c_tom2", "2026-04-01T18:00:10Z#a_2"}, fields{"quotes": []any{quote}})
		_, err := w.Step(t.Context(), "purge", fenced(t, w))
		if err == nil || fault.KindOf(err) != fault.Permanent {
			t.Errorf("%v: %v", quote, err)
		}
		if len(w.Live.Item("ai_quotes", "t_harbour#l_tom", "c_tom2|2026-04-01T18:00:10Z#a_2")) == 0 {
			t.Errorf("%v: the way to the quotation is gone", quote)
		}
	}
}

// Several quotations of several people in one entry: only the subject's are cut.
func TestOnlyTheSubjectsQuotationsAreCut(t *testing.T) {
	w := workflowtest.New(t)
	with(w, "ai_audit", []string{"c_tom2", "2026-04-01T18:00:10Z#a_2"}, fields{
		"prompt": "A said 'rooms for 8', B said 'a pool', A again 'in June'", "response": "as A said: rooms for 8",
		"quotes": []any{
			fields{"lead_key": "t_harbour#l_tom", "field": "prompt", "text": "rooms for 8"},
			fields{"lead_key": "t_harbour#l_other", "field": "prompt", "text": "a pool"},
			fields{"lead_key": "t_harbour#l_tom", "field": "prompt", "text": "in June"},
			fields{"lead_key": "t_harbour#l_tom", "field": "response", "text": "rooms for 8"},
		}})
	m := fenced(t, w)
	if _, err := w.Step(t.Context(), "purge", m); err != nil {
		t.Fatal(err)
	}
	entry := w.Live.Item("ai_audit", "c_tom2", "2026-04-01T18:00:10Z#a_2")
	if got, want := entry.Text("prompt"), "A said '[removed]', B said 'a pool', A again '[removed]'"; got != want {
		t.Errorf("prompt %q, want %q", got, want)
	}
	if got := entry.Text("response"); got != "as A said: [removed]" {
		t.Errorf("response %q", got)
	}
	if quotes := entry.Maps("quotes"); len(quotes) != 1 || quotes[0].Text("lead_key") != "t_harbour#l_other" {
		t.Errorf("quotes %v", livedatatest.Canonical(entry))
	}
}

// An attachment in a shared thread goes with its message, all versions of it; the
// other authors' stay.
func TestAttachmentsInASharedThread(t *testing.T) {
	w := workflowtest.New(t)
	for _, name := range []string{"m_5.jpg", "m_5.jpg", "m_5.jpg2", "m_7.jpg"} {
		w.Live.PutObject("media", "t_harbour/ch_fb1/c_post9/"+name, name, livedatatest.SeededAt)
	}
	with(w, "messages", []string{"c_post9", "2026-03-05T10:00:00Z#m_5"}, fields{"attachments": []any{fields{"key": "t_harbour/ch_fb1/c_post9/m_5.jpg"}}})
	m := fenced(t, w)
	if _, err := w.Step(t.Context(), "purge", m); err != nil {
		t.Fatal(err)
	}
	var left []string
	for key := range w.Live.Dump() {
		if strings.Contains(key, "c_post9/m_") {
			left = append(left, key)
		}
	}
	if len(left) != 2 || strings.Contains(strings.Join(left, " "), "m_5.jpg@") {
		t.Errorf("left are %v", left)
	}
	cursor, _ := w.Ledger.Cursor(t.Context(), m.RequestID)
	if cursor.Erased["media"] != 4 {
		t.Errorf("erased %v", cursor.Erased)
	}
}
