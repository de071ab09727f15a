package dispatch

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// mostLetters is how many dead letters one redrive takes on: they all stay hidden from
// others until it is done with them. What is more is the next redrive's.
const mostLetters = 1000

// Letter is a message that the start queue gave up on.
type Letter struct{ ID, Body, Receipt string }

// DeadLetters is where the start queue's failures lie.
//
// Receive hides what it returns from others for long enough to deal with mostLetters,
// and returns nothing only when nothing is there that is not hidden. Release shows a
// letter again at once. Whatever is neither deleted nor released shows itself again
// after a while.
type DeadLetters interface {
	Receive(ctx context.Context) ([]Letter, error)
	Delete(ctx context.Context, l Letter) error
	Release(ctx context.Context, l Letter) error
}

// Redriver moves dead letters back to the start queue.
type Redriver struct {
	DeadLetters DeadLetters
	Queue       Queue
}

// Mail is what lies in the dead-letter queue, hidden from others until it is moved or
// put back.
type Mail struct {
	Ours    []Letter // start messages
	Foreign []Letter // what no version of this program wrote; left where it is
	Full    bool     // more may be there
}

// Collect takes everything out, up to mostLetters. It finishes by itself: a letter that
// comes a second time (it was hidden for less long than it should have been) is not new.
func (r Redriver) Collect(ctx context.Context) (Mail, error) {
	var m Mail
	seen := map[string]bool{}
	for len(seen) < mostLetters {
		letters, err := r.DeadLetters.Receive(ctx)
		if err != nil {
			return Mail{}, errAfter(err, r.PutBack(ctx, m))
		}
		before := len(seen)
		for _, l := range letters {
			if !seen[l.ID] {
				seen[l.ID] = true
				m.sort(l)
			}
		}
		if len(seen) == before {
			return m, nil
		}
	}
	m.Full = true
	return m, nil
}

func (m *Mail) sort(l Letter) {
	if _, err := workflow.Parse([]byte(l.Body)); err != nil {
		m.Foreign = append(m.Foreign, l)
		return
	}
	m.Ours = append(m.Ours, l)
}

// PutBack shows everything again.
func (r Redriver) PutBack(ctx context.Context, m Mail) error {
	var failed error
	for _, letters := range [][]Letter{m.Ours, m.Foreign} {
		for _, l := range letters {
			failed = errAfter(failed, r.DeadLetters.Release(ctx, l))
		}
	}
	return failed
}

// Move sends ours again and puts back the rest. Sent first and deleted afterwards:
// dying in between leaves a duplicate, which starts nothing twice, and never loses one.
// When sending fails, what was not sent stays. It returns how many were sent.
func (r Redriver) Move(ctx context.Context, m Mail) (moved int, err error) {
	var failed error // of deletes: the letter was sent all the same
	for i, l := range m.Ours {
		message, err := workflow.Parse([]byte(l.Body))
		if err == nil {
			err = r.Queue.Send(ctx, message)
		}
		if err != nil {
			rest := Mail{Ours: m.Ours[i:], Foreign: m.Foreign}
			return moved, errAfter(err, r.PutBack(ctx, rest))
		}
		moved++
		failed = errAfter(failed, r.DeadLetters.Delete(ctx, l))
	}
	return moved, errAfter(fault.Wrap("delete a letter that was sent again", failed), r.PutBack(ctx, Mail{Foreign: m.Foreign}))
}

// errAfter is the first of two failures.
func errAfter(first, second error) error {
	if first != nil {
		return first
	}
	return second
}
