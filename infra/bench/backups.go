package main

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

// backups is a crowd with what its snapshots are made of.
type backups struct {
	dataMap *datamap.Map
	crowd   *crowd
	secret  secrets.Versioned
	rows    rows
	stones  fence.Tombstones
	bucket  bucket
	asked   *asked
	ring    *keys.Keyring // set: all nights use it, and find their keys in memory
}

// rows are keys, for who makes them, opens them, and destroys them.
type rows interface {
	keys.Rows
	keys.NamedRows
}

// bucket is where snapshots are written and read.
type bucket interface {
	snapshot.Objects
	Put(ctx context.Context, name string, body []byte) error
}

// asked counts calls, as DynamoDB, S3 and KMS name them, and what S3 answered.
type asked struct {
	mu    sync.Mutex
	calls map[string]int
	bytes int64 // of objects that were read
	saved int   // write units of places that were saved
}

func (a *asked) add(call string, bytes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.calls == nil {
		a.calls = map[string]int{}
	}
	a.calls[call]++
	a.bytes += int64(bytes)
}

func (a *asked) clear() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls, a.bytes, a.saved = nil, 0, 0
}

// String lists what was called, in order.
func (a *asked) String() string { return callsText(a.calls) }

type countedRows struct {
	rows
	asked *asked
}

func (r countedRows) Get(ctx context.Context, parent, name string) (keys.Row, bool, error) {
	r.asked.add("dynamodb GetItem", 0)
	return r.rows.Get(ctx, parent, name)
}

func (r countedRows) Named(ctx context.Context, parent, name string) (keys.Row, bool, error) {
	r.asked.add("dynamodb GetItem", 0)
	return r.rows.Named(ctx, parent, name)
}

func (r countedRows) Below(ctx context.Context, parent, after string) ([]keys.Row, bool, error) {
	r.asked.add("dynamodb Query", 0)
	return r.rows.Below(ctx, parent, after)
}

func (r countedRows) Delete(ctx context.Context, parent, name string) error {
	r.asked.add("dynamodb DeleteItem", 0)
	return r.rows.Delete(ctx, parent, name)
}

func (r countedRows) Create(ctx context.Context, row keys.Row, guard keys.Guard) error {
	r.asked.add("dynamodb TransactWriteItems", 0)
	return r.rows.Create(ctx, row, guard)
}

type countedBucket struct {
	bucket
	asked *asked
}

func (b countedBucket) Put(ctx context.Context, name string, body []byte) error {
	b.asked.add("s3 PutObject", 0)
	return b.bucket.Put(ctx, name, body)
}

func (b countedBucket) Get(ctx context.Context, name string) ([]byte, error) {
	body, err := b.bucket.Get(ctx, name)
	b.asked.add("s3 GetObject", len(body))
	return body, err
}

func (b countedBucket) Range(ctx context.Context, name string, offset, length int64) ([]byte, error) {
	body, err := b.bucket.Range(ctx, name, offset, length)
	b.asked.add("s3 GetObject", len(body))
	return body, err
}

func (b countedBucket) List(ctx context.Context, prefix, after string) ([]string, bool, error) {
	b.asked.add("s3 ListObjectsV2", 0)
	return b.bucket.List(ctx, prefix, after)
}

// countedRoot is KMS.
type countedRoot struct {
	keys.Root
	asked *asked
}

func (r countedRoot) Wrap(ctx context.Context, key []byte, tenant string) ([]byte, error) {
	r.asked.add("kms Encrypt", 0)
	return r.Root.Wrap(ctx, key, tenant)
}

func (r countedRoot) Unwrap(ctx context.Context, wrapped []byte, tenant string) ([]byte, error) {
	r.asked.add("kms Decrypt", 0)
	return r.Root.Unwrap(ctx, wrapped, tenant)
}

// countedRuns counts write units: one for each KB that is saved.
type countedRuns struct {
	snapshottest.Runs
	asked *asked
}

func (r *countedRuns) Save(ctx context.Context, run snapshot.Run) (int64, error) {
	r.asked.add("dynamodb PutItem", 0)
	r.asked.mu.Lock()
	r.asked.saved += (len(run.Doc) + 1023) / 1024
	r.asked.mu.Unlock()
	return r.Runs.Save(ctx, run)
}

// newBackups is on rows, tombstones and a bucket that are given.
func newBackups(c *crowd, r rows, stones fence.Tombstones, b bucket) (*backups, error) {
	m, err := datamap.Load()
	if err != nil {
		return nil, err
	}
	secret, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("0f", 32) + `"}`))
	a := &asked{}
	return &backups{dataMap: m, crowd: c, secret: secret, stones: stones, asked: a, rows: countedRows{r, a}, bucket: countedBucket{b, a}}, err
}

func (b *backups) keyring() *keys.Keyring {
	return &keys.Keyring{Rows: b.rows, Root: countedRoot{keystest.Root{}, b.asked}, Tombstones: b.stones, Secret: b.secret, Now: time.Now, Random: rand.Reader}
}

// seal writes a channel's snapshot of a moment, as the function does whose moment it is.
func (b *backups) seal(ctx context.Context, channel int, asOf time.Time) (snapshot.Outcome, error) {
	ring := b.ring
	if ring == nil {
		ring = b.keyring()
	}
	w := snapshot.Writer{Walker: walk.Walker{Map: b.dataMap, Records: b.crowd}, Keyring: ring, Put: b.bucket.Put, Runs: &countedRuns{asked: b.asked},
		Now: func() time.Time { return asOf.Add(time.Minute) }, Random: rand.Reader, Token: func() string { return "0a1b2c3d" }}
	out, err := w.Run(ctx, b.crowd.unit(channel), asOf)
	if err == nil && !out.Completed {
		err = errors.New("a snapshot was not completed")
	}
	return out, err
}

// forget tombstones one lead of so many, after everything that is dated, and destroys the
// key of each second of those: of a request that is past its shredding, and of one that is
// not. It returns how many leads were tombstoned.
func (b *backups) forget(ctx context.Context) (stoned int, err error) {
	for i := oneOf / 2; i < b.crowd.channels*b.crowd.leads; i += oneOf {
		p := person{i / b.crowd.leads, i % b.crowd.leads}
		print := fence.ScopePrint(b.secret, "lead", tenant, p.lead())
		if err := b.stones.Raise(ctx, fence.Tombstone{Fingerprint: print, Cutoff: time.Now(), ExpiresAt: time.Now().Add(fence.Keep)}); err != nil {
			return stoned, err
		}
		if stoned++; stoned%2 == 0 {
			continue
		}
		if _, err := b.destroyer().Destroy(ctx, p.path()); err != nil {
			return stoned, err
		}
	}
	return stoned, nil
}

func (b *backups) destroyer() keys.Destroyer { return keys.Destroyer{Rows: b.rows, Secret: b.secret} }
