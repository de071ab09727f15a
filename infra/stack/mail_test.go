package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// only is the one resource of a type in the stack of this service.
func only(t *testing.T, kind string) resource {
	t.Helper()
	found := slices.Collect(maps.Values(ofType(t, kind)))
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s, want 1", len(found), kind)
	}
	return found[0]
}

// named is the resource of a type that has the name of this service's.
func named(t *testing.T, kind, property, name string) (string, resource) {
	t.Helper()
	for id, r := range ofType(t, kind) {
		if r.Properties[property] == dev.name(name) {
			return id, r
		}
	}
	t.Fatalf("no %s is called %s", kind, dev.name(name))
	return "", resource{}
}

func TestTheRuleTakesMailsToTheMailbox(t *testing.T) {
	rule := object(only(t, "AWS::SES::ReceiptRule").Properties, "Rule")
	got := fmt.Sprintf("%v %v %v %v", rule["Recipients"], rule["Enabled"], rule["ScanEnabled"], rule["TlsPolicy"])
	if want := "[privacy@mikla.ai] true true Optional"; got != want {
		t.Errorf("the rule has %s, want %s", got, want)
	}
	actions := rule["Actions"].([]any)
	action := object(actions[0].(map[string]any), "S3Action")
	topic, _ := named(t, "AWS::SNS::Topic", "TopicName", "mail-received")
	if len(actions) != 1 || action["ObjectKeyPrefix"] != "raw/" || object(action, "TopicArn")["Ref"] != topic {
		t.Errorf("its action is %v", actions)
	}
	// With a key SES would encrypt by itself, in a form that GetObject does not undo.
	if action["KmsKeyArn"] != nil {
		t.Errorf("SES encrypts with %v; the bucket does", action["KmsKeyArn"])
	}
}

// The role serves this rule of this account alone, and can write mails, not read them.
func TestTheRuleMayDeliverAndNothingElse(t *testing.T) {
	action := object(object(only(t, "AWS::SES::ReceiptRule").Properties, "Rule")["Actions"].([]any)[0].(map[string]any), "S3Action")
	role := golden(t)["Deletion"].Resources[object(action, "IamRoleArn")["Fn::GetAtt"].([]any)[0].(string)]
	trust := object(role.Properties, "AssumeRolePolicyDocument")["Statement"].([]any)[0].(map[string]any)
	want := map[string]any{"aws:SourceAccount": dev.Account, "aws:SourceArn": dev.arn("ses", "receipt-rule-set/"+dev.name("mail")+":receipt-rule/privacy")}
	if got := object(object(trust, "Condition"), "StringEquals"); !maps.Equal(got, want) {
		t.Errorf("the role may be taken on by %v, want %v", got, want)
	}
	var may []string
	for _, granted := range rightsOf(t, role) {
		may = append(may, granted.action)
		if granted.action == "s3:PutObject" && granted.resource != "arn:aws:s3:::mikla-dev-mail-000000000000/raw/*" {
			t.Errorf("it may write to %s", granted.resource)
		}
	}
	slices.Sort(may)
	if got := strings.Join(slices.Compact(may), " "); got != "kms:Decrypt kms:GenerateDataKey s3:PutObject sns:Publish" {
		t.Errorf("it may %s", got)
	}
}

// A mail is gone when it is deleted, and within the days that the data map says whatever
// happens: a lifecycle rule may take a day more than it says.
func TestMailsAreForgotten(t *testing.T) {
	store, _ := loadMap(t).Store("mail")
	for id, r := range ofType(t, "AWS::S3::Bucket") {
		if tagsOf(r)[storeTag] != "mail" {
			continue
		}
		if r.Properties["VersioningConfiguration"] != nil || r.Properties["ObjectLockEnabled"] != nil {
			t.Errorf("%s keeps what is deleted", id)
		}
		rules := object(r.Properties, "LifecycleConfiguration")["Rules"].([]any)
		rule := rules[0].(map[string]any)
		days, _ := rule["ExpirationInDays"].(float64)
		if rule["Status"] != "Enabled" || rule["Prefix"] != nil || int(days)+1 != store.MaxAgeDays {
			t.Errorf("%s forgets by %v, the data map says %d days", id, rule, store.MaxAgeDays)
		}
		block := object(r.Properties, "PublicAccessBlockConfiguration")
		if len(block) != 4 || slices.Contains(slices.Collect(maps.Values(block)), any(false)) {
			t.Errorf("%s may be opened: %v", id, block)
		}
		return
	}
	t.Error("no bucket of mails")
}

