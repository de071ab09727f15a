package mailroom_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const day = 24 * time.Hour

// pass lets days go by, swept often enough.
func pass(w *mailroomtest.World, d time.Duration) { w.Pass(d, time.Hour) }

func TestAWrongDetailIsSetRightByAReply(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	w.Write(english)
	w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Bill Nobody"}})
	wait(w)
	stands(t, w.Only(), request.NeedsReview)
	w.Write(w.Reply(w.Last(tom), "Sorry. My name is Tom Kaczmarek.\n"))
	wait(w)
	stands(t, w.Only(), request.Completed)
	gone(t, before, w.Live.Dump(), tomsKeys...)
	kinds(t, w, tom, request.Challenge, request.NotIdentified, request.Confirmation)
	quiet(t, w, ofTom...)
}

// Who could not be told apart can add a detail for a week; then the request ends, and
// says nothing that it has not said.
func TestWhoCouldNotBeToldApartHasAWeek(t *testing.T) {
	w := mailroomtest.New(t)
	m := english
	m.Body = strings.Replace(m.Body, "tom.kaczmarek.7", "tom.nobody", 1)
	w.Write(m)
	w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Bill Nobody"}})
	pass(w, request.SecondLook-day)
	stands(t, w.Only(), request.NeedsReview)
	pass(w, day+time.Hour)
	stands(t, w.Only(), request.CouldNotIdentify)
	kinds(t, w, tom, request.Challenge, request.NotIdentified)
	quiet(t, w, append(ofTom, "tom.nobody", "Bill Nobody")...)
}

// Something fits, but not for certain: only the operator sees it, and it waits for them.
func TestDoubtWaitsForAPerson(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(english)
	w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Bill Nobody"}})
	pass(w, request.SecondLook+2*day)
	r := w.Only()
	stands(t, r, request.NeedsReview)
	if !r.Doubt || !r.ForPerson() || r.Shown() != request.CouldNotIdentify {
		t.Errorf("the request is %+v", r)
	}
}

func TestTheFourthLookUpGoesToAPerson(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	ask := func(i int) request.Request {
		pass(w, day) // replies are limited by the day
		m := english
		m.Body = strings.Replace(m.Body, "tom.kaczmarek.7", fmt.Sprint("rival.", i), 1)
		w.Write(m)
		w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Tom Kaczmarek"}})
		return w.Newest()
	}
	for i := range limit.Lookups.Most {
		if r := ask(i); r.Told != request.CouldNotIdentify {
			t.Fatalf("look-up %d left the request at %s, told %q", i+1, r.State, r.Told)
		}
	}
	r := ask(limit.Lookups.Most)
	if r.State != request.NeedsReview || r.Told != "" || !r.ForPerson() || r.Run != 1 {
		t.Errorf("look-up %d left the request at %s, told %q, run %d", limit.Lookups.Most+1, r.State, r.Told, r.Run)
	}
	gone(t, before, w.Live.Dump())
}

func TestManyWhoAskForOneBusinessGoToAPerson(t *testing.T) {
	w := mailroomtest.New(t)
	for i := range limit.Business.Most + 1 {
		m := english
		m.From = fmt.Sprintf("p%d@mail.example", i)
		w.Write(m)
		w.Confirm(w.Last(m.From), claim.Claim{Names: []string{"Bill Nobody"}})
		r := w.Newest()
		if stopped := r.Told == ""; stopped != (i == limit.Business.Most) {
			t.Fatalf("person %d: the request stands at %s, told %q", i+1, r.State, r.Told)
		}
	}
}

func TestAWithdrawalByReply(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	w.Write(english)
	asked := w.Last(tom)
	if taken := w.Write(w.Reply(asked, "I changed my mind. Please cancel my request.\n")); taken.Route != string(triage.AcceptToken) {
		t.Fatalf("taken as %+v", taken)
	}
	wait(w)
	stands(t, w.Only(), request.Withdrawn)
	gone(t, before, w.Live.Dump())
	kinds(t, w, tom, request.Challenge, request.Withdrawal)
	if _, err := w.Desk().Look(t.Context(), w.Token(asked)); err != answer.ErrGone {
		t.Errorf("the link leads somewhere still: %v", err)
	}
	quiet(t, w, ofTom...)
}

