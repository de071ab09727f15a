package integration

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
)

const bucket = "mikla-dev-media"

func dataMap(t *testing.T) *datamap.Map {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// liveNames are the physical names of the stores.
func liveNames(m *datamap.Map) map[string]string {
	names := map[string]string{}
	for _, store := range m.Touched() {
		names[store] = "mikla-dev-" + store
	}
	return names
}

func tablesOf(m *datamap.Map) []string {
	var out []string
	for _, s := range m.Touched() {
		if store, _ := m.Store(s); store.IsTable() {
			out = append(out, "mikla-dev-"+s)
		}
	}
	return out
}

// records makes a backend whose own calls go through transport; the platform's do not.
func records(m *datamap.Map, connect func(http.RoundTripper) *dynamodb.Client, transport http.RoundTripper) livedatatest.Backend {
	platform := connect(http.DefaultTransport)
	return livedatatest.Backend{Map: m,
		Records: livedata.DynamoDB{Client: connect(transport), Names: liveNames(m)},
		Put: func(t testing.TB, store string, items ...livedata.Item) {
			for _, it := range items {
				if _, err := platform.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("mikla-dev-" + store), Item: it}); err != nil {
					t.Fatal(err)
				}
			}
		}}
}

// media starts moto with the media bucket, and returns what makes clients of it.
func media(t *testing.T) func(http.RoundTripper) *s3.Client {
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
	connect := func(transport http.RoundTripper) *s3.Client {
		at := retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
		return s3.New(s3.Options{Region: "eu-west-1", BaseEndpoint: aws.String(engine.URL), Retryer: at,
			HTTPClient: &http.Client{Transport: transport}, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	}
	client := connect(http.DefaultTransport)
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(bucket),
		CreateBucketConfiguration: &objects.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: aws.String(bucket),
		VersioningConfiguration: &objects.VersioningConfiguration{Status: objects.BucketVersioningStatusEnabled}}); err != nil {
		t.Fatal(err)
	}
	return connect
}

func objectsOf(m *datamap.Map, connect func(http.RoundTripper) *s3.Client, transport http.RoundTripper) livedatatest.Backend {
	platform := connect(http.DefaultTransport)
	return livedatatest.Backend{Map: m,
		Objects: livedata.S3{Client: connect(transport), Names: map[string]string{"media": bucket}},
		PutObject: func(t testing.TB, _, key string) {
			if _, err := platform.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), Body: strings.NewReader(key)}); err != nil {
				t.Fatal(err)
			}
		},
		MarkDeleted: func(t testing.TB, _, key string) {
			if _, err := platform.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String(bucket), Key: aws.String(key)}); err != nil {
				t.Fatal(err)
			}
		}}
}

func TestLiveDataOnDynamoDB(t *testing.T) {
	m := dataMap(t)
	connect := dynamoDB(t, tablesOf(m)...)
	livedatatest.RunRecords(t, records(m, connect, http.DefaultTransport))
	t.Run("with every answer lost once", func(t *testing.T) {
		lost := &lossy{lose: map[string]int{}, calls: map[string]int{}}
		for _, operation := range []string{"Query", "GetItem", "BatchGetItem", "BatchWriteItem", "DeleteItem", "UpdateItem"} {
			lost.lose[operation] = 1
		}
		livedatatest.RunRecords(t, records(m, connect, lost))
		for operation, left := range lost.lose {
			if left != 0 {
				t.Errorf("no answer to %s was lost", operation)
			}
		}
	})
	t.Run("a change and a deletion whose answer is lost were applied", func(t *testing.T) { lostWrites(t, m, connect) })
	t.Run("batches left undone", func(t *testing.T) { undone(t, m, connect) })
}

