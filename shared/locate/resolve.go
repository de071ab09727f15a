// Package locate finds a person's data: from what a requester brings to subjects,
// and from a subject to its records, along the data map.
package locate

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// pageSize bounds what is in memory at once.
const pageSize = 200

// Finder looks things up in the live stores.
type Finder struct {
	Map     *datamap.Map
	Records livedata.Records
	Objects livedata.Objects
}

// Resolve follows an identity to the subjects that existed at the cutoff, completed
// by what their own row says. An identity with an empty field names nobody: named is
// false, which is not the same as having looked and found nothing.
func (f Finder) Resolve(ctx context.Context, who ledger.Identity, cutoff time.Time) (subjects []ledger.Subject, named bool, err error) {
	identity, ok := f.Map.Identity(who.Kind)
	if !ok {
		return nil, false, fault.New(fault.Permanent, "the data map has no such identity as the request's")
	}
	where, err := identity.Keys(who.Fields)
	if err != nil {
		return nil, false, nil
	}
	store, _ := f.Map.Store(identity.Store)
	err = f.eachPage(ctx, livedata.Query{Store: store, Index: identity.Index, Where: where, Limit: pageSize}, func(page livedata.Page) error {
		found, err := f.targets(ctx, identity, store, page.Items, cutoff)
		subjects = append(subjects, found...)
		return err
	})
	return subjects, true, err
}

// EachRow visits the rows that an identity of the data map leads to, page by page. An
// identity with an empty field leads nowhere.
func (f Finder) EachRow(ctx context.Context, name string, fields map[string]string, visit func(store datamap.Store, items []livedata.Item) error) error {
	identity, ok := f.Map.Identity(name)
	if !ok {
		return fault.New(fault.Permanent, "the data map has no identity "+name)
	}
	where, err := identity.Keys(fields)
	if err != nil {
		return nil
	}
	store, _ := f.Map.Store(identity.Store)
	q := livedata.Query{Store: store, Index: identity.Index, Where: where, Limit: pageSize}
	return f.eachPage(ctx, q, func(page livedata.Page) error { return visit(store, page.Items) })
}

// SubjectOf is the subject that a row itself is, completed by what it says.
func (f Finder) SubjectOf(ctx context.Context, form string, it livedata.Item) (ledger.Subject, error) {
	scope, ok := f.Map.Scope(form)
	if !ok {
		return ledger.Subject{}, fault.New(fault.Permanent, "the data map has no scope "+form)
	}
	s := ledger.Subject{Form: form, Fields: it.Fields(scope.Key)}
	return s, f.complete(ctx, s)
}

func (f Finder) targets(ctx context.Context, identity datamap.Identity, store datamap.Store, items []livedata.Item, cutoff time.Time) ([]ledger.Subject, error) {
	var out []ledger.Subject
	for _, it := range items {
		subject, err := f.subject(identity, store, it, cutoff)
		if err != nil {
			return nil, err
		}
		if subject.Form == "" {
			continue
		}
		if err := f.complete(ctx, subject); err != nil {
			return nil, err
		}
		out = append(out, subject)
	}
	return out, nil
}

// subject is whom a row leads to; it has no form if the row came to be after the
// cutoff, which is another matter. The row of a subject itself is dated by its latest
// change, and what of it is older goes all the same.
func (f Finder) subject(identity datamap.Identity, store datamap.Store, it livedata.Item, cutoff time.Time) (ledger.Subject, error) {
	if scope, ok := f.Map.Scope(identity.Is); ok {
		// With its profile: another deletion may take the row before it is looked up again.
		return ledger.Subject{Form: scope.Name, Fields: it.Fields(slices.Concat(scope.Key, store.Profile))}, nil
	}
	newer, err := livedata.NewerThan(store, it, cutoff)
	if err != nil || newer {
		return ledger.Subject{}, err
	}
	for form, template := range identity.Forms {
		if fields, ok := template.Match(it.Text(identity.Target)); ok {
			return ledger.Subject{Form: form, Fields: fields}, nil
		}
	}
	return ledger.Subject{}, fault.New(fault.Permanent, "a record of "+store.Name+" has a target of no known form")
}

// complete adds the fields of the subject's own row, if it is still there.
func (f Finder) complete(ctx context.Context, s ledger.Subject) error {
	scope, ok := f.Map.Scope(s.Form)
	if !ok {
		return nil
	}
	for _, unit := range f.Map.Locators(scope) {
		key, err := unit.Finder.Keys(s.Fields)
		if err != nil {
			return fault.As(fault.Permanent, "complete a subject", err)
		}
		it, err := f.Records.Get(ctx, unit.Store, key)
		if err != nil {
			return err
		}
		for name, value := range it.Fields(unit.Store.Profile) {
			s.Fields[name] = value
		}
	}
	return nil
}

// Erasable are the subjects that are erased, with their places; the others need a
// person's decision.
func (f Finder) Erasable(subjects []ledger.Subject) map[int]datamap.Scope {
	out := map[int]datamap.Scope{}
	for i, s := range subjects {
		if scope, ok := f.Map.Scope(s.Form); ok {
			out[i] = scope
		}
	}
	return out
}

// Join adds what was found now to the subjects that were frozen before, which keep
// their places: what led to them may be deleted by now, and containers are frozen
// under a subject's place.
func (f Finder) Join(frozen, found []ledger.Subject) []ledger.Subject {
	out := slices.Clone(frozen)
	for _, s := range found {
		at := slices.IndexFunc(out, func(o ledger.Subject) bool { return f.same(o, s) })
		if at < 0 {
			out = append(out, s)
			continue
		}
		out[at].Fields = livedata.Merge(s.Fields, out[at].Fields)
	}
	return out
}

// same says that two subjects are one: they agree in the key of their scope. Those of
// another form have no fields but those that name them.
func (f Finder) same(a, b ledger.Subject) bool {
	scope, ok := f.Map.Scope(a.Form)
	if a.Form != b.Form || !ok {
		return a.Form == b.Form && maps.Equal(a.Fields, b.Fields)
	}
	return !slices.ContainsFunc(scope.Key, func(name string) bool { return a.Fields[name] != b.Fields[name] })
}

func (f Finder) eachPage(ctx context.Context, q livedata.Query, visit func(livedata.Page) error) error {
	for {
		page, err := f.Records.Read(ctx, q)
		if err != nil {
			return err
		}
		if err := visit(page); err != nil {
			return err
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}
