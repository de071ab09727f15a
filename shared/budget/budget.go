// Package budget holds all purges together to a share of each table's write capacity, and
// all backups together to one of its read capacity, so that live traffic comes first. Every execution, in whatever process, draws on one
// bucket per table: a row of the ledger table.
package budget

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
)

const (
	// slice is the time whose units are reserved at once: long enough that the row is
	// written about once a second however many executions share it, short enough that
	// one which dies loses little.
	slice = time.Second
	// credit is how much unused time may be made up for, such as that of a reservation's
	// own calls. One slice and one credit are the largest burst.
	credit = 250 * time.Millisecond
	// stale is when what is left of a slice is given up: a process that Lambda froze
	// between two invocations must not bring an old slice along.
	stale = time.Minute
	// longest bounds every wait, whatever the row says.
	longest = 10 * time.Minute

	firstPause = 500 * time.Millisecond // after a throttle; doubles with each that follows
	maxPause   = 30 * time.Second
	calm       = 10 * time.Second // without a throttle after a pause, which halves the next

	firstRetry = 10 * time.Millisecond // after a conflict about the row
	maxRetry   = time.Second
)

// ErrNoTime says that the wait would not end before the context's deadline. Nothing was
// reserved: the caller saves how far it is and returns.
var ErrNoTime = fault.New(fault.Retry, "the budget allows no more before the deadline")

// Limiter is one process's part of the shared limiter. Its methods may be called from
// several goroutines.
type Limiter struct {
	Rows   ledger.Rows
	Of     string  // what the units are: buckets of one kind are no other's. "" for writes
	Rate   float64 // units a second and table
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Random func() float64 // in [0,1)
	Token  func() string  // owner of a commit

	mu      sync.Mutex
	buckets map[string]*bucket
}

// New shares rows' buckets, each filled with rate write units a second.
func New(rows ledger.Rows, rate float64) *Limiter {
	return &Limiter{Rows: rows, Rate: rate, Now: time.Now, Sleep: sleep, Random: rand.Float64, Token: ledger.RandomID}
}

// NewReads is New for read units, in buckets of their own.
func NewReads(rows ledger.Rows, rate float64) *Limiter {
	l := New(rows, rate)
	l.Of = "reads"
	return l
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// bucket is what this process holds of one table's budget.
type bucket struct {
	store string
	turn  chan struct{} // held by the goroutine that reserves for all of them

	mu     sync.Mutex
	left   float64   // units that may still be spent; below zero is a debt
	taken  time.Time // when they were reserved
	faster int64     // milliseconds that the row's clock is ahead of ours
}

func (l *Limiter) bucket(store string) *bucket {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, ok := l.buckets[store]
	if !ok {
		b = &bucket{store: store, turn: make(chan struct{}, 1)}
		if l.buckets == nil {
			l.buckets = map[string]*bucket{}
		}
		l.buckets[store] = b
	}
	return b
}

// Wait returns when the store may be called. What the call costs is told
// afterwards, by Spent: a call may overdraw, and the next wait pays for it. It returns
// ErrNoTime at once where the wait would not end before the context's deadline.
func (l *Limiter) Wait(ctx context.Context, store string) error {
	b := l.bucket(store)
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for !b.covered(l.Now()) {
		if err := l.reserve(ctx, b); err != nil {
			return fault.Wrap("wait for the budget of "+store, err)
		}
	}
	return nil
}

// covered says that there is something left to spend.
func (b *bucket) covered(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left > 0 && now.Sub(b.taken) > stale {
		b.left = 0
	}
	return b.left > 0
}

// Spent charges what a call took, in its units.
func (l *Limiter) Spent(store string, units float64) {
	b := l.bucket(store)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left -= units
}

// Throttled pushes every execution back, this one too: what they hold is void, and
// nobody begins anew before the pause is over. A further throttle doubles the pause, up
// to a bound; one within the pause tells nothing new.
func (l *Limiter) Throttled(ctx context.Context, store string) error {
	b := l.bucket(store)
	defer b.forfeit() // after the row: a slice that is reserved before it does not survive
	err := l.update(ctx, b, func(s state) (state, bool, error) {
		next, news := s.throttled()
		return next, news, nil
	})
	return fault.Wrap("report a throttle of "+store, err)
}

// forfeit gives up what is left of the slice; a debt stays.
func (b *bucket) forfeit() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = min(b.left, 0)
}

// reserve takes the next free slice and waits until it begins.
func (l *Limiter) reserve(ctx context.Context, b *bucket) error {
	debt := b.debt()
	var wait time.Duration
	var throttles int64
	err := l.update(ctx, b, func(s state) (next state, write bool, err error) {
		throttles = s.Throttles
		wait, next = s.reserve(l.worth(debt))
		if l.late(ctx, wait) {
			err = ErrNoTime
		}
		return next, true, err
	})
	if err != nil {
		return err
	}
	if void, err := l.await(ctx, b, wait, throttles); err != nil || void {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += debt + l.Rate*slice.Seconds()
	b.taken = l.Now()
	return nil
}

func (b *bucket) debt() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(-b.left, 0)
}

// worth is the time in which the budget fills with so many units.
func (l *Limiter) worth(units float64) time.Duration {
	return time.Duration(units / l.Rate * float64(time.Second))
}

func (l *Limiter) late(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return ok && deadline.Sub(l.Now()) < wait
}

// await waits for a slice's beginning. A throttle meanwhile made it void: it is
// reserved anew then, behind the pause.
func (l *Limiter) await(ctx context.Context, b *bucket, wait time.Duration, throttles int64) (void bool, err error) {
	if wait == 0 {
		return false, nil
	}
	if err := l.Sleep(ctx, wait); err != nil {
		return false, err
	}
	now, _, err := l.read(ctx, b)
	return now.Throttles != throttles, err
}

// update changes the row, again and again while others do so too, after random waits:
// executions that collided must not collide again.
func (l *Limiter) update(ctx context.Context, b *bucket, change func(state) (next state, write bool, err error)) error {
	for try := 0; ; try++ {
		now, version, err := l.read(ctx, b)
		if err != nil {
			return err
		}
		next, write, err := change(now)
		if err != nil || !write {
			return err
		}
		if err := l.write(ctx, b, next, version); err != ledger.ErrConflict && err != ledger.ErrBusy {
			return err
		}
		if err := l.Sleep(ctx, l.retry(try)); err != nil {
			return err
		}
	}
}

func (l *Limiter) retry(try int) time.Duration {
	most := min(firstRetry<<min(try, 10), maxRetry)
	return time.Duration(l.Random() * float64(most))
}
