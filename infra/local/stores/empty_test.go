package stores_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/infra/local/stores"
)

var background = context.Background()

// empty removes every record of the tables; each test of the bucket runs alone.
func empty(t *testing.T, _ *stores.Stores) {
	t.Helper()
	client := dynamodb.NewFromConfig(config())
	for table, keys := range map[string][]string{"t-leads": {"id"}, "t-channels": {"tenant_id", "channel_id"}} {
		found, err := client.Scan(background, &dynamodb.ScanInput{TableName: aws.String(table)})
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range found.Items {
			key := map[string]types.AttributeValue{}
			for _, name := range keys {
				key[name] = item[name]
			}
			if _, err := client.DeleteItem(background, &dynamodb.DeleteItemInput{TableName: aws.String(table), Key: key}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
