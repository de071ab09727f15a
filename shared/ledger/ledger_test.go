package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

func TestFakeKeepsTheContract(t *testing.T) {
	ledgertest.Contract(t, func(*testing.T) ledger.Rows { return ledgertest.NewFake() })
}

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const (
	canaryUser = "10150000000000777"
	canaryApp  = "900000000000001"
)

// bench is a ledger on fake rows, with a clock that stands still.
type bench struct {
	*testing.T
	fake *ledgertest.Fake
	*ledger.Ledger
	keys ledger.Keys
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, fake: ledgertest.NewFake(), keys: ledger.Keys{Code: versioned(t, "1"), Fingerprint: versioned(t, "1")}}
	b.Ledger = &ledger.Ledger{Rows: b.fake, Now: func() time.Time { return start }, Token: ledger.RandomID}
	return b
}

// versioned holds the given versions; the last one is current.
func versioned(t *testing.T, versions ...string) secrets.Versioned {
	t.Helper()
	src := `{"current":"` + versions[len(versions)-1] + `"`
	for _, v := range versions {
		src += fmt.Sprintf(",%q:%q", v, strings.Repeat(v, 64))
	}
	keys, err := secrets.ParseVersioned([]byte(src + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// notice is one of the canary user, issued some time after the start.
func notice(kind request.Kind, after time.Duration) ledger.Notice {
	at := start.Add(after)
	return ledger.Notice{Intake: "meta",
		Asked:     request.Asked{Kind: kind, ReceivedAt: at.Add(time.Second), Cutoff: at},
		Identity:  ledger.Identity{Kind: "meta_app_user", Fields: map[string]string{"app_id": canaryApp, "user_id": canaryUser}},
		Requester: []string{"meta", canaryApp, canaryUser},
		Occasion:  []string{"meta", canaryApp, canaryUser, at.Format(time.RFC3339)}}
}

func (b *bench) admit(n ledger.Notice) request.Request {
	b.Helper()
	r, err := b.Admit(b.Context(), n, b.keys)
	if err != nil {
		b.Fatalf("admit: %v", err)
	}
	stored, err := b.Get(b.Context(), r.ID)
	if err != nil {
		b.Fatalf("get: %v", err)
	}
	if stored.Kind != r.Kind || !stored.Cutoff.Equal(r.Cutoff) {
		b.Fatalf("admit answered %+v, but %+v is stored", r, stored)
	}
	return stored
}

func (b *bench) code(r request.Request) confirmation.Code {
	b.Helper()
	code, err := ledger.Code(r, b.keys.Code)
	if err != nil {
		b.Fatalf("code: %v", err)
	}
	return code
}

func (b *bench) update(r request.Request, change func(*request.Request) error) request.Request {
	b.Helper()
	if _, err := b.Update(b.Context(), r.ID, r.Run, change); err != nil {
		b.Fatalf("update: %v", err)
	}
	stored, err := b.Get(b.Context(), r.ID)
	if err != nil {
		b.Fatal(err)
	}
	return stored
}

// end gives a request its end, as the close step does.
func (b *bench) end(r request.Request) request.Request {
	b.Helper()
	return b.update(r, func(r *request.Request) error {
		r.Closing = false
		return r.Move(request.NothingFound, b.Now())
	})
}

func (b *bench) closing(r request.Request) request.Request {
	b.Helper()
	return b.update(r, func(r *request.Request) error { r.Closing = true; return nil })
}

// requests lists the IDs of all records.
func (b *bench) requests() []string {
	var ids []string
	for _, row := range b.fake.All() {
		if row.Table == ledger.Records && row.SK == "request" {
			ids = append(ids, strings.TrimPrefix(row.PK, "request#"))
		}
	}
	return ids
}

func (b *bench) wantSame(first, second request.Request) {
	b.Helper()
	if first.ID != second.ID || b.code(first) != b.code(second) {
		b.Fatalf("two requests: %s and %s", first.ID, second.ID)
	}
}

func (b *bench) wantOther(first, second request.Request) {
	b.Helper()
	if first.ID == second.ID || b.code(first) == b.code(second) {
		b.Fatalf("the same request: %s", first.ID)
	}
}

func TestAdmittedRequestIsDurable(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	if r.State != request.Received || !r.InOutbox() || !r.DueAt.Equal(r.ReceivedAt.Add(request.Limit)) || !r.Cutoff.Equal(start) {
		t.Errorf("admitted %+v", r)
	}
	who, err := b.Identity(t.Context(), r.ID)
	if err != nil || who.Fields["user_id"] != canaryUser || who.Fields["app_id"] != canaryApp {
		t.Errorf("case file holds %+v, %v", who, err)
	}
	found, err := b.ByCode(t.Context(), b.code(r))
	if err != nil || found.ID != r.ID {
		t.Errorf("code leads to %q, %v", found.ID, err)
	}
	if ids, err := b.Due(t.Context(), start.Add(2*time.Minute), 9); err != nil || !slices.Equal(ids, []string{r.ID}) {
		t.Errorf("due: %q, %v", ids, err)
	}
	if ids, err := b.Due(t.Context(), start, 9); err != nil || len(ids) != 0 {
		t.Errorf("due at once: %q, %v", ids, err)
	}
}

func TestSameNoticeIsTheSameRequest(t *testing.T) {
	b := newBench(t)
	n := notice(request.DataDeletion, 0)
	first := b.admit(n)
	late := n
	late.Asked.ReceivedAt, late.Asked.Cutoff = start.Add(time.Hour), start.Add(time.Millisecond)
	second := b.admit(late)
	b.wantSame(first, second)
	if !second.Cutoff.Equal(first.Cutoff) || !second.DueAt.Equal(first.DueAt) {
		t.Errorf("repeating moved cutoff or due date: %+v", second)
	}
	b.end(second)
	b.wantSame(first, b.admit(n)) // also once it is over
	if ids := b.requests(); len(ids) != 1 {
		t.Errorf("%d requests", len(ids))
	}
}

func TestLaterNoticeJoinsTheOpenRequest(t *testing.T) {
	for name, c := range map[string]struct {
		kinds  [2]request.Kind
		after  time.Duration
		kind   request.Kind
		cutoff time.Duration
	}{
		"later":                   {[2]request.Kind{request.DataDeletion, request.DataDeletion}, time.Minute, request.DataDeletion, time.Minute},
		"earlier":                 {[2]request.Kind{request.DataDeletion, request.DataDeletion}, -time.Minute, request.DataDeletion, 0},
		"heavier":                 {[2]request.Kind{request.Deauthorize, request.DataDeletion}, time.Minute, request.DataDeletion, time.Minute},
		"heavier, earlier":        {[2]request.Kind{request.Deauthorize, request.DataDeletion}, -time.Minute, request.DataDeletion, 0},
		"heavier, in one second":  {[2]request.Kind{request.Deauthorize, request.DataDeletion}, 0, request.DataDeletion, 0},
		"never lower":             {[2]request.Kind{request.DataDeletion, request.Deauthorize}, time.Minute, request.DataDeletion, time.Minute},
		"never lower, one second": {[2]request.Kind{request.DataDeletion, request.Deauthorize}, 0, request.DataDeletion, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := b.admit(notice(c.kinds[0], 0))
			again := notice(c.kinds[1], c.after)
			second := b.admit(again)
			b.wantSame(first, second)
			if second.Kind != c.kind || !second.Cutoff.Equal(start.Add(c.cutoff)) {
				t.Errorf("got kind %s and cutoff %s", second.Kind, second.Cutoff)
			}
			if !second.DueAt.Equal(first.DueAt) {
				t.Error("the due date moved")
			}
			b.end(second)
			b.wantSame(first, b.admit(again)) // the second notice is remembered too
		})
	}
}

func TestNoticeAfterTheEndIsANewRequest(t *testing.T) {
	b := newBench(t)
	first := b.end(b.admit(notice(request.DataDeletion, 0)))
	second := b.admit(notice(request.DataDeletion, time.Hour))
	b.wantOther(first, second)
	if found, err := b.ByCode(t.Context(), b.code(first)); err != nil || found.ID != first.ID {
		t.Errorf("the first code leads to %q, %v", found.ID, err)
	}
}

func TestNoticeThatNamesNobodyJoinsNothing(t *testing.T) {
	b := newBench(t)
	nobody := func(after time.Duration) ledger.Notice {
		n := notice(request.DataDeletion, after)
		n.Requester, n.Identity.Fields["user_id"] = nil, ""
		return n
	}
	first := b.admit(nobody(0))
	if first.OpenKey != "" {
		t.Error("it has an open key")
	}
	b.wantSame(first, b.admit(nobody(0)))
	b.wantOther(first, b.admit(nobody(time.Second)))
	b.wantOther(first, b.admit(notice(request.DataDeletion, time.Minute)))
	b.end(first)
}

func TestOthersDoNotJoin(t *testing.T) {
	b := newBench(t)
	first := b.admit(notice(request.DataDeletion, 0))
	for name, who := range map[string][]string{
		"another user":        {"meta", canaryApp, canaryUser + "0"},
		"another app":         {"meta", "900000000000002", canaryUser},
		"the same letters":    {"meta", canaryApp + "1", canaryUser[1:]},
		"one part out of two": {"meta", canaryApp + canaryUser},
	} {
		n := notice(request.DataDeletion, 0)
		n.Requester, n.Occasion = who, append(slices.Clone(who), "now")
		if r := b.admit(n); r.ID == first.ID {
			t.Errorf("%s joined", name)
		}
	}
}

func TestRotationKeepsTheCode(t *testing.T) {
	for name, rotate := range map[string]func(*bench){
		"code secret":        func(b *bench) { b.keys.Code = versioned(b.T, "1", "2") },
		"fingerprint secret": func(b *bench) { b.keys.Fingerprint = versioned(b.T, "1", "2") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			n := notice(request.DataDeletion, 0)
			first := b.admit(n)
			code := b.code(first)
			rotate(b)
			b.wantSame(first, b.admit(n))
			second := b.admit(notice(request.DataDeletion, time.Hour))
			b.wantSame(first, second)
			if b.code(second) != code {
				t.Error("the code changed")
			}
			if found, err := b.ByCode(t.Context(), code); err != nil || found.ID != first.ID {
				t.Errorf("the code leads to %q, %v", found.ID, err)
			}
			b.end(second)
			b.wantOther(first, b.admit(notice(request.DataDeletion, 2*time.Hour))) // the old pointer went too
		})
	}
}

func TestCodeOfADroppedVersionIsAnError(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	if code, err := ledger.Code(r, versioned(t, "2")); fault.KindOf(err) != fault.Permanent || code != "" {
		t.Errorf("got %v", err)
	}
}

func TestLaterNoticeWhileClosingIsANewRequest(t *testing.T) {
	for name, rotate := range map[string]func(*bench){
		"":              func(*bench) {},
		"with rotation": func(b *bench) { b.keys.Fingerprint = versioned(b.T, "1", "2") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			first := b.closing(b.admit(notice(request.DataDeletion, 0)))
			rotate(b)
			b.wantSame(first, b.admit(notice(request.DataDeletion, -time.Minute))) // covered by its cutoff
			second := b.admit(notice(request.DataDeletion, time.Minute))
			b.wantOther(first, second)
			first = b.end(first)
			if first.State != request.NothingFound || first.OpenKey != "" {
				t.Errorf("the first ended as %+v", first)
			}
			b.wantSame(second, b.admit(notice(request.DataDeletion, 2*time.Minute)))
			b.end(second)
			b.wantOther(second, b.admit(notice(request.DataDeletion, 3*time.Minute)))
		})
	}
}

