package restore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// DynamoDB is Targets and Live on the platform's tables. Names maps store to live table.
type DynamoDB struct {
	Client     *dynamodb.Client
	Names      map[string]string
	Tombstones string // table
}

const (
	putBatch  = 25 // BatchWriteItem's limit
	tries     = 8
	firstWait = 50 * time.Millisecond
	mostWait  = 10 * time.Minute // until a table is there
)

// infix stands between the name of a live table and the ID of a restore.
const infix = "-restore-"

func (d DynamoDB) table(id string, s datamap.Store) *string {
	return aws.String(d.Names[s.Name] + infix + id)
}

// TargetID is of which restore a table is the target for the live one; ok is false for
// any other table.
func TargetID(live, table string) (id string, ok bool) { return strings.CutPrefix(table, live+infix) }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

// Create makes a table without recovery, encrypted as the live one is.
func (d DynamoDB) Create(ctx context.Context, id string, s datamap.Store) error {
	in, err := d.creation(ctx, id, s)
	if err != nil {
		return fault.Wrap("create the target of "+s.Name, err)
	}
	_, err = d.Client.CreateTable(ctx, in)
	if there := (*types.ResourceInUseException)(nil); err != nil && !errors.As(err, &there) {
		return fault.Wrap("create the target of "+s.Name, err)
	}
	waiter := dynamodb.NewTableExistsWaiter(d.Client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, mostWaiterDelay
	})
	err = waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: in.TableName}, mostWait)
	if err != nil {
		return fault.As(fault.Retry, "wait for the target of "+s.Name, err)
	}
	return nil
}

const mostWaiterDelay = 10 * time.Second

func (d DynamoDB) creation(ctx context.Context, id string, s datamap.Store) (*dynamodb.CreateTableInput, error) {
	in := &dynamodb.CreateTableInput{TableName: d.table(id, s), BillingMode: types.BillingModePayPerRequest, KeySchema: schema(s.Key)}
	defined := map[string]bool{}
	for _, name := range s.Key {
		defined[name] = true
	}
	for _, index := range slices.Sorted(maps.Keys(s.Indexes)) {
		for _, name := range s.Indexes[index] {
			defined[name] = true
		}
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: aws.String(index),
			KeySchema: schema(s.Indexes[index]), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}})
	}
	for _, name := range slices.Sorted(maps.Keys(defined)) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
	}
	live, err := d.Client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(d.Names[s.Name])})
	if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
		return in, nil // that it is lost is why somebody restores
	}
	if err == nil && live.Table.SSEDescription != nil && live.Table.SSEDescription.KMSMasterKeyArn != nil {
		in.SSESpecification = &types.SSESpecification{Enabled: aws.Bool(true), SSEType: types.SSETypeKms, KMSMasterKeyId: live.Table.SSEDescription.KMSMasterKeyArn}
	}
	return in, err
}

func schema(key []string) []types.KeySchemaElement {
	out := []types.KeySchemaElement{{AttributeName: aws.String(key[0]), KeyType: types.KeyTypeHash}}
	for _, name := range key[1:] {
		out = append(out, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: types.KeyTypeRange})
	}
	return out
}

func (d DynamoDB) Put(ctx context.Context, id string, s datamap.Store, items []livedata.Item) error {
	writes := make([]types.WriteRequest, len(items))
	for i, it := range items {
		writes[i] = types.WriteRequest{PutRequest: &types.PutRequest{Item: it}}
	}
	return d.write(ctx, id, s, writes)
}

func (d DynamoDB) Remove(ctx context.Context, id string, s datamap.Store, at []livedata.Key) error {
	writes := make([]types.WriteRequest, len(at))
	for i, key := range at {
		writes[i] = types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: itemOf(key)}}
	}
	return d.write(ctx, id, s, writes)
}

func itemOf(key livedata.Key) map[string]types.AttributeValue {
	out := map[string]types.AttributeValue{}
	for name, value := range key {
		out[name] = text(value)
	}
	return out
}

// write asks again for what DynamoDB left undone, until nothing is.
func (d DynamoDB) write(ctx context.Context, id string, s datamap.Store, writes []types.WriteRequest) error {
	table := *d.table(id, s)
	for batch := range slices.Chunk(writes, putBatch) {
		for try := 0; len(batch) > 0; try++ {
			if err := pause(ctx, try); err != nil {
				return fault.Wrap("write to the target of "+s.Name, err)
			}
			out, err := d.Client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: batch}})
			if err != nil {
				return fault.Wrap("write to the target of "+s.Name, err)
			}
			batch = out.UnprocessedItems[table]
		}
	}
	return nil
}

