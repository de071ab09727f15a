package livedatatest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

type records struct{ *Fake }

func (f records) Read(ctx context.Context, q livedata.Query) (page livedata.Page, err error) {
	if q.Limit < 1 || q.Limit > MaxPage {
		return page, fmt.Errorf("a read of %s asks for %d items", q.Store.Name, q.Limit)
	}
	key := q.Store.IndexKey(q.Index)
	if len(key) == 0 || q.Where[key[0]] == "" {
		return page, fmt.Errorf("a read of %s has no partition key", q.Store.Name)
	}
	if q.After != nil && slices.Contains(keyValues(q.After, append(order(q), key...)), "") {
		return page, fmt.Errorf("a read of %s goes on after a key of something else", q.Store.Name)
	}
	err = f.call(ctx, Read, q.Store.Name+"/"+q.Where[key[0]], func() error {
		f.largest = max(f.largest, q.Limit)
		page = f.read(q)
		return nil
	})
	return page, err
}

func (f records) read(q livedata.Query) livedata.Page {
	hits := f.hits(q)
	order := order(q)
	slices.SortFunc(hits, func(a, b livedata.Item) int { return slices.Compare(values(a, order), values(b, order)) })
	var page livedata.Page
	for _, it := range hits {
		if q.After != nil && slices.Compare(values(it, order), keyValues(q.After, order)) <= 0 {
			continue
		}
		if now, ok := f.confirmed(q, it); ok {
			page.Items = append(page.Items, projected(now, q.Attributes))
		}
		q.Limit--
		if q.Limit == 0 { // as DynamoDB does, even if nothing comes after it
			page.Next = nextKey(q, it)
			break
		}
	}
	return page
}

func projected(it livedata.Item, attributes []string) livedata.Item {
	out := maps.Clone(it)
	if len(attributes) > 0 {
		maps.DeleteFunc(out, func(name string, _ types.AttributeValue) bool { return !slices.Contains(attributes, name) })
	}
	return out
}

// hits are the items under the query's key; of an index, also what it has not
// forgotten yet.
func (f records) hits(q livedata.Query) []livedata.Item {
	var out []livedata.Item
	seen := map[string]bool{}
	add := func(it livedata.Item) {
		key := keyText(q.Store, livedata.KeyOf(q.Store, it))
		if !seen[key] && matches(q, it) {
			seen[key] = true
			out = append(out, it)
		}
	}
	for _, it := range f.items[q.Store.Name] {
		add(it)
	}
	if q.Index != "" {
		for _, it := range f.ghosts[q.Store.Name] {
			add(it)
		}
	}
	return out
}

func matches(q livedata.Query, it livedata.Item) bool {
	key := q.Store.IndexKey(q.Index)
	for _, name := range key {
		if it.Text(name) == "" {
			return false // sparse index
		}
	}
	for name, value := range q.Where {
		if it.Text(name) != value {
			return false
		}
	}
	return q.From == "" || len(key) < 2 || it.Text(key[1]) >= q.From
}

func (f records) confirmed(q livedata.Query, hit livedata.Item) (livedata.Item, bool) {
	now, ok := f.items[q.Store.Name][keyText(q.Store, livedata.KeyOf(q.Store, hit))]
	return now, ok && matches(q, now)
}

// order names the attributes that a query's answer is ordered by.
func order(q livedata.Query) []string {
	if q.Index == "" {
		return q.Store.Key[1:]
	}
	return append(slices.Clone(q.Store.IndexKey(q.Index)[1:]), q.Store.Key...)
}

func values(it livedata.Item, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = it.Text(name)
	}
	return out
}

func keyValues(key livedata.Key, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = key[name]
	}
	return out
}

func nextKey(q livedata.Query, it livedata.Item) livedata.Key {
	key := livedata.KeyOf(q.Store, it)
	for _, name := range q.Store.IndexKey(q.Index) {
		key[name] = it.Text(name)
	}
	return key
}

func (f records) Get(ctx context.Context, store datamap.Store, key livedata.Key) (it livedata.Item, err error) {
	err = f.call(ctx, Get, store.Name+"/"+keyText(store, key), func() error {
		it = maps.Clone(f.items[store.Name][keyText(store, key)])
		return nil
	})
	return it, err
}

func (f records) Delete(ctx context.Context, store datamap.Store, keys []livedata.Key) error {
	for _, key := range keys {
		err := f.call(ctx, Delete, store.Name+"/"+keyText(store, key), func() error {
			f.drop(store, keyText(store, key))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (f records) DeleteIf(ctx context.Context, store datamap.Store, seen livedata.Item) (applied bool, err error) {
	key := keyText(store, livedata.KeyOf(store, seen))
	err = f.call(ctx, DeleteIf, store.Name+"/"+key, func() error {
		now, there := f.items[store.Name][key]
		if applied = !there || Canonical(now) == Canonical(seen); applied {
			f.drop(store, key)
		}
		return nil
	})
	return applied && err == nil, err
}

func (f records) Change(ctx context.Context, store datamap.Store, seen, set livedata.Item, remove []string) (applied bool, err error) {
	key := keyText(store, livedata.KeyOf(store, seen))
	err = f.call(ctx, Change, store.Name+"/"+key, func() error {
		now, there := f.items[store.Name][key]
		if applied = there && Canonical(now) == Canonical(seen); applied {
			f.put(store, edited(now, set, remove))
		}
		return nil
	})
	return applied && err == nil, err
}

func edited(now, set livedata.Item, remove []string) livedata.Item {
	out := maps.Clone(now)
	maps.Copy(out, set)
	for _, name := range remove {
		delete(out, name)
	}
	return out
}
