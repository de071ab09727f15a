package signedrequest_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/personal"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

const (
	secret = "5f1d0c7e2ab94c63a1f4e8807d2b6c39"
	user   = "10150000000000555"
)

var now = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

func signed(user string, issued time.Time, secret string) string {
	return signedrequest.Sign(signedrequest.Notice{UserID: personal.New(user), IssuedAt: issued}.Payload(), secret)
}

func TestVerifyReadsWhatSignWrote(t *testing.T) {
	got, err := signedrequest.Verify(signed(user, now, secret), []string{secret}, now)
	if err != nil {
		t.Fatal(err)
	}
	if want := (signedrequest.Notice{UserID: personal.New(user), IssuedAt: now}); got != want {
		t.Errorf("notice is user %q at %v", got.UserID.Reveal(), got.IssuedAt)
	}
}

func TestPayloadOfNobodyNamesNobody(t *testing.T) {
	got, err := signedrequest.Verify(signed("", now, secret), []string{secret}, now)
	if err != nil || !got.NamesNobody() {
		t.Errorf("names nobody: %v, error %v", got.NamesNobody(), err)
	}
}

func TestSecretsRotate(t *testing.T) {
	const old, current = "the previous secret", "the current secret"
	for name, c := range map[string]struct {
		signer  string
		secrets []string
		want    error
	}{
		"before":                {old, []string{old}, nil},
		"during, old signer":    {old, []string{current, old}, nil},
		"during, new signer":    {current, []string{current, old}, nil},
		"after":                 {old, []string{current}, signedrequest.ErrSignature},
		"empty among them":      {current, []string{"", current}, nil},
		"only an empty one":     {"", []string{""}, signedrequest.ErrSignature},
		"empty signer, two set": {"", []string{current, "", old}, signedrequest.ErrSignature},
		"none":                  {current, nil, signedrequest.ErrSignature},
	} {
		_, err := signedrequest.Verify(signed(user, now, c.signer), c.secrets, now)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: error %v, want %v", name, err, c.want)
		}
	}
}

func TestClockMayBeFiveMinutesAhead(t *testing.T) {
	for ahead, want := range map[time.Duration]error{
		0:                                     nil,
		signedrequest.MaxFuture:               nil,
		signedrequest.MaxFuture + time.Second: signedrequest.ErrFuture,
		100 * 365 * 24 * time.Hour:            signedrequest.ErrFuture,
		-50 * 365 * 24 * time.Hour:            nil,
	} {
		_, err := signedrequest.Verify(signed(user, now.Add(ahead), secret), []string{secret}, now)
		if !errors.Is(err, want) {
			t.Errorf("%v ahead: error %v, want %v", ahead, err, want)
		}
	}
}

func TestNoticeNeverPrintsItsUser(t *testing.T) {
	notice, err := signedrequest.Verify(signed(user, now, secret), []string{secret}, now)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("accepted", "notice", notice)
	for _, printed := range []string{log.String(), fmt.Sprintf("%v %+v %#v", notice, notice, notice)} {
		if strings.Contains(printed, user) {
			t.Errorf("the user is printed: %s", printed)
		}
	}
}

// Every single character of a request, replaced by every other character of
// the alphabet, added or left out: refused whenever the signature's bytes or
// the payload's characters are others.
func TestEveryChangedCharacterIsRefused(t *testing.T) {
	raw := signed(user, now, secret)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=.\n "
	for at := range len(raw) {
		mustRefuseChange(t, raw, raw[:at]+raw[at+1:])
		for _, c := range alphabet {
			mustRefuseChange(t, raw, raw[:at]+string(c)+raw[at+1:])
			mustRefuseChange(t, raw, raw[:at]+string(c)+raw[at:])
		}
	}
}

// mustRefuseChange holds the property that the change of a signed request is
// refused. The payload counts as its characters, since those are signed. The
// signature counts as its bytes: the only changes that go through are the
// tolerated ones, padding at its end and the standard alphabet.
func mustRefuseChange(t *testing.T, original, changed string) {
	t.Helper()
	_, err := signedrequest.Verify(changed, []string{secret}, now)
	if err == nil && !sameMeaning(original, changed) {
		t.Errorf("a changed request is accepted:\n%q\n%q", original, changed)
	}
}

