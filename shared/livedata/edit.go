package livedata

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
)

// editTries bounds how often a record that keeps changing is read again.
const editTries = 8

// Edit is what a record, as it is now, needs: attributes to set and to remove. Asking
// for neither leaves it.
type Edit func(now Item) (set Item, remove []string, err error)

// Apply edits a record, again if somebody else changes it meanwhile. One that is gone
// needs nothing.
func Apply(ctx context.Context, records Records, store datamap.Store, it Item, edit Edit) error {
	for range editTries {
		set, remove, err := edit(it)
		if err != nil || len(set) == 0 && len(remove) == 0 {
			return err
		}
		applied, err := records.Change(ctx, store, it, set, remove)
		if err != nil || applied {
			return err
		}
		if it, err = records.Get(ctx, store, KeyOf(store, it)); err != nil || len(it) == 0 {
			return err
		}
	}
	return fault.New(fault.Retry, "a record of "+store.Name+" keeps changing")
}
