package locate

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Trail is the way through one subject's data: its scope and fields, and the two
// moments that bound what may be touched. Records are dated by the platform against the
// cutoff. Objects carry only the time they were written, so one that was written after
// the subject was frozen is newer than any request that froze it. Of a scope that takes
// everything nothing is newer.
type Trail struct {
	Finder
	Scope    datamap.Scope
	Fields   map[string]string
	Cutoff   time.Time
	FrozenAt time.Time
}

// TrailOf is the trail of a request's frozen subject.
func TrailOf(f Finder, r request.Request, s ledger.Subject, scope datamap.Scope) Trail {
	return Trail{Finder: f, Scope: scope, Fields: s.Fields, Cutoff: *r.Frozen, FrozenAt: *r.FrozenAt}
}

// Newer says that a record is dated after the cutoff, and so stays.
func (t Trail) Newer(store datamap.Store, it livedata.Item) (bool, error) {
	if t.Scope.Everything {
		return false, nil
	}
	return livedata.NewerThan(store, it, t.Cutoff)
}

// Query is where a unit's items of a binding stand. A field that is missing stops
// everything: guessing it would touch too much or too little.
func (t Trail) Query(unit datamap.Unit, binding map[string]string) (livedata.Query, error) {
	where, err := unit.Finder.Keys(livedata.Merge(t.Fields, binding))
	if err != nil {
		return livedata.Query{}, fault.As(fault.Permanent, "find items of "+unit.Store.Name, err)
	}
	return livedata.Query{Store: unit.Store, Index: unit.Finder.Index, Where: where, Limit: pageSize}, nil
}

// EachPage visits a table unit's items of a binding, page by page, after a key.
func (t Trail) EachPage(ctx context.Context, unit datamap.Unit, binding map[string]string, after livedata.Key, visit func(start livedata.Key, page livedata.Page) error) error {
	q, err := t.Query(unit, binding)
	if err != nil {
		return err
	}
	q.After = after
	return t.pages(ctx, q, unit, binding, visit)
}

// EachBrief is EachPage with no more of each item than is decided by.
func (t Trail) EachBrief(ctx context.Context, unit datamap.Unit, binding map[string]string, after livedata.Key, visit func(start livedata.Key, page livedata.Page) error) error {
	q, err := t.Query(unit, binding)
	if err != nil {
		return err
	}
	q.After, q.Attributes = after, brief(unit)
	return t.pages(ctx, q, unit, binding, visit)
}

func brief(unit datamap.Unit) []string {
	out := slices.Concat(unit.Store.Key, unit.Store.IndexKey(unit.Finder.Index), unit.Store.Deciding(), slices.Collect(maps.Keys(unit.Finder.Only)))
	slices.Sort(out)
	return slices.Compact(out)
}

// pages leaves out what the unit's key finds of others.
func (t Trail) pages(ctx context.Context, q livedata.Query, unit datamap.Unit, binding map[string]string, visit func(start livedata.Key, page livedata.Page) error) error {
	own, err := unit.Finder.Owns(livedata.Merge(t.Fields, binding))
	if err != nil {
		return fault.As(fault.Permanent, "find items of "+unit.Store.Name, err)
	}
	return t.eachPage(ctx, q, func(page livedata.Page) error {
		start := q.After
		q.After = page.Next
		page.Items = slices.DeleteFunc(page.Items, func(it livedata.Item) bool { return !it.Says(own) })
		return visit(start, page)
	})
}

// EachBinding visits the items that others are found by, those of the live stores and
// not those frozen before: what is needed of each, several times where several items
// need the same. visit gets a page's at once, with where the page began.
func (t Trail) EachBinding(ctx context.Context, unit datamap.Unit, after livedata.Key, visit func(start livedata.Key, bindings []map[string]string) error) error {
	return t.EachPage(ctx, unit, nil, after, func(start livedata.Key, page livedata.Page) error {
		old, newer, err := t.Split(unit.Store, page.Items)
		if err != nil {
			return err
		}
		if len(t.Map.Held(t.Scope, unit.Store.Name)) > 0 {
			old = append(old, newer...) // what it holds has dates of its own, and may be older
		}
		return visit(start, t.Bindings(unit.Store, old))
	})
}

