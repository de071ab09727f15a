package livedata

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
)

const (
	deleteBatch = 25  // BatchWriteItem's limit
	atOnce      = 4   // batches of one call to Delete under way at a time
	getBatch    = 100 // BatchGetItem's limit
	batchTries  = 8
	firstWait   = 50 * time.Millisecond
)

// DynamoDB is Records on the platform's tables. Names maps store to table. Budget
// bounds its writes, ReadBudget its reads; nil is no bound.
type DynamoDB struct {
	Client     *dynamodb.Client
	Names      map[string]string
	Budget     Budget
	ReadBudget Budget
}

func (d DynamoDB) table(store datamap.Store) *string { return aws.String(d.Names[store.Name]) }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func (k Key) item() map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{}
	for name, value := range k {
		out[name] = text(value)
	}
	return out
}

func (d DynamoDB) Read(ctx context.Context, q Query) (Page, error) {
	in := &dynamodb.QueryInput{TableName: d.table(q.Store), Limit: aws.Int32(int32(q.Limit)), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal}
	if q.Index == "" {
		in.ConsistentRead = aws.Bool(true)
	} else {
		in.IndexName = aws.String(q.Index)
	}
	if q.After != nil {
		in.ExclusiveStartKey = q.After.item()
	}
	condition(in, q)
	out, err := d.query(ctx, q.Store, in)
	if err != nil {
		return Page{}, fault.Wrap("query "+q.Store.Name, err)
	}
	page := Page{Next: keyFrom(out.LastEvaluatedKey)}
	for _, it := range out.Items {
		page.Items = append(page.Items, it)
	}
	if q.Index != "" {
		page.Items, err = d.confirm(ctx, q, page.Items)
	}
	return page, err
}

func (d DynamoDB) query(ctx context.Context, store datamap.Store, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	if err := d.reads(store).await(ctx); err != nil {
		return nil, err
	}
	out, err := d.Client.Query(ctx, in)
	if err != nil {
		return nil, d.reads(store).refused(ctx, err)
	}
	d.reads(store).took(out.ConsumedCapacity)
	return out, nil
}

func condition(in *dynamodb.QueryInput, q Query) {
	in.ExpressionAttributeNames = map[string]string{}
	in.ExpressionAttributeValues = map[string]types.AttributeValue{}
	var terms []string
	if q.Index == "" {
		in.ProjectionExpression = projection(q.Attributes, in.ExpressionAttributeNames)
	}
	for i, attribute := range q.Store.IndexKey(q.Index) {
		n := strconv.Itoa(i)
		operator, value := " = :v", q.Where[attribute]
		if value == "" && i == 1 && q.From != "" {
			operator, value = " >= :v", q.From
		}
		if value == "" {
			continue
		}
		terms = append(terms, "#k"+n+operator+n)
		in.ExpressionAttributeNames["#k"+n] = attribute
		in.ExpressionAttributeValues[":v"+n] = text(value)
	}
	in.KeyConditionExpression = aws.String(strings.Join(terms, " AND "))
}

// projection asks for attributes by placeholders that it adds to names; nil for all.
func projection(attributes []string, names map[string]string) *string {
	if len(attributes) == 0 {
		return nil
	}
	terms := make([]string, len(attributes))
	for i, attribute := range attributes {
		terms[i] = "#p" + strconv.Itoa(i)
		names[terms[i]] = attribute
	}
	return aws.String(strings.Join(terms, ", "))
}

func keyFrom(it map[string]types.AttributeValue) Key {
	if len(it) == 0 {
		return nil
	}
	key := Key{}
	for name := range it {
		key[name] = Item(it).Text(name)
	}
	return key
}

// confirm looks index hits up in the base table and drops what no longer matches.
func (d DynamoDB) confirm(ctx context.Context, q Query, hits []Item) ([]Item, error) {
	var out []Item
	for start := 0; start < len(hits); start += getBatch {
		batch := hits[start:min(start+getBatch, len(hits))]
		items, err := d.getBatch(ctx, q, batch)
		if err != nil {
			return nil, err
		}
		for _, it := range inOrder(q.Store, batch, items) {
			if it.Says(q.Where) {
				out = append(out, it)
			}
		}
	}
	return out, nil
}

// inOrder puts what a batch read found, which comes in any order, into that of the index:
// where a walk goes on after a record is a place in it.
func inOrder(store datamap.Store, hits, items []Item) []Item {
	byKey := map[string]Item{}
	for _, it := range items {
		byKey[keyText(store, it)] = it
	}
	var out []Item
	for _, hit := range hits {
		if it, there := byKey[keyText(store, hit)]; there {
			out = append(out, it)
		}
	}
	return out
}

