// Package awsclients builds the SDK's clients, once per process, and what the shared
// packages need on top of them.
package awsclients

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

// Load reads region, credentials and endpoint from the environment, as in Lambda.
func Load(ctx context.Context) (aws.Config, error) { return config.LoadDefaultConfig(ctx) }

// Ledger opens the ledger. casefile and casekeys are empty for a function that has no
// right to them.
func Ledger(cfg aws.Config, records, casefile, casekeys string) *ledger.Ledger {
	return ledger.New(ledger.DynamoDB{Client: dynamodb.NewFromConfig(cfg),
		Tables: map[ledger.Table]string{ledger.Records: records, ledger.CaseFile: casefile, ledger.CaseKeys: casekeys}})
}

// Finder looks into the platform's live stores; names maps store to physical name.
func Finder(cfg aws.Config, m *datamap.Map, names map[string]string) locate.Finder {
	return locate.Finder{Map: m,
		Records: Records(cfg, names, nil),
		Objects: livedata.S3{Client: s3.NewFromConfig(cfg), Names: names}}
}

// Records are the platform's tables, written to within a budget; nil is no bound.
func Records(cfg aws.Config, names map[string]string, within livedata.Budget) livedata.Records {
	return livedata.DynamoDB{Client: dynamodb.NewFromConfig(cfg), Names: names, Budget: within}
}
