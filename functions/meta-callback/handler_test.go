package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
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
	"github.com/mikla-ai/data-deletion/shared/signedrequest/vector"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

const (
	app    = "900000000000001"
	secret = "local-facebook-app-secret-current"
	user   = "10150000000000777"
	canary = "canary-of-the-sender"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

// bench is a handler whose surroundings belong to the test.
type bench struct {
	*testing.T
	secrets  map[string]string
	down     error
	rows     *ledgertest.Fake
	queue    *dispatchtest.Queue
	refused  []string
	logless  bool // the security log is down
	now      time.Time
	metrics  bytes.Buffer
	log      bytes.Buffer
	handler  Handler
	requests *ledger.Ledger
}

func (b *bench) Read(_ context.Context, id string) ([]byte, error) {
	return []byte(b.secrets[id]), b.down
}

func (b *bench) Refused(_ context.Context, source, reason string, at time.Time) error {
	b.refused = append(b.refused, source+"/"+reason+"/"+at.Format(time.RFC3339))
	if b.logless {
		return errors.New(canary)
	}
	return nil
}

func newBench(t *testing.T) *bench {
	apps, err := os.ReadFile(filepath.Join(templateenv.Root(t), "testdata", "meta-apps.json"))
	if err != nil {
		t.Fatal(err)
	}
	versioned := `{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`
	b := &bench{T: t, now: start.Add(time.Second), rows: ledgertest.NewFake(), queue: &dispatchtest.Queue{},
		secrets: map[string]string{"apps": string(apps), "code": versioned, "fingerprint": versioned}}
	now := func() time.Time { return b.now }
	log := slog.New(slog.NewJSONHandler(&b.log, nil))
	b.requests = &ledger.Ledger{Rows: b.rows, Now: now, Token: ledger.RandomID}
	b.handler = Handler{PublicURL: "https://privacy.mikla.example", Now: now, Log: log, Security: b,
		Metrics: &metric.Writer{Out: &b.metrics, Now: now},
		Intake: metacallback.Intake{Ledger: b.requests, Queue: b.queue, Log: log,
			Cache:   &secrets.Cache{Reader: b, Now: now, TTL: time.Minute},
			Secrets: metacallback.Secrets{Apps: "apps", Code: "code", Fingerprint: "fingerprint"}}}
	return b
}

func (b *bench) handle(event events.APIGatewayProxyRequest) response {
	b.Helper()
	out, err := b.handler.Handle(b.Context(), event)
	if err != nil {
		b.Fatalf("handle: %v", err)
	}
	if out.Headers["Cache-Control"] != "no-store" || out.Headers["X-Content-Type-Options"] != "nosniff" || out.IsBase64Encoded {
		b.Errorf("headers %v", out.Headers)
	}
	return out
}

func signed(user string, issued time.Time) string {
	return signedrequest.Sign(signedrequest.Notice{UserID: personal.New(user), IssuedAt: issued}.Payload(), secret)
}

func good() string { return "signed_request=" + signed(user, start) }

// post is a callback as API Gateway hands it over.
func post(body string, change ...func(*events.APIGatewayProxyRequest)) events.APIGatewayProxyRequest {
	headers := map[string]string{"Content-Type": "application/x-www-form-urlencoded", "User-Agent": canary,
		"Host": canary + ".example", "X-Forwarded-Host": canary + ".example", "X-Forwarded-For": "192.0.2.10"}
	event := events.APIGatewayProxyRequest{HTTPMethod: http.MethodPost, Resource: "/meta/{app}/data-deletion",
		Path: "/meta/" + app + "/data-deletion", PathParameters: map[string]string{"app": app}, Headers: headers, Body: body}
	for _, c := range change {
		c(&event)
	}
	return event
}

type change = func(*events.APIGatewayProxyRequest)

func contentType(name string, values ...string) change {
	return func(e *events.APIGatewayProxyRequest) {
		delete(e.Headers, "Content-Type")
		if len(values) > 0 {
			e.Headers[name] = values[0]
		}
	}
}

func toApp(id string) change {
	return func(e *events.APIGatewayProxyRequest) { e.PathParameters = map[string]string{"app": id} }
}

func inBase64(e *events.APIGatewayProxyRequest) {
	e.Body, e.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(e.Body)), true
}

