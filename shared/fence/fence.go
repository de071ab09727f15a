// Package fence keeps a deleted subject from coming back: a dated tombstone per
// external identity and scope, which outlives every backup and reveals nobody, and
// deleting_at on the rows about to go, which the platform's views hide.
package fence

import (
	"context"
	"maps"
	"slices"
	"sort"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Keep is how long a tombstone lives: longer than any backup (rotation of fewer than
// 28 days) and the longest restore together.
const Keep = 90 * 24 * time.Hour

// Tombstone says that whatever carries the fingerprint and is dated up to Cutoff was
// deleted. An event that carries the same identity and a later date is new data.
type Tombstone struct {
	Fingerprint string
	Cutoff      time.Time
	ExpiresAt   time.Time
}

// Tombstones stores them. Raise never lowers a cutoff that is there, nor shortens its life.
type Tombstones interface {
	Raise(ctx context.Context, t Tombstone) error
	Get(ctx context.Context, fingerprint string) (Tombstone, bool, error)
}

// Fence puts a request's subjects behind tombstones and hides their rows.
type Fence struct {
	Finder     locate.Finder
	Ledger     *ledger.Ledger
	Tombstones Tombstones
	Keys       secrets.Versioned
	Now        func() time.Time
}

// Run fences every subject of the request. Again is as good as once.
func (f Fence) Run(ctx context.Context, r request.Request) error {
	return f.each(ctx, r, f.subject)
}

// Hide hides the rows of every subject that is hidden as a whole, and lets go at once
// what must, but raises no tombstone. The intake of such a subject is closed by that.
func (f Fence) Hide(ctx context.Context, r request.Request) error {
	return f.each(ctx, r, f.hide)
}

// Show takes back what Hide did to rows. What went at once does not come back.
func (f Fence) Show(ctx context.Context, r request.Request) error {
	return f.each(ctx, r, f.show)
}

func (f Fence) each(ctx context.Context, r request.Request, act func(context.Context, request.Request, locate.Trail) error) error {
	subjects, err := f.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return err
	}
	scopes := f.Finder.Erasable(subjects)
	for _, i := range slices.Sorted(maps.Keys(scopes)) {
		if err := act(ctx, r, locate.TrailOf(f.Finder, r, subjects[i], scopes[i])); err != nil {
			return err
		}
	}
	return nil
}

// show removes the map's hidden_by attribute from the subject's own row.
func (f Fence) show(ctx context.Context, _ request.Request, trail locate.Trail) error {
	for _, unit := range f.Finder.Map.Locators(trail.Scope) {
		err := trail.EachPage(ctx, unit, nil, nil, func(_ livedata.Key, page livedata.Page) error {
			for _, it := range page.Items {
				err := livedata.Apply(ctx, f.Finder.Records, unit.Store, it, func(now livedata.Item) (livedata.Item, []string, error) {
					return nil, now.Has([]string{unit.Store.HiddenBy}), nil
				})
				if err != nil {
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

// subject raises the tombstones first: a row that is hidden and not fenced could be
// written anew.
func (f Fence) subject(ctx context.Context, r request.Request, trail locate.Trail) error {
	until := trail.Cutoff
	if trail.Scope.Everything {
		until = trail.FrozenAt
	}
	for _, print := range f.fingerprints(trail.Scope, trail.Fields) {
		t := Tombstone{Fingerprint: print, Cutoff: until, ExpiresAt: f.Now().Add(Keep)}
		if err := f.Tombstones.Raise(ctx, t); err != nil {
			return err
		}
	}
	return f.hide(ctx, r, trail)
}

// fingerprints of a subject: its scope, and each external name of its own row, since a
// late event carries those and not our ID. The same number at another business is
// another subject. They are under every version of the secret: a backup that was made
// before it changed calls the subject by the old version's name.
func (f Fence) fingerprints(scope datamap.Scope, fields map[string]string) []string {
	out := ScopePrints(f.Keys, scope.Name, values(scope.Key, fields)...)
	channel := ""
	if slices.Contains(scope.Within, "channel_id") {
		channel = fields["channel_id"]
	}
	for _, unit := range f.Finder.Map.Locators(scope) {
		for _, name := range unit.Store.Fenced {
			if identity := fields[name]; identity != "" {
				out = append(out, IdentityPrints(f.Keys, scope.Name, fields["tenant_id"], channel, identity)...)
			}
		}
	}
	sort.Strings(out)
	return out
}

func values(names []string, fields map[string]string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = fields[name]
	}
	return out
}

// hide sets the map's hidden_by attribute on the subject's rows that have one. Of a
// scope that takes everything only its own row is hidden, and with it all that stands
// below. What must go at once goes with the same write, from every row that holds it.
func (f Fence) hide(ctx context.Context, r request.Request, trail locate.Trail) error {
	for _, unit := range f.Finder.Map.Plan(trail.Scope) {
		hides := unit.Store.HiddenBy != "" && (unit.Locates() || !trail.Scope.Everything)
		if unit.Finder.From != "" || !hides && len(unit.Store.AtOnce) == 0 {
			continue
		}
		err := trail.EachPage(ctx, unit, nil, nil, func(_ livedata.Key, page livedata.Page) error {
			if err := f.owns(ctx, r); err != nil {
				return err
			}
			old, _, err := trail.Split(unit.Store, page.Items)
			if err != nil {
				return err
			}
			return f.hideRows(ctx, trail, unit.Store, hides, old)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// owns is asked before each page: a run that hangs and wakes after the next one has
// ended would hide again what that one has shown, and nobody would look again.
func (f Fence) owns(ctx context.Context, r request.Request) error {
	now, err := f.Ledger.Get(ctx, r.ID)
	if err == nil && now.Run != r.Run {
		err = fault.New(fault.Conflict, "a later run owns the request")
	}
	return err
}

// hideRows leaves alone a row that the platform wrote anew while we looked, and that is
// newer than the cutoff now.
func (f Fence) hideRows(ctx context.Context, trail locate.Trail, store datamap.Store, hides bool, items []livedata.Item) error {
	at := &types.AttributeValueMemberS{Value: f.Now().UTC().Format(time.RFC3339)}
	for _, it := range items {
		err := livedata.Apply(ctx, f.Finder.Records, store, it, func(now livedata.Item) (set livedata.Item, remove []string, err error) {
			if newer, err := trail.Newer(store, now); err != nil || newer {
				return nil, nil, err
			}
			if _, hidden := now[store.HiddenBy]; hides && !hidden {
				set = livedata.Item{store.HiddenBy: at}
			}
			return set, now.Has(store.AtOnce), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
