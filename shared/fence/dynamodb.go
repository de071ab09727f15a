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

// row is attributes by name.
type row = map[string]types.AttributeValue

func key(fingerprint string) row {
	return row{"fingerprint": &types.AttributeValueMemberS{Value: fingerprint}}
}

// Raise writes both dates at once if neither goes back. A tombstone that is there may
// have the later cutoff and yet the earlier end, if an older notice comes late: then
// each is raised by itself.
func (d DynamoDB) Raise(ctx context.Context, t Tombstone) error {
	cutoff := &types.AttributeValueMemberS{Value: t.Cutoff.UTC().Format(dateForm)}
	expires := &types.AttributeValueMemberN{Value: strconv.FormatInt(t.ExpiresAt.Unix(), 10)}
	applied, err := d.update(ctx, t.Fingerprint, "SET cutoff = :cutoff, expires_at = :expires",
		"attribute_not_exists(cutoff) OR (cutoff <= :cutoff AND expires_at <= :expires)", row{":cutoff": cutoff, ":expires": expires})
	if err == nil && !applied {
		_, err = d.update(ctx, t.Fingerprint, "SET cutoff = :cutoff", "cutoff < :cutoff", row{":cutoff": cutoff})
	}
	if err == nil && !applied {
		_, err = d.update(ctx, t.Fingerprint, "SET expires_at = :expires", "expires_at < :expires", row{":expires": expires})
	}
	return fault.Wrap("raise a tombstone", err)
}

// update says whether the condition held.
func (d DynamoDB) update(ctx context.Context, fingerprint, update, condition string, values row) (bool, error) {
	_, err := d.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: aws.String(d.Table), Key: key(fingerprint),
		UpdateExpression: aws.String(update), ConditionExpression: aws.String(condition), ExpressionAttributeValues: values})
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return false, nil
	}
	return err == nil, err
}

func (d DynamoDB) Get(ctx context.Context, fingerprint string) (Tombstone, bool, error) {
	out, err := d.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(d.Table), Key: key(fingerprint), ConsistentRead: aws.Bool(true)})
	if err != nil || len(out.Item) == 0 {
		return Tombstone{}, false, fault.Wrap("read a tombstone", err)
	}
	stone, err := tombstoneOf(out.Item)
	return stone, err == nil, err
}

// Each visits every tombstone that was there when it began, until visit fails.
func (d DynamoDB) Each(ctx context.Context, visit func(Tombstone) error) error {
	pages := dynamodb.NewScanPaginator(d.Client, &dynamodb.ScanInput{TableName: aws.String(d.Table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fault.Wrap("list tombstones", err)
		}
		for _, found := range page.Items {
			stone, err := tombstoneOf(found)
			if err == nil {
				err = visit(stone)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func tombstoneOf(found row) (Tombstone, error) {
	fingerprint, _ := found["fingerprint"].(*types.AttributeValueMemberS)
	cutoff, _ := found["cutoff"].(*types.AttributeValueMemberS)
	expires, _ := found["expires_at"].(*types.AttributeValueMemberN)
	if fingerprint == nil || cutoff == nil || expires == nil {
		return Tombstone{}, fault.New(fault.Permanent, "a tombstone lacks its dates")
	}
	at, err := time.Parse(dateForm, cutoff.Value)
	if err != nil {
		return Tombstone{}, fault.New(fault.Permanent, "a tombstone's cutoff is no date")
	}
	seconds, _ := strconv.ParseInt(expires.Value, 10, 64)
	return Tombstone{Fingerprint: fingerprint.Value, Cutoff: at, ExpiresAt: time.Unix(seconds, 0).UTC()}, nil
}
