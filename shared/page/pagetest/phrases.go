package pagetest

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/mikla-ai/data-deletion/shared/page"
)

var marked = regexp.MustCompile(`\{\w+\}|\{|\}|` + regexp.QuoteMeta(page.Mailbox))

// Translated holds a phrasebook to the English one: nothing is missing, every phrase has
// the same placeholders and our address as often, is in the language's own script, and
// is not the English one, but for those listed in same.
func Translated(t *testing.T, l page.Language, english, book any, same ...string) {
	t.Helper()
	phrases := Phrases(book)
	for place, original := range Phrases(english) {
		phrase := phrases[place]
		if strings.TrimSpace(phrase) == "" {
			t.Errorf("%s: nothing for %s: %q", l, place, original)
			continue
		}
		if got, want := marks(phrase), marks(original); !slices.Equal(got, want) {
			t.Errorf("%s: %s has %v, not %v: %q", l, place, got, want, phrase)
		}
		if l == page.English || slices.Contains(same, original) {
			continue
		}
		if phrase == original {
			t.Errorf("%s: %s is English: %q", l, place, phrase)
		}
		if !written(l, phrase) {
			t.Errorf("%s: %s is in another script: %q", l, place, phrase)
		}
	}
}

func marks(phrase string) []string {
	found := marked.FindAllString(phrase, -1)
	slices.Sort(found)
	return found
}

// written says that the letters of a phrase are of the language's script, if it has any
// but placeholders: names and units may be Latin, but not all of it.
func written(l page.Language, phrase string) bool {
	own := unicode.Latin
	foreign := []*unicode.RangeTable{unicode.Arabic, unicode.Hebrew, unicode.Cyrillic}
	switch l {
	case page.Arabic:
		own, foreign = unicode.Arabic, []*unicode.RangeTable{unicode.Hebrew, unicode.Cyrillic}
	case page.Hebrew:
		own, foreign = unicode.Hebrew, []*unicode.RangeTable{unicode.Arabic, unicode.Cyrillic}
	}
	bare := marked.ReplaceAllString(phrase, "")
	letter := func(r rune) bool { return unicode.Is(own, r) }
	return (strings.ContainsFunc(bare, letter) || !strings.ContainsFunc(bare, unicode.IsLetter)) &&
		!strings.ContainsFunc(bare, func(r rune) bool { return unicode.IsOneOf(foreign, r) && !unicode.IsPunct(r) })
}

// Phrases gives every text of a phrasebook by its place in it.
func Phrases(book any) map[string]string {
	found := map[string]string{}
	walk(reflect.ValueOf(book), "", found)
	return found
}

func walk(v reflect.Value, place string, found map[string]string) {
	switch v.Kind() {
	case reflect.Pointer:
		walk(v.Elem(), place, found)
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), place+"."+v.Type().Field(i).Name, found)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			walk(v.MapIndex(key), fmt.Sprintf("%s[%v]", place, key), found)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), fmt.Sprintf("%s[%d]", place, i), found)
		}
	case reflect.String:
		if v.String() != "" {
			found[place] = v.String()
		}
	case reflect.Bool:
		found[place] = fmt.Sprintf("{%v}", v.Bool())
	}
}
