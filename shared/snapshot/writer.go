package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

// Writer writes snapshots, one unit at a time. It can write objects and read none.
type Writer struct {
	Walker  walk.Walker
	Keyring *keys.Keyring // of this invocation
	Put     func(ctx context.Context, name string, body []byte) error
	Runs    Runs
	Now     func() time.Time
	Random  io.Reader
	Token   func() string // 8 random hex digits
	// Reserve is the time before the deadline at which it stops, so that what it has is
	// written and another invocation goes on.
	Reserve time.Duration
}

// Outcome is what a run came to.
type Outcome struct {
	Done      bool  // nothing is left to do; otherwise the run goes on with the same message
	Completed bool  // it is this run that wrote the manifest
	Records   int   // in the snapshot, if it is completed
	Bytes     int64 // of its frames
}

const (
	mostBatch = 4 << 20 // bytes of records before they are compressed
	// runsFor is how long a run is kept: longer than its messages are taken, so that one
	// which comes again finds that all is done.
	runsFor  = 3 * 24 * time.Hour
	takenFor = 2 * 24 * time.Hour
	early    = time.Hour // how far a clock may be behind that of who asked

	writeStep = "write"
)

// errAhead ends a run whose place was saved by another meanwhile. Its message stays in the
// queue: if it were taken out and the other died, nobody would go on.
var errAhead = fault.New(fault.Conflict, "another run of this snapshot is ahead")

// errTooLate refuses a snapshot of another time: what is copied now is not what was there
// then.
var errTooLate = fault.New(fault.Permanent, "a snapshot of another time was asked for")

// errOutOfTime ends an invocation between two pages.
var errOutOfTime = errors.New("out of time")

// progress is the document of a run. It names keys and nobody.
type progress struct {
	Version int      `json:"v"`
	Key     keys.Ref `json:"key"` // the unit's own, under which the rest is sealed
	Sealed  []byte   `json:"sealed,omitempty"`
	Ended   string   `json:"ended,omitempty"`
}

const (
	completed = "completed"
	dropped   = "dropped" // its unit's key was destroyed
)

// position is where a run is. It names a record, and so is sealed.
type position struct {
	DataMap string      `json:"data_map"` // another one has other units: the run begins anew
	Walk    walk.Cursor `json:"walk"`
	State   State       `json:"state"`
}

// job is the state of one invocation.
type job struct {
	Writer
	unit    Unit
	fields  map[string]string
	dataMap string
	run     Run
	key     keys.Key // the unit's own
	sealer  *Sealer
	at      walk.Cursor // after what is pending
	pending batch
	quoted  map[string]keys.Path
}

// Run writes the snapshot of a unit, or goes on where another invocation stopped. What is
// gone, or about to go, has none.
//
// It is safe to run twice, also at the same time: of those who save their place from the
// same one, one goes on; the other's parts are in no manifest.
func (w Writer) Run(ctx context.Context, unit Unit, asOf time.Time) (Outcome, error) {
	j, err := w.job(unit, asOf)
	if err != nil {
		return Outcome{}, err
	}
	ended, err := j.load(ctx)
	if err == nil && !ended {
		err = j.write(ctx)
	}
	switch {
	case errors.Is(err, keys.ErrDestroyed):
		return Outcome{Done: true}, j.drop(ctx)
	case errors.Is(err, errOutOfTime):
		return Outcome{}, nil
	case err != nil:
		return Outcome{}, err
	case ended:
		return Outcome{Done: true}, nil
	}
	return j.outcome(), nil
}

func (w Writer) job(unit Unit, asOf time.Time) (*job, error) {
	path, err := unit.Path()
	if err != nil {
		return nil, err
	}
	asOf = asOf.UTC().Truncate(time.Second)
	if age := w.Now().Sub(asOf); age > takenFor || age < -early {
		return nil, errTooLate
	}
	hash, err := MapHash(w.Walker.Map)
	if err != nil {
		return nil, err
	}
	j := &job{Writer: w, unit: unit, fields: map[string]string{"tenant_id": unit.Tenant}, dataMap: hash, quoted: map[string]keys.Path{},
		run: Run{Name: "snapshot/" + path + Stamp(asOf), Step: writeStep}}
	if unit.Channel != "" {
		j.fields["channel_id"] = unit.Channel
	}
	j.sealer = &Sealer{Unit: unit, AsOf: asOf, Token: w.Token(), Put: w.Put, Random: w.Random}
	return j, nil
}

