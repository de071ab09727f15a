package ledgertest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/ledger"
)

// Contract is what every ledger.Rows keeps. newRows gives rows that may hold others'
// data; every test uses keys of its own.
func Contract(t *testing.T, newRows func(t *testing.T) ledger.Rows) {
	for name, test := range map[string]func(*testing.T, rows){
		"a row comes back as it was written":              comesBack,
		"an absent row is no error":                       absent,
		"a new row must not exist":                        mustNotExist,
		"a version is expected exactly":                   versions,
		"any version goes":                                anyVersion,
		"a delete expects a version too":                  deletes,
		"a transaction is all or nothing":                 allOrNothing,
		"a transaction spans all tables":                  allTables,
		"a transaction holds a hundred rows, and no more": hundred,
		"a check writes nothing and demands a version":    checks,
		"a row twice in a transaction is refused":         rowTwice,
		"the same token applies once":                     sameToken,
		"another's token is a conflict":                   otherToken,
		"a query is ordered, by prefix, in pages":         queries,
		"a query goes on after a row that is gone":        queryAfterGone,
		"a query stays in its partition":                  queryPartition,
		"due rows come earliest first, up to the moment":  due,
		"a row leaves the index":                          leavesIndex,
	} {
		t.Run(name, func(t *testing.T) { test(t, rows{t, newRows(t), ledger.RandomID()}) })
	}
}

// rows makes the tests short. own sets one test's keys apart.
type rows struct {
	t *testing.T
	ledger.Rows
	own string
}

func (r rows) key(table ledger.Table, sk string) ledger.Key {
	return ledger.Key{Table: table, PK: r.own, SK: sk}
}

func (r rows) put(sk, doc string, expect int64) ledger.Write {
	return ledger.Write{Row: ledger.Row{Key: r.key(ledger.Records, sk), Doc: []byte(doc)}, Expect: expect}
}

func (r rows) commit(writes ...ledger.Write) error {
	return r.Commit(r.t.Context(), ledger.RandomID(), writes)
}

func (r rows) mustCommit(writes ...ledger.Write) {
	r.t.Helper()
	if err := r.commit(writes...); err != nil {
		r.t.Fatalf("commit: %v", err)
	}
}

func (r rows) wantConflict(err error) {
	r.t.Helper()
	if !errors.Is(err, ledger.ErrConflict) {
		r.t.Fatalf("got %v, want a conflict", err)
	}
}

func (r rows) get(sk string) ledger.Row {
	r.t.Helper()
	row, _, err := r.Get(r.t.Context(), r.key(ledger.Records, sk))
	if err != nil {
		r.t.Fatalf("get %s: %v", sk, err)
	}
	return row
}

func (r rows) wantDoc(sk, doc string, version int64) {
	r.t.Helper()
	if row := r.get(sk); string(row.Doc) != doc || row.Version != version {
		r.t.Fatalf("%s holds %q in version %d, want %q in version %d", sk, row.Doc, row.Version, doc, version)
	}
}

func comesBack(t *testing.T, r rows) {
	want := ledger.Row{Key: r.key(ledger.Records, "a"), Doc: []byte(`{"text":"\u00e4 \"quoted\""}`),
		Open: "contract-" + r.own, CheckAt: "2026-05-01T00:00:00Z", ExpiresAt: 1893456000}
	if err := r.Commit(t.Context(), "owner-"+r.own, []ledger.Write{{Row: want}}); err != nil {
		t.Fatal(err)
	}
	got := r.get("a")
	if got.Key != want.Key || !bytes.Equal(got.Doc, want.Doc) || got.Open != want.Open || got.CheckAt != want.CheckAt ||
		got.ExpiresAt != want.ExpiresAt || got.Version != 1 || got.Owner != "owner-"+r.own {
		t.Fatalf("got %+v, want %+v", got, want)
	}
}

func absent(t *testing.T, r rows) {
	row, found, err := r.Get(t.Context(), r.key(ledger.CaseFile, "nothing"))
	if found || err != nil || row.Version != 0 {
		t.Fatalf("got %+v, %v, %v", row, found, err)
	}
}

func mustNotExist(_ *testing.T, r rows) {
	r.mustCommit(r.put("a", "first", 0))
	r.wantConflict(r.commit(r.put("a", "second", 0)))
	r.wantDoc("a", "first", 1)
}

func versions(_ *testing.T, r rows) {
	r.wantConflict(r.commit(r.put("a", "of nothing", 1)))
	r.mustCommit(r.put("a", "first", 0))
	r.wantConflict(r.commit(r.put("a", "too far", 2)))
	r.mustCommit(r.put("a", "second", 1))
	r.wantConflict(r.commit(r.put("a", "late", 1)))
	r.wantDoc("a", "second", 2)
}

