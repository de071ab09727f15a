package ledger

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// byOpen is the sparse index of open requests, ordered by when to look at them.
const byOpen = "by_open"

// DynamoDB keeps rows in three tables. A function that needs only one of them leaves
// the others' names empty and has no permission on them.
type DynamoDB struct {
	Client *dynamodb.Client
	Tables map[Table]string
}

type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func keyItem(k Key) item { return item{"pk": text(k.PK), "sk": text(k.SK)} }

func (d DynamoDB) Get(ctx context.Context, key Key) (Row, bool, error) {
	out, err := d.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(d.Tables[key.Table]), Key: keyItem(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Row{}, false, fault.Wrap("read a ledger row", err)
	}
	if len(out.Item) == 0 {
		return Row{}, false, nil
	}
	return rowOf(key.Table, out.Item), true, nil
}

func (d DynamoDB) Query(ctx context.Context, table Table, pk, prefix, after string, limit int) ([]Row, error) {
	in := &dynamodb.QueryInput{
		TableName: aws.String(d.Tables[table]), ConsistentRead: aws.Bool(true), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String("pk = :pk"),
		ExpressionAttributeValues: item{":pk": text(pk)},
	}
	if prefix != "" { // an empty string is no value of a key
		in.KeyConditionExpression = aws.String("pk = :pk AND begins_with(sk, :prefix)")
		in.ExpressionAttributeValues[":prefix"] = text(prefix)
	}
	if after != "" {
		in.ExclusiveStartKey = keyItem(Key{PK: pk, SK: after})
	}
	out, err := d.Client.Query(ctx, in)
	if err != nil {
		return nil, fault.Wrap("query ledger rows", err)
	}
	rows := make([]Row, 0, len(out.Items))
	for _, it := range out.Items {
		rows = append(rows, rowOf(table, it))
	}
	return rows, nil
}

func (d DynamoDB) Due(ctx context.Context, open, before string, limit int) ([]string, error) {
	out, err := d.Client.Query(ctx, &dynamodb.QueryInput{
		TableName: aws.String(d.Tables[Records]), IndexName: aws.String(byOpen), Limit: aws.Int32(int32(limit)),
		KeyConditionExpression:    aws.String("#open = :open AND check_at <= :before"),
		ExpressionAttributeNames:  map[string]string{"#open": "open"},
		ExpressionAttributeValues: item{":open": text(open), ":before": text(before)},
	})
	if err != nil {
		return nil, fault.Wrap("query open requests", err)
	}
	pks := make([]string, 0, len(out.Items))
	for _, it := range out.Items {
		pks = append(pks, stringOf(it, "pk"))
	}
	return pks, nil
}

// Commit writes one row with a conditional write and several with a transaction.
func (d DynamoDB) Commit(ctx context.Context, owner string, writes []Write) error {
	err := d.write(ctx, owner, writes)
	if err == nil {
		return nil
	}
	if fault.KindOf(err) == fault.Conflict && d.ours(ctx, owner, writes) {
		return nil // applied; only the answer was lost and the SDK tried again
	}
	switch {
	case refused(err, "ConditionalCheckFailed"):
		return ErrConflict
	case refused(err, "TransactionConflict"):
		return ErrBusy
	}
	return fault.As(fault.Retry, "write ledger rows", err)
}

// ours reads back: all of our writes stand, none of somebody else's in their place.
// Checks leave no trace, so a commit of nothing else is never taken for ours.
func (d DynamoDB) ours(ctx context.Context, owner string, writes []Write) bool {
	stands := false
	for _, w := range writes {
		if w.Check {
			continue
		}
		row, found, err := d.Get(ctx, w.Row.Key)
		if err != nil || found == w.Delete || (found && row.Owner != owner) {
			return false
		}
		stands = true
	}
	return stands
}

// refused tells whether a write or one item of a transaction failed for the reason:
// a condition that does not hold is another matter than a transaction in flight.
func refused(err error, reason string) bool {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() == reason+"Exception" {
		return true
	}
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return false
	}
	for _, r := range cancelled.CancellationReasons {
		if aws.ToString(r.Code) == reason {
			return true
		}
	}
	return false
}

func (d DynamoDB) write(ctx context.Context, owner string, writes []Write) error {
	if len(writes) == 1 && !writes[0].Check {
		return d.writeOne(ctx, owner, writes[0])
	}
	in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String(owner)}
	for _, w := range writes {
		in.TransactItems = append(in.TransactItems, d.transactItem(owner, w))
	}
	_, err := d.Client.TransactWriteItems(ctx, in)
	return err
}

func (d DynamoDB) writeOne(ctx context.Context, owner string, w Write) error {
	it := d.transactItem(owner, w)
	if del := it.Delete; del != nil {
		_, err := d.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: del.TableName, Key: del.Key,
			ConditionExpression: del.ConditionExpression, ExpressionAttributeValues: del.ExpressionAttributeValues})
		return err
	}
	put := it.Put
	_, err := d.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: put.TableName, Item: put.Item,
		ConditionExpression: put.ConditionExpression, ExpressionAttributeValues: put.ExpressionAttributeValues})
	return err
}

func (d DynamoDB) transactItem(owner string, w Write) types.TransactWriteItem {
	table := aws.String(d.Tables[w.Row.Table])
	condition, values := expectation(w)
	if w.Check {
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: table, Key: keyItem(w.Row.Key),
			ConditionExpression: condition, ExpressionAttributeValues: values}}
	}
	if w.Delete {
		return types.TransactWriteItem{Delete: &types.Delete{TableName: table, Key: keyItem(w.Row.Key),
			ConditionExpression: condition, ExpressionAttributeValues: values}}
	}
	return types.TransactWriteItem{Put: &types.Put{TableName: table, Item: itemOf(w, owner),
		ConditionExpression: condition, ExpressionAttributeValues: values}}
}

func expectation(w Write) (*string, item) {
	switch w.Expect {
	case Any:
		return nil, nil
	case 0:
		return aws.String("attribute_not_exists(pk)"), nil
	}
	return aws.String("version = :version"), item{":version": number(w.Expect)}
}

func itemOf(w Write, owner string) item {
	it := keyItem(w.Row.Key)
	it["version"] = number(max(w.Expect, 0) + 1)
	it["owner"] = text(owner)
	it["doc"] = text(string(w.Row.Doc))
	if w.Row.Open != "" {
		it["open"], it["check_at"] = text(w.Row.Open), text(w.Row.CheckAt)
	}
	if w.Row.ExpiresAt != 0 {
		it["expires_at"] = number(w.Row.ExpiresAt)
	}
	return it
}

func rowOf(table Table, it item) Row {
	return Row{
		Key: Key{table, stringOf(it, "pk"), stringOf(it, "sk")}, Owner: stringOf(it, "owner"),
		Version: numberOf(it, "version"), Doc: []byte(stringOf(it, "doc")),
		Open: stringOf(it, "open"), CheckAt: stringOf(it, "check_at"), ExpiresAt: numberOf(it, "expires_at"),
	}
}

func stringOf(it item, name string) string {
	s, _ := it[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func numberOf(it item, name string) int64 {
	n, _ := it[name].(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	v, _ := strconv.ParseInt(n.Value, 10, 64)
	return v
}
