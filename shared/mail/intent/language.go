package intent

import (
	"slices"
	"unicode"
)

// other stands for scripts that none of the eight languages is written in.
const other = "other"

// speech counts, for each language, the words of its own: common words, and
// for languages with their own script every word.
func (b *book) speech(words []word) map[string]int {
	counts := map[string]int{}
	for _, w := range words {
		if w.mark != 0 {
			continue
		}
		for _, language := range b.common[w.forms[0]] {
			counts[language] += 2
		}
		if language := script(w.forms[0]); language != "" {
			counts[language]++
		}
	}
	return counts
}

func script(w string) string {
	first, _ := firstRune(w)
	switch {
	case first == 0 || unicode.In(first, unicode.Latin, unicode.Nd):
		return ""
	case unicode.Is(unicode.Hebrew, first):
		return "he"
	case unicode.Is(unicode.Arabic, first):
		return "ar"
	case unicode.IsLetter(first):
		return other
	}
	return ""
}

// ranked gives the languages in which something was found, first the one that
// has most of the common words and of what was found; the whole mail decides
// between equals.
func (b *book) ranked(s sentence, found map[string][]hit, total map[string]int) []string {
	counts := b.speech(s.words)
	points := map[string]int{}
	var all []string
	for _, language := range languages {
		if len(found[language]) > 0 {
			all = append(all, language)
			points[language] = 100*counts[language] + 100*weight(found[language]) + min(99, total[language])
		}
	}
	slices.SortStableFunc(all, func(x, y string) int { return points[y] - points[x] })
	return all
}

// weight counts the words that the hits cover.
func weight(hits []hit) int {
	n, end := 0, 0
	for _, h := range hits {
		n += max(0, h.to-max(h.from, end))
		end = max(end, h.to)
	}
	return n
}

// mostly gives the language with the highest count among our own, and whether
// a foreign one is above it.
func mostly(total map[string]int) (language string, foreign bool) {
	most := 0
	for _, l := range languages {
		if total[l] > most {
			language, most = l, total[l]
		}
	}
	for l, n := range total {
		foreign = foreign || n > most && n >= leastForeign && !slices.Contains(languages, l)
	}
	return language, foreign
}

const (
	fewWords     = 4 // a mail of fewer words may lack common ones
	leastForeign = 3 // two common words, or three in another script
)

func unknown(m mail) bool {
	language, foreign := mostly(m.total)
	return foreign || language == "" && (m.words >= fewWords || m.total[other] > 0)
}

func isForeign(m mail) bool {
	_, foreign := mostly(m.total)
	return foreign || m.total[other] > 0
}

// language is that of the finding which decided, or else of the mail.
func (t *tally) language(best Intent, m mail) string {
	if t.flags[UnknownLanguage] {
		return ""
	}
	for _, f := range t.findings {
		if f.rule.Intent == best && f.points > 0 {
			return f.language
		}
	}
	language, _ := mostly(m.total)
	return language
}
