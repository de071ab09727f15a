package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/verify"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	casework.Config
	Settle time.Duration // how long an index may lag behind its table
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	common, err := casework.Read(env)
	if err != nil {
		return Config{}, err
	}
	cfg := Config{Config: common, Settle: env.Seconds("INDEX_SETTLE_SECONDS")}
	return cfg, env.Err()
}

// Step wires the step.
func Step(cfg Config, aws aws.Config) workflow.Verify {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	return workflow.Verify{Ledger: l, Now: time.Now, Log: boundary.Logger(),
		Verifier: verify.Verifier{Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Ledger: l, Settle: cfg.Settle, Now: time.Now}}
}
