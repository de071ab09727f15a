package rotation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

// bucket is one in memory, and what stands in it.
type bucket struct {
	*snapshottest.Bucket
	t testing.TB
}

func newBucket(t testing.TB, now func() time.Time) bucket {
	return bucket{&snapshottest.Bucket{Now: now, Page: 7}, t}
}

func (b bucket) put(name string) {
	b.t.Helper()
	if err := b.Put(b.t.Context(), name, nil); err != nil {
		b.t.Fatal(err)
	}
}

// copied puts a whole snapshot of a unit.
func (b bucket) copied(unit snapshot.Unit, asOf time.Time, parts int) {
	b.t.Helper()
	b.parts(unit, asOf, parts)
	b.put(nameOf(b.t, snapshot.Place{Kind: snapshot.Manifests, Unit: unit, AsOf: asOf}))
}

func (b bucket) parts(unit snapshot.Unit, asOf time.Time, parts int) {
	b.t.Helper()
	for i := range parts {
		for _, kind := range []string{snapshot.Frames, snapshot.Indexes} {
			b.put(nameOf(b.t, snapshot.Place{Kind: kind, Unit: unit, AsOf: asOf, Part: fmt.Sprintf("%05d-0badcafe", i)}))
		}
	}
}

// remove deletes versions while nothing fails.
func (b bucket) remove(versions ...snapshot.Version) {
	b.t.Helper()
	fault := b.Fault
	b.Fault = nil
	defer func() { b.Fault = fault }()
	if err := b.Delete(b.t.Context(), versions); err != nil {
		b.t.Fatal(err)
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
