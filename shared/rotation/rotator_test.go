package rotation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

const (
	hour = time.Hour
	day  = 24 * hour
)

var (
	start = time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	units = []snapshot.Unit{{Tenant: "t_harbour"}, {Tenant: "t_harbour", Channel: "c_page"}, {Tenant: "t_hillside", Channel: "tenant"}}
)

// bench is buckets under a clock of its own.
type bench struct {
	*testing.T
	now       time.Time
	snapshots bucket
	media     bucket
	log       bytes.Buffer
	rotator   rotation.Rotator
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{T: t, now: start}
	now := func() time.Time { return b.now }
	b.snapshots, b.media = newBucket(t, now), newBucket(t, now)
	b.rotator = rotation.Rotator{Snapshots: b.snapshots, Platform: map[string]rotation.Bucket{"media": b.media}, Map: m, Now: now,
		Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Reserve: 10 * time.Second}
	return b
}

func (b *bench) rotate() rotation.Rotated {
	b.Helper()
	done, err := b.rotator.Run(b.Context())
	if err != nil {
		b.Fatal(err, &b.log)
	}
	return done
}

// night copies every unit.
func (b *bench) night() {
	for i, unit := range units {
		b.snapshots.copied(unit, b.now, i+1)
	}
}

// oldest is the greatest age by as-of of anything in the bucket.
func (b *bench) oldest() (age time.Duration) {
	b.Helper()
	for _, v := range b.snapshots.All() {
		place, ok := snapshot.Locate(v.Key)
		if !ok {
			b.Fatalf("%s is no snapshot's", v.Key)
		}
		age = max(age, b.now.Sub(place.AsOf))
	}
	return age
}

// sixtyDays lives through nights from start on, hour by hour. copies and sweeps say what happens
// in an hour; ages are looked at when they are greatest.
func (b *bench) sixtyDays(copies, sweeps func(hours int) bool) {
	b.Helper()
	b.snapshots.Page = 100 // for speed
	for hours := range 60 * 24 {
		b.now = start.Add(time.Duration(hours) * hour)
		if copies(hours) {
			b.night()
		}
		if sweeps(hours) {
			b.rotate()
		}
		if !sweeps(hours+1) && hours%24 != 23 {
			continue // ages grow until the next sweep
		}
		if age := b.oldest() + hour; age >= rotation.Limit {
			b.Fatalf("on day %d something gets %s old", hours/24, age)
		}
	}
}

func daily(at int) func(hours int) bool { return func(hours int) bool { return hours%24 == at } }

// kept is how many nights are whole.
func (b *bench) kept() int {
	n := 0
	for _, name := range b.snapshots.Names() {
		if strings.HasPrefix(name, snapshot.Manifests) {
			n++
		}
	}
	return n / len(units)
}

func TestNothingIsOlderThan28DaysAtAnyHour(t *testing.T) {
	for _, at := range []int{0, 1, 6, 17, 23} {
		b := newBench(t)
		b.sixtyDays(daily(0), daily(at))
		if n := b.kept(); n < 25 || n > 27 {
			t.Errorf("a sweep at %d keeps %d nights", at, n)
		}
	}
}

// Whichever sweep is missed, and whatever part of the day the others run in.
func TestAnySingleSweepMayBeMissed(t *testing.T) {
	if raced {
		t.Skip("one goroutine, and several times as long under the race detector")
	}
	for missed := 24; missed < 60; missed++ {
		b := newBench(t)
		at := missed * 7 % 24
		b.sixtyDays(daily(0), func(hours int) bool { return hours%24 == at && hours/24 != missed })
	}
}

// The test can fail: two in a row are too many.
func TestTwoMissedSweepsAreNoticed(t *testing.T) {
	b := newBench(t)
	b.now = start
	b.night()
	b.now = start.Add(rotation.Keep - rotation.Margin)
	b.rotate()
	b.now = b.now.Add(2*day + rotation.Margin)
	if b.oldest() < rotation.Limit {
		t.Error("nothing is too old")
	}
}

