package ledger

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

const (
	identityKey = "identity"
	cursorKey   = "cursor"
	casePage    = 100
	scrubPage   = 25
)

// Subject is one business's part of a request: its scope's fields, frozen before
// anything is destroyed, so that a crash can never lose the way to what is left.
type Subject struct {
	Form   string            `json:"form"` // of the identity's target: "lead", "staff"
	Fields map[string]string `json:"fields"`
}

// Frozen is a found item that leads to others, such as a conversation.
type Frozen struct {
	Subject int               `json:"subject"`
	Store   string            `json:"store"`
	Fields  map[string]string `json:"fields"`
}

// Cursor is how far the purge is and what it has deleted. The page that begins after
// After is counted before it is deleted: Counted holds short hashes of its keys, so
// that a purge that was killed within a page deletes the rest of it without counting
// it again.
type Cursor struct {
	Round   int               `json:"round"`
	Plan    string            `json:"plan"`    // hash of the round's work that Unit counts in
	Unit    int               `json:"unit"`    // position in the round's work
	Binding string            `json:"binding"` // frozen container within the unit
	After   map[string]string `json:"after"`   // exclusive start of the page
	Counted []string          `json:"counted"`
	Planned map[string]int    `json:"planned"` // store -> what was counted before anything went
	Erased  map[string]int    `json:"erased"`  // store -> records, or object versions
}

func caseKey(id, sk string) Key { return Key{CaseFile, "request#" + id, sk} }

func (l *Ledger) caseWrite(id, sk string, doc any) (Write, error) {
	src, err := json.Marshal(doc)
	if err != nil {
		return Write{}, fault.As(fault.Permanent, "encode a case row", err)
	}
	expires := l.Now().Add(KeepCaseFile).Unix()
	return Write{Row: Row{Key: caseKey(id, sk), Doc: src, ExpiresAt: expires}, Expect: Any}, nil
}

func (l *Ledger) readCase(ctx context.Context, id, sk string, into any) (bool, error) {
	row, found, err := l.Rows.Get(ctx, caseKey(id, sk))
	if err != nil || !found {
		return false, err
	}
	if err := json.Unmarshal(row.Doc, into); err != nil {
		return false, fault.As(fault.Permanent, "decode a case row", err)
	}
	return true, nil
}

// writeCase writes a row while the run owns the request and its case file is not
// being scrubbed: in one commit, so that a step that wakes late leaves nothing behind.
func (l *Ledger) writeCase(ctx context.Context, id string, run int, sk string, doc any) error {
	write, err := l.caseWrite(id, sk, doc)
	if err != nil {
		return err
	}
	for range tries {
		r, row, err := l.load(ctx, id)
		if err != nil {
			return err
		}
		if r.Run != run || r.Closing || r.State.Terminal() {
			return fault.New(fault.Conflict, "a later run owns the request")
		}
		stands := Write{Row: Row{Key: row.Key}, Expect: row.Version, Check: true}
		if err := l.Rows.Commit(ctx, l.Token(), []Write{stands, write}); !contended(err) {
			return err
		}
	}
	return fault.New(fault.Retry, "write a case row: the request keeps changing")
}

// Identity reads who asked.
func (l *Ledger) Identity(ctx context.Context, id string) (Identity, error) {
	var who Identity
	found, err := l.readCase(ctx, id, identityKey, &who)
	if err == nil && !found {
		err = fault.New(fault.Permanent, "an open request has no case file")
	}
	return who, err
}

// FreezeSubjects writes the subjects down. Run before the request is said to match.
func (l *Ledger) FreezeSubjects(ctx context.Context, id string, run int, subjects []Subject) error {
	for i, s := range subjects {
		if err := l.writeCase(ctx, id, run, fmt.Sprintf("subject#%04d", i), s); err != nil {
			return err
		}
	}
	return nil
}

// Subjects reads them back, in order.
func (l *Ledger) Subjects(ctx context.Context, id string) ([]Subject, error) {
	var subjects []Subject
	err := eachCase(ctx, l, id, "subject#", func(s Subject, _ string) error {
		subjects = append(subjects, s)
		return nil
	})
	return subjects, err
}

// Freeze writes one found container down; key names it within its store.
func (l *Ledger) Freeze(ctx context.Context, id string, run int, key string, f Frozen) error {
	return l.writeCase(ctx, id, run, frozenPrefix(f.Subject, f.Store)+key, f)
}

func frozenPrefix(subject int, store string) string {
	return fmt.Sprintf("frozen#%04d#%s#", subject, store)
}

// EachFrozen calls visit for every frozen container of a subject and a store.
func (l *Ledger) EachFrozen(ctx context.Context, id string, subject int, store string, visit func(f Frozen, key string) error) error {
	prefix := frozenPrefix(subject, store)
	return eachCase(ctx, l, id, prefix, func(f Frozen, sk string) error { return visit(f, sk[len(prefix):]) })
}

func eachCase[T any](ctx context.Context, l *Ledger, id, prefix string, visit func(T, string) error) error {
	after := ""
	for {
		rows, err := l.Rows.Query(ctx, CaseFile, caseKey(id, "").PK, prefix, after, casePage)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			var doc T
			if err := json.Unmarshal(row.Doc, &doc); err != nil {
				return fault.As(fault.Permanent, "decode a case row", err)
			}
			if err := visit(doc, row.SK); err != nil {
				return err
			}
		}
		after = rows[len(rows)-1].SK
	}
}

// Cursor reads how far the purge is; a purge that never ran has the zero cursor.
func (l *Ledger) Cursor(ctx context.Context, id string) (Cursor, error) {
	var c Cursor
	_, err := l.readCase(ctx, id, cursorKey, &c)
	if c.Erased == nil {
		c.Erased = map[string]int{}
	}
	return c, err
}

// SaveCursor writes the cursor, if run still owns the request.
func (l *Ledger) SaveCursor(ctx context.Context, id string, run int, c Cursor) error {
	return l.writeCase(ctx, id, run, cursorKey, c)
}

// Scrub deletes the whole case file. Again is as good as once.
func (l *Ledger) Scrub(ctx context.Context, id string) error {
	for {
		rows, err := l.Rows.Query(ctx, CaseFile, caseKey(id, "").PK, "", "", scrubPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		writes := make([]Write, len(rows))
		for i, row := range rows {
			writes[i] = Write{Row: Row{Key: row.Key}, Expect: Any, Delete: true}
		}
		if err := l.Rows.Commit(ctx, l.Token(), writes); err != nil {
			return err
		}
	}
}
