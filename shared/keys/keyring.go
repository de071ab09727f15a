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
	"sync"
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

	mu  sync.Mutex
	hot map[string]Key // by parent's and own name
}

// Key seals.
type Key struct {
	Ref Ref
	// Cutoff bounds what is sealed: nothing that is dated up to it. Zero: no bound. What has
	// no date, or stays without what is older, it cannot bar: where it is not zero, a record
	// that was read before the key was asked for is read again.
	Cutoff time.Time

	secret []byte
}

// createTries is how often a key is looked up again when something changes meanwhile.
const createTries = 5

// ForSealing finds the key that path leads to, and creates what is missing of it. It looks
// under the secret's current version alone: within a night of its change nothing is sealed
// any more under what the old one names, which can then be removed in time.
func (k *Keyring) ForSealing(ctx context.Context, path Path) (Key, error) {
	if len(path) == 0 {
		return Key{}, fault.New(fault.Permanent, "a key was asked for that is nobody's")
	}
	for range createTries {
		key, err := k.down(ctx, path)
		if err == nil || fault.KindOf(err) != fault.Conflict {
			return key, err
		}
		k.forget() // what it depends on may be a parent that was kept, and is gone
	}
	return Key{}, fault.New(fault.Retry, "a key could not be created: what it depends on keeps changing")
}

func (k *Keyring) down(ctx context.Context, path Path) (key Key, err error) {
	for _, subject := range path {
		if key, err = k.below(ctx, key, subject); err != nil {
			return Key{}, err
		}
	}
	return key, nil
}

// below finds or creates a subject's key under its parent's; none for a tenant's. A row that
// was wrapped under a parent that is gone is nobody's any more, and replaced.
func (k *Keyring) below(ctx context.Context, parent Key, subject Subject) (Key, error) {
	name := Names(k.Secret, subject)[0]
	if key, ok := k.kept(parent, name); ok {
		return key, nil
	}
	row, there, err := k.Rows.Get(ctx, parent.parentName(), name)
	if err == nil && (!there || row.ParentID != parent.id()) {
		row, err = k.create(ctx, parent, subject, row.ID)
	}
	if err != nil {
		return Key{}, err
	}
	return k.open(ctx, parent, row)
}

func (k *Keyring) create(ctx context.Context, parent Key, subject Subject, replaces string) (Row, error) {
	guard := Guard{Replaces: replaces, Grandparent: parent.grandparent(), Tombstones: map[string]time.Time{}}
	row := Row{Parent: parent.parentName(), Name: Names(k.Secret, subject)[0], ParentID: parent.id(), CreatedAt: k.Now()}
	for _, print := range fence.ScopePrints(k.Secret, subject.Kind, subject.Values...) {
		stone, there, err := k.Tombstones.Get(ctx, print)
		if err != nil {
			return Row{}, err
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
		return Row{}, fault.As(fault.Retry, "make a key", err)
	}
	row.ID = hex.EncodeToString(random[size:])
	var err error
	if row.Wrapped, err = k.wrap(ctx, parent, random[:size], row); err != nil {
		return Row{}, err
	}
	return row, k.Rows.Create(ctx, row, guard)
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

// open opens a row and keeps it.
func (k *Keyring) open(ctx context.Context, parent Key, row Row) (Key, error) {
	secret, err := k.unwrap(ctx, parent, row)
	if err != nil {
		return Key{}, err
	}
	key := Key{Ref: append(slices.Clone(parent.Ref), Step{row.Name, row.ID}), Cutoff: row.Cutoff, secret: secret}
	if parent.Cutoff.After(key.Cutoff) {
		key.Cutoff = parent.Cutoff
	}
	k.keep(key, row)
	return key, nil
}

func (k *Keyring) keep(key Key, row Row) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.hot == nil || len(k.hot) >= mostHot {
		k.hot = map[string]Key{}
	}
	k.hot[row.Parent+"/"+row.Name] = key
}

// kept is the key of that name that was wrapped under this very parent.
func (k *Keyring) kept(parent Key, name string) (Key, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, ok := k.hot[parent.parentName()+"/"+name]
	return key, ok && slices.Equal(key.Ref[:len(key.Ref)-1], parent.Ref)
}

func (k *Keyring) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hot = nil
}

// ForOpening finds the key that a snapshot names. ErrDestroyed says that it, or one that
// wraps it, is gone or another.
func (k *Keyring) ForOpening(ctx context.Context, ref Ref) (Key, error) {
	if len(ref) == 0 {
		return Key{}, fault.New(fault.Permanent, "a snapshot names no key")
	}
	var key Key
	for _, step := range ref {
		if kept, ok := k.kept(key, step.Name); ok && kept.Ref.Own() == step {
			key = kept
			continue
		}
		row, there, err := k.Rows.Get(ctx, key.parentName(), step.Name)
		if err != nil {
			return Key{}, err
		}
		if !there || row.ID != step.ID || row.ParentID != key.id() {
			return Key{}, ErrDestroyed
		}
		if key, err = k.open(ctx, key, row); err != nil {
			return Key{}, err
		}
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
	wrapping, err := k.derive("wrap")
	if err != nil {
		return nil, err
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
	signing, err := k.derive("mac")
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, signing)
	_, _ = mac.Write(text)
	return mac.Sum(nil), nil
}

// derive refuses a key that is none: what it would make, anybody could.
func (k Key) derive(use string) ([]byte, error) {
	if len(k.secret) != size {
		return nil, fault.New(fault.Permanent, "a key has no secret, or one of another size")
	}
	derived, err := hkdf.Expand(sha256.New, k.secret, "snapshot key: "+use, size)
	return derived, fault.Wrap("set up a key", err)
}
