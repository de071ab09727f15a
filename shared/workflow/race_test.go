package workflow_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// meanwhile does something once, just before a write whose name begins so.
func meanwhile(w *workflowtest.World, write string, do func()) {
	w.Fate = func(name string) (bool, error) {
		if do != nil && strings.HasPrefix(name, write) {
			first := do
			do = nil
			first()
		}
		return true, nil
	}
}

// The platform changes a record between our look at it and our write.
func TestARecordThatChangesMeanwhileIsLookedAtAgain(t *testing.T) {
	contact := func(w *workflowtest.World) {
		lead := w.Live.Item("leads", "t_harbour", "l_tom")
		maps.Copy(lead, livedatatest.NewItem(fields{"last_interaction_at": again}))
		w.Live.Put("leads", lead)
	}
	touch := func(w *workflowtest.World) {
		lead := w.Live.Item("leads", "t_harbour", "l_tom")
		maps.Copy(lead, livedatatest.NewItem(fields{"tags": []any{"vip"}}))
		w.Live.Put("leads", lead)
	}
	audited := func(w *workflowtest.World) {
		entry := w.Live.Item("ai_audit", "c_tom2", "2026-04-01T18:00:10Z#a_2")
		maps.Copy(entry, livedatatest.NewItem(fields{"human_takeover": false}))
		w.Live.Put("ai_audit", entry)
	}
	upTo := time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, write   string
		do            func(*workflowtest.World)
		leads, rounds int
	}{
		{"a new contact while fencing", "change leads", contact, 0, 0},
		{"a new contact while deleting", "delete if leads", contact, 0, 1},
		{"another change while deleting", "delete if leads", touch, 1, 1},
		{"the quoting entry while cutting", "change ai_audit", audited, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workflowtest.New(t)
			m := w.Admit(t, workflowtest.Tom, upTo)
			meanwhile(w, c.write, func() { c.do(w) })
			r := walk(t, w, m)
			if r.State != request.Completed || r.Erased["leads"] != c.leads || r.Rounds != c.rounds {
				t.Errorf("ended %s after %d rounds with %v", r.State, r.Rounds, r.Erased)
			}
			row := w.Live.Item("leads", "t_harbour", "l_tom")
			if (row == nil) != (c.leads == 1) {
				t.Errorf("the profile is %v", row)
			}
			for _, name := range []string{"handle", "display_name", "profile_picture", "deleting_at"} {
				if _, ok := row[name]; ok {
					t.Errorf("the profile still has %s", name)
				}
			}
			entry := w.Live.Item("ai_audit", "c_tom2", "2026-04-01T18:00:10Z#a_2")
			if strings.Contains(livedatatest.Canonical(entry), "rooms for 8") {
				t.Errorf("the quotation is still there: %s", livedatatest.Canonical(entry))
			}
		})
	}
}

// The picture changes, or the profile goes, after the subject was frozen: what was
// frozen still leads to the old picture.
func TestThePictureThatWasFrozenGoes(t *testing.T) {
	for name, change := range map[string]func(*workflowtest.World){
		"another picture": func(w *workflowtest.World) {
			lead := w.Live.Item("leads", "t_harbour", "l_tom")
			maps.Copy(lead, livedatatest.NewItem(fields{"profile_picture": "t_harbour/ch_fb1/profiles/l_tom_2.jpg"}))
			w.Live.Put("leads", lead)
		},
		"the profile is gone": func(w *workflowtest.World) { w.Live.Drop("leads", "t_harbour", "l_tom") },
	} {
		t.Run(name, func(t *testing.T) {
			w := workflowtest.New(t)
			w.Live.PutObject("media", "t_harbour/ch_fb1/profiles/l_tom_2.jpg", "other face", livedatatest.SeededAt)
			before := w.Live.Dump()
			m := w.Admit(t, workflowtest.Tom, cutoff)
			w.Before = func(step string) {
				if step == workflow.NextFence {
					change(w)
				}
			}
			r := walk(t, w, m)
			gone := append([]string{}, tomsKeys...)
			if name == "another picture" {
				gone = append(gone, "media/t_harbour/ch_fb1/profiles/l_tom_2.jpg@v000004")
			}
			same(t, w.Live.Dump(), expected(before, gone...))
			if r.State != request.Completed || r.Rounds != 0 {
				t.Errorf("ended %s after %d rounds", r.State, r.Rounds)
			}
		})
	}
}

