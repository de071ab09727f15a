package signedrequest_test

import (
	"encoding/base64"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/signedrequest"
	"github.com/mikla-ai/data-deletion/shared/signedrequest/vector"
)

var refusals = map[string]error{
	"ok":            nil,
	"malformed":     signedrequest.ErrMalformed,
	"bad-signature": signedrequest.ErrSignature,
	"future":        signedrequest.ErrFuture,
}

func vectors(t testing.TB) []vector.Vector {
	t.Helper()
	vs, err := vector.Load(os.DirFS("../../testdata/signed-requests"))
	if err != nil {
		t.Fatal(err)
	}
	if len(vs) < 100 {
		t.Fatalf("only %d vectors", len(vs))
	}
	return vs
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) { check(t, v) })
	}
}

func check(t *testing.T, v vector.Vector) {
	want, known := refusals[v.Expect]
	if !known || !strings.HasPrefix(v.Name, v.Expect+"-") {
		t.Fatalf("expect %q does not go with the name", v.Expect)
	}
	got, err := signedrequest.Verify(v.Raw, v.Secrets, v.Now)
	if !errors.Is(err, want) || (err == nil) != (want == nil) {
		t.Fatalf("%s: error %v, want %v", v.Description, err, want)
	}
	if err != nil {
		mustSayNothing(t, v, got, err)
		return
	}
	if got.UserID.Reveal() != v.User || got.IssuedAt.Unix() != v.IssuedAt {
		t.Errorf("%s: user %q at %d, want %q at %d", v.Description, got.UserID.Reveal(), got.IssuedAt.Unix(), v.User, v.IssuedAt)
	}
	if got.NamesNobody() != (v.User == "") {
		t.Errorf("NamesNobody = %v for user %q", got.NamesNobody(), v.User)
	}
}

// mustSayNothing: a refusal carries neither a notice nor a part of its input.
func mustSayNothing(t *testing.T, v vector.Vector, got signedrequest.Notice, err error) {
	t.Helper()
	if got != (signedrequest.Notice{}) {
		t.Error("a refused request gave a notice")
	}
	for _, part := range []string{"10150000000000", "5f1d0c7e", "eyJ", "=", "user_id", "%"} {
		if strings.Contains(err.Error(), part) {
			t.Errorf("the error holds %q of its input: %v", part, err)
		}
	}
}

// The header of a vector shows the payload to whoever reads the file. It must
// be what is really in there.
func TestVectorsShowTheirPayload(t *testing.T) {
	for _, v := range vectors(t) {
		if v.Payload == "" {
			continue
		}
		_, encoded, _ := strings.Cut(v.Raw, ".")
		encoded = strings.NewReplacer("+", "-", "/", "_", "=", "").Replace(encoded)
		decoded, err := base64.RawURLEncoding.DecodeString(encoded)
		if err != nil || strings.TrimSpace(string(decoded)) != v.Payload {
			t.Errorf("%s: payload is %q, the header says %q", v.Name, decoded, v.Payload)
		}
	}
}
