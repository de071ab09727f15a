package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	localstack "github.com/mikla-ai/data-deletion/infra/local/stack"
)

const receives = 5 // of a start message, before it is a dead letter

// TestRedrive: starting fails until the start message is a dead letter, beside one that
// nobody can read. Once starting works again, the operator's tool moves the one and
// leaves the other, and the request completes. The sweep, which would start it as well,
// is kept from it.
func TestRedrive(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	tool := buildTool(t, ctx)
	redeliverAtOnce(t, ctx)
	foreign := deadLetters(t, ctx)
	s := scene{user: "10150000000556170", lead: "l_redriven", messages: 8}
	s.play(t, ctx)
	failed := failures()
	outage := client.Fault{Service: "states", Operation: "StartExecution", Kind: "throttle", Count: 1000, Function: "start-deletion"}
	if err := stack.Faults(ctx, outage); err != nil {
		t.Fatal(err)
	}
	accepted, err := stack.Callback(ctx, "data-deletion", notice(s.user))
	if err != nil {
		t.Fatal(err)
	}
	look(t, ctx, accepted.Code, "2099-01-01T00:00:00Z")
	garbage := sendForID(t, ctx, `{"v":99,"request_id":"not a request"}`)
	await(t, ctx, "both messages to fail for good", func() bool {
		return failures() >= failed+2*receives && deadLetters(t, ctx) == foreign+2
	})
	if _, err := stack.Do(ctx, "DELETE", "/_local/faults", nil, nil); err != nil {
		t.Fatal(err)
	}
	requireDrained(t, ctx)
	id := record(t, ctx, accepted.Code)["id"].(string)
	if n := executionsOf(t, ctx, id); n != 0 {
		t.Fatalf("%d executions ran before the redrive", n)
	}

	plan := tool("requests", "redrive")
	for _, part := range []string{"1 start messages", "message " + garbage, "Nothing was done."} {
		if !strings.Contains(plan, part) {
			t.Errorf("the plan does not say %q:\n%s", part, plan)
		}
	}
	if n := deadLetters(t, ctx); n != foreign+2 {
		t.Errorf("%d dead letters after the dry run, expected %d", n, foreign+2)
	}
	if out := tool("requests", "redrive", "--execute", "--expect", "1", "--as", "e2e"); !strings.Contains(out, "1 sent again.") {
		t.Errorf("it said:\n%s", out)
	}
	status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
	requireErased(t, ctx, accepted.Code, s.counts())
	if n, run := executionsOf(t, ctx, id), record(t, ctx, accepted.Code)["run"]; n != 1 || run != 1.0 {
		t.Errorf("%d executions, run %v; expected the one that the redriven message started", n, run)
	}
	if n := deadLetters(t, ctx); n != foreign+1 {
		t.Errorf("%d dead letters are left, expected %d", n, foreign+1)
	}
}

// built is the operator's tool, which is built once and removed when the tests end.
var built = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "e2e-opsctl-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(folder, "opsctl")
	if out, err := exec.Command("go", "build", "-o", binary, "../opsctl").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w", out, err)
	}
	return binary, nil
})

func removeTool() {
	if binary, err := built(); err == nil {
		_ = os.RemoveAll(filepath.Dir(binary))
	}
}

// buildTool returns what runs the operator's tool against the stack.
func buildTool(t *testing.T, ctx context.Context) func(args ...string) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return func(args ...string) string {
		t.Helper()
		command := exec.CommandContext(ctx, binary, args...)
		command.Env = append(os.Environ(), "AWS_ENDPOINT_URL="+server.URLs.AWS, "AWS_REGION="+localstack.Region,
			"AWS_ACCESS_KEY_ID=OPERATOR", "AWS_SECRET_ACCESS_KEY=local", "PUBLIC_BASE_URL="+server.URLs.API)
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("opsctl %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
}

// failures counts the start messages that start-deletion could not handle.
func failures() (n int) {
	for _, entry := range server.Logs.Entries("start-deletion") {
		if strings.Contains(entry.Line, `"start message failed"`) {
			n++
		}
	}
	return n
}

func deadLetters(t *testing.T, ctx context.Context) int {
	t.Helper()
	n, err := strconv.Atoi(attributes(t, ctx, startQueue+"-dlq")["ApproximateNumberOfMessages"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sendForID(t *testing.T, ctx context.Context, body string) string {
	t.Helper()
	client, url := queue(ctx, t, startQueue)
	out, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(body)})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(out.MessageId)
}

// TestOperatorAsks: a lead that the operator's tool names is erased, and the address that
// it printed shows so.
func TestOperatorAsks(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	tool := buildTool(t, ctx)
	s := scene{user: "10150000000556180", lead: "l_asked", messages: 8}
	s.play(t, ctx)
	before := snapshot(t, ctx)
	out := tool("requests", "open", "--scope", "lead", "--tenant", "t_harbour", "--lead", s.lead, "--execute", "--as", "e2e")
	code := codeIn(t, out)
	status, err := stack.Await(ctx, code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
	requireSame(t, snapshot(t, ctx), without(before, "nothing is spared", s.gone()...))
	requireErased(t, ctx, code, s.counts())
	requireForgotten(t, ctx, code, s.lead+`"`, s.user)
}
