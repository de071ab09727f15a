package statuspage

import (
	"net/url"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/page"
)

// The layout of the pages: what stands where. What is said stands in the phrasebooks.

func (p parts) layout() page.Node {
	return page.Frame{
		Language: p.Language, Title: p.Said.Headline, Tone: string(p.Tone), Mail: p.Mail, Note: p.T.Credential, Switch: true,
		Main: page.All(
			p.card(),
			page.When(p.Reason != "", p.reason),
			page.When(p.Said.Next != "", p.next),
			page.Section("progress", p.T.Headings.Progress, page.Block("ol", page.Attributes{"class", "steps"}, page.Each(p.Steps, step.layout))),
			page.Section("dates", p.T.Headings.Dates, facts(p.Dates)),
			page.When(p.Notify != "", p.notify),
			page.When(len(p.Results) > 0, p.results),
			page.When(len(p.Kept) > 0, p.kept),
			page.When(p.ReceiptURL != "", p.receipt),
			page.Section("elsewhere", p.T.Headings.Elsewhere, page.Block("ul", page.Attributes{"class", "plain"}, page.Each(p.T.Elsewhere, elsewhere.layout))),
		),
		Closing: []page.Node{page.Line("p", page.Attributes{"class", "screen"}, page.Text(p.T.Reload))},
	}.Layout()
}

func (p parts) card() page.Node {
	return page.Block("div", page.Attributes{"class", "card"},
		page.Line("p", page.Attributes{"class", "pill"}, page.Text(p.T.Tones[p.Tone])),
		page.Line("h1", nil, page.Text(p.Said.Headline)),
		page.Each(p.Said.Summary, page.Paragraph),
		page.Block("div", page.Attributes{"class", "code"},
			page.Line("h2", nil, page.Text(p.T.Headings.Code)),
			page.Line("p", page.Attributes{"translate", "no"}, page.Inline("code", page.Attributes{"dir", "ltr"}, page.Each(p.Code, func(group string) page.Node {
				return page.Inline("span", nil, page.Text(group))
			})))))
}

// next says what the person can do. Where there are details to send, their
// list stands for the sentence.
func (p parts) next() page.Node {
	said := p.Said
	return page.Block("section", page.Attributes{"aria-labelledby", "next", "class", "next"},
		page.Heading("next", p.T.Headings.Next),
		page.When(said.Meaning != "", func() page.Node { return page.Paragraph(said.Meaning) }),
		page.When(!p.Detailed, func() page.Node { return page.Paragraph(said.Next) }),
		page.When(p.Detailed, func() page.Node {
			return page.All(page.Paragraph(p.T.Tell), page.Block("ul", nil, page.Each(p.T.Details, page.Item)))
		}),
		page.When(strings.Contains(said.Next, mailbox), func() page.Node {
			return page.Line("p", nil, page.Inline("a", page.Attributes{"class", "button", "href", p.Mail}, page.Text(p.T.Reply)))
		}))
}

// reason is what a person of ours wrote, in whatever language.
func (p parts) reason() page.Node {
	return page.Section("reason", p.T.Headings.Reason, page.Line("p", page.Attributes{"class", "reason", "dir", "auto"}, page.Text(p.Reason)))
}

func (p parts) notify() page.Node {
	said := p.T.Notify
	return page.Section("notify", p.T.Headings.Notify, page.Paragraph(said.Text), page.Form{
		Action: p.Notify, Language: p.Language, Button: said.Button,
		Fields: []page.Field{{Name: "email", Label: said.Label, Kind: "email",
			More: page.Attributes{"dir", "ltr", "autocomplete", "email", "maxlength", "254", "required", ""}}},
	}.Layout())
}

func (p parts) results() page.Node {
	return page.Section("results", p.T.Headings.Results, page.Each(p.Results, resultPart.layout))
}

func (p parts) kept() page.Node {
	return page.Section("kept", p.T.Headings.Kept, page.Block("ul", page.Attributes{"class", "plain"}, page.Each(p.Kept, func(k keptPart) page.Node {
		return page.Line("li", nil, page.Inline("strong", nil, page.Text(k.Name)), page.Break(), page.Text(k.Reason),
			page.When(k.Until != nil, func() page.Node { return page.All(page.Break(), page.Text(p.T.KeptUntil+" "), k.Until.layout()) }))
	})))
}

func (p parts) receipt() page.Node {
	return page.Section("receipt", p.T.Headings.Receipt, page.Line("p", nil, page.Inline("a", page.Attributes{"href", p.ReceiptURL}, page.Text(p.T.Receipt))))
}

// missing lays out the page of a code that has none.
func missing(l page.Language, p *phrasebook) page.Node {
	said := p.NotFound
	return page.Frame{Language: l, Title: said.Title, Tone: "missing", Mail: page.Mailto("", ""), Switch: true,
		Main: page.Block("div", page.Attributes{"class", "card"},
			page.Line("h1", nil, page.Text(said.Headline)),
			page.Paragraph(said.Summary),
			page.Block("ul", nil, page.Each(said.Hints, page.Item))),
	}.Layout()
}

// notified lays out the answer to an address that was given. Its own address can only
// be posted to, so it leads back to the status and offers no other language.
func notified(v View, l page.Language, p *phrasebook) page.Node {
	said := p.Notify
	back := "../" + url.PathEscape(v.Code.Reveal()) + "?lang=" + string(l)
	return page.Frame{Language: l, Title: said.Headline, Tone: string(working), Mail: page.Mailto("", ""),
		Main: page.Block("div", page.Attributes{"class", "card"},
			page.Line("h1", nil, page.Text(said.Headline)),
			page.Paragraph(said.Sent),
			page.Paragraph(said.Other),
			page.Line("p", nil, page.Inline("a", page.Attributes{"class", "button", "href", back}, page.Text(said.Back)))),
	}.Layout()
}

func (s step) layout() page.Node {
	a := page.Attributes{"class", string(s.Class)}
	if s.Current {
		a = append(a, "aria-current", "step")
	}
	return page.Line("li", a, page.Inline("span", page.Attributes{"class", "name"}, page.Text(s.Name)), page.Text(" "),
		page.Inline("span", page.Attributes{"class", "mark-text"}, page.Text(s.Mark)))
}

func (r resultPart) layout() page.Node {
	return page.Block("section", page.Attributes{"class", "result " + string(r.Tone)},
		page.Line("h3", nil, page.Text(r.Heading+" "), page.Inline("span", page.Attributes{"class", "pill"}, page.Text(r.Outcome))),
		facts(r.Dates))
}

func (e elsewhere) layout() page.Node {
	return page.Line("li", nil, page.Inline("strong", nil, page.Text(e.Where)), page.Break(), page.Text(e.How))
}

func (m moment) layout() page.Node {
	return page.Inline("time", page.Attributes{"datetime", m.Machine}, page.Text(m.Human))
}

func facts(all []fact) page.Node {
	return page.Block("dl", page.Attributes{"class", "facts"}, page.Each(all, fact.layout))
}

func (f fact) layout() page.Node {
	value := page.Inline("span", page.Attributes{"class", "unknown"}, page.Text(f.Text))
	if f.When != nil {
		value = f.When.layout()
	}
	return page.Line("div", nil, page.Inline("dt", nil, page.Text(f.Term)), page.Inline("dd", nil, value))
}
