// Package vector reads the labelled mails of testdata/mail, so that every part
// that reads mail can be run through every one of them.
package vector

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Handle is a name on a platform: instagram, facebook or whatsapp, empty where
// the mail does not say which. The handle is in lower case, without @.
type Handle struct{ Platform, Handle string }

// Vector is one file: a mail and what a thoughtful person would decide about
// it. The format, and what may be judged, is described in
// testdata/mail/README.md.
type Vector struct {
	Name       string // path below testdata/mail, without .mail
	Intent     string
	Route      string
	Language   string   // one of en es fr de it pt ar he; empty if unknown or not judged
	Businesses []string // IDs of tenants
	Handles    []Handle
	Phones     []string // E.164
	ScopedIDs  []string
	Code       string // normal form, or {CODE}: the code of a request that the runner knows
	Names      []string
	Missing    []string // of business, handle, code
	Flags      []string

	SPF, DKIM, DMARC, Spam, Virus string
	EnvelopeFrom                  string // empty for <>

	Answers bool   // the mail is addressed to privacy+{TOKEN}@mikla.ai
	Asked   string // whose mailbox the token was made for; empty if Answers is false
	Plain   bool   // ought not to need a human
	Why     string

	mail []byte // with CRLF, the placeholders still in it
}

// Raw gives the mail as it came over SMTP, with the reply token in place of
// {TOKEN} and the confirmation code in place of {CODE}.
func (v Vector) Raw(token, code string) []byte {
	mail := bytes.ReplaceAll(v.mail, []byte(tokenPlace), []byte(token))
	return bytes.ReplaceAll(mail, []byte(codePlace), []byte(code))
}

const (
	tokenPlace = "{TOKEN}"
	codePlace  = "{CODE}"
)

// Load reads all vectors below a folder, in the order of their names. An error
// names the file, and the line where there is one.
func Load(folder fs.FS) ([]Vector, error) {
	var vectors []Vector
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".mail" {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		v, err := parse(strings.TrimSuffix(name, ".mail"), text)
		if err != nil {
			return fmt.Errorf("%s:%w", name, err)
		}
		vectors = append(vectors, v)
		return nil
	})
	return vectors, err
}

// parse reads one file. Its errors begin with the number of the line.
func parse(name string, text []byte) (Vector, error) {
	header, mail, found := bytes.Cut(text, []byte("\n\n"))
	if !found {
		return Vector{}, errors.New("1: no empty line after the header")
	}
	p := parser{vector: Vector{Name: name, SPF: "PASS", DKIM: "PASS", DMARC: "PASS", Spam: "PASS", Virus: "PASS"}, seen: map[string]bool{}}
	number := 0
	for line := range strings.Lines(string(header)) {
		number++
		if err := p.line(strings.TrimSuffix(line, "\n")); err != nil {
			return Vector{}, fmt.Errorf("%d: %w", number, err)
		}
	}
	if err := p.finish(mail); err != nil {
		return Vector{}, fmt.Errorf("%d: %w", number, err)
	}
	return p.vector, nil
}

type parser struct {
	vector Vector
	seen   map[string]bool
	raw    string
}

func (p *parser) line(line string) error {
	key, value, found := strings.Cut(line, ": ")
	if !found || value == "" || value != strings.TrimSpace(value) {
		return errors.New(`not "key: value"`)
	}
	set, known := keys[key]
	if !known {
		return fmt.Errorf("unknown header %q", key)
	}
	if p.seen[key] && !repeatable[key] {
		return fmt.Errorf("%s stands twice", key)
	}
	p.seen[key] = true
	if err := set(p, value); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// finish takes the mail in, fills in what follows from it, and looks whether
// the whole fits together.
func (p *parser) finish(mail []byte) error {
	v := &p.vector
	if v.Intent == "" || v.Route == "" {
		return errors.New("expect and route are needed")
	}
	var err error
	if v.mail, err = onTheWire(p.raw, mail); err != nil {
		return err
	}
	if err := p.addresses(); err != nil {
		return err
	}
	return v.contradiction()
}

func onTheWire(raw string, mail []byte) ([]byte, error) {
	if raw == "base64" {
		return base64.StdEncoding.DecodeString(string(bytes.ReplaceAll(mail, []byte("\n"), nil)))
	}
	if bytes.Contains(mail, []byte("\r")) {
		return nil, errors.New("a carriage return needs raw: base64")
	}
	return bytes.ReplaceAll(mail, []byte("\n"), []byte("\r\n")), nil
}

// addresses takes the From address where the file names no other sender.
func (p *parser) addresses() error {
	v := &p.vector
	from := fromAddress(v.mail)
	if !p.seen["envelope_from"] {
		v.EnvelopeFrom = from
	}
	if !p.seen["asked"] && v.Answers {
		v.Asked = from
	}
	if from == "" && !p.seen["envelope_from"] {
		return errors.New("envelope_from is needed, since From holds no address")
	}
	return nil
}

// fromAddress is good for honest mails only; the others name their sender.
func fromAddress(mail []byte) string {
	header, _, _ := bytes.Cut(mail, []byte("\r\n\r\n"))
	for line := range strings.SplitSeq(string(header), "\r\n") {
		value, is := strings.CutPrefix(line, "From: ")
		if !is {
			continue
		}
		if _, after, found := strings.Cut(value, "<"); found {
			value = strings.TrimSuffix(after, ">")
		}
		if strings.Count(value, "@") == 1 && !strings.ContainsAny(value, "<> ,;") {
			return value
		}
	}
	return ""
}

func (v *Vector) contradiction() error {
	switch {
	case v.Answers != bytes.Contains(v.mail, []byte(tokenPlace)):
		return errors.New("answers: yes goes with {TOKEN} in the mail")
	case (v.Code == codePlace) != bytes.Contains(v.mail, []byte(codePlace)):
		return errors.New("code: {CODE} goes with {CODE} in the mail")
	case v.Asked != "" && !v.Answers:
		return errors.New("asked goes with answers: yes")
	case (v.Route == "ask_more") != (len(v.Missing) > 0):
		return errors.New("missing goes with route: ask_more")
	case v.Plain && (v.Route == "human" || v.Route == "drop"):
		return errors.New("a plain request goes to neither human nor drop")
	}
	return nil
}
