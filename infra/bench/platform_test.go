package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/infra/local/front"
)

func TestOneEventIsMeasured(t *testing.T) {
	folder, environments := deploy(t, "answering", "refusing", "dying")
	api, err := serveRuntime()
	if err != nil {
		t.Fatal(err)
	}
	defer api.close()
	invoke := func(role string) (work, error) {
		return api.invoke(filepath.Join(folder, role, "bootstrap"), environments[role], []byte(`{}`))
	}
	done, err := invoke("answering")
	if err != nil || string(done.answer) != `{"next":"verify"}` || done.took <= 0 || done.peak < 1<<20 || done.peak > 1<<30 {
		t.Errorf("got %+v, %v", done, err)
	}
	for role, want := range map[string]string{"refusing": `failed: {"next":"verify"}`, "dying": "no such table"} {
		if _, err := invoke(role); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", role, err)
		}
	}
}

func TestUsageIsRead(t *testing.T) {
	status := []byte("Name:\tx\nVmPeak:\t  99 kB\nVmHWM:\t   20480 kB\nVmRSS:\t  1 kB\n")
	stat := "7 (a (strange) name) S 1 7 7 0 -1 4194560 900 0 0 0 123 45 0 0 20 0 8 0 100 1 1"
	got, err := parseUsage([]byte(stat), status)
	if err != nil || got.cpu != 1680*time.Millisecond || got.peak != 20<<20 {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, broken := range [][2]string{{"7 (x) S 1", string(status)}, {strings.Replace(stat, "123", "x", 1), string(status)}, {stat, "VmRSS: 1 kB"}} {
		if _, err := parseUsage([]byte(broken[0]), []byte(broken[1])); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
	if self, err := usageOf(os.Getpid()); err != nil || self.peak < 1<<20 {
		t.Errorf("this process uses %+v, %v", self, err)
	}
}

// nothing serves a table that does nothing, with an engine that answers 418 behind it.
func nothing(t *testing.T, messages int) (*noop, *dynamodb.Client) {
	t.Helper()
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	t.Cleanup(engine.Close)
	n, err := serveNoop(engine.URL, guest{name: "guest1", messages: messages})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.close)
	return n, dynamodb.New(dynamodb.Options{Region: "eu-west-1", BaseEndpoint: aws.String(n.URL),
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
}

func ask(g guest, limit int32, after map[string]types.AttributeValue) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{TableName: table, Limit: aws.Int32(limit), ExclusiveStartKey: after,
		KeyConditionExpression:    aws.String("conversation_id = :c"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":c": text(g.conversation())}}
}

// The table that does nothing is a table to whoever reads and deletes it.
func TestTheTableThatDoesNothing(t *testing.T) {
	n, db := nothing(t, 60)
	first, err := db.Query(t.Context(), ask(n.guest, 25, nil))
	if err != nil || len(first.Items) != 25 || fmt.Sprint(messageKeyOf(first.Items[7])) == "" {
		t.Fatalf("got %+v, %v", first, err)
	}
	for name, value := range n.guest.message(7) {
		got, same := first.Items[7][name].(*types.AttributeValueMemberS)
		if want, isText := value.(*types.AttributeValueMemberS); isText && (!same || got.Value != want.Value) {
			t.Errorf("%s of a message differs from what is stored elsewhere", name)
		}
	}
	var writes []types.WriteRequest
	for _, item := range first.Items {
		writes = append(writes, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: messageKeyOf(item)}})
	}
	for range 2 { // again is as good as once
		out, err := db.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{messagesTable: writes}})
		if err != nil || len(out.UnprocessedItems) > 0 || n.remaining() != 35 {
			t.Errorf("%d are left, %v", n.remaining(), err)
		}
	}
	second, err := db.Query(t.Context(), ask(n.guest, 100, first.LastEvaluatedKey))
	if err != nil || len(second.Items) != 35 || second.LastEvaluatedKey != nil {
		t.Errorf("%d items after those, %v", len(second.Items), err)
	}
	count := ask(n.guest, 100, nil)
	count.Select = types.SelectCount
	if counted, err := db.Query(t.Context(), count); err != nil || counted.Count != 35 || len(counted.Items) != 0 {
		t.Errorf("counted %d, %v", counted.Count, err)
	}
	later := ask(n.guest, 100, nil)
	later.KeyConditionExpression = aws.String("conversation_id = :c AND message_key >= :k")
	later.ExpressionAttributeValues[":k"] = text(n.guest.sentAt(50))
	if found, err := db.Query(t.Context(), later); err != nil || len(found.Items) != 10 {
		t.Errorf("%d from the 50th on, %v", len(found.Items), err)
	}
}

