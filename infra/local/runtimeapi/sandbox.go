package runtimeapi

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/process"
)

// sandbox is one process of a function.
type sandbox struct {
	id      string
	pool    *pool
	server  *Server
	process *process.Process

	events chan *invocation
	asked  chan struct{} // one for each call of next
	failed chan []byte   // the payload of an init error

	mu      sync.Mutex
	current *invocation
}

// invocation is one event on its way through a sandbox.
type invocation struct {
	id       string
	payload  []byte
	deadline time.Time
	answer   chan Result
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}

func startSandbox(s *Server, p *pool) (*sandbox, error) {
	box := &sandbox{
		id: newID(), pool: p, server: s,
		events: make(chan *invocation), asked: make(chan struct{}, 1), failed: make(chan []byte, 1),
	}
	child, err := process.Start(process.Spec{
		Name:   p.Name,
		Path:   filepath.Join(p.Folder, "bootstrap"),
		Dir:    p.Folder,
		Env:    box.environment(),
		Output: s.logs.Writer(p.Name),
	})
	if err != nil {
		return nil, err
	}
	box.process = child
	return box, nil
}

// environment is all that the process sees: what Lambda sets and the function's own.
// The session token names the sandbox, so that the front can tell processes apart.
func (b *sandbox) environment() []string {
	f := b.pool.Function
	env := map[string]string{
		"AWS_LAMBDA_RUNTIME_API":          b.server.address + "/" + b.id,
		"AWS_LAMBDA_FUNCTION_NAME":        f.FunctionName,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.Memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       "/aws/lambda/" + f.FunctionName,
		"AWS_LAMBDA_LOG_STREAM_NAME":      b.id,
		"AWS_SESSION_TOKEN":               b.id,
		"LAMBDA_TASK_ROOT":                f.Folder,
		"_HANDLER":                        "bootstrap",
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin:/bin",
		"TZ":                              ":UTC",
	}
	for name, value := range f.Env {
		env[name] = value
	}
	var list []string
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

func (b *sandbox) alive() bool {
	select {
	case <-b.process.Done():
		return false
	default:
		return true
	}
}

func (b *sandbox) inInvocation() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current != nil && b.alive()
}

// run hands one event to the process and waits for what becomes of it.
func (b *sandbox) run(payload []byte, cold bool) Result {
	in := &invocation{id: newID(), payload: payload, answer: make(chan Result, 1)}
	if cold {
		if failure := b.awaitInit(in.id); failure != nil {
			return Result{Payload: failure, FunctionError: "Unhandled", RequestID: in.id}
		}
	}
	result := b.serve(in)
	b.mu.Lock()
	b.current = nil
	b.mu.Unlock()
	return result
}

func (b *sandbox) awaitInit(request string) []byte {
	timer := time.NewTimer(initTimeout)
	defer timer.Stop()
	select {
	case <-b.asked:
		return nil
	case payload := <-b.failed:
		return payload
	case <-b.process.Done():
		return b.exitPayload(request)
	case <-timer.C:
		b.process.Kill()
		return errorPayload("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds in init", request, initTimeout.Seconds())
	}
}

// serve waits until the process has taken the event and answered. The clock runs from
// here: a process that never asks for an event has timed out as well.
func (b *sandbox) serve(in *invocation) Result {
	timeout := b.pool.Timeout
	in.deadline = time.Now().Add(timeout)
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	result := Result{FunctionError: "Unhandled", RequestID: in.id}
	events := b.events
	for {
		select {
		case events <- in:
			events = nil
		case answer := <-in.answer:
			b.settle(timer.C)
			return answer
		case <-b.process.Done():
			return b.lastWord(in)
		case <-timer.C:
			b.process.Kill()
			result.Payload = errorPayload("Sandbox.Timedout", "RequestId: %s Error: Task timed out after %.2f seconds", in.id, timeout.Seconds())
			return result
		}
	}
}

// settle waits until the process asks for its next event, which ends an invocation. A
// runtime that has reported a panic exits instead, and must not be given another event.
func (b *sandbox) settle(timeout <-chan time.Time) {
	select {
	case <-b.asked:
	case <-b.process.Done():
	case <-timeout:
		b.process.Kill()
	}
}

// lastWord prefers an answer that came before the end over the end.
func (b *sandbox) lastWord(in *invocation) Result {
	select {
	case answer := <-in.answer:
		return answer
	default:
		return Result{Payload: b.exitPayload(in.id), FunctionError: "Unhandled", RequestID: in.id}
	}
}

func (b *sandbox) exitPayload(request string) []byte {
	return errorPayload("Runtime.ExitError", "RequestId: %s Error: Runtime exited with error: %s", request, b.process.Exit())
}

// next is where an idle process waits.
func (b *sandbox) next(w http.ResponseWriter, r *http.Request) {
	select {
	case b.asked <- struct{}{}:
	case <-r.Context().Done():
		return
	}
	select {
	case in := <-b.events:
		b.mu.Lock()
		b.current = in
		b.mu.Unlock()
		b.server.began()
		b.deliver(w, in)
	case <-r.Context().Done():
	}
}

func (b *sandbox) deliver(w http.ResponseWriter, in *invocation) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Lambda-Runtime-Aws-Request-Id", in.id)
	header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
	header.Set("Lambda-Runtime-Invoked-Function-Arn", b.pool.ARN)
	header.Set("Lambda-Runtime-Trace-Id", fmt.Sprintf("Root=1-%08x-%s;Sampled=0", time.Now().Unix(), in.id[12:13]+"00000000000000000000000"))
	_, _ = w.Write(in.payload)
}

func (b *sandbox) response(w http.ResponseWriter, r *http.Request) {
	payload, err := readPayload(r)
	if err != nil {
		b.answer(w, r, Result{Payload: errorPayload("Function.ResponseSizeTooLarge", "%v", err), FunctionError: "Unhandled"})
		return
	}
	b.answer(w, r, Result{Payload: payload})
}

func (b *sandbox) failure(w http.ResponseWriter, r *http.Request) {
	payload, err := readPayload(r)
	if err != nil {
		payload = errorPayload("Function.ResponseSizeTooLarge", "%v", err)
	}
	b.answer(w, r, Result{Payload: payload, FunctionError: "Unhandled"})
}

func (b *sandbox) answer(w http.ResponseWriter, r *http.Request, result Result) {
	b.mu.Lock()
	in := b.current
	b.mu.Unlock()
	if in == nil || in.id != r.PathValue("request") {
		http.Error(w, `{"errorType":"InvalidRequestID"}`, http.StatusBadRequest)
		return
	}
	result.RequestID = in.id
	select {
	case in.answer <- result:
	default: // a second answer changes nothing
	}
	w.WriteHeader(http.StatusAccepted)
}

func (b *sandbox) initFailure(w http.ResponseWriter, r *http.Request) {
	payload, err := readPayload(r)
	if err != nil {
		payload = errorPayload("Runtime.InitError", "%v", err)
	}
	select {
	case b.failed <- payload:
	default:
	}
	w.WriteHeader(http.StatusAccepted)
}
