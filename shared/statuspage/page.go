package statuspage

import (
	"bytes"
	_ "embed" // the stylesheet
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/request"
)

//go:embed style.css
var stylesheet string

// HTML writes the view as a page. It fails for a state that it has no words
// for, before it has written anything.
func HTML(w io.Writer, v View) error {
	if _, known := english.States[v.State]; !known {
		return fmt.Errorf("status page: no text for state %q", v.State)
	}
	return write(w, compose(v, english).layout())
}

// NotFoundHTML writes the page for a code that has none: the same for all.
func NotFoundHTML(w io.Writer) error {
	return write(w, missing(english))
}

func write(w io.Writer, n node) error {
	var page bytes.Buffer
	n(&page)
	_, err := w.Write(page.Bytes())
	return err
}

// page is what the layout puts in place: every decision has been taken.
type page struct {
	T          *phrasebook
	Said       stateText
	Tone       tone
	Code       []string // in groups, for the eye
	Steps      []step
	Dates      []fact
	Results    []resultPart
	Kept       []keptPart
	Mail       string
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

func compose(v View, p *phrasebook) page {
	c := composer{p}
	return page{
		T: p, Said: p.States[v.State], Tone: toneOf[v.State], Code: groups(v.Code.Reveal()),
		Steps: c.steps(v), Dates: c.dates(v), Results: c.results(v.Results), Kept: c.kept(v.Kept),
		Mail: mailto(c.fill(p.Mail.Subject, v), c.fill(p.Mail.Body, v)), ReceiptURL: webLink(v.ReceiptURL),
	}
}

// composer turns a view into parts of the page, in one language.
type composer struct{ *phrasebook }

func (c composer) steps(v View) []step {
	var steps []step
	for i, m := range progress(v) {
		steps = append(steps, step{c.Steps[i], c.Marks[m], m, m == doing || m == person})
	}
	return steps
}

func (c composer) dates(v View) []fact {
	facts := []fact{
		c.at(c.Dates.Received, &v.ReceivedAt, c.Dates.NotYet),
		c.at(c.Dates.Due, &v.DueAt, c.Dates.NotYet),
	}
	if f, told := foundOf(v); told {
		facts = append(facts, fact{Term: c.Dates.Found, Text: c.Found[f]})
	}
	return append(facts, c.erasure(v.State, v.LiveErasedAt, v.BackupsUnreadableAt, v.BackupsGoneBy)...)
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
			Heading: c.Business(i+1, len(results)),
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
	return &moment{utc.Format(time.RFC3339), c.Moment(utc)}
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

// mailto makes a link that opens a mail to us. Mail programs read + as a plus.
func mailto(subject, body string) string {
	query := url.Values{}
	if subject != "" {
		query.Set("subject", subject)
	}
	if body != "" {
		query.Set("body", strings.ReplaceAll(body, "\n", "\r\n"))
	}
	link := url.URL{Scheme: "mailto", Opaque: mailbox, RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")}
	return link.String()
}

func momentEnglish(t time.Time) string { return t.Format("2 January 2006, 15:04 UTC") }

func businessEnglish(number, of int) string { return fmt.Sprintf("Business %d of %d", number, of) }

// webLink lets no other kind of link through.
func webLink(link string) string {
	if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
		return link
	}
	return ""
}
