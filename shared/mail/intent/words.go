package intent

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const (
	mostBytes    = 64 << 10 // of subject and body each; what follows is not read
	mostWords    = 4000     // of subject and body each
	mostTogether = 200      // words of a sentence; more are cut
	longestWord  = 40       // bytes; longer ones are cut
	shortPrefix  = 3        // letters that end no sentence before a dot: "art.", "z.B."
	softBoundary = ','
	hardBoundary = '.'
	asking       = '?'
	reference    = '@'
)

// word is one word of a mail, or what stands between words.
type word struct {
	forms []string // folded: as written, without attached prefixes, corrected
	mark  rune     // a boundary or a reference; 0 for a word
}

// sentence is what stands between two hard boundaries. Its words end with a
// boundary, so that patterns can ask for the end.
type sentence struct {
	words   []word
	subject bool
	reply   bool // a subject that begins with Re:
}

// Addresses, links and handles say nothing of what is wanted, and their parts
// must not be taken for words.
var (
	references = regexp.MustCompile(`(?:https?://|www\.)\S+|[\p{L}\p{N}._%+-]*@[\p{L}\p{N}._-]+`)
	ownDomain  = regexp.MustCompile(`(?i)\bmikla\.ai\b`)
	replies    = regexp.MustCompile(`(?i)^\s*(?:re|aw|sv|rv|res|ref|fwd?|wg|tr|rif|i|הנדון|رد)\s*:\s*`)
)

// fold makes spellings equal: compatibility forms, marks, case, digits,
// Arabic letter variants. Invisible characters go.
func fold(s string) string {
	return strings.ToLower(strings.Map(foldRune, strings.NewReplacer(
		"ß", "ss", "æ", "ae", "œ", "oe", "Æ", "ae", "Œ", "oe").Replace(norm.NFKD.String(s))))
}

var variants = map[rune]rune{
	'ø': 'o', 'Ø': 'o', 'ł': 'l', 'Ł': 'l', 'ı': 'i', 'đ': 'd',
	'ى': 'ي', 'ی': 'ي', 'ة': 'ه', 'ک': 'ك', 'ٱ': 'ا',
	'’': '\'', '‘': '\'', '`': '\'', '´': '\'', 'ʼ': '\'', '׳': '\'', '״': '"', '“': '"', '”': '"',
}

func foldRune(r rune) rune {
	if to, ok := variants[r]; ok {
		return to
	}
	switch {
	case r >= '٠' && r <= '٩':
		return '0' + r - '٠'
	case r >= '۰' && r <= '۹':
		return '0' + r - '۰'
	case r == 'ـ', unicode.Is(unicode.Mn, r), unicode.Is(unicode.Cf, r):
		return -1
	}
	return r
}

// head cuts s at a rune's beginning, to at most mostBytes.
func head(s string) (string, bool) {
	if len(s) <= mostBytes {
		return s, true
	}
	return strings.ToValidUTF8(s[:mostBytes], ""), false
}

// scanner splits folded text into words and boundaries.
type scanner struct {
	text  []rune
	words []word
	from  int // where the word being read begins, -1 between words
}

// split gives the words of s, and false if it was too long to be read whole.
func split(s string) ([]word, bool) {
	s, whole := head(s)
	s = references.ReplaceAllString(ownDomain.ReplaceAllString(s, "mikla"), " @ ")
	scan := scanner{text: []rune(fold(s)), from: -1}
	for i, r := range scan.text {
		if len(scan.words) >= mostWords {
			whole = false
			break
		}
		scan.step(i, r)
	}
	scan.end(len(scan.text))
	return append(scan.words, word{mark: hardBoundary}), whole
}

func (s *scanner) step(i int, r rune) {
	switch {
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		if s.from < 0 {
			s.from = i
		}
	case s.joins(i, r):
	default:
		s.end(i)
		s.mark(i, r)
	}
}

// joins tells whether an apostrophe stands within a word: "don't", בע"מ.
func (s *scanner) joins(i int, r rune) bool {
	if s.from < 0 || r != '\'' && r != '"' {
		return false
	}
	before, after := s.at(i-1), s.at(i+1)
	if unicode.Is(unicode.Hebrew, before) && unicode.Is(unicode.Hebrew, after) {
		return true
	}
	return r == '\'' && before == 'n' && after == 't' && !unicode.IsLetter(s.at(i+2))
}

func (s *scanner) at(i int) rune {
	if i < 0 || i >= len(s.text) {
		return ' '
	}
	return s.text[i]
}

