package budget_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
)

const (
	rate  = 1000.0
	batch = 25.0
	store = "messages"
)

var row = ledger.Key{Table: ledger.Records, PK: "budget#messages", SK: "budget"}

// table is one platform table with its shared row, in the virtual time of a bubble.
type table struct {
	rows *ledgertest.Fake

	mu      sync.Mutex
	spent   float64
	seconds map[int64]float64 // second -> units
	commits int
	refused int
	shares  map[int]float64
}

func newTable() *table {
	return &table{rows: ledgertest.NewFake(), seconds: map[int64]float64{}, shares: map[int]float64{}}
}

// far is the row as an execution reaches it: with the time that the network takes.
type far struct {
	*ledgertest.Fake
	table *table
}

const latency = 4 * time.Millisecond

func (f far) Get(ctx context.Context, key ledger.Key) (ledger.Row, bool, error) {
	time.Sleep(latency / 2)
	row, found, err := f.Fake.Get(ctx, key)
	time.Sleep(latency / 2)
	return row, found, err
}

func (f far) Commit(ctx context.Context, owner string, writes []ledger.Write) error {
	time.Sleep(latency / 2)
	err := f.Fake.Commit(ctx, owner, writes)
	f.table.mu.Lock()
	f.table.commits++
	if err != nil {
		f.table.refused++
	}
	f.table.mu.Unlock()
	time.Sleep(latency / 2)
	return err
}

// limiter is an execution's part; its clock is wrong by skew.
func (tb *table) limiter(number int, skew time.Duration) *budget.Limiter {
	l := budget.New(far{tb.rows, tb}, rate)
	l.Now = func() time.Time { return time.Now().Add(skew) }
	random := rand.New(rand.NewPCG(1, uint64(number)))
	l.Random = random.Float64
	return l
}

// spend is a write: what it costs, and that it takes a moment.
func (tb *table) spend(l *budget.Limiter, number int, took time.Duration) {
	time.Sleep(took)
	tb.mu.Lock()
	tb.spent += batch
	tb.shares[number] += batch
	tb.seconds[time.Now().Unix()] += batch
	tb.mu.Unlock()
	l.Spent(store, batch)
}

// purge deletes for as long as the context lives.
func (tb *table) purge(ctx context.Context, l *budget.Limiter, number int, took time.Duration) error {
	for ctx.Err() == nil {
		if err := l.Wait(ctx, store); err != nil {
			return err
		}
		tb.spend(l, number, took)
	}
	return nil
}

// run lets executions purge for a virtual time, each with its clock's skew.
func (tb *table) run(t *testing.T, length, took time.Duration, skews ...time.Duration) float64 {
	t.Helper()
	before := tb.total()
	var all sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	for number, skew := range skews {
		all.Go(func() {
			if err := tb.purge(ctx, tb.limiter(number, skew), number, took); err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("execution %d: %v", number, err)
			}
		})
	}
	time.Sleep(length)
	ratio := (tb.total() - before) / (rate * length.Seconds())
	cancel()
	all.Wait()
	return ratio
}

func (tb *table) total() float64 {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	return tb.spent
}

// In every case the executions together take what the budget gives and no more than
// its largest burst besides, and no second takes more than that burst.
func TestTheBudgetIsKeptAndUsed(t *testing.T) {
	for _, c := range []struct {
		name       string
		executions int
		took       time.Duration // of one write
		low        float64
	}{
		{"one alone gets all of it", 1, 5 * time.Millisecond, 0.97},
		{"one that hardly keeps up", 1, 24 * time.Millisecond, 0.97},
		{"two", 2, 5 * time.Millisecond, 0.97},
		{"ten", 10, 5 * time.Millisecond, 0.97},
		{"ten slow ones", 10, 200 * time.Millisecond, 0.97},
		{"fifty", 50, 5 * time.Millisecond, 0.97},
		{"one that wants less", 1, 100 * time.Millisecond, 0.24},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb, length := newTable(), 5*time.Minute
				ratio := tb.run(t, length, c.took, make([]time.Duration, c.executions)...)
				most := 0.0
				for _, units := range tb.seconds {
					most = max(most, units)
				}
				t.Logf("%d executions: %.3f of the budget, at most %.0f units in a second, %d commits (%d refused) in %s",
					c.executions, ratio, most, tb.commits, tb.refused, length)
				burst := 1.25*rate + float64(c.executions)*batch
				if high := 1 + burst/(rate*length.Seconds()); ratio < c.low || ratio > high {
					t.Errorf("%.3f of the budget, want %.2f to %.3f", ratio, c.low, high)
				}
				if most > rate+burst {
					t.Errorf("%.0f units in one second", most)
				}
				if limit := int(length/time.Second) + c.executions + 2; tb.commits-tb.refused > limit {
					t.Errorf("%d commits, want about one a second", tb.commits-tb.refused)
				}
				tb.fair(t, c.executions)
			})
		})
	}
}

