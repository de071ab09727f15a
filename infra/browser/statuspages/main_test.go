package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/page"
)

func TestAStateWithoutAPageIsNamed(t *testing.T) {
	pages := map[string][]byte{}
	for _, path := range needed() {
		pages[path] = nil
	}
	if err := complete(pages); err != nil {
		t.Error(err)
	}
	delete(pages, "/status/purging")
	if err := complete(pages); err == nil || !strings.Contains(err.Error(), "/status/purging:") {
		t.Errorf("got %v", err)
	}
}

// TestPagesComeAsTheFunctionSendsThem runs the server as the browser tests do.
func TestPagesComeAsTheFunctionSendsThem(t *testing.T) {
	t.Chdir("../../..")
	stdin, end := io.Pipe()
	stdout, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(stdin, out) }()
	var told struct {
		URL   string
		Pages map[string]int
	}
	if err := json.NewDecoder(stdout).Decode(&told); err != nil {
		t.Fatal(err)
	}
	if len(told.Pages) < len(needed()) || told.Pages["/link/gone.ar"] != 404 {
		t.Errorf("told of %v", told.Pages)
	}
	for path, status := range told.Pages {
		got, err := http.Get(told.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		_ = got.Body.Close()
		want, missing := os.ReadFile("shared" + strings.NewReplacer("/status/", "/statuspage/testdata/", "/link/", "/linkpage/testdata/").Replace(path) + ".html")
		if err != nil || missing != nil || string(body) != string(want) || got.StatusCode != status {
			t.Errorf("%s: %d, %v, %v", path, got.StatusCode, err, missing)
		}
		for header, value := range page.Headers() {
			if got.Header.Get(header) != value {
				t.Errorf("%s: %s is %q", path, header, got.Header.Get(header))
			}
		}
	}
	_ = end.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
