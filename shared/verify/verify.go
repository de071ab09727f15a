// Package verify proves that nothing of a request's subjects is left. It only reads:
// it looks up every frozen key in the base tables, strongly consistent, and then
// finds the subject again from scratch, as if nothing had been frozen.
package verify

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Verifier reads.
type Verifier struct {
	Finder locate.Finder
	Ledger *ledger.Ledger
}

// Left counts what was found, by store. Empty means erased. A count may stop at the
// first page of a place: one record is as bad as a thousand.
type Left map[string]int

// Missed is what verification found that is not erased.
type Missed struct {
	Left     Left // records and objects of the frozen subjects
	Unfrozen int  // subjects that the identity leads to and that were never frozen
}

// Nothing says that all is erased.
func (m Missed) Nothing() bool { return len(m.Left) == 0 && m.Unfrozen == 0 }

// Run looks for anything of the request that is dated up to its cutoff.
func (v Verifier) Run(ctx context.Context, r request.Request) (Missed, error) {
	missed := Missed{Left: Left{}}
	subjects, err := v.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return missed, err
	}
	for i, s := range subjects {
		if s.Form != locate.FormLead {
			continue
		}
		look := lookup{v, locate.TrailOf(v.Finder, r, s), missed.Left, r.ID, i}
		if err := look.all(ctx); err != nil {
			return missed, err
		}
	}
	missed.Unfrozen, err = v.resolve(ctx, r, subjects, missed.Left)
	return missed, err
}

// resolve follows the requester's identity again, in the base table: no index stands
// between. What it still leads to must have been frozen, and a lead's way there must
// be gone unless the lead itself is newer and stays.
func (v Verifier) resolve(ctx context.Context, r request.Request, frozen []ledger.Subject, left Left) (unfrozen int, err error) {
	who, err := v.Ledger.Identity(ctx, r.ID)
	if err != nil {
		return 0, err
	}
	found, _, err := v.Finder.Resolve(ctx, who, *r.Frozen)
	if err != nil {
		return 0, err
	}
	identity, _ := v.Finder.Map.Identity(who.Kind)
	store, _ := v.Finder.Map.Store(identity.Store)
	for _, s := range found {
		if len(v.Finder.Join(who, frozen, []ledger.Subject{s})) > len(frozen) {
			unfrozen++
			continue
		}
		if s.Form != locate.FormLead {
			continue
		}
		stays, err := locate.TrailOf(v.Finder, r, s).RowStays(ctx, store.StaysWith)
		if err != nil {
			return 0, err
		}
		if !stays {
			left[store.Name]++
		}
	}
	return unfrozen, nil
}

type lookup struct {
	Verifier
	trail   locate.Trail
	left    Left
	id      string
	subject int
}

func (l lookup) all(ctx context.Context) error {
	for _, unit := range l.Finder.Map.Plan(datamap.Lead) {
		if err := l.unit(ctx, unit); err != nil {
			return err
		}
	}
	return l.locatorObjects(ctx)
}

