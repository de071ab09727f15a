// Package dispatch hands requests to executions of the state machine: it drains the
// outbox, starts a run once, and starts a further run where an execution died.
package dispatch

import (
	"context"
	"log/slog"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const (
	resendAfter = time.Minute     // an outbox entry is sent again
	checkAfter  = 2 * time.Minute // an execution is looked at
	longestLook = 5 * time.Minute // every open request is looked at this often, whatever it waits for
	maxRuns     = 10              // then a person looks: after some eight hours
	longestWait = 6 * time.Hour   // between two runs
	sweepPage   = 50
)

// Queue carries start messages.
type Queue interface {
	Send(ctx context.Context, m workflow.Message) error
}

// Letters carries the IDs of requests whose letters are due.
type Letters interface {
	Send(ctx context.Context, requestID string) error
}

// Executions starts runs of the state machine. Start is a success if an execution of
// that name was ever started. Running is false for one that ended or never was.
type Executions interface {
	Start(ctx context.Context, name string, m workflow.Message) error
	Running(ctx context.Context, name string) (bool, error)
}

// Starter starts what a queue message names.
type Starter struct {
	Ledger     *ledger.Ledger
	Executions Executions
}

// Start starts the run, once: a duplicate, a late or a reordered message starts
// nothing. If the process dies after the execution started, the sweep or the message
// comes again and finds the name taken.
func (s Starter) Start(ctx context.Context, m workflow.Message) error {
	r, err := s.Ledger.Get(ctx, m.RequestID)
	if err != nil {
		return err
	}
	if m.Run > r.Run {
		return fault.New(fault.Invalid, "a message names a run that the request does not have yet")
	}
	if m.Run < r.Run || !r.InOutbox() {
		return nil
	}
	if err := s.Executions.Start(ctx, r.ExecutionName(), workflow.For(r)); err != nil {
		return err
	}
	_, err = s.Ledger.Update(ctx, r.ID, 0, func(r *request.Request) error {
		r.Started(m.Run)
		if !r.State.Terminal() {
			r.Progress(s.Ledger.Now())
			r.CheckAt = s.Ledger.Now().Add(checkAfter)
		}
		return nil
	})
	return err
}

// Sweeper looks after every open request.
type Sweeper struct {
	Ledger     *ledger.Ledger
	Queue      Queue
	Letters    Letters
	Executions Executions
	Log        *slog.Logger
	Reserve    time.Duration // time before the deadline at which it stops
}

// Run looks at everything that is due. It finishes all that it can and then fails if
// any failed.
func (s Sweeper) Run(ctx context.Context) (Swept, error) {
	var done Swept
	seen := map[string]bool{}
	for s.inTime(ctx) {
		// What failed stays at the head of the index: look past everything that was seen.
		ids, err := s.Ledger.Due(ctx, s.Ledger.Now(), sweepPage+len(seen))
		if err != nil {
			return done, err
		}
		fresh := 0
		for _, id := range ids {
			if seen[id] {
				continue // the index lags behind what this sweep did
			}
			seen[id] = true
			fresh++
			if err := s.one(ctx, id, &done); err != nil {
				done.Failed++
				s.Log.ErrorContext(ctx, "sweep failed for a request", "request_id", id, "error", fault.Describe(err))
			}
		}
		if fresh == 0 {
			return done, done.err()
		}
	}
	done.OutOfTime = true
	return done, done.err()
}

func (s Sweeper) inTime(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > s.Reserve
}

func (s Sweeper) one(ctx context.Context, id string, done *Swept) error {
	r, err := s.Ledger.Get(ctx, id)
	if err != nil || !r.Open() {
		return err // an index hit is a hint
	}
	now := s.Ledger.Now()
	done.count(r, now)
	if r, err = s.patient(ctx, r, now); err != nil {
		return err
	}
	if r.PostDue(now) {
		if err := s.Letters.Send(ctx, r.ID); err != nil {
			return err
		}
	}
	switch {
	case r.State.Terminal(), r.State.Waiting() && !r.Closing:
		return s.lookAgain(ctx, r, longestLook)
	case r.InOutbox() && r.NotBefore.After(now):
		return s.lookAgain(ctx, r, min(r.NotBefore.Sub(now), longestLook))
	case r.InOutbox():
		return s.send(ctx, r, done)
	}
	running, err := s.Executions.Running(ctx, r.ExecutionName())
	if err != nil {
		return err
	}
	if running {
		done.countRunning(r, now)
		return s.lookAgain(ctx, r, checkAfter)
	}
	return s.restart(ctx, r, done)
}

// patient reminds a requester who was asked, and ends a request that waited in vain.
func (s Sweeper) patient(ctx context.Context, r request.Request, now time.Time) (request.Request, error) {
	if !r.Remind(now) && r.Lapse(now) == "" {
		return r, nil
	}
	return s.Ledger.Update(ctx, r.ID, 0, func(r *request.Request) error {
		if r.Remind(now) {
			r.Owe(request.Reminder, 0, now)
		}
		if end := r.Lapse(now); end != "" {
			return r.End(end, now)
		}
		return nil
	})
}

// lookWithin is when to look again at a request that waits for so long.
func lookWithin(wait time.Duration) time.Duration {
	return min(max(wait, resendAfter), longestLook)
}

// lookAgain sets when the request is due for the sweep again, if it is as it was.
func (s Sweeper) lookAgain(ctx context.Context, seen request.Request, after time.Duration) error {
	_, err := s.Ledger.Update(ctx, seen.ID, 0, func(r *request.Request) error {
		if r.Run == seen.Run && r.Open() {
			r.CheckAt = s.Ledger.Now().Add(after)
		}
		return nil
	})
	return err
}

func (s Sweeper) send(ctx context.Context, r request.Request, done *Swept) error {
	if err := s.Queue.Send(ctx, workflow.For(r)); err != nil {
		return err
	}
	done.Resent++
	return s.lookAgain(ctx, r, resendAfter)
}

// restart gives a request whose execution ended without ending it to the next run.
// The run is raised first, so that the dead one cannot come back and write. The first
// restart goes off at once; later ones wait in the outbox (NotBefore), longer each time,
// so that an outage of hours does not use them up.
func (s Sweeper) restart(ctx context.Context, seen request.Request, done *Swept) error {
	r, err := s.Ledger.Update(ctx, seen.ID, 0, func(r *request.Request) error {
		if r.Run != seen.Run || r.State.Terminal() || r.State.Waiting() && !r.Closing {
			return nil // it went on while we looked
		}
		now := s.Ledger.Now()
		if r.Tries() >= maxRuns && !r.Closing { // only scrubbing is left of one that is closing
			r.CheckAt = now.Add(longestLook)
			return r.Move(request.NeedsOperator, now)
		}
		r.NextRun()
		wait := patience(r.Tries())
		r.NotBefore, r.CheckAt = now.Add(wait), now.Add(lookWithin(wait))
		return nil
	})
	if err != nil {
		return err
	}
	if r.State == request.NeedsOperator && r.Run == seen.Run {
		done.Parked++
		s.Log.ErrorContext(ctx, "request waits for the operator", "request_id", r.ID)
	}
	if r.Run == seen.Run || !r.InOutbox() {
		return nil
	}
	done.Restarted++
	if patience(r.Tries()) > 0 {
		return nil
	}
	return s.Queue.Send(ctx, workflow.For(r))
}

// patience is how long a try waits before it starts: nothing for the second, then two
// minutes, doubled each time.
func patience(try int) time.Duration {
	if try <= 2 {
		return 0
	}
	return min(longestWait, time.Minute<<min(try-2, 10))
}

// Resume takes a request on that waits for a person. It is in the outbox then: whoever
// called sends the start message, or the sweep does within a minute.
func Resume(ctx context.Context, l *ledger.Ledger, id string) (request.Request, error) {
	return l.Update(ctx, id, 0, func(r *request.Request) error {
		r.CheckAt = l.Now().Add(resendAfter)
		return r.Resume(l.Now())
	})
}
