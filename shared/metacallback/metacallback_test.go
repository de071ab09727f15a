package metacallback_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/dispatch/dispatchtest"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/metacallback"
	"github.com/mikla-ai/data-deletion/shared/personal"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const (
	app  = "900000000000001"
	user = "10150000000000777"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// bench is an intake whose secrets, queue and clock belong to the test.
type bench struct {
	*testing.T
	now     time.Time
	secrets map[string]string
	down    error
	rows    *ledgertest.Fake
	queue   *dispatchtest.Queue
	log     bytes.Buffer
	metacallback.Intake
}

func (b *bench) Read(_ context.Context, id string) ([]byte, error) {
	if b.down != nil {
		return nil, b.down
	}
	return []byte(b.secrets[id]), nil
}

func versioned(versions ...string) string {
	src := `{"current":"` + versions[len(versions)-1] + `"`
	for _, v := range versions {
		src += fmt.Sprintf(",%q:%q", v, strings.Repeat(v, 64))
	}
	return src + "}"
}

func newBench(t *testing.T) *bench {
	b := &bench{T: t, now: start, rows: ledgertest.NewFake(), queue: &dispatchtest.Queue{}, secrets: map[string]string{
		"apps": `{"` + app + `":{"family":"facebook","secrets":["current","previous"]},"900000000000002":{"family":"instagram","secrets":["other"]},"900000000000003":{"family":"facebook"}}`,
		"code": versioned("1"), "fingerprint": versioned("1")}}
	now := func() time.Time { return b.now }
	b.Intake = metacallback.Intake{
		Ledger:  &ledger.Ledger{Rows: b.rows, Now: now, Token: ledger.RandomID},
		Cache:   &secrets.Cache{Reader: b, Now: now, TTL: time.Minute, Stale: 10 * time.Minute},
		Secrets: metacallback.Secrets{Apps: "apps", Code: "code", Fingerprint: "fingerprint"},
		Queue:   b.queue, Log: slog.New(slog.NewJSONHandler(&b.log, nil))}
	return b
}

func signed(secret, user string, issued time.Time) string {
	return signedrequest.Sign(signedrequest.Notice{UserID: personal.New(user), IssuedAt: issued}.Payload(), secret)
}

func (b *bench) receive(signed string) (confirmation.Code, error) {
	b.Helper()
	known, err := b.App(b.Context(), app)
	if err != nil {
		return "", err
	}
	return b.Receive(b.Context(), known, metacallback.Notice{App: app, Kind: request.DataDeletion, SignedRequest: signed, ReceivedAt: b.now})
}

func (b *bench) mustReceive(signed string) (confirmation.Code, request.Request) {
	b.Helper()
	code, err := b.receive(signed)
	if err != nil {
		b.Fatalf("receive: %v", err)
	}
	r, err := b.Ledger.ByCode(b.Context(), code)
	if err != nil {
		b.Fatalf("by code: %v", err)
	}
	return code, r
}

func TestAcceptedNotice(t *testing.T) {
	b := newBench(t)
	b.now = start.Add(90 * time.Second)
	_, r := b.mustReceive(signed("current", user, start))
	if r.Intake != "meta" || r.Kind != request.DataDeletion || r.State != request.Received || !r.ReceivedAt.Equal(b.now) {
		t.Errorf("admitted %+v", r)
	}
	who, err := b.Ledger.Identity(t.Context(), r.ID)
	if err != nil || who.Kind != "meta_app_user" || who.Fields["app_id"] != app || who.Fields["user_id"] != user {
		t.Errorf("identity %+v, %v", who, err)
	}
	if len(b.queue.Sent) != 1 || b.queue.Sent[0] != workflow.For(r) {
		t.Errorf("sent %+v", b.queue.Sent)
	}
	if b.log.Len() != 0 {
		t.Errorf("logged %s", &b.log)
	}
}

// Meta's date has whole seconds: the cutoff is the end of that second, but data that
// comes after the receipt is never reached.
func TestCutoff(t *testing.T) {
	for name, c := range map[string]struct{ issued, received, want time.Duration }{
		"end of its second":      {0, time.Minute, time.Second - 1},
		"received in the second": {0, 300 * time.Millisecond, 300 * time.Millisecond},
		"received at once":       {0, 0, 0},
		"at the second's end":    {0, time.Second - 1, time.Second - 1},
		"just after":             {0, time.Second, time.Second - 1},
		"clock ahead":            {4 * time.Minute, 0, 0},
		"long ago":               {-100 * 24 * time.Hour, 0, -100*24*time.Hour + time.Second - 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.now = start.Add(c.received)
			if _, r := b.mustReceive(signed("current", user, start.Add(c.issued))); !r.Cutoff.Equal(start.Add(c.want)) {
				t.Errorf("cutoff %s, want %s", r.Cutoff, start.Add(c.want))
			}
		})
	}
}

