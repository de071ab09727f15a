package integration

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
)

type connector = func(http.RoundTripper) *dynamodb.Client

func TestBudgetOnDynamoDB(t *testing.T) {
	connect := dynamoDB(t, ledgerTables[ledger.Records], "mikla-dev-messages", "mikla-dev-leads")
	for name, test := range map[string]func(*testing.T, connector){
		"several executions share a row":        budgetIsShared,
		"an answer that is lost":                budgetAnswerLost,
		"batches cost what DynamoDB says":       batchesAreCharged,
		"single writes cost what DynamoDB says": singleWritesAreCharged,
		"throttles are reported":                throttlesAreReported,
		"no budget, no write":                   noBudgetNoWrite,
		"batches end together":                  batchesEndTogether,
		"reads cost what DynamoDB says":         readsAreCharged,
		"throttled reads are reported":          throttledReadsAreReported,
		"reads have a row of their own":         readsShareNoRow,
	} {
		t.Run(name, func(t *testing.T) { test(t, connect) })
	}
}

// Several executions, each with a client of its own, share one row of the ledger.
func budgetIsShared(t *testing.T, connect connector) {
	const rate, batch, executions = 500.0, 10.0, 6
	const length = 6 * time.Second
	ctx, cancel := context.WithTimeout(t.Context(), length)
	defer cancel()
	spent := make([]float64, executions)
	var all sync.WaitGroup
	begin := time.Now()
	for number := range executions {
		l := budget.New(ledger.DynamoDB{Client: connect(&http.Transport{}), Tables: ledgerTables}, rate)
		all.Go(func() {
			for {
				if err := l.Wait(ctx, "messages"); err != nil {
					if !errors.Is(err, budget.ErrNoTime) && ctx.Err() == nil {
						t.Errorf("execution %d: %v", number, err)
					}
					return
				}
				spent[number] += batch
				l.Spent("messages", batch)
			}
		})
	}
	all.Wait()
	total, idle := 0.0, 0
	for _, units := range spent {
		if total += units; units == 0 {
			idle++
		}
	}
	// They stop when their next slice would begin after the end, at most one slice and
	// what a reservation takes before it; at the beginning there is a credit.
	ratio := total / (rate * length.Seconds())
	t.Logf("%d executions took %.2f of the budget in %s: %v", executions, ratio, time.Since(begin).Round(time.Millisecond), spent)
	if ratio < 0.8 || ratio > 1.25 || idle > 1 {
		t.Errorf("%.2f of the budget, %d executions got nothing", ratio, idle)
	}
}

// A limiter whose commit's answer is lost reserves once.
func budgetAnswerLost(t *testing.T, connect connector) {
	line := &lossy{lose: map[string]int{"PutItem": 1, "GetItem": 1}, calls: map[string]int{}}
	l := budget.New(ledger.DynamoDB{Client: connect(line), Tables: ledgerTables}, 100)
	if err := l.Wait(t.Context(), "links"); err != nil {
		t.Fatal(err)
	}
	plain := ledger.DynamoDB{Client: connect(http.DefaultTransport), Tables: ledgerTables}
	row, found, err := plain.Get(t.Context(), ledger.Key{Table: ledger.Records, PK: "budget#links", SK: "budget"})
	if err != nil || !found || row.Version != 1 || row.ExpiresAt == 0 || line.calls["PutItem"] != 2 {
		t.Errorf("the row is %+v, %v, after %d puts", row, err, line.calls["PutItem"])
	}
}

// account is a budget that writes down what it is told.
type account struct {
	mu        sync.Mutex
	waits     int
	units     float64
	throttles int
	refuse    error
}

func (a *account) Wait(context.Context, string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waits++
	return a.refuse
}

func (a *account) Spent(_ string, units float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.units += units
}

func (a *account) Throttled(context.Context, string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.throttles++
	return nil
}

// spender is the adapter with an account, over a wire that a test meddles with.
type spender struct {
	livedatatest.Backend
	*account
	messages, leads datamap.Store
	n               int
}

func newSpender(t *testing.T, connect connector, transport http.RoundTripper) *spender {
	t.Helper()
	m, a := dataMap(t), &account{}
	s := &spender{Backend: records(m, connect, transport), account: a}
	s.Records = livedata.DynamoDB{Client: connect(transport), Names: liveNames(m), Budget: a}
	s.messages, _ = m.Store("messages")
	s.leads, _ = m.Store("leads")
	return s
}

// fill puts n messages of so many bytes and returns their keys.
func (s *spender) fill(t *testing.T, n, size int) []livedata.Key {
	var keys []livedata.Key
	for range n {
		s.n++
		at := fmt.Sprintf("2026-03-01T18:00:00Z#%06d", s.n)
		s.Put(t, "messages", livedatatest.NewItem(map[string]any{"conversation_id": t.Name(), "message_key": at, "body": strings.Repeat("x", size)}))
		keys = append(keys, livedata.Key{"conversation_id": t.Name(), "message_key": at})
	}
	return keys
}

