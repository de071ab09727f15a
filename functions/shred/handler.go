package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/shred"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys string
	Map                        *datamap.Map
	Bucket, Keys, Fingerprint  string
	Tombstones                 string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"), Map: m,
		Bucket: env.Text("SNAPSHOT_BUCKET"), Keys: env.Text("SNAPSHOTKEYS_TABLE"), Fingerprint: env.Text("FINGERPRINT_SECRET"),
		Tombstones: env.Text("TOMBSTONES_TABLE")}
	return cfg, env.Err()
}

// step reads the fingerprint secret at each run: it rotates.
type step struct {
	cache  *secrets.Cache
	secret string
	shred  workflow.Shred
}

// Step wires the step.
func Step(cfg Config, aws aws.Config) step {
	return step{secret: cfg.Fingerprint, cache: awsclients.Secrets(aws), shred: workflow.Shred{Now: time.Now,
		Ledger: awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys),
		Shredder: shred.Shredder{Map: cfg.Map, Now: time.Now,
			Tombstones: fence.DynamoDB{Client: dynamodb.NewFromConfig(aws), Table: cfg.Tombstones},
			Keys:       keys.Destroyer{Rows: keys.DynamoDB{Client: dynamodb.NewFromConfig(aws), Table: cfg.Keys}},
			Copies:     snapshot.S3{Client: s3.NewFromConfig(aws), Bucket: cfg.Bucket}}}}
}

func (s step) Run(ctx context.Context, m workflow.Message) (workflow.Message, error) {
	secret, err := s.cache.GetVersioned(ctx, s.secret)
	if err != nil {
		return m, err
	}
	s.shred.Shredder.Keys.Secret = secret
	return s.shred.Run(ctx, m)
}
