package intent

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// optional concepts: not every language has a form of its own for them.
var optional = []string{"delete_it", "negated_after", "cannot_after", "please"}

// A misspelt name in a file would silence rules without a trace.
func TestFilesNameTheSameConcepts(t *testing.T) {
	b := loaded()
	used := map[string]bool{"negated": true, "no_longer": true, "cannot": true, "negated_after": true, "cannot_after": true,
		"but": true, "please": true, "company": true, "not_negation": true}
	for _, r := range b.Rules {
		for _, name := range []string{r.Verb, r.Object, r.See, r.Near, r.NotAfter} {
			used[name] = true
		}
	}
	for _, x := range b.Bonus {
		used[x.See] = true
	}
	delete(used, "")
	for _, name := range slices.Concat(b.Masks.Hidden, b.Masks.By, b.Masks.Negators) {
		if !used[name] {
			t.Errorf("masks name %q, which no rule uses", name)
		}
	}
	for _, language := range languages {
		compareConcepts(t, language, used)
	}
}

func compareConcepts(t *testing.T, language string, used map[string]bool) {
	t.Helper()
	var file tongue
	if err := decode(language, &file); err != nil {
		t.Fatal(err)
	}
	for name := range file.Concepts {
		if !used[name] {
			t.Errorf("%s has the concept %q, which no rule uses", language, name)
		}
	}
	for name := range used {
		if file.Concepts[name] == "" && !slices.Contains(optional, name) {
			t.Errorf("%s lacks the concept %q", language, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(file.Lists)) {
		if !strings.Contains(strings.Join(slices.Collect(maps.Values(file.Concepts)), "\n"), "<"+name+">") {
			t.Errorf("%s has the list %q, which no phrase uses", language, name)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	for line, why := range map[string]string{
		"":             "nothing",
		".. delete":    "a gap at the beginning",
		"delete ..":    "a gap at the end",
		"delete it?":   "an optional word at the end",
		"delete <all>": "a list that there is not",
		"d* it":        "a stem of one letter",
		"don't":        "an apostrophe, which no word keeps",
	} {
		if _, err := compile("en", "delete", line, nil); err == nil {
			t.Errorf("compile takes %q: %s", line, why)
		}
	}
}
