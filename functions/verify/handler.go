package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/verify"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	casework.Config
	Settle                    time.Duration // how long an index may lag behind its table
	Bucket, Keys, Fingerprint string        // of backups
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	common, err := casework.Read(env)
	if err != nil {
		return Config{}, err
	}
	cfg := Config{Config: common, Settle: env.Seconds("INDEX_SETTLE_SECONDS"),
		Bucket: env.Text("SNAPSHOT_BUCKET"), Keys: env.Text("SNAPSHOTKEYS_TABLE"), Fingerprint: env.Text("FINGERPRINT_SECRET")}
	return cfg, env.Err()
}

// step reads the fingerprint secret at each run: it rotates.
type step struct {
	cache  *secrets.Cache
	secret string
	verify workflow.Verify
}

// Step wires the step.
func Step(cfg Config, aws aws.Config) step {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	backups := verify.Backups{Keys: keys.Destroyer{Rows: keys.DynamoDB{Client: dynamodb.NewFromConfig(aws), Table: cfg.Keys}},
		Names: snapshot.S3{Client: s3.NewFromConfig(aws), Bucket: cfg.Bucket}}
	return step{secret: cfg.Fingerprint, cache: awsclients.Secrets(aws), verify: workflow.Verify{Ledger: l, Now: time.Now, Log: boundary.Logger(),
		Verifier: verify.Verifier{Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Ledger: l, Backups: backups, Settle: cfg.Settle, Now: time.Now}}}
}

func (s step) Run(ctx context.Context, m workflow.Message) (workflow.Message, error) {
	secret, err := s.cache.GetVersioned(ctx, s.secret)
	if err != nil {
		return m, err
	}
	s.verify.Verifier.Backups.Keys.Secret = secret
	return s.verify.Run(ctx, m)
}
