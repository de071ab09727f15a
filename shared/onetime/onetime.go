// Package onetime makes and reads the tokens of our letters: of the links in them, and
// of the address that an answer goes to.
//
// A token is the request's random ID, what it is for, the place of the mailbox that it
// was sent to, and a MAC over all three under the versioned code secret. Nothing of it
// is stored, so no copy of a table holds one; that it works once follows from the state
// of the request, which it changes.
package onetime

import (
	"crypto/hmac"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Purpose is what a token is for. One for another purpose opens nothing.
type Purpose byte

const (
	Confirm   Purpose = 'c' // an end user confirms, and gives a further detail
	Closure   Purpose = 'k' // an admin confirms, and types the PIN
	Cancel    Purpose = 'x' // an admin takes a closure back
	Subscribe Purpose = 'o' // a mailbox wants to be told
	Reply     Purpose = 'r' // part of the address that an answer goes to
)

// Purposes lists them all.
func Purposes() []Purpose { return []Purpose{Confirm, Closure, Cancel, Subscribe, Reply} }

const (
	idSize  = 16
	macSize = 14 // 112 bits
	size    = idSize + 2 + macSize
	// Length is the number of characters of a token, each one of a-z and 2-7. The local
	// part of an address has 64 characters at most, and privacy+r. takes ten.
	Length   = 52
	redacted = "[one-time token]"
)

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Token prints itself as a fixed text; Reveal gives its characters.
type Token string

// Claim is what a genuine token says.
type Claim struct {
	RequestID string
	Purpose   Purpose
	Place     int // of the mailbox in the correspondence file
}

// New makes the token of a claim, under the current version of the secret.
func New(keys secrets.Versioned, c Claim) Token {
	key, _ := keys.Key(keys.Current())
	id, _ := hex.DecodeString(c.RequestID) // IDs are 32 hexadecimal digits
	body := append(append(make([]byte, 0, size), id...), byte(c.Purpose), byte(c.Place))
	return Token(strings.ToLower(encoding.EncodeToString(append(body, mac(key, body)...))))
}

// Read checks a token under every version of the secret; false for whatever is not
// ours, without telling why.
func Read(keys secrets.Versioned, text string) (Claim, bool) {
	if len(text) != Length {
		return Claim{}, false
	}
	raw, err := encoding.DecodeString(strings.ToUpper(text))
	if err != nil || len(raw) != size {
		return Claim{}, false
	}
	body, sum := raw[:size-macSize], raw[size-macSize:]
	for _, version := range keys.Versions() {
		key, _ := keys.Key(version)
		if hmac.Equal(sum, mac(key, body)) {
			return Claim{hex.EncodeToString(body[:idSize]), Purpose(body[idSize]), int(body[idSize+1])}, true
		}
	}
	return Claim{}, false
}

func mac(key, body []byte) []byte { return secrets.MAC(key, "one-time", string(body))[:macSize] }

// Pin is the six digits that an admin reads in the letter and types on the page.
func Pin(keys secrets.Versioned, version, requestID string) string {
	key, _ := keys.Key(version)
	sum := secrets.MAC(key, "pin", requestID)
	n := uint64(0)
	for _, b := range sum[:8] {
		n = n<<8 | uint64(b)
	}
	return fmt.Sprintf("%06d", n%1_000_000)
}

// Reveal gives the characters of a token, for a letter.
func (t Token) Reveal() string { return string(t) }

func (Token) String() string               { return redacted }
func (Token) GoString() string             { return redacted }
func (Token) Format(f fmt.State, _ rune)   { _, _ = io.WriteString(f, redacted) }
func (Token) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (Token) MarshalText() ([]byte, error) { return []byte(redacted), nil }
