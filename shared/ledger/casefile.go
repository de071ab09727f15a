package ledger

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const (
	identityKey = "identity"
	factsKey    = "facts"
	cursorKey   = "cursor"
	keyKey      = "key"
	pageRows    = 100
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
	Fields  map[string]string `json:"fields"` // what others are found by; names it
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

func caseRowKey(id, sk string) Key { return Key{CaseFile, "request#" + id, sk} }

func caseKeyKey(id string) Key { return Key{CaseKeys, "request#" + id, keyKey} }

// caseRow is a row before it is sealed.
type caseRow struct {
	sk  string
	doc any
}

func (c *caseFile) write(r request.Request, row caseRow) (Write, error) {
	src, err := json.Marshal(row.doc)
	if err != nil {
		return Write{}, fault.As(fault.Permanent, "encode a case row", err)
	}
	return Write{Row: Row{Key: caseRowKey(r.ID, row.sk), Doc: c.seal(row.sk, src), ExpiresAt: expiry(r, KeepCaseFile)}, Expect: Any}, nil
}

// newCase begins a case file: its key, who asked, and what was said.
func (l *Ledger) newCase(r request.Request, n Notice) ([]Write, error) {
	rows := []caseRow{{identityKey, n.Identity}}
	if n.Facts != nil {
		rows = append(rows, caseRow{factsKey, n.Facts})
	}
	_, writes, err := l.newFile(r, caseKeyKey(r.ID), rows)
	return writes, err
}

// newFile begins a sealed file: its key, and its first rows.
func (l *Ledger) newFile(r request.Request, at Key, rows []caseRow) (*caseFile, []Write, error) {
	key, err := l.newKey()
	if err != nil {
		return nil, nil, err
	}
	file, err := fileUnder(key, r.ID)
	if err != nil {
		return nil, nil, err
	}
	doc, err := json.Marshal(caseKey{key})
	if err != nil {
		return nil, nil, fault.As(fault.Permanent, "encode the key of a case file", err)
	}
	writes := []Write{{Row: Row{Key: at, Doc: doc, ExpiresAt: expiry(r, KeepCaseFile)}}}
	for _, row := range rows {
		write, err := file.write(r, row)
		if err != nil {
			return nil, nil, err
		}
		writes = append(writes, write)
	}
	return file, writes, nil
}

// OpenCase is the ledger with a request's case file open: the key is read once, and kept
// by what is returned. A step opens the file at the start of an invocation and drops it
// at the end of it. Without OpenCase every call reads the key for itself.
func (l *Ledger) OpenCase(ctx context.Context, id string) (*Ledger, error) {
	file, err := l.file(ctx, id)
	if err != nil {
		return nil, err
	}
	open := *l
	open.held = file
	return &open, nil
}

func (l *Ledger) file(ctx context.Context, id string) (*caseFile, error) {
	if l.held != nil && l.held.id == id {
		return l.held, nil
	}
	row, found, err := l.Rows.Get(ctx, caseKeyKey(id))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, l.noFile(ctx, id)
	}
	var key caseKey
	if err := json.Unmarshal(row.Doc, &key); err != nil {
		return nil, fault.As(fault.Permanent, "decode the key of a case file", err)
	}
	return fileUnder(key.Key, id)
}

// noFile says why a request has no key: it is over, for whoever comes late, or
// something is wrong.
func (l *Ledger) noFile(ctx context.Context, id string) error {
	r, _, err := l.load(ctx, id)
	if err != nil {
		return err
	}
	if r.Closing || r.State.Terminal() {
		return fault.New(fault.Conflict, "the request is over, and its case file is gone")
	}
	return fault.New(fault.Permanent, "an open request has no case file")
}

func (c *caseFile) read(row Row, into any) error {
	src, err := c.open(row.SK, row.Doc)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(src, into); err != nil {
		return fault.As(fault.Permanent, "decode a case row", err)
	}
	return nil
}

func (l *Ledger) readCase(ctx context.Context, id, sk string, into any) (bool, error) {
	file, err := l.file(ctx, id)
	if err != nil {
		return false, err
	}
	row, found, err := l.Rows.Get(ctx, caseRowKey(id, sk))
	if err != nil || !found {
		return false, err
	}
	return true, file.read(row, into)
}

// writeCase writes rows while the run owns the request and its case file is not being
// scrubbed: in one commit, so that a step that wakes late leaves nothing behind. Whoever
// still holds the key then cannot write either: scrubbing begins after the record says
// that the request is closing, and this demands the record as it was before.
func (l *Ledger) writeCase(ctx context.Context, id string, run int, rows ...caseRow) error {
	file, err := l.file(ctx, id)
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
		writes := []Write{{Row: Row{Key: row.Key}, Expect: row.Version, Check: true}}
		for _, row := range rows {
			write, err := file.write(r, row)
			if err != nil {
				return err
			}
			writes = append(writes, write)
		}
		if err := l.Rows.Commit(ctx, l.Token(), writes); !contended(err) {
			return err
		}
	}
	return fault.New(fault.Retry, "write a case row: the request keeps changing")
}

// writeAll is writeCase for any number of rows, as many in a commit as it can hold. Dying
// between two commits leaves the first rows, and again is as good as once.
func (l *Ledger) writeAll(ctx context.Context, id string, run int, rows []caseRow) error {
	for page := range slices.Chunk(rows, MaxWrites-1) {
		if err := l.writeCase(ctx, id, run, page...); err != nil {
			return err
		}
	}
	return nil
}

