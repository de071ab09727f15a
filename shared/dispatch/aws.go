package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// SQS is a Queue.
type SQS struct {
	Client *sqs.Client
	URL    string
}

func (q SQS) Send(ctx context.Context, m workflow.Message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return fault.As(fault.Permanent, "encode a start message", err)
	}
	_, err = q.Client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(q.URL), MessageBody: aws.String(string(body))})
	return fault.Wrap("send a start message", err)
}

// LettersSQS is Letters on a queue, with the message of the other one: of its run nothing is
// asked.
type LettersSQS struct {
	Client *sqs.Client
	URL    string
}

func (q LettersSQS) Send(ctx context.Context, requestID string) error {
	return fault.Wrap("announce letters", SQS(q).Send(ctx, workflow.Message{V: workflow.Version, RequestID: requestID, Run: 1}))
}

// StepFunctions is Executions of one state machine.
type StepFunctions struct {
	Client  *sfn.Client
	Machine string // ARN of the state machine
}

func (s StepFunctions) Start(ctx context.Context, name string, m workflow.Message) error {
	input, err := json.Marshal(m)
	if err != nil {
		return fault.As(fault.Permanent, "encode an execution's input", err)
	}
	_, err = s.Client.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(s.Machine), Name: aws.String(name), Input: aws.String(string(input))})
	var exists *sfntypes.ExecutionAlreadyExists
	if errors.As(err, &exists) {
		return nil
	}
	return fault.Wrap("start an execution", err)
}

func (s StepFunctions) Running(ctx context.Context, name string) (bool, error) {
	arn := strings.Replace(s.Machine, ":stateMachine:", ":execution:", 1) + ":" + name
	out, err := s.Client.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: aws.String(arn)})
	var gone *sfntypes.ExecutionDoesNotExist
	if errors.As(err, &gone) {
		return false, nil
	}
	if err != nil {
		return false, fault.Wrap("look at an execution", err)
	}
	return out.Status == sfntypes.ExecutionStatusRunning, nil
}

const (
	hideLetters = 600 // seconds: far longer than a redrive takes
	letterBatch = 10  // the most that SQS hands out at once
	letterWait  = 1   // seconds: a long poll asks all of SQS's hosts, a short one only some
)

// SQSDeadLetters is DeadLetters.
type SQSDeadLetters SQS

func (q SQSDeadLetters) Receive(ctx context.Context) ([]Letter, error) {
	out, err := q.Client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(q.URL),
		MaxNumberOfMessages: letterBatch, VisibilityTimeout: hideLetters, WaitTimeSeconds: letterWait})
	if err != nil {
		return nil, fault.Wrap("receive dead letters", err)
	}
	letters := make([]Letter, len(out.Messages))
	for i, m := range out.Messages {
		letters[i] = Letter{ID: aws.ToString(m.MessageId), Body: aws.ToString(m.Body), Receipt: aws.ToString(m.ReceiptHandle)}
	}
	return letters, nil
}

func (q SQSDeadLetters) Delete(ctx context.Context, l Letter) error {
	_, err := q.Client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(q.URL), ReceiptHandle: aws.String(l.Receipt)})
	return fault.Wrap("delete a dead letter", err)
}

func (q SQSDeadLetters) Release(ctx context.Context, l Letter) error {
	_, err := q.Client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(q.URL),
		ReceiptHandle: aws.String(l.Receipt), VisibilityTimeout: 0})
	return fault.Wrap("put a dead letter back", err)
}