func rawBase64(body string) change {
	return func(e *events.APIGatewayProxyRequest) { e.Body, e.IsBase64Encoded = body, true }
}

func at(resource string) change {
	return func(e *events.APIGatewayProxyRequest) { e.Resource = resource }
}

// padded is a good form of exactly n bytes.
func padded(n int) string {
	return good() + "&x=" + strings.Repeat("x", n-len(good())-len("&x="))
}

func (b *bench) code(out response) confirmation.Code {
	b.Helper()
	form := regexp.MustCompile(`^\{"confirmation_code":"([A-Z2-7]{24})","url":"https://privacy\.mikla\.example/status/([A-Z2-7]{24})"\}$`)
	match := form.FindStringSubmatch(out.Body)
	if out.StatusCode != http.StatusOK || out.Headers["Content-Type"] != "application/json" || match == nil || match[1] != match[2] {
		b.Fatalf("answered %d %s", out.StatusCode, out.Body)
	}
	return confirmation.Code(match[1])
}

func TestAcceptedForms(t *testing.T) {
	for name, event := range map[string]events.APIGatewayProxyRequest{
		"plain":                post(good()),
		"base64":               post(good(), inBase64),
		"header in lower case": post(good(), contentType("content-type", "application/x-www-form-urlencoded")),
		"header in upper case": post(good(), contentType("CONTENT-TYPE", "APPLICATION/X-WWW-FORM-URLENCODED")),
		"with a charset":       post(good(), contentType("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")),
		"multi-value header": post(good(), contentType(""), func(e *events.APIGatewayProxyRequest) {
			e.MultiValueHeaders = map[string][]string{"content-TYPE": {"application/x-www-form-urlencoded"}}
		}),
		"another field":          post("x=1&" + good() + "&y="),
		"8 KB":                   post(padded(8 << 10)),
		"8 KB in base64":         post(padded(8<<10), inBase64),
		"8 KB - 1 in base64":     post(padded(8<<10-1), inBase64),
		"escaped":                post("signed%5Frequest=" + strings.ReplaceAll(signed(user, start), ".", "%2E")),
		"deauthorize":            post(good(), at("/meta/{app}/deauthorize")),
		"signed with the second": post("signed_request=" + signedrequest.Sign(signedrequest.Notice{UserID: personal.New(user), IssuedAt: start}.Payload(), "local-facebook-app-secret-previous")),
		"naming nobody":          post("signed_request=" + signed("0", start)),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			r, err := b.requests.ByCode(t.Context(), b.code(b.handle(event)))
			if err != nil || !r.InOutbox() {
				t.Fatalf("%+v, %v", r, err)
			}
			kind := request.DataDeletion
			if strings.HasSuffix(event.Resource, "/deauthorize") {
				kind = request.Deauthorize
			}
			if r.Kind != kind || len(b.queue.Sent) != 1 || b.queue.Sent[0] != workflow.For(r) {
				t.Errorf("kind %s, sent %+v", r.Kind, b.queue.Sent)
			}
			if b.metrics.Len() != 0 || len(b.refused) != 0 {
				t.Errorf("counted %s %q", &b.metrics, b.refused)
			}
		})
	}
}

// Some signers write the standard alphabet and do not escape its "+".
func TestStandardAlphabetWithoutEscaping(t *testing.T) {
	for i := range 200 {
		raw := strings.NewReplacer("-", "+", "_", "/").Replace(signed(fmt.Sprint(user, i), start))
		if strings.Contains(raw, "+") && strings.Contains(raw, "/") {
			b := newBench(t)
			b.code(b.handle(post("signed_request=" + raw)))
			return
		}
	}
	t.Fatal("no signature with both characters")
}

