package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/review"
)

// showRequest prints a record and its history.
type showRequest struct{ about }

func (c showRequest) Run(ctx context.Context, t *tool) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	r, err := t.ledger().Get(ctx, c.ID)
	if err != nil {
		return err
	}
	events, err := t.ledger().Events(ctx, c.ID)
	if err != nil {
		return err
	}
	t.sayRecord(r)
	t.say("history")
	for _, e := range events {
		t.say("  %s  %s  %s, run %d", stamp(e.At), e.Type, e.State, e.Run)
	}
	for _, broken := range chain.Verify(r, events) {
		t.say("  BROKEN: %s", broken)
	}
	return nil
}

// field prints a value under its name, if there is one.
func (t *tool) field(name, value string) {
	if value != "" {
		t.say("%-12s %s", name, value)
	}
}

func (t *tool) sayRecord(r request.Request) {
	t.field("request", r.ID)
	t.field("kind", fmt.Sprintf("%s by %s", r.Kind, r.Intake))
	t.field("state", string(r.State))
	if r.Shown() != r.State {
		t.field("shown as", string(r.Shown()))
	}
	if r.Closing {
		t.field("ends as", string(r.Ending))
	}
	t.field("run", present(r))
	t.field("received", stamp(r.ReceivedAt))
	t.field("due", due(r, t.now()))
	t.field("waits for", strings.Join(review.Why(r), " "))
	t.field("scope", r.Scope)
	t.field("about", r.About)
	t.field("reason", visible(r.Reason))
	if r.ErasedAt != nil {
		t.field("erased at", stamp(*r.ErasedAt))
	}
	for _, store := range slices.Sorted(maps.Keys(r.Erased)) {
		t.field("erased", fmt.Sprintf("%s %d", store, r.Erased[store]))
	}
	for i, result := range r.Results {
		t.field("result", fmt.Sprintf("%d %s", i+1, result.Outcome))
	}
	for i, l := range r.Letters {
		t.field("letter", fmt.Sprintf("%d %s to mailbox %d: %s since %s", i, l.Kind, l.To, l.State, stamp(l.At)))
	}
	for _, task := range r.Tasks {
		t.field("task", task)
	}
}
