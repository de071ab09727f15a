package inbound

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message"
)

// field is one header field; its value is unfolded.
type field struct{ name, value string }

// header is read tolerantly: a broken line is left out, and the rest stays.
type header []field

// get gives the first field of the name, as the top one is the latest.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

func (h header) all(name string) []string {
	var values []string
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			values = append(values, f.value)
		}
	}
	return values
}

// cutHeader parts a mail, or a part of one, at its first empty line.
func cutHeader(raw []byte) (block, body []byte) {
	for at := 0; at < len(raw); {
		end := bytes.IndexByte(raw[at:], '\n')
		if end < 0 {
			break
		}
		next := at + end + 1
		if line := raw[at : next-1]; len(line) == 0 || (len(line) == 1 && line[0] == '\r') {
			return raw[:at], raw[next:]
		}
		at = next
	}
	return raw, nil
}

func parseHeader(block []byte) header {
	var fields header
	var name string // of the field that is being read; "" after a broken line
	var value strings.Builder
	end := func() {
		if name != "" {
			fields = append(fields, field{name, strings.TrimSpace(value.String())})
		}
		value.Reset()
	}
	for line := range bytes.Lines(block) {
		line = bytes.TrimRight(line, "\r\n")
		if isFolded(line) {
			value.WriteByte(' ')
			value.Write(bytes.TrimSpace(line))
			continue
		}
		end()
		before, after, found := bytes.Cut(line, []byte(":"))
		if name = ""; found {
			name = string(bytes.TrimSpace(before))
		}
		value.Write(after)
	}
	end()
	return fields
}

func isFolded[T string | []byte](line T) bool {
	return len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
}

// An ID that may go into a header of ours, or be looked for.
var cleanID = regexp.MustCompile(`<[!#-'*+\-./0-9=?A-Z^_` + "`" + `a-z{|}~$%]{1,200}@[A-Za-z0-9.\-_:\[\]]{1,200}>`)

const (
	maxID         = 250
	maxReferences = 20
	maxSubject    = 1000
	maxField      = 8 << 10 // bytes of a field that is decoded; longer ones are cut
)

// onlyID is the one ID of the one field, or "".
func onlyID(values []string) string {
	if len(values) != 1 || len(values[0]) > maxID {
		return ""
	}
	if id := cleanID.FindString(values[0]); id == values[0] {
		return id
	}
	return ""
}

// cleanIDs gives the last IDs of a field.
func cleanIDs(value string) []string {
	var ids []string
	for _, word := range strings.Fields(tail(value, maxField)) {
		if id := onlyID([]string{word}); id != "" {
			ids = append(ids, id)
		}
	}
	return ids[max(0, len(ids)-maxReferences):]
}

func tail(s string, most int) string { return s[max(0, len(s)-most):] }
func top(s string, most int) string  { return s[:min(len(s), most)] }

// subject decodes a Subject and makes it one line.
func subject(value string) string {
	value = top(value, maxField)
	if !utf8.ValidString(value) {
		value = decodeCharset([]byte(value), "")
	}
	var h message.Header
	h.Set("Subject", value)
	decoded, _ := h.Text("Subject") // of an unknown charset: as it came
	line := strings.Join(strings.Fields(clean(decoded)), " ")
	return strings.TrimSpace(strings.ToValidUTF8(top(line, maxSubject), ""))
}