// An index that still shows what the base has no more leads to nothing.
func TestStaleIndexesAreHintsOnly(t *testing.T) {
	w := workflowtest.New(t)
	w.Live.Stale = true
	before := w.Live.Dump()
	// A comment whose author changed, and one that is gone.
	w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_post9", "message_key": "2026-03-05T12:00:00Z#m_9", "sent_at": "2026-03-05T12:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom", "author_key": "t_harbour#l_tom"}))
	w.Live.Drop("messages", "c_post9", "2026-03-05T12:00:00Z#m_9")
	other := livedatatest.NewItem(fields{"conversation_id": "c_post9", "message_key": "2026-03-05T12:00:01Z#m_9", "sent_at": "2026-03-05T12:00:01Z", "tenant_id": "t_harbour", "lead_id": "l_other", "author_key": "t_harbour#l_tom"})
	w.Live.Put("messages", other)
	maps.Copy(other, livedatatest.NewItem(fields{"author_key": "t_harbour#l_other"}))
	w.Live.Put("messages", other)
	before["messages/c_post9/2026-03-05T12:00:01Z#m_9"] = livedatatest.Canonical(other)
	r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
	same(t, w.Live.Dump(), expected(before, tomsKeys...))
	if r.State != request.Completed || r.Rounds != 0 || r.Erased["messages"] != 4 {
		t.Errorf("ended %s after %d rounds with %v", r.State, r.Rounds, r.Erased)
	}
}

// What keeps coming back ends at the operator, after a bounded number of rounds.
func TestWhatIsNeverEmptyWaitsForTheOperator(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, cutoff)
	w.Before = func(step string) {
		if step == workflow.NextVerify {
			w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_tom", "audit_key": "2026-03-01T18:00:19Z#back", "created_at": "2026-03-01T18:00:19Z", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
		}
	}
	end, err := w.Walk(t.Context(), m)
	r := w.Request(t, m.RequestID)
	if end != workflow.NextOperator || err != nil || r.State != request.NeedsOperator || r.Misses != workflow.MaxMisses+1 || r.ErasedAt != nil {
		t.Errorf("ended %q %v at %s after %d rounds", end, err, r.State, r.Rounds)
	}
	if !strings.Contains(w.LogText.String(), "ai_audit:1") {
		t.Errorf("the log does not say where: %s", w.LogText.String())
	}

	// The operator mends it and starts it again: the frozen subject still leads to it.
	w.Before = nil
	if _, err := w.Ledger.Update(t.Context(), m.RequestID, 0, func(r *request.Request) error {
		r.NextRun()
		return r.Move(request.Received, w.Now())
	}); err != nil {
		t.Fatal(err)
	}
	r = walk(t, w, workflow.For(w.Request(t, m.RequestID)))
	if r.State != request.Completed || r.Erased["leads"] != 1 || r.Erased["messages"] != 4 {
		t.Errorf("then ended %s with %v", r.State, r.Erased)
	}
	scrubbed(t, w)
}

func TestEveryStepIsIdempotent(t *testing.T) {
	w := workflowtest.New(t)
	want := workflowtest.New(t)
	wantRequest := walk(t, want, want.Admit(t, workflowtest.Tom, cutoff))
	m := w.Admit(t, workflowtest.Tom, cutoff)
	for _, step := range []string{"locate", "locate", "fence", "fence", "purge", "purge", "shred", "shred", "verify", "verify", "close", "close"} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	r := w.Request(t, m.RequestID)
	if r.State != request.Completed || !maps.Equal(r.Erased, wantRequest.Erased) {
		t.Errorf("ended %s with %v, want %v", r.State, r.Erased, wantRequest.Erased)
	}
	same(t, w.Live.Dump(), want.Live.Dump())
}

func TestARunThatLostTheRequestTouchesNothing(t *testing.T) {
	for _, step := range []string{"locate", "fence", "purge", "shred", "verify", "close"} {
		t.Run(step, func(t *testing.T) {
			w := workflowtest.New(t)
			m := w.Admit(t, workflowtest.Tom, cutoff)
			w.Restart(t, m.RequestID)
			_, err := w.Step(t.Context(), step, m)
			if fault.KindOf(err) != fault.Conflict || w.Live.Writes() != 0 {
				t.Errorf("%v after %d writes", err, w.Live.Writes())
			}
		})
	}
	t.Run("in the middle of the purge", func(t *testing.T) {
		w := workflowtest.New(t)
		m := w.Admit(t, workflowtest.Tom, cutoff)
		meanwhile(w, "delete messages/c_tom", func() { w.Restart(t, m.RequestID) })
		end, err := w.Walk(t.Context(), m)
		if end != "superseded" || fault.KindOf(err) != fault.Conflict {
			t.Errorf("ended %q: %v", end, err)
		}
		if w.Live.Item("leads", "t_harbour", "l_tom") == nil {
			t.Error("it went on to the end")
		}
	})
}

