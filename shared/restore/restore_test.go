package restore_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// tomsOwn are the rows that are Tom's, all of them.
func tomsOwn(name string) bool {
	switch {
	case strings.HasPrefix(name, "messages/c_post9/2026-03-05T11"): // another guest's
		return false
	case strings.HasPrefix(name, "messages/c_post9"):
		return true
	}
	return strings.Contains(name, "l_tom") && !strings.Contains(name, "l_tom2") || strings.Contains(name, "/c_tom/") || strings.HasSuffix(name, "/c_tom")
}

// withoutTom is the world as a deletion of Tom leaves it.
func withoutTom(w *world) map[string]string {
	out := without(w.tables(), tomsOwn)
	const entry = "ai_audit/c_tom2/2026-04-01T18:00:10Z#a_2"
	out[entry] = strings.Replace(out[entry], "do you have rooms for 8 in June?", "[removed]", 1)
	i := strings.Index(out[entry], `"quotes":[`)
	j := strings.Index(out[entry][i:], `]`)
	out[entry] = out[entry][:i] + `"quotes":[` + out[entry][i+j:]
	return out
}

func TestEverythingComesBack(t *testing.T) {
	w := sealedWorld(t)
	want := w.tables()
	w.lose()
	units, plan, err := w.restorer().Plan(t.Context(), everything, restore.From{})
	if err != nil || units != 5 || plan.Counts["messages"] != (restore.Count{Read: 7, Written: 7}) || len(w.fake.Writes()) > 0 {
		t.Fatalf("planned %d units, %+v, %v; writes %q", units, plan, err, w.fake.Writes())
	}
	w.begin(everything)
	if j := w.run(); j.State != restore.Restored || j.InTarget["messages"] != 7 {
		t.Errorf("ran: %+v", j)
	}
	if len(w.tables()) > 0 {
		t.Error("a run wrote to live tables")
	}
	if j := w.verify(); j.State != restore.Verified || !j.VerifiedAt.Equal(now) {
		t.Errorf("verified: %+v", j)
	}
	if j := w.handOver(); j.State != restore.HandedOver || j.Merged["leads"].Back != 3 {
		t.Errorf("handed over: %+v", j)
	}
	w.wantTables(want)
	left, err := w.fake.Targets().List(t.Context())
	if err != nil || len(left) > 0 {
		t.Errorf("targets are left: %v, %v", left, err)
	}
	w.handOver() // again is as good as once
}

// Each of the two lines holds by itself: the tombstone while the key lives, and the key
// that is destroyed while the tombstone is missing.
func TestAPersonDoesNotComeBack(t *testing.T) {
	for name, forget := range map[string]func(w *world){
		"by the tombstone alone": func(w *world) { w.raise(now, "lead", "t_harbour", "l_tom") },
		"by the key alone":       func(w *world) { w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom")) },
		"by both": func(w *world) {
			w.raise(now, "lead", "t_harbour", "l_tom")
			w.destroy(leadPath("t_harbour", "ch_fb1", "l_tom"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedWorld(t)
			want := withoutTom(w)
			w.lose()
			forget(w)
			w.restored(everything)
			w.wantTables(want)
		})
	}
}

func TestAChannelDoesNotComeBack(t *testing.T) {
	ofChannel := says("ch_fb1", "l_tom\"", "l_tom/", "c_tom/", "c_post9", "lead#t_harbour#l_tom", "t_harbour#l_tom/", "leads/t_harbour/l_tom")
	for name, forget := range map[string]func(w *world){
		// whatever the date: even of what is newer than the tombstone nothing comes back
		"by the tombstone alone": func(w *world) { w.raise(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), "channel", "t_harbour", "ch_fb1") },
		"by the key alone":       func(w *world) { w.destroy(channelPath("t_harbour", "ch_fb1")) },
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedWorld(t)
			w.lose()
			forget(w)
			w.restored(everything)
			got := w.tables()
			for name, text := range got {
				if ofChannel(name) && !strings.Contains(name, "tom2") || strings.Contains(text, "rooms for 8") || strings.Contains(text, `"ch_fb1"`) {
					t.Errorf("%s came back: %s", name, text)
				}
			}
			if len(got) == 0 || got["leads/t_harbour/l_tom2"] == "" || got["tenants/t_harbour"] == "" {
				t.Errorf("others did not: %v", got)
			}
		})
	}
}

