package statuspage_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/page"
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

func missing(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	if err := statuspage.NotFoundHTML(&out, page.English); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// allPages gives every page by name, the one for unknown codes included.
func allPages(t *testing.T) map[string]string {
	pages := map[string]string{"not-found": missing(t)}
	for name, v := range samples() {
		pages[name] = html(t, v)
	}
	return pages
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
	if got != string(want) {
		t.Errorf("%s is not what it was; look at it, then run go test ./shared/statuspage -update", path)
	}
}

func TestPagesAreGolden(t *testing.T) {
	for name, page := range allPages(t) {
		golden(t, name+".html", page)
	}
}

func TestNoGoldenFileIsLeftOver(t *testing.T) {
	files, err := filepath.Glob("testdata/*.html")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(allPages(t)) {
		t.Errorf("%d golden pages for %d samples", len(files), len(allPages(t)))
	}
}

func TestUnknownStateIsAnErrorBeforeAnythingIsWritten(t *testing.T) {
	var out bytes.Buffer
	if err := statuspage.HTML(&out, in("resting")); err == nil || out.Len() > 0 {
		t.Errorf("error %v after %d bytes", err, out.Len())
	}
}

// The style's hash stands in the policy; if they differ, the page is naked.
func TestPolicyAllowsExactlyTheStyle(t *testing.T) {
	policy := page.Headers()["Content-Security-Policy"]
	style := regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	for name, page := range allPages(t) {
		found := style.FindAllStringSubmatch(page, -1)
		if len(found) != 1 {
			t.Fatalf("%s has %d style elements", name, len(found))
		}
		sum := sha256.Sum256([]byte(found[0][1]))
		if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("%s: the policy lacks %s: %s", name, want, policy)
		}
	}
}

// What the policy would block, or what would need it loosened, is not there.
func TestPagesStayWithinThePolicy(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)<(script|img|iframe|object|embed|base|link|video|audio|svg)\b|\son\w+\s*=|\sstyle\s*=|javascript:|url\(|@import|http-equiv`)
	for name, page := range allPages(t) {
		if found := forbidden.FindString(page); found != "" {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

func TestPagesAreWellNested(t *testing.T) {
	for name, page := range allPages(t) {
		outline := nest(t, name, page)
		if outline["html"] != 1 || outline["main"] != 1 || outline["h1"] != 1 || outline["title"] != 1 {
			t.Errorf("%s: elements %v", name, outline)
		}
	}
}

var void = []string{"meta", "br", "input"}

// nest checks that every element is closed where it must be, that IDs occur
// once and that labels point to them, and counts the elements.
func nest(t *testing.T, name, page string) map[string]int {
	t.Helper()
	count, ids, labels := map[string]int{}, map[string]int{}, []string{}
	var stack []string
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		switch element := token.(type) {
		case xml.StartElement:
			count[element.Name.Local]++
			if !slices.Contains(void, element.Name.Local) {
				stack = append(stack, element.Name.Local)
			}
			for _, a := range element.Attr {
				switch a.Name.Local {
				case "id":
					ids[a.Value]++
				case "aria-labelledby":
					labels = append(labels, a.Value)
				}
			}
		case xml.EndElement:
			if len(stack) == 0 || stack[len(stack)-1] != element.Name.Local {
				t.Fatalf("%s: </%s> closes %v", name, element.Name.Local, stack)
			}
			stack = stack[:len(stack)-1]
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: id %q stands %d times", name, id, n)
		}
	}
	for _, label := range labels {
		if ids[label] != 1 {
			t.Errorf("%s: nothing has the id %q", name, label)
		}
	}
	if len(stack) > 0 {
		t.Errorf("%s: %v is never closed", name, stack)
	}
	return count
}

// Headings go down one level at a time, for who moves from heading to heading.
func TestHeadingsSkipNoLevel(t *testing.T) {
	heading := regexp.MustCompile(`<h([1-6])[ >]`)
	for name, page := range allPages(t) {
		level := byte('0')
		for _, h := range heading.FindAllStringSubmatch(page, -1) {
			if h[1][0] > level+1 {
				t.Errorf("%s: h%s follows h%c", name, h[1], level)
			}
			level = h[1][0]
		}
	}
}

func TestPagesSpeakToEveryReader(t *testing.T) {
	for name, page := range allPages(t) {
		for _, want := range []string{`<html lang="en" dir="ltr">`, `name="viewport"`, `content="noindex, nofollow"`,
			"mailto:privacy@mikla.ai", "prefers-color-scheme: dark", "free"} {
			if !strings.Contains(page, want) {
				t.Errorf("%s lacks %s", name, want)
			}
		}
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
