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
// still be there; nil begins. A nil Next ends the listing.
type Listed interface {
	Versions(ctx context.Context, prefix string, after *snapshot.Version) (livedata.Versions, error)
}

// Names are those of the objects that are there now. List gives a page of them, those
// after a name, in order; there are more when it says so.
type Names interface {
	List(ctx context.Context, prefix, after string) (names []string, more bool, err error)
}

// Snapshots is the bucket of snapshots, to look into.
type Snapshots interface {
	Listed
	Names
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
	names Names

	page  []string
	after string
	ended bool
}

// has looks for a manifest's name, none of which comes before one that was looked for.
func (c *complete) has(ctx context.Context, name string) (bool, error) {
	for {
		for len(c.page) > 0 && c.page[0] < name {
			c.page = c.page[1:]
		}
		if len(c.page) > 0 {
			return c.page[0] == name, nil
		}
		if c.ended {
			return false, nil
		}
		if err := c.turn(ctx); err != nil {
			return false, err
		}
	}
}

func (c *complete) turn(ctx context.Context) error {
	page, more, err := c.names.List(ctx, snapshot.Manifests, c.after)
	if err != nil {
		return err
	}
	c.page, c.ended = page, !more || len(page) == 0
	if len(page) > 0 {
		c.after = page[len(page)-1]
	}
	return nil
}

// manifestOf is the name of the manifest that a part belongs to.
func manifestOf(place snapshot.Place) (string, error) {
	return snapshot.Place{Kind: snapshot.Manifests, Unit: place.Unit, AsOf: place.AsOf}.Name()
}

// outside counts the objects in a bucket that stand under none of a snapshot's prefixes. It
// asks for what lies between those, not for what lies under them.
func outside(ctx context.Context, bucket Names) (strangers int, err error) {
	for after, more := "", true; more; {
		page, further, err := bucket.List(ctx, "", after)
		if err != nil {
			return strangers, err
		}
		more = further
		for _, name := range page {
			after = name
			if kind := kindOf(name); kind != "" {
				after, more = behind(kind), true
				break
			}
			strangers++
		}
	}
	return strangers, nil
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
