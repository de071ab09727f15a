// Package fencetest holds tombstones in memory and the contract that they and those
// in DynamoDB keep.
package fencetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fence"
)

// Fault decides the fate of a raise: whether it is applied, and what is returned.
type Fault func(t fence.Tombstone) (apply bool, err error)

// Fake is fence.Tombstones in memory.
type Fake struct {
	Fault Fault // nil: every raise is applied

	mu     sync.Mutex
	stones map[string]fence.Tombstone
}

// NewFake returns no tombstones.
func NewFake() *Fake { return &Fake{stones: map[string]fence.Tombstone{}} }

func (f *Fake) Raise(_ context.Context, t fence.Tombstone) error {
	apply, err := true, error(nil)
	if f.Fault != nil {
		apply, err = f.Fault(t)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if apply {
		f.stones[t.Fingerprint] = raised(f.stones[t.Fingerprint], t)
	}
	return err
}

// raised has the later of both dates.
func raised(stands, t fence.Tombstone) fence.Tombstone {
	if stands.Cutoff.After(t.Cutoff) {
		t.Cutoff = stands.Cutoff
	}
	if stands.ExpiresAt.After(t.ExpiresAt) {
		t.ExpiresAt = stands.ExpiresAt
	}
	return t
}

func (f *Fake) Get(_ context.Context, fingerprint string) (fence.Tombstone, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, found := f.stones[fingerprint]
	return t, found, nil
}

// Each visits every tombstone.
func (f *Fake) Each(ctx context.Context, visit func(fence.Tombstone) error) error {
	for _, t := range f.All() {
		if err := visit(t); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// All copies the tombstones by fingerprint.
func (f *Fake) All() map[string]fence.Tombstone {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.stones)
}

// Listed are tombstones that can be listed.
type Listed interface {
	fence.Tombstones
	Each(ctx context.Context, visit func(fence.Tombstone) error) error
}

// RunListing checks that every one of n tombstones is listed as Get has it, once, and that
// the listing ends when its visitor fails. The store may hold others.
func RunListing(t *testing.T, stones Listed, n int) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 7, time.UTC)
	want := map[string]bool{}
	for i := range n {
		stone := fence.Tombstone{Fingerprint: fmt.Sprintf("1.listed-%d", i), Cutoff: at, ExpiresAt: at.Add(fence.Keep).Truncate(time.Second)}
		if err := stones.Raise(t.Context(), stone); err != nil {
			t.Fatal(err)
		}
		want[stone.Fingerprint] = true
	}
	err := stones.Each(t.Context(), func(stone fence.Tombstone) error {
		if got, there, err := stones.Get(t.Context(), stone.Fingerprint); err != nil || !there || got != stone {
			t.Errorf("%s is listed as %+v and is %+v, %v", stone.Fingerprint, stone, got, err)
		}
		delete(want, stone.Fingerprint)
		return nil
	})
	if err != nil || len(want) > 0 {
		t.Errorf("%d were not listed, %v", len(want), err)
	}
	visits, stop := 0, errors.New("enough")
	err = stones.Each(t.Context(), func(fence.Tombstone) error { visits++; return stop })
	if !errors.Is(err, stop) || visits != 1 {
		t.Errorf("after %d visits: %v", visits, err)
	}
}

// RunContract checks what every fence.Tombstones keeps. The store may hold others.
func RunContract(t *testing.T, stones fence.Tombstones) {
	start := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	at := func(nanoseconds, days int) fence.Tombstone {
		return fence.Tombstone{Fingerprint: "1." + t.Name(), Cutoff: start.Add(time.Duration(nanoseconds)), ExpiresAt: start.AddDate(0, 0, days)}
	}
	get := func() (fence.Tombstone, bool) {
		t.Helper()
		got, found, err := stones.Get(t.Context(), at(0, 0).Fingerprint)
		if err != nil {
			t.Fatal(err)
		}
		return got, found
	}
	if _, found := get(); found {
		t.Error("a tombstone before any was raised")
	}
	for _, step := range []struct {
		name        string
		raise, want fence.Tombstone
	}{
		{"the first", at(100, 90), at(100, 90)}, {"again", at(100, 90), at(100, 90)},
		{"later by one nanosecond", at(101, 90), at(101, 90)}, {"earlier: never lowered", at(1, 90), at(101, 90)},
		{"a second later", at(1e9, 91), at(1e9, 91)}, {"earlier again", at(999999999, 90), at(1e9, 91)},
		{"earlier, but to live longer", at(1, 92), at(1e9, 92)}, {"later, but to live shorter", at(1e9+1, 90), at(1e9+1, 92)},
		{"the same, to live longer", at(1e9+1, 93), at(1e9+1, 93)},
	} {
		if err := stones.Raise(t.Context(), step.raise); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got, found := get(); !found || got != step.want {
			t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
		}
	}
}
