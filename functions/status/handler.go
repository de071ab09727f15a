package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/httpevent"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

// Config is the function's environment.
type Config struct{ Ledger string }

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE")}
	return cfg, env.Err()
}

// Handler shows statuses.
type Handler struct {
	Ledger *ledger.Ledger
	Log    *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	return Handler{Ledger: awsclients.Ledger(aws, cfg.Ledger, "", ""), Log: boundary.Logger()}
}

type response = events.APIGatewayProxyResponse

// Handle answers with a page or, by Accept, with JSON. A code that is unknown,
// malformed or somebody else's gets the same answer after the same look-up.
func (h Handler) Handle(ctx context.Context, event events.APIGatewayProxyRequest) (response, error) {
	asJSON := page.WantsJSON(httpevent.Header(event, "Accept"))
	language := languageOf(event, asJSON)
	code := codeOf(event.PathParameters["code"])
	r, err := h.Ledger.ByCode(ctx, code)
	switch {
	case err == nil:
		v := ViewOf(r, code, language)
		return render(http.StatusOK, asJSON, func(w io.Writer) error { return statuspage.HTML(w, v) }, func(w io.Writer) error { return statuspage.JSON(w, v) })
	case fault.KindOf(err) == fault.NotFound:
		return render(http.StatusNotFound, asJSON, func(w io.Writer) error { return statuspage.NotFoundHTML(w, language) },
			func(w io.Writer) error { return statuspage.NotFoundJSON(w, language) })
	}
	h.Log.ErrorContext(ctx, "status not read", "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
	return response{StatusCode: http.StatusServiceUnavailable, Headers: headers("text/plain; charset=utf-8"),
		Body: "The status cannot be read at the moment. Please try again in a minute.\n"}, nil
}

// languageOf is the language that the link asks for, else for a page the browser's. JSON
// is English unless the link says otherwise: programs compare it.
func languageOf(event events.APIGatewayProxyRequest, asJSON bool) page.Language {
	accepted := ""
	if !asJSON {
		accepted = httpevent.Header(event, "Accept-Language")
	}
	return page.Choose(event.QueryStringParameters["lang"], accepted)
}

// codeOf turns what cannot be a code into one that belongs to nobody: it is looked up
// like any other, so that time tells nothing either.
func codeOf(text string) confirmation.Code {
	code, ok := confirmation.Normalize(text)
	if !ok {
		return "malformed"
	}
	return code
}

func render(status int, asJSON bool, html, json func(io.Writer) error) (response, error) {
	write, contentType := html, page.ContentTypeHTML
	if asJSON {
		write, contentType = json, page.ContentTypeJSON
	}
	var body strings.Builder
	if err := write(&body); err != nil {
		return response{}, boundary.Error(fault.As(fault.Permanent, "render the status page", err))
	}
	return response{StatusCode: status, Headers: headers(contentType), Body: body.String()}, nil
}

func headers(contentType string) map[string]string {
	out := map[string]string{"Content-Type": contentType}
	for name, value := range page.Headers() {
		out[name] = value
	}
	return out
}
