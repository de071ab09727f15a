package provision_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/infra/local/internal/testengines"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

func TestMain(m *testing.M) { testengines.Main(m) }

func config() aws.Config { return testengines.Shared.Config("deployer") }

func deploy(t *testing.T, templates ...*template.Template) (*provision.World, error) {
	t.Helper()
	return provision.Deploy(t.Context(), templates, provision.Options{
		AWS: config(), Account: testengines.Account, Parameters: map[string]string{"PublicBaseUrl": "http://given.example"},
	})
}

func TestDeploy(t *testing.T) {
	templates, err := template.Load("testdata")
	if err != nil {
		t.Fatal(err)
	}
	world, err := deploy(t, templates...)
	if err != nil {
		t.Fatal(err)
	}
	for name, check := range map[string]func(*testing.T, *provision.World){
		"table": checkTable, "bucket": checkBucket, "queue": checkQueue, "key": checkKey, "secrets": checkSecrets,
		"state machine": checkStateMachine, "function": checkFunction, "event source": checkSource, "schedule": checkSchedule,
		"topic": checkTopic, "mail": checkMail,
	} {
		t.Run(name, func(t *testing.T) { check(t, world) })
	}
}

func checkTable(t *testing.T, world *provision.World) {
	store, ok := world.Store("channels")
	if !ok || store.Physical != "test-channels" || !slices.Equal(store.Key, []string{"tenant_id", "channel_id"}) || store.Types["external_key"] != "S" {
		t.Errorf("store %+v", store)
	}
	client := dynamodb.NewFromConfig(config())
	got, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("test-channels")})
	if err != nil || len(got.Table.KeySchema) != 2 || len(got.Table.GlobalSecondaryIndexes) != 1 || got.Table.GlobalSecondaryIndexes[0].Projection.ProjectionType != "KEYS_ONLY" {
		t.Errorf("table %+v, %v", got, err)
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("test-channels")})
	if err != nil || aws.ToString(ttl.TimeToLiveDescription.AttributeName) != "expires_at" {
		t.Errorf("time to live %+v, %v", ttl, err)
	}
	backups, err := client.DescribeContinuousBackups(t.Context(), &dynamodb.DescribeContinuousBackupsInput{TableName: aws.String("test-channels")})
	if err != nil || backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus != "ENABLED" ||
		aws.ToInt32(backups.ContinuousBackupsDescription.PointInTimeRecoveryDescription.RecoveryPeriodInDays) != 2 {
		t.Errorf("recovery %+v, %v", backups, err)
	}
	if table, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("test-channels")}); err != nil || !aws.ToBool(table.Table.DeletionProtectionEnabled) {
		t.Errorf("table %+v, %v", table, err)
	}
}

func checkBucket(t *testing.T, world *provision.World) {
	if store, ok := world.Store("media"); !ok || store.Kind != "bucket" || store.Physical != "test-media" {
		t.Errorf("store %+v", store)
	}
	got, err := s3.NewFromConfig(config()).GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: aws.String("test-media")})
	if err != nil || got.Status != "Enabled" {
		t.Errorf("versioning %+v, %v", got, err)
	}
}

func checkQueue(t *testing.T, world *provision.World) {
	i := slices.IndexFunc(world.Queues, func(q provision.Queue) bool { return q.Name == "test-queue" })
	if i < 0 || !strings.HasSuffix(world.Queues[i].DeadLetters, ":test-dead") {
		t.Fatalf("queues %+v", world.Queues)
	}
	got, err := sqs.NewFromConfig(config()).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{
		QueueUrl: aws.String(world.Queues[i].URL), AttributeNames: []queues.QueueAttributeName{"All"}})
	if err != nil || got.Attributes["VisibilityTimeout"] != "7" || !strings.Contains(got.Attributes["RedrivePolicy"], "test-dead") {
		t.Errorf("attributes %+v, %v", got, err)
	}
}

func checkKey(t *testing.T, world *provision.World) {
	store, _ := world.Store("channels")
	got, err := kms.NewFromConfig(config()).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/platform")})
	if err != nil || aws.ToString(got.KeyMetadata.Arn) != store.KMSKey {
		t.Errorf("alias leads to %+v, %v; the table has %s", got, err, store.KMSKey)
	}
}

func checkSecrets(t *testing.T, _ *provision.World) {
	client := secretsmanager.NewFromConfig(config())
	code, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("test-code")})
	if err != nil {
		t.Fatal(err)
	}
	var value map[string]string
	if err := json.Unmarshal([]byte(*code.SecretString), &value); err != nil || value["current"] != "1" || !regexp.MustCompile(`^[A-Za-z0-9]{64}$`).MatchString(value["1"]) {
		t.Errorf("generated %v, %v", *code.SecretString, err)
	}
	apps, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("test-apps")})
	if err != nil || *apps.SecretString != "{}" {
		t.Errorf("plain %+v, %v", apps, err)
	}
}

func checkStateMachine(t *testing.T, world *provision.World) {
	got, err := sfn.NewFromConfig(config()).DescribeStateMachine(t.Context(), &sfn.DescribeStateMachineInput{StateMachineArn: aws.String(world.StateMachines[0].ARN)})
	if err != nil || !strings.Contains(*got.Definition, `"FunctionName":"arn:aws:lambda:eu-west-1:000000000000:function:test-deletion-worker"`) {
		t.Errorf("definition %+v, %v", got, err)
	}
}

