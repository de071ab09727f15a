package page_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
)

func TestHeaders(t *testing.T) {
	got := page.Headers()
	for name, want := range map[string]string{
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Vary": "Accept, Accept-Language",
		"X-Content-Type-Options": "nosniff", "X-Robots-Tag": "noindex, nofollow",
	} {
		if got[name] != want {
			t.Errorf("%s is %q", name, got[name])
		}
	}
	form := regexp.MustCompile(`^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/]{43}='; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$`)
	if policy := got["Content-Security-Policy"]; !form.MatchString(policy) {
		t.Errorf("policy is %s", policy)
	}
	if !strings.HasPrefix(got["Strict-Transport-Security"], "max-age=63072000") {
		t.Errorf("HSTS is %q", got["Strict-Transport-Security"])
	}
	got["Vary"] = "changed"
	if page.Headers()["Vary"] != "Accept, Accept-Language" {
		t.Error("one caller's change reaches the next")
	}
}
