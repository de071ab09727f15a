package letter_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/letter"
)

var update = flag.Bool("update", false, "write the golden files")

// unknown is the language of a writer whose language nobody recognised.
const unknown = ""

func languages() []string { return append(letter.Languages(), unknown) }

func write(t *testing.T, s sample) letter.Letter {
	t.Helper()
	l, err := letter.Write(s.kind, s.data)
	if err != nil {
		t.Fatalf("%s in %q: %v", s.name, s.data.Language, err)
	}
	return l
}

// everyLetter calls check with each sample in each language.
func everyLetter(t *testing.T, check func(name string, s sample, l letter.Letter)) {
	t.Helper()
	for _, language := range languages() {
		for _, s := range samples(language) {
			check(fileName(language)+"/"+s.name, s, write(t, s))
		}
	}
}

func fileName(language string) string {
	if language == unknown {
		return "unknown"
	}
	return language
}

// mark begins each letter in a golden file, which holds all of one language, so that
// whoever speaks it reads it from top to bottom.
const mark = "<!-- ================ %s ================ -->\n"

func TestLettersAreGolden(t *testing.T) {
	for _, language := range languages() {
		var text, markedUp strings.Builder
		for _, s := range samples(language) {
			l := write(t, s)
			fmt.Fprintf(&text, mark+"Subject: %s\n\n%s\n", s.name, l.Subject, l.Text)
			fmt.Fprintf(&markedUp, mark+"%s\n", s.name, l.HTML)
		}
		golden(t, fileName(language)+".txt", text.String())
		golden(t, fileName(language)+".html", markedUp.String())
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	path := filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	are, were := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range are {
		if i >= len(were) || are[i] != were[i] {
			t.Fatalf("%s:%d is not what it was; look at it, then run go test ./shared/mail/letter -update", path, i+1)
		}
	}
	t.Fatalf("%s is longer than what is written; look at it, then run go test ./shared/mail/letter -update", path)
}

func TestNoGoldenFileIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) != 2*len(languages()) {
		t.Errorf("%d golden files for %d languages, two each: %v", len(files), len(languages()), err)
	}
}

func TestSubjectsAreSafeHeaders(t *testing.T) {
	everyLetter(t, func(name string, s sample, l letter.Letter) {
		if strings.ContainsFunc(l.Subject, unicode.IsControl) || strings.ContainsAny(l.Subject, "{}") {
			t.Errorf("%s: subject %q is not one clean line", name, l.Subject)
		}
		if n := utf8.RuneCountInString(l.Subject); n > 150 {
			t.Errorf("%s: the subject has %d characters, at most 150", name, n)
		}
		if !strings.HasSuffix(l.Subject, " [MK-7F3K2Q]") {
			t.Errorf("%s: subject %q does not end with the tag", name, l.Subject)
		}
		if strings.HasPrefix(l.Subject, "Re: ") != s.data.Reply {
			t.Errorf("%s: subject %q, reply %v", name, l.Subject, s.data.Reply)
		}
	})
}

func TestLettersAreSmall(t *testing.T) {
	everyLetter(t, func(name string, _ sample, l letter.Letter) {
		if len(l.Text) >= 20<<10 || len(l.HTML) >= 20<<10 {
			t.Errorf("%s: %d bytes of text, %d of HTML, each must be below 20 KB", name, len(l.Text), len(l.HTML))
		}
	})
}

// Links stand alone on a line, whole: mail programs find them by that.
func TestTextLinesAreShortAndLinksUnbroken(t *testing.T) {
	everyLetter(t, func(name string, s sample, l letter.Letter) {
		for line := range strings.Lines(l.Text) {
			line = strings.TrimSuffix(line, "\n")
			if n := len(visible(line)); n > 78 && !strings.HasPrefix(line, "https://") {
				t.Errorf("%s: a line of %d characters: %s", name, n, line)
			}
			if strings.Contains(line, "://") && line != link && line != statusURL {
				t.Errorf("%s: a link does not stand alone: %q", name, line)
			}
		}
		if strings.Contains(l.HTML, `href="`+link) != strings.Contains(l.Text, "\n"+link+"\n") {
			t.Errorf("%s: the link is not in both forms", name)
		}
		if s.data.StatusURL != "" && !strings.Contains(l.Text, "\n"+statusURL+"\n") {
			t.Errorf("%s: the status link is missing", name)
		}
	})
}