// interposed runs something before the n-th read of an open pointer.
type interposed struct {
	*ledgertest.Fake
	reads int
	at    int
	do    func()
}

func (i *interposed) Get(ctx context.Context, key ledger.Key) (ledger.Row, bool, error) {
	if strings.HasPrefix(key.PK, "open#") {
		if i.reads++; i.reads == i.at {
			i.do()
		}
	}
	return i.Fake.Get(ctx, key)
}

func TestAdmissionsThatCrossEndInOneRequest(t *testing.T) {
	for at := 1; at <= 3; at++ {
		t.Run(fmt.Sprintf("before read %d", at), func(t *testing.T) {
			b := newBench(t)
			plain := *b.Ledger
			b.Rows = &interposed{Fake: b.fake, at: at, do: func() {
				if _, err := plain.Admit(t.Context(), notice(request.DataDeletion, time.Minute), b.keys); err != nil {
					t.Fatal(err)
				}
			}}
			b.admit(notice(request.DataDeletion, 0))
			b.admit(notice(request.DataDeletion, time.Minute))
			b.admit(notice(request.DataDeletion, 2*time.Minute))
			if ids := b.requests(); len(ids) != 1 {
				t.Errorf("%d requests of one person are open", len(ids))
			}
		})
	}
}

// The pointer that was deleted and made anew looks as it did before.
func TestNewRequestTakesNoOthersPlace(t *testing.T) {
	b := newBench(t)
	first := b.closing(b.admit(notice(request.DataDeletion, 0)))
	var other request.Request
	b.fake.Fault = func([]ledger.Write) (bool, error) {
		b.fake.Fault = nil
		b.end(first)
		other = b.admit(notice(request.DataDeletion, time.Minute))
		return true, nil
	}
	b.wantSame(other, b.admit(notice(request.DataDeletion, 2*time.Minute)))
}

