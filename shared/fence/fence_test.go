package fence_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

func TestFakeKeepsTheContract(t *testing.T) { fencetest.RunContract(t, fencetest.NewFake()) }

func TestFakeListsWhatItHas(t *testing.T) { fencetest.RunListing(t, fencetest.NewFake(), 7) }

// fenced locates and fences what is linked to Tom's ID.
func fenced(t *testing.T, w *workflowtest.World, cutoff time.Time) workflow.Message {
	t.Helper()
	m := w.Admit(t, workflowtest.Tom, cutoff)
	for _, step := range []string{"locate", "fence"} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func linkLucia(w *workflowtest.World) {
	w.Live.Put("links", livedatatest.NewItem(fields{"app_user": workflowtest.App + "#" + workflowtest.Tom, "target": "lead#t_capricho#l_lucia", "linked_at": "2026-05-01T12:00:00Z"}))
}

func TestATombstonePerScopeAndIdentity(t *testing.T) {
	w := workflowtest.New(t)
	linkLucia(w)
	cutoff := time.Date(2026, 5, 31, 10, 0, 0, 5, time.UTC)
	fenced(t, w, cutoff)
	keys, want := w.Keys.Fingerprint, map[string]bool{}
	for _, print := range []string{
		fence.ScopePrint(keys, "lead", "t_harbour", "l_tom"),
		fence.IdentityPrint(keys, "lead", "t_harbour", "ch_fb1", "facebook#7123456789012345"),
		fence.ScopePrint(keys, "lead", "t_capricho", "l_lucia"),
		fence.IdentityPrint(keys, "lead", "t_capricho", "ch_wa1", "whatsapp#34600000021"),
		fence.IdentityPrint(keys, "lead", "t_capricho", "ch_wa1", "whatsapp#ES.13491208655302741918"),
	} {
		want[print] = true
	}
	for print, stone := range w.Tombstones.All() {
		if !want[print] {
			t.Errorf("an unexpected tombstone %s", print)
		}
		delete(want, print)
		if !stone.Cutoff.Equal(cutoff) || stone.ExpiresAt.Before(workflowtest.Start.Add(fence.Keep)) {
			t.Errorf("tombstone %+v", stone)
		}
	}
	if len(want) != 0 {
		t.Errorf("%d tombstones are missing", len(want))
	}
}

// Backups that were made before the secret changed call people by the old version's names:
// whoever looks for tombstones of those must find them.
func TestTombstonesAreOfEveryVersionOfTheSecret(t *testing.T) {
	w := workflowtest.New(t)
	w.Keys.Fingerprint, _ = rotated(t)
	fenced(t, w, workflowtest.Start)
	got, want := slices.Sorted(maps.Keys(w.Tombstones.All())), slices.Concat(
		fence.ScopePrints(w.Keys.Fingerprint, "lead", "t_harbour", "l_tom"),
		fence.IdentityPrints(w.Keys.Fingerprint, "lead", "t_harbour", "ch_fb1", "facebook#7123456789012345"))
	if slices.Sort(want); len(want) != 4 || !slices.Equal(got, want) {
		t.Errorf("tombstones %q, want %q", got, want)
	}
}

func TestOldRowsAreHiddenAndOnlyThose(t *testing.T) {
	w := workflowtest.New(t)
	w.Live.Put("conversations",
		livedatatest.NewItem(fields{"tenant_id": "t_harbour", "conversation_id": "c_new", "channel_id": "ch_fb1", "lead_id": "l_tom", "lead_key": "t_harbour#l_tom", "started_at": "2026-06-30T00:00:00Z"}),
		livedatatest.NewItem(fields{"tenant_id": "t_harbour", "conversation_id": "c_hidden", "channel_id": "ch_fb1", "lead_id": "l_tom", "lead_key": "t_harbour#l_tom", "started_at": "2026-03-01T00:00:00Z", "deleting_at": "2026-05-01T00:00:00Z"}))
	before := w.Live.Dump()
	m := fenced(t, w, workflowtest.Start)
	for _, key := range [][]string{{"leads", "t_harbour", "l_tom"}, {"conversations", "t_harbour", "c_tom"}} {
		it := w.Live.Item(key[0], key[1:]...)
		if _, err := time.Parse(time.RFC3339, it.Text("deleting_at")); err != nil {
			t.Errorf("%v is not hidden: %v", key, err)
		}
		delete(it, "deleting_at")
		w.Live.Put(key[0], it)
	}
	if after := w.Live.Dump(); !maps.Equal(after, before) {
		t.Error("something else changed")
	}
	// Again, while the request is still being fenced, is as good as once.
	if _, err := w.Step(t.Context(), "fence", m); err != nil {
		t.Fatal(err)
	}
}

// A run that hangs in its fence, and wakes when the next run has shown again what
// stays, hides nothing any more.
func TestALateRunHidesNothing(t *testing.T) {
	w := workflowtest.New(t)
	at := "2026-05-20T09:00:00Z"
	w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": at + "#m", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom"}))
	m := w.Admit(t, workflowtest.Tom, time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC))
	w.Fate = func(write string) (bool, error) {
		if write == "raise a tombstone" {
			w.Fate = nil
			if end, err := w.Walk(t.Context(), w.Restart(t, m.RequestID)); err != nil || end != workflow.NextDone {
				t.Errorf("the next run ended %q: %v", end, err)
			}
		}
		return true, nil
	}
	if end, err := w.Walk(t.Context(), m); end != "superseded" {
		t.Errorf("the late run ended %q: %v", end, err)
	}
	if it := w.Live.Item("conversations", "t_harbour", "c_tom"); it == nil || it.Text("deleting_at") != "" {
		t.Errorf("the conversation is %s", livedatatest.Canonical(it))
	}
}

