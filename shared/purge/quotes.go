package purge

import (
	"context"
	"maps"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/apart"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// cutQuotation takes what a quoting record says of the subject out of it and leaves
// the rest of the record as it was.
func (j *job) cutQuotation(ctx context.Context, store datamap.Store, row livedata.Item) error {
	q := store.Quotes
	if q == nil {
		return nil
	}
	quoting, _ := j.Finder.Map.Store(q.Store)
	key, ok := q.Form.Match(row.Text(q.Reference))
	if !ok {
		return fault.New(fault.Permanent, "a record of "+store.Name+" refers to "+q.Store+" in no known form")
	}
	it, err := j.Finder.Records.Get(ctx, quoting, key)
	if err != nil || len(it) == 0 {
		return err // gone already, with its own lead
	}
	return livedata.Apply(ctx, j.Finder.Records, quoting, it, func(now livedata.Item) (livedata.Item, []string, error) {
		set, err := apart.Cut(*q, now, row.Text(q.Whose))
		return set, nil, err
	})
}

// lineage lists the rows that say whom the records of a page quote, by store: they name
// these records, and only these lead to them.
func (j *job) lineage(store datamap.Store, items []livedata.Item) map[string][]livedata.Key {
	out := map[string][]livedata.Key{}
	for _, from := range j.Finder.Map.QuotedBy(store.Name) {
		q := from.Quotes
		for _, it := range items {
			reference, err := q.Form.Expand(livedata.KeyOf(store, it))
			if err != nil {
				continue
			}
			for _, quote := range it.Maps(q.List) {
				key := livedata.Key{q.Whose: quote.Text(q.Whose), q.Reference: reference}
				if key[q.Whose] != "" && !slices.ContainsFunc(out[from.Name], func(k livedata.Key) bool { return maps.Equal(k, key) }) {
					out[from.Name] = append(out[from.Name], key)
				}
			}
		}
	}
	return out
}
