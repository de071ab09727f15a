package page_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/page/pagetest"
)

func frame(t *testing.T, f page.Frame) string {
	t.Helper()
	var out bytes.Buffer
	if err := page.Write(&out, f.Layout()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func everyFrame(t *testing.T, change func(*page.Frame)) map[string]string {
	pages := map[string]string{}
	for _, l := range page.Languages() {
		f := page.Frame{Language: l, Title: "T", Tone: "working", Mail: page.Mailto("", ""), Main: page.Line("h1", nil, page.Text("T"))}
		change(&f)
		pages[string(l)] = frame(t, f)
	}
	return pages
}

func TestFramesKeepWhatEveryPageKeeps(t *testing.T) {
	pages := everyFrame(t, func(f *page.Frame) { f.Switch = true })
	pagetest.Check(t, pages)
	pagetest.AsksForLittle(t, pages, "")
	feet := map[string]bool{}
	for l, html := range pages {
		_, foot, _ := strings.Cut(html, "<footer>")
		foot, _, _ = strings.Cut(foot, "<nav")
		if feet[foot] {
			t.Errorf("%s has the foot of another language: %s", l, foot)
		}
		feet[foot] = true
	}
}

func TestEveryOtherLanguageIsOffered(t *testing.T) {
	for l, html := range everyFrame(t, func(f *page.Frame) { f.Switch = true }) {
		if got := strings.Count(html, `href="?lang=`); got != len(page.Languages())-1 || strings.Contains(html, `href="?lang=`+l+`"`) {
			t.Errorf("%s offers %d languages, perhaps itself", l, got)
		}
	}
	for l, html := range everyFrame(t, func(*page.Frame) {}) {
		if strings.Contains(html, "?lang=") {
			t.Errorf("%s offers languages where it should not", l)
		}
	}
}

func TestTextIsEscaped(t *testing.T) {
	html := frame(t, page.Frame{Language: page.English, Title: "<b>", Main: page.All(
		page.Paragraph("</style><script>"), page.Line("p", page.Attributes{"title", `"><i>`}))})
	for _, bad := range []string{"<b>", "<script", "<i>"} {
		if strings.Contains(html, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}

func TestFormsTellWhatWasWrong(t *testing.T) {
	form := page.Form{Language: page.Hebrew, Problem: "wrong", Button: "Go", Fields: []page.Field{
		{Name: "a", Label: "A", Hint: "hint", Kind: "text"}, {Name: "b", Label: "B", Kind: "tel"}}}
	pages := everyFrame(t, func(f *page.Frame) { f.Main = page.All(f.Main, form.Layout()) })
	pagetest.Check(t, pages)
	for _, want := range []string{`<form method="post">`, `name="lang" value="he"`, `<p class="problem" id="problem" role="alert">wrong</p>`,
		`aria-invalid="true" aria-describedby="problem a-hint"`, `<button type="submit"`} {
		if !strings.Contains(pages["en"], want) {
			t.Errorf("the form lacks %s", want)
		}
	}
}
