// Package restore is the only way back from a backup: out of snapshots, or out of tables
// that were restored to a moment, into fresh tables, from which every tombstone has been
// replayed, and from there, once that is proved, into the live ones. README.md describes
// the steps, what each refuses, and what it leaves if it dies.
package restore

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Source is where records come from.
//
// Units visits what is there to be restored, each with the moment that it shows. Each
// visits a unit's records from a batch on, in an order in which what leads to a record
// comes before it; of a source that is not Resumable it begins at the first. gone says that the
// unit's own key is destroyed, and so everything in it.
type Source interface {
	Units(ctx context.Context, s Selection, visit func(snapshot.Unit, time.Time) error) error
	Each(ctx context.Context, u snapshot.Unit, asOf time.Time, s Selection, from int, visit func(Batch) error) (gone bool, err error)
	Resumable() bool
	// Row reads a row of tables; nil of snapshots, which cannot look one up.
	Row(ctx context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error)
}

// Batch is as much of a unit as is in memory at a time. Records have in them what could be
// opened of what they say of others.
type Batch struct {
	Number   int
	Records  []Record
	Unopened int // frames whose key is destroyed
}

// Targets are the fresh tables of restores, one for each store.
//
// Create makes a table and waits until it can be written to; one that is there is a
// success. Put overwrites. Scan reads everything, strongly consistent, page by page: a nil
// Next ends it. Get gives nil for what is not there. Remove and Drop are successes where
// nothing was. List lists the tables of all restores.
type Targets interface {
	Create(ctx context.Context, id string, s datamap.Store) error
	Put(ctx context.Context, id string, s datamap.Store, items []livedata.Item) error
	Remove(ctx context.Context, id string, s datamap.Store, at []livedata.Key) error
	Scan(ctx context.Context, id string, s datamap.Store, after livedata.Key) (livedata.Page, error)
	Get(ctx context.Context, id string, s datamap.Store, key livedata.Key) (livedata.Item, error)
	Drop(ctx context.Context, id string, s datamap.Store) error
	List(ctx context.Context) ([]Target, error)
}

// Target is a table of a restore.
type Target struct {
	ID, Store string
	CreatedAt time.Time
}

// New is a record that is to be put into a live table.
type New struct {
	Store datamap.Store
	Item  livedata.Item
}

// Live is the platform's tables.
//
// PutNew puts all records or none: in one transaction, if none of them is there and every
// tombstone has the cutoff that was seen (zero: is not there). It returns which were there,
// and then nothing was put; fault.Conflict says that a tombstone changed. Get is
// strongly consistent, and nil for what is not there.
type Live interface {
	PutNew(ctx context.Context, records []New, seen map[string]time.Time) (there []int, err error)
	Get(ctx context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error)
}

// Media is the platform's objects.
//
// PutBack copies the newest version of an object whose current one is gone over it, and
// returns the new version; an empty one if there is nothing to do. none says that no version is left. Remove
// deletes that version for good.
type Media interface {
	PutBack(ctx context.Context, s datamap.Store, key string) (made livedata.Version, none bool, err error)
	Remove(ctx context.Context, s datamap.Store, made livedata.Version) error
}

// Restorer restores.
type Restorer struct {
	Map     *datamap.Map
	Source  func(From) (Source, error)
	Targets Targets
	Jobs    Jobs
	Live    Live
	Media   Media
	Stones  fence.Tombstones
	Keys    Keys
	Secret  secrets.Versioned
	Now     func() time.Time
	// AtOnce is how many units are restored at a time.
	AtOnce int
	// Progressed is told after each batch; nil: nobody.
	Progressed func(Progress)
}

// Plan counts what a restore would bring back. It writes nothing.
func (r Restorer) Plan(ctx context.Context, s Selection, f From) (units int, total Progress, err error) {
	source, err := r.open(s, f)
	if err != nil {
		return 0, Progress{}, err
	}
	var mu sync.Mutex
	total.Counts = Counts{}
	err = r.each(ctx, func(visit func(Progress) error) error {
		return source.Units(ctx, s, func(u snapshot.Unit, asOf time.Time) error { return visit(Progress{Unit: u, AsOf: asOf}) })
	}, func(ctx context.Context, p Progress) error {
		pass := pass{Restorer: r, source: source, replay: r.replay(source), selection: s, write: func(context.Context, []Record, []Record) error { return nil }}
		err := pass.unit(ctx, &p)
		mu.Lock()
		defer mu.Unlock()
		units++
		total.Counts.Sum(p.Counts)
		total.Unopened += p.Unopened
		return err
	})
	return units, total, err
}

func (r Restorer) open(s Selection, f From) (Source, error) {
	if err := errors.Join(s.Check(), f.Check()); err != nil {
		return nil, err
	}
	return r.Source(f)
}

func (r Restorer) replay(source Source) *Replay {
	return &Replay{Map: r.Map, Stones: r.Stones, Keys: r.Keys, Secret: r.Secret, Sealed: source.Resumable(), Rows: source.Row, Channels: func(ctx context.Context, tenant string) (out []string, err error) {
		err = source.Units(ctx, Selection{Tenant: tenant}, func(u snapshot.Unit, _ time.Time) error {
			if u.Channel != "" {
				out = append(out, u.Channel)
			}
			return nil
		})
		return out, err
	}}
}

