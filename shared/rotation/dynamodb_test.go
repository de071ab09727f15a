package rotation_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/rotation"
)

// answering is DynamoDB that says the same to everything.
func answering(t *testing.T, status int, body string) rotation.DynamoDB {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
		out.Header().Set("Content-Type", "application/x-amz-json-1.0")
		out.WriteHeader(status)
		_, _ = io.WriteString(out, body)
	}))
	t.Cleanup(server.Close)
	return rotation.DynamoDB{Client: dynamodb.New(dynamodb.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL),
		Credentials: aws.AnonymousCredentials{}, RetryMaxAttempts: 1})}
}

func TestRecoveryIsReadAsDynamoDBSaysIt(t *testing.T) {
	const form = `{"ContinuousBackupsDescription":{"ContinuousBackupsStatus":"ENABLED","PointInTimeRecoveryDescription":RECOVERY}}`
	for recovery, want := range map[string]rotation.Recovery{
		`{"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":1,"EarliestRestorableDateTime":1777600000,"LatestRestorableDateTime":1777636800}`: {On: true, Days: 1},
		`{"PointInTimeRecoveryStatus":"ENABLED","RecoveryPeriodInDays":35}`:                                                                              {On: true, Days: 35},
		`{"PointInTimeRecoveryStatus":"ENABLED"}`:                                                                                                        {On: true, Days: 35}, // what holds by default
		`{"PointInTimeRecoveryStatus":"DISABLED"}`:                                                                                                       {Days: 35},
		`null`: {},
	} {
		got, err := answering(t, 200, strings.Replace(form, "RECOVERY", recovery, 1)).Recovery(t.Context(), "t")
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v", recovery, got, err)
		}
	}
}

func TestATableIsReadAsDynamoDBSaysIt(t *testing.T) {
	for table, want := range map[string]rotation.Table{
		`"DeletionProtectionEnabled":true`:                                                                          {Protected: true},
		`"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_IMAGE"}`:                                 {Streams: true},
		`"StreamSpecification":{"StreamEnabled":false}`:                                                             {},
		`"StreamSpecification":{"StreamEnabled":true},"Replicas":[{"RegionName":"eu-west-3"}]`:                      {Streams: true, Replicated: true},
		`"DeletionProtectionEnabled":false,"LatestStreamArn":"arn:aws:dynamodb:eu-west-1:000000000000:table/t/old"`: {},
	} {
		got, err := answering(t, 200, `{"Table":{"TableName":"t","CreationDateTime":1777636800,`+table+`}}`).Describe(t.Context(), "t")
		if at := got.CreatedAt.Unix(); err != nil || at != 1777636800 {
			t.Errorf("%s: %+v, %v", table, got, err)
		}
		if want.CreatedAt = got.CreatedAt; got != want {
			t.Errorf("%s: %+v", table, got)
		}
	}
}

func TestATableThatIsNotThere(t *testing.T) {
	for code, kind := range map[string]fault.Kind{"TableNotFoundException": fault.NotFound, "ResourceNotFoundException": fault.NotFound,
		"AccessDeniedException": fault.Internal, "InternalServerError": fault.Retry} {
		db := answering(t, 400, `{"__type":"com.amazonaws.dynamodb.v20120810#`+code+`","message":"canary"}`)
		_, err := db.Recovery(t.Context(), "t")
		if fault.KindOf(err) != kind || strings.Contains(fault.Describe(err), "canary") {
			t.Errorf("recovery, %s: %v", code, err)
		}
		if _, err := db.Describe(t.Context(), "t"); fault.KindOf(err) != kind {
			t.Errorf("describe, %s: %v", code, err)
		}
		if _, _, err := db.Names(t.Context(), ""); err == nil {
			t.Errorf("names, %s: no error", code)
		}
	}
}
