package letter_test

import (
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/mail/letter"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const (
	code      = confirmation.Code("ABCDEFGHIJKLMNOPQRST2345")
	statusURL = "https://privacy-dev.mikla.example/status/ABCDEFGHIJKLMNOPQRST2345"
	link      = "https://privacy-dev.mikla.example/confirm/k7Q2mVx0c3N5t8Yw1Zb4Rg"
)

var received = time.Date(2026, time.May, 4, 10, 0, 0, 0, time.UTC)

// sample is a letter to be looked at; most kinds have one.
type sample struct {
	name string
	kind letter.Kind
	data letter.Data
}

// full has all that any kind needs.
func full(language string) letter.Data {
	year := received.AddDate(1, 0, 0)
	return letter.Data{
		Language: language, Tag: "MK-7F3K2Q", Code: code, StatusURL: statusURL, Link: link, PIN: "204816",
		Missing: []letter.Detail{letter.MissingBusiness, letter.MissingHandle, letter.MissingCode},
		State:   letter.StateProgress, Scope: letter.Tenant, Business: "Café Zur Post, Inc.", Hours: 72,
		DueAt: received.AddDate(0, 0, 30), UndoUntil: received.Add(72 * time.Hour),
		LiveErasedAt: received.Add(7 * time.Minute), BackupsGoneBy: received.AddDate(0, 0, 28),
		Erased: map[string]int{"conversations": 2, "messages": 41, "media": 3, "leads": 1, "links": 1, "ai_audit": 20, "ai_quotes": 1},
		Kept: []request.Kept{
			{Category: "security_log", Until: &year}, {Category: "metrics"}, {Category: "request_record", Until: &year}},
		Question: "Which of the two houses in Lisbon do you mean?\nBoth have the same name.",
		Reason:   "The account belongs to somebody else, who has asked us to keep it.",
	}
}

// bare leaves out what is optional in the kind.
func bare(language string, kind letter.Kind) letter.Data {
	d := full(language)
	switch kind {
	case letter.Completed, letter.Status, letter.Acknowledged, letter.Answered:
	default:
		d.Code, d.StatusURL = "", ""
	}
	if kind == letter.Withdrawn {
		d.Scope = ""
	}
	return d
}

func samples(language string) []sample {
	var all []sample
	for _, kind := range letter.Kinds() {
		all = append(all, sample{string(kind), kind, bare(language, kind)})
	}
	variant := func(name string, kind letter.Kind, change func(*letter.Data)) {
		d := bare(language, kind)
		change(&d)
		all = append(all, sample{string(kind) + "-" + name, kind, d})
	}
	variant("reply", letter.AskMore, func(d *letter.Data) { d.Reply, d.Missing = true, d.Missing[:1] })
	variant("channel", letter.ClosureLink, func(d *letter.Data) { d.Scope, d.Hours = letter.Channel, 24 })
	variant("lead", letter.ClosureLink, func(d *letter.Data) { d.Scope, d.Hours = letter.Lead, 0 })
	variant("lead", letter.ClosureStarted, func(d *letter.Data) { d.Scope, d.Link, d.UndoUntil = letter.Lead, "", time.Time{} })
	variant("account", letter.Completed, closed)
	variant("closure", letter.Withdrawn, func(d *letter.Data) { d.Scope, d.Audience = letter.Tenant, letter.Admin })
	variant("answer", letter.Reminder, func(d *letter.Data) { d.Link = "" })
	return all
}

// closed is a closed account, told to its admins.
func closed(d *letter.Data) {
	seven := received.AddDate(7, 0, 0)
	d.Audience = letter.Admin
	d.Erased["channels"], d.Erased["tenants"], d.Erased["newer_store"] = 3, 1, 5
	d.Kept = append(d.Kept, request.Kept{Category: "billing", Until: &seven},
		request.Kept{Category: "legal_hold", Reason: "A court has ordered that it stays."})
}
