package statuspage

// The layout of the pages: what stands where. What is said stands in text.go,
// how it looks in style.css.

// frame lays out what every page has around its content.
func frame(p *phrasebook, title, class string, main, footer node) node {
	return all(raw("<!DOCTYPE html>\n"), block("html", attributes{"lang", p.Language, "dir", p.Direction},
		block("head", nil,
			void("meta", attributes{"charset", "utf-8"}),
			meta("viewport", "width=device-width, initial-scale=1"),
			meta("color-scheme", "light dark"),
			meta("robots", "noindex, nofollow"),
			meta("referrer", "no-referrer"),
			meta("format-detection", "telephone=no"),
			line("title", nil, text(title+" – Mikla "+p.Site)),
			line("style", nil, raw(stylesheet)),
		),
		block("body", attributes{"class", class},
			block("header", attributes{"class", "top"},
				line("p", attributes{"class", "brand"}, inline("span", attributes{"class", "mark", "aria-hidden", "true"}),
					text("Mikla "), inline("span", attributes{"class", "site"}, text(p.Site)))),
			block("main", nil, main),
			block("footer", nil, footer),
		)))
}

func meta(name, content string) node {
	return void("meta", attributes{"name", name, "content", content})
}

func (p page) layout() node {
	return frame(p.T, p.Said.Headline, string(p.Tone), all(
		p.card(),
		when(p.Said.Next != "", p.next),
		section("progress", p.T.Headings.Progress, block("ol", attributes{"class", "steps"}, each(p.Steps, step.layout))),
		section("dates", p.T.Headings.Dates, facts(p.Dates)),
		when(len(p.Results) > 0, p.results),
		when(len(p.Kept) > 0, p.kept),
		when(p.ReceiptURL != "", p.receipt),
		section("elsewhere", p.T.Headings.Elsewhere, block("ul", attributes{"class", "plain"}, each(p.T.Elsewhere, elsewhere.layout))),
	), p.footer())
}

func (p page) card() node {
	return block("div", attributes{"class", "card"},
		line("p", attributes{"class", "pill"}, text(p.T.Tones[p.Tone])),
		line("h1", nil, text(p.Said.Headline)),
		each(p.Said.Summary, paragraph),
		block("div", attributes{"class", "code"},
			line("h2", nil, text(p.T.Headings.Code)),
			line("p", attributes{"translate", "no"}, inline("code", nil, each(p.Code, func(group string) node {
				return inline("span", nil, text(group))
			})))))
}

// next says what the person can do. Where there are details to send, their
// list stands for the sentence.
func (p page) next() node {
	said := p.Said
	return block("section", attributes{"aria-labelledby", "next", "class", "next"},
		heading("next", p.T.Headings.Next),
		when(said.Meaning != "", func() node { return paragraph(said.Meaning) }),
		when(len(said.Details) == 0, func() node { return paragraph(said.Next) }),
		when(len(said.Details) > 0, func() node {
			return all(paragraph(p.T.Tell), block("ul", nil, each(said.Details, item)))
		}),
		when(said.Reply != "", func() node {
			return line("p", nil, inline("a", attributes{"class", "button", "href", p.Mail}, text(said.Reply)))
		}))
}

func (p page) results() node {
	return section("results", p.T.Headings.Results, each(p.Results, resultPart.layout))
}

func (p page) kept() node {
	return section("kept", p.T.Headings.Kept, block("ul", attributes{"class", "plain"}, each(p.Kept, func(k keptPart) node {
		return line("li", nil, inline("strong", nil, text(k.Name)), raw("<br>"), text(k.Reason),
			when(k.Until != nil, func() node { return all(raw("<br>"), text(p.T.KeptUntil+" "), k.Until.layout()) }))
	})))
}

func (p page) receipt() node {
	return section("receipt", p.T.Headings.Receipt, line("p", nil, inline("a", attributes{"href", p.ReceiptURL}, text(p.T.Receipt))))
}

func (p page) footer() node {
	return all(
		line("h2", nil, text(p.T.Headings.Help)),
		contact(p.Mail),
		paragraph(p.T.Promise+" "+p.T.Credential),
		line("p", attributes{"class", "screen"}, text(p.T.Reload)))
}

// missing lays out the page of a code that has none.
func missing(p *phrasebook) node {
	said := p.NotFound
	return frame(p, said.Title, "missing",
		block("div", attributes{"class", "card"},
			line("h1", nil, text(said.Headline)),
			paragraph(said.Summary),
			block("ul", nil, each(said.Hints, item))),
		all(line("h2", nil, text(p.Headings.Help)), contact(mailto("", "")), paragraph(p.Promise)))
}

func (s step) layout() node {
	a := attributes{"class", string(s.Class)}
	if s.Current {
		a = append(a, "aria-current", "step")
	}
	return line("li", a, inline("span", attributes{"class", "name"}, text(s.Name)), raw(" "),
		inline("span", attributes{"class", "mark-text"}, text(s.Mark)))
}

func (r resultPart) layout() node {
	return block("section", attributes{"class", "result " + string(r.Tone)},
		line("h3", nil, text(r.Heading+" "), inline("span", attributes{"class", "pill"}, text(r.Outcome))),
		facts(r.Dates))
}

func (e elsewhere) layout() node {
	return line("li", nil, inline("strong", nil, text(e.Where)), raw("<br>"), text(e.How))
}

func (m moment) layout() node {
	return inline("time", attributes{"datetime", m.Machine}, text(m.Human))
}

func facts(all []fact) node {
	return block("dl", attributes{"class", "facts"}, each(all, fact.layout))
}

func (f fact) layout() node {
	value := inline("span", attributes{"class", "unknown"}, text(f.Text))
	if f.When != nil {
		value = f.When.layout()
	}
	return line("div", nil, inline("dt", nil, text(f.Term)), inline("dd", nil, value))
}

func section(id, title string, content node) node {
	return block("section", attributes{"aria-labelledby", id}, heading(id, title), content)
}

func heading(id, title string) node { return line("h2", attributes{"id", id}, text(title)) }

func paragraph(s string) node { return line("p", nil, text(s)) }

func item(s string) node { return line("li", nil, text(s)) }

func contact(mail string) node {
	return line("p", nil, inline("a", attributes{"href", mail}, text(mailbox)))
}
