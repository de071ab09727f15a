package letter

import (
	"html"
	"strconv"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/request"
)

// count is a number that keeps its place after a name in Latin letters, which would
// draw it to itself in right-to-left text.
func count(n int) span { return span{strconv.Itoa(n), "ltr"} }

// compose writes everything between the heading and the footer.
func (d *draft) compose() {
	d.paragraph(d.book.Greeting)
	w := d.book.Letters[d.kind]
	special := map[Kind]func(words){
		AskMore: d.askMore, Status: d.status, ClosureLink: d.closureLink, ClosureStarted: d.closureStarted,
		ClosureAttempt: d.closureAttempt, Completed: d.completed, NotIdentified: d.notIdentified,
		Refused: d.refused, Question: d.question, Withdrawn: d.withdrawn,
	}
	if write, ok := special[d.kind]; ok {
		write(w)
	} else {
		d.usual(w)
	}
	d.where()
	d.paragraph(d.book.Regards)
}

func (d *draft) usual(w words) {
	d.paragraphs(w.Before)
	if d.data.Link != "" && w.Button != "" {
		d.button(w.Button, d.data.Link)
	}
	d.paragraphs(w.After)
}

// where gives the request's own page and code, to whoever may have them.
func (d *draft) where() {
	if d.data.StatusURL != "" {
		d.link(d.book.Labels.StatusPage, d.data.StatusURL)
	}
	if d.data.Code != "" {
		d.code(d.book.Labels.Code, groups(d.data.Code.Reveal()))
	}
}

// groups sets a code in groups of four.
func groups(code string) string {
	var parts []string
	for ; len(code) > 4; code = code[4:] {
		parts = append(parts, code[:4])
	}
	return strings.Join(append(parts, code), " ")
}

func (d *draft) askMore(w words) {
	d.paragraphs(w.Before)
	for _, m := range d.data.Missing {
		detail := d.book.Details[m]
		d.section(detail.What, d.each(detail.Where)...)
	}
	d.paragraphs(w.After)
}

func (d *draft) each(phrases []string) [][]span {
	var items [][]span
	for _, p := range phrases {
		items = append(items, d.spans(p))
	}
	return items
}

func (d *draft) status(w words) {
	d.paragraphs(w.Before)
	d.emphasis(d.book.States[d.data.State])
	d.paragraphs(w.After)
}

func (d *draft) closureLink(w words) {
	e := d.book.Effects
	d.paragraphs(w.Before)
	d.emphasis(d.book.Acts[d.data.Scope])
	d.effects(d.book.Labels.Then, d.data.Hours > 0, e.Later)
	d.code(d.book.Labels.PIN, d.data.PIN)
	d.button(w.Button, d.data.Link)
	d.paragraphs(w.After)
}

func (d *draft) closureStarted(w words) {
	e := d.book.Effects
	d.paragraphs(w.Before)
	d.emphasis(d.book.Acts[d.data.Scope])
	d.effects(d.book.Labels.Now, !d.data.UndoUntil.IsZero(), e.Until)
	if d.data.Link != "" {
		d.button(w.Button, d.data.Link)
	}
	d.paragraphs(w.After)
}

// effects lists what the closure does; end says when the data goes, if that waits.
func (d *draft) effects(title string, waits bool, end string) {
	e, phrases := d.book.Effects, []string{}
	if d.data.Scope != Lead {
		phrases = append(phrases, e.Tokens)
	}
	if waits {
		phrases = append(phrases, e.Hidden, end)
	} else {
		phrases = append(phrases, e.AtOnce)
	}
	d.section(title, d.each(phrases)...)
}

func (d *draft) closureAttempt(w words) {
	d.paragraphs(w.Before)
	d.emphasis(d.book.Acts[d.data.Scope])
	d.paragraphs(w.After)
}

func (d *draft) completed(w words) {
	l := d.book.Labels
	d.paragraphs(w.Before)
	if erased := d.erased(); len(erased) > 0 {
		d.section(l.Erased, erased...)
	}
	d.section(l.Dates,
		d.pair(l.Live, span{text: d.book.Moment(d.data.LiveErasedAt.UTC())}),
		d.pair(l.Backups, span{text: d.book.Day(d.data.BackupsGoneBy.UTC())}))
	if kept := d.kept(); len(kept) > 0 {
		d.section(l.Kept, kept...)
	}
	d.section(l.Elsewhere, d.elsewhere()...)
	d.paragraphs(w.After)
}

func (d *draft) pair(name string, v span) []span {
	return d.spans(d.book.Labels.Pair, value{"name", span{text: name}}, value{"value", v})
}

// stores is the order in which a letter lists what was erased.
var stores = []string{"conversations", "messages", "media", "leads", "links", "ai_audit", "ai_quotes", "channels", "tenants"}

func (d *draft) erased() [][]span {
	var items [][]span
	rest := 0
	for _, n := range d.data.Erased {
		rest += n
	}
	for _, store := range stores {
		n := d.data.Erased[store]
		rest -= n
		if n > 0 {
			items = append(items, d.pair(d.book.Stores[store], count(n)))
		}
	}
	if rest > 0 {
		items = append(items, d.pair(d.book.OtherStores, count(rest)))
	}
	return items
}

