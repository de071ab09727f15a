// Package vector reads the files of testdata/signed-requests, so that every
// consumer of signed requests can be run through every one of them.
package vector

import (
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"
)

// Vector is one file: a signed request and what it must come to. The format
// is described in testdata/signed-requests/README.md.
type Vector struct {
	Name        string // of the file, without .txt
	Description string
	Expect      string // ok, malformed, bad-signature or future
	Secrets     []string
	Now         time.Time
	Payload     string // what the payload decodes to; may be absent
	User        string // for ok: the user's ID, empty for nobody
	IssuedAt    int64  // for ok: seconds since 1970
	Raw         string // the signed request
}

// Load reads all vectors of a folder, in the order of their names.
func Load(folder fs.FS) ([]Vector, error) {
	names, err := fs.Glob(folder, "*.txt")
	if err != nil {
		return nil, err
	}
	vectors := make([]Vector, 0, len(names))
	for _, name := range names {
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return nil, err
		}
		v, err := parse(strings.TrimSuffix(path.Base(name), ".txt"), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		vectors = append(vectors, v)
	}
	return vectors, nil
}

func parse(name, text string) (Vector, error) {
	header, body, found := strings.Cut(text, "\n\n")
	if !found {
		return Vector{}, fmt.Errorf("no empty line after the header")
	}
	v := Vector{Name: name}
	for line := range strings.Lines(header) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if err := v.set(key, strings.TrimSpace(value)); err != nil {
			return Vector{}, fmt.Errorf("%s: %w", key, err)
		}
	}
	return v.withBody(strings.TrimSuffix(body, "\n"))
}

func (v *Vector) set(key, value string) (err error) {
	switch key {
	case "description":
		v.Description = value
	case "expect":
		v.Expect = value
	case "secrets":
		v.Secrets = strings.Fields(value)
	case "now":
		v.Now, err = time.Parse(time.RFC3339, value)
	case "payload":
		v.Payload = value
	case "user":
		v.User = value
	case "issued_at":
		v.IssuedAt, err = strconv.ParseInt(value, 10, 64)
	default:
		err = fmt.Errorf("unknown header")
	}
	return err
}

func (v Vector) withBody(body string) (_ Vector, err error) {
	if strings.HasPrefix(body, `"`) {
		if body, err = strconv.Unquote(body); err != nil {
			return Vector{}, fmt.Errorf("quoted body: %w", err)
		}
	}
	v.Raw = body
	return v, v.complete()
}

func (v Vector) complete() error {
	if v.Description == "" || v.Expect == "" || v.Now.IsZero() {
		return fmt.Errorf("description, expect and now are needed")
	}
	return nil
}