// A snapshot's age counts from its as-of moment, however late its objects were written.
func TestASnapshotThatTook20HoursIsAsOldAsItsBeginning(t *testing.T) {
	b := newBench(t)
	begun := map[int]time.Time{}
	b.sixtyDays(func(hours int) bool {
		switch hours % 24 {
		case 0:
			begun[hours/24] = b.now
		case 20:
			for _, unit := range units {
				b.snapshots.copied(unit, begun[hours/24], 2)
			}
		}
		return false
	}, daily(3))
	if n := b.kept(); n < 25 {
		t.Errorf("%d nights are kept", n)
	}
}

func TestTheClockJumps(t *testing.T) {
	b := newBench(t)
	for range 10 {
		b.night()
		b.now = b.now.Add(day)
		b.rotate()
	}
	b.now = b.now.Add(40 * day) // nothing ran meanwhile
	if b.rotate(); len(b.snapshots.All()) != 0 {
		t.Errorf("%d versions are left", len(b.snapshots.All()))
	}
	b.night()
	b.now = b.now.Add(-50 * day)
	if b.rotate(); b.kept() != 1 {
		t.Error("a clock that went back deletes")
	}
}

// A name of the future, made while a clock was wrong, does not live on for as long as it claims.
func TestANameOfTheFutureAgesWithItsObject(t *testing.T) {
	b := newBench(t)
	for _, unit := range units {
		b.snapshots.copied(unit, b.now.Add(300*day), 2)
	}
	b.now = start.Add(25 * day)
	if b.rotate(); b.kept() != 1 {
		t.Error("deleted too early")
	}
	b.now = start.Add(26 * day)
	if b.rotate(); len(b.snapshots.All()) != 0 {
		t.Errorf("%d versions are left", len(b.snapshots.All()))
	}
}

// A copied bucket is as old as what it says.
func TestACopiedObjectIsAsOldAsItsName(t *testing.T) {
	b := newBench(t)
	b.now = start.Add(100 * day)
	b.snapshots.copied(units[1], start, 3)
	if done := b.rotate(); len(b.snapshots.All()) != 0 || done.Manifests != 1 || done.Parts != 6 {
		t.Errorf("%+v, and %d are left", done, len(b.snapshots.All()))
	}
}

func TestPartsOfARunThatNeverFinishedGo(t *testing.T) {
	b := newBench(t)
	b.snapshots.parts(units[0], start, 5)
	b.snapshots.copied(units[1], start, 1)
	b.snapshots.parts(units[2], start, 1)
	b.now = start.Add(rotation.Unfinished)
	if done := b.rotate(); done != (rotation.Rotated{}) {
		t.Errorf("a run that may go on: %+v", done)
	}
	b.now = b.now.Add(time.Second)
	if done := b.rotate(); done != (rotation.Rotated{Parts: 12}) || len(b.snapshots.All()) != 3 {
		t.Errorf("%+v, and %d are left", done, len(b.snapshots.All()))
	}
}

func TestWhatIsSupersededGoesAtOnce(t *testing.T) {
	b := newBench(t)
	b.night()
	b.night()
	b.snapshots.MarkDeleted(b.snapshots.Names()[0])
	before := b.snapshots.Names()
	if done := b.rotate(); done.Superseded != 17 || done.Manifests+done.Parts+done.Unknown != 0 {
		t.Errorf("%+v", done)
	}
	if left := b.snapshots.Names(); !slices.Equal(left, before) || len(b.snapshots.All()) != len(before) {
		t.Errorf("%d versions of %v, want %v", len(b.snapshots.All()), left, before)
	}
}

