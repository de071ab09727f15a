package main

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// rights are statements of a role. They are written by hand: the CDK's own grants give
// more than a function needs (whole index and key wildcards, for one), and which
// function may do what is the design of this service.
type rights []awsiam.PolicyStatement

func allow(resources []*string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: &resources,
	})
}

// useKey allows a key through one service only, never by itself.
func (d *deletion) useKey(key awskms.IKey, service string, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings(actions...),
		Resources: &[]*string{key.KeyArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"kms:ViaService": service + "." + d.stage.Region + ".amazonaws.com",
		}},
	})
}

// own allows operations on a table of this service.
func (d *deletion) own(store string, operations ...string) rights {
	return d.onTable(d.tableKey(store), store, operations)
}

// live allows operations on a table of Mikla's.
func (d *deletion) live(store string, operations ...string) rights {
	return d.onTable(d.platformKey, store, operations)
}

// ownRows allows operations on those rows of a table of this service whose partition key is
// like that. Each operation must be one that names a row.
func (d *deletion) ownRows(store, like string, operations ...string) rights {
	var actions []string
	for _, operation := range operations {
		actions = append(actions, "dynamodb:"+operation)
	}
	return rights{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions:    jsii.Strings(actions...),
			Resources:  &[]*string{d.tableARN(store)},
			Conditions: &map[string]any{"ForAllValues:StringLike": map[string]any{"dynamodb:LeadingKeys": []string{like}}},
		}),
		d.useKey(d.tableKey(store), "dynamodb", tableKeyActions(operations)...),
	}
}

func (d *deletion) onTable(key awskms.IKey, store string, operations []string) rights {
	table := d.stage.arn("dynamodb", "table/"+d.stage.storeName(d.store(store)))
	var granted rights
	var direct []string
	for _, operation := range operations {
		if operation == "Query" {
			granted = append(granted, allow(d.queried(table, store), "dynamodb:Query"))
			continue
		}
		direct = append(direct, "dynamodb:"+operation)
	}
	if len(direct) > 0 {
		granted = append(granted, allow([]*string{&table}, direct...))
	}
	return append(granted, d.useKey(key, "dynamodb", tableKeyActions(operations)...))
}

// queried is the table and each of its indexes by name.
func (d *deletion) queried(table, store string) []*string {
	resources := []*string{&table}
	for _, index := range indexNames(d.store(store)) {
		resources = append(resources, jsii.String(table+"/index/"+index))
	}
	return resources
}

// tableKeyActions is what DynamoDB does with a table's key for a caller: it needs more
// for one that writes.
func tableKeyActions(operations []string) []string {
	actions := []string{"kms:Decrypt", "kms:DescribeKey"}
	if slices.ContainsFunc(operations, writes) {
		actions = append(actions, "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo")
	}
	return actions
}

func writes(operation string) bool {
	return !slices.Contains([]string{"GetItem", "BatchGetItem", "Query", "Scan", "ConditionCheckItem"}, operation)
}

// read allows reading secrets.
func (d *deletion) read(secrets ...awssecretsmanager.Secret) rights {
	var arns []*string
	for _, s := range secrets {
		arns = append(arns, s.SecretArn())
	}
	return rights{
		allow(arns, "secretsmanager:GetSecretValue"),
		d.useKey(d.secretsKey, "secretsmanager", "kms:Decrypt"),
	}
}

// send allows putting messages on a queue with that key.
func (d *deletion) send(queue awssqs.Queue, key awskms.IKey) rights {
	return rights{
		allow([]*string{queue.QueueArn()}, "sqs:SendMessage"),
		d.useKey(key, "sqs", "kms:Decrypt", "kms:GenerateDataKey"),
	}
}

// receive allows what Lambda needs to hand over messages of a queue with that key.
func (d *deletion) receive(queue awssqs.Queue, key awskms.IKey) rights {
	return rights{
		allow([]*string{queue.QueueArn()}, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
		d.useKey(key, "sqs", "kms:Decrypt"),
	}
}

// listMedia allows listing a bucket's versions. The objects' key is not needed for it,
// nor for deleting: no function of ours can read media.
func (d *deletion) listMedia(store string) rights {
	return rights{allow([]*string{d.bucketARN(store, "")}, "s3:ListBucketVersions")}
}

func (d *deletion) deleteMedia(store string) rights {
	return rights{allow([]*string{d.bucketARN(store, "/*")}, "s3:DeleteObject", "s3:DeleteObjectVersion")}
}

func (d *deletion) bucketARN(store, suffix string) *string {
	return jsii.String("arn:aws:s3:::" + d.stage.storeName(d.store(store)) + suffix)
}

func all(parts ...rights) rights { return slices.Concat(parts...) }

// role of one function: its rights, and writing to its own log group.
func (d *deletion) role(id string, logGroup string, granted rights) awsiam.IRole {
	granted = append(granted, allow([]*string{jsii.String(logGroup)}, "logs:CreateLogStream", "logs:PutLogEvents"))
	statements := []awsiam.PolicyStatement(granted)
	role := awsiam.NewRole(d.stack, jsii.String(id), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	})
	// Nothing that the CDK would add on its own gets in.
	return role.WithoutPolicyUpdates(nil)
}
