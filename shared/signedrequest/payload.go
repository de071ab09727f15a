package signedrequest

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"unicode/utf8"
)

const (
	// maxDepth bounds the nesting of a payload. The deepest known, from the
	// years of canvas apps, has three levels.
	maxDepth = 16
	// maxUserID bounds a user's ID, in bytes. Meta's have up to 17 digits.
	maxUserID = 64
	// nobody is the user ID of a notice that concerns no user.
	nobody = "0"
)

// parse gives the top level of the payload: strings, json.Numbers, booleans
// and nil; of objects and arrays only a marker. A key that occurs twice in an
// object, at any level, is refused, since two readers could take different
// values of it.
func parse(payload []byte) (map[string]any, error) {
	// encoding/json would replace bad UTF-8 silently, and its Decoder would
	// stop before trailing data. Both are settled here, before the walk.
	if !utf8.Valid(payload) || !json.Valid(payload) {
		return nil, malformed("payload is not JSON")
	}
	w := walk{json.NewDecoder(bytes.NewReader(payload))}
	w.UseNumber()
	if token, err := w.Token(); err != nil || token != json.Delim('{') {
		return nil, malformed("payload is not a JSON object")
	}
	return w.object(1)
}

// walk reads values from a Decoder that stands on valid JSON.
type walk struct{ *json.Decoder }

// nested stands for an object or array: walked, not kept.
type nested struct{}

// object reads the rest of an object whose opening brace has been read.
func (w walk) object(depth int) (map[string]any, error) {
	fields := map[string]any{}
	for w.More() {
		key, err := w.key()
		if err != nil {
			return nil, err
		}
		if _, twice := fields[key]; twice {
			return nil, malformed("payload has a key twice")
		}
		if fields[key], err = w.value(depth); err != nil {
			return nil, err
		}
	}
	return fields, w.end()
}

func (w walk) key() (string, error) {
	token, err := w.Token()
	key, ok := token.(string)
	return key, notJSON(err, ok)
}

// value reads one value that stands at the given depth.
func (w walk) value(depth int) (any, error) {
	token, err := w.Token()
	if err != nil {
		return nil, notJSON(err, true)
	}
	if opened, ok := token.(json.Delim); ok {
		return nested{}, w.nest(opened, depth+1)
	}
	return token, nil
}

func (w walk) nest(opened json.Delim, depth int) error {
	if depth > maxDepth {
		return malformed("payload is nested too deep")
	}
	if opened == '{' {
		_, err := w.object(depth)
		return err
	}
	return w.array(depth)
}

// array reads the rest of an array whose opening bracket has been read.
func (w walk) array(depth int) error {
	for w.More() {
		if _, err := w.value(depth); err != nil {
			return err
		}
	}
	return w.end()
}

// end reads the closing bracket or brace.
func (w walk) end() error {
	_, err := w.Token()
	return notJSON(err, true)
}

// notJSON drops the Decoder's message, which quotes its input.
func notJSON(err error, ok bool) error {
	if err != nil || !ok {
		return malformed("payload is not JSON")
	}
	return nil
}

// userID takes the ID as text, without a way through a float: numbers above
// 2^53 would change. Absent, null, empty and zero are nobody: "".
func userID(value any) (string, error) {
	id, err := text(value)
	switch {
	case errors.Is(err, errAbsent), err == nil && (id == "" || id == nobody):
		return "", nil
	case err != nil:
		return "", malformed("user is neither a string nor a whole number")
	case !isIdentifier(id):
		return "", malformed("user is not an identifier")
	}
	return id, nil
}

// issuedAt takes the seconds since 1970, which must be there and positive.
func issuedAt(value any) (int64, error) {
	digits, err := text(value)
	if err != nil || !isDigits(digits) {
		return 0, malformed("time of issue is not a whole number")
	}
	seconds, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || seconds <= 0 {
		return 0, malformed("time of issue is out of range")
	}
	return seconds, nil
}

var (
	errAbsent = errors.New("absent")
	errNoText = errors.New("neither a string nor a whole number")
)

// text gives a string, or the digits of a whole number as they were written.
func text(value any) (string, error) {
	switch v := value.(type) {
	case nil:
		return "", errAbsent
	case string:
		return v, nil
	case json.Number:
		if isDigits(v.String()) {
			return v.String(), nil
		}
	}
	return "", errNoText
}

// isDigits refuses signs, fractions and exponents besides everything else.
func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// isIdentifier accepts visible ASCII but '#', which separates the parts of
// the keys that identifiers become.
func isIdentifier(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' || s[i] == '#' {
			return false
		}
	}
	return len(s) <= maxUserID
}
