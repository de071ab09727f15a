// Package inbound reads one raw mail (RFC 5322): who wrote it, what is new in
// it, and whether a machine wrote it. Whoever can reach the mailbox chooses
// every byte, so all work is bounded; README.md has the limits.
package inbound

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

// The limits. What lies beyond one is not read, and [Read] says so.
const (
	MaxRaw    = 10 << 20  // bytes of a mail; of a larger one only the header is read
	MaxHeader = 256 << 10 // bytes of the mail's header; also of its parts' headers together
	MaxDepth  = 15        // parts within parts
	MaxParts  = 200
	MaxText   = 256 << 10 // bytes of text, HTML already made into text
	maxSource = 1 << 20   // bytes of decoded text parts, HTML as it came
)

// Machine says which kind of machine wrote a mail.
type Machine string

const (
	Human    Machine = ""
	Own      Machine = "own"      // our own mail came back
	Bounce   Machine = "bounce"   // a mail could not be delivered
	Feedback Machine = "feedback" // a complaint, as a report (ARF)
	Auto     Machine = "auto"     // out of office, receipts, "delayed" and "delivered" reports
	List     Machine = "list"
	Bulk     Machine = "bulk"
)

// The flags of a mail.
const (
	Attachment     = "attachment"      // something was attached; it is not looked at
	Forwarded      = "forwarded"       // it forwards another mail
	HTMLOnly       = "html_only"       // the text was made from HTML
	QuotedOnly     = "quoted_only"     // nothing but quotes and forwards: Newest is empty
	RightToLeft    = "rtl"             // Newest is mainly in Arabic or Hebrew script
	TruncatedQuote = "truncated_quote" // unmarked text was taken for a quote, by its introduction alone: it may be new
)

// Mail is what was read of a mail. It is personal, so it does not print itself.
type Mail struct {
	// From is the sender's address: ASCII, the domain in lower case. It is empty
	// unless the mail has exactly one From field that can be read in one way
	// only; then FromProblem says why, in words free of data.
	From        personal.Text
	FromProblem string
	// HeaderID is the Message-ID, "<a@b>"; empty if it is not clean, as are the
	// IDs left out of InReplyTo and References (the last 20).
	HeaderID              string
	InReplyTo, References []string
	Subject               string // one line, at most 1,000 bytes
	// Newest is what this mail says itself, without quotes, forwards, signature
	// and hidden HTML. Like Subject and Forwarded it is NFC, with "\n" line
	// ends, and without control, zero-width and direction characters.
	Newest    string
	Forwarded string // text of what it forwards: a hint at most, somebody else's words
	Machine   Machine
	Bounced   []string // Message-IDs "<a@b>" and SES IDs that a bounce or a complaint names
	Flags     []string // sorted
}

// Format prints [personal.Redacted] for every verb.
func (Mail) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, personal.Redacted) }

// LogValue gives [personal.Redacted].
func (Mail) LogValue() slog.Value { return slog.StringValue(personal.Redacted) }

// MarshalText gives [personal.Redacted]; encoding/json uses it.
func (Mail) MarshalText() ([]byte, error) { return []byte(personal.Redacted), nil }

// Has tells whether the mail has the flag.
func (m Mail) Has(flag string) bool { return slices.Contains(m.Flags, flag) }

func (m *Mail) flag(name string) {
	if !m.Has(name) {
		m.Flags = append(m.Flags, name)
		slices.Sort(m.Flags)
	}
}

// Read reads a mail as SES stored it, or with bare "\n" line ends throughout.
//
// The error is fault.Invalid if not everything could be read: a limit, an
// encoding, a structure. Its text says what, without data, and the Mail still
// holds all that was read: it is for an operator, who must get such a mail.
func Read(raw []byte) (Mail, error) {
	block, body := cutHeader(raw)
	r := &reader{}
	if len(block) > MaxHeader {
		r.problem("the header is larger than 256 KB")
	}
	head := parseHeader(block[:min(len(block), MaxHeader)])
	if len(head) == 0 {
		body = raw // not even a header: all of it may be text
	}
	r.readHeader(head, block)
	if len(raw) > MaxRaw {
		r.problem("the mail is larger than 10 MB")
		return r.mail, r.err()
	}
	text, html := r.part(head, body, 0)
	if html {
		r.mail.flag(HTMLOnly)
	}
	r.readText(text)
	r.mail.Machine = r.machine(head)
	return r.mail, r.err()
}

// readHeader takes what the header alone tells.
func (r *reader) readHeader(head header, block []byte) {
	from, problem := strictFrom(block)
	r.mail.From, r.mail.FromProblem = personal.New(from), problem
	r.mail.HeaderID = onlyID(head.all("Message-ID"))
	r.mail.InReplyTo = cleanIDs(head.get("In-Reply-To"))
	r.mail.References = cleanIDs(head.get("References"))
	r.mail.Subject = subject(head.get("Subject"))
	r.mail.Machine = r.machine(head)
}

// readText parts the text into what is new and what is not.
func (r *reader) readText(text string) {
	written := split(r.clip(clean(text)), contextOf(r.mail))
	forwarded := append([]string{written.forwarded}, r.forwarded...)
	r.mail.Newest = r.clip(tidy(written.newest))
	r.mail.Forwarded = r.clip(tidy(strings.Join(forwarded, "\n\n")))
	if written.forwards || len(r.forwarded) > 0 {
		r.mail.flag(Forwarded)
	}
	if written.unmarked {
		r.mail.flag(TruncatedQuote)
	}
	if r.mail.Newest == "" && (written.quotes || r.mail.Has(Forwarded)) {
		r.mail.flag(QuotedOnly)
	}
	if isRightToLeft(r.mail.Newest) {
		r.mail.flag(RightToLeft)
	}
}

// clip holds a text to MaxText.
func (r *reader) clip(text string) string {
	if len(text) <= MaxText {
		return text
	}
	r.problem("the text is larger than 256 KB")
	return strings.ToValidUTF8(text[:MaxText], "")
}

func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	return fault.New(fault.Invalid, "the mail could not be read in full: "+strings.Join(r.problems, "; "))
}
