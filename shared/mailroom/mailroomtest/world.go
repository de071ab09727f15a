// Package mailroomtest is the whole way of a mail in memory: the mailbox, the queues, the
// state machine, the sweep, SES and its events, beside the example's platform. Nothing in
// it waits, and any write on the way can be struck.
package mailroomtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mailroom"
	"github.com/mikla-ai/data-deletion/shared/outbox"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// Our address and the host of the pages.
const (
	Address   = "privacy@mikla.ai"
	PublicURL = "https://privacy.example"
)

// Undo is how long a closure may be taken back.
const Undo = 72 * time.Hour

// Sent is a letter that SES took over.
type Sent struct {
	outbox.Mail
	ID string
	At time.Time
}

// World is the example's platform with this service, its mail included, beside it.
type World struct {
	*workflowtest.World
	testing.TB
	Archive map[string]string // key -> content
	Sent    []Sent
	Silent  bool              // SES tells nothing of what it sent
	Becomes map[string]string // address -> kind of the event; "delivery" where there is none

	starts  []workflow.Message
	letters []string
	events  []notice.Event
	ran     map[string]bool // execution -> ended
	waiting []workflow.Message
	mails   int
	tokens  int
}

// New returns a world with the example's data.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{World: workflowtest.New(t), TB: t, Archive: map[string]string{}, Becomes: map[string]string{}, ran: map[string]bool{}}
	w.World.Mails, w.World.Letters = bucket{w}, letters{w}
	w.Ledger.Token = w.token
	return w
}

// token is an ID that begins otherwise than the one before, since tags are beginnings.
func (w *World) token() string {
	w.tokens++
	sum := sha256.Sum256(fmt.Append(nil, w.tokens))
	return hex.EncodeToString(sum[:16])
}

func (w *World) log() *slog.Logger { return slog.New(slog.NewTextHandler(io.Writer(&w.LogText), nil)) }

// Desk takes answers.
func (w *World) Desk() answer.Desk {
	return answer.Desk{Ledger: w.Ledger, Keys: w.Keys, Now: w.Now, Start: starts{w}, Letters: letters{w}, Limits: w.limits()}
}

func (w *World) limits() limit.Limits {
	return limit.Limits{Rows: w.Ledger.Rows, Keys: w.Keys.Fingerprint, Now: w.Now}
}

// Room takes mails in.
func (w *World) Room() mailroom.Room {
	return mailroom.Room{Desk: w.Desk(), Archive: bucket{w}, Businesses: w.businesses, Log: w.log(),
		Undo: map[string]time.Duration{"tenant": Undo, "channel": Undo / 3}}
}

// Sender sends letters.
func (w *World) Sender() outbox.Sender {
	return outbox.Sender{Ledger: w.Ledger, Post: post{w}, Codes: w.Keys.Code, Limits: w.limits(), PublicURL: PublicURL,
		Address: Address, Now: w.Now, Log: w.log()}
}

func (w *World) sweeper() dispatch.Sweeper {
	return dispatch.Sweeper{Ledger: w.Ledger, Queue: starts{w}, Letters: letters{w}, Executions: executions{w}, Log: w.log()}
}

// Settle does whatever lies in a queue or runs, until nothing does. What fails comes
// again, as from the queues of AWS, and in the end is left to the sweep.
func (w *World) Settle() {
	w.Helper()
	for range 200 {
		if !w.once() {
			return
		}
	}
	w.Fatal("the queues do not get empty")
}

func (w *World) once() bool {
	switch {
	case len(w.starts) > 0:
		m := w.starts[0]
		w.starts = w.starts[1:]
		w.Again(func() error {
			return dispatch.Starter{Ledger: w.Ledger, Executions: executions{w}}.Start(context.Background(), m)
		})
	case len(w.waiting) > 0:
		m := w.waiting[0]
		w.waiting = w.waiting[1:]
		_, _ = w.Walk(context.Background(), m) // what died the sweep starts again
		w.ran[nameOf(m)] = true
	case len(w.letters) > 0:
		id := w.letters[0]
		w.letters = w.letters[1:]
		w.Again(func() error {
			_, err := w.Sender().Run(context.Background(), id)
			return err
		})
	case len(w.events) > 0 && !w.Silent:
		e := w.events[0]
		w.events = w.events[1:]
		w.Again(func() error {
			_, err := w.Sender().Note(context.Background(), e)
			return err
		})
	default:
		return false
	}
	return true
}

