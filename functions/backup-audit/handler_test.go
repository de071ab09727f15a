package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

const canary = "canary of a foreign error"

// tables are all alike.
type tables struct {
	names    []string
	table    rotation.Table
	recovery rotation.Recovery
	err      error
}

func (f tables) Names(context.Context, string) ([]string, string, error) { return f.names, "", f.err }

func (f tables) Describe(context.Context, string) (rotation.Table, error) { return f.table, nil }

func (f tables) Recovery(_ context.Context, name string) (rotation.Recovery, error) {
	r := f.recovery
	r.On = r.On && name != "keys"
	return r, nil
}

type bench struct {
	now          time.Time
	snapshots    *snapshottest.Bucket
	metrics, log bytes.Buffer
	handler      Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{now: time.Date(2026, 5, 1, 7, 0, 0, 0, time.UTC), snapshots: &snapshottest.Bucket{}}
	now := func() time.Time { return b.now }
	b.snapshots.Now = now
	if err := b.snapshots.Put(t.Context(), "manifests/t_harbour/tenant/20260430T010000Z", nil); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, store := range m.Backed() {
		names[store.Name] = "live-" + store.Name
	}
	log := slog.New(slog.NewJSONHandler(&b.log, nil))
	b.handler = Handler{Log: log, Metrics: &metric.Writer{Out: &b.metrics, Now: now},
		Audit: rotation.Audit{Snapshots: b.snapshots, Platform: map[string]rotation.Listed{"media": &snapshottest.Bucket{}}, Map: m, Names: names,
			Tables: tables{table: rotation.Table{Protected: true}, recovery: rotation.Recovery{On: true, Days: 1}}, Keys: "keys",
			RecoveryDays: 1, Now: now, Log: log, Reserve: reserve}}
	return b
}

// want demands the one line of metrics.
func (b *bench) want(t *testing.T, want map[string]int) {
	t.Helper()
	var line map[string]json.RawMessage
	if err := json.Unmarshal(b.metrics.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	delete(line, "_aws")
	got := map[string]int{}
	for name, src := range line {
		var n int
		if err := json.Unmarshal(src, &n); err != nil {
			t.Fatal(err)
		}
		got[name] = n
	}
	if !maps.Equal(got, want) {
		t.Errorf("counted %v, want %v", got, want)
	}
}

func TestNothingToFindIsCounted(t *testing.T) {
	recorded.RoundTrip[map[string]any](t, "backup-audit")
	for name, src := range recorded.Events(t, "backup-audit") {
		b := newBench(t)
		if _, err := b.handler.Handle(t.Context(), src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.want(t, map[string]int{"OldestBackupDays": 1, "StaleUnits": 0, "UnknownBackups": 0, "RestoreTargetsLeft": 0, "RecoveryWindowWrong": 0, "BackupAuditCompleted": 1})
	}
}

// What is found is counted; it is no failure of the audit.
func TestWhatIsFoundIsCounted(t *testing.T) {
	b := newBench(t)
	b.now = b.now.Add(29 * 24 * time.Hour)
	if err := b.snapshots.Put(t.Context(), "leads.csv", nil); err != nil {
		t.Fatal(err)
	}
	b.handler.Audit.Tables = tables{names: []string{"live-leads-restore-1"}, table: rotation.Table{Streams: true}, recovery: rotation.Recovery{On: true, Days: 35}}
	if _, err := b.handler.Handle(t.Context(), nil); err != nil {
		t.Error(err)
	}
	tables := len(b.handler.Audit.Map.Backed())
	b.want(t, map[string]int{"OldestBackupDays": 30, "StaleUnits": 1, "UnknownBackups": 1, "RestoreTargetsLeft": 1, "RecoveryWindowWrong": tables + 2, "BackupAuditCompleted": 1})
}

// The alarm is on the absence of BackupAuditCompleted.
func TestAnAuditThatDidNotSeeEverythingIsNotCompleted(t *testing.T) {
	b := newBench(t)
	b.handler.Audit.Tables = tables{table: rotation.Table{Protected: true}, recovery: rotation.Recovery{On: true, Days: 1}, err: errors.New(canary)}
	_, err := b.handler.Handle(t.Context(), nil)
	var retry boundary.RetryLater
	if !errors.As(err, &retry) || err.Error() != "not every backup could be looked at" || strings.Contains(b.log.String(), canary) {
		t.Errorf("got %v, logged %s", err, &b.log)
	}
	seen := map[string]int{"OldestBackupDays": 1, "StaleUnits": 0, "UnknownBackups": 0, "RestoreTargetsLeft": 0, "RecoveryWindowWrong": 0}
	b.want(t, seen)

	b = newBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), reserve-time.Second)
	defer cancel()
	if found, err := b.handler.Handle(ctx, nil); err != nil || !found.OutOfTime {
		t.Errorf("%+v, %v", found, err)
	}
	seen["OldestBackupDays"] = 0
	b.want(t, seen)
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "backup-audit"))
	if err != nil || cfg.Bucket == "" || cfg.Keys == "" || cfg.Map == nil || cfg.Stores["media"] == "" || cfg.RecoveryDays != 1 {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "SNAPSHOT_BUCKET", "SNAPSHOTKEYS_TABLE", "STORES", "RECOVERY_DAYS")
}
