package statuspage

import (
	"time"

	"github.com/mikla-ai/data-deletion/shared/request"
)

// mailbox answers everything that the page leaves open.
const mailbox = "privacy@mikla.ai"

// phrasebook is all the text of the page in one language. Another language is
// another phrasebook: nothing that a person reads stands anywhere else but the
// reason of a kept category that has no phrase here.
type phrasebook struct {
	Language, Direction string

	Site                string
	Headings            headings
	Steps               [stepCount]string
	Marks               map[mark]string
	Tones               map[tone]string
	Dates               dates
	Found               map[found]string
	Business            func(number, of int) string
	Kept                map[string]keptText // by category of the data map
	KeptUntil           string
	Mail                mailText
	Elsewhere           []elsewhere
	Tell                string // before the details
	Receipt             string
	Reload              string
	Promise, Credential string
	States              map[request.State]stateText
	NotFound            notFoundText
	Moment              func(time.Time) string
}

type headings struct {
	Code, Progress, Dates, Results, Kept, Receipt, Next, Elsewhere, Help string
}

type dates struct {
	Received, Due, Found, Erased, Unreadable, Gone string
	NotYet, Nothing, After                         string
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
	Details  []string // what to write to us
	Reply    string   // label of the link that opens a mail to us
}

type mailText struct {
	Subject, Body string // with the code in place of {code}
}

type notFoundText struct {
	Title, Headline, Summary string
	Hints                    []string
	JSON                     string
}

var english = &phrasebook{
	Language: "en", Direction: "ltr",
	Site: "Data deletion",
	Headings: headings{
		Code: "Confirmation code", Progress: "Progress", Dates: "Dates", Results: "Business by business",
		Kept: "What we keep, and why", Receipt: "Receipt", Next: "What you can do now",
		Elsewhere: "Copies that are not ours", Help: "Questions",
	},
	Steps: [stepCount]string{"Request received", "Your data looked up", "Your data erased", "Checked that nothing is left"},
	Marks: map[mark]string{
		done: "Done", doing: "In progress", person: "With our team", ahead: "Not yet",
		nothing: "Nothing found", unclear: "Not certain", stopped: "Stopped", skipped: "Not done",
	},
	Tones: map[tone]string{
		working: "In progress", complete: "Complete", attention: "Needs one more detail",
		withTeam: "With our team", notFound: "Nothing found", closed: "Closed",
	},
	Dates: dates{
		Received: "Received", Due: "Due by", Found: "Your data",
		Erased: "Erased from our live systems", Unreadable: "Unreadable in all backups from",
		Gone: "Last backup copy gone by", NotYet: "Not yet", Nothing: "Nothing was erased",
		After: "Known once the data is erased",
	},
	Found: map[found]string{
		foundYes: "Found", foundNo: "None found", foundUnclear: "Not certain which is yours", foundOpen: "Still looking",
		foundByTeam: "Our team is looking",
	},
	Business: businessEnglish,
	Kept: map[string]keptText{
		"security_log":   {"Security and fraud logs", "They protect the service against abuse. They hold fingerprints instead of names and IDs."},
		"billing":        {"Invoices of the business", "Tax law requires them. They concern the business, not the people who wrote to it."},
		"metrics":        {"Totals", "Anonymous counts that cannot be linked back to a person."},
		"request_record": {"The record of this request", "It proves that the deletion took place. It does not say whose data it was."},
	},
	KeptUntil: "Until",
	Mail: mailText{
		Subject: "Data deletion {code}",
		Body:    "Confirmation code: {code}\n\nName of the business: \nMy handle, phone number or display name there: \n",
	},
	Elsewhere: []elsewhere{
		{"Messenger and Instagram", "Delete the chat in the app, and use the app’s Privacy Center to ask Meta about what it holds."},
		{"WhatsApp", "Delete the chat in the app; under Settings, Help you can write to WhatsApp."},
		{"The business", "It has its own copy of what you wrote to it. Ask the business directly to delete it; it is responsible for that copy."},
	},
	Tell:       "Write to " + mailbox + " and tell us:",
	Receipt:    "Signed receipt of this deletion",
	Reload:     "Load this page again to see the latest state.",
	Promise:    "Deletion is free. You need no account and no reason.",
	Credential: "Anyone who has the code can open this page. It shows no names, messages or IDs.",
	States:     englishStates,
	NotFound:   notFoundEnglish,
	Moment:     momentEnglish,
}

