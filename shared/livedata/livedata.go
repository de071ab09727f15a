// Package livedata reads and deletes records of the platform's live stores, as the
// data map describes them. It knows keys and pages, not what a store means.
package livedata

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Item is one record as DynamoDB has it.
type Item map[string]types.AttributeValue

// Key is a record's key; all key attributes of the platform are strings.
type Key map[string]string

// Page is part of a query's answer. Next is nil on the last one.
type Page struct {
	Items []Item
	Next  Key
}

// Query asks for the records of one store under a key.
type Query struct {
	Store datamap.Store
	Index string            // "" for the base table
	Where map[string]string // equality on the key, partition and perhaps sort
	From  string            // base table only: sort keys from here on, inclusive
	After Key               // exclusive start
	Limit int
	// Attributes, if any, are all that is wanted of the records; their key is among them.
	Attributes []string
}

// Records is what this service needs of the platform's tables.
//
// Read returns base-table records, strongly consistent: a hit of an index is only a
// hint, looked up in the base table and dropped if it no longer matches. They come in the
// order of the index, in which After is a place.
// Delete returns without an error only when every key is gone; one that was gone
// before is a success. DeleteIf and Change apply only while the record still equals seen
// (an attribute that it got besides counts if the data map decides by it or the change
// sets it), and report whether they were applied: deleting what is gone is, changing it is not.
type Records interface {
	Read(ctx context.Context, q Query) (Page, error)
	Get(ctx context.Context, store datamap.Store, key Key) (Item, error)
	Delete(ctx context.Context, store datamap.Store, keys []Key) error
	DeleteIf(ctx context.Context, store datamap.Store, seen Item) (bool, error)
	Change(ctx context.Context, store datamap.Store, seen Item, set Item, remove []string) (bool, error)
}

// Version is one version or delete marker of an object. Latest is the one that a caller
// sees who names no version.
type Version struct {
	Key, ID        string
	Modified       time.Time
	Latest, Marker bool
}

// Versions is part of a listing; a nil Next ends it.
type Versions struct {
	Found []Version
	Next  *Version
}

// Objects is what this service needs of the platform's buckets. List returns
// versions and delete markers whose key begins with prefix, by key and of one key the
// newest first: those that come after a version which must still be there, since not
// every S3 finds its place again after one that is gone. Delete returns without an
// error only when every version is gone.
type Objects interface {
	List(ctx context.Context, store datamap.Store, prefix string, after *Version) (Versions, error)
	Delete(ctx context.Context, store datamap.Store, versions []Version) error
}

// Text is a string attribute, or "".
func (it Item) Text(name string) string {
	s, _ := it[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

// Has lists those of the named attributes that the record has.
func (it Item) Has(names []string) []string {
	var out []string
	for _, name := range names {
		if _, ok := it[name]; ok {
			out = append(out, name)
		}
	}
	return out
}

// Texts follows a path "a" or "a[].b" and returns the strings at its end.
func (it Item) Texts(path string) []string {
	list, inner, nested := strings.Cut(path, "[].")
	if !nested {
		if s := it.Text(path); s != "" {
			return []string{s}
		}
		return nil
	}
	var out []string
	for _, m := range it.Maps(list) {
		if s := m.Text(inner); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Maps is a list attribute of maps; other members are left out.
func (it Item) Maps(name string) []Item {
	list, _ := it[name].(*types.AttributeValueMemberL)
	if list == nil {
		return nil
	}
	var out []Item
	for _, v := range list.Value {
		if m, ok := v.(*types.AttributeValueMemberM); ok {
			out = append(out, m.Value)
		}
	}
	return out
}

// Fields picks the string attributes that a subject or a container is known by.
func (it Item) Fields(names []string) map[string]string {
	out := map[string]string{}
	for _, name := range names {
		if s := it.Text(name); s != "" {
			out[name] = s
		}
	}
	return out
}

// KeyOf is the item's key in its base table.
func KeyOf(store datamap.Store, it Item) Key {
	key := Key{}
	for _, name := range store.Key {
		key[name] = it.Text(name)
	}
	return key
}

// DatedAt is the date of a record; ok is false where the store dates nothing, or the record
// has no date. One that cannot be read, or is no text, is an error, since guessing would
// delete or keep by chance.
func DatedAt(store datamap.Store, it Item) (at time.Time, ok bool, err error) {
	if store.Dated == nil {
		return time.Time{}, false, nil
	}
	switch it[store.Dated.Attribute].(type) {
	case nil, *types.AttributeValueMemberNULL:
		return time.Time{}, false, nil
	}
	at, err = time.Parse(time.RFC3339Nano, it.Text(store.Dated.Attribute))
	if err != nil {
		return time.Time{}, false, fault.New(fault.Permanent, "a record of "+store.Name+" has a date in "+store.Dated.Attribute+" that is not RFC 3339")
	}
	return at, true, nil
}

// NewerThan says that a record is dated after the cutoff, and so is not touched.
func NewerThan(store datamap.Store, it Item, cutoff time.Time) (bool, error) {
	at, dated, err := DatedAt(store, it)
	return dated && at.After(cutoff), err
}

// Foreign says that a record belongs to somebody else than the subject: an attribute
// that says whose it is says another name. An attribute that is absent says nothing,
// and of a field that the subject does not have nothing is asked.
func Foreign(store datamap.Store, it Item, subject map[string]string) bool {
	for attribute, field := range store.Belongs {
		got, want := it.Text(attribute), subject[field]
		if got != "" && want != "" && got != want {
			return true
		}
	}
	return false
}

// Says tells whether a record's attributes have these values.
func (it Item) Says(values map[string]string) bool {
	for attribute, value := range values {
		if it.Text(attribute) != value {
			return false
		}
	}
	return true
}

// Merge lays fields over each other; the later ones hold.
func Merge(layers ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, layer := range layers {
		for name, value := range layer {
			out[name] = value
		}
	}
	return out
}
