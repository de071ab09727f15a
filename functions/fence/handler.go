package main

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	casework.Config
	Tombstones, Fingerprint string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	common, err := casework.Read(env)
	if err != nil {
		return Config{}, err
	}
	cfg := Config{Config: common, Tombstones: env.Text("TOMBSTONES_TABLE"), Fingerprint: env.Text("FINGERPRINT_SECRET")}
	return cfg, env.Err()
}

const keysTTL = time.Minute

// step reads the fingerprint keys at each run: they rotate.
type step struct {
	cache  *secrets.Cache
	secret string
	fence  workflow.Fence
}

// Step wires the step.
func Step(cfg Config, aws aws.Config) step {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	return step{secret: cfg.Fingerprint,
		cache: &secrets.Cache{Reader: secrets.SecretsManager{Client: secretsmanager.NewFromConfig(aws)}, Now: time.Now, TTL: keysTTL},
		fence: workflow.Fence{Ledger: l, Fence: fence.Fence{
			Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Ledger: l, Now: time.Now,
			Tombstones: fence.DynamoDB{Client: dynamodb.NewFromConfig(aws), Table: cfg.Tombstones}}}}
}

func (s step) Run(ctx context.Context, m workflow.Message) (workflow.Message, error) {
	keys, err := s.cache.GetVersioned(ctx, s.secret)
	if err != nil {
		return m, err
	}
	s.fence.Fence.Keys = keys
	return s.fence.Run(ctx, m)
}
