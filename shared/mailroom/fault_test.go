package mailroom_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// story is one person's way through to the end, whose every write is struck.
type story struct {
	new     func(t testing.TB) *mailroomtest.World
	live    func(t testing.TB, w *mailroomtest.World)
	end     request.State
	needles []string
	rounds  int // 2: once more with an SES that tells nothing
}

var stories = map[string]story{
	"Spanish, confirmed on the page": {mailroomtest.New, func(t testing.TB, w *mailroomtest.World) {
		w.Write(spanish)
		w.Confirm(arrived(t, w, lucia, request.Challenge), claim.Claim{Names: []string{"Lucía F"}})
	}, request.Completed, ofLucia, 2},
	"what was missing comes by reply": {mailroomtest.New, func(t testing.TB, w *mailroomtest.World) {
		w.Write(mailroomtest.Mail{From: tom, Subject: "Delete my data", Body: "Please delete all my personal data. I wrote to Harbour View Hotel.\n"})
		w.Write(w.Reply(arrived(t, w, tom, request.AskMore), "I am @tom.kaczmarek.7 on Facebook.\n"))
		w.Write(w.Reply(arrived(t, w, tom, request.Challenge), "Yes, I confirm. My name is Tom Kaczmarek.\n"))
	}, request.Completed, ofTom, 2},
	"withdrawn by reply": {mailroomtest.New, func(t testing.TB, w *mailroomtest.World) {
		w.Write(english)
		w.Write(w.Reply(arrived(t, w, tom, request.Challenge), "I changed my mind. Please cancel my request.\n"))
	}, request.Withdrawn, ofTom, 1},
	"a closure": {harbour, func(t testing.TB, w *mailroomtest.World) {
		confirmed(t, w)
		w.Pass(mailroomtest.Undo+time.Hour, 12*time.Hour)
	}, request.Completed, ofHarbour, 1},
	"a closure that is taken back": {harbour, func(t testing.TB, w *mailroomtest.World) {
		confirmed(t, w)
		w.Visit(arrived(t, w, owner, request.ClosureStarted), func(d answer.Desk, slip answer.Slip) error { return d.Withdraw(background(), slip) })
	}, request.Withdrawn, []string{manager, owner, "t_harbour"}, 1},
}

func confirmed(t testing.TB, w *mailroomtest.World) {
	w.Write(closing)
	letter := arrived(t, w, manager, request.ClosureLink)
	w.Visit(letter, func(d answer.Desk, slip answer.Slip) error { return d.Close(background(), slip, pin(t, letter)) })
}

// arrived waits for a letter, as people do.
func arrived(t testing.TB, w *mailroomtest.World, address, kind string) mailroomtest.Sent {
	t.Helper()
	for range 60 {
		if i := slices.Index(w.Kinds(address), kind); i >= 0 {
			return w.To(address)[i]
		}
		w.Pass(time.Minute, time.Minute)
	}
	t.Fatalf("no letter %s comes to %s", kind, address)
	return mailroomtest.Sent{}
}

// The ways of striking a write.
var strikes = map[string]struct {
	apply bool
	err   error
}{
	"not applied":       {false, errStruck},
	"applied, lost":     {true, errStruck},
	"killed before":     {false, livedatatest.ErrKilled},
	"killed just after": {true, livedatatest.ErrKilled},
}

var errStruck = fault.New(fault.Retry, "struck")

// outcome is what must be the same whatever was struck.
type outcome struct {
	live    map[string]string
	letters map[string]int // kind and address -> how many are owed
	rows    []string
	stones  int
}

func outcomeOf(w *mailroomtest.World) outcome {
	out := outcome{live: w.Live.Dump(), letters: map[string]int{}, stones: len(w.Tombstones.All())}
	for _, r := range w.Requests() {
		for _, l := range r.Letters {
			out.letters[fmt.Sprint(l.Kind, " to ", l.To)]++
		}
	}
	for _, row := range w.Rows.All() {
		kind, _, _ := strings.Cut(row.PK, "#")
		if kind == "sent" || strings.HasPrefix(row.SK, "event#") {
			continue // the ID of a letter may be lost; further runs have further events
		}
		out.rows = append(out.rows, fmt.Sprint(row.Table, " ", kind, " ", row.SK, " ", row.Open))
	}
	slices.Sort(out.rows)
	return out
}

func (o outcome) differs(want outcome) string {
	switch {
	case !maps.Equal(o.live, want.live):
		return "the live data differs"
	case !maps.Equal(o.letters, want.letters):
		return fmt.Sprintf("the letters are %v, want %v", o.letters, want.letters)
	case !slices.Equal(o.rows, want.rows):
		return fmt.Sprintf("our rows are %v, want %v", o.rows, want.rows)
	case o.stones != want.stones:
		return fmt.Sprintf("%d tombstones, want %d", o.stones, want.stones)
	}
	return ""
}

// toTheEnd lets everything come to rest: what died is started again, what is not heard of
// is sent again or given up.
func (s story) toTheEnd(t testing.TB, w *mailroomtest.World) {
	s.live(t, w)
	w.Pass(20*time.Minute, time.Minute)
	w.Pass(2*request.HeardWithin, 6*time.Hour)
}

