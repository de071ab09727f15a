package rotation_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// bucket is a versioned bucket in memory, as Bucket describes it. It refuses to go on
// after a version that is gone.
type bucket struct {
	now      func() time.Time
	versions []snapshot.Version
	page     int
	serial   int
	// fault decides the fate of a call, "list" or "delete"; nil: all are applied.
	fault func(op, name string) (apply bool, err error)
	lists int
}

func newBucket(now func() time.Time) *bucket { return &bucket{now: now, page: 7} }

func (b *bucket) put(name string) {
	b.add(snapshot.Version{Key: name})
}

// mark deletes an object the usual way.
func (b *bucket) mark(name string) { b.add(snapshot.Version{Key: name, Marker: true}) }

func (b *bucket) add(v snapshot.Version) {
	b.serial++
	v.ID, v.Modified, v.Latest = fmt.Sprintf("%09d", b.serial), b.now(), true
	for i := range b.versions {
		if b.versions[i].Key == v.Key {
			b.versions[i].Latest = false
		}
	}
	b.versions = append(b.versions, v)
}

func (b *bucket) call(ctx context.Context, op, name string, do func()) error {
	apply, err := true, ctx.Err()
	if b.fault != nil && err == nil {
		apply, err = b.fault(op, name)
	}
	if apply && ctx.Err() == nil {
		do()
	}
	return err
}

func newestFirst(v, w snapshot.Version) int {
	return cmp.Or(strings.Compare(v.Key, w.Key), strings.Compare(w.ID, v.ID))
}

func (b *bucket) Versions(ctx context.Context, prefix string, after *snapshot.Version) (page livedata.Versions, err error) {
	if after != nil && after.ID != "" && !slices.ContainsFunc(b.versions, func(v snapshot.Version) bool { return v.Key == after.Key && v.ID == after.ID }) {
		return page, fault.New(fault.Permanent, "a listing goes on after a version that is gone")
	}
	err = b.call(ctx, "list", prefix, func() {
		b.lists++
		slices.SortFunc(b.versions, newestFirst)
		for _, v := range b.versions {
			behind := after == nil || after.ID == "" && v.Key > after.Key || after.ID != "" && newestFirst(v, *after) > 0
			if !behind || !strings.HasPrefix(v.Key, prefix) {
				continue
			}
			if len(page.Found) == b.page {
				page.Next = &page.Found[b.page-1]
				break
			}
			page.Found = append(page.Found, v)
		}
	})
	return page, err
}

// Delete goes on after a version that could not be deleted, as DeleteObjects does.
func (b *bucket) Delete(ctx context.Context, versions []snapshot.Version) error {
	failed := 0
	for _, v := range versions {
		err := b.call(ctx, "delete", v.Key, func() { b.remove(v) })
		if err != nil {
			failed++
		}
	}
	if failed > 0 {
		return fault.New(fault.Retry, strconv.Itoa(failed)+" versions could not be deleted")
	}
	return nil
}

func (b *bucket) remove(gone snapshot.Version) {
	latest := -1
	b.versions = slices.DeleteFunc(b.versions, func(v snapshot.Version) bool { return v.Key == gone.Key && v.ID == gone.ID })
	slices.SortFunc(b.versions, newestFirst)
	for i, v := range b.versions {
		if v.Key == gone.Key && latest < 0 {
			latest = i
			b.versions[i].Latest = true
		}
	}
}

// current are the names that a plain listing has.
func (b *bucket) current() []string {
	var out []string
	for _, v := range b.versions {
		if v.Latest && !v.Marker {
			out = append(out, v.Key)
		}
	}
	slices.Sort(out)
	return out
}

// copied puts a whole snapshot of a unit.
func (b *bucket) copied(t testing.TB, unit snapshot.Unit, asOf time.Time, parts int) {
	t.Helper()
	b.parts(t, unit, asOf, parts)
	b.put(nameOf(t, snapshot.Place{Kind: snapshot.Manifests, Unit: unit, AsOf: asOf}))
}

func (b *bucket) parts(t testing.TB, unit snapshot.Unit, asOf time.Time, parts int) {
	t.Helper()
	for i := range parts {
		for _, kind := range []string{snapshot.Frames, snapshot.Indexes} {
			b.put(nameOf(t, snapshot.Place{Kind: kind, Unit: unit, AsOf: asOf, Part: fmt.Sprintf("%05d-0badcafe", i)}))
		}
	}
}

func nameOf(t testing.TB, p snapshot.Place) string {
	t.Helper()
	name, err := p.Name()
	if err != nil {
		t.Fatal(err)
	}
	return name
}
