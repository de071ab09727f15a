package dispatch_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const (
	day  = 24 * time.Hour
	look = 5 * time.Minute // how often every open request is looked at, at the least
)

// seen is what a pass saw, by name.
func seen(s dispatch.Swept) map[string]int {
	return map[string]int{"48h": s.Over48Hours, "7d": s.Over7Days, "14d": s.Over14Days, "21d": s.Over21Days, "25d": s.Over25Days,
		"past due": s.PastDue, "never started": s.NeverStarted, "stuck": s.Stuck, "waiting": s.Waiting}
}

// span is a time during which a metric does not fall silent for longer than a look:
// an alarm on the maximum of 15 minutes is on throughout.
type span struct{ from, to time.Duration }

// weeks lets a request live in virtual time.
type weeks struct {
	*bench
	began  time.Time
	rose   map[string][]span
	writes map[string]int // commits of the present pass, by request
}

func newWeeks(t *testing.T) *weeks {
	w := &weeks{bench: newBench(t), rose: map[string][]span{}}
	w.began = w.now
	w.rows.Fault = func(writes []ledger.Write) (bool, error) {
		if w.writes != nil {
			w.writes[writes[len(writes)-1].Row.PK]++
		}
		return true, nil
	}
	return w
}

func (w *weeks) age() time.Duration { return w.now.Sub(w.began) }

// pass sweeps once and checks what must hold after every pass.
func (w *weeks) pass() dispatch.Swept {
	w.Helper()
	w.writes = map[string]int{}
	done, err := w.sweep(w.Context())
	if err != nil {
		w.Fatalf("after %s: %v", w.age(), err)
	}
	for pk, n := range w.writes {
		if n > 1 {
			w.Fatalf("after %s: %s was written %d times in one look", w.age(), pk, n)
		}
	}
	w.writes = nil
	for name, n := range seen(done) {
		if n > 0 {
			w.note(name)
		}
	}
	return done
}

func (w *weeks) note(name string) {
	spans := w.rose[name]
	if n := len(spans); n > 0 && w.age()-spans[n-1].to <= look {
		spans[n-1].to = w.age()
		return
	}
	w.rose[name] = append(spans, span{w.age(), w.age()})
}

// wantLooks demands that every open request is looked at within the next five minutes.
func (w *weeks) wantLooks() {
	w.Helper()
	for _, row := range w.rows.All() {
		var r request.Request
		if row.Open == "" {
			continue
		}
		if err := json.Unmarshal(row.Doc, &r); err != nil {
			w.Fatal(err)
		}
		if wait := r.CheckAt.Sub(w.now); wait > look || wait < -time.Second {
			w.Fatalf("after %s a request in state %s, run %d, is looked at in %s", w.age(), r.State, r.Run, wait)
		}
	}
}

// live passes minute by minute until the age; act is what the world does before each.
func (w *weeks) live(until time.Duration, act func(age time.Duration)) {
	w.Helper()
	for w.age() < until {
		w.now = w.now.Add(time.Minute)
		act(w.age())
		w.pass()
		w.wantLooks()
	}
}

// wantRose demands that each metric rose within a look of its moment, stayed, and fell
// silent; what is not named never rose.
func (w *weeks) wantRose(want map[string][]span) {
	w.Helper()
	for _, name := range slices.Sorted(maps.Keys(seen(dispatch.Swept{}))) {
		got := w.rose[name]
		if len(got) != len(want[name]) {
			w.Errorf("%s: rose %v, want %v", name, got, want[name])
			continue
		}
		for i, s := range want[name] {
			late, silent := got[i].from-s.from, s.to-got[i].to
			if late < 0 || late > look || silent < 0 || silent > look {
				w.Errorf("%s: rose from %s to %s, want from %s to %s", name, got[i].from, got[i].to, s.from, s.to)
			}
		}
	}
}

const (
	month = 31 * day
	tick  = time.Minute
)

// A request waits for a person for a month: each age rises at its moment, once.
func TestWeeksOfWaiting(t *testing.T) {
	w := newWeeks(t)
	r := w.started()
	w.live(month+time.Hour, func(age time.Duration) {
		switch age {
		case 10 * time.Minute:
			w.move(r.ID, request.NeedsReview)
		case month:
			w.move(r.ID, request.Refused)
		}
	})
	w.wantRose(map[string][]span{
		"waiting": {{10 * time.Minute, month}}, "48h": {{2 * day, month}}, "7d": {{7 * day, month}}, "14d": {{14 * day, month}},
		"21d": {{21 * day, month}}, "25d": {{25 * day, month}}, "past due": {{30 * day, month}},
	})
}

