package rotation

import (
	"context"
	"log/slog"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Rotator deletes backups that are too old.
//
// Of the snapshots' bucket everything goes whose as-of moment is, manifests first, then
// indexes, then frames: a snapshot that went in part has no manifest, is never used, and
// the next sweep takes the rest. So do parts without a manifest once they are older than
// Unfinished, and at once what has been superseded, delete markers included. A name that
// is no snapshot's is counted, and left to a person.
//
// Of the platform's buckets that are backed up by their versions, those go that were
// superseded too long ago. A latest version is never deleted.
//
// A listing takes 1,000 versions a call, so that a quarter of an hour goes through
// millions. What is left when the time is up is found by the next sweep, since what
// stands before it is gone.
type Rotator struct {
	Snapshots interface {
		Bucket
		Names
	}
	Platform map[string]Bucket // by store, those that the map backs up by versions
	Map      *datamap.Map
	Now      func() time.Time
	Log      *slog.Logger
	Reserve  time.Duration // left of the invocation's time
}

// Rotated counts what a sweep deleted and what it saw.
type Rotated struct {
	Manifests  int  // of snapshots that were too old
	Parts      int  // indexes and frames that no manifest stood for
	Superseded int  // versions and delete markers in the snapshots' bucket that a newer one stands for
	Noncurrent int  // versions and delete markers of the platform's buckets
	Unknown    int  // names in the snapshots' bucket that are no snapshot's
	Failed     int  // calls that failed: what they were about is left to the next sweep
	OutOfTime  bool // not everything was looked at
}

// Run is one sweep. It deletes what it can and then fails if there was something that it
// could not.
func (r Rotator) Run(ctx context.Context) (Rotated, error) {
	j := &sweep{Rotator: r, now: r.Now()}
	j.pass(ctx, r.Snapshots, snapshot.Manifests, j.ofManifest)
	for _, kind := range snapshot.Prefixes()[1:] {
		manifests := &complete{names: r.Snapshots}
		j.pass(ctx, r.Snapshots, kind, func(ctx context.Context, v found) (*int, error) { return j.ofPart(ctx, manifests, v) })
	}
	for _, store := range r.Map.Versioned() {
		j.pass(ctx, r.Platform[store.Name], "", j.ofPlatform)
	}
	j.strangers(ctx)
	if j.done.Failed > 0 {
		return j.done, fault.New(fault.Retry, "not everything that is too old could be deleted")
	}
	return j.done, nil
}

// sweep is one run of a Rotator.
type sweep struct {
	Rotator
	now  time.Time
	done Rotated
}

func (j *sweep) pass(ctx context.Context, bucket Bucket, prefix string, decide fate) {
	(&pass{sweep: j, bucket: bucket, prefix: prefix, decide: decide}).run(ctx)
}

func (j *sweep) strangers(ctx context.Context) {
	if j.outOfTime(ctx) {
		return
	}
	names, err := outside(ctx, j.Snapshots)
	j.done.Unknown += names
	j.failure(ctx, "list what is no snapshot's", err)
}

func (j *sweep) outOfTime(ctx context.Context) bool {
	j.done.OutOfTime = j.done.OutOfTime || hasEnded(ctx, j.Reserve)
	return j.done.OutOfTime
}

// hasEnded says that no more is left of the time than the reserve.
func hasEnded(ctx context.Context, reserve time.Duration) bool {
	end, bounded := ctx.Deadline()
	return ctx.Err() != nil || bounded && time.Until(end) < reserve
}

// failure notes an error, if it is one.
func (j *sweep) failure(ctx context.Context, doing string, err error) {
	if err == nil {
		return
	}
	j.done.Failed++
	j.Log.ErrorContext(ctx, "a sweep could not do everything", "doing", doing, "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
}

// ofManifest is the fate of what stands under the prefix of manifests.
func (j *sweep) ofManifest(_ context.Context, v found) (*int, error) {
	place, ok := snapshot.Locate(v.Key)
	switch {
	case !ok:
		j.stranger(v)
	case tooOld(born(place, v.Version), j.now):
		return &j.done.Manifests, nil
	case !v.Latest || v.Marker:
		return &j.done.Superseded, nil
	}
	return nil, nil
}

// ofPart asks nothing but whether there is a manifest: that of a snapshot that is too old
// is gone by now, unless deleting it failed, and then its parts wait too.
func (j *sweep) ofPart(ctx context.Context, manifests *complete, v found) (*int, error) {
	place, ok := snapshot.Locate(v.Key)
	if !ok {
		j.stranger(v)
		return nil, nil
	}
	if !v.Latest || v.Marker {
		return &j.done.Superseded, nil
	}
	if j.now.Sub(born(place, v.Version)) <= Unfinished {
		return nil, nil
	}
	name, err := manifestOf(place)
	if err != nil {
		return nil, err
	}
	if stands, err := manifests.has(ctx, name); err != nil || stands {
		return nil, err
	}
	return &j.done.Parts, nil
}

func (j *sweep) stranger(v found) {
	if v.Latest {
		j.done.Unknown++
	}
}

// ofPlatform counts from when the next newer version was written. One of which no newer
// was listed is not touched. A delete marker goes with the last version that it hides.
func (j *sweep) ofPlatform(_ context.Context, v found) (*int, error) {
	if v.Latest && v.Marker || !v.Latest && v.newer != nil && tooOld(v.newer.Modified, j.now) {
		return &j.done.Noncurrent, nil
	}
	return nil, nil
}
