package stack_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/internal/testbootstrap"
	"github.com/mikla-ai/data-deletion/infra/local/stack"
)

var (
	functions string
	shared    *stack.Stack
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	var err error
	if functions, err = testbootstrap.Build("echo", "worker", "sweep"); err == nil {
		defer os.RemoveAll(functions)
		shared, err = stack.Start(context.Background(), options())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need a running stack:", err)
		return 1
	}
	defer shared.Close()
	return m.Run()
}

func options() stack.Options {
	return stack.Options{Templates: "testdata", Functions: functions, MetaApps: "testdata/apps.json", NoSchedules: true}
}

func call(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, shared.URLs.API+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/plain")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// compact is a JSON text without layout.
func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return out.String()
}

func TestAPI(t *testing.T) {
	status, text := call(t, "POST", "/echo/77", "hello")
	if status != 200 || !strings.Contains(text, `"body":"hello"`) || !strings.Contains(text, `"pathParameters":{"app":"77"}`) {
		t.Errorf("got %d %s", status, text)
	}
	if status, _ := call(t, "POST", "/echo/fail", ""); status != 502 {
		t.Errorf("failing function: got %d", status)
	}
	if status, text := call(t, "GET", "/echo/77", ""); status != 403 || text != `{"message":"Missing Authentication Token"}` {
		t.Errorf("unknown method: got %d %s", status, text)
	}
}

func TestSeedAndStores(t *testing.T) {
	if status, text := call(t, "POST", "/_local/seed", `{"ledger":[{"id":"seeded","n":1.50}],"media":[{"key":"k","content_type":"text/plain","text":"x"}]}`); status != 200 {
		t.Fatalf("got %d %s", status, text)
	}
	if _, text := call(t, "GET", "/_local/stores/ledger", ""); !strings.Contains(compact(t, text), `{"id":"seeded","n":1.5}`) {
		t.Errorf("got %s", text)
	}
	if _, text := call(t, "GET", "/_local/stores/media?versions=1", ""); !strings.Contains(compact(t, text), `"key":"k"`) {
		t.Errorf("got %s", text)
	}
	if status, text := call(t, "POST", "/_local/seed", `{"nothing":[]}`); status != 400 || !strings.Contains(text, "nothing") {
		t.Errorf("unknown store: got %d %s", status, text)
	}
	if status, _ := call(t, "GET", "/_local/stores/nothing", ""); status != 404 {
		t.Errorf("unknown store: got %d", status)
	}
	if _, text := call(t, "GET", "/_local/stores", ""); !strings.Contains(text, `"ledger"`) {
		t.Errorf("counts: got %s", text)
	}
}

func queueURL(t *testing.T, name string) *string {
	t.Helper()
	for _, queue := range shared.World.Queues {
		if queue.Name == name {
			return aws.String(queue.URL)
		}
	}
	t.Fatalf("no queue %s", name)
	return nil
}

func TestQueueToFunctionToTable(t *testing.T) {
	client := sqs.NewFromConfig(shared.AWSConfig())
	for _, body := range []string{"from the queue", "fail"} {
		if _, err := client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queueURL(t, "test-queue"), MessageBody: aws.String(body)}); err != nil {
			t.Fatal(err)
		}
	}
	// Once the failing one is among the dead letters, the other one was handled.
	dead, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queueURL(t, "test-dead"), WaitTimeSeconds: 10})
	if err != nil || len(dead.Messages) != 1 || *dead.Messages[0].Body != "fail" {
		t.Fatalf("dead letters %+v, %v", dead, err)
	}
	if _, text := call(t, "GET", "/_local/stores/ledger", ""); !strings.Contains(text, "from the queue") {
		t.Errorf("stored %s", text)
	}
	if _, text := call(t, "GET", "/_local/queues", ""); !strings.Contains(text, "test-dead") {
		t.Errorf("queues %s", text)
	}
	if !slices.ContainsFunc(shared.Front.Calls.List(), func(c front.Call) bool {
		return c.Function == "worker" && c.Service == "dynamodb" && c.Operation == "PutItem" && c.Resource == "test-ledger"
	}) {
		t.Errorf("recorded %+v", shared.Front.Calls.List())
	}
}

// execute starts an execution and waits for its end.
func execute(t *testing.T, name, input string) *sfn.DescribeExecutionOutput {
	t.Helper()
	client := sfn.NewFromConfig(shared.AWSConfig())
	started, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{
		StateMachineArn: aws.String(shared.World.StateMachines[0].ARN), Name: aws.String(name), Input: aws.String(input)})
	if err != nil {
		t.Fatal(err)
	}
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for range poll.C {
		got, err := client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: started.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != "RUNNING" {
			return got
		}
	}
	return nil
}

