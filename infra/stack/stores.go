package main

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Tags of everything that can hold personal data. What carries the first and is not in
// the data map under the second fails the build.
const (
	personalTag = "personal-data"
	storeTag    = "store"
)

// table is a table as the data map declares it. All key attributes are strings; its
// indexes hold keys only, so that personal data has no second home.
func table(scope constructs.Construct, stage Stage, store datamap.Store, key awskms.IKey, lasting lasting) awsdynamodb.TableV2 {
	partition, sort := keySchema(store.Key)
	t := awsdynamodb.NewTableV2(scope, jsii.String(constructID(store.Name)), &awsdynamodb.TablePropsV2{
		TableName:                        jsii.String(stage.storeName(store)),
		PartitionKey:                     partition,
		SortKey:                          sort,
		Billing:                          awsdynamodb.Billing_OnDemand(nil),
		Encryption:                       awsdynamodb.TableEncryptionV2_CustomerManagedKey(key, lasting.replicaKeys()),
		GlobalSecondaryIndexes:           indexes(store),
		TimeToLiveAttribute:              optional(store.Expires),
		PointInTimeRecoverySpecification: lasting.recovery(),
		DeletionProtection:               jsii.Bool(lasting.retained),
		RemovalPolicy:                    lasting.removal(),
		Replicas:                         replicas(stage, store, lasting),
		StreamResourcePolicy:             lasting.unreadStream(stage, store, stage.Region),
	})
	tag(t, store)
	return t
}

// lasting is what becomes of a store's data when something goes wrong with it.
type lasting struct {
	recoveryDays int               // how far back point-in-time recovery reaches; 0 is none
	retained     bool              // the data outlives the stack
	replicas     map[string]string // by region, the ARN of the key that a replica there is encrypted with
}

func (l lasting) removal() awscdk.RemovalPolicy {
	if l.retained {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

func (l lasting) recovery() *awsdynamodb.PointInTimeRecoverySpecification {
	spec := &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(l.recoveryDays > 0)}
	if l.recoveryDays > 0 {
		spec.RecoveryPeriodInDays = jsii.Number(l.recoveryDays)
	}
	return spec
}

func (l lasting) replicaKeys() *map[string]*string {
	if len(l.replicas) == 0 {
		return nil
	}
	arns := map[string]*string{}
	for region, arn := range l.replicas {
		arns[region] = jsii.String(arn)
	}
	return &arns
}

// replicas in other regions keep what the table keeps, and no more.
func replicas(stage Stage, store datamap.Store, lasting lasting) *[]*awsdynamodb.ReplicaTableProps {
	if len(lasting.replicas) == 0 {
		return nil
	}
	var props []*awsdynamodb.ReplicaTableProps
	for _, region := range slices.Sorted(maps.Keys(lasting.replicas)) {
		replica := &awsdynamodb.ReplicaTableProps{
			Region:                           jsii.String(region),
			DeletionProtection:               jsii.Bool(lasting.retained),
			PointInTimeRecoverySpecification: lasting.recovery(),
		}
		// CloudFormation refuses a replica elsewhere and its policy in one update.
		if !slices.Contains(stage.NewReplicas, region) {
			replica.StreamResourcePolicy = lasting.unreadStream(stage, store, region)
		}
		props = append(props, replica)
	}
	return &props
}

// unreadStream is the policy of a stream that replication needs and nobody else may read:
// for 24 hours it holds what was deleted from the table.
func (l lasting) unreadStream(stage Stage, store datamap.Store, region string) awsiam.PolicyDocument {
	if len(l.replicas) == 0 {
		return nil
	}
	replication := "arn:aws:iam::" + stage.Account + ":role/aws-service-role/replication.dynamodb.amazonaws.com/AWSServiceRoleForDynamoDBReplication"
	stage.Region = region
	return awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect:     awsiam.Effect_DENY,
			Principals: &[]awsiam.IPrincipal{awsiam.NewAnyPrincipal()},
			Actions:    jsii.Strings("dynamodb:DescribeStream", "dynamodb:GetShardIterator", "dynamodb:GetRecords"),
			Resources:  jsii.Strings(stage.arn("dynamodb", "table/"+stage.storeName(store)+"/stream/*")),
			Conditions: &map[string]any{"ArnNotEquals": map[string]any{"aws:PrincipalArn": replication}},
		}),
	}})
}

func keySchema(key []string) (partition, sort *awsdynamodb.Attribute) {
	attribute := func(name string) *awsdynamodb.Attribute {
		return &awsdynamodb.Attribute{Name: jsii.String(name), Type: awsdynamodb.AttributeType_STRING}
	}
	partition = attribute(key[0])
	if len(key) > 1 {
		sort = attribute(key[1])
	}
	return partition, sort
}

func indexes(store datamap.Store) *[]*awsdynamodb.GlobalSecondaryIndexPropsV2 {
	var props []*awsdynamodb.GlobalSecondaryIndexPropsV2
	for _, name := range indexNames(store) {
		partition, sort := keySchema(store.Indexes[name])
		props = append(props, &awsdynamodb.GlobalSecondaryIndexPropsV2{
			IndexName:      jsii.String(name),
			PartitionKey:   partition,
			SortKey:        sort,
			ProjectionType: awsdynamodb.ProjectionType_KEYS_ONLY,
		})
	}
	return &props
}

func indexNames(store datamap.Store) []string {
	return slices.Sorted(maps.Keys(store.Indexes))
}

// bucket is a versioned bucket. Noncurrent versions end before the rotation does, even
// though a lifecycle rule counts whole days from the next midnight.
func bucket(scope constructs.Construct, stage Stage, store datamap.Store, key awskms.IKey) awss3.Bucket {
	b := awss3.NewBucket(scope, jsii.String(constructID(store.Name)), &awss3.BucketProps{
		BucketName:        jsii.String(stage.storeName(store)),
		Versioned:         jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     key,
		BucketKeyEnabled:  jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		RemovalPolicy:     awscdk.RemovalPolicy_DESTROY,
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("rotation"),
			NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(26)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
	})
	tag(b, store)
	return b
}

// tag marks a store. The data map lists every store that can hold personal data, so
// whatever it lists carries the tag.
func tag(store constructs.Construct, entry datamap.Store) {
	tags := awscdk.Tags_Of(store)
	tags.Add(jsii.String(personalTag), jsii.String("true"), nil)
	tags.Add(jsii.String(storeTag), jsii.String(entry.Name), nil)
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return jsii.String(s)
}