func TestConcurrentAdmissionsAreOneRequest(t *testing.T) {
	for name, occasion := range map[string]func(i int) ledger.Notice{
		"the same notice": func(int) ledger.Notice { return notice(request.DataDeletion, 0) },
		"many notices": func(i int) ledger.Notice {
			return notice(request.DataDeletion, -time.Duration(i)*time.Second)
		},
		"each later": func(i int) ledger.Notice {
			return notice(request.DataDeletion, time.Duration(i)*time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			var all sync.WaitGroup
			codes := make([]confirmation.Code, 20)
			for i := range codes {
				all.Go(func() { codes[i] = b.insist(occasion(i)) })
			}
			all.Wait()
			ids := b.requests()
			if len(ids) != 1 || slices.ContainsFunc(codes, func(c confirmation.Code) bool { return c != codes[0] }) {
				t.Fatalf("%d requests", len(ids))
			}
			r, err := b.Get(t.Context(), ids[0])
			if last := occasion(19).Asked.Cutoff; err != nil || r.Cutoff.Before(last) {
				t.Errorf("cutoff %s lies before the last notice's %s (%v)", r.Cutoff, last, err)
			}
		})
	}
}

// insist sends a notice again when told to, as Meta does.
func (b *bench) insist(n ledger.Notice) confirmation.Code {
	for {
		r, err := b.Admit(b.Context(), n, b.keys)
		if fault.KindOf(err) == fault.Retry && err != nil {
			continue
		}
		if err != nil {
			b.Error(err)
			return ""
		}
		code, err := ledger.Code(r, b.keys.Code)
		if err != nil {
			b.Error(err)
		}
		return code
	}
}