func TestARequestIsRemindedOfAndLapses(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(english)
	first := w.Only()
	pass(w, request.RemindAfter-2*time.Hour)
	kinds(t, w, tom, request.Challenge)
	pass(w, 4*time.Hour)
	kinds(t, w, tom, request.Challenge, request.Reminder)
	if w.Token(w.Last(tom)) != w.Token(w.To(tom)[0]) {
		t.Error("the reminder has another link")
	}
	pass(w, request.LapseAfter-request.RemindAfter-4*time.Hour)
	stands(t, w.Only(), request.AwaitingAnswer)
	pass(w, 4*time.Hour)
	stands(t, w.Only(), request.Lapsed)
	kinds(t, w, tom, request.Challenge, request.Reminder, request.LapseNotice)
	quiet(t, w, ofTom...)

	// The answer comes late: a request again, whose clock never stopped.
	late := w.Reply(w.Last(tom), english.Body)
	w.Write(late)
	again := w.Newest()
	if again.ID == first.ID || again.State != request.AwaitingAnswer {
		t.Fatalf("the late answer left the request at %s", again.State)
	}
	if !again.DueAt.Equal(first.DueAt) {
		t.Errorf("the clock began anew: due at %s, was %s", again.DueAt, first.DueAt)
	}
}

// A link lives for a week after the last letter with it.
func TestALinkGetsOld(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(english)
	token := w.Token(w.Last(tom))
	look := func(want error) {
		t.Helper()
		if _, err := w.Desk().Look(t.Context(), token); err != want {
			t.Errorf("the link leads to %v, want %v", err, want)
		}
	}
	pass(w, request.LinkLife+day)
	look(nil) // the reminder came meanwhile
	pass(w, request.RemindAfter)
	look(answer.ErrGone)
	if r := w.Only(); r.State != request.AwaitingAnswer {
		t.Errorf("the request stands at %s", r.State)
	}
}

func TestTheSameMailThreeTimesIsOneRequestAndOneLetter(t *testing.T) {
	w := mailroomtest.New(t)
	n := w.Post(spanish)
	for range 3 {
		w.Receive(n)
	}
	w.Only()
	kinds(t, w, lucia, request.Challenge)
	// Before the decision was written down, too.
	for key := range w.Archive {
		if strings.HasPrefix(key, "decisions/") {
			delete(w.Archive, key)
		}
	}
	w.Receive(n)
	w.Only()
	kinds(t, w, lucia, request.Challenge)
	// And after the request is over and the mail gone with it.
	w.Confirm(w.Last(lucia), claim.Claim{Names: []string{"Lucía F"}})
	if taken := w.Receive(n); taken.Route != "" {
		t.Errorf("taken as %+v", taken)
	}
	stands(t, w.Only(), request.Completed)
	quiet(t, w, ofLucia...)
}

// The same request in another mail, while the first waits, is the same request.
func TestWhoAsksAgainIsAskedAgain(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(spanish)
	w.Write(spanish)
	if r := w.Only(); len(r.Mails) != 2 {
		t.Errorf("the request has the mails %v", r.Mails)
	}
	kinds(t, w, lucia, request.Challenge, request.Challenge)
	w.Confirm(w.To(lucia)[0], claim.Claim{Names: []string{"Lucía F"}})
	stands(t, w.Only(), request.Completed)
	quiet(t, w, ofLucia...)
}

func TestAMailThatNobodyCanFindIsAFailure(t *testing.T) {
	w := mailroomtest.New(t)
	n := w.Post(spanish)
	clear(w.Archive)
	if _, err := w.Room().Receive(t.Context(), n); err == nil {
		t.Error("a mail that is not in the bucket was taken in")
	}
}

// GRAY proves nothing: one link a day. What comes besides waits for a person.
func TestGrayGetsOneLinkADay(t *testing.T) {
	w := mailroomtest.New(t)
	for i := range 2 {
		m := english
		m.DMARC, m.Body = notice.Gray, strings.Replace(m.Body, ".7", fmt.Sprint(".7", i), 1)
		if taken := w.Write(m); taken.Limited != (i == 1) {
			t.Errorf("mail %d was taken as %+v", i+1, taken)
		}
	}
	kinds(t, w, tom, request.Challenge)
	if r := w.Newest(); r.State != request.NeedsReview || !r.ForPerson() {
		t.Errorf("the second request stands at %s", r.State)
	}
	w.Pass(day, time.Hour)
	m := english
	m.DMARC = notice.Gray
	w.Write(m)
	kinds(t, w, tom, request.Challenge, request.Challenge)
}