// fair: none gets less than half of its share.
func (tb *table) fair(t *testing.T, executions int) {
	t.Helper()
	for number := range executions {
		if share := tb.shares[number] / (tb.spent / float64(executions)); share < 0.5 {
			t.Errorf("execution %d got %.2f of its share", number, share)
		}
	}
}

// One that dies takes what it reserved with it, and nothing else.
func TestOneThatDiesLosesOnlyItsSlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		for number := range 20 { // each reserves, spends one batch of it and is killed
			l := tb.limiter(number, 0)
			if err := l.Wait(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			tb.spend(l, number, time.Millisecond)
		}
		if ratio := tb.run(t, time.Minute, 5*time.Millisecond, 0); ratio < 0.97 || ratio > 1.05 {
			t.Errorf("the one that lives gets %.3f of the budget", ratio)
		}
	})
}

// Three hundred that begin at once all get their slice, one a second.
func TestAStormOfConflictsSettles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, begin := newTable(), time.Now()
		var all sync.WaitGroup
		for number := range 300 {
			all.Go(func() {
				l := tb.limiter(number, 0)
				if err := l.Wait(t.Context(), store); err != nil {
					t.Error(err)
				}
				tb.spend(l, number, time.Millisecond)
			})
		}
		all.Wait()
		took := time.Since(begin)
		t.Logf("300 at once: the last after %s, %d commits, %d of them refused", took, tb.commits, tb.refused)
		if took > 310*time.Second || tb.commits-tb.refused != 300 || tb.refused > 300*20 {
			t.Errorf("the last after %s, %d commits, %d refused", took, tb.commits, tb.refused)
		}
	})
}

// Clocks that differ neither stop the limiter nor free it.
func TestClocksThatDiffer(t *testing.T) {
	hour := time.Hour
	for name, skews := range map[string][]time.Duration{
		"milliseconds apart": {0, 30 * time.Millisecond, -40 * time.Millisecond, 10 * time.Millisecond},
		"one an hour ahead":  {0, 0, 0, hour},
		"one an hour behind": {0, 0, 0, -hour},
		"all over the place": {0, 400 * 24 * hour, -hour, 5 * time.Second, -time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := newTable()
				ratio := tb.run(t, 5*time.Minute, 5*time.Millisecond, skews...)
				t.Logf("%.3f of the budget", ratio)
				if ratio < 0.95 || ratio > 1.05 {
					t.Errorf("%.3f of the budget", ratio)
				}
				tb.fair(t, len(skews))
			})
		})
	}
}

// A clock that jumps under a running execution costs no more than a slice or two.
func TestAClockThatJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb, begin := newTable(), time.Now()
		jumping := tb.limiter(1, 0)
		jumping.Now = func() time.Time {
			now := time.Now()
			switch minute := now.Sub(begin) / time.Minute; minute % 3 {
			case 1:
				return now.Add(48 * time.Hour)
			case 2:
				return now.Add(-48 * time.Hour)
			}
			return now
		}
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { _ = tb.purge(ctx, jumping, 1, 5*time.Millisecond) })
		ratio := tb.run(t, 10*time.Minute, 5*time.Millisecond, 0, 0)
		cancel()
		all.Wait()
		t.Logf("%.3f of the budget", ratio)
		if ratio < 0.95 || ratio > 1.05 {
			t.Errorf("%.3f of the budget", ratio)
		}
	})
}

