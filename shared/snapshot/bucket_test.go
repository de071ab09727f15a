package snapshot_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

func TestBucketKeepsTheContract(t *testing.T) {
	for _, page := range []int{1, 3, 1000} {
		snapshottest.Run(t, snapshottest.OnBucket(&snapshottest.Bucket{Page: page}))
	}
}

// Every call that fails is told of, by the object that it was about.
func TestCallsThatFail(t *testing.T) {
	down := fault.New(fault.Retry, "the bucket is down")
	for _, c := range []struct{ op, name, says string }{
		{snapshottest.Get, manifest, manifest},
		{snapshottest.Get, snapshot.Indexes + second, snapshot.Indexes + second},
		{snapshottest.Range, snapshot.Frames + second, "frame 4 of " + snapshot.Frames + second},
	} {
		w := newWorld(t)
		w.write(unit, asOf)
		w.bucket.Fault = func(op, name string) (bool, error) {
			if op == c.op && name == c.name {
				return true, down
			}
			return true, nil
		}
		if _, err := w.read(unit, asOf); !errors.Is(err, down) || fault.KindOf(err) != fault.Retry || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s of %s: %v", c.op, c.name, err)
		}
		if c.op != snapshottest.Range {
			if err := snapshot.EachName(t.Context(), w.bucket, unit, ignoreNames); !errors.Is(err, down) {
				t.Errorf("names, %s of %s: %v", c.op, c.name, err)
			}
		}
	}
	w := newWorld(t)
	w.bucket.Fault = func(string, string) (bool, error) { return true, down }
	if _, err := w.reader().AsOfs(t.Context(), unit); !errors.Is(err, down) {
		t.Errorf("list: %v", err)
	}
}

// Snapshots that rotate while their names are read: what is gone is no error, as long as
// the manifest is gone too.
func TestNamesWhileRotating(t *testing.T) {
	for name, c := range map[string]struct {
		at   string // the read before which objects go
		gone []string
		fail bool
	}{
		"the manifest":          {manifest, []string{manifest}, false},
		"manifest and indexes":  {snapshot.Indexes + first, []string{manifest, snapshot.Indexes + first}, false},
		"between the indexes":   {snapshot.Indexes + second, []string{manifest, snapshot.Indexes + second}, false},
		"an index alone":        {snapshot.Indexes + second, []string{snapshot.Indexes + second}, true},
		"the frames: not asked": {snapshot.Indexes + second, []string{snapshot.Frames + first}, false},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.write(unit, asOf)
			w.bucket.Fault = func(_, name string) (bool, error) {
				if name == c.at {
					for _, gone := range c.gone {
						w.bucket.MarkDeleted(gone)
					}
				}
				return true, nil
			}
			if err := snapshot.EachName(t.Context(), w.bucket, unit, ignoreNames); (err != nil) != c.fail {
				t.Error(err)
			}
		})
	}
}

func TestNamesEndWithTheirVisit(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	enough := errors.New("enough")
	for most := range 3 {
		visits := 0
		err := snapshot.EachName(t.Context(), w.bucket, unit, func(time.Time, []keys.Ref) error {
			if visits++; visits > most {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || visits != most+1 {
			t.Errorf("%d visits, %v", visits, err)
		}
	}
	bad := snapshot.Unit{Channel: "ch_1"}
	if err := snapshot.EachName(t.Context(), w.bucket, bad, ignoreNames); err == nil {
		t.Error("a unit without a tenant has names")
	}
	if _, err := w.read(bad, asOf); err == nil {
		t.Error("a unit without a tenant opens")
	}
}
