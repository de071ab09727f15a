// Package verify proves that nothing of a request's subjects is left. It only reads:
// it looks up every frozen key in the base tables, strongly consistent, and then
// finds the subject again from scratch, as if nothing had been frozen.
package verify

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Verifier reads.
type Verifier struct {
	Finder  locate.Finder
	Ledger  *ledger.Ledger
	Backups Backups
	Settle  time.Duration // how long an index may lag behind its table
	Now     func() time.Time
}

// Left counts what was found, by store. Empty means erased. A count may stop at the
// first page of a place: one record is as bad as a thousand.
type Left map[string]int

// Missed is what verification found that is not erased.
type Missed struct {
	Left     Left // records and objects of the frozen subjects
	Unfrozen int  // subjects that the identity leads to and that were never frozen
	// Unread are snapshots that do not say under whose keys they are, since they are damaged.
	// They prove nothing either way: what does is that the keys are gone.
	Unread []error
}

// Nothing says that all is erased.
func (m Missed) Nothing() bool { return len(m.Left) == 0 && m.Unfrozen == 0 }

// Run looks for anything of the request that may not be there any more. It begins once
// the indexes have had their time to show what was written before the fence stood.
func (v Verifier) Run(ctx context.Context, r request.Request) (Missed, error) {
	missed := Missed{Left: Left{}}
	opened, err := v.Ledger.OpenCase(ctx, r.ID)
	if err != nil {
		return missed, err
	}
	v.Ledger = opened
	subjects, err := v.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return missed, err
	}
	if err := v.settled(ctx, r); err != nil {
		return missed, err
	}
	scopes := v.Finder.Erasable(subjects)
	for _, i := range slices.Sorted(maps.Keys(scopes)) {
		look := lookup{v, locate.TrailOf(v.Finder, r, subjects[i], scopes[i]), missed.Left, &missed.Unread, r.ID, i}
		if err := errors.Join(look.all(ctx), look.backups(ctx)); err != nil {
			return missed, err
		}
	}
	missed.Unfrozen, err = v.resolve(ctx, r, subjects, missed.Left)
	return missed, err
}

// settled waits for Settle to pass since the fence stood: from then on nothing of the
// subject is written that is older than the cutoff, and an index shows what was.
func (v Verifier) settled(ctx context.Context, r request.Request) error {
	if r.FencedAt == nil {
		return nil // nothing was fenced: there is nothing to find
	}
	left := v.Settle - v.Now().Sub(*r.FencedAt)
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(min(left, v.Settle)) // a clock that went back adds nothing
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fault.Wrap("wait for the indexes", ctx.Err())
	case <-timer.C:
		return nil
	}
}

// resolve follows the requester's identity again, in the base table: no index stands
// between. What it still leads to must have been frozen, and a row that leads to an
// erased subject must be gone unless the subject itself is newer and stays.
func (v Verifier) resolve(ctx context.Context, r request.Request, frozen []ledger.Subject, left Left) (unfrozen int, err error) {
	who, err := v.Ledger.Identity(ctx, r.ID)
	if err != nil || who.Kind == ledger.Claimed {
		return 0, err // a claim leads to subjects' own rows, which the plan looks up
	}
	found, _, err := v.Finder.Resolve(ctx, who, *r.Frozen)
	if err != nil {
		return 0, err
	}
	identity, _ := v.Finder.Map.Identity(who.Kind)
	store, _ := v.Finder.Map.Store(identity.Store)
	for _, s := range found {
		if len(v.Finder.Join(frozen, []ledger.Subject{s})) > len(frozen) {
			unfrozen++
			continue
		}
		scope, erased := v.Finder.Map.Scope(s.Form)
		if !erased || identity.Is != "" {
			continue // waits for a person; or is the subject's own row, which the plan looks up
		}
		stays, err := locate.TrailOf(v.Finder, r, s, scope).RowStays(ctx, store.StaysWith)
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
	unread  *[]error
	id      string
	subject int
}

func (l lookup) all(ctx context.Context) error {
	for _, unit := range l.Finder.Map.Plan(l.trail.Scope) {
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
	for _, container := range l.Finder.Map.Containers(l.trail.Scope) {
		if container.Store.Name != unit.Finder.From {
			continue
		}
		err := l.trail.EachBinding(ctx, container, nil, func(_ livedata.Key, bindings []map[string]string) error {
			for _, fields := range bindings {
				if err := l.place(ctx, unit, fields); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// container looks a frozen container's own row up by its key, if that is what was
// frozen of it.
func (l lookup) container(ctx context.Context, f ledger.Frozen) error {
	store, _ := l.Finder.Map.Store(f.Store)
	key := livedata.Key{}
	for _, name := range store.Key {
		if f.Fields[name] == "" {
			return nil
		}
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
// cutoff, its older attributes are gone and it is shown again (what an index did not show,
// the purge has left hidden), if it holds something newer, or if nothing of it leads to a
// person any more.
func (l lookup) record(ctx context.Context, store datamap.Store, it livedata.Item) error {
	if len(locate.Due(store, []livedata.Item{it})) == 0 {
		return nil
	}
	newer, err := l.trail.Newer(store, it)
	if err != nil {
		return err
	}
	if !newer && !l.trail.Scope.Everything {
		newer, err = l.trail.Occupied(ctx, store, it.Fields(store.ContainerFields()))
		if err != nil {
			return err
		}
	}
	if _, hidden := it[store.HiddenBy]; !newer || hidden || keepsOlder(store, it) {
		l.left[store.Name]++
	}
	return nil
}

func keepsOlder(store datamap.Store, it livedata.Item) bool {
	return store.Newer != nil && len(it.Has(store.Newer.Empty)) > 0
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
	newer, err := l.trail.HoldsRecords(ctx, unit, binding)
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
	for _, unit := range l.Finder.Map.Locators(l.trail.Scope) {
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