// visible leaves out the marks of direction, which take no room.
func visible(s string) []rune {
	return slices.DeleteFunc([]rune(s), func(r rune) bool { return unicode.Is(unicode.Bidi_Control, r) })
}

// What may not be told yet is not: without a status link and code there is none.
func TestCodeAndStatusAreThereOnlyWhenGiven(t *testing.T) {
	for _, kind := range letter.Kinds() {
		d := full("en")
		shown := write(t, sample{"full", kind, d})
		if !strings.Contains(shown.Text, "ABCD EFGH IJKL MNOP QRST 2345") || !strings.Contains(shown.HTML, "ABCD EFGH IJKL MNOP QRST 2345") {
			t.Errorf("%s lacks the code in groups of four", kind)
		}
		if kind == letter.Completed {
			continue
		}
		d.Code, d.StatusURL = "", ""
		hidden := write(t, sample{"bare", kind, d})
		if strings.Contains(hidden.Text+hidden.HTML, "/status/") || strings.Contains(hidden.Text, "ABCD") {
			t.Errorf("%s has a code or status link that it was not given", kind)
		}
	}
}

func TestLettersNeedWhatTheySay(t *testing.T) {
	zero := time.Time{}
	without := []struct {
		kinds []letter.Kind
		what  string
		take  func(*letter.Data)
	}{
		{[]letter.Kind{letter.Challenge, letter.ClosureLink, letter.ClosureStarted, letter.OptIn}, "link", func(d *letter.Data) { d.Link = "" }},
		{[]letter.Kind{letter.ClosureLink}, "PIN", func(d *letter.Data) { d.PIN = "" }},
		{[]letter.Kind{letter.ClosureLink, letter.ClosureStarted, letter.ClosureAttempt}, "scope", func(d *letter.Data) { d.Scope = "" }},
		{[]letter.Kind{letter.ClosureLink, letter.ClosureStarted, letter.ClosureAttempt}, "business", func(d *letter.Data) { d.Business = " \u202e" }},
		{[]letter.Kind{letter.ClosureStarted}, "end of the undo", func(d *letter.Data) { d.UndoUntil = zero }},
		{[]letter.Kind{letter.AskMore}, "missing detail", func(d *letter.Data) { d.Missing = nil }},
		{[]letter.Kind{letter.Acknowledged}, "due date", func(d *letter.Data) { d.DueAt = zero }},
		{[]letter.Kind{letter.Status}, "state", func(d *letter.Data) { d.State = "" }},
		{[]letter.Kind{letter.Completed}, "date of the erasure", func(d *letter.Data) { d.LiveErasedAt = zero }},
		{[]letter.Kind{letter.Completed}, "date of the last backup", func(d *letter.Data) { d.BackupsGoneBy = zero }},
		{[]letter.Kind{letter.Completed}, "status link", func(d *letter.Data) { d.StatusURL = "" }},
		{[]letter.Kind{letter.Completed}, "code", func(d *letter.Data) { d.Code = "" }},
		{[]letter.Kind{letter.Refused}, "reason", func(d *letter.Data) { d.Reason = "\r\n " }},
		{[]letter.Kind{letter.Question}, "question", func(d *letter.Data) { d.Question = "" }},
	}
	for _, kind := range letter.Kinds() {
		for _, w := range without {
			d := full("en")
			w.take(&d)
			_, err := letter.Write(kind, d)
			needed := slices.Contains(w.kinds, kind)
			if needed != (err != nil) || needed && fault.KindOf(err) != fault.Invalid {
				t.Errorf("%s without %s: needed %v, error %v", kind, w.what, needed, err)
			}
		}
	}
}

