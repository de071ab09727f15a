package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const reserve = 30 * time.Second

// Handler drills. Seed is of a run's own, and logged, so that a run can be repeated.
type Handler struct {
	Drill   rotation.Drill
	Seed    func() uint64
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	db, log := dynamodb.NewFromConfig(aws), boundary.Logger()
	objects := snapshot.S3{Client: s3.NewFromConfig(aws), Bucket: cfg.Bucket}
	rows := keys.DynamoDB{Client: db, Table: cfg.Keys, Tombstones: cfg.Tombstones}
	root := keys.KMS{Client: kms.NewFromConfig(aws), KeyID: cfg.Root}
	return Handler{Log: log, Seed: rand.Uint64, Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now},
		Drill: rotation.Drill{Tombstones: fence.DynamoDB{Client: db, Table: cfg.Tombstones}, Now: time.Now, Log: log, Reserve: reserve,
			Reader: func() snapshot.Reader {
				return snapshot.Reader{Objects: objects, Keyring: &keys.Keyring{Rows: rows, Root: root, Now: time.Now}}
			}}}
}

// Handle runs one drill; what the schedule sends along does not matter. One that proves
// nothing, because there was nothing to open or not everything could be tried, does not
// count BackupDrillCompleted, on whose absence the alarm is.
func (h Handler) Handle(ctx context.Context, _ json.RawMessage) (rotation.Drilled, error) {
	seed, drill := h.Seed(), h.Drill
	drill.Random = rand.New(rand.NewPCG(seed, 0)) // chooses a sample, and no secret
	done, err := drill.Run(ctx)
	counts := map[string]int{metric.DrillOpened: done.Opened, metric.DrillSampled: done.Sampled, metric.DrillControlFailed: 0}
	if done.ControlFailed {
		counts[metric.DrillControlFailed] = 1
	}
	if err == nil && done.Proves() {
		counts[metric.BackupDrillCompleted] = 1
	}
	h.Metrics.Count(counts, nil)
	h.Log.InfoContext(ctx, "drilled", "seed", seed, "snapshots", done.Snapshots, "sampled", done.Sampled, "opened", done.Opened,
		"control", done.Control, "failed", done.Failed, "out_of_time", done.OutOfTime)
	return done, boundary.Error(err)
}
