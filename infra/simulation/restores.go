package simulation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// restorer restores into live stores, which are the history's own or empty ones.
func (h *history) restorer(into *livedatatest.Fake, source func(restore.From) (restore.Source, error)) (restore.Restorer, *restoretest.Fake) {
	fake := restoretest.New(into, h.w.Tombstones, h.w.Now)
	return restore.Restorer{Map: h.w.Map, Targets: fake.Targets(), Jobs: fake.Jobs(), Live: fake.Live(), Media: fake.Media(),
		Stones: h.w.Tombstones, Keys: h.w.BackupKeys, Secret: h.secret, Now: h.w.Now, AtOnce: 1, Source: source}, fake
}

func (h *history) snapshots(f restore.From) (restore.Source, error) {
	return restore.Snapshots{Map: h.w.Map, Objects: h.w.Backups, Secret: h.secret, AsOf: f.AsOf,
		Keyring: func() *keys.Keyring { return &keys.Keyring{Rows: h.w.BackupKeys, Root: h.w.Root} }}, nil
}

// tables are an image as a source. Nothing in it is sealed: tombstones alone keep back what
// was erased since.
func (h *history) tables(from image) func(restore.From) (restore.Source, error) {
	return func(f restore.From) (restore.Source, error) {
		return restore.Tables{Map: h.w.Map, Records: from.live.Records(), Only: f.Tables, AsOf: from.at, Secret: h.secret,
			Scan: func(_ context.Context, s datamap.Store, visit func(livedata.Item) error) error {
				for _, it := range from.live.World().Records[s.Name] {
					if err := visit(it); err != nil {
						return err
					}
				}
				return nil
			}}, nil
	}
}

// everything restores all of a source, as often as it takes. none says that the source has
// nothing.
func (h *history) everything(r restore.Restorer, fake *restoretest.Fake, from restore.From) (none bool) {
	begun, last := false, error(nil)
	id := ""
	for range 2000 {
		none, err := workflowtest.Killable(false, func() (bool, error) {
			if !begun {
				id = h.next("restore")
				if _, err := r.Begin(h.t.Context(), id, restore.Selection{Everything: true}, from); err != nil {
					return fault.KindOf(err) == fault.NotFound, err
				}
				begun = true
			}
			for _, step := range []func(context.Context, string) (restore.Job, error){r.Run, r.Verify, r.HandOver} {
				if _, err := step(h.t.Context(), id); err != nil && !strings.Contains(err.Error(), "there is nothing to") {
					return false, err
				}
			}
			return false, nil
		})
		fake.Revive()
		last = err
		switch kind := fault.KindOf(err); {
		case err == nil || none:
			return none
		case strings.Contains(err.Error(), "run the restore again"), errors.Is(err, livedatatest.ErrKilled), errors.Is(err, restoretest.ErrKilled), kind == fault.Retry, kind == fault.Conflict, kind == fault.Internal:
			continue
		default:
			return h.refused(err)
		}
	}
	h.fatalf("a restore does not end: %v", last)
	return false
}

// refused is a restore that came to no end: too late, or of what is gone by now.
func (h *history) refused(err error) bool {
	if !strings.Contains(err.Error(), "older than") && fault.KindOf(err) != fault.NotFound {
		h.fatalf("a restore failed: %v", err)
	}
	return true
}

// restored: whatever is restored, from whichever retained snapshot or image, nothing of it
// was erased, and what nobody asked to delete is there to the byte.
func (h *history) restored() {
	for _, asOf := range h.moments() {
		into := livedatatest.NewFake(h.w.Map)
		if r, fake := h.restorer(into, h.snapshots); !h.everything(r, fake, restore.From{AsOf: asOf}) {
			h.compare(into, asOf, "the snapshots of "+snapshot.Stamp(asOf))
		}
	}
	for _, from := range h.images {
		if h.w.Now().Sub(from.at) > workflowtest.Recovery {
			continue
		}
		into, tables := livedatatest.NewFake(h.w.Map), map[string]string{}
		for _, s := range h.w.Map.Backed() {
			tables[s.Name] = s.Name + " as it was"
		}
		r, fake := h.restorer(into, h.tables(from))
		if h.everything(r, fake, restore.From{AsOf: from.at, Tables: tables}) {
			continue
		}
		h.compare(into, from.at, "the tables of "+snapshot.Stamp(from.at))
		h.all(into, from)
	}
}

// moments are some of those at which a restore may aim: that of a snapshot picked at random,
// and now.
func (h *history) moments() []time.Time {
	out := []time.Time{h.w.Now().UTC().Truncate(time.Second)}
	if len(h.nights) > 0 {
		out = append(out, pick(h.platform, h.nights).asOf)
	}
	return out
}

func (h *history) compare(into *livedatatest.Fake, asOf time.Time, of string) {
	texts := into.Dump()
	var all strings.Builder
	for _, content := range texts {
		all.WriteString(content)
	}
	var copies []invariant.Copy
	for store, items := range into.World().Records {
		for _, it := range items {
			copies = append(copies, h.copyOf(snapshot.Unit{}, store, it))
		}
	}
	h.invariants(invariant.Backups{Restored: copies})
	for _, w := range h.words {
		if w.live && h.erased(w) && strings.Contains(all.String(), w.text) {
			h.fatalf("a word that was erased came back from %s: %s %+v\n%s", of, w.text, w, h.places(texts, w))
		}
	}
}

// all: of an image everything comes back that nobody asked to delete.
func (h *history) all(into *livedatatest.Fake, from image) {
	had, got := from.live.Dump(), into.Dump()
	for _, w := range h.words {
		if !w.live || h.touched(w) || !strings.Contains(had[w.key], w.text) {
			continue
		}
		if !strings.Contains(got[w.key], w.text) {
			h.fatalf("a word is missing in what was restored from the tables of %s: %s %+v", snapshot.Stamp(from.at), w.text, w)
		}
		if !h.quotesTouched(w) && got[w.key] != had[w.key] {
			h.fatalf("a record restored from the tables of %s is\n%s\nwant\n%s", snapshot.Stamp(from.at), got[w.key], had[w.key])
		}
	}
}

// quotesTouched says that a record quotes somebody of whom something was deleted: with any
// of a lead's conversations everything goes that is quoted of the lead.
func (h *history) quotesTouched(of *word) bool {
	for _, w := range h.words {
		if h.quoted[of.key] == w.text {
			return slices.ContainsFunc(h.words, func(other *word) bool {
				return other.whose["lead_id"] == w.whose["lead_id"] && h.touched(other)
			})
		}
	}
	return false
}

// restoreLive restores a snapshot into the live tables, while everything else goes on.
func (h *history) restoreLive() {
	r, fake := h.restorer(h.w.Live, h.snapshots)
	fake.Fault = func(op, _ string) (bool, error) { return h.fate(op) }
	moments := h.moments()
	h.everything(r, fake, restore.From{AsOf: moments[len(moments)-1]})
}
