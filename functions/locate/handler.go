package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Step wires the step.
func Step(cfg casework.Config, aws aws.Config) workflow.Locate {
	return workflow.Locate{Ledger: awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys),
		Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Now: time.Now}
}
