package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

const canary = "canary of a foreign error"

var now = time.Date(2026, 6, 3, 1, 5, 0, 0, time.UTC)

type bench struct {
	live         *livedatatest.Fake
	bucket       *snapshottest.Bucket
	queue        *snapshottest.Queue
	rings        int
	metrics, log bytes.Buffer
	Handler
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	secret, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return now }
	stones := fencetest.NewFake()
	rows := keystest.NewFake(stones)
	b := &bench{live: livedatatest.NewExample(t, m), bucket: &snapshottest.Bucket{}, queue: &snapshottest.Queue{}}
	b.Handler = Handler{Queue: b.queue, Metrics: &metric.Writer{Out: &b.metrics, Now: clock}, Log: slog.New(slog.NewJSONHandler(&b.log, nil)),
		Keyring: func(context.Context) (*keys.Keyring, error) {
			b.rings++
			return &keys.Keyring{Rows: rows, Root: keystest.Root{}, Tombstones: stones, Secret: secret, Now: clock, Random: rand.Reader}, nil
		},
		Writer: snapshot.Writer{Walker: walk.Walker{Map: m, Records: b.live.Records()}, Put: b.bucket.Put, Runs: &snapshottest.Runs{},
			Now: clock, Random: rand.Reader, Token: token, Reserve: reserve}}
	return b
}

// failures handles an event and lists the messages that come again.
func (b *bench) failures(ctx context.Context, t *testing.T, event events.SQSEvent) []string {
	t.Helper()
	out, err := b.Handle(ctx, event)
	if err != nil {
		t.Fatalf("the whole batch failed: %v", err)
	}
	var ids []string
	for _, f := range out.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	if all := b.log.String() + b.metrics.String(); strings.Contains(all, canary) || strings.Contains(all, "l_tom") || strings.Contains(all, "c_tom") {
		t.Errorf("logged %s", all)
	}
	return ids
}

func batchOf(bodies ...string) events.SQSEvent {
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("message-", i), Body: body})
	}
	return event
}

const channel = `{"v":1,"tenant":"t_harbour","channel":"ch_fb1","as_of":"2026-06-03T01:00:00Z"}`

func (b *bench) manifests() int {
	return len(slices.DeleteFunc(b.bucket.Names(), func(name string) bool { return !strings.HasPrefix(name, snapshot.Manifests) }))
}

// counted adds up a metric over all lines.
func (b *bench) counted(t *testing.T, name string) int {
	t.Helper()
	sum := 0
	for line := range bytes.Lines(b.metrics.Bytes()) {
		var values map[string]any
		if err := json.Unmarshal(line, &values); err != nil {
			t.Fatal(err)
		}
		n, _ := values[name].(float64)
		sum += int(n)
	}
	return sum
}

func TestRecordedEvents(t *testing.T) {
	recorded.RoundTrip[events.SQSEvent](t, "snapshot")
	for name := range recorded.Events(t, "snapshot") {
		b := newBench(t)
		if got := b.failures(t.Context(), t, recorded.Event[events.SQSEvent](t, "snapshot", name)); got != nil || b.manifests() != 1 || len(b.queue.Sent) > 0 {
			t.Errorf("%s: failed %q, %d manifests, sent %v, logged %s", name, got, b.manifests(), b.queue.Sent, &b.log)
		}
		if b.counted(t, metric.SnapshotsCompleted) != 1 || b.counted(t, metric.SnapshotRecords) < 1 || b.counted(t, metric.SnapshotBytes) < 100 {
			t.Errorf("%s: counted %s", name, &b.metrics)
		}
	}
}

func TestASnapshotIsCountedOnce(t *testing.T) {
	b := newBench(t)
	for range 3 {
		if got := b.failures(t.Context(), t, batchOf(channel)); got != nil {
			t.Errorf("failed %q", got)
		}
	}
	if b.counted(t, metric.SnapshotsCompleted) != 1 || b.manifests() != 1 || b.rings != 3 {
		t.Errorf("counted %s, %d keyrings", &b.metrics, b.rings)
	}
}

// What is not finished goes on with the same message, as a new one.
func TestTimeRunsOut(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(reserve*3/4))
	defer cancel()
	if got := b.failures(ctx, t, batchOf(channel)); got != nil || len(b.queue.Sent) != 1 || b.manifests() != 0 || b.counted(t, metric.SnapshotsCompleted) != 0 {
		t.Errorf("failed %q, sent %v, %d manifests", got, b.queue.Sent, b.manifests())
	}
	src, err := json.Marshal(b.queue.Sent[0])
	if err != nil || string(src) != channel {
		t.Errorf("sent %s, %v", src, err)
	}
	b.queue.Fault = func(snapshot.Message) (bool, error) { return false, errors.New(canary) }
	if got := b.failures(ctx, t, batchOf(string(src))); !slices.Equal(got, []string{"message-0"}) {
		t.Errorf("failed %q", got)
	}
	if got := b.failures(t.Context(), t, batchOf(string(src))); got != nil || b.manifests() != 1 {
		t.Errorf("failed %q, %d manifests", got, b.manifests())
	}
}

func TestFailedMessagesComeAgainAlone(t *testing.T) {
	for name, bad := range map[string]string{
		"no JSON": canary, "unknown version": strings.Replace(channel, `"v":1`, `"v":2`, 1), "empty": ``, "no tenant": `{"v":1,"as_of":"2026-06-03T01:00:00Z"}`,
		"of last week": strings.Replace(channel, "2026-06-03", "2026-05-27", 1),
	} {
		b := newBench(t)
		other := `{"v":1,"tenant":"t_harbour","as_of":"2026-06-03T01:00:00Z"}`
		if got := b.failures(t.Context(), t, batchOf(channel, bad, other)); !slices.Equal(got, []string{"message-1"}) || b.manifests() != 2 {
			t.Errorf("%s: failed %q, %d manifests", name, got, b.manifests())
		}
	}
	b := newBench(t)
	b.bucket.Fault = func(_, name string) (bool, error) {
		return !strings.HasPrefix(name, snapshot.Manifests), map[bool]error{true: errors.New(canary)}[strings.HasPrefix(name, snapshot.Manifests)]
	}
	if got := b.failures(t.Context(), t, batchOf(channel)); !slices.Equal(got, []string{"message-0"}) {
		t.Errorf("failed %q", got)
	}
	var line map[string]any // the runbooks say that it tells which
	if src, _, _ := bytes.Cut(b.log.Bytes(), []byte("\n")); json.Unmarshal(src, &line) != nil || line["level"] != "ERROR" || line["tenant_id"] != "t_harbour" || line["channel_id"] != "ch_fb1" {
		t.Errorf("logged %s", &b.log)
	}
	b.Keyring = func(context.Context) (*keys.Keyring, error) { return nil, errors.New(canary) }
	if got := b.failures(t.Context(), t, batchOf(channel)); !slices.Equal(got, []string{"message-0"}) {
		t.Errorf("failed %q", got)
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "snapshot"))
	if err != nil || cfg.Bucket == "" || cfg.Runs == "" || cfg.Keys.KMSKey == "" || cfg.ReadBudget == 0 {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "STORES", "LEDGER_TABLE", "SNAPSHOT_BUCKET", "BACKUPRUNS_TABLE", "SNAPSHOT_QUEUE_URL", "READ_BUDGET",
		"SNAPSHOTKEYS_TABLE", "TOMBSTONES_TABLE", "FINGERPRINT_SECRET", "SNAPSHOT_KEY_ID")
}
