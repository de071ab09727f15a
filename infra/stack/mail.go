package main

import (
	"strconv"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsses"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"
)

// Prefixes of the bucket of mail.
const (
	rawMails  = "raw/"       // a mail as it came, under SES's message ID
	decisions = "decisions/" // what was decided of it, under the same ID
)

// mailDays is how long a mail stays at the most. A lifecycle rule counts whole days from
// the next midnight, so what it removes after 28 days is gone after 29.
const mailDays = 28

// Timeouts of the functions of mail, seconds; their queues hide a message six times as
// long.
const (
	intakeTimeout  = 60
	lettersTimeout = 30
	eventsTimeout  = 30
)

// receiptRule is the name of the one rule of the rule set.
const receiptRule = "privacy"

// addMail makes the way in, SES → bucket and topic → queue, and what follows a letter that
// went out: configuration set → topic → queue. SES's notices and events carry addresses,
// so their topics and queues have the key of the mails and keep nothing for long; letters
// to be sent are known by opaque IDs only.
func (d *deletion) addMail() {
	d.addMailBucket()
	d.mailQueue, d.mailDeadLetters = d.queuePair("mail-received", intakeTimeout, d.mailKey, 4)
	d.lettersQueue, d.lettersDeadLetters = d.queuePair("letters", lettersTimeout, d.transportKey, 14)
	d.eventsQueue, d.eventsDeadLetters = d.queuePair("mail-events", eventsTimeout, d.mailKey, 4)
	d.addReceiptRule(d.mailTopic("mail-received", d.mailQueue))
	d.addConfigurationSet(d.mailTopic("mail-events", d.eventsQueue))
}

// addMailBucket has no versions, so that what is deleted is gone.
func (d *deletion) addMailBucket() {
	store := d.store("mail")
	d.mailBucket = awss3.NewBucket(d.stack, jsii.String("MailBucket"), &awss3.BucketProps{
		BucketName:        jsii.String(d.stage.storeName(store)),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     d.mailKey,
		BucketKeyEnabled:  jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Id:                                  jsii.String("forget"),
			Expiration:                          awscdk.Duration_Days(jsii.Number(mailDays)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}},
	})
	tag(d.mailBucket, store)
}

// queuePair is a queue of the function with that timeout, and the one for what failed
// there five times.
func (d *deletion) queuePair(name string, timeout float64, key awskms.IKey, deadDays float64) (queue, dead awssqs.Queue) {
	id := constructID(name)
	dead = d.queue(id+"DeadLetterQueue", key, &awssqs.QueueProps{
		QueueName:       jsii.String(d.stage.name(name + "-dlq")),
		RetentionPeriod: awscdk.Duration_Days(jsii.Number(deadDays)),
	})
	queue = d.queue(id+"Queue", key, &awssqs.QueueProps{
		QueueName:         jsii.String(d.stage.name(name)),
		RetentionPeriod:   awscdk.Duration_Days(jsii.Number(4)),
		VisibilityTimeout: awscdk.Duration_Seconds(jsii.Number(6 * timeout)),
		DeadLetterQueue:   &awssqs.DeadLetterQueue{Queue: dead, MaxReceiveCount: jsii.Number(5)},
	})
	d.output(id+"QueueUrl", queue.QueueUrl())
	d.output(id+"DeadLetterQueueUrl", dead.QueueUrl())
	return queue, dead
}

// mailTopic hands what SES publishes to a queue, as it is.
func (d *deletion) mailTopic(name string, queue awssqs.Queue) awssns.Topic {
	topic := awssns.NewTopic(d.stack, jsii.String(constructID(name)+"Topic"), &awssns.TopicProps{
		TopicName:  jsii.String(d.stage.name(name)),
		MasterKey:  d.mailKey,
		EnforceSSL: jsii.Bool(true),
	})
	queue.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: service("sns.amazonaws.com"),
		Actions:    jsii.Strings("sqs:SendMessage"),
		Resources:  &[]*string{queue.QueueArn()},
		Conditions: &map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": topic.TopicArn()}},
	}))
	awssns.NewCfnSubscription(d.stack, jsii.String(constructID(name)+"ToQueue"), &awssns.CfnSubscriptionProps{
		TopicArn:           topic.TopicArn(),
		Protocol:           jsii.String("sqs"),
		Endpoint:           queue.QueueArn(),
		RawMessageDelivery: jsii.Bool(true),
	})
	return topic
}

