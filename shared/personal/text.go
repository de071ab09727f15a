// Package personal holds the type for text that names or describes a person.
//
// Such a value cannot print itself: not through fmt, slog or encoding/json,
// and not as a field of something else that is printed. Only [Text.Reveal]
// gives it, so that its few callers can be found by name.
package personal

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Redacted is what every attempt to print a [Text] gives.
const Redacted = "[redacted]"

// Text is a piece of personal data. Two Texts are equal (==) when what they
// hold is equal, so a Text can be a map key. The zero Text is empty.
//
// The value stands behind a handle: fmt ignores the methods of unexported
// fields and would print a plain string there, but of a handle it sees only
// an address.
type Text struct {
	handle unique.Handle[string]
}

// New wraps s.
func New(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{unique.Make(s)}
}

// Reveal gives the value. What receives it must not log it, nor put it in an
// error, a metric, a queue or an execution's input.
func (t Text) Reveal() string {
	if t.IsEmpty() {
		return ""
	}
	return t.handle.Value()
}

// IsEmpty tells whether t holds nothing, without revealing it.
func (t Text) IsEmpty() bool { return t == Text{} }

// String gives [Redacted].
func (t Text) String() string { return Redacted }

// Format prints [Redacted] for every verb and flag.
func (t Text) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, Redacted) }

// LogValue gives [Redacted].
func (t Text) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText gives [Redacted]; encoding/json uses it for values and map keys.
func (t Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

var errDecoded = errors.New("a personal text cannot be decoded, since it is never encoded")

// UnmarshalText always fails: a redacted value must not come back as a real one.
func (t *Text) UnmarshalText([]byte) error { return errDecoded }