func TestStateMachineRunsFunctions(t *testing.T) {
	got := execute(t, "run-1", `{"do":"echo","v":1}`)
	if got.Status != "SUCCEEDED" || compact(t, *got.Output) != `{"do":"echo","v":1}` {
		t.Errorf("got %s %s", got.Status, aws.ToString(got.Output))
	}
	failed := execute(t, "run-2", `{"do":"later"}`)
	if failed.Status != "FAILED" || aws.ToString(failed.Error) != "RetryLater" {
		t.Errorf("got %s %s", failed.Status, aws.ToString(failed.Error))
	}
	_, text := call(t, "GET", "/_local/executions?history=1", "")
	for _, want := range []string{`"name":"run-1"`, `"status":"SUCCEEDED"`, `"input":{"do":"echo","v":1}`, `"state":"A"`, `"error":"RetryLater"`} {
		if !strings.Contains(compact(t, text), want) {
			t.Errorf("executions lack %s: %s", want, text)
		}
	}
}

func TestKillFaultEndsTheCallerBeforeItsCall(t *testing.T) {
	faults := `[{"service":"dynamodb","operation":"PutItem","kind":"kill","function":"worker"}]`
	if status, text := call(t, "POST", "/_local/faults", faults); status != 200 {
		t.Fatalf("got %d %s", status, text)
	}
	got := execute(t, "killed", `{"do":"put","table":"test-ledger","id":"after the kill"}`)
	if got.Status != "SUCCEEDED" {
		t.Errorf("the retry did not help: %s %s", got.Status, aws.ToString(got.Cause))
	}
	if _, text := call(t, "GET", "/_local/faults", ""); compact(t, text) != "[]" {
		t.Errorf("pending %s", text)
	}
	_, text := call(t, "GET", "/_local/executions?history=1", "")
	if !strings.Contains(text, "Runtime.ExitError") || !strings.Contains(text, "signal: killed") {
		t.Errorf("the first attempt was not killed: %s", text)
	}
}

func TestKillFunctionInTheMiddle(t *testing.T) {
	done := make(chan *sfn.DescribeExecutionOutput)
	go func() { done <- execute(t, "hanging", `{"do":"hang"}`) }()
	for range 3 { // once, and after each of two retries
		if err := shared.AwaitInvocation(t.Context(), "worker"); err != nil {
			t.Fatal(err)
		}
		if killed := shared.KillFunction("worker"); killed != 1 {
			t.Errorf("killed %d", killed)
		}
	}
	if got := <-done; got.Status != "FAILED" || aws.ToString(got.Error) != "Runtime.ExitError" {
		t.Errorf("got %s %s", got.Status, aws.ToString(got.Error))
	}
}

func TestMailBySMTPAndHTTP(t *testing.T) {
	mail := "From: a@guest.example\r\nTo: desk@stack.example\r\nSubject: x\r\n\r\nby mail\r\n"
	if err := smtp.SendMail(shared.URLs.SMTP, nil, "a@guest.example", []string{"desk@stack.example"}, []byte(mail)); err != nil {
		t.Fatal(err)
	}
	user := client.New(shared.URLs.API)
	if id, err := user.Mail(t.Context(), []byte(mail), nil); err != nil || len(id) != 40 {
		t.Fatalf("got %q, %v", id, err)
	}
	if _, err := user.Mail(t.Context(), []byte(mail), url.Values{"dmarc": {"MAYBE"}}); err == nil || !strings.Contains(err.Error(), "400") {
		t.Errorf("a verdict that there is not: %v", err)
	}
	if _, text := call(t, "GET", "/_local/stores/mail", ""); strings.Count(text, "by mail") != 2 {
		t.Errorf("the bucket holds %s", text)
	}
	if decided, err := user.Decisions(t.Context()); err != nil || len(decided) != 0 {
		t.Errorf("decided %v, %v", decided, err)
	}
}

// What a client sends through the endpoint is in the outbox.
func TestSentMailIsCaptured(t *testing.T) {
	text := func(s string) *types.Content { return &types.Content{Data: aws.String(s)} }
	if _, err := sesv2.NewFromConfig(shared.AWSConfig()).SendEmail(t.Context(), &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("desk@stack.example"), Destination: &types.Destination{ToAddresses: []string{"b@guest.example"}},
		Content: &types.EmailContent{Simple: &types.Message{Subject: text("caught"), Body: &types.Body{Text: text("x")}}},
	}); err != nil {
		t.Fatal(err)
	}
	sent, err := client.New(shared.URLs.API).Outbox(t.Context())
	if err != nil || len(sent) != 1 || sent[0].Subject != "caught" || sent[0].To != "b@guest.example" {
		t.Errorf("outbox %+v, %v", sent, err)
	}
}

func TestFaultsAreRefusedAndCleared(t *testing.T) {
	for _, bad := range []string{`{}`, `[{"service":"dynamodb","operation":"PutItem","kind":"melt"}]`, `[{"servcie":"typo"}]`} {
		if status, _ := call(t, "POST", "/_local/faults", bad); status != 400 {
			t.Errorf("%s: got %d", bad, status)
		}
	}
	if status, _ := call(t, "POST", "/_local/faults", `[{"service":"sqs","operation":"SendMessage","kind":"throttle","count":9}]`); status != 200 {
		t.Errorf("got %d", status)
	}
	if status, _ := call(t, "DELETE", "/_local/faults", ""); status != 204 || len(shared.Front.Faults.Pending()) != 0 {
		t.Errorf("got %d, pending %v", status, shared.Front.Faults.Pending())
	}
}

