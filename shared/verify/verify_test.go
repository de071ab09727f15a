package verify_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/verify"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

// purged brings Tom's request to its verification.
func purged(t *testing.T, w *workflowtest.World) workflow.Message {
	t.Helper()
	m := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	for _, step := range []string{"locate", "fence", "purge", "shred"} {
		if _, err := w.Step(t.Context(), step, m); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func run(t *testing.T, w *workflowtest.World, m workflow.Message) (verify.Left, error) {
	t.Helper()
	backups := verify.Backups{Keys: keys.Destroyer{Rows: w.BackupKeys, Secret: w.Keys.Fingerprint}, Names: w.Backups}
	missed, err := verify.Verifier{Finder: w.Finder(), Ledger: w.Ledger, Backups: backups, Now: w.Now}.Run(t.Context(), w.Request(t, m.RequestID))
	return missed.Left, err
}

// hidden is a row that stands under its frozen key but no longer says whose it is.
const hidden = "the conversation, out of its index"

func TestAnythingLeftIsFound(t *testing.T) {
	put := func(store string, it fields) func(*workflowtest.World) {
		return func(w *workflowtest.World) { w.Live.Put(store, livedatatest.NewItem(it)) }
	}
	old, new := "2026-03-01T18:00:09Z", workflowtest.Start.Add(time.Second).Format(time.RFC3339)
	for _, c := range []struct {
		name, store string
		plant       func(*workflowtest.World)
	}{
		{"a message of a frozen conversation", "messages", put("messages", fields{"conversation_id": "c_tom", "message_key": old + "#m", "sent_at": old, "lead_id": "l_tom", "tenant_id": "t_harbour"})},
		{"a message without a date", "messages", put("messages", fields{"conversation_id": "c_tom", "message_key": "m"})},
		{"a comment by its author", "messages", put("messages", fields{"conversation_id": "c_other", "message_key": old + "#m", "sent_at": old, "author_key": "t_harbour#l_tom"})},
		{"an audit entry", "ai_audit", put("ai_audit", fields{"conversation_id": "c_tom", "audit_key": old + "#a", "created_at": old})},
		{"the conversation", "conversations", put("conversations", fields{"tenant_id": "t_harbour", "conversation_id": "c_tom", "lead_key": "t_harbour#l_tom", "started_at": old})},
		{hidden, "conversations", put("conversations", fields{"tenant_id": "t_harbour", "conversation_id": "c_tom", "started_at": old})},
		{"a conversation that was never frozen", "conversations", put("conversations", fields{"tenant_id": "t_harbour", "conversation_id": "c_new", "lead_key": "t_harbour#l_tom", "channel_id": "ch_fb1", "started_at": old})},
		{"a link", "links", put("links", fields{"app_user": "900000000000002#1", "target": "lead#t_harbour#l_tom", "linked_at": old})},
		{"a quotation", "ai_quotes", put("ai_quotes", fields{"lead_key": "t_harbour#l_tom", "audit_ref": "c_tom2|x"})},
		{"the profile", "leads", put("leads", fields{"tenant_id": "t_harbour", "lead_id": "l_tom", "last_interaction_at": old})},
		{"an older field of a newer profile", "leads", put("leads", fields{"tenant_id": "t_harbour", "lead_id": "l_tom", "last_interaction_at": new, "handle": "x"})},
		{"a newer profile that is still hidden", "leads", put("leads", fields{"tenant_id": "t_harbour", "lead_id": "l_tom", "last_interaction_at": new, "deleting_at": old})},
		{"a conversation that stays and is still hidden", "conversations", func(w *workflowtest.World) {
			put("conversations", fields{"tenant_id": "t_harbour", "conversation_id": "c_tom", "channel_id": "ch_fb1", "lead_id": "l_tom", "lead_key": "t_harbour#l_tom", "started_at": old, "deleting_at": old})(w)
			put("messages", fields{"conversation_id": "c_tom", "message_key": new + "#m", "sent_at": new})(w)
		}},
		{"an object", "media", func(w *workflowtest.World) {
			w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/x.jpg", "x", livedatatest.SeededAt)
		}},
		{"a delete marker", "media", func(w *workflowtest.World) {
			w.Live.MarkDeleted("media", "t_harbour/ch_fb1/c_tom/m_1.jpg", livedatatest.SeededAt)
		}},
		{"the picture", "media", func(w *workflowtest.World) {
			w.Live.PutObject("media", "t_harbour/ch_fb1/profiles/l_tom.jpg", "face", livedatatest.SeededAt)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := workflowtest.New(t)
			m := purged(t, w)
			if left, err := run(t, w, m); err != nil || len(left) != 0 {
				t.Fatalf("before: %v, %v", left, err)
			}
			c.plant(w)
			writes := w.Live.Writes()
			left, err := run(t, w, m)
			if err != nil || left[c.store] == 0 || len(left) != 1 {
				t.Errorf("left %v, %v; want %s", left, err, c.store)
			}
			if w.Live.Writes() != writes {
				t.Error("verification wrote live data")
			}
			next, err := w.Step(t.Context(), "verify", m)
			if err != nil || next.Next != workflow.NextPurge {
				t.Errorf("next %q, %v", next.Next, err)
			}
			want := workflow.NextDone
			if c.name == hidden { // no purge finds it: a person has to look
				want = workflow.NextOperator
			}
			if end, err := w.Walk(t.Context(), m); err != nil || end != want {
				t.Errorf("ended %q, %v", end, err)
			}
		})
	}
}

func TestWhatIsNotTheRequestsIsNotLeft(t *testing.T) {
	w := workflowtest.New(t)
	m := purged(t, w)
	later := workflowtest.Start.Add(time.Second).Format(time.RFC3339)
	for store, it := range map[string]fields{
		"leads":         {"tenant_id": "t_harbour", "lead_id": "l_tom", "last_interaction_at": later},
		"links":         {"app_user": "900000000000001#10150000000000555", "target": "lead#t_harbour#l_tom", "linked_at": later},
		"conversations": {"tenant_id": "t_harbour", "conversation_id": "c_tom", "lead_key": "t_harbour#l_tom", "channel_id": "ch_fb1", "started_at": "2026-03-01T18:00:00Z"},
		"messages":      {"conversation_id": "c_tom", "message_key": later + "#m", "sent_at": later, "attachments": []any{fields{"key": "t_harbour/ch_fb1/c_tom/new.jpg"}}},
	} {
		w.Live.Put(store, livedatatest.NewItem(it))
	}
	w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/new.jpg", "named by a newer message", livedatatest.SeededAt)
	w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/newer.jpg", "written after all was frozen", w.Now().Add(time.Hour))
	w.Live.PutObject("media", "t_harbour/ch_fb1/profiles/l_tom.jpg2", "neighbour", livedatatest.SeededAt)
	if left, err := run(t, w, m); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestAnUnreadableDateIsNoEmptiness(t *testing.T) {
	w := workflowtest.New(t)
	m := purged(t, w)
	w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": "m", "sent_at": "2026-03-01 18:00"}))
	if left, err := run(t, w, m); fault.KindOf(err) != fault.Permanent {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestAReadThatFailsIsNoEmptiness(t *testing.T) {
	w := workflowtest.New(t)
	m := purged(t, w)
	reads := 0
	for i := 0; ; i++ {
		n := 0
		w.Live.Fault = func(op livedatatest.Op, _ string) (bool, error) {
			if n++; n-1 == i {
				return false, fault.New(fault.Retry, "struck")
			}
			return true, nil
		}
		left, err := run(t, w, m)
		if n <= i {
			break // there is no such read
		}
		reads++
		if fault.KindOf(err) != fault.Retry {
			t.Errorf("read %d failed and verification said %v, %v", i, left, err)
		}
	}
	if reads < 10 {
		t.Errorf("verification makes %d reads", reads)
	}
}

// Whatever of a backup could still be opened, or is still there of what goes as a whole, is
// found, whoever forgot to destroy it.
func TestWhatIsLeftOfBackupsIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		scope string
		key   []string
		put   func(w *workflowtest.World, rows []keys.Row)
		left  verify.Left
	}{
		"nothing":        {"lead", []string{"t_harbour", "l_tom"}, func(*workflowtest.World, []keys.Row) {}, verify.Left{}},
		"the lead's key": {"lead", []string{"t_harbour", "l_tom"}, func(w *workflowtest.World, rows []keys.Row) { w.BackupKeys.Put(rows[0]) }, verify.Left{"snapshotkeys": 2}}, // where it stands, and as manifests name it
		"a key below it": {"lead", []string{"t_harbour", "l_tom"}, func(w *workflowtest.World, rows []keys.Row) { w.BackupKeys.Put(rows[1]) }, verify.Left{"snapshotkeys": 1}},
		"a newer key": {"lead", []string{"t_harbour", "l_tom"}, func(w *workflowtest.World, rows []keys.Row) {
			rows[0].ID, rows[0].Cutoff = "another", w.Now()
			w.BackupKeys.Put(rows[0])
		}, verify.Left{}},
		"the channel's key":      {"channel", []string{"t_harbour", "ch_fb1"}, func(w *workflowtest.World, rows []keys.Row) { w.BackupKeys.Put(rows[0]) }, verify.Left{"snapshotkeys": 1}},
		"a copy of the channel":  {"channel", []string{"t_harbour", "ch_fb1"}, copyOf("frames/t_harbour/channel/ch_fb1/20260601T120000Z/00001-0000aaaa"), verify.Left{"snapshots": 1}},
		"a manifest of a tenant": {"tenant", []string{"t_harbour"}, copyOf("indexes/t_harbour/tenant/20260601T120000Z/00001-0000aaaa"), verify.Left{"snapshots": 1}},
		"a copy of a neighbour":  {"tenant", []string{"t_harbour"}, copyOf("frames/t_harbour2/tenant/20260601T120000Z/00001-0000aaaa"), verify.Left{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := workflowtest.NewCopied(t)
			m := w.AdmitScope(t, c.scope, c.key...)
			var rows []keys.Row
			for _, step := range []string{"locate", "fence", "purge", "shred"} {
				if step == "shred" {
					rows = keyRows(t, w, c.scope, c.key)
				}
				if _, err := w.Step(t.Context(), step, m); err != nil {
					t.Fatal(err)
				}
			}
			c.put(w, rows)
			left, err := run(t, w, m)
			if err != nil || !maps.Equal(left, c.left) {
				t.Errorf("left is %v, %v; want %v", left, err, c.left)
			}
		})
	}
}

func copyOf(name string) func(*workflowtest.World, []keys.Row) {
	return func(w *workflowtest.World, _ []keys.Row) { _ = w.Backups.Put(context.Background(), name, []byte("{}")) }
}

// keyRows are a subject's own row and those below it.
func keyRows(t *testing.T, w *workflowtest.World, scope string, key []string) []keys.Row {
	t.Helper()
	var own, below []keys.Row
	names := keys.Names(w.Keys.Fingerprint, keys.Subject{Kind: scope, Values: key})
	for _, row := range w.BackupKeys.All() {
		if slices.Contains(names, row.Name) {
			own = append(own, row)
		}
		if slices.Contains(names, row.Parent) {
			below = append(below, row)
		}
	}
	if len(own) != 1 || len(below) == 0 {
		t.Fatalf("%d rows of the subject, %d below", len(own), len(below))
	}
	return append(own, below...)
}
