package letter

import (
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
)

// longest is how much an operator may write: a letter stays below 20 KB with it.
const longest = 4000

// needs says what each kind cannot be written without.
var needs = map[Kind][]string{
	Challenge:      {"link"},
	AskMore:        {"missing"},
	Acknowledged:   {"due"},
	Status:         {"state"},
	ClosureLink:    {"link", "pin", "scope", "business"},
	ClosureStarted: {"scope", "business"},
	ClosureAttempt: {"scope", "business"},
	Completed:      {"erased at", "backups gone by", "status", "code"},
	NotIdentified:  {},
	Refused:        {"reason"},
	Question:       {"question"},
	Reminder:       {},
	Lapsed:         {},
	OptIn:          {"link"},
	Withdrawn:      {},
	Answered:       {},
}

func (d Data) given() map[string]bool {
	return map[string]bool{
		"link": d.Link != "", "pin": d.PIN != "", "scope": d.Scope != "", "business": printable(d.Business) != "",
		"missing": len(d.Missing) > 0, "state": d.State != "", "due": !d.DueAt.IsZero(),
		"erased at": !d.LiveErasedAt.IsZero(), "backups gone by": !d.BackupsGoneBy.IsZero(),
		"status": d.StatusURL != "", "code": d.Code != "",
		"reason": printable(d.Reason) != "", "question": printable(d.Question) != "",
	}
}

func (d Data) check(kind Kind) error {
	needed, known := needs[kind]
	if !known {
		return fault.New(fault.Invalid, "no such kind of letter")
	}
	given := d.given()
	for _, name := range needed {
		if !given[name] {
			return fault.New(fault.Invalid, "the letter "+string(kind)+" needs: "+name)
		}
	}
	if kind == ClosureStarted && d.UndoUntil.IsZero() != (d.Link == "") {
		return fault.New(fault.Invalid, "the letter closure_started needs the link to cancel and its end, or neither")
	}
	return d.wellFormed()
}

func (d Data) wellFormed() error {
	for _, c := range []struct {
		wrong bool
		what  string
	}{
		{!isTag(d.Tag), "a tag is capitals, digits and dashes, at most 20"},
		{d.Code != "" && !isCode(d.Code), "the code is no confirmation code"},
		{d.Link != "" && !isLink(d.Link), "the link is no web address"},
		{d.StatusURL != "" && !isLink(d.StatusURL), "the status link is no web address"},
		{d.PIN != "" && !isPIN(d.PIN), "a PIN is six digits"},
		{d.Hours < 0, "hours cannot be negative"},
		{d.Scope != "" && english.Acts[d.Scope] == "", "no such scope"},
		{d.State != "" && english.States[d.State] == "", "no such state"},
		{english.Why[d.Audience] == "", "no such audience"},
		{slices.ContainsFunc(d.Missing, func(m Detail) bool { return english.Details[m].What == "" }), "no such detail"},
		{utf8.RuneCountInString(d.Business) > 200, "the name of the business is over 200 characters"},
		{utf8.RuneCountInString(d.Question) > longest || utf8.RuneCountInString(d.Reason) > longest, "the operator's words are over 4,000 characters"},
	} {
		if c.wrong {
			return fault.New(fault.Invalid, c.what)
		}
	}
	return nil
}

// isTag keeps the subject one line whatever is given.
func isTag(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == ""
}

// isCode catches a code that was stored and read back: it would be the text that codes
// print as.
func isCode(c confirmation.Code) bool {
	same, ok := confirmation.Normalize(c.Reveal())
	return ok && same == c
}

func isPIN(s string) bool {
	return len(s) == 6 && strings.Trim(s, "0123456789") == ""
}

func isLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// printable takes out what would break a line or turn the direction of what follows.
// Line feeds stay: the operator's paragraphs.
func printable(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return -1
		}
		return r
	}, s))
}

// oneLine is printable without line feeds.
func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }
