package dispatch_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/dispatch/dispatchtest"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// bench is a whole dispatch in virtual time.
type bench struct {
	*testing.T
	now        time.Time
	rows       *ledgertest.Fake
	ledger     *ledger.Ledger
	queue      *dispatchtest.Queue
	executions *dispatchtest.Executions
	log        bytes.Buffer
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), rows: ledgertest.NewFake(),
		queue: &dispatchtest.Queue{}, executions: dispatchtest.NewExecutions()}
	b.ledger = &ledger.Ledger{Rows: b.rows, Now: func() time.Time { return b.now }, Token: ledger.RandomID}
	return b
}

func (b *bench) admit() request.Request {
	b.Helper()
	key, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		b.Fatal(err)
	}
	n := ledger.Notice{Intake: "meta", Asked: request.Asked{Kind: request.DataDeletion, ReceivedAt: b.now, Cutoff: b.now}, Occasion: []string{ledger.RandomID()}}
	r, err := b.ledger.Admit(b.Context(), n, ledger.Keys{Code: key, Fingerprint: key})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// started is a request whose first execution runs.
func (b *bench) started() request.Request {
	b.Helper()
	r := b.admit()
	b.start(workflow.For(r))
	return b.get(r.ID)
}

func (b *bench) get(id string) request.Request {
	b.Helper()
	r, err := b.ledger.Get(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (b *bench) move(id string, to ...request.State) {
	b.Helper()
	_, err := b.ledger.Update(b.Context(), id, 0, func(r *request.Request) error {
		for _, state := range to {
			if err := r.Move(state, b.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) starter() dispatch.Starter {
	return dispatch.Starter{Ledger: b.ledger, Executions: b.executions}
}

func (b *bench) start(m workflow.Message) {
	b.Helper()
	if err := b.starter().Start(b.Context(), m); err != nil {
		b.Fatalf("start: %v", err)
	}
}

// deliver hands everything in the queue to the starter, the last message first.
func (b *bench) deliver() {
	b.Helper()
	sent := b.queue.Sent
	b.queue.Sent = nil
	for _, m := range slices.Backward(sent) {
		b.start(m)
	}
}

func (b *bench) sweep(ctx context.Context) (dispatch.Swept, error) {
	return dispatch.Sweeper{Ledger: b.ledger, Queue: b.queue, Executions: b.executions, Reserve: time.Second,
		Log: slog.New(slog.NewJSONHandler(&b.log, nil))}.Run(ctx)
}

func (b *bench) wantSwept(want dispatch.Swept) {
	b.Helper()
	if got, err := b.sweep(b.Context()); err != nil || got != want {
		b.Fatalf("swept %+v, %v; want %+v", got, err, want)
	}
}

func (b *bench) wantStarted(names ...string) {
	b.Helper()
	var got []string
	for name := range b.executions.Started {
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, names) {
		b.Fatalf("started %q, want %q", got, names)
	}
}

var errDown = fault.New(fault.Retry, "the service is down")

func TestStartedOnce(t *testing.T) {
	b := newBench(t)
	r := b.admit()
	for range 3 { // the queue delivers at least once
		b.start(workflow.For(r))
	}
	b.wantStarted(r.ID + "-1")
	if m := b.executions.Started[r.ID+"-1"]; m != (workflow.Message{V: 1, RequestID: r.ID, Run: 1}) {
		t.Errorf("started with %+v", m)
	}
	if r = b.get(r.ID); r.InOutbox() || !r.CheckAt.Equal(b.now.Add(2*time.Minute)) {
		t.Errorf("after the start: %+v", r)
	}
}

func TestLateAndReorderedMessagesStartNothing(t *testing.T) {
	b := newBench(t)
	r := b.started()
	if _, err := b.ledger.Update(t.Context(), r.ID, 0, func(r *request.Request) error { r.NextRun(); return nil }); err != nil {
		t.Fatal(err)
	}
	b.start(workflow.Message{V: 1, RequestID: r.ID, Run: 2})
	b.start(workflow.Message{V: 1, RequestID: r.ID, Run: 1})
	b.wantStarted(r.ID+"-1", r.ID+"-2")
	err := b.starter().Start(t.Context(), workflow.Message{V: 1, RequestID: r.ID, Run: 3})
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("a run from the future: %v", err)
	}
	b.wantStarted(r.ID+"-1", r.ID+"-2")
}

func TestMessagesOfRequestsThatNeedNoStart(t *testing.T) {
	for name, path := range map[string][]request.State{
		"ended":         {request.NothingFound},
		"in review":     {request.NeedsReview},
		"with operator": {request.NeedsOperator},
	} {
		b := newBench(t)
		r := b.admit()
		b.move(r.ID, path...)
		b.start(workflow.For(r))
		if len(b.executions.Started) != 0 {
			t.Errorf("%s: started", name)
		}
	}
	b := newBench(t)
	err := b.starter().Start(t.Context(), workflow.Message{V: 1, RequestID: strings.Repeat("0", 32), Run: 1})
	if fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown request: %v", err)
	}
}

// Each way in which a start can fail halfway: the message comes again, or the sweep.
func TestStartAfterAFailure(t *testing.T) {
	fails := func(apply bool) func(*bench) {
		return func(b *bench) {
			b.executions.Fault = func(string, string) (bool, error) { b.executions.Fault = nil; return apply, errDown }
		}
	}
	dies := func(apply bool) func(*bench) {
		return func(b *bench) {
			b.rows.Fault = func([]ledger.Write) (bool, error) { b.rows.Fault = nil; return apply, errDown }
		}
	}
	for name, inject := range map[string]func(*bench){
		"not started": fails(false), "started, answer lost": fails(true),
		"started, not recorded": dies(false), "recorded, answer lost": dies(true),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			r := b.admit()
			inject(b)
			if err := b.starter().Start(t.Context(), workflow.For(r)); fault.KindOf(err) != fault.Retry || err == nil {
				t.Fatalf("got %v", err)
			}
			b.now = b.now.Add(2 * time.Minute)
			if _, err := b.sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.deliver()
			b.wantStarted(r.ID + "-1")
			if r = b.get(r.ID); r.InOutbox() || r.Run != 1 {
				t.Errorf("left %+v", r)
			}
		})
	}
}

func TestSweepSendsTheOutboxAgain(t *testing.T) {
	b := newBench(t)
	r := b.admit()
	b.wantSwept(dispatch.Swept{}) // not yet due
	for range 2 {
		b.now = b.now.Add(time.Minute)
		b.wantSwept(dispatch.Swept{Seen: 1, Resent: 1})
		b.wantSwept(dispatch.Swept{}) // not again before its time
	}
	if len(b.queue.Sent) != 2 {
		t.Fatalf("sent %+v", b.queue.Sent)
	}
	b.deliver()
	b.wantStarted(r.ID + "-1")
	b.wantSwept(dispatch.Swept{})
}

func TestSweepLeavesRunningExecutionsAlone(t *testing.T) {
	b := newBench(t)
	r := b.started()
	for range 3 {
		b.now = b.now.Add(2 * time.Minute)
		b.wantSwept(dispatch.Swept{Seen: 1})
	}
	if r = b.get(r.ID); r.Run != 1 || len(b.queue.Sent) != 0 {
		t.Errorf("run %d, sent %+v", r.Run, b.queue.Sent)
	}
}

func TestSweepStartsADeadExecutionAgain(t *testing.T) {
	b := newBench(t)
	r := b.started()
	b.move(r.ID, request.Matched, request.Purging)
	b.executions.Ended[r.ID+"-1"] = true
	b.now = b.now.Add(2 * time.Minute)
	b.queue.Fault = func(m workflow.Message) (bool, error) {
		if run := b.get(r.ID).Run; run != m.Run {
			t.Errorf("run %d is sent while run %d owns the request", m.Run, run)
		}
		return true, nil
	}
	b.wantSwept(dispatch.Swept{Seen: 1, Restarted: 1})
	b.deliver()
	b.wantStarted(r.ID+"-1", r.ID+"-2")
	if r = b.get(r.ID); r.State != request.Purging || r.InOutbox() {
		t.Errorf("got %+v", r)
	}
	b.now = b.now.Add(2 * time.Minute)
	b.wantSwept(dispatch.Swept{Seen: 1})
}

func TestRestartWhoseMessageIsLostStaysInTheOutbox(t *testing.T) {
	b := newBench(t)
	r := b.started()
	b.executions.Ended[r.ID+"-1"] = true
	b.now = b.now.Add(2 * time.Minute)
	b.queue.Fault = func(workflow.Message) (bool, error) { return false, errDown }
	if done, err := b.sweep(t.Context()); err == nil || done.Failed != 1 {
		t.Errorf("swept %+v, %v", done, err)
	}
	b.queue.Fault = nil
	b.now = b.now.Add(time.Minute)
	b.wantSwept(dispatch.Swept{Seen: 1, Resent: 1})
	b.deliver()
	b.wantStarted(r.ID+"-1", r.ID+"-2")
}

func TestRequestThatWentOnIsNotRestarted(t *testing.T) {
	for name, goOn := range map[string]func(b *bench, id string){
		"ended":   func(b *bench, id string) { b.move(id, request.NothingFound) },
		"waiting": func(b *bench, id string) { b.move(id, request.NeedsReview) },
		"next run": func(b *bench, id string) {
			_, _ = b.ledger.Update(b.Context(), id, 0, func(r *request.Request) error { r.NextRun(); r.Started(2); return nil })
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			r := b.started()
			b.executions.Ended[r.ID+"-1"] = true
			b.executions.Fault = func(string, string) (bool, error) { goOn(b, r.ID); return true, nil }
			b.now = b.now.Add(2 * time.Minute)
			b.wantSwept(dispatch.Swept{Seen: 1})
			if len(b.queue.Sent) != 0 {
				t.Errorf("sent %+v", b.queue.Sent)
			}
		})
	}
}

func TestSweepCountsWhoWaits(t *testing.T) {
	for _, state := range []request.State{request.NeedsReview, request.NeedsOperator} {
		b := newBench(t)
		r := b.started()
		b.move(r.ID, state)
		b.now = b.now.Add(2 * time.Minute)
		b.wantSwept(dispatch.Swept{Seen: 1, Waiting: 1})
		b.wantSwept(dispatch.Swept{})
		b.now = b.now.Add(5 * time.Minute)
		b.wantSwept(dispatch.Swept{Seen: 1, Waiting: 1})
		if len(b.queue.Sent) != 0 || b.get(r.ID).Run != 1 {
			t.Errorf("%s: started again", state)
		}
	}
}

func TestDyingExecutionsEndWithTheOperator(t *testing.T) {
	b := newBench(t)
	r := b.started()
	b.executions.Fault = func(op, name string) (bool, error) { b.executions.Ended[name] = true; return true, nil }
	for run := 2; run <= 10; run++ {
		b.now = b.now.Add(2 * time.Minute)
		b.wantSwept(dispatch.Swept{Seen: 1, Restarted: 1})
		if run > 2 { // waits two minutes and doubles that each time, looked at all the while
			b.waitInTheOutbox(time.Minute << (run - 2))
			b.wantSwept(dispatch.Swept{Seen: 1, Resent: 1})
		}
		b.deliver()
	}
	b.now = b.now.Add(2 * time.Minute)
	b.wantSwept(dispatch.Swept{Seen: 1, Parked: 1})
	if got := b.get(r.ID); got.State != request.NeedsOperator || got.Run != 10 {
		t.Errorf("got %+v", got)
	}
	if !strings.Contains(b.log.String(), "waits for the operator") {
		t.Error("nobody is told")
	}
	b.now = b.now.Add(5 * time.Minute)
	b.wantSwept(dispatch.Swept{Seen: 1, Waiting: 1})
}

// waitInTheOutbox lets a restarted run wait its time: nothing is sent, and it is looked
// at every five minutes.
func (b *bench) waitInTheOutbox(wait time.Duration) {
	b.Helper()
	for wait > 0 {
		step := min(wait, 5*time.Minute)
		b.now = b.now.Add(step - time.Second)
		b.wantSwept(dispatch.Swept{})
		b.now = b.now.Add(time.Second)
		if wait -= step; wait > 0 {
			b.wantSwept(dispatch.Swept{Seen: 1})
		}
	}
	if len(b.queue.Sent) != 0 {
		b.Errorf("sent %+v before its time", b.queue.Sent)
	}
}

// haunted is an index that lags: it still names requests that left it.
type haunted struct {
	ledger.Rows
	ghosts []string
}

func (h haunted) Due(ctx context.Context, open, before string, limit int) ([]string, error) {
	due, err := h.Rows.Due(ctx, open, before, limit)
	return append(slices.Clone(h.ghosts), due...), err
}

func TestGhostsOfTheIndexAreSkipped(t *testing.T) {
	b := newBench(t)
	ended, open := b.admit(), b.admit()
	b.move(ended.ID, request.NothingFound)
	b.now = b.now.Add(time.Minute)
	b.ledger.Rows = haunted{b.rows, []string{"request#" + ended.ID, "request#" + open.ID}}
	b.wantSwept(dispatch.Swept{Seen: 1, Resent: 1})
	if len(b.queue.Sent) != 1 || b.queue.Sent[0].RequestID != open.ID {
		t.Errorf("sent %+v", b.queue.Sent)
	}
}

// More than a page of requests that fail must not hide those behind them.
func TestFailingRequestsStopNoOthers(t *testing.T) {
	b := newBench(t)
	failing := map[string]bool{}
	for range 120 {
		failing[b.admit().ID] = true
	}
	b.now = b.now.Add(time.Second)
	for range 70 {
		b.admit()
	}
	b.queue.Fault = func(m workflow.Message) (bool, error) {
		if failing[m.RequestID] {
			return false, errDown
		}
		return true, nil
	}
	b.now = b.now.Add(time.Minute)
	done, err := b.sweep(t.Context())
	if fault.KindOf(err) != fault.Retry || err == nil || done.Failed != 120 || len(b.queue.Sent) != 70 {
		t.Errorf("swept %+v, %v; sent %d", done, err, len(b.queue.Sent))
	}
	b.queue.Fault = nil
	b.wantSwept(dispatch.Swept{Seen: 120, Resent: 120})
}

func TestSweepStopsInTime(t *testing.T) {
	b := newBench(t)
	b.admit()
	b.now = b.now.Add(time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(500*time.Millisecond)) // less than its reserve
	defer cancel()
	if done, err := b.sweep(ctx); err != nil || done != (dispatch.Swept{OutOfTime: true}) {
		t.Errorf("swept %+v, %v", done, err)
	}
}

type broken struct{ ledger.Rows }

func (broken) Due(context.Context, string, string, int) ([]string, error) {
	return nil, fmt.Errorf("query: %w", errDown)
}

func TestSweepWithoutAnIndexFails(t *testing.T) {
	b := newBench(t)
	b.ledger.Rows = broken{b.rows}
	if done, err := b.sweep(t.Context()); err == nil || done != (dispatch.Swept{}) {
		t.Errorf("swept %+v, %v", done, err)
	}
}

func TestResume(t *testing.T) {
	b := newBench(t)
	r := b.started()
	b.move(r.ID, request.NeedsOperator)
	r, err := dispatch.Resume(t.Context(), b.ledger, r.ID)
	if err != nil || r.State != request.Received || r.Run != 2 {
		t.Fatalf("got %+v, %v", r, err)
	}
	if _, err := dispatch.Resume(t.Context(), b.ledger, r.ID); fault.KindOf(err) != fault.Conflict {
		t.Errorf("twice: %v", err)
	}
	b.start(workflow.Message{V: 1, RequestID: r.ID, Run: 1}) // of the run that was parked
	b.wantStarted(r.ID + "-1")
	b.now = b.now.Add(time.Minute)
	b.wantSwept(dispatch.Swept{Seen: 1, Resent: 1}) // whoever sent it on died before the message
	b.deliver()
	b.wantStarted(r.ID+"-1", r.ID+"-2")
	if _, err := dispatch.Resume(t.Context(), b.ledger, ledger.RandomID()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown request: %v", err)
	}
}

func TestResumeWhoseAnswerIsLost(t *testing.T) {
	b := newBench(t)
	r := b.started()
	b.move(r.ID, request.NeedsReview)
	b.rows.Fault = func([]ledger.Write) (bool, error) { b.rows.Fault = nil; return true, errDown }
	if _, err := dispatch.Resume(t.Context(), b.ledger, r.ID); err == nil {
		t.Fatal("the failure does not show")
	}
	if r = b.get(r.ID); r.Run != 2 || !r.InOutbox() {
		t.Errorf("got %+v", r)
	}
}
