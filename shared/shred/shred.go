// Package shred makes every backup of a request's subjects unreadable, however many there
// are: it destroys their keys. Of a subject that goes as a whole it removes the copies
// themselves too. It can open nothing.
package shred

import (
	"context"
	"maps"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/datamap"
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
	Map    *datamap.Map
	Ledger *ledger.Ledger
	Keys   keys.Destroyer
	Copies Copies
}

// Run shreds every subject of the request that is erased. The subjects stand behind their
// tombstones by then: a snapshot that runs meanwhile creates no key for what is older. Again is as good as
// once.
func (s Shredder) Run(ctx context.Context, r request.Request) error {
	subjects, err := s.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return err
	}
	scopes := locate.Finder{Map: s.Map}.Erasable(subjects)
	for _, i := range slices.Sorted(maps.Keys(scopes)) {
		if err := s.subject(ctx, scopes[i], subjects[i].Fields); err != nil {
			return err
		}
	}
	return nil
}

// subject destroys the key first: from then on the copies are noise, and removing them is
// only tidy.
func (s Shredder) subject(ctx context.Context, scope datamap.Scope, fields map[string]string) error {
	path, err := keys.PathTo(s.Map, scope, fields)
	if err != nil {
		return err
	}
	if _, err := s.Keys.Destroy(ctx, path); err != nil {
		return err
	}
	prefixes, err := Prefixes(scope, fields)
	for _, prefix := range prefixes {
		if err == nil {
			err = s.drop(ctx, prefix)
		}
	}
	return err
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
