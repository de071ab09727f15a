package invariant_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

// A lead who wrote again at this time, after the cutoff of the request.
const (
	again = "2026-05-20T09:00:00Z"
	early = "2026-03-01T18:00:05Z"
)

var cutoff = time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC)

// erased is the example after the erasure of l_tom, who wrote again after the cutoff or
// did not, beside what it was before.
func erased(t *testing.T, wroteAgain bool) (*workflowtest.World, invariant.Live) {
	t.Helper()
	w := workflowtest.New(t)
	upTo := workflowtest.Start
	if wroteAgain {
		upTo = cutoff
		write(w, "messages", again, "n", fields{"attachments": []any{fields{"key": "t_harbour/ch_fb1/c_tom/n.jpg"}}})
		w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/n.jpg", "new", livedatatest.SeededAt)
		set(w, "leads", fields{"last_interaction_at": again}, "t_harbour", "l_tom")
	}
	before := w.Live.World()
	m := w.Admit(t, workflowtest.Tom, upTo)
	if end, err := w.Walk(t.Context(), m); err != nil || end != "done" {
		t.Fatal(end, err)
	}
	r := w.Request(t, m.RequestID)
	return w, invariant.Live{Map: w.Map, Before: before, Erasures: []invariant.Erasure{{Scope: "lead",
		Fields: map[string]string{"tenant_id": "t_harbour", "lead_id": "l_tom"}, Cutoff: *r.Frozen, Frozen: *r.FrozenAt}}}
}

// write puts a record of l_tom into c_tom.
func write(w *workflowtest.World, store, at, id string, more fields) {
	item := fields{"conversation_id": "c_tom", "message_key": at + "#" + id, "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom"}
	maps.Copy(item, more)
	w.Live.Put(store, livedatatest.NewItem(item))
}

// set changes attributes of a record, or takes away those that are nil.
func set(w *workflowtest.World, store string, change fields, key ...string) {
	it := w.Live.Item(store, key...)
	for name, value := range change {
		if value == nil {
			delete(it, name)
			continue
		}
		maps.Copy(it, livedatatest.NewItem(fields{name: value}))
	}
	w.Live.Put(store, it)
}

// restore puts a record back as it was.
func restore(w *workflowtest.World, before invariant.World, store, attribute, value string) {
	for _, it := range before.Records[store] {
		if it.Text(attribute) == value {
			w.Live.Put(store, it)
		}
	}
}

// dropVersions deletes every version of an object.
func dropVersions(t *testing.T, w *workflowtest.World, key string) {
	t.Helper()
	media, _ := w.Map.Store("media")
	page, err := w.Live.Objects().List(t.Context(), media, key, nil)
	if err != nil || len(page.Found) == 0 {
		t.Fatal("nothing to drop", err)
	}
	if err := w.Live.Objects().Delete(t.Context(), media, page.Found); err != nil {
		t.Fatal(err)
	}
}

func TestAnErasureBreaksNothing(t *testing.T) {
	for _, wroteAgain := range []bool{false, true} {
		w, live := erased(t, wroteAgain)
		live.After = w.Live.World()
		for _, v := range live.Check() {
			t.Errorf("wrote again %t: %s", wroteAgain, v)
		}
	}
}

func TestNothingErasedIsFound(t *testing.T) {
	_, live := erased(t, false)
	live.After = live.Before
	got := fmt.Sprint(live.Check())
	for _, want := range []string{"I1: messages: 4 records of a subject", "I1: ai_audit: 1 records of a subject", "I1: ai_audit: 1 records of somebody else still quote", "I1: ai_quotes: 1 records",
		"I1: conversations: 1 records", "I1: leads: 1 records", "I1: links: 1 records", "I1: media: 2 object versions of a subject"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not among %s", want, got)
		}
	}
}

