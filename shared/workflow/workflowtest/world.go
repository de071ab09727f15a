// Package workflowtest walks requests through the steps of their life over stores in
// memory, as the state machine does, and can strike any write on the way.
package workflowtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/purge"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/shred"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
	"github.com/mikla-ai/data-deletion/shared/verify"
	"github.com/mikla-ai/data-deletion/shared/walk"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// The example's app, its lead who logged in and its member of staff.
const (
	App   = "900000000000001"
	Tom   = "10150000000000555"
	Staff = "10150000000000077"
)

// Start is when the clock starts: after everything in the example.
var Start = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// Fate decides what becomes of a write: whether it is applied, and what is returned.
// livedatatest.ErrKilled ends the process there.
type Fate func(write string) (apply bool, err error)

// World is the example's platform with this service beside it.
type World struct {
	Map        *datamap.Map
	Live       *livedatatest.Fake
	Rows       *ledgertest.Fake
	Ledger     *ledger.Ledger
	Tombstones *fencetest.Fake
	Keys       ledger.Keys
	BackupKeys *keystest.Fake
	Root       keystest.Root
	Backups    *snapshottest.Bucket
	Runs       *snapshottest.Runs
	Fate       Fate // asked for every write of ours and to live data
	Before     func(step string)
	Reserve    time.Duration // of the purge
	LogText    bytes.Buffer

	Mails   workflow.Mails   // nil: requests have none
	Letters workflow.Letters // the same

	mu     sync.Mutex
	now    time.Time
	tokens int
}

// New returns a world with the example's data.
func New(t testing.TB) *World {
	t.Helper()
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return NewOn(t, m)
}

// load reads the map once: worlds are many, and nobody changes it.
var load = sync.OnceValues(datamap.Load)

// NewOn returns a world with the example's data on another data map.
func NewOn(t testing.TB, m *datamap.Map) *World {
	t.Helper()
	return newWorld(t, livedatatest.NewExample(t, m))
}

