// Package walk visits everything that a unit of the backup holds, a channel with all that
// is below it or what is a tenant's own, along the data map: parents first, page by page,
// from any place on where a walk before it stopped. It knows nothing of snapshots: what
// it walks through may as well be tables that were restored.
package walk

import (
	"context"
	"maps"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// pageSize is how many records are asked for at once; DynamoDB ends a page at 1 MB too.
const pageSize = 200

// Walker walks through the platform's tables.
type Walker struct {
	Map     *datamap.Map
	Records livedata.Records
}

// Cursor is a place in a walk: everything before it was visited. The zero value is the
// beginning. It names records, so whoever keeps it keeps it sealed.
type Cursor struct {
	Unit  int          `json:"unit"`            // of the plan
	After livedata.Key `json:"after,omitempty"` // in the unit's query: all up to here is done
	// Row is a row that was visited itself while what is found from it was not, or not all:
	// the units before Child were, and of Child itself what comes up to ChildAfter.
	Row        livedata.Key `json:"row,omitempty"`
	Child      int          `json:"child,omitempty"`
	ChildAfter livedata.Key `json:"child_after,omitempty"`
}

// Found is what is visited at a time: records of one store. There may be none: where the
// walk is has changed all the same.
type Found struct {
	Store datamap.Store
	Items []livedata.Item
	// Known are the fields of the unit, and of the row that the records were found from.
	Known map[string]string
}

// Each visits what is backed up of a unit, which is given by the key fields of its scope.
// Of the widest scope it is the subject's own row, since the units below have the rest.
// visit is told where the walk goes on after what was found.
//
// Each record is visited once, as the map's finders overlap nowhere but where they say so
// (`again`). What is written while the walk is under way may be missed, and twice visited
// what an index moves meanwhile. A record that says it is somebody else's ends the walk.
func (w Walker) Each(ctx context.Context, unit map[string]string, from Cursor, visit func(Cursor, Found) error) error {
	stages, err := w.stages(unit)
	if err != nil {
		return err
	}
	t := tour{Walker: w, unit: unit, visit: visit}
	for at := from; at.Unit < len(stages); at = (Cursor{Unit: at.Unit + 1}) {
		if err := t.stage(ctx, stages[at.Unit], at); err != nil {
			return err
		}
	}
	return nil
}

// stage is one unit of the plan that is found from the subject itself, and what is found
// from its rows.
type stage struct {
	datamap.Unit
	children []datamap.Unit
}

// stages are those of the plan for deletion, from its end.
func (w Walker) stages(unit map[string]string) ([]stage, error) {
	scope, err := w.scope(unit)
	if err != nil {
		return nil, err
	}
	units := w.Map.Plan(scope)
	if w.widest(scope) {
		units = w.Map.Locators(scope)
	}
	var out []stage
	for _, u := range slices.Backward(units) {
		if u.Finder.From == "" && backed(u) {
			out = append(out, stage{u, w.children(scope, u)})
		}
	}
	return out, nil
}

func (w Walker) children(scope datamap.Scope, u datamap.Unit) []datamap.Unit {
	if w.widest(scope) {
		return nil
	}
	return slices.DeleteFunc(w.Map.From(scope, u.Store.Name), func(c datamap.Unit) bool { return !backed(c) })
}

// backed says that the unit's records are copied, and found by no other unit.
func backed(u datamap.Unit) bool {
	return u.Store.IsTable() && u.Store.Backup != nil && !u.Store.Backup.Versions && !u.Finder.Again
}

func (w Walker) widest(scope datamap.Scope) bool {
	return scope.Name == w.Map.Scopes[len(w.Map.Scopes)-1].Name
}

// scope is the one that is named by just these fields.
func (w Walker) scope(unit map[string]string) (datamap.Scope, error) {
	fields := slices.Sorted(maps.Keys(unit))
	for _, s := range w.Map.Scopes {
		if slices.Equal(slices.Sorted(slices.Values(s.Key)), fields) {
			return s, nil
		}
	}
	return datamap.Scope{}, fault.New(fault.Permanent, "a unit of the backup is given by fields that name no scope of the data map")
}

// tour is one walk.
type tour struct {
	Walker
	unit  map[string]string
	visit func(Cursor, Found) error
}

func (t tour) stage(ctx context.Context, s stage, from Cursor) error {
	if len(s.children) == 0 {
		return t.eachPage(ctx, s.Unit, t.unit, from.After, func(items []livedata.Item, next livedata.Key) error {
			after := Cursor{Unit: from.Unit, After: next}
			if next == nil {
				after = Cursor{Unit: from.Unit + 1}
			}
			return t.found(after, s.Store, items, t.unit)
		})
	}
	done := from.After
	return t.eachPage(ctx, s.Unit, t.unit, done, func(items []livedata.Item, _ livedata.Key) error {
		for _, row := range items {
			at := Cursor{Unit: from.Unit, After: done}
			if from.Row != nil && maps.Equal(from.Row, livedata.KeyOf(s.Store, row)) {
				at.Row, at.Child, at.ChildAfter = from.Row, from.Child, from.ChildAfter
			}
			if err := t.row(ctx, s, at, row); err != nil {
				return err
			}
			done = placeOf(s.Unit, row)
		}
		return nil
	})
}

// row visits a row, unless the walk goes on within it, and then what is found from it.
// Row by row rather than page by page: where the walk goes on does then not depend on what
// else the page held, which may be gone by then.
func (t tour) row(ctx context.Context, s stage, at Cursor, row livedata.Item) error {
	if at.Row == nil {
		at.Row = livedata.KeyOf(s.Store, row)
		if err := t.found(at, s.Store, []livedata.Item{row}, t.unit); err != nil {
			return err
		}
	}
	known := livedata.Merge(t.unit, row.Fields(s.Store.ContainerFields()))
	for at.Child < len(s.children) {
		child := s.children[at.Child]
		err := t.eachPage(ctx, child, known, at.ChildAfter, func(items []livedata.Item, next livedata.Key) error {
			after := at
			after.ChildAfter = next
			if next == nil {
				after.Child++
			}
			return t.found(after, child.Store, items, known)
		})
		if err != nil {
			return err
		}
		at.Child, at.ChildAfter = at.Child+1, nil
	}
	return nil
}

func (t tour) found(after Cursor, store datamap.Store, items []livedata.Item, known map[string]string) error {
	return t.visit(after, Found{Store: store, Items: items, Known: known})
}

// placeOf is where a query of the unit goes on after a row, which may be gone by then.
func placeOf(u datamap.Unit, row livedata.Item) livedata.Key {
	place := livedata.KeyOf(u.Store, row)
	for _, name := range u.Store.IndexKey(u.Finder.Index) {
		place[name] = row.Text(name)
	}
	return place
}

// eachPage reads what a unit of the plan finds with the known fields, after a key. next is
// where the following page begins; nil after the last.
func (t tour) eachPage(ctx context.Context, u datamap.Unit, known map[string]string, after livedata.Key, visit func(items []livedata.Item, next livedata.Key) error) error {
	q, own, err := query(u, known)
	if err != nil {
		return fault.As(fault.Permanent, "find records of "+u.Store.Name, err)
	}
	for q.After = after; ; {
		page, err := t.Records.Read(ctx, q)
		if err != nil {
			return err
		}
		items, err := t.owned(u.Store, page.Items, own)
		if err != nil {
			return err
		}
		if err := visit(items, page.Next); err != nil || page.Next == nil {
			return err
		}
		q.After = page.Next
	}
}

func query(u datamap.Unit, known map[string]string) (q livedata.Query, own map[string]string, err error) {
	where, err := u.Finder.Keys(known)
	if err != nil {
		return q, nil, err
	}
	own, err = u.Finder.Owns(known)
	return livedata.Query{Store: u.Store, Index: u.Finder.Index, Where: where, Limit: pageSize}, own, err
}

// owned leaves out what the finder's key finds of others, and refuses what says that it is
// another tenant's or channel's: nobody knows under whose key that would belong.
func (t tour) owned(store datamap.Store, items []livedata.Item, own map[string]string) ([]livedata.Item, error) {
	var out []livedata.Item
	for _, it := range items {
		if !it.Says(own) {
			continue
		}
		if livedata.Foreign(store, it, t.unit) {
			return nil, fault.New(fault.Permanent, "a record of "+store.Name+" belongs to another tenant or channel than that whose data is walked through")
		}
		out = append(out, it)
	}
	return out, nil
}
