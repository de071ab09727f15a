package page_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
)

func TestWantsJSON(t *testing.T) {
	for accept, want := range map[string]bool{
		"":                                  false,
		"*/*":                               false,
		"text/html":                         false,
		"application/json":                  true,
		"APPLICATION/JSON":                  true,
		"application/json; charset=utf-8":   true,
		"application/*":                     true,
		"application/json, */*":             true,
		"*/*, application/json":             true,
		"application/json, text/plain, */*": true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8": false,
		"text/html, application/json":                                  false,
		"application/json, text/html":                                  false,
		"application/json, text/html;q=0.9":                            true,
		"application/json;q=0.9, text/html":                            false,
		"text/html;q=0.8, application/json;q=0.801":                    true,
		"text/*, application/json":                                     true,
		"text/html, application/*":                                     false,
		"application/json;q=0":                                         false,
		"application/json;q=0, */*":                                    false,
		"text/html;q=0, */*":                                           true,
		"*/*;q=0.1, application/json;q=0.5":                            true,
		"application/*;q=0.9, application/json;q=0.1, text/html;q=0.5": false,
		"application/xml":                                              false,
		"application/json;q=nan, text/html;q=0.1":                      false,
		"application/json;q=-1":                                        false,
		"application/json;q=2":                                         false,
		"application/json;q=0.0001":                                    false,
		"application/json;q=1e0":                                       false,
		`application/json;x="a,text/html", text/html;q=0.5`:            true,
		`application/json;x="\",text/html;q=1,", text/html;q=0.5`:      true,
		"*/json":                  false,
		"json":                    false,
		",,;;,q=1,/,application/": false,
		"application/json" + strings.Repeat(",text/html;q=0.1", 1000): true,
	} {
		if got := page.WantsJSON(accept); got != want {
			t.Errorf("WantsJSON(%.80q) = %v", accept, got)
		}
	}
}

func FuzzWantsJSON(f *testing.F) {
	for _, seed := range []string{"", "*/*", "application/json;q=0.5, text/html", `a/b;x="\"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		if page.WantsJSON(accept) && !strings.Contains(accept, "/") {
			t.Errorf("JSON for %q", accept)
		}
	})
}
