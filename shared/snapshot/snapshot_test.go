package snapshot_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// say is batches in short: number, messages, and how many frames nobody can open.
func say(batches []snapshot.Batch) string {
	out := ""
	for _, b := range batches {
		out += fmt.Sprintf("%d:%v-%d ", b.Number, ids(b), b.Destroyed)
	}
	return out
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	got, err := w.read(unit, asOf)
	if want := "1:[m_9 m_1 m_3 m_2]-0 2:[m_4]-0 "; err != nil || say(got) != want {
		t.Fatalf("read %s, want %s, %v", say(got), want, err)
	}
	if record := got[0].Records[1]; !reflect.DeepEqual(record.Item, message(3)) || record.Store != "messages" || record.Kind != snapshot.Record {
		t.Errorf("a record reads %v", record)
	}
	if piece := got[0].Apart[0]; piece.Kind != snapshot.Apart || piece.Store != "ai_audit" || len(piece.Refs) != 2 || len(piece.Refs[0]) != 4 {
		t.Errorf("a piece reads %v", piece)
	}
	s, err := w.reader().Open(t.Context(), unit, asOf)
	if err != nil {
		t.Fatal(err)
	}
	m := s.Manifest
	stores := map[string]snapshot.Count{"messages": {Records: 4}, "ai_audit": {Apart: 1}}
	if !m.AsOf.Equal(asOf) || !m.FinishedAt.Equal(finished) || m.DataMap != "map" || len(m.Parts) != 2 || !reflect.DeepEqual(m.Stores, stores) {
		t.Errorf("the manifest says %+v", m)
	}
}

// Destroying a key takes what needs it, everywhere, and nothing else.
func TestDestroyedKeys(t *testing.T) {
	for name, c := range map[string]struct {
		path keys.Path
		want string
	}{
		"a conversation":         {path(unit, "anna", "c_1"), "1:[m_9 m_2]-1 2:[m_4]-0 "},
		"a lead, quoted besides": {path(unit, "anna"), "1:[m_2]-2 2:[m_4]-0 "},
		"the lead of the thread": {path(unit, "berta"), "1:[m_1 m_3]-2 2:[]-1 "},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(unit, asOf)
			w.destroy(c.path)
			if got, err := w.read(unit, asOf); err != nil || say(got) != c.want {
				t.Errorf("read %s, want %s, %v", say(got), c.want, err)
			}
		})
	}
}

func TestDestroyedUnit(t *testing.T) {
	for name, p := range map[string]keys.Path{"channel": path(unit), "tenant": path(unit)[:1]} {
		w := newWorld(t)
		w.write(unit, asOf)
		w.destroy(p)
		if _, err := w.read(unit, asOf); !errors.Is(err, keys.ErrDestroyed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A lead that comes back has another key, under which the old frames do not open.
func TestALeadThatComesBack(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	w.destroy(path(unit, "anna"))
	w.write(unit, asOf.Add(24*time.Hour))
	old, err := w.read(unit, asOf)
	if want := "1:[m_2]-2 2:[m_4]-0 "; err != nil || say(old) != want {
		t.Errorf("the old one reads %s, want %s, %v", say(old), want, err)
	}
	fresh, err := w.read(unit, asOf.Add(24*time.Hour))
	if want := "1:[m_9 m_1 m_3 m_2]-0 2:[m_4]-0 "; err != nil || say(fresh) != want {
		t.Errorf("the new one reads %s, want %s, %v", say(fresh), want, err)
	}
}

func TestOnlyWhatIsWanted(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	anna := w.key(path(unit, "anna")).Ref.Own()
	s, err := w.reader().Open(t.Context(), unit, asOf)
	if err != nil {
		t.Fatal(err)
	}
	each := func(from int, want func([]keys.Ref) bool) string {
		var got []snapshot.Batch
		err := s.Each(t.Context(), from, want, func(b snapshot.Batch) error {
			got = append(got, b)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return say(got)
	}
	annas := func(refs []keys.Ref) bool {
		return slices.ContainsFunc(refs, func(r keys.Ref) bool { return slices.Contains(r, anna) })
	}
	for from, want := range map[int]string{0: "1:[m_9 m_1 m_3]-0 ", 1: "1:[m_9 m_1 m_3]-0 ", 2: ""} {
		if got := each(from, annas); got != want {
			t.Errorf("from %d: %s, want %s", from, got, want)
		}
	}
	for from, want := range map[int]string{2: "2:[m_4]-0 ", 3: ""} {
		if got := each(from, nil); got != want {
			t.Errorf("all from %d: %s, want %s", from, got, want)
		}
	}
}

func TestVisitCanEnd(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	s, err := w.reader().Open(t.Context(), unit, asOf)
	if err != nil {
		t.Fatal(err)
	}
	enough, visits := errors.New("enough"), 0
	err = s.Each(t.Context(), 0, nil, func(snapshot.Batch) error {
		visits++
		return enough
	})
	if !errors.Is(err, enough) || visits != 1 {
		t.Errorf("%d visits, %v", visits, err)
	}
}

func TestAsOfs(t *testing.T) {
	w := newWorld(t)
	var want []time.Time
	for day := range 5 { // more than a page
		at := asOf.AddDate(0, 0, day)
		w.write(unit, at)
		want = slices.Insert(want, 0, at)
	}
	w.write(snapshot.Unit{Tenant: unit.Tenant, Channel: unit.Channel + "1"}, asOf.AddDate(0, 1, 0))
	got, err := w.reader().AsOfs(t.Context(), unit)
	if err != nil || !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Errorf("got %v, want %v, %v", got, want, err)
	}
	none, err := w.reader().AsOfs(t.Context(), snapshot.Unit{Tenant: unit.Tenant})
	if err != nil || len(none) != 0 {
		t.Errorf("the tenant's own: %v, %v", none, err)
	}
	if _, err := w.read(unit, asOf.AddDate(0, 0, -1)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a night without a snapshot: %v", err)
	}
}

func TestEachName(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	w.write(unit, asOf.AddDate(0, 0, 1))
	w.bucket.Fault = func(op, name string) (bool, error) {
		if place, ok := snapshot.Locate(name); ok && place.Kind == snapshot.Frames {
			t.Errorf("%s of %s", op, name)
		}
		return true, nil
	}
	names := map[time.Time]map[string]int{}
	err := snapshot.EachName(t.Context(), w.bucket, unit, func(at time.Time, refs []keys.Ref) error {
		if names[at] == nil {
			names[at] = map[string]int{}
		}
		for _, ref := range refs {
			names[at][ref.Own().Name]++
		}
		return nil
	})
	// The unit's own; anna's conversation, berta's in two parts and with a piece of anna's.
	want := map[string]int{}
	for _, p := range []keys.Path{path(unit), path(unit, "anna", "c_1"), path(unit, "anna"), path(unit, "berta", "c_2"), path(unit, "berta", "c_2"), path(unit, "berta", "c_2")} {
		want[w.key(p).Ref.Own().Name]++
	}
	if err != nil || len(names) != 2 || !reflect.DeepEqual(names[asOf], want) || !reflect.DeepEqual(names[asOf.AddDate(0, 0, 1)], want) {
		t.Errorf("named %v, want %v each, %v", names, want, err)
	}
}
