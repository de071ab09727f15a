package front_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddb "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	mail "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/internal/testengines"
)

func TestMain(m *testing.M) { testengines.Main(m) }

// once is a client configuration that calls as purge and does not try again by itself.
func once() aws.Config {
	config := testengines.Shared.Config("purge")
	config.Retryer = func() aws.Retryer { return retry.AddWithMaxAttempts(retry.NewStandard(), 1) }
	return config
}

// fresh forgets what other tests have called and faulted.
func fresh(t *testing.T, faults ...front.Fault) *front.Front {
	t.Helper()
	f := testengines.Shared.Front
	f.Faults.Clear()
	t.Cleanup(f.Faults.Clear)
	if err := f.Faults.Add(faults); err != nil {
		t.Fatal(err)
	}
	f.Calls.Clear()
	return f
}

func key(id string) map[string]ddb.AttributeValue {
	return map[string]ddb.AttributeValue{"id": &ddb.AttributeValueMemberS{Value: id}}
}

func put(id string) ddb.WriteRequest {
	return ddb.WriteRequest{PutRequest: &ddb.PutRequest{Item: key(id)}}
}

// table makes an empty table named after the test.
func table(t *testing.T) (*dynamodb.Client, *string) {
	t.Helper()
	client, name := dynamodb.NewFromConfig(once()), aws.String(t.Name())
	if _, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: name, BillingMode: ddb.BillingModePayPerRequest,
		AttributeDefinitions: []ddb.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: "S"}},
		KeySchema:            []ddb.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: "HASH"}},
	}); err != nil {
		t.Fatal(err)
	}
	return client, name
}

func ids(t *testing.T, client *dynamodb.Client, name *string) []string {
	t.Helper()
	found, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: name, ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, item := range found.Items {
		list = append(list, item["id"].(*ddb.AttributeValueMemberS).Value)
	}
	slices.Sort(list)
	return list
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func TestEveryServiceAnswersAndIsRecorded(t *testing.T) {
	f := fresh(t)
	ctx, config := t.Context(), once()
	if _, err := sqs.NewFromConfig(config).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")}); err != nil {
		t.Error(err)
	}
	queue, err := sqs.NewFromConfig(config).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("q")})
	if err != nil || aws.ToString(queue.QueueUrl) != testengines.Shared.URL+"/"+testengines.Account+"/q" {
		t.Errorf("queue at %q, %v", aws.ToString(queue.QueueUrl), err)
	}
	if _, err := sqs.NewFromConfig(config).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("x")}); err != nil {
		t.Error(err)
	}
	if _, err := kms.NewFromConfig(config).CreateKey(ctx, &kms.CreateKeyInput{}); err != nil {
		t.Error(err)
	}
	if _, err := secretsmanager.NewFromConfig(config).CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String("s"), SecretString: aws.String("v")}); err != nil {
		t.Error(err)
	}
	if _, err := secretsmanager.NewFromConfig(config).GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String("s")}); err != nil {
		t.Error(err)
	}
	if _, err := sfn.NewFromConfig(config).ListStateMachines(ctx, &sfn.ListStateMachinesInput{}); err != nil {
		t.Error(err)
	}
	for _, want := range []front.Call{
		{Function: "purge", Service: "sqs", Operation: "SendMessage", Resource: "q", Count: 1},
		{Function: "purge", Service: "kms", Operation: "CreateKey", Resource: "", Count: 1},
		{Function: "purge", Service: "secretsmanager", Operation: "GetSecretValue", Resource: "s", Count: 1},
		{Function: "purge", Service: "states", Operation: "ListStateMachines", Resource: "", Count: 1},
	} {
		if !slices.Contains(f.Calls.List(), want) {
			t.Errorf("no %+v in %+v", want, f.Calls.List())
		}
	}
}

