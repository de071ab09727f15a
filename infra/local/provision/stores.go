package provision

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mikla-ai/data-deletion/infra/local/template"
)

type recovery struct {
	PointInTimeRecoveryEnabled bool
	RecoveryPeriodInDays       json.Number
}

// tableProperties has what both table types declare. A GlobalTable keeps tags,
// recovery and key with its one replica.
type tableProperties struct {
	TableName              string
	KeySchema              []keyElement
	AttributeDefinitions   []struct{ AttributeName, AttributeType string }
	GlobalSecondaryIndexes []struct {
		IndexName  string
		KeySchema  []keyElement
		Projection struct {
			ProjectionType   string
			NonKeyAttributes []string
		}
	}
	TimeToLiveSpecification *struct {
		AttributeName string
		Enabled       bool
	}
	replica
	Replicas []replica
}

type replica struct {
	Tags                             []tag
	PointInTimeRecoverySpecification recovery
	DeletionProtectionEnabled        bool
	SSESpecification                 struct{ KMSMasterKeyID string }
}

type keyElement struct{ AttributeName, KeyType string }

func (d *deployer) table(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p tableProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	if len(p.Replicas) > 0 {
		p.replica = p.Replicas[0]
	}
	name := nameOr(p.TableName, r)
	if err := d.createTable(name, p); err != nil {
		return template.Identity{}, err
	}
	arn := d.arn("dynamodb", "table/"+name)
	if err := d.setUpTable(name, arn, p); err != nil {
		return template.Identity{}, err
	}
	d.world.Stores = append(d.world.Stores, storeOf(name, p))
	return template.Identity{Ref: name, Attributes: map[string]string{
		"Arn": arn, "TableId": name, "StreamArn": arn + "/stream/local",
	}}, nil
}

func storeOf(name string, p tableProperties) Store {
	store := Store{Name: name, Kind: "table", Physical: name, KMSKey: p.SSESpecification.KMSMasterKeyID, Types: map[string]string{}}
	if tagName := tagged(p.Tags, "store"); tagName != "" {
		store.Name = tagName
	}
	for _, element := range p.KeySchema {
		store.Key = append(store.Key, element.AttributeName)
	}
	for _, definition := range p.AttributeDefinitions {
		store.Types[definition.AttributeName] = definition.AttributeType
	}
	return store
}

func (d *deployer) createTable(name string, p tableProperties) error {
	input := &dynamodb.CreateTableInput{
		TableName: aws.String(name), KeySchema: schema(p.KeySchema), BillingMode: ddb.BillingModePayPerRequest,
		DeletionProtectionEnabled: aws.Bool(p.DeletionProtectionEnabled),
	}
	for _, definition := range p.AttributeDefinitions {
		input.AttributeDefinitions = append(input.AttributeDefinitions, ddb.AttributeDefinition{
			AttributeName: aws.String(definition.AttributeName), AttributeType: ddb.ScalarAttributeType(definition.AttributeType),
		})
	}
	for _, index := range p.GlobalSecondaryIndexes {
		input.GlobalSecondaryIndexes = append(input.GlobalSecondaryIndexes, ddb.GlobalSecondaryIndex{
			IndexName: aws.String(index.IndexName), KeySchema: schema(index.KeySchema),
			Projection: &ddb.Projection{
				ProjectionType: ddb.ProjectionType(index.Projection.ProjectionType), NonKeyAttributes: index.Projection.NonKeyAttributes,
			},
		})
	}
	_, err := d.dynamodb.CreateTable(d.ctx, input)
	return err
}

func schema(elements []keyElement) []ddb.KeySchemaElement {
	var list []ddb.KeySchemaElement
	for _, e := range elements {
		list = append(list, ddb.KeySchemaElement{AttributeName: aws.String(e.AttributeName), KeyType: ddb.KeyType(e.KeyType)})
	}
	return list
}