// MapHash tells data maps apart.
func MapHash(m *datamap.Map) (string, error) {
	src, err := json.Marshal(m)
	if err != nil {
		return "", fault.As(fault.Permanent, "encode the data map", err)
	}
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:]), nil
}

// load finds the run or begins it; ended says that there is nothing to do.
func (j *job) load(ctx context.Context) (ended bool, err error) {
	run, found, err := j.Runs.Load(ctx, j.run.Name, j.run.Step)
	if err != nil {
		return false, err
	}
	if !found {
		return j.begin(ctx)
	}
	j.run = run
	var p progress
	if err := json.Unmarshal(run.Doc, &p); err != nil || p.Version != Format {
		return false, fault.New(fault.Permanent, "the run of a snapshot has a document that cannot be read")
	}
	if p.Ended != "" {
		return true, nil
	}
	if j.key, err = j.Keyring.ForOpening(ctx, p.Key); err != nil {
		return false, err
	}
	return false, j.goOn(p)
}

// begin saves the key first of all: a run that comes after its destruction then knows that
// the unit is gone, and does not begin a new one.
func (j *job) begin(ctx context.Context) (ended bool, err error) {
	scope, row, err := j.own(ctx)
	if err != nil || row == nil {
		return err == nil, err
	}
	path, err := keys.PathOf(j.Walker.Map, scope, j.fields)
	if err != nil {
		return false, err
	}
	if j.key, err = j.Keyring.ForSealing(ctx, path); err != nil {
		return false, err
	}
	return false, j.save(ctx, progress{})
}

// own is the unit's own row; nil if it is gone, or hidden since it is about to go.
func (j *job) own(ctx context.Context) (datamap.Scope, livedata.Item, error) {
	m := j.Walker.Map
	at := slices.IndexFunc(m.Scopes, func(s datamap.Scope) bool { return sameFields(s.Key, j.fields) })
	if at < 0 || len(m.Locators(m.Scopes[at])) == 0 {
		return datamap.Scope{}, nil, fault.New(fault.Permanent, "the data map has no scope for what is copied")
	}
	u := m.Locators(m.Scopes[at])[0]
	key, err := u.Finder.Keys(j.fields)
	if err != nil {
		return u.Scope, nil, fault.As(fault.Permanent, "find the row of what is copied", err)
	}
	row, err := j.Walker.Records.Get(ctx, u.Store, key)
	if err != nil || len(row) == 0 || row[u.Store.HiddenBy] != nil {
		return u.Scope, nil, err
	}
	return u.Scope, row, nil
}

func sameFields(key []string, fields map[string]string) bool {
	return len(key) == len(fields) && !slices.ContainsFunc(key, func(name string) bool { return fields[name] == "" })
}

func (j *job) goOn(p progress) error {
	if p.Sealed == nil {
		return nil
	}
	src, err := j.key.Unwrap(p.Sealed, []byte(j.run.Name))
	if err != nil {
		return fault.Wrap("open the place of a snapshot's run", err)
	}
	var at position
	if err := json.Unmarshal(src, &at); err != nil {
		return fault.New(fault.Permanent, "the place of a snapshot's run cannot be read")
	}
	if at.DataMap != j.dataMap {
		return nil
	}
	j.at = at.Walk
	return j.sealer.Resume(at.State)
}

// write walks to the end and writes the manifest. Before that the place is saved once more:
// who is behind another run finds out, and does not replace its manifest.
func (j *job) write(ctx context.Context) error {
	if err := j.copy(ctx); err != nil {
		return err
	}
	if j.Now().Sub(j.sealer.AsOf) > takenFor {
		return errTooLate // its parts are about to be taken for those of a run that died
	}
	if err := j.sealer.Finish(ctx, j.key, j.dataMap, j.Now()); err != nil {
		return err
	}
	return j.save(ctx, progress{Ended: completed})
}

