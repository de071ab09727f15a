package ledger

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Table is one of the three tables that a request lives in.
type Table int

const (
	Records  Table = iota // the durable record: no personal data
	CaseFile              // what an open request must know of the person, sealed; scrubbed
	CaseKeys              // the key of each case file; without it the file is noise
)

// Key names a row.
type Key struct {
	Table  Table
	PK, SK string
}

// Row is a document under a key: JSON, or text that is sealed. Version counts its writes
// from 1.
type Row struct {
	Key
	Version   int64
	Owner     string // token of the commit that wrote it
	Doc       []byte
	Open      string // partition of the sweep's sparse index; "" leaves it
	CheckAt   string // sort key there, RFC 3339 UTC
	ExpiresAt int64  // Unix seconds; 0 never
}

// Any lets a write go through whatever the row's version is.
const Any int64 = -1

// MaxWrites is the most that a commit may hold.
const MaxWrites = 100

// Write is one change of a commit. Expect is the version that the row must have:
// 0 for a row that must not exist yet, Any for no condition. A check writes nothing:
// the commit only demands the version.
type Write struct {
	Row    Row
	Expect int64
	Delete bool
	Check  bool
}

// Rows is what the ledger needs of a database.
//
// Get and Query read consistently. Query returns rows of one partition in the order
// of SK, those that begin with prefix and come after the given SK. Commit applies
// all writes or none; a condition that fails is ErrConflict. A commit whose outcome
// was lost is resolved by the owner token before it is reported. Due returns IDs
// from an index that may lag: hints, to be confirmed by Get.
type Rows interface {
	Get(ctx context.Context, key Key) (Row, bool, error)
	Query(ctx context.Context, table Table, pk, prefix, after string, limit int) ([]Row, error)
	Commit(ctx context.Context, owner string, writes []Write) error
	Due(ctx context.Context, open, before string, limit int) ([]string, error)
}

// ErrConflict says that a row was not what the commit expected; ErrBusy, that another
// transaction held it at that moment. Neither applied anything.
var (
	ErrConflict = fault.New(fault.Conflict, "the row was changed by somebody else")
	ErrBusy     = fault.New(fault.Retry, "the row is part of another transaction")
)

func contended(err error) bool { return err == ErrConflict || err == ErrBusy }
