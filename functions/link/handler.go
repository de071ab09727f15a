package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/httpevent"
	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/linkpage"
	"github.com/mikla-ai/data-deletion/shared/page"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys, StartQueue, LettersQueue, CodeSecret, FingerprintSecret, PublicURL string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"),
		StartQueue: env.Address("START_QUEUE_URL"), LettersQueue: env.Address("LETTERS_QUEUE_URL"),
		CodeSecret: env.Text("CODE_SECRET"), FingerprintSecret: env.Text("FINGERPRINT_SECRET"), PublicURL: env.Address("PUBLIC_BASE_URL")}
	return cfg, env.Err()
}

// Handler serves the pages behind our letters' links.
type Handler struct {
	Desk      answer.Desk // without its secrets
	PublicURL string
	Keys      awsclients.Keys
	Log       *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	return Handler{Log: boundary.Logger(), PublicURL: cfg.PublicURL,
		Keys: awsclients.Keys{Cache: awsclients.Secrets(aws), Code: cfg.CodeSecret, Fingerprint: cfg.FingerprintSecret},
		Desk: answer.Desk{Ledger: l, Limits: limit.Limits{Rows: l.Rows, Now: time.Now}, Now: time.Now,
			Start:   dispatch.SQS{Client: sqs.NewFromConfig(aws), URL: cfg.StartQueue},
			Letters: dispatch.LettersSQS{Client: sqs.NewFromConfig(aws), URL: cfg.LettersQueue}}}
}

type response = events.APIGatewayProxyResponse

// Handle shows a page, or takes what was sent with its form. Looking changes nothing:
// scanners follow links.
func (h Handler) Handle(ctx context.Context, event events.APIGatewayProxyRequest) (response, error) {
	asked, err := h.asked(ctx, event)
	if err == nil {
		if code := event.PathParameters["code"]; code != "" {
			return h.subscribe(ctx, asked, code)
		}
		var view linkpage.View
		if view, err = asked.visit(ctx, event.PathParameters["token"]); err == nil {
			return answered(view.Status(), func(w io.Writer) error { return linkpage.HTML(w, view) })
		}
	}
	h.Log.ErrorContext(ctx, "link not served", "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
	return response{StatusCode: http.StatusServiceUnavailable, Headers: headers("text/plain; charset=utf-8"),
		Body: "This page cannot be shown at the moment. Nothing is lost: please try again in a minute.\n"}, nil
}

func (h Handler) asked(ctx context.Context, event events.APIGatewayProxyRequest) (asked, error) {
	keys, err := h.Keys.Read(ctx)
	if err != nil {
		return asked{}, err
	}
	form, err := httpevent.Form(event)
	if err != nil {
		form = nil // what is no form says nothing: the page asks again
	}
	a := asked{Desk: h.Desk, public: h.PublicURL, form: form, send: event.HTTPMethod == http.MethodPost,
		language: page.Choose(first(form.Get("lang"), event.QueryStringParameters["lang"]), httpevent.Header(event, "Accept-Language"))}
	a.Keys, a.Limits.Keys = keys, keys.Fingerprint
	return a, nil
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func answered(status int, write func(io.Writer) error) (response, error) {
	var body strings.Builder
	if err := write(&body); err != nil {
		return response{}, boundary.Error(fault.As(fault.Permanent, "render a page", err))
	}
	return response{StatusCode: status, Headers: headers(page.ContentTypeHTML), Body: body.String()}, nil
}

func headers(contentType string) map[string]string {
	out := map[string]string{"Content-Type": contentType}
	for name, value := range page.Headers() {
		out[name] = value
	}
	return out
}
