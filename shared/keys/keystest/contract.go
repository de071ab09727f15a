package keystest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
)

// Rows is a table of keys, for who opens and for who destroys.
type Rows interface {
	keys.Rows
	keys.NamedRows
}

// Contract checks what every table of keys keeps. newRows gives one, and the tombstones that
// creations there depend on; both may hold others': every test uses names of its own.
func Contract(t *testing.T, newRows func(t *testing.T) (Rows, fence.Tombstones)) {
	for name, test := range map[string]func(*testing.T, table){
		"a row comes back as it was created":       comesBack,
		"an absent row is no error":                absent,
		"a row that is there stays":                stays,
		"only the row that was seen is replaced":   replaced,
		"the parent must be the one that wraps":    parents,
		"tombstones must be as they were seen":     tombstones,
		"rows below come in order, page by page":   pages,
		"a listing goes on after a row that went":  pagesOfDeleted,
		"who knows names alone reads nothing more": namesAlone,
		"a row that is destroyed is gone":          destroyed,
		"of many that create one row, one does":    oneOfMany,
		"a key lives until it is destroyed":        keyLives,
	} {
		t.Run(name, func(t *testing.T) {
			rows, stones := newRows(t)
			test(t, table{rows, stones, strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())})
		})
	}
}

// table makes the tests short. own sets one test's names apart.
type table struct {
	Rows
	stones fence.Tombstones
	own    string
}

var start = time.Date(2026, 6, 1, 12, 0, 0, 7, time.UTC)

func (b table) row(parent, name, id string) keys.Row {
	return keys.Row{Parent: b.own + parent, Name: name, ID: id, Wrapped: []byte{0, 1, 255}, CreatedAt: start}
}

func (b table) mustCreate(t *testing.T, row keys.Row, guard keys.Guard) {
	t.Helper()
	if err := b.Create(t.Context(), row, guard); err != nil {
		t.Fatalf("create: %v", err)
	}
}

// refused says that a row is not created, and what stands there stays as it is.
func (b table) refused(t *testing.T, what string, row keys.Row, guard keys.Guard) {
	t.Helper()
	before, thereBefore := b.get(t, row)
	if err := b.Create(t.Context(), row, guard); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%s: got %v, want a conflict", what, err)
	}
	if after, there := b.get(t, row); there != thereBefore || !reflect.DeepEqual(after, before) {
		t.Errorf("%s: there is %+v, was %+v", what, after, before)
	}
}

func (b table) get(t *testing.T, at keys.Row) (keys.Row, bool) {
	t.Helper()
	row, there, err := b.Get(t.Context(), at.Parent, at.Name)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	return row, there
}

func comesBack(t *testing.T, b table) {
	plain := b.row("p", "n", "1")
	full := b.row("q", "n", "2")
	full.ParentID, full.Cutoff = "of the parent", start.Add(1)
	for _, row := range []keys.Row{plain, full} {
		b.mustCreate(t, row, keys.Guard{})
		if got, there := b.get(t, row); !there || !reflect.DeepEqual(got, row) {
			t.Errorf("got %+v, want %+v", got, row)
		}
	}
}

func absent(t *testing.T, b table) {
	b.mustCreate(t, b.row("p", "n", "1"), keys.Guard{})
	for _, at := range []keys.Row{b.row("p", "m", ""), b.row("n", "p", "")} {
		if got, there := b.get(t, at); there || !reflect.DeepEqual(got, keys.Row{}) {
			t.Errorf("got %+v", got)
		}
		if got, there, err := b.Named(t.Context(), at.Parent, at.Name); there || err != nil || !reflect.DeepEqual(got, keys.Row{}) {
			t.Errorf("by name: got %+v, %v", got, err)
		}
	}
	if rows, more, err := b.Below(t.Context(), b.own+"nobody", ""); len(rows) > 0 || more || err != nil {
		t.Errorf("below nobody: %v, %t, %v", rows, more, err)
	}
}

