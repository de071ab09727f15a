package inbound

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u0085", "\n", "\u2028", "\n", "\u2029", "\n", "\v", "\n", "\f", "\n")

// clean gives NFC with "\n" line ends and plain spaces, and takes out what is
// not seen: control and format characters (zero width, direction, soft hyphens).
func clean(text string) string {
	text = strings.Map(visible, lineEnds.Replace(strings.ToValidUTF8(text, "\uFFFD")))
	return norm.NFC.String(text)
}

// joiner is put in by normalisation itself, between too many accents.
const joiner = '\u034f'

func visible(r rune) rune {
	switch {
	case r == '\n':
		return r
	case r == '\t' || unicode.Is(unicode.Zs, r):
		return ' '
	case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == joiner:
		return -1
	}
	return r
}

// tidy drops spaces at the ends of lines, and more than one empty line.
func tidy(text string) string {
	var out strings.Builder
	empty := 0
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		if empty++; line != "" {
			empty = 0
		}
		if empty < 2 {
			out.WriteString(line)
			out.WriteByte('\n')
		}
	}
	return strings.Trim(out.String(), "\n")
}

func isRightToLeft(text string) bool {
	letters, right := 0, 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
		if unicode.In(r, unicode.Arabic, unicode.Hebrew) && unicode.IsLetter(r) {
			right++
		}
	}
	return right*2 > letters
}
