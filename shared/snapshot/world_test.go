package snapshot_test

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

var (
	asOf     = time.Date(2026, 6, 3, 1, 0, 0, 0, time.UTC)
	finished = asOf.Add(10 * time.Minute)
	unit     = snapshot.Unit{Tenant: "t_1", Channel: "ch_1"}
)

const token = "0a1b2c3d"

// world is a bucket, a key table, and who reads and writes with them.
type world struct {
	testing.TB
	bucket *snapshottest.Bucket
	rows   *keystest.Fake
	stones *fencetest.Fake
	random io.Reader // of keys
}

func newWorld(t testing.TB) *world {
	stones := fencetest.NewFake()
	return &world{t, &snapshottest.Bucket{}, keystest.NewFake(stones), stones, rand.Reader}
}

func secret() secrets.Versioned {
	v, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("0f", 32) + `"}`))
	if err != nil {
		panic(err)
	}
	return v
}

// keyring remembers no key.
func (w *world) keyring() *keys.Keyring {
	return &keys.Keyring{Rows: w.rows, Root: keystest.Root{}, Tombstones: w.stones, Secret: secret(),
		Now: func() time.Time { return asOf }, Random: w.random}
}

func (w *world) reader() snapshot.Reader {
	return snapshot.Reader{Objects: w.bucket, Keyring: w.keyring()}
}

func (w *world) sealer(of snapshot.Unit, at time.Time) *snapshot.Sealer {
	return &snapshot.Sealer{Unit: of, AsOf: at, Token: token, Put: w.bucket.Put, Random: rand.Reader}
}

// path leads to the channel of a unit, and further to a lead and its conversation, which are
// of that channel alone.
func path(of snapshot.Unit, names ...string) keys.Path {
	p := keys.Path{{Kind: "tenant", Values: []string{of.Tenant}}, {Kind: "channel", Values: []string{of.Tenant, of.Channel}}}
	for i, name := range names {
		p = append(p, keys.Subject{Kind: []string{"lead", "conversation"}[i], Values: []string{of.Tenant, of.Channel + " " + name}})
	}
	return p
}

func (w *world) key(p keys.Path) keys.Key {
	w.Helper()
	key, err := w.keyring().ForSealing(w.Context(), p)
	if err != nil {
		w.Fatal(err)
	}
	return key
}

func (w *world) destroy(p keys.Path) {
	w.Helper()
	if _, err := (keys.Destroyer{Rows: w.rows, Secret: secret()}).Destroy(w.Context(), p); err != nil {
		w.Fatal(err)
	}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func message(number int) livedata.Item {
	return livedata.Item{"message_id": text(fmt.Sprintf("m_%d", number)), "body": text(fmt.Sprintf("Is a table for %d free?", number))}
}

// sealed is a message of a conversation of a lead.
func sealed(set []keys.Key, number int) snapshot.Sealed {
	return snapshot.Sealed{Store: "messages", Kind: snapshot.Record, Keys: set, Item: message(number)}
}

func (w *world) batch(s *snapshot.Sealer, apart, records []snapshot.Sealed) {
	w.Helper()
	if err := s.Batch(w.Context(), apart, records); err != nil {
		w.Fatal(err)
	}
}

func (w *world) flush(s *snapshot.Sealer) {
	w.Helper()
	if err := s.Flush(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) finish(s *snapshot.Sealer) {
	w.Helper()
	if err := s.Finish(w.Context(), w.key(path(s.Unit)), "map", finished); err != nil {
		w.Fatal(err)
	}
}

// write makes a snapshot of two parts: in the first a batch with anna's messages and with a
// piece of hers from berta's thread, in the second a batch with berta's.
func (w *world) write(of snapshot.Unit, at time.Time) {
	w.Helper()
	anna, berta := []keys.Key{w.key(path(of, "anna", "c_1"))}, []keys.Key{w.key(path(of, "berta", "c_2"))}
	piece := snapshot.Sealed{Store: "ai_audit", Kind: snapshot.Apart, Keys: []keys.Key{berta[0], w.key(path(of, "anna"))}, Item: message(9)}
	s := w.sealer(of, at)
	w.batch(s, []snapshot.Sealed{piece}, []snapshot.Sealed{sealed(anna, 1), sealed(berta, 2), sealed(anna, 3)})
	w.flush(s)
	w.batch(s, nil, []snapshot.Sealed{sealed(berta, 4)})
	w.finish(s)
}

// read opens all of a snapshot with no key remembered.
func (w *world) read(of snapshot.Unit, at time.Time) ([]snapshot.Batch, error) {
	s, err := w.reader().Open(w.Context(), of, at)
	if err != nil {
		return nil, err
	}
	var out []snapshot.Batch
	err = s.Each(w.Context(), 0, nil, func(b snapshot.Batch) error {
		out = append(out, b)
		return nil
	})
	return out, err
}

// ids are the messages of a batch, those apart first.
func ids(b snapshot.Batch) []string {
	var out []string
	for _, one := range append(append([]snapshot.Opened{}, b.Apart...), b.Records...) {
		out = append(out, one.Item.Text("message_id"))
	}
	return out
}