func TestAConversationDoesNotComeBack(t *testing.T) {
	w := sealedWorld(t)
	want := without(w.tables(), says("/c_tom2", "ai_quotes/"))
	w.lose()
	w.raise(now, "conversation", "t_harbour", "c_tom2")
	w.restored(everything)
	w.wantTables(want)
}

// Staff who are gone are left out of the channels they connected, and their links too.
func TestStaffDoNotComeBack(t *testing.T) {
	path := keys.Path{{Kind: "tenant", Values: []string{"t_harbour"}}, {Kind: keys.Staff, Values: []string{"t_harbour", "900000000000001#10150000000000077"}}}
	for name, forget := range map[string]func(w *world){
		"by the tombstone alone": func(w *world) { w.raise(now, keys.Staff, path[1].Values...) },
		"by the key alone":       func(w *world) { w.destroy(path) },
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedWorld(t)
			w.lose()
			forget(w)
			w.restored(everything)
			for name, text := range w.tables() {
				if strings.Contains(text, "Priya") || strings.Contains(text, "10150000000000077") {
					t.Errorf("%s says %s", name, text)
				}
			}
			if w.tables()["channels/t_harbour/ch_fb1"] == "" {
				t.Error("the channel did not come back")
			}
		})
	}
}

func TestSelections(t *testing.T) {
	lead := func(name string) restore.Selection {
		return restore.Selection{Tenant: "t_harbour", Kind: "lead", Names: keys.Names(secret(), keys.Subject{Kind: "lead", Values: []string{"t_harbour", name}})}
	}
	conversation := restore.Selection{Tenant: "t_harbour", Channel: "ch_ig1", Kind: "conversation",
		Names: keys.Names(secret(), keys.Subject{Kind: "conversation", Values: []string{"t_harbour", "c_tom2"}})}
	for name, c := range map[string]struct {
		selection restore.Selection
		comes     func(name string) bool
	}{
		"a tenant":       {restore.Selection{Tenant: "t_capricho"}, says("capricho", "lucia")},
		"a channel":      {restore.Selection{Tenant: "t_harbour", Channel: "ch_ig1"}, says("tom2", "ch_ig1")},
		"a lead":         {lead("l_tom"), func(name string) bool { return tomsOwn(name) }},
		"a conversation": {conversation, says("conversations/t_harbour/c_tom2", "messages/c_tom2", "ai_audit/c_tom2", "ai_quotes")},
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedWorld(t)
			want := without(w.tables(), func(name string) bool { return !c.comes(name) })
			w.lose()
			if name == "a lead" { // whom the entry of another quotes, who is lost too
				delete(want, "ai_quotes/t_harbour#l_tom/c_tom2|2026-04-01T18:00:10Z#a_2")
			}
			w.restored(c.selection)
			w.wantTables(want)
		})
	}
	for name, wrong := range map[string]restore.Selection{"nothing": {}, "all of a tenant": {Everything: true, Tenant: "t"}, "a lead of nobody": {Tenant: "t", Kind: "lead"}} {
		if _, _, err := newWorld(t).restorer().Plan(t.Context(), wrong, restore.From{}); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := sealedWorld(t)
	if _, err := w.restorer().Begin(t.Context(), job, restore.Selection{Tenant: "t_none"}, restore.From{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("nothing there: %v", err)
	}
}

// A lead who is quoted and was lost comes back with the row that leads to the quotation, if
// the entry that quotes is still there.
func TestLineageComesBackWhereTheQuotationIs(t *testing.T) {
	w := sealedWorld(t)
	want := w.tables()
	w.live.Drop("ai_quotes", "t_harbour#l_tom", "c_tom2|2026-04-01T18:00:10Z#a_2")
	w.live.Drop("leads", "t_harbour", "l_tom")
	w.restored(restore.Selection{Tenant: "t_harbour", Channel: "ch_fb1"})
	w.wantTables(want)
}

func TestWhatIsThereIsNeverChanged(t *testing.T) {
	w := sealedWorld(t)
	want := w.tables()
	changed := w.live.Item("leads", "t_harbour", "l_tom2")
	changed["display_name"], changed["deleting_at"] = text("renamed since"), text("2026-06-03T08:00:00Z")
	w.live.Put("leads", changed)
	want["leads/t_harbour/l_tom2"] = w.tables()["leads/t_harbour/l_tom2"]
	w.live.Drop("messages", "c_tom2", "2026-04-01T18:00:00Z#m_3")
	j := w.restored(everything)
	w.wantTables(want)
	if m := j.Merged["leads"]; m.There != 1 || m.Back != 2 {
		t.Errorf("merged %+v", j.Merged)
	}
}

func TestMediaComeBack(t *testing.T) {
	const picture, attachment, other = "t_harbour/ch_fb1/profiles/l_tom.jpg", "t_harbour/ch_fb1/c_tom/m_1.jpg", "t_harbour/ch_fb1/c_tom2/m_9.jpg"
	current := func(w *world, key string) bool {
		last := ""
		for _, o := range w.live.World().Objects["media"] {
			if o.Key == key {
				last = o.Body
			}
		}
		return last != ""
	}
	w := newWorld(t)
	astray := livedatatest.NewItem(map[string]any{"conversation_id": "c_tom2", "message_key": "2026-04-01T19:00:00Z#m_9", "sent_at": "2026-04-01T19:00:00Z",
		"tenant_id": "t_harbour", "lead_id": "l_tom2", "attachments": []any{map[string]any{"key": other}}}) // ch_fb1's, from a thread of ch_ig1
	w.live.Put("messages", astray)
	w.seal(night)
	for _, key := range []string{picture, attachment, other} {
		w.live.MarkDeleted("media", key, now)
	}
	w.lose()
	w.raise(time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC), "conversation", "t_harbour", "c_tom") // m_1 is covered, m_2 is not
	j := w.restored(everything)
	if !current(w, picture) || current(w, attachment) || current(w, other) {
		t.Errorf("picture %t, attachment of a deleted message %t, what stands where the record may name nothing %t", current(w, picture), current(w, attachment), current(w, other))
	}
	if j.Merged["leads"].Objects != 1 || j.Merged["messages"].Objects != 0 {
		t.Errorf("merged %+v", j.Merged)
	}
}

