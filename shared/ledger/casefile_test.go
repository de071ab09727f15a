package ledger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// rowsOf lists the rows of a table.
func (b *bench) rowsOf(table ledger.Table) []ledger.Row {
	var out []ledger.Row
	for _, row := range b.fake.All() {
		if row.Table == table {
			out = append(out, row)
		}
	}
	return out
}

// plant overwrites a row as somebody might who can write the table.
func (b *bench) plant(row ledger.Row) {
	b.Helper()
	if err := b.fake.Commit(b.Context(), "somebody", []ledger.Write{{Row: row, Expect: ledger.Any}}); err != nil {
		b.Fatal(err)
	}
}

// filled is an open request with every kind of case row.
func filled(b *bench) request.Request {
	b.Helper()
	r := b.admit(notice(request.DataDeletion, 0))
	subjects := []ledger.Subject{{Form: "lead", Fields: map[string]string{"lead_id": canaryUser}}, {Form: "lead", Fields: map[string]string{"lead_id": "b"}}}
	if err := b.FreezeSubjects(b.Context(), r.ID, r.Run, subjects); err != nil {
		b.Fatal(err)
	}
	b.freeze(r, 3)
	if err := b.SaveCursor(b.Context(), r.ID, r.Run, ledger.Cursor{After: map[string]string{"user_id": canaryUser}}); err != nil {
		b.Fatal(err)
	}
	return r
}

// read reads the whole case file.
func (b *bench) read(l *ledger.Ledger, id string) error {
	_, identity := l.Identity(b.Context(), id)
	_, subjects := l.Subjects(b.Context(), id)
	_, cursor := l.Cursor(b.Context(), id)
	frozen := l.EachFrozen(b.Context(), id, 0, "conversations", func(ledger.Frozen, string) error { return nil })
	return errors.Join(identity, subjects, cursor, frozen)
}

func TestEveryRequestHasAKeyOfItsOwn(t *testing.T) {
	b := newBench(t)
	first := b.admit(notice(request.DataDeletion, 0))
	b.end(first)
	b.admit(notice(request.DataDeletion, time.Hour))
	keys := b.rowsOf(ledger.CaseKeys)
	if len(keys) != 2 || bytes.Equal(keys[0].Doc, keys[1].Doc) {
		t.Fatalf("%d keys, or one twice", len(keys))
	}
	for _, row := range keys {
		var doc struct{ Key []byte }
		if err := json.Unmarshal(row.Doc, &doc); err != nil || len(doc.Key) != 32 || bytes.Count(doc.Key, []byte{doc.Key[0]}) == 32 {
			t.Errorf("%s holds no random key of 32 bytes: %v", row.PK, err)
		}
	}
}

// Without the key a copy of the case file is noise: nothing of it can be read, and no
// name of a row tells whose it is.
func TestWithoutItsKeyACaseFileIsNoise(t *testing.T) {
	b := newBench(t)
	r := filled(b)
	copied := b.rowsOf(ledger.CaseFile)
	b.fake.Fault = func(writes []ledger.Write) (bool, error) {
		if writes[0].Row.Table == ledger.CaseFile {
			return false, errLost // the process dies when only the key is gone
		}
		return true, nil
	}
	if err := b.Scrub(t.Context(), r.ID); !errors.Is(err, errLost) {
		t.Fatalf("scrub: %v", err)
	}
	if left := b.rowsOf(ledger.CaseFile); len(left) != len(copied) || len(b.rowsOf(ledger.CaseKeys)) != 0 {
		t.Fatalf("the key does not go first: %d of %d rows, %d keys", len(left), len(copied), len(b.rowsOf(ledger.CaseKeys)))
	}
	if err := b.read(b.Ledger, r.ID); fault.KindOf(err) != fault.Permanent {
		t.Errorf("read without a key: %v", err)
	}
	if err := b.SaveCursor(t.Context(), r.ID, r.Run, ledger.Cursor{}); fault.KindOf(err) != fault.Permanent {
		t.Errorf("written without a key: %v", err)
	}
	b.fake.Fault = nil
	if err := b.Scrub(t.Context(), r.ID); err != nil || len(b.rowsOf(ledger.CaseFile)) != 0 {
		t.Errorf("the next scrub: %v", err)
	}
	other := b.admit(notice(request.DataDeletion, time.Hour)) // another key opens none of the copies
	for _, row := range copied {
		row.PK = "request#" + other.ID
		b.plant(row)
	}
	if err := b.read(b.Ledger, other.ID); fault.KindOf(err) != fault.Permanent {
		t.Errorf("copies under another key: %v", err)
	}
}

