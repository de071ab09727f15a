package restore_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
)

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func livedatatestMap(fields map[string]any) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: livedatatest.NewItem(fields)}
}

var errDown = errors.New("down")

// strike makes a fault of the write with this number, once.
func strike(at int, apply bool, failure error) restoretest.Fault {
	n := 0
	return func(string, string) (bool, error) {
		if n++; n == at {
			return apply, failure
		}
		return true, nil
	}
}

// toTheEnd goes through all steps, each again until it works, as an operator would.
func (w *world) toTheEnd() {
	w.Helper()
	r := w.restorer()
	for _, step := range []func(context.Context, string) (restore.Job, error){r.Run, r.Verify, r.HandOver} {
		for try := 0; ; try++ {
			_, err := step(w.Context(), job)
			w.fake.Revive()
			if err == nil {
				break
			}
			if try > 1 || !errors.Is(err, errDown) && !errors.Is(err, restoretest.ErrKilled) {
				w.Fatalf("does not come to an end: %v", err)
			}
		}
	}
}

var fates = map[string]struct {
	apply   bool
	failure error
}{
	"not applied": {false, errDown}, "applied but lost": {true, errDown}, "killed before": {false, restoretest.ErrKilled}, "killed after": {true, restoretest.ErrKilled},
}

// Struck at every write and gone on with, a restore ends as one that nothing happened to.
func TestInterruptedAtEveryWrite(t *testing.T) {
	if raced {
		t.Skip("one goroutine, and several times as long under the race detector")
	}
	begun := func(t *testing.T) *world {
		w := sealedWorld(t)
		w.raise(now, "lead", "t_harbour", "l_tom2")
		w.live.MarkDeleted("media", "t_harbour/ch_fb1/profiles/l_tom.jpg", now)
		w.lose()
		w.begin(everything)
		return w
	}
	clean := begun(t)
	before := len(clean.fake.Writes())
	clean.toTheEnd()
	want, writes := clean.live.Dump(), clean.fake.Writes()[before:]
	if len(writes) < 60 {
		t.Fatalf("only %d writes: %q", len(writes), writes)
	}
	for name, fate := range fates {
		t.Run(name, func(t *testing.T) {
			for at, write := range writes {
				w := begun(t)
				w.fake.Fault = strike(at+1, fate.apply, fate.failure)
				w.toTheEnd()
				if got := w.live.Dump(); !maps.Equal(got, want) {
					t.Fatalf("struck at write %d, %q: %v\nwant %v", at, write, got, want)
				}
				if left, _ := w.fake.Targets().List(t.Context()); len(left) > 0 {
					t.Fatalf("struck at write %d, %q: left %v", at, write, left)
				}
			}
		})
	}
}

// One that died when it was begun is not there, and the next has another ID.
func TestInterruptedWhenItIsBegun(t *testing.T) {
	w := sealedWorld(t)
	w.fake.Fault = strike(3, true, restoretest.ErrKilled)
	if _, err := w.restorer().Begin(t.Context(), job, everything, restore.From{}); !errors.Is(err, restoretest.ErrKilled) {
		t.Fatal(err)
	}
	w.fake.Revive()
	if _, err := w.restorer().Run(t.Context(), job); fault.KindOf(err) != fault.NotFound {
		t.Errorf("ran: %v", err)
	}
}

// What an earlier try wrote, and a tombstone covers by now, is taken out by the next.
func TestADeletionBetweenTwoTries(t *testing.T) {
	struck := true
	for at := 2; struck; at++ { // at each save of the unit
		struck = false
		w := sealedWorld(t)
		n := 0
		w.fake.Fault = func(op, key string) (bool, error) {
			if op == "unit" && strings.Contains(key, "ch_fb1") {
				if n++; n == at {
					struck = true
					return false, errDown
				}
			}
			return true, nil
		}
		want := withoutTom(w)
		w.lose()
		w.begin(everything)
		if _, err := w.restorer().Run(t.Context(), job); errors.Is(err, errDown) != struck || err != nil && !struck {
			t.Fatal(at, err)
		}
		if !struck && at < 4 {
			t.Fatalf("the unit was saved only %d times", at-1)
		}
		w.fake.Fault = nil
		w.raise(now, "lead", "t_harbour", "l_tom")
		w.run()
		w.verify()
		w.handOver()
		w.wantTables(want)
	}
}

