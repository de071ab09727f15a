package rotation

import (
	"context"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Listed is a versioned bucket to look into.
//
// Versions returns a page of the versions and delete markers whose name begins with a
// prefix: by name, and of one name the newest first. They come after one that must
// still be there, or with an empty ID after all versions of a name, which need not; nil
// begins. A nil Next ends the listing.
type Listed interface {
	Versions(ctx context.Context, prefix string, after *snapshot.Version) (livedata.Versions, error)
}

// Bucket can besides delete. Delete returns without an error only when every one of the
// versions is gone; one that was gone before is a success.
type Bucket interface {
	Listed
	Delete(ctx context.Context, versions []snapshot.Version) error
}

// found is a version, and the next newer one of its name; nil for the latest.
type found struct {
	snapshot.Version
	newer *snapshot.Version
}

// listing turns the pages of a bucket.
type listing struct {
	bucket Listed
	prefix string

	after *snapshot.Version
	last  *snapshot.Version
	ended bool
}

// next is the next page; an empty one ends.
func (l *listing) next(ctx context.Context) ([]found, error) {
	if l.ended {
		return nil, nil
	}
	page, err := l.bucket.Versions(ctx, l.prefix, l.after)
	if err != nil {
		return nil, err
	}
	out := make([]found, len(page.Found))
	for i, v := range page.Found {
		if l.last != nil && l.last.Key == v.Key {
			out[i].newer = l.last
		}
		out[i].Version, l.last = v, &v
	}
	l.after, l.ended = page.Next, page.Next == nil
	return out, nil
}

// complete tells which snapshots have a manifest. It reads along with a listing of
// parts, whose names come in the same order, so that it asks for each manifest once.
type complete struct {
	bucket Listed

	page  []snapshot.Version
	after *snapshot.Version
	ended bool
}

// has looks for a manifest's name, none of which comes before one that was looked for.
func (c *complete) has(ctx context.Context, name string) (bool, error) {
	for {
		for len(c.page) > 0 && c.page[0].Key < name {
			c.page = c.page[1:]
		}
		if len(c.page) > 0 {
			return c.page[0].Key == name, nil
		}
		if c.ended {
			return false, nil
		}
		if err := c.turn(ctx); err != nil {
			return false, err
		}
	}
}

// turn goes on after the last name, not version, of the page: the snapshot may be
// dropped meanwhile.
func (c *complete) turn(ctx context.Context) error {
	page, err := c.bucket.Versions(ctx, snapshot.Manifests, c.after)
	if err != nil {
		return err
	}
	for _, v := range page.Found {
		if v.Latest && !v.Marker {
			c.page = append(c.page, v)
		}
	}
	if c.ended = page.Next == nil; !c.ended {
		c.after = &snapshot.Version{Key: page.Next.Key}
	}
	return nil
}

// manifestOf is the name of the manifest that a part belongs to.
func manifestOf(place snapshot.Place) (string, error) {
	return snapshot.Place{Kind: snapshot.Manifests, Unit: place.Unit, AsOf: place.AsOf}.Name()
}

// outside counts the names in a bucket that stand under none of a snapshot's prefixes. It
// asks for what lies between those, not for what lies under them.
func outside(ctx context.Context, bucket Listed) (names int, err error) {
	after := (*snapshot.Version)(nil)
	for {
		page, err := bucket.Versions(ctx, "", after)
		if err != nil {
			return names, err
		}
		after = page.Next
		for _, v := range page.Found {
			if kind := kindOf(v.Key); kind != "" {
				after = &snapshot.Version{Key: behind(kind)}
				break
			}
			if v.Latest {
				names++
			}
		}
		if after == nil {
			return names, nil
		}
	}
}

// behind comes after everything that stands under a prefix: "0" follows the slash.
func behind(kind string) string { return strings.TrimSuffix(kind, "/") + "0" }

func kindOf(name string) string {
	for _, kind := range snapshot.Prefixes() {
		if strings.HasPrefix(name, kind) {
			return kind
		}
	}
	return ""
}
