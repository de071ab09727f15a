package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/dispatch/dispatchtest"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const canary = "canary of a foreign error"

type bench struct {
	*testing.T
	now          time.Time
	ledger       *ledger.Ledger
	queue        *dispatchtest.Queue
	executions   *dispatchtest.Executions
	metrics, log bytes.Buffer
	handler      Handler
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, now: time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), queue: &dispatchtest.Queue{}, executions: dispatchtest.NewExecutions()}
	now := func() time.Time { return b.now }
	b.ledger = &ledger.Ledger{Rows: ledgertest.NewFake(), Now: now, Token: ledger.RandomID}
	b.handler = Handler{Metrics: &metric.Writer{Out: &b.metrics, Now: now}, Sweeper: dispatch.Sweeper{Ledger: b.ledger,
		Queue: b.queue, Executions: b.executions, Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Reserve: reserve}}
	return b
}

// admit makes a request that is in the given state and due a minute later.
func (b *bench) admit(change func(*request.Request) error) request.Request {
	b.Helper()
	key, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		b.Fatal(err)
	}
	n := ledger.Notice{Asked: request.Asked{Kind: request.DataDeletion, ReceivedAt: b.now, Cutoff: b.now}, Occasion: []string{ledger.RandomID()}}
	r, err := b.ledger.Admit(b.Context(), n, ledger.Keys{Code: key, Fingerprint: key})
	if err == nil {
		_, err = b.ledger.Update(b.Context(), r.ID, 0, change)
	}
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func outbox(*request.Request) error    { return nil }
func dead(r *request.Request) error    { r.Started(1); return nil }
func dying(r *request.Request) error   { r.Run, r.StartedRun = 10, 10; return nil }
func waiting(r *request.Request) error { return r.Move(request.NeedsOperator, r.ReceivedAt) }

// names are all metrics of a sweep but SweepCompleted.
var names = []string{"Resent", "Restarted", "WaitingForOperator", "OpenOver48Hours", "OpenOver7Days", "OpenOver14Days",
	"OpenOver21Days", "OpenOver25Days", "PastDue", "NeverStarted", "ExecutionsStuck"}

// counted reads the one metric line.
func (b *bench) counted() map[string]int {
	b.Helper()
	line := map[string]json.RawMessage{}
	if err := json.Unmarshal(b.metrics.Bytes(), &line); err != nil {
		b.Fatalf("%s: %v", &b.metrics, err)
	}
	delete(line, "_aws")
	counts := map[string]int{}
	for name, src := range line {
		var n int
		if err := json.Unmarshal(src, &n); err != nil {
			b.Fatalf("%s: %v", &b.metrics, err)
		}
		counts[name] = n
	}
	return counts
}

// want demands these counts, and 0 of every other metric but SweepCompleted, which is
// there if it is wanted.
func (b *bench) want(counts map[string]int) {
	b.Helper()
	for _, name := range names {
		if _, named := counts[name]; !named {
			counts[name] = 0
		}
	}
	if got := b.counted(); !maps.Equal(got, counts) {
		b.Errorf("counted %v, want %v", got, counts)
	}
}

func TestSweepIsCounted(t *testing.T) {
	b := newBench(t)
	for _, change := range []func(*request.Request) error{outbox, outbox, dead, dying, waiting} {
		b.admit(change)
	}
	b.now = b.now.Add(time.Minute)
	done, err := b.handler.Handle(t.Context(), nil)
	if want := (dispatch.Swept{Seen: 5, Resent: 2, Restarted: 1, Parked: 1, Waiting: 1}); err != nil || done != want {
		t.Errorf("swept %+v, %v; want %+v", done, err, want)
	}
	b.want(map[string]int{"SweepCompleted": 1, "Resent": 2, "Restarted": 1, "WaitingForOperator": 2})
	if len(b.queue.Sent) != 3 {
		t.Errorf("sent %+v", b.queue.Sent)
	}
}

