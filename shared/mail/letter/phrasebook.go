package letter

import "time"

// phrasebook is everything that letters say in one language. Another language is another
// phrasebook in books; tests find what is missing in it, a placeholder included.
//
// Placeholders: {mikla} {mailbox} everywhere; {business} {hours} {due} {undo} {erased}
// {gone} where the letter has them; {name} {value} {until} in the phrases so named.
type phrasebook struct {
	Language, Direction string
	Day, Moment         func(time.Time) string // of a time in UTC

	Greeting, Regards string
	Letters           map[Kind]words
	Labels            labels
	Acts              map[Scope]string // what is to happen, as a title
	Effects           effects
	Restored          []string // instead of a withdrawn letter's words, if a closure was cancelled
	Details           map[Detail]detailWords
	Clues             []string // what may help us to find somebody
	States            map[State]string
	Stores            map[string]string // of the data map: what was erased
	OtherStores       string
	Kept              map[string]keptWords // by category of the data map
	Elsewhere         []string             // where copies are that are not ours
	TheBusiness       string               // the same, of the business
	Who               string
	Why               map[Audience]string
	Promise           string // P13; the only place where a reason or a price is spoken of
}

// words are a letter's paragraphs before and after its link or list.
type words struct {
	Subject string
	Before  []string
	Button  string // label of the link, or heading of the list
	After   []string
}

type labels struct {
	Pair                         string // "{name}: {value}"
	Code, PIN, StatusPage        string
	Then, Now                    string // headings over the effects: once confirmed; confirmed
	Erased, Dates, Live, Backups string
	Kept, Until, Elsewhere       string
}

// effects are what a closure does.
type effects struct {
	Tokens string // of a tenant or a channel
	Hidden string
	Later  string // after {hours}
	Until  string // at {undo}
	AtOnce string // no waiting time
}

type detailWords struct {
	What  string
	Where []string // where to find it
}

type keptWords struct{ Name, Why string }

var books = []*phrasebook{english, spanish, french, german, italian, portuguese, arabic, hebrew}

// clock is the time of day, as all the languages write it.
func clock(t time.Time) string { return t.Format("15:04") }
