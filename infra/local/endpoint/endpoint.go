// Package endpoint configures AWS clients for the one address of the local stack.
package endpoint

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// Config is the configuration of a client that calls the front as the given caller.
func Config(url, region, caller string) aws.Config {
	return aws.Config{
		Region:       region,
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider(AccessKey(caller), Secret, ""),
	}
}

// Secret signs every call here. Nobody checks it.
const Secret = "local"

// AccessKey is the access key ID of a caller: letters and digits only, as DynamoDB
// Local demands.
func AccessKey(caller string) string {
	return "LOCAL" + strings.ToUpper(strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, caller))
}
