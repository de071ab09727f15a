package ledger_test

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/ledger"
)

func TestAgesAreTheDataMaps(t *testing.T) {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	for name, keep := range map[string]time.Duration{"ledger": ledger.KeepRecord, "casefile": ledger.KeepCaseFile, "casekeys": ledger.KeepCaseFile} {
		store, ok := m.Store(name)
		if want := time.Duration(store.MaxAgeDays) * 24 * time.Hour; !ok || keep != want || store.Expires != "expires_at" {
			t.Errorf("%s is kept for %s, the map says %s", name, keep, want)
		}
	}
}