func TestScheduleNow(t *testing.T) {
	if status, text := call(t, "POST", "/_local/schedules/nightly", ""); status != 200 || compact(t, text) != `{"result":"scheduled"}` {
		t.Errorf("got %d %s", status, text)
	}
	if status, _ := call(t, "POST", "/_local/schedules/nothing", ""); status != 404 {
		t.Errorf("got %d", status)
	}
	if _, text := call(t, "GET", "/_local/logs?source=sweep", ""); !strings.Contains(text, `"scheduled"`) {
		t.Errorf("logged %s", text)
	}
}

func TestMetaAppsAreLoaded(t *testing.T) {
	got, err := secretsmanager.NewFromConfig(shared.AWSConfig()).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("test-apps")})
	if err != nil || !strings.Contains(*got.SecretString, "900000000000001") {
		t.Errorf("got %+v, %v", got, err)
	}
	if f, _ := shared.World.Function("echo"); f.Env["BASE"] != shared.URLs.API {
		t.Errorf("PublicBaseUrl is %q, want %q", f.Env["BASE"], shared.URLs.API)
	}
}

func TestPageAndCalls(t *testing.T) {
	record := `{"ledger":[{"id":"r","sk":"request","doc":"{\"id\":\"0123abcd\",\"state\":\"purging\",\"received_at\":\"2026-01-02T03:04:05Z\"}"}]}`
	if status, text := call(t, "POST", "/_local/seed", record); status != 200 {
		t.Fatalf("got %d %s", status, text)
	}
	status, text := call(t, "GET", "/_local/", "")
	for _, want := range []string{"0123abcd", "purging", "/_local/stores/ledger", "test-queue", "POST /echo/{app}", "schedules/nightly"} {
		if status != 200 || !strings.Contains(text, want) {
			t.Errorf("%d: the page lacks %q", status, want)
		}
	}
	if _, text := call(t, "GET", "/_local/calls", ""); !strings.Contains(text, `"function": "local stack"`) {
		t.Errorf("calls %s", text)
	}
	if status, _ := call(t, "DELETE", "/_local/calls", ""); status != 204 {
		t.Errorf("got %d", status)
	}
	if status, text := call(t, "GET", "/_local/health", ""); status != 200 || compact(t, text) != `{"status":"up"}` {
		t.Errorf("health %d %s", status, text)
	}
}

func TestTakenPort(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().(*net.TCPAddr).Port
	for variable, change := range map[string]func(*stack.Options){
		"PORT": func(o *stack.Options) { o.Port = taken }, "AWS_PORT": func(o *stack.Options) { o.AWSPort = taken },
		"SMTP_PORT": func(o *stack.Options) { o.SMTPPort = taken },
	} {
		o := options()
		change(&o)
		_, err := stack.Start(t.Context(), o)
		if want := fmt.Sprintf("port %d is taken", taken); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "with "+variable+":") {
			t.Errorf("%s: got %v", variable, err)
		}
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for want, change := range map[string]func(*stack.Options){
		"make build":      func(o *stack.Options) { o.Functions = t.TempDir() },
		"LOCAL_META_APPS": func(o *stack.Options) { o.MetaApps = filepath.Join(t.TempDir(), "none.json") },
		"make synth":      func(o *stack.Options) { o.Templates = t.TempDir() },
		"make tools":      func(o *stack.Options) { o.Root = t.TempDir() },
	} {
		o := options()
		change(&o)
		if _, err := stack.Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want a hint to %s", err, want)
		}
	}
}

// children lists the processes that this one has started.
func children(t *testing.T) []int {
	t.Helper()
	entries, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, entry := range entries {
		text, err := os.ReadFile(entry)
		if err != nil {
			continue // it has just ended
		}
		var pid, parent int
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if _, err := fmt.Sscan(string(text), &pid); err == nil && len(fields) > 1 {
			_, _ = fmt.Sscan(fields[1], &parent)
		}
		if parent == os.Getpid() {
			found = append(found, pid)
		}
	}
	return found
}

func TestCrashIsReportedAndCloseLeavesNothing(t *testing.T) {
	before := children(t)
	s, err := stack.Start(t.Context(), options())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Runtime.Invoke("echo", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	var mine []int
	for _, pid := range children(t) {
		if !slices.Contains(before, pid) {
			mine = append(mine, pid)
		}
	}
	if len(mine) != 3 {
		t.Fatalf("%d processes, want two engines and a function", len(mine))
	}
	if err := syscall.Kill(-s.EnginePID("moto"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-s.Failed(); !strings.Contains(err.Error(), "moto ended (signal: killed)") {
		t.Errorf("reported %v", err)
	}
	s.Close()
	for _, pid := range mine {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is left: %v", pid, err)
		}
	}
}
