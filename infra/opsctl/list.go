package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// mostListed is how many open requests are printed: as many as somebody reads.
const mostListed = 1000

// list prints the open requests, the oldest first.
func list(ctx context.Context, t *tool, args []string) error {
	if _, err := t.parse(flag.NewFlagSet(t.name, flag.ContinueOnError), args); err != nil {
		return err
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	open, full, err := openRequests(ctx, t.ledger())
	if err != nil {
		return err
	}
	now := t.now()
	table := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "request\tstate\trun\tintake\tage\tdue\tmoved")
	for _, r := range open {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s ago\n", r.ID, r.State, present(r), r.Intake, span(now.Sub(r.ReceivedAt)), due(r, now), span(now.Sub(r.Moved())))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if full {
		t.say("There may be more: these are the first %d.", mostListed)
	}
	return nil
}

// openRequests reads them from the sweep's index, whenever they are to be looked at.
func openRequests(ctx context.Context, l *ledger.Ledger) (open []request.Request, full bool, err error) {
	ids, err := l.Due(ctx, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), mostListed)
	if err != nil {
		return nil, false, err
	}
	for _, id := range ids {
		r, err := l.Get(ctx, id)
		if err != nil {
			return nil, false, err
		}
		if !r.State.Terminal() { // the index lags
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
