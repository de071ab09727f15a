package stack

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// drill is the function whose rights are those of a restore.
const drill = "backup-drill"

// Backups opens snapshots with every right that a restore has, and asks no tombstone. It
// remembers keys: take a new one to see what can be opened now.
func (s *Stack) Backups() snapshot.Reader {
	config, env := s.AWSConfig(), map[string]string{}
	if i := slices.IndexFunc(s.World.Functions, func(f provision.Function) bool { return f.Name == drill }); i >= 0 {
		env = s.World.Functions[i].Env
	}
	objects := s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true })
	return snapshot.Reader{Objects: snapshot.S3{Client: objects, Bucket: env["SNAPSHOT_BUCKET"]}, Keyring: &keys.Keyring{Now: time.Now,
		Rows: keys.DynamoDB{Client: dynamodb.NewFromConfig(config), Table: env["SNAPSHOTKEYS_TABLE"]},
		Root: keys.KMS{Client: kms.NewFromConfig(config), KeyID: env["SNAPSHOT_KEY_ID"]}}}
}
