// Package pagetest holds what is true of every page, for the tests of those who write
// pages.
package pagetest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
)

// Golden holds the pages, by name, to the files of testdata, which has no others. With
// update it writes them.
func Golden(t *testing.T, pages map[string]string, update bool) {
	t.Helper()
	for name, got := range pages {
		path := filepath.Join("testdata", name+".html")
		if update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s is not what it was; look at it, then run go test with -update in its package", path)
		}
	}
	files, err := filepath.Glob("testdata/*.html")
	if err != nil || len(files) != len(pages) {
		t.Errorf("%d golden files for %d pages (%v)", len(files), len(pages), err)
	}
}

// Check holds each of the pages, by name, to what every page keeps.
func Check(t *testing.T, pages map[string]string) {
	t.Helper()
	if len(pages) == 0 {
		t.Error("there are no pages to check")
	}
	for name, html := range pages {
		checkPolicy(t, name, html)
		checkHeadings(t, name, html)
		checkFrame(t, name, html)
		outline := nest(t, name, html)
		if outline["html"] != 1 || outline["main"] != 1 || outline["h1"] != 1 || outline["title"] != 1 {
			t.Errorf("%s: elements %v", name, outline)
		}
	}
}

var (
	style = regexp.MustCompile(`(?s)<style>(.*?)</style>`)
	// What the policy would block, or what would need it loosened.
	blocked = regexp.MustCompile(`(?i)<(script|img|iframe|object|embed|base|link|video|audio|svg)\b|\son\w+\s*=|\sstyle\s*=|javascript:|url\(|@import|http-equiv`)
)

// checkPolicy compares the style with its hash in the policy: if they differ, the page
// is naked.
func checkPolicy(t *testing.T, name, html string) {
	t.Helper()
	if found := blocked.FindString(html); found != "" {
		t.Errorf("%s holds %q", name, found)
	}
	found := style.FindAllStringSubmatch(html, -1)
	if len(found) != 1 {
		t.Fatalf("%s has %d style elements", name, len(found))
	}
	policy := page.Headers()["Content-Security-Policy"]
	sum := sha256.Sum256([]byte(found[0][1]))
	if want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
		t.Errorf("%s: the policy lacks %s: %s", name, want, policy)
	}
}

var heading = regexp.MustCompile(`<h([1-6])[ >]`)

// checkHeadings holds that they go down one level at a time, for who moves from heading
// to heading.
func checkHeadings(t *testing.T, name, html string) {
	t.Helper()
	level := byte('0')
	for _, h := range heading.FindAllStringSubmatch(html, -1) {
		if h[1][0] > level+1 {
			t.Errorf("%s: h%s follows h%c", name, h[1], level)
		}
		level = h[1][0]
	}
}

var language = regexp.MustCompile(`<html lang="(\w+)" dir="(\w+)">`)

func checkFrame(t *testing.T, name, html string) {
	t.Helper()
	tag := language.FindStringSubmatch(html)
	if tag == nil || page.Choose(tag[1], "") != page.Language(tag[1]) || page.Language(tag[1]).Direction() != tag[2] {
		t.Errorf("%s is in no language: %v", name, tag)
	}
	for _, want := range []string{`name="viewport"`, `content="noindex, nofollow"`, "mailto:privacy@mikla.ai", "prefers-color-scheme: dark"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s lacks %s", name, want)
		}
	}
}

var void = []string{"meta", "br", "input"}

// nest checks that every element is closed where it must be, that IDs occur once and
// that labels and descriptions point to them, and counts the elements.
func nest(t *testing.T, name, html string) map[string]int {
	t.Helper()
	count, ids, pointers := map[string]int{}, map[string]int{}, []string{}
	var stack []string
	d := xml.NewDecoder(strings.NewReader(html))
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
				case "aria-labelledby", "aria-describedby", "for":
					pointers = append(pointers, strings.Fields(a.Value)...)
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
	for _, id := range pointers {
		if ids[id] != 1 {
			t.Errorf("%s: nothing has the id %q", name, id)
		}
	}
	if len(stack) > 0 {
		t.Errorf("%s: %v is never closed", name, stack)
	}
	return count
}
