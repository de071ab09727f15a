// Package snapshottest holds a bucket of snapshots in memory, and the contract that it and
// S3 keep.
package snapshottest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// The calls that a Fault is asked about.
const (
	Put      = "put"
	Get      = "get"
	Range    = "range"
	List     = "list"
	Versions = "versions"
	Delete   = "delete"
)

// Fault decides the fate of a call: whether it is applied, and what is returned. name is that of
// the object, or the prefix of a listing.
type Fault func(op, name string) (apply bool, err error)

// Bucket is a versioned bucket in memory: snapshot.Objects, and what writes and deletes.
type Bucket struct {
	Fault Fault            // nil: every call is applied
	Now   func() time.Time // of versions; nil: all are of the same moment
	Page  int              // names or versions in a listing; 0: 3

	mu      sync.Mutex
	objects []object
	made    int
}

type object struct {
	snapshot.Version
	made   int
	body   []byte
	marker bool
}

var _ snapshot.Objects = (*Bucket)(nil)

func (b *Bucket) call(ctx context.Context, op, name string, do func() error) error {
	failure := ctx.Err()
	apply := failure == nil
	if b.Fault != nil && apply {
		apply, failure = b.Fault(op, name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if apply {
		if err := do(); err != nil {
			return err
		}
	}
	return failure
}

func (b *Bucket) page() int { return cmp.Or(b.Page, 3) }

func (b *Bucket) Put(ctx context.Context, name string, body []byte) error {
	return b.call(ctx, Put, name, func() error {
		b.add(name, slices.Clone(body), false)
		return nil
	})
}

// MarkDeleted deletes an object as a caller does who names no version: it is hidden.
func (b *Bucket) MarkDeleted(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(name, nil, true)
}

func (b *Bucket) add(name string, body []byte, marker bool) {
	b.made++
	v := snapshot.Version{Key: name, ID: fmt.Sprintf("v%06d", b.made)}
	if b.Now != nil {
		v.Modified = b.Now()
	}
	b.objects = append(b.objects, object{v, b.made, body, marker})
}

// current is the newest version of a name, unless it is deleted.
func (b *Bucket) current(name string) (object, bool) {
	for _, o := range slices.Backward(b.objects) {
		if o.Key == name {
			return o, !o.marker
		}
	}
	return object{}, false
}

func (b *Bucket) Get(ctx context.Context, name string) (body []byte, err error) {
	err = b.call(ctx, Get, name, func() error {
		body, err = b.body(name)
		return err
	})
	return body, err
}

func (b *Bucket) body(name string) ([]byte, error) {
	o, there := b.current(name)
	if !there {
		return nil, fault.New(fault.NotFound, "get an object")
	}
	return slices.Clone(o.body), nil
}

func (b *Bucket) Range(ctx context.Context, name string, offset, length int64) (body []byte, err error) {
	err = b.call(ctx, Range, name, func() error {
		o, there := b.current(name)
		if !there {
			return fault.New(fault.NotFound, "get an object")
		}
		size := int64(len(o.body))
		body = slices.Clone(o.body[min(offset, size):min(offset+length, size)])
		return nil
	})
	return body, err
}

func (b *Bucket) List(ctx context.Context, prefix, after string) (names []string, more bool, err error) {
	err = b.call(ctx, List, prefix, func() error {
		for _, name := range b.names() {
			if strings.HasPrefix(name, prefix) && name > after {
				names = append(names, name)
			}
		}
		more = len(names) > b.page()
		names = names[:min(len(names), b.page())]
		return nil
	})
	return names, more, err
}

// Names are those of the objects that are there, in order.
func (b *Bucket) Names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.names()
}

func (b *Bucket) names() (names []string) {
	all := b.sorted()
	for i, o := range all {
		if latest := i == 0 || all[i-1].Key != o.Key; latest && !o.marker {
			names = append(names, o.Key)
		}
	}
	return names
}

func (b *Bucket) Versions(ctx context.Context, prefix string, after *snapshot.Version) (page livedata.Versions, err error) {
	err = b.call(ctx, Versions, prefix, func() error {
		page, err = b.versions(prefix, after)
		return err
	})
	return page, err
}

// versions come in the order of names, the newest of a name first.
func (b *Bucket) versions(prefix string, after *snapshot.Version) (livedata.Versions, error) {
	all := b.sorted()
	at := -1
	if after != nil {
		if at = slices.IndexFunc(all, func(o object) bool { return o.Key == after.Key && o.ID == after.ID }); at < 0 {
			return livedata.Versions{}, fault.New(fault.Permanent, "a listing goes on after a version that is gone")
		}
	}
	var page livedata.Versions
	for i := at + 1; i < len(all); i++ {
		o := all[i]
		if !strings.HasPrefix(o.Key, prefix) {
			continue
		}
		if len(page.Found) == b.page() {
			page.Next = &page.Found[len(page.Found)-1]
			break
		}
		o.Marker, o.Latest = o.marker, i == 0 || all[i-1].Key != o.Key
		page.Found = append(page.Found, o.Version)
	}
	return page, nil
}

// Delete goes on after a version that it could not delete, as S3 does.
func (b *Bucket) Delete(ctx context.Context, versions []snapshot.Version) error {
	var failed error
	for _, v := range versions {
		failed = errors.Join(failed, b.call(ctx, Delete, v.Key, func() error {
			b.objects = slices.DeleteFunc(b.objects, func(o object) bool { return o.Key == v.Key && o.ID == v.ID })
			return nil
		}))
	}
	return failed
}

// All are the versions and delete markers that are there, in the order of a listing.
func (b *Bucket) All() []snapshot.Version {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []snapshot.Version
	for i, o := range b.sorted() {
		o.Marker, o.Latest = o.marker, i == 0 || out[i-1].Key != o.Key
		out = append(out, o.Version)
	}
	return out
}

func (b *Bucket) sorted() []object {
	return slices.SortedFunc(slices.Values(b.objects), func(x, y object) int {
		return cmp.Or(strings.Compare(x.Key, y.Key), y.made-x.made)
	})
}
