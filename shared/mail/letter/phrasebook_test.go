package letter

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// phrases gives every phrase of a book by where it stands: "Letters[challenge].Before[0]".
func phrases(b *phrasebook) map[string]string {
	found := map[string]string{}
	collect(found, "", reflect.ValueOf(*b))
	return found
}

func collect(found map[string]string, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		found[path] = v.String()
	case reflect.Struct:
		for i := range v.NumField() {
			collect(found, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			collect(found, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collect(found, fmt.Sprintf("%s[%s]", path, key), v.MapIndex(key))
		}
	}
}

func others() []*phrasebook {
	return slices.DeleteFunc(slices.Clone(books), func(b *phrasebook) bool { return b == english })
}

func keys(m map[string]string) []string {
	var all []string
	for key := range m {
		all = append(all, key)
	}
	sort.Strings(all)
	return all
}

// buttonless are the letters without a link or a list. Every other phrase is there.
var buttonless = []Kind{AskMore, Acknowledged, Status, ClosureAttempt, Completed, Refused, Question, Lapsed, Withdrawn, Answered}

func TestEnglishHasAllThatIsNeeded(t *testing.T) {
	for _, kind := range Kinds() {
		w := english.Letters[kind]
		if w.Subject == "" || len(w.Before) == 0 {
			t.Errorf("%s has no subject or no words", kind)
		}
		if (w.Button == "") != slices.Contains(buttonless, kind) {
			t.Errorf("%s has the button %q", kind, w.Button)
		}
	}
	if len(english.Letters) != len(Kinds()) || len(needs) != len(Kinds()) {
		t.Errorf("%d letters and %d needs for %d kinds", len(english.Letters), len(needs), len(Kinds()))
	}
	sizes := []int{len(english.Acts), len(english.Details), len(english.States), len(english.Why), len(english.Stores)}
	if want := []int{3, 3, 7, 3, len(stores)}; !slices.Equal(sizes, want) {
		t.Errorf("acts, details, states, audiences, stores: %d, want %d", sizes, want)
	}
}

func TestEveryLanguageSaysEverything(t *testing.T) {
	want := keys(phrases(english))
	if len(want) < 120 {
		t.Fatalf("found only %d phrases: the test looks at too little", len(want))
	}
	for _, b := range books {
		said := phrases(b)
		if got := keys(said); !slices.Equal(got, want) {
			t.Errorf("%s: has %v, lacks %v", b.Language, without(got, want), without(want, got))
		}
		for path, phrase := range said {
			empty := strings.TrimSpace(phrase) == ""
			if empty && english.said(path) {
				t.Errorf("%s: %s is empty", b.Language, path)
			}
			if phrase != strings.TrimSpace(phrase) || strings.Contains(phrase, "  ") {
				t.Errorf("%s: %s has stray spaces: %q", b.Language, path, phrase)
			}
		}
		if b.Day == nil || b.Moment == nil {
			t.Errorf("%s has no dates", b.Language)
		}
	}
}

func (b *phrasebook) said(path string) bool { return phrases(b)[path] != "" }

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

var placeholder = regexp.MustCompile(`\{[^}]*\}|[{}]`)

func placeholders(phrase string) []string {
	found := placeholder.FindAllString(phrase, -1)
	sort.Strings(found)
	return found
}

// A translation names each value that the English phrase names, once, and no other.
func TestEveryLanguageNamesTheSameValues(t *testing.T) {
	named := 0
	want := phrases(english)
	for _, b := range others() {
		for path, phrase := range phrases(b) {
			named += len(placeholders(want[path]))
			if got := placeholders(phrase); !slices.Equal(got, placeholders(want[path])) {
				t.Errorf("%s: %s names %v, the English phrase %v", b.Language, path, got, placeholders(want[path]))
			}
		}
	}
	if named == 0 {
		t.Error("no phrase names a value: the test looks at nothing")
	}
}

// same are phrases that are rightly as in English.
var same = map[string][]string{
	".Direction":   {"es", "fr", "de", "it", "pt"},
	".Labels.Pair": {"es", "de", "it", "pt", "ar", "he"},
}

func TestNothingIsLeftInEnglish(t *testing.T) {
	want := phrases(english)
	for _, b := range others() {
		for path, phrase := range phrases(b) {
			if phrase != "" && strings.EqualFold(phrase, want[path]) && !slices.Contains(same[path], b.Language) {
				t.Errorf("%s: %s is the English phrase %q", b.Language, path, phrase)
			}
		}
	}
}

// Scripts mixed by mistake: a letter in Hebrew within Arabic, or an English sentence in
// either. Names of services stay as they are.
func TestRightToLeftPhrasesAreInTheirScript(t *testing.T) {
	names := regexp.MustCompile(`Mikla|Meta|Instagram|Facebook|Messenger|WhatsApp|UTC`)
	latin := regexp.MustCompile(`[A-Za-z]`)
	scripts := map[string]*regexp.Regexp{"ar": regexp.MustCompile(`\p{Hebrew}`), "he": regexp.MustCompile(`\p{Arabic}`)}
	for _, b := range []*phrasebook{arabic, hebrew} {
		for path, phrase := range phrases(b) {
			rest := placeholder.ReplaceAllString(names.ReplaceAllString(phrase, ""), "")
			if path == ".Language" || path == ".Direction" {
				continue
			}
			if latin.MatchString(rest) || scripts[b.Language].MatchString(rest) {
				t.Errorf("%s: %s has another script: %q", b.Language, path, phrase)
			}
		}
	}
}

func TestLanguagesAreTheEight(t *testing.T) {
	if got := strings.Join(Languages(), " "); got != "en es fr de it pt ar he" {
		t.Errorf("languages are %s", got)
	}
	for _, b := range books {
		want := map[bool]string{true: "rtl", false: "ltr"}[b.Language == "ar" || b.Language == "he"]
		if b.Direction != want {
			t.Errorf("%s is written %s", b.Language, b.Direction)
		}
	}
}

// A further store or kept category of the data map needs a name here.
func TestWhatTheDataMapErasesAndKeepsHasAName(t *testing.T) {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, s := range m.Stores {
		if s.Owner == "platform" && s.Rule != "keep" {
			seen++
			if !slices.Contains(stores, s.Name) || english.Stores[s.Name] == "" {
				t.Errorf("the store %s has no name in letters", s.Name)
			}
		}
	}
	for category := range m.Kept {
		seen++
		if english.Kept[category].Name == "" {
			t.Errorf("the kept category %s has no name in letters", category)
		}
	}
	if seen < 10 {
		t.Errorf("saw only %d stores and categories", seen)
	}
}
