package main

import (
	"context"
	"log/slog"
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
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Config is the function's environment.
type Config struct {
	Map    *datamap.Map
	Stores map[string]string // physical names
	Queue  string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	env := environment.New(lookup)
	cfg := Config{Map: m, Stores: env.Names("STORES", snapshot.StoresOfStart(m)), Queue: env.Address("SNAPSHOT_QUEUE_URL")}
	return cfg, env.Err()
}

// Handler asks for snapshots.
type Handler struct {
	Starter snapshot.Starter
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	return Handler{Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now}, Log: boundary.Logger(), Starter: snapshot.Starter{
		Map: cfg.Map, Records: awsclients.Records(aws, cfg.Stores, nil),
		Tenants: snapshot.TenantTable{Client: dynamodb.NewFromConfig(aws), Names: cfg.Stores},
		Queue:   snapshot.SQS{Client: sqs.NewFromConfig(aws), URL: cfg.Queue, Pause: snapshot.Backoff}}}
}

// Handle asks for the snapshots as of the event's own time: when Lambda repeats the event, it
// asks for the same ones.
func (h Handler) Handle(ctx context.Context, event events.CloudWatchEvent) error {
	if event.Time.IsZero() {
		return boundary.Error(fault.New(fault.Invalid, "the schedule's event has no time"))
	}
	sent, err := h.Starter.Run(ctx, event.Time)
	counts := map[string]int{metric.SnapshotsAsked: sent}
	if err == nil {
		counts[metric.SnapshotsStarted] = 1
	} else {
		h.Log.ErrorContext(ctx, "snapshots not asked for", "sent", sent, "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
	}
	h.Metrics.Count(counts, nil)
	return boundary.Error(err)
}
