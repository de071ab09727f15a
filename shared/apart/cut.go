// Package apart takes what a record says of other people out of it: for good, when one of
// them is deleted, or to be sealed under that person's own key, and back.
package apart

import (
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

// Cut is what has to be set for the quotations of whose to be gone; empty if none is left.
// It refuses quotations that cannot be cut out for certain: in an attribute that the map
// does not name, or of a text that the attribute does not hold. Dropping the row that leads
// to such an entry would lose the way to what it still says. All of them are looked for in
// the text as it is, since one may stand within another; and what is left of a quotation of
// somebody else that shares words with them is written down anew, so that it is found when
// its turn comes.
func Cut(q datamap.Quotes, it livedata.Item, whose string) (livedata.Item, error) {
	gone, err := marked(q, it, whose)
	if err != nil || gone == nil {
		return nil, err
	}
	set, rest := livedata.Item{}, []types.AttributeValue{}
	for field, mask := range gone {
		set[field] = &types.AttributeValueMemberS{Value: rendered(it.Text(field), mask, 0, len(mask))}
	}
	for _, quote := range it.Maps(q.List) {
		if quote.Text(q.Whose) == whose {
			continue
		}
		for _, text := range remaining(it.Text(quote.Text(q.Field)), gone[quote.Text(q.Field)], quote.Text(q.Text)) {
			other := maps.Clone(quote)
			if text != quote.Text(q.Text) {
				other[q.Text] = &types.AttributeValueMemberS{Value: text}
			}
			rest = append(rest, &types.AttributeValueMemberM{Value: other})
		}
	}
	set[q.List] = &types.AttributeValueMemberL{Value: rest}
	return set, nil
}

// marked tells, byte by byte, what of each attribute is a quotation of whose; nil if
// nothing in the list is.
func marked(q datamap.Quotes, it livedata.Item, whose string) (map[string][]bool, error) {
	var gone map[string][]bool
	for _, quote := range it.Maps(q.List) {
		if quote.Text(q.Whose) != whose {
			continue
		}
		if gone == nil {
			gone = map[string][]bool{}
		}
		field, text := quote.Text(q.Field), quote.Text(q.Text)
		if !slices.Contains(q.Fields, field) {
			return nil, fault.New(fault.Permanent, "a quotation in "+q.Store+" stands in an attribute that the data map does not name")
		}
		have := it.Text(field)
		if have == "" || text == "" {
			continue
		}
		places := occurrences(have, text)
		if len(places) == 0 {
			return nil, fault.New(fault.Permanent, "a quotation in "+q.Store+" is not in the attribute that it names")
		}
		if gone[field] == nil {
			gone[field] = make([]bool, len(have))
		}
		for _, at := range places {
			for i := range len(text) {
				gone[field][at+i] = true
			}
		}
	}
	return gone, nil
}

// occurrences are where a text stands, also where it overlaps itself.
func occurrences(in, text string) (at []int) {
	for from := 0; text != ""; {
		i := strings.Index(in[from:], text)
		if i < 0 {
			break
		}
		at = append(at, from+i)
		from += i + 1
	}
	return at
}

// rendered is a stretch of a text with Removed in place of each run that is marked.
func rendered(text string, mask []bool, from, to int) string {
	var out strings.Builder
	for i := from; i < to; i++ {
		if !mask[i] {
			out.WriteByte(text[i])
		} else if i == from || !mask[i-1] {
			out.WriteString(Removed)
		}
	}
	return out.String()
}

// remaining is what a quotation reads after the cut, once for each way in which it does.
func remaining(in string, mask []bool, quotation string) []string {
	if mask == nil {
		return []string{quotation}
	}
	var out []string
	for _, at := range occurrences(in, quotation) {
		if text := rendered(in, mask, at, at+len(quotation)); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if out == nil { // not there: whoever cuts it will say so
		return []string{quotation}
	}
	return out
}
