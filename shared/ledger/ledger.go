// Package ledger is the durable record of deletion requests.
//
// A request lives in three tables: the record and its history (states, dates, counts,
// fingerprints: nothing that names the person) and, while it is open, its case file (who
// asked, whose data it is, how far the purge is), which is sealed under a key of its own
// in a table of its own. When the request closes, the key goes, and then the file. Who
// gets letters stands in a second file under a second key, the correspondence, which
// lives until the last letter has arrived.
// The record's row is also the outbox: a request whose StartedRun is behind its Run
// still has to be started, and the sweep finds it in a sparse index.
package ledger

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// How long things stay after the request was received: all rows of one request in a
// table end at the same moment. The map (shared/datamap) states the same ages; a test
// compares them.
const (
	KeepRecord   = 400 * 24 * time.Hour // record, events and pointers
	KeepCaseFile = 60 * 24 * time.Hour  // case file and its key; a safety net: scrubbing comes long before
	firstCheck   = time.Minute
	tries        = 8 // optimistic retries before the caller is told to come again
)

// Ledger is the record over its rows. Now, Token and Random are parameters for tests.
type Ledger struct {
	Rows   Rows
	Now    func() time.Time
	Token  func() string // 32 random hexadecimal digits
	Random io.Reader     // of the keys of case files; nil: crypto/rand

	held *caseFile // see OpenCase
}

// New makes a ledger on the real clock and real randomness.
func New(rows Rows) *Ledger { return &Ledger{Rows: rows, Now: time.Now, Token: RandomID} }

// RandomID is 128 random bits in hexadecimal.
func RandomID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b[:])
}

// Claimed is the kind of an identity that is no key, but what somebody says of
// themselves: it stands in the request's facts (shared/claim).
const Claimed = "claim"

// Identity is who asked, as the intake verified it.
type Identity struct {
	Kind   string            `json:"kind"`   // an identity of the data map
	Fields map[string]string `json:"fields"` // its template fields; empty names nobody
}

// Notice is a verified message that asks for a deletion.
type Notice struct {
	Intake   string
	Asked    request.Asked
	Identity Identity
	// Requester identifies who asks across notices; nil when it names nobody.
	// Occasion identifies this very notice. Both are inputs of keyed fingerprints.
	Requester, Occasion []string

	// What an intake by mail adds: how the request begins if it does not go off at once,
	// what the mail said, and whom letters go to. All of it stands with the admission.
	Begin     func(r *request.Request) error
	Facts     any
	Mailboxes []Mailbox
}

// Keys are the versioned secrets of an admission.
type Keys struct{ Code, Fingerprint secrets.Versioned }

type pointer struct {
	RequestID string `json:"request_id"`
}

func recordKey(id string) Key { return Key{Records, "request#" + id, "request"} }

const eventPrefix = "event#"

func eventKey(id string, seq int) Key {
	return Key{Records, recordKey(id).PK, fmt.Sprintf("%s%06d", eventPrefix, seq)}
}

func pointerKey(kind, print string) Key { return Key{Records, kind + "#" + print, "pointer"} }

func fingerprint(keys secrets.Versioned, version, purpose string, parts []string) string {
	key, _ := keys.Key(version)
	return version + "." + hex.EncodeToString(secrets.MAC(key, append([]string{purpose}, parts...)...))
}

// Admit makes a request of a notice, once. The same notice, or another one of a
// requester whose request is open, comes back as the request that exists; a later
// cutoff or a heavier kind is taken into it. When Admit returns without an error,
// the request, its outbox entry and its case file are durable.
func (l *Ledger) Admit(ctx context.Context, n Notice, keys Keys) (request.Request, error) {
	id := l.Token()
	for range tries {
		r, err := l.admitOnce(ctx, id, n, keys)
		if !contended(err) {
			return r, err
		}
	}
	return request.Request{}, fault.New(fault.Retry, "admit a request: the requester's rows keep changing")
}

