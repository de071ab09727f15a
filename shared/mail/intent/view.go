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
	verbs    map[hit]string // state of each: "", "negated", "no_longer", "cannot"
}

func (b *book) view(s sentence, language string, hits []hit) view {
	v := view{b, s, language, unmasked(hits, b.Masks), map[hit]string{}}
	for _, h := range v.hits {
		v.verbs[h] = v.state(h)
	}
	return v
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
	return slices.Contains(masks.Hidden, h.concept) && slices.Contains(masks.By, longer.concept)
}

// state tells what stands before a verb, or after it in languages that negate
// there: the negator that is nearest.
func (v *view) state(verb hit) string {
	state, nearest := "", v.book.Negation+1
	for _, h := range v.hits {
		distance, is := -1, h.concept
		switch h.concept {
		case "negated", "no_longer", "cannot":
			distance = v.reach(h.to, verb.from)
		case "negated_after":
			distance, is = v.reach(verb.to, h.from), "negated"
		case "cannot_after":
			distance, is = v.reach(verb.to, h.from), "cannot"
		}
		if distance >= 0 && distance < nearest {
			state, nearest = is, distance
		}
	}
	return state
}

// reach counts the words between two places, objects aside; -1 if a boundary
// or a word like "but" is between, or the places are the wrong way round. A
// comma right behind a negator opens an aside: "do not, ever, delete".
func (v *view) reach(from, to int) int {
	if from > to || to-from > 4*v.book.Negation {
		return -1
	}
	distance, aside := 0, v.isComma(from)
	for i := from; i < to; i++ {
		if v.ends(i) && !(aside && v.isComma(i)) {
			return -1
		}
		if !v.isObject(i) {
			distance++
		}
	}
	return distance
}

func (v *view) isComma(i int) bool { return v.sentence.words[i].mark == softBoundary }

func (v *view) ends(i int) bool {
	mark := v.sentence.words[i].mark
	return mark != 0 && mark != reference || v.covers(i, func(c string) bool { return c == "but" })
}

func (v *view) isObject(i int) bool {
	return v.covers(i, func(c string) bool { return v.book.objects[c] })
}

func (v *view) covers(i int, wanted func(string) bool) bool {
	return slices.ContainsFunc(v.hits, func(h hit) bool { return h.from <= i && i < h.to && wanted(h.concept) })
}

// findings gives the rules that hold, and what quiet ones took from others.
func (v *view) findings(words int) []finding {
	var found []finding
	for i := range v.book.Rules {
		r := &v.book.Rules[i]
		if r.Short > 0 && words > r.Short {
			continue
		}
		if r.Verb == "" {
			found = append(found, v.seen(r)...)
		} else if r.Object == "" {
			found = append(found, v.bare(r)...)
		}
	}
	for _, h := range v.hits {
		found = append(found, v.objects(h)...)
	}
	return found
}

func (v *view) seen(r *rule) []finding {
	var found []finding
	for _, h := range v.hits {
		if h.concept == r.See && r.says() && v.allows(r, h) && (r.Near == "" || v.near(h, r.Near)) {
			found = append(found, v.finding(r, h, 0))
		}
	}
	return found
}

// allows tells whether the hit is in the rule's state, and not the object of
// a deletion: "delete what you have about me" asks for no copy.
func (v *view) allows(r *rule, h hit) bool {
	if r.State && v.verbs[h] != r.When {
		return false
	}
	return !slices.ContainsFunc(v.hits, func(verb hit) bool {
		if verb.concept != r.NotAfter {
			return false
		}
		reach := v.reach(verb.to, h.from)
		return reach >= 0 && reach <= mostBetween || h.from < verb.from && verb.to <= h.to
	})
}

const mostBetween = 2 // words between a deletion and what is its object

func (v *view) near(h hit, concept string) bool {
	return slices.ContainsFunc(v.hits, func(n hit) bool {
		return n.concept == concept && gap(h, n) <= v.book.Near
	})
}

// bare gives a rule that needs a verb in some state, and no object.
func (v *view) bare(r *rule) []finding {
	var found []finding
	for _, h := range v.hits {
		if h.concept == r.Verb && v.verbs[h] == r.When {
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
	near := v.nearest(verb)
	var found []finding
	for i := range v.book.Rules {
		r := &v.book.Rules[i]
		if r.Object == "" || r.Verb != verb.concept || r.When != v.verbs[verb] {
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
	for _, r := range v.book.Rules {
		if r.Object == "" || r.Verb != verb.concept {
			continue
		}
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
	for _, h := range v.hits {
		apart := h.from >= verb.to || h.to <= verb.from || h.from > verb.from && h.to < verb.to
		if h.concept == concept && apart && gap(verb, h) < least {
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
	return v.ends(a.to)
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
	for _, r := range v.book.Rules {
		if r.Quiets <= most {
			continue
		}
		if slices.ContainsFunc(v.hits, func(h hit) bool {
			return h.concept == r.See && h != at && (!r.Follows || h.from <= at.from)
		}) {
			most = r.Quiets
		}
	}
	return most
}