func TestWhatCannotStandInALetterIsInvalid(t *testing.T) {
	for what, spoil := range map[string]func(*letter.Data){
		"a tag of two lines":        func(d *letter.Data) { d.Tag = "MK-1\r\nBcc: x@y.example" },
		"a tag in small letters":    func(d *letter.Data) { d.Tag = "mk-7f3k2q" },
		"no tag":                    func(d *letter.Data) { d.Tag = "" },
		"a code as it is printed":   func(d *letter.Data) { d.Code = "[confirmation code]" },
		"a code in small letters":   func(d *letter.Data) { d.Code = "abcdefghijklmnopqrst2345" },
		"a script for a link":       func(d *letter.Data) { d.Link = "javascript:alert(1)" },
		"a link to another service": func(d *letter.Data) { d.Link = "ftp://x.example/a" },
		"a link with a line break":  func(d *letter.Data) { d.Link = link + "\n.x" },
		"a path for a status link":  func(d *letter.Data) { d.StatusURL = "/status/x" },
		"a PIN of letters":          func(d *letter.Data) { d.PIN = "12a456" },
		"a short PIN":               func(d *letter.Data) { d.PIN = "12345" },
		"negative hours":            func(d *letter.Data) { d.Hours = -1 },
		"an unknown scope":          func(d *letter.Data) { d.Scope = "city" },
		"an unknown state":          func(d *letter.Data) { d.State = "resting" },
		"an unknown audience":       func(d *letter.Data) { d.Audience = "everybody" },
		"an unknown detail":         func(d *letter.Data) { d.Missing = []letter.Detail{"passport"} },
		"a very long name":          func(d *letter.Data) { d.Business = strings.Repeat("x", 201) },
		"a very long question":      func(d *letter.Data) { d.Question = strings.Repeat("x", 4001) },
		"a very long reason":        func(d *letter.Data) { d.Reason = strings.Repeat("x", 4001) },
	} {
		d := full("en")
		spoil(&d)
		if l, err := letter.Write(letter.ClosureLink, d); fault.KindOf(err) != fault.Invalid || l != (letter.Letter{}) {
			t.Errorf("%s: error %v, want invalid and no letter", what, err)
		}
	}
	if _, err := letter.Write("praise", full("en")); fault.KindOf(err) != fault.Invalid {
		t.Errorf("an unknown kind: error %v, want invalid", err)
	}
}

func TestLongestWordsStillMakeASmallLetter(t *testing.T) {
	d := full("de")
	d.Question = strings.Repeat("& ", 2000)
	if l := write(t, sample{"long", letter.Question, d}); len(l.HTML) >= 20<<10 {
		t.Errorf("%d bytes of HTML, want below 20 KB", len(l.HTML))
	}
}

// The first contact with somebody whose language is unknown is in two languages; a
// language that we do not speak is as unknown as none.
func TestUnknownLanguageIsEnglishAndSpanish(t *testing.T) {
	two := []letter.Kind{letter.Acknowledged, letter.AskMore, letter.Challenge, letter.NotIdentified, letter.Reminder}
	for _, kind := range letter.Kinds() {
		for _, language := range []string{unknown, "ja"} {
			l := write(t, sample{"unknown", kind, full(language)})
			english, spanish := strings.Contains(l.Text, "Kind regards"), strings.Contains(l.Text, "Un cordial saludo")
			if !english || spanish != slices.Contains(two, kind) {
				t.Errorf("%s in %q: English %v, Spanish %v", kind, language, english, spanish)
			}
			if strings.Contains(l.HTML, `<div lang="es" dir="ltr">`) != spanish || strings.Contains(l.Subject, " / ") != spanish {
				t.Errorf("%s in %q: text, subject and HTML are not in the same languages", kind, language)
			}
		}
	}
}

func TestForeignWordsAreEscaped(t *testing.T) {
	for _, language := range languages() {
		for _, kind := range letter.Kinds() {
			d := full(language)
			evil := `</div><script>alert("x")</script>&{act}`
			d.Business, d.Question, d.Reason = evil, evil, evil
			d.Link, d.StatusURL = link+`?a="><b>&c`, statusURL+`?a='><b>`
			d.Kept[0].Category, d.Kept[0].Reason = "<i>", evil
			l := write(t, sample{"evil", kind, d})
			for _, bad := range []string{"<script", "<b>", "<i>", `"><b`, "</div><"} {
				if strings.Contains(l.HTML, bad) {
					t.Errorf("%s in %q holds %s", kind, language, bad)
				}
			}
			if strings.Contains(l.Subject, "script") {
				t.Errorf("%s in %q: a foreign word reached the subject", kind, language)
			}
		}
	}
}

