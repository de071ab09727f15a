package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// runtimeAPI is as much of Lambda's Runtime API as a function sees that is
// started, and given one event at most. Whatever is called besides counts as a
// call to AWS, since the functions' endpoint for AWS is here unless it is set.
type runtimeAPI struct {
	address string
	server  *http.Server
	waiting sync.Map // number of the start -> *child
	number  atomic.Int64
	calls   atomic.Int64
	done    chan struct{}
}

// child is a process that was started. The event is nil for one that is only
// started.
type child struct {
	event   []byte
	given   atomic.Bool
	first   chan arrival // it asked for an event, or cannot start
	answers chan answer
}

// answer is what became of an event.
type answer struct {
	at     time.Time
	failed bool
	body   []byte
}

// arrival is the first thing that a process says.
type arrival struct {
	at     time.Time
	failed bool
}

// patience is how long a process may take until it says something.
const patience = 10 * time.Second

func serveRuntime() (*runtimeAPI, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the runtime API: %w", err)
	}
	api := &runtimeAPI{address: listener.Addr().String(), done: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{start}/2018-06-01/runtime/invocation/next", api.next)
	mux.HandleFunc("POST /{start}/2018-06-01/runtime/invocation/{id}/response", api.answered(false))
	mux.HandleFunc("POST /{start}/2018-06-01/runtime/invocation/{id}/error", api.answered(true))
	mux.HandleFunc("POST /{start}/2018-06-01/runtime/init/error", api.initError)
	mux.HandleFunc("/", api.other)
	api.server = &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	go func() { _ = api.server.Serve(listener) }()
	return api, nil
}

func (a *runtimeAPI) close() {
	close(a.done)
	_ = a.server.Close()
}

// next notes the time, hands out the event, and after that keeps the process
// waiting, as an idle one waits.
func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	c := a.child(r)
	if c != nil && c.event != nil && c.given.CompareAndSwap(false, true) {
		c.arrived(arrival{at: time.Now()})
		header := w.Header()
		header.Set("Lambda-Runtime-Aws-Request-Id", "1")
		header.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(lambdaTime).UnixMilli(), 10))
		_, _ = w.Write(c.event)
		return
	}
	c.arrived(arrival{at: time.Now()})
	select {
	case <-r.Context().Done():
	case <-a.done:
	}
}

// answered takes the answer to the event.
func (a *runtimeAPI) answered(failed bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		at := time.Now()
		body, err := io.ReadAll(r.Body)
		if c := a.child(r); c != nil && err == nil {
			select {
			case c.answers <- answer{at, failed, body}:
			default: // there was one
			}
		}
		w.WriteHeader(http.StatusAccepted)
	}
}

// child is the process that calls; nil if it is none of ours.
func (a *runtimeAPI) child(r *http.Request) *child {
	found, _ := a.waiting.Load(r.PathValue("start"))
	c, _ := found.(*child)
	return c
}

// arrived passes on the first thing that the process says.
func (c *child) arrived(what arrival) {
	if c == nil {
		return
	}
	select {
	case c.first <- what:
	default:
	}
}

func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	a.child(r).arrived(arrival{failed: true})
	w.WriteHeader(http.StatusAccepted)
}

func (a *runtimeAPI) other(w http.ResponseWriter, _ *http.Request) {
	a.calls.Add(1)
	w.WriteHeader(http.StatusInternalServerError)
}

// takeCalls gives the number of calls to AWS since it was last asked.
func (a *runtimeAPI) takeCalls() int { return int(a.calls.Swap(0)) }

// start runs the binary until it asks for its first event, and ends it.
func (a *runtimeAPI) start(path string, environment map[string]string) (time.Duration, error) {
	var took time.Duration
	err := a.run(path, environment, patience, nil, func(_ int, _ *child, began time.Time, what arrival) (err error) {
		took, err = what.since(began)
		return err
	})
	return took, err
}

// lambdaTime is what a function is told that it has, as in the cloud.
const lambdaTime = 15 * time.Minute

// work is what one event took of a process.
type work struct {
	took   time.Duration // from the event to its answer
	cpu    time.Duration // of the process, its start included
	peak   int64         // bytes: the most memory that it ever had
	answer []byte
}

// invoke runs the binary for one event, and ends it.
func (a *runtimeAPI) invoke(path string, environment map[string]string, event []byte) (work, error) {
	var done work
	err := a.run(path, environment, lambdaTime, event, func(pid int, c *child, _ time.Time, what arrival) error {
		if what.failed {
			return errors.New("reported that it cannot start")
		}
		answer := <-c.answers
		if answer.failed {
			return fmt.Errorf("failed: %s", answer.body)
		}
		use, err := usageOf(pid)
		done = work{took: answer.at.Sub(what.at), cpu: use.cpu, peak: use.peak, answer: answer.body}
		return err
	})
	return done, err
}

// run starts the binary, calls do once the process has said its first thing, and ends
// it. A process that ends by itself ends do as well.
func (a *runtimeAPI) run(path string, environment map[string]string, limit time.Duration, event []byte,
	do func(pid int, c *child, began time.Time, what arrival) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	number := strconv.FormatInt(a.number.Add(1), 10)
	c := &child{event: event, first: make(chan arrival, 1), answers: make(chan answer, 1)}
	a.waiting.Store(number, c)
	defer a.waiting.Delete(number)

	var said strings.Builder
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = a.environment(number, environment)
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Wait()
		c.answers <- answer{failed: true, body: []byte("the process has ended")}
	}()
	select {
	case what := <-c.first:
		err := do(cmd.Process.Pid, c, began, what)
		cancel()
		<-ended
		return err
	case err := <-ended:
		return errors.Join(fmt.Errorf("ended before it asked for an event: %s", strings.TrimSpace(said.String())), err)
	}
}

func (a arrival) since(began time.Time) (time.Duration, error) {
	if a.failed {
		return 0, errors.New("reported that it cannot start")
	}
	return a.at.Sub(began), nil
}

// environment is all that the process gets: nothing of this machine's, so that
// no real credentials or profiles come in.
func (a *runtimeAPI) environment(number string, own map[string]string) []string {
	all := map[string]string{
		"AWS_LAMBDA_RUNTIME_API": a.address + "/" + number,
		"AWS_ENDPOINT_URL":       "http://" + a.address + "/aws",
		"AWS_REGION":             "eu-west-1", "AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench",
		"AWS_EC2_METADATA_DISABLED": "true", "_HANDLER": "bootstrap",
		"AWS_LAMBDA_FUNCTION_NAME": "bench", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
		"AWS_LAMBDA_LOG_GROUP_NAME": "bench", "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
	}
	maps.Copy(all, own)
	var environment []string
	for name, value := range all {
		environment = append(environment, name+"="+value)
	}
	return environment
}
