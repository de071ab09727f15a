package invariant

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Live compares the platform before and after the erasure of some subjects:
//
//	I1  nothing of a subject that is dated up to its cutoff is left, nor quoted
//	I7  nothing of anybody else is gone or changed, but for quotations that were cut out
//	I9  nothing of a subject that is newer than its cutoff is gone, changed or still
//	    hidden, but for the attributes that the data map calls older
//
// What the platform itself changes between the two dumps looks like our doing: take the
// first one after it.
type Live struct {
	Map           *datamap.Map
	Before, After World
	Erasures      []Erasure
}

// verdict is what all erasures together make of a record.
type verdict struct {
	own     bool
	fate    fate
	renewed bool     // old before, and dated after the cutoff now
	cut     []string // whose quotations go from it
}

// Check lists what is wrong.
func (l Live) Check() []Violation {
	records, versions := both(l.Map, l.Before, l.After)
	verdicts, doomed := map[*record]*verdict{}, map[*version]bool{}
	of := func(r *record) *verdict {
		if verdicts[r] == nil {
			verdicts[r] = &verdict{}
		}
		return verdicts[r]
	}
	for _, e := range l.Erasures {
		o := newOracle(l.Map, e, records, versions)
		for _, s := range l.Map.Stores {
			for r, fate := range o.fate(s.Name) {
				if v := of(r); !v.own || fate < v.fate { // what goes for one subject goes
					v.own, v.fate, v.renewed = true, fate, fate != newer && r.after != nil && o.isNewer(s, r.after)
				}
			}
			for v, goes := range o.objects(s.Name) {
				doomed[v] = doomed[v] || goes
			}
		}
		for r, whose := range o.quoted() {
			of(r).cut = append(of(r).cut, whose...)
		}
	}
	found := tally{}
	for _, s := range l.Map.Stores {
		for _, r := range records[s.Name] {
			l.record(found, s, r, *of(r))
		}
		for _, v := range versions[s.Name] {
			goes, own := doomed[v]
			object(found, s, v, own, goes)
		}
	}
	return found.report()
}

// tally gathers violations of one kind into one sentence.
type tally map[[3]string][]string // invariant, store, what -> short hashes

func (t tally) note(invariant string, s datamap.Store, what, key string) {
	kind := [3]string{invariant, s.Name, what}
	t[kind] = append(t[kind], shortHash(key))
}

const mostNamed = 5 // hashes in a sentence

func (t tally) report() []Violation {
	var out report
	for kind, hashes := range t {
		slices.Sort(hashes)
		named := strings.Join(hashes[:min(mostNamed, len(hashes))], " ")
		if len(hashes) > mostNamed {
			named += " …"
		}
		out.say(kind[0], "%s: %d %s (%s)", kind[1], len(hashes), kind[2], named)
	}
	return out.sorted()
}

func (l Live) record(found tally, s datamap.Store, r *record, v verdict) {
	switch {
	case v.renewed:
		// somebody is using it again, who may have made it anew
	case v.own && v.fate == goes && s.Rule == "anonymise":
		l.anonymised(found, s, r)
	case v.own && v.fate == goes:
		if r.after != nil {
			found.note("I1", s, "records of a subject, dated up to the cutoff, are still there", r.key)
		}
	case r.before == nil:
		// came meanwhile and is not a subject's old data
	case v.own:
		l.kept(found, s, r, v)
	case r.after == nil:
		found.note("I7", s, "records of somebody else are gone", r.key)
	default:
		l.other(found, s, r, v)
	}
}

// anonymised is a record of the subject of which nothing may lead to a person.
func (l Live) anonymised(found tally, s datamap.Store, r *record) {
	switch {
	case len(r.after.Has(s.Anonymise)) > 0:
		found.note("I1", s, "records of a subject, dated up to the cutoff, still lead to it", r.key)
	case r.before != nil && !reflect.DeepEqual(r.after, without(r.before, s.Anonymise)):
		found.note("I7", s, "records that were to be anonymised are gone or changed", r.key)
	}
}

