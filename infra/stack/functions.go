package main

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awseventstargets"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// The folders of functions/ that deploy.
var (
	deletionFolders = []string{
		"meta-callback", "start-deletion", "locate", "fence", "purge", "shred", "verify", "close", "sweep", "status",
	}
	mailFolders     = []string{"mail-intake", "mail-send", "mail-events", "link"}
	backupFolders   = []string{"snapshot-start", "snapshot", "rotate", "backup-audit", "backup-drill"}
	functionFolders = slices.Concat(deletionFolders, mailFolders, backupFolders)
)

// startTimeout of start-deletion, seconds; the queue hides a message six times as long.
const startTimeout = 30

// indexSettleSeconds is how long verification waits, after the fence stood, for the
// indexes of live tables to show what was written before. DynamoDB shows it within a
// fraction of a second as a rule.
const indexSettleSeconds = "3"

// function is what tells one function from another.
type function struct {
	folder      string
	description string
	timeout     float64 // seconds
	environment map[string]*string
	rights      rights
}

// addStepFunctions makes the functions that the state machine calls.
func (d *deletion) addStepFunctions() {
	ledger, casefile, casekeys := d.table("ledger"), d.table("casefile"), d.table("casekeys")
	ofSubject := func() map[string]*string {
		return map[string]*string{"LEDGER_TABLE": ledger, "CASEFILE_TABLE": casefile, "CASEKEYS_TABLE": casekeys, "STORES": d.stores()}
	}
	d.add(function{
		folder: "locate", timeout: 60,
		description: "Finds whose records a request is about and freezes their keys.",
		environment: ofSubject(),
		rights: all(
			d.own("ledger", "GetItem", "PutItem", "ConditionCheckItem"),
			d.own("casefile", "GetItem", "PutItem", "Query"),
			d.own("casekeys", "GetItem"),
			d.located(),
		),
	})
	fence := ofSubject()
	fence["TOMBSTONES_TABLE"] = d.table("tombstones")
	fence["FINGERPRINT_SECRET"] = d.fingerprint.SecretArn()
	d.add(function{
		folder: "fence", timeout: 60,
		description: "Writes tombstones and hides the rows that are about to go.",
		environment: fence,
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "Query"),
			d.own("casekeys", "GetItem"),
			d.own("tombstones", "UpdateItem"),
			d.hidden(),
			d.read(d.fingerprint),
		),
	})
	purge := ofSubject()
	purge["WRITE_BUDGET"] = jsii.String(strconv.Itoa(d.stage.writeBudget()))
	d.add(function{
		folder: "purge", timeout: 900,
		description: "Deletes a subject's live records; the only function that can.",
		environment: purge,
		rights: all(
			d.own("ledger", "GetItem", "PutItem", "ConditionCheckItem"),
			d.own("casefile", "GetItem", "PutItem", "Query"),
			d.own("casekeys", "GetItem"),
			d.everyStore(
				[]string{"GetItem", "BatchGetItem", "Query", "BatchWriteItem", "DeleteItem", "UpdateItem"},
				d.listMedia, d.deleteMedia),
		),
	})
	ofBackups := func(environment map[string]*string) map[string]*string {
		environment["SNAPSHOT_BUCKET"] = d.snapshots.BucketName()
		environment["SNAPSHOTKEYS_TABLE"] = d.table("snapshotkeys")
		environment["FINGERPRINT_SECRET"] = d.fingerprint.SecretArn()
		return environment
	}
	d.add(function{
		folder: "shred", timeout: 900,
		description: "Destroys a subject's snapshot keys; can read neither them nor what they open.",
		environment: ofBackups(map[string]*string{
			"LEDGER_TABLE": ledger, "CASEFILE_TABLE": casefile, "CASEKEYS_TABLE": casekeys, "TOMBSTONES_TABLE": d.table("tombstones"),
		}),
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "Query"),
			d.own("casekeys", "GetItem"),
			d.own("tombstones", "UpdateItem"), // of what others quote of a lead
			d.keyNames(),
			d.destroyKeys(),
			d.listMedia("snapshots"),
			d.deleteMedia("snapshots"),
			d.read(d.fingerprint),
		),
	})
	verify := ofBackups(ofSubject())
	verify["INDEX_SETTLE_SECONDS"] = jsii.String(indexSettleSeconds)
	d.add(function{
		folder: "verify", timeout: 900,
		description: "Looks for what is left of a subject; can only read live stores.",
		environment: verify,
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "Query"),
			d.own("casekeys", "GetItem"),
			d.everyStore([]string{"GetItem", "BatchGetItem", "Query"}, d.listMedia),
			d.keyNames(),
			d.readSnapshots(snapshot.Manifests, snapshot.Indexes),
			d.read(d.fingerprint),
		),
	})
	d.add(function{
		folder: "close", timeout: 60,
		description: "Counts, scrubs the casefile and sets the request's last state.",
		environment: map[string]*string{
			"LEDGER_TABLE": ledger, "CASEFILE_TABLE": casefile, "CASEKEYS_TABLE": casekeys,
			"LETTERS_QUEUE_URL": d.lettersQueue.QueueUrl(),
			"MAIL_BUCKET":       d.mailBucket.BucketName(),
			"RECOVERY_DAYS":     d.recoveryDays(),
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem", "DeleteItem"),
			d.own("casefile", "GetItem", "Query", "DeleteItem"),
			d.own("casekeys", "GetItem", "DeleteItem"),
			d.send(d.lettersQueue, d.transportKey),
			d.forgetMail(),
		),
	})
}

