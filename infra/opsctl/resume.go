package main

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/review"
)

type resume struct {
	about
	acting
}

func (c resume) Run(ctx context.Context, t *tool) error {
	return t.decide(ctx, c.ID, c.acting, review.Resume())
}

type hasten struct {
	about
	acting
}

func (c hasten) Run(ctx context.Context, t *tool) error {
	return t.decide(ctx, c.ID, c.acting, review.Hasten())
}

type done struct {
	about
	acting
	Task string `required:"" help:"Name of the task, as requests show prints it."`
}

func (c done) Run(ctx context.Context, t *tool) error {
	return t.decide(ctx, c.ID, c.acting, review.Done(c.Task))
}
