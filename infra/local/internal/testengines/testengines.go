// Package testengines starts the real engines behind a front, for the tests of the
// packages that talk to them.
package testengines

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/infra/local/endpoint"
	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
)

// Where everything of the tests is.
const (
	Region  = "eu-west-1"
	Account = "000000000000"
)

// Engines are both engines behind one front at URL.
type Engines struct {
	URL   string
	Front *front.Front
	// Lambda answers Invoke; tests replace it.
	Lambda http.Handler
	// Killed receives the sandboxes that a fault ended.
	Killed chan string
	Logs   *logbook.Book

	running []*engines.Engine
	server  *http.Server
}

// Shared is set up by Main for the tests of one package.
var Shared *Engines

// Main starts the engines, runs the tests and ends the engines. Without the tools it
// fails: these tests are never skipped.
func Main(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	shared, err := start()
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need the engines:", err)
		return 1
	}
	defer shared.close()
	Shared = shared
	return m.Run()
}

func start() (*Engines, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e := &Engines{URL: "http://" + listener.Addr().String(), Logs: logbook.New(500, nil), Killed: make(chan string, 10)}
	if err := e.startEngines(root, listener.Addr().(*net.TCPAddr).Port); err != nil {
		e.close()
		return nil, err
	}
	e.server = &http.Server{Handler: e.Front}
	go func() { _ = e.server.Serve(listener) }()
	return e, nil
}

func (e *Engines) startEngines(root string, port int) error {
	ctx := context.Background()
	moto, err := engines.StartMoto(ctx, root, Account, port, e.Logs)
	if err != nil {
		return err
	}
	e.running = append(e.running, moto)
	dynamo, err := engines.StartDynamoDB(ctx, root, e.Logs)
	if err != nil {
		return err
	}
	e.running = append(e.running, dynamo)
	e.Front, err = front.New(front.Config{
		DynamoURL: dynamo.URL, MotoURL: moto.URL, Log: e.Logs.Writer("AWS"),
		Lambda: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.Lambda.ServeHTTP(w, r) }),
		Kill: func(sandbox string) bool {
			e.Killed <- sandbox
			return true
		},
	})
	return err
}

func (e *Engines) close() {
	if e.server != nil {
		_ = e.server.Close()
	}
	for _, engine := range e.running {
		engine.Kill()
	}
}

// Config is for a client that calls as a function of that name.
func (e *Engines) Config(function string) aws.Config {
	e.Front.Name(endpoint.AccessKey(function), function)
	return endpoint.Config(e.URL, Region, function)
}

func repository() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
	}
	return "", fmt.Errorf("no go.mod above the working directory")
}
