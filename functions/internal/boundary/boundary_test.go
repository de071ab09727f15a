package boundary_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const personal = "+49 151 00000001"

var kinds = []fault.Kind{fault.Internal, fault.Retry, fault.Permanent, fault.Conflict, fault.Invalid, fault.NotFound}

// asLambda makes the test's program a function that fails with the kind named.
const asLambda = "BOUNDARY_TEST_KIND"

func TestMain(m *testing.M) {
	name, set := os.LookupEnv(asLambda)
	if !set {
		os.Exit(m.Run())
	}
	if name == "no configuration" {
		boundary.Start(nil, errors.Join(errors.New("A is not set"), errors.New("B is not set")))
	}
	boundary.Start(boundary.Handler(failing(name), slog.New(slog.DiscardHandler)), nil)
}

// failing is a step that fails with the kind of that name.
type failing string

func (f failing) Run(_ context.Context, m workflow.Message) (workflow.Message, error) {
	for _, k := range kinds {
		if k.String() == string(f) {
			return m, fault.As(k, "the step", errors.New(personal))
		}
	}
	return m, fmt.Errorf("panic of nobody: %s", personal)
}

const message = `{"v":1,"request_id":"0123456789abcdef0123456789abcdef","run":2}`

// reported runs the program under a Runtime API and returns the error type and the
// body that it reports for one invocation.
func reported(t *testing.T, kind string) (string, string) {
	t.Helper()
	type report struct{ header, body string }
	reports := make(chan report, 1)
	given, done := make(chan struct{}, 1), make(chan struct{})
	given <- struct{}{}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, in *http.Request) {
		select {
		case <-given:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", "1")
			w.Header().Set("Lambda-Runtime-Deadline-Ms", "4102444800000")
			_, _ = io.WriteString(w, message)
		case <-done: // no second event
		case <-in.Context().Done():
		}
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/1/error", func(w http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		w.WriteHeader(http.StatusAccepted)
		reports <- report{in.Header.Get("Lambda-Runtime-Function-Error-Type"), string(body)}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	defer close(done)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asLambda+"="+kind, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(server.URL, "http://"))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- cmd.Wait() }()
	var got report
	select {
	case got = <-reports:
		_ = cmd.Process.Kill()
		<-exited
	case err := <-exited:
		t.Fatalf("the function ended before it reported: %v", err)
	}
	var body struct{ ErrorType string }
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || body.ErrorType == "" {
		t.Fatalf("reported %s: %v", got.body, err)
	}
	return body.ErrorType, got.header + got.body
}

// errorEquals lists the names of ours in the state machine's retriers and catchers,
// and checks that each task treats all of them alike.
func errorEquals(t *testing.T) []string {
	t.Helper()
	type clause struct {
		ErrorEquals []string
		MaxAttempts *int
	}
	var machine struct {
		States map[string]struct {
			Type         string
			Retry, Catch []clause
		}
	}
	src, err := os.ReadFile(filepath.Join(templateenv.Root(t), "infra", "statemachine", "deletion.asl.json"))
	if err == nil {
		err = json.Unmarshal(src, &machine)
	}
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for state, s := range machine.States {
		if s.Type != "Task" {
			continue
		}
		var never []string
		for _, c := range slices.Concat(s.Retry, s.Catch) {
			for _, name := range c.ErrorEquals {
				if strings.HasPrefix(name, "States.") {
					continue
				}
				names = append(names, name)
				if c.MaxAttempts != nil && *c.MaxAttempts == 0 {
					never = append(never, name)
				}
			}
		}
		slices.Sort(never)
		if !slices.Equal(never, []string{"Conflict", "Invalid", "NotFound", "Permanent"}) {
			t.Errorf("%s never retries %q", state, never)
		}
		if last := s.Retry[len(s.Retry)-1]; !slices.Equal(last.ErrorEquals, []string{"States.ALL"}) || *last.MaxAttempts == 0 {
			t.Errorf("%s does not retry everything else", state)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// The runtime reports Go's type names, the state machine compares with them: what one
// side calls an error, the other must know, but for RetryLater, which falls under the
// States.ALL of every task.
func TestErrorNamesAreTheStateMachines(t *testing.T) {
	var names []string
	for _, kind := range append(slices.Clone(kinds), -1) {
		name, report := reported(t, kind.String())
		if strings.Contains(report, personal) {
			t.Errorf("%s: the report quotes a foreign error: %s", kind, report)
		}
		names = append(names, name)
	}
	if want := []string{"RetryLater", "RetryLater", "Permanent", "Conflict", "Invalid", "NotFound", "RetryLater"}; !slices.Equal(names, want) {
		t.Errorf("reported %q, want %q", names, want)
	}
	slices.Sort(names)
	known := slices.DeleteFunc(slices.Compact(names), func(n string) bool { return n == "RetryLater" })
	if got := errorEquals(t); !slices.Equal(got, known) {
		t.Errorf("the state machine names %q, the functions report %q", got, known)
	}
}

func TestErrorTranslatesOnce(t *testing.T) {
	if boundary.Error(nil) != nil {
		t.Error("success became an error")
	}
	for _, kind := range kinds {
		err := boundary.Error(fmt.Errorf("%s: %w", personal, fault.New(kind, "the step")))
		if err.Error() != "the step" || reflect.TypeOf(err).Kind() != reflect.Struct {
			t.Errorf("%s became %T with %q", kind, err, err)
		}
	}
}

func TestMissingConfigurationEndsTheProcess(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), asLambda+"=no configuration")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "A is not set\nB is not set") {
		t.Errorf("got %v with %s", err, out)
	}
}

// echo is a step that succeeds.
type echo struct{}

func (echo) Run(_ context.Context, m workflow.Message) (workflow.Message, error) {
	m.Next = workflow.NextPurge
	return m, nil
}

func TestHandlerLogsByRequest(t *testing.T) {
	for name, c := range map[string]struct {
		step  boundary.Step
		event string
		want  string
		log   string
	}{
		"done":    {echo{}, message, "", `"msg":"step done","request_id":"0123456789abcdef0123456789abcdef","run":2,"next":"purge"`},
		"failed":  {failing("conflict"), message, "the step: internal error", `"msg":"step failed","request_id":"0123456789abcdef0123456789abcdef","run":2,"kind":"conflict","error":"the step: internal error"`},
		"invalid": {echo{}, `{"v":2,"text":"` + personal + `"}`, "a message has a version that this program does not know", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			out, err := boundary.Handler(c.step, slog.New(slog.NewJSONHandler(&log, nil)))(t.Context(), json.RawMessage(c.event))
			if (err == nil) != (c.want == "") || (err != nil && err.Error() != c.want) || (err == nil && out.Next != workflow.NextPurge) {
				t.Errorf("got %+v, %v", out, err)
			}
			if !strings.Contains(log.String(), c.log) || strings.Contains(log.String(), personal) || (c.log == "") != (log.Len() == 0) {
				t.Errorf("logged %s", &log)
			}
		})
	}
}