func service(name string) *[]awsiam.IPrincipal {
	return &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(name), nil)}
}

func (d *deletion) ruleSetName() string { return d.stage.name("mail") }

// addReceiptRule takes mails to the mailbox and, as SES does for an address that is
// listed, to every address of it with a label (privacy+…@). The bucket encrypts: a key in
// the action would make SES encrypt on its own, in a form that only few clients read. The
// rule set has to be made the active one by hand (infra/stack/README.md).
func (d *deletion) addReceiptRule(topic awssns.Topic) {
	set := awsses.NewCfnReceiptRuleSet(d.stack, jsii.String("MailRuleSet"), &awsses.CfnReceiptRuleSetProps{
		RuleSetName: jsii.String(d.ruleSetName()),
	})
	awsses.NewCfnReceiptRule(d.stack, jsii.String("MailRule"), &awsses.CfnReceiptRuleProps{
		RuleSetName: set.Ref(),
		Rule: &awsses.CfnReceiptRule_RuleProperty{
			Name:        jsii.String(receiptRule),
			Enabled:     jsii.Bool(true),
			Recipients:  jsii.Strings(d.stage.Mailbox),
			ScanEnabled: jsii.Bool(true), // off by default
			TlsPolicy:   jsii.String("Optional"),
			Actions: []any{&awsses.CfnReceiptRule_ActionProperty{
				S3Action: &awsses.CfnReceiptRule_S3ActionProperty{
					BucketName:      d.mailBucket.BucketName(),
					ObjectKeyPrefix: jsii.String(rawMails),
					TopicArn:        topic.TopicArn(),
					IamRoleArn:      d.receiptRole(topic).RoleArn(),
				},
			}},
		},
	})
	d.output("MailRuleSetName", set.Ref())
}

// receiptRole is what SES takes on to deliver a mail by this rule, and by no other.
func (d *deletion) receiptRole(topic awssns.Topic) awsiam.IRole {
	byRule := map[string]any{"StringEquals": map[string]any{
		"aws:SourceAccount": d.stage.Account,
		"aws:SourceArn":     d.stage.arn("ses", "receipt-rule-set/"+d.ruleSetName()+":receipt-rule/"+receiptRule),
	}}
	role := awsiam.NewRole(d.stack, jsii.String("MailReceiptRole"), &awsiam.RoleProps{
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("ses.amazonaws.com"),
			&awsiam.ServicePrincipalOpts{Conditions: &byRule}),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"Rights": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
				allow([]*string{d.bucketARN("mail", "/"+rawMails+"*")}, "s3:PutObject"),
				allow([]*string{topic.TopicArn()}, "sns:Publish"),
				d.useKey(d.mailKey, "s3", "kms:GenerateDataKey", "kms:Decrypt"), // Decrypt: of an upload in parts
				d.useKey(d.mailKey, "sns", "kms:GenerateDataKey", "kms:Decrypt"),
			}}),
		},
	})
	return role.WithoutPolicyUpdates(nil)
}

func (d *deletion) configurationSetName() string { return d.stage.name("letters") }