func (l *Ledger) admitOnce(ctx context.Context, id string, n Notice, keys Keys) (request.Request, error) {
	to, err := l.pointed(ctx, "notice", n.Occasion, keys.Fingerprint)
	if err != nil {
		return request.Request{}, err
	}
	if to.found {
		return l.repeat(ctx, to, n)
	}
	if n.Requester == nil {
		return l.create(ctx, id, n, keys, target{})
	}
	to, err = l.pointed(ctx, "open", n.Requester, keys.Fingerprint)
	if err != nil {
		return request.Request{}, err
	}
	if to.found && joins(to.request, n) {
		return l.join(ctx, to, n, keys)
	}
	return l.create(ctx, id, n, keys, to)
}

// joins says whether an open request can still take a notice in. One whose case file
// is being scrubbed cannot take a later cutoff: that is a new request.
func joins(r request.Request, n Notice) bool {
	return !r.State.Terminal() && !(r.Closing && n.Asked.Cutoff.After(r.Cutoff))
}

// target is where the pointer rows of a notice or of a requester lead.
type target struct {
	found   bool
	request request.Request
	row     Row   // the request's
	place   int64 // version of the pointer under the current secret; 0: there is none
}

// pointed follows a pointer of the requester or the notice, made with any version
// of the fingerprint secret.
func (l *Ledger) pointed(ctx context.Context, kind string, parts []string, keys secrets.Versioned) (target, error) {
	var to target
	for _, version := range keys.Versions() {
		at, found, err := l.Rows.Get(ctx, pointerKey(kind, fingerprint(keys, version, kind, parts)))
		if err != nil {
			return target{}, err
		}
		if version == keys.Current() {
			to.place = at.Version
		}
		if !found {
			continue
		}
		to.request, to.row, err = l.behind(ctx, at)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			continue
		}
		to.found = err == nil
		return to, err
	}
	return to, nil
}

func (l *Ledger) follow(ctx context.Context, key Key) (request.Request, Row, error) {
	row, found, err := l.Rows.Get(ctx, key)
	if err != nil {
		return request.Request{}, Row{}, err
	}
	if !found {
		return request.Request{}, Row{}, errNoRequest
	}
	return l.behind(ctx, row)
}

// behind reads the request that a pointer row names.
func (l *Ledger) behind(ctx context.Context, at Row) (request.Request, Row, error) {
	var p pointer
	if err := json.Unmarshal(at.Doc, &p); err != nil {
		return request.Request{}, Row{}, fault.As(fault.Permanent, "decode a pointer row", err)
	}
	return l.load(ctx, p.RequestID)
}

// repeat answers a notice that was admitted before. Its cutoff is the one that it had
// then; only a heavier kind is new: the two callbacks of one removal can carry the
// same second.
func (l *Ledger) repeat(ctx context.Context, to target, n Notice) (request.Request, error) {
	r := to.request
	if r.State.Terminal() || !r.Raise(request.Asked{Kind: n.Asked.Kind, Cutoff: r.Cutoff}) {
		return r, nil
	}
	r, writes, err := l.recordWrites(&to.request, r, to.row.Version)
	if err != nil {
		return r, err
	}
	return r, l.Rows.Commit(ctx, l.Token(), writes)
}

// join takes a further notice into an open request. One that changes nothing of it
// leaves its own pointer and no event.
func (l *Ledger) join(ctx context.Context, to target, n Notice, keys Keys) (request.Request, error) {
	r := to.request
	writes := []Write{l.pointTo(r, "notice", n.Occasion, keys)}
	if r.Raise(n.Asked) {
		raised, record, err := l.recordWrites(&to.request, r, to.row.Version)
		if err != nil {
			return r, err
		}
		r, writes = raised, append(writes, record...)
	}
	return r, l.Rows.Commit(ctx, l.Token(), writes)
}

