package workflow_test

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// What stayed because it was newer is still found by the next request.
func TestALaterRequestFindsWhatStayed(t *testing.T) {
	w := workflowtest.New(t)
	wroteAgain(w, again)
	before := w.Live.Dump()
	walk(t, w, w.Admit(t, workflowtest.Tom, time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)))
	r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
	gone := append([]string{"messages/c_tom/" + again + "#m_n1", "messages/c_post9/" + again + "#m_n2", "ai_audit/c_tom/" + again + "#a_n",
		"media/t_harbour/ch_fb1/c_tom/m_n1.jpg@v000004"}, tomsKeys...)
	same(t, w.Live.Dump(), expected(before, gone...))
	if r.State != request.Completed || r.Erased["messages"] != 2 || r.Erased["links"] != 1 {
		t.Errorf("ended %s with %v", r.State, r.Erased)
	}
}

// late lets an object be written after the subjects were frozen.
func late(w *workflowtest.World, key string) {
	once := true
	w.Before = func(step string) {
		if step == workflow.NextPurge && once {
			once = false
			w.Live.PutObject("media", key, "late", w.Now().Add(time.Hour))
		}
	}
}

// An attachment of an old message that is stored late goes with its message.
func TestALateObjectOfAnOldRecordGoes(t *testing.T) {
	for _, key := range []string{"t_harbour/ch_fb1/c_tom/m_1.jpg", "t_harbour/ch_fb1/profiles/l_tom.jpg"} {
		w := workflowtest.New(t)
		before := w.Live.Dump()
		late(w, key)
		r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
		same(t, w.Live.Dump(), expected(before, tomsKeys...))
		if r.State != request.Completed || r.Erased["media"] != 3 || r.Misses != 0 {
			t.Errorf("%s: ended %s with %v after %d misses", key, r.State, r.Erased, r.Misses)
		}
	}
}

// A late object that no record names cannot be told to be old or new: nobody calls
// the request completed over it.
func TestALateObjectOfNobodyWaitsForTheOperator(t *testing.T) {
	w := workflowtest.New(t)
	late(w, "t_harbour/ch_fb1/c_tom/nobody.jpg")
	m := w.Admit(t, workflowtest.Tom, cutoff)
	end, err := w.Walk(t.Context(), m)
	if r := w.Request(t, m.RequestID); end != workflow.NextOperator || err != nil || r.State != request.NeedsOperator || r.ErasedAt != nil {
		t.Errorf("end %q, %v at %s", end, err, r.State)
	}
}

// A link that is dated before the cutoff and comes after the look is located too.
func TestALinkThatComesAfterTheLookIsLocated(t *testing.T) {
	w := workflowtest.New(t)
	once := true
	w.Before = func(step string) {
		if step == workflow.NextFence && once {
			once = false
			link(w, workflowtest.Tom, "lead#t_capricho#l_lucia", "2026-03-01T18:00:05Z")
		}
	}
	r := walk(t, w, w.Admit(t, workflowtest.Tom, cutoff))
	if r.State != request.Completed || len(r.Results) != 2 || r.Erased["leads"] != 2 || r.Erased["links"] != 2 || r.Misses != 1 {
		t.Errorf("ended %s, results %v, erased %v after %d misses", r.State, r.Results, r.Erased, r.Misses)
	}
	if len(w.Live.Item("leads", "t_capricho", "l_lucia")) > 0 {
		t.Error("the second business was never looked at")
	}
}

// A request whose case file is being scrubbed is never parked: only the scrubbing is
// left, and a further run does it.
func TestAClosingRequestIsNotParked(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, cutoff)
	w.Fate = func(write string) (bool, error) {
		if write == "commit subject#0000" && w.Request(t, m.RequestID).Closing {
			return false, fault.New(fault.Retry, "the table is away")
		}
		return true, nil
	}
	if end, _ := w.Walk(t.Context(), m); end != "failed" {
		t.Fatalf("end %q", end)
	}
	park := m
	park.Leave = workflow.NextOperator
	if _, err := w.Step(t.Context(), workflow.NextClose, park); err != nil {
		t.Fatal(err)
	}
	if r := w.Request(t, m.RequestID); r.State != request.Verifying || !r.Closing {
		t.Fatalf("stands at %s", r.State)
	}
	w.Fate = nil
	if r := walk(t, w, m); r.State != request.Completed {
		t.Errorf("ended %s", r.State)
	}
	scrubbed(t, w)
}
