package keys_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
)

var cutoff = time.Date(2026, 6, 1, 12, 0, 0, 7, time.UTC)

// bench is a table of keys whose calls are told to step before they are made.
type bench struct {
	*testing.T
	fake   *keystest.Fake
	stones *fencetest.Fake
	root   keystest.Root
	step   func(op string) // nil: nothing happens
	calls  []string
}

func newBench(t *testing.T) *bench {
	stones := fencetest.NewFake()
	return &bench{T: t, fake: keystest.NewFake(stones), stones: stones}
}

func (b *bench) before(op string) {
	b.calls = append(b.calls, op)
	if step := b.step; step != nil {
		step(op)
	}
}

// watched is the bench's stores as a keyring or a destroyer sees them.
type watched struct{ b *bench }

func (w watched) Get(ctx context.Context, parent, name string) (keys.Row, bool, error) {
	w.b.before("get")
	return w.b.fake.Get(ctx, parent, name)
}

func (w watched) Create(ctx context.Context, row keys.Row, guard keys.Guard) error {
	w.b.before("create")
	return w.b.fake.Create(ctx, row, guard)
}

func (w watched) Named(ctx context.Context, parent, name string) (keys.Row, bool, error) {
	w.b.before("named")
	return w.b.fake.Named(ctx, parent, name)
}

func (w watched) Below(ctx context.Context, parent, after string) ([]keys.Row, bool, error) {
	w.b.before("below")
	return w.b.fake.Below(ctx, parent, after)
}

func (w watched) Delete(ctx context.Context, parent, name string) error {
	w.b.before("destroy")
	return w.b.fake.Delete(ctx, parent, name)
}

type watchedStones struct{ b *bench }

func (w watchedStones) Raise(ctx context.Context, t fence.Tombstone) error {
	w.b.before("raise")
	return w.b.stones.Raise(ctx, t)
}

func (w watchedStones) Get(ctx context.Context, print string) (fence.Tombstone, bool, error) {
	w.b.before("look")
	return w.b.stones.Get(ctx, print)
}

func (b *bench) ring() *keys.Keyring {
	return keystest.NewKeyring(b, watched{b}, watchedStones{b}, b.root)
}

func (b *bench) destroyer() keys.Destroyer {
	return keys.Destroyer{Rows: watched{b}, Secret: keystest.Secret(b, "1")}
}

// mustSeal is the key of a path, by a keyring of its own.
func (b *bench) mustSeal(path keys.Path) keys.Key {
	b.Helper()
	key, err := b.ring().ForSealing(context.Background(), path)
	if err != nil {
		b.Fatalf("for sealing: %v", err)
	}
	return key
}

// opens says whether anybody can find a key again.
func (b *bench) opens(ref keys.Ref) bool {
	b.Helper()
	_, err := keystest.NewKeyring(b, b.fake, b.stones, b.root).ForOpening(context.Background(), ref)
	if err != nil && !errors.Is(err, keys.ErrDestroyed) {
		b.Fatalf("for opening: %v", err)
	}
	return err == nil
}

// raise puts a subject behind a tombstone, as the fence does.
func (b *bench) raise(s keys.Subject, at time.Time) {
	b.Helper()
	print := fence.ScopePrint(keystest.Secret(b, "1"), s.Kind, s.Values...)
	if err := (watchedStones{b}).Raise(context.Background(), fence.Tombstone{Fingerprint: print, Cutoff: at, ExpiresAt: at.AddDate(0, 0, 90)}); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) mustDestroy(path keys.Path) int {
	b.Helper()
	n, err := b.destroyer().Destroy(context.Background(), path)
	if err != nil {
		b.Fatalf("destroy: %v", err)
	}
	return n
}

var (
	ofLead         = keystest.Path("t_a", "ch", "l")
	ofConversation = keystest.Path("t_a", "ch", "l", "c")
	ofThread       = keystest.Path("t_a", "ch", "", "c2")
)