func TestUnknownNamesAreCountedAndLeft(t *testing.T) {
	b := newBench(t)
	strangers := []string{"a", "frames/t_harbour/tenant/yesterday/00001-00000000", "framework", "indexes/x", "manifests/t_harbour/tenant/20260301T020000Z/part", "z", "zz"}
	for _, name := range strangers {
		b.snapshots.put(name)
		b.snapshots.put(name)
	}
	for range 9 {
		b.night()
		b.now = b.now.Add(day)
	}
	b.now = start.Add(100 * day)
	if done := b.rotate(); done.Unknown != len(strangers) {
		t.Errorf("%+v", done)
	}
	if left := b.snapshots.Names(); !slices.Equal(left, strangers) || len(b.snapshots.All()) != 2*len(strangers) {
		t.Errorf("left %v", left)
	}
}

// life writes to the media bucket each day: one object that is overwritten, one that is
// deleted, one that stays.
func (b *bench) media60() {
	for d := range 60 {
		b.now = start.Add(time.Duration(d) * day)
		b.media.put("t_harbour/c_page/profiles/picture.jpg")
		b.media.put(fmt.Sprintf("t_harbour/c_page/c_1/%02d.jpg", d))
		b.media.MarkDeleted(fmt.Sprintf("t_harbour/c_page/c_1/%02d.jpg", d))
		b.media.put(fmt.Sprintf("t_harbour/c_page/c_2/%02d.jpg", d))
		b.now = b.now.Add(hour)
		b.rotate()
		b.noncurrent()
	}
}

// noncurrent demands that nothing was superseded too long ago.
func (b *bench) noncurrent() {
	b.Helper()
	newer := map[string]time.Time{}
	for _, v := range b.media.All() {
		if since, ok := newer[v.Key]; ok && b.now.Sub(since) >= rotation.Keep {
			b.Errorf("%s was superseded %s ago", v.Key, b.now.Sub(since))
		}
		newer[v.Key] = v.Modified
	}
}

func TestVersionsOfThePlatformGoWhenTheyWereSupersededTooLongAgo(t *testing.T) {
	b := newBench(t)
	b.media60()
	current := b.media.Names()
	if len(current) != 61 {
		t.Errorf("%d objects are there, want every one that is in use", len(current))
	}
	names := map[string]int{}
	for _, v := range b.media.All() {
		names[v.Key]++
	}
	if n := names["t_harbour/c_page/profiles/picture.jpg"]; n != 27 {
		t.Errorf("%d versions of the picture are left", n)
	}
	if names["t_harbour/c_page/c_1/00.jpg"] != 0 || names["t_harbour/c_page/c_1/59.jpg"] != 2 {
		t.Errorf("left %v", names)
	}
	b.now = b.now.Add(100 * day)
	b.rotate()
	if left := b.media.All(); len(left) != 61 || !slices.Equal(b.media.Names(), current) {
		t.Errorf("%d versions are left", len(left))
	}
}

// Nothing that is deleted is ever seen again, not for a moment: what hides an object goes last.
func TestNoObjectComesBackWhileItIsDeleted(t *testing.T) {
	b := newBench(t)
	for i := range 20 {
		for range i {
			b.media.put(fmt.Sprintf("t_harbour/c_page/c_1/%02d.jpg", i))
		}
		b.media.MarkDeleted(fmt.Sprintf("t_harbour/c_page/c_1/%02d.jpg", i))
	}
	b.now = start.Add(27 * day)
	for fails := range 40 {
		b.media.Fault = func(op, _ string) (bool, error) {
			if seen := b.media.Names(); len(seen) > 0 {
				t.Fatalf("back: %v", seen)
			}
			fails--
			if op == snapshottest.Delete && fails == 0 {
				return false, errors.New("lost")
			}
			return true, nil
		}
		_, _ = b.rotator.Run(t.Context())
	}
	if len(b.media.All()) != 0 {
		t.Errorf("left %v", b.media.All())
	}
}

