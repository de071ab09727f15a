package pagetest

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
)

// forbidden are the words of each language for a reason, a fee and an identity document.
var forbidden = map[page.Language]*regexp.Regexp{
	page.English:    regexp.MustCompile(`(?i)\breasons?\b|\bfees?\b|\bfree\b|\bpay|\bcharge|passport|\bID card|identity|driving licen|proof of`),
	page.Spanish:    regexp.MustCompile(`(?i)motivo|razón|gratuit|tarifa|\btasa|\bpag(o|ar|ue)|pasaporte|identidad|\bDNI\b|cédula`),
	page.French:     regexp.MustCompile(`(?i)motif|raison|gratuit|\bfrais\b|\bpay(er|ant|ez)|passeport|d’identité`),
	page.German:     regexp.MustCompile(`(?i)\bGrund|begründ|kosten|gebühr|bezahl|Reisepass|Ausweis|Personalien`),
	page.Italian:    regexp.MustCompile(`(?i)motivo|ragione|gratuit|tariffa|\bpag(are|amento|hi)|passaporto|d’identità`),
	page.Portuguese: regexp.MustCompile(`(?i)motivo|razão|gratuit|\btaxa|\bpag(ar|amento|ue)|passaporte|identidade|\bRG\b|\bCPF\b`),
	page.Arabic:     regexp.MustCompile(`(^|[^ب])سبب|أسباب|مجاني|رسوم|دفع|جواز|هوية`),
	page.Hebrew:     regexp.MustCompile(`סיבה|סיבות|נימוק|לנמק|תשלום|לשלם|עמלה|דרכון|תעודת`),
}

var (
	mainPart = regexp.MustCompile(`(?s)<main>(.*)</main>`)
	foot     = regexp.MustCompile(`(?s)<footer>(.*)</footer>`)
	reason   = regexp.MustCompile(`(?s)<p class="reason".*?</p>`) // of a refusal: what we say, not what we ask
	tag      = regexp.MustCompile(`<[^>]*>`)
	input    = regexp.MustCompile(`<(?:input|textarea|select|button)\b[^>]*>`)
	name     = regexp.MustCompile(` name="(\w+)"`)
)

// AsksForLittle holds that no page asks for a reason, a fee or an identity document
// (P13): its main part does not even speak of them, and there is nowhere to give them but
// the named fields. What it looks for is found at the foot, where the promise stands.
func AsksForLittle(t *testing.T, pages map[string]string, fields string) {
	t.Helper()
	for title, html := range pages {
		words := forbidden[page.Language(language.FindStringSubmatch(html)[1])]
		said := tag.ReplaceAllString(reason.ReplaceAllString(mainPart.FindStringSubmatch(html)[1], ""), " ")
		if found := words.FindString(said); found != "" {
			t.Errorf("%s speaks of %q", title, found)
		}
		if len(words.FindAllString(foot.FindStringSubmatch(html)[1], -1)) < 2 {
			t.Errorf("%s does not promise that deletion is free and needs no reason", title)
		}
		for _, element := range input.FindAllString(html, -1) {
			field := name.FindStringSubmatch(element)
			if strings.HasPrefix(element, "<button") {
				continue
			}
			if field == nil || !strings.HasPrefix(element, "<input") || strings.Contains(element, `type="file"`) || !strings.Contains(" lang "+fields+" ", " "+field[1]+" ") {
				t.Errorf("%s asks with %s", title, element)
			}
		}
	}
}