// addEdgeFunctions makes the functions at the edges: HTTP, queue and clock.
func (d *deletion) addEdgeFunctions() {
	d.addMetaCallback()
	d.addStartDeletion()
	d.addSweep()
	d.add(function{
		folder: "status", timeout: 10,
		description: "The status page of a request, as HTML and JSON.",
		environment: map[string]*string{"LEDGER_TABLE": d.table("ledger")},
		rights:      d.own("ledger", "GetItem"),
	})
}

func (d *deletion) addMetaCallback() {
	d.add(function{
		folder: "meta-callback", timeout: 10,
		description: "Meta's data deletion and deauthorize callbacks.",
		environment: map[string]*string{
			"LEDGER_TABLE":       d.table("ledger"),
			"CASEFILE_TABLE":     d.table("casefile"),
			"CASEKEYS_TABLE":     d.table("casekeys"),
			"START_QUEUE_URL":    d.startQueue.QueueUrl(),
			"META_APPS_SECRET":   d.metaApps.SecretArn(),
			"CODE_SECRET":        d.codeSecret.SecretArn(),
			"FINGERPRINT_SECRET": d.fingerprint.SecretArn(),
			"PUBLIC_BASE_URL":    d.publicBaseURL,
			"SECURITY_LOG_TABLE": d.table("security_log"),
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "PutItem"),
			d.own("casekeys", "GetItem", "PutItem"),
			d.live("security_log", "UpdateItem"),
			d.send(d.startQueue, d.transportKey),
			d.read(d.metaApps, d.codeSecret, d.fingerprint),
		),
	})
}

func (d *deletion) addStartDeletion() {
	start := d.add(function{
		folder: "start-deletion", timeout: startTimeout,
		description: "Starts one execution per request and run.",
		environment: map[string]*string{
			"LEDGER_TABLE":      d.table("ledger"),
			"STATE_MACHINE_ARN": d.workflow.StateMachineArn(),
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.receive(d.startQueue, d.transportKey),
			rights{allow([]*string{d.workflow.StateMachineArn()}, "states:StartExecution")},
		),
	})
	d.feed(start, d.startQueue, "StartDeletionFromQueue", 10, 0)
}

// feed hands a queue's messages to a function, so many a batch and so many batches at
// once; 0 bounds them not.
func (d *deletion) feed(fn awslambda.Function, queue awssqs.Queue, id string, batch, atOnce float64) {
	props := &awslambda.EventSourceMappingProps{
		Target:                  fn,
		EventSourceArn:          queue.QueueArn(),
		BatchSize:               jsii.Number(batch),
		ReportBatchItemFailures: jsii.Bool(true),
	}
	if atOnce > 0 {
		props.MaxConcurrency = jsii.Number(atOnce)
	}
	awslambda.NewEventSourceMapping(d.stack, jsii.String(id), props)
}

