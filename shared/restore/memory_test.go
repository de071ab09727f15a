package restore_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// endless gives units of many leads with a message each, made up as they are read.
type endless struct {
	m        *datamap.Map
	units, n int
	open     atomic.Int32 // units that are read
	most     atomic.Int32
}

func (*endless) Row(context.Context, datamap.Store, livedata.Key) (livedata.Item, error) {
	return nil, nil
}

func (e *endless) Resumable() bool { return true }

func (e *endless) Units(_ context.Context, _ restore.Selection, visit func(snapshot.Unit, time.Time) error) error {
	for i := range e.units {
		if err := visit(snapshot.Unit{Tenant: "t", Channel: fmt.Sprintf("ch_%d", i)}, night); err != nil {
			return err
		}
	}
	return nil
}

func (e *endless) Each(_ context.Context, u snapshot.Unit, asOf time.Time, _ restore.Selection, _ int, visit func(restore.Batch) error) (bool, error) {
	e.most.Store(max(e.most.Load(), e.open.Add(1)))
	defer e.open.Add(-1)
	messages, _ := e.m.Store("messages")
	for i := 0; i < e.n; {
		b := restore.Batch{Number: i}
		for range 200 {
			lead, conversation := fmt.Sprintf("l_%s_%d", u.Channel, i), fmt.Sprintf("c_%s_%d", u.Channel, i)
			it := livedatatest.NewItem(map[string]any{"conversation_id": conversation, "message_key": "2026-06-01T00:00:00Z#m", "sent_at": "2026-06-01T00:00:00Z",
				"tenant_id": "t", "lead_id": lead, "body": fmt.Sprintf("%1000d", i)})
			b.Records = append(b.Records, restore.Record{Store: messages, Item: it, AsOf: asOf,
				Known: map[string]string{"tenant_id": "t", "channel_id": u.Channel, "lead_id": lead, "conversation_id": conversation}})
			i++
		}
		if err := visit(b); err != nil {
			return false, err
		}
	}
	return false, nil
}

// discarded counts what is written and keeps nothing.
type discarded struct {
	restore.Targets
	written atomic.Int64
	peak    atomic.Uint64
}

func (d *discarded) Create(context.Context, string, datamap.Store) error { return nil }

func (d *discarded) Put(_ context.Context, _ string, _ datamap.Store, items []livedata.Item) error {
	if n := d.written.Add(int64(len(items))); n%10000 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		d.peak.Store(max(d.peak.Load(), m.HeapAlloc))
	}
	return nil
}

// Scan gives nothing: that the count does not fit then ends the run.
func (d *discarded) Scan(context.Context, string, datamap.Store, livedata.Key) (livedata.Page, error) {
	return livedata.Page{}, nil
}

// What a restore holds does not grow with what it restores.
func TestMemoryIsFlat(t *testing.T) {
	w := newWorld(t)
	source := &endless{m: w.m, units: 8, n: 8000}
	target := &discarded{Targets: w.fake.Targets()}
	r := w.restorer()
	r.Targets, r.AtOnce = target, 4
	r.Source = func(restore.From) (restore.Source, error) { return source, nil }
	if _, err := r.Begin(t.Context(), job, everything, restore.From{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), job); err == nil {
		t.Error("a target that lost everything was restored")
	}
	if target.written.Load() != 64000 || source.most.Load() < 2 || source.most.Load() > 4 {
		t.Errorf("wrote %d records, %d units at a time", target.written.Load(), source.most.Load())
	}
	// Without bounds the look-ups of 128,000 subjects alone take 100 MB.
	if peak := target.peak.Load(); peak > 80<<20 {
		t.Errorf("holds %d MB", peak>>20)
	} else {
		t.Logf("holds at most %d MB", peak>>20)
	}
}
