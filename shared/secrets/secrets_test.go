package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// store is a secret store with one value.
type store struct {
	value string
	err   error
	reads int
}

func (s *store) Read(context.Context, string) ([]byte, error) {
	s.reads++
	return []byte(s.value), s.err
}

var errDown = fault.New(fault.Retry, "the secret store is down")

const (
	ttl   = time.Minute
	stale = 10 * time.Minute
)

func TestCacheOverTime(t *testing.T) {
	start := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	now := start
	s := &store{}
	cache := &secrets.Cache{Reader: s, Now: func() time.Time { return now }, TTL: ttl, Stale: stale}
	for _, step := range []struct {
		name  string
		at    time.Duration
		value string
		err   error
		want  string // "" for the error
		reads int
	}{
		{"down at first", 0, "", errDown, "", 1},
		{"an error is not kept", 0, "a", nil, "a", 2},
		{"fresh", ttl - 1, "b", nil, "a", 2},
		{"expired", ttl, "b", nil, "b", 3},
		{"expired and down", 2 * ttl, "c", errDown, "b", 4},
		{"still down", ttl + stale - 1, "c", errDown, "b", 5},
		{"too old", ttl + stale, "c", errDown, "", 6},
		{"up again", ttl + stale, "c", nil, "c", 7},
	} {
		now, s.value, s.err = start.Add(step.at), step.value, step.err
		got, err := cache.Get(t.Context(), "id")
		if string(got) != step.want || (err == nil) == (step.want == "") || s.reads != step.reads {
			t.Errorf("%s: got %q, %v after %d reads; want %q after %d", step.name, got, err, s.reads, step.want, step.reads)
		}
		if err != nil && (!errors.Is(err, errDown) || fault.KindOf(err) != fault.Retry) {
			t.Errorf("%s: got %v", step.name, err)
		}
	}
}

// byID answers with the name of the secret.
type byID struct{}

func (byID) Read(_ context.Context, id string) ([]byte, error) { return []byte(id), nil }

func TestCacheKeepsSecretsApartUnderConcurrency(t *testing.T) {
	cache := &secrets.Cache{Reader: byID{}, Now: time.Now, TTL: ttl}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			id := string(rune('a' + i%5))
			if got, err := cache.Get(t.Context(), id); string(got) != id || err != nil {
				t.Errorf("got %q, %v for %q", got, err, id)
			}
		})
	}
	all.Wait()
}

var key = strings.Repeat("k", 32)

func TestParseVersioned(t *testing.T) {
	v, err := secrets.ParseVersioned([]byte(`{"current":"2","1":"` + key + `","3":"` + key + `c","2":"` + key + `b"}`))
	if err != nil {
		t.Fatal(err)
	}
	if v.Current() != "2" || !slices.Equal(v.Versions(), []string{"2", "1", "3"}) {
		t.Errorf("current is %q of %q", v.Current(), v.Versions())
	}
	if k, ok := v.Key("2"); !ok || string(k) != key+"b" {
		t.Errorf("got %q, %v", k, ok)
	}
	if k, ok := v.Key("4"); ok || k != nil {
		t.Errorf("an unknown version has the key %q", k)
	}
}

func TestParseVersionedRefuses(t *testing.T) {
	for name, src := range map[string]string{
		"nothing":               ``,
		"no JSON":               `current=1`,
		"no object":             `["` + key + `"]`,
		"null":                  `null`,
		"no strings":            `{"current":1,"1":"` + key + `"}`,
		"empty":                 `{}`,
		"no current":            `{"1":"` + key + `"}`,
		"no current, empty key": `{"":"` + key + `"}`,
		"current is missing":    `{"current":"2","1":"` + key + `"}`,
		"current names itself":  `{"current":"current"}`,
		"short key":             `{"current":"1","1":"` + key[1:] + `"}`,
		"short old key":         `{"current":"1","1":"` + key + `","0":"short"}`,
	} {
		_, err := secrets.ParseVersioned([]byte(src))
		if fault.KindOf(err) != fault.Permanent || strings.Contains(err.Error(), key[1:]) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestGetVersioned(t *testing.T) {
	s := &store{value: `{"current":"1","1":"` + key + `"}`}
	now := time.Now()
	cache := &secrets.Cache{Reader: s, Now: func() time.Time { return now }, TTL: ttl}
	if v, err := cache.GetVersioned(t.Context(), "id"); err != nil || v.Current() != "1" {
		t.Errorf("got %v, %v", v.Current(), err)
	}
	now, s.err = now.Add(ttl), errDown
	if _, err := cache.GetVersioned(t.Context(), "id"); !errors.Is(err, errDown) {
		t.Errorf("got %v", err)
	}
}

// A boundary moved between parts, or a part added, is another input.
func TestMACTellsListsOfPartsApart(t *testing.T) {
	lists := [][]string{{}, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"ab", ""}, {"", "ab"},
		{"a\x00\x00\x00\x00\x00\x00\x00\x01b"}, {"open", "meta", "1", "23"}, {"open", "meta", "12", "3"}, {"notice", "meta", "12", "3"}}
	seen := map[string][]string{}
	for _, parts := range lists {
		mac := string(secrets.MAC([]byte(key), parts...))
		if other, twice := seen[mac]; twice {
			t.Errorf("%q and %q have one MAC", parts, other)
		}
		seen[mac] = parts
	}
	if bytes.Equal(secrets.MAC([]byte(key), "a"), secrets.MAC([]byte(key+"k"), "a")) {
		t.Error("two keys make one MAC")
	}
}