func anyVersion(_ *testing.T, r rows) {
	for _, doc := range []string{"first", "second"} {
		r.mustCommit(r.put("a", doc, ledger.Any))
		r.wantDoc("a", doc, 1)
	}
}

func deletes(_ *testing.T, r rows) {
	gone := r.put("a", "", 2)
	gone.Delete = true
	r.wantConflict(r.commit(gone, r.put("b", "with it", 0)))
	r.mustCommit(r.put("a", "first", 0))
	r.wantConflict(r.commit(gone))
	gone.Expect = 1
	r.mustCommit(gone)
	r.wantDoc("a", "", 0)
	gone.Expect = ledger.Any
	r.mustCommit(gone) // already gone is as good as deleted
}

func allOrNothing(_ *testing.T, r rows) {
	r.mustCommit(r.put("b", "first", 0))
	r.wantConflict(r.commit(r.put("a", "new", 0), r.put("b", "new", 0), r.put("c", "new", 0)))
	r.wantDoc("a", "", 0)
	r.wantDoc("b", "first", 1)
	r.wantDoc("c", "", 0)
	r.mustCommit(r.put("a", "new", 0), r.put("b", "second", 1), r.put("c", "new", ledger.Any))
	r.wantDoc("a", "new", 1)
	r.wantDoc("b", "second", 2)
}

func allTables(t *testing.T, r rows) {
	file := ledger.Write{Row: ledger.Row{Key: r.key(ledger.CaseFile, "a"), Doc: []byte("file")}}
	key := ledger.Write{Row: ledger.Row{Key: r.key(ledger.CaseKeys, "a"), Doc: []byte("key")}}
	r.mustCommit(r.put("a", "record", 0), file, key)
	r.wantDoc("a", "record", 1)
	for _, w := range []ledger.Write{file, key} {
		row, found, err := r.Get(t.Context(), w.Row.Key)
		if err != nil || !found || !bytes.Equal(row.Doc, w.Row.Doc) {
			t.Fatalf("got %q, %v, %v", row.Doc, found, err)
		}
		r.wantConflict(r.commit(r.put("a", "again", 1), w))
		r.wantDoc("a", "record", 1)
	}
}

func hundred(t *testing.T, r rows) {
	r.mustCommit(r.put("checked", "record", 0))
	writes := []ledger.Write{{Row: ledger.Row{Key: r.key(ledger.Records, "checked")}, Expect: 1, Check: true}}
	for i := 1; i < ledger.MaxWrites; i++ {
		writes = append(writes, r.put(fmt.Sprintf("frozen#%03d", i), "x", ledger.Any))
	}
	owner := ledger.RandomID()
	for range 2 { // and once more, as after a lost answer
		if err := r.Commit(t.Context(), owner, writes); err != nil {
			t.Fatal(err)
		}
	}
	if found := r.query("frozen#", "", ledger.MaxWrites); len(found) != ledger.MaxWrites-1 {
		t.Fatalf("%d rows", len(found))
	}
	if err := r.commit(append(writes, r.put("one more", "x", 0))...); err == nil {
		t.Fatal("a transaction of more rows than fit went through")
	}
	r.wantDoc("one more", "", 0)
}

func checks(t *testing.T, r rows) {
	r.mustCommit(r.put("a", "record", 0))
	check := func(version int64) ledger.Write {
		return ledger.Write{Row: ledger.Row{Key: r.key(ledger.Records, "a")}, Expect: version, Check: true}
	}
	r.mustCommit(check(1))
	r.wantConflict(r.commit(check(2)))
	r.mustCommit(check(1), r.put("b", "first", 0))
	r.wantDoc("a", "record", 1)
	r.wantDoc("b", "first", 1)
	r.wantConflict(r.commit(check(2), r.put("b", "second", 1)))
	r.wantDoc("b", "first", 1)
	owner := ledger.RandomID()
	for range 2 { // the same commit again, as after a lost answer
		if err := r.Commit(t.Context(), owner, []ledger.Write{check(1), r.put("b", "third", 1)}); err != nil {
			t.Fatal(err)
		}
	}
	r.wantDoc("b", "third", 2)
}

func rowTwice(t *testing.T, r rows) {
	if err := r.commit(r.put("a", "one", 0), r.put("a", "two", 0)); err == nil {
		t.Fatal("got no error")
	}
	r.wantDoc("a", "", 0)
}

