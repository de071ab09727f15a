package restoretest

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Backend is what the contract runs on. ID tells its runs apart.
type Backend struct {
	Map     *datamap.Map
	ID      string
	Targets restore.Targets
	Live    restore.Live
	Jobs    restore.Jobs
	Stones  fence.Tombstones
}

// Run checks what everything keeps that a restore writes to.
func Run(t *testing.T, b Backend) {
	t.Run("targets", b.targets)
	t.Run("live", b.live)
	t.Run("jobs", b.jobs)
}

func (b Backend) store(t *testing.T, name string) datamap.Store {
	t.Helper()
	s, ok := b.Map.Store(name)
	if !ok {
		t.Fatal("no store " + name)
	}
	return s
}

func message(id, body string) livedata.Item {
	return livedatatest.NewItem(map[string]any{"conversation_id": "c_1", "message_key": "2026-06-01T00:00:00Z#" + id, "body": body, "tags": []any{}})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b Backend) targets(t *testing.T) {
	s := b.store(t, "messages")
	must(t, b.Targets.Create(t.Context(), b.ID, s))
	must(t, b.Targets.Create(t.Context(), b.ID, s)) // again
	var want []livedata.Item
	for i := range 30 { // more than a batch
		want = append(want, message(string(rune('A'+i)), "first"))
	}
	must(t, b.Targets.Put(t.Context(), b.ID, s, want))
	want[3] = message("D", "second")
	must(t, b.Targets.Put(t.Context(), b.ID, s, want[3:4]))
	must(t, b.Targets.Remove(t.Context(), b.ID, s, []livedata.Key{livedata.KeyOf(s, want[0]), livedata.KeyOf(s, message("none", ""))}))
	want = want[1:]
	if got := b.all(t, s); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	got, err := b.Targets.Get(t.Context(), b.ID, s, livedata.KeyOf(s, want[2]))
	if err != nil || !reflect.DeepEqual(got, want[2]) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := b.Targets.Get(t.Context(), b.ID, s, livedata.KeyOf(s, message("A", ""))); err != nil || len(got) > 0 {
		t.Errorf("what was removed: %v, %v", got, err)
	}
	if !b.listed(t) {
		t.Error("the target is not listed")
	}
	must(t, b.Targets.Drop(t.Context(), b.ID, s))
	must(t, b.Targets.Drop(t.Context(), b.ID, s)) // again
	if b.listed(t) {
		t.Error("the target is listed after it was dropped")
	}
}

// all are a target's records in the order of their keys.
func (b Backend) all(t *testing.T, s datamap.Store) (out []livedata.Item) {
	t.Helper()
	for after, more := livedata.Key(nil), true; more; more = after != nil {
		page, err := b.Targets.Scan(t.Context(), b.ID, s, after)
		must(t, err)
		out, after = append(out, page.Items...), page.Next
	}
	slices.SortFunc(out, func(a, b livedata.Item) int {
		return slices.Compare([]string{a.Text(s.Key[1])}, []string{b.Text(s.Key[1])})
	})
	return out
}

func (b Backend) listed(t *testing.T) bool {
	t.Helper()
	all, err := b.Targets.List(t.Context())
	must(t, err)
	return slices.ContainsFunc(all, func(at restore.Target) bool {
		return at.ID == b.ID && at.Store == "messages" && !at.CreatedAt.IsZero()
	})
}

