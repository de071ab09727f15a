package keys_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
)

// peopled holds a tenant with a channel of leads, each with a conversation, and a neighbour
// that has the same names.
func peopled(t *testing.T, leads int) *bench {
	b := newBench(t)
	for i := range leads {
		b.mustSeal(keystest.Path("t_a", "ch", fmt.Sprint("l", i), fmt.Sprint("c", i)))
	}
	b.mustSeal(ofConversation)
	b.mustSeal(ofThread)
	b.mustSeal(keystest.Path("t_b", "ch", "l", "c"))
	b.calls = nil
	return b
}

func TestDestroyTakesTheOwnRowFirst(t *testing.T) {
	for level := 1; level <= len(ofConversation); level++ {
		b := peopled(t, 4)
		key := b.mustSeal(ofConversation)
		writes := 0
		b.step = func(op string) {
			if op == "destroy" {
				writes++
			}
			if writes == 2 && b.opens(key.Ref) {
				t.Errorf("level %d: something goes before the own row", level)
			}
		}
		b.mustDestroy(ofConversation[:level])
	}
}

func TestDestroyTakesAllBelowAndNothingElse(t *testing.T) {
	for level, c := range []struct{ gone, left int }{{13, 4}, {12, 5}, {2, 15}, {1, 16}} {
		b := peopled(t, 4) // pages of 3
		path := ofConversation[:level+1]
		if left, err := b.destroyer().Left(t.Context(), path, cutoff); err != nil || len(left) == 0 {
			t.Errorf("level %d, before: %v, %v", level, left, err)
		}
		if n := b.mustDestroy(path); n != c.gone || len(b.fake.All()) != c.left {
			t.Errorf("level %d: %d went and %d are left", level, n, len(b.fake.All()))
		}
		if n := b.mustDestroy(path); n != 0 || len(b.fake.All()) != c.left {
			t.Errorf("level %d once more: %d went and %d are left", level, n, len(b.fake.All()))
		}
		if left, err := b.destroyer().Left(t.Context(), path, cutoff); err != nil || len(left) != 0 {
			t.Errorf("level %d, after: %v, %v", level, left, err)
		}
		if !b.opens(b.mustSeal(keystest.Path("t_b", "ch", "l", "c")).Ref) {
			t.Errorf("level %d: the neighbour's key went", level)
		}
	}
}

var errKilled = errors.New("killed")

// Destroying dies before or after each of its writes, or at any other call, and is done once
// more: nothing is left. After the first write the key is gone in any case.
func TestDestroyDiesAnywhere(t *testing.T) {
	for level := 1; level <= len(ofConversation); level++ {
		path := ofConversation[:level]
		clean := peopled(t, 4)
		clean.mustDestroy(path)
		for n := range clean.calls {
			b := peopled(t, 4)
			key := b.mustSeal(path)
			b.calls = nil
			b.step = func(string) {
				if len(b.calls) == n+1 {
					panic(errKilled)
				}
			}
			killed(b, path)
			if gone := slices.Contains(clean.calls[:n], "destroy"); b.opens(key.Ref) == gone {
				t.Errorf("level %d, killed before call %d: the key opens: %t", level, n, !gone)
			}
			again(b, path, fmt.Sprintf("level %d, killed before call %d", level, n))
		}
	}
}

// killed runs a destruction that dies.
func killed(b *bench, path keys.Path) {
	defer func() {
		if died := recover(); died != errKilled {
			b.Errorf("it did not die: %v", died)
		}
		b.step = nil
	}()
	_, _ = b.destroyer().Destroy(context.Background(), path)
}

// again destroys once more and finds nothing afterwards.
func again(b *bench, path keys.Path, when string) {
	b.Helper()
	b.mustDestroy(path)
	left, err := b.destroyer().Left(context.Background(), path, cutoff)
	if err != nil || len(left) != 0 {
		b.Errorf("%s, and once more: %v, %v", when, left, err)
	}
	orphans(b)
}

func TestLostAnswersOfDestruction(t *testing.T) {
	refused := fault.New(fault.Retry, "no answer")
	for n := range 12 {
		for _, applied := range []bool{true, false} {
			b := peopled(t, 4)
			count := 0
			b.fake.Fault = func(string) (bool, error) {
				if count++; count == n+1 {
					return applied, refused
				}
				return true, nil
			}
			if _, err := b.destroyer().Destroy(t.Context(), ofConversation[:2]); !errors.Is(err, refused) {
				t.Errorf("destruction %d: got %v", n, err)
			}
			again(b, ofConversation[:2], fmt.Sprintf("destruction %d, applied %t", n, applied))
		}
	}
}