func TestEveryBrokenInvariantOfTheLiveDataIsFound(t *testing.T) {
	quoting := []string{"c_tom2", "2026-04-01T18:00:10Z#a_2"}
	for name, c := range map[string]struct {
		again bool
		plant func(t *testing.T, w *workflowtest.World, before invariant.World)
		want  string
	}{
		"a record is left": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "messages", "message_id", "m_2")
		}, "I1: messages: 1 records of a subject"},
		"a reply is left": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "messages", "message_id", "m_6")
		}, "I1: messages: 1 records of a subject"},
		"the profile": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "leads", "lead_id", "l_tom")
		}, "I1: leads: 1 records of a subject"},
		"an empty container": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "conversations", "conversation_id", "c_tom")
		}, "I1: conversations: 1 records of a subject"},
		"the way there": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "links", "target", "lead#t_harbour#l_tom")
		}, "I1: links: 1 records of a subject"},
		"an old record that came late": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) { write(w, "messages", early, "late", nil) }, "I1: messages: 1 records of a subject"},
		"an object is left": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/m_1.jpg", "again", livedatatest.SeededAt)
		}, "I1: media: 1 object versions of a subject"},
		"an object that nobody named": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/stray.jpg", "stray", livedatatest.SeededAt)
		}, "I1: media: 1 object versions of a subject"},
		"the picture, written late": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.PutObject("media", "t_harbour/ch_fb1/profiles/l_tom.jpg", "face", workflowtest.Start.Add(24*time.Hour))
		}, "I1: media: 1 object versions of a subject"},
		"a delete marker": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.MarkDeleted("media", "t_harbour/ch_fb1/c_tom/m_1.jpg", livedatatest.SeededAt)
		}, "I1: media: 1 object versions of a subject"},
		"a quotation": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "ai_audit", "audit_id", "a_2")
		}, "I1: ai_audit: 1 records of somebody else still quote a subject"},
		"half a quotation": {false, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			set(w, "ai_audit", fields{"prompt": "'do you have rooms for 8 in June?'"}, quoting...)
		}, "I7: ai_audit: 1 records of somebody else were changed"}, // neither whole nor cut
		"more than a quotation": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "ai_audit", fields{"response": "[removed]"}, quoting...)
		}, "I7: ai_audit: 1 records of somebody else were changed"},
		"a neighbour is gone": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("leads", "t_harbour", "l_tom2")
		}, "I7: leads: 1 records of somebody else are gone"},
		"a quoting entry gone": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) { w.Live.Drop("ai_audit", quoting...) }, "I7: ai_audit: 1 records of somebody else are gone"},
		"a thread's others": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("messages", "c_post9", "2026-03-05T11:00:00Z#m_7")
		}, "I7: messages: 1 records of somebody else are gone"},
		"the thread itself": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("conversations", "t_harbour", "c_post9")
		}, "I9: conversations: 1 records that are newer than the cutoff, or hold or lead to what is, are gone"},
		"a neighbour is changed": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "leads", fields{"tags": []any{"x"}}, "t_harbour", "l_tom2")
		}, "I7: leads: 1 records of somebody else were changed"},
		"a neighbour is hidden": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "leads", fields{"deleting_at": again}, "t_harbour", "l_tom2")
		}, "I7: leads: 1 records of somebody else were changed"},
		"a neighbour lost an attribute": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "conversations", fields{"kind": nil}, "t_capricho", "c_lucia")
		}, "I7: conversations: 1 records of somebody else were changed"},
		"what is kept is gone": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("billing", "t_harbour", "inv_2026_01")
		}, "I7: billing: 1 records of somebody else are gone"},
		"a neighbour's object": {false, func(t *testing.T, w *workflowtest.World, _ invariant.World) {
			dropVersions(t, w, "t_harbour/ch_fb1/c_tom2/m_9.jpg")
		}, "I7: media: 1 object versions that stay are gone"},
		"another number type": {false, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			it := w.Live.Item("tenants", "t_capricho")
			it["name"] = &types.AttributeValueMemberB{Value: []byte("Bodega El Capricho")}
			w.Live.Put("tenants", it)
		}, "I7: tenants: 1 records of somebody else were changed"},
		"what is newer is gone": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("messages", "c_tom", again+"#n")
		}, "I9: messages: 1 records that are newer"},
		"what is newer is changed": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "messages", fields{"body": "x"}, "c_tom", again+"#n")
		}, "I9: messages: 1 records that stay were changed"},
		"the container of what is newer": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("conversations", "t_harbour", "c_tom")
		}, "I9: conversations: 1 records that are newer"},
		"its object": {true, func(t *testing.T, w *workflowtest.World, _ invariant.World) {
			dropVersions(t, w, "t_harbour/ch_fb1/c_tom/n.jpg")
		}, "I9: media: 1 object versions that stay are gone"},
		"its profile": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("leads", "t_harbour", "l_tom")
		}, "I9: leads: 1 records that are newer"},
		"the way to its profile": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.Drop("links", "900000000000001#10150000000000555", "lead#t_harbour#l_tom")
		}, "I9: links: 1 records that are newer"},
		"still hidden": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "conversations", fields{"deleting_at": again}, "t_harbour", "c_tom")
		}, "I9: conversations: 1 records that stay are still hidden"},
		"older attributes": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			set(w, "leads", fields{"handle": "tom.kaczmarek.7"}, "t_harbour", "l_tom")
		}, "I1: leads: 1 records that are newer than the cutoff keep the older attribute handle"},
		"the picture of an older attribute": {true, func(_ *testing.T, w *workflowtest.World, _ invariant.World) {
			w.Live.PutObject("media", "t_harbour/ch_fb1/profiles/l_tom.jpg", "face", livedatatest.SeededAt)
		}, "I1: media: 1 object versions of a subject"},
		"an old record beside newer ones": {true, func(_ *testing.T, w *workflowtest.World, b invariant.World) {
			restore(w, b, "messages", "message_id", "m_1")
		}, "I1: messages: 1 records of a subject"},
	} {
		t.Run(name, func(t *testing.T) {
			w, live := erased(t, c.again)
			c.plant(t, w, live.Before)
			live.After = w.Live.World()
			requireSaid(t, live.Check(), func(s string) string { return s }, []string{c.want})
		})
	}
}

