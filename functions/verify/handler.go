package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/shared/verify"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Step wires the step.
func Step(cfg casework.Config, aws aws.Config) workflow.Verify {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	return workflow.Verify{Ledger: l, Now: time.Now, Log: boundary.Logger(),
		Verifier: verify.Verifier{Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Ledger: l}}
}
