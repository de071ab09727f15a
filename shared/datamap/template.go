package datamap

import (
	"fmt"
	"regexp"
	"strings"
)

// Template is text with {fields}. A field never expands to nothing: an empty one
// would make a key or a prefix that means more than was asked for.
type Template string

var field = regexp.MustCompile(`\{([a-z_]+)\}`)

// Fields lists the fields of the template, in order.
func (t Template) Fields() []string {
	var out []string
	for _, m := range field.FindAllStringSubmatch(string(t), -1) {
		out = append(out, m[1])
	}
	return out
}

// Expand puts the fields in. The error names a field that is missing or empty,
// never a value.
func (t Template) Expand(fields map[string]string) (string, error) {
	var missing []string
	out := field.ReplaceAllStringFunc(string(t), func(f string) string {
		value := fields[f[1:len(f)-1]]
		if value == "" {
			missing = append(missing, f)
		}
		return value
	})
	if missing != nil {
		return "", fmt.Errorf("%q lacks %s", string(t), strings.Join(missing, ", "))
	}
	return out, nil
}

// Match takes a text apart. It refuses one that can be read in two ways: a field
// that is empty or holds a separator of the template.
func (t Template) Match(text string) (map[string]string, bool) {
	fields := t.Fields()
	literals := field.Split(string(t), -1)
	rest, ok := strings.CutPrefix(text, literals[0])
	if !ok {
		return nil, false
	}
	out := map[string]string{}
	for i, name := range fields {
		value, after := rest, ""
		if next := literals[i+1]; next != "" {
			if value, after, ok = strings.Cut(rest, next); !ok || overlaps(rest[len(value):], next) {
				return nil, false
			}
		}
		if value == "" || t.separates(value) {
			return nil, false
		}
		out[name], rest = value, after
	}
	return out, rest == ""
}

// overlaps says that the separator that text begins with could be cut further on, as
// "||" in "|||".
func overlaps(text, separator string) bool {
	end := min(len(text), 2*len(separator)-1)
	return strings.Contains(text[1:end], separator)
}

// problem says what makes the template unfit, or "".
func (t Template) problem() string {
	switch rest := field.ReplaceAllString(string(t), ""); {
	case strings.ContainsAny(rest, "{}"):
		return "has a brace that belongs to no field"
	case strings.Contains(string(t), "}{"):
		return "can be read in two ways: two fields stand side by side"
	}
	return ""
}

func (t Template) separates(value string) bool {
	literals := field.Split(string(t), -1)
	for _, literal := range literals[1:] {
		if literal != "" && strings.Contains(value, literal) {
			return true
		}
	}
	return false
}

// expandAll expands a set of templates.
func expandAll(where map[string]Template, fields map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(where))
	for attribute, t := range where {
		value, err := t.Expand(fields)
		if err != nil {
			return nil, err
		}
		out[attribute] = value
	}
	return out, nil
}

// Keys expands the finder's conditions with a subject's fields.
func (f Finder) Keys(fields map[string]string) (map[string]string, error) {
	return expandAll(f.Where, fields)
}

// Owns expands the finder's conditions on what the key finds.
func (f Finder) Owns(fields map[string]string) (map[string]string, error) {
	return expandAll(f.Only, fields)
}

// Keys expands the identity's conditions with what the requester brought.
func (i Identity) Keys(fields map[string]string) (map[string]string, error) {
	return expandAll(i.Where, fields)
}
