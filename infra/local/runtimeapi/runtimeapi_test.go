package runtimeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/internal/testbootstrap"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
)

var functions string

func TestMain(m *testing.M) {
	var err error
	if functions, err = testbootstrap.Build("echo"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(functions)
	os.Exit(code)
}

func echo() Function {
	return Function{
		Name: "echo", FunctionName: "mikla-dev-deletion-echo",
		ARN:    "arn:aws:lambda:eu-west-1:000000000000:function:mikla-dev-deletion-echo",
		Folder: filepath.Join(functions, "echo"), Timeout: 30 * time.Second, Memory: 256,
		Env: map[string]string{"GIVEN": "yes"},
	}
}

func serve(t *testing.T, change func(*Function)) (*Server, *logbook.Book) {
	t.Helper()
	logs := logbook.New(100, nil)
	server, err := New(logs)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	f := echo()
	if change != nil {
		change(&f)
	}
	if err := server.Register(f); err != nil {
		t.Fatal(err)
	}
	return server, logs
}

// ask invokes echo and reads the answer into out, if given.
func ask(t *testing.T, server *Server, do string, out any) Result {
	t.Helper()
	result, err := server.Invoke("echo", []byte(`{"do":"`+do+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(result.Payload, out); err != nil {
			t.Fatalf("%s: %v", result.Payload, err)
		}
	}
	return result
}

type failure struct {
	ErrorType    string `json:"errorType"`
	ErrorMessage string `json:"errorMessage"`
}

func TestAnswersWithTheFunctionsOwnWords(t *testing.T) {
	server, _ := serve(t, nil)
	for _, name := range []string{"echo", echo().FunctionName, echo().ARN} {
		result, err := server.Invoke(name, []byte(`{"n":12345678901234567890}`))
		if err != nil || string(result.Payload) != `{"n":12345678901234567890}` || result.FunctionError != "" {
			t.Errorf("%s: got %+v, %v", name, result, err)
		}
	}
}

func TestProcessIsReused(t *testing.T) {
	server, _ := serve(t, nil)
	var first, second struct{ PID, Count int }
	ask(t, server, "count", &first)
	ask(t, server, "count", &second)
	if first.PID != second.PID || second.Count != 2 {
		t.Errorf("got %+v then %+v, want the same process", first, second)
	}
}

func TestErrorsKeepTheirTypeName(t *testing.T) {
	server, _ := serve(t, nil)
	for do, want := range map[string]failure{
		"later": {"RetryLater", "not yet"},
		"fail":  {"errorString", "plain"},
		"panic": {"string", "boom"},
	} {
		var got failure
		result := ask(t, server, do, &got)
		if result.FunctionError != "Unhandled" || got != want {
			t.Errorf("%s: got %+v %+v, want %+v", do, result.FunctionError, got, want)
		}
	}
}

func TestPanicTakesItsProcessWithIt(t *testing.T) {
	server, _ := serve(t, nil)
	for range 20 {
		ask(t, server, "panic", nil)
		var after struct{ Count int }
		if result := ask(t, server, "count", &after); after.Count != 1 {
			t.Fatalf("got %s, want a fresh process", result.Payload)
		}
	}
}

func TestExitInTheMiddle(t *testing.T) {
	server, _ := serve(t, nil)
	var got failure
	result := ask(t, server, "exit", &got)
	if result.FunctionError != "Unhandled" || got.ErrorType != "Runtime.ExitError" || !strings.Contains(got.ErrorMessage, "exit status 3") {
		t.Errorf("got %+v", got)
	}
	var after struct{ Count int }
	if ask(t, server, "count", &after); after.Count != 1 {
		t.Errorf("got %+v, want a fresh process", after)
	}
}

func TestExitInInit(t *testing.T) {
	server, _ := serve(t, func(f *Function) { f.Env["FAIL_INIT"] = "1" })
	var got failure
	if ask(t, server, "count", &got); got.ErrorType != "Runtime.ExitError" || !strings.Contains(got.ErrorMessage, "exit status 4") {
		t.Errorf("got %+v", got)
	}
}

func TestTimeoutKills(t *testing.T) {
	server, _ := serve(t, func(f *Function) { f.Timeout = 200 * time.Millisecond })
	var got failure
	if ask(t, server, "hang", &got); got.ErrorType != "Sandbox.Timedout" || !strings.Contains(got.ErrorMessage, "timed out after 0.20 seconds") {
		t.Errorf("got %+v", got)
	}
	if len(server.sandboxes) != 0 {
		t.Errorf("%d sandboxes are left", len(server.sandboxes))
	}
}

func TestDeadlineReachesTheFunction(t *testing.T) {
	server, _ := serve(t, nil)
	var got struct {
		At  time.Time
		Set bool
	}
	ask(t, server, "deadline", &got)
	if left := time.Until(got.At); !got.Set || left < 25*time.Second || left > 30*time.Second {
		t.Errorf("deadline is in %s, want just under 30 s", left)
	}
}

func TestKillInTheMiddleOfAnInvocation(t *testing.T) {
	server, _ := serve(t, nil)
	answer := make(chan Result)
	go func() {
		result, _ := server.Invoke("echo", []byte(`{"do":"hang"}`))
		answer <- result
	}()
	if err := server.AwaitInvocation(t.Context(), "echo"); err != nil {
		t.Fatal(err)
	}
	if killed := server.Kill("echo"); killed != 1 {
		t.Errorf("killed %d, want 1", killed)
	}
	if result := <-answer; !strings.Contains(string(result.Payload), "signal: killed") {
		t.Errorf("got %s", result.Payload)
	}
	if killed := server.Kill("echo"); killed != 0 {
		t.Errorf("killed %d more, want none", killed)
	}
}

func TestAwaitGivesUpWithItsContext(t *testing.T) {
	server, _ := serve(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.AwaitInvocation(ctx, "echo"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestConcurrentInvocationsHaveTheirOwnProcess(t *testing.T) {
	server, _ := serve(t, func(f *Function) { f.Concurrency = 1 })
	done := make(chan struct{})
	go func() {
		_, _ = server.Invoke("echo", []byte(`{"do":"hang"}`))
		close(done)
	}()
	if err := server.AwaitInvocation(t.Context(), "echo"); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Invoke("echo", nil); !errors.Is(err, ErrThrottled) {
		t.Errorf("beyond the reserved concurrency: got %v", err)
	}
	server.Kill("echo")
	<-done
}

func TestEnvironmentIsTheFunctionsOnly(t *testing.T) {
	t.Setenv("MUST_NOT_BE_INHERITED", "1")
	server, _ := serve(t, nil)
	var env []string
	ask(t, server, "env", &env)
	var names []string
	for _, line := range env {
		name, _, _ := strings.Cut(line, "=")
		names = append(names, name)
	}
	for _, want := range []string{"GIVEN", "AWS_LAMBDA_FUNCTION_NAME", "AWS_SESSION_TOKEN", "_HANDLER"} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not set", want)
		}
	}
	if slices.Contains(names, "MUST_NOT_BE_INHERITED") || slices.Contains(names, "HOME") {
		t.Errorf("something is inherited: %v", names)
	}
}

func TestOutputIsLogged(t *testing.T) {
	server, logs := serve(t, func(f *Function) { f.Timeout = 100 * time.Millisecond })
	ask(t, server, "hang", nil)
	if lines := logs.Last("echo", 10); !slices.Contains(lines, "hanging") {
		t.Errorf("logged %q", lines)
	}
}

func TestCloseLeavesNoProcess(t *testing.T) {
	server, _ := serve(t, nil)
	var got struct{ PID int }
	ask(t, server, "count", &got)
	server.Close()
	if err := syscall.Kill(got.PID, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("process %d is still there: %v", got.PID, err)
	}
	if _, err := server.Invoke("echo", nil); !errors.Is(err, errClosed) {
		t.Errorf("after Close: got %v", err)
	}
}

func TestMissingProgram(t *testing.T) {
	server, _ := serve(t, nil)
	f := echo()
	f.Folder = t.TempDir()
	if err := server.Register(f); err == nil || !strings.Contains(err.Error(), "make build") {
		t.Errorf("got %v, want a hint to make build", err)
	}
}

func TestInvokeOverHTTP(t *testing.T) {
	server, _ := serve(t, nil)
	for _, c := range []struct {
		path, kind, body string
		status           int
		functionError    string
		errorType        string
	}{
		{"echo", "", `{"do":"echo"}`, 200, "", ""},
		{url.PathEscape(echo().ARN), "RequestResponse", `{"do":"later"}`, 200, "Unhandled", ""},
		{"nobody", "", `{}`, 404, "", "ResourceNotFoundException"},
		{"echo", "Event", `{}`, 400, "", "InvalidParameterValueException"},
		{"echo", "", `"` + strings.Repeat("x", maxPayload) + `"`, 413, "", "RequestTooLargeException"},
	} {
		request := httptest.NewRequest(http.MethodPost, "/2015-03-31/functions/"+c.path+"/invocations", strings.NewReader(c.body))
		request.Header.Set("X-Amz-Invocation-Type", c.kind)
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		header := answer.Result().Header
		if answer.Code != c.status || header.Get("X-Amz-Function-Error") != c.functionError || header.Get("X-Amzn-Errortype") != c.errorType {
			t.Errorf("%s: got %d %v", c.path, answer.Code, header)
		}
	}
}

func TestFunctionOf(t *testing.T) {
	for path, want := range map[string]string{
		"/2015-03-31/functions/purge/invocations":                                                        "purge",
		"/2015-03-31/functions/purge:7/invocations":                                                      "purge",
		"/2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A0%3Afunction%3Apurge%3Alive/invocations": "purge",
		"/2015-03-31/functions//invocations":                                                             "",
		"/2015-03-31/functions/purge":                                                                    "",
		"/elsewhere":                                                                                     "",
	} {
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := FunctionOf(u); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %v", path, got, ok)
		}
	}
}
