package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapigateway"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"
)

// metricNamespace of what the functions count themselves, without dimensions.
const metricNamespace = "Mikla/DataDeletion"

// alarm is one alarm; its name is that of its page in infra/runbooks.
type alarm struct {
	name    string
	meaning string
	metric  awscloudwatch.IMetric
	atLeast float64
	periods float64 // of the metric, all of them; 0 is 1
	any     bool    // one of the periods is enough
	absence bool    // alarms below atLeast, and when there is no data
	page    bool    // must wake somebody
}

// addAlarms makes two topics: Alarms has every alarm, for whoever looks during the day;
// Pages has those among them that must wake somebody.
func (d *deletion) addAlarms(api awsapigateway.SpecRestApi) {
	alarms, pages := d.alarmTopic("Alarms", "AlarmTopicArn"), d.alarmTopic("Pages", "PageTopicArn")
	for _, a := range slices.Concat(d.alarms(api), d.backupAlarms()) {
		made := d.alarm(a)
		made.AddAlarmAction(alarms)
		if a.page {
			made.AddAlarmAction(pages)
		}
	}
}

func (d *deletion) alarmTopic(id, output string) awscloudwatch.IAlarmAction {
	topic := awssns.NewTopic(d.stack, jsii.String(id), &awssns.TopicProps{
		TopicName:  jsii.String(d.stage.name(strings.ToLower(id))),
		MasterKey:  d.transportKey,
		EnforceSSL: jsii.Bool(true),
	})
	d.output(output, topic.TopicArn())
	return awscloudwatchactions.NewSnsAction(topic)
}

func (d *deletion) alarms(api awsapigateway.SpecRestApi) []alarm {
	sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: fiveMinutes()}
	// Each sweep counts those open requests that it looks at, and it looks at each of them
	// every five minutes at the latest. The maximum of a quarter of an hour has each of
	// them in it; a shorter period, or a sum, would go on and off.
	quarter := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: awscdk.Duration_Minutes(jsii.Number(15))}
	most := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: fiveMinutes()}
	return []alarm{
		{name: "DeletionStartDeadLetters", atLeast: 1,
			meaning: "A start message failed five times.",
			metric:  d.deadLetters.MetricApproximateNumberOfMessagesVisible(most)},
		{name: "DeletionStartQueueStalled", atLeast: 600,
			meaning: "The oldest start message has waited for ten minutes.",
			metric:  d.startQueue.MetricApproximateAgeOfOldestMessage(most)},
		{name: "DeletionExecutionsFailed", atLeast: 1,
			meaning: "An execution failed; its request is parked or is started again by the sweep.",
			metric:  d.workflow.MetricFailed(sum)},
		{name: "DeletionExecutionsTimedOut", atLeast: 1,
			meaning: "An execution ran for a day without an end.",
			metric:  d.workflow.MetricTimedOut(sum)},
		{name: "DeletionFunctionErrors", atLeast: 5,
			meaning: "Functions fail more often than retries explain.",
			metric:  d.functionErrors("Errors of the functions of deletion", deletionFolders)},
		{name: "DeletionMailFunctionErrors", atLeast: 5,
			meaning: "Functions of mail fail more often than retries explain.",
			metric:  d.functionErrors("Errors of the functions of mail", mailFolders)},
		{name: "DeletionApiServerErrors", atLeast: 1,
			meaning: "A caller got a 5xx answer: a deletion request may have been turned away.",
			metric:  api.MetricServerError(sum)},
		{name: "DeletionWaitingForOperator", atLeast: 1,
			meaning: "A request cannot proceed without a person.",
			metric:  d.counted("WaitingForOperator", quarter)},
		{name: "DeletionNeverStarted", atLeast: 1,
			meaning: "A request was accepted or is to go on, and no execution has started for five minutes.",
			metric:  d.counted("NeverStarted", quarter)},
		{name: "DeletionExecutionsStuck", atLeast: 1,
			meaning: "An execution runs, but its request has not got on for an hour.",
			metric:  d.counted("ExecutionsStuck", quarter)},
		{name: "DeletionOpenOver7Days", atLeast: 1,
			meaning: "A request has been open for seven days of its thirty.",
			metric:  d.counted("OpenOver7Days", quarter)},
		{name: "DeletionOpenOver14Days", atLeast: 1,
			meaning: "A request has been open for fourteen days of its thirty.",
			metric:  d.counted("OpenOver14Days", quarter)},
		{name: "DeletionOpenOver21Days", atLeast: 1,
			meaning: "A request has been open for twenty-one days of its thirty.",
			metric:  d.counted("OpenOver21Days", quarter)},
		{name: "DeletionOpenOver25Days", atLeast: 1, page: true,
			meaning: "A request is due within five days.",
			metric:  d.counted("OpenOver25Days", quarter)},
		{name: "DeletionPastDue", atLeast: 1, page: true,
			meaning: "A request is open after its due date: the promise of thirty days is broken.",
			metric:  d.counted("PastDue", quarter)},
		{name: "DeletionSweepMissing", atLeast: 1, periods: 2, absence: true,
			meaning: "No sweep completed for ten minutes: nothing restarts what died.",
			metric:  d.counted("SweepCompleted", sum)},
		{name: "DeletionMailDeadLetters", atLeast: 1,
			meaning: "A mail, a letter or word of a letter failed five times.",
			metric: d.sumOf("Dead letters of mail", []awscloudwatch.IMetric{
				d.mailDeadLetters.MetricApproximateNumberOfMessagesVisible(most),
				d.lettersDeadLetters.MetricApproximateNumberOfMessagesVisible(most),
				d.eventsDeadLetters.MetricApproximateNumberOfMessagesVisible(most),
			})},
		{name: "DeletionMailQueueStalled", atLeast: 600,
			meaning: "The oldest mail that arrived has waited for ten minutes to be read.",
			metric:  d.mailQueue.MetricApproximateAgeOfOldestMessage(most)},
		{name: "DeletionLettersBounced", atLeast: 1,
			meaning: "A letter came back: somebody does not learn what we promised to tell them.",
			metric:  d.counted("Bounced", sum)},
		{name: "DeletionLettersUnconfirmed", atLeast: 1,
			meaning: "Of a letter nothing was heard for three days: it may not have arrived.",
			metric:  d.counted("LettersUnconfirmed", sum)},
		{name: "DeletionReplyLimit", atLeast: 1,
			meaning: "A limit on automatic replies was reached: two machines answering each other, or an attack.",
			metric:  d.counted("ReplyLimitReached", sum)},
		{name: "DeletionRefusalsSpike", atLeast: 100,
			meaning: "Unusually many callbacks are refused: a wrong secret, or somebody probing.",
			metric:  d.counted("Refused", sum)},
	}
}