var englishStates = map[request.State]stateText{
	request.Received: {
		Headline: "We have your request",
		Summary:  []string{"We are looking for the data that belongs to it. Most requests are complete in under 48 hours, and none takes more than 30 days."},
	},
	request.Matched: {
		Headline: "We found your data",
		Summary:  []string{"It is about to be erased. There is nothing you need to do."},
	},
	request.Purging: {
		Headline: "We are erasing your data",
		Summary:  []string{"Messages, attachments, the record of automatic replies and your profile are being deleted. There is nothing you need to do."},
	},
	request.Verifying: {
		Headline: "We are checking that nothing is left",
		Summary:  []string{"We have deleted what we found. A separate check, which can only read, now looks for anything left behind. Until it finds nothing, we do not call your request complete."},
	},
	request.NeedsReview: {
		Headline: "A person is looking at your request",
		Summary:  []string{"It needs a decision that we do not leave to a machine. The date below still holds."},
		Next:     "You do not need to do anything: someone on our team looks at your request, and the result will appear on this page.",
	},
	request.NeedsOperator: {
		Headline: "Our team is finishing your request by hand",
		Summary:  []string{"Something did not work by itself, and our team has been alerted. Your request is not lost, and the date below still holds."},
		Next:     "You do not need to do anything: our team has been alerted, and the result will appear on this page.",
	},
	request.AwaitingExternal: {
		Headline: "Erased here, not confirmed everywhere yet",
		Summary:  []string{"Nothing of your data is left in our own systems. A service that works for us still has to confirm that it has erased its part. Until it does, we do not call your request complete."},
		Next:     "You do not need to do anything: the result will appear on this page, and the date below still holds.",
	},
	request.Completed: {
		Headline: "Your data has been erased",
		Summary:  []string{"After erasing it we looked again, with a separate check, and found nothing of it left in our live systems."},
	},
	request.NothingFound: {
		Headline: "We found no data for this request",
		Summary:  []string{"We looked up the ID that Facebook or Instagram gave us for you, and nothing that we store belongs to it. So nothing was deleted."},
		Meaning: "This does not have to mean that we hold nothing about you. If you only sent a message to a business, or commented on its post, " +
			"Facebook and Instagram have no ID that they could give us for you. We can still find and delete your data if you tell us where to look.",
		Next:    "If you wrote to a business, send its name, your handle, phone number or display name there, and this code to " + mailbox + ".",
		Details: detailsEnglish,
		Reply:   "Write to " + mailbox,
	},
	request.CouldNotIdentify: {
		Headline: "We could not tell which data is yours",
		Summary:  []string{"What we were given fits nobody for certain. So that nobody loses data to someone else’s request, we have deleted nothing yet."},
		Meaning:  "One more detail is usually enough. As soon as we have it, your request goes on.",
		Next:     "Send the name of the business, your handle, phone number or display name there, and this code to " + mailbox + ".",
		Details:  detailsEnglish,
		Reply:    "Write to " + mailbox,
	},
	request.Refused: {
		Headline: "We did not carry out this request",
		Summary:  []string{"Someone on our team looked at it and decided that we cannot act on it. Nothing was deleted."},
		Next:     "To learn the reason, or if you disagree, write to " + mailbox + " with this code: a person will answer.",
		Reply:    "Write to " + mailbox,
	},
	request.Withdrawn: {
		Headline: "This request was withdrawn",
		Summary:  []string{"It was taken back, and nothing more is deleted under this code."},
		Next:     "You can ask for deletion again at any time: write to " + mailbox + ".",
		Reply:    "Write to " + mailbox,
	},
	request.Lapsed: {
		Headline: "We had no answer to our question",
		Summary:  []string{"We asked you something that we need to know before we delete, and heard nothing for 14 days. Nothing was deleted."},
		Next:     "Answer our question, or write to " + mailbox + " with this code, and your request goes on.",
		Reply:    "Write to " + mailbox,
	},
}

var detailsEnglish = []string{
	"the name of the business that you wrote to",
	"your handle or display name there, or for WhatsApp your phone number",
	"this confirmation code",
}

var notFoundEnglish = notFoundText{
	Title:    "No such page",
	Headline: "There is no request under this address",
	Summary:  "The address may be incomplete, the code mistyped, or its record no longer kept.",
	Hints: []string{
		"A confirmation code has 24 characters: the letters A to Z and the digits 2 to 7. There is no 0, 1, 8 or 9 in it.",
		"Copy the whole address from where you were given it, if you can.",
		"Or write to " + mailbox + " with the code as you have it, and we will look for you.",
	},
	JSON: "There is no request under this address.",
}