// What SES says of a mail or a letter holds addresses. It has the key of mails, which no
// function uses that has nothing to do with mail, and four days.
func TestWhatCarriesAddressesHasItsOwnKeyAndForgets(t *testing.T) {
	for _, name := range []string{"mail-received", "mail-received-dlq", "mail-events", "mail-events-dlq"} {
		id, queue := named(t, "AWS::SQS::Queue", "QueueName", name)
		if !strings.Contains(texts(queue.Properties["KmsMasterKeyId"])[0], "MailKey") {
			t.Errorf("%s has another key: %v", id, queue.Properties["KmsMasterKeyId"])
		}
		if days := queue.Properties["MessageRetentionPeriod"].(float64) / (24 * 60 * 60); days > 4 {
			t.Errorf("%s keeps addresses for %v days", id, days)
		}
	}
	for _, name := range []string{"mail-received", "mail-events"} {
		id, topic := named(t, "AWS::SNS::Topic", "TopicName", name)
		if !strings.Contains(texts(topic.Properties["KmsMasterKeyId"])[0], "MailKey") {
			t.Errorf("%s has another key: %v", id, topic.Properties["KmsMasterKeyId"])
		}
	}
	var users []string
	for _, folder := range functionFolders {
		if slices.ContainsFunc(rightsOf(t, roleOf(t, folder)), func(r right) bool { return strings.Contains(r.resource, "MailKey") }) {
			users = append(users, folder)
		}
	}
	if got := strings.Join(users, " "); got != "mail-intake mail-events" {
		t.Errorf("the key of mails is used by %s", got)
	}
}

// Topics reach their queues as SES wrote the message, and only they may write there.
func TestTopicsFeedTheirQueues(t *testing.T) {
	got := map[string]string{}
	resources := golden(t)["Deletion"].Resources
	for id, r := range ofType(t, "AWS::SNS::Subscription") {
		topic := object(r.Properties, "TopicArn")["Ref"].(string)
		queue := object(r.Properties, "Endpoint")["Fn::GetAtt"].([]any)[0].(string)
		if r.Properties["RawMessageDelivery"] != true || r.Properties["Protocol"] != "sqs" {
			t.Errorf("%s delivers %v, raw %v", id, r.Properties["Protocol"], r.Properties["RawMessageDelivery"])
		}
		got[resources[topic].Properties["TopicName"].(string)] = resources[queue].Properties["QueueName"].(string)
		if !senders(t, queue)[topic] {
			t.Errorf("%s does not let its topic write", queue)
		}
	}
	want := map[string]string{dev.name("mail-received"): dev.name("mail-received"), dev.name("mail-events"): dev.name("mail-events")}
	if !maps.Equal(got, want) {
		t.Errorf("subscribed are %v, want %v", got, want)
	}
}

// senders are the topics that a queue's policy lets write to it.
func senders(t *testing.T, queue string) map[string]bool {
	t.Helper()
	topics := map[string]bool{}
	for _, r := range ofType(t, "AWS::SQS::QueuePolicy") {
		if r.Properties["Queues"].([]any)[0].(map[string]any)["Ref"] != queue {
			continue
		}
		for _, entry := range object(r.Properties, "PolicyDocument")["Statement"].([]any) {
			statement := entry.(map[string]any)
			source := object(object(object(statement, "Condition"), "ArnEquals"), "aws:SourceArn")
			if id, ok := source["Ref"].(string); ok && statement["Action"] == "sqs:SendMessage" && statement["Effect"] == "Allow" {
				topics[id] = true
			}
		}
	}
	return topics
}

func TestSESSaysWhatBecameOfLetters(t *testing.T) {
	r := only(t, "AWS::SES::ConfigurationSetEventDestination")
	set, _ := named(t, "AWS::SES::ConfigurationSet", "Name", "letters")
	topic, _ := named(t, "AWS::SNS::Topic", "TopicName", "mail-events")
	destination := object(r.Properties, "EventDestination")
	got := fmt.Sprint(object(r.Properties, "ConfigurationSetName")["Ref"], destination["Enabled"], object(object(destination, "SnsDestination"), "TopicARN")["Ref"], destination["MatchingEventTypes"])
	if want := fmt.Sprint(set, true, topic, []any{"delivery", "bounce", "complaint", "reject", "deliveryDelay"}); got != want {
		t.Errorf("it has %s, want %s", got, want)
	}
}

