// Package fencetest holds tombstones in memory and the contract that they and those
// in DynamoDB keep.
package fencetest

import (
	"context"
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
	if apply && !t.Cutoff.Before(f.stones[t.Fingerprint].Cutoff) {
		f.stones[t.Fingerprint] = t
	}
	return err
}

func (f *Fake) Get(_ context.Context, fingerprint string) (fence.Tombstone, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t, found := f.stones[fingerprint]
	return t, found, nil
}

// All copies the tombstones by fingerprint.
func (f *Fake) All() map[string]fence.Tombstone {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.stones)
}

// RunContract checks what every fence.Tombstones keeps. The store may hold others.
func RunContract(t *testing.T, stones fence.Tombstones) {
	at := func(nanoseconds int64) fence.Tombstone {
		cutoff := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(nanoseconds))
		return fence.Tombstone{Fingerprint: "1." + t.Name(), Cutoff: cutoff, ExpiresAt: cutoff.Add(fence.Keep).Truncate(time.Second)}
	}
	get := func() (fence.Tombstone, bool) {
		t.Helper()
		got, found, err := stones.Get(t.Context(), at(0).Fingerprint)
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
		raise, want int64
	}{
		{"the first", 100, 100}, {"again", 100, 100}, {"later by one nanosecond", 101, 101},
		{"earlier: never lowered", 1, 101}, {"a second later", 1e9, 1e9}, {"earlier again", 999999999, 1e9},
	} {
		if err := stones.Raise(t.Context(), at(step.raise)); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got, found := get(); !found || got != at(step.want) {
			t.Errorf("%s: %+v, want %+v", step.name, got, at(step.want))
		}
	}
}