// whole demands that a snapshot which has a manifest has all its parts.
func (b *bench) whole(want map[string]int) {
	b.Helper()
	parts := map[string]int{}
	for _, name := range b.snapshots.Names() {
		if place, ok := snapshot.Locate(name); ok && place.Kind != snapshot.Manifests {
			parts[nameOf(b, snapshot.Place{Kind: snapshot.Manifests, Unit: place.Unit, AsOf: place.AsOf})]++
		}
	}
	for _, name := range b.snapshots.Names() {
		if strings.HasPrefix(name, snapshot.Manifests) && parts[name] != want[name] {
			b.Fatalf("%s has a manifest and %d parts of %d", name, parts[name], want[name])
		}
	}
}

func aged(t *testing.T) (*bench, map[string]int) {
	t.Helper()
	b := newBench(t)
	want := map[string]int{}
	for d := range 4 {
		b.now = start.Add(time.Duration(d) * day)
		b.night()
		for i, unit := range units {
			want[nameOf(t, snapshot.Place{Kind: snapshot.Manifests, Unit: unit, AsOf: b.now})] = 2 * (i + 1)
		}
	}
	b.now = start.Add(rotation.Keep + 2*day)
	return b, want
}

// writes are the names that one clean run deletes, in order.
func writes(t *testing.T) []string {
	t.Helper()
	b, _ := aged(t)
	var names []string
	b.snapshots.Fault = func(op, name string) (bool, error) {
		if op == snapshottest.Delete {
			names = append(names, name)
		}
		return true, nil
	}
	if done := b.rotate(); done != (rotation.Rotated{Manifests: 9, Parts: 36}) {
		t.Fatalf("%+v", done)
	}
	return names
}

func TestManifestsGoFirstThenIndexesThenFrames(t *testing.T) {
	names := writes(t)
	kinds := make([]string, len(names))
	for i, name := range names {
		kind, _, _ := strings.Cut(name, "/")
		kinds[i] = kind
	}
	if got := slices.Compact(kinds); len(names) != 45 || !slices.Equal(got, []string{"manifests", "indexes", "frames"}) {
		t.Errorf("%d in the order %v", len(names), got)
	}
}

// At every delete: not applied, applied but reported as failed, and the process dies.
// Never has a snapshot a manifest and not its parts; and the next sweep ends it.
func TestFaultsAtEveryDelete(t *testing.T) {
	kinds := map[string]func(cancel func()) (bool, error){
		"not applied":         func(func()) (bool, error) { return false, errors.New("lost") },
		"applied, but failed": func(func()) (bool, error) { return true, errors.New("lost") },
		"dies":                func(cancel func()) (bool, error) { cancel(); return false, context.Canceled },
	}
	for at := range writes(t) {
		for what, fate := range kinds {
			b, want := aged(t)
			ctx, cancel := context.WithCancel(t.Context())
			n := 0
			b.snapshots.Fault = func(op, _ string) (bool, error) {
				b.whole(want)
				if op == snapshottest.Delete {
					if n++; n == at+1 {
						return fate(cancel)
					}
				}
				return true, nil
			}
			done, err := b.rotator.Run(ctx)
			cancel()
			if err == nil || fault.KindOf(err) != fault.Retry || done.Failed == 0 {
				t.Errorf("%d, %s: %+v, %v", at, what, done, err)
			}
			b.whole(want)
			b.snapshots.Fault = nil
			b.rotate()
			if len(b.snapshots.All()) != 15 {
				t.Errorf("%d, %s: %d versions are left", at, what, len(b.snapshots.All()))
			}
		}
	}
}

