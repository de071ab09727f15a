package keys

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
)

// DynamoDB keeps keys in a table of their own, which has neither recovery nor export nor
// stream: what was deleted there is gone. Tombstones is the name of the table of those.
type DynamoDB struct {
	Client     *dynamodb.Client
	Table      string
	Tombstones string
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func rowKey(parent, name string) item { return item{"parent": text(parent), "subject": text(name)} }

// dateForm has a fixed width, so that text order is time order.
const dateForm = "2006-01-02T15:04:05.000000000Z"

func (d DynamoDB) Get(ctx context.Context, parent, name string) (Row, bool, error) {
	return d.get(ctx, &dynamodb.GetItemInput{Key: rowKey(parent, name)})
}

// Named asks for names alone: its caller has no right to more.
func (d DynamoDB) Named(ctx context.Context, parent, name string) (Row, bool, error) {
	return d.get(ctx, &dynamodb.GetItemInput{Key: rowKey(parent, name),
		ProjectionExpression: aws.String(namesOnly), ExpressionAttributeNames: map[string]string{"#parent": "parent"}})
}

// namesOnly leaves out what is wrapped. "parent" is a reserved word.
const namesOnly = "#parent, subject, key_id, parent_id, cutoff"

func (d DynamoDB) get(ctx context.Context, in *dynamodb.GetItemInput) (Row, bool, error) {
	in.TableName, in.ConsistentRead = aws.String(d.Table), aws.Bool(true)
	out, err := d.Client.GetItem(ctx, in)
	if err != nil || len(out.Item) == 0 {
		return Row{}, false, fault.Wrap("read a snapshot key", err)
	}
	row, err := rowOf(out.Item)
	return row, err == nil, err
}

func rowOf(it item) (Row, error) {
	s := func(name string) string {
		v, _ := it[name].(*types.AttributeValueMemberS)
		if v == nil {
			return ""
		}
		return v.Value
	}
	row := Row{Parent: s("parent"), Name: s("subject"), ID: s("key_id"), ParentID: s("parent_id")}
	if wrapped, ok := it["wrapped"].(*types.AttributeValueMemberB); ok {
		row.Wrapped = wrapped.Value
	}
	var err error
	if at := s("cutoff"); at != "" {
		row.Cutoff, err = time.Parse(dateForm, at)
	}
	if at := s("created_at"); at != "" && err == nil {
		row.CreatedAt, err = time.Parse(dateForm, at)
	}
	if err != nil || row.ID == "" {
		return Row{}, fault.New(fault.Permanent, "a snapshot key lacks its ID, or has a date that cannot be read")
	}
	return row, nil
}

func itemOf(row Row) item {
	it := rowKey(row.Parent, row.Name)
	it["key_id"], it["wrapped"] = text(row.ID), &types.AttributeValueMemberB{Value: row.Wrapped}
	it["created_at"] = text(row.CreatedAt.UTC().Format(dateForm))
	if row.ParentID != "" {
		it["parent_id"] = text(row.ParentID)
	}
	if !row.Cutoff.IsZero() {
		it["cutoff"] = text(row.Cutoff.UTC().Format(dateForm))
	}
	return it
}

// Create leaves it to its caller to look again after a conflict: an answer that was lost
// makes the SDK send it once more, and then it is our own row that is there.
func (d DynamoDB) Create(ctx context.Context, row Row, guard Guard) error {
	_, err := d.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: d.creation(row, guard)})
	if canceled := (*types.TransactionCanceledException)(nil); errors.As(err, &canceled) {
		return fault.New(fault.Conflict, "a snapshot key was not created: what it depends on has changed")
	}
	return fault.Wrap("create a snapshot key", err)
}

func (d DynamoDB) creation(row Row, guard Guard) []types.TransactWriteItem {
	put := &types.Put{TableName: aws.String(d.Table), Item: itemOf(row), ConditionExpression: aws.String("attribute_not_exists(key_id)")}
	if guard.Replaces != "" {
		put.ConditionExpression = aws.String("key_id = :id")
		put.ExpressionAttributeValues = item{":id": text(guard.Replaces)}
	}
	items := []types.TransactWriteItem{{Put: put}}
	if guard.Grandparent != "" {
		items = append(items, check(d.Table, rowKey(guard.Grandparent, row.Parent), "key_id = :id", item{":id": text(row.ParentID)}))
	}
	for _, print := range slices.Sorted(maps.Keys(guard.Tombstones)) {
		items = append(items, fence.Unchanged(d.Tombstones, print, guard.Tombstones[print]))
	}
	return items
}

func check(table string, key item, condition string, values item) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: aws.String(table), Key: key,
		ConditionExpression: aws.String(condition), ExpressionAttributeValues: values}}
}

// page is how many rows a query asks for.
const page = 200

func (d DynamoDB) Below(ctx context.Context, parent, after string) (rows []Row, more bool, err error) {
	in := &dynamodb.QueryInput{TableName: aws.String(d.Table), ConsistentRead: aws.Bool(true), Limit: aws.Int32(page),
		KeyConditionExpression: aws.String("#parent = :parent"), ProjectionExpression: aws.String(namesOnly),
		ExpressionAttributeNames:  map[string]string{"#parent": "parent"},
		ExpressionAttributeValues: item{":parent": text(parent)}}
	if after != "" {
		in.ExclusiveStartKey = rowKey(parent, after)
	}
	out, err := d.Client.Query(ctx, in)
	if err != nil {
		return nil, false, fault.Wrap("list snapshot keys", err)
	}
	for _, it := range out.Items {
		row, err := rowOf(it)
		if err != nil {
			return nil, false, err
		}
		rows = append(rows, row)
	}
	return rows, len(out.LastEvaluatedKey) > 0, nil
}

func (d DynamoDB) Delete(ctx context.Context, parent, name string) error {
	_, err := d.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(d.Table), Key: rowKey(parent, name)})
	return fault.Wrap("destroy a snapshot key", err)
}
