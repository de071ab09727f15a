package keys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

const (
	size    = 32 // bytes of a key
	idSize  = 8  // bytes of a key's ID
	mostHot = 2000
)

// Rows stores keys.
//
// Get is strongly consistent. Create puts a row in one transaction with its guards: only
// if the row that is there has the ID replaces ("" means that there is none), the parent's row has
// the ID that wraps it (a tenant's has none), and every tombstone is as it was seen. It
// returns without an error only if it was applied; fault.Conflict says that something was
// otherwise.
type Rows interface {
	Get(ctx context.Context, parent, name string) (Row, bool, error)
	Create(ctx context.Context, row Row, guard Guard) error
}

// Guard is what must hold for a key to be created.
type Guard struct {
	Replaces    string               // ID of the row that is there
	Grandparent string               // where the parent's row stands; "" for a tenant's key
	Tombstones  map[string]time.Time // by fingerprint, the cutoff that was seen; zero: none
}

// Root wraps and unwraps the keys of tenants. tenant is the name of the tenant's row, to
// which what is wrapped is bound.
type Root interface {
	Wrap(ctx context.Context, key []byte, tenant string) ([]byte, error)
	Unwrap(ctx context.Context, wrapped []byte, tenant string) ([]byte, error)
}

// Keyring finds and creates keys. It keeps what it found for as long as it lives, which is
// an invocation: what is sealed under a key that was destroyed meanwhile opens for nobody.
type Keyring struct {
	Rows       Rows
	Root       Root
	Tombstones fence.Tombstones
	Secret     secrets.Versioned
	Now        func() time.Time
	Random     io.Reader

	hot map[string]Key // by parent's and own name
}

// Key seals.
type Key struct {
	Ref Ref
	// Cutoff bounds what is sealed: nothing that is dated up to it. Zero: no bound.
	Cutoff time.Time

	secret []byte
}

// createTries is how often a key is looked up again when something changes meanwhile.
const createTries = 5

// ForSealing finds the key that path leads to, and creates what is missing of it.
func (k *Keyring) ForSealing(ctx context.Context, path Path) (Key, error) {
	var key Key
	for i := range path {
		next, err := k.below(ctx, key, path[i])
		if err != nil {
			return Key{}, err
		}
		key = next
	}
	return key, nil
}

// below finds or creates a subject's key under its parent's; none for a tenant's.
func (k *Keyring) below(ctx context.Context, parent Key, subject Subject) (Key, error) {
	names := Names(k.Secret, subject)
	if key, ok := k.hot[parent.parentName()+"/"+names[0]]; ok && (len(parent.Ref) == 0 || slices.Equal(key.Ref[:len(key.Ref)-1], parent.Ref)) {
		return key, nil
	}
	for range createTries {
		row, replaces, err := k.find(ctx, parent, names)
		if err != nil {
			return Key{}, err
		}
		if row == nil {
			if row, err = k.create(ctx, parent, subject, replaces); fault.KindOf(err) == fault.Conflict && err != nil {
				continue
			}
		}
		if err != nil {
			return Key{}, err
		}
		return k.keep(ctx, parent, *row, names[0])
	}
	return Key{}, fault.New(fault.Retry, "a key could not be created: what it depends on keeps changing")
}

// find is a subject's row under any of its names. One that was wrapped under a parent that
// is gone is nobody's any more, and replaced.
func (k *Keyring) find(ctx context.Context, parent Key, names []string) (row *Row, replaces string, err error) {
	for i, name := range names {
		found, there, err := k.Rows.Get(ctx, parent.parentName(), name)
		switch {
		case err != nil:
			return nil, "", err
		case there && found.ParentID == parent.id():
			return &found, "", nil
		case there && i == 0:
			replaces = found.ID
		}
	}
	return nil, replaces, nil
}

func (k *Keyring) create(ctx context.Context, parent Key, subject Subject, replaces string) (*Row, error) {
	guard := Guard{Replaces: replaces, Grandparent: parent.grandparent(), Tombstones: map[string]time.Time{}}
	row := Row{Parent: parent.parentName(), Name: Names(k.Secret, subject)[0], ParentID: parent.id(), CreatedAt: k.Now()}
	for _, print := range fence.ScopePrints(k.Secret, subject.Kind, subject.Values...) {
		stone, there, err := k.Tombstones.Get(ctx, print)
		if err != nil {
			return nil, err
		}
		guard.Tombstones[print] = time.Time{}
		if there {
			guard.Tombstones[print] = stone.Cutoff
		}
		if stone.Cutoff.After(row.Cutoff) {
			row.Cutoff = stone.Cutoff
		}
	}
	random := make([]byte, size+idSize)
	if _, err := io.ReadFull(k.Random, random); err != nil {
		return nil, fault.As(fault.Retry, "make a key", err)
	}
	row.ID = hex.EncodeToString(random[size:])
	var err error
	if row.Wrapped, err = k.wrap(ctx, parent, random[:size], row); err != nil {
		return nil, err
	}
	return &row, k.Rows.Create(ctx, row, guard)
}

