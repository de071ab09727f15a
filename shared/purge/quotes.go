package purge

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// changeTries bounds how often a record that keeps changing is read again.
const changeTries = 8

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
	return j.change(ctx, quoting, it, func(now livedata.Item) (livedata.Item, []string) {
		return cut(*q, now, row.Text(q.Whose)), nil
	})
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

// change applies edit to a record as it is now, again if somebody else changes it
// meanwhile. An edit that asks for nothing ends it, and so does a record that is gone.
func (j *job) change(ctx context.Context, store datamap.Store, it livedata.Item, edit func(livedata.Item) (livedata.Item, []string)) error {
	for range changeTries {
		set, remove := edit(it)
		if len(set) == 0 && len(remove) == 0 {
			return nil
		}
		applied, err := j.Finder.Records.Change(ctx, store, it, set, remove)
		if err != nil || applied {
			return err
		}
		if it, err = j.Finder.Records.Get(ctx, store, livedata.KeyOf(store, it)); err != nil || len(it) == 0 {
			return err
		}
	}
	return fault.New(fault.Retry, "a record of "+store.Name+" keeps changing")
}
