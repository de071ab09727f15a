package snapshottest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Save is the call on runs that a Fault is asked about besides Get. The name is the run's.
const Save = "save"

// Runs is snapshot.Runs in memory.
type Runs struct {
	Fault Fault // nil: every call is applied

	mu   sync.Mutex
	rows map[[2]string]snapshot.Run
}

var _ snapshot.Runs = (*Runs)(nil)

// All lists the rows.
func (f *Runs) All() []snapshot.Run {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []snapshot.Run
	for _, r := range f.rows {
		out = append(out, r)
	}
	return out
}

func (f *Runs) call(ctx context.Context, op, name string, do func() error) error {
	apply, failure := true, ctx.Err()
	if f.Fault != nil && failure == nil {
		apply, failure = f.Fault(op, name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if apply {
		if err := do(); err != nil {
			return err
		}
	}
	return failure
}

func (f *Runs) Load(ctx context.Context, name, step string) (r snapshot.Run, found bool, err error) {
	err = f.call(ctx, Get, name, func() error {
		r, found = f.rows[[2]string{name, step}]
		return nil
	})
	return r, found && err == nil, err
}

func (f *Runs) Save(ctx context.Context, r snapshot.Run) (version int64, err error) {
	err = f.call(ctx, Save, r.Name, func() error {
		if f.rows[[2]string{r.Name, r.Step}].Version != r.Version {
			return fault.New(fault.Conflict, "the run was changed by somebody else")
		}
		if f.rows == nil {
			f.rows = map[[2]string]snapshot.Run{}
		}
		r.Version++
		r.ExpiresAt = r.ExpiresAt.UTC().Truncate(time.Second)
		f.rows[[2]string{r.Name, r.Step}] = r
		return nil
	})
	return r.Version, err
}

// CheckRuns holds an implementation to the contract of snapshot.Runs. name tells this check's
// runs from others' in the same table.
func CheckRuns(t *testing.T, runs snapshot.Runs, name string) {
	expires := time.Date(2026, 6, 6, 1, 0, 0, 0, time.UTC)
	first := snapshot.Run{Name: name, Step: "write", Owner: "a", Doc: []byte{0, 1, 255}, ExpiresAt: expires}
	save := func(r snapshot.Run, want int64) {
		t.Helper()
		version, err := runs.Save(t.Context(), r)
		if want > 0 && (err != nil || version != want) || want == 0 && (err == nil || fault.KindOf(err) != fault.Conflict) {
			t.Errorf("saved over version %d: version %d, %v; want %d", r.Version, version, err, want)
		}
	}
	holds := func(step string, want snapshot.Run) {
		t.Helper()
		got, found, err := runs.Load(t.Context(), name, step)
		if err != nil || found != (want.Version > 0) || got.Version != want.Version || got.Owner != want.Owner ||
			string(got.Doc) != string(want.Doc) || found && !got.ExpiresAt.Equal(want.ExpiresAt) {
			t.Errorf("%s holds %+v, %t, %v; want %+v", step, got, found, err, want)
		}
	}
	holds("write", snapshot.Run{})
	save(first, 1)
	second := snapshot.Run{Name: name, Step: "write", Version: 1, Owner: "b", Doc: []byte("2"), ExpiresAt: expires.Add(time.Hour)}
	late := first
	late.Owner = "c"
	save(late, 0)
	save(second, 2)
	late.Version = 1
	save(late, 0)
	late.Version = 3
	save(late, 0)
	second.Version = 2
	holds("write", second)
	holds("read", snapshot.Run{})
	other := first
	other.Step = "read"
	save(other, 1)
	holds("write", second)
}
