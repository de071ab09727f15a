package livedatatest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

type objects struct{ *Fake }

// byKey orders as S3 does: keys ascending, the newest version of a key first.
func byKey(a, b livedata.Version) int {
	return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(b.ID, a.ID))
}

func (f objects) List(ctx context.Context, store datamap.Store, prefix string, after *livedata.Version) (page livedata.Versions, err error) {
	err = f.call(ctx, List, store.Name+"/"+prefix, func() error {
		if after != nil && !f.holds(store.Name, *after) {
			return fmt.Errorf("a listing of %s goes on after a version that is gone", store.Name)
		}
		page = f.list(store.Name, prefix, after)
		return nil
	})
	return page, err
}

func (f objects) holds(store string, v livedata.Version) bool {
	return slices.ContainsFunc(f.objects[store], func(o object) bool { return o.Key == v.Key && o.ID == v.ID })
}

func (f objects) list(store, prefix string, after *livedata.Version) livedata.Versions {
	var found []livedata.Version
	for _, o := range f.objects[store] {
		if strings.HasPrefix(o.Key, prefix) && (after == nil || byKey(o.Version, *after) > 0) {
			v := o.Version
			v.Marker, v.Latest = o.marker, o.ID == f.latest(store, o.Key)
			found = append(found, v)
		}
	}
	slices.SortFunc(found, byKey)
	if len(found) <= f.VersionsPage {
		return livedata.Versions{Found: found}
	}
	last := found[f.VersionsPage-1]
	return livedata.Versions{Found: found[:f.VersionsPage], Next: &last}
}

// latest is the ID of the newest version of a key.
func (f objects) latest(store, key string) (id string) {
	for _, o := range f.objects[store] {
		if o.Key == key {
			id = max(id, o.ID)
		}
	}
	return id
}

func (f objects) Delete(ctx context.Context, store datamap.Store, versions []livedata.Version) error {
	for _, v := range versions {
		err := f.call(ctx, DeleteObject, store.Name+"/"+v.Key+"@"+v.ID, func() error {
			f.objects[store.Name] = slices.DeleteFunc(f.objects[store.Name], func(o object) bool { return o.Key == v.Key && o.ID == v.ID })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// PutBack copies the newest version of an object over the marker that hides it; none says
// that there is no version. One that is not hidden stays, and nothing is made.
func (f *Fake) PutBack(store, key string, at time.Time) (made livedata.Version, none bool) {
	f.mu.Lock()
	var newest, version object
	for _, o := range f.objects[store] {
		if o.Key == key {
			if newest = o; !o.marker {
				version = o
			}
		}
	}
	f.mu.Unlock()
	if version.ID == "" {
		return livedata.Version{}, true
	}
	if !newest.marker {
		return livedata.Version{}, false
	}
	return f.addVersion(store, object{Version: livedata.Version{Key: key, Modified: at}, body: version.body}), false
}