func (k *Keyring) wrap(ctx context.Context, parent Key, key []byte, row Row) ([]byte, error) {
	if len(parent.Ref) == 0 {
		return k.Root.Wrap(ctx, key, row.Name)
	}
	return parent.Wrap(key, row.place())
}

func (k *Keyring) unwrap(ctx context.Context, parent Key, row Row) ([]byte, error) {
	if len(parent.Ref) == 0 {
		return k.Root.Unwrap(ctx, row.Wrapped, row.Name)
	}
	return parent.Unwrap(row.Wrapped, row.place())
}

// place is what a wrapped key is bound to: moved to another row, it does not open.
func (r Row) place() []byte { return []byte("key of " + r.Parent + "/" + r.Name + "/" + r.ID) }

// keep opens a row and remembers it.
func (k *Keyring) keep(ctx context.Context, parent Key, row Row, as string) (Key, error) {
	secret, err := k.unwrap(ctx, parent, row)
	if err != nil {
		return Key{}, err
	}
	key := Key{Ref: append(slices.Clone(parent.Ref), Step{row.Name, row.ID}), Cutoff: row.Cutoff, secret: secret}
	if parent.Cutoff.After(key.Cutoff) {
		key.Cutoff = parent.Cutoff
	}
	if k.hot == nil || len(k.hot) >= mostHot {
		k.hot = map[string]Key{}
	}
	k.hot[parent.parentName()+"/"+as] = key
	return key, nil
}

// ForOpening finds the key that a snapshot names. ErrDestroyed says that it, or one that
// wraps it, is gone or another.
func (k *Keyring) ForOpening(ctx context.Context, ref Ref) (Key, error) {
	var key Key
	for _, step := range ref {
		if hot, ok := k.hot[key.parentName()+"/"+step.Name]; ok && hot.Ref.Own() == step {
			key = hot
			continue
		}
		row, there, err := k.Rows.Get(ctx, key.parentName(), step.Name)
		if err != nil {
			return Key{}, err
		}
		if !there || row.ID != step.ID || row.ParentID != key.id() {
			return Key{}, ErrDestroyed
		}
		if key, err = k.keep(ctx, key, row, step.Name); err != nil {
			return Key{}, err
		}
	}
	if len(ref) == 0 {
		return Key{}, fault.New(fault.Permanent, "a snapshot names no key")
	}
	return key, nil
}

// parentName is the name under which rows stand that this key wraps.
func (k Key) parentName() string {
	if len(k.Ref) == 0 {
		return Top
	}
	return k.Ref.Own().Name
}

func (k Key) id() string {
	if len(k.Ref) == 0 {
		return ""
	}
	return k.Ref.Own().ID
}

// grandparent is where this key's own row stands.
func (k Key) grandparent() string {
	switch len(k.Ref) {
	case 0:
		return ""
	case 1:
		return Top
	}
	return k.Ref[len(k.Ref)-2].Name
}

// Wrap seals a key of another under this one, bound to a place.
func (k Key) Wrap(key, place []byte) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, key, place), nil
}

// Unwrap opens what Wrap made, in the same place.
func (k Key) Unwrap(wrapped, place []byte) ([]byte, error) {
	aead, err := k.aead()
	if err != nil {
		return nil, err
	}
	key, err := aead.Open(nil, nil, wrapped, place)
	if err != nil {
		return nil, fault.New(fault.Permanent, "a wrapped key does not open: it was changed, moved, or wrapped under another key")
	}
	return key, nil
}

// aead takes a key of its own for wrapping, so that what MAC does with the secret says
// nothing of it.
func (k Key) aead() (cipher.AEAD, error) {
	wrapping, err := hkdf.Expand(sha256.New, k.secret, "snapshot key: wrap", size)
	if err != nil {
		return nil, fault.As(fault.Permanent, "set up a key", err)
	}
	block, err := aes.NewCipher(wrapping)
	if err != nil {
		return nil, fault.As(fault.Permanent, "set up a key", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return aead, fault.Wrap("set up a key", err)
}

// MAC is a code over a text that only who has the key can make.
func (k Key) MAC(text []byte) ([]byte, error) {
	signing, err := hkdf.Expand(sha256.New, k.secret, "snapshot key: mac", size)
	if err != nil {
		return nil, fault.As(fault.Permanent, "set up a key", err)
	}
	mac := hmac.New(sha256.New, signing)
	_, _ = mac.Write(text)
	return mac.Sum(nil), nil
}
