package rotation_test

import (
	"bytes"
	"context"
	crand "crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

// vault is snapshots, the keys that they are sealed under, and who drills.
type vault struct {
	*testing.T
	now    time.Time
	bucket *snapshottest.Bucket
	rows   *keystest.Fake
	root   keystest.Root
	stones *fencetest.Fake
	secret secrets.Versioned
	log    bytes.Buffer
}

func newVault(t *testing.T) *vault {
	t.Helper()
	secret, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	stones := fencetest.NewFake()
	return &vault{T: t, now: start, bucket: &snapshottest.Bucket{Page: 5}, rows: keystest.NewFake(stones), stones: stones, secret: secret}
}

func (v *vault) keyring() *keys.Keyring {
	return &keys.Keyring{Rows: v.rows, Root: v.root, Tombstones: v.stones, Secret: v.secret, Now: func() time.Time { return v.now }, Random: crand.Reader}
}

func path(unit snapshot.Unit, below ...string) keys.Path {
	p := keys.Path{{Kind: "tenant", Values: []string{unit.Tenant}}, {Kind: "channel", Values: []string{unit.Tenant, unit.Channel}}}
	for i, name := range below {
		p = append(p, keys.Subject{Kind: []string{"lead", "conversation"}[i], Values: []string{unit.Tenant, name}})
	}
	return p
}

// seal makes a snapshot of a unit in which each path's subject has one frame.
func (v *vault) seal(unit snapshot.Unit, asOf time.Time, sets ...[]keys.Path) {
	v.Helper()
	s := &snapshot.Sealer{Unit: unit, AsOf: asOf, Token: "0a1b2c3d", Put: v.bucket.Put, Random: crand.Reader}
	ring := v.keyring()
	for i, set := range sets {
		sealed := snapshot.Sealed{Store: "messages", Kind: snapshot.Record, Item: livedata.Item{"body": &types.AttributeValueMemberS{Value: fmt.Sprintf("a table for %d", i)}}}
		for _, p := range set {
			key, err := ring.ForSealing(v.Context(), p)
			if err != nil {
				v.Fatal(err)
			}
			sealed.Keys = append(sealed.Keys, key)
		}
		if err := s.Batch(v.Context(), nil, []snapshot.Sealed{sealed}); err != nil {
			v.Fatal(err)
		}
	}
	own, err := ring.ForSealing(v.Context(), path(unit))
	if err == nil {
		err = s.Finish(v.Context(), own, "map", asOf.Add(time.Minute))
	}
	if err != nil {
		v.Fatal(err)
	}
}

// raise puts up the tombstones of a path's subject, as of now, as the fence does.
func (v *vault) raise(p keys.Path, cutoff time.Time) {
	v.Helper()
	own := p[len(p)-1]
	for _, print := range fence.ScopePrints(v.secret, own.Kind, own.Values...) {
		if err := v.stones.Raise(v.Context(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff, ExpiresAt: v.now.Add(fence.Keep)}); err != nil {
			v.Fatal(err)
		}
	}
}

func (v *vault) destroy(p keys.Path) {
	v.Helper()
	if _, err := (keys.Destroyer{Rows: v.rows, Secret: v.secret}).Destroy(v.Context(), p); err != nil {
		v.Fatal(err)
	}
}

func (v *vault) drill() (rotation.Drilled, error) {
	d := rotation.Drill{Reader: func() snapshot.Reader { return snapshot.Reader{Objects: v.bucket, Keyring: v.keyring()} },
		Tombstones: v.stones, Now: func() time.Time { return v.now }, Random: rand.New(rand.NewPCG(1, 2)),
		Log: slog.New(slog.NewJSONHandler(&v.log, nil)), Reserve: 10 * time.Second}
	return d.Run(v.Context())
}

// want demands a drill's result.
func (v *vault) want(want rotation.Drilled) {
	v.Helper()
	if got, err := v.drill(); got != want || (err != nil) != (want.Failed > 0 || want.ControlFailed) {
		v.Errorf("%+v, %v; want %+v\n%s", got, err, want, &v.log)
	}
}

var (
	page  = units[1]
	anna  = path(page, "anna")
	annas = path(page, "anna", "c_1")
	berta = path(page, "berta", "c_2")
)

// one is a snapshot with a conversation of anna's, one of berta's, and one in which a word
// of berta's quotes anna's.
func one(t *testing.T) *vault {
	v := newVault(t)
	v.seal(page, start, []keys.Path{annas}, []keys.Path{berta}, []keys.Path{berta, anna})
	v.now = start.Add(10 * day)
	return v
}

// later is long enough after a tombstone of a lead.
func (v *vault) later() *vault {
	v.now = v.now.Add(time.Hour + time.Second)
	return v
}

func TestWhatIsDestroyedDoesNotOpen(t *testing.T) {
	v := one(t)
	v.raise(anna, v.now)
	v.destroy(anna)
	v.later().want(rotation.Drilled{Snapshots: 1, Sampled: 2, Control: true})
}

func TestAKeyThatWasNotDestroyedIsFound(t *testing.T) {
	v := one(t)
	v.raise(anna, v.now)
	v.later().want(rotation.Drilled{Snapshots: 1, Sampled: 2, Opened: 2, Control: true})
	if log := v.log.String(); strings.Count(log, `"stamp":"20260301T020000Z","frame":`) != 2 || !strings.Contains(log, `"channel_id":"c_page"`) ||
		strings.Contains(log, "anna") || strings.Contains(log, "berta") || strings.Contains(log, "a table for") {
		t.Errorf("logged %s", log)
	}
}

// What was sealed before the secret changed is under names of the old version.
func TestAKeyOfBeforeTheSecretChangedIsFound(t *testing.T) {
	v := one(t)
	secret, err := secrets.ParseVersioned([]byte(`{"current":"2","1":"` + strings.Repeat("k", 64) + `","2":"` + strings.Repeat("m", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	v.secret = secret
	v.raise(anna, v.now)
	v.later().want(rotation.Drilled{Snapshots: 1, Sampled: 2, Opened: 2, Control: true})
	v.destroy(anna)
	v.want(rotation.Drilled{Snapshots: 1, Sampled: 2, Control: true})
}

// Where two deleted subjects' keys are needed, one that is left is found though the frame
// does not open.
func TestOneKeyOfTwoThatIsLeftIsFound(t *testing.T) {
	v := newVault(t)
	v.seal(page, start, []keys.Path{berta, anna}, []keys.Path{path(page, "carla")})
	v.raise(anna, v.now)
	v.raise(path(page, "berta"), v.now)
	v.destroy(anna)
	v.later().want(rotation.Drilled{Snapshots: 1, Sampled: 1, Opened: 1, Control: true})
	v.destroy(path(page, "berta"))
	v.want(rotation.Drilled{Snapshots: 1, Sampled: 1, Control: true})
}

func TestWhomADrillExpectsToBeGone(t *testing.T) {
	for name, c := range map[string]struct {
		of          keys.Path
		cutoff, age time.Duration // of the tombstone, against the snapshot and now
		sampled     int
	}{
		"at the moment of the snapshot":        {anna, 0, 2 * hour, 2},
		"before the snapshot, known later":     {anna, -time.Second, 2 * hour, 2},
		"long before it, known later":          {anna, -40 * day, 2 * hour, 2},
		"a moment ago":                         {anna, day, hour, 0},
		"a conversation":                       {annas, day, 2 * hour, 1},
		"a channel, whose purge may go on":     {path(page), day, 4 * day, 0},
		"a channel":                            {path(page), day, 4*day + 1, 3},
		"a business, whose purge may go on":    {path(page)[:1], day, 4 * day, 0},
		"a business":                           {path(page)[:1], day, 4*day + 1, 3},
		"known before every snapshot there is": {anna, -40 * day, 40 * day, 0},
		"somebody else of the same name at t_": {path(units[2], "anna"), day, 2 * hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := one(t)
			v.raise(c.of, start.Add(c.cutoff))
			v.now = v.now.Add(c.age)
			if got, _ := v.drill(); got.Sampled != c.sampled || got.Opened != c.sampled {
				t.Errorf("%+v", got)
			}
		})
	}
}

// Somebody who writes again while a snapshot goes on gets a new key, under which nothing old is.
func TestANewKeyOfOneWhoCameBackIsNoFinding(t *testing.T) {
	v := one(t)
	v.raise(anna, v.now)
	v.destroy(anna)
	v.seal(page, v.now.Add(-time.Minute), []keys.Path{annas}, []keys.Path{berta})
	v.seal(page, v.now.Add(time.Minute), []keys.Path{annas}, []keys.Path{berta})
	v.later()
	if got, err := v.drill(); err != nil || got != (rotation.Drilled{Snapshots: 3, Sampled: 2, Control: true}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A drill that can open nothing at all does not pass, whatever the reason.
func TestTheControlFailsWhenNothingOpens(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(v *vault)
		failed int
	}{
		"the tenant's key is gone": {func(v *vault) { v.destroy(path(page)[:1]) }, 0},
		"the leads' keys are gone": {func(v *vault) { v.destroy(anna); v.destroy(path(page, "berta")) }, 0},
		"KMS refuses":              {func(v *vault) { v.root.Err = errors.New("a canary of a foreign error") }, 1},
		"frames cannot be read": {func(v *vault) {
			v.bucket.Fault = func(op, _ string) (bool, error) { return op != snapshottest.Range, failIf(op == snapshottest.Range) }
		}, 1},
		"everybody is deleted": {func(v *vault) { v.raise(path(page)[:1], v.now) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := one(t)
			c.spoil(v)
			v.later()
			got, err := v.drill()
			if err == nil || !got.ControlFailed || got.Control || got.Failed != c.failed || got.Proves() {
				t.Errorf("%+v, %v", got, err)
			}
			if fault.KindOf(err) != fault.Permanent || strings.Contains(v.log.String(), "canary") {
				t.Errorf("%v, logged %s", err, &v.log)
			}
		})
	}
}

func TestWithoutASnapshotADrillSaysSo(t *testing.T) {
	v := newVault(t)
	v.want(rotation.Drilled{})
	var line struct{ Level, Msg string }
	if err := json.Unmarshal(v.log.Bytes(), &line); err != nil || line.Level != "WARN" || line.Msg != "there is no snapshot to try" {
		t.Errorf("logged %s", &v.log)
	}
	if (rotation.Drilled{}).Proves() {
		t.Error("it proves something")
	}
}

// One that is damaged does not hide the others.
func TestADamagedSnapshotStopsNothingElse(t *testing.T) {
	v := one(t)
	v.seal(page, start.Add(day), []keys.Path{annas}, []keys.Path{berta})
	v.raise(anna, v.now)
	if err := v.bucket.Put(t.Context(), "manifests/t_harbour/channel/c_page/20260301T020000Z", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	v.later().want(rotation.Drilled{Snapshots: 2, Sampled: 1, Opened: 1, Control: true, Failed: 1})
}

func TestASampleIsBoundedAndOfManySnapshots(t *testing.T) {
	v := newVault(t)
	var sets [][]keys.Path
	for i := range 30 {
		sets = append(sets, []keys.Path{path(page, fmt.Sprintf("anna%d", i))})
	}
	for d := range 26 {
		v.seal(page, start.Add(time.Duration(d)*day), append(sets, []keys.Path{berta})...)
	}
	v.now = start.Add(26 * day)
	for _, set := range sets {
		v.raise(set[0], v.now)
		v.destroy(set[0])
	}
	v.later().want(rotation.Drilled{Snapshots: 20, Sampled: rotation.Sample, Control: true})
}

func TestASnapshotThatIsRotatedMeanwhile(t *testing.T) {
	v := one(t)
	v.seal(page, start.Add(day), []keys.Path{berta})
	v.bucket.Fault = func(op, name string) (bool, error) {
		if op == snapshottest.Get && strings.HasPrefix(name, snapshot.Manifests) && strings.HasSuffix(name, snapshot.Stamp(start)) {
			return false, fault.New(fault.NotFound, "get an object")
		}
		return true, nil
	}
	v.want(rotation.Drilled{Snapshots: 1, Control: true})
}

func TestADrillThatCannotListFails(t *testing.T) {
	v := one(t)
	v.bucket.Fault = func(op, _ string) (bool, error) { return op != snapshottest.List, failIf(op == snapshottest.List) }
	if got, err := v.drill(); err == nil || got.Proves() {
		t.Errorf("%+v, %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := rotation.Drill{Reader: func() snapshot.Reader { return snapshot.Reader{} }, Tombstones: v.stones, Now: time.Now}
	if _, err := d.Run(ctx); err == nil {
		t.Error("tombstones were not listed, and nothing is said")
	}
}
