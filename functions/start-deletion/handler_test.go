package main

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/dispatch/dispatchtest"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

const canary = "canary of a foreign error"

// bench is a handler over requests with the given IDs.
type bench struct {
	executions *dispatchtest.Executions
	log        bytes.Buffer
	Handler
}

func newBench(t *testing.T, ids ...string) *bench {
	t.Helper()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	key, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger.Ledger{Rows: ledgertest.NewFake(), Now: func() time.Time { return now }}
	for _, id := range ids {
		l.Token = func() string { return id }
		n := ledger.Notice{Asked: request.Asked{Kind: request.DataDeletion, ReceivedAt: now, Cutoff: now}, Occasion: []string{id}}
		if _, err := l.Admit(t.Context(), n, ledger.Keys{Code: key, Fingerprint: key}); err != nil {
			t.Fatal(err)
		}
	}
	l.Token = ledger.RandomID
	b := &bench{executions: dispatchtest.NewExecutions()}
	b.Handler = Handler{Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Starter: dispatch.Starter{Ledger: l, Executions: b.executions}}
	return b
}

func batchOf(bodies ...string) events.SQSEvent {
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: "message-" + string(rune('0'+i)), Body: body})
	}
	return event
}

// failures handles an event and lists the messages that come again.
func (b *bench) failures(t *testing.T, event events.SQSEvent) []string {
	t.Helper()
	out, err := b.Handle(t.Context(), event)
	if err != nil {
		t.Fatalf("the whole batch failed: %v", err)
	}
	var ids []string
	for _, f := range out.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	if strings.Contains(b.log.String(), canary) {
		t.Errorf("logged %s", &b.log)
	}
	return ids
}

var first, second = strings.Repeat("1", 32), strings.Repeat("2", 32)

func start(id string) string { return `{"v":1,"request_id":"` + id + `","run":1}` }

func TestFailedMessagesComeAgainAlone(t *testing.T) {
	for name, bad := range map[string]string{
		"no JSON": canary, "unknown version": `{"v":2,"request_id":"` + first + `","run":1}`, "empty": ``,
		"no run": `{"v":1,"request_id":"` + first + `"}`, "unknown request": start(strings.Repeat("3", 32)),
		"run of the future": `{"v":1,"request_id":"` + first + `","run":2}`,
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, first, second)
			if got := b.failures(t, batchOf(start(first), bad, start(second))); !slices.Equal(got, []string{"message-1"}) {
				t.Errorf("failed %q", got)
			}
			if len(b.executions.Started) != 2 {
				t.Errorf("started %v", b.executions.Started)
			}
			if !strings.Contains(b.log.String(), `"message_id":"message-1"`) {
				t.Errorf("logged %s", &b.log)
			}
		})
	}
}

func TestFailedStartsComeAgainAlone(t *testing.T) {
	b := newBench(t, first, second)
	b.executions.Fault = func(_, name string) (bool, error) {
		if strings.HasPrefix(name, first) {
			return false, errors.New(canary)
		}
		return true, nil
	}
	event := batchOf(start(first), start(second))
	if got := b.failures(t, event); !slices.Equal(got, []string{"message-0"}) {
		t.Errorf("failed %q", got)
	}
	b.executions.Fault = nil
	if got := b.failures(t, event); got != nil || len(b.executions.Started) != 2 {
		t.Errorf("failed %q, started %v", got, b.executions.Started)
	}
}

func TestDuplicatesInABatchStartOnce(t *testing.T) {
	b := newBench(t, first)
	if got := b.failures(t, batchOf(start(first), start(first), start(first))); got != nil || len(b.executions.Started) != 1 {
		t.Errorf("failed %q, started %v", got, b.executions.Started)
	}
	if got := b.failures(t, batchOf()); got != nil {
		t.Errorf("an empty batch failed: %q", got)
	}
}

func TestRecordedBatch(t *testing.T) {
	recorded.RoundTrip[events.SQSEvent](t, "start-deletion")
	for name := range recorded.Events(t, "start-deletion") {
		b := newBench(t, "0123456789abcdef0123456789abcdef")
		got := b.failures(t, recorded.Event[events.SQSEvent](t, "start-deletion", name))
		if _, started := b.executions.Started["0123456789abcdef0123456789abcdef-1"]; got != nil || !started {
			t.Errorf("%s: failed %q, started %v", name, got, b.executions.Started)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	if cfg, err := Load(templateenv.Lookup(t, "start-deletion")); err != nil || cfg.Ledger == "" || cfg.StateMachine == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "STATE_MACHINE_ARN")
}
