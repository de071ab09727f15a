package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	localstack "github.com/mikla-ai/data-deletion/infra/local/stack"
)

// scene is one lead with a neighbour, linked and seeded.
type scene struct {
	user, lead string
	messages   int
}

func (s scene) play(t *testing.T, ctx context.Context) {
	t.Helper()
	w := world{}
	w.lead("t_harbour", "ch_fb1", s.lead, s.messages)
	w.lead("t_harbour", "ch_fb1", s.lead+"2", 4)
	w.link(app, s.user, "lead#t_harbour#"+s.lead)
	seed(t, ctx, w)
}

func (s scene) gone() []string {
	return []string{fmt.Sprintf("%q", s.lead), "#" + s.lead + `"`, "/c_" + s.lead + "/", "profiles/" + s.lead + ".jpg"}
}

func (s scene) counts() map[string]int {
	return map[string]int{"leads": 1, "links": 1, "conversations": 1, "messages": s.messages,
		"ai_audit": (s.messages + 1) / 2, "media": (s.messages+3)/4 + 1}
}

// TestFaults strikes one request with each kind of fault, and demands the same end:
// completed, once, everything counted once, everything else unchanged.
func TestFaults(t *testing.T) {
	cases := []struct {
		name   string
		faults []client.Fault
	}{
		{"purge is killed before a batch is deleted", []client.Fault{{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "kill", Count: 1, Function: "purge"}}},
		{"purge is killed before objects are deleted", []client.Fault{{Service: "s3", Operation: "DeleteObjects", Kind: "kill", Count: 1, Function: "purge"}}},
		{"purge is killed when it freezes its containers", []client.Fault{{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "kill", Count: 1, Function: "purge"}}},
		{"purge is killed when it saves its cursor", []client.Fault{{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "kill", Count: 1, Skip: 1, Function: "purge"}}},
		{"deletes are throttled", []client.Fault{{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "throttle", Count: 2}}},
		{"deletes are left unprocessed", []client.Fault{{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "unprocessed", Count: 3}}},
		{"answers to deletes are lost", []client.Fault{{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "lost", Count: 2}}},
		{"single objects fail", []client.Fault{{Service: "s3", Operation: "DeleteObjects", Kind: "per-key-error", Count: 2}}},
		{"the profile's delete is lost", []client.Fault{{Service: "dynamodb", Operation: "DeleteItem", Kind: "lost", Count: 1, Function: "purge"}}},
		{"locate is killed", []client.Fault{{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "kill", Count: 1, Function: "locate"}}},
		{"fence is killed", []client.Fault{{Service: "dynamodb", Operation: "UpdateItem", Kind: "kill", Count: 1, Function: "fence"}}},
		{"verify is killed", []client.Fault{{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "kill", Count: 1, Function: "verify"}}},
		{"close is killed when it destroys the case file's key", []client.Fault{{Service: "dynamodb", Operation: "DeleteItem", Kind: "kill", Count: 1, Function: "close"}}},
		{"close is killed when it begins to close", []client.Fault{{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "kill", Count: 1, Function: "close"}}},
		{"the answer to the start is lost", []client.Fault{{Service: "states", Operation: "StartExecution", Kind: "lost", Count: 1}}},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			ctx := deadline(t, 2*time.Minute)
			s := scene{user: fmt.Sprint(10150000000556000 + i), lead: fmt.Sprintf("l_fault%02dx", i), messages: 60}
			s.play(t, ctx)
			before := snapshot(t, ctx)
			if err := stack.Faults(ctx, c.faults...); err != nil {
				t.Fatal(err)
			}
			accepted, status := erase(t, ctx, s.user)
			requireOutcome(t, status, "completed")
			requireStruck(t, ctx)
			requireSame(t, snapshot(t, ctx), without(before, "nothing is spared", s.gone()...))
			requireErased(t, ctx, accepted.Code, s.counts())
			requireForgotten(t, ctx, accepted.Code, s.lead, s.user)
		})
	}
}

// waiting counts the faults that have not struck yet.
func waiting(t *testing.T, ctx context.Context) (n int, faults []client.Fault) {
	t.Helper()
	answer, err := stack.Do(ctx, "GET", "/_local/faults", nil, nil)
	if err != nil || answer.Status != 200 {
		t.Fatalf("faults: %d %v", answer.Status, err)
	}
	if err := json.Unmarshal(answer.Body, &faults); err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		n += f.Count
	}
	return n, faults
}

// requireStruck: a fault that is still waiting never struck, and the case shows
// nothing.
func requireStruck(t *testing.T, ctx context.Context) {
	t.Helper()
	if n, faults := waiting(t, ctx); n > 0 {
		t.Errorf("%d faults never struck: %+v", n, faults)
	}
}