func sameToken(t *testing.T, r rows) {
	for sk, writes := range map[string][]ledger.Write{
		"one": {r.put("one", "x", 0)},
		"a":   {r.put("a", "x", 0), r.put("b", "x", 0)},
	} {
		token := ledger.RandomID()
		for range 2 {
			if err := r.Commit(t.Context(), token, writes); err != nil {
				t.Fatalf("%s: %v", sk, err)
			}
		}
		r.wantDoc(sk, "x", 1)
	}
}

func otherToken(_ *testing.T, r rows) {
	for _, writes := range [][]ledger.Write{{r.put("one", "x", 0)}, {r.put("a", "x", 0), r.put("b", "x", 0)}} {
		r.mustCommit(writes...)
		r.wantConflict(r.commit(writes...)) // the same content, but not ours
	}
}

func (r rows) fill(n int) {
	r.t.Helper()
	for i := range n {
		r.mustCommit(r.put(fmt.Sprintf("frozen#%02d", n-1-i), "x", 0))
	}
	r.mustCommit(r.put("frozen", "before the prefix", 0), r.put("frozen$", "after it", 0), r.put("cursor", "x", 0))
}

func (r rows) query(prefix, after string, limit int) []string {
	r.t.Helper()
	found, err := r.Query(r.t.Context(), ledger.Records, r.own, prefix, after, limit)
	if err != nil {
		r.t.Fatalf("query: %v", err)
	}
	var sks []string
	for _, row := range found {
		sks = append(sks, row.SK)
	}
	return sks
}

func (r rows) want(got []string, want ...string) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Fatalf("got %q, want %q", got, want)
	}
}

func queries(_ *testing.T, r rows) {
	r.fill(5)
	r.want(r.query("frozen#", "", 2), "frozen#00", "frozen#01")
	r.want(r.query("frozen#", "frozen#01", 2), "frozen#02", "frozen#03")
	r.want(r.query("frozen#", "frozen#03", 2), "frozen#04")
	r.want(r.query("frozen#", "frozen#04", 2))
	r.want(r.query("", "", 2), "cursor", "frozen")
	r.want(r.query("", "frozen", 1), "frozen#00")
	r.want(r.query("nothing", "", 9))
}

func queryAfterGone(_ *testing.T, r rows) {
	r.fill(3)
	gone := r.put("frozen#01", "", 1)
	gone.Delete = true
	r.mustCommit(gone)
	r.want(r.query("frozen#", "frozen#01", 9), "frozen#02")
}

func queryPartition(t *testing.T, r rows) {
	r.mustCommit(r.put("a", "x", 0))
	other := ledger.Key{Table: ledger.Records, PK: r.own + "0", SK: "a"}
	r.mustCommit(ledger.Write{Row: ledger.Row{Key: other, Doc: []byte("x")}})
	r.mustCommit(ledger.Write{Row: ledger.Row{Key: r.key(ledger.CaseFile, "b"), Doc: []byte("x")}})
	r.want(r.query("", "", 9), "a")
	found, err := r.Query(t.Context(), ledger.CaseFile, r.own, "", "", 9)
	if err != nil || len(found) != 1 || found[0].Key != r.key(ledger.CaseFile, "b") {
		t.Fatalf("got %+v, %v", found, err)
	}
}

// open puts a row into an index partition of the test's own.
func (r rows) open(pk, checkAt string) ledger.Write {
	return ledger.Write{Row: ledger.Row{Key: ledger.Key{Table: ledger.Records, PK: pk, SK: "request"},
		Doc: []byte("x"), Open: r.own, CheckAt: checkAt}}
}

func (r rows) due(before string, limit int) []string {
	r.t.Helper()
	pks, err := r.Due(r.t.Context(), r.own, before, limit)
	if err != nil {
		r.t.Fatalf("due: %v", err)
	}
	return pks
}

func due(_ *testing.T, r rows) {
	first, second, third := "z"+r.own, "m"+r.own, "a"+r.own // not in the order of their keys
	r.mustCommit(r.open(second, "2026-05-01T00:02:00Z"), r.open(third, "2026-05-01T00:03:00Z"), r.open(first, "2026-05-01T00:01:00Z"))
	r.want(r.due("2026-05-01T00:00:59Z", 9))
	r.want(r.due("2026-05-01T00:02:00Z", 9), first, second)
	r.want(r.due("2026-05-01T00:09:00Z", 9), first, second, third)
	r.want(r.due("2026-05-01T00:09:00Z", 2), first, second)
}

func leavesIndex(_ *testing.T, r rows) {
	w := r.open("z"+r.own, "2026-05-01T00:01:00Z")
	r.mustCommit(w)
	w.Row.Open, w.Row.CheckAt, w.Expect = "", "", 1
	r.mustCommit(w)
	r.want(r.due("2026-05-01T00:09:00Z", 9))
}
