package integration

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
)

const keyTable, stoneTable = "mikla-dev-snapshotkeys", "mikla-dev-tombstones"

// keyRows makes the table of keys as the data map has it.
func keyRows(t *testing.T) func(http.RoundTripper) (keys.DynamoDB, fence.Tombstones) {
	t.Helper()
	connect := dynamoDB(t, stoneTable)
	store, ok := dataMap(t).Store("snapshotkeys")
	if !ok {
		t.Fatal("the data map has no snapshotkeys")
	}
	in := &dynamodb.CreateTableInput{TableName: aws.String(keyTable), BillingMode: types.BillingModePayPerRequest}
	for i, name := range store.Key {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: types.ScalarAttributeTypeS})
		in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: []types.KeyType{types.KeyTypeHash, types.KeyTypeRange}[i]})
	}
	if _, err := connect(http.DefaultTransport).CreateTable(t.Context(), in); err != nil {
		t.Fatal(err)
	}
	return func(transport http.RoundTripper) (keys.DynamoDB, fence.Tombstones) {
		client := connect(transport)
		return keys.DynamoDB{Client: client, Table: keyTable, Tombstones: stoneTable}, fence.DynamoDB{Client: client, Table: stoneTable}
	}
}

func TestKeysOnDynamoDB(t *testing.T) {
	open := keyRows(t)
	keystest.Contract(t, func(*testing.T) (keystest.Rows, fence.Tombstones) { return open(http.DefaultTransport) })
	t.Run("with every answer lost once", func(t *testing.T) {
		keystest.Contract(t, func(t *testing.T) (keystest.Rows, fence.Tombstones) {
			return open(&lossy{calls: map[string]int{}, lose: map[string]int{"TransactWriteItems": 1, "DeleteItem": 1, "GetItem": 1, "Query": 1}})
		})
	})
	t.Run("a creation whose answers are all lost is found again", func(t *testing.T) { lostCreation(t, open) })
	t.Run("who knows names alone never asks for more", func(t *testing.T) { asksForNames(t, open) })
}

// lostCreation: the row is there though nobody knows. The next one uses it.
func lostCreation(t *testing.T, open func(http.RoundTripper) (keys.DynamoDB, fence.Tombstones)) {
	line := &lossy{calls: map[string]int{}, lose: map[string]int{"TransactWriteItems": always}}
	rows, stones := open(line)
	path := keystest.Path(t.Name())
	if _, err := keystest.NewKeyring(t, rows, stones, keystest.Root{}).ForSealing(t.Context(), path); err == nil {
		t.Fatal("nobody answered, and yet there was a key")
	}
	_, _, err := rows.Get(t.Context(), keys.Top, keys.Names(keystest.Secret(t, "1"), path[0])[0])
	if err != nil {
		t.Fatal(err)
	}
	created := line.calls["TransactWriteItems"]
	if _, err := keystest.NewKeyring(t, rows, stones, keystest.Root{}).ForSealing(t.Context(), path); err != nil || line.calls["TransactWriteItems"] != created {
		t.Errorf("%v, after %d and then %d creations", err, created, line.calls["TransactWriteItems"])
	}
}

// bodies keeps what was asked.
type bodies struct{ asked []string }

func (b *bodies) RoundTrip(in *http.Request) (*http.Response, error) {
	var src bytes.Buffer
	if _, err := src.ReadFrom(in.Body); err != nil {
		return nil, err
	}
	b.asked = append(b.asked, src.String())
	again := in.Clone(in.Context())
	again.Body = http.NoBody
	if src.Len() > 0 {
		again.Body = readCloser{bytes.NewReader(src.Bytes())}
	}
	return http.DefaultTransport.RoundTrip(again)
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// asksForNames: IAM allows the destroyer these attributes and no others, and refuses a call
// that asks for all of them.
func asksForNames(t *testing.T, open func(http.RoundTripper) (keys.DynamoDB, fence.Tombstones)) {
	rows, stones := open(http.DefaultTransport)
	path := keystest.Path(t.Name(), "channel", "lead")
	if _, err := keystest.NewKeyring(t, rows, stones, keystest.Root{}).ForSealing(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	line := &bodies{}
	names, _ := open(line)
	d := keys.Destroyer{Rows: names, Secret: keystest.Secret(t, "1")}
	if _, err := d.Destroy(t.Context(), path[:1]); err != nil {
		t.Fatal(err)
	}
	if left, err := d.Left(t.Context(), path[:1], time.Time{}); len(left) > 0 || err != nil {
		t.Errorf("%v, %v", left, err)
	}
	for _, asked := range line.asked {
		reads, names := strings.Contains(asked, "ConsistentRead"), strings.Contains(asked, "ProjectionExpression")
		if reads != names || strings.Contains(asked, "wrapped") {
			t.Errorf("asked %s", asked)
		}
	}
	if len(line.asked) < 6 {
		t.Errorf("%d calls", len(line.asked))
	}
}

// tenantKeys is moto with a key of KMS.
func tenantKeys(t *testing.T) keys.KMS {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	engine, err := engines.StartMoto(t.Context(), root, "000000000000", 1, logbook.New(100, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(engine.Kill)
	client := kms.New(kms.Options{Region: "eu-west-1", BaseEndpoint: aws.String(engine.URL),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	made, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{})
	if err != nil {
		t.Fatal(err)
	}
	return keys.KMS{Client: client, KeyID: aws.ToString(made.KeyMetadata.Arn)}
}

func TestTenantsKeysOnKMS(t *testing.T) {
	root := tenantKeys(t)
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		t.Fatal(err)
	}
	wrapped, err := root.Wrap(t.Context(), key, "1.aa")
	if err != nil || bytes.Contains(wrapped, key) {
		t.Fatalf("wrapped as %x, %v", wrapped, err)
	}
	if got, err := root.Unwrap(t.Context(), wrapped, "1.aa"); err != nil || !bytes.Equal(got, key) {
		t.Errorf("got %x, %v", got, err)
	}
	if got, err := root.Unwrap(t.Context(), wrapped, "1.ab"); fault.KindOf(err) != fault.Permanent || got != nil {
		t.Errorf("for another tenant: got %x, %v", got, err)
	}
	t.Run("a keyring", func(t *testing.T) { keyringOnKMS(t.Context(), t, root) })
}

// keyringOnKMS: who moves a tenant's row to another tenant's place opens nothing with it.
func keyringOnKMS(ctx context.Context, t *testing.T, root keys.Root) {
	stones := fencetest.NewFake()
	rows := keystest.NewFake(stones)
	key, err := keystest.NewKeyring(t, rows, stones, root).ForSealing(ctx, keystest.Path("t_a", "ch", "l"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := keystest.NewKeyring(t, rows, stones, root).ForOpening(ctx, key.Ref); err != nil {
		t.Error(err)
	}
	moved, _, err := rows.Get(ctx, keys.Top, key.Ref[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	moved.Name = keys.Names(keystest.Secret(t, "1"), keystest.Path("t_b")[0])[0]
	if err := rows.Create(ctx, moved, keys.Guard{}); err != nil {
		t.Fatal(err)
	}
	_, err = keystest.NewKeyring(t, rows, stones, root).ForSealing(ctx, keystest.Path("t_b"))
	if fault.KindOf(err) != fault.Permanent || errors.Is(err, keys.ErrDestroyed) {
		t.Errorf("got %v", err)
	}
}
