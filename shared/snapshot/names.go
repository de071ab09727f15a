package snapshot

import (
	"context"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
)

// EachName visits under whose keys the snapshots of a unit are, from manifests and indexes
// alone: each set of keys once a part, and the unit's own. It has no key, so it cannot tell
// whether a manifest is genuine, only that its indexes are its own.
func EachName(ctx context.Context, objects Objects, unit Unit, visit func(asOf time.Time, refs []keys.Ref) error) error {
	return eachManifest(ctx, objects, unit, func(name string, at Place) error {
		src, err := objects.Get(ctx, name)
		if fault.KindOf(err) == fault.NotFound {
			return nil // rotated since it was listed
		}
		if err != nil {
			return fault.Wrap("read "+name, err)
		}
		_, m, err := parseManifest(name, at, src)
		if err != nil {
			return err
		}
		if err := visit(at.AsOf, []keys.Ref{m.Key}); err != nil {
			return err
		}
		return m.eachName(ctx, objects, name, at, visit)
	})
}

func (m Manifest) eachName(ctx context.Context, objects Objects, name string, at Place, visit func(time.Time, []keys.Ref) error) error {
	for _, part := range m.Parts {
		x, err := readIndex(ctx, objects, at, part)
		if err != nil {
			return unlessRotated(ctx, objects, name, err)
		}
		for _, refs := range x.sets() {
			if err := visit(at.AsOf, refs); err != nil {
				return err
			}
		}
	}
	return nil
}

// unlessRotated forgives what is missing of a snapshot whose manifest is gone meanwhile:
// manifests are deleted first.
func unlessRotated(ctx context.Context, objects Objects, manifest string, err error) error {
	if _, now := objects.Get(ctx, manifest); now != nil && fault.KindOf(now) == fault.NotFound {
		return nil
	}
	return err
}

// sets are the different sets of keys of a part's frames.
func (x *index) sets() [][]keys.Ref {
	var out [][]keys.Ref
	seen := map[string]bool{}
	for _, f := range x.Frames {
		refs := x.refsOf(f)
		if name := string(boundRefs(refs)); !seen[name] {
			seen[name], out = true, append(out, slices.Clone(refs))
		}
	}
	return out
}
