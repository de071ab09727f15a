package verify

import (
	"context"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/shred"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Backups is what can be read of backups by who may open nothing: which keys there are, and
// the manifests and indexes of snapshots.
type Backups struct {
	Keys  keys.Destroyer
	Names snapshot.Objects
}

// backups looks for a key with which anything of the subject in a backup could still be
// opened: first where it would stand, then each that a retained snapshot names. Of what
// goes as a whole no copy may be left either.
func (l lookup) backups(ctx context.Context) error {
	paths, err := shred.Paths(ctx, l.Finder.Map, l.Ledger, l.id, l.subject, l.trail.Scope, l.trail.Fields)
	if err != nil {
		return err
	}
	for _, path := range paths {
		left, err := l.Backups.Keys.Left(ctx, path, l.until())
		if err != nil {
			return err
		}
		l.count("snapshotkeys", len(left))
	}
	prefixes, err := shred.Prefixes(l.trail.Scope, l.trail.Fields)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		names, _, err := l.Backups.Names.List(ctx, prefix, "")
		if err != nil {
			return err
		}
		l.count(shred.Store, len(names))
	}
	return l.named(ctx, paths)
}

// until is the cutoff of the subject's tombstones.
func (l lookup) until() time.Time {
	if l.trail.Scope.Everything {
		return l.trail.FrozenAt
	}
	return l.trail.Cutoff
}

// named looks up every key of the subject that a retained snapshot names. One that cannot be
// read, since it is damaged, is noted: it may not keep everybody else's data from being erased.
func (l lookup) named(ctx context.Context, paths []keys.Path) error {
	units, err := l.units(ctx)
	if err != nil {
		return err
	}
	var own []string
	for _, path := range paths {
		own = append(own, keys.Names(l.Backups.Keys.Secret, path[len(path)-1])...)
	}
	seen := map[keys.Step]bool{}
	for _, unit := range units {
		err := snapshot.EachName(ctx, l.Backups.Names, unit, func(_ time.Time, refs []keys.Ref) error {
			for _, ref := range refs {
				if err := l.lives(ctx, ref, own, seen); err != nil {
					return err
				}
			}
			return nil
		})
		if fault.KindOf(err) == fault.Permanent && err != nil {
			*l.unread, err = append(*l.unread, err), nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lives counts the step of a key that is the subject's and still there.
func (l lookup) lives(ctx context.Context, ref keys.Ref, own []string, seen map[keys.Step]bool) error {
	at := slices.IndexFunc(ref, func(step keys.Step) bool { return slices.Contains(own, step.Name) })
	if at < 0 || seen[ref[at]] {
		return nil
	}
	seen[ref[at]] = true
	parent := keys.Top
	if at > 0 {
		parent = ref[at-1].Name
	}
	row, there, err := l.Backups.Keys.Rows.Named(ctx, parent, ref[at].Name)
	if err == nil && there && row.ID == ref[at].ID && !row.Bars(l.until()) {
		l.left["snapshotkeys"]++
	}
	return err
}

// units are those whose snapshots may hold something of the subject: its channel, or every
// one of the tenant where no row says any more which that was.
func (l lookup) units(ctx context.Context) ([]snapshot.Unit, error) {
	tenant, channel := l.trail.Fields["tenant_id"], l.trail.Fields["channel_id"]
	if channel != "" {
		return []snapshot.Unit{{Tenant: tenant, Channel: channel}}, nil
	}
	path, err := snapshot.TenantPath(tenant)
	if err != nil {
		return nil, err
	}
	var units []snapshot.Unit
	for after, more := "", true; more; {
		var names []string
		if names, more, err = l.Backups.Names.List(ctx, snapshot.Manifests+path, after); err != nil {
			return nil, err
		}
		for _, name := range names {
			after = name
			if place, ok := snapshot.Locate(name); ok && !slices.Contains(units, place.Unit) {
				units = append(units, place.Unit)
			}
		}
	}
	return units, nil
}