func (d *deployer) setUpTable(name, arn string, p tableProperties) error {
	if ttl := p.TimeToLiveSpecification; ttl != nil && ttl.Enabled {
		if _, err := d.dynamodb.UpdateTimeToLive(d.ctx, &dynamodb.UpdateTimeToLiveInput{
			TableName:               aws.String(name),
			TimeToLiveSpecification: &ddb.TimeToLiveSpecification{AttributeName: aws.String(ttl.AttributeName), Enabled: aws.Bool(true)},
		}); err != nil {
			return fmt.Errorf("set time to live: %w", err)
		}
	}
	if _, err := d.dynamodb.UpdateContinuousBackups(d.ctx, &dynamodb.UpdateContinuousBackupsInput{
		TableName: aws.String(name), PointInTimeRecoverySpecification: p.PointInTimeRecoverySpecification.specification(),
	}); err != nil {
		return fmt.Errorf("set point-in-time recovery: %w", err)
	}
	var tags []ddb.Tag
	for _, t := range p.Tags {
		tags = append(tags, ddb.Tag{Key: aws.String(t.Key), Value: aws.String(t.Value)})
	}
	if len(tags) == 0 {
		return nil
	}
	if _, err := d.dynamodb.TagResource(d.ctx, &dynamodb.TagResourceInput{ResourceArn: aws.String(arn), Tags: tags}); err != nil {
		return fmt.Errorf("tag: %w", err)
	}
	return nil
}

func (r recovery) specification() *ddb.PointInTimeRecoverySpecification {
	spec := &ddb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(r.PointInTimeRecoveryEnabled)}
	if r.RecoveryPeriodInDays != "" {
		spec.RecoveryPeriodInDays = aws.Int32(int32(integer(r.RecoveryPeriodInDays)))
	}
	return spec
}

type bucketProperties struct {
	BucketName              string
	Tags                    []tag
	VersioningConfiguration struct{ Status string }
	BucketEncryption        struct {
		ServerSideEncryptionConfiguration []struct {
			ServerSideEncryptionByDefault struct{ KMSMasterKeyID string }
		}
	}
}

func (d *deployer) bucket(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p bucketProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	name := nameOr(p.BucketName, r)
	if _, err := d.s3.CreateBucket(d.ctx, &s3.CreateBucketInput{
		Bucket:                    aws.String(name),
		CreateBucketConfiguration: &objects.CreateBucketConfiguration{LocationConstraint: objects.BucketLocationConstraint(d.region)},
	}); err != nil {
		return template.Identity{}, err
	}
	if status := p.VersioningConfiguration.Status; status != "" {
		if _, err := d.s3.PutBucketVersioning(d.ctx, &s3.PutBucketVersioningInput{
			Bucket: aws.String(name), VersioningConfiguration: &objects.VersioningConfiguration{Status: objects.BucketVersioningStatus(status)},
		}); err != nil {
			return template.Identity{}, fmt.Errorf("set versioning: %w", err)
		}
	}
	d.world.Stores = append(d.world.Stores, bucketStore(name, p))
	return template.Identity{Ref: name, Attributes: map[string]string{
		"Arn":                "arn:aws:s3:::" + name,
		"DomainName":         name + ".s3.amazonaws.com",
		"RegionalDomainName": name + ".s3." + d.region + ".amazonaws.com",
	}}, nil
}

func bucketStore(name string, p bucketProperties) Store {
	store := Store{Name: name, Kind: "bucket", Physical: name}
	if tagName := tagged(p.Tags, "store"); tagName != "" {
		store.Name = tagName
	}
	for _, rule := range p.BucketEncryption.ServerSideEncryptionConfiguration {
		store.KMSKey = rule.ServerSideEncryptionByDefault.KMSMasterKeyID
	}
	return store
}

// text is a property that CloudFormation allows as text or as an object.
func text(value any) (string, error) {
	if s, ok := value.(string); ok {
		return s, nil
	}
	written, err := json.Marshal(value)
	return string(written), err
}
