// Command statuspages serves the golden pages of shared/statuspage on 127.0.0.1, each
// as /status/NAME with the headers that the status function sends, for the browser
// tests. The golden files are byte for byte what the code writes: a test there holds
// that. It prints one line of JSON, {"url", "pages"}, and ends with its standard input.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

const golden = "shared/statuspage/testdata"

// notFound is the page for codes that have none: the only one answered with 404.
const notFound = "not-found"

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "statuspages:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	pages, err := load(golden)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: (&site{pages: pages}).handler()}
	go func() { _ = server.Serve(listener) }()
	defer func() { _ = server.Close() }()
	names := make([]string, 0, len(pages))
	for name := range pages {
		names = append(names, name)
	}
	if err := json.NewEncoder(out).Encode(map[string]any{"url": "http://" + listener.Addr().String(), "pages": names}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// load reads every golden page, and misses none: each state of a request has one.
func load(folder string) (map[string][]byte, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.html"))
	if err != nil {
		return nil, err
	}
	pages := map[string][]byte{}
	for _, file := range files {
		page, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(filepath.Base(file), ".html")] = page
	}
	return pages, complete(pages)
}

func complete(pages map[string][]byte) error {
	var missing []error
	for _, name := range append(request.States(), notFound) {
		if _, ok := pages[string(name)]; !ok {
			missing = append(missing, fmt.Errorf("no golden page %s.html: run go test ./shared/statuspage -update", name))
		}
	}
	return errors.Join(missing...)
}

// site serves the pages and remembers what was asked for, so that a test can say that
// nothing else was.
type site struct {
	pages map[string][]byte

	mu    sync.Mutex
	asked []string
}

func (s *site) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /asked", func(w http.ResponseWriter, _ *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.asked)
	})
	mux.HandleFunc("/", s.page)
	return mux
}

func (s *site) page(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	name := strings.TrimPrefix(r.URL.Path, "/status/")
	page, known := s.pages[name]
	for header, value := range statuspage.Headers() {
		w.Header().Set(header, value)
	}
	w.Header().Set("Content-Type", statuspage.ContentTypeHTML)
	if name == notFound || !known {
		w.WriteHeader(http.StatusNotFound)
	}
	_, _ = io.Copy(w, bytes.NewReader(page))
}
