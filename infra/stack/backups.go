package main

import (
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// snapshotTimeout of the function that copies, seconds; the queue hides a message six
// times as long.
const snapshotTimeout = 900

// snapshotDays is when a snapshot's objects expire by themselves. Rotation deletes them at
// this age, manifests first; the rule counts whole days from the next midnight and so comes
// later. What only the rule removes is gone after 29 days, one of them as a noncurrent
// version: that alarms, and is still within the thirty of the promise.
const snapshotDays = 26

// Hours, UTC, of what runs once a day. Rotation comes after the night's snapshot, the audit
// and the drill after rotation.
const (
	snapshotHour = 1
	rotateHour   = 5
	auditHour    = 7
	drillHour    = 8
)

// addSnapshots makes where backups are kept and the queue of what is to be copied.
func (d *deletion) addSnapshots() {
	store := d.store("snapshots")
	d.snapshots = awss3.NewBucket(d.stack, jsii.String("SnapshotsBucket"), &awss3.BucketProps{
		BucketName:        jsii.String(d.stage.storeName(store)),
		Versioned:         jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     d.backupsKey,
		BucketKeyEnabled:  jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("rotation"),
			Expiration:                          awscdk.Duration_Days(jsii.Number(snapshotDays)),
			NoncurrentVersionExpiration:         awscdk.Duration_Days(jsii.Number(1)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
	})
	tag(d.snapshots, store)
	d.snapshotQueue, d.snapshotDeadLetters = d.queuePair("snapshot", snapshotTimeout, d.transportKey, 14)
}

// addBackupFunctions makes the functions that copy, forget and look after backups.
func (d *deletion) addBackupFunctions() {
	d.addSnapshotStart()
	d.addSnapshot()
	d.addRotate()
	d.addBackupAudit()
	d.addBackupDrill()
}

func (d *deletion) addSnapshotStart() {
	start := d.add(function{
		folder: "snapshot-start", timeout: 60,
		description: "Lists what is to be copied tonight, each channel by itself.",
		environment: map[string]*string{
			"STORES":             d.stores(),
			"SNAPSHOT_QUEUE_URL": d.snapshotQueue.QueueUrl(),
		},
		rights: all(
			d.live("tenants", "Scan"),
			d.live("channels", "Query"),
			d.send(d.snapshotQueue, d.transportKey),
		),
	})
	d.daily("snapshot", snapshotHour, start)
}

func (d *deletion) addSnapshot() {
	var reads rights
	for _, store := range d.datam.Backed() {
		reads = append(reads, d.live(store.Name, "GetItem", "BatchGetItem", "Query")...)
	}
	environment := d.backupEnvironment("SNAPSHOTKEYS_TABLE", "BACKUPRUNS_TABLE", "TOMBSTONES_TABLE", "FINGERPRINT_SECRET", "SNAPSHOT_KEY_ID")
	environment["LEDGER_TABLE"] = d.table("ledger")
	environment["SNAPSHOT_QUEUE_URL"] = d.snapshotQueue.QueueUrl()
	environment["READ_BUDGET"] = jsii.String(strconv.Itoa(d.stage.readBudget()))
	snapshot := d.add(function{
		folder: "snapshot", timeout: snapshotTimeout,
		description: "Copies a channel, each record sealed under its subject's key; cannot read what it wrote.",
		environment: environment,
		rights: all(
			reads,
			d.own("snapshotkeys", "GetItem", "PutItem", "ConditionCheckItem"),
			d.own("tombstones", "GetItem", "ConditionCheckItem"),
			d.ownRows("backupruns", "snapshot/*", "GetItem", "PutItem"), // not the jobs of restores
			d.ownRows("ledger", "budget#reads#*", "GetItem", "PutItem"), // neither requests nor the budgets of purges
			d.wrapTenantKeys("kms:Encrypt", "kms:Decrypt"),
			d.writeSnapshots(),
			d.receive(d.snapshotQueue, d.transportKey),
			d.send(d.snapshotQueue, d.transportKey),
			d.read(d.fingerprint),
		),
	})
	d.feed(snapshot, d.snapshotQueue, "SnapshotFromQueue", 1, 5)
}

func (d *deletion) addRotate() {
	var versions rights
	for _, store := range d.versioned() {
		versions = append(versions, all(d.listMedia(store), d.dropVersions(store))...)
	}
	versions = append(versions, d.listSnapshots()...)
	rotate := d.add(function{
		folder: "rotate", timeout: 900,
		description: "Deletes what is too old of snapshots, of media's versions and of restores.",
		environment: d.backupEnvironment(),
		rights: all(
			versions,
			d.listTables(),
			rights{allow(d.restoreTargets(""), "dynamodb:DescribeTable", "dynamodb:DeleteTable")},
		),
	})
	d.daily("rotate", rotateHour, rotate)
}

func (d *deletion) addBackupAudit() {
	var lists rights
	for _, store := range d.versioned() {
		lists = append(lists, d.listMedia(store)...)
	}
	lists = append(lists, d.listSnapshots()...)
	environment := d.backupEnvironment("SNAPSHOTKEYS_TABLE")
	environment["RECOVERY_DAYS"] = d.recoveryDays()
	audit := d.add(function{
		folder: "backup-audit", timeout: 300,
		description: "Proves that no backup is older than it may be; can change nothing.",
		environment: environment,
		rights: all(
			lists,
			d.listTables(),
			rights{
				allow(d.backedTables(), "dynamodb:DescribeTable", "dynamodb:DescribeContinuousBackups"),
				allow(d.restoreTargets(""), "dynamodb:DescribeTable"),
			},
		),
	})
	d.daily("backup-audit", auditHour, audit)
}

func (d *deletion) addBackupDrill() {
	environment := d.backupEnvironment("SNAPSHOTKEYS_TABLE", "TOMBSTONES_TABLE", "SNAPSHOT_KEY_ID")
	delete(environment, "STORES")
	drill := d.add(function{
		folder: "backup-drill", timeout: 300,
		description: "Tries to open what was shredded, with the rights of a restore; must fail at it.",
		environment: environment,
		rights: all(
			d.openSnapshots(),
			d.own("tombstones", "GetItem", "Scan"),
		),
	})
	d.daily("backup-drill", drillHour, drill)
}

// backupEnvironment is the bucket, the live stores, and what is asked for besides.
func (d *deletion) backupEnvironment(names ...string) map[string]*string {
	known := map[string]*string{
		"SNAPSHOTKEYS_TABLE": d.table("snapshotkeys"),
		"BACKUPRUNS_TABLE":   d.table("backupruns"),
		"TOMBSTONES_TABLE":   d.table("tombstones"),
		"FINGERPRINT_SECRET": d.fingerprint.SecretArn(),
		"SNAPSHOT_KEY_ID":    d.snapshotKey.KeyArn(),
	}
	environment := map[string]*string{"SNAPSHOT_BUCKET": d.snapshots.BucketName(), "STORES": d.stores()}
	for _, name := range names {
		environment[name] = known[name]
	}
	return environment
}

// recoveryDays is the value of RECOVERY_DAYS.
func (d *deletion) recoveryDays() *string { return jsii.String(strconv.Itoa(d.stage.RecoveryDays)) }

// daily runs a function at that hour. The name is what the schedule is called on the local
// stack too. A run that failed is tried twice more; each does what the last one left.
func (d *deletion) daily(name string, hour int, fn awslambda.Function) {
	target := awseventstargets.NewLambdaFunction(fn, &awseventstargets.LambdaFunctionProps{
		RetryAttempts: jsii.Number(2),
		MaxEventAge:   awscdk.Duration_Hours(jsii.Number(2)),
	})
	awsevents.NewRule(d.stack, jsii.String(constructID(name)+"Schedule"), &awsevents.RuleProps{
		RuleName: jsii.String(name),
		Schedule: awsevents.Schedule_Cron(&awsevents.CronOptions{Minute: jsii.String("0"), Hour: jsii.String(strconv.Itoa(hour))}),
		Targets:  &[]awsevents.IRuleTarget{target},
	})
}