func batchesAreCharged(t *testing.T, connect connector) {
	s := newSpender(t, connect, http.DefaultTransport)
	if err := s.Records.Delete(t.Context(), s.messages, s.fill(t, 60, 2500)); err != nil {
		t.Fatal(err)
	}
	if s.units != 3*60 || s.waits != 3 || s.throttles != 0 {
		t.Errorf("60 records of 2.5 KB cost %.1f units in %d writes, %d throttles", s.units, s.waits, s.throttles)
	}
}

func singleWritesAreCharged(t *testing.T, connect connector) {
	s := newSpender(t, connect, http.DefaultTransport)
	lead := livedatatest.NewItem(map[string]any{"tenant_id": "t", "lead_id": t.Name(), "handle": "h"})
	s.Put(t, "leads", lead)
	if applied, err := s.Records.Change(t.Context(), s.leads, lead, nil, []string{"handle"}); !applied || err != nil || s.units != 1 {
		t.Errorf("change: %t, %v, %.1f units", applied, err, s.units)
	}
	if applied, err := s.Records.DeleteIf(t.Context(), s.leads, lead); applied || err != nil || s.units != 2 {
		t.Errorf("a condition that fails: %t, %v, %.1f units", applied, err, s.units)
	}
	delete(lead, "handle")
	if applied, err := s.Records.DeleteIf(t.Context(), s.leads, lead); !applied || err != nil || s.units != 3 || s.waits != 3 {
		t.Errorf("delete: %t, %v, %.1f units", applied, err, s.units)
	}
}

func throttlesAreReported(t *testing.T, connect connector) {
	for _, c := range []struct {
		name, operation string
		times           int
		spoil           func(*http.Request, []byte) (*http.Response, error)
		throttles       int
		fails           bool
	}{
		{"items left undone, once", "BatchWriteItem", 1, halfWritten, 1, false},
		{"items left undone, in each batch", "BatchWriteItem", 4, halfWritten, 4, false},
		{"refused within the client's own retries", "BatchWriteItem", 2, throttled, 0, false},
		{"refused for good", "BatchWriteItem", always, throttled, 1, true},
		{"a single write refused for good", "DeleteItem", always, throttled, 1, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSpender(t, connect, &meddler{operation: c.operation, times: c.times, spoil: c.spoil})
			keys := s.fill(t, 100, 10)
			err := s.Records.Delete(t.Context(), s.messages, keys)
			if c.operation == "DeleteItem" {
				_, err = s.Records.DeleteIf(t.Context(), s.messages, livedatatest.NewItem(map[string]any{"conversation_id": "c", "message_key": "k"}))
			}
			if c.fails != (err != nil) || err != nil && fault.KindOf(err) != fault.Retry {
				t.Errorf("got %v", err)
			}
			if s.throttles < c.throttles || !c.fails && s.throttles != c.throttles {
				t.Errorf("%d throttles were reported, want %d", s.throttles, c.throttles)
			}
			page, _ := s.Records.Read(t.Context(), livedata.Query{Store: s.messages, Where: map[string]string{"conversation_id": t.Name()}, Limit: 200})
			if left := len(page.Items); left != 0 && !c.fails {
				t.Errorf("%d items are left", left)
			}
		})
	}
}

// Where the budget allows nothing, nothing is written, and the caller finds out why.
func noBudgetNoWrite(t *testing.T, connect connector) {
	line := &lossy{calls: map[string]int{}}
	s := newSpender(t, connect, line)
	s.refuse = budget.ErrNoTime
	err := s.Records.Delete(t.Context(), s.messages, s.fill(t, 100, 10))
	if !errors.Is(err, budget.ErrNoTime) || fault.KindOf(err) != fault.Retry {
		t.Errorf("got %v", err)
	}
	lead := livedatatest.NewItem(map[string]any{"tenant_id": "t", "lead_id": "l"})
	if _, err := s.Records.DeleteIf(t.Context(), s.leads, lead); !errors.Is(err, budget.ErrNoTime) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Records.Change(t.Context(), s.leads, lead, nil, []string{"handle"}); !errors.Is(err, budget.ErrNoTime) {
		t.Errorf("got %v", err)
	}
	if len(line.calls) != 0 {
		t.Errorf("calls were made: %v", line.calls)
	}
}

// A batch that fails ends those beside it, and the failure that is returned is its own.
func batchesEndTogether(t *testing.T, connect connector) {
	refused := &meddler{operation: "BatchWriteItem", times: 1, spoil: func(in *http.Request, _ []byte) (*http.Response, error) {
		return answer(in, http.StatusBadRequest, []byte(`{"__type":"com.amazonaws.dynamodb.v20120810#AccessDeniedException","message":"no"}`)), nil
	}}
	s := newSpender(t, connect, refused)
	err := s.Records.Delete(t.Context(), s.messages, s.fill(t, 400, 10))
	if err == nil || errors.Is(err, context.Canceled) || !strings.Contains(fault.Describe(err), "AccessDeniedException") {
		t.Errorf("got %v", err)
	}
	if s.waits == 16 {
		t.Error("every batch was tried")
	}
}

