package statuspage

import (
	"strconv"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// mailbox answers everything that the page leaves open.
const mailbox = page.Mailbox

// phrasebook is all that the page says in one language, but for what every page does.
// Another language is another phrasebook: nothing that a person reads stands anywhere
// else but what our own people wrote, a refusal's reason and that of a kept category
// without a phrase here.
type phrasebook struct {
	Headings   headings
	Steps      [stepCount]string
	Marks      map[mark]string
	Tones      map[tone]string
	Dates      dates
	Found      map[found]string
	Mails      map[request.LetterState]string // where our mail of the outcome is
	Business   string                         // with {number} and {of}
	Kept       map[string]keptText            // by category of the data map
	KeptUntil  string
	Mail       mailText
	Notify     notifyText
	Elsewhere  []elsewhere
	Tell       string   // before the details
	Details    []string // what to write to us
	Reply      string   // label of the link that opens a mail to us
	Receipt    string
	Reload     string
	Credential string
	States     map[request.State]stateText
	NotFound   notFoundText

	Moment string // with {day}, {month}, {year} and {time}
	Months [12]string
	First  string // the first day of a month, where it is written in a way of its own
}

type headings struct {
	Code, Reason, Progress, Dates, Results, Kept, Receipt, Next, Notify, Elsewhere string
}

type dates struct {
	Received, Due, Undo, Found, Erased, Unreadable, Gone, Mail string
	NotYet, Nothing, After                                     string
}

type keptText struct{ Name, Reason string }

// elsewhere is a place whose copies are not ours.
type elsewhere struct{ Where, How string }

// stateText is what the page says in one state.
type stateText struct {
	Headline string
	Summary  []string // paragraphs
	Next     string   // one sentence: what the person can do
	Meaning  string   // why the outcome may not be what the person expects
}

type mailText struct {
	Subject, Body string // with {code}
}

// notifyText asks for an address to write to, and answers.
type notifyText struct {
	Text, Label, Button         string
	Headline, Sent, Other, Back string
}

type notFoundText struct {
	Title, Headline, Summary string
	Hints                    []string
	JSON                     string
}

var books = map[page.Language]*phrasebook{
	page.English: english, page.Spanish: spanish, page.French: french, page.German: german,
	page.Italian: italian, page.Portuguese: portuguese, page.Arabic: arabic, page.Hebrew: hebrew,
}

// book is the phrasebook of a language, and the English one of any other.
func book(l page.Language) (*phrasebook, page.Language) {
	if b, ok := books[l]; ok {
		return b, l
	}
	return english, page.English
}

// moment writes a time in UTC as the language does.
func (p *phrasebook) moment(t time.Time) string {
	day := strconv.Itoa(t.Day())
	if t.Day() == 1 && p.First != "" {
		day = p.First
	}
	return strings.NewReplacer("{day}", day, "{month}", p.Months[t.Month()-1], "{year}", strconv.Itoa(t.Year()),
		"{time}", t.Format("15:04")).Replace(p.Moment)
}

func (p *phrasebook) business(number, of int) string {
	return strings.NewReplacer("{number}", strconv.Itoa(number), "{of}", strconv.Itoa(of)).Replace(p.Business)
}
