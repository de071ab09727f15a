package apart

import (
	"maps"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Piece is part of a record that is about somebody else.
type Piece struct {
	// Leads are whose words it holds, by the value that the data map's quotes call whose;
	// several where what two of them said overlaps.
	Leads []string
	// Staff is the member of the record's list that names a member of staff; nil for
	// words of leads.
	Staff livedata.Item
	// Item is what is to be sealed: the record's key, and the part.
	Item livedata.Item
}

// Attributes of a base and of pieces. The platform's own have other names.
const (
	mark       = "~apart" // of a base: what was taken out, and from where
	fieldMark  = "~field" // of a piece: the attribute that words stand in
	fromMark   = "~from"  // where words begin in it, in bytes
	textMark   = "~text"  // the words
	listMark   = "~list"  // the attribute whose member it is
	atMark     = "~at"    // which place it has in that list
	memberMark = "~member"
	spansMark  = "~spans" // where the member's own text stands: it is not written twice
)

// Split parts a record into what it says of its own subject and a piece for everybody
// else. Join puts them together again, byte for byte. A record that says nothing of others is its own
// base.
//
// Of a quotation that does not stand where it says it does nobody knows which words are
// whose: then the whole attribute is that lead's too, or every one in which a quotation may stand.
func Split(m *datamap.Map, s datamap.Store, it livedata.Item) (base livedata.Item, pieces []Piece, err error) {
	if len(it.Has([]string{mark, fieldMark, listMark})) > 0 {
		return nil, nil, fault.New(fault.Permanent, "a record of "+s.Name+" has an attribute that only snapshots use")
	}
	base = maps.Clone(it)
	notes := livedata.Item{}
	for _, from := range m.QuotedBy(s.Name) {
		pieces = append(pieces, splitQuotes(*from.Quotes, s, base, notes)...)
	}
	if s.Backup != nil && s.Backup.List != "" {
		pieces = append(pieces, splitList(s, s.Backup.List, base, notes)...)
	}
	if len(pieces) > 0 {
		base[mark] = &types.AttributeValueMemberM{Value: notes}
	}
	return base, pieces, nil
}

// splitList takes every member of a list out.
func splitList(s datamap.Store, list string, base, notes livedata.Item) []Piece {
	var pieces []Piece
	takeOut(list, base, notes, func(i int, member livedata.Item) bool {
		item := piece(s, base, list, i)
		item[memberMark] = &types.AttributeValueMemberM{Value: member}
		pieces = append(pieces, Piece{Staff: member, Item: item})
		return true
	})
	return pieces
}

// takeOut empties those members of a list that are taken and notes how many there were. A
// member that is no map, or not taken, stays at its place.
func takeOut(list string, base, notes livedata.Item, take func(i int, member livedata.Item) bool) {
	members, _ := base[list].(*types.AttributeValueMemberL)
	if members == nil {
		return
	}
	rest, taken := make([]types.AttributeValue, len(members.Value)), false
	for i, member := range members.Value {
		rest[i] = member
		if m, ok := member.(*types.AttributeValueMemberM); ok && take(i, m.Value) {
			rest[i], taken = &types.AttributeValueMemberNULL{Value: true}, true
			addTo(notes, list, number(i))
		}
	}
	if taken {
		base[list] = &types.AttributeValueMemberL{Value: rest}
	}
}

func addTo(notes livedata.Item, name string, value types.AttributeValue) {
	have, _ := notes[name].(*types.AttributeValueMemberL)
	if have == nil {
		have = &types.AttributeValueMemberL{}
		notes[name] = have
	}
	have.Value = append(have.Value, value)
}

func number(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

// piece begins a piece of a list's member.
func piece(s datamap.Store, base livedata.Item, list string, at int) livedata.Item {
	item := keyOf(s, base)
	item[listMark], item[atMark] = &types.AttributeValueMemberS{Value: list}, number(at)
	return item
}

func keyOf(s datamap.Store, it livedata.Item) livedata.Item {
	key := livedata.Item{}
	for _, name := range s.Key {
		key[name] = it[name]
	}
	return key
}

// splitQuotes takes the words of others out of the attributes that they stand in, and the
// members that say so out of the list.
func splitQuotes(q datamap.Quotes, s datamap.Store, base, notes livedata.Item) []Piece {
	owners := map[string][][]string{} // attribute -> whose each byte is
	var pieces []Piece
	texts := livedata.Item(maps.Clone(base))
	takeOut(q.List, base, notes, func(i int, member livedata.Item) bool {
		whose := member.Text(q.Whose)
		if whose == "" {
			return false
		}
		item := piece(s, base, q.List, i)
		spans := claim(q, texts, member, owners)
		if spans != nil {
			member = livedata.Item(maps.Clone(member))
			delete(member, q.Text)
			item[spansMark] = spans
		}
		item[memberMark] = &types.AttributeValueMemberM{Value: member}
		pieces = append(pieces, Piece{Leads: []string{whose}, Item: item})
		return true
	})
	for _, field := range slices.Sorted(maps.Keys(owners)) {
		pieces = append(pieces, takeWords(s, field, texts.Text(field), owners[field], base, notes)...)
	}
	return pieces
}

// claim notes whose the bytes of a quotation are and returns where it stands; nil where it
// is not found, and all of the text is claimed.
func claim(q datamap.Quotes, it, quote livedata.Item, owners map[string][][]string) types.AttributeValue {
	field, text := quote.Text(q.Field), quote.Text(q.Text)
	places := occurrences(it.Text(field), text)
	if !slices.Contains(q.Fields, field) || len(places) == 0 {
		for _, field := range q.Fields {
			own(owners, it, field, quote.Text(q.Whose), 0, len(it.Text(field)))
		}
		return nil
	}
	spans := &types.AttributeValueMemberL{}
	for _, at := range places {
		spans.Value = append(spans.Value, number(at), number(at+len(text)))
		own(owners, it, field, quote.Text(q.Whose), at, at+len(text))
	}
	return spans
}

// own adds somebody to those whose a stretch of an attribute is.
func own(owners map[string][][]string, it livedata.Item, field, whose string, from, to int) {
	if owners[field] == nil && to > from {
		owners[field] = make([][]string, len(it.Text(field)))
	}
	for i := from; i < to; i++ {
		if !slices.Contains(owners[field][i], whose) {
			owners[field][i] = append(slices.Clone(owners[field][i]), whose)
			slices.Sort(owners[field][i])
		}
	}
}

// takeWords leaves in an attribute only what nobody else said.
func takeWords(s datamap.Store, field, text string, owners [][]string, base, notes livedata.Item) []Piece {
	var pieces []Piece
	var own []byte
	for from := 0; from < len(text); {
		to := from + 1
		for to < len(text) && slices.Equal(owners[to], owners[from]) {
			to++
		}
		if owners[from] == nil {
			own = append(own, text[from:to]...)
		} else {
			item := keyOf(s, base)
			item[fieldMark], item[fromMark] = &types.AttributeValueMemberS{Value: field}, number(from)
			item[textMark] = &types.AttributeValueMemberS{Value: text[from:to]}
			pieces = append(pieces, Piece{Leads: owners[from], Item: item})
			addTo(notes, field, number(from))
			addTo(notes, field, number(to))
		}
		from = to
	}
	base[field] = &types.AttributeValueMemberS{Value: string(own)}
	return pieces
}