// addConfigurationSet has SES say what became of each letter.
func (d *deletion) addConfigurationSet(topic awssns.Topic) {
	d.letters = awsses.NewCfnConfigurationSet(d.stack, jsii.String("Letters"), &awsses.CfnConfigurationSetProps{
		Name:              jsii.String(d.configurationSetName()),
		ReputationOptions: &awsses.CfnConfigurationSet_ReputationOptionsProperty{ReputationMetricsEnabled: jsii.Bool(true)},
		SendingOptions:    &awsses.CfnConfigurationSet_SendingOptionsProperty{SendingEnabled: jsii.Bool(true)},
	})
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: service("ses.amazonaws.com"),
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"aws:SourceAccount": d.stage.Account,
			"aws:SourceArn":     d.stage.arn("ses", "configuration-set/"+d.configurationSetName()),
		}},
	}))
	destination := awsses.NewCfnConfigurationSetEventDestination(d.stack, jsii.String("LettersEvents"), &awsses.CfnConfigurationSetEventDestinationProps{
		ConfigurationSetName: d.letters.Ref(),
		EventDestination: &awsses.CfnConfigurationSetEventDestination_EventDestinationProperty{
			Name:               jsii.String("queue"),
			Enabled:            jsii.Bool(true),
			MatchingEventTypes: jsii.Strings("delivery", "bounce", "complaint", "reject", "deliveryDelay"),
			SnsDestination:     &awsses.CfnConfigurationSetEventDestination_SnsDestinationProperty{TopicArn: topic.TopicArn()},
		},
	})
	// SES publishes a first message at once, to see that it may.
	destination.Node().AddDependency(topic)
}

// addMailFunctions makes the functions of mail and of the links in it.
func (d *deletion) addMailFunctions() {
	d.addMailIntake()
	d.addMailSend()
	d.addMailEvents()
	d.addLink()
}

func (d *deletion) addMailIntake() {
	intake := d.add(function{
		folder: "mail-intake", timeout: intakeTimeout,
		description: "Reads each mail that arrives and makes of it what it asks for.",
		environment: map[string]*string{
			"LEDGER_TABLE":       d.table("ledger"),
			"CASEFILE_TABLE":     d.table("casefile"),
			"CASEKEYS_TABLE":     d.table("casekeys"),
			"TENANTS_TABLE":      d.table("tenants"),
			"MAIL_BUCKET":        d.mailBucket.BucketName(),
			"START_QUEUE_URL":    d.startQueue.QueueUrl(),
			"LETTERS_QUEUE_URL":  d.lettersQueue.QueueUrl(),
			"CODE_SECRET":        d.codeSecret.SecretArn(),
			"FINGERPRINT_SECRET": d.fingerprint.SecretArn(),
			// Between a confirmation and the purge, in which it can be taken back.
			"UNDO_TENANT_SECONDS":  seconds(d.stage.UndoTenant),
			"UNDO_CHANNEL_SECONDS": seconds(d.stage.UndoChannel),
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "PutItem", "Query"),
			d.own("casekeys", "GetItem", "PutItem"),
			d.live("tenants", "Scan"),
			d.readMail(),
			d.send(d.startQueue, d.transportKey),
			d.send(d.lettersQueue, d.transportKey),
			d.receive(d.mailQueue, d.mailKey),
			d.read(d.codeSecret, d.fingerprint),
		),
	})
	// One mail at a time: a mail that ends the process must not take others with it.
	d.feed(intake, d.mailQueue, "MailIntakeFromQueue", 1, 10)
}

func (d *deletion) addMailSend() {
	send := d.add(function{
		folder: "mail-send", timeout: lettersTimeout,
		description: "Sends the letters that requests owe.",
		environment: map[string]*string{
			"LEDGER_TABLE":       d.table("ledger"),
			"CASEFILE_TABLE":     d.table("casefile"),
			"CASEKEYS_TABLE":     d.table("casekeys"),
			"CODE_SECRET":        d.codeSecret.SecretArn(),
			"FINGERPRINT_SECRET": d.fingerprint.SecretArn(),
			"PUBLIC_BASE_URL":    d.publicBaseURL,
			"SENDER":             jsii.String(d.stage.Mailbox),
			"CONFIGURATION_SET":  d.letters.Ref(),
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "Query", "DeleteItem"),
			d.own("casekeys", "GetItem", "DeleteItem"),
			d.receive(d.lettersQueue, d.transportKey),
			d.read(d.codeSecret, d.fingerprint),
			d.sendMail(),
		),
	})
	// One letter at a time, for the same reason; five at once stay far below SES's rate.
	d.feed(send, d.lettersQueue, "MailSendFromQueue", 1, 5)
}

