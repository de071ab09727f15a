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

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

// tables are tables as a whole, in memory, two to a page.
type tables struct {
	tables   map[string]rotation.Table
	recovery map[string]rotation.Recovery
	fault    func(op, name string) error // nil: every call is answered
}

func (f *tables) call(ctx context.Context, op, name string) error {
	if f.fault != nil {
		return f.fault(op, name)
	}
	return ctx.Err()
}

func (f *tables) Names(ctx context.Context, after string) (names []string, next string, err error) {
	all := slices.DeleteFunc(slices.Sorted(maps.Keys(f.tables)), func(name string) bool { return name <= after })
	if len(all) > 2 {
		return all[:2], all[1], f.call(ctx, "names", "")
	}
	return all, "", f.call(ctx, "names", "")
}

func (f *tables) Describe(ctx context.Context, name string) (rotation.Table, error) {
	t, ok := f.tables[name]
	if !ok {
		return t, fault.New(fault.NotFound, "describe a table")
	}
	return t, f.call(ctx, "describe", name)
}

func (f *tables) Recovery(ctx context.Context, name string) (rotation.Recovery, error) {
	r, ok := f.recovery[name]
	if !ok {
		return r, fault.New(fault.NotFound, "describe a table's recovery")
	}
	return r, f.call(ctx, "recovery", name)
}

const keyTable = "dev-snapshotkeys"

// office is a bench that is audited.
type office struct {
	*bench
	tables *tables
	audit  rotation.Audit
	log    bytes.Buffer
}

// healthy has lived for 40 days of which everything was as it must be.
func healthy(t *testing.T) *office {
	b := newBench(t)
	o := &office{bench: b, tables: &tables{tables: map[string]rotation.Table{}, recovery: map[string]rotation.Recovery{}}}
	names := map[string]string{}
	for _, s := range b.rotator.Map.Backed() {
		names[s.Name] = "dev-" + s.Name
		o.tables.tables[names[s.Name]] = rotation.Table{CreatedAt: start.Add(-day)}
		o.tables.recovery[names[s.Name]] = rotation.Recovery{On: true, Days: 1}
	}
	o.tables.tables[keyTable] = rotation.Table{CreatedAt: start.Add(-day), Protected: true}
	o.tables.recovery[keyTable] = rotation.Recovery{Days: 35}
	b.media.put("t_harbour/c_page/profiles/picture.jpg")
	b.snapshots.Page = 100 // for speed
	for range 40 {
		b.night()
		b.now = b.now.Add(4 * hour)
		b.media.put("t_harbour/c_page/profiles/picture.jpg")
		b.rotate()
		b.now = b.now.Add(20 * hour)
	}
	b.snapshots.Page = 7
	o.audit = rotation.Audit{Snapshots: b.snapshots, Platform: map[string]rotation.Listed{"media": b.media}, Tables: o.tables, Map: b.rotator.Map,
		Names: names, Keys: keyTable, RecoveryDays: 1, Now: func() time.Time { return b.now }, Log: slog.New(slog.NewJSONHandler(&o.log, nil)), Reserve: 10 * time.Second}
	return o
}

// good is what an audit of all that finds.
var good = rotation.Audited{Snapshots: 26 * 3, OldestDays: 26, OldestNoncurrent: 25}

