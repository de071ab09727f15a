package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// history is a request's events by type, verified against its record.
func (b *bench) history(id string) string {
	b.Helper()
	events, err := b.Events(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	r, err := b.Get(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	for _, broken := range chain.Verify(r, events) {
		b.Error(broken)
	}
	var types []chain.Type
	for _, e := range events {
		types = append(types, e.Type)
	}
	return fmt.Sprint(types)
}

func TestEveryChangeThatMattersIsAnEvent(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.Deauthorize, 0))
	b.admit(notice(request.Deauthorize, 0))   // the same notice
	b.admit(notice(request.DataDeletion, 0))  // in the same second: heavier
	b.admit(notice(request.Deauthorize, -1))  // joins and changes nothing
	b.admit(notice(request.Deauthorize, 1e9)) // later
	b.update(r, func(r *request.Request) error { r.Started(1); r.CheckAt = start.Add(time.Hour); return nil })
	steps := []func(*request.Request) error{
		func(r *request.Request) error { r.Freeze(start); return r.Move(request.Matched, start) },
		func(r *request.Request) error { return r.Move(request.Purging, start) },
		func(r *request.Request) error { return r.Move(request.Verifying, start) },
		func(r *request.Request) error { r.ErasedAt = &start; return nil },
		func(r *request.Request) error { r.Missed(); return r.Move(request.Purging, start) },
		func(r *request.Request) error { return r.Move(request.Verifying, start) },
		func(r *request.Request) error { r.ErasedAt = &start; return nil },
		func(r *request.Request) error { return r.Again(start) },
		func(r *request.Request) error { r.Freeze(start.Add(1)); return r.Move(request.Matched, start) },
		func(r *request.Request) error { return r.Move(request.NeedsOperator, start) },
		func(r *request.Request) error { return r.Move(request.Received, start) },
		func(r *request.Request) error { r.Erased = map[string]int{"messages": 3}; return nil },
		func(r *request.Request) error { r.Erased["messages"]++; return nil }, // in place
		func(r *request.Request) error { r.Closing = true; return nil },
		func(r *request.Request) error { r.Closing = false; return r.Move(request.NothingFound, start) },
		func(r *request.Request) error { r.Started(2); return nil },
	}
	for _, step := range steps {
		b.update(r, step)
	}
	want := "[admitted raised raised frozen moved moved erased missed moved erased again frozen moved moved noted noted closing closed]"
	if got := b.history(r.ID); got != want {
		t.Errorf("the history is\n%s, want\n%s", got, want)
	}
}

// A change of the sweep's own fields is one conditional write, as before.
func TestSweepingWritesNoEvent(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	var sizes []int
	b.fake.Fault = func(writes []ledger.Write) (bool, error) { sizes = append(sizes, len(writes)); return true, nil }
	b.update(r, func(r *request.Request) error { r.Started(1); r.CheckAt = start.Add(time.Hour); return nil })
	b.update(r, func(r *request.Request) error { r.NextRun(); return nil })
	if fmt.Sprint(sizes) != "[1 2]" {
		t.Errorf("writes of the commits: %v", sizes)
	}
	if got := b.history(r.ID); got != "[admitted run]" {
		t.Errorf("the history is %s", got)
	}
}

// Whatever happens to the commit, record and history agree and nothing stands there twice.
func TestEventsStandAndFallWithTheRecord(t *testing.T) {
	for name, f := range map[string]struct {
		apply bool
		err   error
		want  string
	}{
		"not applied":      {false, errLost, "[admitted]"},
		"applied, lost":    {true, errLost, "[admitted run]"},
		"busy":             {false, ledger.ErrBusy, "[admitted run]"},
		"somebody's write": {false, ledger.ErrConflict, "[admitted run]"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			r := b.admit(notice(request.DataDeletion, 0))
			b.fake.Fault = func([]ledger.Write) (bool, error) { b.fake.Fault = nil; return f.apply, f.err }
			next := func(r *request.Request) error { r.Run = 2; return nil }
			_, err := b.Update(t.Context(), r.ID, 0, next)
			if errors.Is(f.err, errLost) != errors.Is(err, errLost) {
				t.Errorf("got %v", err)
			}
			if got := b.history(r.ID); got != f.want {
				t.Errorf("the history is %s, want %s", got, f.want)
			}
			if _, err := b.Update(t.Context(), r.ID, 0, next); err != nil {
				t.Fatal(err)
			}
			if got := b.history(r.ID); got != "[admitted run]" {
				t.Errorf("then the history is %s", got)
			}
		})
	}
}

func TestALongHistoryIsReadInOrder(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	for range 205 {
		b.update(r, func(r *request.Request) error { r.NextRun(); return nil })
		r.Run++
	}
	b.history(r.ID)
	if events, err := b.Events(t.Context(), r.ID); err != nil || len(events) != 206 || events[205].Facts.Run != 206 {
		t.Errorf("%d events, %v", len(events), err)
	}
}

func TestAnUnreadableEventIsAnError(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	for _, row := range b.rowsOf(ledger.Records) {
		if row.SK == "event#000001" {
			row.Doc = append([]byte(`{"note":"`+canaryUser+`",`), row.Doc[1:]...)
			b.plant(row)
		}
	}
	if _, err := b.Events(t.Context(), r.ID); fault.KindOf(err) != fault.Permanent {
		t.Errorf("got %v", err)
	}
}
