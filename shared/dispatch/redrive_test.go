package dispatch_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/dispatch/dispatchtest"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// office is a redriver over dead letters in memory.
type office struct {
	*testing.T
	dead  *dispatchtest.DeadLetters
	queue *dispatchtest.Queue
}

func newOffice(t *testing.T, bodies ...string) office {
	o := office{T: t, dead: &dispatchtest.DeadLetters{}, queue: &dispatchtest.Queue{}}
	o.dead.Put(bodies...)
	return o
}

func (o office) redriver() dispatch.Redriver {
	return dispatch.Redriver{DeadLetters: o.dead, Queue: o.queue}
}

func (o office) collect(ours, foreign int) dispatch.Mail {
	o.Helper()
	m, err := o.redriver().Collect(o.Context())
	if err != nil || len(m.Ours) != ours || len(m.Foreign) != foreign {
		o.Fatalf("collected %d of ours and %d foreign, %v; want %d and %d", len(m.Ours), len(m.Foreign), err, ours, foreign)
	}
	return m
}

func (o office) wantVisible(bodies ...string) {
	o.Helper()
	var got []string
	for _, l := range o.dead.Visible() {
		got = append(got, l.Body)
	}
	if !slices.Equal(got, bodies) {
		o.Errorf("in the dead-letter queue: %q, want %q", got, bodies)
	}
}

// wantSent demands the runs that were sent, in order.
func (o office) wantSent(runs ...int) {
	o.Helper()
	var got []int
	for _, m := range o.queue.Sent {
		got = append(got, m.Run)
	}
	if !slices.Equal(got, runs) {
		o.Errorf("sent runs %v, want %v", got, runs)
	}
}

func letter(run int) string {
	src, _ := json.Marshal(workflow.Message{V: 1, RequestID: strings.Repeat("a", 32), Run: run})
	return string(src)
}

var garbage = []string{"not JSON", `{"v":99,"request_id":"` + strings.Repeat("a", 32) + `","run":1}`, `{"v":1,"run":1}`, ""}

func TestRedriveMovesOursAndLeavesTheRest(t *testing.T) {
	o := newOffice(t, append(slices.Clone(garbage), letter(1), letter(2))...)
	m := o.collect(2, len(garbage))
	o.wantVisible() // hidden from others meanwhile
	moved, err := o.redriver().Move(t.Context(), m)
	if moved != 2 || err != nil {
		t.Errorf("moved %d, %v", moved, err)
	}
	o.wantSent(1, 2)
	o.wantVisible(garbage...)
}

func TestLookingLeavesEverything(t *testing.T) {
	o := newOffice(t, garbage[0], letter(1))
	if err := o.redriver().PutBack(t.Context(), o.collect(1, 1)); err != nil {
		t.Fatal(err)
	}
	o.wantVisible(garbage[0], letter(1))
	o.wantSent()
}

// Each way in which a redrive can fail or die halfway: letters are doubled, never lost.
func TestRedriveThatFailsHalfway(t *testing.T) {
	strike := func(at string, run int, apply bool) func(o office) {
		return func(o office) {
			struck := false
			once := func() (bool, error) {
				if struck {
					return true, nil
				}
				struck = true
				return apply, errDown
			}
			o.queue.Fault = func(m workflow.Message) (bool, error) {
				if at == "send" && m.Run == run {
					return once()
				}
				return true, nil
			}
			o.dead.Fault = func(op string, l dispatch.Letter) (bool, error) {
				if at == op && l.Body == letter(run) {
					return once()
				}
				return true, nil
			}
		}
	}
	for name, c := range map[string]struct {
		inject func(office)
		first  []int // sent by the redrive that was struck
		left   int   // letters of ours after it
	}{
		"not sent":             {strike("send", 2, false), []int{1}, 2},
		"sent, answer lost":    {strike("send", 2, true), []int{1, 2}, 2},
		"not deleted":          {strike("delete", 2, false), []int{1, 2, 3}, 1},
		"deleted, answer lost": {strike("delete", 2, true), []int{1, 2, 3}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, letter(1), letter(2), letter(3), garbage[0])
			c.inject(o)
			m := o.collect(3, 1)
			if _, err := o.redriver().Move(t.Context(), m); err == nil {
				t.Error("the failure does not show")
			}
			o.wantSent(c.first...)
			o.dead.Expire()
			m = o.collect(c.left, 1)
			if moved, err := o.redriver().Move(t.Context(), m); err != nil || moved != c.left {
				t.Errorf("again: moved %d, %v", moved, err)
			}
			for run := 1; run <= 3; run++ {
				if !slices.ContainsFunc(o.queue.Sent, func(m workflow.Message) bool { return m.Run == run }) {
					t.Errorf("letter %d is lost", run)
				}
			}
			o.wantVisible(garbage[0])
		})
	}
}

