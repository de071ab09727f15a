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
	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const reserve = 20 * time.Second

// Handler audits.
type Handler struct {
	Audit   rotation.Audit
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	client, log := s3.NewFromConfig(aws), boundary.Logger()
	platform := map[string]rotation.Listed{}
	for _, store := range cfg.Map.Versioned() {
		platform[store.Name] = snapshot.S3{Client: client, Bucket: cfg.Stores[store.Name]}
	}
	return Handler{Log: log, Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now},
		Audit: rotation.Audit{Snapshots: snapshot.S3{Client: client, Bucket: cfg.Bucket}, Platform: platform,
			Tables: rotation.DynamoDB{Client: dynamodb.NewFromConfig(aws)}, Map: cfg.Map, Names: cfg.Stores, Keys: cfg.Keys,
			RecoveryDays: cfg.RecoveryDays, Now: time.Now, Log: log, Reserve: reserve}}
}

// Handle runs one audit; what the schedule sends along does not matter. What was found is
// counted even if not everything was looked at, but BackupAuditCompleted is not then, and
// the alarm is on its absence.
func (h Handler) Handle(ctx context.Context, _ json.RawMessage) (rotation.Audited, error) {
	found, err := h.Audit.Run(ctx)
	counts := counted(found)
	if err == nil && found.Complete() {
		counts[metric.BackupAuditCompleted] = 1
	}
	h.Metrics.Count(counts, nil)
	h.Log.InfoContext(ctx, "audited", "snapshots", found.Snapshots, "oldest_days", found.OldestDays,
		"oldest_noncurrent_days", found.OldestNoncurrent, "unknown", found.Unknown, "stale_units", found.StaleUnits,
		"targets_left", found.TargetsLeft, "recovery_wrong", found.RecoveryWrong, "keys_exposed", found.KeysExposed,
		"failed", found.Failed, "out_of_time", found.OutOfTime)
	return found, boundary.Error(err)
}

func counted(found rotation.Audited) map[string]int {
	return map[string]int{
		metric.OldestBackupDays: found.Oldest(), metric.StaleUnits: found.StaleUnits, metric.UnknownBackups: found.Unknown,
		metric.RestoreTargetsLeft: found.TargetsLeft, metric.RecoveryWindowWrong: found.RecoveryWrong + found.KeysExposed,
	}
}
