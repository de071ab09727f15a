package snapshot

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/klauspost/compress/zstd"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Format is the version of the form that is written: of frames (their first byte), indexes
// and manifests. README.md says when it rises.
const Format = 1

const (
	// mostPlain bounds a frame before compression, bytes.
	mostPlain = 4 << 20

	keySize   = 32 // of a frame's own key, bytes
	wrapGrows = 28 // by a nonce and a tag, bytes
	nonceSize = 12
	tagSize   = 16
)

// place is what a frame is bound to: it opens nowhere else.
type place struct {
	unit            Unit
	stamp, part     string
	sequence, batch int
	store, kind     string
	refs            []keys.Ref
}

// canonical writes fields so that no two lists of them give the same bytes.
func canonical(fields ...string) []byte {
	var out []byte
	for _, field := range fields {
		out = appendText(out, field)
	}
	return out
}

// bound is the associated data of a frame.
func (p place) bound() []byte {
	out := canonical("snapshot frame", strconv.Itoa(Format), p.unit.Tenant, p.unit.Channel, p.stamp, p.part,
		strconv.Itoa(p.sequence), strconv.Itoa(p.batch), p.store, p.kind)
	return append(out, boundRefs(p.refs)...)
}

func boundRefs(refs []keys.Ref) []byte {
	out := binary.AppendUvarint(nil, uint64(len(refs)))
	for _, ref := range refs {
		out = binary.AppendUvarint(out, uint64(len(ref)))
		for _, step := range ref {
			out = appendText(appendText(out, step.Name), step.ID)
		}
	}
	return out
}

// forKey is what the frame's key is bound to, once it is wrapped under the key with this
// number.
func forKey(bound []byte, number int) []byte {
	return append(canonical("key of a snapshot frame", strconv.Itoa(number)), bound...)
}

func (p place) String() string {
	return fmt.Sprintf("frame %d of %s%s", p.sequence, Frames, p.object())
}

func (p place) object() string {
	path, _ := p.unit.Path()
	return path + p.stamp + "/" + p.part
}

// seal appends a frame: its version, its key as wrapped under each of the set in order, a
// nonce, and the compressed records under the frame's key.
func (p place) seal(out []byte, set []keys.Key, plain []byte, packer *zstd.Encoder, random io.Reader) ([]byte, error) {
	secret := make([]byte, keySize+nonceSize)
	if _, err := io.ReadFull(random, secret); err != nil {
		return nil, fault.As(fault.Retry, "make the key of a frame", err)
	}
	wrapped, nonce, bound := secret[:keySize:keySize], secret[keySize:], p.bound()
	aead, err := frameCipher(wrapped)
	if err != nil {
		return nil, err
	}
	for i, key := range set {
		if wrapped, err = key.Wrap(wrapped, forKey(bound, i)); err != nil {
			return nil, err
		}
	}
	out = append(append(append(out, Format), wrapped...), nonce...)
	packed := packer.EncodeAll(plain, make([]byte, 0, len(plain)/3+tagSize))
	return aead.Seal(out, nonce, packed, bound), nil
}

// open gives the records of a frame. set are the keys of its refs.
func (p place) open(set []keys.Key, sealed []byte, unpacker *zstd.Decoder) ([]byte, error) {
	if len(sealed) > 0 && sealed[0] != Format {
		return nil, fault.New(fault.Permanent, unknownVersion(p.String(), int(sealed[0])))
	}
	head := 1 + keySize + wrapGrows*len(set) + nonceSize
	if len(sealed) < head+tagSize {
		return nil, fault.New(fault.Permanent, p.String()+" is cut off")
	}
	bound, secret, err := p.bound(), sealed[1:head-nonceSize], error(nil)
	for i := len(set) - 1; i >= 0; i-- {
		if secret, err = set[i].Unwrap(secret, forKey(bound, i)); err != nil {
			return nil, fault.As(fault.Permanent, p.String(), err)
		}
	}
	aead, err := frameCipher(secret)
	if err != nil {
		return nil, err
	}
	packed, err := aead.Open(nil, sealed[head-nonceSize:head], sealed[head:], bound)
	if err != nil {
		return nil, fault.New(fault.Permanent, p.String()+" does not open: it was changed, moved or exchanged")
	}
	plain, err := unpacker.DecodeAll(packed, nil)
	if err != nil {
		return nil, fault.New(fault.Permanent, p.String()+" holds what is no compressed frame of at most 4 MiB")
	}
	return plain, nil
}

func unknownVersion(what string, version int) string {
	return fmt.Sprintf("%s is of form %d, and this program reads form %d: use one that is as new as what wrote it", what, version, Format)
}

func frameCipher(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fault.As(fault.Permanent, "set up the key of a frame", err)
	}
	aead, err := cipher.NewGCM(block)
	return aead, fault.Wrap("set up the key of a frame", err)
}

// newPacker makes a compressor, which holds megabytes and is used again. One frame at a time is
// enough: Lambda has about one core. The tag of a frame makes a checksum needless.
func newPacker() (*zstd.Encoder, error) {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithWindowSize(mostPlain), zstd.WithEncoderCRC(false))
	return e, fault.Wrap("set up compression", err)
}

// newUnpacker makes what never gives more than a frame may hold.
func newUnpacker() (*zstd.Decoder, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostPlain), zstd.WithDecoderMaxWindow(mostPlain))
	return d, fault.Wrap("set up decompression", err)
}

// unpack reads a frame's records, of which there are to be this many.
func unpack(plain []byte, items int) ([]livedata.Item, error) {
	d, names := decoder{left: plain}, map[string]string{}
	var out []livedata.Item
	for len(d.left) > 0 {
		it, err := decodeItem(d.bytes(), names)
		if err != nil {
			return nil, err
		}
		out = append(out, it)
	}
	if d.failed || len(out) != items {
		return nil, errors.New("it does not hold the records that its index says")
	}
	return out, nil
}
