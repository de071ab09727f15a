package linkpage_test

import (
	"bytes"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/linkpage"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/page/pagetest"
)

var update = flag.Bool("update", false, "write the golden files")

const (
	status   = "https://privacy-dev.mikla.example/status/H5ZPQWQJ7Z5ZMC32BHQ45KYW"
	business = "Harbour & Sons"
)

// samples are the pages that there are, by name.
func samples() map[string]linkpage.View {
	views := map[string]linkpage.View{
		"gone":              {Step: linkpage.Gone},
		"throttled":         {Step: linkpage.Throttled},
		"confirm-nothing":   {Kind: linkpage.Confirm, Problem: linkpage.NothingGiven},
		"closure-wrong":     {Kind: linkpage.Closure, Scope: linkpage.Tenant, Business: business, Hours: 72, Problem: linkpage.WrongPIN, Tries: 4},
		"closure-channel":   {Kind: linkpage.Closure, Scope: linkpage.Channel, Business: business, Hours: 24},
		"closure-lead":      {Kind: linkpage.Closure, Scope: linkpage.Lead, Business: business},
		"closure-lead-done": {Kind: linkpage.Closure, Scope: linkpage.Lead, Step: linkpage.Done, StatusURL: status},
	}
	for _, k := range linkpage.Kinds() {
		v := linkpage.View{Kind: k}
		if k == linkpage.Closure || k == linkpage.Cancel {
			v.Scope, v.Business, v.Hours = linkpage.Tenant, business, 72
		}
		views[string(k)] = v
		v.Step, v.StatusURL = linkpage.Done, status
		views[string(k)+"-done"] = v
	}
	return views
}

