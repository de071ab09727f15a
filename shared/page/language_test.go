package page_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
)

func TestChoose(t *testing.T) {
	for _, c := range []struct {
		asked, accepted string
		want            page.Language
	}{
		{"", "", page.English},
		{"es", "", page.Spanish},
		{"es", "de", page.Spanish},
		{"PT-br", "", page.Portuguese},
		{"he_IL", "", page.Hebrew},
		{"iw", "", page.Hebrew},
		{"xx", "de", page.German},
		{"<script>", "fr", page.French},
		{strings.Repeat("e", 5000), "", page.English},
		{"", "de-CH", page.German},
		{"", "AR-eg,en;q=0.5", page.Arabic},
		{"", "en;q=0.5, it;q=0.9", page.Italian},
		{"", "en ; q=0.5, it ; q=0.9", page.Italian},
		{"", "it, fr", page.Italian},
		{"", "ja, ko;q=0.9, fr;q=0.1", page.French},
		{"", "ja", page.English},
		{"", "*", page.English},
		{"", "ja, *;q=0.5, de;q=0.3", page.English},
		{"", "de;q=0.5, *;q=0.3", page.German},
		{"", "fr;q=0, de;q=0.001", page.German},
		{"", "fr;q=0", page.English},
		{"", "fr;q=2, de;q=0.1", page.German},
		{"", "fr;q=nan, de;q=0.1", page.German},
		{"", "fr;;, de;q=0.1", page.German},
		{"", ",,;q=1,;,-", page.English},
		{"", strings.Repeat("ja;q=0.9,", 1000) + "pt;q=0.1", page.Portuguese},
		{"", "pt-BR,pt;q=0.9,en-US;q=0.8,en;q=0.7", page.Portuguese},
		{"", "deu, fr;q=0.5", page.French},
	} {
		if got := page.Choose(c.asked, c.accepted); got != c.want {
			t.Errorf("Choose(%.40q, %.40q) = %s, want %s", c.asked, c.accepted, got, c.want)
		}
	}
}

func TestDirections(t *testing.T) {
	for _, l := range page.Languages() {
		want := "ltr"
		if l == page.Arabic || l == page.Hebrew {
			want = "rtl"
		}
		if l.Direction() != want {
			t.Errorf("%s runs %s", l, l.Direction())
		}
	}
}

func FuzzChoose(f *testing.F) {
	for _, seed := range []string{"", "*", "de;q=0.5, en", "x;q="} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, asked, accepted string) {
		if got := page.Choose(asked, accepted); len(got) != 2 {
			t.Errorf("chose %q", got)
		}
	})
}
