package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/klauspost/compress/zstd"

	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

// sealing is what one way of sealing or opening takes, of the same records.
type sealing struct {
	name   string
	rate   float64 // MB of encoded records a second, on one core
	stored float64 // bytes stored for each of them; 0: not of interest
}

// copies are a batch of a snapshot, and each conversation's records as they are encoded.
type copies struct {
	ring  *keys.Keyring
	own   keys.Key // the channel's
	batch []snapshot.Sealed
	plain [][]byte
	bytes int // of plain
}

const (
	conversations = 10
	perThread     = 500
	batchesToOpen = 4
)

var benchUnit = snapshot.Unit{Tenant: tenant, Channel: channel}

func newCopies(ctx context.Context) (*copies, error) {
	stones := fencetest.NewFake()
	l := &copies{ring: &keys.Keyring{Rows: keystest.NewFake(stones), Root: keystest.Root{}, Tombstones: stones, Now: time.Now, Random: rand.Reader}}
	under := keys.Path{{Kind: "tenant", Values: []string{tenant}}, {Kind: "channel", Values: []string{tenant, channel}}}
	var err error
	if l.own, err = l.ring.ForSealing(ctx, under); err != nil {
		return nil, err
	}
	source := mathrand.NewChaCha8([32]byte{7})
	for c := range conversations {
		id := fmt.Sprintf("c_%d", c)
		key, err := l.ring.ForSealing(ctx, append(under[:2:2], keys.Subject{Kind: "lead", Values: []string{tenant, id}}))
		if err != nil {
			return nil, err
		}
		if err := l.add(source, id, key); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// add makes a conversation's messages.
func (l *copies) add(source *mathrand.ChaCha8, conversation string, key keys.Key) error {
	var frame []byte
	for i := range perThread {
		it := chat(source, conversation, i)
		src, err := snapshot.EncodeItem(it)
		if err != nil {
			return err
		}
		frame = append(frame, src...)
		l.batch = append(l.batch, snapshot.Sealed{Store: "messages", Kind: snapshot.Record, Keys: []keys.Key{key}, Item: it})
	}
	l.plain, l.bytes = append(l.plain, frame), l.bytes+len(frame)
	return nil
}

var vocabulary = strings.Fields(`hello is there a table for two on friday evening at eight we would like to sit
	outside thanks yes of course shall i book it under your name and do you have any allergies no but we come with
	a pram great see you then the kitchen closes at ten can we bring our dog the parking is behind the house`)

// chat is a message whose words compress about as people's do.
func chat(source mathrand.Source, conversation string, number int) livedata.Item {
	var said []string
	for range 8 + source.Uint64()%40 {
		word := vocabulary[source.Uint64()%uint64(len(vocabulary))]
		if source.Uint64()%6 == 0 {
			word = fmt.Sprintf("%x", source.Uint64()%1_000_000)
		}
		said = append(said, word)
	}
	at := time.Unix(1777888800+int64(number)*60, 0).UTC().Format(time.RFC3339)
	it := livedata.Item{}
	for name, value := range map[string]string{"conversation_id": conversation, "message_key": at + "#m_" + fmt.Sprint(number), "message_id": "m_" + fmt.Sprint(number),
		"sent_at": at, "tenant_id": tenant, "direction": "in", "body": strings.Join(said, " ")} {
		it[name] = &types.AttributeValueMemberS{Value: value}
	}
	return it
}

// measureSealing times frames, and beside them zstd and AES-256-GCM alone on the same bytes,
// which nothing that seals can undercut.
func measureSealing(ctx context.Context) ([]sealing, error) {
	l, err := newCopies(ctx)
	if err != nil {
		return nil, err
	}
	x, err := newBare()
	if err != nil {
		return nil, err
	}
	var out []sealing
	for _, measure := range []func(context.Context) (sealing, error){l.seal, x.seal(l), l.open, x.open(l)} {
		one, err := measure(ctx)
		if err != nil {
			return out, err
		}
		out = append(out, one)
	}
	return out, nil
}

// rate times one pass over so many bytes.
func rate(bytes int, pass func() error) (float64, error) {
	var failed error
	result := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			failed = errors.Join(failed, pass())
		}
	})
	return float64(bytes) / 1e6 / (float64(result.NsPerOp()) / 1e9), failed
}