func TestRefusals(t *testing.T) {
	const (
		unknownApp = "This app is not known here."
		tooLarge   = "The body is larger than 8 KB."
		mediaType  = "The content type must be application/x-www-form-urlencoded."
		form       = "The body must hold exactly one signed_request."
		malformed  = "The signed request is malformed."
	)
	ten := strings.Repeat("x", 10<<10)
	for name, c := range map[string]struct {
		event    events.APIGatewayProxyRequest
		status   int
		reason   string
		sentence string
	}{
		"unknown app":              {post(good(), toApp(canary)), 404, "unknown_app", unknownApp},
		"no app":                   {post(good(), toApp("")), 404, "unknown_app", unknownApp},
		"unknown app, too large":   {post(ten, toApp(canary)), 404, "unknown_app", unknownApp},
		"unknown path":             {post(good(), at("/meta/{app}/"+canary)), 404, "unknown_path", "This address is not known here."},
		"8 KB + 1":                 {post(padded(8<<10 + 1)), 413, "too_large", tooLarge},
		"8 KB + 1 in base64":       {post(padded(8<<10+1), inBase64), 413, "too_large", tooLarge},
		"8 KB + 2 in base64":       {post(padded(8<<10+2), inBase64), 413, "too_large", tooLarge},
		"10 KB":                    {post(ten), 413, "too_large", tooLarge},
		"10 KB in base64":          {post(ten, inBase64), 413, "too_large", tooLarge},
		"10 KB of no base64":       {post("", rawBase64(strings.Repeat("!", 14<<10))), 413, "too_large", tooLarge},
		"too large and wrong type": {post(ten, contentType("Content-Type", "text/plain")), 413, "too_large", tooLarge},
		"no content type":          {post(good(), contentType("")), 415, "media_type", mediaType},
		"empty content type":       {post(good(), contentType("Content-Type", "")), 415, "media_type", mediaType},
		"JSON":                     {post(good(), contentType("Content-Type", "application/json")), 415, "media_type", mediaType},
		"multipart":                {post(good(), contentType("Content-Type", "multipart/form-data; boundary=x")), 415, "media_type", mediaType},
		"two content types":        {post(good(), contentType("Content-Type", "application/x-www-form-urlencoded, text/plain")), 415, "media_type", mediaType},
		"type that begins alike":   {post(good(), contentType("Content-Type", "application/x-www-form-urlencoded2")), 415, "media_type", mediaType},
		"empty body":               {post(""), 400, "malformed", form},
		"no signed_request":        {post("signed=" + canary), 400, "malformed", form},
		"empty signed_request":     {post("signed_request="), 400, "malformed", form},
		"other case":               {post("Signed_Request=" + signed(user, start)), 400, "malformed", form},
		"two signed_requests":      {post(good() + "&" + good()), 400, "malformed", form},
		"two, one of them empty":   {post(good() + "&signed_request="), 400, "malformed", form},
		"broken escape":            {post("signed_request=%zz" + canary), 400, "malformed", form},
		"semicolon":                {post(good() + ";x=1"), 400, "malformed", form},
		"JSON in a form":           {post(`{"signed_request":"` + signed(user, start) + `"}`), 400, "malformed", form},
		"no base64":                {post("", rawBase64("!"+canary)), 400, "malformed", form},
		"not a signed request":     {post("signed_request=" + canary), 400, "malformed", malformed},
		"signed, but not a notice": {post("signed_request=" + signedrequest.Sign([]byte(`{"algorithm":"none"}`), secret)), 400, "malformed", malformed},
		"user that is no ID":       {post("signed_request=" + signed(canary+"#", start)), 400, "malformed", malformed},
		"bad signature":            {post("signed_request=" + signedrequest.Sign([]byte(canary), "wrong")), 403, "bad_signature", "The signature does not match."},
		"another app's signature":  {post(good(), toApp("900000000000002")), 403, "bad_signature", "The signature does not match."},
		"changed payload":          {post(good() + "A"), 403, "bad_signature", "The signature does not match."},
		"from the future":          {post("signed_request=" + signed(user, start.Add(302*time.Second))), 400, "future", "The notice is dated in the future."},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			out := b.handle(c.event)
			if out.StatusCode != c.status || out.Body != c.sentence+"\n" || out.Headers["Content-Type"] != "text/plain; charset=utf-8" {
				t.Errorf("answered %d %q, want %d %q", out.StatusCode, out.Body, c.status, c.sentence)
			}
			b.wantCounted(c.reason)
			b.wantNothingKept()
			b.wantNoEcho(out)
		})
	}
}

