package letter

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// draft is a letter in one language under construction: each method adds the same thing
// to the text and to the HTML, so that neither says more than the other.
//
// The HTML is written by hand and not by html/template, which keeps every method of the
// AWS SDK in the binary. Styles are inline, since mail programs drop the others, and set
// no colours of text and ground, so that a dark scheme has its own.
type draft struct {
	book       *phrasebook
	kind       Kind
	data       Data
	text, html strings.Builder
	unknown    string // a placeholder without a value
}

// span is a piece of a line. dir is "" in the language's own direction, "ltr", or "auto"
// for words that are not of this package.
type span struct{ text, dir string }

// value stands in for the placeholder {name}.
type value struct {
	name string
	span
}

func newDraft(b *phrasebook, kind Kind, d Data) *draft {
	return &draft{book: b, kind: kind, data: d}
}

// values gives what phrases may name. What is not given is absent.
func (d *draft) values() []value {
	out := []value{{"mikla", span{"Mikla, Inc.", "ltr"}}, {"mailbox", span{"privacy@mikla.ai", "ltr"}}}
	add := func(given bool, name, text, dir string) {
		if given {
			out = append(out, value{name, span{text, dir}})
		}
	}
	add(d.data.Business != "", "business", oneLine(d.data.Business), "auto")
	add(d.data.Hours > 0, "hours", strconv.Itoa(d.data.Hours), "")
	add(!d.data.DueAt.IsZero(), "due", d.book.Day(d.data.DueAt.UTC()), "")
	add(!d.data.UndoUntil.IsZero(), "undo", d.book.Moment(d.data.UndoUntil.UTC()), "")
	return out
}

// spans puts values into a phrase.
func (d *draft) spans(phrase string, more ...value) []span {
	values := append(more, d.values()...)
	var out []span
	for {
		before, rest, found := strings.Cut(phrase, "{")
		out = append(out, span{text: before})
		if !found {
			return out
		}
		name, after, _ := strings.Cut(rest, "}")
		out = append(out, d.value(name, values))
		phrase = after
	}
}

func (d *draft) value(name string, values []value) span {
	for _, v := range values {
		if v.name == name {
			return v.span
		}
	}
	d.unknown = name
	return span{}
}

const (
	spaced = ` style="margin:0 0 16px"`
	mono   = ` style="font-family:Menlo,Consolas,monospace;font-size:18px"`
	button = ` style="display:inline-block;padding:12px 20px;border-radius:8px;background-color:#163fa6;color:#ffffff;font-weight:bold;text-decoration:none"`
	small  = ` style="font-size:14px;word-break:break-all"`
	plain  = ` style="color:inherit;word-break:break-all"`
	boxed  = ` style="margin:0 0 16px;padding:12px 16px;border:1px solid #7d8592;border-radius:8px"`
)

func (d *draft) paragraph(phrase string) { d.paragraphOf(d.spans(phrase)) }

func (d *draft) paragraphs(phrases []string) {
	for _, p := range phrases {
		d.paragraph(p)
	}
}

func (d *draft) paragraphOf(line []span) {
	d.text.WriteString(d.lines(d.plain(line), "") + "\n\n")
	d.html.WriteString("<p" + spaced + ">" + markup(line) + "</p>\n")
}

// emphasis is a line of its own that must not be overlooked.
func (d *draft) emphasis(phrase string) {
	d.text.WriteString(d.lines("  "+phrase, "  ") + "\n\n")
	d.html.WriteString("<p" + spaced + "><strong>" + html.EscapeString(phrase) + "</strong></p>\n")
}

// section is a heading and a list under it.
func (d *draft) section(title string, items ...[]span) {
	d.text.WriteString(d.lines(title, "") + "\n")
	d.html.WriteString(`<h2 style="margin:24px 0 8px;font-size:17px">` + html.EscapeString(title) + "</h2>\n<ul" + spaced + ">\n")
	for _, item := range items {
		d.text.WriteString(d.lines("- "+d.plain(item), "  ") + "\n")
		d.html.WriteString("<li>" + markup(item) + "</li>\n")
	}
	d.text.WriteString("\n")
	d.html.WriteString("</ul>\n")
}

