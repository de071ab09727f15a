package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// reserve is what a sweep leaves of its time to delete the last page that it has listed.
const reserve = time.Minute

// Handler rotates.
type Handler struct {
	Rotator rotation.Rotator
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
		Rotator: rotation.Rotator{Snapshots: snapshot.S3{Client: client, Bucket: cfg.Bucket}, Platform: platform,
			Map: cfg.Map, Now: time.Now, Log: log, Reserve: reserve}}
}

// Handle runs one sweep; what the schedule sends along does not matter. The alarm is on
// the absence of RotationCompleted, so a sweep that did not look at everything does not
// count it.
func (h Handler) Handle(ctx context.Context, _ json.RawMessage) (rotation.Rotated, error) {
	done, err := h.Rotator.Run(ctx)
	if err == nil && !done.OutOfTime {
		h.Metrics.Count(map[string]int{metric.RotationCompleted: 1}, nil)
	}
	h.Log.InfoContext(ctx, "rotated", "manifests", done.Manifests, "parts", done.Parts, "superseded", done.Superseded,
		"noncurrent", done.Noncurrent, "unknown", done.Unknown, "failed", done.Failed, "out_of_time", done.OutOfTime)
	return done, boundary.Error(err)
}
