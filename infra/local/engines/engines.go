// Package engines starts the emulators that others keep: DynamoDB Local for DynamoDB
// and moto for S3, SQS, Step Functions, KMS and Secrets Manager.
package engines

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/process"
)

//go:embed moto_server.py
var motoSource string

//go:embed DynamoDBLocal.java
var dynamoSource []byte

// Engine is a running emulator at URL.
type Engine struct {
	*process.Process
	URL  string
	logs *logbook.Book
}

// Crash describes the end of an engine that nobody asked to end. Only after Done.
func (e *Engine) Crash() error {
	return crash(e.Process, e.logs)
}

func crash(p *process.Process, logs *logbook.Book) error {
	return fmt.Errorf("%s ended (%s); its last lines:\n  %s", p.Name, p.Exit(), strings.Join(logs.Last(p.Name, 12), "\n  "))
}

// WorkflowAccessKey is what moto's state machines sign their calls with.
const WorkflowAccessKey = "ak"

const startTimeout = 60 * time.Second

// StartDynamoDB runs DynamoDB Local in memory. root is the repository.
func StartDynamoDB(ctx context.Context, root string, logs *logbook.Book) (*Engine, error) {
	home := filepath.Join(root, ".tools", "dynamodb-local")
	jar := filepath.Join(home, "DynamoDBLocal.jar")
	if err := installed(jar); err != nil {
		return nil, err
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, fmt.Errorf("DynamoDB Local needs Java 17 or newer: %w", err)
	}
	launcher, err := writeLauncher(root)
	if err != nil {
		return nil, err
	}
	libraries := filepath.Join(home, "DynamoDBLocal_lib")
	return start(ctx, logs, process.Spec{
		Name: "DynamoDB Local",
		Path: java,
		Args: []string{
			"-Djava.library.path=" + libraries, "-XX:+UseSerialGC", "-Xshare:auto",
			"-cp", jar + string(os.PathListSeparator) + filepath.Join(libraries, "*"),
			launcher, "-inMemory", "-sharedDb", "-disableTelemetry",
		},
		Dir: home,
		// The option alone still tries the network.
		Env: append(inherited("PATH", "HOME", "JAVA_HOME", "TMPDIR"), "DDB_LOCAL_TELEMETRY=0"),
	})
}

// writeLauncher puts the embedded source where Java can run it, whole or not at all,
// since another stack may be starting beside us.
func writeLauncher(root string) (string, error) {
	path := filepath.Join(root, ".build", "local", "DynamoDBLocal.java")
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, dynamoSource) {
		return path, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", fmt.Errorf("write launcher: %w", err)
	}
	draft := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(draft, dynamoSource, 0o644); err != nil {
		return "", fmt.Errorf("write launcher: %w", err)
	}
	if err := os.Rename(draft, path); err != nil {
		return "", fmt.Errorf("write launcher: %w", err)
	}
	return path, nil
}

// StartMoto runs moto for one account. frontPort is where its state machines find the
// other services.
func StartMoto(ctx context.Context, root, account string, frontPort int, logs *logbook.Book) (*Engine, error) {
	python := filepath.Join(root, ".tools", "python", "bin", "python")
	if err := installed(python); err != nil {
		return nil, err
	}
	engine, err := start(ctx, logs, process.Spec{
		Name: "moto",
		Path: python,
		Args: []string{"-c", motoSource},
		Dir:  root,
		Env: append(inherited("PATH", "HOME", "TMPDIR"),
			fmt.Sprintf("MOTO_PORT=%d", frontPort), "MOTO_ACCOUNT_ID="+account,
			"PYTHONUNBUFFERED=1", "PYTHONWARNINGS=ignore", "AWS_EC2_METADATA_DISABLED=true"),
	})
	if err != nil {
		return nil, err
	}
	// Without this, started executions are only stored.
	if err := post(ctx, engine.URL+"/moto-api/config", `{"stepfunctions":{"execute_state_machine":true}}`); err != nil {
		engine.Kill()
		return nil, fmt.Errorf("configure moto: %w", err)
	}
	return engine, nil
}

// Remembered is every text that the engine's services hold; only moto has it.
func (e *Engine) Remembered(ctx context.Context) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.URL+"/remembered", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("moto answered %d to the question what it remembers", response.StatusCode)
	}
	return string(text), err
}

func installed(path string) error {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%s is missing: run `make tools`", path)
	}
	return nil
}

func inherited(names ...string) []string {
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}

// start runs an engine and waits until it says where it listens.
func start(ctx context.Context, logs *logbook.Book, spec process.Spec) (*Engine, error) {
	announced := make(chan string, 1)
	spec.HoldStdin = true
	spec.Output = io.MultiWriter(logs.Writer(spec.Name), &announcement{found: announced})
	child, err := process.Start(spec)
	if err != nil {
		return nil, err
	}
	select {
	case port := <-announced:
		return &Engine{Process: child, URL: "http://127.0.0.1:" + port, logs: logs}, nil
	case <-child.Done():
		return nil, crash(child, logs)
	case <-time.After(startTimeout):
		child.Kill()
		return nil, fmt.Errorf("%s did not start within %s", spec.Name, startTimeout)
	case <-ctx.Done():
		child.Kill()
		return nil, context.Cause(ctx)
	}
}

var listening = regexp.MustCompile(`(?m)^listening on (\d+)\s*$`)

// announcement looks for the port in the first output of an engine.
type announcement struct {
	seen  []byte
	found chan<- string
}

func (a *announcement) Write(p []byte) (int, error) {
	if a.found == nil {
		return len(p), nil
	}
	a.seen = append(a.seen, p...)
	if match := listening.FindSubmatch(a.seen); match != nil {
		a.found <- string(match[1])
		a.found, a.seen = nil, nil
	}
	return len(p), nil
}

func post(ctx context.Context, url, body string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("status %d", response.StatusCode)
	}
	return nil
}
