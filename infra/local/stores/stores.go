// Package stores loads platform data into the tables and buckets of the local stack
// and shows what they hold, both in the form of testdata/platform-example.json.
package stores

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/infra/local/provision"
)

// Stores reaches every tagged store of the templates.
type Stores struct {
	world    *provision.World
	dynamodb *dynamodb.Client
	s3       *s3.Client
	kms      *kms.Client
}

// New reaches the stores through clients of the given configuration.
func New(world *provision.World, config aws.Config) *Stores {
	return &Stores{
		world: world, dynamodb: dynamodb.NewFromConfig(config), s3: s3.NewFromConfig(config), kms: kms.NewFromConfig(config),
	}
}

// Invalid is data that cannot be loaded; nothing of it was written.
type Invalid struct{ Problem string }

func (e *Invalid) Error() string { return e.Problem }

func invalid(format string, arguments ...any) error {
	return &Invalid{fmt.Sprintf(format, arguments...)}
}

// item is one record as its JSON says, numbers as written.
type item = map[string]any

// Names lists the stores.
func (s *Stores) Names() []string {
	var names []string
	for _, store := range s.world.Stores {
		names = append(names, store.Name)
	}
	slices.Sort(names)
	return names
}

// Seed loads {store: [items]}. Names that begin with "_" are remarks. Everything is
// checked before anything is written; *Invalid says what is wrong.
func (s *Stores) Seed(ctx context.Context, text []byte) error {
	data, err := s.read(text)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(data)) {
		store, _ := s.world.Store(name)
		if store.Kind == "bucket" {
			err = s.putObjects(ctx, store, data[name])
		} else {
			err = s.putItems(ctx, store, data[name])
		}
		if err != nil {
			return fmt.Errorf("seed %s: %w", name, err)
		}
	}
	return nil
}

func (s *Stores) read(text []byte) (map[string][]item, error) {
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(text, &sections); err != nil {
		return nil, invalid("the seed is not a JSON object: %v", err)
	}
	data := map[string][]item{}
	for _, name := range slices.Sorted(maps.Keys(sections)) {
		if strings.HasPrefix(name, "_") {
			continue
		}
		store, ok := s.world.Store(name)
		if !ok {
			return nil, invalid("no store is named %q; there are %s", name, strings.Join(s.Names(), ", "))
		}
		items, err := readItems(sections[name])
		if err != nil {
			return nil, invalid("%s: %v", name, err)
		}
		if err := check(store, items); err != nil {
			return nil, err
		}
		data[name] = items
	}
	return data, nil
}

func readItems(text []byte) ([]item, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var items []item
	if err := decoder.Decode(&items); err != nil {
		return nil, fmt.Errorf("not a list of objects: %w", err)
	}
	return items, nil
}

func check(store provision.Store, items []item) error {
	for i, it := range items {
		problem := checkRecord(store, it)
		if store.Kind == "bucket" {
			problem = checkObject(it)
		}
		if problem != "" {
			return invalid("%s, item %d: %s", store.Name, i, problem)
		}
	}
	return nil
}

func checkRecord(store provision.Store, it item) string {
	for name, kind := range store.Types {
		value, there := it[name]
		isKey := slices.Contains(store.Key, name)
		if !there && !isKey {
			continue // left out of a sparse index
		}
		if value == nil && !isKey {
			return fmt.Sprintf("%s is null, which an index key cannot be; leave it out", name)
		}
		if !hasType(value, kind) {
			return fmt.Sprintf("%s is missing or not of type %s", name, kind)
		}
	}
	if token, there := it[tokenAttribute]; store.Name == tokenStore && there && token != nil {
		if text, ok := token.(string); !ok || text == "" {
			return tokenAttribute + " is not a text"
		}
	}
	return checkNumbers(it)
}

func hasType(value any, kind string) bool {
	switch kind {
	case "S":
		text, ok := value.(string)
		return ok && text != ""
	case "N":
		_, ok := value.(json.Number)
		return ok
	}
	return false
}

// Items lists a store in the form of the seed, in the order of its keys. Of a bucket
// it lists the current objects.
func (s *Stores) Items(ctx context.Context, name string) ([]any, error) {
	store, ok := s.world.Store(name)
	switch {
	case !ok:
		return nil, s.unknown(name)
	case store.Kind == "bucket":
		return s.objects(ctx, store)
	}
	return s.records(ctx, store)
}

// Versions lists every version and delete marker of a bucket.
func (s *Stores) Versions(ctx context.Context, name string) ([]any, error) {
	store, ok := s.world.Store(name)
	if !ok || store.Kind != "bucket" {
		return nil, invalid("no bucket is named %q", name)
	}
	return s.versions(ctx, store)
}

// Count says how many items or current objects a store holds.
func (s *Stores) Count(ctx context.Context, name string) (int, error) {
	store, ok := s.world.Store(name)
	if !ok {
		return 0, s.unknown(name)
	}
	if store.Kind == "bucket" {
		keys, err := s.keys(ctx, store)
		return len(keys), err
	}
	return s.countRecords(ctx, store)
}

func (s *Stores) unknown(name string) error {
	return invalid("no store is named %q; there are %s", name, strings.Join(s.Names(), ", "))
}
