package e2e

import (
	"context"
	"fmt"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
)

// TestNobodyElseIsTheAdmin: mails whose From field looks like the admin's. Nobody gets a
// link, and the admin hears of it once.
func TestNobodyElseIsTheAdmin(t *testing.T) {
	ctx := deadline(t, time.Minute)
	const admin = "owner@otterlodge.example"
	before := snapshot(t, ctx)
	known := decisions(t, ctx)
	fields := [][]string{
		{"From: " + admin + ", thief@elsewhere.example"},
		{"From: thief@elsewhere.example", "From: " + admin},
		{"From: " + admin, "From: thief@elsewhere.example"},
		{"From: Owners: " + admin + ", thief@elsewhere.example;"},
		{"From: \"" + admin + "\" <thief@elsewhere.example>"},
		{"From: (" + admin + ") thief@elsewhere.example"},
		{"From: =?utf-8?q?owner=40otterlodge=2Eexample?= <thief@elsewhere.example>"},
		{"From: thief@elsewhere.example\r\n " + admin},
		{"From: owner@otterlodge.example.elsewhere.example"},
		{"From: owner@\u043etterlodge.example"}, // a Cyrillic o
		{"From: owner\x00@otterlodge.example"},
		{"From: " + admin + "@elsewhere.example"},
		{"Sender: " + admin, "From: thief@elsewhere.example"},
		{"X-Local-Verdicts: dmarc=FAIL", "From: " + admin},
	}
	for i, head := range fields {
		m := mail{from: "thief@elsewhere.example", subject: "Close our account", head: head,
			text: fmt.Sprintf("Please close our Mikla account for Otter Lodge and delete all our data. Our order number is ON-%d.", 4400+i)}
		// What the post office itself turns away reaches nobody.
		if err := smtp.SendMail(server.URLs.SMTP, nil, m.from, []string{privacyAt}, m.raw()); err == nil {
			known++
		}
	}
	awaitDecisions(t, ctx, known)
	drainLetters(t, ctx)
	all, err := stack.Outbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, l := range all {
		switch {
		case l.To == admin:
			told++
			requireNoLink(t, l)
		case strings.Contains(l.To, "elsewhere.example") || strings.Contains(l.To, "tterlodge"):
			requireNoLink(t, l)
		}
	}
	if told != 1 {
		t.Errorf("the admin on file got %d letters, expected one notice", told)
	}
	requireSame(t, snapshot(t, ctx), before)
}

func requireNoLink(t *testing.T, l postoffice.Letter) {
	t.Helper()
	if linked.MatchString(l.Text+l.HTML) || pinned.MatchString(l.Text) {
		t.Errorf("%q to %s has a link or a PIN", l.Subject, l.To)
	}
}

// drainLetters waits until nothing waits in the queues of mail.
func drainLetters(t *testing.T, ctx context.Context) {
	t.Helper()
	await(t, ctx, "the queues of mail to drain", func() bool {
		for _, name := range []string{"mail-received", "letters", "mail-events"} {
			have := attributes(t, ctx, "mikla-dev-deletion-"+name)
			if have["ApproximateNumberOfMessages"] != "0" || have["ApproximateNumberOfMessagesNotVisible"] != "0" {
				return false
			}
		}
		return true
	})
}

// TestTwoMachinesStop: a machine that answers every letter of ours, at once and for ever.
// It is answered a few times and then no more, whether or not it says that it is one.
func TestTwoMachinesStop(t *testing.T) {
	const most = 3 // automatic letters to a mailbox in a day
	for name, c := range map[string]struct {
		head []string
		most int
	}{
		"that says so":        {[]string{"Auto-Submitted: auto-replied", "Precedence: bulk"}, 1},
		"that does not":       {nil, most},
		"that asks each time": {nil, most},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, time.Minute)
			from := "machine." + strings.ReplaceAll(name, " ", ".") + "@loop.example"
			text := "I am on vacation and will be back on Monday. Best wishes"
			if name == "that asks each time" {
				text = "Please delete my data. I am on vacation."
			}
			mail{from: from, subject: "Delete my data", text: "Please delete all my personal data."}.post(t)
			answered := 0
			for known := decisions(t, ctx); ; {
				drainLetters(t, ctx)
				letters := lettersTo(t, ctx, from)
				if answered == len(letters) {
					break // silence
				}
				for _, l := range letters[answered:] {
					known++
					mail{from: from, to: l.Headers["Reply-To"], subject: "Re: " + l.Subject, text: fmt.Sprintf("%s %d", text, answered),
						head: append([]string{"In-Reply-To: " + l.Headers["Message-ID"]}, c.head...)}.post(t)
				}
				if answered = len(letters); answered > c.most {
					t.Fatalf("%d letters were sent to a machine, expected %d at most", answered, c.most)
				}
			}
			if answered == 0 {
				t.Error("the first mail was not answered: the test shows nothing")
			}
		})
	}
}