// A lead whose channel nobody knows any more is looked for in every channel of its tenant.
func TestLeadOfAnUnknownChannel(t *testing.T) {
	b := peopled(t, 4)
	for i := range 7 { // more channels than a page has
		b.mustSeal(keystest.Path("t_a", fmt.Sprint("ch", i), fmt.Sprint("x", i)))
	}
	beside := b.mustSeal(keystest.Path("t_a", "ch6", "l7"))
	key := b.mustSeal(ofConversation)
	elsewhere := b.mustSeal(keystest.Path("t_b", "ch", "l", "c"))
	wide := keys.Path{ofLead[0], ofLead[2]}
	if left, err := b.destroyer().Left(t.Context(), wide, cutoff); err != nil || len(left) != 2 {
		t.Errorf("before: %v, %v", left, err)
	}
	if n := b.mustDestroy(wide); n != 2 || b.opens(key.Ref) || !b.opens(beside.Ref) || !b.opens(elsewhere.Ref) {
		t.Errorf("%d went; the lead's opens: %t, beside: %t, at another tenant: %t", n, b.opens(key.Ref), b.opens(beside.Ref), b.opens(elsewhere.Ref))
	}
	again(b, wide, "a lead of an unknown channel")
}

func TestLeft(t *testing.T) {
	for name, c := range map[string]struct {
		of    time.Time // the tombstone that the key was created behind; zero: none
		until time.Time
		left  int
	}{
		"created before the tombstone":  {time.Time{}, cutoff, 2},
		"behind an older one":           {cutoff.Add(-1), cutoff, 2},
		"behind this one":               {cutoff, cutoff, 0},
		"behind a later one":            {cutoff.Add(1), cutoff, 0},
		"without a moment, and before":  {time.Time{}, time.Time{}, 2},
		"without a moment, and behind":  {cutoff, time.Time{}, 2},
		"behind this one, in all zones": {cutoff.In(time.FixedZone("", 3600)), cutoff, 0},
	} {
		b := newBench(t)
		if !c.of.IsZero() {
			b.raise(ofLead[2], c.of)
		}
		key := b.mustSeal(ofConversation)
		left, err := b.destroyer().Left(t.Context(), ofLead, c.until)
		if err != nil || len(left) != c.left {
			t.Errorf("%s: %v, %v", name, left, err)
		}
		if c.left > 0 && (!slices.Contains(left, key.Ref[2]) || !slices.Contains(left, key.Ref[3])) {
			t.Errorf("%s: %v, want two of %v", name, left, key.Ref)
		}
		if _, err := b.destroyer().Left(t.Context(), ofConversation, c.until); err != nil {
			t.Error(err)
		}
	}
}

// A row below that the new key did not wrap is left over from the old one.
func TestLeftBelowANewKey(t *testing.T) {
	b := peopled(t, 0)
	old := b.mustSeal(ofConversation)
	if err := b.fake.Delete(t.Context(), old.Ref[1].Name, old.Ref[2].Name); err != nil { // and dies
		t.Fatal(err)
	}
	b.raise(ofLead[2], cutoff)
	back := b.mustSeal(ofLead)
	if b.opens(append(slices.Clone(back.Ref), old.Ref[3])) {
		t.Error("what the old key wrapped opens under the new one")
	}
	left, err := b.destroyer().Left(t.Context(), ofLead, cutoff)
	if err != nil || !slices.Equal(left, keys.Ref{old.Ref[3]}) || b.opens(old.Ref) {
		t.Errorf("got %v, %v", left, err)
	}
	fresh := b.mustSeal(ofConversation)
	if left, err := b.destroyer().Left(t.Context(), ofLead, cutoff); err != nil || len(left) != 0 || !b.opens(fresh.Ref) {
		t.Errorf("replaced: %v, %v", left, err)
	}
}

// What a destruction costs does not depend on how many snapshots were sealed.
func TestCallsOfADestruction(t *testing.T) {
	for _, nights := range []int{1, 28, 300} {
		b := newBench(t)
		for range nights {
			b.mustSeal(ofConversation)
		}
		b.calls = nil
		b.mustDestroy(ofLead)
		if got := strings.Join(b.calls, " "); got != "named destroy below below destroy" {
			t.Errorf("%d nights: %s", nights, got)
		}
		b.calls = nil
		if left, err := b.destroyer().Left(t.Context(), ofLead, cutoff); err != nil || len(left) != 0 || strings.Join(b.calls, " ") != "named below" {
			t.Errorf("%d nights: %v, %v, by %v", nights, left, err, b.calls)
		}
	}
}

func TestDestroyingStopsWithItsCaller(t *testing.T) {
	b := peopled(t, 4)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := b.destroyer().Destroy(ctx, ofLead); n != 0 || fault.KindOf(err) != fault.Retry {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := b.destroyer().Left(ctx, ofLead, cutoff); fault.KindOf(err) != fault.Retry {
		t.Errorf("got %v", err)
	}
}
