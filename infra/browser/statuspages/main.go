// Command statuspages serves the golden pages of shared/statuspage and shared/linkpage on
// 127.0.0.1, as /status/NAME and /link/NAME with the headers that the functions send, for
// the browser tests. The golden files are byte for byte what the code writes: tests there
// hold that. It prints one line of JSON, {"url", "pages": {path: status}}, and ends with
// its standard input.
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

	"github.com/mikla-ai/data-deletion/shared/linkpage"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// golden are the folders of the pages, by the path under which they are served.
var golden = map[string]string{"/status/": "shared/statuspage/testdata", "/link/": "shared/linkpage/testdata"}

// statuses of the pages that do not come with 200, by name without the language.
var statuses = map[string]int{
	"/status/not-found":     http.StatusNotFound,
	"/link/gone":            http.StatusNotFound,
	"/link/throttled":       http.StatusTooManyRequests,
	"/link/confirm-nothing": http.StatusUnprocessableEntity,
	"/link/closure-wrong":   http.StatusUnprocessableEntity,
}

func statusOf(path string) int {
	plain, _, _ := strings.Cut(path, ".")
	if status, other := statuses[plain]; other {
		return status
	}
	return http.StatusOK
}

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "statuspages:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	pages, err := load()
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
	told := map[string]int{}
	for path := range pages {
		told[path] = statusOf(path)
	}
	if err := json.NewEncoder(out).Encode(map[string]any{"url": "http://" + listener.Addr().String(), "pages": told}); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// load reads every golden page, by path, and misses none: each state of a request has
// one, and each kind of link.
func load() (map[string][]byte, error) {
	pages := map[string][]byte{}
	for prefix, folder := range golden {
		files, err := filepath.Glob(filepath.Join(folder, "*.html"))
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			pages[prefix+strings.TrimSuffix(filepath.Base(file), ".html")] = content
		}
	}
	return pages, complete(pages)
}

func complete(pages map[string][]byte) error {
	var missing []error
	for _, path := range needed() {
		if _, ok := pages[path]; !ok {
			missing = append(missing, fmt.Errorf("no golden page for %s: run go test with -update in its package", path))
		}
	}
	return errors.Join(missing...)
}

func needed() []string {
	var paths []string
	for path := range statuses {
		paths = append(paths, path)
	}
	for _, s := range request.States() {
		paths = append(paths, "/status/"+string(s), "/status/"+string(s)+".ar")
	}
	for _, k := range linkpage.Kinds() {
		paths = append(paths, "/link/"+string(k), "/link/"+string(k)+"-done", "/link/"+string(k)+".ar")
	}
	return paths
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
	mux.HandleFunc("/", s.serve)
	return mux
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.Method+" "+r.URL.Path)
	s.mu.Unlock()
	content, known := s.pages[r.URL.Path]
	for header, value := range page.Headers() {
		w.Header().Set(header, value)
	}
	w.Header().Set("Content-Type", page.ContentTypeHTML)
	if !known {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.WriteHeader(statusOf(r.URL.Path))
	_, _ = io.Copy(w, bytes.NewReader(content))
}
