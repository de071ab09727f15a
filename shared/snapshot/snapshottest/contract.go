package snapshottest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Backend is a bucket with all that anybody does with it, and the usual way to delete,
// which leaves a marker.
type Backend struct {
	Bucket interface {
		snapshot.Objects
		Put(ctx context.Context, name string, body []byte) error
		Versions(ctx context.Context, prefix string, after *snapshot.Version) (livedata.Versions, error)
		Delete(ctx context.Context, versions []snapshot.Version) error
	}
	MarkDeleted func(t testing.TB, name string)
}

// OnBucket is the backend of a fake.
func OnBucket(b *Bucket) Backend {
	return Backend{Bucket: b, MarkDeleted: func(_ testing.TB, name string) { b.MarkDeleted(name) }}
}

// Run checks what every bucket of snapshots keeps. It writes under prefixes of its own.
func Run(t *testing.T, b Backend) {
	c := contract{b}
	t.Run("get", c.get)
	t.Run("range", c.ranges)
	t.Run("list", c.list)
	t.Run("versions", c.versions)
	t.Run("delete", c.delete)
	t.Run("delete in pages", c.deletePages)
}

type contract struct{ Backend }

func (c contract) put(t *testing.T, name, body string) {
	t.Helper()
	if err := c.Bucket.Put(t.Context(), name, []byte(body)); err != nil {
		t.Fatal(err)
	}
}

func (c contract) requireBody(t *testing.T, name, want string) {
	t.Helper()
	if got, err := c.Bucket.Get(t.Context(), name); err != nil || string(got) != want {
		t.Errorf("%s reads %q, want %q, %v", name, got, want, err)
	}
}

func (c contract) requireGone(t *testing.T, name string) {
	t.Helper()
	if got, err := c.Bucket.Get(t.Context(), name); fault.KindOf(err) != fault.NotFound {
		t.Errorf("%s reads %q, %v", name, got, err)
	}
	if got, err := c.Bucket.Range(t.Context(), name, 0, 1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a byte of %s reads %q, %v", name, got, err)
	}
}

func (c contract) get(t *testing.T) {
	c.requireGone(t, "get/a")
	c.put(t, "get/a", "first")
	c.put(t, "get/a", "second")
	c.requireBody(t, "get/a", "second")
	c.put(t, "get/empty", "")
	c.requireBody(t, "get/empty", "")
	c.requireGone(t, "get/")
	c.MarkDeleted(t, "get/a")
	c.requireGone(t, "get/a")
	c.put(t, "get/a", "third")
	c.requireBody(t, "get/a", "third")

	body := bytes.Repeat([]byte("body"), 100)
	if err := c.Bucket.Put(t.Context(), "get/kept", body); err != nil {
		t.Fatal(err)
	}
	body[0] = 'x' // the bytes were not kept
	c.requireBody(t, "get/kept", strings.Repeat("body", 100))
}

func (c contract) ranges(t *testing.T) {
	c.put(t, "range/a", "0123456789")
	for _, r := range []struct {
		offset, length int64
		want           string
	}{{0, 10, "0123456789"}, {0, 1, "0"}, {3, 4, "3456"}, {9, 1, "9"}, {8, 5, "89"}, {10, 1, ""}, {20, 5, ""}} {
		if got, err := c.Bucket.Range(t.Context(), "range/a", r.offset, r.length); err != nil || string(got) != r.want {
			t.Errorf("%d bytes from %d are %q, want %q, %v", r.length, r.offset, got, r.want, err)
		}
	}
}

func (c contract) listed(t *testing.T, prefix, after string) []string {
	t.Helper()
	var names []string
	for more := true; more; {
		page, further, err := c.Bucket.List(t.Context(), prefix, after)
		if err != nil || further && len(page) == 0 {
			t.Fatalf("listed %q, more %t, %v", page, further, err)
		}
		names, more = append(names, page...), further
		if more {
			after = page[len(page)-1]
		}
	}
	return names
}