func TestRefusedNoticesLeaveNothing(t *testing.T) {
	for name, c := range map[string]struct {
		signed string
		want   error
	}{
		"malformed":          {"nonsense", signedrequest.ErrMalformed},
		"another app's":      {signed("other", user, start), signedrequest.ErrSignature},
		"from the future":    {signed("current", user, start.Add(6*time.Minute)), signedrequest.ErrFuture},
		"an unsafe identity": {signed("current", "a#b", start), signedrequest.ErrMalformed},
	} {
		b := newBench(t)
		if _, err := b.receive(c.signed); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
		if len(b.rows.All()) != 0 || len(b.queue.Sent) != 0 {
			t.Errorf("%s left something", name)
		}
	}
}

func TestUnknownApps(t *testing.T) {
	b := newBench(t)
	for _, id := range []string{"", "900000000000004", "900000000000003", app + " ", "secrets"} {
		if _, err := b.App(t.Context(), id); !errors.Is(err, metacallback.ErrUnknownApp) {
			t.Errorf("%q: got %v", id, err)
		}
	}
	if known, err := b.App(t.Context(), app); err != nil || known.Family != "facebook" || len(known.Secrets) != 2 {
		t.Errorf("got %+v, %v", known.Family, err)
	}
	b.now, b.secrets["apps"] = b.now.Add(time.Hour), `["secret in a list"]`
	if _, err := b.App(t.Context(), app); fault.KindOf(err) != fault.Permanent || strings.Contains(err.Error(), "secret in") {
		t.Errorf("got %v", err)
	}
}

func TestUsersOfTwoAppsDoNotMix(t *testing.T) {
	b := newBench(t)
	first, _ := b.mustReceive(signed("current", user, start))
	other, err := b.App(t.Context(), "900000000000002")
	if err != nil {
		t.Fatal(err)
	}
	second, err := b.Receive(t.Context(), other, metacallback.Notice{App: "900000000000002", Kind: request.DataDeletion,
		SignedRequest: signed("other", user, start), ReceivedAt: b.now})
	if err != nil || first == second {
		t.Errorf("two apps' users share a request (%v)", err)
	}
}

func TestFailingQueueIsNoFailureOfTheIntake(t *testing.T) {
	for _, apply := range []bool{false, true} {
		b := newBench(t)
		b.queue.Fault = func(workflow.Message) (bool, error) { return apply, errors.New("queue is down: " + user) }
		_, r := b.mustReceive(signed("current", user, start))
		if !r.InOutbox() {
			t.Error("the request is not in the outbox")
		}
		if log := b.log.String(); !strings.Contains(log, r.ID) || strings.Contains(log, user) {
			t.Errorf("logged %s", log)
		}
	}
}

