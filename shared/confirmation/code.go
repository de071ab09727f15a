// Package confirmation makes and reads confirmation codes.
//
// A code is the bearer credential of a public status page: whoever has it may
// look. It is made from a secret and the random ID of the request, so it can
// be given again without being stored; it is looked up by its hash.
package confirmation

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"unicode"
)

// Length is the number of characters of a code, each one of A-Z and 2-7:
// 120 bits, in an alphabet without the pairs 0/O and 1/I.
const Length = 24

// redacted is what a code prints as.
const redacted = "[confirmation code]"

// longestInput bounds, in bytes, what [Normalize] reads: a code with a
// separator of several bytes around every character.
const longestInput = Length * 8

// Code is a confirmation code in its normal form. It prints itself as a fixed
// text; [Code.Reveal] gives its characters. Two places are beyond its methods:
// an unexported field of a struct that fmt prints, and a key of a map that
// encoding/json prints. The zero Code is no code.
type Code string

// New makes the code of the request: base32 of the first 15 bytes of
// HMAC-SHA256(secret, "code|"+requestID). The same secret and request always
// give the same code.
func New(secret []byte, requestID string) Code {
	mac := hmac.New(sha256.New, secret)
	_, _ = io.WriteString(mac, "code|"+requestID)
	return Code(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:Length*5/8]))
}

// Normalize reads a code as people write it: in any case, with spaces, dashes
// or dots anywhere. It reports false for what cannot be a code.
func Normalize(s string) (Code, bool) {
	if len(s) > longestInput {
		return "", false
	}
	kept := make([]byte, 0, Length)
	for _, r := range s {
		if isSeparator(r) {
			continue
		}
		c, ok := character(r)
		if !ok || len(kept) == Length {
			return "", false
		}
		kept = append(kept, c)
	}
	if len(kept) != Length {
		return "", false
	}
	return Code(kept), true
}

// isSeparator accepts the dashes and spaces that phones and mail programs put
// in place of the typed ones, and the marks of direction that are copied along from
// right-to-left text.
func isSeparator(r rune) bool {
	return r == '.' || unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Bidi_Control)
}

// character folds ASCII only: Unicode folding would turn a dotless i or a
// long s into a letter of a code.
func character(r rune) (byte, bool) {
	if 'a' <= r && r <= 'z' {
		r -= 'a' - 'A'
	}
	if 'A' <= r && r <= 'Z' || '2' <= r && r <= '7' {
		return byte(r), true
	}
	return 0, false
}

// Reveal gives the characters of the code, for the answer to Meta and the
// page of whoever already has it. They must never be logged or stored.
func (c Code) Reveal() string { return string(c) }

// Hash gives the lower-case hex SHA-256 of the code: the key under which its
// request is looked up. 120 random bits need no salt.
func (c Code) Hash() string {
	sum := sha256.Sum256([]byte(c))
	return hex.EncodeToString(sum[:])
}

// String gives a fixed text.
func (c Code) String() string { return redacted }

// Format prints the fixed text for every verb and flag.
func (c Code) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, redacted) }

// LogValue gives a fixed text.
func (c Code) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText gives a fixed text; encoding/json uses it too.
func (c Code) MarshalText() ([]byte, error) { return []byte(redacted), nil }
