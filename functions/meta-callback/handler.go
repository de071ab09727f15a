package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/metacallback"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys, Queue, PublicURL, SecurityLog string
	Secrets                                                   metacallback.Secrets
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{
		Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"),
		Queue:     env.Address("START_QUEUE_URL"),
		PublicURL: env.Address("PUBLIC_BASE_URL"), SecurityLog: env.Text("SECURITY_LOG_TABLE"),
		Secrets: metacallback.Secrets{Apps: env.Text("META_APPS_SECRET"), Code: env.Text("CODE_SECRET"), Fingerprint: env.Text("FINGERPRINT_SECRET")},
	}
	return cfg, env.Err()
}

const countWithin = 2 * time.Second // a refusal is answered even if it cannot be counted

// SecurityLog counts refusals.
type SecurityLog interface {
	Refused(ctx context.Context, source, reason string, at time.Time) error
}

// Handler answers callbacks.
type Handler struct {
	Intake    metacallback.Intake
	PublicURL string
	Security  SecurityLog
	Metrics   *metric.Writer
	Now       func() time.Time
	Log       *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	log := boundary.Logger()
	return Handler{
		PublicURL: cfg.PublicURL, Now: time.Now, Log: log,
		Security: securitylog.DynamoDB{Client: dynamodb.NewFromConfig(aws), Table: cfg.SecurityLog},
		Metrics:  &metric.Writer{Out: os.Stdout, Now: time.Now},
		Intake: metacallback.Intake{
			Ledger: awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys), Secrets: cfg.Secrets, Log: log,
			Cache: awsclients.Secrets(aws),
			Queue: dispatch.SQS{Client: sqs.NewFromConfig(aws), URL: cfg.Queue}},
	}
}

type response = events.APIGatewayProxyResponse

// Handle answers one callback. Nothing of the request is ever echoed.
func (h Handler) Handle(ctx context.Context, event events.APIGatewayProxyRequest) (response, error) {
	if event.HTTPMethod == http.MethodGet || event.HTTPMethod == http.MethodHead {
		return sentence(http.StatusOK, "This address receives signed data deletion notices from Meta by POST."), nil
	}
	code, err := h.receive(ctx, event)
	if err == nil {
		return h.accepted(code), nil
	}
	if refused, ok := refusalOf(err); ok {
		h.count(ctx, refused)
		return sentence(refused.status, refused.sentence), nil
	}
	h.Log.ErrorContext(ctx, "callback not accepted", "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
	return sentence(http.StatusServiceUnavailable, "The notice could not be stored. Please send it again."), nil
}

func (h Handler) receive(ctx context.Context, event events.APIGatewayProxyRequest) (confirmation.Code, error) {
	app, err := h.Intake.App(ctx, event.PathParameters["app"])
	if err != nil {
		return "", err
	}
	kind, err := kindOf(event)
	if err != nil {
		return "", err
	}
	signed, err := signedRequestOf(event)
	if err != nil {
		return "", err
	}
	return h.Intake.Receive(ctx, app, metacallback.Notice{
		App: event.PathParameters["app"], Kind: kind, SignedRequest: signed, ReceivedAt: h.Now()})
}

func (h Handler) accepted(code confirmation.Code) response {
	body, err := json.Marshal(map[string]string{"url": h.PublicURL + "/status/" + code.Reveal(), "confirmation_code": code.Reveal()})
	if err != nil {
		return sentence(http.StatusInternalServerError, "The answer could not be written. Please send the notice again.")
	}
	return response{StatusCode: http.StatusOK, Headers: headers("application/json"), Body: string(body)}
}

// count notes a refusal where alarms look and where investigations do.
func (h Handler) count(ctx context.Context, r refusal) {
	h.Metrics.Count(map[string]int{metric.Refused: 1}, map[string]string{"Source": source, "Reason": r.reason})
	ctx, cancel := context.WithTimeout(ctx, countWithin)
	defer cancel()
	if err := h.Security.Refused(ctx, source, r.reason, h.Now()); err != nil {
		h.Log.WarnContext(ctx, "refusal not in the security log", "reason", r.reason, "error", fault.Describe(err))
	}
}