func (d *deletion) addMailEvents() {
	events := d.add(function{
		folder: "mail-events", timeout: eventsTimeout,
		description: "Notes what became of each letter: delivered, bounced, complained about.",
		environment: map[string]*string{
			"LEDGER_TABLE":   d.table("ledger"),
			"CASEFILE_TABLE": d.table("casefile"),
			"CASEKEYS_TABLE": d.table("casekeys"),
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "Query", "DeleteItem"),
			d.own("casekeys", "DeleteItem"),
			d.receive(d.eventsQueue, d.mailKey),
		),
	})
	d.feed(events, d.eventsQueue, "MailEventsFromQueue", 10, 5)
}

func (d *deletion) addLink() {
	d.add(function{
		folder: "link", timeout: 10,
		description: "The pages behind the links in our letters, and the request to be told when it is done.",
		environment: map[string]*string{
			"LEDGER_TABLE":       d.table("ledger"),
			"CASEFILE_TABLE":     d.table("casefile"),
			"CASEKEYS_TABLE":     d.table("casekeys"),
			"START_QUEUE_URL":    d.startQueue.QueueUrl(),
			"LETTERS_QUEUE_URL":  d.lettersQueue.QueueUrl(),
			"CODE_SECRET":        d.codeSecret.SecretArn(),
			"FINGERPRINT_SECRET": d.fingerprint.SecretArn(),
			"PUBLIC_BASE_URL":    d.publicBaseURL,
		},
		rights: all(
			d.own("ledger", "GetItem", "PutItem"),
			d.own("casefile", "GetItem", "PutItem", "Query"),
			d.own("casekeys", "GetItem", "PutItem"),
			d.send(d.startQueue, d.transportKey),
			d.send(d.lettersQueue, d.transportKey),
			d.read(d.codeSecret, d.fingerprint),
		),
	})
}

// readMail allows reading mails and keeping what was decided of them.
func (d *deletion) readMail() rights {
	return rights{
		allow([]*string{d.bucketARN("mail", "/"+rawMails+"*"), d.bucketARN("mail", "/"+decisions+"*")}, "s3:GetObject"),
		allow([]*string{d.bucketARN("mail", "/"+decisions+"*")}, "s3:PutObject"),
		// Without it S3 says of an object that is gone that reading it is forbidden.
		allow([]*string{d.bucketARN("mail", "")}, "s3:ListBucket"),
		d.useKey(d.mailKey, "s3", "kms:Decrypt", "kms:GenerateDataKey"),
	}
}

// forgetMail allows deleting mails and decisions, for which the key is not needed.
func (d *deletion) forgetMail() rights {
	return rights{allow([]*string{d.bucketARN("mail", "/"+rawMails+"*"), d.bucketARN("mail", "/"+decisions+"*")}, "s3:DeleteObject")}
}

// sendMail allows sending as the mailbox and as nobody else.
func (d *deletion) sendMail() rights {
	identity := d.stage.arn("ses", "identity/"+d.stage.mailDomain())
	set := d.stage.arn("ses", "configuration-set/"+d.configurationSetName())
	return rights{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("ses:SendEmail"),
		Resources: jsii.Strings(identity, set),
		Conditions: &map[string]any{"StringEquals": map[string]any{
			"ses:FromAddress": d.stage.Mailbox,
		}},
	})}
}

// seconds is the value of an environment variable that holds a duration.
func seconds(d time.Duration) *string { return jsii.String(strconv.Itoa(int(d / time.Second))) }