var errLost = fault.New(fault.Retry, "the answer was lost")

func TestFailedCommitsLeaveOneRequest(t *testing.T) {
	for name, story := range map[string]func(*bench, func(ledger.Notice) (request.Request, error)){
		"new": func(b *bench, send func(ledger.Notice) (request.Request, error)) {
			_, _ = send(notice(request.DataDeletion, 0))
		},
		"joined": func(b *bench, send func(ledger.Notice) (request.Request, error)) {
			b.admit(notice(request.Deauthorize, -time.Hour))
			_, _ = send(notice(request.DataDeletion, 0))
		},
		"repeated": func(b *bench, send func(ledger.Notice) (request.Request, error)) {
			b.admit(notice(request.Deauthorize, 0))
			_, _ = send(notice(request.DataDeletion, 0))
		},
	} {
		for _, f := range []struct {
			name  string
			apply bool
			err   error
		}{{"not applied", false, errLost}, {"applied but reported failed", true, errLost}, {"busy", false, ledger.ErrBusy}, {"conflict", false, ledger.ErrConflict}} {
			t.Run(name+", "+f.name, func(t *testing.T) {
				b := newBench(t)
				commits := 0
				story(b, func(n ledger.Notice) (request.Request, error) {
					b.fake.Fault = func([]ledger.Write) (bool, error) {
						commits++
						b.fake.Fault = nil
						return f.apply, f.err
					}
					return b.Admit(t.Context(), n, b.keys)
				})
				if commits != 1 {
					t.Fatalf("%d commits", commits)
				}
				r := b.admit(notice(request.DataDeletion, 0))
				if ids := b.requests(); len(ids) != 1 || r.ID != ids[0] {
					t.Fatalf("requests %q, answered %s", ids, r.ID)
				}
				if r.Kind != request.DataDeletion || !r.Cutoff.Equal(start) {
					t.Errorf("the notice is lost: %+v", r)
				}
				if found, err := b.ByCode(t.Context(), b.code(r)); err != nil || found.ID != r.ID {
					t.Errorf("the code leads to %q, %v", found.ID, err)
				}
			})
		}
	}
}

