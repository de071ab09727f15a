package page

import (
	"crypto/sha256"
	"encoding/base64"
)

// The values of Content-Type that go with what this package writes.
const (
	ContentTypeHTML = "text/html; charset=utf-8"
	ContentTypeJSON = "application/json"
)

// Headers gives the headers of every answer, page or JSON, found or not, but
// for Content-Type. The address holds a credential: nothing may store it,
// index it or pass it on.
func Headers() map[string]string {
	return map[string]string{
		"Cache-Control":                "no-store",
		"Content-Security-Policy":      contentSecurityPolicy,
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Referrer-Policy":              "no-referrer",
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
		"Vary":                         "Accept, Accept-Language",
		"X-Content-Type-Options":       "nosniff",
		"X-Robots-Tag":                 "noindex, nofollow",
	}
}

// contentSecurityPolicy allows the page's own stylesheet and forms that go back to
// where the page came from, and nothing else: no script, image, font, frame or request.
var contentSecurityPolicy = "default-src 'none'; style-src '" + hash(stylesheet) +
	"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// hash names the content of an inline style element.
func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
