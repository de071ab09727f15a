package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Who may do what with backups. A snapshot opens with three things: its frames, the wrapped
// keys and the key of KMS. The writer has the latter two, who destroys keys and who verifies
// none of them; only a restore and its drill have all three.

// nameAttributes are what a key's row says of itself without what is wrapped in it.
var nameAttributes = []string{"parent", "subject", "key_id", "parent_id", "cutoff"}

// keyNames allows finding out which snapshot keys there are, and never what is wrapped. A
// request that names no attributes asks for all of them, hence Null. A query may say besides
// what it selects; GetItem has no such parameter, hence IfExists.
func (d *deletion) keyNames() rights {
	return rights{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("dynamodb:GetItem", "dynamodb:Query"),
			Resources: &[]*string{d.tableARN("snapshotkeys")},
			Conditions: &map[string]any{
				"ForAllValues:StringEquals": map[string]any{"dynamodb:Attributes": nameAttributes},
				"Null":                      map[string]any{"dynamodb:Attributes": "false"},
				"StringEqualsIfExists":      map[string]any{"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
			},
		}),
		d.useKey(d.backupsKey, "dynamodb", tableKeyActions([]string{"GetItem"})...),
	}
}

// destroyKeys allows deleting snapshot keys without being handed them.
func (d *deletion) destroyKeys() rights {
	return rights{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("dynamodb:DeleteItem"),
			Resources: &[]*string{d.tableARN("snapshotkeys")},
			Conditions: &map[string]any{
				"ForAllValues:StringEquals": map[string]any{"dynamodb:Attributes": nameAttributes},
				"StringEqualsIfExists":      map[string]any{"dynamodb:ReturnValues": "NONE"},
			},
		}),
		d.useKey(d.backupsKey, "dynamodb", tableKeyActions([]string{"DeleteItem"})...),
	}
}

// wrapTenantKeys allows the key of KMS for businesses' keys (shared/keys) and nothing else.
func (d *deletion) wrapTenantKeys(actions ...string) rights {
	return rights{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: &[]*string{d.snapshotKey.KeyArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"kms:EncryptionContext:use": "snapshot key of a tenant",
		}},
	})}
}

// writeSnapshots allows writing objects, and no reading: S3 asks for the bucket's key to
// encrypt, never to decrypt.
func (d *deletion) writeSnapshots() rights {
	return rights{
		allow(d.snapshotObjects(snapshot.Prefixes()...), "s3:PutObject"),
		d.useKey(d.backupsKey, "s3", "kms:GenerateDataKey"),
	}
}

// readSnapshots allows listing the bucket and reading some kinds of its objects.
func (d *deletion) readSnapshots(prefixes ...string) rights {
	return rights{
		// ListBucket: without it S3 says of an object that is gone that reading it is forbidden.
		allow([]*string{d.bucketARN("snapshots", "")}, "s3:ListBucket", "s3:ListBucketVersions"),
		allow(d.snapshotObjects(prefixes...), "s3:GetObject"),
		d.useKey(d.backupsKey, "s3", "kms:Decrypt"),
	}
}

// openSnapshots allows what opening takes. Nobody has it but a restore and its drill.
func (d *deletion) openSnapshots() rights {
	return all(
		d.readSnapshots(snapshot.Prefixes()...),
		d.own("snapshotkeys", "GetItem"),
		d.wrapTenantKeys("kms:Decrypt"),
	)
}

func (d *deletion) snapshotObjects(prefixes ...string) []*string {
	var arns []*string
	for _, prefix := range prefixes {
		arns = append(arns, d.bucketARN("snapshots", "/"+prefix+"*"))
	}
	return arns
}

// listSnapshots allows listing which snapshots are there, besides their versions.
func (d *deletion) listSnapshots() rights {
	return rights{allow([]*string{d.bucketARN("snapshots", "")}, "s3:ListBucket")}
}

// dropVersions allows deleting versions of objects by their ID. That it is a noncurrent one
// IAM cannot ask; without s3:DeleteObject at least nothing is hidden.
func (d *deletion) dropVersions(store string) rights {
	return rights{allow([]*string{d.bucketARN(store, "/*")}, "s3:DeleteObjectVersion")}
}

// versioned are the buckets in which backups are: snapshots, and those of the platform whose
// own versions are theirs.
func (d *deletion) versioned() []string {
	names := []string{"snapshots"}
	for _, store := range d.datam.Versioned() {
		names = append(names, store.Name)
	}
	return names
}

// listTables has no narrower form.
func (d *deletion) listTables() rights {
	return rights{allow([]*string{jsii.String("*")}, "dynamodb:ListTables")}
}

// backedTables are those whose recovery an audit looks at: Mikla's, from which deletions
// take something, and that of the keys, which must have none.
func (d *deletion) backedTables() []*string {
	arns := []*string{d.tableARN("snapshotkeys")}
	for _, name := range d.datam.Touched() {
		if d.store(name).IsTable() {
			arns = append(arns, d.tableARN(name))
		}
	}
	return arns
}

// restoreTargets are the tables that restores make, which have no names yet.
func (d *deletion) restoreTargets(suffix string) []*string {
	var arns []*string
	for _, store := range d.datam.Backed() {
		arns = append(arns, jsii.String(*d.tableARN(store.Name)+"-restore-*"+suffix))
	}
	return arns
}

func (d *deletion) tableARN(store string) *string {
	return jsii.String(d.stage.arn("dynamodb", "table/"+d.stage.storeName(d.store(store))))
}