// Identity reads who asked.
func (l *Ledger) Identity(ctx context.Context, id string) (Identity, error) {
	var who Identity
	found, err := l.readCase(ctx, id, identityKey, &who)
	if err == nil && !found {
		err = l.noFile(ctx, id)
	}
	return who, err
}

// Facts reads what the requester said; false if nothing is written down.
func (l *Ledger) Facts(ctx context.Context, id string, into any) (bool, error) {
	return l.readCase(ctx, id, factsKey, into)
}

// Learn changes a request together with what its requester said, whoever runs it. It
// is a conflict once the case file is being scrubbed.
func (l *Ledger) Learn(ctx context.Context, id string, facts any, change func(*request.Request) error) (request.Request, error) {
	file, err := l.file(ctx, id)
	if err != nil {
		return request.Request{}, err
	}
	return l.updateWith(ctx, id, 0, func(r *request.Request) ([]Write, error) {
		if r.Closing || r.State.Terminal() {
			return nil, fault.New(fault.Conflict, "the request is over, and its case file is gone")
		}
		if err := change(r); err != nil {
			return nil, err
		}
		write, err := file.write(*r, caseRow{factsKey, facts})
		return []Write{write}, err
	})
}

// FreezeSubjects writes the subjects down. Run before the request is said to match.
func (l *Ledger) FreezeSubjects(ctx context.Context, id string, run int, subjects []Subject) error {
	rows := make([]caseRow, len(subjects))
	for i, s := range subjects {
		rows[i] = caseRow{fmt.Sprintf("subject#%04d", i), s}
	}
	return l.writeAll(ctx, id, run, rows)
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

// FreezeAll writes found containers down, many in a commit. The same container again, by
// subject, store and key, is the same row.
func (l *Ledger) FreezeAll(ctx context.Context, id string, run int, found []Frozen) error {
	file, err := l.file(ctx, id)
	if err != nil {
		return err
	}
	var rows []caseRow
	seen := map[string]bool{} // a commit holds a row once
	for _, f := range found {
		row := caseRow{frozenPrefix(f.Subject, f.Store) + file.name(nameOf(f)), f}
		if !seen[row.sk] {
			rows = append(rows, row)
		}
		seen[row.sk] = true
	}
	return l.writeAll(ctx, id, run, rows)
}

// nameOf is what tells a container from every other of its request.
func nameOf(f Frozen) string {
	src, _ := json.Marshal([]any{f.Subject, f.Store, f.Fields}) // always encodes, in the order of the keys
	return string(src)
}

func frozenPrefix(subject int, store string) string {
	return fmt.Sprintf("frozen#%04d#%s#", subject, store)
}

// EachFrozen calls visit for every frozen container of a subject and a store, always in
// the same order. key is its name in the case file, which reveals nothing of it.
func (l *Ledger) EachFrozen(ctx context.Context, id string, subject int, store string, visit func(f Frozen, key string) error) error {
	prefix := frozenPrefix(subject, store)
	return eachCase(ctx, l, id, prefix, func(f Frozen, sk string) error { return visit(f, sk[len(prefix):]) })
}

func eachCase[T any](ctx context.Context, l *Ledger, id, prefix string, visit func(T, string) error) error {
	file, err := l.file(ctx, id)
	if err != nil {
		return err
	}
	return l.each(ctx, CaseFile, caseRowKey(id, "").PK, prefix, func(row Row) error {
		var doc T
		if err := file.read(row, &doc); err != nil {
			return err
		}
		return visit(doc, row.SK)
	})
}

// each visits the rows of a partition whose sort key begins with prefix, page by page.
func (l *Ledger) each(ctx context.Context, table Table, pk, prefix string, visit func(Row) error) error {
	after := ""
	for {
		rows, err := l.Rows.Query(ctx, table, pk, prefix, after, pageRows)
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if err := visit(row); err != nil {
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
	return l.writeCase(ctx, id, run, caseRow{cursorKey, c})
}

// Scrub destroys the case file: first its key, which makes every row and every copy of
// one unreadable at once, then the rows. Again is as good as once. If the process dies in
// between, what is left is noise under names that reveal nobody, and the next run
// removes it.
func (l *Ledger) Scrub(ctx context.Context, id string) error {
	key := Write{Row: Row{Key: caseKeyKey(id)}, Expect: Any, Delete: true}
	if err := l.Rows.Commit(ctx, l.Token(), []Write{key}); err != nil {
		return err
	}
	return l.remove(ctx, id, func(sk string) bool { return !strings.HasPrefix(sk, mailboxPrefix) })
}

// remove deletes the rows of a request's files that are meant.
func (l *Ledger) remove(ctx context.Context, id string, meant func(sk string) bool) error {
	var writes []Write
	err := l.each(ctx, CaseFile, caseRowKey(id, "").PK, "", func(row Row) error {
		if meant(row.SK) {
			writes = append(writes, Write{Row: Row{Key: row.Key}, Expect: Any, Delete: true})
		}
		if len(writes) < MaxWrites {
			return nil
		}
		defer func() { writes = nil }()
		return l.Rows.Commit(ctx, l.Token(), writes)
	})
	if err != nil || len(writes) == 0 {
		return err
	}
	return l.Rows.Commit(ctx, l.Token(), writes)
}
