package fence

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// dateForm has a fixed width, so that text order is time order.
const dateForm = "2006-01-02T15:04:05.000000000Z"

// DynamoDB keeps tombstones in a table of their own.
type DynamoDB struct {
	Client *dynamodb.Client
	Table  string
}

func key(fingerprint string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"fingerprint": &types.AttributeValueMemberS{Value: fingerprint}}
}

func (d DynamoDB) Raise(ctx context.Context, t Tombstone) error {
	_, err := d.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: aws.String(d.Table), Key: key(t.Fingerprint),
		UpdateExpression:    aws.String("SET cutoff = :cutoff, expires_at = :expires"),
		ConditionExpression: aws.String("attribute_not_exists(cutoff) OR cutoff <= :cutoff"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":cutoff":  &types.AttributeValueMemberS{Value: t.Cutoff.UTC().Format(dateForm)},
			":expires": &types.AttributeValueMemberN{Value: strconv.FormatInt(t.ExpiresAt.Unix(), 10)},
		},
	})
	var later *types.ConditionalCheckFailedException
	if errors.As(err, &later) {
		return nil // a later tombstone stands: it holds for this cutoff too
	}
	return fault.Wrap("raise a tombstone", err)
}

func (d DynamoDB) Get(ctx context.Context, fingerprint string) (Tombstone, bool, error) {
	out, err := d.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(d.Table), Key: key(fingerprint), ConsistentRead: aws.Bool(true)})
	if err != nil || len(out.Item) == 0 {
		return Tombstone{}, false, fault.Wrap("read a tombstone", err)
	}
	cutoff, _ := out.Item["cutoff"].(*types.AttributeValueMemberS)
	expires, _ := out.Item["expires_at"].(*types.AttributeValueMemberN)
	if cutoff == nil || expires == nil {
		return Tombstone{}, false, fault.New(fault.Permanent, "a tombstone lacks its dates")
	}
	at, err := time.Parse(dateForm, cutoff.Value)
	if err != nil {
		return Tombstone{}, false, fault.New(fault.Permanent, "a tombstone's cutoff is no date")
	}
	seconds, _ := strconv.ParseInt(expires.Value, 10, 64)
	return Tombstone{Fingerprint: fingerprint, Cutoff: at, ExpiresAt: time.Unix(seconds, 0).UTC()}, true, nil
}
