// Package fence keeps a deleted subject from coming back: a dated tombstone per
// external identity and scope, which outlives every backup and reveals nobody, and
// deleting_at on the rows about to go, which the platform's views hide.
package fence

import (
	"context"
	"encoding/hex"
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

// Tombstones stores them. Raise never lowers a cutoff that is there.
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
	subjects, err := f.Ledger.Subjects(ctx, r.ID)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		if s.Form != locate.FormLead {
			continue
		}
		if err := f.subject(ctx, r, s); err != nil {
			return err
		}
	}
	return nil
}

func (f Fence) subject(ctx context.Context, r request.Request, s ledger.Subject) error {
	for _, print := range f.fingerprints(s.Fields) {
		t := Tombstone{Fingerprint: print, Cutoff: *r.Frozen, ExpiresAt: f.Now().Add(Keep)}
		if err := f.Tombstones.Raise(ctx, t); err != nil {
			return err
		}
	}
	return f.hide(ctx, r, locate.TrailOf(f.Finder, r, s))
}

// fingerprints of a subject: its scope, and each external identity of its locator
// within its tenant and channel, since a late event carries those and not our ID.
// The same number at another business is another subject.
func (f Fence) fingerprints(fields map[string]string) []string {
	out := []string{Fingerprint(f.Keys, "lead", fields["tenant_id"], fields["lead_id"])}
	for _, unit := range f.Finder.Map.Locators(datamap.Lead) {
		for _, name := range unit.Store.Fenced {
			if identity := fields[name]; identity != "" {
				out = append(out, Fingerprint(f.Keys, "identity", fields["tenant_id"], fields["channel_id"], identity))
			}
		}
	}
	sort.Strings(out)
	return out
}

// Fingerprint is a keyed hash of an identity under the current key, with the key's
// version before it.
func Fingerprint(keys secrets.Versioned, parts ...string) string {
	key, _ := keys.Key(keys.Current())
	return keys.Current() + "." + hex.EncodeToString(secrets.MAC(key, append([]string{"tombstone"}, parts...)...))
}

// hide sets the map's hidden_by attribute on every row of the subject that has one.
func (f Fence) hide(ctx context.Context, r request.Request, trail locate.Trail) error {
	for _, unit := range f.Finder.Map.Plan(datamap.Lead) {
		if unit.Store.HiddenBy == "" {
			continue
		}
		err := trail.EachPage(ctx, unit, nil, nil, func(_ livedata.Key, page livedata.Page) error {
			if err := f.owns(ctx, r); err != nil {
				return err
			}
			return f.hideRows(ctx, trail, unit.Store, page.Items)
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

// hideRows leaves alone what is newer, and what changed while we looked: the platform
// is using it, and the purge reads it again anyway.
func (f Fence) hideRows(ctx context.Context, trail locate.Trail, store datamap.Store, items []livedata.Item) error {
	for _, it := range items {
		if livedata.Foreign(store, it, trail.Fields) {
			return locate.ErrForeign(store)
		}
		newer, err := livedata.NewerThan(store, it, trail.Cutoff)
		if err != nil {
			return err
		}
		if _, hidden := it[store.HiddenBy]; newer || hidden {
			continue
		}
		at := &types.AttributeValueMemberS{Value: f.Now().UTC().Format(time.RFC3339)}
		if _, err := f.Finder.Records.Change(ctx, store, it, livedata.Item{store.HiddenBy: at}, nil); err != nil {
			return err
		}
	}
	return nil
}
