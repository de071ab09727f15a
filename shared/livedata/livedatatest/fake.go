// Package livedatatest holds what tests of the live stores and of their users share:
// stores in memory that keep the contract and can be made to fail, and the contract
// itself, which runs on them and on DynamoDB and S3.
package livedatatest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Op is a kind of call.
type Op string

// The calls. Those that write are asked for key by key, also within a batch.
const (
	Read         Op = "read"
	Get          Op = "get"
	Delete       Op = "delete"
	DeleteIf     Op = "delete if"
	Change       Op = "change"
	List         Op = "list"
	DeleteObject Op = "delete object"
)

// Writes says that the call changes data.
func (o Op) Writes() bool { return o != Read && o != Get && o != List }

// ErrKilled is what a Fault returns to end the process at that call: the fake panics
// with it, before or after the call was applied.
var ErrKilled = errors.New("killed")

// Fault decides the fate of a call on a key ("store/part/part"): whether it is
// applied, and what is returned.
type Fault func(op Op, key string) (apply bool, err error)

// Call is one call that reached the fake.
type Call struct {
	Op  Op
	Key string
}

// MaxPage is the most that a read may ask for.
const MaxPage = 200

// Fake is livedata.Records and livedata.Objects in memory. It refuses a read without
// a partition key or of more than MaxPage items.
type Fake struct {
	Map   *datamap.Map
	Fault Fault // nil: every call is applied
	Stale bool  // indexes keep what the base no longer has
	// VersionsPage bounds a listing.
	VersionsPage int

	mu      sync.Mutex
	items   map[string]map[string]livedata.Item // store -> key -> item
	ghosts  map[string][]livedata.Item
	objects map[string][]object
	serial  int
	calls   []Call
	largest int
}

type object struct {
	livedata.Version
	body   string
	marker bool
}

// NewFake returns empty stores.
func NewFake(m *datamap.Map) *Fake {
	return &Fake{Map: m, VersionsPage: 1000, items: map[string]map[string]livedata.Item{},
		ghosts: map[string][]livedata.Item{}, objects: map[string][]object{}}
}

// Records are the fake's tables.
func (f *Fake) Records() livedata.Records { return records{f} }

// Objects are the fake's buckets.
func (f *Fake) Objects() livedata.Objects { return objects{f} }

// Calls lists the calls so far.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Call(nil), f.calls...)
}

// Writes counts the writes so far.
func (f *Fake) Writes() int {
	n := 0
	for _, c := range f.Calls() {
		if c.Op.Writes() {
			n++
		}
	}
	return n
}

// LargestRead is the most items that a read asked for.
func (f *Fake) LargestRead() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.largest
}

// Put stores an item as the platform does.
func (f *Fake) Put(store string, items ...livedata.Item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.mustStore(store)
	for _, it := range items {
		f.put(s, maps.Clone(it))
	}
}

// Item is a stored item, or nil.
func (f *Fake) Item(store string, key ...string) livedata.Item {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.items[store][strings.Join(key, separator)])
}

// Drop takes an item away as the platform does.
func (f *Fake) Drop(store string, key ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.drop(f.mustStore(store), strings.Join(key, separator))
}

// PutObject writes a new version of an object.
func (f *Fake) PutObject(store, key, body string, at time.Time) livedata.Version {
	return f.addVersion(store, object{Version: livedata.Version{Key: key, Modified: at}, body: body})
}

// MarkDeleted deletes an object the usual way, which leaves a delete marker.
func (f *Fake) MarkDeleted(store, key string, at time.Time) livedata.Version {
	return f.addVersion(store, object{Version: livedata.Version{Key: key, Modified: at}, marker: true})
}

func (f *Fake) addVersion(store string, o object) livedata.Version {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.serial++
	o.ID = fmt.Sprintf("v%06d", f.serial)
	f.objects[store] = append(f.objects[store], o)
	return o.Version
}

const separator = "\x00"

func (f *Fake) mustStore(name string) datamap.Store {
	s, ok := f.Map.Store(name)
	if !ok {
		panic("no store " + name)
	}
	return s
}

func keyText(store datamap.Store, key livedata.Key) string {
	parts := make([]string, len(store.Key))
	for i, name := range store.Key {
		parts[i] = key[name]
	}
	return strings.Join(parts, separator)
}

func (f *Fake) put(s datamap.Store, it livedata.Item) {
	if f.items[s.Name] == nil {
		f.items[s.Name] = map[string]livedata.Item{}
	}
	key := keyText(s, livedata.KeyOf(s, it))
	f.haunt(s, key)
	f.items[s.Name][key] = it
}

func (f *Fake) drop(s datamap.Store, key string) {
	f.haunt(s, key)
	delete(f.items[s.Name], key)
}

// haunt leaves the present form of an item in the indexes.
func (f *Fake) haunt(s datamap.Store, key string) {
	if it, ok := f.items[s.Name][key]; ok && f.Stale {
		f.ghosts[s.Name] = append(f.ghosts[s.Name], it)
	}
}

// call notes a call and asks for its fate. do runs if it is to be applied.
func (f *Fake) call(ctx context.Context, op Op, key string, do func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	apply, failure := f.fate(op, strings.ReplaceAll(key, separator, "/"))
	if apply {
		if err := f.locked(do); err != nil {
			return err
		}
	}
	if errors.Is(failure, ErrKilled) {
		panic(ErrKilled)
	}
	return failure
}

func (f *Fake) fate(op Op, key string) (apply bool, err error) {
	f.mu.Lock()
	f.calls = append(f.calls, Call{op, key})
	f.mu.Unlock()
	if f.Fault == nil {
		return true, nil
	}
	return f.Fault(op, key)
}

func (f *Fake) locked(do func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return do()
}
