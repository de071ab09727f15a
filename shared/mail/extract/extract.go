// Package extract reads from a mail what tells whose data is meant: handles,
// telephone numbers, Meta's IDs, confirmation codes and display names.
//
// It is given the newest text of a mail only, never what was quoted or
// forwarded. What it finds is what the writer says, and proves nothing.
package extract

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

// Handle is a user name at a platform: "instagram", "facebook", "whatsapp",
// or "" where the text does not say. It is in lower case and without "@".
type Handle struct {
	Platform string `json:"platform"`
	Handle   string `json:"handle"`
}

// Details is what a mail says of its writer, each list in the order of the
// text and without repetitions.
type Details struct {
	Handles   []Handle
	ScopedIDs []string // Meta's IDs of a person: 15 to 17 digits, or a BSUID as "ES.13491208655302741918"
	Codes     []string // candidates for confirmation codes, in the normal form of 24 characters
	Names     []string // display names that the writer says are theirs, as written
	When      []string // months in which they say they wrote: "2026-03", or "03" without a year
}

// Format prints a fixed text: a handle is personal data.
func (Handle) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, personal.Redacted) }

// LogValue gives a fixed text.
func (Handle) LogValue() slog.Value { return slog.StringValue(personal.Redacted) }

// Format prints a fixed text.
func (Details) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, personal.Redacted) }

// LogValue gives a fixed text.
func (Details) LogValue() slog.Value { return slog.StringValue(personal.Redacted) }

// longestText bounds, in bytes, what is searched. Longer mails are an
// operator's.
const longestText = 64 << 10

// From reads the subject and the newest text of a mail.
func From(subject, body string) Details {
	t := read(subject + "\n\n" + body)
	d := Details{Codes: codes(t.clean), Names: names(t), When: months(t)}
	d.ScopedIDs = scopedIDs(t.clean)
	d.Handles = handles(t, &d)
	return d
}

// text is a mail as the rules here read it.
type text struct {
	clean string // with plain digits, without invisible characters
	words []fold.Word
	masks [][]int // where e-mail addresses and links stand in clean
}

func read(raw string) text {
	clean := plain(raw[:min(len(raw), longestText)])
	t := text{clean: clean, words: fold.Words(clean)}
	t.masks = append(addresses.FindAllStringIndex(clean, -1), links.FindAllStringIndex(clean, -1)...)
	return t
}

// An address may be written with spaces around the @, so that programs do
// not find it; what follows is no handle then.
var (
	addresses = regexp.MustCompile(`(?i)[\w.+%-]+@[\w-]+(?:\.[\w-]+)+|[\w.+%-]+(?: @ | ?(?:\(at\)|\[at\]) ?)[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|de|fr|es|it|pt|br|co|uk|il|example)\b|@ ?(?:gmail|googlemail|hotmail|outlook|yahoo|icloud|gmx|live|proton)\.\w+`)
	links     = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S+|\b(?:m\.|mobile\.)?(?:instagram\.com|facebook\.com|fb\.com|fb\.me|m\.me|ig\.me|wa\.me)/\S*`)
)

// masked tells whether a place lies within an address or a link.
func (t text) masked(at int) bool {
	return slices.ContainsFunc(t.masks, func(m []int) bool { return m[0] <= at && at < m[1] })
}

// plain gives s with digits of every script and full-width ASCII as ASCII,
// and without characters that cannot be seen.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r < 0x80 && r >= ' ':
			return r
		case r == '\r' || unicode.In(r, unicode.Cf, unicode.Cc):
			return -1
		case r >= '！' && r <= '～':
			return r - '！' + '!'
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Nd, r):
			return '0' + digit(r)
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// digit gives the value of a decimal digit: in every script they stand in a
// row, and each row begins ten before the next.
func digit(r rune) rune {
	zero := r
	for r-zero < 9 && unicode.Is(unicode.Nd, zero-1) {
		zero--
	}
	return r - zero
}

// appendNew appends what is not there yet.
func appendNew[T comparable](list []T, more ...T) []T {
	for _, v := range more {
		if !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}
