package rotation

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	// Stale is how old a unit's newest complete snapshot may be. What is going to be deleted is
	// hidden and not copied any more, and a closure can be taken back for 72 hours; the last
	// snapshot before that may be a day old.
	Stale = 4 * day
	// TargetLife is how old the tables may be that a restore works in: the sweep drops one that
	// is older than restore.MostAge, and may come by a day after that.
	TargetLife = restore.MostAge + day
)

// Table is what the audit asks of a table.
type Table struct {
	CreatedAt  time.Time
	Streams    bool
	Replicated bool // in other regions, which needs a stream
	Protected  bool // against being dropped
}

// Recovery is a table's point-in-time recovery.
type Recovery struct {
	On   bool
	Days int // how far back it reaches
}

// Tables looks at tables as a whole, not into them. Names lists a page of those whose name
// comes after one; a "" next ends it. Describe and Recovery fail with fault.NotFound for
// a table that does not exist.
type Tables interface {
	Names(ctx context.Context, after string) (names []string, next string, err error)
	Describe(ctx context.Context, table string) (Table, error)
	Recovery(ctx context.Context, table string) (Recovery, error)
}

// Audit proves that no backup is older than it may be. It reads only, lists everything
// again, and believes nothing that Rotator counted.
type Audit struct {
	Snapshots    Snapshots
	Platform     map[string]Listed // by store, those that the map backs up by versions
	Tables       Tables
	Map          *datamap.Map
	Names        map[string]string // physical names of the platform's stores
	Keys         string            // the table of the keys that snapshots are sealed under
	RecoveryDays int               // how far point-in-time recovery may reach back
	Now          func() time.Time
	Log          *slog.Logger
	Reserve      time.Duration // left of the invocation's time
}

// Audited is what an audit found. Ages are in whole days that have passed, so that
// OldestDays and OldestNoncurrent are below 28 as long as all is well.
type Audited struct {
	Snapshots        int  // that are complete
	OldestDays       int  // of the oldest object in the snapshots' bucket, by its as-of moment
	OldestNoncurrent int  // since the platform's object was superseded
	Unknown          int  // names in the snapshots' bucket that are no snapshot's, or of the future
	StaleUnits       int  // units whose newest complete snapshot is older than Stale
	TargetsLeft      int  // tables of restores that are older than TargetLife
	RecoveryWrong    int  // tables that cannot be recovered, or from too far back
	KeysExposed      int  // ways in which keys can outlive their deletion, or be lost
	Failed           int  // calls that failed
	OutOfTime        bool // not everything was looked at
}

// Oldest is the age of the oldest backup of either kind in whole days.
func (a Audited) Oldest() int { return max(a.OldestDays, a.OldestNoncurrent) }

// Complete says that everything was looked at.
func (a Audited) Complete() bool { return a.Failed == 0 && !a.OutOfTime }

// Run looks at everything that it can, and then fails if there was something that it could not
// look at. What it finds is no failure.
func (a Audit) Run(ctx context.Context) (Audited, error) {
	j := &inspection{Audit: a, now: a.Now()}
	for _, kind := range snapshot.Prefixes() {
		j.each(ctx, a.Snapshots, kind, j.ofSnapshots)
	}
	j.closeUnit(ctx)
	for _, store := range a.Map.Versioned() {
		j.each(ctx, a.Platform[store.Name], "", j.ofPlatform)
	}
	for what, look := range map[string]func(context.Context) error{"list what is no snapshot's": j.strangers,
		"look for tables of restores": j.targets, "look at the table of keys": j.keys} {
		j.failure(ctx, what, look(ctx))
	}
	for _, store := range a.Map.Backed() {
		j.failure(ctx, "look at the recovery of "+store.Name, j.recovery(ctx, a.Names[store.Name]))
	}
	if j.out.Failed > 0 {
		return j.out, fault.New(fault.Retry, "not every backup could be looked at")
	}
	return j.out, nil
}

// inspection is one run of an Audit.
type inspection struct {
	Audit
	now time.Time
	out Audited

	unit   snapshot.Unit // whose manifests were looked at last
	newest time.Time     // as-of moment of its newest complete snapshot
}