func TestFailGetsNoAnswer(t *testing.T) {
	w := mailroomtest.New(t)
	for _, verdict := range []notice.Verdict{notice.Fail, "PROCESSING_FAILED", "pass"} {
		m := english
		m.DMARC = verdict
		w.Write(m)
		if r := w.Newest(); r.State != request.NeedsReview || !r.ForPerson() || r.Mailbox {
			t.Errorf("%s: the request stands at %s, mailbox %t", verdict, r.State, r.Mailbox)
		}
	}
	if len(w.Sent) > 0 {
		t.Errorf("%d letters were sent", len(w.Sent))
	}
}

func TestRepliesAreLimited(t *testing.T) {
	w := mailroomtest.New(t)
	for i := range limit.Replies.Most + 2 {
		m := english
		m.Body = strings.Replace(m.Body, ".7", fmt.Sprint(".7", i), 1)
		if taken := w.Write(m); taken.Limited != (i >= limit.Replies.Most) {
			t.Errorf("mail %d was taken as %+v", i+1, taken)
		}
	}
	if got := len(w.To(tom)); got != limit.Replies.Most {
		t.Errorf("%d letters were sent, want %d", got, limit.Replies.Most)
	}
	for _, r := range w.Requests() {
		if !r.Mailbox || len(r.Letters) == 0 && !r.ForPerson() {
			t.Errorf("a request stands at %s, and nobody looks at it", r.State)
		}
	}
}

// A machine that answers everything at once, with whatever headers, and our letters: it
// ends by itself, and fast.
func TestTwoAutoRespondersEndByThemselves(t *testing.T) {
	for name, reply := range map[string]func(w *mailroomtest.World, s mailroomtest.Sent) mailroomtest.Mail{
		"as a machine should": func(w *mailroomtest.World, s mailroomtest.Sent) mailroomtest.Mail {
			m := w.Reply(s, "I am out of the office until Monday.\n")
			m.Headers = append(m.Headers, "Auto-Submitted: auto-replied")
			return m
		},
		"as a person, out of office": func(w *mailroomtest.World, s mailroomtest.Sent) mailroomtest.Mail {
			return mailroomtest.Mail{From: s.To, To: s.ReplyTo, Subject: "Out of office", Body: "I am out of the office until Monday.\n"}
		},
		"a ticket system that quotes the request": func(w *mailroomtest.World, s mailroomtest.Sent) mailroomtest.Mail {
			return mailroomtest.Mail{From: s.To, To: s.ReplyTo, Subject: s.Letter.Subject, Body: "Please delete all my personal data. I wrote to Harbour View Hotel.\n"}
		},
		"a ticket system that writes to our plain address": func(w *mailroomtest.World, s mailroomtest.Sent) mailroomtest.Mail {
			return mailroomtest.Mail{From: s.To, Subject: "Ticket", Body: english.Body}
		},
		"one that adds nothing": func(w *mailroomtest.World, s mailroomtest.Sent) mailroomtest.Mail {
			return mailroomtest.Mail{From: s.To, To: s.ReplyTo, Subject: s.Letter.Subject, Body: "Harbour View Hotel\n"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := mailroomtest.New(t)
			w.Write(mailroomtest.Mail{From: tom, Subject: "Delete my data", Body: "Please delete all my personal data. I wrote to Harbour View Hotel.\n"})
			answered := 0
			for range 30 {
				if len(w.To(tom)) == answered {
					break
				}
				answered++
				w.Write(reply(w, w.To(tom)[answered-1]))
			}
			if got := len(w.To(tom)); got > limit.Replies.Most+2 {
				t.Errorf("the two exchanged %d letters", got)
			}
			if w.Live.Writes() > 0 {
				t.Error("the exchange has deleted something")
			}
		})
	}
}

