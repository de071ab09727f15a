package purge

import (
	"context"
	"reflect"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

func (j *job) deleteRecords(ctx context.Context, trail locate.Trail, t task, binding map[string]string) error {
	unit := t.unit
	return trail.EachPage(ctx, unit, binding, j.cursor.After, func(start livedata.Key, page livedata.Page) error {
		if err := j.reach(ctx, start); err != nil {
			return err
		}
		old, newer, err := trail.Split(unit.Store, page.Items)
		if err != nil {
			return err
		}
		// An index may not have shown these when all was frozen. Deleted unfrozen, they
		// would take with them the way to what is found from them.
		if j.leads(trail, unit) {
			if err := j.freezeAll(ctx, t, trail.Bindings(unit.Store, old)); err != nil {
				return err
			}
		}
		return j.deletePage(ctx, trail, unit, binding, locate.Due(unit.Store, old), newer)
	})
}

// keep leaves a record that is newer than the cutoff, less the attributes that the
// data map calls older, and shows it again. An attribute that changed since it was looked
// at is left to the next round: it may name an object that nobody has looked at.
func (j *job) keep(ctx context.Context, store datamap.Store, newer []livedata.Item) error {
	var clear []string
	if store.Newer != nil {
		clear = append(clear, store.Newer.Empty...)
	}
	if store.HiddenBy != "" {
		clear = append(clear, store.HiddenBy)
	}
	for _, it := range newer {
		err := livedata.Apply(ctx, j.Finder.Records, store, it, func(now livedata.Item) (livedata.Item, []string, error) {
			changed := func(name string) bool { return name != store.HiddenBy && !reflect.DeepEqual(now[name], it[name]) }
			return nil, slices.DeleteFunc(now.Has(clear), changed), nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// clear removes attributes; a record that changed meanwhile is read again.
func (j *job) clear(ctx context.Context, store datamap.Store, it livedata.Item, attributes []string) error {
	return livedata.Apply(ctx, j.Finder.Records, store, it, func(now livedata.Item) (livedata.Item, []string, error) {
		return nil, now.Has(attributes), nil
	})
}

// deletePage looks at the whole page before it touches any of it, and counts it before
// it deletes it: what only its records lead to first.
func (j *job) deletePage(ctx context.Context, trail locate.Trail, unit datamap.Unit, binding map[string]string, old, newer []livedata.Item) error {
	old, err := j.vacant(ctx, trail, unit.Store, old)
	if err != nil {
		return err
	}
	objects, err := j.named(ctx, trail, unit, binding, old, newer)
	if err != nil {
		return err
	}
	lineage := j.lineage(unit.Store, old)
	p := page{found: map[string][]string{unit.Store.Name: recordHashes(unit.Store, old)}, follows: map[string][]string{}}
	for bucket, versions := range objects {
		p.follows[bucket] = append(p.follows[bucket], versionHashes(versions)...)
	}
	for store, keys := range lineage {
		p.follows[store] = append(p.follows[store], keyHashes(keys)...)
	}
	if err := j.count(ctx, p); err != nil {
		return err
	}
	if err := j.deleteFollowing(ctx, objects, lineage); err != nil {
		return err
	}
	if err := j.keep(ctx, unit.Store, newer); err != nil {
		return err
	}
	return j.remove(ctx, trail, unit.Store, old)
}

// deleteFollowing deletes what only a page's records lead to. It is little: a picture of
// a profile, an attachment in a shared thread, a row about a quotation.
func (j *job) deleteFollowing(ctx context.Context, objects map[string][]livedata.Version, lineage map[string][]livedata.Key) error {
	for name, versions := range objects {
		bucket, _ := j.Finder.Map.Store(name)
		if err := j.Finder.Objects.Delete(ctx, bucket, versions); err != nil {
			return err
		}
	}
	for name, keys := range lineage {
		store, _ := j.Finder.Map.Store(name)
		if err := j.Finder.Records.Delete(ctx, store, keys); err != nil {
			return err
		}
	}
	return nil
}

func recordHashes(store datamap.Store, items []livedata.Item) []string {
	keys := make([]livedata.Key, len(items))
	for i, it := range items {
		keys[i] = livedata.KeyOf(store, it)
	}
	return keyHashes(keys)
}

func keyHashes(keys []livedata.Key) []string {
	out := make([]string, len(keys))
	for i, key := range keys {
		out[i] = keyHash(key)
	}
	return out
}

// vacant leaves out containers that still hold something, which is newer than the
// cutoff: they stay, shown again. What is not newer, since an index did not show its
// container when all was frozen, verification finds.
func (j *job) vacant(ctx context.Context, trail locate.Trail, store datamap.Store, items []livedata.Item) ([]livedata.Item, error) {
	if len(j.Finder.Map.Held(trail.Scope, store.Name)) == 0 {
		return items, nil
	}
	var out []livedata.Item
	for _, it := range items {
		occupied, err := trail.Occupied(ctx, store, it.Fields(store.ContainerFields()))
		if err != nil {
			return nil, err
		}
		if !occupied {
			out = append(out, it)
		} else if err := j.clear(ctx, store, it, []string{store.HiddenBy}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// remove deletes a page, or what of it leads to a person. Records that are written once (their sort key begins with
// their date) go in batches. Whatever the platform may change while we look goes one
// by one, only as it was seen; what changed meanwhile, verification sends us round for.
func (j *job) remove(ctx context.Context, trail locate.Trail, store datamap.Store, items []livedata.Item) error {
	if store.Rule == "anonymise" {
		for _, it := range items {
			if err := j.clear(ctx, store, it, store.Anonymise); err != nil {
				return err
			}
		}
		return nil
	}
	if store.Dated != nil && store.Dated.Sort {
		keys := make([]livedata.Key, len(items))
		for i, it := range items {
			keys[i] = livedata.KeyOf(store, it)
		}
		return j.Finder.Records.Delete(ctx, store, keys)
	}
	for _, it := range items {
		applied, err := j.removeOne(ctx, trail, store, it)
		if err != nil {
			return err
		}
		if !applied {
			j.uncount(store.Name)
		}
	}
	return nil
}

// removeOne looks once more whether a container is still empty: the page before it
// may have taken seconds, and what comes in meanwhile must not lose its container.
func (j *job) removeOne(ctx context.Context, trail locate.Trail, store datamap.Store, it livedata.Item) (bool, error) {
	if err := j.cutQuotation(ctx, store, it); err != nil {
		return false, err
	}
	still, err := j.vacant(ctx, trail, store, []livedata.Item{it})
	if err != nil || len(still) == 0 {
		return false, err
	}
	return j.Finder.Records.DeleteIf(ctx, store, it)
}
