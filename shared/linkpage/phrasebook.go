package linkpage

import "github.com/mikla-ai/data-deletion/shared/page"

const mailbox = page.Mailbox

// phrasebook is all that these pages say in one language, but for what every page does.
type phrasebook struct {
	Ask  map[Kind]said // what will happen; of a closure only the button
	Act  map[Kind]said // over the form
	Done map[Kind]said

	Acts            map[Scope]string   // what a closure is, as a title
	Effects         map[Scope][]string // what it does, but for when
	Later, AtOnce   string             // when: with {hours}, or without
	DoneLater       string             // with {hours}
	Fields          map[string]fieldText
	Problems        map[Problem]string // with {tries}
	NotYou          map[Kind]string    // what to do if one did not ask for it
	Status          string             // label of the link to the status page
	Gone, Throttled said
}

// said is a headline with its paragraphs, and a button's label where there is one.
type said struct {
	Headline string
	Text     []string
	Button   string
}

type fieldText struct{ Label, Hint string }

var books = map[page.Language]*phrasebook{
	page.English: english, page.Spanish: spanish, page.French: french, page.German: german,
	page.Italian: italian, page.Portuguese: portuguese, page.Arabic: arabic, page.Hebrew: hebrew,
}