func stays(t *testing.T, b table) {
	b.mustCreate(t, b.row("p", "n", "1"), keys.Guard{})
	b.refused(t, "another", b.row("p", "n", "2"), keys.Guard{})
	b.refused(t, "the same", b.row("p", "n", "1"), keys.Guard{})
}

func replaced(t *testing.T, b table) {
	b.refused(t, "one that is not there", b.row("p", "n", "2"), keys.Guard{Replaces: "1"})
	b.mustCreate(t, b.row("p", "n", "1"), keys.Guard{})
	b.refused(t, "one that is there no more", b.row("p", "n", "2"), keys.Guard{Replaces: "0"})
	b.mustCreate(t, b.row("p", "n", "2"), keys.Guard{Replaces: "1"})
	if got, _ := b.get(t, b.row("p", "n", "")); got.ID != "2" {
		t.Errorf("got %+v", got)
	}
}

func parents(t *testing.T, b table) {
	parent := b.row("top", b.own+"p", "7")
	child := b.row("p", "n", "1")
	child.ParentID = "7"
	guard := keys.Guard{Grandparent: parent.Parent}
	b.refused(t, "no parent", child, guard)
	b.mustCreate(t, parent, keys.Guard{})
	child.ParentID = "8"
	b.refused(t, "another parent", child, guard)
	child.ParentID = "7"
	b.mustCreate(t, child, guard)
	if err := b.Delete(t.Context(), parent.Parent, parent.Name); err != nil {
		t.Fatal(err)
	}
	sibling := b.row("p", "m", "1")
	sibling.ParentID = "7"
	b.refused(t, "a parent that is gone", sibling, guard)
	child.ID = "2"
	b.refused(t, "the same, for one to be replaced", child, keys.Guard{Replaces: "1", Grandparent: parent.Parent})
}

func tombstones(t *testing.T, b table) {
	print := func(version int) string { return fmt.Sprintf("%d.%s", version, b.own) }
	raise := func(version int, cutoff time.Time) {
		t.Helper()
		if err := b.stones.Raise(t.Context(), fence.Tombstone{Fingerprint: print(version), Cutoff: cutoff, ExpiresAt: start.AddDate(0, 0, 90)}); err != nil {
			t.Fatal(err)
		}
	}
	seen := func(first, second time.Time) keys.Guard {
		return keys.Guard{Tombstones: map[string]time.Time{print(1): first, print(2): second}}
	}
	none := time.Time{}
	b.refused(t, "a tombstone that is gone", b.row("p", "n", "1"), seen(start, none))
	b.mustCreate(t, b.row("p", "before", "1"), seen(none, none))
	raise(2, start)
	b.refused(t, "a tombstone that was not there", b.row("p", "n", "1"), seen(none, none))
	b.mustCreate(t, b.row("p", "after", "1"), seen(none, start))
	raise(2, start.Add(1))
	b.refused(t, "a tombstone that was raised", b.row("p", "n", "1"), seen(none, start))
	raise(1, start)
	b.refused(t, "one more tombstone", b.row("p", "n", "1"), seen(none, start.Add(1)))
	b.mustCreate(t, b.row("p", "n", "1"), seen(start, start.Add(1)))
}

// morePages is so many rows that every table turns pages.
const morePages = 405

// fill creates rows under p and neighbours whose names begin alike.
func (b table) fill(t *testing.T) (names []string) {
	t.Helper()
	b.mustCreate(t, b.row("p2", "n", "1"), keys.Guard{})
	b.mustCreate(t, b.row("", "n", "1"), keys.Guard{})
	for i := range morePages {
		names = append(names, fmt.Sprintf("n%04d", (i*7)%morePages))
		b.mustCreate(t, b.row("p", names[i], fmt.Sprint(i)), keys.Guard{})
	}
	slices.Sort(names)
	return names
}

// list reads all pages, and does something after each row.
func (b table) list(t *testing.T, each func(keys.Row)) (names []string) {
	t.Helper()
	turned := 0
	for after, more := "", true; more; turned++ {
		var rows []keys.Row
		var err error
		if rows, more, err = b.Below(t.Context(), b.own+"p", after); err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			names, after = append(names, row.Name), row.Name
			each(row)
		}
	}
	if turned < 2 {
		t.Errorf("%d pages: nothing was turned", turned)
	}
	return names
}

