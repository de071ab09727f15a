package main

import (
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
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

// recoveryDays is how far back point-in-time recovery reaches. The default of 35 days
// would outlive the promise that backups are gone 30 days after the live deletion (P6).
const recoveryDays = 1

// table is a table as the data map declares it. All key attributes are strings; its
// indexes hold keys only, so that personal data has no second home.
func table(scope constructs.Construct, stage Stage, store datamap.Store, key awskms.IKey, lasting lasting) awsdynamodb.TableV2 {
	partition, sort := keySchema(store.Key)
	t := awsdynamodb.NewTableV2(scope, jsii.String(constructID(store.Name)), &awsdynamodb.TablePropsV2{
		TableName:                        jsii.String(stage.storeName(store)),
		PartitionKey:                     partition,
		SortKey:                          sort,
		Billing:                          awsdynamodb.Billing_OnDemand(nil),
		Encryption:                       awsdynamodb.TableEncryptionV2_CustomerManagedKey(key, nil),
		GlobalSecondaryIndexes:           indexes(store),
		TimeToLiveAttribute:              optional(store.Expires),
		PointInTimeRecoverySpecification: recovery(lasting.recovery),
		DeletionProtection:               jsii.Bool(lasting.retained),
		RemovalPolicy:                    lasting.removal(),
	})
	tag(t, store)
	return t
}

// lasting is what becomes of a store's data when something goes wrong with it.
type lasting struct {
	recovery bool // point-in-time recovery
	retained bool // the data outlives the stack
}

func (l lasting) removal() awscdk.RemovalPolicy {
	if l.retained {
		return awscdk.RemovalPolicy_RETAIN
	}
	return awscdk.RemovalPolicy_DESTROY
}

func recovery(on bool) *awsdynamodb.PointInTimeRecoverySpecification {
	spec := &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(on)}
	if on {
		spec.RecoveryPeriodInDays = jsii.Number(recoveryDays)
	}
	return spec
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
