// Package purge deletes a request's live data along the data map's plan: objects
// before the records that name them, children before parents, what locates the
// subject last. It works page by page with a durable cursor, so that it needs little
// memory, resumes after a kill, and counts nothing twice.
package purge

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Purger deletes. Reserve is the time before the deadline at which it stops, so that
// the cursor is saved and another invocation goes on.
type Purger struct {
	Finder  locate.Finder
	Ledger  *ledger.Ledger
	Reserve time.Duration
}

// task is one step of a round: to freeze a subject's containers, or to delete the
// items of one unit.
type task struct {
	subject int
	freeze  bool
	unit    datamap.Unit
}

// errOutOfTime ends an invocation between two pages.
var errOutOfTime = errors.New("out of time")

// job is the state of one invocation.
type job struct {
	Purger
	request  request.Request
	run      int
	subjects []ledger.Subject
	cursor   ledger.Cursor
	late     func() bool
}

// Run works until everything is deleted (done) or time is nearly out (not done).
func (p Purger) Run(ctx context.Context, id string, run int) (done bool, err error) {
	j := job{Purger: p, run: run}
	if err := j.load(ctx, id); err != nil {
		return false, err
	}
	j.late = func() bool { return p.late(ctx) }
	work, cancel := p.working(ctx)
	defer cancel()
	tasks := j.tasks()
	for ; j.cursor.Unit < len(tasks); j.advance() {
		err := j.do(work, tasks[j.cursor.Unit])
		cutOff := work.Err() != nil && ctx.Err() == nil // within a page, which is counted
		if err == errOutOfTime || err != nil && cutOff {
			return false, j.save(ctx)
		}
		if err != nil {
			return false, err
		}
	}
	return true, j.save(ctx)
}

// late says that the time left is the reserve: no further page is begun.
func (p Purger) late(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && time.Until(deadline) < p.Reserve
}

// working ends when half of the reserve is left, whatever is under way then: a page
// that is throttled must not take the time to save the cursor.
func (p Purger) working(ctx context.Context) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(ctx, deadline.Add(-p.Reserve/2))
	}
	return context.WithCancel(ctx)
}

func (j *job) load(ctx context.Context, id string) (err error) {
	if j.request, err = j.Ledger.Get(ctx, id); err != nil {
		return err
	}
	if j.Ledger, err = j.Ledger.OpenCase(ctx, id); err != nil {
		return err
	}
	if j.subjects, err = j.Ledger.Subjects(ctx, id); err != nil {
		return err
	}
	if j.cursor, err = j.Ledger.Cursor(ctx, id); err != nil {
		return err
	}
	if j.cursor.Round != j.request.Rounds {
		j.cursor = ledger.Cursor{Round: j.request.Rounds, Erased: j.cursor.Erased}
	}
	return nil
}

// tasks is the same list in every invocation of a round.
func (j *job) tasks() []task {
	var out []task
	for i, s := range j.subjects {
		if s.Form != locate.FormLead {
			continue
		}
		for _, unit := range j.Finder.Map.Containers(datamap.Lead) {
			out = append(out, task{i, true, unit})
		}
		for _, unit := range j.Finder.Map.Plan(datamap.Lead) {
			out = append(out, task{i, false, unit})
		}
	}
	return out
}

func (j *job) advance() {
	j.cursor = ledger.Cursor{Round: j.cursor.Round, Unit: j.cursor.Unit + 1, Erased: j.cursor.Erased}
}

func (j *job) save(ctx context.Context) error {
	return j.Ledger.SaveCursor(ctx, j.request.ID, j.run, j.cursor)
}

func (j *job) trail(subject int) locate.Trail {
	return locate.TrailOf(j.Finder, j.request, j.subjects[subject])
}

func (j *job) do(ctx context.Context, t task) error {
	if t.freeze {
		return j.freeze(ctx, t)
	}
	if stays, err := j.trail(t.subject).RowStays(ctx, t.unit.Store.StaysWith); err != nil || stays {
		return err
	}
	if t.unit.Finder.From == "" {
		return j.delete(ctx, t, nil, "")
	}
	return j.Ledger.EachFrozen(ctx, j.request.ID, t.subject, t.unit.Finder.From, func(f ledger.Frozen, key string) error {
		if key < j.cursor.Binding {
			return nil // done by an invocation before
		}
		return j.delete(ctx, t, f.Fields, key)
	})
}

// freezePage bounds the containers that are held before they are written down.
const freezePage = ledger.MaxWrites - 1

// freeze writes down the containers before anything of them is deleted.
func (j *job) freeze(ctx context.Context, t task) error {
	var found []ledger.Frozen
	flush := func() error {
		page := found
		found = nil
		return j.Ledger.FreezeAll(ctx, j.request.ID, j.run, page)
	}
	err := j.trail(t.subject).EachContainer(ctx, t.unit, func(key livedata.Key, fields map[string]string) error {
		if j.late() {
			return errOutOfTime
		}
		found = append(found, ledger.Frozen{Subject: t.subject, Store: t.unit.Store.Name, Key: key, Fields: fields})
		if len(found) < freezePage {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	return flush()
}

func (j *job) delete(ctx context.Context, t task, binding map[string]string, key string) error {
	if key != j.cursor.Binding {
		j.cursor.Binding, j.cursor.After, j.cursor.Counted = key, nil, nil
	}
	if !t.unit.Store.IsTable() {
		return j.deleteObjects(ctx, t, binding)
	}
	return j.deleteRecords(ctx, t, binding)
}

// reach notes that the pages before this one are done, and stops while there is time
// to save that.
func (j *job) reach(ctx context.Context, start map[string]string) error {
	if !maps.Equal(start, j.cursor.After) {
		j.cursor.After, j.cursor.Counted = start, nil
	}
	if j.late() {
		return errOutOfTime
	}
	return ctx.Err()
}

// count adds a page (hashes by store) to the counts, once, and makes that durable
// before the page is deleted. If the process dies after this, the page's rest is
// deleted uncounted; if it dies before, nothing of the page is gone yet.
func (j *job) count(ctx context.Context, page map[string][]string) error {
	var all []string
	for store, hashes := range page {
		for _, h := range hashes {
			if !slices.Contains(j.cursor.Counted, h) {
				j.cursor.Erased[store]++
			}
		}
		all = append(all, hashes...)
	}
	if len(all) == 0 {
		return nil
	}
	j.cursor.Counted = all
	return j.save(ctx)
}

// uncount takes back a record that was counted and then not deleted.
func (j *job) uncount(store string) {
	if j.cursor.Erased[store]--; j.cursor.Erased[store] == 0 {
		delete(j.cursor.Erased, store)
	}
}

func keyHash(key livedata.Key) string {
	src, _ := json.Marshal(key) // a map of strings always encodes, in the order of its keys
	return shortHash(src)
}

func shortHash(src []byte) string {
	sum := sha256.Sum256(src)
	return hex.EncodeToString(sum[:12])
}