func (d *deletion) addSweep() {
	execution := d.stage.arn("states", "execution:"+d.workflowName()+":*")
	sweep := d.add(function{
		folder: "sweep", timeout: 50,
		description: "Sends again what never started and starts again what died.",
		environment: map[string]*string{
			"LEDGER_TABLE":      d.table("ledger"),
			"START_QUEUE_URL":   d.startQueue.QueueUrl(),
			"LETTERS_QUEUE_URL": d.lettersQueue.QueueUrl(),
			"STATE_MACHINE_ARN": d.workflow.StateMachineArn(),
		},
		rights: all(
			d.own("ledger", "Query", "GetItem", "PutItem"),
			d.send(d.startQueue, d.transportKey),
			d.send(d.lettersQueue, d.transportKey),
			rights{allow([]*string{&execution}, "states:DescribeExecution")},
		),
	})
	// A missed minute is not made up: the next one does the same work.
	target := awseventstargets.NewLambdaFunction(sweep, &awseventstargets.LambdaFunctionProps{
		RetryAttempts: jsii.Number(0),
		MaxEventAge:   awscdk.Duration_Minutes(jsii.Number(1)),
	})
	awsevents.NewRule(d.stack, jsii.String("SweepSchedule"), &awsevents.RuleProps{
		RuleName: jsii.String("sweep"), // what this schedule is called on the local stack too
		Schedule: awsevents.Schedule_Rate(awscdk.Duration_Minutes(jsii.Number(1))),
		Targets:  &[]awsevents.IRuleTarget{target},
	})
}

// everyStore allows operations on each table that deletions touch, and what is given for
// each of its buckets.
func (d *deletion) everyStore(operations []string, onBucket ...func(string) rights) rights {
	var granted rights
	for _, name := range d.datam.Touched() {
		if d.store(name).IsTable() {
			granted = append(granted, d.live(name, operations...)...)
			continue
		}
		for _, allowed := range onBucket {
			granted = append(granted, allowed(name)...)
		}
	}
	return granted
}

// located allows what following the map's identities takes: the tables that they look
// in, and the rows that complete a subject.
func (d *deletion) located() rights {
	operations := map[string][]string{}
	for _, identity := range d.datam.Identities {
		operations[identity.Store] = append(operations[identity.Store], "Query", "BatchGetItem") // what an index names is read in its table
	}
	for _, scope := range d.datam.Scopes {
		for _, unit := range d.datam.Locators(scope) {
			operations[unit.Store.Name] = append(operations[unit.Store.Name], "GetItem")
		}
	}
	return d.onStores(operations)
}

// hidden allows what hiding takes, in the tables whose rows are hidden or lose something
// at once.
func (d *deletion) hidden() rights {
	operations := map[string][]string{}
	for _, store := range d.datam.Stores {
		if store.HiddenBy != "" || len(store.AtOnce) > 0 {
			operations[store.Name] = []string{"GetItem", "BatchGetItem", "Query", "UpdateItem"}
		}
	}
	return d.onStores(operations)
}

func (d *deletion) onStores(operations map[string][]string) rights {
	var granted rights
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		slices.Sort(operations[name])
		granted = append(granted, d.live(name, slices.Compact(operations[name])...)...)
	}
	return granted
}

// stores is the value of STORES: the physical name of each store, as JSON.
func (d *deletion) stores() *string {
	names := map[string]string{}
	for _, name := range d.datam.Touched() {
		names[name] = d.stage.storeName(d.store(name))
	}
	value, err := json.Marshal(names)
	if err != nil {
		panic(err) // strings always encode
	}
	return jsii.String(string(value))
}

// table is the value of an environment variable that names a table.
func (d *deletion) table(store string) *string {
	if own, ok := d.tables[store]; ok {
		return own.TableName()
	}
	return jsii.String(d.stage.storeName(d.store(store)))
}

func (d *deletion) add(f function) awslambda.Function {
	id, name := constructID(f.folder), d.stage.name(f.folder)
	logs := d.logGroup(id+"Logs", "/aws/lambda/"+name)
	fn := awslambda.NewFunction(d.stack, jsii.String(id), &awslambda.FunctionProps{
		FunctionName: jsii.String(name),
		Description:  jsii.String(f.description),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Architecture: awslambda.Architecture_ARM_64(),
		Handler:      jsii.String("bootstrap"),
		Code:         awslambda.Code_FromAsset(jsii.String(filepath.Join(d.code, f.folder)), nil),
		MemorySize:   jsii.Number(256),
		Timeout:      awscdk.Duration_Seconds(jsii.Number(f.timeout)),
		Environment:  &f.environment,
		LogGroup:     logs,
		Role:         d.role(id+"Role", *logs.LogGroupArn(), f.rights),
	})
	d.functions[f.folder] = fn
	return fn
}

// logGroup keeps logs for two weeks. They hold request IDs and no personal data; should
// any get in by mistake, it is gone before the 30 days are over, though CloudWatch may
// take three more days to remove what has expired.
func (d *deletion) logGroup(id, name string) awslogs.LogGroup {
	return awslogs.NewLogGroup(d.stack, jsii.String(id), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String(name),
		Retention:     awslogs.RetentionDays_TWO_WEEKS,
		EncryptionKey: d.transportKey,
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
}