// The person wrote again after the deletion: what is newer comes back, what may be older
// does not, unless the snapshot was made when the deletion was over.
func TestAProfileThatIsNewerThanItsDeletion(t *testing.T) {
	cutoff := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC) // before Tom's last interaction
	w := sealedWorld(t)
	w.raise(cutoff, "lead", "t_harbour", "l_tom")
	w.lose()
	w.restored(everything)
	tom := w.live.Item("leads", "t_harbour", "l_tom")
	if tom == nil || tom.Text("display_name") != "" || tom.Text("handle_key") != "" || tom.Text("platform_key") == "" {
		t.Errorf("came back as %v", tom)
	}
	if got := w.tables(); got["messages/c_post9/2026-03-05T10:00:00Z#m_5"] == "" || got["messages/c_tom/2026-03-01T18:00:00Z#m_1"] != "" {
		t.Errorf("messages: %v", got)
	}

	w = newWorld(t)
	w.raise(cutoff, "lead", "t_harbour", "l_tom")
	w.seal(night.Add(-24 * time.Hour)) // makes the new keys
	w.seal(night)
	w.lose()
	w.restored(everything)
	if tom := w.live.Item("leads", "t_harbour", "l_tom"); tom.Text("display_name") != "Tom Kaczmarek" {
		t.Errorf("after the deletion: came back as %v", tom)
	}
}