func TestCallsNameTheirTables(t *testing.T) {
	client, name := table(t)
	f := fresh(t)
	for range 2 {
		if _, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: name, Key: key("a")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.TransactWriteItems(t.Context(), &dynamodb.TransactWriteItemsInput{TransactItems: []ddb.TransactWriteItem{
		{Put: &ddb.Put{TableName: name, Item: key("a")}}, {Put: &ddb.Put{TableName: name, Item: key("b")}},
		{ConditionCheck: &ddb.ConditionCheck{TableName: name, Key: key("c"), ConditionExpression: aws.String("attribute_not_exists(absent)")}},
	}}); err != nil {
		t.Fatal(err)
	}
	want := []front.Call{
		{Function: "purge", Service: "dynamodb", Operation: "GetItem", Resource: *name, Count: 2},
		{Function: "purge", Service: "dynamodb", Operation: "TransactWriteItems", Resource: *name, Needs: "ConditionCheckItem,PutItem", Count: 1},
	}
	if got := f.Calls.List(); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestControlPlaneThatDynamoDBLocalLacks(t *testing.T) {
	client, name := table(t)
	arn := aws.String("arn:aws:dynamodb:eu-west-1:000000000000:table/" + *name)
	if _, err := client.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []ddb.Tag{{Key: aws.String("store"), Value: aws.String("leads")}}}); err != nil {
		t.Fatal(err)
	}
	tags, err := client.ListTagsOfResource(t.Context(), &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	if err != nil || len(tags.Tags) != 1 || aws.ToString(tags.Tags[0].Value) != "leads" {
		t.Errorf("got %+v, %v", tags, err)
	}
	if _, err := client.UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{
		TableName: name, PointInTimeRecoverySpecification: &ddb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true), RecoveryPeriodInDays: aws.Int32(3)},
	}); err != nil {
		t.Fatal(err)
	}
	got, err := client.DescribeContinuousBackups(t.Context(), &dynamodb.DescribeContinuousBackupsInput{TableName: name})
	if err != nil {
		t.Fatal(err)
	}
	recovery := got.ContinuousBackupsDescription.PointInTimeRecoveryDescription
	if recovery.PointInTimeRecoveryStatus != ddb.PointInTimeRecoveryStatusEnabled || aws.ToInt32(recovery.RecoveryPeriodInDays) != 3 {
		t.Errorf("got %+v", recovery)
	}
}

// A table of keys is protected; that of a restore is made, listed and dropped like any other.
func TestProtectedTablesStay(t *testing.T) {
	client, other := table(t)
	name := aws.String(*other + "-restore-1")
	for _, protected := range []bool{false, true} {
		created, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{TableName: name, BillingMode: ddb.BillingModePayPerRequest,
			DeletionProtectionEnabled: aws.Bool(protected),
			KeySchema:                 []ddb.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: ddb.KeyTypeHash}},
			AttributeDefinitions:      []ddb.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: ddb.ScalarAttributeTypeS}}})
		if err != nil || aws.ToBool(created.TableDescription.DeletionProtectionEnabled) != protected {
			t.Fatalf("created %+v, %v", created, err)
		}
		described, err := client.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: name})
		if err != nil || aws.ToBool(described.Table.DeletionProtectionEnabled) != protected || described.Table.CreationDateTime.IsZero() {
			t.Errorf("described %+v, %v", described, err)
		}
		listed, err := client.ListTables(t.Context(), &dynamodb.ListTablesInput{ExclusiveStartTableName: other, Limit: aws.Int32(1)})
		if err != nil || !slices.Equal(listed.TableNames, []string{*name}) {
			t.Errorf("listed %v, %v", listed, err)
		}
		_, err = client.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: name})
		if refused := err != nil && strings.Contains(err.Error(), "protected against deletion"); refused != protected || !protected && err != nil {
			t.Errorf("protected %v: deleted with %v", protected, err)
		}
	}
}

func TestThrottleIsTheServicesOwnError(t *testing.T) {
	ctx, config := t.Context(), once()
	client, name := table(t)
	for service, c := range map[string]struct {
		operation, want string
		call            func() error
	}{
		"dynamodb": {"GetItem", "ThrottlingException", func() error {
			_, err := client.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: key("a")})
			return err
		}},
		"sqs": {"ListQueues", "RequestThrottled", func() error {
			_, err := sqs.NewFromConfig(config).ListQueues(ctx, &sqs.ListQueuesInput{})
			return err
		}},
		"s3": {"ListObjectsV2", "SlowDown", func() error {
			_, err := s3.NewFromConfig(config).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("any")})
			return err
		}},
		"kms": {"ListKeys", "ThrottlingException", func() error {
			_, err := kms.NewFromConfig(config).ListKeys(ctx, &kms.ListKeysInput{})
			return err
		}},
		"states": {"ListStateMachines", "ThrottlingException", func() error {
			_, err := sfn.NewFromConfig(config).ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
			return err
		}},
		"ses": {"SendEmail", "TooManyRequestsException", func() error {
			_, err := sesv2.NewFromConfig(config).SendEmail(ctx, &sesv2.SendEmailInput{Content: &mail.EmailContent{}})
			return err
		}},
	} {
		f := fresh(t, front.Fault{Service: service, Operation: c.operation, Kind: front.Throttle, Function: "purge"})
		if err := c.call(); code(err) != c.want {
			t.Errorf("%s: got %v, want %s", service, err, c.want)
		}
		if len(f.Faults.Pending()) != 0 {
			t.Errorf("%s: the fault is still there", service)
		}
	}
}

