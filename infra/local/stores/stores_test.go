package stores_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/infra/local/internal/testengines"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/stores"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

func TestMain(m *testing.M) { testengines.Main(m) }

const world = `{"Resources": {
	"Key": {"Type": "AWS::KMS::Key"},
	"Channels": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"TableName": "t-channels",
		"AttributeDefinitions": [{"AttributeName": "tenant_id", "AttributeType": "S"}, {"AttributeName": "channel_id", "AttributeType": "S"}, {"AttributeName": "external_key", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "tenant_id", "KeyType": "HASH"}, {"AttributeName": "channel_id", "KeyType": "RANGE"}],
		"GlobalSecondaryIndexes": [{"IndexName": "by_external", "KeySchema": [{"AttributeName": "external_key", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}],
		"Replicas": [{"SSESpecification": {"KMSMasterKeyId": {"Ref": "Key"}}, "Tags": [{"Key": "store", "Value": "channels"}]}]}},
	"Leads": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": {"TableName": "t-leads",
		"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
		"Replicas": [{"Tags": [{"Key": "store", "Value": "leads"}]}]}},
	"Media": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "t-media", "VersioningConfiguration": {"Status": "Enabled"},
		"Tags": [{"Key": "store", "Value": "media"}]}},
	"Snapshots": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "t-snapshots", "Tags": [{"Key": "store", "Value": "snapshots"}]}}
}}`

// deployed is the world above, once for all tests.
var deployed = sync.OnceValues(func() (*provision.World, error) {
	parsed, err := template.Parse("T", []byte(world))
	if err != nil {
		return nil, err
	}
	return provision.Deploy(background, []*template.Template{parsed}, provision.Options{AWS: config(), Account: testengines.Account})
})

func config() aws.Config { return testengines.Shared.Config("seeder") }

// open returns the stores, emptied.
func open(t *testing.T) *stores.Stores {
	t.Helper()
	w, err := deployed()
	if err != nil {
		t.Fatal(err)
	}
	s := stores.New(w, config())
	t.Cleanup(func() { empty(t, s) })
	return s
}

func seed(t *testing.T, s *stores.Stores, text string) {
	t.Helper()
	if err := s.Seed(t.Context(), []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, s *stores.Stores, name string) string {
	t.Helper()
	items, err := s.Items(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(items)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatIsSeededIsShown(t *testing.T) {
	s := open(t)
	const leads = `[{"flag":true,"id":"a","list":[],"map":{"x":[1,null]},"n":12345678901234567890123456789012345678},{"empty":"","id":"b","n":-0.5,"nothing":null}]`
	seed(t, s, `{"_about": "a remark", "leads": `+leads+`}`)
	if got := listed(t, s, "leads"); got != leads {
		t.Errorf("got  %s\nwant %s", got, leads)
	}
	if count, err := s.Count(t.Context(), "leads"); err != nil || count != 2 {
		t.Errorf("counted %d, %v", count, err)
	}
}

func TestLaterItemOfAKeyCounts(t *testing.T) {
	s := open(t)
	seed(t, s, `{"leads": [{"id":"a","v":1},{"id":"b"},{"id":"a","v":2}]}`)
	if got := listed(t, s, "leads"); got != `[{"id":"a","v":2},{"id":"b"}]` {
		t.Errorf("got %s", got)
	}
}

func TestManyItemsKeepTheirOrder(t *testing.T) {
	s := open(t)
	var items []string
	for i := range 130 {
		items = append(items, `{"id":"`+string(rune('a'+i%26))+string(rune('a'+i/26))+`"}`)
	}
	seed(t, s, `{"leads": [`+strings.Join(items, ",")+`]}`)
	slices.Sort(items)
	if got := listed(t, s, "leads"); got != "["+strings.Join(items, ",")+"]" {
		t.Errorf("got %s", got)
	}
}

func TestTokensAreCiphertextInTheTable(t *testing.T) {
	s := open(t)
	const channels = `[{"access_token":"token-example","channel_id":"c","tenant_id":"t"},{"access_token":null,"channel_id":"d","tenant_id":"t"}]`
	seed(t, s, `{"channels": `+channels+`}`)
	got, err := dynamodb.NewFromConfig(config()).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("t-channels"), Limit: aws.Int32(1)})
	if err != nil {
		t.Fatal(err)
	}
	var stored struct {
		AccessToken struct{ Value string } `json:"access_token"`
	}
	text, _ := json.Marshal(got.Items[0])
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	sealed, err := base64.StdEncoding.DecodeString(stored.AccessToken.Value)
	if err != nil || strings.Contains(string(sealed), "token-example") {
		t.Fatalf("stored %q, %v", stored.AccessToken.Value, err)
	}
	opened, err := kms.NewFromConfig(config()).Decrypt(t.Context(), &kms.DecryptInput{
		CiphertextBlob: sealed, EncryptionContext: map[string]string{"tenant_id": "t", "channel_id": "c"}})
	if err != nil || string(opened.Plaintext) != "token-example" {
		t.Errorf("opened %+v, %v", opened, err)
	}
	if got := listed(t, s, "channels"); got != channels {
		t.Errorf("shown as %s", got)
	}
}

func TestMedia(t *testing.T) {
	s := open(t)
	seed(t, s, `{"media": [{"key":"b/1","content_type":"text/plain","text":"old"},{"key":"a","content_type":"image/png","base64":"AP8="},{"key":"b/1","content_type":"text/plain","text":"new"}]}`)
	want := `[{"base64":"AP8=","content_type":"image/png","key":"a"},{"content_type":"text/plain","key":"b/1","text":"new"}]`
	if got := listed(t, s, "media"); got != want {
		t.Errorf("got %s", got)
	}
	if _, err := s3.NewFromConfig(config()).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("t-media"), Key: aws.String("a")}); err != nil {
		t.Fatal(err)
	}
	versions, err := s.Versions(t.Context(), "media")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(versions)
	if len(versions) != 4 || strings.Count(string(text), `"is_delete_marker":true`) != 1 || strings.Count(string(text), `"key":"b/1"`) != 2 {
		t.Errorf("versions %s", text)
	}
	if count, err := s.Count(t.Context(), "media"); err != nil || count != 1 {
		t.Errorf("counted %d, %v", count, err)
	}
}

