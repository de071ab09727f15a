// Package triage decides what follows from a mail. It is pure: what the mail
// says and what the ledger knows go in, a [Decision] with its reasons comes
// out. Nothing is deleted by a decision: the furthest it goes is a link to a
// mailbox, and the row of the table in README.md says to which.
package triage

import (
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/extract"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

// Route is what happens to a mail.
type Route string

// The routes.
const (
	Challenge   Route = "challenge"    // a link to the sending mailbox
	ConfirmLink Route = "confirm_link" // a link to the admin addresses on file
	AcceptToken Route = "accept_token" // the token in the mail stands for the button of the page
	ReplyStatus Route = "reply_status" // the coarse state of a request
	AskMore     Route = "ask_more"     // one question for what is missing
	Human       Route = "human"        // the operator's queue
	Drop        Route = "drop"         // nothing
)

// What can be missing.
const (
	MissingBusiness = "business"
	MissingHandle   = "handle"
	MissingCode     = "code"
)

// Facts are what a mail says, before the ledger is asked.
type Facts struct {
	MessageID          string
	DMARC, Spam, Virus notice.Verdict
	Mail               inbound.Mail
	Unreadable         string // why the mail could not be read in full; "" if it could
	Reading            intent.Reading
	Details            extract.Details // without handles that are a business's
	Phones             []string
	Found              business.Found
	AdminOf            []business.Match // tenants that have the sender's address on file
}

// Read gathers the facts of a mail; err is what [inbound.Read] said. The codes
// in Details are to be looked up before [Decide].
func Read(received notice.Received, mail inbound.Mail, err error, directory *business.Directory) Facts {
	f := Facts{
		MessageID: received.MessageID, DMARC: received.DMARC, Spam: received.Spam, Virus: received.Virus,
		Mail:    mail,
		Reading: intent.Read(mail.Subject, mail.Newest),
		Details: extract.From(mail.Subject, mail.Newest),
		Found:   directory.Find(mail.Subject, mail.Newest),
		AdminOf: directory.Admins(mail.From.Reveal()),
	}
	if err != nil {
		f.Unreadable = fault.Describe(err)
	}
	f.Details.Handles = slices.DeleteFunc(f.Details.Handles, func(h extract.Handle) bool {
		return directory.IsBusinessHandle(h.Handle)
	})
	f.Phones = extract.Phones(mail.Subject+"\n\n"+mail.Newest, regionsOf(f.Found.Resolved, f.AdminOf))
	return f
}

// State is how far the request is that a mail answers.
type State string

// The states.
const (
	Asked    State = "asked"    // we asked for what was missing
	Awaiting State = "awaiting" // the link was sent, nobody has confirmed
	Open     State = "open"     // confirmed, not finished
	Closed   State = "closed"
)

// ByToken is the one way of finding a request that proves the mailbox.
const ByToken = "token"

// Known is what the ledger knows. The zero value is a mail about nothing known.
type Known struct {
	Answer    *Answer
	Code      string // the code, of those in the mail, that is a request's
	CodeKnown bool
}

// Answer is the request that a mail answers, and what was said of it before.
type Answer struct {
	By          string // "token", "tag", "ses_id" or "references"
	SameMailbox bool   // the sender is whom we wrote to
	State       State
	Intent      intent.Intent // what the request wants
	Language    string
	Before      Given
}

// Given are the facts that tell whose data is meant.
type Given struct {
	Businesses []business.Match
	Handles    []extract.Handle
	Phones     []string
	ScopedIDs  []string
	Names      []string
	When       []string
}

// Decision is what follows, and why. All lists are in JSON arrays, never null.
type Decision struct {
	MessageID       string           `json:"message_id"` // SES's
	HeaderMessageID string           `json:"header_message_id"`
	Intent          intent.Intent    `json:"intent"`
	Route           Route            `json:"route"`
	Language        string           `json:"language"`   // "" if unknown
	Businesses      []string         `json:"businesses"` // tenant IDs
	BusinessNames   []string         `json:"business_names"`
	Handles         []extract.Handle `json:"handles"`
	Phones          []string         `json:"phones"` // E.164
	ScopedIDs       []string         `json:"scoped_ids"`
	Names           []string         `json:"names"`
	When            []string         `json:"when"`
	Code            string           `json:"code"`
	Missing         []string         `json:"missing"`  // of "business", "handle", "code"
	AdminOf         []string         `json:"admin_of"` // tenants that have the sender on file
	DMARC           notice.Verdict   `json:"dmarc"`
	// Neutral is set if an acknowledgement that says nothing may go to the
	// sender. Without it a mail for the operator gets no answer at all.
	Neutral bool     `json:"neutral"`
	Flags   []string `json:"flags"`
	Reasons []string `json:"reasons"` // never text of the mail
	// Suggestions are for the operator alone: they would tell the writer who
	// Mikla's customers are.
	Suggestions []Suggestion `json:"suggestions"`
}

// Suggestion is a tenant that may have been meant.
type Suggestion struct {
	TenantID string `json:"tenant_id"`
	Name     string `json:"name"`
	How      string `json:"how"`
}

// Format prints a fixed text: a decision is personal data. Its JSON is not.
func (Decision) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, personal.Redacted) }

// LogValue gives a fixed text.
func (Decision) LogValue() slog.Value { return slog.StringValue(personal.Redacted) }

// Format prints a fixed text.
func (Facts) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, personal.Redacted) }

// LogValue gives a fixed text.
func (Facts) LogValue() slog.Value { return slog.StringValue(personal.Redacted) }

func regionsOf(matches ...[]business.Match) []string {
	var regions []string
	for _, m := range slices.Concat(matches...) {
		if m.Region != "" && !slices.Contains(regions, m.Region) {
			regions = append(regions, m.Region)
		}
	}
	return regions
}

func tenantsOf(matches []business.Match) []string {
	ids := make([]string, 0, len(matches))
	for _, m := range matches {
		ids = append(ids, m.TenantID)
	}
	return ids
}