func (l *copies) sealer(put func(context.Context, string, []byte) error) *snapshot.Sealer {
	return &snapshot.Sealer{Unit: benchUnit, AsOf: time.Unix(1777888800, 0), Token: "00000000", Put: put, Random: rand.Reader}
}

func (l *copies) seal(ctx context.Context) (sealing, error) {
	stored, sealed := 0, 0
	s := l.sealer(func(_ context.Context, _ string, body []byte) error {
		stored += len(body)
		return nil
	})
	r, err := rate(l.bytes, func() error {
		sealed += l.bytes
		return s.Batch(ctx, nil, l.batch)
	})
	err = errors.Join(err, s.Flush(ctx))
	return sealing{"seal: frames and indexes", r, float64(stored) / float64(sealed)}, err
}

func (l *copies) open(ctx context.Context) (sealing, error) {
	bucket := &snapshottest.Bucket{}
	s := l.sealer(bucket.Put)
	for range batchesToOpen {
		if err := s.Batch(ctx, nil, l.batch); err != nil {
			return sealing{}, err
		}
	}
	if err := s.Finish(ctx, l.own, "", time.Unix(1777888800, 0)); err != nil {
		return sealing{}, err
	}
	r, err := rate(batchesToOpen*l.bytes, func() error {
		opened, err := snapshot.Reader{Objects: bucket, Keyring: l.ring}.Open(ctx, benchUnit, s.AsOf)
		if err != nil {
			return err
		}
		return opened.Each(ctx, 0, nil, func(snapshot.Batch) error { return nil })
	})
	return sealing{name: "open: to records", rate: r}, err
}

// bare is zstd and AES-256-GCM and nothing else.
type bare struct {
	packer   *zstd.Encoder
	unpacker *zstd.Decoder
	aead     cipher.AEAD
}

func newBare() (bare, error) {
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		return bare{}, fmt.Errorf("set up compression: %w", err)
	}
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return bare{}, fmt.Errorf("set up decompression: %w", err)
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		return bare{}, fmt.Errorf("set up a cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return bare{packer, unpacker, aead}, err
}

func (x bare) sealed(plain []byte) []byte {
	return x.aead.Seal(nil, nil, x.packer.EncodeAll(plain, make([]byte, 0, len(plain)/3)), nil)
}

func (x bare) seal(l *copies) func(context.Context) (sealing, error) {
	return func(context.Context) (sealing, error) {
		stored := 0
		r, err := rate(l.bytes, func() error {
			stored = 0
			for _, frame := range l.plain {
				stored += len(x.sealed(frame))
			}
			return nil
		})
		return sealing{"seal: zstd and AES-256-GCM alone", r, float64(stored) / float64(l.bytes)}, err
	}
}

func (x bare) open(l *copies) func(context.Context) (sealing, error) {
	return func(context.Context) (sealing, error) {
		var frames [][]byte
		for _, frame := range l.plain {
			frames = append(frames, x.sealed(frame))
		}
		r, err := rate(l.bytes, func() error { return x.opened(frames) })
		return sealing{name: "open: AES-256-GCM and zstd alone, to bytes", rate: r}, err
	}
}

func (x bare) opened(frames [][]byte) error {
	for _, frame := range frames {
		packed, err := x.aead.Open(nil, nil, frame, nil)
		if err != nil {
			return err
		}
		if _, err := x.unpacker.DecodeAll(packed, nil); err != nil {
			return err
		}
	}
	return nil
}

func printSealing(out io.Writer, measured []sealing) {
	fmt.Fprintln(out, "| snapshots | MB/s per core | stored/plain |\n|---|---:|---:|")
	for _, m := range measured {
		stored := ""
		if m.stored > 0 {
			stored = fmt.Sprintf("%.3f", m.stored)
		}
		fmt.Fprintf(out, "| %s | %.0f | %s |\n", m.name, m.rate, stored)
	}
	fmt.Fprintln(out)
}