// What came meanwhile and is nobody's old data is no violation.
func TestNewDataIsNoViolation(t *testing.T) {
	w, live := erased(t, false)
	after := workflowtest.Start.Add(48 * time.Hour)
	at := after.Format(time.RFC3339)
	write(w, "messages", at, "n", nil)
	w.Live.Put("conversations", livedatatest.NewItem(fields{"tenant_id": "t_harbour", "conversation_id": "c_tom", "channel_id": "ch_fb1", "lead_id": "l_tom", "lead_key": "t_harbour#l_tom", "started_at": at}))
	w.Live.PutObject("media", "t_harbour/ch_fb1/c_tom/n.jpg", "new", after)
	w.Live.Put("leads", livedatatest.NewItem(fields{"tenant_id": "t_capricho", "lead_id": "l_new"}))
	live.After = w.Live.World()
	for _, v := range live.Check() {
		t.Error(v)
	}
}

// many is a map and a world of another shape: every scope is only another entry.
const many = `
version: 1
scopes: [{name: channel, key: [tenant_id, channel_id]}, {name: tenant, key: [tenant_id]}]
stores:
  - {name: rooms, owner: platform, kind: table, category: c, key: [tenant_id, room_id], rule: delete, backup: {under: channel},
     find: {channel: [{where: {tenant_id: "{tenant_id}", channel_id: "{channel_id}"}, index: by_channel}], tenant: [{where: {tenant_id: "{tenant_id}"}}]},
     indexes: {by_channel: [tenant_id, channel_id]}, belongs: {tenant_id: tenant_id, guest: lead_id}}
  - {name: notes, owner: platform, kind: table, category: c, key: [room_id, note_id], parent: rooms, rule: delete, backup: {under: channel},
     dated: {attribute: at}, find: {channel: [{from: rooms, where: {room_id: "{room_id}"}}], tenant: [{from: rooms, where: {room_id: "{room_id}"}}]}}
  - {name: files, owner: platform, kind: bucket, category: c, parent: rooms, rule: delete, backup: {versions: true},
     find: {channel: [{from: rooms, prefix: "{tenant_id}/{room_id}/"}], tenant: [{prefix: "{tenant_id}/"}]}}
`

func TestOtherScopesAreOtherEntries(t *testing.T) {
	m, err := datamap.Parse("many", []byte(many))
	if err != nil {
		t.Fatal(err)
	}
	w := livedatatest.NewFake(m)
	for _, room := range []string{"1", "2"} {
		w.Put("rooms", livedatatest.NewItem(fields{"tenant_id": "t", "room_id": room, "channel_id": "c" + room, "guest": "g"}))
		w.Put("notes", livedatatest.NewItem(fields{"room_id": room, "note_id": "n", "at": again}))
		w.PutObject("files", "t/"+room+"/f", "x", livedatatest.SeededAt)
	}
	w.Put("rooms", livedatatest.NewItem(fields{"tenant_id": "t2", "room_id": "3", "channel_id": "c1"}))
	w.PutObject("files", "t2/1/f", "x", livedatatest.SeededAt)
	before := w.World()
	for name, c := range map[string]struct {
		erasure invariant.Erasure
		want    string
	}{
		"channel": {invariant.Erasure{Scope: "channel", Fields: map[string]string{"tenant_id": "t", "channel_id": "c1"}},
			"[I1: files: 1 I1: notes: 1 I1: rooms: 1]"},
		"tenant": {invariant.Erasure{Scope: "tenant", Fields: map[string]string{"tenant_id": "t"}},
			"[I1: files: 2 I1: notes: 2 I1: rooms: 2]"},
		"up to a cutoff": {invariant.Erasure{Scope: "channel", Fields: map[string]string{"tenant_id": "t", "channel_id": "c1"}, Cutoff: cutoff},
			"[I1: files: 1]"}, // its room holds something newer
		"nobody": {invariant.Erasure{Scope: "channel", Fields: map[string]string{"tenant_id": "t", "channel_id": "c9"}}, "[]"},
	} {
		var got []string
		for _, v := range (invariant.Live{Map: m, Before: before, After: before, Erasures: []invariant.Erasure{c.erasure}}).Check() {
			text, _, _ := strings.Cut(v.String(), " object")
			text, _, _ = strings.Cut(text, " records")
			got = append(got, text)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
	empty := invariant.World{Records: map[string][]livedata.Item{}}
	found := invariant.Live{Map: m, Before: before, After: empty, Erasures: []invariant.Erasure{{Scope: "tenant", Fields: map[string]string{"tenant_id": "t"}}}}.Check()
	if len(found) != 2 || found[0].Invariant != "I7" || found[1].Invariant != "I7" {
		t.Errorf("an erasure that took the other tenant with it: %v", found)
	}
}