func TestBounceAndComplaint(t *testing.T) {
	for _, kind := range []string{notice.Bounce, notice.Complaint, notice.Reject} {
		t.Run(kind, func(t *testing.T) {
			w := mailroomtest.New(t)
			before := w.Live.Dump()
			w.Write(spanish)
			w.Becomes[lucia] = kind
			w.Confirm(w.Last(lucia), claim.Claim{Names: []string{"Lucía F"}})
			r := w.Only()
			stands(t, r, request.Completed) // a letter that bounces undoes nothing
			gone(t, before, w.Live.Dump(), luciasKeys...)
			if last := r.Letters[len(r.Letters)-1]; last.State != request.Bounced || !r.ForPerson() {
				t.Errorf("the letter is %s, a person looks: %t", last.State, r.ForPerson())
			}
			pass(w, request.KeptBounced-day)
			if !w.Only().Mailbox {
				t.Error("whom the letter did not reach cannot be seen any more")
			}
			pass(w, 2*day)
			if r := w.Only(); r.Mailbox || r.ForPerson() {
				t.Error("the mailbox is still there")
			}
			kinds(t, w, lucia, request.Challenge, request.Confirmation)
			quiet(t, w, ofLucia...)
		})
	}
}

// A delay, or a bounce that may pass, is no end of a letter.
func TestALetterOfWhichNothingIsHeardIsUnconfirmed(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(spanish)
	w.Becomes[lucia] = notice.Delay
	w.Confirm(w.Last(lucia), claim.Claim{Names: []string{"Lucía F"}})
	last := func() request.LetterState { l := w.Only().Letters; return l[len(l)-1].State }
	if last() != request.Sent {
		t.Errorf("the letter is %s", last())
	}
	pass(w, request.HeardWithin+2*time.Hour)
	if last() != request.Unconfirmed {
		t.Errorf("the letter is %s", last())
	}
	kinds(t, w, lucia, request.Challenge, request.Confirmation)
	quiet(t, w, ofLucia...)
}

// A bounce that comes as a mail finds the letter by the ID that SES gave it.
func TestABounceByMail(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(spanish)
	n := w.Post(mailroomtest.Mail{})
	w.Archive[n.Key] = strings.Join([]string{"From: MAILER-DAEMON@correo.example", "To: " + mailroomtest.Address, "Subject: Undelivered Mail Returned to Sender",
		"Auto-Submitted: auto-replied", "MIME-Version: 1.0", `Content-Type: multipart/report; report-type=delivery-status; boundary="b"`, "",
		"--b", "Content-Type: text/plain", "", "It did not work.", "--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; correo.example", "",
		"Final-Recipient: rfc822; " + lucia, "Action: failed", "Status: 5.1.1", "--b", "Content-Type: message/rfc822", "",
		"Message-ID: <" + w.Last(lucia).ID + "@email.amazonses.com>", "Subject: x", "", "x", "--b--", ""}, "\r\n")
	n.EnvelopeFrom = ""
	if taken := w.Receive(n); taken.Route != string(triage.Drop) {
		t.Errorf("taken as %+v", taken)
	}
	if r := w.Only(); r.Letters[0].State != request.Bounced || !r.ForPerson() {
		t.Errorf("the letter is %s", r.Letters[0].State)
	}
	kinds(t, w, lucia, request.Challenge)
}

func TestAMachinesMailOpensNothing(t *testing.T) {
	w := mailroomtest.New(t)
	for _, header := range []string{"Auto-Submitted: auto-generated", "Auto-Submitted: auto-replied", "Precedence: bulk"} {
		m := mailroomtest.Mail{From: tom, Subject: "Newsletter", Body: "Buy now.\n", Headers: []string{header}}
		w.Write(m)
	}
	if all := w.Requests(); len(all) > 0 || len(w.Sent) > 0 {
		t.Errorf("%d requests, %d letters", len(all), len(w.Sent))
	}
}

func TestSetupIsSkipped(t *testing.T) {
	w := mailroomtest.New(t)
	if taken, err := w.Room().Receive(t.Context(), notice.Received{Setup: true}); err != nil || taken.Route != "" || len(w.Kept()) > 0 {
		t.Errorf("taken as %+v, %v", taken, err)
	}
}

// The mail's own words go with it: nothing in the log, and a decision stands beside it
// only as long as it does.
func TestTheDecisionGoesWithTheMail(t *testing.T) {
	w := mailroomtest.New(t)
	w.Write(spanish)
	if got := w.Kept(); !slices.Equal(got, []string{"decisions/in00000001", "raw/in00000001"}) {
		t.Errorf("kept %v", got)
	}
	if violations := w.Violations(ofLucia...); len(violations) > 0 {
		t.Errorf("while it is open, too, no row names the person: %v", violations)
	}
}
