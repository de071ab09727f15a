package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// recorded lists the writes of a bucket in order.
func (w *world) recorded() *[]string {
	var names []string
	w.bucket.Fault = func(op, name string) (bool, error) {
		if op == "put" {
			names = append(names, name)
		}
		return true, nil
	}
	return &names
}

// writes are those of write, in an order in which dying after any of them leaves nothing that is
// taken for a snapshot.
var writes = []string{snapshot.Frames + first, snapshot.Indexes + first, snapshot.Frames + second, snapshot.Indexes + second, manifest}

func TestOrderOfWrites(t *testing.T) {
	w := newWorld(t)
	names := w.recorded()
	w.write(unit, asOf)
	if !slices.Equal(*names, writes) {
		t.Errorf("wrote %q", *names)
	}
}

// run is one run of a writer of three batches, one part each, which goes on from a state and
// gives the last one it could note.
func (w *world) run(token string, set []keys.Key, from snapshot.State) (snapshot.State, error) {
	s := w.sealer(unit, asOf)
	s.Token = token
	if from.Version > 0 {
		if err := s.Resume(from); err != nil {
			return from, err
		}
	}
	for number := from.Batch + 1; number <= 3; number++ {
		if err := s.Batch(w.Context(), nil, []snapshot.Sealed{sealed(set, number)}); err != nil {
			return from, err
		}
		if err := s.Flush(w.Context()); err != nil {
			return from, err
		}
		from = s.State()
	}
	return from, s.Finish(w.Context(), w.key(path(unit)), "map", finished)
}

// After every write that fails or is only said to have failed, another run goes on, and the
// snapshot is as if nothing had happened.
func TestARunThatDiesAtEveryWrite(t *testing.T) {
	w := newWorld(t)
	names := w.recorded()
	if _, err := w.run(token, []keys.Key{w.key(path(unit, "anna", "c_1"))}, snapshot.State{}); err != nil || len(*names) != 7 {
		t.Fatalf("wrote %q, %v", *names, err)
	}
	for _, broken := range *names {
		for _, applied := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, applied %t", broken, applied), func(t *testing.T) { diesAt(t, broken, applied) })
		}
	}
}

func diesAt(t *testing.T, broken string, applied bool) {
	w := newWorld(t)
	set := []keys.Key{w.key(path(unit, "anna", "c_1"))}
	w.bucket.Fault = func(op, name string) (bool, error) {
		if op == "put" && name == broken {
			return applied, fault.New(fault.Retry, "the connection is lost")
		}
		return true, nil
	}
	state, err := w.run(token, set, snapshot.State{})
	if fault.KindOf(err) != fault.Retry || !strings.Contains(err.Error(), broken) {
		t.Fatalf("the first run: %v", err)
	}
	asOfs, err := w.reader().AsOfs(t.Context(), unit)
	if whole := applied && broken == manifest; err != nil || len(asOfs) > 0 != whole {
		t.Fatalf("snapshots of %v, %v", asOfs, err)
	}
	w.bucket.Fault = nil
	if _, err := w.run("11111111", set, w.throughJSON(state)); err != nil {
		t.Fatalf("the next run: %v", err)
	}
	got, err := w.read(unit, asOf)
	if want := "1:[m_1]-0 2:[m_2]-0 3:[m_3]-0 "; err != nil || say(got) != want {
		t.Errorf("read %s, want %s, %v", say(got), want, err)
	}
}

func (w *world) throughJSON(s snapshot.State) (out snapshot.State) {
	w.Helper()
	if err := json.Unmarshal(w.form(s), &out); err != nil {
		w.Fatal(err)
	}
	return out
}

// In the same run, Flush is called again after a Put that failed.
func TestFlushAgain(t *testing.T) {
	w := newWorld(t)
	fails := 2
	w.bucket.Fault = func(op, _ string) (bool, error) {
		if fails--; op == "put" && fails >= 0 {
			return fails == 0, fault.New(fault.Retry, "the connection is lost")
		}
		return true, nil
	}
	s := w.sealer(unit, asOf)
	w.batch(s, nil, []snapshot.Sealed{sealed([]keys.Key{w.key(path(unit, "anna", "c_1"))}, 1)})
	for try := range 3 {
		if err := s.Flush(t.Context()); (err == nil) != (try == 2) {
			t.Fatalf("try %d: %v", try, err)
		}
	}
	w.finish(s)
	if got, err := w.read(unit, asOf); err != nil || say(got) != "1:[m_1]-0 " {
		t.Errorf("read %s, %v", say(got), err)
	}
}