func lostWrites(t *testing.T, m *datamap.Map, connect func(http.RoundTripper) *dynamodb.Client) {
	lost := &lossy{lose: map[string]int{"DeleteItem": 1, "UpdateItem": 1}, calls: map[string]int{}}
	b := records(m, connect, lost)
	leads, _ := m.Store("leads")
	seen := livedatatest.NewItem(map[string]any{"tenant_id": "t", "lead_id": "lost", "handle": nil, "tags": []any{}})
	b.Put(t, "leads", seen)
	set := livedatatest.NewItem(map[string]any{"display_name": "x", "tags": []any{map[string]any{"a": "b"}}})
	if applied, err := b.Records.Change(t.Context(), leads, seen, set, []string{"handle"}); !applied || err != nil || lost.calls["UpdateItem"] != 2 {
		t.Errorf("change: applied %t, %v, %d calls", applied, err, lost.calls["UpdateItem"])
	}
	now, err := b.Records.Get(t.Context(), leads, livedata.KeyOf(leads, seen))
	if err != nil {
		t.Fatal(err)
	}
	if applied, err := b.Records.DeleteIf(t.Context(), leads, now); !applied || err != nil || lost.calls["DeleteItem"] != 2 {
		t.Errorf("delete: applied %t, %v, %d calls", applied, err, lost.calls["DeleteItem"])
	}
}

// meddler spoils the first answers to an operation.
type meddler struct {
	operation string
	times     int // how many to spoil
	spoil     func(in *http.Request, body []byte) (*http.Response, error)

	mu     sync.Mutex
	struck int
}

func (m *meddler) RoundTrip(in *http.Request) (*http.Response, error) {
	if !m.strikes(in) {
		return http.DefaultTransport.RoundTrip(in)
	}
	body, err := io.ReadAll(in.Body)
	if err != nil {
		return nil, err
	}
	return m.spoil(in, body)
}

func (m *meddler) strikes(in *http.Request) bool {
	_, operation, dynamo := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	if !dynamo && in.Method == http.MethodPost && in.URL.Query().Has("delete") {
		operation = "DeleteObjects"
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if operation != m.operation || m.struck >= m.times {
		return false
	}
	m.struck++
	return true
}

func answer(in *http.Request, status int, body []byte) *http.Response {
	return &http.Response{StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: in,
		Header: http.Header{"Content-Type": {in.Header.Get("Content-Type")}}, ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body))}
}

