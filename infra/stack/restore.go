package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"
)

// addRestoreRole makes what an operator takes on to restore (opsctl restore): the only way
// back from a backup. People take it on with a second factor, and for twelve hours at most.
func (d *deletion) addRestoreRole() {
	statements := []awsiam.PolicyStatement(all(
		d.openSnapshots(),
		d.read(d.fingerprint),
		d.own("tombstones", "GetItem", "BatchGetItem", "Scan", "ConditionCheckItem"),
		d.own("backupruns", "GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
		d.live("security_log", "PutItem"),
		d.makeTargets(),
		d.handOver(),
		d.bringBackVersions(),
	))
	role := awsiam.NewRole(d.stack, jsii.String("RestoreRole"), &awsiam.RoleProps{
		RoleName:    jsii.String(d.stage.name("restore")),
		Description: jsii.String("Restores backups (opsctl restore); taken on by people, with a second factor."),
		AssumedBy: awsiam.NewPrincipalWithConditions(awsiam.NewAccountPrincipal(jsii.String(d.stage.Account)),
			&map[string]any{"Bool": map[string]any{"aws:MultiFactorAuthPresent": "true"}}),
		MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(12)),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	})
	d.output("RestoreRoleArn", role.RoleArn())
}

// makeTargets allows making, filling and dropping the tables of restores: from snapshots, and from
// the recovery of live tables, which lands in such a table as well. Recovery of their own they
// must not have: it would outlive them.
func (d *deletion) makeTargets() rights {
	var live []*string
	for _, store := range d.datam.Backed() {
		live = append(live, d.tableARN(store.Name))
	}
	granted := all(d.listTables(), rights{
		allow(d.restoreTargets(""),
			"dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable",
			"dynamodb:DescribeContinuousBackups", "dynamodb:TagResource",
			"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:ConditionCheckItem",
			"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
		allow(d.restoreTargets("/index/*"), "dynamodb:Query"),
		allow(append(live, d.restoreTargets("")...), "dynamodb:RestoreTableToPointInTime"),
		allow(live, "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups"),
	})
	// DynamoDB keeps the platform's key for a table by a grant.
	return append(granted, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("kms:CreateGrant"),
		Resources: &[]*string{d.platformKey.KeyArn()},
		Conditions: &map[string]any{
			"Bool":         map[string]any{"kms:GrantIsForAWSResource": "true"},
			"StringEquals": map[string]any{"kms:ViaService": "dynamodb." + d.stage.Region + ".amazonaws.com"},
		},
	}))
}

// handOver allows putting records back where none is. IAM cannot ask that it is absent, only
// that it is put in a transaction, which is where the tool asks it: a put that did not ask
// would overwrite. Deleting and updating are not allowed in any form.
func (d *deletion) handOver() rights {
	var granted rights
	for _, store := range d.datam.Backed() {
		granted = append(granted, d.live(store.Name, "GetItem", "BatchGetItem", "Query", "Scan")...)
		granted = append(granted, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:   jsii.Strings("dynamodb:PutItem", "dynamodb:ConditionCheckItem"),
			Resources: &[]*string{d.tableARN(store.Name)},
			Conditions: &map[string]any{"StringEquals": map[string]any{
				"dynamodb:EnclosingOperation": "TransactWriteItems",
			}},
		}))
	}
	return append(granted, d.useKey(d.platformKey, "dynamodb", tableKeyActions([]string{"PutItem"})...))
}

// bringBackVersions allows copying an object's earlier version to the front, and removing
// that copy where a deletion came in between.
func (d *deletion) bringBackVersions() rights {
	var granted rights
	for _, store := range d.datam.Versioned() {
		granted = append(granted,
			allow([]*string{d.bucketARN(store.Name, "")}, "s3:ListBucket", "s3:ListBucketVersions"),
			allow([]*string{d.bucketARN(store.Name, "/*")}, "s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:DeleteObjectVersion"),
			d.useKey(d.platformKey, "s3", "kms:Decrypt", "kms:GenerateDataKey"))
	}
	// Buckets are found by their names, which has no narrower form.
	return append(granted, allow([]*string{jsii.String("*")}, "s3:ListAllMyBuckets"))
}
