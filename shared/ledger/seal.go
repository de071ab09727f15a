package ledger

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

const (
	keySize    = 32
	nameSize   = 16 // bytes of a keyed name: enough that no two containers of a request share one
	sealFormat = 1  // first byte of what is sealed: AES-256-GCM, nonce first
)

// caseKey is the row of the key table.
type caseKey struct {
	Key []byte `json:"key"` // random, never derived from anything
}

// caseFile seals and opens the case file of one request. Without its key nothing of the
// file can be read, and the names of its rows reveal nobody.
type caseFile struct {
	id    string
	aead  cipher.AEAD
	names []byte
}

func (l *Ledger) newKey() ([]byte, error) {
	random := l.Random
	if random == nil {
		random = rand.Reader
	}
	key := make([]byte, keySize)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fault.As(fault.Retry, "make the key of a case file", err)
	}
	return key, nil
}

// fileUnder derives what is needed from a request's key: one key to seal with and one to
// name rows with.
func fileUnder(key []byte, id string) (*caseFile, error) {
	if len(key) != keySize {
		return nil, fault.New(fault.Permanent, "the key of a case file has the wrong size")
	}
	sealing, err := hkdf.Expand(sha256.New, key, "case file: seal", keySize)
	if err != nil {
		return nil, fault.As(fault.Permanent, "derive from the key of a case file", err)
	}
	names, err := hkdf.Expand(sha256.New, key, "case file: names", keySize)
	if err != nil {
		return nil, fault.As(fault.Permanent, "derive from the key of a case file", err)
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return nil, fault.As(fault.Permanent, "set up the seal of a case file", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &caseFile{id: id, aead: aead, names: names}, err
}

// place is what a row is bound to: moved to another request or another name, it does
// not open.
func (c *caseFile) place(sk string) []byte { return []byte(c.id + "\x00" + sk) }

// seal gives text, since a row's document is one.
func (c *caseFile) seal(sk string, doc []byte) []byte {
	sealed := c.aead.Seal([]byte{sealFormat}, nil, doc, c.place(sk))
	return []byte(base64.StdEncoding.EncodeToString(sealed))
}

func (c *caseFile) open(sk string, doc []byte) ([]byte, error) {
	sealed, err := base64.StdEncoding.DecodeString(string(doc))
	if err != nil || len(sealed) == 0 || sealed[0] != sealFormat {
		return nil, fault.New(fault.Permanent, "a case row is not sealed in a form that this program knows")
	}
	plain, err := c.aead.Open(nil, nil, sealed[1:], c.place(sk))
	if err != nil {
		return nil, fault.New(fault.Permanent, "a case row does not open: it was changed, moved, or sealed under another key")
	}
	return plain, nil
}

// name stands in a sort key for what would name somebody.
func (c *caseFile) name(of string) string {
	mac := hmac.New(sha256.New, c.names)
	_, _ = mac.Write([]byte(of))
	return hex.EncodeToString(mac.Sum(nil)[:nameSize])
}
