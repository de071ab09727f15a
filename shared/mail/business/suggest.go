package business

import (
	"cmp"
	"slices"
)

// mostSuggested is how many tenants an operator is shown.
const mostSuggested = 5

// leastSimilar is the share of a name's words that must be near to a word of
// the text.
const leastSimilar = 0.5

// suggest ranks the tenants whose names are near to words of the text. The
// order is all that similarity decides.
func (d *Directory) suggest(t text, found Found, unclear []mention) []Match {
	type ranked struct {
		tenant int
		score  float64
	}
	var all []ranked
	near := nearWords(t)
	for i, e := range d.entries {
		if score := similarity(e, near); score >= leastSimilar {
			all = append(all, ranked{i, score})
		}
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Compare(b.score, a.score) })
	var out []Match
	for _, m := range unclear {
		out = d.include(out, "part of a longer name", m.tenants...)
	}
	for _, r := range all {
		out = d.include(out, "similar", r.tenant)
	}
	out = slices.DeleteFunc(out, func(m Match) bool {
		return holds(found.Resolved, m.TenantID) || holds(found.Ambiguous, m.TenantID)
	})
	return out[:min(len(out), mostSuggested)]
}

// similarity is the greatest share, of the words of one of a tenant's names,
// that the text nearly holds: 0 to 1, and more for longer names.
func similarity(e entry, near map[string]bool) float64 {
	best := 0.0
	for _, words := range e.words {
		core := coreOf(words)
		seen := 0
		for _, w := range core {
			if slices.ContainsFunc(shortened(w), func(s string) bool { return near[s] }) {
				seen++
			}
		}
		if len(core) > 0 && (seen > 1 || seen == len(core)) {
			best = max(best, float64(seen)/float64(len(core))+float64(seen)/100)
		}
	}
	return best
}

// nearWords holds each word of the text, whole and with one letter less: two
// words that share one of these differ by a slip.
func nearWords(t text) map[string]bool {
	near := map[string]bool{}
	for _, w := range t.words {
		for _, variant := range withoutPrefix(w.Text) {
			for _, s := range shortened(variant) {
				near[s] = true
			}
		}
	}
	return near
}

// shortened gives a word and, if it is not short, the word without each one of
// its letters. A word longer than any name is left whole.
func shortened(word string) []string {
	letters := []rune(word)
	out := []string{word}
	if len(letters) < 4 || len(letters) > 30 {
		return out
	}
	for i := range letters {
		out = append(out, string(letters[:i])+string(letters[i+1:]))
	}
	return out
}
