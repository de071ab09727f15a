package confirmation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
)

const (
	secret  = "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHIJ0123"
	request = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
	code    = "H5ZPQWQJ7Z5ZMC32BHQ45KYW"
)

// The golden values were made by another implementation (Python's hmac,
// base64 and hashlib). A change here takes every code away from its holder.
func TestNewGivesTheSameCodesForEver(t *testing.T) {
	for _, c := range []struct{ secret, request, code, hash string }{
		{secret, request, code, "c7e43a997f12a31452d8e020c81705301e99d531633cefb509effa09795e0dda"},
		{"another secret", request, "5CGXWK26QACOEVEHNSDANKJQ", "f27d1abb16a9d687a9ce6411b0f91069536d8184d6b45e95c5897578796ecb0f"},
		{secret, strings.Repeat("0", 32), "PRYD34QZLP2ULOW2JL5L3RZV", "9db4cc777df79e31dd77d99ece39ca419c7ef920fcc92653499c47a5f38d5da2"},
	} {
		got := confirmation.New([]byte(c.secret), c.request)
		if got.Reveal() != c.code {
			t.Errorf("New(%q, %q) = %s, want %s", c.secret, c.request, got.Reveal(), c.code)
		}
		if got.Hash() != c.hash {
			t.Errorf("Hash of %s = %s, want %s", c.code, got.Hash(), c.hash)
		}
	}
}

func TestNewGivesEveryRequestItsOwnCode(t *testing.T) {
	form := regexp.MustCompile(`^[A-Z2-7]{24}$`)
	seen := map[confirmation.Code]bool{}
	for n := range 1000 {
		c := confirmation.New([]byte(secret), fmt.Sprintf("%032x", n))
		if !form.MatchString(c.Reveal()) {
			t.Fatalf("code %q does not have the form %s", c.Reveal(), form)
		}
		if seen[c] {
			t.Fatalf("request %d has the code of an earlier one", n)
		}
		seen[c] = true
	}
}

func TestNormalizeReadsWhatPeopleType(t *testing.T) {
	for _, typed := range []string{
		code,
		strings.ToLower(code),
		"H5ZP-QWQJ-7Z5Z-MC32-BHQ4-5KYW",
		"h5zp qwqj 7z5z mc32 bhq4 5kyw",
		"h5zp.qwqj.7z5z.mc32.bhq4.5kyw.",
		"  H5ZPQWQJ\t7Z5ZMC32\r\nBHQ45KYW ",
		"\u2066H5ZP QWQJ 7Z5Z MC32 BHQ4 5KYW\u2069\u200f",
		"H5ZP\u2013QWQJ\u20147Z5Z\u2011MC32\u00a0BHQ4\u202f5KYW",
	} {
		got, ok := confirmation.Normalize(typed)
		if !ok || got.Reveal() != code {
			t.Errorf("Normalize(%q) = %q, %v", typed, got.Reveal(), ok)
		}
	}
}

func TestNormalizeRefusesWhatIsNoCode(t *testing.T) {
	for name, typed := range map[string]string{
		"nothing":        "",
		"separators":     " - . - ",
		"short":          code[:23],
		"long":           code + "A",
		"zero":           "0" + code[1:],
		"one":            "1" + code[1:],
		"eight":          "8" + code[1:],
		"underscore":     code[:12] + "_" + code[12:],
		"slash":          code[:12] + "/" + code[12:],
		"percent":        code[:12] + "%20" + code[12:],
		"dotless i":      "\u0131" + code[1:],
		"long s":         "\u017f" + code[1:],
		"fullwidth A":    "\uff21" + code[1:],
		"broken UTF-8":   "\xff" + code[1:],
		"NUL":            code + "\x00",
		"many dashes":    strings.Repeat("-", 1<<20) + code,
		"many codes":     strings.Repeat(code, 1000),
		"a person's ID":  "10150000000000555",
		"a request's ID": request,
	} {
		if got, ok := confirmation.Normalize(typed); ok || got != "" {
			t.Errorf("%s: Normalize(%.40q) = %q, %v", name, typed, got.Reveal(), ok)
		}
	}
}

func TestCodeNeverPrintsItself(t *testing.T) {
	c := confirmation.Code(code)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("answered", "code", c, "all", []confirmation.Code{c})
	encoded, err := json.Marshal([]any{c, struct{ Code confirmation.Code }{c}})
	if err != nil {
		t.Fatal(err)
	}
	for how, got := range map[string]string{
		"verbs":  fmt.Sprintf("%v %+v %#v %s %q %x %d %30s", c, c, c, c, c, c, c, c),
		"field":  fmt.Sprintf("%+v", struct{ Code confirmation.Code }{c}),
		"error":  fmt.Errorf("open %s", c).Error(),
		"slog":   log.String(),
		"json":   string(encoded),
		"string": c.String(),
	} {
		if strings.Contains(got, code) || strings.Contains(got, fmt.Sprintf("%x", code)) {
			t.Errorf("%s leaks the code: %s", how, got)
		}
	}
}

func FuzzNormalize(f *testing.F) {
	for _, seed := range []string{code, "h5zp qwqj 7z5z mc32 bhq4 5kyw", "", "\xff", "H5ZP\u2013QWQJ"} {
		f.Add(seed)
	}
	form := regexp.MustCompile(`^[A-Z2-7]{24}$`)
	f.Fuzz(func(t *testing.T, typed string) {
		got, ok := confirmation.Normalize(typed)
		if ok != form.MatchString(got.Reveal()) {
			t.Fatalf("Normalize(%q) = %q, %v", typed, got.Reveal(), ok)
		}
		if again, _ := confirmation.Normalize(got.Reveal()); again != got {
			t.Fatalf("normal form of %q is not stable", typed)
		}
	})
}