// A write that the target lost without a word is not passed over.
func TestAWriteThatIsLost(t *testing.T) {
	w := sealedWorld(t)
	w.fake.Fault = func(op, key string) (bool, error) { return op != "put" || !strings.Contains(key, "m_5"), nil }
	w.begin(everything)
	if _, err := w.restorer().Run(t.Context(), job); fault.KindOf(err) != fault.Permanent || !strings.Contains(err.Error(), "fewer records of messages") {
		t.Errorf("ran: %v", err)
	}
}

// A transaction has room for so many records and tombstones.
func TestManyRecordsAreHandedOverInGroups(t *testing.T) {
	w := newWorld(t)
	w.fake.Page = 200
	for i := range 250 {
		at := now.Add(time.Duration(i-10000) * time.Second).UTC().Format(time.RFC3339)
		w.live.Put("messages", livedatatest.NewItem(map[string]any{"conversation_id": "c_tom", "message_key": at + "#x", "sent_at": at, "tenant_id": "t_harbour",
			"lead_id": "l_tom", "body": strings.Repeat("x", i*200)}))
	}
	w.seal(night)
	want := w.tables()
	w.lose()
	if j := w.restored(everything); j.Merged["messages"].Back != 257 {
		t.Errorf("merged %+v", j.Merged)
	}
	w.wantTables(want)
	most := 0
	for _, write := range w.fake.Writes() {
		if strings.HasPrefix(write, "put new messages/") {
			most = max(most, strings.Count(write, "messages/"))
		}
	}
	if most < 60 {
		t.Errorf("at most %d at a time", most)
	}
}

// tables makes the live world of before the loss the source, as recovery to a moment does.
func (w *world) tablesSource(only ...string) {
	before := livedatatest.NewExample(w, w.m)
	names := map[string]string{}
	for _, name := range only {
		names[name] = name + "-recovered"
	}
	w.source = func(f restore.From) (restore.Source, error) {
		return restore.Tables{Map: w.m, Records: before.Records(), Only: names, AsOf: f.AsOf, Secret: secret(),
			Scan: func(_ context.Context, s datamap.Store, visit func(livedata.Item) error) error {
				for _, it := range before.World().Records[s.Name] {
					if err := visit(it); err != nil {
						return err
					}
				}
				return nil
			}}, nil
	}
}

func (w *world) fromTables(s restore.Selection) {
	w.Helper()
	if _, err := w.restorer().Begin(w.Context(), job, s, restore.From{AsOf: now.Add(-time.Hour), Tables: map[string]string{"leads": "x"}}); err != nil {
		w.Fatal(err)
	}
	w.run()
	w.verify()
	w.handOver()
}

var backed = []string{"tenants", "channels", "leads", "links", "conversations", "messages", "ai_audit", "ai_quotes"}

func TestTablesComeBack(t *testing.T) {
	w := sealedWorld(t)
	w.tablesSource(backed...)
	want := w.tables()
	w.lose()
	w.fromTables(everything)
	w.wantTables(want)
}

// Tables are not sealed: that they bring nobody back the tombstones see to alone.
func TestAPersonDoesNotComeBackFromTables(t *testing.T) {
	w := sealedWorld(t)
	w.tablesSource(backed...)
	want := withoutTom(w)
	w.lose()
	w.raise(now, "lead", "t_harbour", "l_tom")
	w.fromTables(everything)
	w.wantTables(want)
}

func TestOnlyTheTablesThatWereNamed(t *testing.T) {
	w := sealedWorld(t)
	w.tablesSource("messages")
	want := without(w.tables(), func(name string) bool { return !strings.HasPrefix(name, "messages/") })
	w.lose()
	w.fromTables(everything)
	w.wantTables(want)
	_, _, err := w.restorer().Plan(t.Context(), everything, restore.From{Tables: map[string]string{"leads": "x"}})
	if err == nil {
		t.Error("tables of no known moment")
	}
}

