// Package keystest holds keys in memory for tests, with the contract of the table.
package keystest

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
)

// Fake is keys.Rows and keys.NamedRows. Tombstones are those that creations depend on.
type Fake struct {
	Tombstones fence.Tombstones
	// Fault decides the fate of a write, "create" or "destroy"; nil: all are applied.
	Fault func(op string) (apply bool, err error)

	mu   sync.Mutex
	rows map[[2]string]keys.Row
}

// NewFake holds no keys.
func NewFake(tombstones fence.Tombstones) *Fake {
	return &Fake{Tombstones: tombstones, rows: map[[2]string]keys.Row{}}
}

// All lists the rows.
func (f *Fake) All() []keys.Row {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Values(f.rows))
}

// Put plants a row, whatever there is.
func (f *Fake) Put(row keys.Row) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[[2]string{row.Parent, row.Name}] = row
}

func (f *Fake) Get(ctx context.Context, parent, name string) (keys.Row, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	row, ok := f.rows[[2]string{parent, name}]
	return row, ok, ctx.Err()
}

func (f *Fake) Named(ctx context.Context, parent, name string) (keys.Row, bool, error) {
	row, ok, err := f.Get(ctx, parent, name)
	row.Wrapped = nil
	return row, ok, err
}

// most is the size of a page: small, so that tests turn pages.
const most = 3

func (f *Fake) Below(ctx context.Context, parent, after string) (rows []keys.Row, more bool, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for at, row := range f.rows {
		if at[0] == parent && at[1] > after {
			row.Wrapped = nil
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b keys.Row) int { return cmp.Compare(a.Name, b.Name) })
	return rows[:min(most, len(rows))], len(rows) > most, ctx.Err()
}

func (f *Fake) Create(ctx context.Context, row keys.Row, guard keys.Guard) error {
	return f.write("create", func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		parent, there := f.rows[[2]string{guard.Grandparent, row.Parent}]
		if f.rows[[2]string{row.Parent, row.Name}].ID != guard.Replaces || guard.Grandparent != "" && (!there || parent.ID != row.ParentID) {
			return changed()
		}
		for print, seen := range guard.Tombstones {
			stone, _, err := f.Tombstones.Get(ctx, print)
			if err != nil {
				return err
			}
			if !stone.Cutoff.Equal(seen) {
				return changed()
			}
		}
		f.rows[[2]string{row.Parent, row.Name}] = row
		return ctx.Err()
	})
}

func changed() error {
	return fault.New(fault.Conflict, "a snapshot key was not created: what it depends on has changed")
}

func (f *Fake) Delete(ctx context.Context, parent, name string) error {
	return f.write("destroy", func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.rows, [2]string{parent, name})
		return ctx.Err()
	})
}

func (f *Fake) write(op string, do func() error) error {
	apply, failure := true, error(nil)
	if f.Fault != nil {
		apply, failure = f.Fault(op)
	}
	if apply {
		if err := do(); err != nil {
			return err
		}
	}
	return failure
}

// Root wraps the keys of tenants as KMS does. Err, if set, is what it refuses with.
type Root struct{ Err error }

func (r Root) Wrap(_ context.Context, key []byte, tenant string) ([]byte, error) {
	return append([]byte(tenant+"\x00"), key...), r.Err
}

func (r Root) Unwrap(_ context.Context, wrapped []byte, tenant string) ([]byte, error) {
	key, ok := bytes.CutPrefix(wrapped, []byte(tenant+"\x00"))
	if r.Err == nil && !ok {
		return nil, fault.New(fault.Permanent, "wrapped for another tenant")
	}
	return key, r.Err
}