// The runbook looks for it in the log.
func TestWhatIsStaleIsNamed(t *testing.T) {
	o := healthy(t)
	o.now = o.now.Add(4*day + 1)
	if got, err := o.audit.Run(t.Context()); err != nil || got.StaleUnits != len(units) {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, unit := range units {
		if line := fmt.Sprintf(`"tenant_id":%q,"channel_id":%q,"newest":"20260409T020000Z"`, unit.Tenant, unit.Channel); strings.Count(o.log.String(), line) != 1 {
			t.Errorf("no line with %s in\n%s", line, &o.log)
		}
	}
}

func (o *office) want(want rotation.Audited) {
	o.Helper()
	got, err := o.audit.Run(o.Context())
	if got != want || (err != nil) != (want.Failed > 0) || got.Complete() != (want.Failed == 0 && !want.OutOfTime) {
		o.Errorf("%+v, %v; want %+v\n%s", got, err, want, &o.log)
	}
}

func TestNothingToFindIsFound(t *testing.T) {
	o := healthy(t)
	before := len(o.snapshots.All()) + len(o.media.All())
	deny := func(op, _ string) (bool, error) { return op != snapshottest.Delete, nil }
	o.snapshots.Fault, o.media.Fault = deny, deny
	o.want(good)
	if after := len(o.snapshots.All()) + len(o.media.All()); after != before {
		t.Errorf("%d versions before, %d after", before, after)
	}
}

// Each thing that can be wrong is found by itself, and nothing else is then.
func TestEachFaultIsFoundAlone(t *testing.T) {
	old := snapshot.Place{Kind: snapshot.Manifests, Unit: units[0], AsOf: start.Add(12 * day)}
	leads := "dev-leads"
	for name, c := range map[string]struct {
		plant func(o *office)
		want  func(a *rotation.Audited)
	}{
		"an old manifest": {func(o *office) { o.snapshots.put(nameOf(o, old)) }, func(a *rotation.Audited) { a.OldestDays, a.Snapshots = 28, a.Snapshots+1 }},
		"an old index": {func(o *office) {
			o.snapshots.put(nameOf(o, snapshot.Place{Kind: snapshot.Indexes, Unit: units[0], AsOf: old.AsOf, Part: "00001-00000000"}))
		}, func(a *rotation.Audited) { a.OldestDays = 28 }},
		"old frames of which only an earlier version is left": {func(o *office) {
			name := nameOf(o, snapshot.Place{Kind: snapshot.Frames, Unit: units[2], AsOf: old.AsOf, Part: "00001-00000000"})
			o.snapshots.put(name)
			o.snapshots.MarkDeleted(name)
		}, func(a *rotation.Audited) { a.OldestDays = 28 }},
		"an old version of the platform": {func(o *office) {
			now := o.now
			o.now = now.Add(-40 * day)
			o.media.put("t_harbour/c_page/c_1/a.jpg")
			o.now = now.Add(-28 * day)
			o.media.MarkDeleted("t_harbour/c_page/c_1/a.jpg")
			o.now = now
		}, func(a *rotation.Audited) { a.OldestNoncurrent = 28 }},
		"what is no snapshot's":      {func(o *office) { o.snapshots.put("exports/leads.json") }, func(a *rotation.Audited) { a.Unknown = 1 }},
		"a stranger among manifests": {func(o *office) { o.snapshots.put("manifests/t_harbour/tenant/latest") }, func(a *rotation.Audited) { a.Unknown = 1 }},
		"a name of the future": {func(o *office) {
			o.snapshots.put(nameOf(o, snapshot.Place{Kind: snapshot.Manifests, Unit: units[0], AsOf: o.now.Add(2 * hour)}))
		}, func(a *rotation.Audited) { a.Unknown, a.Snapshots = 1, a.Snapshots+1 }},
		"a unit that is not copied any more": {func(o *office) {
			for _, v := range o.snapshots.All() {
				if place, _ := snapshot.Locate(v.Key); place.Unit == units[1] && o.now.Sub(place.AsOf) <= rotation.Stale && place.Kind == snapshot.Manifests {
					o.snapshots.remove(v)
				}
			}
		}, func(a *rotation.Audited) { a.StaleUnits, a.Snapshots = 1, a.Snapshots-4 }},
		"a unit that waits for its closure": {func(o *office) {
			for _, v := range o.snapshots.All() {
				if place, _ := snapshot.Locate(v.Key); place.Unit == units[1] && o.now.Sub(place.AsOf) < 4*day && place.Kind == snapshot.Manifests {
					o.snapshots.remove(v)
				}
			}
		}, func(a *rotation.Audited) { a.Snapshots -= 3 }},
		"a target of a restore": {func(o *office) {
			o.tables.tables["dev-leads-restore-1"] = rotation.Table{CreatedAt: o.now.Add(-restore.MostAge - day - 1)}
			o.tables.tables["dev-leads-restore-2"] = rotation.Table{CreatedAt: o.now.Add(-restore.MostAge - day)}
			o.tables.tables["other-restore-2"] = rotation.Table{CreatedAt: o.now.Add(-9 * day)}
		}, func(a *rotation.Audited) { a.TargetsLeft = 1 }},
		"no recovery":           {func(o *office) { o.tables.recovery[leads] = rotation.Recovery{Days: 1} }, func(a *rotation.Audited) { a.RecoveryWrong = 1 }},
		"recovery of two days":  {func(o *office) { o.tables.recovery[leads] = rotation.Recovery{On: true, Days: 2} }, func(a *rotation.Audited) { a.RecoveryWrong = 1 }},
		"keys can be recovered": {func(o *office) { o.tables.recovery[keyTable] = rotation.Recovery{On: true} }, func(a *rotation.Audited) { a.KeysExposed = 1 }},
		"keys are streamed":     {func(o *office) { o.tables.tables[keyTable] = rotation.Table{Protected: true, Streams: true} }, func(a *rotation.Audited) { a.KeysExposed = 1 }},
		"keys are replicated": {func(o *office) {
			o.tables.tables[keyTable] = rotation.Table{Protected: true, Streams: true, Replicated: true}
		}, func(*rotation.Audited) {}},
		"keys are not protected":   {func(o *office) { o.tables.tables[keyTable] = rotation.Table{} }, func(a *rotation.Audited) { a.KeysExposed = 1 }},
		"a table is missing":       {func(o *office) { delete(o.tables.recovery, leads) }, func(a *rotation.Audited) { a.Failed = 1 }},
		"the keys are missing":     {func(o *office) { delete(o.tables.recovery, keyTable) }, func(a *rotation.Audited) { a.Failed = 1 }},
		"the keys are undescribed": {func(o *office) { delete(o.tables.tables, keyTable) }, func(a *rotation.Audited) { a.Failed = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			o := healthy(t)
			c.plant(o)
			want := good
			c.want(&want)
			o.want(want)
		})
	}
}

// What cannot be looked at is a failure, and keeps nothing else from being looked at.
func TestAnAuditThatCannotLookFails(t *testing.T) {
	canary := errors.New("a canary of a foreign error")
	for name, c := range map[string]struct {
		deny func(o *office)
		want func(a *rotation.Audited)
	}{
		"frames": {func(o *office) {
			o.snapshots.Fault = func(_, name string) (bool, error) {
				if name == snapshot.Frames {
					return false, canary
				}
				return true, nil
			}
		}, func(*rotation.Audited) {}},
		"media": {func(o *office) { o.media.Fault = func(string, string) (bool, error) { return false, canary } }, func(a *rotation.Audited) { a.OldestNoncurrent = 0 }},
		"names of tables": {func(o *office) {
			o.tables.fault = func(op, _ string) error {
				if op == "names" {
					return canary
				}
				return nil
			}
		}, func(*rotation.Audited) {}},
		"one table": {func(o *office) {
			o.tables.recovery["dev-links"] = rotation.Recovery{}
			o.tables.fault = func(_, name string) error {
				if name == "dev-leads" {
					return canary
				}
				return nil
			}
		}, func(a *rotation.Audited) { a.RecoveryWrong = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			o := healthy(t)
			c.deny(o)
			want := good
			c.want(&want)
			want.Failed = 1
			o.want(want)
			if strings.Contains(o.log.String(), "canary") {
				t.Errorf("logged %s", &o.log)
			}
		})
	}
}

func TestAnAuditOutOfTimeIsNotComplete(t *testing.T) {
	o := healthy(t)
	ctx, cancel := context.WithTimeout(t.Context(), 9*time.Second)
	defer cancel()
	if got, err := o.audit.Run(ctx); err != nil || !got.OutOfTime || got.Complete() {
		t.Errorf("%+v, %v", got, err)
	}
}
