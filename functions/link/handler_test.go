package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

const (
	tom    = "tom.k@mail.example"
	canary = "canary of a foreign error"
)

type bench struct {
	*mailroomtest.World
	log     bytes.Buffer
	handler Handler
	token   string
}

// newBench is a world in which a person was sent a link.
func newBench(t *testing.T) *bench {
	b := &bench{World: mailroomtest.New(t)}
	b.handler = Handler{Desk: b.Desk(), PublicURL: "https://privacy.example", Log: slog.New(slog.NewJSONHandler(&b.log, nil)),
		Keys: awsclients.Keys{Cache: b.Secrets(), Code: mailroomtest.CodeSecret, Fingerprint: mailroomtest.FingerprintSecret}}
	b.Write(mailroomtest.Mail{From: tom, Subject: "Delete my data",
		Body: "Please delete all my personal data. I wrote to Harbour View Hotel on Facebook, my handle is @tom.kaczmarek.7\n"})
	b.token = b.Token(b.Last(tom))
	return b
}

func (b *bench) call(method, token string, form url.Values) response {
	b.Helper()
	out, err := b.handler.Handle(context.Background(), events.APIGatewayProxyRequest{HTTPMethod: method, Resource: "/link/{token}",
		PathParameters: map[string]string{"token": token}, Body: form.Encode(), Headers: map[string]string{"Accept-Language": "fr"}})
	if err != nil {
		b.Fatal(err)
	}
	if out.Headers["Cache-Control"] != "no-store" || out.Headers["Referrer-Policy"] != "no-referrer" {
		b.Errorf("the headers are %v", out.Headers)
	}
	if seen := out.Body + b.log.String(); strings.Contains(seen, "kaczmarek") || strings.Contains(seen, tom) || strings.Contains(b.log.String(), token) {
		b.Errorf("told too much: %s", seen)
	}
	b.Settle()
	return out
}

func TestLookingChangesNothing(t *testing.T) {
	b := newBench(t)
	before := b.Rows.All()
	for range 3 {
		if out := b.call("GET", b.token, nil); out.StatusCode != 200 || !strings.Contains(out.Body, "<form") || !strings.Contains(out.Body, `lang="fr"`) {
			t.Fatalf("answered %d %s", out.StatusCode, out.Body)
		}
	}
	if !reflect.DeepEqual(b.Rows.All(), before) {
		t.Error("looking has written something")
	}
}

func TestConfirmingNeedsADetailAndWorksOnce(t *testing.T) {
	b := newBench(t)
	if out := b.call("POST", b.token, url.Values{"name": {""}, "when": {"soon"}}); out.StatusCode != 422 || b.Only().State != request.AwaitingAnswer {
		t.Errorf("without a detail answered %d", out.StatusCode)
	}
	thanks := b.call("POST", b.token, url.Values{"name": {"Tom Kaczmarek"}})
	if thanks.StatusCode != 200 || b.Only().State != request.Completed {
		t.Errorf("answered %d, the request stands at %s", thanks.StatusCode, b.Only().State)
	}
	if code, err := ledger.Code(b.Only(), b.World.Keys.Code); err != nil || !strings.Contains(thanks.Body, `href="https://privacy.example/status/`+code.Reveal()+`?lang=fr"`) {
		t.Errorf("the thanks do not lead to the status page: %v", err)
	}
	unknown := b.call("GET", strings.Repeat("a", len(b.token)), nil)
	for _, used := range []response{b.call("GET", b.token, nil), b.call("POST", b.token, url.Values{"name": {"Tom Kaczmarek"}}), b.call("GET", "x", nil)} {
		if used.StatusCode != 404 || used.Body != unknown.Body {
			t.Errorf("a link that leads nowhere is told apart: %d", used.StatusCode)
		}
	}
}

func TestWrongPINsAreCounted(t *testing.T) {
	b := newBench(t)
	b.Write(mailroomtest.Mail{From: "gm@harbourview.example", Subject: "Close our account", Body: "Please close our account with Mikla and delete all our data.\n"})
	token := b.Token(b.Last("gm@harbourview.example"))
	for i := range request.MostPins {
		want := 422
		if i == request.MostPins-1 {
			want = 429
		}
		if out := b.call("POST", token, url.Values{"pin": {"wrong"}}); out.StatusCode != want {
			t.Errorf("try %d: answered %d, want %d", i+1, out.StatusCode, want)
		}
	}
}

func (b *bench) notify(code, email string) response {
	b.Helper()
	out, err := b.handler.Handle(context.Background(), events.APIGatewayProxyRequest{HTTPMethod: "POST", Resource: "/status/{code}/notify",
		PathParameters: map[string]string{"code": code}, Body: url.Values{"email": {email}}.Encode()})
	if err != nil {
		b.Fatal(err)
	}
	b.Settle()
	return out
}

// What was typed, nobody can tell from the page: an address, none, one too many.
func TestANotificationIsAskedFor(t *testing.T) {
	b := newBench(t)
	r := b.Request(t, b.Admit(t, workflowtest.Tom, workflowtest.Start).RequestID)
	code, err := ledger.Code(r, b.World.Keys.Code)
	if err != nil {
		t.Fatal(err)
	}
	const reader = "reader@mail.example"
	first := b.notify(code.Reveal(), reader)
	if first.StatusCode != 200 || len(b.To(reader)) != 1 {
		t.Errorf("answered %d, %d letters", first.StatusCode, len(b.To(reader)))
	}
	for _, typed := range []string{"", "no address", "a@b@c.example", reader} {
		if out := b.notify(code.Reveal(), typed); !reflect.DeepEqual(out, first) {
			t.Errorf("%q is told apart", typed)
		}
	}
	for _, wrong := range []string{"x", strings.Repeat("A", 24)} {
		if out := b.notify(wrong, reader); out.StatusCode != 404 {
			t.Errorf("code %q answered %d", wrong, out.StatusCode)
		}
	}
}

type broken struct{ ledger.Rows }

func (broken) Get(context.Context, ledger.Key) (ledger.Row, bool, error) {
	return ledger.Row{}, false, fault.As(fault.Retry, "read a ledger row", errors.New(canary))
}

func TestAFailingTableIsNoDeadLink(t *testing.T) {
	b := newBench(t)
	b.handler.Desk.Ledger.Rows = broken{}
	out, err := b.handler.Handle(t.Context(), events.APIGatewayProxyRequest{HTTPMethod: "GET", PathParameters: map[string]string{"token": b.token}})
	if err != nil || out.StatusCode != 503 || strings.Contains(out.Body+b.log.String(), canary) || !strings.Contains(b.log.String(), "link not served") {
		t.Errorf("answered %d, %v; logged %s", out.StatusCode, err, &b.log)
	}
}

// The recorded tokens and codes are nobody's.
func TestRecordedEvents(t *testing.T) {
	for name := range recorded.Events(t, "link") {
		b := newBench(t)
		out, err := b.handler.Handle(t.Context(), recorded.Event[events.APIGatewayProxyRequest](t, "link", name))
		if err != nil || out.StatusCode != 404 {
			t.Errorf("%s: answered %d, %v", name, out.StatusCode, err)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "link"))
	if err != nil || cfg.Ledger == "" || cfg.StartQueue == cfg.LettersQueue || cfg.CodeSecret == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "START_QUEUE_URL", "LETTERS_QUEUE_URL", "CODE_SECRET", "FINGERPRINT_SECRET", "PUBLIC_BASE_URL")
}