// pass sends a request on with another body and returns the answer's.
func pass(in *http.Request, body []byte) ([]byte, error) {
	out := in.Clone(in.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	for name := range out.Header {
		if lower := strings.ToLower(name); lower == "content-length" || lower == "content-md5" || strings.HasPrefix(lower, "x-amz-checksum") || strings.HasPrefix(lower, "x-amz-sdk-checksum") {
			out.Header.Del(name)
		}
	}
	got, err := http.DefaultTransport.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer got.Body.Close()
	return io.ReadAll(got.Body)
}

// halfWritten does the first half of a BatchWriteItem and hands the rest back.
func halfWritten(in *http.Request, body []byte) (*http.Response, error) {
	var ask struct {
		RequestItems map[string][]json.RawMessage
	}
	if err := json.Unmarshal(body, &ask); err != nil {
		return nil, err
	}
	undone := map[string][]json.RawMessage{}
	for table, writes := range ask.RequestItems {
		half := len(writes) / 2
		undone[table] = writes[half:]
		if half == 0 {
			continue
		}
		part, _ := json.Marshal(map[string]any{"RequestItems": map[string]any{table: writes[:half]}})
		if _, err := pass(in, part); err != nil {
			return nil, err
		}
	}
	out, err := json.Marshal(map[string]any{"UnprocessedItems": undone})
	return answer(in, http.StatusOK, out), err
}

// halfRead answers the first half of a BatchGetItem's keys.
func halfRead(in *http.Request, body []byte) (*http.Response, error) {
	type keys struct {
		Keys           []json.RawMessage
		ConsistentRead bool
	}
	var ask struct{ RequestItems map[string]keys }
	if err := json.Unmarshal(body, &ask); err != nil {
		return nil, err
	}
	out := map[string]any{"Responses": map[string]any{}, "UnprocessedKeys": ask.RequestItems}
	for table, k := range ask.RequestItems {
		half := len(k.Keys) / 2
		if half == 0 {
			continue
		}
		part, _ := json.Marshal(map[string]any{"RequestItems": map[string]keys{table: {k.Keys[:half], k.ConsistentRead}}})
		got, err := pass(in, part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(got, &out); err != nil {
			return nil, err
		}
		out["UnprocessedKeys"] = map[string]keys{table: {k.Keys[half:], k.ConsistentRead}}
	}
	src, err := json.Marshal(out)
	return answer(in, http.StatusOK, src), err
}

func throttled(in *http.Request, _ []byte) (*http.Response, error) {
	return answer(in, http.StatusBadRequest, []byte(`{"__type":"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException","message":"slow down"}`)), nil
}

// ghostly adds a hit to an index's answer that the base does not have.
func ghostly(in *http.Request, body []byte) (*http.Response, error) {
	got, err := pass(in, body)
	if err != nil {
		return nil, err
	}
	var page map[string]any
	if err := json.Unmarshal(got, &page); err != nil {
		return nil, err
	}
	ghost := map[string]any{"conversation_id": map[string]any{"S": "ghost"}, "message_key": map[string]any{"S": "ghost"}, "author_key": map[string]any{"S": "a#undone"}}
	page["Items"] = append(page["Items"].([]any), ghost)
	src, err := json.Marshal(page)
	return answer(in, http.StatusOK, src), err
}

const always = 1 << 30

func undone(t *testing.T, m *datamap.Map, connect func(http.RoundTripper) *dynamodb.Client) {
	messages, _ := m.Store("messages")
	for _, c := range []struct {
		name, operation string
		times           int
		spoil           func(*http.Request, []byte) (*http.Response, error)
		fails           bool
	}{
		{"writes now and then", "BatchWriteItem", 3, halfWritten, false},
		{"writes always", "BatchWriteItem", always, nothingWritten, true},
		{"writes throttled now and then", "BatchWriteItem", 2, throttled, false},
		{"writes always throttled", "BatchWriteItem", always, throttled, true},
		{"reads now and then", "BatchGetItem", 3, halfRead, false},
		{"reads always throttled", "BatchGetItem", always, throttled, true},
		{"queries throttled now and then", "Query", 2, throttled, false},
		{"queries always throttled", "Query", always, throttled, true},
		{"index hits that the base does not have", "Query", always, ghostly, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			meddled := &meddler{operation: c.operation, times: c.times, spoil: c.spoil}
			b, plain := records(m, connect, meddled), records(m, connect, http.DefaultTransport)
			author := "a#undone" + t.Name()
			for i := range 30 {
				at := fmt.Sprintf("2026-03-01T18:00:%02dZ", i)
				b.Put(t, "messages", livedatatest.NewItem(map[string]any{"conversation_id": t.Name(), "message_key": at, "sent_at": at, "author_key": author}))
			}
			q := livedata.Query{Store: messages, Index: "by_author", Where: map[string]string{"author_key": author}, Limit: 200}
			err := readAndDelete(t, b.Records, q)
			if !c.fails && err != nil || c.fails && fault.KindOf(err) != fault.Retry {
				t.Errorf("got %v", err)
			}
			if meddled.struck == 0 {
				t.Error("nothing was spoiled")
			}
			left, err := plain.Records.Read(t.Context(), q)
			if err != nil || (len(left.Items) > 0) != c.fails {
				t.Errorf("%d items are left, %v", len(left.Items), err)
			}
		})
	}
}

func nothingWritten(in *http.Request, body []byte) (*http.Response, error) {
	out := bytes.Replace(body, []byte(`"RequestItems"`), []byte(`"UnprocessedItems"`), 1)
	return answer(in, http.StatusOK, out), nil
}

func readAndDelete(t *testing.T, r livedata.Records, q livedata.Query) error {
	page, err := r.Read(t.Context(), q)
	if err != nil {
		return err
	}
	if len(page.Items) != 30 {
		t.Errorf("read %d items of 30", len(page.Items))
	}
	var keys []livedata.Key
	for _, it := range page.Items {
		keys = append(keys, livedata.KeyOf(q.Store, it))
	}
	return r.Delete(t.Context(), q.Store, keys)
}

func TestLiveObjectsOnS3(t *testing.T) {
	m := dataMap(t)
	connect := media(t)
	livedatatest.RunObjects(t, objectsOf(m, connect, http.DefaultTransport))
	store, _ := m.Store("media")
	for _, c := range []struct {
		name  string
		times int
		spoil func(*http.Request, []byte) (*http.Response, error)
		left  int
	}{
		{"errors per key now and then", 2, keyErrors("InternalError"), 0},
		{"errors per key always", always, keyErrors("AccessDenied"), 1},
		{"what S3 says is gone", 1, keyErrors("NoSuchVersion"), 1}, // believed: it is no failure
		{"throttled now and then", 2, slowDown, 0},
		{"always throttled", always, slowDown, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			meddled := &meddler{operation: "DeleteObjects", times: c.times, spoil: c.spoil}
			b := objectsOf(m, connect, meddled)
			for i := range 5 {
				b.PutObject(t, "media", fmt.Sprintf("%s/%d", t.Name(), i))
			}
			page, err := b.Objects.List(t.Context(), store, t.Name()+"/", nil)
			if err != nil || len(page.Found) != 5 {
				t.Fatalf("found %d, %v", len(page.Found), err)
			}
			err = b.Objects.Delete(t.Context(), store, page.Found)
			if c.times == always && fault.KindOf(err) != fault.Retry || c.times != always && err != nil {
				t.Errorf("got %v", err)
			}
			left, err := b.Objects.List(t.Context(), store, t.Name()+"/", nil)
			if err != nil || len(left.Found) != c.left || meddled.struck == 0 {
				t.Errorf("%d versions are left, want %d, %v", len(left.Found), c.left, err)
			}
		})
	}
}

