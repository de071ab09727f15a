package claim

import (
	"context"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

// Candidate is a lead that something of a claim leads to, for a person who decides. By,
// Same and Other name details (handle, number, id, name, when), never what they say.
type Candidate struct {
	Place
	By    string   // what it was found by
	Same  []string // details that are as was said
	Other []string // details that are not
}

// Candidates are the leads at the businesses of a claim that its keys lead to, or its
// name if it has no keys.
func Candidates(ctx context.Context, f locate.Finder, c Claim) ([]Candidate, error) {
	m := &matcher{Finder: f, claim: c}
	details := m.details()
	var out []Candidate
	for _, tenant := range c.Tenants {
		found, err := m.candidates(ctx, tenant)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			out = append(out, c.candidate(details, one))
		}
	}
	return out, nil
}

func (c Claim) candidate(d datamap.Details, found candidate) Candidate {
	out := Candidate{Place: Place{found.item.Text("tenant_id"), found.item.Text("lead_id")}, By: found.by}
	for detail, l := range c.likenesses(d, found.item) {
		switch l {
		case same:
			out.Same = append(out.Same, detail)
		case other:
			out.Other = append(out.Other, detail)
		}
	}
	slices.Sort(out.Same)
	slices.Sort(out.Other)
	return out
}

// Exists says whether there is such a lead at that business.
func (p Place) Exists(ctx context.Context, f locate.Finder) (bool, error) {
	found := false
	err := f.EachRow(ctx, lead, map[string]string{"tenant_id": p.TenantID, "lead_id": p.LeadID}, func(_ datamap.Store, items []livedata.Item) error {
		found = found || len(items) > 0
		return nil
	})
	return found, err
}
