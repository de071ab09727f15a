package purge

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

func (j *job) deleteRecords(ctx context.Context, t task, binding map[string]string) error {
	trail := j.trail(t.subject)
	return trail.EachPage(ctx, t.unit, binding, j.cursor.After, func(start livedata.Key, page livedata.Page) error {
		if err := j.reach(ctx, start); err != nil {
			return err
		}
		old, newer, err := split(trail, t.unit.Store, page.Items)
		if err != nil {
			return err
		}
		return j.deletePage(ctx, trail, t, binding, old, newer)
	})
}

// split parts a page by the cutoff, and refuses it as a whole if any record of it
// belongs to somebody else.
func split(trail locate.Trail, store datamap.Store, items []livedata.Item) (old, newer []livedata.Item, err error) {
	for _, it := range items {
		if livedata.Foreign(store, it, trail.Fields) {
			return nil, nil, locate.ErrForeign(store)
		}
		isNewer, err := livedata.NewerThan(store, it, trail.Cutoff)
		if err != nil {
			return nil, nil, err
		}
		if isNewer {
			newer = append(newer, it)
		} else {
			old = append(old, it)
		}
	}
	return old, newer, nil
}

// keep leaves a record that is newer than the cutoff, less the attributes that the
// data map calls older, and shows it again.
func (j *job) keep(ctx context.Context, store datamap.Store, newer []livedata.Item) error {
	var clear []string
	if store.Newer != nil {
		clear = append(clear, store.Newer.Empty...)
	}
	if store.HiddenBy != "" {
		clear = append(clear, store.HiddenBy)
	}
	for _, it := range newer {
		if err := j.clear(ctx, store, it, clear); err != nil {
			return err
		}
	}
	return nil
}

// clear removes attributes; a record that changed meanwhile is read again.
func (j *job) clear(ctx context.Context, store datamap.Store, it livedata.Item, attributes []string) error {
	return j.change(ctx, store, it, func(now livedata.Item) (livedata.Item, []string) {
		var present []string
		for _, name := range attributes {
			if _, ok := now[name]; ok {
				present = append(present, name)
			}
		}
		return nil, present
	})
}

// deletePage looks at the whole page before it touches any of it, and counts it before
// it deletes it: the objects first, since only their record leads to them.
func (j *job) deletePage(ctx context.Context, trail locate.Trail, t task, binding map[string]string, old, newer []livedata.Item) error {
	old, err := j.vacant(ctx, trail, t.unit.Store, old)
	if err != nil {
		return err
	}
	objects, err := j.named(ctx, trail, t, binding, old, newer)
	if err != nil {
		return err
	}
	page := map[string][]string{t.unit.Store.Name: recordHashes(t.unit.Store, old)}
	for bucket, versions := range objects {
		page[bucket] = append(page[bucket], versionHashes(versions)...)
	}
	if err := j.count(ctx, page); err != nil {
		return err
	}
	if err := j.deleteNamed(ctx, objects); err != nil {
		return err
	}
	if err := j.keep(ctx, t.unit.Store, newer); err != nil {
		return err
	}
	return j.remove(ctx, trail, t.unit.Store, old)
}

func recordHashes(store datamap.Store, items []livedata.Item) []string {
	out := make([]string, len(items))
	for i, it := range items {
		out[i] = keyHash(livedata.KeyOf(store, it))
	}
	return out
}

// vacant leaves out containers that still hold something, which is newer than the
// cutoff: they stay, shown again. What is not newer, verification finds.
func (j *job) vacant(ctx context.Context, trail locate.Trail, store datamap.Store, items []livedata.Item) ([]livedata.Item, error) {
	if len(j.Finder.Map.Children(datamap.Lead, store.Name)) == 0 {
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

// remove deletes a page. Records that are written once (their sort key begins with
// their date) go in batches. Whatever the platform may change while we look goes one
// by one, only as it was seen; what changed meanwhile, verification sends us round for.
func (j *job) remove(ctx context.Context, trail locate.Trail, store datamap.Store, items []livedata.Item) error {
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
