package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/jsii-runtime-go"
)

// addKeys makes one key for each kind of secrecy, so that who may use one is not let
// into the others.
func (d *deletion) addKeys() {
	d.recordsKey = d.key("RecordsKey", "records", "Ledger, casefile, its keys, and tombstones")
	d.backupsKey = d.key("BackupsKey", "backups", "Snapshots, the table of their keys, and how far backups are")
	d.snapshotKey = d.key("SnapshotKey", "snapshot", "Wraps the keys of businesses, under which snapshots are sealed")
	d.secretsKey = d.key("SecretsKey", "secrets", "App secrets, code secret and fingerprint secret")
	d.mailKey = d.key("MailKey", "mail", "Mails, and the topics and queues that carry addresses")
	d.mailKey.AddToResourcePolicy(d.topicsMayUseKey(), nil)
	d.mailKey.AddToResourcePolicy(d.eventsMayUseKey(), nil)
	d.transportKey = d.key("TransportKey", "transport", "Queues, logs and alarms")
	d.transportKey.AddToResourcePolicy(d.logsMayUseKey(), nil)
	d.transportKey.AddToResourcePolicy(d.alarmsMayUseKey(), nil)
}

func (d *deletion) key(id, alias, description string) awskms.Key {
	return awskms.NewKey(d.stack, jsii.String(id), &awskms.KeyProps{
		Alias:             jsii.String(d.stage.name(alias)),
		Description:       jsii.String(description),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     awscdk.RemovalPolicy_RETAIN,
	})
}

// logsMayUseKey lets CloudWatch Logs encrypt the log groups of this service, and no
// others of the account.
func (d *deletion) logsMayUseKey() awsiam.PolicyStatement {
	return keyUse("logs."+d.stage.Region+".amazonaws.com",
		map[string]any{"ArnLike": map[string]any{"kms:EncryptionContext:aws:logs:arn": []string{
			d.stage.arn("logs", "log-group:/aws/lambda/"+d.stage.name("*")),
			d.stage.arn("logs", "log-group:"+d.accessLogName()),
		}}},
		"kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo",
		"kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey")
}

// alarmsMayUseKey lets CloudWatch publish to the encrypted topic of the alarms.
func (d *deletion) alarmsMayUseKey() awsiam.PolicyStatement {
	return keyUse("cloudwatch.amazonaws.com",
		map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": d.stage.Account}},
		"kms:Decrypt", "kms:GenerateDataKey")
}

// topicsMayUseKey lets the topics of mail put messages on the encrypted queues.
func (d *deletion) topicsMayUseKey() awsiam.PolicyStatement {
	return keyUse("sns.amazonaws.com",
		map[string]any{"ArnEquals": map[string]any{"aws:SourceArn": []string{
			d.stage.arn("sns", d.stage.name("mail-received")),
			d.stage.arn("sns", d.stage.name("mail-events")),
		}}},
		"kms:Decrypt", "kms:GenerateDataKey")
}

// eventsMayUseKey lets SES publish what became of letters to the encrypted topic. Mails
// that arrive it publishes with the role of the receipt rule.
func (d *deletion) eventsMayUseKey() awsiam.PolicyStatement {
	return keyUse("ses.amazonaws.com",
		map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": d.stage.Account}},
		"kms:Decrypt", "kms:GenerateDataKey")
}

// keyUse is a statement of a key's own policy, where "*" means that key.
func keyUse(service string, conditions map[string]any, actions ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String(service), nil)},
		Actions:    jsii.Strings(actions...),
		Resources:  jsii.Strings("*"),
		Conditions: &conditions,
	})
}
