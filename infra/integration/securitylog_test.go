package integration

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/securitylog"
)

func TestRefusalsAreCountedByTheHour(t *testing.T) {
	const table = "mikla-dev-security_log"
	db := dynamoDB(t, table)(http.DefaultTransport)
	log := securitylog.DynamoDB{Client: db, Table: table}
	at := time.Date(2026, 5, 1, 14, 59, 59, 0, time.FixedZone("east", 2*3600))
	for _, refused := range []struct {
		reason string
		at     time.Time
	}{{"bad_signature", at}, {"bad_signature", at.Add(-time.Minute)}, {"bad_signature", at.Add(time.Second)}, {"too_large", at}} {
		if err := log.Refused(t.Context(), "meta-callback", refused.reason, refused.at); err != nil {
			t.Fatal(err)
		}
	}
	out, err := db.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(table)})
	if err != nil {
		t.Fatal(err)
	}
	expires := &types.AttributeValueMemberN{Value: "1808740800"} // 360 days later
	want := map[string]string{
		"refused#meta-callback#bad_signature#12": "2", "refused#meta-callback#bad_signature#13": "1", "refused#meta-callback#too_large#12": "1"}
	for _, item := range out.Items {
		event := item["event_id"].(*types.AttributeValueMemberS).Value
		if got := item["count"].(*types.AttributeValueMemberN).Value; got != want[event] {
			t.Errorf("%s counts %s, want %s", event, got, want[event])
		}
		if day := item["day"].(*types.AttributeValueMemberS).Value; day != "2026-05-01" {
			t.Errorf("%s is of the day %s", event, day)
		}
		if got := item["expires_at"].(*types.AttributeValueMemberN).Value; event[len(event)-2:] == "12" && got != expires.Value {
			t.Errorf("%s expires at %s, want %s", event, got, expires.Value)
		}
	}
	if len(out.Items) != len(want) {
		t.Errorf("%d items, want %d", len(out.Items), len(want))
	}
}
