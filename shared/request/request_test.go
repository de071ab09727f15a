package request_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// matrix is the whole of what is legal: one row per state, "x" for a legal move, in
// the order of the columns, which is that of request.States.
const matrix = `
                    re ma pu ve nr no ae aa co | cp nf ci rf wi la an
received            .  x  .  .  x  x  .  .  .  | .  x  x  .  x  .  .
matched             .  .  x  .  .  x  .  .  x  | .  .  .  .  .  .  .
purging             .  .  .  x  .  x  .  .  .  | .  .  .  .  .  .  .
verifying           x  .  x  .  x  x  x  .  .  | x  .  .  .  .  .  .
needs_review        x  .  .  .  .  .  .  x  .  | .  .  x  x  x  x  x
needs_operator      x  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
awaiting_external   .  .  .  x  .  .  .  .  .  | .  .  .  .  .  .  .
awaiting_answer     x  .  .  .  x  .  .  .  .  | .  .  .  x  x  x  x
cooling_off         .  .  x  .  .  x  .  .  .  | .  .  .  .  x  .  .
completed           .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
nothing_found       .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
could_not_identify  .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
refused             .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
withdrawn           .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
lapsed              .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .
answered            .  .  .  .  .  .  .  .  .  | .  .  .  .  .  .  .`

func TestEveryMove(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(matrix, "|", "")), "\n")[1:]
	if len(lines) != len(request.States()) {
		t.Fatalf("%d rows for %d states", len(lines), len(request.States()))
	}
	for i, from := range request.States() {
		cells := strings.Fields(lines[i])
		if cells[0] != string(from) {
			t.Fatalf("row %d is of %s, want %s", i, cells[0], from)
		}
		for j, to := range request.States() {
			checkMove(t, from, to, cells[j+1] == "x")
		}
		checkMove(t, from, "", false)
		checkMove(t, from, "unheard_of", false)
	}
}

func checkMove(t *testing.T, from, to request.State, legal bool) {
	t.Helper()
	r := request.Request{State: from}
	err := r.Move(to, start)
	switch {
	case from.CanMove(to) != legal:
		t.Errorf("%s -> %s: CanMove says %v", from, to, !legal)
	case from == to && (err != nil || r.ClosedAt != nil):
		t.Errorf("%s again: %v", from, err)
	case legal && (err != nil || r.State != to || (r.ClosedAt != nil) != to.Terminal()):
		t.Errorf("%s -> %s: %v, %+v", from, to, err, r)
	case !legal && from != to && (fault.KindOf(err) != fault.Conflict || r.State != from || r.ClosedAt != nil):
		t.Errorf("%s -> %s: %v, %+v", from, to, err, r)
	}
}

func TestStatesByTheirNature(t *testing.T) {
	terminal := []request.State{request.Completed, request.NothingFound, request.CouldNotIdentify, request.Refused, request.Withdrawn, request.Lapsed, request.Answered}
	waiting := []request.State{request.NeedsReview, request.NeedsOperator, request.AwaitingExternal, request.AwaitingAnswer}
	for _, s := range request.States() {
		if s.Terminal() != slices.Contains(terminal, s) || s.Waiting() != slices.Contains(waiting, s) {
			t.Errorf("%s: terminal %v, waiting %v", s, s.Terminal(), s.Waiting())
		}
		r := request.Request{State: s, Run: 1}
		if r.InOutbox() == (s.Terminal() || s.Waiting()) {
			t.Errorf("%s: in the outbox %v", s, r.InOutbox())
		}
	}
}

func asked(kind request.Kind, cutoff time.Duration) request.Asked {
	return request.Asked{Kind: kind, ReceivedAt: start.Add(time.Hour), Cutoff: start.Add(cutoff)}
}