// copy reads within the part of the time that leaves some to write what was read.
func (j *job) copy(ctx context.Context) error {
	work, cancel := j.working(ctx)
	defer cancel()
	err := j.Walker.Each(work, j.fields, j.at, func(after walk.Cursor, f walk.Found) error {
		page, err := j.page(work, f)
		if err != nil {
			return err
		}
		if err := j.take(ctx, page, after); err != nil {
			return writing{err}
		}
		if j.late(ctx) {
			return errOutOfTime
		}
		return nil
	})
	var failed writing
	if errors.As(err, &failed) {
		return failed.error
	}
	cutOff := err != nil && work.Err() != nil && ctx.Err() == nil // within a page, which is not taken
	stopped := cutOff || errors.Is(err, errOutOfTime) || errors.Is(err, budget.ErrNoTime)
	if err != nil && !stopped {
		return err
	}
	if err := j.settle(ctx); err != nil {
		return err
	}
	if stopped {
		return errOutOfTime
	}
	return nil
}

// writing is a failure after which nobody knows what of a page is written: the place that
// was saved last holds.
type writing struct{ error }

// late says that the time left is the reserve: no further page is begun.
func (w Writer) late(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < w.Reserve
}

// working ends when half of the reserve is left, whatever is being read then.
func (w Writer) working(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-w.Reserve/2))
	}
	return context.WithCancel(ctx)
}

// take adds a page to the batch. A batch that is full is sealed, and when that filled a part
// the place is saved: up to the page before, of which nothing is pending then.
func (j *job) take(ctx context.Context, page []bundle, after walk.Cursor) error {
	size := 0
	for _, b := range page {
		size += b.size
	}
	if j.pending.size+size > mostBatch {
		if err := j.seal(ctx); err != nil {
			return err
		}
		if len(j.sealer.State().Parts) > 0 && j.sealer.Buffered() == 0 {
			if err := j.savePlace(ctx); err != nil {
				return err
			}
		}
	}
	for _, b := range page {
		if j.pending.size+b.size > mostBatch {
			if err := j.seal(ctx); err != nil {
				return err
			}
		}
		j.pending.add(b)
	}
	j.at = after
	return nil
}

func (j *job) seal(ctx context.Context) error {
	full := j.pending
	j.pending = batch{}
	return j.sealer.Batch(ctx, full.apart, full.records)
}

// settle writes everything that was visited, and saves the place.
func (j *job) settle(ctx context.Context) error {
	if err := j.seal(ctx); err != nil {
		return err
	}
	if err := j.sealer.Flush(ctx); err != nil {
		return err
	}
	return j.savePlace(ctx)
}

// forget takes a keyring that remembers nothing, and finds out with it whether the unit's own
// key is still there: if not, what is written is noise and there is nothing to go on with.
func (j *job) forget(ctx context.Context) error {
	k := j.Keyring
	j.Keyring = &keys.Keyring{Rows: k.Rows, Root: k.Root, Tombstones: k.Tombstones, Secret: k.Secret, Now: k.Now, Random: k.Random}
	_, err := j.Keyring.ForOpening(ctx, j.key.Ref)
	return err
}

func (j *job) savePlace(ctx context.Context) error {
	if err := j.forget(ctx); err != nil {
		return err
	}
	src, err := json.Marshal(position{DataMap: j.dataMap, Walk: j.at, State: j.sealer.State()})
	if err != nil {
		return fault.As(fault.Permanent, "encode the place of a snapshot's run", err)
	}
	sealed, err := j.key.Wrap(src, []byte(j.run.Name))
	if err != nil {
		return err
	}
	return j.save(ctx, progress{Sealed: sealed})
}

func (j *job) save(ctx context.Context, p progress) error {
	p.Version, p.Key = Format, j.key.Ref
	doc, err := json.Marshal(p)
	if err != nil {
		return fault.As(fault.Permanent, "encode the run of a snapshot", err)
	}
	j.run.Doc, j.run.Owner, j.run.ExpiresAt = doc, j.Token(), j.Now().Add(runsFor)
	version, err := j.Runs.Save(ctx, j.run)
	if err != nil && fault.KindOf(err) == fault.Conflict {
		return errAhead
	}
	j.run.Version = version
	return err
}

// drop ends the run of a unit that was deleted meanwhile. There is no manifest, and its
// parts open for nobody.
func (j *job) drop(ctx context.Context) error {
	err := j.save(ctx, progress{Ended: dropped})
	if err == errAhead {
		return nil
	}
	return err
}

func (j *job) outcome() Outcome {
	out := Outcome{Done: true, Completed: true}
	state := j.sealer.State()
	for _, count := range state.Stores {
		out.Records += count.Records
	}
	for _, part := range state.Parts {
		out.Bytes += part.Size
	}
	return out
}
