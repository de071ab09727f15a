package budget

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mikla-ai/data-deletion/shared/ledger"
)

// state is the shared row. Times are milliseconds.
//
// The row keeps a clock of its own: At never goes back, and a process whose clock is
// behind it goes by it from then on. So all of them count the same time whatever their
// clocks say, and an absurd time in the row is merely what the row calls now.
type state struct {
	At        int64 `json:"at"`        // when it was written, by the row's clock
	Ahead     int64 `json:"ahead"`     // how far beyond At the budget is reserved; below zero is credit
	Throttles int64 `json:"throttles"` // so far; a change voids what was reserved before
	Pause     int64 `json:"pause"`     // that the last throttle made
	PausedAt  int64 `json:"paused_at"`
}

// keep is how long a row that nobody writes any more stays.
const keep = 24 * time.Hour

// latest is a time that no clock shows; beyond it a row is damaged.
const latest = int64(1) << 50

func (l *Limiter) key(store string) ledger.Key {
	pk := "budget#" + store
	if l.Of != "" {
		pk = "budget#" + l.Of + "#" + store
	}
	return ledger.Key{Table: ledger.Records, PK: pk, SK: "budget"}
}

// read gives the state as it is now, with what has been reserved less the time since.
func (l *Limiter) read(ctx context.Context, b *bucket) (state, int64, error) {
	row, found, err := l.Rows.Get(ctx, l.key(b.store))
	if err != nil {
		return state{}, 0, err
	}
	var s state
	if found && (json.Unmarshal(row.Doc, &s) != nil || !s.sound()) {
		s = state{}
	}
	return s.at(b.clock(l.Now(), s.At)), row.Version, nil
}

func (s state) sound() bool {
	for _, n := range []int64{s.At, s.PausedAt, s.Pause} {
		if n < 0 || n > latest {
			return false
		}
	}
	return s.Throttles >= 0 && s.Ahead < latest && s.Ahead > -latest
}

// clock is the row's time: ours, set forward by how far the row was ever seen ahead.
func (b *bucket) clock(now time.Time, row int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faster = max(b.faster, row-now.UnixMilli())
	return now.UnixMilli() + b.faster
}

func (s state) at(now int64) state {
	ahead := min(s.Ahead, longest.Milliseconds()) - (now - s.At)
	s.At, s.Ahead = now, max(ahead, -credit.Milliseconds())
	return s
}

// reserve takes a slice after what is reserved and after the time that a debt takes,
// and says how long it is until it begins.
func (s state) reserve(owed time.Duration) (time.Duration, state) {
	begins := s.Ahead + owed.Milliseconds()
	s.Ahead = begins + slice.Milliseconds()
	return time.Duration(max(begins, 0)) * time.Millisecond, s
}

// throttled makes the pause that a throttle asks for; what was reserved is void.
func (s state) throttled() (next state, news bool) {
	since := s.At - s.PausedAt
	if s.Pause > 0 && since < s.Pause {
		return s, false
	}
	pause := 2 * s.Pause >> min((since-s.Pause)/calm.Milliseconds(), 62)
	s.Pause = min(max(pause, firstPause.Milliseconds()), maxPause.Milliseconds())
	s.PausedAt, s.Ahead = s.At, s.Pause
	s.Throttles++
	return s, true
}

func (l *Limiter) write(ctx context.Context, b *bucket, s state, version int64) error {
	doc, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return l.Rows.Commit(ctx, l.Token(), []ledger.Write{{Expect: version, Row: ledger.Row{
		Key: l.key(b.store), Doc: doc, ExpiresAt: l.Now().Add(keep).Unix()}}})
}
