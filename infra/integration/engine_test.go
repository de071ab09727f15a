// Package integration holds the tests that need the emulators. Without them they
// fail: `make tools` fetches them.
package integration

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// dynamoDB starts DynamoDB Local with the given tables of the templates, and returns
// what makes clients of it.
func dynamoDB(t *testing.T, tables ...string) func(http.RoundTripper) *dynamodb.Client {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := engines.StartDynamoDB(t.Context(), root, logbook.New(100, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Kill)
	connect := func(transport http.RoundTripper) *dynamodb.Client { return client(engine.URL, transport) }
	for _, name := range tables {
		createTable(t, connect(http.DefaultTransport), root, name)
	}
	return connect
}

// client retries without waiting, so that a lost answer costs no time.
func client(url string, transport http.RoundTripper) *dynamodb.Client {
	at := retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
	return dynamodb.New(dynamodb.Options{Region: "eu-west-1", BaseEndpoint: aws.String(url), Retryer: at,
		HTTPClient:  &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
}

// createTable makes a table as the synthesized templates have it.
func createTable(t *testing.T, db *dynamodb.Client, root, name string) {
	t.Helper()
	in := tableInput(t, root, name)
	if _, err := db.CreateTable(t.Context(), in); err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
}

func tableInput(t *testing.T, root, name string) *dynamodb.CreateTableInput {
	t.Helper()
	templates, err := template.Load(filepath.Join(root, "infra", "stack", "golden"))
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range templates {
		for _, id := range slices.Sorted(maps.Keys(stack.Resources)) {
			if r := stack.Resources[id]; r.Type == "AWS::DynamoDB::GlobalTable" && r.Properties["TableName"] == name {
				return inputOf(t, r.Properties)
			}
		}
	}
	t.Fatalf("no template has the table %s", name)
	return nil
}

// inputOf relies on CloudFormation and the API naming these properties alike.
func inputOf(t *testing.T, properties map[string]any) *dynamodb.CreateTableInput {
	t.Helper()
	src, err := json.Marshal(properties)
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		TableName              string
		AttributeDefinitions   []types.AttributeDefinition
		KeySchema              []types.KeySchemaElement
		GlobalSecondaryIndexes []types.GlobalSecondaryIndex
	}
	if err := json.Unmarshal(src, &p); err != nil {
		t.Fatal(err)
	}
	return &dynamodb.CreateTableInput{TableName: &p.TableName, AttributeDefinitions: p.AttributeDefinitions,
		KeySchema: p.KeySchema, GlobalSecondaryIndexes: p.GlobalSecondaryIndexes, BillingMode: types.BillingModePayPerRequest}
}

// lossy delivers requests and loses the first answer to each operation that it is
// told to lose, as a broken connection does.
type lossy struct {
	mu    sync.Mutex
	lose  map[string]int // operation -> answers still to lose
	calls map[string]int
}

var errConnectionLost = errors.New("connection lost")

func (l *lossy) RoundTrip(in *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	out, err := http.DefaultTransport.RoundTrip(in)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls[operation]++
	if err != nil || l.lose[operation] == 0 {
		return out, err
	}
	l.lose[operation]--
	_, _ = io.Copy(io.Discard, out.Body)
	return nil, errors.Join(errConnectionLost, out.Body.Close())
}
