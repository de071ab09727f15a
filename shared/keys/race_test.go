package keys_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/keys"
)

// record is what a writer seals. The purge is of no matter here: that what is dated up to the
// cutoff, and read before, cannot be opened afterwards is what keys see to alone.
type record struct {
	at  time.Time
	ref keys.Ref // under which it was sealed; nil: it was not
}

// records are dated before, at and after the cutoff.
func records() []*record {
	return []*record{{at: cutoff.Add(-1)}, {at: cutoff}, {at: cutoff.Add(1)}}
}

// night seals records of a lead with a keyring of its own, in two steps.
func (b *bench) night(sealed []*record) {
	ring := b.ring()
	key, err := ring.ForSealing(context.Background(), ofLead)
	if err != nil {
		b.Fatalf("for sealing: %v", err)
	}
	b.before("seal")
	for _, r := range sealed {
		if r.at.After(key.Cutoff) {
			r.ref = key.Ref
		}
	}
}

// deletion raises the tombstone and destroys; it stops before each of its calls.
func (b *bench) deletion() iter.Seq[string] {
	return func(yield func(string) bool) {
		other := &bench{T: b.T, fake: b.fake, stones: b.stones}
		other.step = func(op string) { yield(op) }
		other.raise(ofLead[2], cutoff)
		other.mustDestroy(ofLead)
	}
}

// interleaved runs nights with a deletion in between: calls says before which call of the
// writer each call of the deletion is made.
func interleaved(b *bench, calls []int, nights ...[]*record) {
	next, stop := iter.Pull(b.deletion())
	defer stop()
	next() // it stands before its first call
	done, made := 0, 0
	until := func(now int) {
		for done < len(calls) && calls[done] <= now {
			b.step = nil
			next()
			done++
		}
	}
	for _, night := range nights {
		b.step = func(string) { until(made); made++ }
		b.night(night)
	}
	b.step = nil
	for range calls[done:] { // after the writer's last
		next()
	}
	if _, more := next(); more {
		b.Fatal("the deletion has more calls than were counted")
	}
}

// placements are all ways to make so many calls in order, each before one of the writer's, or
// after the last.
func placements(calls, writers int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		at := make([]int, calls)
		for {
			if !yield(at) {
				return
			}
			i := calls - 1
			for i >= 0 && at[i] == writers {
				i--
			}
			if i < 0 {
				return
			}
			at[i]++
			for j := i + 1; j < calls; j++ {
				at[j] = at[i]
			}
		}
	}
}

// A lead is deleted while two nights seal its records: every call of one between every two of
// the other. Nothing that is as old as the cutoff opens afterwards; what is newer is in
// the backup of the night after.
func TestSealingWhileDeleting(t *testing.T) {
	for _, existed := range []bool{false, true} {
		t.Run(fmt.Sprintf("a key was there %t", existed), func(t *testing.T) {
			prepare := func() *bench {
				b := newBench(t)
				if existed {
					b.mustSeal(ofLead)
				}
				b.calls = nil
				return b
			}
			// Without a deletion both nights open, so the test can tell.
			quiet := prepare()
			first, second := records(), records()
			quiet.night(first)
			quiet.night(second)
			writers := len(quiet.calls)
			if !quiet.opens(first[0].ref) || !quiet.opens(second[0].ref) {
				t.Fatal("nothing is sealed")
			}
			deleting := 0
			for range quiet.deletion() {
				deleting++
			}
			kinds := map[string]int{}
			for calls := range placements(deleting, writers+3) { // a key that is looked for again makes more calls
				b := prepare()
				first, second := records(), records()
				interleaved(b, calls, first, second)
				kinds[outcome(b, slices.Concat(first, second), calls)]++
			}
			for _, kind := range []string{"destroyed", "barred", "destroyed and barred"} {
				if kinds[kind] == 0 {
					t.Errorf("no interleaving ends with a record %s: %v", kind, kinds)
				}
			}
			t.Logf("%v", kinds)
		})
	}
}

// outcome checks what is left of records and says how it came to that.
func outcome(b *bench, all []*record, calls []int) string {
	b.Helper()
	destroyed, barred := false, false
	for i, r := range all {
		switch {
		case r.ref == nil && r.at.After(cutoff):
			b.Errorf("%v: record %d is newer and was not sealed", calls, i)
		case r.ref == nil:
			barred = true
		case !b.opens(r.ref):
			destroyed = true
		case !r.at.After(cutoff):
			b.Errorf("%v: record %d is as old as the cutoff and opens", calls, i)
		}
	}
	after := records()
	b.night(after)
	if after[0].ref != nil || after[1].ref != nil || after[2].ref == nil || !b.opens(after[2].ref) {
		b.Errorf("%v: the night after seals %v", calls, after)
	}
	orphans(b)
	switch {
	case destroyed && barred:
		return "destroyed and barred"
	case barred:
		return "barred"
	}
	return "destroyed"
}

// What has no date, and what the deletion changes and leaves, no cutoff bars: a writer reads
// it again once it has a key that bars something. The row goes between the
// tombstone and the destruction, as the purge does it.
func TestSealingWhatHasNoDate(t *testing.T) {
	for name, careful := range map[string]bool{"who reads again": true, "who does not": false} {
		survived, cases := 0, 0
		for calls := range placements(deletionWithPurge, 11) {
			b := newBench(t)
			cases++
			if undated(b, calls, careful) {
				survived++
			}
		}
		if careful && survived > 0 || !careful && survived == 0 {
			t.Errorf("%s: the record survives in %d of %d interleavings", name, survived, cases)
		}
	}
}

// deletionWithPurge: raise, purge, named, destroy, and looking for what stands below.
const deletionWithPurge = 5

// undated seals a record as it was read while its lead is deleted, and says whether it can be
// opened afterwards.
func undated(b *bench, calls []int, careful bool) bool {
	there := true
	next, stop := iter.Pull(func(yield func(string) bool) {
		other := &bench{T: b.T, fake: b.fake, stones: b.stones, step: func(op string) { yield(op) }}
		other.raise(ofLead[2], cutoff)
		other.before("purge")
		there = false
		other.mustDestroy(ofLead)
	})
	defer stop()
	next()
	done := 0
	b.step = func(string) {
		for done < len(calls) && calls[done] <= len(b.calls)-1 {
			next()
			done++
		}
	}
	ring := b.ring()
	b.before("read")
	read := there
	key, err := ring.ForSealing(context.Background(), ofLead)
	if err != nil {
		b.Fatal(err)
	}
	if careful && !key.Cutoff.IsZero() {
		b.before("read")
		read = there
	}
	b.step = nil
	for more := true; more; {
		_, more = next()
	}
	return read && b.opens(key.Ref)
}
