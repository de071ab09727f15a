package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/batch"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/outbox"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys, CodeSecret, FingerprintSecret, PublicURL, Sender, ConfigurationSet string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"),
		CodeSecret: env.Text("CODE_SECRET"), FingerprintSecret: env.Text("FINGERPRINT_SECRET"),
		PublicURL: env.Address("PUBLIC_BASE_URL"), Sender: env.Text("SENDER"), ConfigurationSet: env.Text("CONFIGURATION_SET")}
	return cfg, env.Err()
}

// name stands before our address in letters.
const name = "Mikla Privacy"

// Handler sends letters.
type Handler struct {
	Sender  outbox.Sender // without its secrets
	Keys    awsclients.Keys
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	log := boundary.Logger()
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	return Handler{
		Keys:    awsclients.Keys{Cache: awsclients.Secrets(aws), Code: cfg.CodeSecret, Fingerprint: cfg.FingerprintSecret},
		Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now}, Log: log,
		Sender: outbox.Sender{Ledger: l, PublicURL: cfg.PublicURL, Address: cfg.Sender, Now: time.Now, Log: log,
			Limits: limit.Limits{Rows: l.Rows, Now: time.Now},
			Post:   outbox.SES{Client: sesv2.NewFromConfig(aws, throttledOnly), From: name + " <" + cfg.Sender + ">", ConfigurationSet: cfg.ConfigurationSet}},
	}
}

// throttledOnly has a letter handed over again at once only if SES said that it did not
// take it. What is answered otherwise, or not at all, may have gone.
func throttledOnly(o *sesv2.Options) {
	throttled := retry.RetryableErrorCode{Codes: retry.DefaultThrottleErrorCodes}
	o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.Retryables = []retry.IsErrorRetryable{throttled} })
}

// Handle sends what the requests of a batch owe.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	keys, err := h.Keys.Read(ctx)
	if err != nil {
		return events.SQSEventResponse{}, boundary.Error(err)
	}
	sender := h.Sender
	sender.Codes, sender.Limits.Keys = keys.Code, keys.Fingerprint
	return batch.Each(ctx, event, h.Log, "letters not sent", func(ctx context.Context, body []byte) error {
		m, err := workflow.Parse(body)
		if err != nil {
			return err
		}
		done, err := sender.Run(ctx, m.RequestID)
		h.Metrics.Count(map[string]int{metric.LettersSent: done.Sent, metric.LettersBounced: done.Refused,
			metric.LettersUnconfirmed: done.Unconfirmed, metric.ReplyLimitReached: done.Held}, nil)
		return fault.Wrap("send the letters of a request", err)
	}), nil
}