// What it does not know it refuses, and what is not its guest's goes to the engine.
func TestTheTableThatDoesNothingKnowsItsLimits(t *testing.T) {
	n, _ := nothing(t, 5)
	between := `{"TableName":"mikla-dev-messages","KeyConditionExpression":"a = :c AND b BETWEEN :x AND :y","ExpressionAttributeValues":{":c":{"S":"c_guest1"}}}`
	for name, c := range map[string]struct {
		operation, body string
		status          int
	}{
		"a condition":         {"Query", between, 400},
		"another's key":       {"BatchWriteItem", `{"RequestItems":{"mikla-dev-messages":[{"DeleteRequest":{"Key":{"conversation_id":{"S":"c_other"},"message_key":{"S":"x#m_1"}}}}]}}`, 400},
		"a message too many":  {"BatchWriteItem", `{"RequestItems":{"mikla-dev-messages":[{"DeleteRequest":{"Key":{"conversation_id":{"S":"c_guest1"},"message_key":{"S":"x#m_5"}}}}]}}`, 400},
		"another table":       {"BatchWriteItem", `{"RequestItems":{"mikla-dev-leads":[{}]}}`, 418},
		"another guest":       {"Query", strings.Replace(between, "guest1", "guest2", 1), 418},
		"an index":            {"Query", strings.Replace(between, `"TableName"`, `"IndexName":"by_author","TableName"`, 1), 418},
		"another operation":   {"GetItem", `{}`, 418},
		"what is no JSON too": {"Query", `x`, 418},
	} {
		r, _ := http.NewRequest(http.MethodPost, n.URL, strings.NewReader(c.body))
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+c.operation)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != c.status {
			t.Errorf("%s: answered %d, want %d", name, answer.StatusCode, c.status)
		}
	}
}

func TestUnitsAreAddedUp(t *testing.T) {
	for body, want := range map[string]float64{
		`{"ConsumedCapacity":{"CapacityUnits":2.5}}`:                        2.5,
		`{"ConsumedCapacity":[{"CapacityUnits":4},{"CapacityUnits":25.5}]}`: 29.5,
		`{}`: 0,
	} {
		if got := unitsOf(http.StatusOK, []byte(body)); got != want {
			t.Errorf("%s: %.1f", body, got)
		}
	}
	if got := unitsOf(http.StatusBadRequest, []byte(`{"__type":"ConditionalCheckFailedException"}`)); got != 1 {
		t.Errorf("a condition that failed took %.1f", got)
	}
}

// The meter changes nothing of a call but that it asks, and nothing of the answer.
func TestTheMeter(t *testing.T) {
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != `{"ReturnConsumedCapacity":"TOTAL","TableName":"x"}` {
			t.Errorf("the engine is asked %s", body)
		}
		_, _ = w.Write([]byte(`{"ConsumedCapacity":{"CapacityUnits":3}}`))
	}))
	defer engine.Close()
	m, err := serveMeter(engine.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for _, operation := range []string{"Query", "Query", "PutItem"} {
		r, _ := http.NewRequest(http.MethodPost, m.URL, strings.NewReader(`{"TableName":"x"}`))
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if string(body) != `{"ConsumedCapacity":{"CapacityUnits":3}}` {
			t.Errorf("answered %s", body)
		}
	}
	if m.read != 6 || m.write != 3 {
		t.Errorf("%.1f read, %.1f written", m.read, m.write)
	}
}

func TestABillAddsUp(t *testing.T) {
	calls := []front.Call{
		{Function: "purge", Service: "dynamodb", Operation: "BatchWriteItem", Count: 80},
		{Function: "purge", Service: "s3", Operation: "ListObjectVersions", Count: 3}, {Function: "verify", Service: "s3", Operation: "ListObjectVersions", Count: 1},
		{Function: "workflow", Service: "lambda", Operation: "Invoke", Count: 5}, {Function: "fence", Service: "secretsmanager", Operation: "GetSecretValue", Count: 1},
		{Function: "start-deletion", Service: "states", Operation: "StartExecution", Count: 1}, {Function: "meta-callback", Service: "sqs", Operation: "SendMessage", Count: 1},
	}
	b, err := makeBill(calls, 1000, 3000, 10, 4*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	want := 1000*0.1415e-6 + 3000*0.705e-6 + 4*5e-6 + 7*0.2e-6 + 1*0.0000133334 + 10*25e-6 + 3*0.4e-6 + 5e-6 + 3.5e-6 + 0.6e-6
	if math.Abs(b.total()-want) > 1e-9 {
		t.Errorf("$%.8f, want $%.8f:\n%+v", b.total(), want, b)
	}
	var out bytes.Buffer
	deletion{messages: 2000, took: 4 * time.Second, calls: calls, bill: b}.print(&out)
	for _, line := range []string{"2000 messages", "to the outcome: 4.0 s", "| DynamoDB | write request unit | 3000.0 | 0.0021150 |", "| purge | dynamodb BatchWriteItem 80, s3 ListObjectVersions 3 |"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("output lacks %q:\n%s", line, out.String())
		}
	}
	if _, err := makeBill([]front.Call{{Service: "ses", Operation: "SendEmail", Count: 1}}, 0, 0, 0, 0); err == nil {
		t.Error("a call without a price is free")
	}
}

