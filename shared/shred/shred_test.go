package shred_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// readable lists the records that any retained snapshot opens to, "store text".
func readable(t *testing.T, w *workflowtest.World) []string {
	t.Helper()
	reader := snapshot.Reader{Objects: w.Backups, Keyring: &keys.Keyring{Rows: w.BackupKeys, Root: w.Root}}
	var out []string
	for _, name := range w.Backups.Names() {
		place, ok := snapshot.Locate(name)
		if !ok || place.Kind != snapshot.Manifests {
			continue
		}
		s, err := reader.Open(t.Context(), place.Unit, place.AsOf)
		if err != nil {
			continue // the unit's own key is gone
		}
		err = s.Each(t.Context(), 0, nil, func(b snapshot.Batch) error {
			for _, one := range slices.Concat(b.Apart, b.Records) {
				out = append(out, one.Store+" "+livedatatest.Canonical(one.Item))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

// shredded brings a request up to its shredding.
func shredded(t *testing.T, w *workflowtest.World, scope string, key ...string) workflow.Message {
	t.Helper()
	m := w.AdmitScope(t, scope, key...)
	for _, step := range []string{"locate", "fence", "purge", "shred"} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	return m
}

func TestEachScope(t *testing.T) {
	for _, c := range []struct {
		scope string
		key   []string
		gone  []string // what no copy says any more
		stays []string // what one still does
	}{
		{"lead", []string{"t_harbour", "l_tom"}, []string{"tom.kaczmarek.7\"", "rooms for 8 in June", "loved it here", "10150000000000555"},
			[]string{"Is the pool open?", "love this view", "Harbour View Hotel", "Priya Nair", "mesa para 4"}},
		{"conversation", []string{"t_harbour", "c_tom"}, []string{"rooms for 8 in June", "c_tom\""},
			[]string{"tom.kaczmarek.7\"", "loved it here", "Is the pool open?", "love this view"}},
		{"conversation", []string{"t_harbour", "c_post9"}, []string{"Is the pool open?", "loved it here", `"~text":"do you have rooms for 8 in June?"`},
			[]string{"tom.kaczmarek.7\"", "rooms for 8 in June", "love this view"}},
		{"channel", []string{"t_harbour", "ch_fb1"}, []string{"rooms for 8", "loved it here", "Is the pool open?", "ch_fb1\""},
			[]string{"love this view", "17841400000000001", "mesa para 4"}},
		{"tenant", []string{"t_harbour"}, []string{"t_harbour", "Harbour", "Priya", "love this view"}, []string{"mesa para 4", "Bodega"}},
	} {
		t.Run(c.scope+" "+c.key[len(c.key)-1], func(t *testing.T) {
			w := workflowtest.NewCopied(t)
			w.Pass(24 * time.Hour)
			w.Night(t)
			before := strings.Join(readable(t, w), "\n")
			m := shredded(t, w, c.scope, c.key...)
			after := strings.Join(readable(t, w), "\n")
			for _, text := range c.gone {
				if !strings.Contains(before, text) {
					t.Errorf("%q was never there", text)
				}
				if strings.Contains(after, text) {
					t.Errorf("%q can still be read", text)
				}
			}
			for _, text := range c.stays {
				if strings.Count(after, text) != strings.Count(before, text) && c.scope != "conversation" || !strings.Contains(after, text) {
					t.Errorf("of %q there were %d, %d are left", text, strings.Count(before, text), strings.Count(after, text))
				}
			}
			for _, name := range w.Backups.Names() {
				place, _ := snapshot.Locate(name)
				if c.scope == "channel" && place.Unit.Channel == "ch_fb1" || c.scope == "tenant" && place.Unit.Tenant == "t_harbour" {
					t.Errorf("a copy is left: %s", name)
				}
			}
			if _, err := w.Step(t.Context(), "shred", m); err != nil {
				t.Errorf("again: %v", err)
			}
			if r := w.Request(t, m.RequestID); r.ShreddedAt == nil || r.State != "verifying" {
				t.Errorf("the request is %s, shredded at %v", r.State, r.ShreddedAt)
			}
		})
	}
}

// A lead whose row is gone, and with it what says which channel it was of, is shredded
// wherever its key stands.
func TestALeadOfAnUnknownChannel(t *testing.T) {
	w := workflowtest.NewCopied(t)
	w.Live.Drop("leads", "t_harbour", "l_tom")
	m := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	if end, err := w.Walk(t.Context(), m); err != nil || end != "done" {
		t.Fatal(end, err)
	}
	if after := strings.Join(readable(t, w), "\n"); strings.Contains(after, "tom.kaczmarek.7\"") || !strings.Contains(after, "love this view") {
		t.Errorf("readable is\n%s", after)
	}
}

// What is shredded takes a few calls, however many snapshots there are.
func TestNoSnapshotIsLookedAt(t *testing.T) {
	calls := map[int]int{}
	for _, nights := range []int{1, 10, 30} {
		w := workflowtest.NewCopied(t)
		for range nights - 1 {
			w.Pass(23 * time.Hour)
			w.Night(t)
		}
		old := w.Backups.Fault
		w.Backups.Fault = func(op, name string) (bool, error) {
			t.Errorf("%d nights: %s %s", nights, op, name)
			return old(op, name)
		}
		w.BackupKeys.Fault = func(string) (bool, error) { calls[nights]++; return true, nil }
		shredded(t, w, "lead", "t_harbour", "l_tom")
	}
	if calls[1] == 0 || calls[1] != calls[10] || calls[1] != calls[30] {
		t.Errorf("writes to keys by nights: %v", calls)
	}
}
