package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/batch"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/walk"
)

// reserve is what is left of the time to write what was read, and to save the place.
const reserve = 60 * time.Second

// Keyring makes one that remembers nothing.
type Keyring func(ctx context.Context) (*keys.Keyring, error)

// Handler writes snapshots.
type Handler struct {
	Writer  snapshot.Writer // without its keyring
	Keyring Keyring
	Queue   snapshot.Queue
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	records := awsclients.BackedUp(aws, cfg.Stores, cfg.Ledger, cfg.ReadBudget)
	return Handler{
		Keyring: awsclients.NewKeyrings(aws, cfg.Keys).Open,
		Queue:   snapshot.SQS{Client: sqs.NewFromConfig(aws), URL: cfg.Queue, Pause: snapshot.Backoff},
		Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now}, Log: boundary.Logger(),
		Writer: snapshot.Writer{Walker: walk.Walker{Map: cfg.Map, Records: records}, Put: awsclients.Snapshots(aws, cfg.Bucket).Put,
			Runs: snapshot.DynamoDBRuns{Client: dynamodb.NewFromConfig(aws), Table: cfg.Runs},
			Now:  time.Now, Random: rand.Reader, Token: token, Reserve: reserve}}
}

func token() string {
	b := make([]byte, 4)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// Handle copies what each message names, as far as there is time. What is not finished goes
// on with the same message, sent once more: it has not failed, and must not run out of
// tries. If that fails, the message itself comes again.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	return batch.Each(ctx, event, h.Log, "snapshot failed", func(ctx context.Context, body []byte) error {
		m, err := snapshot.ParseMessage(body)
		if err == nil {
			err = h.copy(ctx, m)
		}
		return err
	}), nil
}

// copy says of what it is that it failed, which the queue's own line does not.
func (h Handler) copy(ctx context.Context, m snapshot.Message) error {
	log := h.Log.With("tenant_id", m.Tenant, "channel_id", m.Channel, "as_of", m.AsOf)
	out, err := h.write(ctx, m)
	if err == nil && !out.Done {
		err = h.Queue.Send(ctx, []snapshot.Message{m})
	}
	if err != nil {
		log.ErrorContext(ctx, "not copied", "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
		return err
	}
	if out.Completed {
		h.Metrics.Count(map[string]int{metric.SnapshotsCompleted: 1, metric.SnapshotRecords: out.Records, metric.SnapshotBytes: int(out.Bytes)}, nil)
	}
	if out.Done {
		log.InfoContext(ctx, "snapshot done", "completed", out.Completed)
	}
	return nil
}

func (h Handler) write(ctx context.Context, m snapshot.Message) (snapshot.Outcome, error) {
	ring, err := h.Keyring(ctx)
	if err != nil {
		return snapshot.Outcome{}, err
	}
	w := h.Writer
	w.Keyring = ring
	return w.Run(ctx, m.Unit(), m.AsOf)
}