func TestStateIsWhatIsWritten(t *testing.T) {
	w := newWorld(t)
	set := []keys.Key{w.key(path(unit, "anna", "c_1"))}
	s := w.sealer(unit, asOf)
	empty := s.State()
	w.batch(s, nil, []snapshot.Sealed{sealed(set, 1)})
	if !reflect.DeepEqual(s.State(), empty) || s.Buffered() == 0 {
		t.Errorf("with an open part: %+v, %d bytes", s.State(), s.Buffered())
	}
	w.flush(s)
	state := s.State()
	if s.Buffered() != 0 || state.Batch != 1 || state.Sequence != 1 || len(state.Parts) != 1 || state.Stores["messages"].Records != 1 {
		t.Errorf("written: %+v, %d bytes", state, s.Buffered())
	}
	if src := string(w.form(state)); strings.Contains(src, "anna") || strings.Contains(src, "m_1") || !reflect.DeepEqual(w.throughJSON(state), state) {
		t.Errorf("as JSON: %s", src)
	}
	w.batch(s, nil, []snapshot.Sealed{sealed(set, 2)})
	w.flush(s)
	if len(state.Parts) != 1 || state.Stores["messages"].Records != 1 {
		t.Errorf("what was given changed: %+v", state)
	}
}

func TestResumeRefuses(t *testing.T) {
	w := newWorld(t)
	good := w.sealer(unit, asOf).State()
	for name, edit := range map[string]func(*snapshot.State){
		"another form":    func(s *snapshot.State) { s.Version = 2 },
		"no form":         func(s *snapshot.State) { s.Version = 0 },
		"another tenant":  func(s *snapshot.State) { s.Tenant = "t_2" },
		"another channel": func(s *snapshot.State) { s.Channel = "" },
		"another day":     func(s *snapshot.State) { s.Stamp = "20260604T010000Z" },
	} {
		state := good
		edit(&state)
		if err := w.sealer(unit, asOf).Resume(state); fault.KindOf(err) != fault.Permanent || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := w.sealer(unit, asOf).Resume(good); err != nil {
		t.Error(err)
	}
}

func TestPartsAreOfASize(t *testing.T) {
	w := newWorld(t)
	set := []keys.Key{w.key(path(unit, "anna", "c_1"))}
	s := w.sealer(unit, asOf)
	noise := newNoise()
	for range 9 { // of 3 MB that cannot be compressed
		var records []snapshot.Sealed
		for range 10 {
			records = append(records, snapshot.Sealed{Store: "messages", Kind: snapshot.Record, Keys: set, Item: livedata.Item{"body": text(string(noise.bytes(300_000)))}})
		}
		w.batch(s, nil, records)
	}
	if parts := s.State().Parts; len(parts) != 1 || parts[0].Size < 16<<20 || parts[0].Size > 20<<20 || parts[0].LastBatch != 6 {
		t.Errorf("wrote %+v", parts)
	}
}

// A group of more than a frame may hold becomes several frames of the same batch.
func TestLargeGroups(t *testing.T) {
	w := newWorld(t)
	set := []keys.Key{w.key(path(unit, "anna", "c_1"))}
	var records []snapshot.Sealed
	for i := range 20 {
		one := sealed(set, i)
		one.Item["long"] = text(strings.Repeat("x", 390_000))
		records = append(records, one)
	}
	s := w.sealer(unit, asOf)
	w.batch(s, nil, records)
	w.finish(s)
	got, err := w.read(unit, asOf)
	if err != nil || len(got) != 1 || len(got[0].Records) != 20 {
		t.Fatalf("read %s, %v", say(got), err)
	}
	for i, one := range got[0].Records {
		if !reflect.DeepEqual(one.Item, records[i].Item) {
			t.Errorf("record %d is another", i)
		}
	}
}

func TestAnEmptySnapshot(t *testing.T) {
	w := newWorld(t)
	tenant := snapshot.Unit{Tenant: unit.Tenant}
	s := w.sealer(tenant, asOf)
	w.batch(s, nil, nil)
	if err := s.Finish(t.Context(), w.key(path(unit)[:1]), "map", finished); err != nil {
		t.Fatal(err)
	}
	if got, err := w.read(tenant, asOf); err != nil || len(got) != 0 || len(w.bucket.Names()) != 1 {
		t.Errorf("read %s from %q, %v", say(got), w.bucket.Names(), err)
	}
}

func TestBatchesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	good := sealed([]keys.Key{w.key(path(unit, "anna", "c_1"))}, 1)
	with := func(edit func(*snapshot.Sealed)) []snapshot.Sealed {
		one := good
		edit(&one)
		return []snapshot.Sealed{good, one}
	}
	for name, records := range map[string][]snapshot.Sealed{
		"no key":          with(func(s *snapshot.Sealed) { s.Keys = nil }),
		"no store":        with(func(s *snapshot.Sealed) { s.Store = "" }),
		"no kind":         with(func(s *snapshot.Sealed) { s.Kind = "" }),
		"a piece":         with(func(s *snapshot.Sealed) { s.Kind = snapshot.Apart }),
		"no record":       with(func(s *snapshot.Sealed) { s.Item = livedata.Item{"a": nil} }),
		"no record alone": with(func(s *snapshot.Sealed) { s.Store, s.Item = "leads", livedata.Item{"a": nil} }),
	} {
		s := w.sealer(unit, asOf)
		if err := s.Batch(t.Context(), nil, records); fault.KindOf(err) != fault.Permanent || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if s.Buffered() != 0 {
			t.Errorf("%s: half of it is sealed", name)
		}
		w.batch(s, nil, []snapshot.Sealed{good})
		w.finish(s)
		if got, err := w.read(unit, asOf); err != nil || say(got) != "1:[m_1]-0 " {
			t.Errorf("%s: after it %s, %v", name, say(got), err)
		}
	}
}

