package rotation

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	// Sample is how many frames a drill tries to open at most.
	Sample = 200

	mostSnapshots = 1000 // that a drill looks into
	ofEach        = 10   // frames of one snapshot, so that a sample is of many
)

// Keys are destroyed soon after a tombstone was raised: a lead's within minutes. Of a
// channel or a tenant all live data goes before, within a budget of writes.
const (
	narrowSettles = time.Hour
	wideSettles   = 4 * day
	wideSteps     = 2 // of a key's ref: a tenant's, and a channel's
)

// Tombstones can be listed. Each visits all of them, until visit fails.
type Tombstones interface {
	Each(ctx context.Context, visit func(fence.Tombstone) error) error
}

// Drill tries to open what must not open any more, with all the rights that a restore has:
// frames under keys that are older than their subjects' deletion. It opens besides one frame
// of somebody who was not deleted, because a drill that can open nothing proves nothing.
type Drill struct {
	// Reader opens snapshots. Each run takes a new one, since what it knows of keys is as
	// old as itself.
	Reader     func() snapshot.Reader
	Tombstones Tombstones
	Now        func() time.Time
	Random     *rand.Rand
	Log        *slog.Logger
	Reserve    time.Duration // left of the invocation's time
}

// Drilled counts what a drill tried.
type Drilled struct {
	Snapshots     int  // that were looked into
	Sampled       int  // frames of deleted subjects
	Opened        int  // frames of those that opened, and keys of them that are there: none may
	Control       bool // a frame of a subject that is there opened
	ControlFailed bool // there are snapshots, and none did
	Failed        int  // snapshots that could not be looked into
	OutOfTime     bool // the sample is smaller than it might be
}

// Proves says that the drill was one: it looked, could have opened something, and saw
// everything that it tried to.
func (d Drilled) Proves() bool { return d.Control && d.Failed == 0 }

// Run is one drill. That something opened is no failure of the drill, but the finding.
func (d Drill) Run(ctx context.Context) (Drilled, error) {
	j := &drill{Drill: d, now: d.Now(), reader: d.Reader(), stones: map[string]stone{}}
	if err := d.Tombstones.Each(ctx, j.remember); err != nil {
		return j.out, err
	}
	places, err := j.choose(ctx)
	if err != nil {
		return j.out, err
	}
	if len(places) == 0 {
		d.Log.WarnContext(ctx, "there is no snapshot to try")
		return j.out, nil
	}
	for _, at := range places {
		if j.enough() || j.outOfTime(ctx) {
			break
		}
		j.failure(ctx, at, j.try(ctx, at))
	}
	return j.out, j.end()
}

// drill is one run of a Drill.
type drill struct {
	Drill
	now    time.Time
	reader snapshot.Reader
	stones map[string]stone // by the name of the subject's key
	out    Drilled
}

type stone struct{ cutoff, raised time.Time }

// remember keeps the tombstones that were raised within a rotation, about 100 bytes each,
// however far back they reach. Snapshots of before an older one are gone.
func (j *drill) remember(t fence.Tombstone) error {
	if raised := t.ExpiresAt.Add(-fence.Keep); j.now.Sub(raised) <= Limit {
		j.stones[keys.Short(t.Fingerprint)] = stone{t.Cutoff, raised}
	}
	return nil
}

// choose takes manifests at random, in a random order.
func (j *drill) choose(ctx context.Context) ([]snapshot.Place, error) {
	var chosen []snapshot.Place
	seen := 0
	for after, more := "", true; more; {
		names, further, err := j.reader.Objects.List(ctx, snapshot.Manifests, after)
		if err != nil {
			return nil, fault.Wrap("list manifests", err)
		}
		for _, name := range names {
			if at, ok := snapshot.Locate(name); ok {
				seen++
				chosen = keep(j.Random, chosen, mostSnapshots, seen, at)
			}
			after = name
		}
		more = further && len(names) > 0
	}
	j.Random.Shuffle(len(chosen), func(a, b int) { chosen[a], chosen[b] = chosen[b], chosen[a] })
	return chosen, nil
}

// keep adds the nth of what is seen to a sample of at most that many, in which each of
// those that were seen is as likely as any other.
func keep[T any](random *rand.Rand, sample []T, most, nth int, one T) []T {
	if len(sample) < most {
		return append(sample, one)
	}
	if i := random.IntN(nth); i < most {
		sample[i] = one
	}
	return sample
}

func (j *drill) enough() bool { return j.out.Sampled >= Sample && j.out.Control }

func (j *drill) outOfTime(ctx context.Context) bool {
	j.out.OutOfTime = j.out.OutOfTime || hasEnded(ctx, j.Reserve)
	return j.out.OutOfTime
}

