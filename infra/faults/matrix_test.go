package faults

import (
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
)

func plain(items []livedata.Item) (out []string) {
	for _, it := range items {
		out = append(out, livedatatest.Canonical(it))
	}
	return out
}

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

// walked leads a request along a path, in an empty place, with or without a strike.
func walked(t testing.TB, p *place, way path, s *strike) (l *life, before map[string]string) {
	t.Helper()
	ctx := t.Context()
	l = newLife(t, p, way, serial.Add(1), s)
	l.must(p.empty(ctx))
	l.must(p.fill(ctx, way.example(t)))
	before, err := p.dump(ctx)
	l.must(err)
	l.live()
	return l, before
}

// TestEveryFaultEndsAsTheCleanRunDoes is the matrix: every path, every kind, every point
// of the clean run that the kind can strike.
func TestEveryFaultEndsAsTheCleanRunDoes(t *testing.T) {
	began, count := time.Now(), &tally{cells: map[string]int{}}
	for _, way := range paths {
		t.Run(way.name, func(t *testing.T) {
			points, want := clean(t, way)
			count.paths++
			for _, k := range kinds {
				for number, p := range points {
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
func cell(t *testing.T, way path, s *strike, want outcome) {
	p := <-shared.places
	defer func() { shared.places <- p }()
	l, before := walked(t, p, way, s)
	check(t, l, before)
	if difference := outcomeOf(t, l).differs(want); difference != "" {
		t.Error(difference)
	}
	if !s.struck || s.left > 0 {
		t.Errorf("struck %t, %d times left", s.struck, s.left)
	}
	if t.Failed() {
		t.Logf("log:\n%s", l.log.String())
	}
}

// clean walks a path undisturbed, and holds it to what the path says.
func clean(t *testing.T, way path) ([]point, outcome) {
	p := <-shared.places
	defer func() { shared.places <- p }()
	l, before := walked(t, p, way, nil)
	check(t, l, before)
	r := l.requests()[0]
	if r.State != way.state || !maps.Equal(r.Erased, way.erased) {
		t.Errorf("ended %s, erased %v", r.State, r.Erased)
	}
	var writes []string
	for _, point := range l.line.points {
		if point.writes() {
			writes = append(writes, point.String())
		}
	}
	if got := "\n" + strings.Join(writes, "\n"); got != pinned[way.name] {
		t.Errorf("the writes are%s", got)
	}
	if t.Failed() {
		t.Fatalf("log:\n%s", l.log.String())
	}
	return l.line.points, outcomeOf(t, l)
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
