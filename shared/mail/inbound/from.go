package inbound

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/personal"
)

// strictFrom gives the address of the From field if every reader of the mail
// must find the same one: the receiver that checked DMARC, the mail program in
// which somebody looks at it, and this code. Everything that two readers are
// known to read differently is refused, also what the RFC allows.
//
// It looks at the raw bytes of the header, since a parser has already decided.
func strictFrom(block []byte) (address, problem string) {
	lines, problem := strictLines(block)
	if problem != "" {
		return "", problem
	}
	var values []string
	for i, line := range lines {
		name, value, _ := strings.Cut(line, ":")
		if isFolded(line) || !strings.EqualFold(name, "From") {
			continue
		}
		for _, next := range lines[i+1:] {
			if !isFolded(next) {
				break
			}
			value += next
		}
		values = append(values, value)
	}
	if len(values) != 1 {
		return "", map[bool]string{true: "there is no From field", false: "there are several From fields"}[len(values) == 0]
	}
	return mailbox(values[0])
}

var (
	// fieldName begins a line that every reader takes for a field.
	fieldName = regexp.MustCompile(`^[!-9;-~]+:`)
	// likeFrom is a continuation that a careless reader takes for a From field.
	// The list of signed fields in a DKIM signature is none: no address follows.
	likeFrom   = regexp.MustCompile(`(?i)^\s+From\s*:`)
	signedList = regexp.MustCompile(`(?i)^\s+From:[a-z0-9-]+(?:\s*:\s*[a-z0-9-]+)*\s*[:;]?(?:\s*[a-z]+=\S*)*\s*$`)
)

// strictLines gives the lines of a header that has only lines with one meaning.
func strictLines(block []byte) (lines []string, problem string) {
	if len(block) > MaxHeader {
		return nil, "the header is larger than 256 KB"
	}
	if bytes.IndexByte(block, 0) >= 0 {
		return nil, "the header holds a NUL"
	}
	ends := bytes.Count(block, []byte("\r\n"))
	if crs := bytes.Count(block, []byte("\r")); crs != ends || (ends > 0 && bytes.Count(block, []byte("\n")) != ends) {
		return nil, "the header mixes line ends"
	}
	for line := range strings.Lines(string(block)) {
		line = strings.TrimRight(line, "\r\n")
		if problem := strictLine(line, len(lines) == 0); problem != "" {
			return nil, problem
		}
		lines = append(lines, line)
	}
	return lines, ""
}

func strictLine(line string, first bool) string {
	switch {
	case !isFolded(line) && !fieldName.MatchString(line):
		return "a line of the header is not a field"
	case !isFolded(line):
		return ""
	case first:
		return "the header begins with a folded line"
	case strings.TrimSpace(line) == "":
		return "a folded line of the header is empty"
	case likeFrom.MatchString(line) && !signedList.MatchString(line):
		return "a folded line of the header looks like a From field"
	}
	return ""
}

const (
	atext = "[A-Za-z0-9#$&'*+/=?^_`{|}~-]+" // without ! and %, which are routes
	// letters of any script stand in names as they are, with servers that take UTF-8
	letters = `\p{L}\p{M}\p{Nd}`
	word    = `(?:[` + letters + `!#$%&'*+/=?^_` + "`" + `{|}~.-]+|"[` + letters + ` !#-;=?\[\]^_` + "`" + `{|}~]*")`
	label   = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
	host    = label + `(?:\.` + label + `)*\.[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`
	addr    = "(" + atext + `(?:\.` + atext + ")*)@(" + host + ")"
	space   = `[ \t]*`
)

// one is a bare address, or words and an address in angle brackets, the address in ASCII
// and the only @: no group, list, route, comment, quoted pair, quoted local part or
// address literal.
var one = regexp.MustCompile("^" + space + "(?:" + addr + "|(?:" + word + space + ")*<" + addr + ">)" + space + "$")

// mailbox reads the value of a From field.
func mailbox(value string) (address, problem string) {
	if len(value) > 2000 {
		return "", "the From field is too long"
	}
	found := one.FindStringSubmatch(value)
	if found == nil {
		return "", "the From field is not one plain mailbox"
	}
	local, domain := found[1]+found[3], strings.ToLower(found[2]+found[4])
	if strings.Contains(local, "=?") || len(local) > 64 || len(domain) > 255 {
		return "", "the From address is encoded or too long"
	}
	return local + "@" + domain, ""
}

// Same tells whether two addresses name the same mailbox: both are ASCII, and
// they differ at most in the case of their letters. Unicode's folding is not
// for addresses: it takes the Kelvin sign for a k.
func Same(a, b personal.Text) bool {
	x, y := a.Reveal(), b.Reveal()
	return x != "" && isASCII(x) && isASCII(y) && strings.EqualFold(x, y)
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '!' || r > '~' }) < 0
}
