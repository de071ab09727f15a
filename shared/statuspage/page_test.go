package statuspage_test

import (
	"bytes"
	"flag"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/page/pagetest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

var update = flag.Bool("update", false, "write the golden files")

func html(t *testing.T, v statuspage.View) string {
	t.Helper()
	var out bytes.Buffer
	if err := statuspage.HTML(&out, v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func missing(t *testing.T, l page.Language) string {
	t.Helper()
	var out bytes.Buffer
	if err := statuspage.NotFoundHTML(&out, l); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func notified(t *testing.T, l page.Language) string {
	t.Helper()
	var out bytes.Buffer
	if err := statuspage.NotifiedHTML(&out, statuspage.View{Language: l, Code: confirmation.Code(code)}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// allPages gives every page by name that is kept as a golden file: all in English and in
// Arabic, and two that say much in every other language.
func allPages(t *testing.T) map[string]string {
	pages := map[string]string{"not-found": missing(t, page.English), "notified": notified(t, page.English),
		"not-found.ar": missing(t, page.Arabic), "notified.ar": notified(t, page.Arabic)}
	for name, v := range samples() {
		for _, l := range page.Languages() {
			if l == page.English {
				pages[name] = html(t, v)
			} else if v.Language = l; l == page.Arabic || name == "completed" || name == "nothing_found" {
				pages[name+"."+string(l)] = html(t, v)
			}
		}
	}
	return pages
}

func TestPagesAreGolden(t *testing.T) { pagetest.Golden(t, allPages(t), *update) }

func TestPagesKeepWhatEveryPageKeeps(t *testing.T) { pagetest.Check(t, allPages(t)) }

// P13, in every language and state.
func TestPagesAskForLittle(t *testing.T) {
	pages := map[string]string{}
	for _, l := range page.Languages() {
		for name, v := range samples() {
			v.Language, v.CanSubscribe, v.Kept = l, true, nil
			pages[name+"-"+string(l)] = html(t, v)
		}
		pages["not-found-"+string(l)] = missing(t, l)
		pages["notified-"+string(l)] = notified(t, l)
	}
	pagetest.AsksForLittle(t, pages, "email")
}

func TestUnknownStateIsAnErrorBeforeAnythingIsWritten(t *testing.T) {
	var out bytes.Buffer
	if err := statuspage.HTML(&out, in("resting")); err == nil || out.Len() > 0 {
		t.Errorf("error %v after %d bytes", err, out.Len())
	}
}

// Colour alone tells nothing: each step has its state in words, and the one
// that is under way is marked for screen readers.
func TestStepsHaveTheirStateInWords(t *testing.T) {
	step := regexp.MustCompile(`<li class="(\w+)"( aria-current="step")?><span class="name">([^<]+)</span> <span class="mark-text">([^<]+)</span></li>`)
	for _, s := range request.States() {
		steps := step.FindAllStringSubmatch(html(t, in(s)), -1)
		if len(steps) != 4 {
			t.Fatalf("%s shows %d steps", s, len(steps))
		}
		current := slices.ContainsFunc(steps, func(m []string) bool { return m[2] != "" })
		if current == s.Terminal() {
			t.Errorf("%s: a step is under way: %v", s, current)
		}
	}
}

func TestTimesAreUTCAndWholeSeconds(t *testing.T) {
	page := html(t, erased(request.Completed))
	for _, want := range []string{
		`<time datetime="2026-05-04T10:00:00Z">4 May 2026, 10:00 UTC</time>`,
		`<time datetime="2026-06-03T10:00:00Z">3 June 2026, 10:00 UTC</time>`,
		`<time datetime="2026-05-04T10:07:00Z">4 May 2026, 10:07 UTC</time>`,
		`<time datetime="2026-05-05T10:00:00Z">`,
		`<time datetime="2026-06-01T10:00:00Z">`,
		`<time datetime="2027-05-04T10:00:00Z">`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}

// After an erasure there is no "not yet" beside a backup: the row is left out.
func TestUnknownBackupDatesAreLeftOutAfterTheErasure(t *testing.T) {
	v := erased(request.Completed)
	v.BackupsUnreadableAt = nil
	page := html(t, v)
	if strings.Contains(page, "Unreadable in all backups") || !strings.Contains(page, "Last backup copy gone by") {
		t.Error("the page shows a date that nobody knows, or hides one that is known")
	}
}

func TestNobodyIsToldThatDataIsGoneBeforeItIs(t *testing.T) {
	for _, s := range request.States() {
		claims := strings.Contains(html(t, in(s)), "has been erased")
		if claims != (s == request.Completed) {
			t.Errorf("%s: claims that data has been erased: %v", s, claims)
		}
	}
}

// P11: who cannot be found is told so, and what to send instead.
func TestNothingFoundSaysWhatToSend(t *testing.T) {
	for _, s := range []request.State{request.NothingFound, request.CouldNotIdentify} {
		page := html(t, in(s))
		for _, want := range []string{"the name of the business", "handle", "phone number", "display name", "this confirmation code",
			"mailto:privacy@mikla.ai?body=Confirmation%20code%3A%20" + code} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %q", s, want)
			}
		}
	}
}

func TestKeptDataHasItsReasonAndItsEnd(t *testing.T) {
	page := html(t, samples()["completed"])
	for _, want := range []string{"Security and fraud logs", "protect the service", "4 May 2027", "cannot be linked back to a person"} {
		if !strings.Contains(page, want) {
			t.Errorf("completed lacks %q", want)
		}
	}
	page = html(t, samples()["refused"])
	for _, want := range []string{"<strong>Legal hold</strong>", "A court has ordered that it stays."} {
		if !strings.Contains(page, want) {
			t.Errorf("a category without a phrase lacks %q", want)
		}
	}
}

func TestSeveralBusinessesAreShownOneByOne(t *testing.T) {
	page := html(t, twoBusinesses(request.NeedsReview))
	for _, want := range []string{`<section class="result complete">`, `<section class="result team">`, `Business 1 of 2 <span class="pill">Complete</span>`, `Business 2 of 2 <span class="pill">With our team</span>`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if strings.Contains(html(t, erased(request.Completed)), "Business 1 of 1") {
		t.Error("a single business is shown besides the request itself")
	}
}

func TestCodeIsWholeWhenCopied(t *testing.T) {
	page := html(t, in(request.Received))
	shown := regexp.MustCompile(`<code dir="ltr">(.*?)</code>`).FindStringSubmatch(page)
	if got := strings.NewReplacer("<span>", "", "</span>", "").Replace(shown[1]); got != code {
		t.Errorf("the code reads %q", got)
	}
}

func TestForeignTextIsEscaped(t *testing.T) {
	v := in(request.Refused)
	v.Code = confirmation.Code(`"><script>`)
	v.Kept = []request.Kept{{Category: "<b>", Reason: "</style><script>alert(1)</script>"}}
	v.ReceiptURL = "javascript:alert(1)"
	page := html(t, v)
	for _, bad := range []string{"<script", "<b>", "javascript:"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
}

// Who asks in another language gets it: text, direction, dates, and the way back.
func TestPagesSpeakTheLanguageAskedFor(t *testing.T) {
	for l, want := range map[page.Language][]string{
		page.German:     {`<html lang="de" dir="ltr">`, "Ihre Daten sind gelöscht", ">4. Mai 2026, 10:00 UTC<", ">1. Juni 2026, 10:00 UTC<"},
		page.French:     {`<html lang="fr" dir="ltr">`, ">4 mai 2026 à 10:00 UTC<", ">1er juin 2026 à 10:00 UTC<"},
		page.Portuguese: {`<html lang="pt" dir="ltr">`, ">4 de maio de 2026, 10:00 UTC<", ">1º de junho de 2026, 10:00 UTC<"},
		page.Arabic:     {`<html lang="ar" dir="rtl">`, ">4 مايو 2026، الساعة 10:00 UTC<", `<code dir="ltr">`, `<a lang="en" dir="ltr" hreflang="en" href="?lang=en">English</a>`},
		page.Hebrew:     {`<html lang="he" dir="rtl">`, ">4 במאי 2026, 10:00 UTC<", `<span lang="he" dir="rtl" aria-current="true">עברית</span>`},
		"xx":            {`<html lang="en" dir="ltr">`, "Your data has been erased"},
	} {
		v := erased(request.Completed)
		v.Language = l
		got := html(t, v)
		for _, part := range want {
			if !strings.Contains(got, part) {
				t.Errorf("%s lacks %s", l, part)
			}
		}
	}
}

func TestOurAddressIsIsolatedInText(t *testing.T) {
	v := in(request.Refused)
	v.Language = page.Arabic
	if got := html(t, v); !strings.Contains(got, `<bdi dir="ltr">privacy@mikla.ai</bdi>`) {
		t.Error("our address is read in the direction of the text around it")
	}
}

func TestRefusalHasItsReason(t *testing.T) {
	v := in(request.Refused)
	if strings.Contains(html(t, v), `id="reason"`) {
		t.Error("a reason is shown that nobody gave")
	}
	v.Reason = "<b>Two accounts</b> fit."
	if got := html(t, v); !strings.Contains(got, `<p class="reason" dir="auto">&lt;b&gt;Two accounts&lt;/b&gt; fit.</p>`) {
		t.Error("the reason is not shown, or not as text")
	}
}

// What was sent, what arrived and what came back are told apart.
func TestMailsAreToldApart(t *testing.T) {
	said := map[string]request.LetterState{}
	for _, s := range []request.LetterState{request.Due, request.Sent, request.Delivered, request.Unconfirmed, request.Bounced} {
		v := erased(request.Completed)
		v.Mail = s
		line := regexp.MustCompile(`<dt>Our mail about the result</dt><dd>(.*?)</dd>`).FindString(html(t, v))
		if other, twice := said[line]; twice || line == "" {
			t.Errorf("%s reads as %s does: %q", s, other, line)
		}
		said[line] = s
	}
	if strings.Contains(html(t, erased(request.Completed)), "Our mail about the result") {
		t.Error("a mail is spoken of that there is none of")
	}
	v := erased(request.Completed)
	v.Mail = request.Sending
	if !strings.Contains(html(t, v), "About to be sent") {
		t.Error("a letter that may not have been handed over is not said to be ahead")
	}
}

func TestUndoTimeIsShown(t *testing.T) {
	if page := html(t, samples()["cooling_off"]); !strings.Contains(page, `<dt>Can be cancelled until</dt><dd><time datetime="2026-05-07T10:00:00Z">`) {
		t.Error("who cools off is not told until when")
	}
}

func TestNotifyFormIsThereOnlyIfItLeadsSomewhere(t *testing.T) {
	v := in(request.Purging)
	if strings.Contains(html(t, v), "<form") {
		t.Error("there is a form that leads nowhere")
	}
	v.CanSubscribe, v.Language = true, page.Hebrew
	got := html(t, v)
	for _, want := range []string{`<form method="post" action="` + code + `/notify">`, `name="email"`, `<input type="hidden" name="lang" value="he">`} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	if got := notified(t, page.Hebrew); !strings.Contains(got, `href="../`+code+`?lang=he"`) || strings.Contains(got, "@example") {
		t.Error("the answer does not lead back")
	}
}
