package statuspage

import (
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// HTML writes the view as a page. It fails for a state that it has no words
// for, before it has written anything.
func HTML(w io.Writer, v View) error {
	b, l := book(v.Language)
	if _, known := b.States[v.State]; !known {
		return fmt.Errorf("status page: no text for state %q", v.State)
	}
	return page.Write(w, compose(v, l, b).layout())
}

// NotFoundHTML writes the page for a code that has none: the same for all.
func NotFoundHTML(w io.Writer, l page.Language) error {
	b, l := book(l)
	return page.Write(w, missing(l, b))
}

// NotifiedHTML writes the answer to an address that was given: the same whatever it
// was, and whether a mail goes there or not.
func NotifiedHTML(w io.Writer, v View) error {
	b, l := book(v.Language)
	return page.Write(w, notified(v, l, b))
}

// parts are what the layout puts in place: every decision has been taken.
type parts struct {
	Language   page.Language
	T          *phrasebook
	Said       stateText
	Detailed   bool // what to write to us is listed
	Tone       tone
	Code       []string // in groups, for the eye
	Steps      []step
	Dates      []fact
	Results    []resultPart
	Kept       []keptPart
	Mail       string
	Reason     string
	Notify     string // where the form goes; "": no form
	ReceiptURL string
}

type step struct {
	Name, Mark string
	Class      mark
	Current    bool
}

// fact is a line of a description list: a term with a time or some words.
type fact struct {
	Term string
	When *moment
	Text string
}

type moment struct{ Machine, Human string }

type resultPart struct {
	Heading, Outcome string
	Tone             tone
	Dates            []fact
}

type keptPart struct {
	Name, Reason string
	Until        *moment
}

func compose(v View, l page.Language, p *phrasebook) parts {
	c := composer{p}
	return parts{
		Language: l, T: p, Said: p.States[v.State], Detailed: v.State == request.NothingFound || v.State == request.CouldNotIdentify, Tone: toneOf[v.State], Code: groups(v.Code.Reveal()),
		Steps: c.steps(v), Dates: c.dates(v), Results: c.results(v.Results), Kept: c.kept(v.Kept),
		Mail:   page.Mailto(c.fill(p.Mail.Subject, v), c.fill(p.Mail.Body, v)),
		Reason: v.Reason, Notify: notify(v), ReceiptURL: page.WebLink(v.ReceiptURL),
	}
}

// notify is where an address goes that is given, seen from the page.
func notify(v View) string {
	if !v.CanSubscribe {
		return ""
	}
	return url.PathEscape(v.Code.Reveal()) + "/notify"
}

// composer turns a view into parts of the page, in one language.
type composer struct{ *phrasebook }

// current are the marks of a step that is under way, or waits.
var current = []mark{doing, person, asked, hidden}

func (c composer) steps(v View) []step {
	var steps []step
	for i, m := range progress(v) {
		steps = append(steps, step{c.Steps[i], c.Marks[m], m, slices.Contains(current, m)})
	}
	return steps
}

func (c composer) dates(v View) []fact {
	facts := []fact{
		c.at(c.Dates.Received, &v.ReceivedAt, c.Dates.NotYet),
		c.at(c.Dates.Due, &v.DueAt, c.Dates.NotYet),
	}
	if m := c.moment(v.UndoUntil); m != nil {
		facts = append(facts, fact{Term: c.Dates.Undo, When: m})
	}
	if f, told := foundOf(v); told {
		facts = append(facts, fact{Term: c.Dates.Found, Text: c.Found[f]})
	}
	facts = append(facts, c.erasure(v.State, v.LiveErasedAt, v.BackupsUnreadableAt, v.BackupsGoneBy)...)
	if said, sent := c.Mails[heard(v.Mail)]; sent {
		facts = append(facts, fact{Term: c.Dates.Mail, Text: said})
	}
	return facts
}

// heard is what is told of a letter: of one that may have been handed over, or not, no
// more than that it is to be sent.
func heard(s request.LetterState) request.LetterState {
	if s == request.Sending {
		return request.Due
	}
	return s
}

// erasure gives the dates of the erasure. A request that ended without one
// says so once, rather than showing three dates that will never come; and what
// is still not known after an erasure is left out rather than guessed.
func (c composer) erasure(s request.State, live, unreadable, gone *time.Time) []fact {
	if s.Terminal() && s != request.Completed && live == nil {
		return []fact{{Term: c.Dates.Erased, Text: c.Dates.Nothing}}
	}
	facts := []fact{c.at(c.Dates.Erased, live, c.Dates.NotYet)}
	if live == nil || unreadable != nil {
		facts = append(facts, c.at(c.Dates.Unreadable, unreadable, c.Dates.After))
	}
	if live == nil || gone != nil {
		facts = append(facts, c.at(c.Dates.Gone, gone, c.Dates.After))
	}
	return facts
}

// results are shown when there are several: one alone is the request itself.
func (c composer) results(results []Result) []resultPart {
	if len(results) < 2 {
		return nil
	}
	var parts []resultPart
	for i, r := range results {
		parts = append(parts, resultPart{
			Heading: c.business(i+1, len(results)),
			Outcome: c.Tones[toneOf[r.Outcome]],
			Tone:    toneOf[r.Outcome],
			Dates:   c.erasure(r.Outcome, r.LiveErasedAt, r.BackupsUnreadableAt, r.BackupsGoneBy),
		})
	}
	return parts
}

func (c composer) kept(kept []request.Kept) []keptPart {
	var parts []keptPart
	for _, k := range kept {
		text, known := c.Kept[k.Category]
		if !known {
			text = keptText{sentence(k.Category), k.Reason}
		}
		parts = append(parts, keptPart{text.Name, text.Reason, c.moment(k.Until)})
	}
	return parts
}

// sentence writes the name of a category that has no phrase as a person would.
func sentence(category string) string {
	words := strings.ReplaceAll(category, "_", " ")
	return strings.ToUpper(words[:min(1, len(words))]) + words[min(1, len(words)):]
}

func (c composer) at(term string, t *time.Time, unknown string) fact {
	if m := c.moment(t); m != nil {
		return fact{Term: term, When: m}
	}
	return fact{Term: term, Text: unknown}
}

func (c composer) moment(t *time.Time) *moment {
	if t == nil || t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &moment{utc.Format(time.RFC3339), c.phrasebook.moment(utc)}
}

func (c composer) fill(text string, v View) string {
	return strings.ReplaceAll(text, "{code}", v.Code.Reveal())
}

// groups cuts the code in fours. Copied from the page it is whole again, since
// only the style sets the groups apart.
func groups(code string) []string {
	var parts []string
	for len(code) > 4 {
		parts, code = append(parts, code[:4]), code[4:]
	}
	return append(parts, code)
}
