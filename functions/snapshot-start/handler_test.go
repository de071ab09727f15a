package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

const canary = "canary of a foreign error"

type bench struct {
	queue        *snapshottest.Queue
	metrics, log bytes.Buffer
	Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{queue: &snapshottest.Queue{}}
	live := livedatatest.NewExample(t, m)
	b.Handler = Handler{Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Metrics: &metric.Writer{Out: &b.metrics, Now: time.Now},
		Starter: snapshot.Starter{Map: m, Tenants: snapshottest.Tenants{Live: live}, Records: live.Records(), Queue: b.queue}}
	return b
}

// The same event again asks for the same snapshots: its own time counts.
func TestRecordedEvents(t *testing.T) {
	for name := range recorded.Events(t, "snapshot-start") {
		b := newBench(t)
		event := recorded.Event[events.CloudWatchEvent](t, "snapshot-start", name)
		for range 2 {
			if err := b.Handle(t.Context(), event); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(b.queue.Sent) != 10 { // of two tenants and three channels, twice
			t.Fatalf("%s: sent %v", name, b.queue.Sent)
		}
		for i, m := range b.queue.Sent[:5] {
			if again := b.queue.Sent[i+5]; !m.AsOf.Equal(event.Time) || !slices.Contains(b.queue.Sent[5:], m) {
				t.Errorf("%s: sent %+v, then %+v", name, m, again)
			}
		}
		if got := strings.Count(b.metrics.String(), `"SnapshotsStarted":1`); got != 2 || !strings.Contains(b.metrics.String(), `"SnapshotsAsked":5`) {
			t.Errorf("%s: counted %s", name, &b.metrics)
		}
	}
}

func TestFailuresShow(t *testing.T) {
	b := newBench(t)
	b.queue.Fault = func(snapshot.Message) (bool, error) { return false, errors.New(canary) }
	err := b.Handle(t.Context(), events.CloudWatchEvent{Time: time.Now()})
	var retry boundary.RetryLater
	if !errors.As(err, &retry) || strings.Contains(err.Error()+b.log.String(), canary) || strings.Contains(b.metrics.String(), metric.SnapshotsStarted) {
		t.Errorf("got %v, logged %s, counted %s", err, &b.log, &b.metrics)
	}
	var invalid boundary.Invalid
	if err := b.Handle(t.Context(), events.CloudWatchEvent{}); !errors.As(err, &invalid) {
		t.Errorf("without a time: %v", err)
	}
}

// What runbooks tell to invoke it with is an event that it takes.
func TestRunbooksInvokeItWithATime(t *testing.T) {
	pages, err := filepath.Glob("../../infra/runbooks/*.md")
	if err != nil {
		t.Fatal(err)
	}
	invoked := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range strings.Split(string(text), "aws lambda invoke")[1:] {
			name, rest, _ := strings.Cut(strings.Join(strings.Fields(call), " "), " /dev/stdout")
			if !strings.Contains(name, "mikla-dev-deletion-snapshot-start") {
				continue
			}
			invoked++
			_, payload, _ := strings.Cut(name, `--cli-binary-format raw-in-base64-out --payload "`)
			payload = strings.NewReplacer(`$(date -u +%FT%TZ)`, "2026-06-03T09:30:00Z", `\"`, `"`).Replace(strings.TrimSuffix(payload, `"`))
			var event events.CloudWatchEvent
			if err := json.Unmarshal([]byte(payload), &event); err != nil {
				t.Errorf("%s: %q: %v", page, payload, err)
			}
			if err := newBench(t).Handle(t.Context(), event); err != nil || rest == "" {
				t.Errorf("%s: with %q: %v", page, payload, err)
			}
		}
	}
	if invoked == 0 {
		t.Error("no runbook invokes it")
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "snapshot-start"))
	if err != nil || cfg.Queue == "" || cfg.Stores["tenants"] == "" || cfg.Stores["channels"] == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "STORES", "SNAPSHOT_QUEUE_URL")
}
