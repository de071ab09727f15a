// Package runtimeapi runs Lambda functions: it serves the Lambda Runtime API to real
// bootstrap binaries, one child process for each concurrent invocation, which it
// keeps for the next one.
package runtimeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/logbook"
)

// Function is what a template says of a deployed function.
type Function struct {
	// Name is the short one: the folder under functions/.
	Name         string
	FunctionName string
	ARN          string
	// Folder holds the bootstrap binary.
	Folder  string
	Env     map[string]string
	Timeout time.Duration
	Memory  int
	// Concurrency is how many invocations may run at once; 0 means the account's limit.
	Concurrency int
}

// Result is the answer to one invocation. FunctionError is "" or "Unhandled", as in
// the header X-Amz-Function-Error; Payload is then {errorType, errorMessage}.
type Result struct {
	Payload       []byte
	FunctionError string
	RequestID     string
}

// Limits of Lambda itself.
const (
	accountConcurrency = 1000
	initTimeout        = 10 * time.Second
	maxPayload         = 6 << 20
)

// Refusals that come before a function runs.
var (
	ErrNoFunction = errors.New("no such function")
	ErrThrottled  = errors.New("rate exceeded")
	ErrTooLarge   = errors.New("payload is larger than 6 MB")
	errClosed     = errors.New("the local stack is closing")
)

// Server is the Runtime API together with the sandboxes that use it.
type Server struct {
	address string
	server  *http.Server
	logs    *logbook.Book

	mu        sync.Mutex
	functions map[string]*pool
	sandboxes map[string]*sandbox
	changed   chan struct{} // closed and replaced whenever an invocation begins
	closed    bool
}

// pool is one function with its sandboxes.
type pool struct {
	Function
	idle    []*sandbox
	running int
}

// New opens the Runtime API on a free port of 127.0.0.1.
func New(logs *logbook.Book) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("open the runtime API: %w", err)
	}
	s := &Server{
		address: listener.Addr().String(), logs: logs,
		functions: map[string]*pool{}, sandboxes: map[string]*sandbox{}, changed: make(chan struct{}),
	}
	s.server = &http.Server{Handler: s.routes(), ErrorLog: nil}
	go func() { _ = s.server.Serve(listener) }()
	return s, nil
}

// Register makes a function known under its names and its ARN.
func (s *Server) Register(f Function) error {
	bootstrap := filepath.Join(f.Folder, "bootstrap")
	if info, err := os.Stat(bootstrap); err != nil || info.Mode()&0o111 == 0 {
		return fmt.Errorf("function %s has no program %s: run `make build`", f.Name, bootstrap)
	}
	p := &pool{Function: f}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{f.Name, f.FunctionName, f.ARN} {
		s.functions[name] = p
	}
	return nil
}

// Functions returns the short names of everything that is registered.
func (s *Server) Functions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name, p := range s.functions {
		if name == p.Name {
			names = append(names, name)
		}
	}
	return names
}

// Invoke runs a function and waits for its answer. As in Lambda, an invocation goes on
// when its caller leaves. The error is a refusal; what happens inside is the Result.
func (s *Server) Invoke(name string, payload []byte) (Result, error) {
	if len(payload) > maxPayload {
		return Result{}, ErrTooLarge
	}
	box, cold, err := s.acquire(name)
	if err != nil {
		return Result{}, err
	}
	result := box.run(payload, cold)
	s.release(box)
	return result, nil
}

// acquire takes an idle sandbox or starts one.
func (s *Server) acquire(name string) (*sandbox, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.functions[name]
	switch {
	case s.closed:
		return nil, false, errClosed
	case !ok:
		return nil, false, fmt.Errorf("%w: %s", ErrNoFunction, name)
	case p.running >= p.limit():
		return nil, false, fmt.Errorf("%w: %s", ErrThrottled, name)
	}
	for len(p.idle) > 0 {
		box := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if box.alive() {
			p.running++
			return box, false, nil
		}
		delete(s.sandboxes, box.id)
	}
	box, err := startSandbox(s, p)
	if err != nil {
		return nil, false, err
	}
	s.sandboxes[box.id] = box
	p.running++
	return box, true, nil
}

func (p *pool) limit() int {
	if p.Concurrency > 0 {
		return p.Concurrency
	}
	return accountConcurrency
}

func (s *Server) release(box *sandbox) {
	s.mu.Lock()
	defer s.mu.Unlock()
	box.pool.running--
	if box.alive() && !s.closed {
		box.pool.idle = append(box.pool.idle, box)
		return
	}
	delete(s.sandboxes, box.id)
}

// began wakes who waits for an invocation.
func (s *Server) began() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// AwaitInvocation returns as soon as the function is in an invocation.
func (s *Server) AwaitInvocation(ctx context.Context, name string) error {
	for {
		s.mu.Lock()
		busy, changed := len(s.busy(name)) > 0, s.changed
		s.mu.Unlock()
		if busy {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("await an invocation of %s: %w", name, context.Cause(ctx))
		}
	}
}

// Kill ends the processes that are running an invocation of the function, with
// SIGKILL, and returns how many there were.
func (s *Server) Kill(name string) int {
	s.mu.Lock()
	boxes := s.busy(name)
	s.mu.Unlock()
	for _, box := range boxes {
		box.process.Kill()
	}
	return len(boxes)
}

// KillSandbox ends one process by the ID that its session token carries.
func (s *Server) KillSandbox(id string) bool {
	s.mu.Lock()
	box, ok := s.sandboxes[id]
	s.mu.Unlock()
	if ok {
		box.process.Kill()
	}
	return ok
}

// busy lists the sandboxes in an invocation. The caller holds the lock.
func (s *Server) busy(name string) []*sandbox {
	var found []*sandbox
	for _, box := range s.sandboxes {
		if box.pool == s.functions[name] && box.inInvocation() {
			found = append(found, box)
		}
	}
	return found
}

// Close ends every process.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	var boxes []*sandbox
	for _, box := range s.sandboxes {
		boxes = append(boxes, box)
	}
	s.mu.Unlock()
	for _, box := range boxes {
		box.process.Kill()
	}
	_ = s.server.Close()
}

// routes is the Runtime API, version 2018-06-01, once for each sandbox.
func (s *Server) routes() http.Handler {
	const prefix = "/{sandbox}/2018-06-01/runtime/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+prefix+"invocation/next", s.with((*sandbox).next))
	mux.HandleFunc("POST "+prefix+"invocation/{request}/response", s.with((*sandbox).response))
	mux.HandleFunc("POST "+prefix+"invocation/{request}/error", s.with((*sandbox).failure))
	mux.HandleFunc("POST "+prefix+"init/error", s.with((*sandbox).initFailure))
	return mux
}

func (s *Server) with(handle func(*sandbox, http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		box, ok := s.sandboxes[r.PathValue("sandbox")]
		s.mu.Unlock()
		if !ok {
			http.Error(w, `{"errorType":"InvalidSandbox"}`, http.StatusNotFound)
			return
		}
		handle(box, w, r)
	}
}

func errorPayload(kind, format string, arguments ...any) []byte {
	payload, _ := json.Marshal(map[string]string{"errorType": kind, "errorMessage": fmt.Sprintf(format, arguments...)})
	return payload
}

// readPayload reads what a function answers, up to Lambda's limit.
func readPayload(r *http.Request) ([]byte, error) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, maxPayload+1))
	if err != nil {
		return nil, err
	}
	if len(payload) > maxPayload {
		return nil, ErrTooLarge
	}
	return payload, nil
}