func (d *draft) kept() [][]span {
	var items [][]span
	for _, k := range d.data.Kept {
		item := d.keptAs(k)
		if k.Until != nil {
			until := value{"until", span{text: d.book.Day(k.Until.UTC())}}
			item = append(append(item, span{text: " "}), d.spans(d.book.Labels.Until, until)...)
		}
		items = append(items, item)
	}
	return items
}

// keptAs names a category. One without a phrase, which a test forbids for those of the
// data map, has the reason that came with it.
func (d *draft) keptAs(k request.Kept) []span {
	if known, ok := d.book.Kept[k.Category]; ok {
		return d.pair(known.Name, span{text: known.Why})
	}
	return []span{{oneLine(k.Reason), "auto"}}
}

// elsewhere leaves out the business when the reader is the business.
func (d *draft) elsewhere() [][]span {
	items := d.each(d.book.Elsewhere)
	if d.data.Audience != Admin {
		items = append(items, d.spans(d.book.TheBusiness))
	}
	return items
}

func (d *draft) notIdentified(w words) {
	d.paragraphs(w.Before)
	d.section(w.Button, d.each(d.book.Clues)...)
	d.paragraphs(w.After)
}

func (d *draft) refused(w words) {
	d.paragraphs(w.Before)
	d.quote(d.data.Reason)
	d.paragraphs(w.After)
}

func (d *draft) question(w words) {
	d.paragraphs(w.Before)
	d.quote(d.data.Question)
	d.paragraphs(w.After)
}

// withdrawn: who cancels a closure must hear that the tokens are gone all the same.
func (d *draft) withdrawn(w words) {
	if d.data.Scope != Tenant && d.data.Scope != Channel {
		d.paragraphs(w.Before)
		return
	}
	d.emphasis(d.book.Acts[d.data.Scope])
	d.paragraphs(d.book.Restored)
}

func (d *draft) title() string {
	act := value{"act", span{text: d.book.Acts[d.data.Scope]}}
	var title strings.Builder
	for _, s := range d.spans(d.book.Letters[d.kind].Subject, act) {
		title.WriteString(s.text)
	}
	return title.String()
}

// audience is the one that the kind is for, or the one that was given.
func (d *draft) audience() Audience {
	switch d.kind {
	case ClosureLink, ClosureStarted, ClosureAttempt:
		return Admin
	case OptIn:
		return Page
	}
	return d.data.Audience
}

// footer says who writes, why, and what it costs (nothing).
func (d *draft) footer() (text, markedUp string) {
	b := d.book
	for _, phrase := range []string{b.Who, b.Why[d.audience()], b.Promise} {
		line := d.spans(phrase)
		text += d.lines(d.plain(line), "") + "\n"
		markedUp += `<p style="margin:0 0 8px;font-size:14px">` + markup(line) + "</p>\n"
	}
	return text, markedUp
}

// assemble makes one letter of the same letter in one or two languages. The footers come
// last, after the line that mail programs know a signature by and leave out of answers.
func assemble(parts []*draft) Letter {
	var titles []string
	var text, body, feet, footers strings.Builder
	for i, p := range parts {
		if i > 0 {
			text.WriteString("* * *\n\n")
			body.WriteString(rule)
		}
		titles = append(titles, p.title())
		text.WriteString(p.text.String())
		body.WriteString(p.column("<h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">" + html.EscapeString(p.title()) + "</h1>\n" + p.html.String()))
		plain, markedUp := p.footer()
		feet.WriteString(plain)
		footers.WriteString(p.column(markedUp))
	}
	subject := strings.Join(titles, " / ") + " [" + parts[0].data.Tag + "]"
	if parts[0].data.Reply {
		subject = "Re: " + subject
	}
	return Letter{
		Subject: subject,
		Text:    text.String() + "-- \n" + feet.String(),
		HTML:    parts[0].document(subject, body.String()+rule+footers.String()),
	}
}

const rule = `<hr style="border:0;border-top:1px solid #7d8592;margin:24px 0">` + "\n"

// column repeats language and direction: web mail drops the document around it.
func (d *draft) column(content string) string {
	return `<div lang="` + d.book.Language + `" dir="` + d.book.Direction + "\">\n" + content + "</div>\n"
}

func (d *draft) document(subject, body string) string {
	return "<!DOCTYPE html>\n" + `<html lang="` + d.book.Language + `" dir="` + d.book.Direction + "\">\n<head>\n" +
		`<meta charset="utf-8">` + "\n" + `<meta name="viewport" content="width=device-width">` + "\n" +
		`<meta name="color-scheme" content="light dark">` + "\n" +
		"<title>" + html.EscapeString(subject) + "</title>\n</head>\n" +
		`<body style="margin:0;padding:0">` + "\n" +
		`<div style="max-width:600px;margin:0 auto;padding:16px;font-family:-apple-system,'Segoe UI',Roboto,'Noto Sans',Arial,sans-serif;font-size:16px;line-height:1.5;overflow-wrap:break-word">` + "\n" +
		body + "</div>\n</body>\n</html>\n"
}
