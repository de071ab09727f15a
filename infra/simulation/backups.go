package simulation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// night is one snapshot of a unit: what it shows was there at some moment between the two.
type night struct {
	unit        snapshot.Unit
	asOf, ended time.Time
	whole       bool
}

// units are the channels and tenants that there are or were.
func (h *history) units() []snapshot.Unit {
	var out []snapshot.Unit
	for key := range h.wrote {
		parts := strings.Split(key, "/")
		switch parts[0] {
		case "tenants":
			out = append(out, snapshot.Unit{Tenant: parts[1]})
		case "channels":
			out = append(out, snapshot.Unit{Tenant: parts[1], Channel: parts[2]})
		}
	}
	slices.SortFunc(out, func(a, b snapshot.Unit) int {
		return strings.Compare(a.Tenant+"/"+a.Channel, b.Tenant+"/"+b.Channel)
	})
	return out
}

// night copies a unit. The process may die at each write; now and then nobody goes on, and
// the snapshot stays half-written.
func (h *history) night() {
	n := &night{unit: pick(h.platform, h.units()), asOf: h.w.Now().UTC().Truncate(time.Second)}
	h.nights = append(h.nights, n)
	for range 1 + h.IntN(12) {
		out, err := workflowtest.Killable(snapshot.Outcome{}, func() (snapshot.Outcome, error) {
			return h.w.Writer().Run(h.t.Context(), n.unit, n.asOf)
		})
		if n.ended = h.w.Now(); err == nil && out.Done {
			n.whole = out.Completed
			return
		}
		if h.w.Now().Sub(n.asOf) > 2*24*time.Hour {
			return // nobody takes its message any more
		}
		kind := fault.KindOf(err)
		if err != nil && !errors.Is(err, livedatatest.ErrKilled) && kind != fault.Retry && kind != fault.Conflict && kind != fault.Internal {
			h.fatalf("a snapshot failed: %v", err)
		}
	}
}

// restart hands a request to the next execution, as the sweep does.
func (h *history) restart(id string) workflow.Message {
	calm := h.calm
	h.calm = true
	defer func() { h.calm = calm }()
	return h.w.Restart(h.t, id)
}

// image is the live tables as they were: what recovery could give back for a day.
type image struct {
	at   time.Time
	live *livedatatest.Fake
}

func (h *history) image() {
	copied := livedatatest.NewFake(h.w.Map)
	for store, items := range h.w.Live.World().Records {
		copied.Put(store, items...)
	}
	h.images = append(h.images, image{h.w.Now(), copied})
}

// opened is everything that can be got out of the retained snapshots with every right and
// without looking at tombstones.
func (h *history) opened(visit func(unit snapshot.Unit, asOf time.Time, one snapshot.Opened)) {
	ring := &keys.Keyring{Rows: h.w.BackupKeys, Root: h.w.Root}
	reader := snapshot.Reader{Objects: h.w.Backups, Keyring: ring}
	for _, unit := range h.units() {
		times, err := reader.AsOfs(h.t.Context(), unit)
		if err != nil {
			h.fatalf("list snapshots: %v", err)
		}
		for _, asOf := range times {
			if err := h.each(reader, unit, asOf, visit); err != nil && !errors.Is(err, keys.ErrDestroyed) {
				h.fatalf("open a snapshot: %v", err)
			}
		}
	}
}

func (h *history) each(reader snapshot.Reader, unit snapshot.Unit, asOf time.Time, visit func(snapshot.Unit, time.Time, snapshot.Opened)) error {
	s, err := reader.Open(h.t.Context(), unit, asOf)
	if err != nil {
		return err
	}
	return s.Each(context.WithoutCancel(h.t.Context()), 0, nil, func(b snapshot.Batch) error {
		for _, one := range slices.Concat(b.Apart, b.Records) {
			visit(unit, asOf, one)
		}
		return nil
	})
}

// was is what the platform had of a record all through a time; nil if it was not there, or
// changed meanwhile.
func (h *history) was(key string, from, to time.Time) livedata.Item {
	var it livedata.Item
	for _, v := range h.wrote[key] {
		switch {
		case !v.at.After(from):
			it = v.it
		case !v.at.After(to):
			return nil
		}
	}
	return it
}
