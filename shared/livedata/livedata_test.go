package livedata_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
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

func TestFakeKeepsTheContract(t *testing.T) {
	for name, stale := range map[string]bool{"fresh indexes": false, "stale indexes": true} {
		t.Run(name, func(t *testing.T) {
			f := livedatatest.NewFake(load(t))
			f.Stale = stale
			livedatatest.RunRecords(t, livedatatest.OnFake(f))
			livedatatest.RunObjects(t, livedatatest.OnFake(f))
		})
	}
}

func TestNewerThanComparesInstants(t *testing.T) {
	messages, _ := load(t).Store("messages")
	quotes, _ := load(t).Store("ai_quotes")
	cutoff := time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		store datamap.Store
		at    any
		newer bool
		kind  fault.Kind
	}{
		{messages, "2026-03-01T18:00:00Z", false, -1},
		{messages, "2026-03-01T18:00:00.000000001Z", true, -1},
		{messages, "2026-03-01T19:00:00+01:00", false, -1},
		{messages, "2026-03-01T17:30:00-01:00", true, -1},
		{messages, "2026-03-01", false, fault.Permanent},
		{messages, "never", false, fault.Permanent},
		{messages, nil, false, -1}, // without a date it goes: it cannot be newer
		{messages, "", false, fault.Permanent},
		{messages, json.Number("1779267600"), false, fault.Permanent}, // a date, but not of the form that the map promises
		{quotes, "2027-01-01T00:00:00Z", false, -1},
	} {
		newer, err := livedata.NewerThan(c.store, livedatatest.NewItem(fields{"sent_at": c.at}), cutoff)
		if newer != c.newer || (err != nil) != (c.kind >= 0) || err != nil && fault.KindOf(err) != c.kind {
			t.Errorf("%v: %t, %v", c.at, newer, err)
		}
	}
}

func TestForeignSaysWhoseARecordIs(t *testing.T) {
	messages, _ := load(t).Store("messages")
	subject := map[string]string{"tenant_id": "t", "lead_id": "l"}
	for _, c := range []struct {
		it   fields
		want bool
	}{
		{fields{"tenant_id": "t", "lead_id": "l"}, false}, {fields{"tenant_id": "t"}, false}, {fields{}, false},
		{fields{"tenant_id": "t", "lead_id": "l2"}, true}, {fields{"tenant_id": "t2", "lead_id": "l"}, true}, {fields{"tenant_id": "T"}, true},
	} {
		if got := livedata.Foreign(messages, livedatatest.NewItem(c.it), subject); got != c.want {
			t.Errorf("%v: %t", c.it, got)
		}
	}
}

func TestTextsFollowsAPath(t *testing.T) {
	it := livedatatest.NewItem(fields{"a": "x", "n": nil, "list": []any{fields{"key": "1"}, "no map", fields{"key": nil}, fields{"other": "3"}, fields{"key": "2"}}})
	for path, want := range map[string]int{"a": 1, "n": 0, "none": 0, "list": 0, "list[].key": 2, "a[].key": 0, "none[].key": 0} {
		if got := it.Texts(path); len(got) != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}
