// Package restoretest holds what a restore writes to in memory, for tests, and the
// contracts that it and DynamoDB and S3 keep.
package restoretest

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
)

// ErrKilled is what a Fault returns to end the process at that write, before or after it
// was applied: nothing that is asked for later is done, until Revive.
var ErrKilled = errors.New("killed")

// Fault decides the fate of a write: whether it is applied, and what is returned.
type Fault func(op, key string) (apply bool, err error)

// Fake is targets, live tables, jobs and media.
type Fake struct {
	World *livedatatest.Fake // the live stores
	Fault Fault              // nil: every write is applied
	Now   func() time.Time
	Page  int // records that a scan gives at a time; 0: 3, so that tests turn pages

	mu      sync.Mutex
	stones  fence.Tombstones
	targets map[restore.Target]map[string]livedata.Item
	jobs    map[string]restore.Job
	units   map[string]map[string]restore.Progress
	writes  []string
	dead    bool
}

// New is on live stores and tombstones.
func New(world *livedatatest.Fake, stones fence.Tombstones, now func() time.Time) *Fake {
	return &Fake{World: world, Now: now, stones: stones, targets: map[restore.Target]map[string]livedata.Item{},
		jobs: map[string]restore.Job{}, units: map[string]map[string]restore.Progress{}}
}

// Writes lists the writes so far.
func (f *Fake) Writes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.writes)
}

// Revive begins another process.
func (f *Fake) Revive() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dead = false
}

// write notes a write and asks for its fate.
func (f *Fake) write(ctx context.Context, op, key string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f.mu.Lock()
	if f.dead {
		f.mu.Unlock()
		return ErrKilled
	}
	f.writes = append(f.writes, op+" "+key)
	f.mu.Unlock()
	apply, failure := true, error(nil)
	if f.Fault != nil {
		apply, failure = f.Fault(op, key)
	}
	if apply {
		f.mu.Lock()
		err := do()
		f.mu.Unlock()
		if err != nil {
			return err
		}
	}
	if errors.Is(failure, ErrKilled) {
		f.mu.Lock()
		f.dead = true
		f.mu.Unlock()
	}
	return failure
}

func keyText(s datamap.Store, it livedata.Item) string {
	var parts []string
	for _, name := range s.Key {
		parts = append(parts, it.Text(name))
	}
	return strings.Join(parts, "\x00")
}

// Targets are the fake's targets.
func (f *Fake) Targets() Targets { return Targets{f} }

// Targets is restore.Targets.
type Targets struct{ *Fake }

// find is the target's rows; nil if there is no such table.
func (f Targets) find(id string, s datamap.Store) (restore.Target, map[string]livedata.Item) {
	for t, rows := range f.targets {
		if t.ID == id && t.Store == s.Name {
			return t, rows
		}
	}
	return restore.Target{}, nil
}

func (f Targets) Create(ctx context.Context, id string, s datamap.Store) error {
	return f.write(ctx, "create", s.Name, func() error {
		if _, rows := f.find(id, s); rows == nil {
			f.targets[restore.Target{ID: id, Store: s.Name, CreatedAt: f.Now()}] = map[string]livedata.Item{}
		}
		return nil
	})
}

func noTable() error { return fault.New(fault.Internal, "there is no such table") }