// create writes record, outbox, first event, pointers, case file and the key of that in
// one transaction. before is
// the requester's request that is just closing, if there is one: the new one takes
// its place.
func (l *Ledger) create(ctx context.Context, id string, n Notice, keys Keys, before target) (request.Request, error) {
	r := request.New(id, n.Intake, keys.Code.Current(), n.Asked)
	r.CheckAt = n.Asked.ReceivedAt.Add(firstCheck)
	if n.Requester != nil {
		r.OpenKey = fingerprint(keys.Fingerprint, keys.Fingerprint.Current(), "open", n.Requester)
	}
	if n.Begin != nil {
		if err := n.Begin(&r); err != nil {
			return r, err
		}
	}
	r.Mailbox = len(n.Mailboxes) > 0
	r, writes, err := l.recordWrites(nil, r, 0)
	if err != nil {
		return r, err
	}
	file, err := l.files(r, n)
	if err != nil {
		return r, err
	}
	codeKey, _ := keys.Code.Key(r.CodeVersion)
	writes = append(append(writes, file...), l.pointTo(r, "notice", n.Occasion, keys),
		pointTo(r, pointerKey("code", confirmation.New(codeKey, id).Hash())))
	return r, l.Rows.Commit(ctx, l.Token(), append(writes, l.take(r, before)...))
}

// files are the sealed files that a request begins with.
func (l *Ledger) files(r request.Request, n Notice) ([]Write, error) {
	writes, err := l.newCase(r, n)
	if err != nil || len(n.Mailboxes) == 0 {
		return writes, err
	}
	mail, err := l.newCorrespondence(r, 0, n.Mailboxes)
	return append(writes, mail...), err
}

// take puts a request in the place of one that is closing, but of no other: the
// pointer must be as it was when that one was seen. The closing one is written again
// as it is, since a pointer that was deleted and made anew has the same version.
func (l *Ledger) take(r request.Request, before target) []Write {
	if r.OpenKey == "" {
		return nil
	}
	place := pointTo(r, pointerKey("open", r.OpenKey))
	place.Expect = before.place
	if !before.found {
		return []Write{place}
	}
	return []Write{place, {Row: before.row, Expect: before.row.Version}}
}

func (l *Ledger) pointTo(r request.Request, kind string, parts []string, keys Keys) Write {
	return pointTo(r, pointerKey(kind, fingerprint(keys.Fingerprint, keys.Fingerprint.Current(), kind, parts)))
}

func pointTo(r request.Request, key Key) Write {
	doc, _ := json.Marshal(pointer{RequestID: r.ID})
	return Write{Row: Row{Key: key, Doc: doc, ExpiresAt: expiry(r, KeepRecord)}}
}

// expiry counts from the receipt, whenever a row is written.
func expiry(r request.Request, keep time.Duration) int64 { return r.ReceivedAt.Add(keep).Unix() }

// Code is the confirmation code of a request, made again rather than stored.
func Code(r request.Request, keys secrets.Versioned) (confirmation.Code, error) {
	key, ok := keys.Key(r.CodeVersion)
	if !ok {
		return "", fault.New(fault.Permanent, "the code secret lacks the version that a request was made with")
	}
	return confirmation.New(key, r.ID), nil
}

var errNoRequest = fault.New(fault.NotFound, "no such request")

// Get reads a request, consistently.
func (l *Ledger) Get(ctx context.Context, id string) (request.Request, error) {
	r, _, err := l.load(ctx, id)
	return r, err
}

// ByCode finds the request that a confirmation code stands for.
func (l *Ledger) ByCode(ctx context.Context, code confirmation.Code) (request.Request, error) {
	r, _, err := l.follow(ctx, pointerKey("code", code.Hash()))
	return r, err
}

func (l *Ledger) load(ctx context.Context, id string) (request.Request, Row, error) {
	row, found, err := l.Rows.Get(ctx, recordKey(id))
	if err != nil {
		return request.Request{}, Row{}, err
	}
	if !found {
		return request.Request{}, Row{}, errNoRequest
	}
	r, err := decode(row)
	return r, row, err
}

func decode(row Row) (r request.Request, err error) {
	if err := json.Unmarshal(row.Doc, &r); err != nil {
		return request.Request{}, fault.As(fault.Permanent, "decode a request", err)
	}
	return r, nil
}