// requireStruckSoon waits until every fault has struck.
func requireStruckSoon(t *testing.T, ctx context.Context) {
	t.Helper()
	await(t, ctx, "the faults to strike", func() bool { n, _ := waiting(t, ctx); return n == 0 })
}

// TestQueueIsDown: a notice is accepted while the queue refuses everything, and the
// sweep starts it.
func TestQueueIsDown(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	s := scene{user: "10150000000556100", lead: "l_outbox", messages: 8}
	s.play(t, ctx)
	if err := stack.Faults(ctx, client.Fault{Service: "sqs", Operation: "SendMessage", Kind: "throttle", Count: 10, Function: "meta-callback"}); err != nil {
		t.Fatal(err)
	}
	accepted, err := stack.Callback(ctx, "data-deletion", notice(s.user))
	if err != nil {
		t.Fatal(err)
	}
	if left, _ := waiting(t, ctx); left == 10 {
		t.Error("the queue was never asked")
	}
	if _, err := stack.Do(ctx, "DELETE", "/_local/faults", nil, nil); err != nil {
		t.Fatal(err)
	}
	makeDue(t, ctx, accepted.Code)
	if err := stack.Schedule(ctx, "sweep"); err != nil {
		t.Fatal(err)
	}
	status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
}

// makeDue lets the time pass after which the sweep looks at the request.
func makeDue(t *testing.T, ctx context.Context, code string) {
	look(t, ctx, code, "2026-01-01T00:00:00Z")
}

// look has the sweep look at the request at that time, until the request is written again.
func look(t *testing.T, ctx context.Context, code, at string) {
	t.Helper()
	id := record(t, ctx, code)["id"].(string)
	tables := dynamodb.NewFromConfig(server.AWSConfig())
	_, err := tables.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String("mikla-dev-ledger"),
		Key: map[string]dynamotypes.AttributeValue{"pk": &dynamotypes.AttributeValueMemberS{Value: "request#" + id},
			"sk": &dynamotypes.AttributeValueMemberS{Value: "request"}},
		UpdateExpression:          aws.String("SET check_at = :at"),
		ConditionExpression:       aws.String("attribute_exists(#open)"),
		ExpressionAttributeNames:  map[string]string{"#open": "open"},
		ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{":at": &dynamotypes.AttributeValueMemberS{Value: at}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDeadExecution: an execution is stopped while the purge backs off from a kill.
// The sweep starts the next run, which goes on where the first one was.
func TestDeadExecution(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	s := scene{user: "10150000000556150", lead: "l_dead", messages: 60}
	s.play(t, ctx)
	before := snapshot(t, ctx)
	if err := stack.Faults(ctx, client.Fault{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "kill", Count: 1, Function: "purge"}); err != nil {
		t.Fatal(err)
	}
	accepted, err := stack.Callback(ctx, "data-deletion", notice(s.user))
	if err != nil {
		t.Fatal(err)
	}
	requireStruckSoon(t, ctx)
	id := record(t, ctx, accepted.Code)["id"].(string)
	stopExecution(t, ctx, id+"-1")
	makeDue(t, ctx, accepted.Code)
	if err := stack.Schedule(ctx, "sweep"); err != nil {
		t.Fatal(err)
	}
	status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
	requireSame(t, snapshot(t, ctx), without(before, "nothing is spared", s.gone()...))
	requireErased(t, ctx, accepted.Code, s.counts())
	if run := record(t, ctx, accepted.Code)["run"]; run != 2.0 {
		t.Errorf("the request ended in run %v, expected 2", run)
	}
}

// stopExecution stops an execution and waits until it is over.
func stopExecution(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	machines := sfn.NewFromConfig(server.AWSConfig())
	arn := aws.String("arn:aws:states:" + localstack.Region + ":" + localstack.Account + ":execution:mikla-dev-deletion:" + name)
	if _, err := machines.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: arn}); err != nil {
		t.Fatal(err)
	}
	await(t, ctx, "the execution to stop", func() bool {
		out, err := machines.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: arn})
		if err != nil {
			t.Fatal(err)
		}
		return out.Status != sfntypes.ExecutionStatusRunning
	})
}

// await asks until it is so.
func await(t *testing.T, ctx context.Context, what string, so func() bool) {
	t.Helper()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for !so() {
		select {
		case <-ctx.Done():
			t.Fatal("waited in vain for " + what)
		case <-ticker.C:
		}
	}
}

// TestPoison: a start message that nobody can read ends in the dead-letter queue, and
// a good one that comes with it is started. Redelivery is made immediate.
func TestPoison(t *testing.T) {
	ctx := deadline(t, time.Minute)
	redeliverAtOnce(t, ctx)
	before := deadLetters(t, ctx)
	send(t, ctx, `{"v":99,"request_id":"not a request"}`)
	_, status := erase(t, ctx, "556160")
	requireOutcome(t, status, "nothing_found")
	await(t, ctx, "the message in the dead-letter queue", func() bool {
		return deadLetters(t, ctx) == before+1
	})
	requireDrained(t, ctx)
}

