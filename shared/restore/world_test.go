package restore_test

import (
	"context"
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

const job = "0123456789abcdef"

var (
	night = time.Date(2026, 6, 3, 1, 0, 0, 0, time.UTC) // as-of of the snapshot
	now   = night.Add(8 * time.Hour)
)

// world is a platform with a night's snapshot, and everything that a restore needs.
type world struct {
	*testing.T
	m      *datamap.Map
	live   *livedatatest.Fake
	bucket *snapshottest.Bucket
	rows   *keystest.Fake
	stones *fencetest.Fake
	fake   *restoretest.Fake
	clock  time.Time
	source func(restore.From) (restore.Source, error) // nil: snapshots
}

func newWorld(t *testing.T) *world {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, m: m, live: livedatatest.NewExample(t, m), bucket: &snapshottest.Bucket{}, stones: fencetest.NewFake(), clock: now}
	w.rows = keystest.NewFake(w.stones)
	w.fake = restoretest.New(w.live, w.stones, func() time.Time { return w.clock })
	return w
}

// sealedWorld has a snapshot of all that the example holds.
func sealedWorld(t *testing.T) *world {
	w := newWorld(t)
	w.seal(night)
	return w
}

func secret() secrets.Versioned {
	v, err := secrets.ParseVersioned([]byte(`{"current":"2","1":"` + strings.Repeat("0f", 32) + `","2":"` + strings.Repeat("1e", 32) + `"}`))
	if err != nil {
		panic(err)
	}
	return v
}

func (w *world) keyring(at time.Time) *keys.Keyring {
	return &keys.Keyring{Rows: w.rows, Root: keystest.Root{}, Tombstones: w.stones, Secret: secret(),
		Now: func() time.Time { return at }, Random: rand.Reader}
}

func (w *world) restorer() restore.Restorer {
	r := restore.Restorer{Map: w.m, Targets: w.fake.Targets(), Jobs: w.fake.Jobs(), Live: w.fake.Live(), Media: w.fake.Media(),
		Stones: w.stones, Keys: w.rows, Secret: secret(), Now: func() time.Time { return w.clock }, AtOnce: 1, Source: w.source}
	if r.Source == nil {
		r.Source = func(f restore.From) (restore.Source, error) {
			return restore.Snapshots{Map: w.m, Objects: w.bucket, Secret: secret(), AsOf: f.AsOf,
				Keyring: func() *keys.Keyring { return w.keyring(w.clock) }}, nil
		}
	}
	return r
}

// units are those of the example world.
func units() []snapshot.Unit {
	return []snapshot.Unit{{Tenant: "t_harbour"}, {Tenant: "t_harbour", Channel: "ch_fb1"}, {Tenant: "t_harbour", Channel: "ch_ig1"},
		{Tenant: "t_capricho"}, {Tenant: "t_capricho", Channel: "ch_wa1"}}
}

// seal writes a snapshot of every unit, as the function snapshot does.
func (w *world) seal(asOf time.Time) {
	w.Helper()
	at := func() time.Time { return asOf.Add(time.Minute) }
	for _, u := range units() {
		writer := snapshot.Writer{Walker: walk.Walker{Map: w.m, Records: w.live.Records()}, Keyring: w.keyring(at()), Put: w.bucket.Put,
			Runs: &snapshottest.Runs{}, Now: at, Random: rand.Reader, Token: func() string { return "0a1b2c3d" }}
		if out, err := writer.Run(w.Context(), u, asOf); err != nil || !out.Completed {
			w.Fatal(out, err)
		}
	}
}

func channelPath(tenant, channel string) keys.Path {
	return keys.Path{{Kind: "tenant", Values: []string{tenant}}, {Kind: "channel", Values: []string{tenant, channel}}}
}

func leadPath(tenant, channel, lead string) keys.Path {
	return append(channelPath(tenant, channel), keys.Subject{Kind: "lead", Values: []string{tenant, lead}})
}

// destroy is what shredding does.
func (w *world) destroy(path keys.Path) {
	w.Helper()
	n, err := (keys.Destroyer{Rows: w.rows, Secret: secret()}).Destroy(w.Context(), path)
	if err != nil || n == 0 {
		w.Fatal(n, err)
	}
}

// raise puts a tombstone up, under the older version of the secret.
func (w *world) raise(cutoff time.Time, scope string, values ...string) {
	print := fence.ScopePrints(secret(), scope, values...)[1]
	if err := w.stones.Raise(context.Background(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff, ExpiresAt: w.clock.Add(fence.Keep)}); err != nil {
		w.Fatal(err)
	}
}

// lose takes all rows of the backed stores away, as an accident does.
func (w *world) lose() {
	for _, s := range w.m.Backed() {
		for name := range w.tables() {
			if store, key, _ := strings.Cut(name, "/"); store == s.Name {
				w.live.Drop(store, strings.Split(key, "/")...)
			}
		}
	}
}

// tables are the live rows of the backed stores, as text.
func (w *world) tables() map[string]string {
	out := w.live.Dump()
	maps.DeleteFunc(out, func(name, _ string) bool {
		store, _, _ := strings.Cut(name, "/")
		return !slices.ContainsFunc(w.m.Backed(), func(s datamap.Store) bool { return s.Name == store })
	})
	return out
}

var everything = restore.Selection{Everything: true}

// begin writes a job down.
func (w *world) begin(s restore.Selection) {
	w.Helper()
	if _, err := w.restorer().Begin(w.Context(), job, s, restore.From{}); err != nil {
		w.Fatal(err)
	}
}

func (w *world) run() restore.Job {
	w.Helper()
	return w.did(w.restorer().Run)
}

func (w *world) verify() restore.Job {
	w.Helper()
	return w.did(w.restorer().Verify)
}

func (w *world) handOver() restore.Job {
	w.Helper()
	return w.did(w.restorer().HandOver)
}

func (w *world) did(step func(context.Context, string) (restore.Job, error)) restore.Job {
	w.Helper()
	j, err := step(w.Context(), job)
	if err != nil {
		w.Fatal(err)
	}
	return j
}

// restored goes all the way.
func (w *world) restored(s restore.Selection) restore.Job {
	w.Helper()
	w.begin(s)
	w.run()
	w.verify()
	return w.handOver()
}

// wantTables compares the live rows with what they should be.
func (w *world) wantTables(want map[string]string) {
	w.Helper()
	got := w.tables()
	for name := range want {
		if got[name] != want[name] {
			w.Errorf("%s\n is   %s\n want %s", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			w.Errorf("%s came back: %s", name, got[name])
		}
	}
}

// without are rows less those of which a test says so.
func without(rows map[string]string, gone func(name string) bool) map[string]string {
	out := maps.Clone(rows)
	maps.DeleteFunc(out, func(name, _ string) bool { return gone(name) })
	return out
}

// says tells whether a row says anything of these.
func says(parts ...string) func(text string) bool {
	return func(text string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
	}
}