func TestThrottleIsOverAfterItsCount(t *testing.T) {
	client, name := table(t)
	fresh(t, front.Fault{Service: "dynamodb", Operation: "PutItem", Kind: front.Throttle, Count: 2, Skip: 1})
	var failed []bool
	for i := range 5 {
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: key(fmt.Sprint(i))})
		failed = append(failed, err != nil)
	}
	if !slices.Equal(failed, []bool{false, true, true, false, false}) {
		t.Errorf("failed %v", failed)
	}
	if got := ids(t, client, name); !slices.Equal(got, []string{"0", "3", "4"}) {
		t.Errorf("stored %v", got)
	}
}

func TestLostIsAppliedThough(t *testing.T) {
	client, name := table(t)
	fresh(t, front.Fault{Service: "dynamodb", Operation: "PutItem", Kind: front.Lost})
	_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: key("a")})
	if err == nil || code(err) != "" {
		t.Errorf("got %v, want a broken connection", err)
	}
	if got := ids(t, client, name); !slices.Equal(got, []string{"a"}) {
		t.Errorf("stored %v", got)
	}
}

func TestKillIsNotApplied(t *testing.T) {
	client, name := table(t)
	config := once()
	credentials, _ := config.Credentials.Retrieve(context.Background())
	credentials.SessionToken = "sandbox-7"
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })
	fresh(t, front.Fault{Service: "dynamodb", Operation: "PutItem", Kind: front.Kill, Function: "purge"})
	if _, err := dynamodb.NewFromConfig(config).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: key("a")}); err == nil {
		t.Error("the call succeeded")
	}
	if got := <-testengines.Shared.Killed; got != "sandbox-7" {
		t.Errorf("killed %q", got)
	}
	if got := ids(t, client, name); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
}

func TestUnprocessedItemsComeBack(t *testing.T) {
	client, name := table(t)
	fresh(t, front.Fault{Service: "dynamodb", Operation: "BatchWriteItem", Kind: front.Unprocessed, Count: 2, Resource: *name})
	first, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]ddb.WriteRequest{*name: {put("a"), put("b"), put("c")}}})
	if err != nil || len(first.UnprocessedItems[*name]) != 1 {
		t.Fatalf("got %+v, %v", first, err)
	}
	if got := ids(t, client, name); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("stored %v", got)
	}
	// One item alone is left whole; without faults it goes through.
	for want := range []int{1, 0} {
		again, err := client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: first.UnprocessedItems})
		if err != nil || len(again.UnprocessedItems[*name]) != 1-want {
			t.Fatalf("got %+v, %v", again, err)
		}
	}
	if got := ids(t, client, name); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("stored %v", got)
	}
}

func TestUnprocessedKeysComeBack(t *testing.T) {
	client, name := table(t)
	for _, id := range []string{"a", "b"} {
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: name, Item: key(id)}); err != nil {
			t.Fatal(err)
		}
	}
	fresh(t, front.Fault{Service: "dynamodb", Operation: "BatchGetItem", Kind: front.Unprocessed, Count: 2})
	ask := func(keys map[string]ddb.KeysAndAttributes) *dynamodb.BatchGetItemOutput {
		got, err := client.BatchGetItem(t.Context(), &dynamodb.BatchGetItemInput{RequestItems: keys})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := ask(map[string]ddb.KeysAndAttributes{*name: {ConsistentRead: aws.Bool(true), Keys: []map[string]ddb.AttributeValue{key("a"), key("b")}}})
	if len(first.Responses[*name]) != 1 || len(first.UnprocessedKeys[*name].Keys) != 1 || !aws.ToBool(first.UnprocessedKeys[*name].ConsistentRead) {
		t.Fatalf("got %+v", first)
	}
	if second := ask(first.UnprocessedKeys); len(second.Responses[*name]) != 0 || len(second.UnprocessedKeys[*name].Keys) != 1 {
		t.Errorf("got %+v", second)
	}
	if third := ask(first.UnprocessedKeys); len(third.Responses[*name]) != 1 || len(third.UnprocessedKeys) != 0 {
		t.Errorf("got %+v", third)
	}
}

func bucketWith(t *testing.T, keys ...string) (*s3.Client, *string) {
	t.Helper()
	client, name := s3.NewFromConfig(once()), aws.String(strings.ToLower(t.Name()))
	if _, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: name,
		CreateBucketConfiguration: &objects.CreateBucketConfiguration{LocationConstraint: testengines.Region}}); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: name, Key: aws.String(k), Body: strings.NewReader(k)}); err != nil {
			t.Fatal(err)
		}
	}
	return client, name
}