func TestNewRequest(t *testing.T) {
	r := request.New("id", "meta", "2", asked(request.Deauthorize, 0))
	if r.ID != "id" || r.Intake != "meta" || r.CodeVersion != "2" || r.Kind != request.Deauthorize || r.State != request.Received {
		t.Errorf("got %+v", r)
	}
	if r.DueAt.Sub(r.ReceivedAt) != 30*24*time.Hour || !r.ReceivedAt.Equal(start.Add(time.Hour)) || !r.Cutoff.Equal(start) {
		t.Errorf("clocks are wrong: %+v", r)
	}
	if r.Run != 1 || !r.InOutbox() || r.ExecutionName() != "id-1" {
		t.Errorf("outbox is wrong: %+v", r)
	}
}

func TestRaise(t *testing.T) {
	for name, c := range map[string]struct {
		have, take request.Asked
		kind       request.Kind
		cutoff     time.Duration
		changed    bool
	}{
		"the same":        {asked(request.DataDeletion, 0), asked(request.DataDeletion, 0), request.DataDeletion, 0, false},
		"later":           {asked(request.DataDeletion, 0), asked(request.DataDeletion, 1), request.DataDeletion, 1, true},
		"earlier":         {asked(request.DataDeletion, 1), asked(request.DataDeletion, 0), request.DataDeletion, 1, false},
		"heavier":         {asked(request.Deauthorize, 0), asked(request.DataDeletion, 0), request.DataDeletion, 0, true},
		"lighter":         {asked(request.DataDeletion, 0), asked(request.Deauthorize, 0), request.DataDeletion, 0, false},
		"lighter, later":  {asked(request.DataDeletion, 0), asked(request.Deauthorize, 1), request.DataDeletion, 1, true},
		"heavier, later":  {asked(request.Deauthorize, 0), asked(request.DataDeletion, 1), request.DataDeletion, 1, true},
		"heavier, before": {asked(request.Deauthorize, 1), asked(request.DataDeletion, 0), request.DataDeletion, 1, true},
		"unheard of":      {asked(request.Deauthorize, 0), asked("unheard_of", 0), request.Deauthorize, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := request.New("id", "meta", "1", c.have)
			due := r.DueAt
			if changed := r.Raise(c.take); changed != c.changed || r.Kind != c.kind || !r.Cutoff.Equal(start.Add(c.cutoff)) {
				t.Errorf("changed %v: %+v", changed, r)
			}
			if !r.DueAt.Equal(due) {
				t.Error("the due date moved")
			}
		})
	}
}

func TestSupersededByALaterNotice(t *testing.T) {
	r := request.New("id", "meta", "1", asked(request.DataDeletion, 0))
	want := func(when string, want bool) {
		t.Helper()
		if r.Superseded() != want {
			t.Errorf("%s: superseded %v", when, !want)
		}
	}
	r.Raise(asked(request.DataDeletion, 1))
	want("before the plan", false)
	r.Freeze(start)
	want("planned", false)
	r.Raise(asked(request.DataDeletion, 0))
	want("an earlier notice", false)
	if r.Raise(asked(request.DataDeletion, 2)); !r.Frozen.Equal(start.Add(1)) {
		t.Error("the frozen cutoff moved with the cutoff")
	}
	want("a later notice", true)
	r.Freeze(start)
	want("planned again", false)
}

func TestAgain(t *testing.T) {
	for _, from := range request.States() {
		r := request.Request{State: from, Rounds: 1, ErasedAt: &start}
		r.Freeze(start)
		err := r.Again(start)
		if legal := from == request.Received || from.CanMove(request.Received); (err == nil) != legal {
			t.Errorf("from %s: %v", from, err)
		}
		if err == nil && (r.State != request.Received || r.Rounds != 2 || r.Frozen != nil || r.FrozenAt != nil || r.ErasedAt != nil) {
			t.Errorf("from %s: %+v", from, r)
		}
	}
}

