package purge

import (
	"context"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

// deleteObjects deletes all old versions and delete markers under a container's
// prefix, except of objects that a newer record names.
func (j *job) deleteObjects(ctx context.Context, t task, binding map[string]string) error {
	trail := j.trail(t.subject)
	prefix, err := trail.Prefix(t.unit, binding)
	if err != nil {
		return err
	}
	stays, err := trail.Staying(ctx, t.unit, binding)
	if err != nil {
		return err
	}
	return trail.EachVersion(ctx, t.unit.Store, prefix, marker(j.cursor.After), func(start *livedata.Version, found []livedata.Version) error {
		if err := j.inTime(ctx); err != nil {
			return err
		}
		return j.deleteVersions(ctx, t.unit.Store, start, trail.Old(found, stays))
	})
}

func (j *job) deleteVersions(ctx context.Context, bucket datamap.Store, start *livedata.Version, old []livedata.Version) error {
	if len(old) == 0 {
		return nil
	}
	if err := j.count(ctx, bucket.Name, cursorOf(start), versionHashes(old)); err != nil {
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

// named collects what the records of a page name and no prefix of the plan covers.
func (j *job) named(ctx context.Context, trail locate.Trail, t task, binding map[string]string, items []livedata.Item) (map[string][]livedata.Version, error) {
	out := map[string][]livedata.Version{}
	for _, o := range t.unit.Store.Objects {
		bucket, _ := j.Finder.Map.Store(o.Store)
		covered, err := j.covered(trail, t.unit, o.Store, binding)
		if err != nil {
			return nil, err
		}
		for _, it := range items {
			keys, err := trail.Named(t.unit.Store, o, it, binding)
			if err != nil {
				return nil, err
			}
			for _, key := range keys {
				if covered(key) {
					continue
				}
				versions, err := trail.VersionsOf(ctx, bucket, key)
				if err != nil {
					return nil, err
				}
				out[o.Store] = append(out[o.Store], versions...)
			}
		}
	}
	return out, nil
}

// covered tells the objects that lie under a prefix which the plan has emptied
// before, so that a record's own objects need no call each.
func (j *job) covered(trail locate.Trail, unit datamap.Unit, bucket string, binding map[string]string) (func(key string) bool, error) {
	var prefixes []string
	if unit.Finder.From != "" {
		for _, sibling := range j.Finder.Map.Children(datamap.Lead, unit.Finder.From) {
			if sibling.Store.Name != bucket {
				continue
			}
			prefix, err := trail.Prefix(sibling, binding)
			if err != nil {
				return nil, err
			}
			prefixes = append(prefixes, prefix)
		}
	}
	return func(key string) bool {
		for _, prefix := range prefixes {
			if strings.HasPrefix(key, prefix) {
				return true
			}
		}
		return false
	}, nil
}

// deleteNamed deletes and counts a page's own objects. They are few (a picture of a
// profile, an attachment in a shared thread), and they are counted when they are
// gone: a kill in between undercounts by at most a page.
func (j *job) deleteNamed(ctx context.Context, objects map[string][]livedata.Version) error {
	for name, versions := range objects {
		bucket, _ := j.Finder.Map.Store(name)
		if err := j.Finder.Objects.Delete(ctx, bucket, versions); err != nil {
			return err
		}
		j.cursor.Erased[name] += len(versions)
	}
	return nil
}