// keyText tells records of a store apart; a key never holds the separator.
func keyText(store datamap.Store, it Item) string {
	var parts []string
	for _, name := range store.Key {
		parts = append(parts, it.Text(name))
	}
	return strings.Join(parts, "\x00")
}

func (d DynamoDB) getBatch(ctx context.Context, q Query, hits []Item) ([]Item, error) {
	store, names := q.Store, map[string]string{}
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true), ProjectionExpression: projection(q.Attributes, names)}
	if len(names) > 0 {
		ask.ExpressionAttributeNames = names
	}
	for _, hit := range hits {
		ask.Keys = append(ask.Keys, KeyOf(store, hit).item())
	}
	var out []Item
	pending := map[string]types.KeysAndAttributes{d.Names[store.Name]: ask}
	for try := 0; len(pending) > 0; try++ {
		err := pause(ctx, try)
		if err == nil {
			var got []Item
			got, pending, err = d.readBatch(ctx, store, pending)
			out = append(out, got...)
		}
		if err != nil {
			return nil, fault.Wrap("read "+store.Name+" in batches", err)
		}
	}
	return out, nil
}

// readBatch returns what was left undone, after it has reported that.
func (d DynamoDB) readBatch(ctx context.Context, store datamap.Store, ask map[string]types.KeysAndAttributes) (items []Item, left map[string]types.KeysAndAttributes, err error) {
	if err := d.reads(store).await(ctx); err != nil {
		return nil, nil, err
	}
	got, err := d.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: ask, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	if err != nil {
		return nil, nil, d.reads(store).refused(ctx, err)
	}
	d.reads(store).spent(got.ConsumedCapacity...)
	for _, it := range got.Responses[d.Names[store.Name]] {
		items = append(items, it)
	}
	if len(got.UnprocessedKeys) > 0 {
		err = d.reads(store).throttled(ctx)
	}
	return items, got.UnprocessedKeys, err
}

// pause waits before a further try at what a batch left undone, and gives up after
// batchTries, so that the state machine's own back-off takes over.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	if try >= batchTries {
		return fault.New(fault.Retry, "a batch was left undone again and again")
	}
	timer := time.NewTimer(firstWait << (try - 1))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (d DynamoDB) Get(ctx context.Context, store datamap.Store, key Key) (Item, error) {
	if err := d.reads(store).await(ctx); err != nil {
		return nil, fault.Wrap("get from "+store.Name, err)
	}
	out, err := d.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: d.table(store), Key: key.item(), ConsistentRead: aws.Bool(true),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	if err != nil {
		return nil, fault.Wrap("get from "+store.Name, d.reads(store).refused(ctx, err))
	}
	d.reads(store).took(out.ConsumedCapacity)
	return out.Item, nil
}

// Delete has several batches under way at a time. The first that fails ends the others.
func (d DynamoDB) Delete(ctx context.Context, store datamap.Store, keys []Key) error {
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	var failed failures
	for batch := range slices.Chunk(keys, deleteBatch) {
		if together.Err() != nil {
			break
		}
		group.Go(func() error { return failed.note(d.deleteBatch(together, store, batch)) })
	}
	_ = group.Wait() // the first of what was noted
	return fault.Wrap("delete from "+store.Name, failed.all(ctx))
}

// deleteBatch asks again for what DynamoDB left unprocessed, until nothing is left.
func (d DynamoDB) deleteBatch(ctx context.Context, store datamap.Store, keys []Key) error {
	writes := make([]types.WriteRequest, len(keys))
	for i, key := range keys {
		writes[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: key.item()}}
	}
	for try := 0; len(writes) > 0; try++ {
		if err := pause(ctx, try); err != nil {
			return err
		}
		var err error
		if writes, err = d.writeBatch(ctx, store, writes); err != nil {
			return err
		}
	}
	return nil
}

// writeBatch returns what was left undone, after it has reported that: the budget's
// pause and the one before the next try then run at the same time.
func (d DynamoDB) writeBatch(ctx context.Context, store datamap.Store, writes []types.WriteRequest) ([]types.WriteRequest, error) {
	if err := d.writes(store).await(ctx); err != nil {
		return nil, err
	}
	out, err := d.Client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		RequestItems: map[string][]types.WriteRequest{d.Names[store.Name]: writes}})
	if err != nil {
		return nil, d.writes(store).refused(ctx, err)
	}
	d.writes(store).spent(out.ConsumedCapacity...)
	left := out.UnprocessedItems[d.Names[store.Name]]
	if len(left) > 0 {
		err = d.writes(store).throttled(ctx)
	}
	return left, err
}

