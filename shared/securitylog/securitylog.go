// Package securitylog counts refusals per hour in the platform's security log: what
// was refused, where and how often, and nothing of who sent it.
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