// Ages are of the whole request: a month after its receipt each of them counts it.
func TestAgesAreCounted(t *testing.T) {
	b := newBench(t)
	b.admit(waiting)
	b.admit(outbox)
	b.executions.Started[b.admit(dead).ID+"-1"] = workflow.Message{} // and runs
	b.now = b.now.Add(31 * 24 * time.Hour)
	b.admit(waiting)
	b.now = b.now.Add(time.Minute)
	if _, err := b.handler.Handle(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	b.want(map[string]int{"SweepCompleted": 1, "Resent": 1, "WaitingForOperator": 2, "NeverStarted": 1, "ExecutionsStuck": 1,
		"OpenOver48Hours": 3, "OpenOver7Days": 3, "OpenOver14Days": 3, "OpenOver21Days": 3, "OpenOver25Days": 3, "PastDue": 3})
}

// A sweep that runs out of time is not complete, though nothing failed.
func TestSweepOutOfTimeIsNotCompleted(t *testing.T) {
	b := newBench(t)
	b.admit(outbox)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(reserve-time.Second))
	defer cancel()
	if _, err := b.handler.Handle(ctx, nil); err != nil {
		t.Fatal(err)
	}
	b.want(map[string]int{})
}

// What the alarms of the stack look at is what a sweep writes, but for the metrics of
// the intakes, of the letters and of backups.
func TestAlarmsLookAtWhatIsCounted(t *testing.T) {
	b := newBench(t)
	if _, err := b.handler.Handle(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	written := b.counted()
	for _, name := range []string{metric.Refused, metric.ReplyLimitReached, metric.LettersBounced, metric.LettersUnconfirmed,
		metric.SnapshotsCompleted, metric.RotationCompleted, metric.BackupAuditCompleted, metric.BackupDrillCompleted,
		metric.OldestBackupDays, metric.StaleUnits, metric.UnknownBackups, metric.RecoveryWindowWrong, metric.RestoreTargetsLeft, metric.DrillOpened} {
		written[name] = 0 // by meta-callback, the functions of mail and those of backups, whose tests say so
	}
	watched := templateenv.AlarmMetrics(t, metric.Namespace)
	for _, name := range watched {
		if _, ok := written[name]; !ok {
			t.Errorf("an alarm looks at %s, which no function writes", name)
		}
		delete(written, name)
	}
	left := slices.Sorted(maps.Keys(written))
	if onlyLookedUp := []string{"OpenOver48Hours", "Resent", "Restarted"}; !slices.Equal(left, onlyLookedUp) {
		t.Errorf("no alarm looks at %v, expected %v", left, onlyLookedUp)
	}
}

// The alarm looks for the absence of SweepCompleted: a sweep that failed in part must
// not report it.
func TestFailedSweepIsNotCompleted(t *testing.T) {
	b := newBench(t)
	b.admit(outbox)
	b.admit(waiting)
	b.queue.Fault = func(workflow.Message) (bool, error) { return false, errors.New(canary) }
	b.now = b.now.Add(time.Minute)
	_, err := b.handler.Handle(t.Context(), json.RawMessage(`{}`))
	var retry boundary.RetryLater
	if !errors.As(err, &retry) || err.Error() != "a sweep could not look after every request" {
		t.Errorf("got %v", err)
	}
	b.want(map[string]int{"WaitingForOperator": 1})
	if strings.Contains(b.log.String(), canary) {
		t.Errorf("logged %s", &b.log)
	}
}

func TestNothingToDoIsCompleted(t *testing.T) {
	recorded.RoundTrip[map[string]any](t, "sweep")
	for name, src := range recorded.Events(t, "sweep") {
		b := newBench(t)
		if done, err := b.handler.Handle(t.Context(), src); err != nil || done != (dispatch.Swept{}) {
			t.Errorf("%s: swept %+v, %v", name, done, err)
		}
		b.want(map[string]int{"SweepCompleted": 1})
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "sweep"))
	if err != nil || cfg.Ledger == "" || !strings.HasPrefix(cfg.Queue, "https://") || !strings.HasPrefix(cfg.LettersQueue, "https://") || cfg.LettersQueue == cfg.Queue || cfg.StateMachine == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "START_QUEUE_URL", "LETTERS_QUEUE_URL", "STATE_MACHINE_ARN")
}