// newReader is a spender of a read budget.
func newReader(t *testing.T, connect connector, transport http.RoundTripper) *spender {
	s := newSpender(t, connect, transport)
	s.Records = livedata.DynamoDB{Client: connect(transport), Names: liveNames(s.Map), ReadBudget: s.account}
	return s
}

func readsAreCharged(t *testing.T, connect connector) {
	s := newReader(t, connect, http.DefaultTransport)
	keys := s.fill(t, 40, 3900) // one unit each, read consistently
	q := livedata.Query{Store: s.messages, Where: map[string]string{"conversation_id": t.Name()}, Limit: 200}
	if page, err := s.Records.Read(t.Context(), q); err != nil || len(page.Items) != 40 || s.waits != 1 || s.units < 38 || s.units > 42 {
		t.Errorf("a query: %d items, %v, %.1f units in %d reads", len(page.Items), err, s.units, s.waits)
	}
	s.units, s.waits = 0, 0
	if it, err := s.Records.Get(t.Context(), s.messages, keys[0]); err != nil || len(it) == 0 || s.units != 1 || s.waits != 1 {
		t.Errorf("one record: %v, %.1f units in %d reads", err, s.units, s.waits)
	}
	author := "a#" + t.Name()
	for i := range 5 {
		s.Put(t, "messages", livedatatest.NewItem(map[string]any{"conversation_id": t.Name(), "message_key": fmt.Sprint(i), "author_key": author, "body": strings.Repeat("x", 3000)}))
	}
	s.units, s.waits = 0, 0
	q = livedata.Query{Store: s.messages, Index: "by_author", Where: map[string]string{"author_key": author}, Limit: 200}
	if page, err := s.Records.Read(t.Context(), q); err != nil || len(page.Items) != 5 || s.waits != 2 || s.units < 5.5 {
		t.Errorf("an index: %d items, %v, %.1f units in %d reads", len(page.Items), err, s.units, s.waits)
	}
	s.units, s.waits = 0, 0
	if err := s.Records.Delete(t.Context(), s.messages, keys); err != nil || s.units != 0 || s.waits != 0 {
		t.Errorf("writes: %v, %.1f units in %d waits", err, s.units, s.waits)
	}
}

func throttledReadsAreReported(t *testing.T, connect connector) {
	for _, c := range []struct {
		operation string
		times     int
		spoil     func(*http.Request, []byte) (*http.Response, error)
		throttles int
		fails     bool
	}{
		{"Query", always, throttled, 1, true}, {"GetItem", always, throttled, 1, true}, {"BatchGetItem", always, throttled, 1, true},
		{"BatchGetItem", 2, halfRead, 2, false}, {"Query", 2, throttled, 0, false},
	} {
		s := newReader(t, connect, &meddler{operation: c.operation, times: c.times, spoil: c.spoil})
		author := "a#" + t.Name() + c.operation
		for i := range 20 {
			s.Put(t, "messages", livedatatest.NewItem(map[string]any{"conversation_id": author, "message_key": fmt.Sprint(i), "author_key": author}))
		}
		_, err := s.Records.Read(t.Context(), livedata.Query{Store: s.messages, Index: "by_author", Where: map[string]string{"author_key": author}, Limit: 200})
		if c.operation == "GetItem" {
			_, err = s.Records.Get(t.Context(), s.messages, livedata.Key{"conversation_id": author, "message_key": "0"})
		}
		if c.fails != (err != nil) || err != nil && fault.KindOf(err) != fault.Retry || s.throttles != c.throttles {
			t.Errorf("%s spoiled %d times: %v, %d throttles", c.operation, c.times, err, s.throttles)
		}
	}
	s := newReader(t, connect, http.DefaultTransport)
	s.refuse = budget.ErrNoTime
	if _, err := s.Records.Get(t.Context(), s.messages, livedata.Key{"conversation_id": "c", "message_key": "m"}); !errors.Is(err, budget.ErrNoTime) || fault.KindOf(err) != fault.Retry {
		t.Errorf("got %v", err)
	}
}

func readsShareNoRow(t *testing.T, connect connector) {
	rows := ledger.DynamoDB{Client: connect(http.DefaultTransport), Tables: ledgerTables}
	for _, l := range []*budget.Limiter{budget.New(rows, 100), budget.NewReads(rows, 100)} {
		if err := l.Wait(t.Context(), "leads"); err != nil {
			t.Fatal(err)
		}
	}
	for _, pk := range []string{"budget#leads", "budget#reads#leads"} {
		if row, found, err := rows.Get(t.Context(), ledger.Key{Table: ledger.Records, PK: pk, SK: "budget"}); err != nil || !found || row.Version != 1 {
			t.Errorf("%s: %+v, %t, %v", pk, row, found, err)
		}
	}
}
