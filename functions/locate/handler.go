package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile string
	Map              *datamap.Map
	Stores           map[string]string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), Map: m,
		Stores: env.Names("STORES", m.Touched(datamap.Lead))}
	return cfg, env.Err()
}

// Step wires the step.
func Step(cfg Config, aws aws.Config) workflow.Locate {
	return workflow.Locate{Ledger: awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile),
		Finder: awsclients.Finder(aws, cfg.Map, cfg.Stores), Now: time.Now}
}
