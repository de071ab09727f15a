package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/mail/letter"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/outbox"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const ana = "ana@guest.example"

// owing is a request that waits for its requester and owes one letter.
func owing(t testing.TB, w *mailroomtest.World, kind, language string, change func(*request.Request)) request.Request {
	t.Helper()
	role := ledger.Requester
	if strings.HasPrefix(kind, "closure") {
		role = ledger.Admin
	}
	at := w.Now()
	other, err := w.Ledger.Admit(t.Context(), w.Notice("10150000000000999", at), w.Keys)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Ledger.Admit(t.Context(), ledger.Notice{Intake: "mail", Asked: request.Asked{Kind: request.DataDeletion, ReceivedAt: at, Cutoff: at},
		Identity: ledger.Identity{Kind: ledger.Claimed}, Occasion: []string{"mail", kind, language},
		Facts:     claim.Claim{Missing: []string{"business", "handle"}, Question: "Which of the two is yours?"},
		Mailboxes: []ledger.Mailbox{{Address: ana, Language: language, Role: role, Business: "Harbour View Hotel"}},
		Begin: func(r *request.Request) error {
			r.Scope, r.About, r.Reason, r.Undo, r.Notify = "tenant", other.ID, "It was erased before.", mailroomtest.Undo, []int{0}
			if err := r.Begin(request.AwaitingAnswer, at); err != nil {
				return err
			}
			if kind == request.Reminder {
				r.Owe(request.Challenge, 0, at.Add(1000*time.Hour)) // what it reminds of
				r.Letters[0].State = request.Delivered
			}
			if change != nil {
				change(r)
			}
			r.Owe(kind, 0, at)
			return nil
		}}, w.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ended are the states in which the letters are owed that need one.
var ended = map[string]func(*request.Request){
	request.Confirmation: func(r *request.Request) {
		r.Freeze(r.ReceivedAt)
		r.ErasedAt, r.Erased, r.State = &r.ReceivedAt, map[string]int{"messages": 3, "leads": 1}, request.Completed
		r.Kept = []request.Kept{{Category: "metrics", Reason: "aggregates"}}
	},
	request.ClosureStarted: func(r *request.Request) {
		r.State, r.NotBefore = request.CoolingOff, r.ReceivedAt.Add(mailroomtest.Undo)
	},
	request.Refusal: func(r *request.Request) { r.State = request.Refused }, request.Withdrawal: func(r *request.Request) { r.State = request.Withdrawn },
	request.LapseNotice: func(r *request.Request) { r.State = request.Lapsed }, request.AnsweredNotice: func(r *request.Request) { r.State = request.Answered },
	request.NotIdentified: func(r *request.Request) { r.State = request.CouldNotIdentify },
}

func TestEveryKindCanBeSentInEveryLanguage(t *testing.T) {
	for _, kind := range request.Kinds() {
		for _, language := range append(letter.Languages(), "", "xx") {
			w := mailroomtest.New(t)
			r := owing(t, w, kind, language, ended[kind])
			if done, err := w.Sender().Run(t.Context(), r.ID); err != nil || done != (outbox.Done{Sent: 1}) {
				t.Errorf("%s in %q: %+v, %v\n%s", kind, language, done, err, &w.LogText)
				continue
			}
			s := w.Last(ana)
			if linked := strings.Contains(s.Letter.Text, "/link/"); linked != links[kind] {
				t.Errorf("%s in %q has a link: %t", kind, language, linked)
			}
			if s.Name != fmt.Sprintf("%s-%d", r.ID, len(r.Letters)-1) || strings.Contains(s.Letter.Text+s.Letter.Subject, ana) {
				t.Errorf("%s in %q is called %s", kind, language, s.Name)
			}
		}
	}
}

var links = map[string]bool{request.Challenge: true, request.ClosureLink: true, request.ClosureStarted: true, request.OptIn: true, request.Reminder: true}

// failing is SES with one answer.
type failing struct{ err error }

func (f failing) Send(context.Context, outbox.Mail) (string, error) { return "", f.err }

func TestWhatSESAnswersDecides(t *testing.T) {
	for _, c := range []struct {
		kind  fault.Kind
		state request.LetterState
		fails bool
	}{{fault.Permanent, request.Bounced, false}, {fault.Invalid, request.Bounced, false}, {fault.Conflict, request.Due, true}, {fault.Retry, request.Sending, true}} {
		w := mailroomtest.New(t)
		r := owing(t, w, request.Challenge, "en", nil)
		s := w.Sender()
		s.Post = failing{fault.New(c.kind, "the answer of SES about "+ana)}
		_, err := s.Run(t.Context(), r.ID)
		if got := w.Request(t, r.ID).Letters[0]; got.State != c.state || (err != nil) != c.fails {
			t.Errorf("%s: the letter is %s, %v; want %s", c.kind, got.State, err, c.state)
		}
	}
}

func (b *life) letter() request.Letter { return b.Request(b, b.id).Letters[0] }

type life struct {
	*mailroomtest.World
	id string
}

func (b *life) run(want outbox.Done) {
	b.Helper()
	if done, err := b.Sender().Run(context.Background(), b.id); err != nil || done != want {
		b.Errorf("did %+v, %v; want %+v", done, err, want)
	}
}

func newLife(t *testing.T) *life {
	w := mailroomtest.New(t)
	return &life{w, owing(t, w, request.Challenge, "en", nil).ID}
}

// What may have gone is sent once more after a quarter of an hour, and never a third time.
func TestALetterOfUnknownFateIsSentOnceMore(t *testing.T) {
	b := newLife(t)
	lost := b.Sender()
	lost.Post = failing{fault.New(fault.Retry, "lost")}
	_, _ = lost.Run(t.Context(), b.id)
	b.run(outbox.Done{})
	b.World.World.Pass(request.EventWithin)
	_, _ = lost.Run(t.Context(), b.id)
	for range 5 {
		b.World.World.Pass(request.EventWithin)
		b.run(outbox.Done{})
	}
	if l := b.letter(); l.State != request.Sending || l.Tries != 2 {
		t.Errorf("the letter is %s after %d tries", l.State, l.Tries)
	}
	b.World.World.Pass(request.HeardWithin)
	b.run(outbox.Done{Unconfirmed: 1})
	if l := b.letter(); l.State != request.Unconfirmed {
		t.Errorf("the letter is %s", l.State)
	}
}

// An event says that it went: it is not sent again.
func TestAnEventOfALetterOfUnknownFate(t *testing.T) {
	b := newLife(t)
	lost := b.Sender()
	lost.Post = failing{fault.New(fault.Retry, "lost")}
	_, _ = lost.Run(t.Context(), b.id)
	if state, err := b.Sender().Note(t.Context(), notice.Event{Kind: notice.Delivery, Letter: b.id + "-0"}); state != request.Delivered || err != nil {
		t.Errorf("noted %s, %v", state, err)
	}
	b.World.World.Pass(request.EventWithin)
	b.run(outbox.Done{})
}

func TestEventsOfOtherLetters(t *testing.T) {
	b := newLife(t)
	for _, name := range []string{"", "x", b.id, b.id + "-", b.id + "--1", b.id + "-7", b.id + ".0"} {
		if _, err := b.Sender().Note(t.Context(), notice.Event{Kind: notice.Bounce, Permanent: true, Letter: name}); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if l := b.letter(); l.State != request.Due {
		t.Errorf("the letter is %s", l.State)
	}
	if _, err := b.Sender().Note(t.Context(), notice.Event{Kind: notice.Bounce, Permanent: true, Letter: strings.Repeat("0", 32) + "-0"}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown request: %v", err)
	}
}

// A question that was answered meanwhile is not asked any more.
func TestAMootLetterIsNotSent(t *testing.T) {
	b := newLife(t)
	if _, err := b.Ledger.Update(t.Context(), b.id, 0, func(r *request.Request) error { return r.Answer(b.Now()) }); err != nil {
		t.Fatal(err)
	}
	b.run(outbox.Done{})
	if l := b.letter(); l.State != request.Unconfirmed || len(b.Sent) > 0 {
		t.Errorf("the letter is %s, %d were sent", l.State, len(b.Sent))
	}
}

func TestAllLettersTogetherAreLimited(t *testing.T) {
	b := newLife(t)
	s := b.Sender()
	for i := range limit.Overall.Most {
		if _, err := s.Limits.Take(t.Context(), limit.Overall, "", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	b.run(outbox.Done{Held: 1})
	if l := b.letter(); l.State != request.Due {
		t.Errorf("the letter is %s", l.State)
	}
	b.World.World.Pass(limit.Overall.Per)
	b.run(outbox.Done{Sent: 1})
}

// unreadable is the ledger's rows while the table of case files answers nothing.
type unreadable struct{ ledger.Rows }

func (r unreadable) Query(ctx context.Context, table ledger.Table, pk, prefix, after string, most int) ([]ledger.Row, error) {
	if table == ledger.CaseFile {
		return nil, fault.New(fault.Retry, "throttled")
	}
	return r.Rows.Query(ctx, table, pk, prefix, after, most)
}

// An outage of ours is no try: nothing went, however often.
func TestAnOutageUsesUpNoTries(t *testing.T) {
	b := newLife(t)
	s := b.Sender()
	book := *s.Ledger
	book.Rows = unreadable{book.Rows}
	s.Ledger = &book
	for range 5 {
		if _, err := s.Run(t.Context(), b.id); fault.KindOf(err) != fault.Retry {
			t.Errorf("got %v", err)
		}
	}
	if l := b.letter(); l.State != request.Due || l.Tries != 0 {
		t.Errorf("the letter is %s after %d tries", l.State, l.Tries)
	}
	b.run(outbox.Done{Sent: 1})
}

// Nor is a refusal of SES for the moment.
func TestARefusalForTheMomentIsNoTry(t *testing.T) {
	b := newLife(t)
	busy := b.Sender()
	busy.Post = failing{fault.New(fault.Conflict, "throttled")}
	for range 5 {
		if _, err := busy.Run(t.Context(), b.id); fault.KindOf(err) != fault.Conflict {
			t.Errorf("got %v", err)
		}
	}
	if l := b.letter(); l.State != request.Due || l.Tries != 0 {
		t.Errorf("the letter is %s after %d tries", l.State, l.Tries)
	}
	b.run(outbox.Done{Sent: 1})
}
