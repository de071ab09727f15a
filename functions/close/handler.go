package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/mail/archive"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys, Bucket, LettersQueue string
	Map                                              *datamap.Map
	Recovery                                         time.Duration // how far back live tables can be restored to
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"),
		Bucket: env.Text("MAIL_BUCKET"), LettersQueue: env.Address("LETTERS_QUEUE_URL"), Map: m,
		Recovery: time.Duration(env.Count("RECOVERY_DAYS")) * 24 * time.Hour}
	return cfg, env.Err()
}

// Step wires the step.
func Step(cfg Config, aws aws.Config) workflow.Close {
	return workflow.Close{Ledger: awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys),
		Mails:   archive.S3{Client: s3.NewFromConfig(aws), Bucket: cfg.Bucket},
		Letters: dispatch.LettersSQS{Client: sqs.NewFromConfig(aws), URL: cfg.LettersQueue},
		Map:     cfg.Map, Recovery: cfg.Recovery, Now: time.Now, Log: boundary.Logger()}
}