// recordWrites are the record and, if anything changed that is chained, the event of it.
// The request comes back as the record has it. before is nil for a new one.
func (l *Ledger) recordWrites(before *request.Request, r request.Request, expect int64) (request.Request, []Write, error) {
	var writes []Write
	event, r, ok := chain.Next(before, r, l.Now())
	if ok {
		writes = append(writes, Write{Row: Row{Key: eventKey(r.ID, event.Seq), Doc: event.Encode(), ExpiresAt: expiry(r, KeepRecord)}})
	}
	doc, err := json.Marshal(r)
	if err != nil {
		return r, nil, fault.As(fault.Permanent, "encode a request", err)
	}
	row := Row{Key: recordKey(r.ID), Doc: doc, ExpiresAt: expiry(r, KeepRecord)}
	if r.Open() {
		row.Open, row.CheckAt = open, stamp(r.CheckAt)
	}
	return r, append(writes, Write{Row: row, Expect: expect}), nil
}

const open = "open"

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Update changes a request under optimistic concurrency: change may run several
// times. run is the execution that must own the request; 0 for none in particular.
// Reaching a terminal state also frees the requester for a new request, in the same
// commit.
func (l *Ledger) Update(ctx context.Context, id string, run int, change func(*request.Request) error) (request.Request, error) {
	return l.updateWith(ctx, id, run, func(r *request.Request) ([]Write, error) { return nil, change(r) })
}

// updateWith writes what the change gives in the commit of the record.
func (l *Ledger) updateWith(ctx context.Context, id string, run int, change func(*request.Request) ([]Write, error)) (request.Request, error) {
	for range tries {
		r, row, err := l.load(ctx, id)
		if err != nil {
			return r, err
		}
		if run != 0 && r.Run != run {
			return r, fault.New(fault.Conflict, "a later run owns the request")
		}
		with, err := change(&r)
		if err != nil {
			return r, err
		}
		r, err = l.save(ctx, r, row, with)
		if !contended(err) {
			return r, err
		}
	}
	return request.Request{}, fault.New(fault.Retry, "update a request: it keeps changing")
}

// save writes a request that was changed. What it was before is read from its row once
// more: a change may have reached into its maps.
func (l *Ledger) save(ctx context.Context, r request.Request, row Row, writes []Write) (request.Request, error) {
	before, err := decode(row)
	if err != nil {
		return r, err
	}
	if r.State.Terminal() && r.OpenKey != "" {
		free, err := l.free(ctx, r)
		if err != nil {
			return r, err
		}
		writes, r.OpenKey = append(writes, free...), ""
	}
	r, record, err := l.recordWrites(&before, r, row.Version)
	if err != nil {
		return r, err
	}
	if len(writes) == 0 && string(record[len(record)-1].Row.Doc) == string(row.Doc) {
		return r, nil // nothing changed: nothing to write
	}
	return r, l.Rows.Commit(ctx, l.Token(), append(writes, record...))
}

// free takes the requester's pointer away, unless it already leads to a newer request.
func (l *Ledger) free(ctx context.Context, r request.Request) ([]Write, error) {
	key := pointerKey("open", r.OpenKey)
	row, found, err := l.Rows.Get(ctx, key)
	if err != nil || !found {
		return nil, err
	}
	var p pointer
	if err := json.Unmarshal(row.Doc, &p); err != nil {
		return nil, fault.As(fault.Permanent, "decode a pointer row", err)
	}
	if p.RequestID != r.ID {
		return nil, nil
	}
	return []Write{{Row: Row{Key: key}, Expect: row.Version, Delete: true}}, nil
}

// Events reads the history of a request, oldest first. What it says is not verified:
// chain.Verify does that, against the record.
func (l *Ledger) Events(ctx context.Context, id string) ([]chain.Event, error) {
	var events []chain.Event
	err := l.each(ctx, Records, recordKey(id).PK, eventPrefix, func(row Row) error {
		e, err := chain.Decode(row.Doc)
		events = append(events, e)
		return err
	})
	return events, err
}

// Due lists open requests that the sweep should look at, earliest first. Hints.
func (l *Ledger) Due(ctx context.Context, now time.Time, limit int) ([]string, error) {
	pks, err := l.Rows.Due(ctx, open, stamp(now), limit)
	for i, pk := range pks {
		pks[i] = pk[len("request#"):]
	}
	return pks, err
}
