package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// deletion is the stack of this service while it is being put together.
type deletion struct {
	stack awscdk.Stack
	stage Stage
	datam *datamap.Map
	code  string // folder with one folder per function, as built

	publicBaseURL *string
	platformKey   awskms.IKey // of Mikla's live stores
	recordsKey    awskms.Key  // of ledger, casefile, its keys, and tombstones
	backupsKey    awskms.Key  // of snapshots, their keys' table, and how far backups are
	snapshotKey   awskms.Key  // wraps tenants' snapshot keys, and nothing else
	secretsKey    awskms.Key
	transportKey  awskms.Key // of queues, logs and alarms: opaque IDs only
	mailKey       awskms.Key // of mails, and of the topics and queues that carry addresses
	tables        map[string]awsdynamodb.TableV2
	metaApps      awssecretsmanager.Secret
	codeSecret    awssecretsmanager.Secret
	fingerprint   awssecretsmanager.Secret
	startQueue    awssqs.Queue
	deadLetters   awssqs.Queue
	mailBucket    awss3.Bucket
	mailQueue     awssqs.Queue // SES's notices of mails that arrived
	lettersQueue  awssqs.Queue // letters to be sent, by opaque IDs
	eventsQueue   awssqs.Queue // what became of letters
	letters       awsses.CfnConfigurationSet
	functions     map[string]awslambda.Function

	snapshots                          awss3.Bucket
	snapshotQueue, snapshotDeadLetters awssqs.Queue // units to be copied

	mailDeadLetters, lettersDeadLetters, eventsDeadLetters awssqs.Queue
	workflow                                               awsstepfunctions.StateMachine
}

func newDeletion(app awscdk.App, stage Stage, m *datamap.Map, platformKey awskms.IKey, code string) error {
	d := &deletion{
		stack: awscdk.NewStack(app, jsii.String("Deletion"), &awscdk.StackProps{
			Env:         stage.env(),
			Description: jsii.String("Mikla data deletion: intake, workflow, status."),
		}),
		stage: stage, datam: m, platformKey: platformKey, code: code,
		tables:    map[string]awsdynamodb.TableV2{},
		functions: map[string]awslambda.Function{},
	}
	d.publicBaseURL = awscdk.NewCfnParameter(d.stack, jsii.String("PublicBaseUrl"), &awscdk.CfnParameterProps{
		Description: jsii.String("Where people reach this API: scheme and host, without final slash. Status links begin with it."),
		Default:     stage.PublicBaseURL,
	}).ValueAsString()
	d.addKeys()
	d.addTables()
	d.addSecrets()
	d.addQueues()
	d.addMail()
	d.addSnapshots()
	d.addStepFunctions()
	if err := d.addWorkflow(); err != nil {
		return err
	}
	d.addEdgeFunctions()
	d.addMailFunctions()
	d.addBackupFunctions()
	d.addRestoreRole()
	api, err := d.addAPI()
	if err != nil {
		return err
	}
	d.addFirewall(api)
	d.addAlarms(api)
	return nil
}

func (d *deletion) addTables() {
	for _, store := range d.datam.Stores {
		if store.Owner != "service" || !store.IsTable() {
			continue
		}
		d.tables[store.Name] = table(d.stack, d.stage, store, d.tableKey(store.Name), d.lasting(store.Name))
	}
}

// forgetful are the tables without recovery: casefile holds what names a person while a
// request is open, casekeys the keys that make it readable, snapshotkeys those of every
// backup, backupruns how far a copy has come. With recovery each would be there for a day
// after it was destroyed.
var forgetful = []string{"casefile", "casekeys", "snapshotkeys", "backupruns"}

func (d *deletion) lasting(store string) lasting {
	l := lasting{recoveryDays: d.stage.RecoveryDays, retained: true}
	if slices.Contains(forgetful, store) {
		l.recoveryDays = 0
	}
	if store == "snapshotkeys" {
		l.replicas = d.stage.KeyReplicas
	}
	return l
}

// tableKey is what a table of this service is encrypted with.
func (d *deletion) tableKey(store string) awskms.Key {
	if store == "snapshotkeys" || store == "backupruns" {
		return d.backupsKey
	}
	return d.recordsKey
}

func (d *deletion) addSecrets() {
	d.metaApps = d.secret("MetaApps", "meta-apps",
		"Meta apps and their secrets: {app_id: {family: facebook|instagram, secrets: [current, previous]}}. "+
			"Deployed as {}, which knows no app and so refuses every callback, until an operator fills it in.",
		&awssecretsmanager.SecretProps{
			SecretStringValue: awscdk.SecretValue_UnsafePlainText(jsii.String("{}")),
		})
	d.codeSecret = d.secret("CodeSecret", "code",
		"Versioned secret of the confirmation codes: {current: version, version: secret}.", generated())
	d.fingerprint = d.secret("FingerprintSecret", "fingerprint",
		"Versioned secret of the tombstones' fingerprints: {current: version, version: secret}.", generated())
}

// generated is a versioned secret whose first version the deployment makes.
func generated() *awssecretsmanager.SecretProps {
	return &awssecretsmanager.SecretProps{
		GenerateSecretString: &awssecretsmanager.SecretStringGenerator{
			SecretStringTemplate: jsii.String(`{"current":"1"}`),
			GenerateStringKey:    jsii.String("1"),
			PasswordLength:       jsii.Number(64),
			ExcludePunctuation:   jsii.Bool(true),
		},
	}
}

// secret outlives the stack: without the old versions codes could not be given again
// and tombstones would match nobody.
func (d *deletion) secret(id, name, description string, props *awssecretsmanager.SecretProps) awssecretsmanager.Secret {
	props.SecretName = jsii.String(d.stage.name(name))
	props.Description = jsii.String(description)
	props.EncryptionKey = d.secretsKey
	props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN
	return awssecretsmanager.NewSecret(d.stack, jsii.String(id), props)
}

func (d *deletion) addQueues() {
	d.deadLetters = d.queue("StartDeadLetterQueue", d.transportKey, &awssqs.QueueProps{
		QueueName:       jsii.String(d.stage.name("start-dlq")),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(14)),
	})
	d.startQueue = d.queue("StartQueue", d.transportKey, &awssqs.QueueProps{
		QueueName:         jsii.String(d.stage.name("start")),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(4)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * startTimeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: d.deadLetters, MaxReceiveCount: jsii.Number(5)},
	})
	d.output("StartQueueUrl", d.startQueue.QueueUrl())
	d.output("StartDeadLetterQueueUrl", d.deadLetters.QueueUrl())
}

func (d *deletion) queue(id string, key awskms.IKey, props *awssqs.QueueProps) awssqs.Queue {
	props.Encryption = awssqs.QueueEncryption_KMS
	props.EncryptionMasterKey = key
	props.EnforceSSL = jsii.Bool(true)
	return awssqs.NewQueue(d.stack, jsii.String(id), props)
}

func (d *deletion) output(id string, value *string) {
	awscdk.NewCfnOutput(d.stack, jsii.String(id), &awscdk.CfnOutputProps{Value: value})
}

// store of the data map. The names written in this package are checked here, so a
// renamed store fails the synthesis and not the deployment.
func (d *deletion) store(name string) datamap.Store {
	store, ok := d.datam.Store(name)
	if !ok {
		panic(fmt.Sprintf("store %q is not in the data map", name))
	}
	return store
}

// constructID is "ai_audit" or "meta-callback" as CDK names go: "AiAudit", "MetaCallback".
func constructID(name string) string {
	var id strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' }) {
		id.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return id.String()
}