func (b Backend) live(t *testing.T) {
	s := b.store(t, "messages")
	print := "1.live" + b.ID
	cutoff := time.Date(2026, 6, 1, 12, 0, 0, 1, time.UTC)
	put := func(seen map[string]time.Time, ids ...string) ([]int, error) {
		var records []restore.New
		for _, id := range ids {
			records = append(records, restore.New{Store: s, Item: message(b.ID+id, "put")})
		}
		return b.Live.PutNew(t.Context(), records, seen)
	}
	has := func(id string) bool {
		t.Helper()
		it, err := b.Live.Get(t.Context(), s, livedata.KeyOf(s, message(b.ID+id, "")))
		must(t, err)
		if len(it) > 0 && !reflect.DeepEqual(it, message(b.ID+id, "put")) {
			t.Errorf("it is %v", it)
		}
		return len(it) > 0
	}
	none := map[string]time.Time{print: {}}
	if there, err := put(none, "1", "2"); err != nil || there != nil || !has("1") || !has("2") {
		t.Errorf("both new: %v, %v", there, err)
	}
	if there, err := put(none, "3", "2", "1"); err != nil || !slices.Equal(there, []int{1, 2}) || has("3") {
		t.Errorf("two there: %v, %v", there, err)
	}
	must(t, b.Stones.Raise(t.Context(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff, ExpiresAt: cutoff.Add(fence.Keep)}))
	for name, seen := range map[string]map[string]time.Time{"a new tombstone": none, "an older one": {print: cutoff.Add(-1)}, "with another": {print + "x": {}, print: {}}} {
		if there, err := put(seen, "3"); fault.KindOf(err) != fault.Conflict || there != nil || has("3") {
			t.Errorf("%s: %v, %v", name, there, err)
		}
	}
	if there, err := put(map[string]time.Time{print: cutoff, print + "x": {}}, "3"); err != nil || there != nil || !has("3") {
		t.Errorf("as it was seen: %v, %v", there, err)
	}
}

func (b Backend) jobs(t *testing.T) {
	if _, err := b.Jobs.Get(t.Context(), b.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("none there: %v", err)
	}
	j := restore.Job{ID: b.ID, State: restore.Planned, Selection: restore.Selection{Tenant: "t", Kind: "lead", Names: []string{"1.x"}},
		From: restore.From{AsOf: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}, CreatedAt: time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC)}
	created, err := b.Jobs.Create(t.Context(), j)
	must(t, err)
	if _, err := b.Jobs.Create(t.Context(), restore.Job{ID: b.ID, State: restore.Dropped}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("created twice: %v", err)
	}
	created.State = restore.Restoring
	saved, err := b.Jobs.Save(t.Context(), created)
	must(t, err)
	created.State = restore.Dropped
	if _, err := b.Jobs.Save(t.Context(), created); fault.KindOf(err) != fault.Conflict {
		t.Errorf("saved over a later one: %v", err)
	}
	if got, err := b.Jobs.Get(t.Context(), b.ID); err != nil || !reflect.DeepEqual(got, saved) {
		t.Errorf("got %+v, want %+v, %v", got, saved, err)
	}
	b.progress(t)
}

func (b Backend) progress(t *testing.T) {
	var want []restore.Progress
	for _, channel := range []string{"", "ch_1", "ch_2"} {
		p := restore.Progress{Unit: snapshot.Unit{Tenant: "t", Channel: channel}, AsOf: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)}
		first, err := b.Jobs.SaveUnit(t.Context(), b.ID, p)
		must(t, err)
		if _, err := b.Jobs.SaveUnit(t.Context(), b.ID, restore.Progress{Unit: p.Unit, Next: 9}); fault.KindOf(err) != fault.Conflict {
			t.Errorf("saved over another: %v", err)
		}
		first.Next, first.Counts = 4, restore.Counts{"leads": {Read: 3, Dropped: 1, Written: 2}}
		second, err := b.Jobs.SaveUnit(t.Context(), b.ID, first)
		must(t, err)
		want = append(want, second)
	}
	var got []restore.Progress
	must(t, b.Jobs.EachUnit(t.Context(), b.ID, func(p restore.Progress) error {
		got = append(got, p)
		return nil
	}))
	slices.SortFunc(got, func(a, b restore.Progress) int {
		return slices.Compare([]string{a.Unit.Channel}, []string{b.Unit.Channel})
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