// sameKey says that what one wraps the other unwraps.
func sameKey(t *testing.T, a, b keys.Key) bool {
	t.Helper()
	wrapped, err := a.Wrap([]byte("a key"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := b.Unwrap(wrapped, []byte("here"))
	return err == nil && string(plain) == "a key"
}

func TestOnePathIsOneKey(t *testing.T) {
	b := newBench(t)
	ring := b.ring()
	first, err := ring.ForSealing(t.Context(), ofConversation)
	if err != nil || len(first.Ref) != 4 || !first.Cutoff.IsZero() {
		t.Fatalf("got %+v, %v", first.Ref, err)
	}
	b.calls = nil
	kept, err := ring.ForSealing(t.Context(), ofConversation)
	if err != nil || len(b.calls) > 0 {
		t.Errorf("a key that was kept: %v, after %v", err, b.calls)
	}
	opened, err := b.ring().ForOpening(t.Context(), first.Ref)
	if err != nil {
		t.Fatal(err)
	}
	for name, other := range map[string]keys.Key{"the same keyring": kept, "another keyring": b.mustSeal(ofConversation), "who opens": opened} {
		if !slices.Equal(other.Ref, first.Ref) || !sameKey(t, first, other) || !sameKey(t, other, first) {
			t.Errorf("%s has another key: %v and %v", name, other.Ref, first.Ref)
		}
	}
	if rows := b.fake.All(); len(rows) != 4 {
		t.Errorf("%d rows", len(rows))
	}
}

// The same name in another place, or as something else, is another subject.
func TestEverySubjectHasItsOwnKey(t *testing.T) {
	b := newBench(t)
	var all []keys.Key
	for _, path := range []keys.Path{
		keystest.Path("t_a"), keystest.Path("t_b"), keystest.Path("t_a", "x"), keystest.Path("t_b", "x"), keystest.Path("t_a", "y"),
		keystest.Path("t_a", "x", "x"), keystest.Path("t_b", "x", "x"), keystest.Path("t_a", "x", "y"),
		keystest.Path("t_a", "x", "x", "x"), keystest.Path("t_a", "x", "y", "x"), keystest.Path("t_a", "x", "", "x"),
		{{Kind: "tenant", Values: []string{"t_a"}}, {Kind: keys.Staff, Values: []string{"t_a", "x"}}},
	} {
		key := b.mustSeal(path)
		for i, other := range all {
			if sameKey(t, key, other) || slices.Equal(key.Ref, other.Ref) {
				t.Errorf("%s has the key of another, the %dth", written(path), i)
			}
		}
		all = append(all, key)
	}
}

func TestDestroyingAnyLevelDestroysWhatIsBelow(t *testing.T) {
	for level := 1; level <= len(ofConversation); level++ {
		b := newBench(t)
		beside := []keys.Key{b.mustSeal(keystest.Path("t_b", "ch", "l", "c")), b.mustSeal(keystest.Path("t_a", "ch", "l", "c3")),
			b.mustSeal(keystest.Path("t_a", "ch", "l2", "c4")), b.mustSeal(ofThread), b.mustSeal(keystest.Path("t_a", "ch2", "l9"))}
		within := []int{0, 3, 2, 2, 1} // how many of the path's subjects they share
		key := b.mustSeal(ofConversation)
		b.mustDestroy(ofConversation[:level])
		for i := 1; i <= len(key.Ref); i++ {
			if b.opens(key.Ref[:i]) != (i < level) {
				t.Errorf("level %d destroyed: the key of level %d opens: %t", level, i, i >= level)
			}
		}
		for i, other := range beside {
			if b.opens(other.Ref) != (within[i] < level) {
				t.Errorf("level %d destroyed: the key %d beside it: %t", level, i, within[i] >= level)
			}
		}
	}
}

// What comes back has another key, at every level below what was destroyed, and what was
// sealed before stays closed.
func TestWhatComesBackHasAnotherKey(t *testing.T) {
	for level := 1; level <= len(ofConversation); level++ {
		b := newBench(t)
		before := b.mustSeal(ofConversation)
		b.mustDestroy(ofConversation[:level])
		after := b.mustSeal(ofConversation)
		if b.opens(before.Ref) || !b.opens(after.Ref) || sameKey(t, before, after) {
			t.Errorf("level %d: the old one opens: %t, the new one: %t", level, b.opens(before.Ref), b.opens(after.Ref))
		}
		for i := range before.Ref {
			if (before.Ref[i].ID == after.Ref[i].ID) != (i < level-1) || before.Ref[i].Name != after.Ref[i].Name {
				t.Errorf("level %d: step %d was %v and is %v", level, i, before.Ref[i], after.Ref[i])
			}
		}
		mixed := append(slices.Clone(before.Ref[:level-1]), after.Ref[level-1:]...)
		mixed[len(mixed)-1].ID = before.Ref.Own().ID
		if b.opens(mixed) {
			t.Errorf("level %d: an old ID under a new parent opens", level)
		}
	}
}

// A keyring that met a key before its destruction does not make the child of a dead parent,
// and goes on with what is there now.
func TestParentGoesBetweenFindingItAndItsChild(t *testing.T) {
	for level := 1; level < len(ofConversation); level++ {
		for name, back := range map[string]bool{"and comes back elsewhere": true, "and is gone": false} {
			b := newBench(t)
			ring := b.ring()
			parent, err := ring.ForSealing(t.Context(), ofConversation[:level])
			if err != nil {
				t.Fatal(err)
			}
			b.mustDestroy(ofConversation[:level])
			if back {
				b.mustSeal(ofConversation)
			}
			child, err := ring.ForSealing(t.Context(), ofConversation)
			if err != nil || !b.opens(child.Ref) || b.opens(parent.Ref) {
				t.Errorf("level %d %s: %v", level, name, err)
			}
			orphans(b)
		}
	}
}

// orphans looks for rows whose parent is not the one that wraps them.
func orphans(b *bench) {
	b.Helper()
	ids := map[string]bool{"": true}
	for _, row := range b.fake.All() {
		ids[row.ID] = true
	}
	for _, row := range b.fake.All() {
		if !ids[row.ParentID] {
			b.Errorf("a row is wrapped under a key that is not there")
		}
	}
}

// whileCreating runs something once, just before the nth call that a keyring makes.
func (b *bench) whileCreating(n int, meanwhile func()) {
	b.step = func(string) {
		if n--; n == -1 {
			b.step = nil
			meanwhile()
		}
	}
}

// newPathCalls are those of a new lead with its channel and tenant, none of which is there.
const newPathCalls = 9

// A tombstone that is raised before any call of a creation: the key either bars what it
// must, or goes with the destruction that follows.
func TestTombstoneWhileCreating(t *testing.T) {
	for _, subject := range []int{0, 1, 2} {
		barred := 0
		for n := range newPathCalls + 1 {
			b := newBench(t)
			b.whileCreating(n, func() { b.raise(ofLead[subject], cutoff) })
			key := b.mustSeal(ofLead)
			if n < newPathCalls != (b.step == nil) {
				t.Fatalf("%d calls: %v", len(b.calls), b.calls)
			}
			if key.Cutoff.Equal(cutoff) {
				barred++
				continue
			}
			b.mustDestroy(ofLead[:subject+1])
			if b.opens(key.Ref) || !key.Cutoff.IsZero() {
				t.Errorf("tombstone of level %d before call %d: the key bars nothing and lives", subject, n)
			}
		}
		if want := 3 * (subject + 1); barred != want {
			t.Errorf("level %d: barred in %d of %d cases, want %d", subject, barred, newPathCalls, want)
		}
	}
}

// The same with the deletion done as a whole, before any call.
func TestDeletionWhileCreating(t *testing.T) {
	for _, subject := range []int{0, 1, 2} {
		for n := range newPathCalls {
			b := newBench(t)
			ring := b.ring()
			b.whileCreating(n, func() {
				b.raise(ofLead[subject], cutoff)
				b.mustDestroy(ofLead[:subject+1])
			})
			key, err := ring.ForSealing(t.Context(), ofLead)
			if err != nil || !b.opens(key.Ref) || !key.Cutoff.Equal(cutoff) {
				t.Errorf("level %d before call %d: %v, bars up to %v", subject, n, err, key.Cutoff)
			}
			orphans(b)
		}
	}
}

// Cutoffs of what holds a subject bound it too; the latest counts, of every version.
func TestCutoffs(t *testing.T) {
	for name, c := range map[string]struct {
		stones map[int]int // level -> nanoseconds after the cutoff
		want   int
	}{
		"its own":                {map[int]int{2: 5}, 5},
		"of its channel":         {map[int]int{1: 5}, 5},
		"the later is its own":   {map[int]int{0: 1, 2: 5}, 5},
		"the later is another's": {map[int]int{0: 5, 2: 1}, 5},
	} {
		b := newBench(t)
		for level, ns := range c.stones {
			b.raise(ofLead[level], cutoff.Add(time.Duration(ns)))
		}
		want := cutoff.Add(time.Duration(c.want))
		first := b.mustSeal(ofLead)
		if again := b.mustSeal(ofLead); !first.Cutoff.Equal(want) || !again.Cutoff.Equal(want) {
			t.Errorf("%s: bars up to %v and %v, want %v", name, first.Cutoff, again.Cutoff, want)
		}
	}
	b := newBench(t)
	secret := keystest.Secret(t, "1", "2")
	for i, print := range fence.ScopePrints(secret, "lead", "t_a", "l") {
		if err := b.stones.Raise(t.Context(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff.Add(time.Duration(i))}); err != nil {
			t.Fatal(err)
		}
	}
	ring := b.ring()
	ring.Secret = secret
	if key, err := ring.ForSealing(t.Context(), ofLead); err != nil || !key.Cutoff.Equal(cutoff.Add(1)) {
		t.Errorf("under an older version: bars up to %v, %v", key.Cutoff, err)
	}
}

// After a change of the secret nothing is sealed under what the old version names; what was
// sealed before opens until it is destroyed.
func TestSecretChanges(t *testing.T) {
	b := newBench(t)
	old := b.mustSeal(ofConversation)
	ring := b.ring()
	ring.Secret = keystest.Secret(t, "1", "2")
	now, err := ring.ForSealing(t.Context(), ofConversation)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range now.Ref {
		if !strings.HasPrefix(step.Name, "2.") || step.ID == old.Ref[i].ID {
			t.Errorf("step %d is %v after %v", i, step, old.Ref[i])
		}
	}
	if !b.opens(old.Ref) || !b.opens(now.Ref) {
		t.Error("not both open")
	}
	d := keys.Destroyer{Rows: b.fake, Secret: ring.Secret}
	if left, err := d.Left(t.Context(), ofLead, cutoff); err != nil || len(left) != 4 {
		t.Errorf("before: %v, %v", left, err)
	}
	if n, err := d.Destroy(t.Context(), ofLead); err != nil || n != 4 {
		t.Errorf("destroyed %d, %v", n, err)
	}
	if left, err := d.Left(t.Context(), ofLead, cutoff); err != nil || len(left) != 0 || b.opens(old.Ref) || b.opens(now.Ref) {
		t.Errorf("after: %v, %v", left, err)
	}
}

// A wrapped key that is put into another's row does not open there.
func TestWrappedKeyIsBoundToItsRow(t *testing.T) {
	b := newBench(t)
	b.mustSeal(keystest.Path("t_a", "ch", "l", "c"))
	b.mustSeal(keystest.Path("t_a", "ch", "l", "c3"))
	b.mustSeal(keystest.Path("t_b", "ch", "l", "c"))
	rows := b.fake.All()
	for _, from := range rows {
		for _, to := range rows {
			if from.ID == to.ID {
				continue
			}
			b := newBench(t)
			for _, row := range rows {
				if row.ID == to.ID {
					row.Wrapped = from.Wrapped
				}
				if err := b.fake.Create(t.Context(), row, keys.Guard{}); err != nil {
					t.Fatal(err)
				}
			}
			if opensAll(b) {
				t.Errorf("the key of %s/%s opens at %s/%s", from.Parent, from.Name, to.Parent, to.Name)
			}
		}
	}
}

// opensAll seals for everybody who has a row.
func opensAll(b *bench) bool {
	for _, path := range []keys.Path{keystest.Path("t_a", "ch", "l", "c"), keystest.Path("t_a", "ch", "l", "c3"), keystest.Path("t_b", "ch", "l", "c")} {
		if _, err := b.ring().ForSealing(context.Background(), path); err != nil {
			if fault.KindOf(err) != fault.Permanent || errors.Is(err, keys.ErrDestroyed) {
				b.Errorf("got %v", err)
			}
			return false
		}
	}
	return true
}

func TestRefusals(t *testing.T) {
	b := newBench(t)
	if _, err := b.ring().ForSealing(t.Context(), nil); fault.KindOf(err) != fault.Permanent {
		t.Errorf("nobody's key: %v", err)
	}
	if _, err := b.ring().ForOpening(t.Context(), nil); fault.KindOf(err) != fault.Permanent || errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("no key: %v", err)
	}
	var none keys.Key
	if _, err := none.Wrap([]byte("a key"), nil); fault.KindOf(err) != fault.Permanent {
		t.Errorf("a key that is none wraps: %v", err)
	}
	if _, err := none.MAC([]byte("a text")); fault.KindOf(err) != fault.Permanent {
		t.Errorf("a key that is none signs: %v", err)
	}
	key := b.mustSeal(ofLead)
	wrapped, err := key.Wrap([]byte("a key"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	wrapped[len(wrapped)-1] ^= 1
	for name, text := range map[string][]byte{"changed": wrapped, "cut": wrapped[:5], "none": nil} {
		if _, err := key.Unwrap(text, []byte("here")); fault.KindOf(err) != fault.Permanent {
			t.Errorf("%s: %v", name, err)
		}
	}
	wrapped[len(wrapped)-1] ^= 1
	if _, err := key.Unwrap(wrapped, []byte("there")); fault.KindOf(err) != fault.Permanent {
		t.Errorf("elsewhere: %v", err)
	}
}

func TestMAC(t *testing.T) {
	b := newBench(t)
	key, other := b.mustSeal(ofLead), b.mustSeal(ofConversation)
	mac := func(k keys.Key, text string) string {
		code, err := k.MAC([]byte(text))
		if err != nil || len(code) != 32 {
			t.Fatalf("%x, %v", code, err)
		}
		return string(code)
	}
	if mac(key, "a") != mac(b.mustSeal(ofLead), "a") || mac(key, "a") == mac(key, "b") || mac(key, "a") == mac(other, "a") {
		t.Error("codes do not tell texts and keys apart")
	}
}

// Where KMS refuses, or no randomness is to be had, nothing is created.
func TestNothingIsCreatedWithoutAKey(t *testing.T) {
	refused := fault.New(fault.Retry, "KMS refuses")
	b := newBench(t)
	b.root.Err = refused
	if _, err := b.ring().ForSealing(t.Context(), ofLead); !errors.Is(err, refused) || len(b.fake.All()) != 0 {
		t.Errorf("%v, and %d rows", err, len(b.fake.All()))
	}
	b.root.Err = nil
	ring := b.ring()
	ring.Random = io.LimitReader(rand.Reader, 100) // for two keys, not for three
	if _, err := ring.ForSealing(t.Context(), ofLead); fault.KindOf(err) != fault.Retry || len(b.fake.All()) != 2 {
		t.Errorf("%v, and %d rows", err, len(b.fake.All()))
	}
	key := b.mustSeal(ofLead)
	b.root.Err = refused
	if _, err := b.ring().ForOpening(t.Context(), key.Ref); !errors.Is(err, refused) || errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("opening: %v", err)
	}
	if _, err := b.ring().ForSealing(t.Context(), ofLead); !errors.Is(err, refused) || len(b.fake.All()) != 3 {
		t.Errorf("sealing again: %v", err)
	}
}

// Every creation fails once, applied or not, and says that it failed or that something had
// changed: the next try has the one key.
func TestLostAnswersOfCreation(t *testing.T) {
	for n := range 3 {
		for _, applied := range []bool{true, false} {
			for _, kind := range []fault.Kind{fault.Retry, fault.Conflict} {
				b := newBench(t)
				count := 0
				b.fake.Fault = func(string) (bool, error) {
					if count++; count == n+1 {
						return applied, fault.New(kind, "no answer")
					}
					return true, nil
				}
				ring := b.ring()
				key, err := ring.ForSealing(t.Context(), ofLead)
				if kind == fault.Retry {
					if fault.KindOf(err) != fault.Retry {
						t.Errorf("got %v", err)
					}
					key, err = ring.ForSealing(t.Context(), ofLead)
				}
				if err != nil || !b.opens(key.Ref) || len(b.fake.All()) != 3 {
					t.Errorf("creation %d, applied %t, %s: %v, %d rows", n, applied, kind, err, len(b.fake.All()))
				}
			}
		}
	}
}

func TestWhatNeverSettlesIsTriedLater(t *testing.T) {
	b := newBench(t)
	b.fake.Fault = func(string) (bool, error) { return false, fault.New(fault.Conflict, "changed") }
	_, err := b.ring().ForSealing(t.Context(), ofLead)
	if fault.KindOf(err) != fault.Retry || len(b.fake.All()) != 0 || strings.Contains(fmt.Sprint(err), "t_a") {
		t.Errorf("got %v", err)
	}
}

func TestManyAskForOneNewPath(t *testing.T) {
	const many = 20
	for name, shared := range map[string]bool{"one keyring": true, "a keyring each": false} {
		b := newBench(t)
		one := keystest.NewKeyring(t, b.fake, b.stones, b.root)
		got, errs := make([]keys.Key, many), make([]error, many)
		var all sync.WaitGroup
		for i := range many {
			ring := one
			if !shared {
				ring = keystest.NewKeyring(t, b.fake, b.stones, b.root)
			}
			all.Go(func() { got[i], errs[i] = ring.ForSealing(t.Context(), ofConversation) })
		}
		all.Wait()
		for i := range many {
			if errs[i] != nil || !slices.Equal(got[i].Ref, got[0].Ref) || !sameKey(t, got[i], got[0]) {
				t.Errorf("%s: %d has %v, %v", name, i, got[i].Ref, errs[i])
			}
		}
		if rows := b.fake.All(); len(rows) != 4 {
			t.Errorf("%s: %d rows", name, len(rows))
		}
	}
}

// What stands in the table and in refs reveals nobody.
func TestRowsRevealNobody(t *testing.T) {
	b := newBench(t)
	key := b.mustSeal(keystest.Path("tenant-name", "channel-name", "lead-name", "conversation-name"))
	for _, row := range b.fake.All() {
		for _, text := range []string{row.Parent, row.Name, row.ID, row.ParentID, fmt.Sprint(key.Ref)} {
			if strings.Contains(text, "name") {
				t.Errorf("%q names somebody", text)
			}
		}
		if row.Parent != keys.Top && bytes.Contains(row.Wrapped, []byte("name")) {
			t.Errorf("what is wrapped names somebody")
		}
	}
}

// More keys than a keyring keeps are found again.
func TestKeyringForgets(t *testing.T) {
	b := newBench(t)
	ring := keystest.NewKeyring(t, b.fake, b.stones, b.root)
	refs := map[int]keys.Ref{}
	for range 2 {
		for i := range 2100 {
			key, err := ring.ForSealing(t.Context(), keystest.Path("t_a", "ch", fmt.Sprint("l", i)))
			if err != nil {
				t.Fatal(err)
			}
			if refs[i] != nil && !slices.Equal(refs[i], key.Ref) {
				t.Fatalf("%d has another key", i)
			}
			refs[i] = key.Ref
		}
	}
}

// What a keyring kept under a channel's old key is not taken for what stands under the new.
func TestKeptUnderAnotherParent(t *testing.T) {
	b := newBench(t)
	ring := b.ring()
	old, err := ring.ForSealing(t.Context(), ofLead)
	if err != nil {
		t.Fatal(err)
	}
	b.mustDestroy(ofLead[:2])
	back := b.mustSeal(ofLead[:2])
	met, err := ring.ForOpening(t.Context(), back.Ref)
	if err != nil || !slices.Equal(met.Ref, back.Ref) || !sameKey(t, met, back) {
		t.Errorf("got %v, %v, want %v", met.Ref, err, back.Ref)
	}
	lead, err := ring.ForSealing(t.Context(), ofLead)
	if err != nil || !b.opens(lead.Ref) || sameKey(t, lead, old) {
		t.Errorf("got %v, %v after %v", lead.Ref, err, old.Ref)
	}
}