// code shows characters to be copied or typed. Spaces between groups are theirs.
func (d *draft) code(label, chars string) {
	d.text.WriteString(label + "\n" + d.plain([]span{{chars, "ltr"}}) + "\n\n")
	d.html.WriteString("<p" + spaced + ">" + html.EscapeString(label) + `<br><span dir="ltr"` + mono + ">" + html.EscapeString(chars) + "</span></p>\n")
}

// button is the one thing to do. The address stands below it, for whoever wants to see
// where it leads.
func (d *draft) button(label, link string) {
	d.bareLink(label, link)
	safe := html.EscapeString(link)
	d.html.WriteString("<p" + spaced + `><a href="` + safe + `"` + button + ">" + html.EscapeString(label) + "</a></p>\n" +
		"<p" + spaced + `><span dir="ltr"` + small + ">" + safe + "</span></p>\n")
}

func (d *draft) link(label, link string) {
	d.bareLink(label, link)
	safe := html.EscapeString(link)
	d.html.WriteString("<p" + spaced + ">" + html.EscapeString(label) + `<br><a dir="ltr" href="` + safe + `"` + plain + ">" + safe + "</a></p>\n")
}

// bareLink puts the address on a line of its own, unbroken. It is not isolated even in
// right-to-left text: mail programs would make the invisible character part of it, and
// a line without other letters needs none.
func (d *draft) bareLink(label, link string) {
	d.text.WriteString(d.lines(label, "") + "\n" + link + "\n\n")
}

// quote shows the operator's words, in whatever direction they have.
func (d *draft) quote(words string) {
	for _, line := range strings.Split(printable(words), "\n") {
		d.text.WriteString(d.lines(oneLine(line), "") + "\n")
	}
	d.text.WriteString("\n")
	d.html.WriteString(`<div dir="auto"` + boxed + ">" + strings.ReplaceAll(html.EscapeString(printable(words)), "\n", "<br>") + "</div>\n")
}

// markup escapes a line and gives each foreign piece its direction.
func markup(line []span) string {
	var b strings.Builder
	for _, s := range line {
		if s.dir == "" {
			b.WriteString(html.EscapeString(s.text))
			continue
		}
		b.WriteString(`<span dir="` + s.dir + `">` + html.EscapeString(s.text) + "</span>")
	}
	return b.String()
}

// plain puts a line together. Foreign pieces are isolated where they run against the
// language, and held on one line, since an isolate ends with it.
func (d *draft) plain(line []span) string {
	var b strings.Builder
	for _, s := range line {
		if s.dir == "" || !d.against(s.text) {
			b.WriteString(s.text)
			continue
		}
		b.WriteString(isolate[s.dir] + strings.ReplaceAll(s.text, " ", "\u00a0") + "\u2069")
	}
	return b.String()
}

var isolate = map[string]string{"ltr": "\u2066", "auto": "\u2068"}

func (d *draft) against(s string) bool {
	return d.book.Direction == "rtl" || strings.ContainsFunc(s, rightToLeft)
}

func rightToLeft(r rune) bool {
	return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana)
}

// width of a line of text, in characters (RFC 5322 asks for 78 at most).
const width = 78

// lines breaks a line at spaces and indents what follows the first. Mail programs take a
// line's direction from its first letter, so that one that begins with a foreign name
// gets a mark of its own direction before it.
func (d *draft) lines(s, indent string) string {
	broken := wrap(s, indent)
	if d.book.Direction != "rtl" {
		return broken
	}
	lines := strings.Split(broken, "\n")
	for i, line := range lines {
		first := strings.IndexFunc(line, unicode.IsLetter)
		if first >= 0 && line[first] <= unicode.MaxASCII && strings.ContainsFunc(line, rightToLeft) {
			lines[i] = "\u200f" + line
		}
	}
	return strings.Join(lines, "\n")
}

func wrap(s, indent string) string {
	var b strings.Builder
	used := 0
	for i, word := range strings.Split(s, " ") {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+size > width:
			b.WriteString("\n" + indent)
			used = len(indent)
		default:
			b.WriteString(" ")
			used++
		}
		b.WriteString(word)
		used += size
	}
	return b.String()
}