// wantCounted checks one refusal, in the metrics and in the security log.
func (b *bench) wantCounted(reason string) {
	b.Helper()
	var line struct {
		Refused        int
		Source, Reason string
	}
	if err := json.Unmarshal(b.metrics.Bytes(), &line); err != nil || line.Refused != 1 || line.Source != "meta-callback" || line.Reason != reason {
		b.Errorf("metric line %s", &b.metrics)
	}
	if want := "meta-callback/" + reason + "/2026-05-01T12:00:01Z"; len(b.refused) != 1 || b.refused[0] != want {
		b.Errorf("security log %q, want %q", b.refused, want)
	}
}

func (b *bench) wantNothingKept() {
	b.Helper()
	if len(b.rows.All()) != 0 || len(b.queue.Sent) != 0 {
		b.Errorf("left %d rows and %d messages", len(b.rows.All()), len(b.queue.Sent))
	}
}

func (b *bench) wantNoEcho(out response) {
	b.Helper()
	seen := fmt.Sprint(out.Body, out.Headers, out.MultiValueHeaders, &b.metrics, b.refused, &b.log)
	for _, input := range []string{canary, user, app, "192.0.2.10", signed(user, start)} {
		if strings.Contains(seen, input) {
			b.Errorf("%s comes back in %s", input, seen)
		}
	}
}

// Every vector of a signed request goes through the edge too.
func TestSignedRequestVectors(t *testing.T) {
	vectors, err := vector.Load(os.DirFS(filepath.Join(templateenv.Root(t), "testdata", "signed-requests")))
	if err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors: %v", len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			b := newBench(t)
			apps, err := json.Marshal(map[string]metacallback.App{app: {Family: "facebook", Secrets: v.Secrets}})
			if err != nil {
				t.Fatal(err)
			}
			b.secrets["apps"], b.now = string(apps), v.Now
			out := b.handle(post(url.Values{"signed_request": {v.Raw}}.Encode()))
			if !slices.Contains(statusesOf(v), out.StatusCode) {
				t.Errorf("answered %d %s, want %d", out.StatusCode, out.Body, statusesOf(v))
			}
			if v.Expect != "ok" {
				b.wantNothingKept()
			}
		})
	}
}

func statusesOf(v vector.Vector) []int {
	switch {
	case len(v.Secrets) == 0:
		return []int{http.StatusNotFound} // no app is known without secrets
	case strings.Contains(v.Raw, " "): // read as an unescaped "+"
		return []int{http.StatusBadRequest, http.StatusForbidden}
	}
	return map[string][]int{"ok": {http.StatusOK}, "malformed": {http.StatusBadRequest},
		"future": {http.StatusBadRequest}, "bad-signature": {http.StatusForbidden}}[v.Expect]
}

func TestLookingDoesNothing(t *testing.T) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		b := newBench(t)
		b.down = errors.New("nothing is read")
		out := b.handle(post(good(), func(e *events.APIGatewayProxyRequest) { e.HTTPMethod = method }))
		if out.StatusCode != http.StatusOK || out.Body != "This address receives signed data deletion notices from Meta by POST.\n" {
			t.Errorf("%s: answered %d %q", method, out.StatusCode, out.Body)
		}
		b.wantNothingKept()
		b.wantNoEcho(out)
		if b.metrics.Len() != 0 || len(b.refused) != 0 {
			t.Errorf("%s is counted", method)
		}
	}
}

func TestSameNoticeSameAnswer(t *testing.T) {
	b := newBench(t)
	first := b.handle(post(good()))
	for name, event := range map[string]events.APIGatewayProxyRequest{
		"again": post(good()), "in base64": post(good(), inBase64), "later": post("signed_request=" + signed(user, start.Add(time.Minute))),
		"as deauthorization": post(good(), at("/meta/{app}/deauthorize")),
	} {
		if out := b.handle(event); out.Body != first.Body {
			t.Errorf("%s: %s, want %s", name, out.Body, first.Body)
		}
	}
	if other := b.handle(post("signed_request=" + signed(user+"0", start))); other.Body == first.Body {
		t.Error("two people share a code")
	}
}