func (j *inspection) failure(ctx context.Context, doing string, err error) {
	if err == nil {
		return
	}
	j.out.Failed++
	j.Log.ErrorContext(ctx, "an audit could not look at everything", "doing", doing, "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
}

func (j *inspection) outOfTime(ctx context.Context) bool {
	j.out.OutOfTime = j.out.OutOfTime || hasEnded(ctx, j.Reserve)
	return j.out.OutOfTime
}

// each visits every version under a prefix.
func (j *inspection) each(ctx context.Context, bucket Listed, prefix string, visit func(context.Context, found)) {
	for l := (&listing{bucket: bucket, prefix: prefix}); !l.ended && !j.outOfTime(ctx); {
		page, err := l.next(ctx)
		if err != nil {
			j.failure(ctx, "list "+prefix, err)
			return
		}
		for _, v := range page {
			visit(ctx, v)
		}
	}
}

// early is how far a snapshot may be ahead of this clock.
const early = time.Hour

func (j *inspection) ofSnapshots(ctx context.Context, v found) {
	place, ok := snapshot.Locate(v.Key)
	if !ok || place.AsOf.Sub(j.now) > early {
		j.out.Unknown++
	}
	if !ok {
		return
	}
	j.out.OldestDays = max(j.out.OldestDays, days(j.now.Sub(born(place, v.Version))))
	if place.Kind != snapshot.Manifests || !v.Latest || v.Marker {
		return
	}
	j.out.Snapshots++
	if place.Unit != j.unit {
		j.closeUnit(ctx)
		j.unit = place.Unit
	}
	if place.AsOf.After(j.newest) {
		j.newest = place.AsOf
	}
}

// closeUnit judges a unit, all of whose manifests stand together.
func (j *inspection) closeUnit(ctx context.Context) {
	if j.unit != (snapshot.Unit{}) && j.now.Sub(j.newest) > Stale {
		j.out.StaleUnits++
		j.Log.WarnContext(ctx, "a unit is not copied any more", "tenant_id", j.unit.Tenant, "channel_id", j.unit.Channel,
			"newest", snapshot.Stamp(j.newest))
	}
	j.unit, j.newest = snapshot.Unit{}, time.Time{}
}

func (j *inspection) ofPlatform(_ context.Context, v found) {
	if v.newer != nil {
		j.out.OldestNoncurrent = max(j.out.OldestNoncurrent, days(j.now.Sub(v.newer.Modified)))
	}
}

func days(age time.Duration) int { return int(age / day) }

func (j *inspection) strangers(ctx context.Context) error {
	names, err := outside(ctx, j.Snapshots)
	j.out.Unknown += names
	return err
}

// targets counts the tables of restores that should have been dropped.
func (j *inspection) targets(ctx context.Context) error {
	for after, more := "", true; more; more = after != "" {
		names, next, err := j.Tables.Names(ctx, after)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := j.target(ctx, name); err != nil {
				return err
			}
		}
		after = next
	}
	return nil
}

func (j *inspection) target(ctx context.Context, name string) error {
	if !j.isTarget(name) {
		return nil
	}
	table, err := j.Tables.Describe(ctx, name)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil // dropped since it was listed
	}
	if err == nil && j.now.Sub(table.CreatedAt) > TargetLife {
		j.out.TargetsLeft++
	}
	return err
}

func (j *inspection) isTarget(name string) bool {
	return slices.ContainsFunc(j.Map.Backed(), func(s datamap.Store) bool {
		_, ok := restore.TargetID(j.Names[s.Name], name)
		return ok
	})
}

// recovery must be on, for what a snapshot is too old for, and short, since it is not
// sealed.
func (j *inspection) recovery(ctx context.Context, table string) error {
	r, err := j.Tables.Recovery(ctx, table)
	if err == nil && (!r.On || r.Days > j.RecoveryDays) {
		j.out.RecoveryWrong++
	}
	return err
}

// keys must be gone when they are deleted: no recovery, no stream but one that keeps
// replicas alike. And they must not be lost with their table.
func (j *inspection) keys(ctx context.Context) error {
	r, err := j.Tables.Recovery(ctx, j.Keys)
	if err != nil {
		return err
	}
	table, err := j.Tables.Describe(ctx, j.Keys)
	for _, wrong := range []bool{r.On, table.Streams && !table.Replicated, !table.Protected} {
		if err == nil && wrong {
			j.out.KeysExposed++
		}
	}
	return err
}
