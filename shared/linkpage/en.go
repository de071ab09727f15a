package linkpage

var english = &phrasebook{
	Ask: map[Kind]said{
		Confirm: {"Confirm that your data is to be deleted", []string{
			"Once you confirm, we look for what belongs to you at the business that you wrote to, and delete it from Mikla: your messages and the replies to them, attachments, your profile with its labels, and the records of automatic replies. This cannot be undone.",
			"Copies in Messenger, Instagram and WhatsApp and at the business itself are not ours, and stay there.",
		}, "Delete my data"},
		Closure: {Button: "Confirm"},
		Cancel: {"Cancel the deletion", []string{
			"Once you cancel, the data is shown again, and nothing of it is deleted.",
			"The access tokens are gone already. You will have to connect your channels again in the settings of Mikla.",
		}, "Cancel the deletion"},
		OptIn: {"A mail when it is done", []string{"Once the request is done, we write to the address that got this link, and only this one time."}, "Yes, write to me"},
	},
	Act: map[Kind]said{
		Confirm: {Headline: "One more detail", Text: []string{
			"What you are called on a platform can be seen by everybody. So that nobody else has your data deleted, please give us at least one of these: your name there, the month, or your phone number. We compare it with what we have.",
		}},
		Closure: {Headline: "The number from our mail"},
		Cancel:  {Headline: "Do you want to cancel?"},
		OptIn:   {Headline: "Do you want this mail?"},
	},
	NotYou: map[Kind]string{
		Confirm: "If you did not ask for this, close this page. Nothing will happen.",
		Closure: "If you or a colleague did not ask for this, do not confirm, and please tell us: " + mailbox + ".",
		Cancel:  "If everything is as you want it, close this page. The deletion goes on.",
		OptIn:   "If you did not ask for this, close this page. You will not hear from us again about it.",
	},
	Done: map[Kind]said{
		Confirm: {Headline: "Thank you, your request is confirmed", Text: []string{
			"We now compare what you told us with what we have. What is certainly yours is deleted; if it is not certain, a person on our team looks at it.",
			"In either case we write to you by mail, at the latest 30 days after your request.",
		}},
		Closure: {Headline: "Confirmed", Text: []string{"The data is being deleted now. We write to all administrators when that is done."}},
		Cancel: {Headline: "The deletion is cancelled", Text: []string{
			"The data is shown again, and nothing of it was deleted.",
			"Please connect your channels again in the settings of Mikla: their access tokens were deleted at once, as announced.",
		}},
		OptIn: {Headline: "We will write to you", Text: []string{"You get one mail from us when the request is done."}},
	},
	Acts: map[Scope]string{Tenant: "Close the whole account", Channel: "Disconnect a channel", Lead: "Delete the data of one lead"},
	Effects: map[Scope][]string{
		Tenant: {
			"The access tokens of all channels are deleted at once, and Mikla no longer answers messages there.",
			"All conversations, profiles, records of automatic replies and settings are hidden at once. Invoices are kept for as long as the law requires.",
		},
		Channel: {
			"The access token of the channel is deleted at once, and Mikla no longer answers messages there.",
			"All conversations, profiles and records of automatic replies of this channel are hidden at once.",
		},
		Lead: {"The conversation with this person, their profile and the records of automatic replies to them are deleted."},
	},
	Later:     "After {hours} hours the data is deleted for good. Until then, every administrator can cancel with the link in our next mail.",
	AtOnce:    "That happens at once, and cannot be undone.",
	DoneLater: "The access tokens are deleted and the data is hidden. For {hours} hours you can still cancel, with the link that we are sending to all administrators. Then the data is deleted for good.",
	Fields: map[string]fieldText{
		FieldName:  {"Your name, as it is shown there", "The name in your profile, not the username."},
		FieldWhen:  {"A month in which you wrote to it", "Year and month, as in 2026-05. Roughly is enough."},
		FieldPhone: {"Your phone number", "With the country code, if you wrote on WhatsApp or gave it in the chat."},
		FieldPIN:   {"Six digits", "They stand in the mail that brought you here."},
	},
	Problems: map[Problem]string{
		NothingGiven: "We need one more detail: please fill in your name there, the month, or your phone number.",
		WrongPIN:     "This is not the number from our mail. Tries left: {tries}.",
	},
	Status: "See the status of the request",
	Gone: said{Headline: "This link leads nowhere", Text: []string{
		"It has been used already, it is older than 7 days, or it is incomplete.",
		"Have you pressed the button already? Then there is nothing more to do. Otherwise just answer our mail, or write to " + mailbox + ", and we send you a new one.",
	}},
	Throttled: said{Headline: "Too many tries", Text: []string{"None of the numbers was the one from our mail. Somebody on our team looks at the request now; until then nothing happens."}},
}
