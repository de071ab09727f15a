package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// shredding is what it takes to shred leads of a channel of which so many snapshots are
// retained, and to verify that it was done: each lead by itself.
type shredding struct {
	retained, leads int // leads of the channel
	shredded        int // of them
	rows            int // keys that were destroyed
	shred, verify   effort
}

// effort is what something took, for all leads together.
type effort struct {
	cpu, wall time.Duration
	calls     map[string]int
	bytes     int64 // read of objects
}

// nights are how many snapshots are retained.
var nights = []int{1, 10, 30}

// perThreadShredded are the messages of each lead: what is shredded is as little of more.
const perThreadShredded = 20

func shredOnEngine(ctx context.Context, sizes backupSizes) ([]shredding, error) {
	e, err := startEngine(ctx)
	if err != nil {
		return nil, err
	}
	defer e.close()
	b, err := e.backups(&crowd{channels: len(nights), leads: sizes.leads, messages: perThreadShredded})
	if err != nil {
		return nil, err
	}
	return measureShreds(ctx, b, nights, sizes.shredded)
}

// measureShreds needs backups with a channel for each number of nights.
func measureShreds(ctx context.Context, b *backups, nights []int, leads int) ([]shredding, error) {
	var out []shredding
	for channel, retained := range nights {
		one, err := b.shredding(ctx, channel, retained, leads)
		if err != nil {
			return out, err
		}
		out = append(out, one)
	}
	return out, nil
}

func (b *backups) shredding(ctx context.Context, channel, retained, leads int) (shredding, error) {
	s := shredding{retained: retained, leads: b.crowd.leads, shredded: leads}
	b.ring = b.keyring()
	first := time.Now().Truncate(time.Second)
	for night := range retained {
		if _, err := b.seal(ctx, channel, first.AddDate(0, 0, night-retained)); err != nil {
			return s, err
		}
	}
	var err error
	d := b.destroyer()
	s.shred, err = b.measure(channel, leads, func(p person) error {
		n, err := d.Destroy(ctx, p.path())
		s.rows += n
		return err
	})
	if err == nil {
		s.verify, err = b.measure(channel, leads, func(p person) error { return b.verify(ctx, d, p) })
	}
	return s, err
}

// measure does something with each of so many leads.
func (b *backups) measure(channel, leads int, do func(person) error) (effort, error) {
	b.asked.clear()
	began, cpu := time.Now(), cpuTime()
	for number := range leads {
		if err := do(person{channel, number}); err != nil {
			return effort{}, err
		}
	}
	return effort{cpuTime() - cpu, time.Since(began), maps.Clone(b.asked.calls), b.asked.bytes}, nil
}

// verify reads what the step Verify reads of backups: whether a key of the person is left
// where it would stand, and each that a retained snapshot names.
func (b *backups) verify(ctx context.Context, d keys.Destroyer, p person) error {
	left, err := d.Left(ctx, p.path(), time.Time{})
	if err != nil {
		return err
	}
	own := keys.Names(b.secret, p.path()[2])
	seen := map[keys.Step]bool{}
	err = snapshot.EachName(ctx, b.bucket, b.crowd.unit(p.channel), func(_ time.Time, refs []keys.Ref) error {
		for _, ref := range refs {
			at := slices.IndexFunc(ref, func(step keys.Step) bool { return slices.Contains(own, step.Name) })
			if at < 0 || seen[ref[at]] {
				continue
			}
			seen[ref[at]] = true
			row, there, err := b.rows.Named(ctx, ref[at-1].Name, ref[at].Name)
			if err != nil {
				return err
			}
			if there && row.ID == ref[at].ID {
				left = append(left, ref[at])
			}
		}
		return nil
	})
	if err == nil && (len(left) > 0 || len(seen) != 1) {
		err = fmt.Errorf("after its shredding %d keys of a lead are left, and its snapshots name %d", len(left), len(seen))
	}
	return err
}

// each is a lead's share.
func (e effort) each(leads int) effort {
	calls := map[string]int{}
	for call, n := range e.calls {
		calls[call] = (n + leads - 1) / leads
	}
	return effort{e.cpu / time.Duration(leads), e.wall / time.Duration(leads), calls, e.bytes / int64(leads)}
}

func (e effort) milliseconds() string {
	return fmt.Sprintf("%.2f | %.1f", float64(e.cpu.Microseconds())/1e3, float64(e.wall.Microseconds())/1e3)
}

func printShreds(out io.Writer, measured []shredding) {
	if len(measured) == 0 {
		return
	}
	fmt.Fprintf(out, "A channel of %d leads; figures are of one lead, the mean of %d.\n\n", measured[0].leads, measured[0].shredded)
	fmt.Fprintln(out, "| snapshots retained | shred: CPU, ms | wall, ms | calls | keys destroyed | verify of it: CPU, ms | wall, ms | calls | KB read | of it for each snapshot and lead of the channel, bytes |")
	fmt.Fprintln(out, "|---:|---:|---:|---|---:|---:|---:|---|---:|---:|")
	for _, s := range measured {
		shred, verify := s.shred.each(s.shredded), s.verify.each(s.shredded)
		fmt.Fprintf(out, "| %d | %s | %s | %d | %s | %s | %.0f | %d |\n", s.retained, shred.milliseconds(), callsText(shred.calls), s.rows/s.shredded,
			verify.milliseconds(), callsText(verify.calls), float64(verify.bytes)/1e3, verify.bytes/int64(s.retained*s.leads))
	}
	fmt.Fprintln(out)
}

// checkShreds holds the shredding to its limit, and to asking for the same however many
// snapshots there are.
func checkShreds(measured []shredding) error {
	var problems []error
	for _, s := range measured {
		if cpu := s.shred.cpu / time.Duration(s.shredded); cpu > maxShred {
			problems = append(problems, fmt.Errorf("with %d snapshots the shredding of a lead takes %s of CPU time, more than %s", s.retained, cpu, maxShred))
		}
		if !maps.Equal(s.shred.calls, measured[0].shred.calls) {
			problems = append(problems, fmt.Errorf("with %d snapshots the shredding calls %s, with %d %s", s.retained, callsText(s.shred.calls),
				measured[0].retained, callsText(measured[0].shred.calls)))
		}
	}
	return errors.Join(problems...)
}
