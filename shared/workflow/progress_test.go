package workflow_test

import (
	"context"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// A purge whose invocation ends with work left has got on, though its state is the same;
// an invocation of a run that has lost the request has not.
func TestUnfinishedPurgeGetsOn(t *testing.T) {
	w := workflowtest.New(t)
	m := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	for _, step := range []string{workflow.NextLocate, workflow.NextFence} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatal(err)
		}
	}
	w.Reserve = time.Hour // more than the invocation has
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := w.Request(t, m.RequestID)
	next, err := w.Step(ctx, workflow.NextPurge, m)
	after := w.Request(t, m.RequestID)
	if err != nil || next.Next != workflow.NextPurge || after.State != request.Purging || !after.Moved().After(before.Moved()) {
		t.Errorf("next %q, %v; moved at %s and then at %s", next.Next, err, before.Moved(), after.Moved())
	}
	w.Restart(t, m.RequestID)
	if _, err := w.Step(ctx, workflow.NextPurge, m); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a run that lost the request: %v", err)
	}
	if late := w.Request(t, m.RequestID); !late.Moved().Equal(after.Moved()) {
		t.Errorf("it moved the request at %s", late.Moved())
	}
}
