package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

var english = &phrasebook{
	Headings: headings{
		Code: "Confirmation code", Reason: "What our team says", Progress: "Progress", Dates: "Dates", Results: "Business by business",
		Kept: "What we keep, and why", Receipt: "Receipt", Next: "What you can do now",
		Notify: "Mail me when it is done", Elsewhere: "Copies that are not ours",
	},
	Steps: [stepCount]string{"Request received", "Your data looked up", "Your data erased", "Checked that nothing is left"},
	Marks: map[mark]string{
		done: "Done", doing: "In progress", person: "With our team", ahead: "Not yet",
		asked: "Waiting for your answer", hidden: "Hidden, not yet erased",
		nothing: "Nothing found", unclear: "Not certain", stopped: "Stopped", skipped: "Not done",
	},
	Tones: map[tone]string{
		working: "In progress", complete: "Complete", attention: "Needs one more detail", waiting: "Waiting for your answer", cooling: "Can still be cancelled",
		withTeam: "With our team", notFound: "Nothing found", closed: "Closed",
	},
	Dates: dates{
		Received: "Received", Due: "Due by", Undo: "Can be cancelled until", Found: "Your data",
		Erased: "Erased from our live systems", Unreadable: "Unreadable in all backups from",
		Gone: "Last backup copy gone by", Mail: "Our mail about the result", NotYet: "Not yet", Nothing: "Nothing was erased",
		After: "Known once the data is erased",
	},
	Found: map[found]string{
		foundYes: "Found", foundNo: "None found", foundUnclear: "Not certain which is yours", foundOpen: "Still looking",
		foundByTeam: "Our team is looking",
	},
	Mails: map[request.LetterState]string{
		request.Due: "About to be sent", request.Sent: "Sent", request.Delivered: "Delivered",
		request.Unconfirmed: "Sent; we do not know whether it arrived",
		request.Bounced:     "It came back. Our team has been told",
	},
	Business: "Business {number} of {of}",
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
	Notify: notifyText{
		Text:     "Give us an address, and we write to it once, when the request is done. Before that we ask there whether you want it.",
		Label:    "Your e-mail address",
		Button:   "Mail me",
		Headline: "Please look into your mailbox",
		Sent:     "We have sent a link to the address that you gave us. Open it and press the button there; only then do we write to you when the request is done.",
		Other:    "If the address was not yours, nothing happens.",
		Back:     "Back to the status of the request",
	},
	Elsewhere: []elsewhere{
		{"Messenger and Instagram", "Delete the chat in the app, and use the app’s Privacy Center to ask Meta about what it holds."},
		{"WhatsApp", "Delete the chat in the app; under Settings, Help you can write to WhatsApp."},
		{"The business", "It has its own copy of what you wrote to it. Ask the business directly to delete it; it is responsible for that copy."},
	},
	Tell: "Write to " + mailbox + " and tell us:",
	Details: []string{
		"the name of the business that you wrote to",
		"your handle or display name there, or for WhatsApp your phone number",
		"this confirmation code",
	},
	Reply:      "Write to " + mailbox,
	Receipt:    "Signed receipt of this deletion",
	Reload:     "Load this page again to see the latest state.",
	Credential: "Anyone who has the code can open this page. It shows no names, messages or IDs.",
	States:     englishStates,
	NotFound: notFoundText{
		Title:    "No such page",
		Headline: "There is no request under this address",
		Summary:  "The address may be incomplete, the code mistyped, or its record no longer kept.",
		Hints: []string{
			"A confirmation code has 24 characters: the letters A to Z and the digits 2 to 7. There is no 0, 1, 8 or 9 in it.",
			"Copy the whole address from where you were given it, if you can.",
			"Or write to " + mailbox + " with the code as you have it, and we will look for you.",
		},
		JSON: "There is no request under this address.",
	},
	Moment: "{day} {month} {year}, {time} UTC",
	Months: [12]string{"January", "February", "March", "April", "May", "June",
		"July", "August", "September", "October", "November", "December"},
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
	request.AwaitingAnswer: {
		Headline: "We are waiting for your answer",
		Summary:  []string{"We wrote to you by mail, since we need a confirmation or a detail from you. Until we have it, we look for nothing and delete nothing."},
		Next:     "Look for our mail, in the folder for unwanted mail too, and open its link or answer it; if we hear nothing for 14 days, we close the request and delete nothing.",
	},
	request.CoolingOff: {
		Headline: "Confirmed, and not yet erased",
		Summary: []string{
			"The deletion was confirmed. The data is hidden and the access tokens are deleted. So that a mistake can be undone, the data itself is erased only when the time below is over.",
		},
		Next: "If this was a mistake, cancel before then with the link in our mail; otherwise you do not need to do anything.",
	},
	request.Completed: {
		Headline: "Your data has been erased",
		Summary:  []string{"After erasing it we looked again, with a separate check, and found nothing of it left in our live systems."},
	},
	request.NothingFound: {
		Headline: "We found no data for this request",
		Summary:  []string{"We looked up the ID that came with the request, and nothing that we store belongs to it. So nothing was deleted."},
		Meaning: "This does not have to mean that we hold nothing about you. If you asked in the settings of Facebook or Instagram and had only sent a message to a business, or commented on its post, " +
			"they have no ID that they could give us for you. We can still find and delete your data if you tell us where to look.",
		Next: "If you wrote to a business, send its name, your handle, phone number or display name there, and this code to " + mailbox + ".",
	},
	request.CouldNotIdentify: {
		Headline: "We could not tell which data is yours",
		Summary:  []string{"What we were given fits nobody for certain. So that nobody loses data to someone else’s request, we have deleted nothing yet."},
		Meaning:  "One more detail is usually enough. As soon as we have it, your request goes on.",
		Next:     "Send the name of the business, your handle, phone number or display name there, and this code to " + mailbox + ".",
	},
	request.Refused: {
		Headline: "We did not carry out this request",
		Summary:  []string{"Someone on our team looked at it and decided that we cannot act on it. Nothing was deleted."},
		Next:     "If you disagree or have a question, write to " + mailbox + " with this code: a person will answer.",
	},
	request.Withdrawn: {
		Headline: "This request was withdrawn",
		Summary:  []string{"It was taken back, and nothing more is deleted under this code."},
		Next:     "You can ask for deletion again at any time: write to " + mailbox + ".",
	},
	request.Lapsed: {
		Headline: "We had no answer to our question",
		Summary:  []string{"We asked you something that we need to know before we delete, and heard nothing for 14 days. Nothing was deleted."},
		Next:     "Answer our question, or write to " + mailbox + " with this code, and your request goes on.",
	},
	request.Answered: {
		Headline: "We have answered your enquiry",
		Summary:  []string{"You asked us something that is not a deletion, and we answered by mail. Nothing was deleted."},
		Next:     "If something is still open, write to " + mailbox + " with this code.",
	},
}
