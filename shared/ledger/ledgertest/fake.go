// Package ledgertest holds what tests of the ledger and of its users share: rows in
// memory that keep the contract and can be made to fail, and the contract itself,
// which runs on them and on DynamoDB.
package ledgertest

import (
	"context"
	"sort"
	"strings"
	"sync"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
)

// Fault decides the fate of a commit: whether it is applied, and what is returned.
type Fault func(writes []ledger.Write) (apply bool, err error)

// Fake is ledger.Rows in memory.
type Fake struct {
	Fault Fault // nil: every commit is applied

	mu   sync.Mutex
	rows map[ledger.Key]ledger.Row
}

// NewFake returns empty rows.
func NewFake() *Fake { return &Fake{rows: map[ledger.Key]ledger.Row{}} }

// All copies every row, for tests that look for what must not be there.
func (f *Fake) All() []ledger.Row {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]ledger.Row, 0, len(f.rows))
	for _, row := range f.rows {
		out = append(out, row)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PK+out[i].SK < out[j].PK+out[j].SK })
	return out
}

func (f *Fake) Get(_ context.Context, key ledger.Key) (ledger.Row, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	row, found := f.rows[key]
	return row, found, nil
}

func (f *Fake) Query(_ context.Context, table ledger.Table, pk, prefix, after string, limit int) ([]ledger.Row, error) {
	var out []ledger.Row
	for _, row := range f.All() {
		if row.Table == table && row.PK == pk && strings.HasPrefix(row.SK, prefix) && row.SK > after && len(out) < limit {
			out = append(out, row)
		}
	}
	return out, nil
}

func (f *Fake) Due(_ context.Context, open, before string, limit int) ([]string, error) {
	rows := f.All()
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].CheckAt < rows[j].CheckAt })
	var out []string
	for _, row := range rows {
		if row.Table == ledger.Records && row.Open == open && row.CheckAt <= before && len(out) < limit {
			out = append(out, row.PK)
		}
	}
	return out, nil
}

func (f *Fake) Commit(_ context.Context, owner string, writes []ledger.Write) error {
	apply, failure := true, error(nil)
	if f.Fault != nil {
		apply, failure = f.Fault(writes)
	}
	if !apply {
		return failure
	}
	if err := f.apply(owner, writes); err != nil {
		return err
	}
	return failure
}

func (f *Fake) apply(owner string, writes []ledger.Write) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := wellFormed(writes); err != nil {
		return err
	}
	for _, w := range writes {
		if w.Expect == ledger.Any || f.rows[w.Row.Key].Version == w.Expect {
			continue
		}
		if f.ours(owner, writes) {
			return nil
		}
		return ledger.ErrConflict
	}
	for _, w := range writes {
		f.write(owner, w)
	}
	return nil
}

func (f *Fake) write(owner string, w ledger.Write) {
	if w.Check {
		return
	}
	if w.Delete {
		delete(f.rows, w.Row.Key)
		return
	}
	row := w.Row
	row.Owner, row.Version = owner, max(w.Expect, 0)+1
	f.rows[row.Key] = row
}

// ours says that the commit of this token was applied before. Checks leave no trace.
func (f *Fake) ours(owner string, writes []ledger.Write) bool {
	stands := false
	for _, w := range writes {
		if w.Check {
			continue
		}
		row, found := f.rows[w.Row.Key]
		if found == w.Delete || found && row.Owner != owner {
			return false
		}
		stands = true
	}
	return stands
}

// wellFormed refuses what DynamoDB refuses.
func wellFormed(writes []ledger.Write) error {
	keys := map[ledger.Key]bool{}
	for _, w := range writes {
		if keys[w.Row.Key] {
			return fault.New(fault.Retry, "a transaction holds a row twice")
		}
		keys[w.Row.Key] = true
	}
	if len(writes) == 0 || len(writes) > ledger.MaxWrites {
		return fault.New(fault.Retry, "a transaction holds no rows or too many")
	}
	return nil
}
