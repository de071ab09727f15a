// Package securitylog writes to the platform's security log: refusals, counted by the
// hour, with what was refused and where, and nothing of who sent it; and what operators
// did.
package securitylog

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// keepDays is short of the twelve months that the policy allows (P8), since TTL
// deletes up to days late.
const keepDays = 360

// DynamoDB writes to the security log's table.
type DynamoDB struct {
	Client *dynamodb.Client
	Table  string
}

// Refused adds one to the hour's count. source and reason are of fixed sets.
func (d DynamoDB) Refused(ctx context.Context, source, reason string, at time.Time) error {
	hour := at.UTC().Truncate(time.Hour)
	_, err := d.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(d.Table),
		Key: map[string]types.AttributeValue{
			"day":      &types.AttributeValueMemberS{Value: hour.Format("2006-01-02")},
			"event_id": &types.AttributeValueMemberS{Value: "refused#" + source + "#" + reason + "#" + hour.Format("15")},
		},
		UpdateExpression:         aws.String("SET #at = :at, kind = :kind, expires_at = :expires ADD #count :one"),
		ExpressionAttributeNames: map[string]string{"#at": "at", "#count": "count"},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":at":      &types.AttributeValueMemberS{Value: hour.Format(time.RFC3339)},
			":kind":    &types.AttributeValueMemberS{Value: "refused"},
			":one":     &types.AttributeValueMemberN{Value: "1"},
			":expires": &types.AttributeValueMemberN{Value: strconv.FormatInt(hour.AddDate(0, 0, keepDays).Unix(), 10)},
		},
	})
	return fault.Wrap("count a refusal", err)
}

// Operation is something that an operator did: who, with which command, on which
// request or how many things. Nothing of the person whose data it is about.
type Operation struct {
	ID        string // random; the same entry may be written again with its outcome
	At        time.Time
	By        string
	Command   string
	RequestID string // if it is about one
	Count     int    // of what it acted on, if on many
	Outcome   string // begun, done or failed; one that stays begun died on the way
}

// Operated writes an operation down.
func (d DynamoDB) Operated(ctx context.Context, o Operation) error {
	at := o.At.UTC()
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	item := map[string]types.AttributeValue{
		"day": text(at.Format("2006-01-02")), "event_id": text("operator#" + at.Format("15:04:05") + "#" + o.ID),
		"at": text(at.Format(time.RFC3339)), "kind": text("operator"), "expires_at": number(at.AddDate(0, 0, keepDays).Unix()),
		"by": text(o.By), "command": text(o.Command), "outcome": text(o.Outcome),
	}
	if o.RequestID != "" {
		item["request_id"] = text(o.RequestID)
	}
	if o.Count != 0 {
		item["count"] = number(int64(o.Count))
	}
	_, err := d.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(d.Table), Item: item})
	return fault.Wrap("write an operation to the security log", err)
}
