package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// places is how many cells run at once. Two keep both engines busy.
const places = 2

// place has every store of the data map, a start queue and a state machine. Cells use
// it one after the other and empty it before they begin: emptying takes a few calls,
// creating tables a second.
type place struct {
	name           string // begins the name of everything in it
	data           *datamap.Map
	clients               // nobody strikes these
	queue, machine string // URL and ARN
}

// open makes the places.
func (e *emulators) open(ctx context.Context) error {
	e.places = make(chan *place, places)
	for i := range places {
		p := &place{name: fmt.Sprintf("place%d-", i), data: e.data, clients: e.clients(http.DefaultTransport, 3)}
		if err := p.create(ctx); err != nil {
			return fmt.Errorf("make a place: %w", err)
		}
		e.places <- p
	}
	return nil
}

func (p *place) create(ctx context.Context) error {
	for _, store := range p.stores() {
		if err := p.createStore(ctx, store); err != nil {
			return fmt.Errorf("%s: %w", store.Name, err)
		}
	}
	queue, err := p.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(p.name + "start")})
	if err != nil {
		return err
	}
	machine, err := p.sfn.CreateStateMachine(ctx, &sfn.CreateStateMachineInput{Name: aws.String(p.name + "deletion"),
		RoleArn:    aws.String("arn:aws:iam::" + account + ":role/deletion"),
		Definition: aws.String(`{"StartAt":"Recorded","States":{"Recorded":{"Type":"Succeed"}}}`)})
	if err != nil {
		return err
	}
	p.queue, p.machine = aws.ToString(queue.QueueUrl), aws.ToString(machine.StateMachineArn)
	return nil
}

// stores are the tables and buckets of the data map.
func (p *place) stores() []datamap.Store {
	return slices.DeleteFunc(slices.Clone(p.data.Stores), func(s datamap.Store) bool { return s.Kind != "table" && s.Kind != "bucket" })
}

func (p *place) createStore(ctx context.Context, store datamap.Store) error {
	if !store.IsTable() {
		return p.createBucket(ctx, store)
	}
	in := &dynamodb.CreateTableInput{TableName: aws.String(p.name + store.Name), BillingMode: types.BillingModePayPerRequest, KeySchema: schema(store.Key)}
	attributes := slices.Clone(store.Key)
	for _, name := range slices.Sorted(maps.Keys(store.Indexes)) {
		attributes = append(attributes, store.Indexes[name]...)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{IndexName: aws.String(name),
			KeySchema: schema(store.Indexes[name]), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}})
	}
	slices.Sort(attributes)
	for _, name := range slices.Compact(attributes) {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
	}
	_, err := p.db.CreateTable(ctx, in)
	return err
}

func schema(key []string) []types.KeySchemaElement {
	out := []types.KeySchemaElement{{AttributeName: aws.String(key[0]), KeyType: types.KeyTypeHash}}
	for _, sort := range key[1:] {
		out = append(out, types.KeySchemaElement{AttributeName: aws.String(sort), KeyType: types.KeyTypeRange})
	}
	return out
}

func (p *place) createBucket(ctx context.Context, store datamap.Store) error {
	bucket := aws.String(p.name + store.Name)
	if _, err := p.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket,
		CreateBucketConfiguration: &objects.CreateBucketConfiguration{LocationConstraint: region}}); err != nil {
		return err
	}
	_, err := p.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: bucket,
		VersioningConfiguration: &objects.VersioningConfiguration{Status: objects.BucketVersioningStatusEnabled}})
	return err
}

// names maps stores to what they are called here.
func (p *place) names() map[string]string {
	out := map[string]string{}
	for _, store := range p.stores() {
		out[store.Name] = p.name + store.Name
	}
	return out
}

// world is data in the form of the seed; a deleted object has "deleted".
type world map[string][]map[string]any

// fill puts a world into an empty place.
func (p *place) fill(ctx context.Context, w world) error {
	var writes []write
	for _, name := range slices.Sorted(maps.Keys(w)) {
		store, _ := p.data.Store(name)
		for _, it := range w[name] {
			if store.IsTable() {
				writes = append(writes, write{p.name + name, types.WriteRequest{PutRequest: &types.PutRequest{Item: livedatatest.NewItem(it)}}})
			} else if err := p.putObject(ctx, store, it); err != nil {
				return err
			}
		}
	}
	return p.batch(ctx, writes)
}

func (p *place) putObject(ctx context.Context, store datamap.Store, it map[string]any) error {
	bucket, key := aws.String(p.name+store.Name), aws.String(it["key"].(string))
	if it["deleted"] != nil {
		_, err := p.s3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key})
		return err
	}
	_, err := p.s3.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(it["text"].(string))})
	return err
}

// write is one of a batch.
type write struct {
	table   string
	request types.WriteRequest
}