// Bindings are what is needed of items to find what is found from them, once each.
func (t Trail) Bindings(store datamap.Store, items []livedata.Item) []map[string]string {
	fields := t.Map.Binding(t.Scope, store)
	var out []map[string]string
	for _, it := range items {
		binding := it.Fields(fields)
		if !slices.ContainsFunc(out, func(b map[string]string) bool { return maps.Equal(b, binding) }) {
			out = append(out, binding)
		}
	}
	return out
}

// Split parts records by the cutoff, and refuses them as a whole if any belongs to
// somebody else.
func (t Trail) Split(store datamap.Store, items []livedata.Item) (old, newer []livedata.Item, err error) {
	for _, it := range items {
		if livedata.Foreign(store, it, t.Fields) {
			return nil, nil, errForeign(store)
		}
		isNewer, err := t.Newer(store, it)
		if err != nil {
			return nil, nil, err
		}
		if isNewer {
			newer = append(newer, it)
		} else {
			old = append(old, it)
		}
	}
	return old, newer, nil
}

// Due are the records that still have what the store's rule takes away: all of them, or
// those that were not anonymised yet.
func Due(store datamap.Store, items []livedata.Item) []livedata.Item {
	if store.Rule != "anonymise" {
		return items
	}
	return slices.DeleteFunc(items, func(it livedata.Item) bool { return len(it.Has(store.Anonymise)) == 0 })
}

// errForeign stops whatever met a record of somebody else, before anything of its
// page is touched.
func errForeign(store datamap.Store) error {
	return fault.New(fault.Permanent, "a record of "+store.Name+" belongs to somebody else than the subject")
}

// Prefix is where a bucket unit's objects of a binding stand.
func (t Trail) Prefix(unit datamap.Unit, binding map[string]string) (string, error) {
	prefix, err := unit.Finder.Prefix.Expand(livedata.Merge(t.Fields, binding))
	if err != nil {
		return "", fault.As(fault.Permanent, "find objects of "+unit.Store.Name, err)
	}
	return prefix, nil
}

// Old keeps the versions that the request may touch: not written after the subject
// was frozen, not named by a record that stays.
func (t Trail) Old(found []livedata.Version, stays map[string]bool) []livedata.Version {
	var out []livedata.Version
	for _, v := range found {
		if (t.Scope.Everything || !v.Modified.After(t.FrozenAt)) && !stays[v.Key] {
			out = append(out, v)
		}
	}
	return out
}

// Staying collects the objects that records newer than the cutoff name, of those
// stores that are found from the same container.
func (t Trail) Staying(ctx context.Context, unit datamap.Unit, binding map[string]string) (map[string]bool, error) {
	stays := map[string]bool{}
	if t.Scope.Everything {
		return stays, nil
	}
	for _, sibling := range t.Siblings(unit) {
		for _, o := range sibling.Store.Objects {
			if o.Store != unit.Store.Name {
				continue
			}
			if err := t.stayingOf(ctx, sibling, o, binding, stays); err != nil {
				return nil, err
			}
		}
	}
	return stays, nil
}

// Siblings lists the units that are found as the given one is: from the same items, or
// all of them from the subject itself.
func (t Trail) Siblings(unit datamap.Unit) []datamap.Unit {
	return slices.DeleteFunc(t.Map.Plan(t.Scope), func(u datamap.Unit) bool { return u.Finder.From != unit.Finder.From })
}

// sortFrom begins every RFC 3339 text of the cutoff's second and later, with or
// without a fraction.
const sortFrom = "2006-01-02T15:04:05"

func (t Trail) stayingOf(ctx context.Context, unit datamap.Unit, o datamap.Object, binding map[string]string, stays map[string]bool) error {
	q, err := t.Query(unit, binding)
	if err != nil {
		return err
	}
	if unit.Store.Dated != nil && unit.Store.Dated.Sort {
		q.From = t.Cutoff.UTC().Format(sortFrom)
	}
	return t.eachPage(ctx, q, func(page livedata.Page) error {
		for _, it := range page.Items {
			newer, err := t.Newer(unit.Store, it)
			if err != nil {
				return err
			}
			for _, key := range it.Texts(o.Attribute) {
				if newer {
					stays[key] = true
				}
			}
		}
		return nil
	})
}

// Occupied says whether a container's row still holds anything, newer or not.
func (t Trail) Occupied(ctx context.Context, store datamap.Store, container map[string]string) (bool, error) {
	return t.anyOf(ctx, t.Map.Held(t.Scope, store.Name), container)
}