// Dying between the send and the delete: what is hidden shows itself again.
func TestRedriveThatDies(t *testing.T) {
	o := newOffice(t, letter(1), letter(2))
	m := o.collect(2, 0)
	o.dead.Fault = func(op string, _ dispatch.Letter) (bool, error) {
		if op == "delete" {
			panic("killed")
		}
		return true, nil
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = o.redriver().Move(t.Context(), m)
	}()
	o.wantSent(1)
	o.dead.Fault = nil
	o.dead.Expire()
	if moved, err := o.redriver().Move(t.Context(), o.collect(2, 0)); moved != 2 || err != nil {
		t.Errorf("moved %d, %v", moved, err)
	}
	o.wantSent(1, 1, 2)
	o.wantVisible()
}

func TestCollectFinishes(t *testing.T) {
	t.Run("over more than it takes on", func(t *testing.T) {
		bodies := make([]string, 1015)
		for i := range bodies {
			bodies[i] = letter(i + 1)
		}
		o := newOffice(t, bodies...)
		m := o.collect(1000, 0)
		if !m.Full {
			t.Error("it does not say that more is there")
		}
		if moved, err := o.redriver().Move(t.Context(), m); moved != 1000 || err != nil {
			t.Errorf("moved %d, %v", moved, err)
		}
		if m := o.collect(15, 0); m.Full {
			t.Error("it says that more is there")
		}
	})
	t.Run("when nothing stays hidden", func(t *testing.T) {
		o := newOffice(t, letter(1), letter(2))
		o.dead.Fault = func(op string, _ dispatch.Letter) (bool, error) { return op != "receive", nil }
		o.collect(2, 0)
	})
	t.Run("when the queue fails", func(t *testing.T) {
		o := newOffice(t, letter(1))
		received := 0
		o.dead.Fault = func(op string, _ dispatch.Letter) (bool, error) {
			if op == "receive" {
				if received++; received == 2 {
					return false, errDown
				}
			}
			return true, nil
		}
		if _, err := o.redriver().Collect(t.Context()); err == nil {
			t.Error("the failure does not show")
		}
		o.wantVisible(letter(1)) // put back
	})
	t.Run("of nothing", func(t *testing.T) {
		o := newOffice(t)
		if moved, err := o.redriver().Move(t.Context(), o.collect(0, 0)); moved != 0 || err != nil {
			t.Errorf("moved %d, %v", moved, err)
		}
	})
}

func TestRedrivenMessagesStartOnce(t *testing.T) {
	b := newBench(t)
	r := b.admit()
	src, _ := json.Marshal(workflow.For(r))
	o := office{T: t, dead: &dispatchtest.DeadLetters{}, queue: b.queue}
	o.dead.Put(string(src), string(src), fmt.Sprintf(`{"v":1,"request_id":%q,"run":1}`, r.ID))
	if moved, err := o.redriver().Move(t.Context(), o.collect(3, 0)); moved != 3 || err != nil {
		t.Fatalf("moved %d, %v", moved, err)
	}
	b.deliver()
	b.wantStarted(r.ID + "-1")
}
