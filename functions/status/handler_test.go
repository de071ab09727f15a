package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

const (
	id     = "0123456789abcdef0123456789abcdef"
	code   = "JUIOPKXJZ6264P2XBC54WPJU" // of id, under the key of the test
	user   = "10150000000000777"
	canary = "canary of a foreign error"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

type bench struct {
	*testing.T
	ledger  *ledger.Ledger
	log     bytes.Buffer
	handler Handler
}

// newBench holds one request.
func newBench(t *testing.T) *bench {
	b := &bench{T: t}
	b.ledger = &ledger.Ledger{Rows: ledgertest.NewFake(), Now: func() time.Time { return start }, Token: func() string { return id }}
	b.handler = Handler{Ledger: b.ledger, Log: slog.New(slog.NewJSONHandler(&b.log, nil))}
	key, err := secrets.ParseVersioned([]byte(`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	who := []string{"meta", "900000000000001", user}
	_, err = b.ledger.Admit(t.Context(), ledger.Notice{Intake: "meta", Requester: who, Occasion: who,
		Identity: ledger.Identity{Kind: "meta_app_user", Fields: map[string]string{"user_id": user}},
		Asked:    request.Asked{Kind: request.DataDeletion, ReceivedAt: start, Cutoff: start}}, ledger.Keys{Code: key, Fingerprint: key})
	if err != nil {
		t.Fatal(err)
	}
	b.ledger.Token = ledger.RandomID
	return b
}

func (b *bench) update(change func(*request.Request)) {
	b.Helper()
	if _, err := b.ledger.Update(b.Context(), id, 0, func(r *request.Request) error { change(r); return nil }); err != nil {
		b.Fatal(err)
	}
}

func get(code, accept string) events.APIGatewayProxyRequest {
	return events.APIGatewayProxyRequest{HTTPMethod: "GET", Resource: "/status/{code}", Path: "/status/" + code,
		PathParameters: map[string]string{"code": code}, Headers: map[string]string{"Accept": accept, "Host": "canary.example"}}
}

func (b *bench) handle(event events.APIGatewayProxyRequest) response {
	b.Helper()
	out, err := b.handler.Handle(b.Context(), event)
	if err != nil {
		b.Fatalf("handle: %v", err)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow",
		"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Vary": "Accept, Accept-Language"} {
		if out.Headers[name] != want {
			b.Errorf("%s is %q, want %q", name, out.Headers[name], want)
		}
	}
	if csp := out.Headers["Content-Security-Policy"]; !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
		b.Errorf("Content-Security-Policy is %q", csp)
	}
	if seen := fmt.Sprint(out.Body, out.Headers, &b.log); strings.Contains(seen, user) || strings.Contains(seen, "canary") || strings.Contains(b.log.String(), code) {
		b.Errorf("told too much: %s", seen)
	}
	return out
}

func TestPageOrJSON(t *testing.T) {
	const page, program = "text/html; charset=utf-8", "application/json"
	multi := func(names ...string) events.APIGatewayProxyRequest {
		event := get(code, "")
		event.Headers, event.MultiValueHeaders = nil, map[string][]string{"aCCept": names}
		return event
	}
	lower := get(code, "")
	lower.Headers = map[string]string{"accept": program}
	none := get(code, "")
	none.Headers = nil
	head := get(code, program)
	head.HTTPMethod = "HEAD"
	for name, c := range map[string]struct {
		event events.APIGatewayProxyRequest
		want  string
	}{
		"browser":       {get(code, "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), page},
		"anything":      {get(code, "*/*"), page},
		"no header":     {none, page},
		"JSON":          {get(code, program), program},
		"HEAD":          {head, program},
		"lower case":    {lower, program},
		"several lines": {multi("text/html;q=0.1", program), program},
		"typed by hand": {get(" juio-pkxj-z626-4p2x-bc54-wpju ", program), program},
	} {
		b := newBench(t)
		out := b.handle(c.event)
		if out.StatusCode != 200 || out.Headers["Content-Type"] != c.want || strings.HasPrefix(out.Body, "{") != (c.want == program) {
			t.Errorf("%s: answered %d, %s", name, out.StatusCode, out.Headers["Content-Type"])
		}
	}
}

// What is unknown, malformed or another system's looks alike, to the byte.
func TestThereIsOneNotFound(t *testing.T) {
	for _, accept := range []string{"text/html", "application/json"} {
		b := newBench(t)
		first := b.handle(get(strings.Repeat("A", 24), accept))
		if first.StatusCode != 404 {
			t.Errorf("answered %d", first.StatusCode)
		}
		for _, other := range []string{"", "x", strings.Repeat("B", 24), code[:23], code + "A", code[:23] + "1", strings.Repeat("A", 5000),
			"c7e43a997f12a31452d8e020c81705301e99d531633cefb509effa09795e0dda", id, user, "malformed", "<script>", "a%2Fb", "\x00", confirmation.Code(code).Hash()} {
			if out := b.handle(get(other, accept)); !reflect.DeepEqual(out, first) {
				t.Errorf("%.40q differs: %+v", other, out)
			}
		}
		if b.log.Len() != 0 {
			t.Errorf("logged %s", &b.log)
		}
	}
}

// document is the public contract of DESIGN section 11.
func (b *bench) document() map[string]any {
	b.Helper()
	out := b.handle(get(code, "application/json"))
	var doc map[string]any
	if err := json.Unmarshal([]byte(out.Body), &doc); err != nil || out.StatusCode != 200 {
		b.Fatalf("answered %d %s", out.StatusCode, out.Body)
	}
	return doc
}

func TestFieldsOfEachState(t *testing.T) {
	for _, state := range request.States() {
		t.Run(string(state), func(t *testing.T) {
			b := newBench(t)
			b.update(func(r *request.Request) {
				if r.State = state; state.Terminal() {
					r.ClosedAt = &start
				}
			})
			doc := b.document()
			want := map[string]any{"code": code, "state": string(state), "outcome": nil, "received_at": "2026-05-01T12:00:00Z",
				"due_at": "2026-05-31T12:00:00Z", "live_erased_at": nil, "backups_unreadable_at": nil, "backups_gone_by": nil,
				"kept": []any{}, "next_step": doc["next_step"], "results": []any{}, "receipt_url": nil, "reason": nil}
			if state.Terminal() {
				want["outcome"] = string(state)
			}
			if !reflect.DeepEqual(doc, want) {
				t.Errorf("got  %v\nwant %v", doc, want)
			}
			if state == request.NothingFound || state == request.CouldNotIdentify {
				if step, _ := doc["next_step"].(string); !strings.Contains(step, "privacy@mikla.ai") {
					t.Errorf("the next step is %v", doc["next_step"])
				}
			}
			if page := b.handle(get(code, "text/html")); page.StatusCode != 200 || !strings.Contains(page.Body, "<html") {
				t.Errorf("page: %d", page.StatusCode)
			}
		})
	}
}

func TestErasedRequestShowsItsDatesAndWhatIsKept(t *testing.T) {
	b := newBench(t)
	erased, until := start.Add(20*time.Second), start.AddDate(1, 0, 0)
	b.update(func(r *request.Request) {
		r.State, r.ClosedAt, r.ErasedAt, r.ShreddedAt = request.Completed, &erased, &erased, &erased
		r.Unreadable(24 * time.Hour)
		r.Erased = map[string]int{"messages": 4711}
		r.Results = []request.Result{{Outcome: request.Completed, ErasedAt: &erased}, {Outcome: request.NeedsReview}}
		r.Kept = []request.Kept{{Category: "security_log", Reason: "fraud", Until: &until}, {Category: "metrics", Reason: "aggregates"}}
	})
	doc := b.document()
	for name, want := range map[string]any{
		"outcome": "completed", "live_erased_at": "2026-05-01T12:00:20Z", "backups_gone_by": "2026-05-29T12:00:20Z", "backups_unreadable_at": "2026-05-02T12:00:20Z",
		"kept": []any{map[string]any{"category": "security_log", "reason": "fraud", "until": "2027-05-01T12:00:00Z"},
			map[string]any{"category": "metrics", "reason": "aggregates", "until": nil}},
		"results": []any{map[string]any{"outcome": "completed", "live_erased_at": "2026-05-01T12:00:20Z", "backups_unreadable_at": "2026-05-02T12:00:20Z", "backups_gone_by": "2026-05-29T12:00:20Z"},
			map[string]any{"outcome": nil, "live_erased_at": nil, "backups_unreadable_at": nil, "backups_gone_by": nil}},
	} {
		if !reflect.DeepEqual(doc[name], want) {
			t.Errorf("%s is %v, want %v", name, doc[name], want)
		}
	}
	if out := b.handle(get(code, "application/json")); strings.Contains(out.Body, "4711") || strings.Contains(out.Body, id) {
		t.Errorf("tells more than the contract: %s", out.Body)
	}
}

func TestLanguageOfTheAnswer(t *testing.T) {
	b := newBench(t)
	b.update(func(r *request.Request) { r.State, r.ClosedAt = request.NothingFound, &start })
	for _, c := range []struct{ lang, accepted, accept, want string }{
		{"", "", "text/html", `<html lang="en" dir="ltr">`},
		{"", "fr-CA, de;q=0.5", "text/html", `<html lang="fr" dir="ltr">`},
		{"ar", "fr", "text/html", `<html lang="ar" dir="rtl">`},
		{"xx", "he", "text/html", `<html lang="he" dir="rtl">`},
		{"", "fr", "application/json", `"next_step":"If you wrote to a business`},
		{"de", "fr", "application/json", `"next_step":"Wenn Sie einem Betrieb`},
	} {
		event := get(code, c.accept)
		event.Headers["Accept-Language"] = c.accepted
		event.QueryStringParameters = map[string]string{"lang": c.lang}
		if out := b.handle(event); !strings.Contains(out.Body, c.want) {
			t.Errorf("lang %q, Accept-Language %q, Accept %q: no %s", c.lang, c.accepted, c.accept, c.want)
		}
		event.PathParameters["code"] = strings.Repeat("A", 24)
		if out := b.handle(event); out.StatusCode != 404 || c.accept == "text/html" && !strings.Contains(out.Body, c.want) {
			t.Errorf("not found, lang %q, Accept-Language %q: answered %d in another language", c.lang, c.accepted, out.StatusCode)
		}
	}
}

// What a requester is told of a request goes by what they were told before: a person may
// look once more without their knowing.
func TestViewIsWhatTheRequesterMayKnow(t *testing.T) {
	undo := start.Add(72 * time.Hour)
	for name, c := range map[string]struct {
		r    request.Request
		want statuspage.View
	}{
		"refused":      {request.Request{State: request.Refused, Reason: "why"}, statuspage.View{State: request.Refused, Reason: "why"}},
		"not refused":  {request.Request{State: request.NeedsReview, Reason: "why"}, statuspage.View{State: request.NeedsReview}},
		"told already": {request.Request{State: request.NeedsReview, Asking: request.Asking{Told: request.CouldNotIdentify}}, statuspage.View{State: request.CouldNotIdentify}},
		"a person looks": {request.Request{State: request.NeedsReview, Asking: request.Asking{Told: request.CouldNotIdentify, Doubt: true},
			Letters: []request.Letter{{Kind: request.NotIdentified, State: request.Delivered}}},
			statuspage.View{State: request.CouldNotIdentify, Mail: request.Delivered}},
		"nobody looks": {request.Request{State: request.CouldNotIdentify,
			Letters: []request.Letter{{Kind: request.NotIdentified, State: request.Delivered}}},
			statuspage.View{State: request.CouldNotIdentify, Mail: request.Delivered}},
		"cooling off":        {request.Request{State: request.CoolingOff, NotBefore: undo}, statuspage.View{State: request.CoolingOff, UndoUntil: &undo}},
		"mail of a question": {request.Request{State: request.AwaitingAnswer, Letters: []request.Letter{{State: request.Sent}}}, statuspage.View{State: request.AwaitingAnswer}},
		"mail of the result": {request.Request{State: request.Completed, Letters: []request.Letter{
			{Kind: request.Challenge, State: request.Bounced}, {Kind: request.Confirmation, State: request.Unconfirmed}, {Kind: request.Confirmation, State: request.Delivered}}},
			statuspage.View{State: request.Completed, Mail: request.Unconfirmed}},
	} {
		c.want.Language, c.want.Code, c.want.CanSubscribe = page.Italian, code, true
		if got := ViewOf(c.r, code, page.Italian); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

type broken struct{ ledger.Rows }

func (broken) Get(context.Context, ledger.Key) (ledger.Row, bool, error) {
	return ledger.Row{}, false, fault.As(fault.Retry, "read a ledger row", errors.New(canary+" "+user))
}

func TestFailingTableIsNoNotFound(t *testing.T) {
	b := newBench(t)
	b.ledger.Rows = broken{b.ledger.Rows}
	out := b.handle(get(code, "application/json"))
	if out.StatusCode != 503 || out.Body != "The status cannot be read at the moment. Please try again in a minute.\n" {
		t.Errorf("answered %d %s", out.StatusCode, out.Body)
	}
	if !strings.Contains(b.log.String(), `"kind":"retry later","error":"read a ledger row: internal error"`) {
		t.Errorf("logged %s", &b.log)
	}
}

func TestRecordedEvents(t *testing.T) {
	for name := range recorded.Events(t, "status") {
		b := newBench(t)
		out := b.handle(recorded.Event[events.APIGatewayProxyRequest](t, "status", name))
		if want := strings.HasSuffix(name, "/json"); out.StatusCode != 200 || strings.HasPrefix(out.Body, `{"code":"`+code+`"`) != want {
			t.Errorf("%s: answered %d %.80s", name, out.StatusCode, out.Body)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	if cfg, err := Load(templateenv.Lookup(t, "status")); err != nil || cfg.Ledger == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE")
}