// What is counted for backups is the step that shreds and what verify asks of them, no more.
func TestErasureIsPriced(t *testing.T) {
	d := deletion{calls: []front.Call{
		{Function: "shred", Service: "dynamodb", Operation: "DeleteItem", Resource: "mikla-dev-snapshotkeys", Count: 2},
		{Function: "shred", Service: "dynamodb", Operation: "TransactWriteItems", Resource: "mikla-dev-ledger", Count: 1},
		{Function: "verify", Service: "s3", Operation: "GetObject", Resource: "mikla-dev-snapshots-000000000000", Count: 60},
		{Function: "verify", Service: "dynamodb", Operation: "Query", Resource: "mikla-dev-snapshotkeys", Count: 3},
		{Function: "verify", Service: "dynamodb", Operation: "Query", Resource: "mikla-dev-messages", Count: 9},
		{Function: "purge", Service: "dynamodb", Operation: "DeleteItem", Resource: "mikla-dev-leads", Count: 1}}}
	shred, verify := d.backupCalls()
	if got, want := priceCalls(shred), 4*0.705e-6+0.2e-6; math.Abs(got-want) > 1e-12 {
		t.Errorf("shredding costs $%.8f, want $%.8f", got, want)
	}
	if got, want := priceCalls(verify), 60*0.4e-6+3*0.1415e-6; math.Abs(got-want) > 1e-12 {
		t.Errorf("verifying costs $%.8f, want $%.8f", got, want)
	}
	var out bytes.Buffer
	d.printErasure(&out)
	for _, line := range []string{"(dynamodb Query 3, s3 GetObject 60) | 0.0000244 |", "times 30 | 176.70 |"} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("output lacks %q:\n%s", line, out.String())
		}
	}
}

func TestPlatformLimitsAreHeld(t *testing.T) {
	dear := deletion{messages: 2000, took: 2 * time.Minute, bill: bill{{dynamoWrite, 20000}}}
	mb := int64(1_000_000)
	loads := []load{{10, work{peak: 20 * mb}}, {200, work{peak: 21 * mb}}, {1000, work{peak: 60 * mb}}, {1000, work{peak: 300 * mb}}}
	all := errors.Join(dear.check(), checkLoads(loads))
	for _, want := range []string{"took 2m0s", "cost $0.0141", "takes 300 MB", "memory grows"} {
		if all == nil || !strings.Contains(all.Error(), want) {
			t.Errorf("error lacks %q: %v", want, all)
		}
	}
	if err := checkLoads(loads[:2]); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	printLoads(&out, loads[:1])
	if want := "| 10 | 20.0 | 0.00 | 1000 | 0.0 |"; !strings.Contains(out.String(), want) {
		t.Errorf("output lacks %q:\n%s", want, out.String())
	}
}

// Rounds are compared in pairs: one in which the machine was slow counts as any other.
func TestTheContestIsJudgedInPairs(t *testing.T) {
	second := func(seconds ...int) (took []time.Duration) {
		for _, s := range seconds {
			took = append(took, time.Duration(s)*time.Second)
		}
		return took
	}
	engine := []time.Duration{40e6, 20e6, 30e6}
	c := contest{1000, 3, []*entry{{name: "bare", took: second(30, 1, 2), engine: engine}, {name: "purge", took: second(60, 1, 4), engine: engine}}}
	var out bytes.Buffer
	c.print(&out)
	for _, want := range []string{"| bare | 1000 | 500 | 30 | 100 % |", "| purge | 1000 | 250 | 30 | 50 % |", "goal of 90 % of a bare loop is missed: 50 %"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
	c.entries[1].took = second(30, 1, 2)
	if got := c.verdict(); got != "The goal of 90 % of a bare loop is reached: 100 %." {
		t.Error(got)
	}
}

func TestMessagesAreInOrder(t *testing.T) {
	g := guest{name: "guest1", messages: 1_000_000}
	for _, i := range []int{0, 9, 99, 86_399, 999_998} {
		if g.messageKey(i) >= g.messageKey(i+1) {
			t.Errorf("%s comes after %s", g.messageKey(i), g.messageKey(i+1))
		}
		if n, err := messageNumber(g.messageKey(i)); err != nil || n != i {
			t.Errorf("%s is number %d, %v", g.messageKey(i), n, err)
		}
	}
	if _, err := messageNumber("2026"); err == nil {
		t.Error("a date is a message")
	}
}