// NewCopied returns a world with the example's data, and last night's snapshot of it.
func NewCopied(t testing.TB) *World {
	t.Helper()
	w := New(t)
	copied.Do(func() {
		first := New(t)
		first.Night(t)
		copied.keys = first.BackupKeys.All()
		for _, name := range first.Backups.Names() {
			body, err := first.Backups.Get(context.Background(), name)
			if err != nil {
				t.Fatal(err)
			}
			copied.names, copied.bodies = append(copied.names, name), append(copied.bodies, body)
		}
	})
	for _, row := range copied.keys {
		w.BackupKeys.Put(row)
	}
	for i, name := range copied.names {
		if err := w.Backups.Put(context.Background(), name, copied.bodies[i]); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// copied is the snapshot of the example: writing it takes longer than most of what is tested
// with it, and it is the same each time.
var copied struct {
	sync.Once
	keys   []keys.Row
	names  []string
	bodies [][]byte
}

// NewEmpty returns a world without any data.
func NewEmpty(t testing.TB) *World {
	t.Helper()
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return newWorld(t, livedatatest.NewFake(m))
}

func newWorld(t testing.TB, live *livedatatest.Fake) *World {
	t.Helper()
	w := &World{Map: live.Map, Live: live, Rows: ledgertest.NewFake(), Tombstones: fencetest.NewFake(), now: Start}
	w.Ledger = &ledger.Ledger{Rows: rows{w.Rows, w}, Now: w.Now, Token: w.token, Random: rand.NewChaCha8([32]byte{})}
	w.Keys = ledger.Keys{Code: Secret(t, 'c'), Fingerprint: Secret(t, 'f')}
	w.Live.Fault = func(op livedatatest.Op, key string) (bool, error) {
		if !op.Writes() {
			return true, nil
		}
		return w.fate(string(op) + " " + key)
	}
	w.Tombstones.Fault = func(fence.Tombstone) (bool, error) { return w.fate("raise a tombstone") }
	w.BackupKeys = keystest.NewFake(w.Tombstones)
	w.BackupKeys.Fault = func(op string) (bool, error) { return w.fate(op + " a key") }
	w.Backups = &snapshottest.Bucket{Now: w.Now, Fault: func(op, name string) (bool, error) {
		if op != snapshottest.Put && op != snapshottest.Delete {
			return true, nil
		}
		kind, _, _ := strings.Cut(name, "/")
		return w.fate(op + " of " + kind)
	}}
	w.Runs = &snapshottest.Runs{Fault: func(op, _ string) (bool, error) {
		if op != snapshottest.Save {
			return true, nil
		}
		return w.fate("save the run of a snapshot")
	}}
	return w
}

// Writer writes snapshots of the world, in one invocation.
func (w *World) Writer() snapshot.Writer {
	random := rand.NewChaCha8([32]byte([]byte(w.token())))
	return snapshot.Writer{Walker: walk.Walker{Map: w.Map, Records: w.Live.Records()}, Put: w.Backups.Put, Runs: w.Runs,
		Keyring: &keys.Keyring{Rows: w.BackupKeys, Root: w.Root, Tombstones: w.Tombstones, Secret: w.Keys.Fingerprint, Now: w.Now, Random: random},
		Now:     w.Now, Random: random, Token: func() string { return w.token()[24:] }}
}

// Units are the channels and tenants that are live.
func (w *World) Units() []snapshot.Unit {
	var out []snapshot.Unit
	for _, it := range w.Live.World().Records["tenants"] {
		out = append(out, snapshot.Unit{Tenant: it.Text("tenant_id")})
	}
	for _, it := range w.Live.World().Records["channels"] {
		out = append(out, snapshot.Unit{Tenant: it.Text("tenant_id"), Channel: it.Text("channel_id")})
	}
	slices.SortFunc(out, func(a, b snapshot.Unit) int { return strings.Compare(a.Tenant+"/"+a.Channel, b.Tenant+"/"+b.Channel) })
	return out
}

// Night copies everything that is live, and returns the moment of the snapshots.
func (w *World) Night(t testing.TB) time.Time {
	t.Helper()
	asOf := w.Now().Truncate(time.Second)
	for _, unit := range w.Units() {
		if out, err := w.Writer().Run(context.Background(), unit, asOf); err != nil || !out.Completed {
			t.Fatalf("snapshot of %v: %+v, %v", unit, out, err)
		}
	}
	return asOf
}

// Secret is a versioned secret of one key made of a letter.
func Secret(t testing.TB, letter byte) secrets.Versioned {
	t.Helper()
	v, err := secrets.ParseVersioned(fmt.Appendf(nil, `{"current":"1","1":%q}`, bytes.Repeat([]byte{letter}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Now is a clock that moves on by a second at each look.
func (w *World) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Second)
	return w.now
}

// Pass lets time go by.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *World) token() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tokens++
	return fmt.Sprintf("%032x", w.tokens)
}

// Strike asks for the fate of a write of ours that goes neither to the ledger nor to
// live data: do is what it does. A kill is a panic of livedatatest.ErrKilled.
func (w *World) Strike(write string, do func()) error {
	apply, failure := w.fate(write)
	if apply {
		do()
	}
	if errors.Is(failure, livedatatest.ErrKilled) {
		panic(failure)
	}
	return failure
}

func (w *World) fate(write string) (bool, error) {
	if w.Fate == nil {
		return true, nil
	}
	apply, err := w.Fate(write)
	if errors.Is(err, livedatatest.ErrKilled) && !apply {
		panic(err)
	}
	return apply, err
}

// rows strikes the ledger's commits.
type rows struct {
	*ledgertest.Fake
	w *World
}

func (r rows) Commit(ctx context.Context, owner string, writes []ledger.Write) error {
	if err := ctx.Err(); err != nil {
		return fault.As(fault.Retry, "write ledger rows", err)
	}
	last := writes[len(writes)-1].Row.Key
	apply, failure := r.w.fate("commit " + last.SK)
	if apply {
		if err := r.Fake.Commit(ctx, owner, writes); err != nil {
			return err
		}
	}
	if errors.Is(failure, livedatatest.ErrKilled) {
		panic(failure)
	}
	return failure
}

// Notice is Meta's, for a user of the example's app.
func (w *World) Notice(user string, cutoff time.Time) ledger.Notice {
	n := ledger.Notice{Intake: "meta",
		Asked:    request.Asked{Kind: request.DataDeletion, ReceivedAt: w.Now(), Cutoff: cutoff},
		Identity: ledger.Identity{Kind: "meta_app_user", Fields: map[string]string{"app_id": App, "user_id": user}},
		Occasion: []string{"meta", App, user, cutoff.Format(time.RFC3339Nano)}}
	if user != "" {
		n.Requester = []string{"meta", App, user}
	}
	return n
}

// Admit makes a request of a user whose data up to cutoff is to go.
func (w *World) Admit(t testing.TB, user string, cutoff time.Time) workflow.Message {
	t.Helper()
	r, err := w.Ledger.Admit(t.Context(), w.Notice(user, cutoff), w.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return workflow.For(r)
}

// AdmitScope makes a request of an operator for a subject by its own key.
func (w *World) AdmitScope(t testing.TB, scope string, key ...string) workflow.Message {
	t.Helper()
	s, _ := w.Map.Scope(scope)
	fields := map[string]string{}
	for i, name := range s.Key {
		fields[name] = key[i]
	}
	names := append([]string{"operator", scope}, key...)
	at := w.Now()
	r, err := w.Ledger.Admit(t.Context(), ledger.Notice{Intake: "operator",
		Asked:    request.Asked{Kind: request.DataDeletion, ReceivedAt: at, Cutoff: at},
		Identity: ledger.Identity{Kind: scope, Fields: fields}, Requester: names, Occasion: append(names, at.String())}, w.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return workflow.For(r)
}

// Request reads a request.
func (w *World) Request(t testing.TB, id string) request.Request {
	t.Helper()
	r, err := w.Ledger.Get(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Violations is what the rows of this service break, none of which may hold a needle.
func (w *World) Violations(needles ...string) []invariant.Violation {
	tombstones := func(yield func(store, text string) bool) {
		for print, t := range w.Tombstones.All() {
			if !yield("tombstones", fmt.Sprint(print, t)) {
				return
			}
		}
	}
	return invariant.Ledger{Rows: slices.Values(w.Rows.All()), Others: tombstones, Needles: needles, Now: w.Now()}.Check()
}

// Finder looks into the world's live stores.
func (w *World) Finder() locate.Finder {
	return locate.Finder{Map: w.Map, Records: w.Live.Records(), Objects: w.Live.Objects()}
}

// Step runs one step once. A kill comes back as livedatatest.ErrKilled.
func (w *World) Step(ctx context.Context, step string, m workflow.Message) (workflow.Message, error) {
	return Killable(m, func() (workflow.Message, error) {
		if w.Before != nil {
			w.Before(step)
		}
		log := slog.New(slog.NewTextHandler(io.Writer(&w.LogText), nil))
		steps := Steps{Ledger: w.Ledger, Finder: w.Finder(), Tombstones: w.Tombstones, Keys: w.Keys.Fingerprint, Now: w.Now, Reserve: w.Reserve, Log: log,
			Mails: w.Mails, Letters: w.Letters, BackupKeys: w.BackupKeys, Backups: w.Backups}
		return steps.Run(ctx, step, m)
	})
}

// Walk runs an execution of the world's steps.
func (w *World) Walk(ctx context.Context, m workflow.Message) (end string, err error) {
	return Walk(ctx, m, w.Step)
}

// Killable runs a piece of work that a strike may end with a panic of
// livedatatest.ErrKilled, which is then what it returns.
func Killable[T any](before T, work func() (T, error)) (after T, err error) {
	defer func() {
		if p := recover(); p != nil {
			if p != any(livedatatest.ErrKilled) {
				panic(p)
			}
			after, err = before, livedatatest.ErrKilled
		}
	}()
	return work()
}

// Steps are the steps over any stores, wired as the functions wire them.
type Steps struct {
	Ledger     *ledger.Ledger
	Finder     locate.Finder
	Tombstones fence.Tombstones
	Keys       secrets.Versioned
	BackupKeys keys.NamedRows
	Backups    Backups
	Now        func() time.Time
	Reserve    time.Duration // of the purge
	Log        *slog.Logger

	Mails   workflow.Mails   // nil: requests have none
	Letters workflow.Letters // the same
}

// Backups is the bucket of snapshots.
type Backups interface {
	shred.Copies
	snapshot.Objects
}

// Recovery is how far back the live tables can be restored to.
const Recovery = 24 * time.Hour

// Run runs one step once.
func (s Steps) Run(ctx context.Context, step string, m workflow.Message) (workflow.Message, error) {
	switch step {
	case workflow.NextLocate:
		return workflow.Locate{Ledger: s.Ledger, Finder: s.Finder, Now: s.Now}.Run(ctx, m)
	case workflow.NextFence:
		return workflow.Fence{Ledger: s.Ledger, Fence: fence.Fence{Finder: s.Finder, Ledger: s.Ledger,
			Tombstones: s.Tombstones, Keys: s.Keys, Now: s.Now}}.Run(ctx, m)
	case workflow.NextPurge:
		return workflow.Purge{Ledger: s.Ledger, Now: s.Now,
			Purger: purge.Purger{Finder: s.Finder, Ledger: s.Ledger, Reserve: s.Reserve}}.Run(ctx, m)
	case workflow.NextShred:
		return workflow.Shred{Ledger: s.Ledger, Now: s.Now,
			Shredder: shred.Shredder{Map: s.Finder.Map, Ledger: s.Ledger, Tombstones: s.Tombstones, Keys: s.destroyer(), Copies: s.Backups, Now: s.Now}}.Run(ctx, m)
	case workflow.NextVerify:
		return workflow.Verify{Ledger: s.Ledger, Now: s.Now, Log: s.Log, Verifier: verify.Verifier{Finder: s.Finder, Ledger: s.Ledger, Now: s.Now,
			Backups: verify.Backups{Keys: s.destroyer(), Names: s.Backups}}}.Run(ctx, m)
	case workflow.NextClose:
		mails, letters := s.post()
		return workflow.Close{Ledger: s.Ledger, Mails: mails, Letters: letters, Map: s.Finder.Map, Recovery: Recovery, Now: s.Now, Log: s.Log}.Run(ctx, m)
	}
	return m, fmt.Errorf("no step %q", step)
}

func (s Steps) destroyer() keys.Destroyer {
	return keys.Destroyer{Rows: s.BackupKeys, Secret: s.Keys}
}

func (s Steps) post() (mails workflow.Mails, letters workflow.Letters) {
	mails, letters = nowhere{}, nowhere{}
	if s.Mails != nil {
		mails = s.Mails
	}
	if s.Letters != nil {
		letters = s.Letters
	}
	return mails, letters
}

// nowhere is the bucket of mails and the queue of letters of requests that have none.
type nowhere struct{}

func (nowhere) Remove(_ context.Context, sesIDs []string) error {
	if len(sesIDs) > 0 {
		return fmt.Errorf("%d mails to remove, and no bucket", len(sesIDs))
	}
	return nil
}

func (nowhere) Send(context.Context, string) error { return nil }

// stepTries is how often the state machine tries a step.
const stepTries = 7

// Runner runs a step once. A kill comes back as livedatatest.ErrKilled.
type Runner func(ctx context.Context, step string, m workflow.Message) (workflow.Message, error)

// Walk runs an execution as the state machine does, from locate to where it ends:
// "done", "operator", "superseded" or "failed". A kill ends it with livedatatest.ErrKilled.
func Walk(ctx context.Context, m workflow.Message, run Runner) (end string, err error) {
	step := workflow.NextLocate
	for range 100 {
		out, err := run.tried(ctx, step, m)
		switch {
		case errors.Is(err, livedatatest.ErrKilled):
			return "", err
		case err != nil && fault.KindOf(err) == fault.Conflict:
			return "superseded", err
		case err != nil && (fault.KindOf(err) == fault.Retry || fault.KindOf(err) == fault.Internal):
			return "failed", err // the sweep starts the next run
		case err != nil:
			return run.park(ctx, m, err)
		}
		if step = following(step, out.Next); step == workflow.NextOperator {
			return run.park(ctx, m, nil)
		}
		if step == workflow.NextDone {
			return step, nil
		}
	}
	return "", errors.New("the execution does not end")
}

func (run Runner) tried(ctx context.Context, step string, m workflow.Message) (out workflow.Message, err error) {
	for range stepTries {
		out, err = run(ctx, step, m)
		if kind := fault.KindOf(err); err == nil || errors.Is(err, livedatatest.ErrKilled) || kind != fault.Retry && kind != fault.Internal {
			break
		}
	}
	return out, err
}

func (run Runner) park(ctx context.Context, m workflow.Message, cause error) (string, error) {
	m.Leave = workflow.NextOperator
	_, err := run.tried(ctx, workflow.NextClose, m)
	if errors.Is(err, livedatatest.ErrKilled) {
		return "", err
	}
	return workflow.NextOperator, errors.Join(cause, err)
}

// following is the state machine's choice after a step.
func following(step, next string) string {
	switch step {
	case workflow.NextLocate:
		return choice(next, workflow.NextDone, workflow.NextFence, workflow.NextClose)
	case workflow.NextFence:
		return choice(next, workflow.NextPurge, workflow.NextDone, workflow.NextClose)
	case workflow.NextPurge:
		return choice(next, workflow.NextShred, workflow.NextPurge)
	case workflow.NextShred:
		return workflow.NextVerify
	case workflow.NextVerify:
		return choice(next, workflow.NextOperator, workflow.NextClose, workflow.NextPurge, workflow.NextLocate)
	}
	return choice(next, workflow.NextDone, workflow.NextLocate)
}

func choice(next, otherwise string, choices ...string) string {
	for _, c := range choices {
		if c == next {
			return c
		}
	}
	return otherwise
}

// Restart hands a request whose execution died to the next one, as the sweep does; one
// that is over stays as it is.
func (w *World) Restart(t testing.TB, id string) workflow.Message {
	t.Helper()
	r, err := w.Ledger.Update(context.Background(), id, 0, func(r *request.Request) error {
		if !r.State.Terminal() {
			r.NextRun()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return workflow.For(r)
}