// pause waits before a further try, longer each time, and gives up after some.
func pause(ctx context.Context, try int) error {
	if try == 0 {
		return nil
	}
	if try >= tries {
		return fault.New(fault.Retry, "a write was left undone again and again")
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

func (d DynamoDB) Scan(ctx context.Context, id string, s datamap.Store, after livedata.Key) (livedata.Page, error) {
	in := &dynamodb.ScanInput{TableName: d.table(id, s), ConsistentRead: aws.Bool(true), Limit: aws.Int32(scanPage)}
	if after != nil {
		in.ExclusiveStartKey = itemOf(after)
	}
	out, err := d.Client.Scan(ctx, in)
	if err != nil {
		return livedata.Page{}, fault.Wrap("read the target of "+s.Name, err)
	}
	var page livedata.Page
	for _, it := range out.Items {
		page.Items = append(page.Items, it)
	}
	if len(out.LastEvaluatedKey) > 0 {
		page.Next = livedata.KeyOf(s, out.LastEvaluatedKey)
	}
	return page, nil
}

const scanPage = 200

// EachRow visits all rows of a table of that name, for a source of tables.
func (d DynamoDB) EachRow(ctx context.Context, table string, visit func(livedata.Item) error) error {
	pages := dynamodb.NewScanPaginator(d.Client, &dynamodb.ScanInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return fault.Wrap("list a table's rows", err)
		}
		for _, it := range out.Items {
			if err := visit(it); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d DynamoDB) get(ctx context.Context, table *string, key livedata.Key) (livedata.Item, error) {
	out, err := d.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: itemOf(key), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// Drop takes one that is going for gone.
func (d DynamoDB) Drop(ctx context.Context, id string, s datamap.Store) error {
	_, err := d.Client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: d.table(id, s)})
	if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
		return nil
	}
	if busy := (*types.ResourceInUseException)(nil); errors.As(err, &busy) {
		out, lost := d.Client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: d.table(id, s)})
		if lost == nil && out.Table.TableStatus == types.TableStatusDeleting {
			return nil
		}
		return fault.As(fault.Retry, "drop the target of "+s.Name, err)
	}
	return fault.Wrap("drop the target of "+s.Name, err)
}

func (d DynamoDB) List(ctx context.Context) ([]Target, error) {
	var out []Target
	pages := dynamodb.NewListTablesPaginator(d.Client, &dynamodb.ListTablesInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault.Wrap("list the targets of restores", err)
		}
		for _, table := range page.TableNames {
			t, ours, err := d.target(ctx, table)
			if err != nil {
				return nil, fault.Wrap("list the targets of restores", err)
			}
			if ours {
				out = append(out, t)
			}
		}
	}
	return out, nil
}

func (d DynamoDB) target(ctx context.Context, table string) (Target, bool, error) {
	for store, live := range d.Names {
		id, ok := TargetID(live, table)
		if !ok {
			continue
		}
		about, err := d.Client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(table)})
		if gone := (*types.ResourceNotFoundException)(nil); errors.As(err, &gone) {
			return Target{}, false, nil
		}
		if err != nil || about.Table.TableStatus == types.TableStatusDeleting {
			return Target{}, false, err
		}
		return Target{id, store, aws.ToTime(about.Table.CreationDateTime)}, true, nil
	}
	return Target{}, false, nil
}

// LiveDynamoDB is Live on the same tables.
type LiveDynamoDB struct{ DynamoDB }

func (d LiveDynamoDB) Get(ctx context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error) {
	it, err := d.get(ctx, aws.String(d.Names[s.Name]), key)
	return it, fault.Wrap("get from "+s.Name, err)
}

// Get reads the target.
func (d DynamoDB) Get(ctx context.Context, id string, s datamap.Store, key livedata.Key) (livedata.Item, error) {
	it, err := d.get(ctx, d.table(id, s), key)
	return it, fault.Wrap("read the target of "+s.Name, err)
}

// PutNew tries again while others write to what it looks at: ingestion looks at the same
// tombstones. An answer that was lost the SDK asks for again with the same token.
func (d LiveDynamoDB) PutNew(ctx context.Context, records []New, seen map[string]time.Time) ([]int, error) {
	items := make([]types.TransactWriteItem, 0, len(records)+len(seen))
	for _, record := range records {
		items = append(items, types.TransactWriteItem{Put: &types.Put{TableName: aws.String(d.Names[record.Store.Name]), Item: record.Item,
			ConditionExpression: aws.String("attribute_not_exists(#key)"), ExpressionAttributeNames: map[string]string{"#key": record.Store.Key[0]}}})
	}
	for _, print := range slices.Sorted(maps.Keys(seen)) {
		items = append(items, fence.Unchanged(d.Tombstones, print, seen[print]))
	}
	for try := 0; ; try++ {
		if err := pause(ctx, try); err != nil {
			return nil, fault.Wrap("put records back", err)
		}
		_, err := d.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
		var canceled *types.TransactionCanceledException
		if !errors.As(err, &canceled) {
			return nil, fault.Wrap("put records back", err)
		}
		there, busy, err := outcome(canceled, len(records))
		if err != nil || !busy {
			return there, err
		}
	}
}

