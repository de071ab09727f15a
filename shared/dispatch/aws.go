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
