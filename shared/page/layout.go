// Package page is what all our web pages share: markup, frame and stylesheet, the
// headers that go with them, and the choice of language and of HTML or JSON. What a
// page says stands in the packages that use it.
package page

import (
	_ "embed" // the stylesheet
	"net/url"
	"strings"
)

//go:embed style.css
var stylesheet string

// Frame is a page around its content.
type Frame struct {
	Language Language
	Title    string
	Tone     string // class of the body: see style.css
	Main     Node
	Mail     string // link to our mailbox, as Mailto makes it
	Note     string // after the promise at the foot
	Closing  []Node // after that
	Switch   bool   // offer the other languages: the address can be asked for again
}

// Layout lays the page out.
func (f Frame) Layout() Node {
	w := books[f.Language]
	return All(raw("<!DOCTYPE html>\n"), Block("html", Attributes{"lang", string(f.Language), "dir", f.Language.Direction()},
		Block("head", nil,
			Void("meta", Attributes{"charset", "utf-8"}),
			meta("viewport", "width=device-width, initial-scale=1"),
			meta("color-scheme", "light dark"),
			meta("robots", "noindex, nofollow"),
			meta("referrer", "no-referrer"),
			meta("format-detection", "telephone=no"),
			Line("title", nil, Text(f.Title+" – Mikla "+w.Site)),
			Line("style", nil, raw(stylesheet)),
		),
		Block("body", Attributes{"class", f.Tone},
			Block("header", Attributes{"class", "top"},
				Line("p", Attributes{"class", "brand"}, Inline("span", Attributes{"class", "mark", "aria-hidden", "true"}),
					Inline("bdi", nil, Text("Mikla")), Text(" "), Inline("span", Attributes{"class", "site"}, Text(w.Site)))),
			Block("main", nil, f.Main),
			Block("footer", nil, f.footer(w)),
		)))
}

func meta(name, content string) Node {
	return Void("meta", Attributes{"name", name, "content", content})
}

func (f Frame) footer(w words) Node {
	return All(
		Line("h2", nil, Text(w.Help)),
		Line("p", nil, Inline("a", Attributes{"href", f.Mail}, Text(Mailbox))),
		Paragraph(strings.TrimSpace(w.Promise+" "+f.Note)),
		All(f.Closing...),
		When(f.Switch, func() Node { return languages(f.Language, w.Language) }))
}

// languages offers the page in the others. Each is named in itself, since who looks
// for it may read no other.
func languages(current Language, label string) Node {
	return Block("nav", Attributes{"class", "languages screen", "aria-label", label}, Block("ul", nil, Each(Languages(), func(l Language) Node {
		a := Attributes{"lang", string(l), "dir", l.Direction()}
		if l == current {
			return Line("li", nil, Inline("span", append(a, "aria-current", "true"), Text(books[l].Name)))
		}
		return Line("li", nil, Inline("a", append(a, "hreflang", string(l), "href", "?lang="+string(l)), Text(books[l].Name)))
	})))
}

// Section is a part of the page with a heading of its own.
func Section(id, title string, content ...Node) Node {
	return Block("section", Attributes{"aria-labelledby", id}, Heading(id, title), All(content...))
}

// Heading is the heading of a part, which the part is labelled by.
func Heading(id, title string) Node { return Line("h2", Attributes{"id", id}, Text(title)) }

// Paragraph is a paragraph of text.
func Paragraph(s string) Node { return Line("p", nil, Text(s)) }

// Item is an item of a list.
func Item(s string) Node { return Line("li", nil, Text(s)) }

// Mailto makes a link that opens a mail to us. Mail programs read + as a plus.
func Mailto(subject, body string) string {
	query := url.Values{}
	if subject != "" {
		query.Set("subject", subject)
	}
	if body != "" {
		query.Set("body", strings.ReplaceAll(body, "\n", "\r\n"))
	}
	link := url.URL{Scheme: "mailto", Opaque: Mailbox, RawQuery: strings.ReplaceAll(query.Encode(), "+", "%20")}
	return link.String()
}

// WebLink lets no other kind of link through.
func WebLink(link string) string {
	if strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://") {
		return link
	}
	return ""
}