// Characters that turn what follows must not come in with a name.
func TestForeignWordsCannotTurnTheLine(t *testing.T) {
	d := full("he")
	d.Business = "Hotel\u202e\u2069 \x00\r\nRio"
	d.Reason = "First\x07\u202d.\r\nSecond."
	l := write(t, sample{"turned", letter.ClosureLink, d})
	if !strings.Contains(l.Text, "\u2068Hotel\u00a0Rio\u2069") || !strings.Contains(l.HTML, `<span dir="auto">Hotel Rio</span>`) {
		t.Error("the name is not one clean isolated line")
	}
	l = write(t, sample{"turned", letter.Refused, d})
	if !strings.Contains(l.Text, "First.\nSecond.\n") || !strings.Contains(l.HTML, "First.<br>Second.") {
		t.Error("the operator's paragraphs are not kept and cleaned")
	}
}

// After a Latin name a bare number would be drawn to the wrong side of it.
func TestCountsAreIsolatedFromLatinNames(t *testing.T) {
	l := write(t, sample{"counts", letter.Completed, full("ar")})
	if !strings.Contains(l.Text, "Instagram: \u20661\u2069\n") || !strings.Contains(l.HTML, `Instagram: <span dir="ltr">1</span>`) {
		t.Error("the count after Instagram is not isolated")
	}
}

// Each isolate opens and closes within its line, and what is copied as a link has none.
func TestIsolatesAreBalanced(t *testing.T) {
	seen := 0
	everyLetter(t, func(name string, s sample, l letter.Letter) {
		for line := range strings.Lines(l.Text) {
			opened := strings.Count(line, "\u2066") + strings.Count(line, "\u2068")
			seen += opened
			if opened != strings.Count(line, "\u2069") {
				t.Errorf("%s: unbalanced isolates in %q", name, line)
			}
			if rtl := s.data.Language == "ar" || s.data.Language == "he"; !rtl && opened > 0 {
				t.Errorf("%s: needless isolates in %q", name, line)
			}
		}
	})
	if seen == 0 {
		t.Error("no isolate anywhere")
	}
}

func TestHebrewNameInAnEnglishLetterIsIsolated(t *testing.T) {
	d := full("en")
	d.Business = "מסעדת הים"
	l := write(t, sample{"name", letter.ClosureLink, d})
	if !strings.Contains(l.Text, "for \u2068מסעדת\u00a0הים\u2069:") {
		t.Errorf("the name is not isolated:\n%s", l.Text)
	}
}

// In right-to-left text a line that begins with a Latin name has a mark before it, or
// mail programs would set it from the left.
func TestRightToLeftLinesStayRightToLeft(t *testing.T) {
	latinFirst := regexp.MustCompile(`^[- ]*[A-Za-z].*\p{Hebrew}`)
	marked := 0
	for _, s := range samples("he") {
		for line := range strings.Lines(write(t, s).Text) {
			if latinFirst.MatchString(line) {
				t.Errorf("%s: the line %q begins with a Latin letter and no mark", s.name, line)
			}
			if strings.HasPrefix(line, "\u200f") {
				marked++
			}
		}
	}
	if marked == 0 {
		t.Error("no line needed the mark, so nothing was tested")
	}
}

func TestTokensGoAtOnceAndLeadsCannotBeBroughtBack(t *testing.T) {
	for _, c := range []struct {
		scope       letter.Scope
		hours       int
		want, never string
	}{
		{letter.Tenant, 72, "access tokens|after 72 hours|you can cancel", "cannot be undone"},
		{letter.Channel, 24, "access tokens|after 24 hours|you can cancel", "cannot be undone"},
		{letter.Lead, 0, "cannot be undone", "access tokens"},
	} {
		d := full("en")
		d.Scope, d.Hours = c.scope, c.hours
		text := strings.Join(strings.Fields(write(t, sample{"scope", letter.ClosureLink, d}).Text), " ")
		for want := range strings.SplitSeq(c.want, "|") {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q", c.scope, want)
			}
		}
		if strings.Contains(text, c.never) {
			t.Errorf("%s says %q", c.scope, c.never)
		}
	}
}