func html(t *testing.T, v linkpage.View) string {
	t.Helper()
	var out bytes.Buffer
	if err := linkpage.HTML(&out, v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// in gives all pages in a language.
func in(t *testing.T, l page.Language, ending string) map[string]string {
	t.Helper()
	pages := map[string]string{}
	for name, v := range samples() {
		v.Language = l
		pages[name+ending] = html(t, v)
	}
	return pages
}

// All in English and in Arabic, and two in every other language.
func TestPagesAreGolden(t *testing.T) {
	pages := in(t, page.English, "")
	for _, l := range page.Languages()[1:] {
		for name, html := range in(t, l, "."+string(l)) {
			if plain, _, _ := strings.Cut(name, "."); l == page.Arabic || plain == "closure-wrong" {
				pages[name] = html
			}
		}
	}
	pagetest.Golden(t, pages, *update)
}

func TestPagesKeepWhatEveryPageKeeps(t *testing.T) {
	for _, l := range page.Languages() {
		pages := in(t, l, "-"+string(l))
		pagetest.Check(t, pages)
		pagetest.AsksForLittle(t, pages, "business handle name when phone pin") // P13
	}
}

func TestUnknownViewIsAnErrorBeforeAnythingIsWritten(t *testing.T) {
	for _, v := range []linkpage.View{{}, {Kind: "open"}, {Kind: linkpage.Closure}, {Kind: linkpage.Closure, Scope: "all"}} {
		var out bytes.Buffer
		if err := linkpage.HTML(&out, v); err == nil || out.Len() > 0 {
			t.Errorf("%+v: error %v after %d bytes", v, err, out.Len())
		}
	}
}

var (
	forms  = regexp.MustCompile(`<form[^>]*>`)
	inputs = regexp.MustCompile(`<input id="(\w+)"`)
	links  = regexp.MustCompile(`href="([^"]*)"`)
)

// Scanners follow links: a page has one form, which posts back, and no link that acts.
func TestOnlyAFormActs(t *testing.T) {
	for name, v := range samples() {
		got := html(t, v)
		want := []string{`<form method="post">`}
		if v.Step != linkpage.Asking {
			want = nil
		}
		if found := forms.FindAllString(got, -1); !slices.Equal(found, want) {
			t.Errorf("%s has the forms %v, want %v", name, found, want)
		}
		for _, link := range links.FindAllStringSubmatch(got, -1) {
			if link[1] != status && !strings.HasPrefix(link[1], "mailto:") && !strings.HasPrefix(link[1], "?lang=") {
				t.Errorf("%s leads to %s", name, link[1])
			}
		}
	}
}

func TestFieldsOfEachForm(t *testing.T) {
	for name, want := range map[string]string{
		"confirm": "[name when phone]", "closure": "[pin]",
		"cancel": "[]", "optin": "[]",
	} {
		found := []string{}
		for _, input := range inputs.FindAllStringSubmatch(html(t, samples()[name]), -1) {
			found = append(found, input[1])
		}
		if fmt.Sprint(found) != want {
			t.Errorf("%s asks for %v, want %s", name, found, want)
		}
	}
}

func TestPINFieldSuitsPhones(t *testing.T) {
	for _, want := range []string{`inputmode="numeric"`, `autocomplete="one-time-code"`, `dir="ltr"`, `required=""`} {
		if !strings.Contains(html(t, samples()["closure"]), want) {
			t.Errorf("the field for the PIN lacks %s", want)
		}
	}
}

func TestProblemsAreToldInPlace(t *testing.T) {
	for name, want := range map[string]string{
		"confirm-nothing": "We need one more detail",
		"closure-wrong":   "Tries left: 4.",
	} {
		_, form, _ := strings.Cut(html(t, samples()[name]), "<form")
		if !strings.Contains(form, `role="alert"`) || !strings.Contains(form, want) || !strings.Contains(form, "<input id=") {
			t.Errorf("%s does not say %q in its form", name, want)
		}
	}
}

// A business's name is shown to its administrators and nobody else.
func TestBusinessIsNamedOnlyInItsClosure(t *testing.T) {
	for _, k := range linkpage.Kinds() {
		for _, step := range []linkpage.Step{linkpage.Asking, linkpage.Done, linkpage.Gone, linkpage.Throttled} {
			v := linkpage.View{Kind: k, Step: step, Scope: linkpage.Tenant, Business: business}
			want := step == linkpage.Asking && (k == linkpage.Closure || k == linkpage.Cancel)
			if got := strings.Contains(html(t, v), "<bdi>Harbour &amp; Sons</bdi>"); got != want {
				t.Errorf("%s %s names the business: %v", k, step, got)
			}
		}
	}
}

// What can be undone, and for how long, is told before and after; so is what cannot.
func TestUndoIsTold(t *testing.T) {
	for name, want := range map[string]string{
		"closure": "After 72 hours", "closure-done": "For 72 hours you can still cancel", "closure-channel": "After 24 hours",
		"closure-lead": "cannot be undone", "closure-lead-done": "is being deleted now", "confirm": "cannot be undone",
	} {
		if !strings.Contains(html(t, samples()[name]), want) {
			t.Errorf("%s does not say %q", name, want)
		}
	}
}

// An expired, a used and a forged link look the same, whatever they were for.
func TestThereIsOneGonePage(t *testing.T) {
	want := html(t, linkpage.View{Step: linkpage.Gone, Language: page.Italian})
	for _, v := range samples() {
		v.Step, v.Language = linkpage.Gone, page.Italian
		if html(t, v) != want || v.Status() != 404 {
			t.Errorf("a link of kind %s is told apart once it is gone", v.Kind)
		}
	}
}

func TestStatusCodes(t *testing.T) {
	for name, want := range map[string]int{"confirm": 200, "confirm-done": 200, "confirm-nothing": 422, "closure-wrong": 422, "gone": 404, "throttled": 429} {
		if got := samples()[name].Status(); got != want {
			t.Errorf("%s comes with %d, want %d", name, got, want)
		}
	}
}

// What can only be posted to, or works once, offers no other language: its link would
// lead nowhere.
func TestLanguagesAreOfferedWhereTheyLead(t *testing.T) {
	for name, v := range samples() {
		want := v.Step == linkpage.Asking || v.Step == linkpage.Gone
		if got := strings.Contains(html(t, v), "?lang=es"); got != want {
			t.Errorf("%s offers other languages: %v", name, got)
		}
	}
}

func TestStatusLinkIsAWebLink(t *testing.T) {
	v := linkpage.View{Kind: linkpage.Confirm, Step: linkpage.Done, StatusURL: "javascript:alert(1)"}
	if strings.Contains(html(t, v), "javascript:") {
		t.Error("the page leads to a script")
	}
}

// Amid Arabic a month would read 05-2026.
func TestMonthReadsFromLeftToRight(t *testing.T) {
	for _, l := range []page.Language{page.Arabic, page.Hebrew} {
		if got := html(t, linkpage.View{Language: l, Kind: linkpage.Confirm}); !strings.Contains(got, "\u20662026-05\u2069") {
			t.Errorf("%s: the month of the example is not isolated from the text around it", l)
		}
	}
}
