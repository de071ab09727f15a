package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// works runs a command that must succeed.
func works(t *testing.T, args ...string) string {
	t.Helper()
	out, err := opsctl(t, args...)
	if err != nil {
		t.Fatalf("opsctl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// fails runs a command that must fail and say so.
func fails(t *testing.T, saying string, args ...string) {
	t.Helper()
	out, err := opsctl(t, args...)
	if err == nil || !strings.Contains(err.Error(), saying) {
		t.Errorf("opsctl %s: %v, want %q\n%s", strings.Join(args, " "), err, saying, out)
	}
}

func wantSaid(t *testing.T, out string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(out, part) {
			t.Errorf("it does not say %q:\n%s", part, out)
		}
	}
}

func records() *ledger.Ledger { return (&tool{stage: "dev", aws: shared}).ledger() }

func read(t *testing.T, id string) request.Request {
	t.Helper()
	r, err := records().Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// operations are the entries of the security log.
func operations(t *testing.T) []map[string]string {
	t.Helper()
	out, err := dynamodb.NewFromConfig(shared).Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String("mikla-dev-security_log"), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	var entries []map[string]string
	for _, item := range out.Items {
		entry := map[string]string{}
		for name, value := range item {
			switch v := value.(type) {
			case *dynamotypes.AttributeValueMemberS:
				entry[name] = v.Value
			case *dynamotypes.AttributeValueMemberN:
				entry[name] = v.Value
			default:
				t.Fatalf("%s is %T", name, value)
			}
		}
		entries = append(entries, entry)
	}
	return entries
}

func queueURL(t *testing.T, name string) string {
	t.Helper()
	out, err := sqs.NewFromConfig(shared).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: aws.String("mikla-dev-deletion-" + name)})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

// empty takes every message out of a queue and returns their bodies.
func empty(t *testing.T, name string) []string {
	t.Helper()
	client, url, bodies := sqs.NewFromConfig(shared), queueURL(t, name), []string(nil)
	for {
		out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(out.Messages) == 0 {
			slices.Sort(bodies)
			return bodies
		}
		for _, m := range out.Messages {
			bodies = append(bodies, *m.Body)
			if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func put(t *testing.T, name string, bodies ...string) (ids []string) {
	t.Helper()
	url := queueURL(t, name)
	for _, body := range bodies {
		out, err := sqs.NewFromConfig(shared).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(body)})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *out.MessageId)
	}
	return ids
}

func inQueue(t *testing.T, name string) string {
	t.Helper()
	url := queueURL(t, name)
	out, err := sqs.NewFromConfig(shared).GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: &url,
		AttributeNames: []types.QueueAttributeName{types.QueueAttributeNameApproximateNumberOfMessages}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Attributes["ApproximateNumberOfMessages"]
}

const page = "https://privacy.example"

var execute = []string{"--execute", "--as", "ruth.ops"}

func asking(scope string, more ...string) []string {
	return append([]string{"requests", "open", "--public-url", page, "--scope", scope}, more...)
}

var (
	printedID   = regexp.MustCompile(`(?m)^request +([0-9a-f]{32})$`)
	printedCode = regexp.MustCompile(`(?m)^confirmation code +([A-Z2-7]{24})$`)
)

// admitted runs a request and returns its ID and code.
func admitted(t *testing.T, args []string) (id, code, out string) {
	t.Helper()
	out = works(t, append(slices.Clone(args), execute...)...)
	ids, codes := printedID.FindStringSubmatch(out), printedCode.FindStringSubmatch(out)
	if ids == nil || codes == nil {
		t.Fatalf("it printed\n%s", out)
	}
	wantSaid(t, out, page+"/status/"+codes[1]+"\n")
	return ids[1], codes[1], out
}

func TestRequestIsAdmittedOnce(t *testing.T) {
	for scope, c := range map[string]struct {
		flags  []string
		fields map[string]string
	}{
		"tenant":       {[]string{"--tenant", "t_1"}, map[string]string{"tenant_id": "t_1"}},
		"channel":      {[]string{"--tenant", "t_1", "--channel", "ch_1"}, map[string]string{"tenant_id": "t_1", "channel_id": "ch_1"}},
		"lead":         {[]string{"--tenant", "t_1", "--lead", "l_1"}, map[string]string{"tenant_id": "t_1", "lead_id": "l_1"}},
		"conversation": {[]string{"--tenant", "t_1", "--conversation", "c_1"}, map[string]string{"tenant_id": "t_1", "conversation_id": "c_1"}},
	} {
		t.Run(scope, func(t *testing.T) {
			empty(t, "start")
			args := asking(scope, c.flags...)
			id, code, out := admitted(t, args)
			wantSaid(t, out, "Its start message is sent (run 1).")
			r := read(t, id)
			if r.Intake != "operator" || r.Kind != request.DataDeletion || r.State != request.Received || time.Since(r.Cutoff) > time.Minute {
				t.Errorf("admitted %+v", r)
			}
			who, err := records().Identity(t.Context(), id)
			if err != nil || who.Kind != scope || !maps.Equal(who.Fields, c.fields) {
				t.Errorf("identity %+v, %v", who, err)
			}
			if byCode, err := records().ByCode(t.Context(), confirmation.Code(code)); err != nil || byCode.ID != id {
				t.Errorf("the code leads to %q, %v", byCode.ID, err)
			}
			again, sameCode, out := admitted(t, args)
			wantSaid(t, out, "It was open already")
			if again != id || sameCode != code || !read(t, id).Cutoff.After(r.Cutoff) {
				t.Errorf("the same call again is another request, or its cutoff is the old one")
			}
			message := fmt.Sprintf(`{"v":1,"request_id":%q,"run":1}`, id)
			if got := empty(t, "start"); !slices.Equal(got, []string{message, message}) {
				t.Errorf("sent %q", got)
			}
		})
	}
}

// Once a request has ended, the same call is a new one.
func TestRequestAfterAnEnd(t *testing.T) {
	args := asking("lead", "--tenant", "t_2", "--lead", "l_2")
	first, _, _ := admitted(t, args)
	if _, err := records().Update(t.Context(), first, 0, func(r *request.Request) error { return r.Move(request.NothingFound, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if second, _, _ := admitted(t, args); second == first {
		t.Error("the same call joined a request that had ended")
	}
}

func TestRequestDryRun(t *testing.T) {
	before := len(operations(t))
	empty(t, "start")
	out := works(t, asking("lead", "--tenant", "t_3", "--lead", "l_3")...)
	wantSaid(t, out, "Would ask for the deletion of the lead t_3 / l_3", "Nothing was done.")
	if strings.Contains(works(t, "requests", "list"), "t_3") || len(operations(t)) != before || empty(t, "start") != nil {
		t.Error("a dry run left something behind")
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	fails(t, "--scope must be", asking("planet", "--tenant", "t")...)
	fails(t, "--lead: the scope needs this ID", asking("lead", "--tenant", "t")...)
	fails(t, "--tenant and --lead only", asking("lead", "--tenant", "t", "--lead", "l", "--channel", "c")...)
	fails(t, "--tenant only", asking("tenant", "--tenant", "t", "--lead", "l")...)
	fails(t, "none of # | /", asking("lead", "--tenant", "t", "--lead", "l#other")...)
	fails(t, "has no spaces", asking("lead", "--tenant", "t t", "--lead", "l")...)
	fails(t, "PUBLIC_BASE_URL", "requests", "open", "--scope", "tenant", "--tenant", "t")
	fails(t, "--as", append(asking("tenant", "--tenant", "t"), "--execute")...)
	fails(t, "--as", append(asking("tenant", "--tenant", "t"), "--execute", "--as", "ruth@hotel.example")...)
	fails(t, "unexpected argument b", "requests", "resume", "a", "--stage", "dev", "b")
	fails(t, "unexpected argument erase", "erase")
	fails(t, "expected one of")
	fails(t, "unknown flag --all", "requests", "list", "--all")
	fails(t, "find the queue mikla-prod-deletion-start-dlq", "requests", "redrive", "--stage", "prod")
}

func TestListIsSortedAndNamesNobody(t *testing.T) {
	id, code, _ := admitted(t, asking("lead", "--tenant", "t_listed", "--lead", "l_listed"))
	later, _, _ := admitted(t, asking("tenant", "--tenant", "t_listed_2"))
	_, err := records().Update(t.Context(), later, 0, func(r *request.Request) error {
		r.Started(1)
		r.DueAt = r.DueAt.Add(-31 * 24 * time.Hour)
		return r.Move(request.NeedsOperator, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	out := works(t, "requests", "list")
	wantSaid(t, out, "request ", id, later, "needs_operator", "1, not started", "(late)", "operator")
	if strings.Index(out, id) > strings.Index(out, later) {
		t.Errorf("the oldest is not the first:\n%s", out)
	}
	for _, hidden := range []string{"t_listed", "l_listed", code} {
		if strings.Contains(out, hidden) {
			t.Errorf("the list shows %q:\n%s", hidden, out)
		}
	}
}

func TestResume(t *testing.T) {
	id, _, _ := admitted(t, asking("lead", "--tenant", "t_4", "--lead", "l_4"))
	fails(t, "waits for no person", "requests", "resume", id)
	_, err := records().Update(t.Context(), id, 0, func(r *request.Request) error {
		r.Started(1)
		r.Misses = 4
		return r.Move(request.NeedsOperator, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	empty(t, "start")
	wantSaid(t, works(t, "requests", "resume", id), "needs_operator", "It goes on in run 2.", "Nothing was done.")
	if r := read(t, id); r.State != request.NeedsOperator || r.Run != 1 {
		t.Errorf("a dry run made it %+v", r)
	}
	wantSaid(t, works(t, append([]string{"requests", "resume", id}, execute...)...), "Its start message is sent (run 2).")
	if r := read(t, id); r.State != request.Received || r.Run != 2 || r.Misses != 0 || !r.InOutbox() {
		t.Errorf("sent on as %+v", r)
	}
	if got := empty(t, "start"); !slices.Equal(got, []string{fmt.Sprintf(`{"v":1,"request_id":%q,"run":2}`, id)}) {
		t.Errorf("sent %q", got)
	}
	fails(t, "waits for no person", append([]string{"requests", "resume", id}, execute...)...)
	fails(t, "no such request", "requests", "resume", strings.Repeat("0", 32))
	fails(t, "expected \"<request>\"", "requests", "resume")
}

func TestRedrive(t *testing.T) {
	empty(t, "start")
	empty(t, "start-dlq")
	ours := make([]string, 25) // more than one batch
	for i := range ours {
		ours[i] = fmt.Sprintf(`{"v":1,"request_id":"%032x","run":1}`, i)
	}
	garbage := []string{`{"v":99,"request_id":"nobody's"}`, "guest Ada Example writes: hello"}
	put(t, "start-dlq", ours[:12]...)
	foreign := put(t, "start-dlq", garbage...)
	put(t, "start-dlq", ours[12:]...)

	out := works(t, "requests", "redrive")
	wantSaid(t, out, "25 start messages", foreign[0], foreign[1], "Nothing was done.", "--expect 25")
	if strings.Contains(out, "Ada") || strings.Contains(out, "nobody's") {
		t.Errorf("it shows what stands in a foreign message:\n%s", out)
	}
	fails(t, "--execute needs --expect", append([]string{"requests", "redrive"}, execute...)...)
	fails(t, "expected 24 start messages: nothing was done", append([]string{"requests", "redrive", "--expect", "24"}, execute...)...)
	if got := inQueue(t, "start-dlq"); got != "27" || inQueue(t, "start") != "0" {
		t.Errorf("%s letters are left before anything was done", got)
	}

	wantSaid(t, works(t, append([]string{"requests", "redrive", "--expect", "25"}, execute...)...), "25 sent again.")
	if got := empty(t, "start"); !slices.Equal(got, ours) {
		t.Errorf("sent %q", got)
	}
	slices.Sort(garbage)
	if got := empty(t, "start-dlq"); !slices.Equal(got, garbage) {
		t.Errorf("left %q", got)
	}
	wantSaid(t, works(t, append([]string{"requests", "redrive", "--expect", "0"}, execute...)...), "0 sent again.")
}

// What was executed stands in the security log: by whom, on what, with which outcome;
// and nothing of the person.
func TestOperationsAreAudited(t *testing.T) {
	id, code, _ := admitted(t, asking("lead", "--tenant", "t_5", "--lead", "l_5"))
	put(t, "start-dlq", fmt.Sprintf(`{"v":1,"request_id":%q,"run":1}`, id))
	works(t, append([]string{"requests", "redrive", "--expect", "1"}, execute...)...)
	var commands []string
	for _, entry := range operations(t) {
		if entry["kind"] != "operator" || entry["by"] != "ruth.ops" || entry["day"] != entry["at"][:10] {
			t.Errorf("entry %v", entry)
		}
		expires, err := strconv.ParseInt(entry["expires_at"], 10, 64)
		if days := time.Until(time.Unix(expires, 0)).Hours() / 24; err != nil || days > 360 || days < 359 {
			t.Errorf("it expires in %.1f days, %v", days, err)
		}
		if text := fmt.Sprint(entry); strings.Contains(text, "t_5") || strings.Contains(text, "l_5") || strings.Contains(text, code) {
			t.Errorf("it names the person: %s", text)
		}
		if entry["request_id"] == id || entry["count"] == "1" {
			commands = append(commands, entry["command"]+" "+entry["outcome"])
		}
	}
	slices.Sort(commands)
	if !slices.Equal(commands, []string{"requests open done", "requests redrive done"}) {
		t.Errorf("audited %q", commands)
	}
}

// strike makes every try of a call fail, as long as the test runs.
func strike(t *testing.T, service, operation, resource string) {
	t.Helper()
	if err := faults.Add([]front.Fault{{Service: service, Operation: operation, Kind: front.Throttle, Count: 100, Resource: resource}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(faults.Clear)
}

// What cannot be audited is not done.
func TestNothingIsDoneUnaudited(t *testing.T) {
	empty(t, "start")
	strike(t, "dynamodb", "PutItem", "mikla-dev-security_log")
	before := strings.Count(works(t, "requests", "list"), "\n")
	fails(t, "security log", append(asking("tenant", "--tenant", "t_6"), execute...)...)
	if after := strings.Count(works(t, "requests", "list"), "\n"); after != before || empty(t, "start") != nil {
		t.Errorf("%d lines before and %d after", before, after)
	}
}

// A redrive that could not send says so, in the log too, and leaves the messages.
func TestFailedRedriveIsAudited(t *testing.T) {
	empty(t, "start-dlq")
	put(t, "start-dlq", fmt.Sprintf(`{"v":1,"request_id":"%032x","run":7}`, 7))
	strike(t, "sqs", "SendMessage", "mikla-dev-deletion-start")
	fails(t, "send a start message", append([]string{"requests", "redrive", "--expect", "1"}, execute...)...)
	if n := inQueue(t, "start-dlq"); n != "1" {
		t.Errorf("%s dead letters are left", n)
	}
	failed := slices.DeleteFunc(operations(t), func(entry map[string]string) bool { return entry["outcome"] != "failed" })
	if len(failed) != 1 || failed[0]["command"] != "requests redrive" || failed[0]["count"] != "" {
		t.Errorf("audited as failed: %v", failed)
	}
}

// A start message that cannot be sent is the sweep's: the request is admitted all the
// same.
func TestRequestWhileTheQueueIsDown(t *testing.T) {
	strike(t, "sqs", "SendMessage", "mikla-dev-deletion-start")
	id, _, out := admitted(t, asking("tenant", "--tenant", "t_7"))
	wantSaid(t, out, "the sweep sends it within a minute")
	if r := read(t, id); !r.InOutbox() || time.Until(r.CheckAt) > time.Minute {
		t.Errorf("it is not in the outbox: %+v", r)
	}
}
