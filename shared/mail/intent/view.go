package intent

import (
	"slices"
	"strings"
)

// view is one sentence in one language.
type view struct {
	book     *book
	sentence sentence
	language string
	hits     []hit
	named    map[string][]hit // the hits of each concept
	object   []bool           // for each word: whether it belongs to an object
	end      []bool           // for each word: whether a thought ends there
	please   []bool           // for each word: whether a courtesy is all that ends one
	quiets   []quieter
}

// quieter is a hit that takes points from deletions in its sentence.
type quieter struct {
	rule *rule
	hit  hit
}

func (b *book) view(s sentence, language string, hits []hit) view {
	n := len(s.words)
	v := view{
		book: b, sentence: s, language: language, hits: unmasked(hits, b.Masks),
		named: map[string][]hit{}, object: make([]bool, n), end: make([]bool, n), please: make([]bool, n),
	}
	for i, w := range s.words {
		v.end[i] = w.mark != 0 && w.mark != reference
	}
	for _, h := range v.hits {
		v.named[h.concept] = append(v.named[h.concept], h)
		for i := h.from; i < h.to; i++ {
			v.object[i] = v.object[i] || b.objects[h.concept]
			v.please[i] = v.please[i] || h.concept == "please"
			v.end[i] = v.end[i] || h.concept == "but" || h.concept == "please"
		}
	}
	v.findQuieters()
	return v
}

func (v *view) findQuieters() {
	for i := range v.book.Rules {
		if r := &v.book.Rules[i]; r.Quiets > 0 {
			for _, h := range v.named[r.See] {
				if v.allows(r, h) {
					v.quiets = append(v.quiets, quieter{r, h})
				}
			}
		}
	}
}

// unmasked leaves out what lies within a longer hit of a masking concept: the
// deletion in "my deletion request" asks for none.
func unmasked(hits []hit, masks masks) []hit {
	var left []hit
	for _, h := range hits {
		if !slices.ContainsFunc(hits, func(m hit) bool {
			return m.from <= h.from && h.to <= m.to && m.to-m.from > h.to-h.from && hides(masks, m, h)
		}) {
			left = append(left, h)
		}
	}
	return left
}

// hides is strict with negators: one that is overlooked would turn "do not
// delete" into its opposite.
func hides(masks masks, longer, h hit) bool {
	if strings.HasPrefix(h.concept, "negated") {
		return slices.Contains(masks.Negators, longer.concept)
	}
	if slices.Contains(masks.People, h.concept) {
		return slices.Contains(masks.PeopleBy, longer.concept)
	}
	return slices.Contains(masks.Hidden, h.concept) && slices.Contains(masks.By, longer.concept)
}

// state tells what stands before a verb, or after it in languages that negate
// there: the negator that is nearest.
func (v *view) state(verb hit) string {
	state, nearest := "", v.book.Negation+1
	for _, before := range []string{"negated", "no_longer", "cannot"} {
		for _, h := range v.named[before] {
			if d := v.reach(h.to, verb.from, v.isComma(h.to)); d >= 0 && d < nearest {
				state, nearest = before, d
			}
		}
	}
	for _, after := range []string{"negated_after", "cannot_after"} {
		for _, h := range v.named[after] {
			if d := v.reachBack(verb.to, h.from); d >= 0 && d < nearest {
				state, nearest = strings.TrimSuffix(after, "_after"), d
			}
		}
	}
	return state
}

// reach counts the words between two places, objects aside; -1 if a boundary
// or a word like "but" is between, or the places are the wrong way round. In an
// aside commas are no boundaries: "do not, ever, delete".
func (v *view) reach(from, to int, aside bool) int {
	return v.count(from, to, func(i int) bool { return v.end[i] && !(aside && v.isComma(i)) })
}

// reachBack counts from a verb to a negator behind it, which "please" does not
// part: "löschen Sie das bitte nicht".
func (v *view) reachBack(from, to int) int {
	return v.count(from, to, func(i int) bool { return v.end[i] && !v.please[i] })
}

func (v *view) count(from, to int, parts func(int) bool) int {
	if from > to || to-from > 4*v.book.Negation {
		return -1
	}
	distance := 0
	for i := from; i < to; i++ {
		if parts(i) {
			return -1
		}
		if !v.object[i] {
			distance++
		}
	}
	return distance
}

func (v *view) isComma(i int) bool {
	return i < len(v.sentence.words) && v.sentence.words[i].mark == softBoundary
}

// findings gives the rules that hold in the sentence of a mail with so many
// words.
func (v *view) findings(words int) []finding {
	var found []finding
	for i := range v.book.Rules {
		r := &v.book.Rules[i]
		switch {
		case r.Short > 0 && words > r.Short:
		case r.Verb == "":
			found = append(found, v.seen(r)...)
		case r.Object == "":
			found = append(found, v.bare(r)...)
		}
	}
	for verb := range v.book.verbs {
		for _, h := range v.named[verb] {
			found = append(found, v.objects(h)...)
		}
	}
	return found
}

