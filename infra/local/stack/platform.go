package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mikla-ai/data-deletion/infra/local/endpoint"
	"github.com/mikla-ai/data-deletion/infra/local/platform"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// platformCaller is the stand-in for Mikla's platform, in the record of calls.
const platformCaller = "platform"

// keysTTL is how old the fingerprint keys may be, as in the functions.
const keysTTL = time.Minute

// platform is the stand-in, with the fingerprint secret that the functions read; false
// if no function of the templates has one.
func (s *Stack) platform() (platform.Platform, bool) {
	id := ""
	for _, f := range s.World.Functions {
		if secret, ok := f.Env["FINGERPRINT_SECRET"]; ok {
			id = secret
		}
	}
	s.Front.Name(endpoint.AccessKey(platformCaller), platformCaller)
	config := endpoint.Config(s.URLs.AWS, Region, platformCaller)
	cache := &secrets.Cache{Reader: secrets.SecretsManager{Client: secretsmanager.NewFromConfig(config)}, Now: time.Now, TTL: keysTTL}
	p := platform.Platform{DynamoDB: dynamodb.NewFromConfig(config), S3: s3.NewFromConfig(config), Names: map[string]string{}, NewID: platform.RandomID,
		Keys: func(ctx context.Context) (secrets.Versioned, error) { return cache.GetVersioned(ctx, id) }}
	for _, store := range s.World.Stores {
		p.Names[store.Name] = store.Physical
	}
	return p, id != ""
}
