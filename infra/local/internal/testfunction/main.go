// A Lambda function for the tests of the local stack. It does what its event says; for
// anything else it answers with the event itself.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// command is what a test asks for.
type command struct {
	Do    string `json:"do"`
	Table string `json:"table"`
	ID    string `json:"id"`
	// Records are there when the event came from a queue.
	Records []events.SQSMessage `json:"Records"`
	// HTTPMethod is there when the event came from the API.
	HTTPMethod string `json:"httpMethod"`
	Source     string `json:"source"`
}

// RetryLater is an error whose type name reaches the caller.
type RetryLater struct{ message string }

func (e *RetryLater) Error() string { return e.message }

var invocations atomic.Int64

func handle(ctx context.Context, event json.RawMessage) (any, error) {
	count := invocations.Add(1)
	var c command
	_ = json.Unmarshal(event, &c)
	switch {
	case c.Records != nil:
		return fromQueue(ctx, c.Records)
	case c.HTTPMethod != "":
		return fromAPI(event)
	case c.Source == "aws.events":
		fmt.Println("scheduled")
		return "scheduled", nil
	}
	switch c.Do {
	case "count":
		return map[string]any{"pid": os.Getpid(), "count": count}, nil
	case "env":
		return os.Environ(), nil
	case "exit":
		os.Exit(3)
	case "hang":
		fmt.Println("hanging")
		<-ctx.Done()
		select {}
	case "deadline":
		deadline, ok := ctx.Deadline()
		return map[string]any{"at": deadline, "set": ok}, nil
	case "fail":
		return nil, errors.New("plain")
	case "later":
		return nil, &RetryLater{"not yet"}
	case "panic":
		panic("boom")
	case "put":
		return c, put(ctx, c.Table, c.ID)
	}
	return event, nil
}

// fromQueue reports every message whose body says "fail", and stores the others when
// there is a table for them.
func fromQueue(ctx context.Context, records []events.SQSMessage) (any, error) {
	var response events.SQSEventResponse
	for _, record := range records {
		switch record.Body {
		case "fail":
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
		case "fail all":
			return nil, &RetryLater{"whole batch"}
		default:
			if err := put(ctx, os.Getenv("TABLE"), record.Body); err != nil {
				return nil, err
			}
		}
	}
	return response, nil
}

// fromAPI shows the caller the event that API Gateway would have made.
func fromAPI(event json.RawMessage) (any, error) {
	var request events.APIGatewayProxyRequest
	if err := json.Unmarshal(event, &request); err != nil {
		return nil, err
	}
	switch request.PathParameters["app"] {
	case "fail":
		return nil, errors.New("plain")
	case "nonsense":
		return "no response at all", nil
	case "binary":
		return events.APIGatewayProxyResponse{StatusCode: 201, IsBase64Encoded: true, Body: "AP8=",
			MultiValueHeaders: map[string][]string{"Set-Cookie": {"a=1", "b=2"}}}, nil
	}
	return events.APIGatewayProxyResponse{StatusCode: 200, Body: string(event),
		Headers: map[string]string{"Content-Type": "application/json"}}, nil
}

func put(ctx context.Context, table, id string) error {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return err
	}
	_, err = dynamodb.NewFromConfig(cfg).PutItem(ctx, &dynamodb.PutItemInput{
		TableName: aws.String(table),
		Item:      map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: id}},
	})
	return err
}

func main() {
	if os.Getenv("FAIL_INIT") != "" {
		os.Exit(4)
	}
	lambda.Start(handle)
}
