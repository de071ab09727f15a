package linkpage

import (
	"strconv"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/page"
)

func (b *phrasebook) ask(f page.Frame, v View) page.Frame {
	said := b.Ask[v.Kind]
	if v.Kind == Closure {
		said.Headline, said.Text = b.Acts[v.Scope], b.effects(v)
	}
	f.Title, f.Switch = said.Headline, true
	f.Main = page.All(
		card(said, business(v), nothing),
		page.Block("section", page.Attributes{"aria-labelledby", "act", "class", "next"},
			page.Heading("act", b.Act[v.Kind].Headline),
			page.Each(b.Act[v.Kind].Text, page.Paragraph),
			page.Form{Language: v.Language, Problem: b.problem(v), Fields: b.fields(v), Button: said.Button}.Layout(),
			page.Line("p", page.Attributes{"class", "soft"}, page.Text(b.NotYou[v.Kind]))))
	return f
}

// effects are what a closure does, in the order in which it does it.
func (b *phrasebook) effects(v View) []string {
	last := b.AtOnce
	if v.Hours > 0 {
		last = b.hours(b.Later, v)
	}
	return append(append([]string{}, b.Effects[v.Scope]...), last)
}

func (b *phrasebook) hours(text string, v View) string {
	return strings.ReplaceAll(text, "{hours}", strconv.Itoa(v.Hours))
}

func (b *phrasebook) problem(v View) string {
	return strings.ReplaceAll(b.Problems[v.Problem], "{tries}", strconv.Itoa(v.Tries))
}

// fields are those of the form, by kind. What is typed runs in a direction of its own.
func (b *phrasebook) fields(v View) []page.Field {
	switch v.Kind {
	case Closure:
		return []page.Field{b.field(FieldPIN, "text", "dir", "ltr", "inputmode", "numeric", "autocomplete", "one-time-code", "maxlength", "12", "required", "")}
	case Confirm:
		return []page.Field{
			b.field(FieldName, "text", "dir", "auto", "autocomplete", "name", "maxlength", "200"),
			b.field(FieldWhen, "month", "autocomplete", "off", "maxlength", "40", "placeholder", "2026-05"),
			b.field(FieldPhone, "tel", "dir", "ltr", "autocomplete", "tel", "maxlength", "40"),
		}
	}
	return nil
}

func (b *phrasebook) field(name, kind string, more ...string) page.Field {
	said := b.Fields[name]
	return page.Field{Name: name, Label: said.Label, Hint: said.Hint, Kind: kind, More: more}
}

func (b *phrasebook) done(f page.Frame, v View) page.Frame {
	said := b.Done[v.Kind]
	if v.Kind == Closure && v.Hours > 0 {
		said.Text = []string{b.hours(b.DoneLater, v)}
	}
	f.Title, f.Tone = said.Headline, "complete"
	f.Main = card(said, nothing, page.When(page.WebLink(v.StatusURL) != "", func() page.Node {
		return page.Line("p", nil, page.Inline("a", page.Attributes{"class", "button", "href", v.StatusURL}, page.Text(b.Status)))
	}))
	return f
}

// gone is also asked for by links that never were: it offers the other languages, since
// nothing tells which one the person reads but the browser.
func (b *phrasebook) gone(f page.Frame) page.Frame {
	f.Title, f.Tone, f.Switch, f.Main = b.Gone.Headline, "missing", true, card(b.Gone, nothing, nothing)
	return f
}

func (b *phrasebook) throttled(f page.Frame) page.Frame {
	f.Title, f.Tone, f.Main = b.Throttled.Headline, "attention", card(b.Throttled, nothing, nothing)
	return f
}

// nothing stands where a card has no more to show.
var nothing = page.All()

// card is the upper part of every page: for whom, what, and what then.
func card(s said, whom, then page.Node) page.Node {
	return page.Block("div", page.Attributes{"class", "card"},
		page.Line("h1", nil, page.Text(s.Headline)),
		whom,
		page.Each(s.Text, page.Paragraph),
		then)
}

// business names it, to its administrators alone.
func business(v View) page.Node {
	return page.When(v.Business != "" && (v.Kind == Closure || v.Kind == Cancel), func() page.Node {
		return page.Line("p", nil, page.Inline("strong", nil, page.Inline("bdi", nil, page.Text(v.Business))))
	})
}
