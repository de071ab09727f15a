package linkpage

import (
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/page/pagetest"
)

func TestPhrasebooksAreComplete(t *testing.T) {
	for _, l := range page.Languages() {
		if books[l] == nil {
			t.Errorf("there is no phrasebook of %s", l)
			continue
		}
		pagetest.Translated(t, l, english, books[l])
	}
}

func TestEnglishHasWordsForEverything(t *testing.T) {
	for _, k := range Kinds() {
		if english.Ask[k].Button == "" || english.Act[k].Headline == "" || english.NotYou[k] == "" || english.Done[k].Headline == "" {
			t.Errorf("%s has no words", k)
		}
	}
	for _, s := range Scopes() {
		if english.Acts[s] == "" || len(english.Effects[s]) == 0 {
			t.Errorf("a closure of a %s has no words", s)
		}
	}
	for _, p := range []Problem{NothingGiven, WrongPIN} {
		if english.Problems[p] == "" {
			t.Errorf("%s has no words", p)
		}
	}
	for _, name := range []string{FieldName, FieldWhen, FieldPhone, FieldPIN} {
		if english.Fields[name].Label == "" {
			t.Errorf("the field %s has no label", name)
		}
	}
}
