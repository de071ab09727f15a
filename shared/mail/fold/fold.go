// Package fold brings text of many scripts to one form in which words can be
// compared: without case, marks, tatweel and invisible characters, and with
// one letter for what Arabic and Latin write in several ways.
//
// It is for finding things in what people write. It is not for deciding who
// somebody is: two addresses that fold alike are two addresses.
package fold

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Word is one word of a text: its folded form, and where it stands in the
// text, in bytes.
type Word struct {
	Text       string
	Start, End int
}

// letters are those that no decomposition brings to their plain form.
var letters = strings.NewReplacer("ł", "l", "ø", "o", "đ", "d", "ı", "i", "æ", "ae", "œ", "oe",
	"ى", "ي", "ة", "ه", "ی", "ي", "ک", "ك", "ٱ", "ا", "ـ", "")

// String folds s: NFKD, marks and invisible characters dropped, case folded.
// Punctuation and spaces stay.
func String(s string) string {
	if isPlain(s) {
		return strings.ToLower(s)
	}
	kept := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
	return letters.Replace(cases.Fold().String(kept))
}

// Words splits s where neither a letter, a digit nor a mark stands, and where
// Hebrew or Arabic letters meet others, since their prefixes are written onto
// foreign names. An ampersand is a word.
func Words(s string) []Word {
	var words []Word
	start, class := -1, separator
	for at, r := range s + " " {
		now := classOf(r)
		if now == mark && start >= 0 {
			continue
		}
		if start >= 0 && now != class {
			words = appendWord(words, s, start, at)
			start = -1
		}
		if start < 0 && now > mark {
			start = at
		}
		class = now
	}
	return words
}

func appendWord(words []Word, s string, start, end int) []Word {
	text := String(s[start:end])
	if text == "" {
		return words
	}
	return append(words, Word{Text: text, Start: start, End: end})
}

// The classes of characters: a word is a run of one of the last three, with
// marks anywhere in it.
const (
	separator = iota
	mark
	ampersand
	semitic
	other
)

func classOf(r rune) int {
	switch {
	case r == 'ـ' || unicode.In(r, unicode.M, unicode.Cf):
		return mark
	case r == '&':
		return ampersand
	case !unicode.IsLetter(r) && !unicode.IsNumber(r):
		return separator
	case unicode.In(r, unicode.Hebrew, unicode.Arabic) && unicode.IsLetter(r):
		return semitic
	}
	return other
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