// HoldsRecords says whether any records are found as the unit's objects are.
func (t Trail) HoldsRecords(ctx context.Context, unit datamap.Unit, container map[string]string) (bool, error) {
	records := slices.DeleteFunc(t.Siblings(unit), func(u datamap.Unit) bool { return !u.Store.IsTable() || u.Locates() })
	return t.anyOf(ctx, records, container)
}

func (t Trail) anyOf(ctx context.Context, children []datamap.Unit, container map[string]string) (bool, error) {
	for _, child := range children {
		occupied, err := t.holds(ctx, child, container)
		if err != nil || occupied {
			return occupied, err
		}
	}
	return false, nil
}

func (t Trail) holds(ctx context.Context, child datamap.Unit, container map[string]string) (bool, error) {
	if !child.Store.IsTable() {
		prefix, err := t.Prefix(child, container)
		if err != nil {
			return false, err
		}
		page, err := t.Objects.List(ctx, child.Store, prefix, nil)
		return len(page.Found) > 0, err
	}
	q, err := t.Query(child, container)
	if err != nil {
		return false, err
	}
	q.Limit = 1
	page, err := t.Records.Read(ctx, q)
	return len(page.Items) > 0, err
}

// Named lists the objects that a record names, each checked to lie where the map
// says that the subject's objects lie: a key that points elsewhere is somebody
// else's and stops everything.
func (t Trail) Named(store datamap.Store, o datamap.Object, it livedata.Item, binding map[string]string) ([]string, error) {
	names := it.Texts(o.Attribute)
	if len(names) == 0 {
		return nil, nil
	}
	within, err := o.Within.Expand(livedata.Merge(t.Fields, binding, it.Fields(store.ContainerFields())))
	if err != nil {
		return nil, fault.As(fault.Permanent, "find objects of "+store.Name, err)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, within) {
			return nil, fault.New(fault.Permanent, "a record of "+store.Name+" names an object outside its own prefix")
		}
	}
	return names, nil
}

// FrozenRow is what was frozen of a locator's row. The row may have changed or gone
// since, but what it named then is the subject's all the same.
func (t Trail) FrozenRow(unit datamap.Unit) []livedata.Item {
	if !unit.Locates() {
		return nil
	}
	row := livedata.Item{}
	for _, name := range unit.Store.Profile {
		if value := t.Fields[name]; value != "" {
			row[name] = &types.AttributeValueMemberS{Value: value}
		}
	}
	return []livedata.Item{row}
}

// VersionsOf lists the versions of exactly one object.
func (t Trail) VersionsOf(ctx context.Context, bucket datamap.Store, key string) ([]livedata.Version, error) {
	var out []livedata.Version
	err := t.EachVersion(ctx, bucket, key, nil, func(_ *livedata.Version, found []livedata.Version) error {
		for _, v := range found {
			if v.Key == key {
				out = append(out, v)
			}
		}
		return nil
	})
	return out, err
}

// RowStays says that the subject's own row in a store is newer than the cutoff, and
// so stays. It is false for no store.
func (t Trail) RowStays(ctx context.Context, store string) (bool, error) {
	for _, unit := range t.Map.Locators(t.Scope) {
		if unit.Store.Name != store {
			continue
		}
		key, err := unit.Finder.Keys(t.Fields)
		if err != nil {
			return false, fault.As(fault.Permanent, "find the subject's own row", err)
		}
		it, err := t.Records.Get(ctx, unit.Store, key)
		if err != nil || len(it) == 0 {
			return false, err
		}
		return t.Newer(unit.Store, it)
	}
	return false, nil
}

// Late picks the versions that were written after the subject was frozen and that no
// record which stays names. Whose they are, only a record that names them can tell.
func (t Trail) Late(found []livedata.Version, stays map[string]bool) []livedata.Version {
	var out []livedata.Version
	for _, v := range found {
		if !t.Scope.Everything && v.Modified.After(t.FrozenAt) && !stays[v.Key] {
			out = append(out, v)
		}
	}
	return out
}

// EachVersion visits a prefix page by page, with the marker that each page began at.
func (t Trail) EachVersion(ctx context.Context, bucket datamap.Store, prefix string, after *livedata.Version, visit func(start *livedata.Version, found []livedata.Version) error) error {
	for {
		page, err := t.Objects.List(ctx, bucket, prefix, after)
		if err != nil {
			return err
		}
		if err := visit(after, page.Found); err != nil {
			return err
		}
		if page.Next == nil {
			return nil
		}
		after = page.Next
	}
}
