// Package locate finds a person's data: from what a requester brings to subjects,
// and from a subject to its records, along the data map.
package locate

import (
	"context"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// pageSize bounds what is in memory at once.
const pageSize = 200

// Forms of an identity's target.
const (
	FormLead  = "lead"
	FormStaff = "staff"
)

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
	err = f.eachPage(ctx, livedata.Query{Store: store, Where: where, Limit: pageSize}, func(page livedata.Page) error {
		found, err := f.targets(ctx, identity, store, page.Items, cutoff)
		subjects = append(subjects, found...)
		return err
	})
	return subjects, true, err
}

func (f Finder) targets(ctx context.Context, identity datamap.Identity, store datamap.Store, items []livedata.Item, cutoff time.Time) ([]ledger.Subject, error) {
	var out []ledger.Subject
	for _, it := range items {
		newer, err := livedata.NewerThan(store, it, cutoff)
		if err != nil {
			return nil, err
		}
		if newer {
			continue // linked after the notice was issued: another matter
		}
		subject, ok := match(identity, it.Text(identity.Target))
		if !ok {
			return nil, fault.New(fault.Permanent, "a record of "+store.Name+" has a target of no known form")
		}
		if err := f.complete(ctx, subject); err != nil {
			return nil, err
		}
		out = append(out, subject)
	}
	return out, nil
}

func match(identity datamap.Identity, target string) (ledger.Subject, bool) {
	for form, template := range identity.Forms {
		if fields, ok := template.Match(target); ok {
			return ledger.Subject{Form: form, Fields: fields}, true
		}
	}
	return ledger.Subject{}, false
}

// complete adds the fields of the locator's row, if it is still there.
func (f Finder) complete(ctx context.Context, s ledger.Subject) error {
	if s.Form != FormLead {
		return nil
	}
	for _, unit := range f.Map.Locators(datamap.Lead) {
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

// Join adds what was found now to the subjects that were frozen before, which keep
// their places: what led to them may be deleted by now, and containers are frozen
// under a subject's place.
func (f Finder) Join(who ledger.Identity, frozen, found []ledger.Subject) []ledger.Subject {
	identity, _ := f.Map.Identity(who.Kind)
	out := slices.Clone(frozen)
	for _, s := range found {
		at := slices.IndexFunc(out, func(o ledger.Subject) bool { return sameSubject(identity, o, s) })
		if at < 0 {
			out = append(out, s)
			continue
		}
		out[at].Fields = livedata.Merge(s.Fields, out[at].Fields)
	}
	return out
}

func sameSubject(identity datamap.Identity, a, b ledger.Subject) bool {
	if a.Form != b.Form {
		return false
	}
	for _, name := range identity.Forms[a.Form].Fields() {
		if a.Fields[name] != b.Fields[name] {
			return false
		}
	}
	return true
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