// Nothing rises for a request that ends in time, nor afterwards.
func TestWeeksAfterAnEnd(t *testing.T) {
	w := newWeeks(t)
	r := w.started()
	w.live(3*day, func(age time.Duration) {
		switch age {
		case 20 * time.Minute:
			w.move(r.ID, request.Matched, request.Purging)
		case 40 * time.Minute:
			w.move(r.ID, request.Verifying, request.Completed)
		}
	})
	w.wantRose(nil)
}

// An execution hangs until it times out after a day; the next one hangs as well.
func TestHangingExecutionsAreStuck(t *testing.T) {
	w := newWeeks(t)
	r := w.started()
	w.live(2*day, func(age time.Duration) {
		w.deliver()
		switch age {
		case 10 * time.Minute:
			w.move(r.ID, request.Matched, request.Purging)
		case day:
			w.executions.Ended[r.ID+"-1"] = true
		case day + 3*time.Hour:
			w.move(r.ID, request.Verifying)
		case day + 3*time.Hour + 30*time.Minute:
			w.move(r.ID, request.Completed)
		}
	})
	w.wantRose(map[string][]span{"stuck": {
		{time.Hour + 10*time.Minute, day},
		{day + time.Hour, day + 3*time.Hour}, // the new run's start is a move
	}})
	w.wantStarted(r.ID+"-1", r.ID+"-2")
}

// A purge of days is not stuck as long as its invocations end and go on.
func TestALongPurgeIsNotStuck(t *testing.T) {
	w := newWeeks(t)
	r := w.started()
	w.live(3*day, func(age time.Duration) {
		switch {
		case age == tick:
			w.move(r.ID, request.Matched, request.Purging)
		case age%(15*time.Minute) == 0:
			if _, err := w.ledger.Update(t.Context(), r.ID, 1, func(r *request.Request) error { r.Progress(w.now); return nil }); err != nil {
				t.Fatal(err)
			}
		}
	})
	w.wantRose(map[string][]span{"48h": {{2 * day, 3 * day}}})
}

// Start messages vanish: the sweep sends again each minute and says so.
func TestNeverStarted(t *testing.T) {
	w := newWeeks(t)
	r := w.admit()
	w.live(7*day, func(age time.Duration) {
		if age == 6*time.Hour {
			w.deliver()
			w.move(r.ID, request.NothingFound)
		}
		w.queue.Sent = nil
	})
	w.wantRose(map[string][]span{"never started": {{5 * time.Minute, 6 * time.Hour}}})
}

// Executions die as soon as they start, until a person is asked. A run that waits for
// its time is not one that was never started. Sent on, the request has all its tries
// again.
func TestDyingForHours(t *testing.T) {
	w := newWeeks(t)
	r := w.started()
	w.executions.Ended[r.ID+"-1"] = true
	w.executions.Fault = func(op, name string) (bool, error) { w.executions.Ended[name] = true; return true, nil }
	resumed := 20 * time.Hour
	w.live(40*time.Hour, func(age time.Duration) {
		if age == resumed {
			if _, err := dispatch.Resume(t.Context(), w.ledger, r.ID); err != nil {
				t.Fatal(err)
			}
		}
		w.deliver()
	})
	spans := w.rose["waiting"]
	if len(spans) != 2 || spans[0].from < 8*time.Hour || spans[0].from > 10*time.Hour || spans[1].from-resumed < 8*time.Hour {
		t.Errorf("waited for a person: %v", spans)
	}
	delete(w.rose, "waiting")
	w.wantRose(nil)
	if n := len(w.executions.Started); n != 20 || w.get(r.ID).Run != 20 {
		t.Errorf("%d executions, run %d; want ten before and ten after", n, w.get(r.ID).Run)
	}
}