// Of tables a unit that was interrupted is begun again.
func TestTablesInterrupted(t *testing.T) {
	for at := 7; at < 40; at += 3 {
		w := sealedWorld(t)
		w.tablesSource(backed...)
		want := w.tables()
		w.lose()
		w.fake.Fault = strike(at, true, restoretest.ErrKilled)
		r := w.restorer()
		if _, err := r.Begin(t.Context(), job, everything, restore.From{AsOf: now, Tables: map[string]string{"leads": "x"}}); err != nil {
			t.Fatal(err)
		}
		w.toTheEnd()
		w.wantTables(want)
	}
}

// A conversation of one lead in which another one wrote: whose it is only the row of the
// conversation says, which a selection leaves out, and a unit that is gone on with has passed.
func TestAForeignWordInSomebodysConversation(t *testing.T) {
	w := newWorld(t)
	w.live.Put("leads", livedatatest.NewItem(map[string]any{"tenant_id": "t_harbour", "lead_id": "l_guest", "channel_id": "ch_fb1", "last_interaction_at": "2026-03-02T08:15:00Z"}))
	w.live.Put("messages", livedatatest.NewItem(map[string]any{"conversation_id": "c_tom", "message_key": "2026-03-01T19:00:00Z#m_8", "sent_at": "2026-03-01T19:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_guest"}))
	w.seal(night)
	want := w.tables()
	w.lose()
	w.restored(restore.Selection{Tenant: "t_harbour", Kind: "lead", Names: keys.Names(secret(), keys.Subject{Kind: "lead", Values: []string{"t_harbour", "l_guest"}})})
	w.wantTables(without(want, func(name string) bool { return !strings.Contains(name, "l_guest") && !strings.Contains(name, "m_8") }))

	w.lose()
	w.raise(now, "lead", "t_harbour", "l_tom") // takes the whole conversation
	r := w.restorer()
	n := 0
	w.fake.Fault = func(op, key string) (bool, error) {
		if op == "unit" && strings.Contains(key, "ch_fb1") {
			if n++; n == 3 {
				return true, restoretest.ErrKilled
			}
		}
		return true, nil
	}
	const second = "second"
	if _, err := r.Begin(t.Context(), second, everything, restore.From{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context(), second); !errors.Is(err, restoretest.ErrKilled) {
		t.Fatal(err)
	}
	w.fake.Revive()
	for _, step := range []func(context.Context, string) (restore.Job, error){r.Run, r.Verify, r.HandOver} {
		if _, err := step(t.Context(), second); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.tables(); got["leads/t_harbour/l_guest"] == "" || got["messages/c_tom/2026-03-01T19:00:00Z#m_8"] != "" {
		t.Errorf("came back: %v", got)
	}
}

const quoted = "rooms for 8 in June"

// Tables hold everybody's words in the clear, and of somebody first seen since the last
// night there never was a key: what brings nobody's words back is the tombstones alone.
func TestQuotationsFromTables(t *testing.T) {
	entry := func(w *world) string { return w.tables()["ai_audit/c_tom2/2026-04-01T18:00:10Z#a_2"] }
	for name, c := range map[string]struct {
		happens func(w *world)
		stays   bool
	}{
		"nothing happens": {func(*world) {}, true},
		"no key":          {func(w *world) { w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom")) }, true},
		"no key, and a tombstone": {func(w *world) {
			w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom"))
			w.raise(now, "lead", "t_harbour", "l_tom")
		}, false},
		"no key, and its channel goes": {func(w *world) {
			w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom"))
			w.raise(now, "channel", "t_harbour", "ch_fb1")
		}, false},
		"a tombstone": {func(w *world) { w.raise(now, "lead", "t_harbour", "l_tom") }, false},
		// An entry may quote words that are older than itself, and than the cutoff.
		"an older one":     {func(w *world) { w.raise(time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC), "lead", "t_harbour", "l_tom") }, false},
		"its channel goes": {func(w *world) { w.raise(now, "channel", "t_harbour", "ch_fb1") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedWorld(t)
			w.tablesSource(backed...)
			w.lose()
			c.happens(w)
			w.fromTables(everything)
			if got := entry(w); strings.Contains(got, quoted) != c.stays || got == "" {
				t.Errorf("the entry is %s", got)
			}
			if _, lineage := w.tables()["ai_quotes/t_harbour#l_tom/c_tom2|2026-04-01T18:00:10Z#a_2"]; lineage != c.stays {
				t.Errorf("lineage came back: %t", lineage)
			}
		})
	}
}
