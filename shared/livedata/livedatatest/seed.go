package livedatatest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// SeededAt is when the objects of a seed were written.
var SeededAt = time.Date(2026, 3, 1, 18, 0, 1, 0, time.UTC)

// NewItem makes an item of JSON values.
func NewItem(fields map[string]any) livedata.Item {
	it := livedata.Item{}
	for name, value := range fields {
		it[name] = attribute(value)
	}
	return it
}

func attribute(value any) types.AttributeValue {
	switch v := value.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case []any:
		list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for _, member := range v {
			list.Value = append(list.Value, attribute(member))
		}
		return list
	case map[string]any:
		return &types.AttributeValueMemberM{Value: NewItem(v)}
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

func plain(value types.AttributeValue) any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value
	case *types.AttributeValueMemberN:
		return json.Number(v.Value)
	case *types.AttributeValueMemberBOOL:
		return v.Value
	case *types.AttributeValueMemberL:
		list := []any{}
		for _, member := range v.Value {
			list = append(list, plain(member))
		}
		return list
	case *types.AttributeValueMemberM:
		return fields(v.Value)
	}
	return nil
}

func fields(it livedata.Item) map[string]any {
	out := map[string]any{}
	for name, value := range it {
		out[name] = plain(value)
	}
	return out
}

// Canonical is an item as JSON; equal items give equal text.
func Canonical(it livedata.Item) string {
	src, err := json.Marshal(fields(it))
	if err != nil {
		panic(err) // JSON values always encode
	}
	return string(src)
}

// Dump is everything in the stores: "store/key" to content. Two dumps are equal only
// if every byte is.
func (f *Fake) Dump() map[string]string {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := map[string]string{}
	for store, items := range f.items {
		for key, it := range items {
			out[store+"/"+strings.ReplaceAll(key, separator, "/")] = Canonical(it)
		}
	}
	for store, versions := range f.objects {
		for _, o := range versions {
			out[store+"/"+o.Key+"@"+o.ID] = fmt.Sprintf("%s marker=%t %s", o.Modified.Format(time.RFC3339Nano), o.marker, o.body)
		}
	}
	return out
}

// World is the same for invariant.Live.
func (f *Fake) World() invariant.World {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := invariant.World{Records: map[string][]livedata.Item{}, Objects: map[string][]invariant.Object{}}
	for store, items := range f.items {
		for _, it := range items {
			out.Records[store] = append(out.Records[store], maps.Clone(it))
		}
	}
	for store, versions := range f.objects {
		for _, o := range versions {
			out.Objects[store] = append(out.Objects[store], invariant.Object{Version: o.Version, Marker: o.marker, Body: o.body})
		}
	}
	return out
}

// ReadWorld reads a JSON object {store: [items]}, as the local stack's seed takes it.
func ReadWorld(src []byte) (map[string][]map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.UseNumber()
	var raw map[string]any
	if err := dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("read a world: %w", err)
	}
	world := map[string][]map[string]any{}
	for store, list := range raw {
		if strings.HasPrefix(store, "_") {
			continue
		}
		for _, it := range list.([]any) {
			world[store] = append(world[store], it.(map[string]any))
		}
	}
	return world, nil
}

// ExampleWorld reads testdata/platform-example.json of the repository.
func ExampleWorld(t testing.TB) map[string][]map[string]any {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(root(t), "testdata", "platform-example.json"))
	if err != nil {
		t.Fatal(err)
	}
	world, err := ReadWorld(src)
	if err != nil {
		t.Fatal(err)
	}
	return world
}

// NewExample returns stores that hold the example world.
func NewExample(t testing.TB, m *datamap.Map) *Fake {
	t.Helper()
	f := NewFake(m)
	f.Seed(ExampleWorld(t))
	return f
}

// Seed puts a world into the stores that the map has.
func (f *Fake) Seed(world map[string][]map[string]any) {
	for store, items := range world {
		s := f.mustStore(store)
		for _, it := range items {
			if s.IsTable() {
				f.Put(store, NewItem(it))
			} else {
				f.PutObject(store, it["key"].(string), fmt.Sprint(it["text"]), SeededAt)
			}
		}
	}
}

// root finds the repository from the package that is being tested.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the tested package")
		}
		dir = filepath.Dir(dir)
	}
}