func TestErrorsPerKey(t *testing.T) {
	client, bucket := bucketWith(t, "a", "b & c")
	f := fresh(t, front.Fault{Service: "s3", Operation: "DeleteObjects", Kind: front.PerKeyError, Count: 2})
	remove := func(keys ...string) *s3.DeleteObjectsOutput {
		input := &s3.DeleteObjectsInput{Bucket: bucket, Delete: &objects.Delete{}}
		for _, k := range keys {
			input.Delete.Objects = append(input.Delete.Objects, objects.ObjectIdentifier{Key: aws.String(k)})
		}
		got, err := client.DeleteObjects(t.Context(), input)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := remove("a", "b & c")
	if len(first.Deleted) != 1 || len(first.Errors) != 1 || aws.ToString(first.Errors[0].Key) != "b & c" || aws.ToString(first.Errors[0].Code) != "InternalError" {
		t.Errorf("got %+v", first)
	}
	if second := remove("b & c"); len(second.Deleted) != 0 || len(second.Errors) != 1 {
		t.Errorf("got %+v", second)
	}
	if third := remove("b & c"); len(third.Deleted) != 1 || len(third.Errors) != 0 {
		t.Errorf("got %+v", third)
	}
	left, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: bucket})
	if err != nil || len(left.Contents) != 0 {
		t.Errorf("left %+v, %v", left, err)
	}
	if !slices.Contains(f.Calls.List(), front.Call{Function: "purge", Service: "s3", Operation: "DeleteObjects", Resource: *bucket, Count: 3}) {
		t.Errorf("recorded %+v", f.Calls.List())
	}
}

func TestLambdaIsInvokedByStateMachines(t *testing.T) {
	asked := make(chan string, 1)
	testengines.Shared.Lambda = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked <- r.URL.Path + " " + string(body)
		fmt.Fprint(w, `{"next":"done"}`)
	})
	f := fresh(t)
	client := sfn.NewFromConfig(once())
	machine, err := client.CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: aws.String("m"), RoleArn: aws.String("arn:aws:iam::000000000000:role/m"),
		Definition: aws.String(`{"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke",
			"Parameters":{"FunctionName":"purge","Payload.$":"$"},"OutputPath":"$.Payload","End":true}}}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: machine.StateMachineArn, Name: aws.String("e"), Input: aws.String(`{"v":1}`)}); err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != `/2015-03-31/functions/purge/invocations {"v": 1}` {
		t.Errorf("asked %q", got)
	}
	if !slices.ContainsFunc(f.Calls.List(), func(c front.Call) bool { return c.Operation == "Invoke" && c.Resource == "purge" }) {
		t.Errorf("recorded %+v", f.Calls.List())
	}
}

func TestFaultsAreCheckedBeforeAnyIsTaken(t *testing.T) {
	f := fresh(t)
	good := front.Fault{Service: "dynamodb", Operation: "PutItem", Kind: front.Lost}
	for _, bad := range []front.Fault{
		{Service: "dynamodb", Operation: "PutItem", Kind: "melt"},
		{Service: "dynamodb", Kind: front.Lost},
		{Service: "dynamodb", Operation: "PutItem", Kind: front.Unprocessed},
		{Service: "s3", Operation: "DeleteObject", Kind: front.PerKeyError},
		{Service: "dynamodb", Operation: "PutItem", Kind: front.Lost, Count: -1},
		{Service: "ses", Operation: "SendEmail", Kind: front.Bounce},
		{Service: "mail", Operation: "Delivery", Kind: front.Throttle},
	} {
		if err := f.Faults.Add([]front.Fault{good, bad}); err == nil || !strings.Contains(err.Error(), "fault 1") {
			t.Errorf("%+v: got %v", bad, err)
		}
	}
	if pending := f.Faults.Pending(); len(pending) != 0 {
		t.Errorf("pending %+v", pending)
	}
}

func TestRefusalsAreLogged(t *testing.T) {
	client, name := table(t)
	if _, err := client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: name, Key: map[string]ddb.AttributeValue{"wrong": &ddb.AttributeValueMemberS{Value: "x"}}}); err == nil {
		t.Fatal("a wrong key was accepted")
	}
	if lines := testengines.Shared.Logs.Last("AWS", 1); len(lines) != 1 || !strings.Contains(lines[0], "purge: dynamodb GetItem answered 400") {
		t.Errorf("logged %q", lines)
	}
}
