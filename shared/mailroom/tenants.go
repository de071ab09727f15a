package mailroom

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/mail/business"
)

// Tenants reads Mikla's tenants, which are few, and keeps them for a minute.
type Tenants struct {
	Client *dynamodb.Client
	Table  string
	Now    func() time.Time

	mu      sync.Mutex
	entries []business.Entry
	at      time.Time
}

const tenantsTTL = time.Minute

// Businesses are all tenants that are not about to go.
func (t *Tenants) Businesses(ctx context.Context) ([]business.Entry, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.entries != nil && t.Now().Sub(t.at) < tenantsTTL {
		return t.entries, nil
	}
	entries := []business.Entry{}
	pages := dynamodb.NewScanPaginator(t.Client, &dynamodb.ScanInput{TableName: aws.String(t.Table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault.Wrap("read the tenants", err)
		}
		for _, row := range out.Items {
			if e := entryOf(livedata.Item(row)); row["deleting_at"] == nil {
				entries = append(entries, e)
			}
		}
	}
	t.entries, t.at = entries, t.Now()
	return entries, nil
}

func entryOf(it livedata.Item) business.Entry {
	return business.Entry{TenantID: it.Text("tenant_id"), Name: it.Text("name"), City: it.Text("city"), Region: it.Text("region"),
		Aliases: texts(it["aliases"]), AdminEmails: texts(it["admin_emails"])}
}

// texts of a list or a set of strings.
func texts(v types.AttributeValue) []string {
	switch v := v.(type) {
	case *types.AttributeValueMemberSS:
		return v.Value
	case *types.AttributeValueMemberL:
		var out []string
		for _, e := range v.Value {
			if s, ok := e.(*types.AttributeValueMemberS); ok {
				out = append(out, s.Value)
			}
		}
		return out
	}
	return nil
}
