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

// Join puts a record together from its base and those of its pieces that there are. Where
// words are missing it says Removed, as a record does that they were cut out of; members of
// lists that are missing are left out.
func Join(m *datamap.Map, s datamap.Store, base livedata.Item, pieces []livedata.Item) (livedata.Item, error) {
	notes, _ := base[mark].(*types.AttributeValueMemberM)
	if notes == nil {
		return base, nil
	}
	it := livedata.Item(maps.Clone(base))
	delete(it, mark)
	quotes := map[string]datamap.Quotes{}
	texts := map[string]words{}
	for _, from := range m.QuotedBy(s.Name) {
		quotes[from.Quotes.List] = *from.Quotes
		for _, field := range from.Quotes.Fields {
			w, err := wordsOf(it.Text(field), field, notes.Value, pieces)
			if err != nil {
				return nil, err
			}
			if texts[field] = w; w.noted {
				it[field] = &types.AttributeValueMemberS{Value: rendered(w.text, w.gone, 0, len(w.text))}
			}
		}
	}
	for list := range notes.Value {
		if _, isText := texts[list]; isText {
			continue
		}
		if err := putBack(list, it, notes.Value, pieces, quotes[list], texts); err != nil {
			return nil, err
		}
	}
	return it, nil
}

// words is an attribute's text at its full length; what is missing of it is marked gone
// and reads as nothing.
type words struct {
	text  string
	gone  []bool
	noted bool // something was taken out of it
}

// wordsOf lays the runs that there are between what nobody else said.
func wordsOf(own, field string, notes livedata.Item, pieces []livedata.Item) (words, error) {
	places, err := numbers(notes[field])
	if err != nil || len(places) == 0 {
		return words{text: own, gone: make([]bool, len(own))}, err
	}
	runs := map[int]string{}
	for _, p := range pieces {
		if p.Text(fieldMark) == field {
			from, err := integer(p[fromMark])
			if err != nil {
				return words{}, err
			}
			runs[from] = p.Text(textMark)
		}
	}
	w := words{noted: true}
	text := []byte{}
	for i := 0; i < len(places); i += 2 {
		from, to := places[i], places[i+1]
		if from < len(text) || to <= from || from-len(text) > len(own) {
			return words{}, errUnsound()
		}
		text, own = append(text, own[:from-len(text)]...), own[from-len(text):]
		run, there := runs[from]
		if there && len(run) != to-from {
			return words{}, errUnsound()
		}
		w.gone = append(w.gone, make([]bool, len(text)-len(w.gone))...)
		if !there {
			run = string(make([]byte, to-from))
		}
		text = append(text, run...)
		for range to - from {
			w.gone = append(w.gone, !there)
		}
	}
	w.text = string(text) + own
	w.gone = append(w.gone, make([]bool, len(own))...)
	return w, nil
}

// putBack fills a list's places from the pieces; a quotation's text from the attribute that
// it stands in, once for each way in which it reads there now.
func putBack(list string, it, notes livedata.Item, pieces []livedata.Item, q datamap.Quotes, texts map[string]words) error {
	places, err := numbers(notes[list])
	members, _ := it[list].(*types.AttributeValueMemberL)
	if err != nil || members == nil {
		return errUnsound()
	}
	back := map[int][]types.AttributeValue{}
	for _, p := range pieces {
		if p.Text(listMark) != list {
			continue
		}
		at, err := integer(p[atMark])
		member, _ := p[memberMark].(*types.AttributeValueMemberM)
		if err != nil || member == nil {
			return errUnsound()
		}
		if back[at], err = readings(p, member, q, texts); err != nil {
			return err
		}
	}
	out := []types.AttributeValue{}
	for i, member := range members.Value {
		if slices.Contains(places, i) {
			out = append(out, back[i]...)
		} else {
			out = append(out, member)
		}
	}
	it[list] = &types.AttributeValueMemberL{Value: out}
	return nil
}

func readings(p livedata.Item, member *types.AttributeValueMemberM, q datamap.Quotes, texts map[string]words) ([]types.AttributeValue, error) {
	if p[spansMark] == nil {
		return []types.AttributeValue{member}, nil
	}
	spans, err := numbers(p[spansMark])
	if err != nil {
		return nil, err
	}
	w := texts[livedata.Item(member.Value).Text(q.Field)]
	var read []string
	var out []types.AttributeValue
	for i := 0; i+1 < len(spans); i += 2 {
		if spans[i] < 0 || spans[i+1] > len(w.text) || spans[i] > spans[i+1] {
			return nil, errUnsound()
		}
		text := rendered(w.text, w.gone, spans[i], spans[i+1])
		if slices.Contains(read, text) {
			continue
		}
		read = append(read, text)
		quote := maps.Clone(member.Value)
		quote[q.Text] = &types.AttributeValueMemberS{Value: text}
		out = append(out, &types.AttributeValueMemberM{Value: quote})
	}
	return out, nil
}

func numbers(value types.AttributeValue) ([]int, error) {
	if value == nil {
		return nil, nil
	}
	list, _ := value.(*types.AttributeValueMemberL)
	if list == nil {
		return nil, errUnsound()
	}
	out := make([]int, len(list.Value))
	for i, v := range list.Value {
		var err error
		if out[i], err = integer(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func integer(value types.AttributeValue) (int, error) {
	n, _ := value.(*types.AttributeValueMemberN)
	if n == nil {
		return 0, errUnsound()
	}
	i, err := strconv.Atoi(n.Value)
	if err != nil || i < 0 {
		return 0, errUnsound()
	}
	return i, nil
}

func errUnsound() error {
	return fault.New(fault.Permanent, "a record and what was taken out of it do not fit together")
}