// wrong is everything that is wrong in the end.
func (s story) wrong(w *mailroomtest.World, want outcome) []string {
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	if all := w.Requests(); len(all) != 1 || all[0].State != s.end {
		say("there are %d requests, the first stands at %s", len(all), all[0].State)
	}
	if difference := outcomeOf(w).differs(want); difference != "" {
		say("%s", difference)
	}
	for _, violation := range w.Broken(s.needles...) {
		say("%s", violation)
	}
	if kept := w.Kept(); len(kept) > 0 {
		say("mails are left: %v", kept)
	}
	for _, problem := range sentTwice(w) {
		say("%s", problem)
	}
	return out
}

// sentTwice finds letters that went more often than they may: twice if nothing was heard
// of the first for a quarter of an hour, and never three times.
func sentTwice(w *mailroomtest.World) (out []string) {
	sent := map[string][]mailroomtest.Sent{}
	for _, s := range w.Sent {
		sent[s.Name] = append(sent[s.Name], s)
	}
	for _, copies := range sent {
		switch {
		case len(copies) == 1:
		case len(copies) > 2:
			out = append(out, fmt.Sprintf("a letter was sent %d times", len(copies)))
		case !w.Silent:
			out = append(out, "a letter was sent twice, though SES told of the first")
		case copies[1].At.Sub(copies[0].At) < request.EventWithin:
			out = append(out, fmt.Sprintf("a letter was sent again after %s", copies[1].At.Sub(copies[0].At)))
		}
	}
	return out
}

// writesOf lives a story undisturbed and lists its writes.
func (s story) writesOf(t testing.TB, silent bool) (writes []string, want outcome) {
	w := s.new(t)
	w.Silent = silent
	w.Fate = func(write string) (bool, error) {
		writes = append(writes, write)
		return true, nil
	}
	s.toTheEnd(t, w)
	want = outcomeOf(w)
	for _, problem := range s.wrong(w, want) {
		t.Errorf("undisturbed: %s", problem)
	}
	if len(w.Sent) == 0 || slices.Contains(slices.Collect(maps.Values(want.letters)), 2) {
		t.Errorf("undisturbed, %d letters were sent: %v", len(w.Sent), want.letters)
	}
	return writes, want
}

func TestEveryWriteMayFailBeLostOrBeTheLast(t *testing.T) {
	if raced {
		t.Skip("one goroutine does it all, some thousand times: there is nothing to race with")
	}
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cells := 0
			for _, silent := range []bool{false, true}[:s.rounds] {
				writes, want := s.writesOf(t, silent)
				for kind, strike := range strikes {
					for i, write := range writes {
						w := s.new(t)
						w.Silent = silent
						n, struck := 0, false
						w.Fate = func(string) (bool, error) {
							if n++; n-1 == i {
								struck = true
								return strike.apply, strike.err
							}
							return true, nil
						}
						s.toTheEnd(t, w)
						for _, problem := range s.wrong(w, want) {
							t.Errorf("%s at write %d (%s), silent %t: %s", kind, i, write, silent, problem)
						}
						if !struck {
							t.Errorf("%s at write %d (%s) was never reached", kind, i, write)
						}
						cells++
					}
				}
			}
			t.Logf("%d cells", cells)
		})
	}
}

// The writes of the Spanish story, in order, so that a further one is a decision.
func TestWritesOfTheSpanishStory(t *testing.T) {
	writes, _ := stories["Spanish, confirmed on the page"].writesOf(t, false)
	want := []string{
		"commit limit", "commit pointer", "queue letters", "write a decision", // taken in
		"commit limit", "commit request", "send a letter", "commit pointer", "commit request", "commit request", // asked, delivered
		"commit request",                                                                                          // proven
		"commit limit", "commit limit", "commit request", "queue a start", "start an execution", "commit request", // confirmed
		"commit subject#0000", "commit request", // located
		"raise a tombstone", "raise a tombstone", "raise a tombstone",
		"change conversations/t_capricho/c_lucia", "change leads/t_capricho/l_lucia", "commit request", // fenced
		"commit frozen#0000#conversations#cfc664f2cd5f54c10dfd8e260e92f6b4", "commit cursor",
		"delete messages/c_lucia/2026-05-01T12:00:00Z#m_4", "commit cursor", "delete if conversations/t_capricho/c_lucia",
		"commit cursor", "delete if leads/t_capricho/l_lucia", "commit cursor", // purged
		"commit request",                                                                                         // shredded, of which there is no copy
		"commit request",                                                                                         // verified
		"commit request", "remove mails", "commit key", "commit subject#0000", "commit request", "queue letters", // closed
		"commit limit", "commit request", "send a letter", "commit pointer", "commit request", "commit request", // told, delivered
		"commit request", "commit mailkey", "commit mailbox#000", "commit request", // the mailbox forgotten
	}
	if !slices.Equal(writes, want) {
		t.Errorf("the writes are\n%s", strings.Join(writes, "\n"))
	}
}