// keyErrors deletes all but the last version asked for, which is left with an error.
func keyErrors(code string) func(*http.Request, []byte) (*http.Response, error) {
	type version struct {
		Key       string
		VersionID string `xml:"VersionId"`
	}
	type deletion struct {
		XMLName xml.Name  `xml:"http://s3.amazonaws.com/doc/2006-03-01/ Delete"`
		Objects []version `xml:"Object"`
		Quiet   bool
	}
	return func(in *http.Request, body []byte) (*http.Response, error) {
		var ask deletion
		if err := xml.Unmarshal(body, &ask); err != nil {
			return nil, err
		}
		last := ask.Objects[len(ask.Objects)-1]
		if ask.Objects = ask.Objects[:len(ask.Objects)-1]; len(ask.Objects) > 0 {
			part, _ := xml.Marshal(ask)
			if _, err := pass(in, part); err != nil {
				return nil, err
			}
		}
		out := fmt.Sprintf(`<DeleteResult><Error><Key>%s</Key><VersionId>%s</VersionId><Code>%s</Code><Message>no</Message></Error></DeleteResult>`, last.Key, last.VersionID, code)
		return answer(in, http.StatusOK, []byte(out)), nil
	}
}

func slowDown(in *http.Request, _ []byte) (*http.Response, error) {
	return answer(in, http.StatusServiceUnavailable, []byte(`<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>`)), nil
}

func TestTombstonesOnDynamoDB(t *testing.T) {
	connect := dynamoDB(t, "mikla-dev-tombstones")
	fencetest.RunContract(t, fence.DynamoDB{Client: connect(http.DefaultTransport), Table: "mikla-dev-tombstones"})
	t.Run("with answers lost", func(t *testing.T) {
		lost := &lossy{lose: map[string]int{"UpdateItem": 2, "GetItem": 1}, calls: map[string]int{}}
		fencetest.RunContract(t, fence.DynamoDB{Client: connect(lost), Table: "mikla-dev-tombstones"})
		if lost.lose["UpdateItem"] != 0 {
			t.Error("no answer was lost")
		}
	})
	t.Run("one that is damaged is no absence", func(t *testing.T) {
		db := connect(http.DefaultTransport)
		if _, err := db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("mikla-dev-tombstones"),
			Item: livedatatest.NewItem(map[string]any{"fingerprint": "damaged"})}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := (fence.DynamoDB{Client: db, Table: "mikla-dev-tombstones"}).Get(t.Context(), "damaged"); fault.KindOf(err) != fault.Permanent {
			t.Errorf("got %v", err)
		}
	})
}
