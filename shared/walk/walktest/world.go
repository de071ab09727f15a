// Package walktest makes random worlds of platform data for tests, and knows of each record
// of them which unit of the backup it belongs to, without asking the data map.
package walktest

import (
	"fmt"
	"math/rand/v2"
)

// Unit is a channel, or with an empty Channel a tenant's own unit.
type Unit struct{ Tenant, Channel string }

// Fields are those that a walk is given of the unit.
func (u Unit) Fields() map[string]string {
	out := map[string]string{"tenant_id": u.Tenant}
	if u.Channel != "" {
		out["channel_id"] = u.Channel
	}
	return out
}

// World is platform data by store, as livedatatest seeds it, and whose each record is, by
// "store/key/key".
type World struct {
	Items map[string][]map[string]any
	Owner map[string]Unit

	*rand.Rand
	serial int
}

type fields = map[string]any

type lead struct {
	id   string
	unit Unit
}

// Random makes a world of two tenants. The same seed makes the same one.
func Random(seed uint64) *World {
	w := &World{Items: map[string][]map[string]any{}, Owner: map[string]Unit{}, Rand: rand.New(rand.NewPCG(seed, 7))}
	for range 2 {
		w.tenant()
	}
	return w
}

// Units lists those that have records.
func (w *World) Units() []Unit {
	var out []Unit
	for _, it := range w.Items["tenants"] {
		out = append(out, Unit{Tenant: it["tenant_id"].(string)})
	}
	for _, it := range w.Items["channels"] {
		out = append(out, Unit{it["tenant_id"].(string), it["channel_id"].(string)})
	}
	return out
}

func (w *World) put(u Unit, store string, key []string, it fields) {
	at := store
	for _, part := range key {
		at += "/" + part
	}
	w.Items[store], w.Owner[at] = append(w.Items[store], it), u
}

func (w *World) id(kind string) string {
	w.serial++
	return fmt.Sprintf("%s%03d", kind, w.serial)
}

// at is another moment each time.
func (w *World) at() string {
	w.serial++
	return fmt.Sprintf("2026-03-%02dT%02d:%02d:%02dZ", 1+w.IntN(28), w.IntN(24), w.serial/60%60, w.serial%60)
}

func (w *World) tenant() {
	u := Unit{Tenant: w.id("t")}
	w.put(u, "tenants", []string{u.Tenant}, fields{"tenant_id": u.Tenant, "name": "Business " + u.Tenant})
	var leads []lead
	channels := 1 + w.IntN(3)
	for range channels {
		leads = append(leads, w.channel(u.Tenant)...)
	}
	for _, l := range leads {
		for range w.IntN(3) {
			w.conversation(l, leads)
		}
	}
}

func (w *World) channel(tenant string) []lead {
	u := Unit{tenant, w.id("ch")}
	var staff []any
	for range w.IntN(3) {
		user := w.id("u")
		staff = append(staff, fields{"app_id": "app", "user_id": user, "name": "Staff " + user})
		w.link(u, "app#"+user, "staff#"+tenant+"#"+u.Channel)
	}
	w.put(u, "channels", []string{tenant, u.Channel}, fields{"tenant_id": tenant, "channel_id": u.Channel, "platform": "facebook",
		"external_key": "facebook#" + u.Channel, "connected_by": staff})
	var leads []lead
	for range w.IntN(6) {
		leads = append(leads, w.lead(u))
	}
	if len(leads) > 0 && w.IntN(2) == 0 {
		w.thread(u, leads)
	}
	return leads
}

func (w *World) link(u Unit, user, target string) {
	w.put(u, "links", []string{user, target}, fields{"app_user": user, "target": target, "linked_at": w.at()})
}

func (w *World) lead(u Unit) lead {
	l := lead{w.id("l"), u}
	w.put(u, "leads", []string{u.Tenant, l.id}, fields{"tenant_id": u.Tenant, "lead_id": l.id, "channel_id": u.Channel,
		"platform_key": "facebook#" + l.id, "display_name": "Guest " + l.id, "last_interaction_at": w.at()})
	for range w.IntN(3) {
		w.link(u, "app#"+w.id("u"), "lead#"+u.Tenant+"#"+l.id)
	}
	return l
}

func (w *World) conversation(l lead, others []lead) {
	id := w.id("c")
	w.put(l.unit, "conversations", []string{l.unit.Tenant, id}, fields{"tenant_id": l.unit.Tenant, "conversation_id": id,
		"channel_id": l.unit.Channel, "lead_id": l.id, "lead_key": l.unit.Tenant + "#" + l.id,
		"channel_key": l.unit.Tenant + "#" + l.unit.Channel, "started_at": w.at()})
	for range w.IntN(12) {
		w.message(l, id, nil)
	}
	for range w.IntN(4) {
		w.audit(l, id, others)
	}
}

// thread has several authors and is no lead's.
func (w *World) thread(u Unit, leads []lead) {
	id := w.id("c")
	w.put(u, "conversations", []string{u.Tenant, id}, fields{"tenant_id": u.Tenant, "conversation_id": id, "channel_id": u.Channel,
		"channel_key": u.Tenant + "#" + u.Channel, "post_id": "p" + id, "started_at": w.at()})
	for range w.IntN(8) {
		l := leads[w.IntN(len(leads))]
		w.message(l, id, fields{"author_key": u.Tenant + "#" + l.id})
	}
}

func (w *World) message(l lead, conversation string, more fields) {
	at := w.at()
	it := fields{"conversation_id": conversation, "message_key": at + "#m", "sent_at": at, "tenant_id": l.unit.Tenant, "lead_id": l.id,
		"body": "words of " + l.id}
	for name, value := range more {
		it[name] = value
	}
	w.put(l.unit, "messages", []string{conversation, at + "#m"}, it)
}

// audit is an entry that may quote another lead of the tenant, of any channel.
func (w *World) audit(l lead, conversation string, others []lead) {
	at := w.at()
	it := fields{"conversation_id": conversation, "audit_key": at + "#a", "created_at": at, "tenant_id": l.unit.Tenant, "lead_id": l.id,
		"prompt": "about " + l.id, "response": "an answer", "quotes": []any{}}
	if other := others[w.IntN(len(others))]; other.id != l.id {
		words, key := "words of "+other.id, other.unit.Tenant+"#"+other.id
		it["prompt"] = "about " + l.id + ", as said: " + words
		it["quotes"] = []any{fields{"lead_key": key, "field": "prompt", "text": words}}
		w.put(other.unit, "ai_quotes", []string{key, conversation + "|" + at + "#a"}, fields{"lead_key": key, "audit_ref": conversation + "|" + at + "#a"})
	}
	w.put(l.unit, "ai_audit", []string{conversation, at + "#a"}, it)
}
