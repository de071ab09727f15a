package main

import (
	"context"
	"net/http"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/stack"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	keyTable   = "mikla-dev-snapshotkeys"
	stoneTable = "mikla-dev-tombstones"
	shotBucket = "mikla-dev-snapshots-000000000000"
)

// engine is DynamoDB Local and moto by themselves, with what backups need.
type engine struct {
	db      *dynamodb.Client
	s3      *s3.Client
	dynamo  *engines.Engine
	moto    *engines.Engine
	dataMap *datamap.Map
}

func startEngine(ctx context.Context) (*engine, error) {
	root, err := filepath.Abs(".")
	if err != nil {
		return nil, err
	}
	e := &engine{}
	if e.dataMap, err = datamap.Load(); err != nil {
		return nil, err
	}
	logs := logbook.New(100, nil)
	if e.dynamo, err = engines.StartDynamoDB(ctx, root, logs); err != nil {
		return nil, err
	}
	if e.moto, err = engines.StartMoto(ctx, root, "000000000000", 1, logs); err != nil {
		e.dynamo.Kill()
		return nil, err
	}
	nobody := credentials.NewStaticCredentialsProvider("local", "local", "")
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	e.db = dynamodb.New(dynamodb.Options{Region: stack.Region, BaseEndpoint: aws.String(e.dynamo.URL), HTTPClient: client, Credentials: nobody})
	e.s3 = s3.New(s3.Options{Region: stack.Region, BaseEndpoint: aws.String(e.moto.URL), HTTPClient: client, Credentials: nobody, UsePathStyle: true})
	if err := e.furnish(ctx); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

func (e *engine) close() {
	e.dynamo.Kill()
	e.moto.Kill()
}

// furnish makes the tables and the bucket of backups.
func (e *engine) furnish(ctx context.Context) error {
	for store, name := range map[string]string{"snapshotkeys": keyTable, "tombstones": stoneTable} {
		s, _ := e.dataMap.Store(store)
		in := &dynamodb.CreateTableInput{TableName: aws.String(name), BillingMode: dynamotypes.BillingModePayPerRequest}
		for i, attribute := range s.Key {
			kind := []dynamotypes.KeyType{dynamotypes.KeyTypeHash, dynamotypes.KeyTypeRange}[i]
			in.KeySchema = append(in.KeySchema, dynamotypes.KeySchemaElement{AttributeName: aws.String(attribute), KeyType: kind})
			in.AttributeDefinitions = append(in.AttributeDefinitions, dynamotypes.AttributeDefinition{AttributeName: aws.String(attribute), AttributeType: dynamotypes.ScalarAttributeTypeS})
		}
		if _, err := e.db.CreateTable(ctx, in); err != nil {
			return err
		}
	}
	if _, err := e.s3.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(shotBucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: stack.Region}}); err != nil {
		return err
	}
	_, err := e.s3.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String(shotBucket),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled}})
	return err
}

// backups have their keys, tombstones and objects on the engines.
func (e *engine) backups(c *crowd) (*backups, error) {
	return newBackups(c, keys.DynamoDB{Client: e.db, Table: keyTable, Tombstones: stoneTable}, fence.DynamoDB{Client: e.db, Table: stoneTable},
		snapshot.S3{Client: e.s3, Bucket: shotBucket})
}

// targets are tables on the engine.
func (e *engine) targets() restore.Targets {
	names := map[string]string{}
	for _, s := range e.dataMap.Backed() {
		names[s.Name] = "mikla-dev-" + s.Name
	}
	return restore.DynamoDB{Client: e.db, Names: names, Tombstones: stoneTable}
}