func TestRepeatedNotices(t *testing.T) {
	b := newBench(t)
	notice := signed("current", user, start)
	first, r := b.mustReceive(notice)
	if again, _ := b.mustReceive(notice); again != first || len(b.queue.Sent) != 2 {
		t.Errorf("while it waits to be started: sent %d", len(b.queue.Sent))
	}
	if _, err := b.Ledger.Update(t.Context(), r.ID, 0, func(r *request.Request) error { r.Started(1); return nil }); err != nil {
		t.Fatal(err)
	}
	b.now = b.now.Add(time.Hour)
	again, r := b.mustReceive(signed("previous", user, b.now))
	if again != first || len(b.queue.Sent) != 2 || !r.Cutoff.Equal(b.now) {
		t.Errorf("once it is started: sent %d, cutoff %s", len(b.queue.Sent), r.Cutoff)
	}
}

func TestNoticesThatNameNobody(t *testing.T) {
	b := newBench(t)
	first, r := b.mustReceive(signed("current", "", start))
	if r.OpenKey != "" {
		t.Error("nobody has an open request")
	}
	b.now = b.now.Add(time.Minute)
	if second, _ := b.mustReceive(signed("current", "", b.now)); second == first {
		t.Error("two of nobody's notices share a request")
	}
}

func TestRotation(t *testing.T) {
	for name, rotate := range map[string]func(*bench){
		"app secret":         func(b *bench) { b.secrets["apps"] = `{"` + app + `":{"secrets":["next","current"]}}` },
		"code secret":        func(b *bench) { b.secrets["code"] = versioned("1", "2") },
		"fingerprint secret": func(b *bench) { b.secrets["fingerprint"] = versioned("1", "2") },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			notice := signed("current", user, start)
			first, _ := b.mustReceive(notice)
			rotate(b)
			b.now = b.now.Add(time.Minute) // the cache's age
			if again, _ := b.mustReceive(notice); again != first {
				t.Error("another code")
			}
		})
	}
}

func TestRevokedAppSecretStopsWorking(t *testing.T) {
	b := newBench(t)
	b.mustReceive(signed("previous", user, start))
	b.secrets["apps"] = `{"` + app + `":{"secrets":["next","current"]}}`
	b.now = b.now.Add(time.Minute)
	if _, err := b.receive(signed("previous", user, start)); !errors.Is(err, signedrequest.ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestOutageOfTheSecretStore(t *testing.T) {
	b := newBench(t)
	b.mustReceive(signed("current", user, start))
	b.down = fault.New(fault.Retry, "the secret store is down")
	b.now = start.Add(10*time.Minute - 1)
	b.mustReceive(signed("current", user, start))
	b.now = start.Add(10 * time.Minute)
	if _, err := b.receive(signed("current", user, start)); fault.KindOf(err) != fault.Retry || err == nil {
		t.Errorf("got %v", err)
	}
}

func TestBrokenKeysAdmitNothing(t *testing.T) {
	for _, secret := range []string{"code", "fingerprint"} {
		b := newBench(t)
		b.secrets[secret] = `{}`
		if _, err := b.receive(signed("current", user, start)); fault.KindOf(err) != fault.Permanent || len(b.rows.All()) != 0 {
			t.Errorf("%s: got %v and %d rows", secret, err, len(b.rows.All()))
		}
	}
}

func TestFailingStorageIsTold(t *testing.T) {
	for name, apply := range map[string]bool{"not applied": false, "applied but reported failed": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.rows.Fault = func([]ledger.Write) (bool, error) { return apply, fault.New(fault.Retry, "the table is down") }
			if _, err := b.receive(signed("current", user, start)); fault.KindOf(err) != fault.Retry || err == nil {
				t.Errorf("got %v", err)
			}
			if len(b.queue.Sent) != 0 || len(b.rows.All()) > 0 != apply {
				t.Errorf("sent %d, wrote %d rows", len(b.queue.Sent), len(b.rows.All()))
			}
			b.rows.Fault = nil
			_, r := b.mustReceive(signed("current", user, start))
			if len(b.queue.Sent) != 1 || b.queue.Sent[0].RequestID != r.ID {
				t.Errorf("sent %+v", b.queue.Sent)
			}
		})
	}
}