// Only mail-send sends, by this configuration set, and as nobody but the mailbox.
func TestWhoMaySendMail(t *testing.T) {
	for _, folder := range functionFolders {
		var on []string
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			if strings.HasPrefix(granted.action, "ses:") {
				on = append(on, granted.action+" "+granted.resource)
			}
		}
		want := ""
		if folder == "mail-send" {
			want = "ses:SendEmail arn:aws:ses:eu-west-1:000000000000:configuration-set/mikla-dev-deletion-letters, ses:SendEmail arn:aws:ses:eu-west-1:000000000000:identity/mikla.ai"
		}
		if got := strings.Join(on, ", "); got != want {
			t.Errorf("%s may %q, want %q", folder, got, want)
		}
	}
	for _, policy := range roleOf(t, "mail-send").Properties["Policies"].([]any) {
		for _, entry := range object(policy.(map[string]any), "PolicyDocument")["Statement"].([]any) {
			statement := entry.(map[string]any)
			from := object(object(statement, "Condition"), "StringEquals")["ses:FromAddress"]
			if statement["Action"] == "ses:SendEmail" && from != "privacy@mikla.ai" {
				t.Errorf("mail-send may send as %v", from)
			}
		}
	}
}

func TestWhoMayDoWhatWithMails(t *testing.T) {
	want := map[string]string{
		"mail-intake": "s3:GetObject decisions, s3:GetObject raw, s3:PutObject decisions",
		"close":       "s3:DeleteObject decisions, s3:DeleteObject raw",
	}
	for _, folder := range functionFolders {
		var may []string
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			if prefix, ok := strings.CutPrefix(granted.resource, "arn:aws:s3:::mikla-dev-mail-000000000000/"); ok {
				may = append(may, granted.action+" "+strings.TrimSuffix(prefix, "/*"))
			}
		}
		slices.Sort(may)
		if got := strings.Join(may, ", "); got != want[folder] {
			t.Errorf("%s may %q with mails, want %q", folder, got, want[folder])
		}
	}
}

func TestWhoMayUseWhichQueue(t *testing.T) {
	want := map[string]string{
		"meta-callback":  "send start",
		"start-deletion": "receive start",
		"close":          "send letters",
		"sweep":          "send letters, send start",
		"mail-intake":    "receive mail-received, send letters, send start",
		"mail-send":      "receive letters",
		"mail-events":    "receive mail-events",
		"link":           "send letters, send start",
		"snapshot-start": "send snapshot",
		"snapshot":       "receive snapshot, send snapshot",
	}
	verbs := map[string]string{"sqs:SendMessage": "send ", "sqs:ReceiveMessage": "receive "}
	for _, folder := range functionFolders {
		var may []string
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			for id, queue := range ofType(t, "AWS::SQS::Queue") {
				if verb := verbs[granted.action]; verb != "" && strings.Contains(granted.resource, `"`+id+`"`) {
					may = append(may, verb+strings.TrimPrefix(queue.Properties["QueueName"].(string), dev.name("")))
				}
			}
		}
		slices.Sort(may)
		if got := strings.Join(may, ", "); got != want[folder] {
			t.Errorf("%s may %q, want %q", folder, got, want[folder])
		}
	}
}

// The tables of ours that the functions of mail use, and how; tenants is Mikla's.
func TestWhatFunctionsOfMailDoInTables(t *testing.T) {
	want := map[string]string{
		"mail-intake": "casefile: GetItem PutItem Query; casekeys: GetItem PutItem; ledger: GetItem PutItem; tenants: Scan",
		"mail-send":   "casefile: DeleteItem GetItem Query; casekeys: DeleteItem GetItem; ledger: GetItem PutItem",
		"mail-events": "casefile: DeleteItem Query; casekeys: DeleteItem; ledger: GetItem PutItem",
		"link":        "casefile: GetItem PutItem Query; casekeys: GetItem PutItem; ledger: GetItem PutItem",
	}
	for _, folder := range mailFolders {
		on := map[string][]string{}
		for _, granted := range rightsOf(t, roleOf(t, folder)) {
			if _, table, ok := strings.Cut(granted.resource, "table/mikla-dev-"); ok && !strings.Contains(table, "/index/") {
				on[table] = append(on[table], strings.TrimPrefix(granted.action, "dynamodb:"))
			}
		}
		var lines []string
		for _, table := range slices.Sorted(maps.Keys(on)) {
			slices.Sort(on[table])
			lines = append(lines, table+": "+strings.Join(on[table], " "))
		}
		if got := strings.Join(lines, "; "); got != want[folder] {
			t.Errorf("%s may\n%s, want\n%s", folder, got, want[folder])
		}
	}
}
