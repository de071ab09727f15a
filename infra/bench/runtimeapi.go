package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// runtimeAPI is as much of Lambda's Runtime API as the start of a function
// sees. It hands out no event. Whatever is called besides counts as a call to
// AWS, since the functions' endpoint for AWS is here too.
type runtimeAPI struct {
	address  string
	server   *http.Server
	arrivals sync.Map // number of the start -> chan arrival
	number   atomic.Int64
	calls    atomic.Int64
	done     chan struct{}
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

// next notes the time and keeps the process waiting, as an idle one waits.
func (a *runtimeAPI) next(_ http.ResponseWriter, r *http.Request) {
	a.arrived(r, arrival{at: time.Now()})
	select {
	case <-r.Context().Done():
	case <-a.done:
	}
}

func (a *runtimeAPI) initError(w http.ResponseWriter, r *http.Request) {
	a.arrived(r, arrival{failed: true})
	w.WriteHeader(http.StatusAccepted)
}

func (a *runtimeAPI) other(w http.ResponseWriter, _ *http.Request) {
	a.calls.Add(1)
	w.WriteHeader(http.StatusInternalServerError)
}

func (a *runtimeAPI) arrived(r *http.Request, what arrival) {
	if first, waiting := a.arrivals.LoadAndDelete(r.PathValue("start")); waiting {
		first.(chan arrival) <- what
	}
}

// takeCalls gives the number of calls to AWS since it was last asked.
func (a *runtimeAPI) takeCalls() int { return int(a.calls.Swap(0)) }

// start runs the binary until it asks for its first event, and ends it.
func (a *runtimeAPI) start(path string, environment map[string]string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	number := strconv.FormatInt(a.number.Add(1), 10)
	first := make(chan arrival, 1)
	a.arrivals.Store(number, first)
	defer a.arrivals.Delete(number)

	var said strings.Builder
	cmd := exec.CommandContext(ctx, path)
	cmd.Env = a.environment(number, environment)
	cmd.Stdout, cmd.Stderr = io.Discard, &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case what := <-first:
		cancel()
		<-ended
		return what.since(began)
	case err := <-ended:
		return 0, errors.Join(fmt.Errorf("ended before it asked for an event: %s", strings.TrimSpace(said.String())), err)
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
	environment := []string{
		"AWS_LAMBDA_RUNTIME_API=" + a.address + "/" + number,
		"AWS_ENDPOINT_URL=http://" + a.address + "/aws",
		"AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=bench", "AWS_SECRET_ACCESS_KEY=bench",
		"AWS_EC2_METADATA_DISABLED=true", "_HANDLER=bootstrap",
		"AWS_LAMBDA_FUNCTION_NAME=bench", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_LOG_GROUP_NAME=bench", "AWS_LAMBDA_LOG_STREAM_NAME=bench",
	}
	for name, value := range own {
		environment = append(environment, name+"="+value)
	}
	return environment
}