// each does something with several units at a time. What fails does not keep the others
// from being done; only then it is an error.
func (r Restorer) each(ctx context.Context, list func(visit func(Progress) error) error, do func(context.Context, Progress) error) error {
	var group errgroup.Group
	group.SetLimit(max(1, r.AtOnce))
	var mu sync.Mutex
	var failed []error
	err := list(func(p Progress) error {
		group.Go(func() error {
			if err := do(ctx, p); err != nil {
				mu.Lock()
				failed = append(failed, fault.Wrap("restore "+unitName(p.Unit), err))
				mu.Unlock()
			}
			return nil
		})
		return ctx.Err()
	})
	_ = group.Wait() // failures are noted
	return errors.Join(append(failed, err)...)
}

func unitName(u snapshot.Unit) string {
	if u.Channel == "" {
		return u.Tenant
	}
	return u.Tenant + "/" + u.Channel
}

// Begin writes down what is to be restored: its units first, so that a job that is there
// has them all. Dying on the way leaves rows that nobody asks for, until they expire.
func (r Restorer) Begin(ctx context.Context, id string, s Selection, f From) (Job, error) {
	source, err := r.open(s, f)
	if err != nil {
		return Job{}, err
	}
	units := 0
	err = source.Units(ctx, s, func(u snapshot.Unit, asOf time.Time) error {
		units++
		_, err := r.Jobs.SaveUnit(ctx, id, Progress{Unit: u, AsOf: asOf})
		return err
	})
	if err == nil && units == 0 {
		err = fault.New(fault.NotFound, "the source has nothing of what was selected")
	}
	if err != nil {
		return Job{}, err
	}
	return r.Jobs.Create(ctx, Job{ID: id, State: Planned, Selection: s, From: f, CreatedAt: r.Now()})
}

// Run brings everything into the target and puts it to the tombstones, from wherever it
// is. Of a target that is complete it replays the tombstones once more.
func (r Restorer) Run(ctx context.Context, id string) (Job, error) {
	job, err := r.current(ctx, id, "run", Planned, Restoring, Restored, Verified)
	if err != nil {
		return job, err
	}
	source, err := r.open(job.Selection, job.From)
	if err != nil {
		return job, err
	}
	job.State, job.VerifiedAt = Restoring, time.Time{} // before anything is written
	if job, err = r.Jobs.Save(ctx, job); err != nil {
		return job, err
	}
	if !job.Counted {
		if job, err = r.fill(ctx, job, source); err != nil {
			return job, err
		}
	}
	if job.InTarget, err = r.settle(ctx, job, source); err != nil {
		return job, err
	}
	job.State, job.WrittenAt = Restored, r.Now()
	return r.Jobs.Save(ctx, job)
}

// current reads a job that is in one of these states and young enough.
func (r Restorer) current(ctx context.Context, id, what string, states ...State) (Job, error) {
	job, err := r.Jobs.Get(ctx, id)
	if err != nil {
		return job, err
	}
	for _, s := range states {
		if job.State == s {
			if job.Expired(r.Now()) && s != HandedOver {
				return job, fault.New(fault.Invalid, "the restore is older than "+MostAge.String()+": drop it and begin anew")
			}
			return job, nil
		}
	}
	return job, fault.New(fault.Invalid, "the restore is "+string(job.State)+": "+refusal(what))
}

func refusal(what string) string {
	if what == "hand-over" {
		return "only one that was verified, and not written to since, is handed over"
	}
	return "there is nothing to " + what
}

// fill creates the tables, writes the units that are not done, and counts what is there.
func (r Restorer) fill(ctx context.Context, job Job, source Source) (Job, error) {
	for _, s := range r.Map.Backed() {
		if err := r.Targets.Create(ctx, job.ID, s); err != nil {
			return job, err
		}
	}
	err := r.each(ctx, func(visit func(Progress) error) error {
		return r.Jobs.EachUnit(ctx, job.ID, func(p Progress) error {
			if p.Done {
				return nil
			}
			return visit(p)
		})
	}, func(ctx context.Context, p Progress) error { return r.restoreUnit(ctx, job, source, p) })
	if err == nil {
		err = r.count(ctx, job)
	}
	if err != nil {
		return job, err
	}
	job.Counted = true
	return r.Jobs.Save(ctx, job)
}

// restoreUnit notes that it begins before it writes: what an earlier try wrote that may
// not come back any more is removed.
func (r Restorer) restoreUnit(ctx context.Context, job Job, source Source, p Progress) (err error) {
	again := p.Begun
	if !source.Resumable() {
		p.Next, p.Counts, p.Unopened = 0, nil, 0
	}
	if p.Begun = true; !again {
		if p, err = r.Jobs.SaveUnit(ctx, job.ID, p); err != nil {
			return err
		}
	}
	pass := pass{Restorer: r, source: source, replay: r.replay(source), selection: job.Selection}
	pass.write = func(ctx context.Context, kept, dropped []Record) error {
		if again {
			if err := r.remove(ctx, job.ID, dropped); err != nil {
				return err
			}
		}
		return r.put(ctx, job.ID, kept)
	}
	pass.written = func(ctx context.Context, p *Progress) error {
		if !source.Resumable() && !p.Done {
			return nil
		}
		saved, err := r.Jobs.SaveUnit(ctx, job.ID, *p)
		if err == nil {
			p.Version = saved.Version
		}
		return err
	}
	return pass.unit(ctx, &p)
}