func checkFunction(t *testing.T, world *provision.World) {
	f, ok := world.Function("echo")
	if !ok || f.Timeout != 12*time.Second || f.Memory != 256 || f.FunctionName != "test-deletion-echo" {
		t.Errorf("function %+v", f)
	}
	secret := f.Env["SECRET"]
	delete(f.Env, "SECRET")
	want := map[string]string{
		"TABLE": "test-channels", "BASE": "http://given.example", "MACHINE": world.StateMachines[0].ARN,
		"QUEUE": testengines.Shared.URL + "/" + testengines.Account + "/test-queue",
	}
	if !reflect.DeepEqual(f.Env, want) || !strings.HasPrefix(secret, "arn:aws:secretsmanager:eu-west-1:000000000000:secret:test-code") {
		t.Errorf("environment %v, secret %s", f.Env, secret)
	}
	if f, _ := world.Function("worker"); f.Timeout != 3*time.Second || f.Memory != 128 {
		t.Errorf("Lambda's defaults are not kept: %+v", f)
	}
}

func checkSource(t *testing.T, world *provision.World) {
	if s := world.Sources; len(s) != 1 || s[0].BatchSize != 5 || !s[0].ReportsFailures || s[0].Function != "test-deletion-worker" {
		t.Errorf("sources %+v", s)
	}
}

func checkSchedule(t *testing.T, world *provision.World) {
	if s := world.Schedules; len(s) != 1 || s[0].Expression != "rate(1 minute)" || !s[0].Enabled {
		t.Errorf("schedules %+v", s)
	}
}

func checkTopic(t *testing.T, world *provision.World) {
	arn := "arn:aws:sns:eu-west-1:000000000000:test-topic"
	if _, err := sns.NewFromConfig(config()).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String(arn), Message: aws.String("as it is")}); err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(world.Queues, func(q provision.Queue) bool { return q.Name == "test-queue" })
	got, err := sqs.NewFromConfig(config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(world.Queues[i].URL)})
	if err != nil || len(got.Messages) != 1 || aws.ToString(got.Messages[0].Body) != "as it is" {
		t.Errorf("the queue got %+v, %v", got, err)
	}
}

func checkMail(t *testing.T, world *provision.World) {
	topic := "arn:aws:sns:eu-west-1:000000000000:test-topic"
	rules := []provision.ReceiptRule{{Name: "desk", Recipients: []string{"desk@provision.example", "front@provision.example"}, Scan: true, Bucket: "test-mails", Prefix: "raw/", TopicARN: topic}}
	if !reflect.DeepEqual(world.ReceiptRules, rules) {
		t.Errorf("rules %+v, want %+v", world.ReceiptRules, rules)
	}
	destinations := []provision.EventDestination{{Set: "test-letters", TopicARN: topic, Kinds: []string{"bounce"}}}
	if !reflect.DeepEqual(world.EventDestinations, destinations) {
		t.Errorf("destinations %+v, want %+v", world.EventDestinations, destinations)
	}
	client := sesv2.NewFromConfig(config())
	sets, err := client.ListConfigurationSets(t.Context(), &sesv2.ListConfigurationSetsInput{})
	if err != nil || !slices.Contains(sets.ConfigurationSets, "test-letters") {
		t.Errorf("configuration sets %+v, %v", sets, err)
	}
	if _, err := client.GetEmailIdentity(t.Context(), &sesv2.GetEmailIdentityInput{EmailIdentity: aws.String("provision.example")}); err != nil {
		t.Errorf("the domain that mail is received for is not verified: %v", err)
	}
}

func TestWhatCannotBeDeployedIsNamed(t *testing.T) {
	for resource, want := range map[string]string{
		`{"Type": "AWS::Kinesis::Stream"}`: "does not know this type",
		`{"Type": "AWS::SNS::Subscription", "Properties": {"Protocol": "email", "Endpoint": "a@b.example"}}`:                                      "is not a queue",
		`{"Type": "AWS::SES::ReceiptRule", "Properties": {"Rule": {"Enabled": true, "Actions": [{"LambdaAction": {}}]}}}`:                         "one S3 action",
		`{"Type": "AWS::SES::ReceiptRule", "Properties": {"Rule": {"Enabled": true, "Actions": [{"S3Action": {"KmsKeyArn": "arn:aws:kms:x"}}]}}}`: "no key of its own",
		`{"Type": "AWS::SES::ConfigurationSetEventDestination", "Properties": {"EventDestination": {"CloudWatchDestination": {}}}}`:               "only topics",
		`{"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "nodejs22.x", "FunctionName": "x-deletion-y"}}`:                              "only bootstrap programs",
		`{"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "FunctionName": "other"}}`:                                "does not end in",
		`{"Type": "AWS::Events::Rule", "Properties": {"EventPattern": {"source": ["x"]}}}`:                                                        "only rules with a schedule",
		`{"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "x"}}`:                                                                       "no OpenAPI document",
		`{"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": "arn:aws:kinesis:x"}}`:                                      "is not a queue",
		`{"Type": "AWS::StepFunctions::StateMachine", "Properties": {"StateMachineName": "x", "DefinitionString": "${Open}"}}`:                    "no substitution for ${Open}",
		`{"Type": "AWS::Events::Rule", "Properties": {"ScheduleExpression": "rate(1 day)", "Targets": [{"Arn": "arn:aws:sns:elsewhere"}]}}`:       "is not a function",
	} {
		parsed, err := template.Parse("T", []byte(`{"Resources": {"Subject": `+resource+`}}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := deploy(t, parsed); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", resource, err, want)
		}
	}
}
