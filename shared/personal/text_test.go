package personal_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/personal"
)

const secret = "10150000000000555"

// holder has the value where fmt cannot call its methods.
type holder struct {
	Shown  personal.Text
	hidden personal.Text
}

func TestTextNeverPrintsItself(t *testing.T) {
	text := personal.New(secret)
	held := holder{text, text}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v", "%40s", "%-.3s"} {
		for _, value := range []any{text, &text, held, &held, []personal.Text{text}, map[personal.Text]int{text: 1}, any(text)} {
			args := []any{value, value}[:strings.Count(verb, "%")]
			mustNotLeak(t, verb, fmt.Sprintf(verb, args...))
		}
	}
	mustNotLeak(t, "Sprint", fmt.Sprint(text, held))
	mustNotLeak(t, "error", fmt.Errorf("look up %v: %w", text, errors.New("no such item")).Error())
	mustNotLeak(t, "String", text.String())
}

func TestTextNeverLogsItself(t *testing.T) {
	text := personal.New(secret)
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
	} {
		var out bytes.Buffer
		slog.New(handler(&out)).With("user", text).Info("seen", "again", text, "held", holder{text, text}, "list", []personal.Text{text})
		mustNotLeak(t, name, out.String())
		if !strings.Contains(out.String(), personal.Redacted) {
			t.Errorf("%s log does not say that something is redacted: %s", name, out.String())
		}
	}
}

func TestTextNeverEncodesItself(t *testing.T) {
	text := personal.New(secret)
	for _, value := range []any{text, holder{text, text}, map[personal.Text]string{text: "x"}, []*personal.Text{&text}} {
		out, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		mustNotLeak(t, "json", string(out))
	}
	out, err := xml.Marshal(holder{text, text})
	if err != nil {
		t.Fatal(err)
	}
	mustNotLeak(t, "xml", string(out))
	if err := json.Unmarshal([]byte(`"`+secret+`"`), &text); err == nil {
		t.Error("a Text was decoded; a redacted value would come back as if it were real")
	}
}

func TestTextReveals(t *testing.T) {
	if got := personal.New(secret).Reveal(); got != secret {
		t.Errorf("Reveal = %q", got)
	}
	for _, empty := range []personal.Text{{}, personal.New("")} {
		if !empty.IsEmpty() || empty.Reveal() != "" {
			t.Errorf("empty Text holds %q", empty.Reveal())
		}
	}
	if personal.New(secret).IsEmpty() {
		t.Error("a Text with a value says that it is empty")
	}
}

func TestTextComparesByValue(t *testing.T) {
	again := personal.New(strings.Clone(secret))
	if personal.New(secret) != again {
		t.Error("equal values differ")
	}
	if personal.New("a") == personal.New("b") {
		t.Error("different values are equal")
	}
	if personal.New("") != (personal.Text{}) {
		t.Error("New of nothing is not the zero Text")
	}
}

func mustNotLeak(t *testing.T, how, got string) {
	t.Helper()
	hex := fmt.Sprintf("%x", secret)
	if strings.Contains(got, secret) || strings.Contains(strings.ToLower(got), hex) {
		t.Errorf("%s leaks the value: %s", how, got)
	}
}
