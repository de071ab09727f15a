package simulation

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// history is one random history. Everything random in it comes from its seed.
type history struct {
	*platform
	t    testing.TB
	seed uint64

	depth     int  // of acts that happen within others
	calm      bool // nothing strikes and nothing comes between
	deletions []*deletion
	nights    []*night
	images    []image // of the live tables, as recovery could give them back
	rotated   time.Time
}

// deletion is one request, from the moment on at which it was admitted.
type deletion struct {
	scope  string
	fields map[string]string
	id     string
	cutoff time.Time
	done   bool // completed, or nothing was found
	ended  time.Time
}

// takes says that a word was to go with the deletion.
func (d *deletion) takes(w *word) bool {
	for name, value := range d.fields {
		if w.whose[name] != value {
			return false
		}
	}
	return d.everything() || !w.at.After(d.cutoff)
}

func (d *deletion) everything() bool { return d.scope == "channel" || d.scope == "tenant" }

// concerns says that a word is of the same subject, whenever it was written.
func (d *deletion) concerns(w *word) bool {
	for name, value := range d.fields {
		if w.whose[name] != value {
			return false
		}
	}
	return true
}

func newHistory(t testing.TB, seed uint64) *history {
	w := workflowtest.NewEmpty(t)
	h := &history{t: t, seed: seed, platform: &platform{Rand: rand.New(rand.NewPCG(seed, 5)), w: w, secret: w.Keys.Fingerprint, wrote: map[string][]version{}, quoted: map[string]string{}}}
	w.Fate = h.fate
	w.Before = func(string) { h.between(4) }
	striking := w.Live.Fault
	w.Live.Fault = func(op livedatatest.Op, key string) (bool, error) {
		if !op.Writes() {
			h.between(30) // after what was read before, and before anything comes of it
		}
		return striking(op, key)
	}
	h.business(2)
	h.business(1)
	return h
}

func (h *history) fatalf(format string, args ...any) {
	h.t.Helper()
	h.t.Fatalf("seed %d: "+format+"\nagain with: go test ./infra/simulation -run TestHistories -seed %d", slices.Concat([]any{h.seed}, args, []any{h.seed})...)
}

// between lets something else happen, one time in so many.
func (h *history) between(oneIn int) {
	if !h.calm && h.depth < 3 && h.IntN(oneIn) == 0 {
		h.act()
	}
}

// fate of a write: now and then it fails, is lost, or the process dies there; and now and
// then something else happens first.
func (h *history) fate(string) (bool, error) {
	if h.calm {
		return true, nil
	}
	h.between(12)
	switch h.IntN(60) {
	case 0:
		return false, livedatatest.ErrKilled
	case 1:
		return true, livedatatest.ErrKilled
	case 2:
		return false, fault.New(fault.Retry, "throttled")
	case 3:
		return true, fault.New(fault.Retry, "the answer was lost")
	}
	return true, nil
}

// act is one thing that happens.
func (h *history) act() {
	h.depth++
	defer func() { h.depth-- }()
	switch n := h.IntN(100); {
	case n < 40:
		h.says(pick(h.platform, h.people), h.moment(), h.IntN(4) == 0)
	case n < 50: // what a queue held back
		h.says(pick(h.platform, h.people), h.w.Now().Add(-time.Duration(h.IntN(72))*time.Hour), h.IntN(4) == 0)
	case n < 62:
		h.erase()
	case n < 80:
		h.night()
	case n < 90:
		h.pass()
		h.rotate()
	case n < 94:
		h.image()
	case n < 96:
		h.restoreLive()
	case h.depth == 1:
		h.look()
	}
}

// pass lets hours go by, or, within something that is under way, minutes: no call takes
// longer.
func (h *history) pass() {
	if h.depth > 1 {
		h.w.Pass(time.Duration(h.IntN(10)) * time.Minute)
		return
	}
	h.w.Pass(time.Duration(1+h.IntN(40)) * time.Hour)
}

// moment is when Meta says that something happened: a little ago.
func (h *history) moment() time.Time { return h.w.Now().Add(-time.Duration(h.IntN(90)) * time.Second) }

// erase asks for a deletion of something, and works on it until it has an end.
func (h *history) erase() {
	d := h.choose()
	if d == nil {
		return
	}
	h.t.Helper()
	scope, _ := h.w.Map.Scope(d.scope)
	var key []string
	for _, name := range scope.Key {
		key = append(key, d.fields[name])
	}
	calm := h.calm
	h.calm = true
	m := h.w.AdmitScope(h.t, d.scope, key...)
	h.calm = calm
	d.id, d.cutoff = m.RequestID, h.w.Request(h.t, m.RequestID).Cutoff
	h.deletions = append(h.deletions, d)
	for range 60 {
		end, err := h.w.Walk(h.t.Context(), m)
		r := h.w.Request(h.t, d.id)
		if d.done = r.State == request.Completed || r.State == request.NothingFound; d.done {
			d.ended = h.w.Now()
			return
		}
		if r.State.Waiting() {
			h.fatalf("deletion of a %s waits for a person (%s, %s): %v\n%s", d.scope, r.State, end, err, h.w.LogText.String())
		}
		if err == nil && !errors.Is(err, livedatatest.ErrKilled) && r.State.Terminal() {
			h.fatalf("deletion of a %s ended as %s", d.scope, r.State)
		}
		m = h.restart(d.id)
	}
	h.fatalf("deletion of a %s does not end: %+v", d.scope, h.w.Request(h.t, d.id))
}
