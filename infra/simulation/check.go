package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// erased says that a word was to go, and that the request is done. Under way says that
// a request about its subject is not.
func (h *history) erased(w *word) bool {
	return slices.ContainsFunc(h.deletions, func(d *deletion) bool { return d.done && d.takes(w) })
}

// touched says that a deletion was ever asked for of a subject that the word is of: what
// came later stood under the same key until it was destroyed, and is lost with it in
// snapshots of before.
func (h *history) touched(w *word) bool {
	return slices.ContainsFunc(h.deletions, func(d *deletion) bool { return d.concerns(w) })
}

// settled says that of every deletion that concerns a word, each was over by then: what is
// left of that subject is copied as anybody's.
func (h *history) settled(w *word, by time.Time) bool {
	return !slices.ContainsFunc(h.deletions, func(d *deletion) bool {
		return d.concerns(w) && (!d.done || !d.ended.Before(by))
	})
}

// look checks everything that must hold at any moment, and changes nothing.
func (h *history) look() {
	calm := h.calm
	h.calm = true
	defer func() { h.calm = calm }()
	h.livesOn()
	h.sealed()
	h.restored()
}

// livesOn: nothing that was erased is live, and nothing else is gone.
func (h *history) livesOn() {
	texts := map[string]string{}
	var all strings.Builder
	for key, content := range h.w.Live.Dump() {
		texts[key] = content
		all.WriteString(content)
	}
	for _, w := range h.words {
		switch {
		case w.live && h.erased(w) && strings.Contains(all.String(), w.text):
			h.fatalf("a word of %s that was erased is live: %s %+v\n%s", w.key, w.text, w, h.places(texts, w))
		case w.live && !h.underWay(w) && !h.renamed(w) && !strings.Contains(texts[w.key], w.text):
			h.fatalf("a word of %s is gone though nobody asked for that: %s %+v\n%s", w.key, w.text, w, texts[w.key])
		}
	}
}

// places are the records that hold a word, and the deletions that were to take it.
func (h *history) places(texts map[string]string, w *word) string {
	var out strings.Builder
	for key, content := range texts {
		if strings.Contains(content, w.text) {
			fmt.Fprintf(&out, "%s: %s\n", key, content)
		}
	}
	for _, d := range h.deletions {
		if d.concerns(w) {
			fmt.Fprintf(&out, "%+v\n", *d)
		}
	}
	return out.String()
}

// renamed says that a word is a name that a deletion may have emptied, whenever it was given:
// nothing dates a name.
func (h *history) renamed(w *word) bool { return strings.HasPrefix(w.key, "leads/") && h.touched(w) }

// underWay says that a word was erased, or may be at any moment.
func (h *history) underWay(w *word) bool {
	return slices.ContainsFunc(h.deletions, func(d *deletion) bool { return d.takes(w) })
}

// sealed: no retained snapshot opens to a word that was erased, whoever tries; and of
// whom nobody asked to delete anything, everything that stood all through its night is in
// it, to the byte.
func (h *history) sealed() {
	text := map[string]*strings.Builder{} // by snapshot
	items := map[string]livedata.Item{}
	var copies []invariant.Copy
	h.opened(func(unit snapshot.Unit, asOf time.Time, one snapshot.Opened) {
		if one.Kind == snapshot.Record { // a piece of one does not say of when it is
			copies = append(copies, h.copyOf(unit, one.Store, one.Item))
		}
		at := unit.Tenant + "/" + unit.Channel + "@" + snapshot.Stamp(asOf)
		if text[at] == nil {
			text[at] = &strings.Builder{}
		}
		text[at].WriteString(livedatatest.Canonical(one.Item))
		if one.Kind == snapshot.Record {
			s, _ := h.w.Map.Store(one.Store)
			if k := at + " " + keyText(s.Name, s.Key, one.Item); items[k] != nil {
				h.fatalf("a record is twice in a snapshot: %s\n%s\n%s", k, livedatatest.Canonical(items[k]), livedatatest.Canonical(one.Item))
			}
			items[at+" "+keyText(s.Name, s.Key, one.Item)] = one.Item
		}
	})
	h.invariants(invariant.Backups{Opened: copies})
	for _, w := range h.words {
		for at, content := range text {
			if w.live && h.erased(w) && strings.Contains(content.String(), w.text) {
				h.fatalf("a word that was erased can be read in the snapshot %s: %s %+v\n%s", at, w.text, w, h.places(nil, w))
			}
		}
	}
	for _, n := range h.nights {
		at := n.unit.Tenant + "/" + n.unit.Channel + "@" + snapshot.Stamp(n.asOf)
		if !n.whole || text[at] == nil && h.expired(n) {
			continue
		}
		h.complete(n, at, text[at], items)
	}
}

