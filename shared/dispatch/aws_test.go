package dispatch_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const (
	machine = "arn:aws:states:eu-west-1:000000000000:stateMachine:mikla-dev-deletion"
	name    = "0123456789abcdef0123456789abcdef-1"
)

var message = workflow.Message{V: 1, RequestID: "0123456789abcdef0123456789abcdef", Run: 1}

// wire answers every call alike and returns where to find what was asked.
func wire(t *testing.T, status int, body string) (aws.Config, *map[string]any) {
	asked := map[string]any{}
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		clear(asked)
		if err := json.NewDecoder(in.Body).Decode(&asked); err != nil {
			t.Errorf("%s: %v", in.Header.Get("X-Amz-Target"), err)
		}
		out.Header().Set("Content-Type", "application/x-amz-json-1.0")
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	}))
	t.Cleanup(server.Close)
	return aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, Credentials: aws.AnonymousCredentials{}}, &asked
}

func failed(code string) string { return `{"__type":"` + code + `","message":"refused"}` }

func TestStepFunctionsStart(t *testing.T) {
	for label, c := range map[string]struct {
		status int
		body   string
		kind   fault.Kind
		fails  bool
	}{
		"started":        {200, `{"executionArn":"arn","startDate":0}`, 0, false},
		"exists":         {400, failed("ExecutionAlreadyExists"), 0, false},
		"throttled":      {400, failed("ThrottlingException"), fault.Retry, true},
		"not permitted":  {400, failed("AccessDeniedException"), fault.Internal, true},
		"service failed": {500, failed("InternalServerError"), fault.Retry, true},
	} {
		t.Run(label, func(t *testing.T) {
			cfg, asked := wire(t, c.status, c.body)
			err := dispatch.StepFunctions{Client: sfn.NewFromConfig(cfg), Machine: machine}.Start(t.Context(), name, message)
			if (err != nil) != c.fails || fault.KindOf(err) != c.kind {
				t.Errorf("got %v", err)
			}
			if got := *asked; got["name"] != name || got["stateMachineArn"] != machine || got["input"] != `{"v":1,"request_id":"0123456789abcdef0123456789abcdef","run":1}` {
				t.Errorf("asked %v", got)
			}
		})
	}
}

func TestStepFunctionsRunning(t *testing.T) {
	for label, c := range map[string]struct {
		status  int
		body    string
		running bool
		fails   bool
	}{
		"running":   {200, `{"status":"RUNNING"}`, true, false},
		"succeeded": {200, `{"status":"SUCCEEDED"}`, false, false},
		"failed":    {200, `{"status":"FAILED"}`, false, false},
		"timed out": {200, `{"status":"TIMED_OUT"}`, false, false},
		"aborted":   {200, `{"status":"ABORTED"}`, false, false},
		"never was": {400, failed("ExecutionDoesNotExist"), false, false},
		"unknown":   {400, failed("ThrottlingException"), false, true},
	} {
		t.Run(label, func(t *testing.T) {
			cfg, asked := wire(t, c.status, c.body)
			running, err := dispatch.StepFunctions{Client: sfn.NewFromConfig(cfg), Machine: machine}.Running(t.Context(), name)
			if running != c.running || (err != nil) != c.fails {
				t.Errorf("got %v, %v", running, err)
			}
			if want := strings.Replace(machine, "stateMachine", "execution", 1) + ":" + name; (*asked)["executionArn"] != want {
				t.Errorf("asked %v", *asked)
			}
		})
	}
}

func TestSQSSend(t *testing.T) {
	cfg, asked := wire(t, 200, `{"MessageId":"1"}`)
	queue := dispatch.SQS{Client: sqs.NewFromConfig(cfg), URL: *cfg.BaseEndpoint + "/000000000000/mikla-dev-deletion-start"}
	if err := queue.Send(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	m, err := workflow.Parse([]byte((*asked)["MessageBody"].(string)))
	if err != nil || m != message || (*asked)["QueueUrl"] != queue.URL {
		t.Errorf("sent %v", *asked)
	}
	cfg, _ = wire(t, 400, failed("QueueDoesNotExist"))
	if err := (dispatch.SQS{Client: sqs.NewFromConfig(cfg), URL: queue.URL}).Send(t.Context(), message); fault.KindOf(err) != fault.Retry {
		t.Errorf("got %v", err)
	}
}

func TestSQSDeadLetters(t *testing.T) {
	cfg, asked := wire(t, 200, `{"Messages":[{"MessageId":"m-1","Body":"text","ReceiptHandle":"r-1"},{"MessageId":"m-2","ReceiptHandle":"r-2"}]}`)
	queue := dispatch.SQSDeadLetters{Client: sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true }),
		URL: *cfg.BaseEndpoint + "/000000000000/mikla-dev-deletion-start-dlq"}
	letters, err := queue.Receive(t.Context())
	want := []dispatch.Letter{{ID: "m-1", Body: "text", Receipt: "r-1"}, {ID: "m-2", Receipt: "r-2"}}
	if err != nil || !slices.Equal(letters, want) {
		t.Errorf("got %+v, %v", letters, err)
	}
	if got := *asked; got["VisibilityTimeout"] != 600.0 || got["QueueUrl"] != queue.URL {
		t.Errorf("asked %v", got)
	}
	if err := queue.Release(t.Context(), want[0]); err != nil || (*asked)["ReceiptHandle"] != "r-1" || (*asked)["VisibilityTimeout"] != 0.0 {
		t.Errorf("asked %v, %v", *asked, err)
	}
	if err := queue.Delete(t.Context(), want[1]); err != nil || (*asked)["ReceiptHandle"] != "r-2" {
		t.Errorf("asked %v, %v", *asked, err)
	}
}