func TestSealersThatCannot(t *testing.T) {
	w := newWorld(t)
	records := []snapshot.Sealed{sealed([]keys.Key{w.key(path(unit, "anna", "c_1"))}, 1)}
	for name, edit := range map[string]func(*snapshot.Sealer){
		"no token":      func(s *snapshot.Sealer) { s.Token = "" },
		"a token path":  func(s *snapshot.Sealer) { s.Token = "../../ab" },
		"no tenant":     func(s *snapshot.Sealer) { s.Unit.Tenant = "" },
		"a slash":       func(s *snapshot.Sealer) { s.Unit.Channel = "a/b" },
		"no randomness": func(s *snapshot.Sealer) { s.Random = strings.NewReader("short") },
	} {
		s := w.sealer(unit, asOf)
		edit(s)
		err := s.Batch(t.Context(), nil, records)
		if err == nil {
			err = s.Flush(t.Context())
		}
		if err == nil || len(w.bucket.Names()) > 0 {
			t.Errorf("%s: %v, wrote %q", name, err, w.bucket.Names())
		}
	}
}

// Two seals of the same have nothing in common: keys and nonces are used once.
func TestFrameKeysAreRandom(t *testing.T) {
	w := newWorld(t)
	records := []snapshot.Sealed{sealed([]keys.Key{w.key(path(unit, "anna", "c_1"))}, 1)}
	var bodies [][]byte
	for range 2 {
		s := w.sealer(unit, asOf)
		w.batch(s, nil, records)
		w.flush(s)
		bodies = append(bodies, w.get(snapshot.Frames+first))
	}
	for at := 1; at+16 <= len(bodies[0]); at++ {
		if string(bodies[0][at:at+16]) == string(bodies[1][at:at+16]) {
			t.Fatalf("the same 16 bytes at %d", at)
		}
	}
}

func TestCancelled(t *testing.T) {
	w := newWorld(t)
	w.write(unit, asOf)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := w.sealer(unit, asOf)
	w.batch(s, nil, []snapshot.Sealed{sealed([]keys.Key{w.key(path(unit, "anna", "c_1"))}, 1)})
	if err := s.Flush(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("flush: %v", err)
	}
	if _, err := w.reader().Open(ctx, unit, asOf); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	if err := snapshot.EachName(ctx, w.bucket, unit, ignoreNames); !errors.Is(err, context.Canceled) {
		t.Errorf("names: %v", err)
	}
}