// backupAlarms look at what runs once a day. A count of it stands for thirty hours, so that
// it is quiet only when the next day's run has counted nothing; a run counts as missing after
// a day and a half, a night's snapshots after two days.
func (d *deletion) backupAlarms() []alarm {
	most := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: fiveMinutes()}
	sum := &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: sixHours()}
	worst := &awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: sixHours()}
	const daily, dayAndHalf, twoDays = 5, 6, 8
	return []alarm{
		{name: "DeletionSnapshotDeadLetters", atLeast: 1,
			meaning: "A channel could not be copied, five times.",
			metric:  d.snapshotDeadLetters.MetricApproximateNumberOfMessagesVisible(most)},
		{name: "DeletionSnapshotQueueStalled", atLeast: 6 * 60 * 60,
			meaning: "A channel has waited six hours to be copied.",
			metric:  d.snapshotQueue.MetricApproximateAgeOfOldestMessage(most)},
		{name: "DeletionSnapshotsMissing", atLeast: 1, periods: twoDays, absence: true,
			meaning: "No snapshot was completed for two days.",
			metric:  d.counted("SnapshotsCompleted", sum)},
		{name: "DeletionSnapshotsStale", atLeast: 1, periods: daily, any: true,
			meaning: "A channel or a business has no complete snapshot of the last four days.",
			metric:  d.counted("StaleUnits", worst)},
		{name: "DeletionBackupsTooOld", atLeast: 28, periods: daily, any: true,
			meaning: "A copy is 28 days old: backups are not rotated, and the promise is thirty.",
			metric:  d.counted("OldestBackupDays", worst)},
		{name: "DeletionBackupsUnknown", atLeast: 1, periods: daily, any: true,
			meaning: "The snapshots' bucket holds what is no snapshot's: it may be readable.",
			metric:  d.counted("UnknownBackups", worst)},
		{name: "DeletionRotationMissing", atLeast: 1, periods: dayAndHalf, absence: true,
			meaning: "No rotation completed for a day and a half: old backups stay.",
			metric:  d.counted("RotationCompleted", sum)},
		{name: "DeletionBackupAuditMissing", atLeast: 1, periods: dayAndHalf, absence: true,
			meaning: "No audit of backups completed for a day and a half: nobody knows how old they are.",
			metric:  d.counted("BackupAuditCompleted", sum)},
		{name: "DeletionBackupDrillMissing", atLeast: 1, periods: dayAndHalf, absence: true,
			meaning: "No drill completed for a day and a half: nobody has tried whether the shredded stays shut.",
			metric:  d.counted("BackupDrillCompleted", sum)},
		{name: "DeletionDrillOpened", atLeast: 1, periods: daily, any: true, page: true,
			meaning: "The drill opened a copy of somebody who was deleted.",
			metric:  d.counted("DrillOpened", worst)},
		{name: "DeletionRecoveryWindowWrong", atLeast: 1, periods: daily, any: true,
			meaning: "A table can be recovered for longer than it may, or snapshot keys can be recovered.",
			metric:  d.counted("RecoveryWindowWrong", worst)},
		{name: "DeletionRestoreTargetsLeft", atLeast: 1, periods: daily, any: true,
			meaning: "The table of a restore is older than two days: rotation did not drop it.",
			metric:  d.counted("RestoreTargetsLeft", worst)},
		{name: "DeletionBackupFunctionErrors", atLeast: 5,
			meaning: "Functions of backups fail more often than retries explain.",
			metric:  d.functionErrors("Errors of the functions of backups", backupFolders)},
	}
}

