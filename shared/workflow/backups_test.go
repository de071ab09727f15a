package workflow_test

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// Verification misses for the last time, and the execution dies before it parks: the next run
// ends the request all the same.
func TestAMissAfterWhichTheExecutionDies(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, cutoff)
	w.Before = func(step string) {
		if step == workflow.NextVerify {
			w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_tom", "audit_key": "2026-03-01T18:00:19Z#back", "created_at": "2026-03-01T18:00:19Z", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
		}
	}
	next := "locate"
	for range 60 {
		if w.Before != nil {
			w.Before(next)
		}
		out, err := w.Step(t.Context(), next, m)
		if err != nil {
			t.Fatal(next, err)
		}
		m, next = out, out.Next
		if next == workflow.NextOperator {
			break // and the execution dies here: Park never runs
		}
	}
	r := w.Request(t, m.RequestID)
	w.Before = nil
	for range 4 {
		_, _ = w.Walk(t.Context(), w.Restart(t, m.RequestID))
		r = w.Request(t, m.RequestID)
	}
	if r.State != request.Completed {
		t.Errorf("stands at %s for ever", r.State)
	}
}

// A request that was accepted by the version before (verifying, no ShreddedAt).
func TestARequestThatWasVerifyingBeforeThereWereBackups(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, cutoff)
	for _, step := range []string{"locate", "fence", "purge"} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatal(err)
		}
	}
	// what purge did before this change
	if _, err := w.Ledger.Update(t.Context(), m.RequestID, 0, func(r *request.Request) error { return r.Move(request.Verifying, w.Now()) }); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_, _ = w.Walk(t.Context(), w.Restart(t, m.RequestID))
	}
	if r := w.Request(t, m.RequestID); r.State != request.Completed {
		t.Errorf("stands at %s for ever", r.State)
	}
}

// The date that people are shown outlives what made it true.
func TestTheDateOfBackupsEndsWithItsRound(t *testing.T) {
	w := workflowtest.NewOn(t, extended(t, vendor))
	m := w.Admit(t, workflowtest.Tom, cutoff)
	walk(t, w, m)
	w.Pass(5 * 24 * time.Hour)
	for _, store := range []string{"model_vendor", "error_tracker"} {
		if _, err := w.Ledger.Update(t.Context(), m.RequestID, 0, func(r *request.Request) error { return r.Confirm(store, w.Now()) }); err != nil {
			t.Fatal(err)
		}
	}
	m = workflow.For(w.Request(t, m.RequestID))
	w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_tom", "audit_key": "2026-03-01T18:00:19Z#back", "created_at": "2026-03-01T18:00:19Z", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
	if _, err := w.Step(t.Context(), "verify", m); err != nil {
		t.Fatal(err)
	}
	r := w.Request(t, m.RequestID)
	if r.ErasedAt == nil && r.UnreadableAt != nil {
		t.Errorf("live data was found, and backups are shown unreadable since %v", r.UnreadableAt)
	}
}

func TestTheDateOfBackupsEndsWhenARequestIsResumed(t *testing.T) {
	at := time.Now()
	r := request.Request{State: request.NeedsReview, UnreadableAt: &at, ErasedAt: &at, ShreddedAt: &at}
	if err := r.Resume(at); err != nil {
		t.Fatal(err)
	}
	if r.UnreadableAt != nil {
		t.Errorf("state %s, erased %v, unreadable %v", r.State, r.ErasedAt, r.UnreadableAt)
	}
}

func TestADamagedManifestStopsNoDeletion(t *testing.T) {
	w := workflowtest.New(t)
	w.Night(t)
	if err := w.Backups.Put(t.Context(), "manifests/t_harbour/channel/ch_fb1/20260520T010000Z", []byte(`{"manifest":{"v":2},"mac":""}`)); err != nil {
		t.Fatal(err)
	}
	end, err := w.Walk(t.Context(), w.Admit(t, workflowtest.Tom, cutoff))
	if end != workflow.NextDone {
		t.Errorf("%q %v", end, err)
	}
}
