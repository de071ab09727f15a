package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// tally counts what was struck.
type tally struct {
	mu    sync.Mutex
	cells map[string]int // kind -> cells that were struck
	paths int
}

func (c *tally) add(kind string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cells[kind]++
}

var serial atomic.Int64

// ready makes a life in an empty place that holds the path's world.
func ready(t testing.TB, p *place, way path, s *strike) *life {
	t.Helper()
	l := newLife(t, p, way, serial.Add(1), s)
	l.must(p.empty(t.Context()))
	l.must(p.fill(t.Context(), way.example(t)))
	return l
}

// baseline is a path undisturbed: what every cell of it must come to.
type baseline struct {
	points []point
	before map[string]string
	outcome
}

// TestEveryFaultEndsAsTheCleanRunDoes is the matrix: every path, every kind, every point
// of the clean run that the kind can strike.
func TestEveryFaultEndsAsTheCleanRunDoes(t *testing.T) {
	began, count := time.Now(), &tally{cells: map[string]int{}}
	for _, way := range paths {
		t.Run(way.name, func(t *testing.T) {
			want := clean(t, way)
			count.paths++
			for _, k := range kinds {
				for number, p := range want.points {
					if k.at(p) {
						t.Run(fmt.Sprintf("%s/%d %s", k.name, number, p), func(t *testing.T) {
							t.Parallel()
							cell(t, way, &strike{kind: k, number: number, at: p, left: max(1, k.times)}, want)
							count.add(k.name)
						})
					}
				}
			}
		})
	}
	t.Run("every kind struck", func(t *testing.T) { count.report(t, time.Since(began)) })
}

// cell strikes one point in one way.
func cell(t *testing.T, way path, s *strike, want baseline) {
	p := <-shared.places
	defer func() { shared.places <- p }()
	l := ready(t, p, way, s)
	l.live()
	end, err := p.contents(t.Context())
	l.must(err)
	check(t, l, want.before, end)
	if difference := outcomeOf(t, way, end).differs(want.outcome); difference != "" {
		t.Error(difference)
	}
	if !s.struck {
		t.Error("it never came to the strike")
	}
	if t.Failed() {
		t.Logf("log:\n%s", l.log.String())
	}
}

// clean walks a path undisturbed, and holds it to what the path says.
func clean(t *testing.T, way path) baseline {
	p := <-shared.places
	defer func() { shared.places <- p }()
	l := ready(t, p, way, nil)
	begin, err := p.contents(t.Context())
	l.must(err)
	l.live()
	end, err := p.contents(t.Context())
	l.must(err)
	got := baseline{points: l.line.points, before: begin.live(), outcome: outcomeOf(t, way, end)}
	check(t, l, got.before, end)
	if r := l.requests()[0]; r.State != way.state || !maps.Equal(r.Erased, way.erased) {
		t.Errorf("ended %s, erased %v", r.State, r.Erased)
	}
	if changed := changes(got.before, got.live); !slices.Equal(changed, way.changed) {
		t.Errorf("changed are %q", changed)
	}
	if writes := writesOf(got.points); writes != pinned[way.name] {
		t.Errorf("the writes are%s", writes)
	}
	if t.Failed() {
		t.Fatalf("log:\n%s", l.log.String())
	}
	return got
}

// changes are the keys whose content is another.
func changes(before, after map[string]string) (out []string) {
	for _, key := range slices.Sorted(maps.Keys(after)) {
		if before[key] != after[key] {
			out = append(out, key)
		}
	}
	return out
}

// writesOf lists the writes of a run, as they are pinned.
func writesOf(points []point) string {
	out := ""
	for _, p := range points {
		if p.writes() {
			out += "\n" + p.String()
		}
	}
	return out
}

// report prints the closing lines. A kind that never struck proves nothing.
func (c *tally) report(t *testing.T, took time.Duration) {
	all := 0
	var struck []string
	for _, k := range kinds {
		n := c.cells[k.name]
		all += n
		struck = append(struck, fmt.Sprintf("%s %d", k.name, n))
		if n == 0 {
			t.Errorf("%q never struck", k.name)
		}
	}
	fmt.Printf("%d cells: %d paths, %d kinds, %s\nstruck: %s\n", all, c.paths, len(kinds), took.Round(time.Second), strings.Join(struck, "; "))
}
