package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

const canary = "canary of a foreign error"

type bench struct {
	now              time.Time
	targets          *restoretest.Fake
	snapshots, media *snapshottest.Bucket
	metrics, log     bytes.Buffer
	handler          Handler
}

// newBench has a snapshot that is too old and one of yesterday.
func newBench(t *testing.T) *bench {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{now: time.Date(2026, 5, 1, 5, 0, 0, 0, time.UTC)}
	now := func() time.Time { return b.now }
	b.snapshots, b.media = &snapshottest.Bucket{Now: now}, &snapshottest.Bucket{Now: now}
	b.targets = restoretest.New(livedatatest.NewFake(m), fencetest.NewFake(), now)
	for _, name := range []string{"manifests/t_harbour/tenant/20260401T010000Z", "frames/t_harbour/tenant/20260401T010000Z/00001-0badcafe",
		"manifests/t_harbour/tenant/20260430T010000Z", "frames/t_harbour/tenant/20260430T010000Z/00001-0badcafe"} {
		if err := b.snapshots.Put(t.Context(), name, nil); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.NewJSONHandler(&b.log, nil))
	b.handler = Handler{Log: log, Targets: b.targets.Targets(), Metrics: &metric.Writer{Out: &b.metrics, Now: now},
		Rotator: rotation.Rotator{Snapshots: b.snapshots, Platform: map[string]rotation.Bucket{"media": b.media}, Map: m, Now: now, Log: log, Reserve: reserve}}
	return b
}

func TestRotationIsCounted(t *testing.T) {
	recorded.RoundTrip[map[string]any](t, "rotate")
	for name, src := range recorded.Events(t, "rotate") {
		b := newBench(t)
		done, err := b.handler.Handle(t.Context(), src)
		if want := (Done{Rotated: rotation.Rotated{Manifests: 1, Parts: 1}}); err != nil || done != want || len(b.snapshots.Names()) != 2 {
			t.Errorf("%s: %+v, %v, left %v", name, done, err, b.snapshots.Names())
		}
		var line map[string]any
		if err := json.Unmarshal(b.metrics.Bytes(), &line); err != nil || line[metric.RotationCompleted] != 1.0 {
			t.Errorf("counted %s, %v", &b.metrics, err)
		}
	}
}

// The alarm is on the absence of RotationCompleted.
func TestAFailedRotationIsNotCompleted(t *testing.T) {
	b := newBench(t)
	b.media.Fault = func(string, string) (bool, error) { return false, errors.New(canary) }
	_, err := b.handler.Handle(t.Context(), nil)
	var retry boundary.RetryLater
	if !errors.As(err, &retry) || err.Error() != "not everything that is too old could be deleted" {
		t.Errorf("got %v", err)
	}
	if b.metrics.Len() != 0 || len(b.snapshots.Names()) != 2 || strings.Contains(b.log.String(), canary) {
		t.Errorf("counted %s, left %v, logged %s", &b.metrics, b.snapshots.Names(), &b.log)
	}
}

// restored makes the table of a restore, a day and an hour ago.
func (b *bench) restored(t *testing.T) {
	t.Helper()
	store, _ := b.handler.Rotator.Map.Store("leads")
	b.now = b.now.Add(-25 * time.Hour)
	if err := b.handler.Targets.Create(t.Context(), "r1", store); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(25 * time.Hour)
}

func TestTablesOfRestoresGoAfterADay(t *testing.T) {
	b := newBench(t)
	b.restored(t)
	done, err := b.handler.Handle(t.Context(), nil)
	left, _ := b.handler.Targets.List(t.Context())
	if err != nil || done.Targets != 1 || len(left) != 0 || b.metrics.Len() == 0 {
		t.Errorf("%+v, %v, left %v", done, err, left)
	}
}

// A table that stays keeps nothing else from going, and the rotation from having completed.
func TestATableThatCannotBeDropped(t *testing.T) {
	b := newBench(t)
	b.restored(t)
	b.targets.Fault = func(string, string) (bool, error) { return false, errors.New(canary) }
	_, err := b.handler.Handle(t.Context(), nil)
	if err == nil || len(b.snapshots.Names()) != 2 || b.metrics.Len() != 0 || strings.Contains(err.Error()+b.log.String(), canary) {
		t.Errorf("%v, left %v, counted %s, logged %s", err, b.snapshots.Names(), &b.metrics, &b.log)
	}
}

func TestARotationOutOfTimeIsNotCompleted(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithTimeout(t.Context(), reserve-time.Second)
	defer cancel()
	if done, err := b.handler.Handle(ctx, nil); err != nil || !done.OutOfTime || b.metrics.Len() != 0 {
		t.Errorf("%+v, %v, counted %s", done, err, &b.metrics)
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "rotate"))
	if err != nil || cfg.Bucket == "" || cfg.Map == nil || cfg.Stores["media"] == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "SNAPSHOT_BUCKET", "STORES")
}