// sameMeaning is written independently of the package: it maps the signature
// back to the one spelling that Sign makes.
func sameMeaning(original, changed string) bool {
	signature, payload, found := strings.Cut(changed, ".")
	for range 2 {
		signature = strings.TrimSuffix(signature, "=")
	}
	signature = strings.NewReplacer("+", "-", "/", "_").Replace(signature)
	return found && signature+"."+payload == original
}

func TestToleratedSpellingsOfOneSignature(t *testing.T) {
	raw := signed(user, now, secret)
	signature, payload, _ := strings.Cut(raw, ".")
	std := strings.NewReplacer("-", "+", "_", "/").Replace(signature)
	for _, spelling := range []string{signature, signature + "=", signature + "==", std, std + "="} {
		if _, err := signedrequest.Verify(spelling+"."+payload, []string{secret}, now); err != nil {
			t.Errorf("%q: %v", spelling, err)
		}
	}
}

func FuzzVerifyOfSign(f *testing.F) {
	f.Add(user, int64(1777888740), secret)
	f.Add("", int64(1), "x")
	f.Add("0", int64(1291836800), secret)
	f.Add("a#b", int64(-5), "")
	f.Add(strings.Repeat("7", 65), int64(9223372036854775807), "\x00")
	f.Fuzz(func(t *testing.T, id string, issued int64, key string) {
		got, err := signedrequest.Verify(signed(id, time.Unix(issued, 0), key), []string{key}, now)
		if want := expected(id, issued, key); !errors.Is(err, want) {
			t.Fatalf("user %q at %d under %q: error %v, want %v", id, issued, key, err, want)
		}
		if err != nil {
			return
		}
		if id == "0" {
			id = ""
		}
		if got.UserID.Reveal() != id || got.IssuedAt.Unix() != issued {
			t.Fatalf("user %q at %d came back as %q at %d", id, issued, got.UserID.Reveal(), got.IssuedAt.Unix())
		}
	})
}

// expected says what Verify must make of a notice that Sign signed.
func expected(id string, issued int64, key string) error {
	foreign := strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' })
	switch {
	case key == "":
		return signedrequest.ErrSignature
	case len(id) > 64, foreign, issued <= 0:
		return signedrequest.ErrMalformed
	case issued > now.Unix()+300:
		return signedrequest.ErrFuture
	}
	return nil
}

func FuzzChangedByteIsRefused(f *testing.F) {
	f.Add(user, int64(1777888740), uint(0), byte('A'))
	f.Add(user, int64(1777888740), uint(42), byte('='))
	f.Add("", int64(1), uint(43), byte('.'))
	f.Add("218471", int64(1291836800), uint(80), byte('\n'))
	f.Fuzz(func(t *testing.T, id string, issued int64, at uint, b byte) {
		raw := []byte(signed(id, time.Unix(issued, 0), secret))
		original := string(raw)
		raw[at%uint(len(raw))] = b
		mustRefuseChange(t, original, string(raw))
	})
}

// FuzzVerify: whatever comes, the answer is a notice or one of three refusals
// without a notice, and the same at every try.
func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := signedrequest.Verify(raw, []string{"", secret}, now)
		if again, _ := signedrequest.Verify(raw, []string{"", secret}, now); again != got {
			t.Fatalf("two answers to %q", raw)
		}
		known := errors.Is(err, signedrequest.ErrMalformed) || errors.Is(err, signedrequest.ErrSignature) || errors.Is(err, signedrequest.ErrFuture)
		if (err != nil) != known || (err != nil && got != signedrequest.Notice{}) {
			t.Fatalf("%q gives %v", raw, err)
		}
	})
}

func FuzzPayload(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add([]byte(v.Payload))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		got, err := signedrequest.Verify(signedrequest.Sign(payload, secret), []string{secret}, now)
		switch {
		case errors.Is(err, signedrequest.ErrSignature):
			t.Fatalf("signed by us, refused for its signature: %q", payload)
		case err == nil && got.IssuedAt.After(now.Add(signedrequest.MaxFuture)):
			t.Fatalf("accepted from the future: %q", payload)
		case err == nil && len(got.UserID.Reveal()) > 64:
			t.Fatalf("accepted with a long user: %q", payload)
		}
	})
}