func TestAdmissionIsAllOrNothing(t *testing.T) {
	b := newBench(t)
	b.fake.Fault = func([]ledger.Write) (bool, error) { return false, errLost }
	if _, err := b.Admit(t.Context(), notice(request.DataDeletion, 0), b.keys); !errors.Is(err, errLost) {
		t.Errorf("got %v", err)
	}
	if rows := b.fake.All(); len(rows) != 0 {
		t.Errorf("half-written: %d rows", len(rows))
	}
}

func TestAdmissionGivesUpOnEndlessContention(t *testing.T) {
	b := newBench(t)
	b.fake.Fault = func([]ledger.Write) (bool, error) { return false, ledger.ErrBusy }
	_, err := b.Admit(t.Context(), notice(request.DataDeletion, 0), b.keys)
	if fault.KindOf(err) != fault.Retry {
		t.Errorf("admit: got %v", err)
	}
	b.fake.Fault = nil
	r := b.admit(notice(request.DataDeletion, 0))
	b.fake.Fault = func([]ledger.Write) (bool, error) { return false, ledger.ErrConflict }
	_, err = b.Update(t.Context(), r.ID, 0, func(r *request.Request) error { r.NextRun(); return nil })
	if fault.KindOf(err) != fault.Retry {
		t.Errorf("update: got %v", err)
	}
}

func TestUpdateSeesWhatOthersWrote(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	calls := 0
	b.fake.Fault = func([]ledger.Write) (bool, error) {
		b.fake.Fault = nil
		b.admit(notice(request.DataDeletion, time.Minute)) // raises the cutoff in between
		return true, nil
	}
	r = b.update(r, func(r *request.Request) error { calls++; r.Freeze(b.Now()); return nil })
	if calls != 2 || !r.Frozen.Equal(start.Add(time.Minute)) {
		t.Errorf("after %d calls frozen at %s", calls, r.Frozen)
	}
}

func TestUpdateIsOfTheOwningRun(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	b.update(r, func(r *request.Request) error { r.NextRun(); return nil })
	called := false
	_, err := b.Update(t.Context(), r.ID, 1, func(*request.Request) error { called = true; return nil })
	if fault.KindOf(err) != fault.Conflict || called {
		t.Errorf("got %v, called %v", err, called)
	}
	if err := b.SaveCursor(t.Context(), r.ID, 1, ledger.Cursor{}); fault.KindOf(err) != fault.Conflict {
		t.Errorf("cursor of an old run: %v", err)
	}
	if err := b.SaveCursor(t.Context(), r.ID, 2, ledger.Cursor{}); err != nil {
		t.Errorf("cursor of the owning run: %v", err)
	}
}

func TestUpdateWithoutAChangeWritesNothing(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	b.fake.Fault = func([]ledger.Write) (bool, error) { t.Error("written"); return true, nil }
	b.update(r, func(*request.Request) error { return nil })
	if _, err := b.Update(t.Context(), r.ID, 0, func(r *request.Request) error { r.NextRun(); return errLost }); !errors.Is(err, errLost) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownRequestIsNotFound(t *testing.T) {
	b := newBench(t)
	_, byID := b.Get(t.Context(), strings.Repeat("0", 32))
	_, byCode := b.ByCode(t.Context(), confirmation.New([]byte("another secret"), "another request"))
	for _, err := range []error{byID, byCode} {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("got %v", err)
		}
	}
}

func TestEndedRequestLeavesTheIndex(t *testing.T) {
	b := newBench(t)
	b.end(b.admit(notice(request.DataDeletion, 0)))
	if ids, err := b.Due(t.Context(), start.AddDate(1, 0, 0), 9); err != nil || len(ids) != 0 {
		t.Errorf("due: %q, %v", ids, err)
	}
}

