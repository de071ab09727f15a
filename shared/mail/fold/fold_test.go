package fold_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

func TestWordsThatAreTheSameFoldAlike(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"Bodega El Capricho", "bodega|el|capricho"},
		{"León, LEÓN; Leo\u0301n", "leon|leon|leon"},
		{"Straße STRASSE", "strasse|strasse"},
		{"Smørrebrød Łódź cœur", "smorrebrod|lodz|coeur"},
		{"Har\u00adbour\u200bView", "harbourview"},
		{"Ｈｏｔｅｌ　Ｓｏｌ", "hotel|sol"},
		{"فُنْدُق الأُفُق", "فندق|الافق"},
		{"مقهــى الواحة", "مقهي|الواحه"},
		{"בHarbour View", "ב|harbour|view"},
		{"מָלוֹן השקד", "מלון|השקד"},
		{"Joe’s & Co.", "joe|s|&|co"},
		{"\u0301 - \u200b", ""},
		{"", ""},
	} {
		var got []string
		for _, w := range fold.Words(c.text) {
			got = append(got, w.Text)
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("Words(%q) = %q, want %q", c.text, strings.Join(got, "|"), c.want)
		}
	}
}

func TestWordsSayWhereTheyStand(t *testing.T) {
	const text = "«Été» à לHarbour"
	for _, w := range fold.Words(text) {
		if got := fold.String(text[w.Start:w.End]); got != w.Text {
			t.Errorf("%q stands at %d:%d, which is %q", w.Text, w.Start, w.End, got)
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, seed := range []string{"Bodega El Capricho", "בHarbour", "مقهــى", "\xff\u0301", "ﷺ ß İ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, w := range fold.Words(text) {
			if w.Text == "" || w.Start < end || w.End <= w.Start || w.End > len(text) {
				t.Fatalf("Words(%q) gives %+v after %d", text, w, end)
			}
			end = w.End
		}
	})
}
