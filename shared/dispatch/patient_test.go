package dispatch_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// told is the queue of letters.
type told struct {
	ids []string
	err error
}

func (q *told) Send(_ context.Context, id string) error {
	q.ids = append(q.ids, id)
	return q.err
}

// asked is a request that waits for its requester and owes a letter.
func (b *bench) asked() request.Request {
	b.Helper()
	key := workflowtest.Secret(b, 'k')
	r, err := b.ledger.Admit(b.Context(), ledger.Notice{Intake: "mail", Asked: request.Asked{Kind: request.DataDeletion, ReceivedAt: b.now, Cutoff: b.now},
		Occasion: []string{"mail"}, Mailboxes: []ledger.Mailbox{{Address: "ana@guest.example", Role: ledger.Requester}},
		Begin: func(r *request.Request) error {
			r.Notify = []int{0}
			r.Owe(request.Challenge, 0, b.now)
			return r.Begin(request.AwaitingAnswer, b.now)
		}}, ledger.Keys{Code: key, Fingerprint: key})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) sweptWith(q *told, after time.Duration) (dispatch.Swept, error) {
	b.now = b.now.Add(after)
	return dispatch.Sweeper{Ledger: b.ledger, Queue: b.queue, Letters: q, Executions: b.executions, Log: slog.New(slog.NewTextHandler(&b.log, nil))}.Run(b.Context())
}

func (b *bench) delivered(id string) {
	b.Helper()
	_, err := b.ledger.Update(b.Context(), id, 0, func(r *request.Request) error {
		for i := range r.Letters {
			r.Letters[i].Heard(request.Delivered, b.now)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestLettersThatAreDueAreAnnounced(t *testing.T) {
	b, q := newBench(t), &told{}
	id := b.asked().ID
	if _, err := b.sweptWith(q, time.Minute); err != nil || !slices.Equal(q.ids, []string{id}) {
		t.Errorf("announced %v, %v", q.ids, err)
	}
	b.delivered(id)
	if _, err := b.sweptWith(q, 6*time.Minute); err != nil || len(q.ids) != 1 {
		t.Errorf("announced %v, %v, though all had arrived", q.ids, err)
	}
}

func TestAQueueOfLettersThatFailsIsAFailure(t *testing.T) {
	b, q := newBench(t), &told{err: errors.New("down")}
	b.asked()
	if done, err := b.sweptWith(q, time.Minute); err == nil || done.Failed != 1 {
		t.Errorf("swept %+v, %v", done, err)
	}
}

// On day 3 a reminder, once; on day 14 the end, in a run of its own.
func TestTheSweepReminds(t *testing.T) {
	b, q := newBench(t), &told{}
	id := b.asked().ID
	b.delivered(id)
	step := func(at time.Duration, letters int, closing bool, sent int) {
		t.Helper()
		for range 2 {
			if _, err := b.sweptWith(q, at-b.now.Sub(b.get(id).ReceivedAt)); err != nil {
				t.Fatal(err)
			}
			at += 6 * time.Minute
		}
		if r := b.get(id); len(r.Letters) != letters || r.Closing != closing || len(b.queue.Sent) != sent {
			t.Errorf("after %s: %d letters, closing %t, %d starts; want %d, %t, %d", at, len(r.Letters), r.Closing, len(b.queue.Sent), letters, closing, sent)
		}
	}
	step(request.RemindAfter-time.Hour, 1, false, 0)
	step(request.RemindAfter, 2, false, 0)
	if l := b.get(id).Letters[1]; l.Kind != request.Reminder || l.To != 0 {
		t.Errorf("the second letter is %+v", l)
	}
	step(request.LapseAfter-time.Hour, 2, false, 0)
	step(request.LapseAfter, 2, true, 2) // announced in each pass until it is started
	if r := b.get(id); r.Ending != request.Lapsed || b.queue.Sent[0].Run != r.Run || r.Run != 2 {
		t.Errorf("the request ends as %s in run %d, started is %+v", r.Ending, r.Run, b.queue.Sent)
	}
}