// unit looks at a unit's items: of the subject itself, or of every container, both
// the frozen ones and those found again.
func (l lookup) unit(ctx context.Context, unit datamap.Unit) error {
	if stays, err := l.trail.RowStays(ctx, unit.Store.StaysWith); err != nil || stays {
		return err
	}
	if unit.Finder.From == "" {
		return l.place(ctx, unit, nil)
	}
	err := l.Ledger.EachFrozen(ctx, l.id, l.subject, unit.Finder.From, func(f ledger.Frozen, _ string) error {
		if err := l.container(ctx, f); err != nil {
			return err
		}
		return l.place(ctx, unit, f.Fields)
	})
	if err != nil {
		return err
	}
	for _, container := range l.Finder.Map.Containers(datamap.Lead) {
		if container.Store.Name != unit.Finder.From {
			continue
		}
		err := l.trail.EachContainer(ctx, container, func(_ livedata.Key, fields map[string]string) error {
			return l.place(ctx, unit, fields)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// container looks a frozen container's own row up by its key.
func (l lookup) container(ctx context.Context, f ledger.Frozen) error {
	store, _ := l.Finder.Map.Store(f.Store)
	key := livedata.Key{}
	for _, name := range store.Key {
		key[name] = f.Fields[name]
	}
	it, err := l.Finder.Records.Get(ctx, store, key)
	if err != nil || len(it) == 0 {
		return err
	}
	return l.record(ctx, store, it)
}

func (l lookup) place(ctx context.Context, unit datamap.Unit, binding map[string]string) error {
	if !unit.Store.IsTable() {
		return l.objects(ctx, unit, binding)
	}
	return l.trail.EachPage(ctx, unit, binding, nil, func(_ livedata.Key, page livedata.Page) error {
		for _, it := range page.Items {
			if err := l.record(ctx, unit.Store, it); err != nil {
				return err
			}
		}
		return nil
	})
}

// record decides whether one record may still be there: only if it is newer than the
// cutoff and its older attributes are gone, or if it holds something newer; and only if
// it is shown again, since what an index did not show the purge has left hidden.
func (l lookup) record(ctx context.Context, store datamap.Store, it livedata.Item) error {
	newer, err := livedata.NewerThan(store, it, l.trail.Cutoff)
	if err != nil {
		return err
	}
	if !newer {
		newer, err = l.holdsNewer(ctx, store, it)
		if err != nil {
			return err
		}
	}
	if _, hidden := it[store.HiddenBy]; !newer || hidden || keepsOlder(store, it) {
		l.left[store.Name]++
	}
	return nil
}

// holdsNewer lets a container stay whose contents are all newer; older contents are
// counted where they stand.
func (l lookup) holdsNewer(ctx context.Context, store datamap.Store, it livedata.Item) (bool, error) {
	return l.trail.Occupied(ctx, store, it.Fields(store.ContainerFields()))
}

func keepsOlder(store datamap.Store, it livedata.Item) bool {
	if store.Newer == nil {
		return false
	}
	for _, name := range store.Newer.Empty {
		if _, ok := it[name]; ok {
			return true
		}
	}
	return false
}

func (l lookup) objects(ctx context.Context, unit datamap.Unit, binding map[string]string) error {
	prefix, err := l.trail.Prefix(unit, binding)
	if err != nil {
		return err
	}
	stays, err := l.trail.Staying(ctx, unit, binding)
	if err != nil {
		return err
	}
	late := 0
	err = l.trail.EachVersion(ctx, unit.Store, prefix, nil, func(_ *livedata.Version, found []livedata.Version) error {
		l.count(unit.Store.Name, len(l.trail.Old(found, stays)))
		late += len(l.trail.Late(found, stays))
		return nil
	})
	if err != nil || late == 0 {
		return err
	}
	// Written late and named by nobody: in a container that holds something newer it
	// belongs there; in an empty one it may be the tail of what was deleted.
	newer, err := l.trail.HoldsRecords(ctx, unit.Finder.From, binding)
	if err == nil && !newer {
		l.count(unit.Store.Name, late)
	}
	return err
}

func (l lookup) count(store string, n int) {
	if n > 0 {
		l.left[store] += n
	}
}

// locatorObjects looks up the objects that the subject's own row named, from the
// frozen fields: the row itself is gone.
func (l lookup) locatorObjects(ctx context.Context) error {
	for _, unit := range l.Finder.Map.Locators(datamap.Lead) {
		for _, o := range unit.Store.Objects {
			key := l.trail.Fields[o.Attribute]
			if key == "" {
				continue
			}
			bucket, _ := l.Finder.Map.Store(o.Store)
			versions, err := l.trail.VersionsOf(ctx, bucket, key)
			if err != nil {
				return err
			}
			stays, err := l.trail.RowStays(ctx, unit.Store.Name)
			if err != nil {
				return err
			}
			if stays { // what was written since belongs to the row that stays
				versions = l.trail.Old(versions, nil)
			}
			l.count(o.Store, len(versions))
		}
	}
	return nil
}