func TestOutbox(t *testing.T) {
	r := request.New("id", "meta", "1", asked(request.DataDeletion, 0))
	want := func(when string, inOutbox bool, name string) {
		t.Helper()
		if r.InOutbox() != inOutbox || r.ExecutionName() != name {
			t.Errorf("%s: in the outbox %v as %s", when, r.InOutbox(), r.ExecutionName())
		}
	}
	want("admitted", true, "id-1")
	r.Started(1)
	want("started", false, "id-1")
	r.NextRun()
	want("next run", true, "id-2")
	r.Started(1)
	want("a late message", true, "id-2")
	r.Started(2)
	r.Started(1)
	want("a later message", false, "id-2")
}

func TestResume(t *testing.T) {
	for _, from := range request.States() {
		r := request.Request{State: from, Run: 10, StartedRun: 10, Rounds: 4, Misses: 4, ErasedAt: &start,
			Results: []request.Result{{Outcome: request.NeedsReview}}, Kept: []request.Kept{{Category: "metrics"}}}
		r.Freeze(start)
		before := r
		err := r.Resume(start)
		if from != request.NeedsReview && from != request.NeedsOperator {
			if fault.KindOf(err) != fault.Conflict || r.Run != before.Run || r.Misses != before.Misses || r.State != from {
				t.Errorf("from %s: %v, %+v", from, err, r)
			}
			continue
		}
		if err != nil || r.State != request.Received || r.Run != 11 || !r.InOutbox() || r.Tries() != 1 || !r.Sendable().Equal(start) {
			t.Errorf("from %s: %v, %+v", from, err, r)
		}
		if r.Misses != 0 || r.Rounds != 5 || r.Frozen != nil || r.ErasedAt != nil || r.Results != nil || r.Kept != nil {
			t.Errorf("from %s: what was decided is left: %+v", from, r)
		}
		if fault.KindOf(r.Resume(start)) != fault.Conflict {
			t.Errorf("from %s: sent on twice", from)
		}
	}
}

func TestTries(t *testing.T) {
	r := request.New("id", "meta", "1", asked(request.DataDeletion, 0))
	for want := 1; want <= 3; want++ {
		if r.Tries() != want {
			t.Errorf("run %d is try %d, want %d", r.Run, r.Tries(), want)
		}
		r.NextRun()
	}
}

func TestMoved(t *testing.T) {
	r := request.New("id", "meta", "1", asked(request.DataDeletion, 0))
	want := func(when string, at time.Time) {
		t.Helper()
		if !r.Moved().Equal(at) {
			t.Errorf("%s: moved at %s, want %s", when, r.Moved(), at)
		}
	}
	want("admitted", r.ReceivedAt)
	at := r.ReceivedAt.Add(time.Hour)
	if err := r.Move(request.Matched, at); err != nil {
		t.Fatal(err)
	}
	want("matched", at)
	if err := r.Move(request.Matched, at.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	want("matched again, which is no move", at)
	r.Progress(at.Add(2 * time.Hour))
	want("got on", at.Add(2*time.Hour))
}

// A record from before NotBefore, MovedAt and FirstRun.
func TestYesterdaysRecord(t *testing.T) {
	var r request.Request
	src := `{"id":"id","code_version":"1","intake":"meta","kind":"data_deletion","state":"purging","run":3,"started_run":2,
		"check_at":"2026-05-01T12:05:00Z","received_at":"2026-05-01T12:00:00Z","due_at":"2026-05-31T12:00:00Z","cutoff":"2026-05-01T12:00:00Z",
		"rounds":0,"misses":0,"results":null,"erased":null,"kept":null}`
	if err := json.Unmarshal([]byte(src), &r); err != nil {
		t.Fatal(err)
	}
	if !r.InOutbox() || r.Tries() != 3 || !r.Sendable().Equal(start) || !r.Moved().Equal(start) {
		t.Errorf("got %+v", r)
	}
	out, err := json.Marshal(r)
	if err != nil || strings.Contains(string(out), "not_before") || strings.Contains(string(out), "moved_at") || strings.Contains(string(out), "first_run") {
		t.Errorf("written as %s, %v", out, err)
	}
}
