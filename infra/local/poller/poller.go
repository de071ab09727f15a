// Package poller is Lambda's event source for queues: it hands messages to a function
// in batches and deletes those that the function has handled.
package poller

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Source connects one queue with one function.
type Source struct {
	QueueURL, QueueARN, Region string
	// BatchSize is at most 10 here: one receive makes one batch.
	BatchSize int
	// MaxConcurrency bounds the batches at once; 0 means 5, Lambda's first pollers.
	MaxConcurrency int
	// ReportsFailures honours batchItemFailures; without it a batch is one.
	ReportsFailures bool

	SQS *sqs.Client
	// Invoke runs the function; an error of the function comes back as error.
	Invoke func(payload []byte) ([]byte, error)
	Log    *slog.Logger
}

const (
	longPoll         = 20 // seconds
	firstPollers     = 5
	pauseAfterFailed = time.Second
)

// Run polls until the context ends, then waits for the batches that are underway.
func (s *Source) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, s.concurrency())
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		messages, err := s.receive(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil || len(messages) == 0 {
			<-slots
			s.rest(ctx, err)
			continue
		}
		running.Add(1)
		go func() {
			defer running.Done()
			defer func() { <-slots }()
			s.handle(messages)
		}()
	}
}

// rest keeps a failing queue from being asked in a tight loop.
func (s *Source) rest(ctx context.Context, err error) {
	if err == nil {
		return
	}
	s.Log.Warn("receive failed", "queue", s.QueueARN, "error", err)
	select {
	case <-time.After(pauseAfterFailed):
	case <-ctx.Done():
	}
}

func (s *Source) concurrency() int {
	if s.MaxConcurrency > 0 {
		return s.MaxConcurrency
	}
	return firstPollers
}

func (s *Source) receive(ctx context.Context) ([]types.Message, error) {
	received, err := s.SQS.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: aws.String(s.QueueURL), MaxNumberOfMessages: int32(max(1, min(s.BatchSize, 10))), WaitTimeSeconds: longPoll,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
		MessageAttributeNames:       []string{"All"},
	})
	if err != nil {
		return nil, err
	}
	return received.Messages, nil
}

// handle deletes what was handled. What was not becomes visible again by itself and
// goes to the dead letters when it has been received too often.
func (s *Source) handle(messages []types.Message) {
	failed, err := s.invoke(messages)
	if err != nil {
		s.Log.Warn("batch failed", "queue", s.QueueARN, "messages", len(messages), "error", err)
		return
	}
	for _, m := range messages {
		if failed[aws.ToString(m.MessageId)] {
			s.Log.Warn("message failed", "queue", s.QueueARN, "message_id", aws.ToString(m.MessageId))
			continue
		}
		// Without the caller's context: what was handled is deleted though we are closing.
		if _, err := s.SQS.DeleteMessage(context.Background(), &sqs.DeleteMessageInput{
			QueueUrl: aws.String(s.QueueURL), ReceiptHandle: m.ReceiptHandle,
		}); err != nil {
			s.Log.Warn("delete failed", "queue", s.QueueARN, "error", err)
		}
	}
}

// invoke returns the IDs that the function could not handle, or the error that fails
// the whole batch.
func (s *Source) invoke(messages []types.Message) (map[string]bool, error) {
	payload, err := json.Marshal(s.event(messages))
	if err != nil {
		return nil, fmt.Errorf("write event: %w", err)
	}
	answer, err := s.Invoke(payload)
	if err != nil || !s.ReportsFailures {
		return nil, err
	}
	return failures(answer, messages)
}

// failures reads a partial batch response as Lambda does: an unreadable one, or one
// with an empty or unknown ID, fails the whole batch.
func failures(answer []byte, messages []types.Message) (map[string]bool, error) {
	var response *events.SQSEventResponse
	if err := json.Unmarshal(answer, &response); err != nil {
		return nil, fmt.Errorf("batch response: %w", err)
	}
	failed := map[string]bool{}
	if response == nil {
		return failed, nil
	}
	known := map[string]bool{}
	for _, m := range messages {
		known[aws.ToString(m.MessageId)] = true
	}
	for _, f := range response.BatchItemFailures {
		if !known[f.ItemIdentifier] {
			return nil, errors.New("batch response names a message that is not in the batch")
		}
		failed[f.ItemIdentifier] = true
	}
	return failed, nil
}

func (s *Source) event(messages []types.Message) events.SQSEvent {
	var event events.SQSEvent
	for _, m := range messages {
		record := events.SQSMessage{
			MessageId: aws.ToString(m.MessageId), ReceiptHandle: aws.ToString(m.ReceiptHandle),
			Body: aws.ToString(m.Body), Md5OfBody: aws.ToString(m.MD5OfBody),
			Attributes: m.Attributes, MessageAttributes: map[string]events.SQSMessageAttribute{},
			EventSource: "aws:sqs", EventSourceARN: s.QueueARN, AWSRegion: s.Region,
		}
		for name, value := range m.MessageAttributes {
			record.MessageAttributes[name] = events.SQSMessageAttribute{
				StringValue: value.StringValue, BinaryValue: value.BinaryValue, DataType: aws.ToString(value.DataType),
			}
		}
		event.Records = append(event.Records, record)
	}
	return event
}
