package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
)

// redrive puts dead start messages back into the start queue.
type redrive struct {
	acting
	Expect int `default:"-1" placeholder:"N" help:"How many messages are sent again, as it was printed."`
}

func (c redrive) Run(ctx context.Context, t *tool) error {
	if err := t.may(c.acting); err != nil {
		return err
	}
	if t.Execute && c.Expect < 0 {
		return errors.New("--execute needs --expect with the number of messages that opsctl requests redrive printed")
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	r, err := t.redriver(ctx)
	if err != nil {
		return err
	}
	mail, err := r.Collect(ctx)
	if err != nil {
		return err
	}
	t.show(mail)
	switch {
	case !t.Execute:
		t.sayDryRun(fmt.Sprintf(" --expect %d", len(mail.Ours)))
		return r.PutBack(ctx, mail)
	case len(mail.Ours) != c.Expect:
		return errors.Join(fmt.Errorf("expected %d start messages: nothing was done", c.Expect), r.PutBack(ctx, mail))
	}
	return t.audited(ctx, securitylog.Operation{Count: c.Expect}, func(o *securitylog.Operation) error {
		o.Count, err = r.Move(ctx, mail)
		t.say("%d sent again.", o.Count)
		return err
	})
}

func (t *tool) redriver(ctx context.Context) (dispatch.Redriver, error) {
	dead, err := t.queue(ctx, "start-dlq")
	if err != nil {
		return dispatch.Redriver{}, err
	}
	start, err := t.queue(ctx, "start")
	return dispatch.Redriver{DeadLetters: dispatch.SQSDeadLetters(dead), Queue: start}, err
}

// show names what is not ours by its message ID: what stands in it may be anybody's.
func (t *tool) show(mail dispatch.Mail) {
	t.say("%d start messages to send again.", len(mail.Ours))
	for _, l := range mail.Foreign {
		t.say("not ours, stays: message %s", l.ID)
	}
	if mail.Full {
		t.say("There may be more: run it again afterwards.")
	}
}
