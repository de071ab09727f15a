package intent

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	longestGap = 3 // words that ".." stands for at most
	leastStem  = 2 // letters before a "*"
)

// element is one position of a pattern.
type element struct {
	exact map[string]bool
	stems []string
	ends  bool   // or a boundary
	class string // "..", ",", "@", "#age", "#code", "#number"; "" for words
}

// pattern is one phrase of a concept in one language.
type pattern struct {
	language, concept string
	elements          []element
}

// compile reads one line of a language's file:
//
//	word  stem*  this|that  optional?  <list>  ..  ,  @  #age  #code  #number
//
// Each optional word doubles what is given.
func compile(language, concept, line string, lists map[string][]string) ([]pattern, error) {
	variants := [][]element{nil}
	if strings.HasSuffix(line, "?") {
		return nil, fmt.Errorf("%s, %s, %q: ends with an optional word, which changes nothing", language, concept, line)
	}
	for _, part := range strings.Fields(line) {
		text, optional := strings.CutSuffix(part, "?")
		e, err := readElement(text, lists)
		if err != nil {
			return nil, fmt.Errorf("%s, %s, %q: %w", language, concept, line, err)
		}
		variants = extend(variants, e, optional)
	}
	var all []pattern
	for _, elements := range variants {
		if n := len(elements); n == 0 || elements[0].class == ".." || elements[n-1].class == ".." {
			return nil, fmt.Errorf("%s, %s, %q: begins or ends with no word", language, concept, line)
		}
		all = append(all, pattern{language, concept, elements})
	}
	return all, nil
}

func extend(variants [][]element, e element, optional bool) [][]element {
	var extended [][]element
	for _, v := range variants {
		if optional {
			extended = append(extended, v)
		}
		extended = append(extended, append(slices.Clone(v), e))
	}
	return extended
}

func readElement(text string, lists map[string][]string) (element, error) {
	switch text {
	case "..", ",", "@", "#age", "#code", "#number":
		return element{class: text}, nil
	}
	e := element{exact: map[string]bool{}}
	for _, w := range strings.Split(text, "|") {
		if err := e.addNamed(w, lists); err != nil {
			return element{}, err
		}
	}
	return e, nil
}

// addNamed adds a word, or the words of a <list>.
func (e *element) addNamed(w string, lists map[string][]string) error {
	if w == "," {
		e.ends = true
		return nil
	}
	name, isList := strings.CutPrefix(w, "<")
	if !isList {
		return e.add(w)
	}
	words, found := lists[strings.TrimSuffix(name, ">")]
	if !found {
		return fmt.Errorf("no list %s", w)
	}
	for _, word := range words {
		if err := e.add(word); err != nil {
			return err
		}
	}
	return nil
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue")

// add takes a word or stem as it is, and with umlauts written out.
func (e *element) add(w string) error {
	for _, spelling := range []string{fold(w), fold(umlauts.Replace(w))} {
		stem, isStem := strings.CutSuffix(spelling, "*")
		switch {
		case isStem && utf8.RuneCountInString(stem) >= leastStem:
			e.stems = append(e.stems, stem)
		case !isStem && spelling != "" && !strings.ContainsAny(spelling, " '*<>#@"):
			e.exact[spelling] = true
		default:
			return fmt.Errorf("%q is no word", w)
		}
	}
	return nil
}

func (e *element) matches(w *word) bool {
	switch e.class {
	case "":
		if w.mark != 0 {
			return e.ends && w.mark != reference
		}
		return slices.ContainsFunc(w.forms, e.matchesForm)
	case ",":
		return w.mark != 0 && w.mark != reference
	case "@":
		return w.mark == reference
	}
	return w.mark == 0 && matchesClass(e.class, w.forms[0])
}

func (e *element) matchesForm(form string) bool {
	if e.exact[form] {
		return true
	}
	for _, stem := range e.stems {
		if strings.HasPrefix(form, stem) {
			return true
		}
	}
	return false
}

const (
	adult      = 18 // years; below it a writer is a child
	codeLength = 24 // as confirmation.Length
)

func matchesClass(class, form string) bool {
	n, err := strconv.Atoi(form)
	switch class {
	case "#age":
		return err == nil && n > 4 && n < adult
	case "#number":
		return err == nil
	}
	return len(form) == codeLength && strings.ContainsAny(form, "234567") &&
		strings.Trim(form, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// match gives where the pattern ends that begins at i, or -1. A gap crosses no
// boundary.
func match(elements []element, words []word, i int) int {
	for k := range elements {
		if elements[k].class == ".." {
			return matchGap(elements[k+1:], words, i)
		}
		if i >= len(words) || !elements[k].matches(&words[i]) {
			return -1
		}
		i++
	}
	return i
}

func matchGap(rest []element, words []word, i int) int {
	for gap := 0; gap <= longestGap && i+gap < len(words); gap++ {
		if end := match(rest, words, i+gap); end >= 0 {
			return end
		}
		if w := words[i+gap]; w.mark != 0 && w.mark != reference {
			return -1
		}
	}
	return -1
}

// hit is a concept found in words[from:to] of a sentence.
type hit struct {
	concept  string
	from, to int
}

// index finds the patterns that can begin with a word.
type index struct {
	exact, stems map[string][]*pattern
	classes      []*pattern
}

func newIndex(patterns []pattern) index {
	x := index{exact: map[string][]*pattern{}, stems: map[string][]*pattern{}}
	for i := range patterns {
		p := &patterns[i]
		first := p.elements[0]
		if first.class != "" {
			x.classes = append(x.classes, p)
		}
		for w := range first.exact {
			x.exact[w] = append(x.exact[w], p)
		}
		for _, stem := range slices.Compact(slices.Sorted(slices.Values(first.stems))) {
			x.stems[stem] = append(x.stems[stem], p)
		}
	}
	return x
}

// find gives the hits in each language, ordered by where they begin.
func (x index) find(words []word) map[string][]hit {
	found := map[string][]hit{}
	for i := range words {
		for _, p := range x.candidates(&words[i]) {
			if end := match(p.elements, words, i); end >= 0 {
				found[p.language] = append(found[p.language], hit{p.concept, i, end})
			}
		}
	}
	for language, hits := range found {
		slices.SortFunc(hits, compareHits)
		found[language] = slices.Compact(hits)
	}
	return found
}

func compareHits(a, b hit) int {
	if a.from != b.from {
		return a.from - b.from
	}
	if a.to != b.to {
		return b.to - a.to
	}
	return strings.Compare(a.concept, b.concept)
}

func (x index) candidates(w *word) []*pattern {
	all := slices.Clone(x.classes)
	for _, form := range w.forms {
		all = append(all, x.exact[form]...)
		for at := range form {
			all = append(all, x.stems[form[:at]]...)
		}
		all = append(all, x.stems[form]...)
	}
	return all
}