func (v *view) seen(r *rule) []finding {
	var found []finding
	for _, h := range v.named[r.See] {
		if r.says() && v.allows(r, h) && (r.Near == "" || v.near(h, r.Near)) {
			found = append(found, v.finding(r, h, 0))
		}
	}
	return found
}

// allows tells whether the hit is in the rule's state, and not the object of
// a deletion: "delete what you have about me" asks for no copy.
func (v *view) allows(r *rule, h hit) bool {
	if r.State && v.state(h) != r.When {
		return false
	}
	return !slices.ContainsFunc(v.named[r.NotAfter], func(verb hit) bool {
		reach := v.reach(verb.to, h.from, false)
		return reach >= 0 && reach <= mostBetween || h.from < verb.from && verb.to <= h.to || v.isFurther(verb, h)
	})
}

// isFurther tells whether the hit is one more object of a verb: "delete my
// messages and all that you have about me".
func (v *view) isFurther(verb, h hit) bool {
	return verb.to <= h.from && h.from-verb.to <= v.book.Window && v.isObject(h.from) && v.state(verb) == ""
}

// isObject tells whether an object begins here, or a clause about one: "all,
// which you have about me".
func (v *view) isObject(at int) bool {
	return v.object[at] || at >= 2 && v.isComma(at-1) && v.object[at-2]
}

const mostBetween = 2 // words between a deletion and what is its object

func (v *view) near(h hit, concept string) bool {
	return slices.ContainsFunc(v.named[concept], func(n hit) bool { return gap(h, n) <= v.book.Near })
}

// bare gives a rule that needs a verb in some state, and no object.
func (v *view) bare(r *rule) []finding {
	var found []finding
	for _, h := range v.named[r.Verb] {
		if v.state(h) == r.When {
			found = append(found, v.finding(r, h, 0))
		}
	}
	return found
}

const (
	wordsPerPoint = 3 // distance that costs a point
	farther       = 3 // points that objects lose of which another is nearer
)

// objects gives the rules of a verb and the objects near it. The nearest object
// is what is meant, and those that "and" joins to it.
func (v *view) objects(verb hit) []finding {
	near, state := v.nearest(verb), v.state(verb)
	var found []finding
	for _, r := range v.book.verbs[verb.concept] {
		if r.When != state {
			continue
		}
		if object, ok := v.closest(verb, r.Object); ok {
			loss := gap(verb, object) / wordsPerPoint
			if gap(verb, object) > gap(verb, near) && !v.joined(near, object) {
				loss += farther
			}
			found = append(found, v.finding(r, verb, loss))
		}
	}
	return found
}

// nearest gives the object nearest to a verb, of any rule of the verb.
func (v *view) nearest(verb hit) hit {
	var near hit
	least := v.book.Window + 1
	for _, r := range v.book.verbs[verb.concept] {
		if object, ok := v.closest(verb, r.Object); ok && gap(verb, object) < least {
			near, least = object, gap(verb, object)
		}
	}
	return near
}

// closest gives the hit of a concept that is closest to a verb, within the
// window. "Take our page off" has its object inside.
func (v *view) closest(verb hit, concept string) (object hit, found bool) {
	least := v.book.Window + 1
	for _, h := range v.named[concept] {
		apart := h.from >= verb.to || h.to <= verb.from || h.from > verb.from && h.to < verb.to
		if apart && gap(verb, h) < least {
			object, found, least = h, true, gap(verb, h)
		}
	}
	return object, found
}

// joined tells whether only "and" or a comma stands between two objects.
func (v *view) joined(a, b hit) bool {
	if a.from > b.from {
		a, b = b, a
	}
	if b.from <= a.to || b.from-a.to > mostBetween {
		return false
	}
	return v.end[a.to]
}

// gap counts the words between two hits.
func gap(a, b hit) int { return max(0, b.from-a.to, a.from-b.to) }

// finding weighs a rule: a subject counts less than a body, a subject that
// answers less still.
func (v *view) finding(r *rule, at hit, loss int) finding {
	if v.sentence.subject {
		loss += 2
	}
	if v.sentence.subject && v.sentence.reply {
		loss += 2
	}
	if slices.Contains(v.book.Requests, r.Intent) {
		loss += v.quiet(at)
	}
	return finding{r, v.language, r.Points - loss}
}

// quiet gives what the sentence takes from a deletion in it: "how do I delete"
// asks for none.
func (v *view) quiet(at hit) int {
	most := 0
	for _, q := range v.quiets {
		if q.hit != at && (!q.rule.Follows || q.hit.from <= at.from) {
			most = max(most, q.rule.Quiets)
		}
	}
	return most
}