// Many requests of all kinds: looks are as frequent as ever, and counts add up.
func TestWeeksOfManyRequests(t *testing.T) {
	w := newWeeks(t)
	var waiting []string
	for range 12 {
		r := w.started()
		w.move(r.ID, request.NeedsReview)
		waiting = append(waiting, r.ID)
	}
	for range 6 {
		w.admit() // never starts
	}
	for range 8 * 24 { // an hour each
		w.now = w.now.Add(time.Hour - 6*tick)
		w.pass()
		sum := map[string]int{}
		for range 5 { // everybody is looked at once at least
			w.now = w.now.Add(tick)
			for name, n := range seen(w.pass()) {
				sum[name] = max(sum[name], n)
			}
			w.wantLooks()
		}
		w.now = w.now.Add(tick)
		w.queue.Sent = nil
		if sum["waiting"] == 0 || sum["never started"] == 0 || (sum["7d"] > 0) != (w.age() > 7*day+6*tick) {
			t.Fatalf("after %s: %v", w.age(), sum)
		}
	}
	for _, id := range waiting {
		w.move(id, request.Withdrawn)
	}
	if open, err := w.ledger.Due(t.Context(), w.now.Add(day), 1000); err != nil || len(open) != 6 {
		t.Errorf("%d are open, %v", len(open), err)
	}
}

// mixed is a request of each kind of open request, by name.
func (w *weeks) mixed() map[string]string {
	review, running, dead, outbox := w.started(), w.started(), w.started(), w.admit()
	w.move(review.ID, request.NeedsReview)
	w.executions.Ended[dead.ID+"-1"] = true
	return map[string]string{"review": review.ID, "running": running.ID, "dead": dead.ID, "outbox": outbox.ID}
}

// The clock jumps by a month, as it does for a service that was away.
func TestClockJumpsForward(t *testing.T) {
	w := newWeeks(t)
	ids := w.mixed()
	w.now = w.now.Add(month)
	got := seen(w.pass())
	want := map[string]int{"48h": 4, "7d": 4, "14d": 4, "21d": 4, "25d": 4, "past due": 4, "never started": 1, "stuck": 1, "waiting": 1}
	if !maps.Equal(got, want) {
		t.Errorf("saw %v, want %v", got, want)
	}
	w.wantLooks()
	w.live(month+time.Hour, func(time.Duration) { w.deliver() })
	w.wantStarted(slices.Sorted(slices.Values([]string{ids["review"] + "-1", ids["running"] + "-1", ids["dead"] + "-1", ids["dead"] + "-2", ids["outbox"] + "-1"}))...)
	for name, id := range ids {
		if run := w.get(id).Run; run > 1 && name != "dead" || run > 2 {
			t.Errorf("%s is in run %d", name, run)
		}
	}
}

// The clock jumps back by an hour, in the middle of everything, and while a run waits
// for its time. Nothing is started twice and nothing rises; looks are put off by that
// hour and not longer. What is new is looked after at once.
func TestClockJumpsBack(t *testing.T) {
	w := newWeeks(t)
	ids := w.mixed()
	deliver := func(time.Duration) { w.deliver() }
	w.live(10*time.Minute, deliver)
	started := len(w.executions.Started)
	w.now = w.now.Add(-time.Hour)
	fresh := w.admit()
	for range 65 {
		w.now = w.now.Add(tick)
		w.deliver()
		w.pass()
	}
	if n := len(w.executions.Started); n != started+1 || w.get(fresh.ID).StartedRun != 1 {
		t.Errorf("%d executions before the jump and %d after it: %v", started, n, slices.Sorted(maps.Keys(w.executions.Started)))
	}
	w.wantLooks()
	w.live(w.age()+time.Hour, deliver)
	delete(w.rose, "waiting")
	for name := range w.rose {
		if name != "stuck" {
			t.Errorf("%s rose: %v", name, w.rose[name])
		}
	}
	for name, id := range ids {
		if r := w.get(id); r.Run > 1 && name != "dead" || r.Run > 2 {
			t.Errorf("%s is in run %d", name, r.Run)
		}
	}
}

// A run that waits for its time is sent then and not before, whatever is older.
func TestRunsWaitForTheirTime(t *testing.T) {
	w := newWeeks(t)
	r := w.started()
	_, err := w.ledger.Update(t.Context(), r.ID, 0, func(r *request.Request) error {
		r.NextRun()
		r.NotBefore = w.now.Add(3*time.Hour + 30*time.Second)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sent := map[time.Duration]int{}
	w.live(4*time.Hour, func(age time.Duration) {
		if n := len(w.queue.Sent); n > 0 {
			sent[age] = n
		}
		w.deliver()
	})
	if len(sent) != 1 || sent[3*time.Hour+2*tick] != 1 {
		t.Errorf("sent %v", sent)
	}
	w.rose["stuck"] = nil // run 2 hangs from then on
	w.wantRose(nil)
	if m := w.executions.Started[fmt.Sprint(r.ID, "-2")]; m != (workflow.Message{V: 1, RequestID: r.ID, Run: 2}) {
		t.Errorf("started with %+v", m)
	}
}
