package main

import (
	"bytes"
	"crypto/rand"
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
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

type bench struct {
	*testing.T
	now          time.Time
	bucket       *snapshottest.Bucket
	rows         *keystest.Fake
	stones       *fencetest.Fake
	secret       secrets.Versioned
	metrics, log bytes.Buffer
	handler      Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	secret, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, now: time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC), bucket: &snapshottest.Bucket{}, stones: fencetest.NewFake(), secret: secret}
	b.rows = keystest.NewFake(b.stones)
	now := func() time.Time { return b.now }
	log := slog.New(slog.NewJSONHandler(&b.log, nil))
	b.handler = Handler{Log: log, Seed: func() uint64 { return 7 }, Metrics: &metric.Writer{Out: &b.metrics, Now: now},
		Drill: rotation.Drill{Tombstones: b.stones, Now: now, Log: log, Reserve: reserve,
			Reader: func() snapshot.Reader { return snapshot.Reader{Objects: b.bucket, Keyring: b.keyring()} }}}
	return b
}

func (b *bench) keyring() *keys.Keyring {
	return &keys.Keyring{Rows: b.rows, Root: keystest.Root{}, Tombstones: b.stones, Secret: b.secret, Now: func() time.Time { return b.now }, Random: rand.Reader}
}

var (
	channel = keys.Path{{Kind: "tenant", Values: []string{"t_harbour"}}, {Kind: "channel", Values: []string{"t_harbour", "c_page"}}}
	anna    = append(channel[:2:2], keys.Subject{Kind: "lead", Values: []string{"t_harbour", "anna"}})
	berta   = append(channel[:2:2], keys.Subject{Kind: "lead", Values: []string{"t_harbour", "berta"}})
)

// seal makes a snapshot of anna and berta, from the day before.
func (b *bench) seal() {
	b.Helper()
	asOf := b.now.Add(-24 * time.Hour)
	ring := b.keyring()
	key := func(p keys.Path) keys.Key {
		k, err := ring.ForSealing(b.Context(), p)
		if err != nil {
			b.Fatal(err)
		}
		return k
	}
	s := &snapshot.Sealer{Unit: snapshot.Unit{Tenant: "t_harbour", Channel: "c_page"}, AsOf: asOf, Token: "0a1b2c3d", Put: b.bucket.Put, Random: rand.Reader}
	var records []snapshot.Sealed
	for _, p := range []keys.Path{anna, berta} {
		records = append(records, snapshot.Sealed{Store: "leads", Kind: snapshot.Record, Keys: []keys.Key{key(p)}, Item: livedata.Item{}})
	}
	err := s.Batch(b.Context(), nil, records)
	if err == nil {
		err = s.Finish(b.Context(), key(channel), "map", asOf)
	}
	if err == nil { // anna is deleted
		err = b.stones.Raise(b.Context(), fence.Tombstone{Fingerprint: fence.ScopePrint(b.secret, "lead", "t_harbour", "anna"),
			Cutoff: b.now, ExpiresAt: b.now.Add(fence.Keep - 2*time.Hour)})
	}
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) destroy(p keys.Path) {
	b.Helper()
	if _, err := (keys.Destroyer{Rows: b.rows, Secret: b.secret}).Destroy(b.Context(), p); err != nil {
		b.Fatal(err)
	}
}

// want demands the one line of metrics.
func (b *bench) want(want map[string]int) {
	b.Helper()
	var line map[string]json.RawMessage
	if err := json.Unmarshal(b.metrics.Bytes(), &line); err != nil {
		b.Fatal(err)
	}
	delete(line, "_aws")
	got := map[string]int{}
	for name, src := range line {
		var n int
		if err := json.Unmarshal(src, &n); err != nil {
			b.Fatal(err)
		}
		got[name] = n
	}
	if !maps.Equal(got, want) {
		b.Errorf("counted %v, want %v\n%s", got, want, &b.log)
	}
}

func TestADrillIsCounted(t *testing.T) {
	recorded.RoundTrip[map[string]any](t, "backup-drill")
	for name, src := range recorded.Events(t, "backup-drill") {
		b := newBench(t)
		b.seal()
		b.destroy(anna)
		if _, err := b.handler.Handle(t.Context(), src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.want(map[string]int{"DrillSampled": 1, "DrillOpened": 0, "DrillControlFailed": 0, "BackupDrillCompleted": 1})
	}
}

// What opens is what the drill is for: it is counted, and the drill has completed.
func TestWhatOpensIsCounted(t *testing.T) {
	b := newBench(t)
	b.seal()
	if _, err := b.handler.Handle(t.Context(), nil); err != nil {
		t.Error(err)
	}
	b.want(map[string]int{"DrillSampled": 1, "DrillOpened": 1, "DrillControlFailed": 0, "BackupDrillCompleted": 1})
	if !strings.Contains(b.log.String(), `"seed":7`) || strings.Contains(b.log.String(), "anna") {
		t.Errorf("logged %s", &b.log)
	}
}

func TestADrillThatOpensNothingIsNotCompleted(t *testing.T) {
	b := newBench(t)
	b.seal()
	b.destroy(channel[:1])
	_, err := b.handler.Handle(t.Context(), nil)
	var permanent boundary.Permanent
	if !errors.As(err, &permanent) || err.Error() != "a drill could open nothing at all, so that it proves nothing" {
		t.Errorf("got %v", err)
	}
	b.want(map[string]int{"DrillSampled": 0, "DrillOpened": 0, "DrillControlFailed": 1})
}

func TestADrillWithoutSnapshotsIsNotCompleted(t *testing.T) {
	b := newBench(t)
	if _, err := b.handler.Handle(t.Context(), nil); err != nil {
		t.Error(err)
	}
	b.want(map[string]int{"DrillSampled": 0, "DrillOpened": 0, "DrillControlFailed": 0})
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "backup-drill"))
	if err != nil || cfg.Bucket == "" || cfg.Keys == "" || cfg.Tombstones == "" || cfg.Keys == cfg.Tombstones || cfg.Root == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "SNAPSHOT_BUCKET", "SNAPSHOTKEYS_TABLE", "TOMBSTONES_TABLE", "SNAPSHOT_KEY_ID")
}