// What proves that a source is later than a deletion: a key that knows the tombstone, and is
// older than the source. Either alone does not.
func TestWhatIsNoProofOfALaterSource(t *testing.T) {
	cutoff := time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC)
	for name, prepare := range map[string]func(w *world){
		"a key that is younger": func(w *world) {
			w.raise(cutoff, "lead", "t_harbour", "l_tom")
			w.seal(night) // makes the keys
		},
		"a key that knows no tombstone": func(w *world) {
			w.seal(night.Add(-24 * time.Hour)) // makes the keys
			w.seal(night)
			w.raise(cutoff, "lead", "t_harbour", "l_tom")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			prepare(w)
			w.lose()
			w.restored(everything)
			if tom := w.live.Item("leads", "t_harbour", "l_tom"); tom == nil || tom.Text("display_name") != "" {
				t.Errorf("came back as %v", tom)
			}
		})
	}
}

// A record without a date may be of before a deletion, whatever the deletion's date is.
func TestUndatedRecordsOfSomebodyDeleted(t *testing.T) {
	w := newWorld(t)
	tom := w.live.Item("leads", "t_harbour", "l_tom")
	delete(tom, "last_interaction_at")
	w.live.Put("leads", tom)
	w.seal(night)
	w.raise(night.Add(-time.Hour), "lead", "t_harbour", "l_tom") // before the snapshot, the purge after it
	w.lose()
	w.restored(everything)
	if got := w.live.Item("leads", "t_harbour", "l_tom"); got != nil {
		t.Errorf("came back as %v", got)
	}
}

// A deletion that comes while a restore is under way wins, whenever it comes.
func TestADeletionMeanwhile(t *testing.T) {
	forget := func(w *world) { w.raise(w.clock, "lead", "t_harbour", "l_tom") }
	t.Run("between run and verify", func(t *testing.T) {
		w := sealedWorld(t)
		want := withoutTom(w)
		w.lose()
		w.begin(everything)
		w.run()
		forget(w)
		_, err := w.restorer().Verify(t.Context(), job)
		if fault.KindOf(err) != fault.Permanent || !strings.Contains(err.Error(), "run the restore again") || strings.Contains(err.Error(), "tom") {
			t.Fatalf("verified: %v", err)
		}
		if _, err := w.restorer().HandOver(t.Context(), job); fault.KindOf(err) != fault.Invalid || len(w.tables()) > 0 {
			t.Fatalf("handed over: %v", err)
		}
		w.run()
		w.verify()
		w.handOver()
		w.wantTables(want)
	})
	t.Run("between verify and hand-over", func(t *testing.T) {
		w := sealedWorld(t)
		want := withoutTom(w)
		w.lose()
		w.begin(everything)
		w.run()
		w.verify()
		forget(w)
		w.handOver()
		w.wantTables(want)
	})
	t.Run("at each write of the hand-over", func(t *testing.T) {
		for at, writes := 0, 1; at < writes; at++ {
			w := sealedWorld(t)
			want := withoutTom(w)
			w.lose()
			w.begin(everything)
			w.run()
			w.verify()
			before := len(w.fake.Writes())
			n := 0
			w.fake.Fault = func(string, string) (bool, error) {
				if n++; n == at+1 {
					forget(w)
				}
				return true, nil
			}
			w.handOver()
			if writes = len(w.fake.Writes()) - before; writes < 5 {
				t.Fatalf("only %d writes", writes)
			}
			// What was there when the tombstone came, the purge finds; what is put after it must not be.
			got := w.tables()
			for name := range want {
				if got[name] == "" {
					t.Errorf("at write %d: %s is missing", at, name)
				}
			}
			for _, put := range w.fake.Writes()[before+at:] {
				for _, name := range strings.Fields(strings.TrimPrefix(put, "put new ")) {
					name = strings.ReplaceAll(name, "\x00", "/")
					earlier := slices.ContainsFunc(w.fake.Writes()[before:before+at], func(put string) bool {
						return strings.Contains(strings.ReplaceAll(put, "\x00", "/"), name)
					})
					if strings.HasPrefix(put, "put new") && tomsOwn(name) && got[name] != "" && !earlier {
						t.Errorf("at write %d: %s was put after the tombstone", at, name)
					}
				}
			}
		}
	})
}

