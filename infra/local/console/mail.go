package console

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
)

func (c *Console) outbox(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, c.Office.Outbox())
}

// letterPolicy shows a letter as a mail program does: its own style, no programs, nothing
// from elsewhere. Only the page above may frame it.
const letterPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"

// letter is the HTML of a letter by SES's message ID.
func (c *Console) letter(w http.ResponseWriter, r *http.Request) {
	sent := c.Office.Outbox()
	i := slices.IndexFunc(sent, func(l postoffice.Letter) bool { return l.MessageID == r.PathValue("id") })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", letterPolicy)
	_, _ = io.WriteString(w, sent[i].HTML)
}

// decisions are the objects that the functions wrote, as they are, in the order in which
// the mails came.
func (c *Console) decisions(w http.ResponseWriter, _ *http.Request) {
	list := []json.RawMessage{}
	for _, d := range c.Office.Decisions() {
		list = append(list, d.Text)
	}
	write(w, http.StatusOK, list)
}

// mailLine is a mail that came, and what was decided of it.
type mailLine struct {
	postoffice.Arrival
	At       string
	Kept     bool
	Decision string // "" if there is none
}

// shownMails bounds each of the page's two lists of mails.
const shownMails = 20

// mailLines are the newest mails, newest first.
func (c *Console) mailLines(ctx context.Context) ([]mailLine, error) {
	decided := c.Office.Decisions()
	kept, err := c.Office.Kept(ctx)
	if err != nil {
		return nil, err
	}
	var lines []mailLine
	for _, a := range c.Office.Arrivals() {
		line := mailLine{Arrival: a, At: a.At.Format("15:04:05"), Kept: kept[a.ID]}
		if i := slices.IndexFunc(decided, func(d postoffice.Decision) bool { return d.ID == a.ID }); i >= 0 {
			line.Decision = indented(decided[i].Text)
		}
		lines = append(lines, line)
	}
	slices.Reverse(lines)
	return lines[:min(len(lines), shownMails)], nil
}

func indented(text json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, text, "", "  ") != nil {
		return string(text)
	}
	return out.String()
}

// newestLetters are the newest first.
func newestLetters(sent []postoffice.Letter) []postoffice.Letter {
	slices.Reverse(sent)
	return sent[:min(len(sent), shownMails)]
}
