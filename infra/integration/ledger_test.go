package integration

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

var ledgerTables = map[ledger.Table]string{ledger.Records: "mikla-dev-ledger", ledger.CaseFile: "mikla-dev-casefile", ledger.CaseKeys: "mikla-dev-casekeys"}

func TestLedgerOnDynamoDB(t *testing.T) {
	connect := dynamoDB(t, ledgerTables[ledger.Records], ledgerTables[ledger.CaseFile], ledgerTables[ledger.CaseKeys])
	rows := ledger.DynamoDB{Client: connect(http.DefaultTransport), Tables: ledgerTables}
	ledgertest.Contract(t, func(*testing.T) ledger.Rows { return rows })
	t.Run("a lost answer is resolved by the token", func(t *testing.T) {
		for name, c := range lostAnswers {
			t.Run(name, func(t *testing.T) { c.run(t, connect, rows) })
		}
	})
	t.Run("a retry does not hide another's write", func(t *testing.T) { anothersWrite(t, connect, rows) })
	t.Run("concurrent notices are one request", func(t *testing.T) { concurrentNotices(t, rows) })
	t.Run("a lost answer to an admission", func(t *testing.T) { lostAdmission(t, connect, rows) })
	t.Run("record and history agree", func(t *testing.T) { chained(t, connect, rows) })
	t.Run("a scrub leaves nothing", func(t *testing.T) { scrub(t, rows) })
}

func write(pk, sk string, expect int64) ledger.Write {
	return ledger.Write{Row: ledger.Row{Key: ledger.Key{Table: ledger.Records, PK: pk, SK: sk}, Doc: []byte("{}")}, Expect: expect}
}

// lost is a commit of which the first answer is lost; the SDK sends it again.
type lost struct {
	operation string
	before    []ledger.Write
	writes    []ledger.Write
}

var lostAnswers = map[string]lost{
	"new row":     {"PutItem", nil, []ledger.Write{write("lost-new", "a", 0)}},
	"next row":    {"PutItem", []ledger.Write{write("lost-next", "a", 0)}, []ledger.Write{write("lost-next", "a", 1)}},
	"transaction": {"TransactWriteItems", nil, []ledger.Write{write("lost-all", "a", 0), write("lost-all", "b", 0)}},
	"delete": {"DeleteItem", []ledger.Write{write("lost-delete", "a", 0)},
		[]ledger.Write{{Row: ledger.Row{Key: ledger.Key{PK: "lost-delete", SK: "a"}}, Expect: 1, Delete: true}}},
}

func (c lost) run(t *testing.T, connect func(http.RoundTripper) *dynamodb.Client, plain ledger.Rows) {
	if c.before != nil {
		if err := plain.Commit(t.Context(), ledger.RandomID(), c.before); err != nil {
			t.Fatal(err)
		}
	}
	line := &lossy{lose: map[string]int{c.operation: 1}, calls: map[string]int{}}
	rows := ledger.DynamoDB{Client: connect(line), Tables: ledgerTables}
	if err := rows.Commit(t.Context(), ledger.RandomID(), c.writes); err != nil {
		t.Fatalf("commit: %v", err)
	}
	if line.calls[c.operation] != 2 {
		t.Errorf("%d calls, want the lost one and its retry", line.calls[c.operation])
	}
	for _, w := range c.writes {
		row, found, err := plain.Get(t.Context(), w.Row.Key)
		if err != nil || found == w.Delete || (found && row.Version != w.Expect+1) {
			t.Errorf("%s: %+v, %v, %v", w.Row.SK, row, found, err)
		}
	}
}

func anothersWrite(t *testing.T, connect func(http.RoundTripper) *dynamodb.Client, plain ledger.Rows) {
	if err := plain.Commit(t.Context(), ledger.RandomID(), []ledger.Write{write("another", "a", 0)}); err != nil {
		t.Fatal(err)
	}
	for operation, writes := range map[string][]ledger.Write{
		"PutItem":            {write("another", "a", 0)},
		"TransactWriteItems": {write("another", "a", 0), write("another", "b", 0)},
	} {
		line := &lossy{lose: map[string]int{operation: 1}, calls: map[string]int{}}
		err := ledger.DynamoDB{Client: connect(line), Tables: ledgerTables}.Commit(t.Context(), ledger.RandomID(), writes)
		if err != ledger.ErrConflict {
			t.Errorf("%s: got %v, want a conflict", operation, err)
		}
	}
	if _, found, err := plain.Get(t.Context(), write("another", "b", 0).Row.Key); found || err != nil {
		t.Errorf("half a transaction: %v, %v", found, err)
	}
}

