package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/batch"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/outbox"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Config is the function's environment.
type Config struct{ Ledger, CaseFile, CaseKeys string }

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE")}
	return cfg, env.Err()
}

// Handler notes what became of letters.
type Handler struct {
	Sender  outbox.Sender // of which only the ledger is needed
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	log := boundary.Logger()
	return Handler{Log: log, Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now},
		Sender: outbox.Sender{Ledger: awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys), Now: time.Now, Log: log}}
}

// Handle takes the events of a batch into their requests. One of a request that we do
// not know is somebody else's, and done with.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	return batch.Each(ctx, event, h.Log, "event not noted", func(ctx context.Context, body []byte) error {
		e, err := notice.ParseEvent(body)
		if err != nil {
			return err
		}
		state, err := h.Sender.Note(ctx, e)
		if fault.KindOf(err) == fault.NotFound && err != nil {
			return nil
		}
		if state == request.Bounced {
			h.Metrics.Count(map[string]int{metric.LettersBounced: 1}, nil)
		}
		return err
	}), nil
}