func (c contract) list(t *testing.T) {
	for _, name := range []string{"list/b/3", "list/b/1", "list/b/5", "list/b/2", "list/b/4", "list/b2", "list/a"} {
		c.put(t, name, name)
	}
	c.MarkDeleted(t, "list/b/4")
	for _, l := range []struct {
		prefix, after string
		want          []string
	}{
		{"list/b/", "", []string{"list/b/1", "list/b/2", "list/b/3", "list/b/5"}},
		{"list/b/", "list/b/2", []string{"list/b/3", "list/b/5"}},
		{"list/b/", "list/b/25", []string{"list/b/3", "list/b/5"}},
		{"list/b/", "list/b/5", nil},
		{"list/b", "list/b/3", []string{"list/b/5", "list/b2"}},
		{"list/c", "", nil},
	} {
		if got := c.listed(t, l.prefix, l.after); !slices.Equal(got, l.want) {
			t.Errorf("under %s after %q are %q, want %q", l.prefix, l.after, got, l.want)
		}
	}
}

// versionsOf are all under a prefix, in the order of the listing.
func (c contract) versionsOf(t *testing.T, prefix string) []snapshot.Version {
	t.Helper()
	var found []snapshot.Version
	for after := (*snapshot.Version)(nil); ; {
		page, err := c.Bucket.Versions(t.Context(), prefix, after)
		if err != nil {
			t.Fatal(err)
		}
		if found = append(found, page.Found...); page.Next == nil {
			return found
		}
		after = page.Next
	}
}

func (c contract) versions(t *testing.T) {
	c.put(t, "versions/a", "1")
	c.put(t, "versions/a", "2")
	c.put(t, "versions/a", "3")
	c.put(t, "versions/b", "1")
	c.MarkDeleted(t, "versions/b")
	c.put(t, "versionsx", "1")
	names := map[string]int{}
	ids := map[string]bool{}
	found := c.versionsOf(t, "versions/")
	for i, v := range found {
		names[v.Key]++
		ids[v.Key+v.ID] = true
		latest := i == 0 || found[i-1].Key != v.Key
		if marker := latest && v.Key == "versions/b"; v.Latest != latest || v.Marker != marker {
			t.Errorf("number %d is %+v", i, v)
		}
	}
	if len(ids) != 5 || names["versions/a"] != 3 || names["versions/b"] != 2 {
		t.Errorf("found %v", ids)
	}
}

func (c contract) remove(t *testing.T, versions ...snapshot.Version) {
	t.Helper()
	if err := c.Bucket.Delete(t.Context(), versions); err != nil {
		t.Fatal(err)
	}
}

func (c contract) delete(t *testing.T) {
	c.put(t, "delete/a", "1")
	old := c.versionsOf(t, "delete/a")
	c.put(t, "delete/a", "2")
	c.remove(t, old...)
	c.requireBody(t, "delete/a", "2")
	c.remove(t, old...) // which is gone
	if left := c.versionsOf(t, "delete/"); len(left) != 1 {
		t.Errorf("left are %v", left)
	}
	c.MarkDeleted(t, "delete/a")
	c.put(t, "delete/b", "1")
	c.remove(t, c.versionsOf(t, "delete/a")...)
	c.requireGone(t, "delete/a")
	c.requireBody(t, "delete/b", "1")
	if left := c.versionsOf(t, "delete/"); len(left) != 1 || left[0].Key != "delete/b" {
		t.Errorf("left are %v", left)
	}
	c.remove(t)
}

func (c contract) deletePages(t *testing.T) {
	for i := range 7 {
		c.put(t, fmt.Sprintf("pages/%d", i), "1")
	}
	for try := 0; ; try++ { // from the start again, since what was listed is gone
		page, err := c.Bucket.Versions(t.Context(), "pages/", nil)
		if err != nil || try > 7 {
			t.Fatalf("try %d: %v", try, err)
		}
		if len(page.Found) == 0 {
			return
		}
		c.remove(t, page.Found...)
	}
}