// copyOf is a record of a backup with the names of its subjects.
func (h *history) copyOf(unit snapshot.Unit, store string, it livedata.Item) invariant.Copy {
	s, _ := h.w.Map.Store(store)
	fields := livedata.Merge(map[string]string{"tenant_id": unit.Tenant, "channel_id": unit.Channel},
		it.Fields([]string{"tenant_id", "channel_id", "lead_id", "conversation_id"}))
	return invariant.Copy{Store: s, Item: it, Fields: []map[string]string{fields}}
}

// invariants are what every kind of test asks of backups.
func (h *history) invariants(b invariant.Backups) {
	b.Map, b.Now = h.w.Map, h.rotated
	for _, d := range h.deletions {
		if !d.done {
			continue
		}
		e := invariant.Erasure{Scope: d.scope, Fields: d.fields}
		if !d.everything() {
			e.Cutoff = d.cutoff
		}
		b.Erasures = append(b.Erasures, e)
	}
	for _, name := range h.w.Backups.Names() {
		if place, ok := snapshot.Locate(name); ok {
			b.AsOf = append(b.AsOf, place.AsOf)
		}
	}
	for _, violation := range b.Check() {
		h.fatalf("%s", violation)
	}
}

func keyText(store string, key []string, it livedata.Item) string {
	parts := []string{store}
	for _, name := range key {
		parts = append(parts, it.Text(name))
	}
	return strings.Join(parts, "/")
}

// expired says that a snapshot may be gone by now, or was dropped with its unit.
func (h *history) expired(n *night) bool {
	dropped := slices.ContainsFunc(h.deletions, func(d *deletion) bool {
		return d.fields["tenant_id"] == n.unit.Tenant && (d.scope == "tenant" || d.scope == "channel" && d.fields["channel_id"] == n.unit.Channel)
	})
	return dropped || h.w.Now().Sub(n.asOf) > 20*24*time.Hour
}

func (h *history) complete(n *night, at string, content *strings.Builder, items map[string]livedata.Item) {
	if h.expired(n) {
		return
	}
	for _, w := range h.words {
		if !w.live || h.erased(w) || h.renamed(w) || !h.settled(w, n.asOf) || n.unit.Tenant != w.whose["tenant_id"] || n.unit.Channel != w.whose["channel_id"] {
			continue
		}
		was := h.was(w.key, n.asOf, n.ended)
		if was == nil {
			continue
		}
		if content == nil || !strings.Contains(content.String(), w.text) {
			h.fatalf("a word is missing in the snapshot %s: %s %+v", at, w.text, w)
		}
		if thread := w.whose["conversation_id"]; thread != "" && items[at+" conversations/"+w.whose["tenant_id"]+"/"+thread] == nil {
			h.fatalf("the conversation is missing in the snapshot %s that a word stands in: %s %+v", at, w.text, w)
		}
		got := items[at+" "+w.key]
		if len(was.Maps("quotes")) == 0 && livedatatest.Canonical(got) != livedatatest.Canonical(was) {
			h.fatalf("a record in the snapshot %s is\n%s\nwant\n%s", at, livedatatest.Canonical(got), livedatatest.Canonical(was))
		}
	}
}