// A purge that wakes up after the close writes nothing, above all not to the case
// file that was scrubbed.
func TestAPurgeAfterTheCloseWritesNothing(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, cutoff)
	walk(t, w, m)
	writes := w.Live.Writes()
	if _, err := w.Step(t.Context(), "purge", m); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	if w.Live.Writes() != writes {
		t.Error("it wrote")
	}
	scrubbed(t, w)
}

func TestMessagesAreReadStrictly(t *testing.T) {
	good := `{"v":1,"request_id":"0123456789abcdef0123456789abcdef","run":2}`
	if m, err := workflow.Parse([]byte(good)); err != nil || m.Run != 2 {
		t.Errorf("%+v, %v", m, err)
	}
	for _, src := range []string{``, `[]`, `{}`, `{"v":2,"request_id":"0123456789abcdef0123456789abcdef","run":1}`,
		`{"v":1,"request_id":"short","run":1}`, `{"v":1,"request_id":"0123456789abcdef0123456789abcdef"}`} {
		if _, err := workflow.Parse([]byte(src)); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", src, err)
		}
	}
}

func TestACancelledInvocationIsTriedAgain(t *testing.T) {
	for _, write := range []string{"commit frozen", "commit cursor", "delete messages", "change ai_audit", "delete if leads"} {
		t.Run(write, func(t *testing.T) {
			w := workflowtest.New(t)
			before := w.Live.Dump()
			m := w.Admit(t, workflowtest.Tom, cutoff)
			for _, step := range []string{"locate", "fence"} {
				if _, err := w.Step(t.Context(), step, m); err != nil {
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			meanwhile(w, write, cancel)
			if _, err := w.Step(ctx, "purge", m); fault.KindOf(err) != fault.Retry {
				t.Errorf("got %v", err)
			}
			r := walk(t, w, m)
			same(t, w.Live.Dump(), expected(before, tomsKeys...))
			if r.State != request.Completed || r.Erased["messages"] != 4 || r.Erased["media"] != 2 {
				t.Errorf("ended %s with %v", r.State, r.Erased)
			}
		})
	}
}

// The same while the case file is being scrubbed: the close has decided already.
func TestAPurgeDuringTheCloseWritesNothing(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, cutoff)
	w.Fate = func(write string) (bool, error) {
		if write == "commit subject#0000" && w.Live.Writes() > 0 { // the scrub, not the freeze
			return true, livedatatest.ErrKilled
		}
		return true, nil
	}
	if _, err := w.Walk(t.Context(), m); err != livedatatest.ErrKilled {
		t.Fatalf("the close was not killed: %v", err)
	}
	w.Fate = nil
	if _, err := w.Step(t.Context(), "purge", m); fault.KindOf(err) != fault.Conflict {
		t.Errorf("got %v", err)
	}
	if err := w.Ledger.SaveCursor(t.Context(), m.RequestID, m.Run, ledger.Cursor{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a cursor after the scrub: %v", err)
	}
	walk(t, w, w.Restart(t, m.RequestID))
	scrubbed(t, w)
}

// A run that hangs before it writes a case row, and wakes when the next run has closed
// the request, leaves nothing behind.
func TestACaseRowOfALateRunIsRefused(t *testing.T) {
	for _, write := range []string{"commit subject#0000", "commit frozen#0000", "commit cursor"} {
		t.Run(write, func(t *testing.T) {
			w := workflowtest.New(t)
			m := w.Admit(t, workflowtest.Tom, cutoff)
			meanwhile(w, write, func() { walk(t, w, w.Restart(t, m.RequestID)) })
			if end, err := w.Walk(t.Context(), m); end != "superseded" {
				t.Errorf("ended %q: %v", end, err)
			}
			if r := w.Request(t, m.RequestID); r.State != request.Completed {
				t.Errorf("the request stands at %s", r.State)
			}
			scrubbed(t, w)
		})
	}
}