func TestOnlyWhatWasVerifiedIsHandedOver(t *testing.T) {
	r := func(w *world) restore.Restorer { return w.restorer() }
	w := sealedWorld(t)
	w.lose()
	w.begin(everything)
	for _, step := range []func() (restore.Job, error){
		func() (restore.Job, error) { return r(w).HandOver(t.Context(), job) },
		func() (restore.Job, error) { return r(w).Verify(t.Context(), job) },
	} {
		if _, err := step(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("planned: %v", err)
		}
	}
	w.run()
	if _, err := r(w).HandOver(t.Context(), job); fault.KindOf(err) != fault.Invalid {
		t.Errorf("not verified: %v", err)
	}
	w.verify()
	w.run() // writes again
	if _, err := r(w).HandOver(t.Context(), job); fault.KindOf(err) != fault.Invalid || len(w.tables()) > 0 {
		t.Errorf("written to since: %v", err)
	}
	w.verify()
	w.clock = now.Add(restore.MostAge)
	for name, step := range map[string]func() (restore.Job, error){
		"run":       func() (restore.Job, error) { return r(w).Run(t.Context(), job) },
		"verify":    func() (restore.Job, error) { return r(w).Verify(t.Context(), job) },
		"hand over": func() (restore.Job, error) { return r(w).HandOver(t.Context(), job) },
	} {
		if _, err := step(); fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), "drop it") {
			t.Errorf("too old to %s: %v", name, err)
		}
	}
	if j, err := r(w).Drop(t.Context(), job); err != nil || j.State != restore.Dropped {
		t.Errorf("dropped: %+v, %v", j, err)
	}
	if _, err := r(w).Run(t.Context(), job); fault.KindOf(err) != fault.Invalid {
		t.Errorf("ran after the drop: %v", err)
	}
}

