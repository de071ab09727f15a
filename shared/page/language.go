package page

import (
	"mime"
	"strings"
)

// Language is a BCP 47 tag of one of the languages that the pages speak.
type Language string

// The languages that the pages speak.
const (
	English    Language = "en"
	Spanish    Language = "es"
	French     Language = "fr"
	German     Language = "de"
	Italian    Language = "it"
	Portuguese Language = "pt"
	Arabic     Language = "ar"
	Hebrew     Language = "he"
)

// Languages lists every language, in the order in which they are offered.
func Languages() []Language {
	return []Language{English, Spanish, French, German, Italian, Portuguese, Arabic, Hebrew}
}

// Direction is "rtl" or "ltr", as HTML's dir has it.
func (l Language) Direction() string {
	if l == Arabic || l == Hebrew {
		return "rtl"
	}
	return "ltr"
}

// Choose gives the language that was asked for in the link, else the one that the
// Accept-Language header likes best, else English.
func Choose(asked, acceptLanguage string) Language {
	if l, ok := spoken(asked); ok {
		return l
	}
	chosen, best := English, 0.0
	for _, element := range elements(acceptLanguage) {
		if l, q := preference(element); q > best {
			chosen, best = l, q
		}
	}
	return chosen
}

// preference reads one element of Accept-Language; q is 0 for what nobody here speaks.
// Whoever takes any language gets English.
func preference(element string) (Language, float64) {
	tag, weight, weighed := strings.Cut(element, ";")
	parameters := map[string]string{}
	if weighed {
		var err error
		if _, parameters, err = mime.ParseMediaType("x;" + weight); err != nil {
			return "", 0
		}
	}
	q, ok := quality(parameters)
	if !ok {
		return "", 0
	}
	if tag = strings.TrimSpace(tag); tag == "*" {
		return English, q
	}
	if l, known := spoken(tag); known {
		return l, q
	}
	return "", 0
}

// spoken finds the language of a tag, whatever its region or script.
func spoken(tag string) (Language, bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	if base == "iw" { // Hebrew's tag until 1989, which old phones still send
		base = string(Hebrew)
	}
	_, ok := books[Language(base)]
	return Language(base), ok
}