// pass goes through a unit.
type pass struct {
	Restorer
	source    Source
	replay    *Replay
	selection Selection
	write     func(ctx context.Context, kept, dropped []Record) error
	written   func(ctx context.Context, p *Progress) error // nil: nobody wants to know
}

func (w pass) unit(ctx context.Context, p *Progress) error {
	if p.Counts == nil {
		p.Counts = Counts{}
	}
	gone, err := w.each(ctx, p)
	if errors.Is(err, errUnplaced) {
		w.selection.whole = true
		p.Next, p.Counts, p.Unopened = 0, Counts{}, 0
		gone, err = w.each(ctx, p)
	}
	if err != nil {
		return err
	}
	p.Done, p.Destroyed = true, gone
	return w.note(ctx, p)
}

func (w pass) each(ctx context.Context, p *Progress) (gone bool, err error) {
	return w.source.Each(ctx, p.Unit, p.AsOf, w.selection, p.Next, func(b Batch) error {
		if err := w.batch(ctx, p, b); err != nil {
			return err
		}
		p.Next, p.Unopened = b.Number+1, p.Unopened+b.Unopened
		return w.note(ctx, p)
	})
}

func (w pass) note(ctx context.Context, p *Progress) error {
	if w.Progressed != nil {
		w.Progressed(*p)
	}
	if w.written == nil {
		return nil
	}
	return w.written(ctx, p)
}

func (w pass) batch(ctx context.Context, p *Progress, b Batch) error {
	if err := w.replay.Prefetch(ctx, b.Records); err != nil {
		return err
	}
	var kept, dropped []Record
	for _, record := range b.Records {
		v, err := w.replay.Decide(ctx, record)
		if err != nil {
			return err
		}
		count := Count{Read: 1, Without: v.Without}
		switch {
		case v.Item == nil:
			count.Dropped, dropped = 1, append(dropped, record)
		default:
			record.Item, count.Written = v.Item, 1
			kept = append(kept, record)
		}
		if v.Emptied {
			count.Emptied = 1
		}
		p.Counts.add(record.Store.Name, count)
	}
	return w.write(ctx, kept, dropped)
}

// byStore keeps the order of records within each store.
func byStore(records []Record) (order []datamap.Store, out map[string][]Record) {
	out = map[string][]Record{}
	for _, record := range records {
		if out[record.Store.Name] == nil {
			order = append(order, record.Store)
		}
		out[record.Store.Name] = append(out[record.Store.Name], record)
	}
	return order, out
}

func (r Restorer) put(ctx context.Context, id string, records []Record) error {
	order, of := byStore(records)
	for _, s := range order {
		var items []livedata.Item
		for _, record := range of[s.Name] {
			items = append(items, marked(record))
		}
		if err := r.Targets.Put(ctx, id, s, items); err != nil {
			return err
		}
	}
	return nil
}

func (r Restorer) remove(ctx context.Context, id string, records []Record) error {
	order, of := byStore(records)
	for _, s := range order {
		var at []livedata.Key
		for _, record := range of[s.Name] {
			at = append(at, livedata.KeyOf(s, record.Item))
		}
		if err := r.Targets.Remove(ctx, id, s, at); err != nil {
			return err
		}
	}
	return nil
}

// Drop removes the target. Again is as good as once.
func (r Restorer) Drop(ctx context.Context, id string) (Job, error) {
	job, err := r.Jobs.Get(ctx, id)
	if err != nil {
		return job, err
	}
	if err := r.dropTables(ctx, id); err != nil {
		return job, err
	}
	if job.State == HandedOver || job.State == Dropped {
		return job, nil
	}
	job.State = Dropped
	return r.Jobs.Save(ctx, job)
}

func (r Restorer) dropTables(ctx context.Context, id string) error {
	for _, s := range r.Map.Backed() {
		if err := r.Targets.Drop(ctx, id, s); err != nil {
			return err
		}
	}
	return nil
}

// DropExpired drops the tables of restores that are older than MostAge, whatever is known
// of their jobs, and returns how many. One that fails does not keep the others.
func DropExpired(ctx context.Context, m *datamap.Map, targets Targets, now time.Time) (dropped int, err error) {
	all, err := targets.List(ctx)
	if err != nil {
		return 0, err
	}
	var failed []error
	for _, t := range all {
		s, ok := m.Store(t.Store)
		if !ok || now.Sub(t.CreatedAt) < MostAge {
			continue
		}
		if err := targets.Drop(ctx, t.ID, s); err != nil {
			failed = append(failed, err)
			continue
		}
		dropped++
	}
	return dropped, errors.Join(failed...)
}
