package vector_test

import (
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mikla-ai/data-deletion/shared/signedrequest/vector"
)

func load(text string) ([]vector.Vector, error) {
	return vector.Load(fstest.MapFS{"one.txt": {Data: []byte(text)}, "README.md": {Data: []byte("not a vector")}})
}

func TestLoad(t *testing.T) {
	got, err := load("description: a line break\nexpect: ok\nsecrets: a b\nnow: 2026-05-04T10:00:00Z\n" +
		"payload: {\"a\":1}\nuser: 7\nissued_at: 5\n\n\"x\\ny\"\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []vector.Vector{{Name: "one", Description: "a line break", Expect: "ok", Secrets: []string{"a", "b"},
		Now: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC), Payload: `{"a":1}`, User: "7", IssuedAt: 5, Raw: "x\ny"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestLoadNamesTheFileThatIsWrong(t *testing.T) {
	for name, text := range map[string]string{
		"no body":        "description: x\nexpect: ok\nnow: 2026-05-04T10:00:00Z\n",
		"unknown header": "descripton: x\n\nbody\n",
		"bad clock":      "now: yesterday\n\nbody\n",
		"bad number":     "issued_at: soon\n\nbody\n",
		"bad quotes":     "description: x\nexpect: ok\nnow: 2026-05-04T10:00:00Z\n\n\"x\n",
		"no expectation": "description: x\nnow: 2026-05-04T10:00:00Z\n\nbody\n",
	} {
		if _, err := load(text); err == nil || !strings.Contains(err.Error(), "one.txt") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