func TestFailingStorageIsAskedToComeAgain(t *testing.T) {
	down := fault.As(fault.Retry, "the store is down", errors.New(canary))
	for name, c := range map[string]struct {
		fail func(*bench)
		heal func(*bench)
	}{
		"tables": {func(b *bench) { b.rows.Fault = func([]ledger.Write) (bool, error) { return false, down } }, func(b *bench) { b.rows.Fault = nil }},
		"busy":   {func(b *bench) { b.rows.Fault = func([]ledger.Write) (bool, error) { return false, ledger.ErrBusy } }, func(b *bench) { b.rows.Fault = nil }},
		"secret": {func(b *bench) { b.down = down }, func(b *bench) { b.down = nil }},
		"keys":   {func(b *bench) { delete(b.secrets, "code") }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			c.fail(b)
			out := b.handle(post(good()))
			if out.StatusCode != http.StatusServiceUnavailable || out.Body != "The notice could not be stored. Please send it again.\n" {
				t.Errorf("answered %d %q", out.StatusCode, out.Body)
			}
			b.wantNothingKept()
			b.wantNoEcho(out)
			if len(b.refused) != 0 || !strings.Contains(b.log.String(), "callback not accepted") {
				t.Errorf("refused %q, logged %s", b.refused, &b.log)
			}
			if c.heal != nil {
				c.heal(b)
				b.code(b.handle(post(good())))
			}
		})
	}
}

func TestLostAnswerOfTheTableIsOneRequest(t *testing.T) {
	b := newBench(t)
	b.rows.Fault = func([]ledger.Write) (bool, error) {
		b.rows.Fault = nil
		return true, fault.New(fault.Retry, "the answer was lost")
	}
	if out := b.handle(post(good())); out.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("answered %d", out.StatusCode)
	}
	first := b.handle(post(good()))
	if again := b.handle(post(good())); again.Body != first.Body {
		t.Error("two codes")
	}
	if rows := b.rows.All(); len(rows) != 7 {
		t.Errorf("%d rows, want record, event, identity, its key and three pointers", len(rows))
	}
}

func TestFailingQueueIsNotMetasConcern(t *testing.T) {
	b := newBench(t)
	b.queue.Fault = func(workflow.Message) (bool, error) { return false, errors.New(canary) }
	out := b.handle(post(good()))
	if r, err := b.requests.ByCode(t.Context(), b.code(out)); err != nil || !r.InOutbox() {
		t.Errorf("%+v, %v", r, err)
	}
	b.wantNoEcho(response{})
}

func TestFailingSecurityLogDoesNotChangeTheAnswer(t *testing.T) {
	b := newBench(t)
	b.logless = true
	out := b.handle(post("", contentType("")))
	if out.StatusCode != http.StatusUnsupportedMediaType || !strings.Contains(b.log.String(), "refusal not in the security log") {
		t.Errorf("answered %d, logged %s", out.StatusCode, &b.log)
	}
	b.wantNoEcho(out)
}

func TestRecordedEvents(t *testing.T) {
	recorded.RoundTrip[events.APIGatewayProxyRequest](t, "meta-callback")
	b := newBench(t)
	answers := map[string]string{}
	for name := range recorded.Events(t, "meta-callback") {
		out := b.handle(recorded.Event[events.APIGatewayProxyRequest](t, "meta-callback", name))
		if out.StatusCode != http.StatusOK {
			t.Errorf("%s: answered %d %s", name, out.StatusCode, out.Body)
		}
		answers[name] = out.Body
	}
	delete(answers, "v1/get")
	for name, answer := range answers {
		if answer != answers["v1/data-deletion"] {
			t.Errorf("%s is the same person's notice, but its answer is %s", name, answer)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "meta-callback"))
	if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.Queue == "" || cfg.SecurityLog != "mikla-dev-security_log" ||
		cfg.PublicURL != "https://privacy-dev.mikla.example" || cfg.Secrets.Apps == "" || cfg.Secrets.Code == "" || cfg.Secrets.Fingerprint == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "START_QUEUE_URL", "PUBLIC_BASE_URL",
		"SECURITY_LOG_TABLE", "META_APPS_SECRET", "CODE_SECRET", "FINGERPRINT_SECRET")
}
