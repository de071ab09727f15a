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
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
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

// What a task does with a unit. Everything is frozen and counted before anything is
// deleted.
const (
	freeze = "freeze" // writes the containers down
	survey = "survey" // counts what the plan is to delete, and meets what is not the subject's
	erase  = "erase"
)

// task is one step of a round.
type task struct {
	kind    string
	subject int
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
	scopes   map[int]datamap.Scope // of the subjects that are erased
	tasks    []task
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
	for ; j.cursor.Unit < len(j.tasks); j.advance() {
		err := j.do(work, j.tasks[j.cursor.Unit])
		cutOff := work.Err() != nil && ctx.Err() == nil // within a page, which is counted
		if err == errOutOfTime || errors.Is(err, budget.ErrNoTime) || err != nil && cutOff {
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
	j.scopes = j.Finder.Erasable(j.subjects)
	j.plan()
	plan := planHash(j.tasks)
	if j.cursor.Round != j.request.Rounds || j.cursor.Plan != plan {
		j.restart(plan)
	}
	return nil
}

// restart begins at the first task: in a new round, or since the data map is another
// one than the cursor was made with. What was erased so far counts as planned.
func (j *job) restart(plan string) {
	planned := j.cursor.Planned
	if j.cursor.Round == j.request.Rounds || planned == nil {
		planned = maps.Clone(j.cursor.Erased)
	}
	j.cursor = ledger.Cursor{Round: j.request.Rounds, Plan: plan, Erased: j.cursor.Erased, Planned: planned}
}

// plan is the same list in every invocation of a round.
func (j *job) plan() {
	units := func(kind string, of func(datamap.Scope) []datamap.Unit) {
		for _, i := range slices.Sorted(maps.Keys(j.scopes)) {
			for _, unit := range of(j.scopes[i]) {
				j.tasks = append(j.tasks, task{kind, i, unit})
			}
		}
	}
	units(freeze, j.Finder.Map.Containers)
	units(survey, func(scope datamap.Scope) []datamap.Unit {
		return slices.DeleteFunc(j.Finder.Map.Plan(scope), func(u datamap.Unit) bool { return u.Finder.Again })
	})
	units(erase, j.Finder.Map.Plan)
}

func planHash(tasks []task) string {
	var src []byte
	for _, t := range tasks {
		finder, _ := json.Marshal(t.unit.Finder) // maps and strings always encode
		src = fmt.Appendf(src, "%s %d %s %s\n", t.kind, t.subject, t.unit.Store.Name, finder)
	}
	return shortHash(src)
}

func (j *job) advance() {
	j.cursor.Unit++
	j.cursor.Binding, j.cursor.After, j.cursor.Counted = "", nil, nil
}

func (j *job) save(ctx context.Context) error {
	return j.Ledger.SaveCursor(ctx, j.request.ID, j.run, j.cursor)
}

func (j *job) trail(t task) locate.Trail {
	return locate.TrailOf(j.Finder, j.request, j.subjects[t.subject], j.scopes[t.subject])
}

func (j *job) do(ctx context.Context, t task) error {
	trail := j.trail(t)
	if stays, err := trail.RowStays(ctx, t.unit.Store.StaysWith); err != nil || stays {
		return err
	}
	switch t.kind {
	case freeze:
		return j.freeze(ctx, trail, t)
	case survey:
		return j.eachBinding(ctx, t, func(binding map[string]string) error { return j.survey(ctx, trail, t.unit, binding) })
	}
	return j.eachBinding(ctx, t, func(binding map[string]string) error {
		if !t.unit.Store.IsTable() {
			return j.deleteObjects(ctx, trail, t.unit, binding)
		}
		return j.deleteRecords(ctx, trail, t, binding)
	})
}

// freeze writes down what leads to other items before anything of it is deleted.
func (j *job) freeze(ctx context.Context, trail locate.Trail, t task) error {
	return trail.EachBinding(ctx, t.unit, j.cursor.After, func(start livedata.Key, bindings []map[string]string) error {
		if err := j.reach(ctx, start); err != nil {
			return err
		}
		return j.freezeAll(ctx, t, bindings)
	})
}

func (j *job) freezeAll(ctx context.Context, t task, bindings []map[string]string) error {
	found := make([]ledger.Frozen, len(bindings))
	for i, fields := range bindings {
		found[i] = ledger.Frozen{Subject: t.subject, Store: t.unit.Store.Name, Fields: fields}
	}
	return j.Ledger.FreezeAll(ctx, j.request.ID, j.run, found)
}

// leads says that other items are found from the unit's, which go whether or not these
// are still there: a thread is found from a comment in it and does not hang on it.
func (j *job) leads(trail locate.Trail, unit datamap.Unit) bool {
	name := unit.Store.Name
	return unit.Finder.From == "" && unit.Finder.Index != "" && len(trail.Map.From(trail.Scope, name)) > 0 && len(trail.Map.Held(trail.Scope, name)) == 0
}

// eachBinding visits every frozen item that the unit is found from, from the one on at
// which the cursor stands; a unit that is found from the subject itself, once.
func (j *job) eachBinding(ctx context.Context, t task, visit func(binding map[string]string) error) error {
	if t.unit.Finder.From == "" {
		return visit(nil)
	}
	return j.Ledger.EachFrozen(ctx, j.request.ID, t.subject, t.unit.Finder.From, func(f ledger.Frozen, key string) error {
		if key < j.cursor.Binding {
			return nil // done by an invocation before
		}
		if key != j.cursor.Binding {
			j.cursor.Binding, j.cursor.After, j.cursor.Counted = key, nil, nil
		}
		return visit(f.Fields)
	})
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

// page is what is about to go, as short hashes of its keys by store: what the unit
// found, and what follows from it (objects that a record names, rows that say whom it
// quotes), which no survey counts.
type page struct{ found, follows map[string][]string }

// count adds a page to the counts, once, and makes that durable before the page is
// deleted. If the process dies after this, the page's rest is deleted uncounted; if it
// dies before, nothing of the page is gone yet. A page that goes beyond what was planned
// is not counted and not deleted: nobody knows what it is that was met.
func (j *job) count(ctx context.Context, p page) error {
	found, all := j.fresh(p.found), hashesOf(p.found)
	follows := j.fresh(p.follows)
	all = append(all, hashesOf(p.follows)...)
	if len(all) == 0 {
		return nil
	}
	if total(j.cursor.Erased)+total(found) > mostOfPlan*total(j.cursor.Planned) {
		return fault.New(fault.Permanent, "the purge meets more than three times what was planned")
	}
	add(j.cursor.Erased, found, follows)
	add(j.cursor.Planned, follows)
	j.cursor.Counted = all
	return j.save(ctx)
}

// mostOfPlan is how many times what was planned may be met before the purge stops.
const mostOfPlan = 3

// fresh counts those hashes that a purge which died within this page did not count.
func (j *job) fresh(page map[string][]string) map[string]int {
	out := map[string]int{}
	for store, hashes := range page {
		for _, h := range hashes {
			if !slices.Contains(j.cursor.Counted, h) {
				out[store]++
			}
		}
	}
	return out
}

func hashesOf(page map[string][]string) []string {
	return slices.Concat(slices.Collect(maps.Values(page))...)
}

func total(counts map[string]int) int {
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

func add(to map[string]int, counts ...map[string]int) {
	for _, c := range counts {
		for store, n := range c {
			to[store] += n
		}
	}
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