// A record without its events, or a pointer without its record, would say less than
// nothing: all rows of one request in a table end together, whenever they were written.
func TestRowsOfARequestExpireTogether(t *testing.T) {
	b := newBench(t)
	r := b.admit(notice(request.DataDeletion, 0))
	b.Now = func() time.Time { return start.Add(20 * 24 * time.Hour) }
	b.admit(notice(request.DataDeletion, 19*24*time.Hour)) // joins
	b.freeze(r, 2)
	if err := b.SaveCursor(t.Context(), r.ID, r.Run, ledger.Cursor{}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, row := range b.fake.All() {
			want := r.ReceivedAt.Add(ledger.KeepRecord)
			if row.Table != ledger.Records {
				want = r.ReceivedAt.Add(ledger.KeepCaseFile)
			}
			if row.ExpiresAt != want.Unix() {
				t.Errorf("%s/%s expires at %d, want %d", row.PK, row.SK, row.ExpiresAt, want.Unix())
			}
		}
		b.end(b.closing(r))
	}
}

func TestCaseFileComesBack(t *testing.T) {
	b := newBench(t)
	ctx, r := t.Context(), b.admit(notice(request.DataDeletion, 0))
	var subjects []ledger.Subject
	for i := range 12 {
		subjects = append(subjects, ledger.Subject{Form: "lead", Fields: map[string]string{"lead_id": fmt.Sprint(i)}})
	}
	if err := b.FreezeSubjects(ctx, r.ID, r.Run, subjects); err != nil {
		t.Fatal(err)
	}
	got, err := b.Subjects(ctx, r.ID)
	if err != nil || fmt.Sprint(got) != fmt.Sprint(subjects) {
		t.Errorf("got %v, %v", got, err)
	}
	if c, err := b.Cursor(ctx, r.ID); err != nil || c.Unit != 0 || c.Erased == nil {
		t.Errorf("a purge that never ran has the cursor %+v, %v", c, err)
	}
	want := ledger.Cursor{Round: 1, Unit: 2, Counted: []string{"a"}, Planned: map[string]int{"messages": 9}, Erased: map[string]int{"messages": 3}}
	if err := b.SaveCursor(ctx, r.ID, r.Run, want); err != nil {
		t.Fatal(err)
	}
	if c, err := b.Cursor(ctx, r.ID); err != nil || fmt.Sprint(c) != fmt.Sprint(want) {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestFrozenContainersAreVisitedPageByPage(t *testing.T) {
	b := newBench(t)
	ctx, r := t.Context(), b.admit(notice(request.DataDeletion, 0))
	b.freeze(r, 250)
	var keys []string
	seen := map[string]bool{}
	err := b.EachFrozen(ctx, r.ID, 0, "conversations", func(f ledger.Frozen, key string) error {
		if !strings.HasPrefix(f.Fields["conversation_id"], "conversation-") || f.Fields["user_id"] != canaryUser {
			t.Errorf("%s holds %+v", key, f)
		}
		seen[f.Fields["conversation_id"]] = true
		keys = append(keys, key)
		return nil
	})
	if err != nil || len(keys) != 250 || len(seen) != 250 || !slices.IsSorted(keys) {
		t.Errorf("%d keys of %d containers, %v", len(keys), len(seen), err)
	}
	err = b.EachFrozen(ctx, r.ID, 0, "conversations", func(ledger.Frozen, string) error { return errLost })
	if !errors.Is(err, errLost) {
		t.Errorf("the visitor's error became %v", err)
	}
}

// freeze also writes neighbours that a careless prefix would catch.
func (b *bench) freeze(r request.Request, n int) {
	b.Helper()
	var found []ledger.Frozen
	put := func(subject int, store, key string) {
		found = append(found, ledger.Frozen{Subject: subject, Store: store,
			Fields: map[string]string{"conversation_id": key, "user_id": canaryUser}})
	}
	for i := range n {
		put(0, "conversations", fmt.Sprintf("conversation-%04d", i))
	}
	put(1, "conversations", "of another subject")
	put(0, "conversations_archive", "of another store")
	if err := b.FreezeAll(b.Context(), r.ID, r.Run, found); err != nil {
		b.Fatal(err)
	}
}

func TestScrubLeavesNoCaseRow(t *testing.T) {
	b := newBench(t)
	ctx, r, neighbour := t.Context(), b.admit(notice(request.DataDeletion, 0)), notice(request.DataDeletion, 0)
	neighbour.Requester, neighbour.Occasion = []string{"other"}, []string{"other"}
	kept := b.admit(neighbour)
	b.freeze(r, 60)
	b.fake.Fault = func([]ledger.Write) (bool, error) { b.fake.Fault = nil; return true, errLost }
	if err := b.Scrub(ctx, r.ID); !errors.Is(err, errLost) {
		t.Errorf("got %v", err)
	}
	for range 2 { // again is as good as once
		if err := b.Scrub(ctx, r.ID); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range b.fake.All() {
		if row.Table != ledger.Records && row.PK != "request#"+kept.ID {
			t.Errorf("left: %s", row.SK)
		}
	}
	if _, err := b.Identity(ctx, kept.ID); err != nil {
		t.Errorf("the neighbour's case file: %v", err)
	}
	if _, err := b.Identity(ctx, r.ID); fault.KindOf(err) != fault.Permanent {
		t.Errorf("identity after the scrub: %v", err)
	}
}

func TestRowsNameNobody(t *testing.T) {
	b := newBench(t)
	ctx, r := t.Context(), b.admit(notice(request.Deauthorize, 0))
	b.admit(notice(request.DataDeletion, time.Minute))
	b.update(r, func(r *request.Request) error {
		r.NextRun()
		r.Freeze(b.Now())
		return r.Move(request.Matched, b.Now())
	})
	r.Run++
	if err := b.FreezeSubjects(ctx, r.ID, r.Run, []ledger.Subject{{Form: "lead", Fields: map[string]string{"lead_id": canaryUser}}}); err != nil {
		t.Fatal(err)
	}
	b.freeze(r, 3)
	if err := b.SaveCursor(ctx, r.ID, r.Run, ledger.Cursor{After: map[string]string{"user_id": canaryUser}}); err != nil {
		t.Fatal(err)
	}
	b.namesNobody(b.code(r).Reveal())
	b.closing(r)
	b.namesNobody(b.code(r).Reveal())
	b.update(r, func(r *request.Request) error {
		return errors.Join(r.Move(request.Purging, b.Now()), r.Move(request.Verifying, b.Now()), r.Move(request.Completed, b.Now()))
	})
	b.namesNobody(b.code(r).Reveal())
}

// namesNobody looks through all tables: the case file is sealed, and names nobody either.
func (b *bench) namesNobody(code string) {
	b.Helper()
	for _, row := range b.fake.All() {
		all := strings.Join([]string{row.PK, row.SK, string(row.Doc), row.Owner, row.Open, row.CheckAt}, " ")
		for _, canary := range []string{canaryUser, canaryApp, "conversation-0", code} {
			if strings.Contains(all, canary) {
				b.Errorf("row %s/%s names %s", row.PK, row.SK, canary)
			}
		}
	}
}

func TestUnreadableRowsArePermanentErrors(t *testing.T) {
	b := newBench(t)
	ctx, r := t.Context(), b.admit(notice(request.DataDeletion, 0))
	for _, row := range b.fake.All() {
		row.Doc = []byte("{" + canaryUser)
		if err := b.fake.Commit(ctx, "test", []ledger.Write{{Row: row, Expect: ledger.Any}}); err != nil {
			t.Fatal(err)
		}
	}
	_, get := b.Get(ctx, r.ID)
	_, byCode := b.ByCode(ctx, b.code(r))
	_, identity := b.Identity(ctx, r.ID)
	_, admit := b.Admit(ctx, notice(request.DataDeletion, time.Hour), b.keys)
	for name, err := range map[string]error{"get": get, "code": byCode, "identity": identity, "admit": admit} {
		if fault.KindOf(err) != fault.Permanent || strings.Contains(fault.Describe(err), canaryUser) {
			t.Errorf("%s: %s (%s)", name, fault.Describe(err), fault.KindOf(err))
		}
	}
}