func pages(t *testing.T, b table) {
	want := b.fill(t)
	got := b.list(t, func(row keys.Row) {
		if row.Parent != b.own+"p" || row.ID == "" {
			t.Errorf("got %+v", row)
		}
	})
	if !slices.Equal(got, want) {
		t.Errorf("got %d rows: %v", len(got), got)
	}
}

func pagesOfDeleted(t *testing.T, b table) {
	want := b.fill(t)
	got := b.list(t, func(row keys.Row) {
		if err := b.Delete(t.Context(), row.Parent, row.Name); err != nil {
			t.Fatal(err)
		}
	})
	if !slices.Equal(got, want) {
		t.Errorf("met %d of %d rows", len(got), len(want))
	}
	if rows, more, err := b.Below(t.Context(), b.own+"p", ""); len(rows) > 0 || more || err != nil {
		t.Errorf("%d rows are left, %t, %v", len(rows), more, err)
	}
	if _, there := b.get(t, b.row("p2", "n", "")); !there {
		t.Error("a neighbour went too")
	}
}

func namesAlone(t *testing.T, b table) {
	row := b.row("p", "n", "1")
	row.ParentID, row.Cutoff = "7", start
	b.mustCreate(t, row, keys.Guard{})
	named, there, err := b.Named(t.Context(), row.Parent, row.Name)
	if err != nil || !there {
		t.Fatalf("%t, %v", there, err)
	}
	below, _, err := b.Below(t.Context(), row.Parent, "")
	if err != nil || len(below) != 1 {
		t.Fatalf("%v, %v", below, err)
	}
	want := row
	want.Wrapped = nil
	for _, got := range []keys.Row{named, below[0]} {
		got.CreatedAt = row.CreatedAt // is no name
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func destroyed(t *testing.T, b table) {
	b.mustCreate(t, b.row("p", "n", "1"), keys.Guard{})
	b.mustCreate(t, b.row("p", "n2", "1"), keys.Guard{})
	for range 2 {
		if err := b.Delete(t.Context(), b.own+"p", "n"); err != nil {
			t.Errorf("destroy: %v", err)
		}
	}
	if _, there := b.get(t, b.row("p", "n", "")); there {
		t.Error("it is still there")
	}
	if _, there := b.get(t, b.row("p", "n2", "")); !there {
		t.Error("its neighbour went too")
	}
	b.mustCreate(t, b.row("p", "n", "2"), keys.Guard{})
}

func oneOfMany(t *testing.T, b table) {
	const many = 8
	errs := make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { errs[i] = b.Create(t.Context(), b.row("p", "n", fmt.Sprint(i)), keys.Guard{}) })
	}
	all.Wait()
	row, _ := b.get(t, b.row("p", "n", ""))
	for i, err := range errs {
		if won := row.ID == fmt.Sprint(i); won != (err == nil) || err != nil && fault.KindOf(err) != fault.Conflict {
			t.Errorf("%d: %v, and %s is there", i, err, row.ID)
		}
	}
}

// keyLives is the whole life of a key, by a keyring and a destroyer.
func keyLives(t *testing.T, b table) {
	ring := func() *keys.Keyring { return NewKeyring(t, b.Rows, b.stones, Root{}) }
	path := Path(b.own, "channel", "lead", "conversation")
	key, err := ring().ForSealing(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := key.Wrap([]byte("a key"), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := ring().ForOpening(t.Context(), key.Ref)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := again.Unwrap(sealed, []byte("here")); err != nil || string(plain) != "a key" {
		t.Errorf("%q, %v", plain, err)
	}
	d := keys.Destroyer{Rows: b.Rows, Secret: Secret(t, "1")}
	if n, err := d.Destroy(t.Context(), path[:3]); n != 2 || err != nil {
		t.Errorf("destroyed %d, %v", n, err)
	}
	if _, err := ring().ForOpening(t.Context(), key.Ref); !errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("got %v", err)
	}
}
