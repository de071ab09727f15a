package letter

import "time"

var english = &phrasebook{
	Language: "en", Direction: "ltr",
	Day:      func(t time.Time) string { return t.Format("2 January 2006") },
	Moment:   func(t time.Time) string { return t.Format("2 January 2006, 15:04 UTC") },
	Greeting: "Hello,",
	Regards:  "Kind regards, the privacy team at Mikla",
	Letters: map[Kind]words{
		Challenge: {
			Subject: "Please confirm your request",
			Before: []string{
				"From this address we were asked to delete personal data. Before we look for anything, please confirm that it was you.",
				"Open the page and press the button there. The page also asks for one more detail, so that we delete the right data and nobody else’s.",
			},
			Button: "Confirm the request",
			After: []string{
				"The link works once, within 7 days. If you cannot open it, just answer this mail and say that you confirm.",
				"If this was not you, please ignore this mail. Nothing will happen.",
			},
		},
		AskMore: {
			Subject: "We need a little more to find your data",
			Before:  []string{"Thank you for your message. To find the right data, we still need this from you:"},
			After:   []string{"Just answer this mail. If you do not have all of it, send what you have."},
		},
		Acknowledged: {
			Subject: "We have your message",
			Before: []string{
				"Thank you for your message. A person on our team will look at it and answer you by {due} at the latest.",
				"You do not need to do anything until then.",
			},
		},
		Status: {
			Subject: "Where your request stands",
			Before:  []string{"You asked where your request stands:"},
			After:   []string{"We keep this short on purpose, since anyone who has the code can ask. If you have a question, just answer this mail."},
		},
		ClosureLink: {
			Subject: "Please confirm: {act}",
			Before:  []string{"We were asked for the following, for {business}:"},
			Button:  "Open the page and confirm",
			After: []string{
				"Until somebody confirms, nothing happens.",
				"If this was not you or a colleague, do not confirm, and please tell us by answering this mail.",
			},
		},
		ClosureStarted: {
			Subject: "Confirmed: {act}",
			Before:  []string{"The following was confirmed for {business}:"},
			Button:  "Cancel",
			After:   []string{"All administrators on file get this mail. If none of you wanted this, please tell us at once by answering it."},
		},
		ClosureAttempt: {
			Subject: "Not carried out: {act}",
			Before:  []string{"Somebody asked us for the following, for {business}, from an address that is not on file for it:"},
			After: []string{
				"We did nothing, and told the sender nothing. You do not need to do anything.",
				"If the request came from one of you, please write from an address that is on file, or use the settings in Mikla.",
			},
		},
		Completed: {
			Subject: "The data has been deleted",
			Before:  []string{"Your request is complete. The data has been deleted from our live systems, and a separate check then found nothing of it left there."},
			After:   []string{"If you have a question, just answer this mail."},
		},
		NotIdentified: {
			Subject: "We found no data that is certainly yours",
			Before: []string{
				"With what we have, we could not find data that belongs to you for certain. So nothing was deleted.",
				"This does not have to mean that we hold nothing about you. Send us another detail, and we look again.",
			},
			Button: "What helps us",
			After:  []string{"Just answer this mail."},
		},
		Refused: {
			Subject: "We cannot carry out your request",
			Before:  []string{"Someone on our team looked at your request and decided that we cannot act on it. Nothing was deleted. This is what they say:"},
			After: []string{
				"If you disagree, just answer this mail and say so: another person will look at it.",
				"You can also complain to your data protection authority.",
			},
		},
		Question: {
			Subject: "A question about your request",
			Before:  []string{"Someone on our team is working on your request and needs to know this before it can go on:"},
			After:   []string{"Just answer this mail."},
		},
		Reminder: {
			Subject: "We are still waiting for your answer",
			Before:  []string{"A few days ago we wrote to you about your request, and we need your answer before we can go on."},
			Button:  "Confirm the request",
			After: []string{
				"You can simply answer this mail or our last one. If we hear nothing for 14 days in all, we close the request and delete nothing.",
				"If this was not you, please ignore this mail. Nothing will happen.",
			},
		},
		Lapsed: {
			Subject: "We have closed your request",
			Before: []string{
				"We asked you something and heard nothing for 14 days, so we have closed your request. Nothing was deleted.",
				"Do you still want it? Just answer this mail, and your request goes on.",
			},
		},
		OptIn: {
			Subject: "Do you want a mail when it is done?",
			Before:  []string{"On the status page of a deletion request, somebody asked us to write to this address when the request is done. Please confirm that you want this."},
			Button:  "Yes, write to me",
			After:   []string{"If this was not you, please ignore this mail. You will not hear from us again about it."},
		},
		Withdrawn: {
			Subject: "Your request was withdrawn",
			Before: []string{
				"Your request was taken back. Nothing was deleted because of it, and nothing will be.",
				"You can ask for deletion again at any time: just answer this mail.",
			},
		},
		Answered: {
			Subject: "Your enquiry is closed",
			Before:  []string{"We have dealt with your enquiry and closed it. If something is still open, just answer this mail."},
		},
	},
	Labels: labels{
		Pair: "{name}: {value}",
		Code: "Your confirmation code:", PIN: "Type this number on the page:", StatusPage: "Status of your request:",
		Then: "Once you confirm", Now: "What happens now",
		Erased: "What was deleted", Dates: "When", Live: "Deleted from our live systems", Backups: "Last backup copy gone by",
		Kept: "What we keep, and why", Until: "Kept until {until}.", Elsewhere: "Copies that are not ours",
	},
	Acts: map[Scope]string{Tenant: "Close the whole account", Channel: "Disconnect a channel", Lead: "Delete the data of one lead"},
	Effects: effects{
		Tokens: "The access tokens are deleted at once, and Mikla no longer answers messages there.",
		Hidden: "The data is hidden at once.",
		Later:  "It is deleted for good after {hours} hours. Until then you can cancel.",
		Until:  "It is deleted for good on {undo}. Until then you can cancel with the link below.",
		AtOnce: "The data is deleted at once. This cannot be undone.",
	},
	Restored: []string{
		"This was cancelled. The data is shown again, and nothing of it was deleted.",
		"The access tokens were deleted at once, as announced. Please connect your channels again in the settings of Mikla.",
	},
	Details: map[Detail]detailWords{
		MissingBusiness: {"The name of the business that you wrote to", []string{
			"It stands at the top of your chat with it.",
			"If several have the same name, please add the city.",
		}},
		MissingHandle: {"What you are called there", []string{
			"Instagram: your username. It stands at the top of your profile.",
			"Facebook and Messenger: the name on your profile, or its link. Open your profile, tap the three dots, then “Copy link”.",
			"WhatsApp: the phone number that you wrote from, with the country code. It is in the settings, under your name.",
		}},
		MissingCode: {"Your confirmation code", []string{
			"It has 24 letters and digits. Facebook or Instagram showed it when you asked for deletion there.",
			"It is also in the address of the status page.",
		}},
	},
	Clues: []string{
		"the name of the business that you wrote to, and its city",
		"your username on Instagram, your name on Facebook, or your phone number on WhatsApp",
		"roughly when you wrote to it",
	},
	States: map[State]string{
		StateReceived: "We have your request and are looking for the data.",
		StateWaiting:  "We are waiting for you: please confirm or answer, as our last mail asks.",
		StateProgress: "The deletion is under way.",
		StateTeam:     "A person on our team is working on it.",
		StateDone:     "Done: the data has been deleted.",
		StateNothing:  "We found no data. If you send us another detail, we look again.",
		StateClosed:   "The request is closed, and nothing more happens.",
	},
	Stores: map[string]string{
		"conversations": "Conversations", "messages": "Messages", "media": "Pictures and other files", "leads": "Profiles",
		"links": "Links to a login with Facebook or Instagram", "ai_audit": "Records of automatic replies",
		"ai_quotes": "Quotations in records of automatic replies", "channels": "Channel connections", "tenants": "Accounts with their settings",
	},
	OtherStores: "Other records",
	Kept: map[string]keptWords{
		"security_log":   {"Security and fraud logs", "They protect the service against abuse, and hold fingerprints instead of names and IDs."},
		"billing":        {"Invoices of the business", "Tax law requires them. They concern the business, not the people who wrote to it."},
		"metrics":        {"Totals", "Anonymous counts that cannot be linked back to a person."},
		"request_record": {"The record of this request", "It proves that the deletion took place, and does not say whose data it was."},
	},
	Elsewhere: []string{
		"Messenger and Instagram: delete the chat in the app, and use the app’s Privacy Center to ask Meta about what it holds.",
		"WhatsApp: delete the chat in the app; under Settings, Help you can write to WhatsApp.",
	},
	TheBusiness: "The business: it has its own copy of what you wrote to it and is responsible for that copy. Please ask the business itself to delete it.",
	Who:         "This mail comes from {mikla}, {mailbox}. Mikla answers messages on Messenger, Instagram and WhatsApp for businesses.",
	Why: map[Audience]string{
		Writer: "You get it because somebody wrote to us from this address.",
		Admin:  "You get it because this address is on file for a business that uses Mikla.",
		Page:   "You get it because this address was entered on the status page of a request.",
	},
	Promise: "Deletion is free. You need no account and no reason.",
}