func (s *scanner) end(i int) {
	if s.from < 0 {
		return
	}
	text := strings.Map(func(r rune) rune {
		if r == '\'' || r == '"' {
			return -1
		}
		return r
	}, string(s.text[s.from:i]))
	s.from = -1
	s.words = append(s.words, word{forms: forms(text)})
}

func (s *scanner) mark(i int, r rune) {
	switch r {
	case '?', '؟':
		s.add(asking)
	case '!', ';', '؛', '。', '…', '¿', '¡', '|', '•':
		s.add(hardBoundary)
	case '.':
		if s.endsSentence(i) {
			s.add(hardBoundary)
		}
	case '\n':
		if s.at(i+1) == '\n' || s.at(i+1) == '\r' && s.at(i+2) == '\n' {
			s.add(hardBoundary)
		}
	case ',', '،', ':', '(', ')', '–', '—', '"', '«', '»':
		s.add(softBoundary)
	case '@':
		s.add(reference)
	case '-':
		if s.at(i-1) == ' ' || s.at(i-1) == '\n' {
			s.add(softBoundary)
		}
	}
}

// endsSentence tells a full stop from the dot of "art. 17", "z.B." and "3. Mai".
func (s *scanner) endsSentence(i int) bool {
	if unicode.IsDigit(s.at(i-1)) && !unicode.IsDigit(s.at(i-3)) {
		return false
	}
	next := i + 1
	for s.at(next) == ' ' && next < len(s.text) {
		next++
	}
	abbreviated := unicode.IsDigit(s.at(next)) || next == i+1 && unicode.IsLetter(s.at(next))
	return !abbreviated || len(s.words) == 0 || len(s.last()) > shortPrefix
}

// last gives the last word as written, "" after a boundary.
func (s *scanner) last() string {
	if w := s.words[len(s.words)-1]; w.mark == 0 {
		return w.forms[0]
	}
	return ""
}

// add keeps the stronger of boundaries that follow each other.
func (s *scanner) add(mark rune) {
	n := len(s.words)
	if n == 0 || mark == reference || s.words[n-1].mark == 0 || s.words[n-1].mark == reference {
		s.words = append(s.words, word{mark: mark})
		return
	}
	if s.words[n-1].mark == softBoundary || mark == asking {
		s.words[n-1].mark = mark
	}
}

// forms gives the word, and for Hebrew and Arabic also what is left without
// the letters that are written together with it: and, to, in, the.
func forms(w string) []string {
	if len(w) > longestWord {
		w = strings.ToValidUTF8(w[:longestWord], "")
	}
	all := []string{w}
	if w == hebrewPlease {
		return all
	}
	switch first, _ := firstRune(w); {
	case unicode.Is(unicode.Hebrew, first):
		all = without(all, hebrewOuter, 2)
		all = without(all, hebrewInner, 3)
		all = without(all, hebrewInner, 3)
	case unicode.Is(unicode.Arabic, first):
		all = without(all, arabicOuter, 2)
		all = without(all, arabicInner, 3)
	}
	return all
}

func firstRune(w string) (rune, bool) {
	for _, r := range w {
		return r, true
	}
	return 0, false
}

// hebrewPlease looks like "in a request", and is none.
const hebrewPlease = "בבקשה"

// Letters that stand before a Hebrew or Arabic word, without a space.
var (
	hebrewOuter = []string{"ו", "ש", "וש"}
	hebrewInner = []string{"ה", "ל", "ב", "מ", "כ"}
	arabicOuter = []string{"و", "ف"}
	arabicInner = []string{"ال", "بال", "كال", "لل", "ل", "ب", "ك"}
)

// without adds the words that are left after a prefix, if they keep at least
// that many letters.
func without(words, prefixes []string, letters int) []string {
	for _, w := range words {
		for _, p := range prefixes {
			rest, found := strings.CutPrefix(w, p)
			if found && len([]rune(rest)) >= letters {
				words = append(words, rest)
			}
		}
	}
	return words
}

// sentences cuts words at hard boundaries. It reports false if a sentence was
// so long that it had to be cut within.
func sentences(words []word) (all []sentence, whole bool) {
	from, whole := 0, true
	for i, w := range words {
		end := w.mark == hardBoundary || w.mark == asking
		long := i-from >= mostTogether
		whole = whole && (end || !long)
		if end || long {
			if i > from {
				all = append(all, sentence{words: words[from : i+1]})
			}
			from = i + 1
		}
	}
	return all, whole
}
