// Package signedrequest reads Meta's signed requests: the body of its
// deauthorization and data-deletion callbacks.
//
// A signed request is "<signature>.<payload>", both base64url. The signature
// is HMAC-SHA256 over the encoded payload exactly as received, under the
// secret of a Meta app; the payload is a JSON object.
package signedrequest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/personal"
)

// The kinds of refusal. Their messages are fixed: they never hold any part of
// the request. A caller answers the first and the last with HTTP 400 and the
// second with 403.
var (
	// ErrMalformed: it does not have the form of a notice.
	ErrMalformed = errors.New("signed request is malformed")
	// ErrSignature: none of the secrets made its signature.
	ErrSignature = errors.New("signed request does not bear a known signature")
	// ErrFuture: the signature is right, but it is dated more than
	// [MaxFuture] after now. A wrong clock, here or there: not a forgery.
	ErrFuture = errors.New("signed request is dated in the future")
)

// MaxFuture is how far Meta's clock may be ahead of ours. There is no limit
// the other way: a late retry is still a person's request.
const MaxFuture = 5 * time.Minute

// algorithm is the only one accepted, in exactly this spelling.
const algorithm = "HMAC-SHA256"

// Notice is what a verified request says.
type Notice struct {
	// UserID is the person's ID, unique only within the app whose secret
	// verified the request. Empty means that the notice names nobody: Meta
	// leaves it out or sends "0".
	UserID personal.Text
	// IssuedAt is when Meta made the request, in whole seconds, UTC.
	IssuedAt time.Time
}

// NamesNobody tells whether the notice lacks a user.
func (n Notice) NamesNobody() bool { return n.UserID.IsEmpty() }

// Verify reads a signed request that one of the secrets must have signed;
// empty secrets sign nothing. Several are given while a secret is rotated.
// The payload is not looked at before its signature is known to be right.
//
// The error is ErrMalformed, ErrSignature or ErrFuture, for errors.Is. Time
// and memory are linear in the length of raw, which the caller bounds.
func Verify(raw string, secrets []string, now time.Time) (Notice, error) {
	encodedSignature, encodedPayload, found := strings.Cut(raw, ".")
	if !found {
		return Notice{}, malformed("no dot between signature and payload")
	}
	signature, ok := decode(encodedSignature)
	if !ok || len(signature) != sha256.Size {
		return Notice{}, malformed("signature is not 32 bytes of base64url")
	}
	if !isSigned(encodedPayload, signature, secrets) {
		return Notice{}, ErrSignature
	}
	payload, ok := decode(encodedPayload)
	if !ok {
		return Notice{}, malformed("payload is not base64url")
	}
	return read(payload, now)
}

// isSigned compares with every secret, whichever fits, so that the time taken
// tells neither how much of a signature is right nor which secret made it.
func isSigned(payload string, signature []byte, secrets []string) bool {
	signed, message := false, []byte(payload)
	for _, secret := range secrets {
		if hmac.Equal(signature, mac(message, secret)) && secret != "" {
			signed = true
		}
	}
	return signed
}

func mac(message []byte, secret string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write(message)
	return h.Sum(nil)
}

// decode reads base64url, and tolerates what some signers write: the standard
// alphabet and the padding at the end. Everything else that would let two
// spellings mean the same bytes is refused: line breaks (which encoding/base64
// skips) and stray bits in the last character.
func decode(encoded string) ([]byte, bool) {
	encoded = strings.TrimSuffix(strings.TrimSuffix(encoded, "="), "=")
	if strings.ContainsAny(encoded, "\r\n") {
		return nil, false
	}
	encoded = urlAlphabet.Replace(encoded)
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	return decoded, err == nil
}

var urlAlphabet = strings.NewReplacer("+", "-", "/", "_")

// read takes the notice out of a payload whose signature is right.
func read(payload []byte, now time.Time) (Notice, error) {
	fields, err := parse(payload)
	if err != nil {
		return Notice{}, err
	}
	if name, ok := fields["algorithm"].(string); !ok || name != algorithm {
		return Notice{}, malformed("algorithm is not " + algorithm)
	}
	user, err := userID(fields["user_id"])
	if err != nil {
		return Notice{}, err
	}
	issued, err := issuedAt(fields["issued_at"])
	if err != nil {
		return Notice{}, err
	}
	// Seconds are compared, not times: time.Unix wraps around for a number
	// near the end of int64, and what it gives would lie in the past.
	if issued > now.Unix()+int64(MaxFuture/time.Second) {
		return Notice{}, ErrFuture
	}
	return Notice{UserID: personal.New(user), IssuedAt: time.Unix(issued, 0).UTC()}, nil
}

// malformed adds the reason, which must be a constant text.
func malformed(reason string) error {
	return fmt.Errorf("%w: %s", ErrMalformed, reason)
}

// Sign makes the signed request that carries the payload. It is the other
// side's part: for tests, benchmarks and the tour.
func Sign(payload []byte, secret string) string {
	encoded := base64.RawURLEncoding.EncodeToString(payload)
	return base64.RawURLEncoding.EncodeToString(mac([]byte(encoded), secret)) + "." + encoded
}

// Payload gives the notice as Meta sends it, for [Sign]. A notice that names
// nobody has the user "0".
func (n Notice) Payload() []byte {
	user := n.UserID.Reveal()
	if user == "" {
		user = nobody
	}
	payload, err := json.Marshal(struct {
		Algorithm string `json:"algorithm"`
		IssuedAt  int64  `json:"issued_at"`
		UserID    string `json:"user_id"`
	}{algorithm, n.IssuedAt.Unix(), user})
	if err != nil {
		panic(err) // two strings and a number always encode
	}
	return payload
}