func TestConfirmationSaysWhatWhenAndWhatStays(t *testing.T) {
	d := full("en")
	closed(&d)
	text := write(t, sample{"completed", letter.Completed, d}).Text
	for _, want := range []string{
		"- Messages: 41\n", "- Channel connections: 3\n", "- Other records: 5\n",
		"- Deleted from our live systems: 4 May 2026, 10:07 UTC\n", "- Last backup copy gone by: 1 June 2026\n",
		"Kept until 4 May 2027.", "Kept until 4 May 2033.", "- A court has ordered that it stays.\n",
		"Privacy Center", "write to\n  WhatsApp", statusURL,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the confirmation lacks %q", want)
		}
	}
	if strings.Contains(text, "The business: it has") {
		t.Error("a business is told to ask the business")
	}
	if !strings.Contains(write(t, sample{"completed", letter.Completed, full("en")}).Text, "The business: it has") {
		t.Error("a person is not told that the business has a copy")
	}
}

// Whether handle, business or detail did not match must not show.
func TestNotIdentifiedReadsTheSameWhateverDidNotMatch(t *testing.T) {
	for _, language := range languages() {
		full := full(language)
		bare := letter.Data{Language: language, Tag: full.Tag, Code: full.Code, StatusURL: full.StatusURL}
		if write(t, sample{"full", letter.NotIdentified, full}) != write(t, sample{"bare", letter.NotIdentified, bare}) {
			t.Errorf("%q: the letter depends on what was looked for", language)
		}
	}
}

func TestTimesAreUTC(t *testing.T) {
	d := full("en")
	d.LiveErasedAt = d.LiveErasedAt.In(time.FixedZone("far", 14*3600))
	d.BackupsGoneBy = time.Date(2026, time.June, 2, 1, 0, 0, 0, time.FixedZone("far", 14*3600))
	text := write(t, sample{"times", letter.Completed, d}).Text
	if !strings.Contains(text, "4 May 2026, 10:07 UTC") || !strings.Contains(text, "gone by: 1 June 2026\n") {
		t.Errorf("times are not given in UTC:\n%s", text)
	}
}

func TestDatesHaveTheLanguagesOwnForm(t *testing.T) {
	for language, want := range map[string]string{
		"en": "by 1 May 2026 at", "es": "el 1 de mayo de 2026.", "fr": "le 1er mai 2026.", "de": "am 1. Mai 2026.",
		"it": "entro il 1º maggio 2026.", "pt": "até 1 de maio de 2026,", "ar": "1 مايو 2026.", "he": "עד 1 במאי 2026.",
	} {
		d := full(language)
		d.DueAt = time.Date(2026, time.May, 1, 9, 0, 0, 0, time.UTC)
		text := strings.Join(strings.Fields(write(t, sample{"due", letter.Acknowledged, d}).Text), " ")
		if !strings.Contains(text, want) {
			t.Errorf("%s lacks %q: %s", language, want, text)
		}
	}
}

func TestLettersDoNotPrint(t *testing.T) {
	d := full("en")
	l := write(t, sample{"print", letter.ClosureLink, d})
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("sent", "letter", l, "data", d)
	printed := fmt.Sprintf("%v %+v %#v %s %v", l, l, l, d, d) + log.String()
	for _, secret := range []string{"204816", "k7Q2mVx0c3N5t8Yw1Zb4Rg", "Café"} {
		if strings.Contains(printed, secret) {
			t.Errorf("a printed letter shows %s", secret)
		}
	}
	if stored, err := json.Marshal(l); err != nil || !bytes.Contains(stored, []byte("204816")) {
		t.Errorf("a letter can be sealed and kept as JSON: %v", err)
	}
}
