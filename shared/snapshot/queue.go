package snapshot

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

const (
	sendBatch = 10 // SendMessageBatch's limit
	sendTries = 6
)

// SQS is Queue.
type SQS struct {
	Client *sqs.Client
	URL    string
	// Pause waits before what was left is sent once more; try counts from 1.
	Pause func(ctx context.Context, try int) error
}

// Backoff is a Pause of 100 ms that doubles with each try.
func Backoff(ctx context.Context, try int) error {
	timer := time.NewTimer(50 * time.Millisecond << try)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (q SQS) Send(ctx context.Context, messages []Message) error {
	for batch := range slices.Chunk(messages, sendBatch) {
		if err := q.sendBatch(ctx, batch); err != nil {
			return fault.Wrap("ask for snapshots", err)
		}
	}
	return nil
}

// sendBatch sends again what SQS did not take, until nothing is left.
func (q SQS) sendBatch(ctx context.Context, messages []Message) error {
	left, err := entries(messages)
	for try := 0; err == nil && len(left) > 0; try++ {
		if try >= sendTries {
			return fault.New(fault.Retry, "messages were left again and again")
		}
		if try > 0 {
			err = q.Pause(ctx, try)
		}
		if err == nil {
			left, err = q.sendOnce(ctx, left)
		}
	}
	return err
}

func entries(messages []Message) ([]types.SendMessageBatchRequestEntry, error) {
	out := make([]types.SendMessageBatchRequestEntry, len(messages))
	for i, m := range messages {
		body, err := json.Marshal(m)
		if err != nil {
			return nil, fault.As(fault.Permanent, "encode a message that asks for a snapshot", err)
		}
		out[i] = types.SendMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), MessageBody: aws.String(string(body))}
	}
	return out, nil
}

// sendOnce returns what is not said to be taken: an entry of which nothing is said is not.
func (q SQS) sendOnce(ctx context.Context, list []types.SendMessageBatchRequestEntry) ([]types.SendMessageBatchRequestEntry, error) {
	out, err := q.Client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(q.URL), Entries: list})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(one types.SendMessageBatchRequestEntry) bool {
		return slices.ContainsFunc(out.Successful, func(taken types.SendMessageBatchResultEntry) bool {
			return aws.ToString(taken.Id) == aws.ToString(one.Id)
		})
	}), nil
}
