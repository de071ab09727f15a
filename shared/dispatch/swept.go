package dispatch

import (
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const (
	startsWithin = 5 * time.Minute // from the outbox, once it may be sent
	movesWithin  = time.Hour       // a running request; an invocation of the purge takes a quarter of it
	day          = 24 * time.Hour
)

// Swept counts what a sweep did and what it saw. What it saw is of this pass alone:
// each open request is looked at every five minutes at the latest, so that only the
// maximum over more than five minutes says whether there is one.
type Swept struct {
	Seen, Resent, Restarted, Parked, Waiting, Failed int

	// Open requests by the time since their receipt. An older one is in each.
	Over48Hours, Over7Days, Over14Days, Over21Days, Over25Days int

	PastDue      int  // open after its due date
	NeverStarted int  // in the outbox for longer than starting takes
	Stuck        int  // its execution runs, but it does not get on
	OutOfTime    bool // not everything that was due was looked at
}

// count notes what is true of an open request whatever becomes of it in this pass.
func (s *Swept) count(r request.Request, now time.Time) {
	s.Seen++
	add(&s.Waiting, r.ForPerson())
	if r.State.Terminal() {
		return
	}
	age := now.Sub(r.ReceivedAt)
	for limit, counter := range map[time.Duration]*int{48 * time.Hour: &s.Over48Hours, 7 * day: &s.Over7Days,
		14 * day: &s.Over14Days, 21 * day: &s.Over21Days, 25 * day: &s.Over25Days} {
		add(counter, age > limit)
	}
	add(&s.PastDue, now.After(r.DueAt))
	add(&s.NeverStarted, r.InOutbox() && now.Sub(r.Sendable()) > startsWithin)
}

func (s *Swept) countRunning(r request.Request, now time.Time) {
	add(&s.Stuck, now.Sub(r.Moved()) > movesWithin)
}

func add(counter *int, is bool) {
	if is {
		*counter++
	}
}

func (s *Swept) err() error {
	if s.Failed > 0 {
		return fault.New(fault.Retry, "a sweep could not look after every request")
	}
	return nil
}
