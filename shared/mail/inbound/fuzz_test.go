package inbound_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
)

// FuzzRead holds the reader to what its callers rely on, whatever comes.
func FuzzRead(f *testing.F) {
	for _, header := range attacks {
		if len(header) < 10000 {
			f.Add([]byte(header + "\r\n\r\nclose my account\r\n"))
		}
	}
	for language, forms := range attributions {
		f.Add([]byte(plain("Re: x", own[language]+"\n\n"+forms[0]+"\n> "+old+"\n\n-- \nAna\n")))
	}
	f.Add([]byte(multi("alternative", partPlain, partHTML)))
	f.Add([]byte(reportOf("delivery-status", status("failed"))))
	f.Add([]byte(rich("Fwd: x", "<div hidden>a</div><blockquote>b</blockquote><a href=https://wa.me/1>c</a>")))
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		mail, err := inbound.Read(raw)
		if !bytes.Equal(raw, before) {
			t.Error("the mail that was given is changed")
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("got %v, want an invalid mail", err)
		}
		mustBeText(t, "Newest", mail.Newest, inbound.MaxText)
		mustBeText(t, "Forwarded", mail.Forwarded, inbound.MaxText)
		mustBeText(t, "Subject", mail.Subject, 1000)
		if strings.Contains(mail.Subject, "\n") {
			t.Errorf("the subject %q has several lines", mail.Subject)
		}
		if address := mail.From.Reveal(); address != "" {
			mustBeOnlySender(t, raw, address)
		}
	})
}

func mustBeText(t *testing.T, what, text string, most int) {
	t.Helper()
	if len(text) > most || !utf8.ValidString(text) {
		t.Errorf("%s has %d bytes, UTF-8: %v; want at most %d", what, len(text), utf8.ValidString(text), most)
	}
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u200b') {
			t.Errorf("%s holds %U", what, r)
		}
	}
	if !norm.NFC.IsNormalString(text) {
		t.Errorf("%s is not NFC", what)
	}
}

// mustBeOnlySender checks an address against the raw bytes in another way than
// the reader does: by what must not be there at all.
func mustBeOnlySender(t *testing.T, raw []byte, address string) {
	t.Helper()
	header, _, _ := strings.Cut(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n\n")
	if strings.ContainsAny(header, "\x00\r") {
		t.Error("a sender in spite of a NUL or a lone CR")
	}
	fields := 0
	lines := strings.Split(header, "\n")
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if !strings.EqualFold(strings.TrimSpace(name), "from") {
			continue
		}
		for _, next := range lines[i+1:] {
			if !strings.HasPrefix(next, " ") && !strings.HasPrefix(next, "\t") {
				break
			}
			value += next
		}
		if strings.Contains(value, "@") {
			fields++
			mustEndIn(t, value, address)
		}
	}
	if fields != 1 {
		t.Errorf("a sender in spite of %d fields with an address", fields)
	}
}

func mustEndIn(t *testing.T, value, address string) {
	t.Helper()
	value = strings.TrimSuffix(strings.TrimSpace(value), ">")
	local, domain, _ := strings.Cut(address, "@")
	found := value[max(0, len(value)-len(address)):]
	if !strings.HasPrefix(found, local+"@") || !strings.EqualFold(found[len(local)+1:], domain) || strings.Count(value, "@") != 1 {
		t.Errorf("the sender %q is not what %q ends in", address, value)
	}
	for _, r := range value {
		if r == 127 || r > 127 && !unicode.In(r, unicode.L, unicode.M, unicode.Nd) || r < 32 && r != '\t' {
			t.Errorf("a sender in spite of %U in %q", r, value)
		}
	}
	if domain != strings.ToLower(domain) {
		t.Errorf("the domain of %q is not in lower case", address)
	}
}