func TestExpiredTargetsAreDropped(t *testing.T) {
	w := sealedWorld(t)
	w.begin(everything)
	w.run()
	w.clock = now.Add(restore.MostAge - 1)
	if n, err := restore.DropExpired(t.Context(), w.m, w.fake.Targets(), w.clock); n != 0 || err != nil {
		t.Errorf("too early: %d, %v", n, err)
	}
	if n, err := restore.DropExpired(t.Context(), w.m, w.fake.Targets(), w.clock.Add(1)); n != len(w.m.Backed()) || err != nil {
		t.Errorf("dropped %d, %v", n, err)
	}
	if left, _ := w.fake.Targets().List(t.Context()); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// Whatever is wrong with the target is named, and keeps it from being verified.
func TestVerifyRefuses(t *testing.T) {
	const m5 = "c_post9\x002026-03-05T10:00:00Z#m_5"
	for name, c := range map[string]struct {
		says  string
		store string
		spoil func(rows map[string]livedata.Item)
	}{
		"a record too few":      {"not hold as many records of messages", "messages", func(rows map[string]livedata.Item) { delete(rows, m5) }},
		"a record of nobody":    {"not put there by the restore", "messages", func(rows map[string]livedata.Item) { delete(rows[m5], "~restored") }},
		"another tenant's":      {"another tenant", "messages", func(rows map[string]livedata.Item) { rows[m5]["tenant_id"] = text("t_capricho") }},
		"a lead who is deleted": {"must not come back", "messages", func(rows map[string]livedata.Item) { rows[m5]["lead_id"] = text("l_gone") }},
		"one of another channel": {"no unit that was selected", "leads", func(rows map[string]livedata.Item) {
			rows["t_harbour\x00l_tom"]["~restored"] = livedatatestMap(map[string]any{"tenant_id": "t_harbour", "channel_id": "ch_other", "~as_of": night.Format(time.RFC3339Nano)})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := sealedWorld(t)
			w.raise(now, "lead", "t_harbour", "l_gone")
			w.begin(everything)
			w.run()
			w.fake.Spoil(job, c.store, c.spoil)
			_, err := w.restorer().Verify(t.Context(), job)
			if fault.KindOf(err) != fault.Permanent || !strings.Contains(err.Error(), c.says) || says("l_tom", "l_gone", "c_post9", "m_5")(err.Error()) {
				t.Errorf("got %v", err)
			}
			if _, err := w.restorer().HandOver(t.Context(), job); fault.KindOf(err) != fault.Invalid {
				t.Errorf("handed over: %v", err)
			}
		})
	}
}

// What was tampered with is named, and nothing of it is handed over.
func TestTamperedSnapshots(t *testing.T) {
	for _, kind := range []string{snapshot.Manifests, snapshot.Indexes, snapshot.Frames} {
		t.Run(kind, func(t *testing.T) {
			w := sealedWorld(t)
			w.lose()
			for _, name := range w.bucket.Names() {
				if !strings.HasPrefix(name, kind+"t_harbour/channel/ch_fb1/") {
					continue
				}
				body, err := w.bucket.Get(t.Context(), name)
				if err != nil {
					t.Fatal(err)
				}
				body[len(body)/2] ^= 1
				if err := w.bucket.Put(t.Context(), name, body); err != nil {
					t.Fatal(err)
				}
			}
			w.begin(everything)
			_, err := w.restorer().Run(t.Context(), job)
			if fault.KindOf(err) != fault.Permanent || !strings.Contains(err.Error(), "t_harbour/channel/ch_fb1/20260603T010000Z") || strings.Contains(err.Error(), "tom") {
				t.Errorf("ran: %v", err)
			}
			if _, err := w.restorer().HandOver(t.Context(), job); fault.KindOf(err) != fault.Invalid || len(w.tables()) > 0 {
				t.Errorf("handed over: %v", err)
			}
		})
	}
}

func TestTheNewestThatIsNotLater(t *testing.T) {
	w := sealedWorld(t)
	lucia := w.live.Item("leads", "t_capricho", "l_lucia")
	lucia["display_name"] = text("later")
	w.live.Put("leads", lucia)
	w.seal(night.Add(24 * time.Hour))
	for asOf, want := range map[time.Time]string{{}: "later", night.Add(23 * time.Hour): "Lucía F", night: "Lucía F"} {
		w.lose()
		id := job + asOf.Format("02")
		r := w.restorer()
		if _, err := r.Begin(t.Context(), id, restore.Selection{Tenant: "t_capricho"}, restore.From{AsOf: asOf}); err != nil {
			t.Fatal(err)
		}
		for _, step := range []func() (restore.Job, error){func() (restore.Job, error) { return r.Run(t.Context(), id) },
			func() (restore.Job, error) { return r.Verify(t.Context(), id) }, func() (restore.Job, error) { return r.HandOver(t.Context(), id) }} {
			if _, err := step(); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.live.Item("leads", "t_capricho", "l_lucia").Text("display_name"); got != want {
			t.Errorf("as of %s: %q, want %q", asOf, got, want)
		}
	}
}

// A tombstone outlives the oldest snapshot and the longest restore together.
func TestTombstonesOutliveRestores(t *testing.T) {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	age := func(store string) time.Duration {
		s, _ := m.Store(store)
		return time.Duration(s.MaxAgeDays) * 24 * time.Hour
	}
	if oldest := age("snapshots") + restore.MostAge; age("snapshots") == 0 || fence.Keep < oldest || fence.Keep > age("tombstones") {
		t.Errorf("tombstones live %s, what brings people back up to %s", fence.Keep, oldest)
	}
	if restore.KeepJobs > age("backupruns") {
		t.Errorf("jobs are kept for %s", restore.KeepJobs)
	}
}