// deliveries is how often a queue delivers a message before it counts as dead.
const deliveries = 3

// Again does a piece of work as a queue has it done: what fails or is killed comes again.
// It fails the test if that does not help, except for work that is late.
func (w *World) Again(work func() error) {
	w.Helper()
	var err error
	for range deliveries {
		_, err = workflowtest.Killable(struct{}{}, func() (struct{}, error) { return struct{}{}, work() })
		if err == nil || err == answer.ErrGone {
			return
		}
	}
	w.Errorf("failed again and again: %v", err)
}

// Pass lets time go by in which the sweep runs; steps is how long at most between two
// of its runs.
func (w *World) Pass(d, steps time.Duration) {
	w.Helper()
	w.Settle()
	for ; d > 0; d -= steps {
		w.World.Pass(min(d, steps))
		w.Sweep()
	}
}

// Sweep sweeps and does what comes of it.
func (w *World) Sweep() {
	w.Helper()
	_, err := workflowtest.Killable(struct{}{}, func() (struct{}, error) {
		_, err := w.sweeper().Run(context.Background())
		return struct{}{}, err
	})
	if err != nil && fault.KindOf(err) != fault.Retry && !errors.Is(err, livedatatest.ErrKilled) {
		w.Error(err)
	}
	w.Settle()
}

// To lists what was sent to an address, in order.
func (w *World) To(address string) []Sent {
	return slices.DeleteFunc(slices.Clone(w.Sent), func(s Sent) bool { return s.To != address })
}

// Kinds lists the kinds of the letters to an address, in order.
func (w *World) Kinds(address string) []string {
	out := []string{}
	for _, s := range w.To(address) {
		id, number, _ := strings.Cut(s.Name, "-")
		var place int
		_, _ = fmt.Sscan(number, &place)
		out = append(out, w.Request(w, id).Letters[place].Kind)
	}
	return out
}

// Requests lists every request, in the order in which they were made.
func (w *World) Requests() []request.Request {
	w.Helper()
	var out []request.Request
	for _, row := range w.Rows.All() {
		if id, ok := strings.CutPrefix(row.PK, "request#"); ok && row.SK == "request" {
			out = append(out, w.Request(w, id))
		}
	}
	return out
}

// Newest is the request that got on last.
func (w *World) Newest() request.Request {
	w.Helper()
	all := w.Requests()
	return slices.MaxFunc(all, func(a, b request.Request) int { return a.MovedAt.Compare(b.MovedAt) })
}

// Only is the one request that there is.
func (w *World) Only() request.Request {
	w.Helper()
	all := w.Requests()
	if len(all) != 1 {
		w.Fatalf("there are %d requests, not one", len(all))
	}
	return all[0]
}

// Broken is what the rows and the archive of this service break.
func (w *World) Broken(needles ...string) []invariant.Violation {
	w.Helper()
	found := w.Violations(needles...)
	for key, text := range w.Archive {
		for i, needle := range needles {
			if strings.Contains(text, needle) {
				found = append(found, invariant.Violation{Invariant: "I12", Text: fmt.Sprintf("the archive's %s holds needle %d", key, i)})
			}
		}
	}
	for i, needle := range needles {
		if strings.Contains(w.LogText.String(), needle) {
			found = append(found, invariant.Violation{Invariant: "I12", Text: fmt.Sprintf("the log holds needle %d", i)})
		}
	}
	return found
}

// Kept lists the keys of the archive.
func (w *World) Kept() []string { return slices.Sorted(maps.Keys(w.Archive)) }