func TestNothingIsWrittenOfAnInvalidSeed(t *testing.T) {
	s := open(t)
	for bad, want := range map[string]string{
		`[]`: "not a JSON object",
		`{"leads": [{"id":"a"}], "unheard_of": []}`:                                                     `"unheard_of"`,
		`{"leads": [{"id":"a"}, {"name":"x"}]}`:                                                         "leads, item 1: id is missing",
		`{"leads": [{"id":"a"}, {"id":""}]}`:                                                            "id is missing",
		`{"leads": [{"id":"a"}, {"id":7}]}`:                                                             "not of type S",
		`{"leads": [{"id":"a"}], "channels": [{"tenant_id":"t"}]}`:                                      "channel_id is missing",
		`{"leads": [{"id":"a"}], "channels": [{"tenant_id":"t","channel_id":"c","external_key":null}]}`: "leave it out",
		`{"leads": [{"id":"a"}], "channels": [{"tenant_id":"t","channel_id":"c","access_token":7}]}`:    "access_token is not a text",
		`{"leads": [{"id":"a"}], "media": [{"key":"k"}]}`:                                               "either text or base64",
		`{"leads": [{"id":"a"}], "media": [{"key":"k","text":"a","base64":"YQ=="}]}`:                    "either text or base64",
		`{"leads": [{"id":"a"}], "media": [{"key":"k","base64":"%"}]}`:                                  "base64",
		`{"leads": [{"id":"a"}], "media": [{"text":"a"}]}`:                                              "key is missing",
		`{"leads": [{"id":"a"}, "text"]}`:                                                               "not a list of objects",
		`{"leads": [{"id":"a","n":123456789012345678901234567890123456789}]}`:                           "more than 38 digits",
		`{"leads": {"id":"a"}}`:                                                                         "not a list of objects",
	} {
		var invalid *stores.Invalid
		if err := s.Seed(t.Context(), []byte(bad)); !errors.As(err, &invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", bad, err, want)
		}
		if got := listed(t, s, "leads"); got != "[]" {
			t.Fatalf("%s: written %s", bad, got)
		}
	}
}

func TestUnknownStore(t *testing.T) {
	s := open(t)
	if _, err := s.Items(t.Context(), "nothing"); err == nil || !strings.Contains(err.Error(), "channels, leads, media") {
		t.Errorf("got %v", err)
	}
	if _, err := s.Versions(t.Context(), "leads"); err == nil {
		t.Error("a table has no versions")
	}
}

// The real templates take the sample world and show it again, item by item.
func TestSampleWorldInTheRealTemplates(t *testing.T) {
	templates, err := template.Load("../../stack/golden")
	if err != nil {
		t.Fatal(err)
	}
	real, err := provision.Deploy(t.Context(), templates, provision.Options{AWS: config(), Account: testengines.Account})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../../testdata/platform-example.json")
	if err != nil {
		t.Fatal(err)
	}
	s := stores.New(real, config())
	seed(t, s, string(text))
	var sections map[string]json.RawMessage
	if err := json.Unmarshal(text, &sections); err != nil {
		t.Fatal(err)
	}
	delete(sections, "_about")
	for name, want := range sections {
		if got, want := sorted(t, []byte(listed(t, s, name))), sorted(t, want); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

// sorted is a list of items, each in one form, in one order.
func sorted(t *testing.T, text []byte) []string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var items []map[string]any
	if err := decoder.Decode(&items); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, item := range items {
		written, _ := json.Marshal(item)
		list = append(list, string(written))
	}
	slices.Sort(list)
	return list
}

// Frames are sealed: their bytes say nothing to anybody who looks.
func TestSealedObjectsAreShownBySize(t *testing.T) {
	s := open(t)
	seed(t, s, `{"snapshots": [{"key":"frames/t_harbour/tenant/20261126T010000Z/00000-0a0b0c0d","base64":"AP8BAg=="},
		{"key":"manifests/t_harbour/tenant/20261126T010000Z","content_type":"application/json","text":"{}"}]}`)
	want := `[{"content_type":"application/octet-stream","key":"frames/t_harbour/tenant/20261126T010000Z/00000-0a0b0c0d","size":4},` +
		`{"content_type":"application/json","key":"manifests/t_harbour/tenant/20261126T010000Z","text":"{}"}]`
	if got := listed(t, s, "snapshots"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