func (f Targets) Put(ctx context.Context, id string, s datamap.Store, items []livedata.Item) error {
	for _, it := range items {
		err := f.write(ctx, "put", s.Name+"/"+keyText(s, it), func() error {
			_, rows := f.find(id, s)
			if rows == nil {
				return noTable()
			}
			rows[keyText(s, it)] = maps.Clone(it)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f Targets) Remove(ctx context.Context, id string, s datamap.Store, at []livedata.Key) error {
	for _, key := range at {
		name := keyName(s, key)
		err := f.write(ctx, "remove", s.Name+"/"+name, func() error {
			_, rows := f.find(id, s)
			delete(rows, name)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func keyName(s datamap.Store, key livedata.Key) string {
	var parts []string
	for _, name := range s.Key {
		parts = append(parts, key[name])
	}
	return strings.Join(parts, "\x00")
}

func (f Targets) Scan(ctx context.Context, id string, s datamap.Store, after livedata.Key) (page livedata.Page, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, rows := f.find(id, s)
	if rows == nil {
		return page, cmp.Or(ctx.Err(), noTable())
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		if after != nil && name <= keyName(s, after) {
			continue
		}
		if len(page.Items) == cmp.Or(f.Page, 3) {
			page.Next = livedata.KeyOf(s, page.Items[len(page.Items)-1])
			break
		}
		page.Items = append(page.Items, maps.Clone(rows[name]))
	}
	return page, ctx.Err()
}

func (f Targets) Get(ctx context.Context, id string, s datamap.Store, key livedata.Key) (livedata.Item, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, rows := f.find(id, s)
	return maps.Clone(rows[keyName(s, key)]), ctx.Err()
}

func (f Targets) Drop(ctx context.Context, id string, s datamap.Store) error {
	return f.write(ctx, "drop", s.Name, func() error {
		t, _ := f.find(id, s)
		delete(f.targets, t)
		return nil
	})
}

func (f Targets) List(ctx context.Context) ([]restore.Target, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Keys(f.targets), func(a, b restore.Target) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Store, b.Store))
	}), ctx.Err()
}

// Spoil changes a record of a target behind the restore's back.
func (f *Fake) Spoil(id, store string, change func(rows map[string]livedata.Item)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for t, rows := range f.targets {
		if t.ID == id && t.Store == store {
			change(rows)
		}
	}
}

// Live are the fake's live tables.
func (f *Fake) Live() Live { return Live{f} }

// Live is restore.Live.
type Live struct{ *Fake }

func (f Live) PutNew(ctx context.Context, records []restore.New, seen map[string]time.Time) (there []int, err error) {
	if len(records)+len(seen) > 100 {
		return nil, fault.New(fault.Permanent, "DynamoDB takes 100 items")
	}
	names := make([]string, len(records))
	for i, r := range records {
		names[i] = r.Store.Name + "/" + keyText(r.Store, r.Item)
	}
	err = f.write(ctx, "put new", strings.Join(names, " "), func() error {
		there, err = f.putNew(ctx, records, seen)
		return err
	})
	return there, err
}

func (f Live) putNew(ctx context.Context, records []restore.New, seen map[string]time.Time) (there []int, err error) {
	for print, cutoff := range seen {
		stone, _, err := f.stones.Get(ctx, print)
		if err != nil {
			return nil, err
		}
		if !stone.Cutoff.Equal(cutoff) {
			return nil, fault.New(fault.Conflict, "a tombstone changed while records were put back")
		}
	}
	for i, r := range records {
		now, err := f.Get(ctx, r.Store, livedata.KeyOf(r.Store, r.Item))
		if err != nil {
			return nil, err
		}
		if now != nil {
			there = append(there, i)
		}
	}
	if len(there) > 0 {
		return there, nil
	}
	for _, r := range records {
		f.World.Put(r.Store.Name, r.Item)
	}
	return nil, nil
}

func (f Live) Get(ctx context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error) {
	return f.World.Records().Get(ctx, s, key)
}

// Jobs are the fake's jobs.
func (f *Fake) Jobs() Jobs { return Jobs{f} }

// Jobs is restore.Jobs.
type Jobs struct{ *Fake }

func conflict() error { return fault.New(fault.Conflict, "somebody else goes on with this restore") }

func (f Jobs) Create(ctx context.Context, j restore.Job) (restore.Job, error) { return f.Save(ctx, j) }

func (f Jobs) Get(ctx context.Context, id string) (restore.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j, ok := f.jobs[id]
	if !ok {
		return j, fault.New(fault.NotFound, "there is no such restore")
	}
	return j, ctx.Err()
}

func (f Jobs) Save(ctx context.Context, j restore.Job) (restore.Job, error) {
	next := j
	next.Version++
	err := f.write(ctx, "job", string(j.State), func() error {
		if f.jobs[j.ID].Version != j.Version {
			return conflict()
		}
		f.jobs[j.ID] = next
		return nil
	})
	return next, err
}

func (f Jobs) SaveUnit(ctx context.Context, id string, p restore.Progress) (restore.Progress, error) {
	name, next := p.Unit.Tenant+"/"+p.Unit.Channel, p
	next.Version++
	next.Counts = maps.Clone(p.Counts)
	err := f.write(ctx, "unit", name, func() error {
		if f.units[id][name].Version != p.Version {
			return conflict()
		}
		if f.units[id] == nil {
			f.units[id] = map[string]restore.Progress{}
		}
		f.units[id][name] = next
		return nil
	})
	return next, err
}

func (f Jobs) EachUnit(ctx context.Context, id string, visit func(restore.Progress) error) error {
	f.mu.Lock()
	units := slices.SortedFunc(maps.Values(f.units[id]), func(a, b restore.Progress) int {
		return cmp.Or(strings.Compare(a.Unit.Tenant, b.Unit.Tenant), strings.Compare(a.Unit.Channel, b.Unit.Channel))
	})
	f.mu.Unlock()
	for _, p := range units {
		p.Counts = maps.Clone(p.Counts)
		if err := visit(p); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// Media are the fake's objects.
func (f *Fake) Media() Media { return Media{f} }

// Media is restore.Media on the world's objects.
type Media struct{ *Fake }

func (f Media) PutBack(ctx context.Context, s datamap.Store, key string) (made livedata.Version, none bool, err error) {
	err = f.write(ctx, "put object back", s.Name+"/"+key, func() error {
		made, none = f.World.PutBack(s.Name, key, f.Now())
		return nil
	})
	return made, none, err
}

func (f Media) Remove(ctx context.Context, s datamap.Store, made livedata.Version) error {
	return f.write(ctx, "remove object", s.Name+"/"+made.Key, func() error {
		return f.World.Objects().Delete(ctx, s, []livedata.Version{made})
	})
}