// unchanged is the condition that a record still equals what was seen of it. DynamoDB
// cannot be asked for "and nothing else", so it is asked for what the data map decides
// by (its date, whose it is, what is to be emptied) and for what a write sets.
func unchanged(store datamap.Store, seen Item, set ...string) (string, map[string]string, map[string]types.AttributeValue) {
	names, values := map[string]string{}, map[string]types.AttributeValue{}
	var terms []string
	for _, name := range slices.Concat(store.Deciding(), set) {
		if _, there := seen[name]; !there {
			n := strconv.Itoa(len(terms))
			names["#s"+n] = name
			terms = append(terms, "attribute_not_exists(#s"+n+")")
		}
	}
	for name, value := range seen {
		n := strconv.Itoa(len(terms))
		names["#s"+n], values[":s"+n] = name, value
		terms = append(terms, "#s"+n+" = :s"+n)
	}
	return strings.Join(terms, " AND "), names, values
}

func (d DynamoDB) DeleteIf(ctx context.Context, store datamap.Store, seen Item) (bool, error) {
	condition, names, values := unchanged(store, seen)
	applied, err := d.writeOne(ctx, store, seen, nil, func() (*types.ConsumedCapacity, error) {
		out, err := d.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: d.table(store), Key: KeyOf(store, seen).item(),
			ConditionExpression: aws.String(condition), ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
		if err != nil {
			return nil, err
		}
		return out.ConsumedCapacity, nil
	})
	return applied, fault.Wrap("delete from "+store.Name, err)
}

func (d DynamoDB) Change(ctx context.Context, store datamap.Store, seen, set Item, remove []string) (bool, error) {
	condition, names, values := unchanged(store, seen, slices.Sorted(maps.Keys(set))...)
	var clauses []string
	for name, value := range set {
		n := strconv.Itoa(len(clauses))
		names["#c"+n], values[":c"+n] = name, value
		clauses = append(clauses, "#c"+n+" = :c"+n)
	}
	update := ""
	if len(clauses) > 0 {
		update = "SET " + strings.Join(clauses, ", ")
	}
	for i, name := range remove {
		n := strconv.Itoa(i)
		names["#r"+n] = name
		if i == 0 {
			update += " REMOVE #r" + n
		} else {
			update += ", #r" + n
		}
	}
	applied, err := d.writeOne(ctx, store, seen, changed(seen, set, remove), func() (*types.ConsumedCapacity, error) {
		out, err := d.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: d.table(store), Key: KeyOf(store, seen).item(),
			UpdateExpression: aws.String(update), ConditionExpression: aws.String(condition),
			ExpressionAttributeNames: names, ExpressionAttributeValues: values,
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
		if err != nil {
			return nil, err
		}
		return out.ConsumedCapacity, nil
	})
	return applied, fault.Wrap("change a record of "+store.Name, err)
}

func changed(seen, set Item, remove []string) Item {
	out := Item{}
	for name, value := range seen {
		out[name] = value
	}
	for name, value := range set {
		out[name] = value
	}
	for _, name := range remove {
		delete(out, name)
	}
	return out
}

// writeOne makes one conditional write within the budget, and settles its outcome.
func (d DynamoDB) writeOne(ctx context.Context, store datamap.Store, seen, want Item, write func() (*types.ConsumedCapacity, error)) (bool, error) {
	if err := d.writes(store).await(ctx); err != nil {
		return false, err
	}
	capacity, err := write()
	if err == nil {
		d.writes(store).took(capacity)
		return true, nil
	}
	return d.settle(ctx, store, seen, want, d.writes(store).refused(ctx, err))
}

// settle resolves a condition that failed: if the record already is what the write
// was to make of it (nil: gone), the write was applied and only its answer lost.
func (d DynamoDB) settle(ctx context.Context, store datamap.Store, seen, want Item, err error) (bool, error) {
	var failed *types.ConditionalCheckFailedException
	if !errors.As(err, &failed) {
		return false, err
	}
	now, err := d.Get(ctx, store, KeyOf(store, seen))
	if err != nil {
		return false, err
	}
	if want == nil {
		return len(now) == 0, nil
	}
	return reflect.DeepEqual(now, want), nil
}