// What can be deleted is, whatever becomes of one name.
func TestOneNameThatCannotBeDeletedStopsNothingElse(t *testing.T) {
	b, _ := aged(t)
	stuck := nameOf(t, snapshot.Place{Kind: snapshot.Manifests, Unit: units[1], AsOf: start})
	b.snapshots.Fault = func(op, name string) (bool, error) {
		if op == snapshottest.Delete && name == stuck {
			return false, errors.New("a canary of a foreign error")
		}
		return true, nil
	}
	done, err := b.rotator.Run(t.Context())
	if err == nil || done.Failed != 1 || done.Parts != 32 {
		t.Errorf("%+v, %v", done, err)
	}
	if len(b.snapshots.All()) != 15+5 { // the manifest and its four parts
		t.Errorf("%d versions are left", len(b.snapshots.All()))
	}
	if strings.Contains(b.log.String(), "canary") || !strings.Contains(b.log.String(), "delete from manifests/") {
		t.Errorf("logged %s", &b.log)
	}
}

func TestAListingThatFailsStopsNothingElse(t *testing.T) {
	for _, c := range [][2]string{{snapshottest.Versions, snapshot.Manifests}, {snapshottest.Versions, snapshot.Indexes},
		{snapshottest.Versions, snapshot.Frames}, {snapshottest.List, snapshot.Manifests}, {snapshottest.List, ""}} {
		b, want := aged(t)
		b.snapshots.Fault = func(op, name string) (bool, error) {
			fails := op == c[0] && name == c[1]
			return !fails, failIf(fails)
		}
		if _, err := b.rotator.Run(t.Context()); err == nil {
			t.Errorf("%q: no error", c)
		}
		b.whole(want)
		b.snapshots.Fault = nil
		if b.rotate(); len(b.snapshots.All()) != 15 {
			t.Errorf("%q: %d versions are left", c, len(b.snapshots.All()))
		}
	}
}

func failIf(is bool) error {
	if is {
		return errors.New("lost")
	}
	return nil
}

// A sweep whose time is up has deleted what it saw, and the next ones end it.
func TestASweepGoesOnTheNextTime(t *testing.T) {
	b, want := aged(t)
	sweeps := 0
	for ; len(b.snapshots.All()) > 15; sweeps++ {
		ctx, cancel := context.WithCancel(t.Context())
		deletes := 0
		b.snapshots.Fault = func(op, _ string) (bool, error) {
			if op == snapshottest.Delete {
				if deletes++; deletes == 14 {
					cancel()
				}
			}
			return true, nil
		}
		done, _ := b.rotator.Run(ctx)
		cancel()
		if b.whole(want); sweeps > 20 || len(b.snapshots.All()) > 15 && !done.OutOfTime {
			t.Fatalf("sweep %d: %+v", sweeps, done)
		}
	}
	if sweeps < 3 {
		t.Errorf("%d sweeps", sweeps)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
	defer cancel()
	b.snapshots.Fault = func(op, name string) (bool, error) { t.Errorf("%s of %s", op, name); return false, nil }
	if done, err := b.rotator.Run(ctx); err != nil || !done.OutOfTime {
		t.Errorf("within the reserve: %+v, %v", done, err)
	}
}

// A unit that is dropped while the sweep lists disturbs nothing.
func TestAUnitThatIsDroppedMeanwhile(t *testing.T) {
	b, _ := aged(t)
	b.snapshots.Page = 2
	dropped := false
	b.snapshots.Fault = func(op, name string) (bool, error) {
		if op == snapshottest.Delete && strings.HasPrefix(name, snapshot.Indexes) && !dropped {
			dropped = true
			for _, v := range b.snapshots.All() {
				if strings.HasPrefix(v.Key, snapshot.Manifests+"t_harbour/channel/") {
					b.snapshots.remove(v)
				}
			}
		}
		return true, nil
	}
	b.rotate()
	left := map[string]int{}
	for _, v := range b.snapshots.All() {
		place, _ := snapshot.Locate(v.Key)
		left[place.Unit.Tenant+"/"+place.Unit.Channel]++
	}
	delete(left, "t_harbour/c_page")
	if want := map[string]int{"t_harbour/": 3, "t_hillside/tenant": 7}; !maps.Equal(left, want) {
		t.Errorf("left %v", left)
	}
}
