package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/purge"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	casework.Config
	WriteBudget int // write units a second and table; 0 is no bound
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	common, err := casework.Read(env)
	if err != nil {
		return Config{}, err
	}
	cfg := Config{Config: common, WriteBudget: env.Count("WRITE_BUDGET")}
	return cfg, env.Err()
}

// reserve is what the purge leaves of its time to save its cursor.
const reserve = 30 * time.Second

// Step wires the step.
func Step(cfg Config, aws aws.Config) workflow.Purge {
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	finder := awsclients.Finder(aws, cfg.Map, cfg.Stores)
	finder.Records = awsclients.Records(aws, cfg.Stores, writeBudget(cfg, l))
	return workflow.Purge{Ledger: l, Now: time.Now, Purger: purge.Purger{Finder: finder, Ledger: l, Reserve: reserve}}
}

func writeBudget(cfg Config, l *ledger.Ledger) livedata.Budget {
	if cfg.WriteBudget == 0 {
		return nil
	}
	return budget.New(l.Rows, float64(cfg.WriteBudget))
}
