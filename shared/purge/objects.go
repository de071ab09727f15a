package purge

import (
	"context"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

// deleteObjects deletes all old versions and delete markers under a container's
// prefix, except of objects that a newer record names.
func (j *job) deleteObjects(ctx context.Context, trail locate.Trail, unit datamap.Unit, binding map[string]string) error {
	prefix, err := trail.Prefix(unit, binding)
	if err != nil {
		return err
	}
	stays, err := trail.Staying(ctx, unit, binding)
	if err != nil {
		return err
	}
	for after := marker(j.cursor.After); ; {
		if err := j.reach(ctx, cursorOf(after)); err != nil {
			return err
		}
		page, err := trail.Objects.List(ctx, unit.Store, prefix, after)
		if err != nil {
			return err
		}
		old := trail.Old(page.Found, stays)
		if err := j.deleteVersions(ctx, unit.Store, old); err != nil || page.Next == nil {
			return err
		}
		after = goOn(page, old, after)
	}
}

// goOn is where the listing goes on: after a version that stays. Of those of one key,
// whose order a page does not tell, the newest; the others are only listed again.
func goOn(page livedata.Versions, old []livedata.Version, after *livedata.Version) *livedata.Version {
	if len(old) == 0 {
		return page.Next
	}
	for _, v := range page.Found {
		if slices.Contains(old, v) {
			continue
		}
		if after == nil || v.Key > after.Key || v.Key == after.Key && v.Modified.After(after.Modified) {
			after = &v
		}
	}
	return after
}

func (j *job) deleteVersions(ctx context.Context, bucket datamap.Store, old []livedata.Version) error {
	if len(old) == 0 {
		return nil
	}
	if err := j.count(ctx, page{found: map[string][]string{bucket.Name: versionHashes(old)}}); err != nil {
		return err
	}
	return j.Finder.Objects.Delete(ctx, bucket, old)
}

func versionHashes(versions []livedata.Version) []string {
	out := make([]string, len(versions))
	for i, v := range versions {
		out[i] = shortHash([]byte(v.Key + "\x00" + v.ID))
	}
	return out
}

func marker(after map[string]string) *livedata.Version {
	if after == nil {
		return nil
	}
	return &livedata.Version{Key: after["key"], ID: after["version"]}
}

func cursorOf(start *livedata.Version) map[string]string {
	if start == nil {
		return nil
	}
	return map[string]string{"key": start.Key, "version": start.ID}
}

// named collects the objects that the records of a page name. One that an old record
// names goes whenever it was written, and so does one in an attribute that is to be emptied
// of a record that stays: nothing would lead to it any more.
func (j *job) named(ctx context.Context, trail locate.Trail, unit datamap.Unit, binding map[string]string, old, newer []livedata.Item) (map[string][]livedata.Version, error) {
	out := map[string][]livedata.Version{}
	for _, o := range unit.Store.Objects {
		going := slices.Clone(old)
		emptied := unit.Store.Newer != nil && slices.Contains(unit.Store.Newer.Empty, o.Attribute)
		if emptied {
			going = append(going, newer...)
		}
		if len(newer) == 0 || emptied {
			going = append(going, trail.FrozenRow(unit)...)
		}
		versions, err := j.namedBy(ctx, trail, unit, o, binding, going)
		if err != nil {
			return nil, err
		}
		out[o.Store] = append(out[o.Store], versions...)
	}
	return out, nil
}

// namedBy lists, once each, the versions of the objects that items name. Under a
// prefix that the plan has emptied before, only what was written late is left, and
// one listing tells; elsewhere each object needs its own.
func (j *job) namedBy(ctx context.Context, trail locate.Trail, unit datamap.Unit, o datamap.Object, binding map[string]string, items []livedata.Item) ([]livedata.Version, error) {
	var keys []string
	for _, it := range items {
		names, err := trail.Named(unit.Store, o, it, binding)
		if err != nil {
			return nil, err
		}
		keys = append(keys, names...)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	covered, err := covered(trail, unit, o.Store, binding)
	if err != nil {
		return nil, err
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	out, err := j.lateOf(ctx, trail, unit, o, binding, keys)
	if err != nil {
		return nil, err
	}
	bucket, _ := j.Finder.Map.Store(o.Store)
	for _, key := range slices.DeleteFunc(keys, covered) {
		versions, err := trail.VersionsOf(ctx, bucket, key)
		if err != nil {
			return nil, err
		}
		out = append(out, versions...)
	}
	return out, nil
}

// lateOf lists the late versions, under the prefixes that the plan has emptied, of the
// given objects.
func (j *job) lateOf(ctx context.Context, trail locate.Trail, unit datamap.Unit, o datamap.Object, binding map[string]string, keys []string) ([]livedata.Version, error) {
	if trail.Scope.Everything {
		return nil, nil // whatever its date, it went with its prefix
	}
	var out []livedata.Version
	for _, sibling := range trail.Siblings(unit) {
		if sibling.Store.Name != o.Store {
			continue
		}
		prefix, err := trail.Prefix(sibling, binding)
		if err != nil {
			return nil, err
		}
		stays, err := trail.Staying(ctx, sibling, binding)
		if err != nil {
			return nil, err
		}
		err = trail.EachVersion(ctx, sibling.Store, prefix, nil, func(_ *livedata.Version, found []livedata.Version) error {
			for _, v := range trail.Late(found, stays) {
				if _, named := slices.BinarySearch(keys, v.Key); named {
					out = append(out, v)
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// covered tells the objects that lie under a prefix which the plan has emptied
// before, so that a record's own objects need no call each.
func covered(trail locate.Trail, unit datamap.Unit, bucket string, binding map[string]string) (func(key string) bool, error) {
	var prefixes []string
	for _, other := range trail.Map.Plan(trail.Scope) {
		reached := other.Finder.From == "" || other.Finder.From == unit.Finder.From
		if other.Store.Name != bucket || !reached {
			continue
		}
		prefix, err := trail.Prefix(other, binding)
		if err != nil {
			return nil, err
		}
		prefixes = append(prefixes, prefix)
	}
	return func(key string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
	}, nil
}