// kept is a record of the subject that is newer, or that holds or leads to what is.
func (l Live) kept(found tally, s datamap.Store, r *record, v verdict) {
	if r.after == nil {
		if v.fate != may {
			found.note("I9", s, "records that are newer than the cutoff, or hold or lead to what is, are gone", r.key)
		}
		return
	}
	var older []string
	if v.fate == newer && s.Newer != nil {
		older = s.Newer.Empty
	}
	for _, name := range older {
		if _, left := r.after[name]; left {
			found.note("I1", s, "records that are newer than the cutoff keep the older attribute "+name, r.key)
		}
	}
	if _, hidden := r.after[s.HiddenBy]; hidden {
		found.note("I9", s, "records that stay are still hidden", r.key)
	}
	want, _ := l.cut(s, r.before, v.cut)
	if free := append(slices.Clone(older), s.HiddenBy); !reflect.DeepEqual(without(r.after, free), without(want, free)) {
		found.note("I9", s, "records that stay were changed", r.key)
	}
}

func without(it livedata.Item, names []string) livedata.Item {
	out := maps.Clone(it)
	for _, name := range names {
		delete(out, name)
	}
	return out
}

// other is a record of somebody else: the same to the byte, less what was to be cut out.
func (l Live) other(found tally, s datamap.Store, r *record, v verdict) {
	want, quotes := l.cut(s, r.before, v.cut)
	switch {
	case reflect.DeepEqual(r.after, want):
	case quotes && reflect.DeepEqual(r.after, r.before):
		found.note("I1", s, "records of somebody else still quote a subject", r.key)
	default:
		found.note("I7", s, "records of somebody else were changed", r.key)
	}
}

// removed stands where a quotation was cut out.
const removed = "[removed]"

// cut is a record without what it quotes of some subjects, and whether it does.
func (l Live) cut(s datamap.Store, it livedata.Item, whose []string) (livedata.Item, bool) {
	var q *datamap.Quotes
	for _, quoting := range l.Map.Stores {
		if quoting.Quotes != nil && quoting.Quotes.Store == s.Name {
			q = quoting.Quotes
		}
	}
	if q == nil || len(whose) == 0 {
		return it, false
	}
	out, rest, said := maps.Clone(it), []types.AttributeValue{}, map[string][]string{}
	for _, quote := range it.Maps(q.List) {
		if !slices.Contains(whose, quote.Text(q.Whose)) {
			rest = append(rest, &types.AttributeValueMemberM{Value: quote})
		} else if text := quote.Text(q.Text); text != "" {
			said[quote.Text(q.Field)] = append(said[quote.Text(q.Field)], text)
		}
	}
	if len(rest) == len(it.Maps(q.List)) {
		return it, false
	}
	for field, texts := range said {
		if before := it.Text(field); before != "" {
			out[field] = &types.AttributeValueMemberS{Value: silenced(before, texts)}
		}
	}
	out[q.List] = &types.AttributeValueMemberL{Value: rest}
	return out, true
}

// silenced is a text in which nothing is left of what stood in any of the quotations,
// wherever they overlap.
func silenced(text string, quotations []string) string {
	out, covered, inside := "", 0, false
	for i := range len(text) {
		for _, quotation := range quotations {
			if strings.HasPrefix(text[i:], quotation) {
				covered = max(covered, i+len(quotation))
			}
		}
		switch {
		case i >= covered:
			out, inside = out+text[i:i+1], false
		case !inside:
			out, inside = out+removed, true
		}
	}
	return out
}

func object(found tally, s datamap.Store, v *version, own, goes bool) {
	key := v.object().Key + "\x00" + v.object().ID
	switch {
	case goes:
		if v.after != nil {
			found.note("I1", s, "object versions of a subject are still there", key)
		}
	case v.before == nil:
		// came meanwhile and is not a subject's old data
	case v.after == nil:
		found.note(loser(own), s, "object versions that stay are gone", key)
	case !v.before.same(*v.after):
		found.note(loser(own), s, "object versions were changed", key)
	}
}

func (o Object) same(other Object) bool {
	return o.Modified.Equal(other.Modified) && o.Marker == other.Marker && o.Body == other.Body
}

// loser is the invariant that speaks of what the subject lost, or others did.
func loser(own bool) string {
	if own {
		return "I9"
	}
	return "I7"
}