func TestANewerProfileIsNotHidden(t *testing.T) {
	w := workflowtest.New(t)
	before := w.Live.Item("leads", "t_harbour", "l_tom")
	fenced(t, w, time.Date(2026, 3, 2, 8, 14, 59, 0, time.UTC)) // a second before the last contact
	if after := w.Live.Item("leads", "t_harbour", "l_tom"); livedatatest.Canonical(after) != livedatatest.Canonical(before) {
		t.Errorf("the profile is %s", livedatatest.Canonical(after))
	}
}

func TestAForeignRowIsNotHidden(t *testing.T) {
	w := workflowtest.New(t)
	foreign := livedatatest.NewItem(fields{"tenant_id": "t_capricho", "conversation_id": "c_x", "lead_id": "l_tom", "lead_key": "t_harbour#l_tom", "started_at": "2026-03-01T00:00:00Z"})
	w.Live.Put("conversations", foreign)
	m := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	if _, err := w.Step(t.Context(), "locate", m); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Step(t.Context(), "fence", m); fault.KindOf(err) != fault.Permanent {
		t.Errorf("got %v", err)
	}
	if now := w.Live.Item("conversations", "t_capricho", "c_x"); livedatatest.Canonical(now) != livedatatest.Canonical(foreign) {
		t.Error("the foreign row changed")
	}
}

func TestALaterRequestRaisesTheTombstonesAndAnEarlierDoesNot(t *testing.T) {
	w := workflowtest.New(t)
	late, early := workflowtest.Start, workflowtest.Start.Add(-time.Hour)
	for _, cutoff := range []time.Time{late, early} {
		m := w.Admit(t, workflowtest.Tom, cutoff)
		if end, err := w.Walk(t.Context(), m); err != nil || end != workflow.NextDone {
			t.Fatalf("%q, %v", end, err)
		}
		w.Live.Seed(livedatatest.ExampleWorld(t)) // the person is back from a backup
	}
	for print, stone := range w.Tombstones.All() {
		if !stone.Cutoff.Equal(late) {
			t.Errorf("%s has the cutoff %s", print, stone.Cutoff)
		}
	}
}
