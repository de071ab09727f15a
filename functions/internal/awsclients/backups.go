package awsclients

import (
	"context"
	"crypto/rand"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/budget"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// BackedUp are the platform's tables, read from at no more than so many read units a second
// and table; 0 is no bound. All who read so share the rows of the ledger's table.
func BackedUp(cfg aws.Config, names map[string]string, ledgerTable string, readUnits int) livedata.Records {
	records := livedata.DynamoDB{Client: dynamodb.NewFromConfig(cfg), Names: names}
	if readUnits > 0 {
		records.ReadBudget = budget.NewReads(Ledger(cfg, ledgerTable, "", "").Rows, float64(readUnits))
	}
	return records
}

// Keyrings makes a keyring for each invocation, since one remembers keys that may be
// destroyed later, and the secret of their names rotates.
type Keyrings struct {
	Cache      *secrets.Cache
	Secret     string // ID of the fingerprint secret
	Rows       keys.Rows
	Root       keys.Root
	Tombstones fence.Tombstones
}

// KeyTables names what keys are kept in and wrapped by.
type KeyTables struct{ Keys, Tombstones, Fingerprint, KMSKey string }

// NewKeyrings wires keyrings.
func NewKeyrings(cfg aws.Config, of KeyTables) Keyrings {
	client := dynamodb.NewFromConfig(cfg)
	return Keyrings{Cache: Secrets(cfg), Secret: of.Fingerprint,
		Rows:       keys.DynamoDB{Client: client, Table: of.Keys, Tombstones: of.Tombstones},
		Root:       keys.KMS{Client: kms.NewFromConfig(cfg), KeyID: of.KMSKey},
		Tombstones: fence.DynamoDB{Client: client, Table: of.Tombstones}}
}

// Open gives a keyring that remembers nothing.
func (k Keyrings) Open(ctx context.Context) (*keys.Keyring, error) {
	secret, err := k.Cache.GetVersioned(ctx, k.Secret)
	if err != nil {
		return nil, err
	}
	return &keys.Keyring{Rows: k.Rows, Root: k.Root, Tombstones: k.Tombstones, Secret: secret, Now: time.Now, Random: rand.Reader}, nil
}

// Snapshots is the bucket of snapshots.
func Snapshots(cfg aws.Config, bucket string) snapshot.S3 {
	return snapshot.S3{Client: s3.NewFromConfig(cfg), Bucket: bucket}
}
