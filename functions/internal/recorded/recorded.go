// Package recorded gives tests the example events of testdata/events, of every version
// that was ever in use.
package recorded

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Events reads all examples of a function, by version and case ("v1/input").
func Events(t testing.TB, folder string) map[string][]byte {
	t.Helper()
	base := filepath.Join(templateenv.Root(t), "testdata", "events", folder)
	paths, err := filepath.Glob(filepath.Join(base, "v*", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no events of %s: %v", folder, err)
	}
	out := map[string][]byte{}
	for _, path := range paths {
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(filepath.Base(filepath.Dir(path)), strings.TrimSuffix(filepath.Base(path), ".json"))
		out[name] = src
	}
	return out
}

// Event reads one example, and checks that decoding loses nothing of it.
func Event[T any](t testing.TB, folder, name string) T {
	t.Helper()
	src, ok := Events(t, folder)[name]
	if !ok {
		t.Fatalf("no event %s of %s", name, folder)
	}
	return decode[T](t, name, src)
}

// RoundTrip checks that decoding loses nothing of any example of a function.
func RoundTrip[T any](t *testing.T, folder string) {
	t.Helper()
	for name, src := range Events(t, folder) {
		decode[T](t, name, src)
	}
}

// Messages checks that a step reads every message that it was ever sent.
func Messages(t *testing.T, folder string) {
	t.Helper()
	RoundTrip[workflow.Message](t, folder)
	for name, src := range Events(t, folder) {
		if _, err := workflow.Parse(src); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func decode[T any](t testing.TB, name string, src []byte) T {
	t.Helper()
	var event T
	if err := json.Unmarshal(src, &event); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	again, err := json.Marshal(event)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if where := lost(values(t, src), values(t, again)); where != "" {
		t.Errorf("%s: decoding loses %s", name, where)
	}
	return event
}

func values(t testing.TB, src []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(src, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// lost names a value of want that got does not have; "" if there is none.
func lost(want, got any) string {
	object, isObject := want.(map[string]any)
	others, _ := got.(map[string]any)
	if !isObject || others == nil {
		return differs(want, got)
	}
	for key, value := range object {
		if where := lost(value, others[key]); where != "" {
			return key + "." + where
		}
	}
	return ""
}

func differs(want, got any) string {
	list, isList := want.([]any)
	others, _ := got.([]any)
	if isList && len(list) == len(others) {
		for i := range list {
			if where := lost(list[i], others[i]); where != "" {
				return where
			}
		}
		return ""
	}
	if reflect.DeepEqual(want, got) || got == nil && (want == false || want == "") { // left out when empty
		return ""
	}
	return "value"
}
