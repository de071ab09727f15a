package restore

import (
	"context"
	"errors"
	"time"

	"github.com/mikla-ai/data-deletion/shared/apart"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

// Snapshots is the nightly copies as a source. Keyring makes one for each unit, as several
// are read at a time.
type Snapshots struct {
	Map     *datamap.Map
	Objects snapshot.Objects
	Keyring func() *keys.Keyring
	Secret  secrets.Versioned
	AsOf    time.Time // none that is later; zero: the newest
}

func (s Snapshots) Resumable() bool { return true }

func (s Snapshots) Row(context.Context, datamap.Store, livedata.Key) (livedata.Item, error) {
	return nil, nil
}

// Units visits each unit with the newest of its snapshots that is no later than asked for.
func (s Snapshots) Units(ctx context.Context, sel Selection, visit func(snapshot.Unit, time.Time) error) error {
	var unit snapshot.Unit
	var newest time.Time
	settled := func() error {
		if newest.IsZero() || !sel.unit(unit) {
			return nil
		}
		return visit(unit, newest)
	}
	err := s.EachName(ctx, snapshot.Manifests, sel.Tenant, func(at snapshot.Place) error {
		if at.Unit != unit {
			if err := settled(); err != nil {
				return err
			}
			unit, newest = at.Unit, time.Time{}
		}
		if at.AsOf.After(newest) && (s.AsOf.IsZero() || !at.AsOf.After(s.AsOf)) {
			newest = at.AsOf
		}
		return nil
	})
	if err != nil {
		return err
	}
	return settled()
}

// EachName visits the objects of a kind, of a tenant or of all: those of a unit one after
// the other.
func (s Snapshots) EachName(ctx context.Context, kind, tenant string, visit func(snapshot.Place) error) error {
	prefix := kind
	if tenant != "" {
		path, err := snapshot.TenantPath(tenant)
		if err != nil {
			return err
		}
		prefix += path
	}
	for after, more := "", true; more; {
		names, further, err := s.Objects.List(ctx, prefix, after)
		if err != nil {
			return fault.Wrap("list snapshots", err)
		}
		for _, name := range names {
			if at, ok := snapshot.Locate(name); ok {
				if err := visit(at); err != nil {
					return err
				}
			}
			after = name
		}
		more = further && len(names) > 0
	}
	return nil
}

// Open checks a unit's manifest.
func (s Snapshots) Open(ctx context.Context, u snapshot.Unit, asOf time.Time) (*snapshot.Snapshot, error) {
	return snapshot.Reader{Objects: s.Objects, Keyring: s.Keyring()}.Open(ctx, u, asOf)
}

func (s Snapshots) Each(ctx context.Context, u snapshot.Unit, asOf time.Time, sel Selection, from int, visit func(Batch) error) (gone bool, err error) {
	shot, err := s.Open(ctx, u, asOf)
	if errors.Is(err, keys.ErrDestroyed) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	at := placer{Map: s.Map, Secret: s.Secret, Unit: u}
	want := sel.refs // also of what is sealed apart: that is under the keys of its record too
	if sel.Kind == "" || sel.whole {
		want = nil
	}
	return false, shot.Each(ctx, from, want, func(b snapshot.Batch) error {
		out, err := s.batch(&at, asOf, sel, b)
		if err != nil {
			return err
		}
		return visit(out)
	})
}

// batch puts into the records of a batch what could be opened of what they say of others.
func (s Snapshots) batch(at *placer, asOf time.Time, sel Selection, b snapshot.Batch) (Batch, error) {
	out := Batch{Number: b.Number, Unopened: b.Destroyed}
	pieces := map[string][]livedata.Item{}
	for _, o := range b.Apart {
		store, ok := s.Map.Store(o.Store)
		if !ok {
			return Batch{}, unknownStore()
		}
		pieces[keyText(store, o.Item)] = append(pieces[keyText(store, o.Item)], o.Item)
	}
	for _, o := range b.Records {
		store, ok := s.Map.Store(o.Store)
		if !ok || store.Backup == nil {
			return Batch{}, unknownStore()
		}
		known, err := at.known(store, o.Item, o.Refs)
		if err != nil {
			return Batch{}, err
		}
		if !sel.refs(o.Refs) {
			continue
		}
		it, err := apart.Join(s.Map, store, o.Item, pieces[keyText(store, o.Item)])
		if err != nil {
			return Batch{}, fault.Wrap("put a record of "+store.Name+" together", err)
		}
		out.Records = append(out.Records, Record{Store: store, Item: it, Known: known, AsOf: asOf})
	}
	return out, nil
}

func unknownStore() error {
	return fault.New(fault.Permanent, "a backup holds records of a store that the data map does not back up: restore with the version that made it")
}

func keyText(s datamap.Store, it livedata.Item) string {
	text := s.Name
	for _, name := range s.Key {
		text += "\x00" + it.Text(name)
	}
	return text
}

// Tables is a set of tables that were restored to a moment, as a source. Records reads
// them, and the live ones for stores that are not among them: those lead to records, and
// are not restored.
type Tables struct {
	Map     *datamap.Map
	Records livedata.Records
	// Scan visits all rows of a store.
	Scan   func(ctx context.Context, s datamap.Store, visit func(livedata.Item) error) error
	Only   map[string]string // stores that are restored
	AsOf   time.Time
	Secret secrets.Versioned
}

func (t Tables) Resumable() bool { return false }

func (t Tables) Row(ctx context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error) {
	return t.Records.Get(ctx, s, key)
}

// Units are the tenants of the tables, and their channels.
func (t Tables) Units(ctx context.Context, sel Selection, visit func(snapshot.Unit, time.Time) error) error {
	each := func(u snapshot.Unit) error {
		if !sel.unit(u) {
			return nil
		}
		return visit(u, t.AsOf)
	}
	tenant := func(name string) error {
		if err := each(snapshot.Unit{Tenant: name}); err != nil {
			return err
		}
		return t.channels(ctx, name, func(channel string) error { return each(snapshot.Unit{Tenant: name, Channel: channel}) })
	}
	if !sel.Everything {
		return tenant(sel.Tenant)
	}
	scope, _ := t.Map.Scope("tenant")
	for _, unit := range t.Map.Locators(scope) {
		if err := t.Scan(ctx, unit.Store, func(it livedata.Item) error { return tenant(it.Text("tenant_id")) }); err != nil {
			return err
		}
	}
	return nil
}

// page is how many channels are read at a time.
const page = 100

func (t Tables) channels(ctx context.Context, tenant string, visit func(string) error) error {
	scope, _ := t.Map.Scope("channel")
	for _, unit := range t.Map.Locators(scope) {
		q := livedata.Query{Store: unit.Store, Where: map[string]string{"tenant_id": tenant}, Limit: page}
		for more := true; more; more = q.After != nil {
			found, err := t.Records.Read(ctx, q)
			if err != nil {
				return err
			}
			for _, it := range found.Items {
				if err := visit(it.Text("channel_id")); err != nil {
					return err
				}
			}
			q.After = found.Next
		}
	}
	return nil
}

func (t Tables) Each(ctx context.Context, u snapshot.Unit, asOf time.Time, sel Selection, _ int, visit func(Batch) error) (gone bool, err error) {
	at := placer{Map: t.Map, Unit: u}
	number := 0
	w := walk.Walker{Map: t.Map, Records: t.Records}
	return false, w.Each(ctx, at.unit(), walk.Cursor{}, func(_ walk.Cursor, found walk.Found) error {
		if t.Only[found.Store.Name] == "" {
			return nil
		}
		number++
		out := Batch{Number: number}
		for _, it := range found.Items {
			record := Record{Store: found.Store, Item: it, Known: found.Known, AsOf: asOf}
			taken, err := t.takes(sel, record)
			if err != nil {
				return err
			}
			if taken {
				out.Records = append(out.Records, record)
			}
		}
		return visit(out)
	})
}

func (t Tables) takes(sel Selection, r Record) (bool, error) {
	if sel.Kind == "" {
		return true, nil
	}
	paths, err := keys.Whose(t.Map, r.Store, r.Item, r.Known)
	return err == nil && sel.refs(namesOf(t.Secret, paths)), err
}
