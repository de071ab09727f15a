package poller

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/infra/local/internal/testengines"
)

func TestMain(m *testing.M) { testengines.Main(m) }

// line is a queue with dead letters after two receives, and a poller on it. A message
// that is not deleted is visible again at once.
type line struct {
	t           *testing.T
	client      *sqs.Client
	queue, dead *string
	received    chan events.SQSEvent
	answer      func(events.SQSEvent) ([]byte, error)
	source      *Source
}

func newLine(t *testing.T, reports bool) *line {
	t.Helper()
	l := &line{t: t, client: sqs.NewFromConfig(testengines.Shared.Config("event source")), received: make(chan events.SQSEvent, 100)}
	l.dead = l.create(t.Name()+"-dlq", nil)
	l.queue = l.create(t.Name(), map[string]string{
		"VisibilityTimeout": "0",
		"RedrivePolicy":     `{"deadLetterTargetArn":"arn:aws:sqs:eu-west-1:000000000000:` + t.Name() + `-dlq","maxReceiveCount":2}`,
	})
	l.answer = func(events.SQSEvent) ([]byte, error) { return []byte(`{}`), nil }
	l.source = &Source{
		QueueURL: *l.queue, QueueARN: "arn:aws:sqs:eu-west-1:000000000000:" + t.Name(), Region: testengines.Region,
		BatchSize: 10, MaxConcurrency: 1, ReportsFailures: reports, SQS: l.client, Log: slog.New(slog.DiscardHandler),
		Invoke: func(payload []byte) ([]byte, error) {
			var event events.SQSEvent
			if err := json.Unmarshal(payload, &event); err != nil {
				return nil, err
			}
			l.received <- event
			return l.answer(event)
		},
	}
	return l
}

func (l *line) create(name string, attributes map[string]string) *string {
	l.t.Helper()
	created, err := l.client.CreateQueue(l.t.Context(), &sqs.CreateQueueInput{QueueName: aws.String(name), Attributes: attributes})
	if err != nil {
		l.t.Fatal(err)
	}
	return created.QueueUrl
}

func (l *line) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { l.source.Run(ctx); close(done) }()
	return func() { cancel(); <-done }
}

func (l *line) send(bodies ...string) {
	l.t.Helper()
	for _, body := range bodies {
		if _, err := l.client.SendMessage(l.t.Context(), &sqs.SendMessageInput{QueueUrl: l.queue, MessageBody: aws.String(body),
			MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("test")}},
		}); err != nil {
			l.t.Fatal(err)
		}
	}
}

// awaitDead waits for the next message among the dead letters.
func (l *line) awaitDead() string {
	l.t.Helper()
	got, err := l.client.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: l.dead, WaitTimeSeconds: 10})
	if err != nil || len(got.Messages) != 1 {
		l.t.Fatalf("dead letters: %+v, %v", got, err)
	}
	return aws.ToString(got.Messages[0].Body)
}

// depth counts what is in the queue, in flight or not.
func (l *line) depth() string {
	l.t.Helper()
	got, err := l.client.GetQueueAttributes(l.t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: l.queue, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		l.t.Fatal(err)
	}
	return got.Attributes["ApproximateNumberOfMessages"] + "+" + got.Attributes["ApproximateNumberOfMessagesNotVisible"]
}

func bodies(event events.SQSEvent) []string {
	var list []string
	for _, record := range event.Records {
		list = append(list, record.Body)
	}
	slices.Sort(list)
	return list
}

func TestHandledMessagesAreDeleted(t *testing.T) {
	l := newLine(t, true)
	l.send("a", "b")
	stop := l.run()
	event := <-l.received
	stop()
	if got := bodies(event); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("batch %v", got)
	}
	record := event.Records[0]
	if record.EventSource != "aws:sqs" || record.EventSourceARN != l.source.QueueARN || record.AWSRegion != "eu-west-1" ||
		record.Attributes["ApproximateReceiveCount"] != "1" || aws.ToString(record.MessageAttributes["kind"].StringValue) != "test" {
		t.Errorf("record %+v", record)
	}
	if depth := l.depth(); depth != "0+0" {
		t.Errorf("depth %s", depth)
	}
}

func TestReportedFailuresGoRoundAndThenToTheDeadLetters(t *testing.T) {
	l := newLine(t, true)
	l.answer = func(event events.SQSEvent) ([]byte, error) {
		var response events.SQSEventResponse
		for _, record := range event.Records {
			if record.Body == "bad" {
				response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
			}
		}
		return json.Marshal(response)
	}
	l.send("good", "bad")
	defer l.run()()
	first, second := <-l.received, <-l.received
	if !slices.Equal(bodies(first), []string{"bad", "good"}) || !slices.Equal(bodies(second), []string{"bad"}) {
		t.Errorf("batches %v, %v", bodies(first), bodies(second))
	}
	if got := l.awaitDead(); got != "bad" {
		t.Errorf("dead letter %q", got)
	}
}

func TestFailedFunctionFailsTheWholeBatch(t *testing.T) {
	l := newLine(t, true)
	l.answer = func(events.SQSEvent) ([]byte, error) { return nil, errors.New("failed") }
	l.send("a")
	defer l.run()()
	<-l.received
	<-l.received
	if got := l.awaitDead(); got != "a" {
		t.Errorf("dead letter %q", got)
	}
}

func TestReportsCountOnlyWhereTheyAreSwitchedOn(t *testing.T) {
	l := newLine(t, false)
	l.answer = func(event events.SQSEvent) ([]byte, error) {
		return []byte(`{"batchItemFailures":[{"itemIdentifier":"` + event.Records[0].MessageId + `"}]}`), nil
	}
	l.send("a")
	stop := l.run()
	<-l.received
	stop()
	if depth := l.depth(); depth != "0+0" {
		t.Errorf("depth %s", depth)
	}
}

func TestResponses(t *testing.T) {
	batch := []types.Message{{MessageId: aws.String("1")}, {MessageId: aws.String("2")}}
	for answer, want := range map[string]struct {
		failed []string
		fails  bool
	}{
		`{}`:                       {nil, false},
		`null`:                     {nil, false},
		`{"batchItemFailures":[]}`: {nil, false},
		`{"batchItemFailures":[{"itemIdentifier":"2"}]}`:   {[]string{"2"}, false},
		`{"batchItemFailures":[{"itemIdentifier":"9"}]}`:   {nil, true},
		`{"batchItemFailures":[{"itemIdentifier":""}]}`:    {nil, true},
		`{"batchItemFailures":[{"itemIdentifer":"typo"}]}`: {nil, true},
		`"text"`: {nil, true},
		``:       {nil, true},
	} {
		failed, err := failures([]byte(answer), batch)
		if (err != nil) != want.fails || len(failed) != len(want.failed) {
			t.Errorf("%s: got %v, %v", answer, failed, err)
		}
		for _, id := range want.failed {
			if !failed[id] {
				t.Errorf("%s: %s is not among %v", answer, id, failed)
			}
		}
	}
}
