package postoffice

import (
	"bytes"
	"regexp"
	"strings"
)

// field is one header field, unfolded.
type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type fields []field

// readFields takes what looks like header fields, up to the first empty line. Hostile and
// broken mails are delivered like any other, so nothing is an error here.
func readFields(raw []byte) fields {
	var list fields
	for line := range bytes.Lines(raw) {
		text := strings.TrimRight(string(line), "\r\n")
		name, value, found := strings.Cut(text, ":")
		switch {
		case text == "":
			return list
		case text[0] == ' ' || text[0] == '\t':
			if len(list) > 0 {
				list[len(list)-1].Value += " " + strings.TrimSpace(text)
			}
		case found:
			list = append(list, field{strings.TrimSpace(name), strings.TrimSpace(value)})
		}
	}
	return list
}

// get is the first field of a name, or "".
func (list fields) get(name string) string {
	for _, f := range list {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

var addressLike = regexp.MustCompile(`[^\s<>@,;:"()\[\]]+@[^\s<>@,;:"()\[\]]+`)

// addresses are what looks like addresses in the first field of each name.
func (list fields) addresses(names ...string) []string {
	found := []string{}
	for _, name := range names {
		found = append(found, addressLike.FindAllString(list.get(name), -1)...)
	}
	return found
}

// without drops the fields of a name, with their continuation lines.
func without(raw []byte, name string) []byte {
	var kept bytes.Buffer
	dropping, body := false, false
	for line := range bytes.Lines(raw) {
		body = body || len(bytes.TrimRight(line, "\r\n")) == 0
		if !body && line[0] != ' ' && line[0] != '\t' {
			before, _, _ := strings.Cut(string(line), ":")
			dropping = strings.EqualFold(strings.TrimSpace(before), name)
		}
		if body || !dropping {
			kept.Write(line)
		}
	}
	return kept.Bytes()
}

// domain of an address, in lower case.
func domain(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}
