package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/review"
)

// mostListed is how many open requests are printed: as many as somebody reads.
const mostListed = 1000

// listRequests prints what the ledger has open, the oldest first: requests that are not
// over, and those whose letters came back or that left something to be done by hand.
type listRequests struct{}

func (listRequests) Run(ctx context.Context, t *tool) error {
	open := func(r request.Request) bool { return !r.State.Terminal() || r.ForPerson() }
	return t.table(ctx, "request\tstate\trun\tintake\tage\tdue\tmoved", open, func(r request.Request, now time.Time) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s ago", r.ID, r.State, present(r), r.Intake, span(now.Sub(r.ReceivedAt)), due(r, now), span(now.Sub(r.Moved())))
	})
}

// listReviews prints what waits for a person, the oldest first.
type listReviews struct{}

func (listReviews) Run(ctx context.Context, t *tool) error {
	waits := func(r request.Request) bool { return r.ForPerson() }
	return t.table(ctx, "request\tkind\twhy\tage\tdue", waits, func(r request.Request, now time.Time) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s", r.ID, r.Kind, strings.Join(review.Why(r), " "), span(now.Sub(r.ReceivedAt)), due(r, now))
	})
}

// table prints a line for each request that is meant.
func (t *tool) table(ctx context.Context, head string, meant func(request.Request) bool, line func(request.Request, time.Time) string) error {
	if err := t.connect(ctx); err != nil {
		return err
	}
	found, full, err := openRequests(ctx, t.ledger(), meant)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, head)
	for _, r := range found {
		fmt.Fprintln(table, line(r, t.now()))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if full {
		t.say("There may be more: these are of the first %d.", mostListed)
	}
	return nil
}

// openRequests reads them from the sweep's index, whenever they are to be looked at.
func openRequests(ctx context.Context, l *ledger.Ledger, meant func(request.Request) bool) (open []request.Request, full bool, err error) {
	ids, err := l.Due(ctx, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), mostListed)
	if err != nil {
		return nil, false, err
	}
	for _, id := range ids {
		r, err := l.Get(ctx, id)
		if err != nil {
			return nil, false, err
		}
		if meant(r) { // the index lags
			open = append(open, r)
		}
	}
	slices.SortFunc(open, func(a, b request.Request) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return open, len(ids) == mostListed, nil
}

// present is the run that owns a request, and whether it has started.
func present(r request.Request) string {
	switch {
	case r.InOutbox() && r.NotBefore.After(r.ReceivedAt):
		return fmt.Sprintf("%d, not before %s", r.Run, stamp(r.NotBefore))
	case r.InOutbox():
		return fmt.Sprintf("%d, not started", r.Run)
	}
	return fmt.Sprint(r.Run)
}

func due(r request.Request, now time.Time) string {
	if now.After(r.DueAt) {
		return stamp(r.DueAt) + " (late)"
	}
	return stamp(r.DueAt)
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02 15:04Z") }

// span is a duration as a person says it: to the minute, or to the hour for days.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	if d < day {
		return strings.TrimSuffix(d.Truncate(time.Minute).String(), "0s") // "0" of less than a minute
	}
	return fmt.Sprintf("%dd%dh", d/day, d%day/time.Hour)
}
