package snapshot

import (
	"context"
	"reflect"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/apart"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

// mostQuoted bounds how many quoted leads are remembered.
const mostQuoted = 2000

// bundle is a record with what is sealed apart of it: they stay in one batch.
type bundle struct {
	record Sealed
	apart  []Sealed
	size   int // bytes before they are compressed
}

// batch is what is sealed together.
type batch struct {
	apart, records []Sealed
	size           int
}

func (b *batch) add(one bundle) {
	b.apart, b.records = append(b.apart, one.apart...), append(b.records, one.record)
	b.size += one.size
}

// page is bundles, once more if a key was destroyed since it was remembered: nothing can be
// created below it.
func (j *job) page(ctx context.Context, f walk.Found) ([]bundle, error) {
	page, err := j.bundles(ctx, f)
	if err == nil || fault.KindOf(err) != fault.Retry || ctx.Err() != nil {
		return page, err
	}
	if err := j.forget(ctx); err != nil {
		return nil, err
	}
	return j.bundles(ctx, f)
}

// bundles are the records of a page that are copied.
func (j *job) bundles(ctx context.Context, f walk.Found) ([]bundle, error) {
	var out []bundle
	for _, it := range f.Items {
		b, copied, err := j.bundle(ctx, f, it)
		if err != nil {
			return nil, err
		}
		if copied {
			out = append(out, b)
		}
	}
	return out, nil
}

// mostLooks is how often a record is looked at again that keeps changing.
const mostLooks = 5

// bundle takes a record apart and finds the keys of each part. A record that a deletion
// covers, whose tombstone the keys remember, is not copied: it was read before it went.
//
// What has no date of its own is not covered by that, nor what a deletion leaves less what is
// older. So where a key remembers a deletion, the record must still be as it was read, now
// that the key is there: had the deletion taken it or changed it, it had done so before it
// destroyed the key that was there, and this one was made.
func (j *job) bundle(ctx context.Context, f walk.Found, it livedata.Item) (b bundle, copied bool, err error) {
	for range mostLooks {
		b, doubt, err := j.takeApart(ctx, f, it)
		if err != nil || b == nil {
			return bundle{}, false, err
		}
		if !doubt {
			return *b, true, nil
		}
		now, err := j.Walker.Records.Get(ctx, f.Store, livedata.KeyOf(f.Store, it))
		if err != nil || len(now) == 0 {
			return bundle{}, false, err
		}
		if reflect.DeepEqual(now, it) {
			return *b, true, nil
		}
		it = now
	}
	return bundle{}, false, fault.New(fault.Retry, "a record of "+f.Store.Name+" keeps changing while it is copied")
}

// takeApart gives nil for a record that is covered. doubt says that something is sealed under
// a key that remembers a deletion.
func (j *job) takeApart(ctx context.Context, f walk.Found, it livedata.Item) (b *bundle, doubt bool, err error) {
	paths, err := keys.Whose(j.Walker.Map, f.Store, it, f.Known)
	if err != nil {
		return nil, false, err
	}
	own, err := j.keysOf(ctx, f.Store, it, paths)
	if err != nil || own.covered {
		return nil, false, err
	}
	base, pieces, err := apart.Split(j.Walker.Map, f.Store, it)
	if err != nil {
		return nil, false, err
	}
	b = &bundle{record: Sealed{Store: f.Store.Name, Kind: Record, Keys: own.keys, Item: base}}
	doubt = own.marked
	for _, piece := range pieces {
		others, known, err := j.others(ctx, f, piece)
		if err != nil {
			return nil, false, err
		}
		set, err := j.keysOf(ctx, f.Store, it, slices.Concat(paths, others))
		if err != nil {
			return nil, false, err
		}
		if known && !set.covered {
			b.apart = append(b.apart, Sealed{Store: f.Store.Name, Kind: Apart, Keys: set.keys, Item: piece.Item})
			doubt = doubt || set.marked
		}
	}
	b.size, err = sizeOf(*b)
	return b, doubt, err
}

func sizeOf(b bundle) (int, error) {
	size := 0
	for _, one := range append(b.apart, b.record) {
		src, err := EncodeItem(one.Item)
		if err != nil {
			return 0, err
		}
		size += len(src)
	}
	return size, nil
}

// found are the keys that a record is sealed under.
type found struct {
	keys    []keys.Key
	covered bool // by a deletion that one of them remembers: it seals nothing as old
	marked  bool // one of them remembers a deletion
}

// keysOf finds or creates the keys that paths lead to.
func (j *job) keysOf(ctx context.Context, store datamap.Store, it livedata.Item, paths []keys.Path) (found, error) {
	at, dated, err := livedata.DatedAt(store, it)
	dated = dated && j.Walker.Map.Covers(store)
	var out found
	if err != nil {
		return out, err
	}
	for _, path := range paths {
		key, err := j.Keyring.ForSealing(ctx, path)
		if err != nil {
			return out, err
		}
		if j.elsewhere(key) {
			return out, keys.ErrDestroyed
		}
		out.marked = out.marked || !key.Cutoff.IsZero()
		out.covered = out.covered || dated && !at.After(key.Cutoff)
		if !slices.ContainsFunc(out.keys, func(k keys.Key) bool { return slices.Equal(k.Ref, key.Ref) }) {
			out.keys = append(out.keys, key)
		}
	}
	return out, nil
}

// elsewhere says that a key stands under another key of the unit's than the run's own: that
// one was destroyed, and what is copied is going.
func (j *job) elsewhere(key keys.Key) bool {
	for i, own := range j.key.Ref[:min(len(j.key.Ref), len(key.Ref))] {
		if key.Ref[i].Name == own.Name && key.Ref[i].ID != own.ID {
			return true
		}
	}
	return false
}

// others are those whom a piece is about. known is false if one of them cannot be found: the
// piece is lost then, as there is no key whose destruction would reach it.
func (j *job) others(ctx context.Context, f walk.Found, piece apart.Piece) (paths []keys.Path, known bool, err error) {
	if piece.Staff != nil {
		path, err := keys.StaffPath(f.Store, piece.Staff, f.Known)
		if err != nil {
			return nil, false, nil // it names nobody who could have a key, and stops no snapshot
		}
		return []keys.Path{path}, true, nil
	}
	for _, whose := range piece.Leads {
		path, err := j.lead(ctx, f.Store, whose)
		if err != nil || path == nil {
			return nil, false, err
		}
		paths = append(paths, path)
	}
	return paths, len(paths) > 0, nil
}

// lead leads to what is quoted of somebody whom a record of the store quotes; nil if there
// is nobody of that name. Which channel that lead is of only its own row says.
func (j *job) lead(ctx context.Context, store datamap.Store, whose string) (keys.Path, error) {
	if path, ok := j.quoted[whose]; ok {
		return path, nil
	}
	path, err := j.findLead(ctx, store, whose)
	if err != nil {
		return nil, err
	}
	if len(j.quoted) >= mostQuoted {
		clear(j.quoted)
	}
	j.quoted[whose] = path
	return path, nil
}

func (j *job) findLead(ctx context.Context, store datamap.Store, whose string) (keys.Path, error) {
	m := j.Walker.Map
	scope, fields, ok := quotedOf(m, store, whose)
	if !ok || fields["tenant_id"] != j.unit.Tenant {
		return nil, nil
	}
	rows := m.Locators(scope)
	if len(rows) == 0 {
		return nil, nil
	}
	key, err := rows[0].Finder.Keys(fields)
	if err != nil {
		return nil, fault.As(fault.Permanent, "find who is quoted", err)
	}
	row, err := j.Walker.Records.Get(ctx, rows[0].Store, key)
	if err != nil || len(row) == 0 {
		return nil, err
	}
	path, err := keys.PathOf(m, scope, livedata.Merge(fields, row.Fields(rows[0].Store.ContainerFields())))
	if err != nil {
		return nil, err
	}
	return keys.QuotesOf(path), nil
}

// quotedOf reads what the list of quotations calls whose: the key by which the data map finds
// the rows about a subject's quotations.
func quotedOf(m *datamap.Map, store datamap.Store, whose string) (scope datamap.Scope, fields map[string]string, ok bool) {
	for _, from := range m.QuotedBy(store.Name) {
		for _, s := range m.Scopes {
			for _, f := range from.Find[s.Name] {
				if fields, ok := f.Where[from.Quotes.Whose].Match(whose); ok && f.From == "" && sameFields(s.Key, fields) {
					return s, fields, true
				}
			}
		}
	}
	return datamap.Scope{}, nil, false
}