// redeliverAtOnce has a start message that failed come again after a second, for this test.
func redeliverAtOnce(t *testing.T, ctx context.Context) {
	t.Helper()
	redeliver(t, ctx, startQueue, func() {
		_, status := erase(t, ctx, "556159")
		requireOutcome(t, status, "nothing_found")
	})
}

// redeliver has what failed come again after a second, for this test. wake ends the long
// poll that began with the old setting.
func redeliver(t *testing.T, ctx context.Context, name string, wake func()) {
	t.Helper()
	client, url := queue(ctx, t, name)
	visibility := func(ctx context.Context, seconds string) {
		_, err := client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: aws.String(url),
			Attributes: map[string]string{"VisibilityTimeout": seconds}})
		if err != nil {
			t.Fatal(err)
		}
	}
	before := attributes(t, ctx, name)["VisibilityTimeout"]
	visibility(ctx, "1")
	t.Cleanup(func() { visibility(context.Background(), before) })
	wake()
}

// TestStorageIsDown: nothing durable, no 200, nothing half-written; and the same
// notice is accepted once the storage answers.
func TestStorageIsDown(t *testing.T) {
	ctx := deadline(t, time.Minute)
	before := rows(t, ctx, "ledger") + rows(t, ctx, "casefile") + rows(t, ctx, "casekeys")
	if err := stack.Faults(ctx, client.Fault{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "throttle", Count: 3, Function: "meta-callback"}); err != nil {
		t.Fatal(err)
	}
	n := notice("556200")
	if _, err := stack.Callback(ctx, "data-deletion", n); err == nil {
		t.Fatal("a notice was accepted that could not be stored")
	}
	if after := rows(t, ctx, "ledger") + rows(t, ctx, "casefile") + rows(t, ctx, "casekeys"); after != before {
		t.Errorf("%d rows were left half-written", after-before)
	}
	accepted, err := stack.Callback(ctx, "data-deletion", n)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Await(ctx, accepted.Code, client.Ended, nil); err != nil {
		t.Fatal(err)
	}
}

// TestEveryMessageTwice delivers the callback and the start message again and again,
// before, while and after the request runs.
func TestEveryMessageTwice(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	s := scene{user: "10150000000556300", lead: "l_twice", messages: 40}
	s.play(t, ctx)
	n := notice(s.user)
	accepted, err := stack.Callback(ctx, "data-deletion", n)
	if err != nil {
		t.Fatal(err)
	}
	id := record(t, ctx, accepted.Code)["id"].(string)
	again := func() {
		for range 3 {
			send(t, ctx, fmt.Sprintf(`{"v":1,"request_id":%q,"run":1}`, id))
			repeat, err := stack.Callback(ctx, "data-deletion", n)
			if err != nil {
				t.Fatal(err)
			}
			if repeat != accepted {
				t.Error("a repeated notice got another answer")
			}
		}
	}
	again()
	status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
	requireErased(t, ctx, accepted.Code, s.counts())
	again()
	requireDrained(t, ctx)
	if n := executionsOf(t, ctx, id); n != 1 {
		t.Errorf("%d executions ran, expected 1", n)
	}
}

const startQueue = "mikla-dev-deletion-start"

func queue(ctx context.Context, t *testing.T, name string) (*sqs.Client, string) {
	t.Helper()
	client := sqs.NewFromConfig(server.AWSConfig())
	out, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(name)})
	if err != nil {
		t.Fatal(err)
	}
	return client, aws.ToString(out.QueueUrl)
}

func send(t *testing.T, ctx context.Context, body string) {
	t.Helper()
	client, url := queue(ctx, t, startQueue)
	if _, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(url), MessageBody: aws.String(body)}); err != nil {
		t.Fatal(err)
	}
}

func attributes(t *testing.T, ctx context.Context, name string) map[string]string {
	t.Helper()
	client, url := queue(ctx, t, name)
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(url),
		AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes
}

// requireDrained waits until the start queue is empty.
func requireDrained(t *testing.T, ctx context.Context) {
	t.Helper()
	awaitDrained(t, ctx, startQueue)
}

func awaitDrained(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	await(t, ctx, name+" to drain", func() bool {
		have := attributes(t, ctx, name)
		return have["ApproximateNumberOfMessages"] == "0" && have["ApproximateNumberOfMessagesNotVisible"] == "0"
	})
}

func executionsOf(t *testing.T, ctx context.Context, id string) int {
	t.Helper()
	answer, err := stack.Do(ctx, "GET", "/_local/executions", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(answer.Body, &all); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range all {
		if len(e.Name) > len(id) && e.Name[:len(id)] == id {
			n++
		}
	}
	return n
}
