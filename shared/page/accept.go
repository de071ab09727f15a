package page

import (
	"mime"
	"strconv"
	"strings"
)

// WantsJSON tells whether a client with this Accept header gets JSON. It gets
// the page unless it prefers JSON: by a higher q, or by naming JSON more
// precisely than HTML, as in "application/json, */*".
func WantsJSON(accept string) bool {
	ranges := mediaRanges(accept)
	json, html := best(ranges, "application", "json"), best(ranges, "text", "html")
	if json.q != html.q {
		return json.q > html.q
	}
	return json.q > 0 && json.precision > html.precision
}

// mediaRange is one element of an Accept header.
type mediaRange struct {
	kind, subtype string
	precision     int // 0 for */*, 1 for type/*, 2 for type/subtype
	q             float64
}

func (r mediaRange) covers(kind, subtype string) bool {
	return (r.kind == "*" || r.kind == kind) && (r.subtype == "*" || r.subtype == subtype)
}

// best gives the most precise range that covers the type: it decides, even
// with a lower q. Without one the type is not acceptable (q 0).
func best(ranges []mediaRange, kind, subtype string) mediaRange {
	found := mediaRange{precision: -1}
	for _, r := range ranges {
		if r.covers(kind, subtype) && r.precision > found.precision {
			found = r
		}
	}
	return found
}

// mediaRanges passes over elements that it cannot read.
func mediaRanges(accept string) []mediaRange {
	var ranges []mediaRange
	for _, element := range elements(accept) {
		if r, ok := parseRange(element); ok {
			ranges = append(ranges, r)
		}
	}
	return ranges
}

func parseRange(element string) (mediaRange, bool) {
	name, parameters, err := mime.ParseMediaType(element)
	if err != nil {
		return mediaRange{}, false
	}
	kind, subtype, found := strings.Cut(name, "/")
	if !found || kind == "*" && subtype != "*" {
		return mediaRange{}, false
	}
	q, ok := quality(parameters)
	return mediaRange{kind, subtype, precision(kind, subtype), q}, ok
}

func precision(kind, subtype string) int {
	switch {
	case kind == "*":
		return 0
	case subtype == "*":
		return 1
	}
	return 2
}

// quality reads q: 0 to 1 with up to three decimals; 1 if it is absent.
func quality(parameters map[string]string) (float64, bool) {
	text, given := parameters["q"]
	if !given {
		return 1, true
	}
	if len(text) > len("0.000") || strings.Trim(text, "0123456789.") != "" {
		return 0, false
	}
	q, err := strconv.ParseFloat(text, 64)
	return q, err == nil && q <= 1
}

// elements splits at commas that do not stand in a quoted string.
func elements(accept string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(accept, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}