// Whatever stands in the row, the limiter neither stops nor is free for long.
func TestARowOfNonsense(t *testing.T) {
	for name, doc := range map[string]string{
		"no JSON":               `nonsense`,
		"a time beyond all":     `{"at":9000000000000000000,"ahead":0}`,
		"a time in a year":      fmt.Sprintf(`{"at":%d,"ahead":0}`, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()),
		"a negative time":       `{"at":-5,"ahead":0}`,
		"reserved for ever":     `{"at":946684800000,"ahead":900000000000}`,
		"credit without end":    `{"at":946684800000,"ahead":-900000000000}`,
		"paused in the future":  `{"at":946684800000,"pause":30000,"paused_at":999999999999999}`,
		"throttled very much":   `{"at":946684800000,"throttles":-3}`,
		"overflowing numbers":   `{"at":1e300}`,
		"overflowing, negative": `{"ahead":-9223372036854775808}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tb := newTable()
				put(t, tb.rows, doc)
				begin := time.Now()
				if err := tb.limiter(0, 0).Wait(t.Context(), store); err != nil || time.Since(begin) > 11*time.Minute {
					t.Errorf("waited %s, %v", time.Since(begin), err)
				}
				if ratio := tb.run(t, 5*time.Minute, 5*time.Millisecond, 0, 0); ratio < 0.9 || ratio > 1.05 {
					t.Errorf("%.3f of the budget", ratio)
				}
			})
		})
	}
}

func put(t *testing.T, rows ledger.Rows, doc string) {
	t.Helper()
	if err := rows.Commit(t.Context(), "test", []ledger.Write{{Row: ledger.Row{Key: row, Doc: []byte(doc)}, Expect: ledger.Any}}); err != nil {
		t.Fatal(err)
	}
}

// What one write costs too much, the next waits for.
func TestADebtIsPaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		wait := func() time.Duration {
			begin := time.Now()
			if err := l.Wait(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			return time.Since(begin)
		}
		wait()
		l.Spent(store, 6*rate) // at once, of which a credit was there: the rest takes its time
		if took := wait(); took < 5750*time.Millisecond || took > 5800*time.Millisecond {
			t.Errorf("waited %s for six seconds' units less a credit", took)
		}
		if took := wait(); took != 0 {
			t.Errorf("paid twice: waited %s more", took)
		}
	})
}

// What a process holds when Lambda freezes it is worth nothing a minute later.
func TestAnOldSliceIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		for range 3 {
			if err := l.Wait(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Minute)
		}
		if tb.commits != 3 {
			t.Errorf("%d slices were reserved, want 3", tb.commits)
		}
	})
}

// A throttle that one sees holds all of them, those too that wait for a slice already.
func TestAThrottleHoldsEverybody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for number := range 10 {
			all.Go(func() { _ = tb.purge(ctx, tb.limiter(number, 0), number, 5*time.Millisecond) })
		}
		time.Sleep(20 * time.Second)
		reporter := tb.limiter(99, 0)
		pauses := []time.Duration{}
		for range 9 {
			if err := reporter.Throttled(ctx, store); err != nil {
				t.Fatal(err)
			}
			time.Sleep(1500 * time.Millisecond) // whoever began a slice before may end it
			quiet := tb.quiet(ctx)
			pauses = append(pauses, quiet)
		}
		cancel()
		all.Wait()
		t.Logf("each of %d throttles in a row, and how long nobody wrote from 1.5 s after it: %v", len(pauses), pauses)
		for i, want := range []time.Duration{0, 0, 0, 2500 * time.Millisecond, 6500 * time.Millisecond, 14500 * time.Millisecond} {
			if diff := pauses[i] - want; diff < -300*time.Millisecond || diff > 1100*time.Millisecond {
				t.Errorf("after throttle %d nobody wrote for %s, want about %s", i+1, pauses[i], want)
			}
		}
		if last := pauses[len(pauses)-1]; last > 30*time.Second {
			t.Errorf("the pause has no bound: %s", last)
		}
	})
}

// quiet waits until somebody spends.
func (tb *table) quiet(ctx context.Context) time.Duration {
	begin, before := time.Now(), tb.total()
	for tb.total() == before && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(begin)
}

// Once there is calm, the budget is used again as ever, and the next pause is short.
func TestAPauseDecays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		pause := func() time.Duration {
			t.Helper()
			if err := l.Throttled(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			if err := l.Wait(t.Context(), store); err != nil {
				t.Fatal(err)
			}
			return time.Since(begin).Round(100 * time.Millisecond)
		}
		var got []time.Duration
		for range 6 {
			got = append(got, pause())
		}
		time.Sleep(25 * time.Second)
		got = append(got, pause())
		time.Sleep(10 * time.Minute)
		got = append(got, pause())
		second := time.Second
		want := []time.Duration{second / 2, second, 2 * second, 4 * second, 8 * second, 16 * second, 8 * second, second / 2}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("pauses are %v, want %v", got, want)
		}
		if ratio := tb.run(t, time.Minute, 5*time.Millisecond, 0, 0, 0); ratio < 0.95 {
			t.Errorf("afterwards %.3f of the budget is used", ratio)
		}
	})
}

// Many executions see the same throttle: it counts once.
func TestOneThrottleSeenByManyCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		var all sync.WaitGroup
		for number := range 20 {
			all.Go(func() {
				if err := tb.limiter(number, 0).Throttled(t.Context(), store); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		var state struct{ Throttles, Pause int64 }
		got, _, _ := tb.rows.Get(t.Context(), row)
		if err := json.Unmarshal(got.Doc, &state); err != nil || state.Throttles != 1 || state.Pause != 500 {
			t.Errorf("the row holds %s", got.Doc)
		}
	})
}

// A wait that the deadline cuts off is not begun, and takes nothing from the others.
func TestNoTimeLeftIsSaidAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		if err := l.Wait(t.Context(), store); err != nil {
			t.Fatal(err)
		}
		l.Spent(store, 20*rate)
		before, _, _ := tb.rows.Get(t.Context(), row)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := l.Wait(ctx, store)
		if !errors.Is(err, budget.ErrNoTime) || fault.KindOf(err) != fault.Retry || time.Since(begin) > 10*latency {
			t.Errorf("got %v after %s", err, time.Since(begin))
		}
		if after, _, _ := tb.rows.Get(t.Context(), row); after.Version != before.Version {
			t.Error("it reserved all the same")
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		l.Spent(store, 60*rate)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 3 { // one waits for the slice, two for their turn
			all.Go(func() {
				if err := l.Wait(ctx, store); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
		time.Sleep(time.Second)
		cancel()
		synctest.Wait()
		all.Wait()
	})
}

// A row that cannot be reached holds the purge: without it there is no telling what
// the others take.
func TestARowOutOfReachFails(t *testing.T) {
	down := fault.New(fault.Retry, "the table is down")
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		tb.rows.Fault = func([]ledger.Write) (bool, error) { return false, down }
		l := tb.limiter(0, 0)
		if err := l.Wait(t.Context(), store); !errors.Is(err, down) {
			t.Errorf("got %v", err)
		}
		if err := l.Throttled(t.Context(), store); !errors.Is(err, down) {
			t.Errorf("got %v", err)
		}
	})
}

// Tables have a budget each.
func TestTablesDoNotShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		l.Spent("messages", 60*rate)
		begin := time.Now()
		if err := l.Wait(t.Context(), "ai_audit"); err != nil || time.Since(begin) > 10*latency {
			t.Errorf("waited %s, %v", time.Since(begin), err)
		}
	})
}

// Goroutines of one process share its slice, and only one of them reserves.
func TestGoroutinesShareASlice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tb := newTable()
		l := tb.limiter(0, 0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var all sync.WaitGroup
		for number := range 8 {
			all.Go(func() { _ = tb.purge(ctx, l, number, 5*time.Millisecond) })
		}
		all.Wait()
		ratio := tb.total() / (rate * 60)
		t.Logf("%.3f of the budget, %d commits, %d refused", ratio, tb.commits, tb.refused)
		if ratio < 0.95 || ratio > 1.05 || tb.refused > 0 {
			t.Errorf("%.3f of the budget, %d commits, %d refused", ratio, tb.commits, tb.refused)
		}
	})
}
