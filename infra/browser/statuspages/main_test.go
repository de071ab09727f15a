package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

func TestAStateWithoutAPageIsNamed(t *testing.T) {
	pages := map[string][]byte{notFound: nil}
	for _, s := range request.States() {
		pages[string(s)] = nil
	}
	if err := complete(pages); err != nil {
		t.Error(err)
	}
	delete(pages, "purging")
	if err := complete(pages); err == nil || !strings.Contains(err.Error(), "purging.html") {
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
		Pages []string
	}
	if err := json.NewDecoder(stdout).Decode(&told); err != nil {
		t.Fatal(err)
	}
	for _, name := range told.Pages {
		got, err := http.Get(told.URL + "/status/" + name)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		_ = got.Body.Close()
		want, missing := os.ReadFile(golden + "/" + name + ".html")
		if err != nil || missing != nil || string(body) != string(want) || (got.StatusCode == 404) != (name == notFound) {
			t.Errorf("%s: %d, %v, %v", name, got.StatusCode, err, missing)
		}
		for header, value := range statuspage.Headers() {
			if got.Header.Get(header) != value {
				t.Errorf("%s: %s is %q", name, header, got.Header.Get(header))
			}
		}
	}
	_ = end.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