// outcome reads why a transaction was not applied. busy: for no reason that will last.
func outcome(canceled *types.TransactionCanceledException, records int) (there []int, busy bool, err error) {
	for i, reason := range canceled.CancellationReasons {
		switch code := aws.ToString(reason.Code); {
		case code == "" || code == "None":
		case code == "TransactionConflict" || code == "ThrottlingError" || code == "ProvisionedThroughputExceeded":
			busy = true
		case code == "ConditionalCheckFailed" && i < records:
			there = append(there, i)
		case code == "ConditionalCheckFailed":
			return nil, false, fault.New(fault.Conflict, "a tombstone changed while records were put back")
		default:
			return nil, false, fault.New(fault.Permanent, "records cannot be put back: DynamoDB says "+code)
		}
	}
	return there, busy && len(there) == 0, nil
}

// JobsTable keeps jobs in the table of backup runs.
type JobsTable struct {
	Client *dynamodb.Client
	Table  string
	Now    func() time.Time
}

const (
	runPrefix  = "restore#"
	jobStep    = "job"
	unitPrefix = "unit#"
)

func (t JobsTable) Create(ctx context.Context, j Job) (Job, error) { return t.Save(ctx, j) }

func (t JobsTable) Save(ctx context.Context, j Job) (Job, error) {
	version, err := t.save(ctx, j.ID, jobStep, j.Version, j)
	j.Version = version
	return j, err
}

func (t JobsTable) SaveUnit(ctx context.Context, id string, p Progress) (Progress, error) {
	version, err := t.save(ctx, id, unitPrefix+unitName(p.Unit), p.Version, p)
	p.Version = version
	return p, err
}

// save writes a document over the version that was read; 0: where none is. When that is
// refused and what stands there is what was to be written, the answer to it was lost.
func (t JobsTable) save(ctx context.Context, id, step string, version int, document any) (int, error) {
	src, err := json.Marshal(document)
	if err != nil {
		return 0, fault.As(fault.Permanent, "note how far a restore is", err)
	}
	in := &dynamodb.PutItemInput{TableName: aws.String(t.Table), Item: rowOf(id, step), ConditionExpression: aws.String("attribute_not_exists(#version)"),
		ExpressionAttributeNames: map[string]string{"#version": "version"}}
	in.Item["document"], in.Item["version"] = text(string(src)), number(int64(version+1))
	in.Item["expires_at"] = number(t.Now().Add(KeepJobs).Unix())
	if version > 0 {
		in.ConditionExpression = aws.String("#version = :version")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":version": number(int64(version))}
	}
	_, err = t.Client.PutItem(ctx, in)
	var refused *types.ConditionalCheckFailedException
	if !errors.As(err, &refused) {
		return version + 1, fault.Wrap("note how far a restore is", err)
	}
	now, err := t.get(ctx, id, step)
	if err != nil {
		return 0, err
	}
	if now.Text("document") == string(src) && versionOf(now) == version+1 {
		return version + 1, nil
	}
	return 0, fault.New(fault.Conflict, "somebody else goes on with this restore")
}

func rowOf(id, step string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"run": text(runPrefix + id), "step": text(step)}
}

func versionOf(it livedata.Item) int {
	n, _ := it["version"].(*types.AttributeValueMemberN)
	if n == nil {
		return 0
	}
	version, _ := strconv.Atoi(n.Value)
	return version
}

func (t JobsTable) get(ctx context.Context, id, step string) (livedata.Item, error) {
	out, err := t.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(t.Table), Key: rowOf(id, step), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fault.Wrap("read a restore", err)
	}
	return out.Item, nil
}

func (t JobsTable) Get(ctx context.Context, id string) (Job, error) {
	it, err := t.get(ctx, id, jobStep)
	if err != nil {
		return Job{}, err
	}
	if len(it) == 0 {
		return Job{}, fault.New(fault.NotFound, "there is no such restore")
	}
	var j Job
	if err := json.Unmarshal([]byte(it.Text("document")), &j); err != nil {
		return Job{}, fault.New(fault.Permanent, "a restore's row cannot be read")
	}
	j.Version = versionOf(it)
	return j, nil
}

func (t JobsTable) EachUnit(ctx context.Context, id string, visit func(Progress) error) error {
	pages := dynamodb.NewQueryPaginator(t.Client, &dynamodb.QueryInput{TableName: aws.String(t.Table), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("#run = :run AND begins_with(#step, :unit)"), ExpressionAttributeNames: map[string]string{"#run": "run", "#step": "step"},
		ExpressionAttributeValues: map[string]types.AttributeValue{":run": text(runPrefix + id), ":unit": text(unitPrefix)}})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return fault.Wrap("list a restore's units", err)
		}
		for _, it := range out.Items {
			var p Progress
			if err := json.Unmarshal([]byte(livedata.Item(it).Text("document")), &p); err != nil || p.Unit == (snapshot.Unit{}) {
				return fault.New(fault.Permanent, "a row of a restore's unit cannot be read")
			}
			p.Version = versionOf(it)
			if err := visit(p); err != nil {
				return err
			}
		}
	}
	return nil
}
