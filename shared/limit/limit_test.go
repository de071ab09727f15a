package limit_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type bench struct {
	*testing.T
	rows *ledgertest.Fake
	now  time.Time
	limit.Limits
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, rows: ledgertest.NewFake(), now: workflowtest.Start}
	b.Limits = limit.Limits{Rows: b.rows, Keys: workflowtest.Secret(t, 'f'), Now: func() time.Time { return b.now }}
	return b
}

func (b *bench) take(rule limit.Rule, whose, occasion string, want bool) {
	b.Helper()
	if got, err := b.Take(context.Background(), rule, whose, occasion); err != nil || got != want {
		b.Errorf("%s of %s, %s: %t, %v; want %t", rule.Name, whose, occasion, got, err, want)
	}
}

func TestALimitIsReachedAndPasses(t *testing.T) {
	b := newBench(t)
	rule := limit.Rule{Name: "test", Most: 2, Per: time.Hour}
	b.take(rule, "ana", "1", true)
	b.now = b.now.Add(30 * time.Minute)
	b.take(rule, "ana", "2", true)
	b.take(rule, "ana", "1", true) // the same again counts once
	b.take(rule, "ana", "3", false)
	b.take(rule, "bob", "3", true)
	b.take(limit.Rule{Name: "other", Most: 2, Per: time.Hour}, "ana", "3", true)
	b.now = b.now.Add(30 * time.Minute) // the first is an hour ago
	b.take(rule, "ana", "3", true)
	b.take(rule, "ana", "4", false)
}

func TestALimitOfManyIsOnlyCounted(t *testing.T) {
	b := newBench(t)
	rule := limit.Rule{Name: "many", Most: 150, Per: time.Hour}
	for i := range rule.Most {
		b.take(rule, "", fmt.Sprint(i), true)
	}
	b.take(rule, "", "one more", false)
	if doc := string(b.rows.All()[0].Doc); len(doc) > 100 {
		t.Errorf("it is not only counted: %s", doc)
	}
	b.now = b.now.Add(time.Hour)
	b.take(rule, "", "later", true)
}

// A row names nobody, and goes when it counts nothing any more.
func TestARowOfALimitNamesNobody(t *testing.T) {
	b := newBench(t)
	b.take(limit.Replies, "ana@guest.example", "a mail", true)
	row := b.rows.All()[0]
	if text := row.PK + row.SK + string(row.Doc); strings.Contains(text, "ana") || strings.Contains(text, "guest") || strings.Contains(text, "mail") {
		t.Errorf("the row is %s", text)
	}
	if row.ExpiresAt != b.now.Add(limit.Replies.Per).Unix() {
		t.Errorf("it expires at %d", row.ExpiresAt)
	}
}

func TestManyAtOnceGetNoMoreThanTheRule(t *testing.T) {
	b := newBench(t)
	var mu sync.Mutex
	allowed := 0
	var all sync.WaitGroup
	for i := range 12 {
		all.Go(func() {
			ok, err := b.Take(context.Background(), limit.Replies, "ana", fmt.Sprint(i))
			mu.Lock()
			defer mu.Unlock()
			if ok && err == nil {
				allowed++
			}
		})
	}
	all.Wait()
	if allowed > limit.Replies.Most || allowed == 0 {
		t.Errorf("%d were allowed, want %d at most", allowed, limit.Replies.Most)
	}
}

func TestAFailingTableIsNoPermission(t *testing.T) {
	b := newBench(t)
	for err, kind := range map[error]fault.Kind{ledger.ErrConflict: fault.Retry, fault.New(fault.Permanent, "broken"): fault.Permanent} {
		b.rows.Fault = func([]ledger.Write) (bool, error) { return false, err }
		if ok, got := b.Take(t.Context(), limit.Replies, "ana", "1"); ok || fault.KindOf(got) != kind {
			t.Errorf("%v: allowed %t, %v", err, ok, got)
		}
	}
}
