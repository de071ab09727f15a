package awsclients

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Secrets are read again after a minute, so that a rotation is noticed; for ten more
// they bridge an outage of Secrets Manager.
const (
	secretsTTL   = time.Minute
	secretsStale = 10 * time.Minute
)

// Secrets reads secrets and keeps them for a while.
func Secrets(cfg aws.Config) *secrets.Cache {
	return &secrets.Cache{Reader: secrets.SecretsManager{Client: secretsmanager.NewFromConfig(cfg)},
		Now: time.Now, TTL: secretsTTL, Stale: secretsStale}
}

// Keys are the two versioned secrets that admissions, tokens and limits are made with.
type Keys struct {
	Cache             *secrets.Cache
	Code, Fingerprint string // IDs of the secrets
}

// Read gives them as they are now.
func (k Keys) Read(ctx context.Context) (ledger.Keys, error) {
	code, err := k.Cache.GetVersioned(ctx, k.Code)
	if err != nil {
		return ledger.Keys{}, err
	}
	fingerprint, err := k.Cache.GetVersioned(ctx, k.Fingerprint)
	return ledger.Keys{Code: code, Fingerprint: fingerprint}, err
}
