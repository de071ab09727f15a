package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/shared/purge"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// reserve is what the purge leaves of its time to save its cursor.
const reserve = 30 * time.Second

// Step wires the step.
func Step(cfg casework.Config, aws aws.Config) workflow.Purge {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	return workflow.Purge{Ledger: l, Now: time.Now,
		Purger: purge.Purger{Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Ledger: l, Reserve: reserve}}
}
