package main

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/batch"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct{ Ledger, StateMachine string }

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), StateMachine: env.Text("STATE_MACHINE_ARN")}
	return cfg, env.Err()
}

// Handler starts executions.
type Handler struct {
	Starter dispatch.Starter
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	return Handler{Log: boundary.Logger(), Starter: dispatch.Starter{
		Ledger:     awsclients.Ledger(aws, cfg.Ledger, "", ""),
		Executions: dispatch.StepFunctions{Client: sfn.NewFromConfig(aws), Machine: cfg.StateMachine}}}
}

// Handle starts what a batch names and reports the messages that failed one by one:
// they come again, and end in the dead-letter queue.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	return batch.Each(ctx, event, h.Log, "start message failed", func(ctx context.Context, body []byte) error {
		m, err := workflow.Parse(body)
		if err != nil {
			return err
		}
		return h.Starter.Start(ctx, m)
	}), nil
}
