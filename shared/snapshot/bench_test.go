package snapshot_test

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// load is a batch of 500 messages of each of ten conversations, and its bytes as they are
// encoded.
func load(b *testing.B) (w *world, batch []snapshot.Sealed, plain [][]byte) {
	b.Helper()
	w = newWorld(b)
	source := newNoise()
	for c := range 10 {
		key := w.key(path(unit, string(rune('a'+c)), "c_1"))
		var frame []byte
		for i := range 500 {
			one := sealed([]keys.Key{key}, i)
			one.Item = source.chat(i)
			src, err := snapshot.EncodeItem(one.Item)
			if err != nil {
				b.Fatal(err)
			}
			batch, frame = append(batch, one), append(frame, src...)
		}
		plain = append(plain, frame)
	}
	return w, batch, plain
}

func size(plain [][]byte) (bytes int64) {
	for _, frame := range plain {
		bytes += int64(len(frame))
	}
	return bytes
}

// bare is what sealing costs at least: zstd and AES-256-GCM, of the same bytes.
type bare struct {
	packer   *zstd.Encoder
	unpacker *zstd.Decoder
	aead     cipher.AEAD
}

func newBare(b *testing.B) bare {
	b.Helper()
	packer, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	unpacker, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		b.Fatal(err)
	}
	block, err := aes.NewCipher(make([]byte, 32))
	if err != nil {
		b.Fatal(err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		b.Fatal(err)
	}
	return bare{packer, unpacker, aead}
}

func (x bare) seal(plain []byte) []byte {
	return x.aead.Seal(nil, nil, x.packer.EncodeAll(plain, make([]byte, 0, len(plain)/3)), nil)
}

func BenchmarkSeal(b *testing.B) {
	w, batch, plain := load(b)
	b.Run("frames", func(b *testing.B) {
		s, stored := w.sealer(unit, asOf), 0
		s.Put = func(_ context.Context, _ string, body []byte) error {
			stored += len(body)
			return nil
		}
		b.SetBytes(size(plain))
		for b.Loop() {
			if err := s.Batch(b.Context(), nil, batch); err != nil {
				b.Fatal(err)
			}
		}
		if err := s.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(stored)/float64(b.N)/float64(size(plain)), "stored/plain")
	})
	b.Run("bare", func(b *testing.B) {
		x, stored := newBare(b), 0
		b.SetBytes(size(plain))
		for b.Loop() {
			for _, frame := range plain {
				stored += len(x.seal(frame))
			}
		}
		b.ReportMetric(float64(stored)/float64(b.N)/float64(size(plain)), "stored/plain")
	})
}

func BenchmarkOpen(b *testing.B) {
	w, batch, plain := load(b)
	b.Run("frames", func(b *testing.B) {
		s := w.sealer(unit, asOf)
		for range 4 {
			w.batch(s, nil, batch)
		}
		w.finish(s)
		r := w.reader()
		b.SetBytes(4 * size(plain))
		for b.Loop() {
			opened, err := r.Open(b.Context(), unit, asOf)
			if err == nil {
				err = opened.Each(b.Context(), 0, nil, func(snapshot.Batch) error { return nil })
			}
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare", func(b *testing.B) {
		x := newBare(b)
		var sealed [][]byte
		for _, frame := range plain {
			sealed = append(sealed, x.seal(frame))
		}
		b.SetBytes(size(plain))
		for b.Loop() {
			for _, frame := range sealed {
				packed, err := x.aead.Open(nil, nil, frame, nil)
				if err == nil {
					_, err = x.unpacker.DecodeAll(packed, nil)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
