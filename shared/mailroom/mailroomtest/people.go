package mailroomtest

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/mail/archive"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mailroom"
)

// Mail is what somebody writes to us.
type Mail struct {
	From, Subject, Body string
	To                  string // Address where it is empty
	DMARC               notice.Verdict
	Headers             []string // further ones, whole lines
}

// Post puts a mail into the mailbox: what SES tells of it.
func (w *World) Post(m Mail) notice.Received {
	w.mails++
	id := fmt.Sprintf("in%08d", w.mails)
	if m.To == "" {
		m.To = Address
	}
	if m.DMARC == "" {
		m.DMARC = notice.Pass
	}
	head := append([]string{"From: " + m.From, "To: " + m.To, "Subject: " + m.Subject, "Message-ID: <" + id + "@mail.example>",
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"}, m.Headers...)
	w.Archive[archive.RawPrefix+id] = strings.Join(head, "\r\n") + "\r\n\r\n" + strings.ReplaceAll(m.Body, "\n", "\r\n") + "\r\n"
	return notice.Received{MessageID: id, At: w.Now(), EnvelopeFrom: m.From, Recipients: []string{m.To},
		SPF: notice.Pass, DKIM: notice.Pass, DMARC: m.DMARC, Spam: notice.Pass, Virus: notice.Pass, Bucket: "mails", Key: archive.RawPrefix + id}
}

// Receive takes a mail in, as its queue has it done, and does what comes of it. What
// comes back is what was done in the end.
func (w *World) Receive(n notice.Received) mailroom.Taken {
	w.Helper()
	var taken mailroom.Taken
	w.Again(func() (err error) {
		taken, err = w.Room().Receive(context.Background(), n)
		return err
	})
	w.Settle()
	return taken
}

// Write posts a mail that is received.
func (w *World) Write(m Mail) mailroom.Taken {
	w.Helper()
	return w.Receive(w.Post(m))
}

var link = regexp.MustCompile(regexp.QuoteMeta(PublicURL) + `/link/([a-z2-7]{52})`)

// Last is the newest letter to an address.
func (w *World) Last(address string) Sent {
	w.Helper()
	sent := w.To(address)
	if len(sent) == 0 {
		w.Fatalf("nothing was sent to %s", address)
	}
	return sent[len(sent)-1]
}

// Token is the one of a letter's link.
func (w *World) Token(s Sent) string {
	w.Helper()
	found := link.FindStringSubmatch(s.Letter.Text)
	if found == nil {
		w.Fatalf("no link in the letter %q:\n%s", s.Letter.Subject, s.Letter.Text)
	}
	return found[1]
}

// Visit follows the link of a letter, presses the button behind it, and presses it again
// if that fails. Somebody who finds the link gone on the way has done enough.
func (w *World) Visit(s Sent, press func(d answer.Desk, slip answer.Slip) error) {
	w.Helper()
	token := w.Token(s)
	w.Again(func() error {
		slip, err := w.Desk().Look(context.Background(), token)
		if err != nil {
			return err
		}
		return press(w.Desk(), slip)
	})
	w.Settle()
}

// Confirm confirms an end user's request, with a further detail.
func (w *World) Confirm(s Sent, more claim.Claim) {
	w.Helper()
	w.Visit(s, func(d answer.Desk, slip answer.Slip) error { return d.Confirm(context.Background(), slip, more) })
}

// Reply answers a letter, from the mailbox that it went to.
func (w *World) Reply(s Sent, body string) Mail {
	return Mail{From: s.To, To: s.ReplyTo, Subject: "Re: " + s.Letter.Subject, Body: body,
		Headers: []string{"In-Reply-To: <" + s.ID + "@email.amazonses.com>", "References: <" + s.ID + "@email.amazonses.com>"}}
}