func ledgerKeys(t *testing.T) ledger.Keys {
	t.Helper()
	v, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Keys{Code: v, Fingerprint: v}
}

func notice(user string, after time.Duration) ledger.Notice {
	at := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC).Add(after)
	return ledger.Notice{Intake: "meta",
		Asked:     request.Asked{Kind: request.DataDeletion, ReceivedAt: at, Cutoff: at},
		Identity:  ledger.Identity{Kind: "meta_app_user", Fields: map[string]string{"app_id": "900000000000001", "user_id": user}},
		Requester: []string{"meta", user}, Occasion: []string{"meta", user, at.String()}}
}

// concurrentNotices provokes conflicts and transactions in flight, if DynamoDB has any.
func concurrentNotices(t *testing.T, rows ledger.Rows) {
	l, secret := ledger.New(rows), ledgerKeys(t)
	ids := make([]string, 20)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() { ids[i] = insist(t, l, notice("concurrent", time.Duration(i)*time.Second), secret) })
	}
	all.Wait()
	if slices.ContainsFunc(ids, func(id string) bool { return id != ids[0] }) {
		t.Fatalf("several requests of one person: %q", ids)
	}
	r, err := l.Get(t.Context(), ids[0])
	if last := notice("concurrent", 19*time.Second).Asked.Cutoff; err != nil || !r.Cutoff.Equal(last) {
		t.Errorf("cutoff %s, want %s (%v)", r.Cutoff, last, err)
	}
}

func insist(t *testing.T, l *ledger.Ledger, n ledger.Notice, secret ledger.Keys) string {
	for {
		r, err := l.Admit(t.Context(), n, secret)
		if err == nil {
			return r.ID
		}
		if fault.KindOf(err) != fault.Retry {
			t.Error(err)
			return ""
		}
	}
}

func lostAdmission(t *testing.T, connect func(http.RoundTripper) *dynamodb.Client, plain ledger.Rows) {
	line := &lossy{lose: map[string]int{"TransactWriteItems": 1}, calls: map[string]int{}}
	l := ledger.New(ledger.DynamoDB{Client: connect(line), Tables: ledgerTables})
	n, secret := notice("lost", 0), ledgerKeys(t)
	first := insist(t, l, n, secret)
	if line.calls["TransactWriteItems"] != 2 {
		t.Errorf("%d transactions, want the lost one and its retry", line.calls["TransactWriteItems"])
	}
	if again := insist(t, ledger.New(plain), n, secret); again != first {
		t.Errorf("two requests: %s and %s", first, again)
	}
}

func scrub(t *testing.T, rows ledger.DynamoDB) {
	ctx, l := t.Context(), ledger.New(rows)
	id := insist(t, l, notice("scrubbed", 0), ledgerKeys(t))
	var found []ledger.Frozen
	for i := range 250 {
		found = append(found, ledger.Frozen{Store: "conversations", Fields: map[string]string{"conversation_id": fmt.Sprint(i)}})
	}
	for range 2 {
		if err := l.FreezeAll(ctx, id, 1, found); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	if err := l.EachFrozen(ctx, id, 0, "conversations", func(ledger.Frozen, string) error { seen++; return nil }); err != nil || seen != 250 {
		t.Errorf("%d frozen containers, %v", seen, err)
	}
	if err := l.Scrub(ctx, id); err != nil {
		t.Fatal(err)
	}
	for _, table := range []ledger.Table{ledger.CaseFile, ledger.CaseKeys} {
		if left, err := rows.Query(ctx, table, "request#"+id, "", "", 9); err != nil || len(left) != 0 {
			t.Errorf("%d rows of table %d are left, %v", len(left), table, err)
		}
	}
}

// chained: record and events agree on DynamoDB as they do on the fake, also when the
// answer to a change is lost.
func chained(t *testing.T, connect func(http.RoundTripper) *dynamodb.Client, plain ledger.Rows) {
	ctx := t.Context()
	id := insist(t, ledger.New(plain), notice("chained", 0), ledgerKeys(t))
	for range 3 {
		line := &lossy{lose: map[string]int{"TransactWriteItems": 1}, calls: map[string]int{}}
		l := ledger.New(ledger.DynamoDB{Client: connect(line), Tables: ledgerTables})
		if _, err := l.Update(ctx, id, 0, func(r *request.Request) error { r.NextRun(); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	r, err := ledger.New(plain).Get(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	events, err := ledger.New(plain).Events(ctx, id)
	if broken := chain.Verify(r, events); err != nil || len(events) != 4 || r.Run != 4 || len(broken) != 0 {
		t.Errorf("%d events in run %d, %v: %v", len(events), r.Run, err, broken)
	}
}