// A row that was changed, moved, swapped or put in from elsewhere does not open.
func TestRowsAreBoundToTheirPlace(t *testing.T) {
	find := func(rows []ledger.Row, sk string) ledger.Row {
		for _, row := range rows {
			if strings.HasPrefix(row.SK, sk) {
				return row
			}
		}
		panic("no row " + sk)
	}
	for name, forge := range map[string]func(rows []ledger.Row) ledger.Row{
		"one subject in another's place": func(rows []ledger.Row) ledger.Row {
			row := find(rows, "subject#0001")
			row.SK = "subject#0000"
			return row
		},
		"an old cursor as who asked": func(rows []ledger.Row) ledger.Row {
			row := find(rows, "cursor")
			row.SK = "identity"
			return row
		},
		"a bit of it": func(rows []ledger.Row) ledger.Row {
			row := find(rows, "identity")
			row.Doc = []byte(strings.Replace(string(row.Doc), string(row.Doc[40]), map[bool]string{true: "B", false: "A"}[row.Doc[40] == 'A'], 1))
			return row
		},
		"in the clear": func(rows []ledger.Row) ledger.Row {
			row := find(rows, "identity")
			row.Doc = []byte(`{"kind":"meta_app_user","fields":{}}`)
			return row
		},
		"of an unknown form": func(rows []ledger.Row) ledger.Row {
			row := find(rows, "identity")
			row.Doc = append([]byte("Ag=="), row.Doc[4:]...) // another first byte
			return row
		},
		"empty": func(rows []ledger.Row) ledger.Row {
			row := find(rows, "identity")
			row.Doc = nil
			return row
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			r := filled(b)
			if err := b.read(b.Ledger, r.ID); err != nil {
				t.Fatal(err)
			}
			b.plant(forge(b.rowsOf(ledger.CaseFile)))
			if err := b.read(b.Ledger, r.ID); fault.KindOf(err) != fault.Permanent {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestABrokenKeyIsAnError(t *testing.T) {
	for _, doc := range []string{`{`, `{}`, `{"key":"AAAA"}`} {
		b := newBench(t)
		r := filled(b)
		row := b.rowsOf(ledger.CaseKeys)[0]
		row.Doc = []byte(doc)
		b.plant(row)
		if err := b.read(b.Ledger, r.ID); fault.KindOf(err) != fault.Permanent {
			t.Errorf("%s: %v", doc, err)
		}
	}
	b := newBench(t)
	b.Random = strings.NewReader("too short")
	if _, err := b.Admit(t.Context(), notice(request.DataDeletion, 0), b.keys); fault.KindOf(err) != fault.Retry || len(b.fake.All()) != 0 {
		t.Errorf("admitted without a key: %v", err)
	}
}

// Two people of one conversation, or one person twice: the row names do not tell.
func TestRowNamesRevealNobody(t *testing.T) {
	b := newBench(t)
	names := map[string]bool{}
	for i := range 2 {
		r := b.admit(notice(request.DataDeletion, time.Duration(i)*time.Hour))
		b.freeze(r, 1)
		b.freeze(r, 1) // the same container is the same row
		rows := 0
		for _, row := range b.rowsOf(ledger.CaseFile) {
			if name, ok := strings.CutPrefix(row.SK, "frozen#0000#conversations#"); ok && row.PK == "request#"+r.ID {
				names[name] = true
				rows++
			}
		}
		if rows != 1 {
			t.Errorf("%d rows of one container", rows)
		}
		b.end(r)
	}
	if len(names) != 2 {
		t.Error("the same container has the same name in two requests")
	}
}

// counting counts reads and commits.
type counting struct {
	*ledgertest.Fake
	keys, commits int
}

func (c *counting) Get(ctx context.Context, key ledger.Key) (ledger.Row, bool, error) {
	if key.Table == ledger.CaseKeys {
		c.keys++
	}
	return c.Fake.Get(ctx, key)
}

func (c *counting) Commit(ctx context.Context, owner string, writes []ledger.Write) error {
	c.commits++
	return c.Fake.Commit(ctx, owner, writes)
}

func TestAnOpenCaseReadsItsKeyOnce(t *testing.T) {
	b := newBench(t)
	rows := &counting{Fake: b.fake}
	b.Rows = rows
	r := filled(b)
	rows.keys = 0
	opened, err := b.OpenCase(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := errors.Join(b.read(opened, r.ID), opened.SaveCursor(t.Context(), r.ID, r.Run, ledger.Cursor{})); err != nil {
			t.Fatal(err)
		}
	}
	if rows.keys != 1 {
		t.Errorf("the key was read %d times", rows.keys)
	}
	n := notice(request.DataDeletion, 0)
	n.Requester, n.Occasion = []string{"other"}, []string{"other"}
	other := b.admit(n)
	if who, err := opened.Identity(t.Context(), other.ID); err != nil || who.Fields["user_id"] != canaryUser || rows.keys != 2 {
		t.Errorf("another request's file with this one's key: %v, %v", who, err)
	}
}

// Whoever opened the case file before it was scrubbed can neither read nor write after.
func TestAStepThatWakesLateFindsNothing(t *testing.T) {
	b := newBench(t)
	r := filled(b)
	opened, err := b.OpenCase(t.Context(), r.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.closing(r)
	write := func(l *ledger.Ledger) error { return l.SaveCursor(t.Context(), r.ID, r.Run, ledger.Cursor{}) }
	if err := write(opened); fault.KindOf(err) != fault.Conflict {
		t.Errorf("written while closing: %v", err)
	}
	if err := b.Scrub(t.Context(), r.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 { // while it is closing, and when it has ended
		for name, l := range map[string]*ledger.Ledger{"that had the key": opened, "that comes now": b.Ledger} {
			_, identity := l.Identity(t.Context(), r.ID)
			if err := write(l); fault.KindOf(err) != fault.Conflict || fault.KindOf(identity) != fault.Conflict {
				t.Errorf("a step %s: write %v, read %v", name, err, identity)
			}
		}
		if rows := append(b.rowsOf(ledger.CaseFile), b.rowsOf(ledger.CaseKeys)...); len(rows) != 0 {
			t.Errorf("%d rows are left", len(rows))
		}
		b.end(r)
	}
}

func TestManyContainersGoInFewCommits(t *testing.T) {
	b := newBench(t)
	rows := &counting{Fake: b.fake}
	b.Rows = rows
	r := b.admit(notice(request.DataDeletion, 0))
	rows.commits = 0
	b.freeze(r, 296)
	if rows.commits != 4 || len(b.rowsOf(ledger.CaseFile)) != 1+298 {
		t.Errorf("%d commits, %d rows", rows.commits, len(b.rowsOf(ledger.CaseFile)))
	}
	rows.commits = 0
	if err := b.Scrub(t.Context(), r.ID); err != nil || rows.commits != 1+3 {
		t.Errorf("scrubbed in %d commits, %v", rows.commits, err)
	}
	if err := b.FreezeAll(t.Context(), b.admit(notice(request.DataDeletion, time.Hour)).ID, 1, nil); fault.KindOf(err) != fault.Permanent {
		t.Errorf("a request without its key: %v", err)
	}
}

func TestFreezingAgainIsTheSame(t *testing.T) {
	for _, f := range []struct {
		name  string
		apply bool
		err   error
	}{{"not applied", false, errLost}, {"applied but reported failed", true, errLost}, {"busy", false, ledger.ErrBusy}, {"conflict", false, ledger.ErrConflict}} {
		for strike := range 3 {
			t.Run(fmt.Sprint(f.name, " ", strike), func(t *testing.T) {
				b := newBench(t)
				r, n := b.admit(notice(request.DataDeletion, 0)), 0
				var found []ledger.Frozen
				for i := range 250 { // each twice, as an index may have it
					found = append(found, ledger.Frozen{Store: "conversations", Fields: map[string]string{"conversation_id": fmt.Sprint(i / 2)}})
				}
				b.fake.Fault = func([]ledger.Write) (bool, error) {
					if n++; n-1 == strike {
						return f.apply, f.err
					}
					return true, nil
				}
				for b.FreezeAll(t.Context(), r.ID, r.Run, found) != nil {
				}
				if rows := len(b.rowsOf(ledger.CaseFile)); rows != 1+125 {
					t.Errorf("%d rows", rows)
				}
			})
		}
	}
}
