package simulation

import (
	"flag"
	"fmt"
	"testing"
)

var (
	seed      = flag.Uint64("seed", 0, "play this history only")
	histories = flag.Int("histories", played, "how many histories are played")
)

// TestHistories plays histories to their end and then looks once more, after everything
// that was held back has come.
func TestHistories(t *testing.T) {
	if *seed != 0 {
		play(t, *seed)
		return
	}
	for n := range *histories {
		play(t, uint64(n+1))
	}
}

func play(t *testing.T, seed uint64) {
	h := newHistory(t, seed)
	for range 60 {
		h.act()
	}
	h.look()
}

// TestASeedIsOneHistory: what is played again is what was played.
func TestASeedIsOneHistory(t *testing.T) {
	for seed := range uint64(5) {
		var first string
		for range 3 {
			h := newHistory(t, seed)
			for range 40 {
				h.act()
			}
			told := fmt.Sprint(h.serial, len(h.nights), len(h.deletions), h.w.Now(), h.Uint64())
			if first == "" {
				first = told
			}
			if told != first {
				t.Fatalf("seed %d ended as %s and as %s", seed, first, told)
			}
		}
	}
}