func (j *drill) failure(ctx context.Context, at snapshot.Place, err error) {
	if err == nil {
		return
	}
	j.out.Failed++
	j.Log.ErrorContext(ctx, "a drill could not look into a snapshot", "tenant_id", at.Unit.Tenant, "channel_id", at.Unit.Channel,
		"stamp", snapshot.Stamp(at.AsOf), "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
}

// end tells the failures of the drill itself.
func (j *drill) end() error {
	j.out.ControlFailed = !j.out.Control
	switch {
	case j.out.ControlFailed:
		return fault.New(fault.Permanent, "a drill could open nothing at all, so that it proves nothing")
	case j.out.Failed > 0:
		return fault.New(fault.Retry, "a drill could not look into every snapshot that it chose")
	}
	return nil
}

// try looks into one snapshot. One whose unit's own key is destroyed opens in no part.
func (j *drill) try(ctx context.Context, at snapshot.Place) error {
	s, err := j.reader.Open(ctx, at.Unit, at.AsOf)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return nil // rotated since it was listed
	}
	if j.out.Snapshots++; errors.Is(err, keys.ErrDestroyed) {
		return nil
	}
	if err != nil {
		return err
	}
	dead, alive, err := j.sample(ctx, s)
	if err != nil {
		return err
	}
	if alive != 0 && !j.out.Control {
		opened, err := open(ctx, s, []int{alive})
		if j.out.Control = len(opened) > 0; err != nil {
			return err
		}
	}
	return j.tryEach(ctx, s, at, dead)
}

// frame is one of a snapshot by its number, the keys that it is under, and those of them
// that must be destroyed.
type frame struct {
	number int
	refs   []keys.Ref
	claims []claim
}

// claim says that a key must be destroyed, because of a tombstone with this cutoff; unless it
// was made after that, which only the key itself tells.
type claim struct {
	ref    keys.Ref
	cutoff time.Time
}

// sample takes frames of a snapshot at random: some of subjects that are deleted, and the
// number of one of a subject that is not, 0 if there is none.
func (j *drill) sample(ctx context.Context, s *snapshot.Snapshot) (dead []frame, alive int, err error) {
	number, deads, alives := 0, 0, 0
	most := min(ofEach, Sample-j.out.Sampled)
	err = s.Each(ctx, 0, func(refs []keys.Ref) bool {
		number++
		switch claims, named := j.claims(refs); {
		case len(claims) > 0 && most > 0:
			deads++
			dead = keep(j.Random, dead, most, deads, frame{number, refs, claims})
		case !named:
			if alives++; j.Random.IntN(alives) == 0 {
				alive = number
			}
		}
		return false
	}, func(snapshot.Batch) error { return nil })
	return dead, alive, err
}

// claims are the keys of a frame whose subjects have a tombstone that was raised long enough
// ago. Its cutoff may be before the snapshot: a request counts from when it was made, and
// until it arrives, snapshots hold what is older. named says that there is any tombstone.
func (j *drill) claims(refs []keys.Ref) (out []claim, named bool) {
	for _, ref := range refs {
		for i, step := range ref {
			t, ok := j.stones[step.Name]
			named = named || ok
			if ok && j.settled(t, i+1) {
				out = append(out, claim{ref[:i+1], t.cutoff})
			}
		}
	}
	return out, named
}

func (j *drill) settled(t stone, steps int) bool {
	after := narrowSettles
	if steps <= wideSteps {
		after = wideSettles
	}
	return j.now.Sub(t.raised) > after
}

// tryEach tries the keys of each frame one by one, and then the frames.
func (j *drill) tryEach(ctx context.Context, s *snapshot.Snapshot, at snapshot.Place, dead []frame) error {
	var tried []frame
	found := map[int]bool{}
	for _, f := range dead {
		destroyed, left, err := j.look(ctx, f.claims)
		if err != nil {
			return err
		}
		if destroyed || left {
			tried, found[f.number] = append(tried, f), left
		}
	}
	j.out.Sampled += len(tried)
	opened, err := open(ctx, s, numbers(tried))
	for _, f := range tried {
		if found[f.number] || slices.ContainsFunc(opened, f.under) {
			j.out.Opened++
			j.Log.ErrorContext(ctx, "a frame of a deleted subject opens", "tenant_id", at.Unit.Tenant, "channel_id", at.Unit.Channel,
				"stamp", snapshot.Stamp(at.AsOf), "frame", f.number)
		}
	}
	return err
}

// look says whether keys are destroyed that must be, and whether any is left. A third kind was made
// after the tombstone, of somebody who came back: nothing older was sealed under it.
func (j *drill) look(ctx context.Context, claims []claim) (destroyed, left bool, err error) {
	for _, c := range claims {
		key, err := j.reader.Keyring.ForOpening(ctx, c.ref)
		switch {
		case errors.Is(err, keys.ErrDestroyed):
			destroyed = true
		case err != nil:
			return destroyed, left, err
		case key.Cutoff.Before(c.cutoff):
			left = true
		}
	}
	return destroyed, left, nil
}

func numbers(frames []frame) []int {
	out := make([]int, len(frames))
	for i, f := range frames {
		out[i] = f.number
	}
	return out
}

// under says that these are the keys of the frame.
func (f frame) under(refs []keys.Ref) bool {
	return slices.EqualFunc(f.refs, refs, func(a, b keys.Ref) bool { return slices.Equal(a, b) })
}

// open opens frames by their numbers as a restore does. It returns the keys of each record
// that it could read.
func open(ctx context.Context, s *snapshot.Snapshot, wanted []int) (opened [][]keys.Ref, err error) {
	if len(wanted) == 0 {
		return nil, nil
	}
	number := 0
	err = s.Each(ctx, 0, func([]keys.Ref) bool {
		number++
		return slices.Contains(wanted, number)
	}, func(b snapshot.Batch) error {
		for _, one := range append(b.Records, b.Apart...) {
			opened = append(opened, one.Refs)
		}
		return nil
	})
	return opened, err
}
