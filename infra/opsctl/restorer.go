package main

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/restore"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// unitsAtOnce is how many units are restored at a time: each has a part of some MB in
// memory.
const unitsAtOnce = 8

func (t *tool) s3() *s3.Client {
	return s3.NewFromConfig(t.aws, func(o *s3.Options) { o.UsePathStyle = t.aws.BaseEndpoint != nil })
}

// bucket finds a store's bucket: its name ends in the account.
func (t *tool) bucket(ctx context.Context, store string) (string, error) {
	pages := s3.NewListBucketsPaginator(t.s3(), &s3.ListBucketsInput{Prefix: aws.String(t.store(store) + "-")})
	for pages.HasMorePages() {
		out, err := pages.NextPage(ctx)
		if err != nil {
			return "", fault.Wrap("look for the bucket of "+store, err)
		}
		for _, b := range out.Buckets {
			if name := aws.ToString(b.Name); strings.HasPrefix(name, t.store(store)+"-") {
				return name, nil
			}
		}
	}
	return "", errors.New("there is no bucket of " + store + " in this stage")
}

func (t *tool) jobs() restore.JobsTable {
	return restore.JobsTable{Client: dynamodb.NewFromConfig(t.aws), Table: t.store("backupruns"), Now: t.now}
}

func (t *tool) keyRows() keys.DynamoDB {
	return keys.DynamoDB{Client: dynamodb.NewFromConfig(t.aws), Table: t.store("snapshotkeys"), Tombstones: t.store("tombstones")}
}

// snapshots opens what the nightly copies hold.
func (t *tool) snapshots(ctx context.Context, asOf time.Time) (restore.Snapshots, error) {
	m, err := datamap.Load()
	if err != nil {
		return restore.Snapshots{}, err
	}
	secret, err := t.secret(ctx, "fingerprint")
	if err != nil {
		return restore.Snapshots{}, err
	}
	bucket, err := t.bucket(ctx, "snapshots")
	if err != nil {
		return restore.Snapshots{}, err
	}
	stones := fence.DynamoDB{Client: dynamodb.NewFromConfig(t.aws), Table: t.store("tombstones")}
	root := keys.KMS{Client: kms.NewFromConfig(t.aws), KeyID: "alias/" + t.own("snapshot")}
	return restore.Snapshots{Map: m, Objects: snapshot.S3{Client: t.s3(), Bucket: bucket}, Secret: secret, AsOf: asOf,
		Keyring: func() *keys.Keyring {
			return &keys.Keyring{Rows: t.keyRows(), Root: root, Tombstones: stones, Secret: secret, Now: t.now, Random: rand.Reader}
		}}, nil
}

// restorer is wired to the stage's stores.
func (t *tool) restorer(ctx context.Context) (restore.Restorer, error) {
	shots, err := t.snapshots(ctx, time.Time{})
	if err != nil {
		return restore.Restorer{}, err
	}
	media, err := t.buckets(ctx, shots.Map)
	if err != nil {
		return restore.Restorer{}, err
	}
	client := dynamodb.NewFromConfig(t.aws)
	tables := restore.DynamoDB{Client: client, Names: t.tables(shots.Map), Tombstones: t.store("tombstones")}
	r := restore.Restorer{Map: shots.Map, Targets: tables, Live: restore.LiveDynamoDB{DynamoDB: tables}, Jobs: t.jobs(),
		Media:  restore.S3{Client: t.s3(), Names: media},
		Stones: fence.DynamoDB{Client: client, Table: t.store("tombstones")},
		Keys:   t.keyRows(), Secret: shots.Secret, Now: t.now, AtOnce: unitsAtOnce}
	r.Progressed = t.progressed()
	r.Source = func(f restore.From) (restore.Source, error) {
		if len(f.Tables) > 0 {
			return t.recovered(tables, shots, f)
		}
		shots.AsOf = f.AsOf
		return shots, nil
	}
	return r, nil
}

// progressed says of each unit that it is done; several are under way at a time.
func (t *tool) progressed() func(restore.Progress) {
	var one sync.Mutex
	return func(p restore.Progress) {
		if !p.Done {
			return
		}
		one.Lock()
		defer one.Unlock()
		n := 0
		for _, count := range p.Counts {
			n += count.Read
		}
		t.say("%s: %d records", strings.TrimSuffix(p.Unit.Tenant+"/"+p.Unit.Channel, "/"), n)
	}
}

func (t *tool) tables(m *datamap.Map) map[string]string {
	names := map[string]string{}
	for _, s := range m.Backed() {
		names[s.Name] = t.store(s.Name)
	}
	return names
}

func (t *tool) buckets(ctx context.Context, m *datamap.Map) (map[string]string, error) {
	names := map[string]string{}
	for _, s := range m.Versioned() {
		name, err := t.bucket(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		names[s.Name] = name
	}
	return names, nil
}

// recovered reads tables that were restored to a moment; what is not among them is read
// live, to find the way.
func (t *tool) recovered(tables restore.DynamoDB, shots restore.Snapshots, f restore.From) (restore.Source, error) {
	names := maps.Clone(tables.Names)
	for store, table := range f.Tables {
		if names[store] == "" {
			return nil, fault.New(fault.Invalid, "--tables names a store that is not restored: "+store)
		}
		names[store] = table
	}
	return restore.Tables{Map: shots.Map, Records: livedata.DynamoDB{Client: tables.Client, Names: names}, Only: f.Tables, AsOf: f.AsOf, Secret: shots.Secret,
		Scan: func(ctx context.Context, s datamap.Store, visit func(livedata.Item) error) error {
			return tables.EachRow(ctx, names[s.Name], visit)
		}}, nil
}
