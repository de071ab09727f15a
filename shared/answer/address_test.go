package answer_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/answer"
)

func TestAddress(t *testing.T) {
	for text, want := range map[string]string{
		"Ana@Guest.Example":     "Ana@guest.example",
		" ana+x@guest.example ": "ana+x@guest.example",
		"o'brien@a-b.example":   "o'brien@a-b.example",
		"":                      "", "ana": "", "@guest.example": "", "ana@": "", "ana@guest": "", "ana@guest..example": "", "ana@-guest.example": "",
		"a b@guest.example": "", "ana@guest.example, bob@guest.example": "", "Ana <ana@guest.example>": "", "ana@guest.example\r\nBcc: x@y.example": "",
		"ána@guest.example": "", "ana@gu\u0435st.example": "", "ana@[192.0.2.1]": "", "ana@guest.example\x00": "", `"a b"@guest.example`: "",
		strings.Repeat("a", 65) + "@guest.example":         "",
		"a@" + strings.Repeat("b.", 130) + "guest.example": "",
	} {
		if got, ok := answer.Address(text); got != want || ok != (want != "") {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}
