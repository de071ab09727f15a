package e2e

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/ledger"
)

var ownTables = map[string]ledger.Table{"ledger": ledger.Records, "casefile": ledger.CaseFile, "casekeys": ledger.CaseKeys}

// requireInvariants checks every row of this service that the stack holds.
func requireInvariants(t *testing.T, ctx context.Context, needles ...string) {
	t.Helper()
	var all []ledger.Row
	for name, table := range ownTables {
		items, err := stack.Store(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			all = append(all, rowOf(t, table, item))
		}
	}
	if len(all) == 0 {
		t.Fatal("there is nothing to check")
	}
	tombstones, err := stack.Store(ctx, "tombstones")
	if err != nil {
		t.Fatal(err)
	}
	others := func(yield func(store, text string) bool) {
		for _, item := range tombstones {
			if !yield("tombstones", fmt.Sprint(item)) {
				return
			}
		}
	}
	check := invariant.Ledger{Rows: slices.Values(all), Others: others, Needles: needles, Now: time.Now()}
	for _, violation := range check.Check() {
		t.Error(violation)
	}
}

func rowOf(t *testing.T, table ledger.Table, item client.Item) ledger.Row {
	t.Helper()
	text := func(name string) string { s, _ := item[name].(string); return s }
	expires, ok := item["expires_at"].(float64)
	if !ok {
		t.Fatalf("a row of table %d never expires", table)
	}
	return ledger.Row{Key: ledger.Key{Table: table, PK: text("pk"), SK: text("sk")}, Doc: []byte(text("doc")),
		Owner: text("owner"), Open: text("open"), CheckAt: text("check_at"), ExpiresAt: int64(expires)}
}
