// Package secrets reads secrets, keeps them for a short while, and makes keyed
// fingerprints with versioned keys.
package secrets

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"sort"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Reader fetches the current value of a secret.
type Reader interface {
	Read(ctx context.Context, id string) ([]byte, error)
}

// Cache keeps values for TTL. When a refresh fails, a value that is no older than
// Stale still serves, so that an outage of the secret store does not refuse
// requests; after that the failure shows, since a revoked secret must stop working.
type Cache struct {
	Reader Reader
	Now    func() time.Time
	TTL    time.Duration
	Stale  time.Duration

	mu     sync.Mutex
	values map[string]cached
}

type cached struct {
	value []byte
	at    time.Time
}

// Get returns the value of secret id, at most TTL old if the secret store answers.
func (c *Cache) Get(ctx context.Context, id string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	have, ok := c.values[id]
	if ok && c.Now().Sub(have.at) < c.TTL {
		return have.value, nil
	}
	value, err := c.Reader.Read(ctx, id)
	if err != nil {
		if ok && c.Now().Sub(have.at) < c.Stale {
			return have.value, nil
		}
		return nil, fault.Wrap("read a secret", err)
	}
	if c.values == nil {
		c.values = map[string]cached{}
	}
	c.values[id] = cached{value: value, at: c.Now()}
	return value, nil
}

// Versioned is a set of keys of which one is current: {"current":"2","1":"…","2":"…"}.
// Old versions stay for what was made with them.
type Versioned struct {
	current string
	keys    map[string][]byte
}

const shortestKey = 32

// ParseVersioned reads the JSON form and refuses one that lacks its current key or
// holds a key of fewer than 32 bytes.
func ParseVersioned(src []byte) (Versioned, error) {
	var raw map[string]string
	if err := json.Unmarshal(src, &raw); err != nil {
		return Versioned{}, fault.New(fault.Permanent, "a versioned secret is not a JSON object of strings")
	}
	v := Versioned{current: raw["current"], keys: map[string][]byte{}}
	for version, key := range raw {
		if version == "current" {
			continue
		}
		if len(key) < shortestKey {
			return Versioned{}, fault.New(fault.Permanent, "a versioned secret holds a key of fewer than 32 bytes")
		}
		v.keys[version] = []byte(key)
	}
	if _, ok := v.keys[v.current]; !ok || v.current == "" {
		return Versioned{}, fault.New(fault.Permanent, "a versioned secret has no key for its current version")
	}
	return v, nil
}

// GetVersioned reads and parses a versioned secret.
func (c *Cache) GetVersioned(ctx context.Context, id string) (Versioned, error) {
	src, err := c.Get(ctx, id)
	if err != nil {
		return Versioned{}, err
	}
	return ParseVersioned(src)
}

// Current is the version that new things are made with.
func (v Versioned) Current() string { return v.current }

// Key returns the key of a version.
func (v Versioned) Key(version string) ([]byte, bool) {
	key, ok := v.keys[version]
	return key, ok
}

// Versions lists all versions, the current one first.
func (v Versioned) Versions() []string {
	out := make([]string, 0, len(v.keys))
	for version := range v.keys {
		if version != v.current {
			out = append(out, version)
		}
	}
	sort.Strings(out)
	return append([]string{v.current}, out...)
}

// MAC is HMAC-SHA256 over the parts, each preceded by its length, so that no two
// lists of parts give the same input. The first part names the purpose.
func MAC(key []byte, parts ...string) []byte {
	mac := hmac.New(sha256.New, key)
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		mac.Write(size[:])
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}
