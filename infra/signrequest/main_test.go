package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

var now = time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)

func apps(t *testing.T, text string) func(string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "apps.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return func(name string) string { return map[string]string{"LOCAL_META_APPS": file}[name] }
}

func TestRunPrintsARequestThatVerifies(t *testing.T) {
	getenv := apps(t, `{"9": {"family": "facebook", "secrets": ["current", "previous"]}}`)
	for name, c := range map[string]struct {
		args   []string
		user   string
		issued time.Time
	}{
		"now":       {[]string{"-app", "9", "-user", "555"}, "555", now},
		"earlier":   {[]string{"-app", "9", "-user", "555", "-issued-at", "1291836800"}, "555", time.Unix(1291836800, 0).UTC()},
		"of no-one": {[]string{"-app", "9"}, "", now},
	} {
		var out bytes.Buffer
		if err := run(c.args, getenv, now, &out); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := signedrequest.Verify(strings.TrimSpace(out.String()), []string{"current"}, now)
		if err != nil || got.UserID.Reveal() != c.user || !got.IssuedAt.Equal(c.issued) {
			t.Errorf("%s: user %q at %v, error %v", name, got.UserID.Reveal(), got.IssuedAt, err)
		}
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	for want, c := range map[string]struct{ file, app string }{
		"no secret for app":  {`{"9": {"secrets": ["x"]}}`, "8"},
		"read the Meta apps": {`not JSON`, "9"},
	} {
		err := run([]string{"-app", c.app}, apps(t, c.file), now, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
