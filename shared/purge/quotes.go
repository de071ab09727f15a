package purge

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Removed stands where a quotation was cut out.
const Removed = "[removed]"

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
	if err := readable(*q, it, row.Text(q.Whose)); err != nil {
		return err
	}
	return livedata.Apply(ctx, j.Finder.Records, quoting, it, func(now livedata.Item) (livedata.Item, []string, error) {
		return cut(*q, now, row.Text(q.Whose)), nil, nil
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

// readable refuses quotations that cannot be cut out for certain: in an attribute that
// the map does not name, or of a text that the attribute does not hold. Dropping the
// row that leads to such an entry would lose the way to what it still says.
func readable(q datamap.Quotes, it livedata.Item, whose string) error {
	for _, quote := range it.Maps(q.List) {
		if quote.Text(q.Whose) != whose {
			continue
		}
		field := quote.Text(q.Field)
		if !slices.Contains(q.Fields, field) {
			return fault.New(fault.Permanent, "a quotation in "+q.Store+" stands in an attribute that the data map does not name")
		}
		have := it.Text(field)
		if have != "" && !strings.Contains(have, quote.Text(q.Text)) && !strings.Contains(have, Removed) {
			return fault.New(fault.Permanent, "a quotation in "+q.Store+" is not in the attribute that it names")
		}
	}
	return nil
}

// cut is what has to be set for the quotations of whose to be gone; empty if none is
// left.
func cut(q datamap.Quotes, it livedata.Item, whose string) livedata.Item {
	set := livedata.Item{}
	rest := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	found := false
	for _, quote := range it.Maps(q.List) {
		if quote.Text(q.Whose) != whose {
			rest.Value = append(rest.Value, &types.AttributeValueMemberM{Value: quote})
			continue
		}
		found = true
		field, text := quote.Text(q.Field), quote.Text(q.Text)
		before := it.Text(field)
		if done := set.Text(field); done != "" {
			before = done
		}
		if text != "" && before != "" {
			set[field] = &types.AttributeValueMemberS{Value: strings.ReplaceAll(before, text, Removed)}
		}
	}
	if found {
		set[q.List] = rest
	}
	return set
}