func (p *place) batch(ctx context.Context, writes []write) error {
	for some := range slices.Chunk(writes, 25) {
		requests := map[string][]types.WriteRequest{}
		for _, w := range some {
			requests[w.table] = append(requests[w.table], w.request)
		}
		out, err := p.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: requests})
		if err != nil {
			return err
		}
		if len(out.UnprocessedItems) > 0 {
			return fmt.Errorf("DynamoDB Local left items of a batch, which it never does")
		}
	}
	return nil
}

// scan reads a whole table.
func (p *place) scan(ctx context.Context, store string) ([]livedata.Item, error) {
	out, err := p.db.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String(p.name + store), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	if out.LastEvaluatedKey != nil {
		return nil, fmt.Errorf("%s has more than a page", store)
	}
	items := make([]livedata.Item, len(out.Items))
	for i, it := range out.Items {
		items[i] = it
	}
	return items, nil
}

// version is one version or delete marker of an object; content is "" for a marker.
type version struct{ key, id, content string }

// versions are in the order of their keys, the newest first.
func (p *place) versions(ctx context.Context, store string) ([]version, error) {
	out, err := p.s3.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: aws.String(p.name + store)})
	if err != nil {
		return nil, err
	}
	var found []version
	for _, v := range out.Versions {
		found = append(found, version{aws.ToString(v.Key), aws.ToString(v.VersionId), aws.ToString(v.ETag)})
	}
	for _, m := range out.DeleteMarkers {
		found = append(found, version{aws.ToString(m.Key), aws.ToString(m.VersionId), ""})
	}
	slices.SortStableFunc(found, func(a, b version) int { return strings.Compare(a.key, b.key) })
	return found, nil
}

// contents are all that the stores hold.
type contents struct {
	data    *datamap.Map
	items   map[string][]livedata.Item
	objects map[string][]version
}

func (p *place) contents(ctx context.Context) (contents, error) {
	c := contents{p.data, map[string][]livedata.Item{}, map[string][]version{}}
	for _, store := range p.stores() {
		var err error
		if store.IsTable() {
			c.items[store.Name], err = p.scan(ctx, store.Name)
		} else {
			c.objects[store.Name], err = p.versions(ctx, store.Name)
		}
		if err != nil {
			return c, fmt.Errorf("%s: %w", store.Name, err)
		}
	}
	return c, nil
}

// live is every byte of Mikla's stores: "store/key" to content. Versions of an object
// are numbered, since their IDs are random.
func (c contents) live() map[string]string {
	out := map[string]string{}
	for _, store := range c.data.Stores {
		if store.Owner != "platform" {
			continue
		}
		for _, it := range c.items[store.Name] {
			name := store.Name
			for _, attribute := range store.Key {
				name += "/" + it.Text(attribute)
			}
			out[name] = livedatatest.Canonical(it)
		}
		numbers := map[string]int{}
		for _, v := range c.objects[store.Name] {
			numbers[v.key]++
			out[fmt.Sprintf("%s/%s@%d", store.Name, v.key, numbers[v.key])] = "content " + v.content
		}
	}
	return out
}

// requests are the records of the ledger.
func (c contents) requests() ([]request.Request, error) { return requestsOf(c.items["ledger"]) }

func requestsOf(rows []livedata.Item) ([]request.Request, error) {
	var out []request.Request
	for _, row := range rows {
		if row.Text("sk") != "request" {
			continue
		}
		var r request.Request
		if err := json.Unmarshal([]byte(row.Text("doc")), &r); err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// empty removes everything from the stores.
func (p *place) empty(ctx context.Context) error {
	left, err := p.contents(ctx)
	if err != nil {
		return err
	}
	var writes []write
	for name, items := range left.items {
		store, _ := p.data.Store(name)
		for _, it := range items {
			key := livedata.KeyOf(store, it)
			writes = append(writes, write{p.name + name, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: itemOf(key)}}})
		}
	}
	for name, versions := range left.objects {
		if err := p.emptyBucket(ctx, name, versions); err != nil {
			return err
		}
	}
	return p.batch(ctx, writes)
}

func itemOf(key livedata.Key) livedata.Item {
	out := livedata.Item{}
	for name, value := range key {
		out[name] = &types.AttributeValueMemberS{Value: value}
	}
	return out
}

func (p *place) emptyBucket(ctx context.Context, store string, found []version) error {
	if len(found) == 0 {
		return nil
	}
	ids := make([]objects.ObjectIdentifier, len(found))
	for i, v := range found {
		ids[i] = objects.ObjectIdentifier{Key: aws.String(v.key), VersionId: aws.String(v.id)}
	}
	_, err := p.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: aws.String(p.name + store), Delete: &objects.Delete{Objects: ids, Quiet: aws.Bool(true)}})
	return err
}