func sixHours() awscdk.Duration { return awscdk.Duration_Hours(jsii.Number(6)) }

func fiveMinutes() awscdk.Duration { return awscdk.Duration_Minutes(jsii.Number(5)) }

func (d *deletion) counted(metric string, options *awscloudwatch.MetricOptions) awscloudwatch.IMetric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace: jsii.String(metricNamespace), MetricName: jsii.String(metric),
		Statistic: options.Statistic, Period: options.Period,
	})
}

// functionErrors adds up the errors of functions, ten at the most: an alarm can look at no
// more metrics.
func (d *deletion) functionErrors(label string, folders []string) awscloudwatch.IMetric {
	var metrics []awscloudwatch.IMetric
	for _, folder := range folders {
		metrics = append(metrics, d.functions[folder].MetricErrors(&awscloudwatch.MetricOptions{Period: fiveMinutes()}))
	}
	return d.sumOf(label, metrics)
}

// sumOf adds up metrics; one that has no data counts as 0.
func (d *deletion) sumOf(label string, of []awscloudwatch.IMetric) awscloudwatch.IMetric {
	metrics := map[string]awscloudwatch.IMetric{}
	var terms []string
	for i, metric := range of {
		id := fmt.Sprintf("m%d", i)
		metrics[id] = metric
		terms = append(terms, "FILL("+id+", 0)")
	}
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression:   jsii.String(strings.Join(terms, " + ")),
		UsingMetrics: &metrics,
		Label:        jsii.String(label),
		Period:       fiveMinutes(),
	})
}

func (d *deletion) alarm(a alarm) awscloudwatch.Alarm {
	comparison := awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD
	missing := awscloudwatch.TreatMissingData_NOT_BREACHING
	if a.absence {
		comparison = awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD
		missing = awscloudwatch.TreatMissingData_BREACHING
	}
	props := &awscloudwatch.AlarmProps{
		AlarmName:          jsii.String(a.name),
		AlarmDescription:   jsii.String(a.meaning + " Runbook: infra/runbooks/" + a.name + ".md"),
		Metric:             a.metric,
		Threshold:          jsii.Number(a.atLeast),
		EvaluationPeriods:  jsii.Number(max(a.periods, 1)),
		ComparisonOperator: comparison,
		TreatMissingData:   missing,
	}
	if a.any {
		props.DatapointsToAlarm = jsii.Number(1)
	}
	return awscloudwatch.NewAlarm(d.stack, jsii.String(a.name), props)
}
