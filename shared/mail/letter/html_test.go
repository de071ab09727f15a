package letter_test

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/mikla-ai/data-deletion/shared/mail/letter"
)

// allowed is all the HTML of a letter: element -> attributes. Mail programs drop or block
// more than this, and nothing here fetches anything.
var allowed = map[string][]string{
	"html": {"lang", "dir"}, "head": nil, "title": nil, "meta": {"charset", "name", "content"}, "body": {"style"},
	"div": {"lang", "dir", "style"}, "h1": {"style"}, "h2": {"style"}, "p": {"style"}, "ul": {"style"}, "li": nil,
	"a": {"href", "style", "dir"}, "span": {"dir", "style"}, "strong": nil, "br": nil, "hr": {"style"},
}

// empty elements have no end.
var empty = []string{"meta", "br", "hr"}

func TestHTMLIsWellFormedAndPlain(t *testing.T) {
	everyLetter(t, func(name string, _ sample, l letter.Letter) {
		for _, wrong := range faults(l.HTML) {
			t.Errorf("%s: %s", name, wrong)
		}
	})
}

// The check finds what it is there for.
func TestHTMLFaultsAreFound(t *testing.T) {
	for _, bad := range []string{"<p>", "<p></div>", "<img>", `<p onclick="x"></p>`, `<a href="http://x.example"></a>`,
		`<p style="background:url(x)"></p>`, `<meta http-equiv="refresh">`, "a < b"} {
		if len(faults(bad)) == 0 {
			t.Errorf("nothing is wrong with %s", bad)
		}
	}
}

// faults lists what a letter's HTML must not have. It compares nesting token by token,
// since a tree would be mended silently.
func faults(src string) []string {
	var found, open []string
	fault := func(what string) { found = append(found, what) }
	z := html.NewTokenizer(strings.NewReader(src))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				fault("never closed: " + strings.Join(open, " "))
			}
			return found
		case html.StartTagToken, html.SelfClosingTagToken:
			token := z.Token()
			if !slices.Contains(empty, token.Data) {
				open = append(open, token.Data)
			}
			found = append(found, faultsOf(token)...)
		case html.EndTagToken:
			token := z.Token()
			if len(open) == 0 || open[len(open)-1] != token.Data {
				fault("</" + token.Data + "> closes " + strings.Join(open, " "))
				return found
			}
			open = open[:len(open)-1]
		case html.TextToken:
			if raw := string(z.Raw()); strings.ContainsAny(raw, "<>") {
				fault("unescaped: " + raw)
			}
		case html.CommentToken:
			fault("a comment")
		}
	}
}

var unsafe = regexp.MustCompile(`(?i)url\(|javascript|expression|@import|position|float`)

func faultsOf(token html.Token) []string {
	names, known := allowed[token.Data]
	if !known {
		return []string{"element " + token.Data}
	}
	var found []string
	for _, a := range token.Attr {
		if !slices.Contains(names, a.Key) || unsafe.MatchString(a.Val) {
			found = append(found, "attribute "+a.Key+"="+a.Val+" of "+token.Data)
		}
		if a.Key == "href" && a.Val != link && a.Val != statusURL {
			found = append(found, "a link to "+a.Val)
		}
	}
	return found
}

func TestDirectionAndLanguageAreSaidTwice(t *testing.T) {
	for _, language := range letter.Languages() {
		direction := "ltr"
		if language == "ar" || language == "he" {
			direction = "rtl"
		}
		for _, s := range samples(language) {
			l := write(t, s)
			attributes := `lang="` + language + `" dir="` + direction + `">`
			if !strings.Contains(l.HTML, "<html "+attributes) || strings.Count(l.HTML, "<div "+attributes) != 2 {
				t.Errorf("%s in %s: %s must stand on html, and on body and footer, which web mail keeps", s.name, language, attributes)
			}
		}
	}
}

// Links, codes and PINs read from the left in every language.
func TestLinksAndCodesReadFromTheLeft(t *testing.T) {
	for _, language := range letter.Languages() {
		h := write(t, sample{"full", letter.ClosureLink, full(language)}).HTML
		for _, shown := range []string{link, statusURL, "204816", "ABCD EFGH IJKL MNOP QRST 2345"} {
			form := regexp.MustCompile(`dir="ltr"[^<>]*>` + regexp.QuoteMeta(shown) + `<`)
			if !form.MatchString(h) {
				t.Errorf("%s: %s has no dir=\"ltr\"", language, shown)
			}
		}
	}
}

var colour = regexp.MustCompile(`#[0-9a-f]{6}`)

// Text has the reader's own colours, light or dark; the button brings both of its own, and
// the lines are seen on white and on black.
func TestColoursStandOutInBothSchemes(t *testing.T) {
	const ground, label, edge = "#163fa6", "#ffffff", "#7d8592"
	everyLetter(t, func(name string, _ sample, l letter.Letter) {
		for _, c := range colour.FindAllString(l.HTML, -1) {
			if c != ground && c != label && c != edge {
				t.Errorf("%s: the colour %s was never compared with a ground", name, c)
			}
		}
		both := "background-color:" + ground + ";color:" + label
		if strings.Count(l.HTML, ground) != strings.Count(l.HTML, both) || strings.Count(l.HTML, label) != strings.Count(l.HTML, both) {
			t.Errorf("%s: the button's colours do not come together", name)
		}
	})
	for _, c := range []struct {
		fore, back string
		least      float64
	}{{label, ground, 7}, {edge, "#ffffff", 3}, {edge, "#000000", 3}} {
		if got := contrast(c.fore, c.back); got < c.least {
			t.Errorf("%s on %s is %.2f to 1, at least %.0f is needed", c.fore, c.back, got, c.least)
		}
	}
}

// contrast is WCAG's, 1 to 21.
func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(hex string) float64 {
	rgb, _ := strconv.ParseUint(hex[1:], 16, 32)
	channel := func(shift uint) float64 {
		c := float64(rgb>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(16) + 0.7152*channel(8) + 0.0722*channel(0)
}
