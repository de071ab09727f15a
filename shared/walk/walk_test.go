package walk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/walk"
	"github.com/mikla-ai/data-deletion/shared/walk/walktest"
)

type fields = map[string]any

func load(t testing.TB) *datamap.Map {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small asks for small pages, so that tests turn many.
type small struct {
	livedata.Records
	most int
}

func (s small) Read(ctx context.Context, q livedata.Query) (livedata.Page, error) {
	q.Limit = min(q.Limit, s.most)
	return s.Records.Read(ctx, q)
}

// step is what one visit was told, in a form that can be compared.
type step struct {
	found string
	after walk.Cursor
}

func place(s datamap.Store, it livedata.Item) string {
	at := s.Name
	for _, name := range s.Key {
		at += "/" + it.Text(name)
	}
	return at
}

func describe(f walk.Found) string {
	var keys []string
	for _, it := range f.Items {
		keys = append(keys, place(f.Store, it))
	}
	return fmt.Sprint(keys, f.Known)
}

// walked walks from a cursor to the end.
func walked(t testing.TB, w walk.Walker, unit walktest.Unit, from walk.Cursor) []step {
	t.Helper()
	var out []step
	err := w.Each(t.Context(), unit.Fields(), from, func(after walk.Cursor, f walk.Found) error {
		out = append(out, step{describe(f), after})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// reload is a cursor as whoever keeps it gets it back.
func reload(t testing.TB, c walk.Cursor) (out walk.Cursor) {
	t.Helper()
	src, err := json.Marshal(c)
	if err == nil {
		err = json.Unmarshal(src, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func records(t testing.TB, m *datamap.Map, world *walktest.World) *livedatatest.Fake {
	t.Helper()
	f := livedatatest.NewFake(m)
	f.Seed(world.Items)
	return f
}

func TestEveryRecordIsVisitedOnceInItsUnit(t *testing.T) {
	m := load(t)
	for seed := range uint64(40) {
		world := walktest.Random(seed)
		w := walk.Walker{Map: m, Records: small{records(t, m, world).Records(), 1 + int(seed)%4}}
		seen := map[string]walktest.Unit{}
		for _, u := range world.Units() {
			err := w.Each(t.Context(), u.Fields(), walk.Cursor{}, func(_ walk.Cursor, f walk.Found) error {
				for _, it := range f.Items {
					if before, twice := seen[place(f.Store, it)]; twice {
						t.Errorf("seed %d: %s is visited in %v and in %v", seed, place(f.Store, it), before, u)
					}
					seen[place(f.Store, it)] = u
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if !maps.Equal(seen, world.Owner) {
			t.Errorf("seed %d: visited %d records of %d, or in other units", seed, len(seen), len(world.Owner))
		}
	}
}

// Of the example everything that is backed up is found.
func TestTheExampleIsCovered(t *testing.T) {
	m := load(t)
	f := livedatatest.NewExample(t, m)
	want := map[string]bool{}
	for _, s := range m.Backed() {
		for _, it := range f.World().Records[s.Name] {
			want[place(s, it)] = true
		}
	}
	got := map[string]bool{}
	for _, it := range livedatatest.ExampleWorld(t)["channels"] {
		visit(t, m, f, walktest.Unit{Tenant: it["tenant_id"].(string), Channel: it["channel_id"].(string)}, got)
	}
	for _, it := range livedatatest.ExampleWorld(t)["tenants"] {
		visit(t, m, f, walktest.Unit{Tenant: it["tenant_id"].(string)}, got)
	}
	if !maps.Equal(got, want) {
		t.Errorf("visited %v\nwant %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

func visit(t testing.TB, m *datamap.Map, f *livedatatest.Fake, u walktest.Unit, into map[string]bool) {
	t.Helper()
	err := walk.Walker{Map: m, Records: f.Records()}.Each(t.Context(), u.Fields(), walk.Cursor{}, func(_ walk.Cursor, found walk.Found) error {
		for _, it := range found.Items {
			if into[place(found.Store, it)] {
				t.Errorf("%s is visited twice", place(found.Store, it))
			}
			into[place(found.Store, it)] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestParentsComeFirstAndAreKnown(t *testing.T) {
	m := load(t)
	f := livedatatest.NewExample(t, m)
	var order []string
	err := walk.Walker{Map: m, Records: f.Records()}.Each(t.Context(), map[string]string{"tenant_id": "t_harbour", "channel_id": "ch_fb1"}, walk.Cursor{},
		func(_ walk.Cursor, found walk.Found) error {
			order = append(order, found.Store.Name)
			if found.Known["tenant_id"] != "t_harbour" || found.Known["channel_id"] != "ch_fb1" {
				t.Errorf("of records of %s only %v is known", found.Store.Name, found.Known)
			}
			if found.Store.Name == "messages" && len(found.Items) > 0 && found.Known["conversation_id"] != found.Items[0].Text("conversation_id") {
				t.Errorf("messages of %s, found from %s", found.Items[0].Text("conversation_id"), found.Known["conversation_id"])
			}
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]string{{"channels", "leads"}, {"leads", "conversations"}, {"leads", "ai_quotes"}, {"conversations", "messages"}, {"conversations", "ai_audit"}} {
		if parent, child := slices.Index(order, pair[0]), slices.Index(order, pair[1]); parent < 0 || child < parent {
			t.Errorf("%s come after %s: %v", pair[0], pair[1], order)
		}
	}
}

func TestAWalkGoesOnFromEveryPlace(t *testing.T) {
	m := load(t)
	places := 0
	for seed := range uint64(12) {
		world := walktest.Random(seed)
		w := walk.Walker{Map: m, Records: small{records(t, m, world).Records(), 1 + int(seed)%3}}
		for _, u := range world.Units() {
			whole := walked(t, w, u, walk.Cursor{})
			for i, s := range whole {
				places++
				rest := walked(t, w, u, reload(t, s.after))
				if !slices.EqualFunc(rest, whole[i+1:], func(a, b step) bool { return a.found == b.found }) {
					t.Fatalf("seed %d, after step %d of %d (%+v): %d steps follow", seed, i, len(whole), s.after, len(rest))
				}
			}
		}
	}
	if places < 500 {
		t.Errorf("only %d places", places)
	}
}

// What is deleted between two invocations must not make the walk pass by what is left.
func TestAWalkGoesOnAfterDeletions(t *testing.T) {
	m := load(t)
	world := walktest.Random(3)
	containers := slices.DeleteFunc(slices.Sorted(maps.Keys(world.Owner)), func(key string) bool {
		return !strings.HasPrefix(key, "leads/") && !strings.HasPrefix(key, "conversations/")
	})
	for _, gone := range containers {
		f := records(t, m, world)
		u, w := world.Owner[gone], walk.Walker{Map: m, Records: small{f.Records(), 2}}
		whole := walked(t, w, u, walk.Cursor{})
		store, key, _ := strings.Cut(gone, "/")
		f.Drop(store, strings.Split(key, "/")...)
		left := visits(walked(t, w, u, walk.Cursor{}))
		for i, s := range whole {
			before, rest := visits(whole[:i+1]), visits(walked(t, w, u, reload(t, s.after)))
			for key := range left {
				if before[key]+rest[key] != 1 {
					t.Fatalf("%s gone after step %d: %s is visited %d times", gone, i, key, before[key]+rest[key])
				}
			}
		}
	}
}

// visits counts how often each record was visited.
func visits(steps []step) map[string]int {
	out := map[string]int{}
	for _, s := range steps {
		list, _, _ := strings.Cut(strings.TrimPrefix(s.found, "["), "]")
		for key := range strings.FieldsSeq(list) {
			out[key]++
		}
	}
	return out
}

func TestARecordOfSomebodyElseEndsTheWalk(t *testing.T) {
	m := load(t)
	for _, c := range []struct {
		store string
		it    fields
	}{
		{"messages", fields{"conversation_id": "c_tom", "message_key": "2026-03-01T18:00:05Z#m_x", "sent_at": "2026-03-01T18:00:05Z", "tenant_id": "t_capricho"}},
		{"ai_audit", fields{"conversation_id": "c_tom", "audit_key": "2026-03-01T18:00:05Z#a_x", "created_at": "2026-03-01T18:00:05Z", "tenant_id": "t_capricho"}},
		{"conversations", fields{"tenant_id": "t_harbour", "conversation_id": "c_x", "channel_key": "t_harbour#ch_fb1", "channel_id": "ch_ig1"}},
	} {
		f := livedatatest.NewExample(t, m)
		f.Put(c.store, livedatatest.NewItem(c.it))
		err := walk.Walker{Map: m, Records: f.Records()}.Each(t.Context(), map[string]string{"tenant_id": "t_harbour", "channel_id": "ch_fb1"}, walk.Cursor{},
			func(_ walk.Cursor, found walk.Found) error {
				for _, it := range found.Items {
					if it.Text("tenant_id") == "t_capricho" || it.Text("conversation_id") == "c_x" {
						t.Errorf("the record of %s is visited", c.store)
					}
				}
				return nil
			})
		if fault.KindOf(err) != fault.Permanent || err == nil || strings.Contains(err.Error(), "c_") {
			t.Errorf("%s: %v", c.store, err)
		}
	}
}

func TestWhatIndexesRememberIsNotVisited(t *testing.T) {
	m := load(t)
	f := livedatatest.NewExample(t, m)
	f.Stale = true
	f.Drop("leads", "t_harbour", "l_tom")
	f.Drop("conversations", "t_harbour", "c_tom")
	got := map[string]bool{}
	visit(t, m, f, walktest.Unit{Tenant: "t_harbour", Channel: "ch_fb1"}, got)
	if got["leads/t_harbour/l_tom"] || got["messages/c_tom/2026-03-01T18:00:00Z#m_1"] || !got["channels/t_harbour/ch_fb1"] {
		t.Errorf("visited %v", got)
	}
}

func TestFailuresEndTheWalk(t *testing.T) {
	m := load(t)
	f := livedatatest.NewExample(t, m)
	w := walk.Walker{Map: m, Records: f.Records()}
	unit := map[string]string{"tenant_id": "t_harbour", "channel_id": "ch_fb1"}
	own := errors.New("enough")
	for n := range 8 {
		visits := 0
		err := w.Each(t.Context(), unit, walk.Cursor{}, func(walk.Cursor, walk.Found) error {
			if visits++; visits > n {
				return own
			}
			return nil
		})
		if !errors.Is(err, own) || visits != n+1 {
			t.Errorf("%v after %d visits", err, visits)
		}
	}
	f.Fault = func(op livedatatest.Op, key string) (bool, error) {
		return true, map[bool]error{true: fault.New(fault.Retry, "busy")}[strings.HasPrefix(key, "messages")]
	}
	if err := w.Each(t.Context(), unit, walk.Cursor{}, func(walk.Cursor, walk.Found) error { return nil }); fault.KindOf(err) != fault.Retry {
		t.Errorf("got %v", err)
	}
	for _, unit := range []map[string]string{nil, {"tenant_id": "t"}, {"channel_id": "c"}, {"tenant_id": "t", "lead_id": ""}} {
		err := w.Each(t.Context(), unit, walk.Cursor{}, func(walk.Cursor, walk.Found) error { return nil })
		if wrong := unit["tenant_id"] == "" || len(unit) > 1; wrong != (fault.KindOf(err) == fault.Permanent && err != nil) {
			t.Errorf("%v: %v", unit, err)
		}
	}
}
