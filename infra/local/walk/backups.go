package walk

import (
	"context"
	"fmt"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// units are what of the Harbour View Hotel is copied by itself: Tom wrote in its first
// channel, Tomasz in its second.
var units = []snapshot.Unit{{Tenant: "t_harbour"}, {Tenant: "t_harbour", Channel: "ch_fb1"}, {Tenant: "t_harbour", Channel: "ch_ig1"}}

const pollEvery = 100 * time.Millisecond

// backUp runs the night's backup and waits for it.
func (w *walker) backUp(ctx context.Context) error {
	w.step("A night passes: everything is copied, each record sealed under its person’s key.")
	w.say("POST %s/_local/schedules/snapshot", w.stack.URL)
	if err := w.stack.Schedule(ctx, "snapshot"); err != nil {
		return err
	}
	for _, unit := range units {
		if err := w.awaitCopy(ctx, unit); err != nil {
			return err
		}
	}
	his, others, _, err := w.open(ctx)
	if err == nil && (his == 0 || others == 0) {
		err = fmt.Errorf("the backup holds %d records of Tom and %d of others: it should hold some of both", his, others)
	}
	w.say("What can be read in it with every key: %d records of Tom, %d of others", his, others)
	return err
}

func (w *walker) awaitCopy(ctx context.Context, unit snapshot.Unit) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		found, err := w.backups().AsOfs(ctx, unit)
		if err != nil || len(found) > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the backup of %s/%s is not finished: %w", unit.Tenant, unit.Channel, ctx.Err())
		case <-ticker.C:
		}
	}
}

// open counts the records that can be read in the backup, and the frames that cannot.
func (w *walker) open(ctx context.Context) (his, others, shut int, err error) {
	reader := w.backups()
	for _, unit := range units {
		nights, err := reader.AsOfs(ctx, unit)
		if err != nil || len(nights) == 0 {
			return 0, 0, 0, fmt.Errorf("the backup of %s/%s is gone: %w", unit.Tenant, unit.Channel, err)
		}
		night, err := reader.Open(ctx, unit, nights[0])
		if err != nil {
			return 0, 0, 0, err
		}
		err = night.Each(ctx, 0, nil, func(b snapshot.Batch) error {
			for _, record := range append(b.Records, b.Apart...) {
				if isToms(client.Item{"": record.Item}) {
					his++
				} else {
					others++
				}
			}
			shut += b.Destroyed
			return nil
		})
		if err != nil {
			return 0, 0, 0, err
		}
	}
	return his, others, shut, nil
}

// reopen shows that the copies are still there, and nothing of the person can be read.
func (w *walker) reopen(ctx context.Context, status client.Status) error {
	w.step("The backup of that night is still there. What can be read in it now:")
	his, others, shut, err := w.open(ctx)
	if err != nil {
		return err
	}
	w.say("%d records of Tom, %d of others; %d frames that nobody can open any more, since Tom’s key is destroyed", his, others, shut)
	if his > 0 || others == 0 || shut == 0 {
		return fmt.Errorf("after the deletion %d records of Tom can be read in the backup, %d of others, and %d frames cannot", his, others, shut)
	}
	if status.Unreadable == nil || status.BackupsGone == nil {
		return fmt.Errorf("the status does not say when backups are gone")
	}
	w.say("no copy of any kind can be read from %s, when the live tables’ own recovery ends;", status.Unreadable.Format(time.RFC3339))
	w.say("the last unreadable one is deleted by %s", status.BackupsGone.Format(time.RFC3339))
	return nil
}
