package main

import (
	"context"
	"errors"
	"flag"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
)

// resume sends a request on that waits for a person.
func resume(ctx context.Context, t *tool, args []string) error {
	id, err := t.parse(flag.NewFlagSet(t.name, flag.ContinueOnError), args)
	if err == nil && id == "" {
		err = errors.New("which request? opsctl list shows their IDs")
	}
	if err != nil {
		return err
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	l := t.ledger()
	r, err := l.Get(ctx, id)
	if err != nil {
		return err
	}
	t.say("%s is in state %s, run %d, due %s.", r.ID, r.State, r.Run, stamp(r.DueAt))
	planned := r
	if err := planned.Resume(t.now()); err != nil {
		return err
	}
	if !t.execute {
		t.say("Would look for the person's data again, in run %d.", planned.Run)
		t.sayDryRun("")
		return nil
	}
	return t.audited(ctx, securitylog.Operation{RequestID: id}, func(*securitylog.Operation) error {
		r, err := dispatch.Resume(ctx, l, id)
		if err == nil {
			t.start(ctx, r)
		}
		return err
	})
}
