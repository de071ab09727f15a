package snapshot

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

// Run is how far a step of a long work is, as it is stored: a document that only the step
// itself reads.
type Run struct {
	Name, Step string
	Version    int64  // writes so far; 0 for a run that is not stored yet
	Owner      string // who wrote it last: random, another for each write
	Doc        []byte
	ExpiresAt  time.Time
}

// Runs stores runs.
//
// Load is strongly consistent. Save writes a run over the row that has the run's version
// (0: over none), and returns the version that it has then. fault.Conflict says that
// somebody else wrote it meanwhile; a write whose answer was lost is told from that by
// its owner.
type Runs interface {
	Load(ctx context.Context, name, step string) (Run, bool, error)
	Save(ctx context.Context, r Run) (version int64, err error)
}

// errRunChanged is what a Save returns that came too late.
var errRunChanged = fault.New(fault.Conflict, "the run was changed by somebody else")

// DynamoDBRuns is Runs on the table of backup runs.
type DynamoDBRuns struct {
	Client *dynamodb.Client
	Table  string
}

func (d DynamoDBRuns) Load(ctx context.Context, name, step string) (Run, bool, error) {
	out, err := d.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(d.Table), Key: runKey(name, step), ConsistentRead: aws.Bool(true)})
	if err != nil || len(out.Item) == 0 {
		return Run{}, false, fault.Wrap("read a backup run", err)
	}
	r, err := runOf(out.Item)
	return r, err == nil, err
}

func (d DynamoDBRuns) Save(ctx context.Context, r Run) (int64, error) {
	expect := r.Version
	r.Version++
	in := &dynamodb.PutItemInput{TableName: aws.String(d.Table), Item: itemOfRun(r), ConditionExpression: aws.String("attribute_not_exists(#version)"),
		ExpressionAttributeNames: map[string]string{"#version": "version"}}
	if expect > 0 {
		in.ConditionExpression = aws.String("#version = :expect")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":expect": numeral(expect)}
	}
	_, err := d.Client.PutItem(ctx, in)
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) {
		return d.settle(ctx, r)
	}
	return r.Version, fault.Wrap("save a backup run", err)
}

// settle finds out whether the condition failed because the write itself was applied
// before, and only its answer lost.
func (d DynamoDBRuns) settle(ctx context.Context, r Run) (int64, error) {
	now, _, err := d.Load(ctx, r.Name, r.Step)
	if err == nil && (now.Version != r.Version || now.Owner != r.Owner) {
		err = errRunChanged
	}
	return r.Version, err
}

func plain(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func numeral(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func runKey(name, step string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"run": plain(name), "step": plain(step)}
}

func itemOfRun(r Run) map[string]types.AttributeValue {
	it := runKey(r.Name, r.Step)
	it["version"], it["owner"], it["doc"] = numeral(r.Version), plain(r.Owner), &types.AttributeValueMemberB{Value: r.Doc}
	it["expires_at"] = numeral(r.ExpiresAt.Unix())
	return it
}

func runOf(it map[string]types.AttributeValue) (Run, error) {
	text := func(name string) string {
		v, _ := it[name].(*types.AttributeValueMemberS)
		if v == nil {
			return ""
		}
		return v.Value
	}
	number := func(name string) int64 {
		v, _ := it[name].(*types.AttributeValueMemberN)
		if v == nil {
			return 0
		}
		n, _ := strconv.ParseInt(v.Value, 10, 64)
		return n
	}
	r := Run{Name: text("run"), Step: text("step"), Version: number("version"), Owner: text("owner"), ExpiresAt: time.Unix(number("expires_at"), 0).UTC()}
	doc, _ := it["doc"].(*types.AttributeValueMemberB)
	if doc == nil || r.Version < 1 {
		return Run{}, fault.New(fault.Permanent, "a backup run has no version, or no document")
	}
	r.Doc = doc.Value
	return r, nil
}
