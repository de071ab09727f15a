package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// reserve is what a sweep leaves of its time to delete the last page that it has listed.
const reserve = time.Minute

// Handler rotates, and drops what restores left standing.
type Handler struct {
	Rotator rotation.Rotator
	Targets restore.Targets
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	client, log := s3.NewFromConfig(aws), boundary.Logger()
	platform := map[string]rotation.Bucket{}
	for _, store := range cfg.Map.Versioned() {
		platform[store.Name] = snapshot.S3{Client: client, Bucket: cfg.Stores[store.Name]}
	}
	return Handler{Log: log, Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now},
		Targets: restore.DynamoDB{Client: dynamodb.NewFromConfig(aws), Names: cfg.Stores},
		Rotator: rotation.Rotator{Snapshots: snapshot.S3{Client: client, Bucket: cfg.Bucket}, Platform: platform,
			Map: cfg.Map, Now: time.Now, Log: log, Reserve: reserve}}
}

// Done is what a run did.
type Done struct {
	rotation.Rotated
	Targets int // tables of restores that were dropped
}

// Handle runs one sweep; what the schedule sends along does not matter. The alarm is on
// the absence of RotationCompleted, so a sweep that did not look at everything does not
// count it. Tables come first, because they are few and readable.
func (h Handler) Handle(ctx context.Context, _ json.RawMessage) (done Done, err error) {
	var kept error
	done.Targets, kept = restore.DropExpired(ctx, h.Rotator.Map, h.Targets, h.Rotator.Now())
	if kept != nil {
		h.Log.ErrorContext(ctx, "tables of restores are left", "kind", fault.KindOf(kept).String(), "error", fault.Describe(kept))
	}
	if done.Rotated, err = h.Rotator.Run(ctx); err == nil {
		err = fault.Wrap("drop the tables of restores", kept)
	}
	if err == nil && !done.OutOfTime {
		h.Metrics.Count(map[string]int{metric.RotationCompleted: 1}, nil)
	}
	h.Log.InfoContext(ctx, "rotated", "manifests", done.Manifests, "parts", done.Parts, "superseded", done.Superseded,
		"noncurrent", done.Noncurrent, "unknown", done.Unknown, "targets", done.Targets, "failed", done.Failed, "out_of_time", done.OutOfTime)
	return done, boundary.Error(err)
}
