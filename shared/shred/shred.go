// Package shred makes every backup of a request's subjects unreadable, however many there
// are: it destroys their keys. Of a subject that goes as a whole it removes the copies
// themselves too. It can open nothing.
package shred

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Store is the data map's name of the bucket of snapshots.
const Store = "snapshots"

// Copies is the bucket of snapshots, for who may delete there. Versions lists versions and
// delete markers under a prefix; Delete returns without an error only when all are gone.
type Copies interface {
	Versions(ctx context.Context, prefix string, after *livedata.Version) (livedata.Versions, error)
	Delete(ctx context.Context, versions []livedata.Version) error
}

// Shredder destroys.
type Shredder struct {
	Map        *datamap.Map
	Ledger     *ledger.Ledger
	Tombstones fence.Tombstones
	Keys       keys.Destroyer
	Copies     Copies
	Now        func() time.Time
}

// Run shreds every subject of the request that is erased. The subjects stand behind their
// tombstones by then: a snapshot that runs meanwhile creates no key for what is older. Again
// is as good as once.
func (s Shredder) Run(ctx context.Context, r request.Request) error {
	subjects, err := s.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return err
	}
	scopes := locate.Finder{Map: s.Map}.Erasable(subjects)
	for _, i := range slices.Sorted(maps.Keys(scopes)) {
		if err := s.subject(ctx, r, i, scopes[i], subjects[i].Fields); err != nil {
			return err
		}
	}
	return nil
}

// subject destroys the keys first: from then on the copies are noise, and removing them is
// only tidy.
func (s Shredder) subject(ctx context.Context, r request.Request, i int, scope datamap.Scope, fields map[string]string) error {
	paths, err := Paths(ctx, s.Map, s.Ledger, r.ID, i, scope, fields)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := s.destroy(ctx, r, path); err != nil {
			return err
		}
	}
	prefixes, err := Prefixes(scope, fields)
	for _, prefix := range prefixes {
		if err == nil {
			err = s.drop(ctx, prefix)
		}
	}
	return err
}

// destroy raises a tombstone before it destroys what is quoted of a lead: that is no subject
// of the request, and nobody fenced it.
func (s Shredder) destroy(ctx context.Context, r request.Request, path keys.Path) error {
	if own := path[len(path)-1]; own.Kind == keys.Quotes {
		for _, print := range fence.ScopePrints(s.Keys.Secret, own.Kind, own.Values...) {
			stone := fence.Tombstone{Fingerprint: print, Cutoff: *r.Frozen, ExpiresAt: s.Now().Add(fence.Keep)}
			if err := s.Tombstones.Raise(ctx, stone); err != nil {
				return err
			}
		}
	}
	_, err := s.Keys.Destroy(ctx, path)
	return err
}

// Paths lead to all keys that are to go with a subject: its own, and, where only a part of
// what a lead wrote goes, those of what others quote of whoever wrote it. Which of a lead's
// words a quotation was taken from is not written down.
func Paths(ctx context.Context, m *datamap.Map, l *ledger.Ledger, id string, subject int, scope datamap.Scope, fields map[string]string) ([]keys.Path, error) {
	own, err := keys.PathTo(m, scope, fields)
	if err != nil || scope.Everything {
		return []keys.Path{own}, err
	}
	paths, seen := []keys.Path{own}, map[string]bool{}
	for _, unit := range m.Plan(scope) {
		if unit.Store.Quotes == nil || unit.Finder.From == "" {
			continue
		}
		err := l.EachFrozen(ctx, id, subject, unit.Finder.From, func(f ledger.Frozen, _ string) error {
			who := f.Fields["lead_id"]
			if who == "" || seen[who] {
				return nil // nobody's words, or known
			}
			seen[who] = true
			lead, _ := m.Scope("lead")
			path, err := keys.PathOf(m, lead, livedata.Merge(fields, f.Fields))
			if err == nil {
				paths = append(paths, keys.QuotesOf(path))
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// Prefixes are where the copies stand of a subject that goes as a whole, in the order in
// which they go: what has no manifest is never used. None for who shares copies with others.
func Prefixes(scope datamap.Scope, fields map[string]string) ([]string, error) {
	if !scope.Everything {
		return nil, nil
	}
	path, err := snapshot.TenantPath(fields["tenant_id"])
	if slices.Contains(scope.Key, "channel_id") {
		path, err = snapshot.Unit{Tenant: fields["tenant_id"], Channel: fields["channel_id"]}.Path()
	}
	var out []string
	for _, kind := range snapshot.Prefixes() {
		out = append(out, kind+path)
	}
	return out, err
}

// drop deletes every version under a prefix. It lists from the beginning each time: what it
// saw is gone.
func (s Shredder) drop(ctx context.Context, prefix string) error {
	for {
		page, err := s.Copies.Versions(ctx, prefix, nil)
		if err != nil || len(page.Found) == 0 {
			return err
		}
		if err := s.Copies.Delete(ctx, page.Found); err != nil {
			return err
		}
	}
}
