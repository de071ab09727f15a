package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	localstack "github.com/mikla-ai/data-deletion/infra/local/stack"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// requests are the records of all requests, by ID.
func requests(t *testing.T, ctx context.Context) map[string]map[string]any {
	t.Helper()
	items, err := stack.Store(ctx, "ledger")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]any{}
	for _, item := range items {
		if item["sk"] == "request" {
			doc := decode(t, item)
			out[doc["id"].(string)] = doc
		}
	}
	return out
}

// requireOpened demands how many requests there are that were not there before.
func requireOpened(t *testing.T, ctx context.Context, before map[string]map[string]any, n int) {
	t.Helper()
	if opened := len(requests(t, ctx)) - len(before); opened != n {
		t.Errorf("%d requests were opened, expected %d", opened, n)
	}
}

func requireLetters(t *testing.T, ctx context.Context, address string, n int) {
	t.Helper()
	if letters := lettersTo(t, ctx, address); len(letters) != n {
		t.Errorf("%d letters went to %s, expected %d", len(letters), address, n)
	}
}

// notified has SES notify us several times, all at once, of one mail that arrived.
func notified(t *testing.T, ctx context.Context, id string, m mail, times int) {
	t.Helper()
	key := "raw/" + id
	objects := s3.NewFromConfig(server.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	if _, err := objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String(mailBucket), Key: aws.String(key),
		Body: strings.NewReader(string(m.raw()))}); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	receipt := object{"recipients": []string{m.receiver()}, "timestamp": rfc(time.Now()),
		"action": object{"type": "S3", "bucketName": mailBucket, "objectKey": key}}
	for _, check := range []string{"spf", "dkim", "dmarc", "spam", "virus"} {
		receipt[check+"Verdict"] = object{"status": "PASS"}
	}
	body, err := json.Marshal(object{"notificationType": "Received", "receipt": receipt,
		"mail": object{"timestamp": rfc(time.Now()), "source": m.from, "messageId": id}})
	if err != nil {
		t.Fatal(err)
	}
	topics := sns.NewFromConfig(server.AWSConfig())
	for range times {
		if _, err := topics.Publish(ctx, &sns.PublishInput{Message: aws.String(string(body)),
			TopicArn: aws.String("arn:aws:sns:" + localstack.Region + ":" + localstack.Account + ":mikla-dev-deletion-mail-received")}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestOneMailManyNotices: a mail of which we are told twice, or three times, and once more
// after the end, is one request and is answered once.
func TestOneMailManyNotices(t *testing.T) {
	for _, times := range []int{2, 3} {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			ctx := deadline(t, time.Minute)
			from, handle := fmt.Sprintf("often%d@correo.example", times), fmt.Sprintf("often.told.%d", times)
			w := world{}
			w.guest("t_faro", fmt.Sprintf("l_often%d", times), handle, "Often Told")
			seed(t, ctx, w)
			before := requests(t, ctx)
			m := mail{from: from, subject: "Delete my data", text: "Please delete all my personal data. I wrote to Hotel Faro Azul on Facebook, my username is " + handle + "."}
			id := fmt.Sprintf("often%035d", times)
			notified(t, ctx, id, m, times)
			challenge := awaitLetter(t, ctx, from, 1)
			drainLetters(t, ctx)
			requireOpened(t, ctx, before, 1)
			requireLetters(t, ctx, from, 1)
			requireOutcome(t, confirm(t, ctx, challenge, "Often Told"), "completed")
			awaitLetter(t, ctx, from, 2)
			notified(t, ctx, id, m, 1)
			drainLetters(t, ctx)
			requireOpened(t, ctx, before, 1)
			requireLetters(t, ctx, from, 2)
		})
	}
}

// hasten has what failed in a queue of mail come again after so many seconds, for this
// test: more than an invocation takes, as where it is deployed.
func hasten(t *testing.T, ctx context.Context, seconds string, names ...string) {
	t.Helper()
	for _, name := range names {
		name = "mikla-dev-deletion-" + name
		before := attributes(t, ctx, name)["VisibilityTimeout"]
		visible := func(ctx context.Context, seconds string) {
			queues, url := queue(ctx, t, name)
			if _, err := queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: aws.String(url),
				Attributes: map[string]string{"VisibilityTimeout": seconds}}); err != nil {
				t.Fatal(err)
			}
		}
		visible(ctx, seconds)
		t.Cleanup(func() { visible(context.Background(), before) })
	}
	// A mail that is answered ends the long polls that began with the old setting.
	from := strings.ToLower(t.Name()) + ".first@correo.example"
	mail{from: from, subject: "Delete my data", text: "Please delete all my personal data."}.post(t)
	awaitLetter(t, ctx, from, 1)
	drainLetters(t, ctx)
}

// failedBatches counts the invocations for a queue that ended without an answer.
func failedBatches(name string) (n int) {
	for _, entry := range server.Logs.Entries("") {
		if strings.Contains(entry.Line, "batch failed") && strings.Contains(entry.Line, ":mikla-dev-deletion-"+name) {
			n++
		}
	}
	return n
}

// TestIntakeIsKilled: before it has opened the request, before it has called for the
// letter, and before it has written down what it decided.
func TestIntakeIsKilled(t *testing.T) {
	ctx := deadline(t, time.Minute)
	hasten(t, ctx, "2", "mail-received")
	const from = "killed.intake@correo.example"
	before, failed, known := requests(t, ctx), failedBatches("mail-received"), decisions(t, ctx)
	kill := func(service, operation string) client.Fault {
		return client.Fault{Service: service, Operation: operation, Kind: "kill", Count: 1, Function: "mail-intake"}
	}
	strike(t, ctx, kill("dynamodb", "TransactWriteItems"), kill("sqs", "SendMessage"), kill("s3", "PutObject"))
	mail{from: from, subject: "Delete my data", text: "Please delete all my personal data."}.post(t)
	requireStruckSoon(t, ctx)
	awaitDecisions(t, ctx, known+1)
	awaitLetter(t, ctx, from, 1)
	drainLetters(t, ctx)
	if n := failedBatches("mail-received") - failed; n != 3 {
		t.Errorf("%d invocations of mail-intake were killed, expected 3", n)
	}
	requireOpened(t, ctx, before, 1)
	requireLetters(t, ctx, from, 1)
}

// TestSenderIsKilled: before SES has the letter, and when SES has it and nothing is noted.
// Who knows which? An event does; without one the letter goes once more, and never again.
func TestSenderIsKilled(t *testing.T) {
	silence := func(address string) client.Fault {
		return client.Fault{Service: "mail", Operation: "Delivery", Kind: "silence", Count: 1, Resource: address}
	}
	for name, c := range map[string]struct {
		kill    client.Fault
		silent  bool
		letters int
	}{
		"before": {client.Fault{Service: "ses", Operation: "SendEmail"}, false, 1},
		"after":  {client.Fault{Service: "dynamodb", Operation: "PutItem", Skip: 2}, false, 1},
		"silent": {client.Fault{Service: "dynamodb", Operation: "PutItem", Skip: 2}, true, 2},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, time.Minute)
			hasten(t, ctx, "2", "letters")
			from, failed := "killed."+name+"@correo.example", failedBatches("letters")
			c.kill.Kind, c.kill.Count, c.kill.Function = "kill", 1, "mail-send"
			faults := []client.Fault{c.kill}
			if c.silent {
				faults = append(faults, silence(from))
			}
			strike(t, ctx, faults...)
			before := requests(t, ctx)
			mail{from: from, subject: "Delete my data", text: "Please delete all my personal data."}.post(t)
			requireStruckSoon(t, ctx)
			drainLetters(t, ctx)
			if n := failedBatches("letters") - failed; n != 1 {
				t.Errorf("%d invocations of mail-send were killed, expected 1", n)
			}
			requireLetters(t, ctx, from, map[string]int{"before": 0, "after": 1, "silent": 1}[name])
			for range 2 { // the second time nothing is to be done
				age(t, ctx, before, request.EventWithin+time.Minute)
				if err := stack.Schedule(ctx, "sweep"); err != nil {
					t.Fatal(err)
				}
				drainLetters(t, ctx)
				requireLetters(t, ctx, from, c.letters)
			}
			requireOpened(t, ctx, before, 1)
		})
	}
}

// age has the letters of the one request that is not among those before stand as they do
// for so much longer, and the sweep look at it.
func age(t *testing.T, ctx context.Context, before map[string]map[string]any, by time.Duration) {
	t.Helper()
	for id, doc := range requests(t, ctx) {
		if before[id] != nil {
			continue
		}
		for _, l := range doc["letters"].([]any) {
			l.(map[string]any)["at"] = rfc(time.Now().Add(-by))
		}
		text, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		_, err = dynamodb.NewFromConfig(server.AWSConfig()).UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String("mikla-dev-ledger"),
			Key: map[string]dynamotypes.AttributeValue{"pk": &dynamotypes.AttributeValueMemberS{Value: "request#" + id},
				"sk": &dynamotypes.AttributeValueMemberS{Value: "request"}},
			UpdateExpression: aws.String("SET doc = :doc, check_at = :at"),
			ExpressionAttributeValues: map[string]dynamotypes.AttributeValue{":doc": &dynamotypes.AttributeValueMemberS{Value: string(text)},
				":at": &dynamotypes.AttributeValueMemberS{Value: rfc(time.Now().Add(-time.Minute))}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// strike injects faults; those that have not struck go with the test.
func strike(t *testing.T, ctx context.Context, faults ...client.Fault) {
	t.Helper()
	if err := stack.Faults(ctx, faults...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = stack.Do(context.Background(), "DELETE", "/_local/faults", nil, nil) })
}

// TestSESIsThrottled: the letter goes once SES takes it, and goes once.
func TestSESIsThrottled(t *testing.T) {
	ctx := deadline(t, time.Minute)
	hasten(t, ctx, "6", "letters")
	const from = "throttled@correo.example"
	before := requests(t, ctx)
	strike(t, ctx, client.Fault{Service: "ses", Operation: "SendEmail", Kind: "throttle", Count: 4})
	mail{from: from, subject: "Delete my data", text: "Please delete all my personal data."}.post(t)
	requireStruckSoon(t, ctx) // an invocation hands a letter over three times at most
	awaitLetter(t, ctx, from, 1)
	drainLetters(t, ctx)
	requireLetters(t, ctx, from, 1)
	requireOpened(t, ctx, before, 1)
}

// TestSESAnswersAreLost: a letter whose answer is lost is not handed over again at once.
func TestSESAnswersAreLost(t *testing.T) {
	ctx := deadline(t, time.Minute)
	hasten(t, ctx, "2", "letters")
	const from = "unanswered@correo.example"
	strike(t, ctx, client.Fault{Service: "ses", Operation: "SendEmail", Kind: "lost", Count: 1})
	mail{from: from, subject: "Delete my data", text: "Please delete all my personal data."}.post(t)
	awaitLetter(t, ctx, from, 1)
	drainLetters(t, ctx)
	requireStruck(t, ctx)
	requireLetters(t, ctx, from, 1)
}

// TestTheConfirmationBounces: what was erased is, the page says that the letter came back,
// and the operator sees it.
func TestTheConfirmationBounces(t *testing.T) {
	ctx := deadline(t, time.Minute)
	tool := buildTool(t, ctx)
	const from = "gone.away@correo.example"
	w := world{}
	w.guest("t_faro", "l_gone", "gone.away.8", "Gone Away")
	seed(t, ctx, w)
	before := snapshot(t, ctx)
	strike(t, ctx, client.Fault{Service: "mail", Operation: "Delivery", Kind: "bounce", Count: 1, Skip: 1, Resource: from})
	challenge := ask(t, ctx, from, "gone.away.8")
	code := find(t, challenge, statused)
	requireOutcome(t, confirm(t, ctx, challenge, "Gone Away"), "completed")
	awaitLetter(t, ctx, from, 2)
	requireStruckSoon(t, ctx)
	page := "/status/" + code + "?lang=en"
	await(t, ctx, "the page to tell of the bounce", func() bool {
		return strings.Contains(string(visit(t, ctx, "GET", page, nil).Body), "It came back. Our team has been told")
	})
	for line := range strings.Lines(tool("review", "list")) {
		if strings.Contains(line, record(t, ctx, code)["id"].(string)) && strings.Contains(line, "bounced:completed") {
			status, err := stack.Status(ctx, code)
			if err != nil {
				t.Fatal(err)
			}
			requireOutcome(t, status, "completed")
			requireSame(t, snapshot(t, ctx), without(before, "nothing is spared", `"lead_id":"l_gone"`, `t_faro#l_gone"`, `/c_l_gone/`, `profiles/l_gone.jpg`, `"c_l_gone"`))
			return
		}
	}
	t.Error("the operator's list does not have the letter that came back")
}

// TestMailsThatBreakReaders: each is taken, becomes a request, and breaks nothing. What
// cannot be read whole waits for a person.
func TestMailsThatBreakReaders(t *testing.T) {
	wants := "Please delete all my personal data."
	nest := func(depth int) (head, text string) {
		var body strings.Builder
		for i := range depth {
			fmt.Fprintf(&body, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
		}
		return "Content-Type: multipart/mixed; boundary=b0", body.String() + wants
	}
	nested, bomb := nest(5000)
	for name, c := range map[string]string{
		"long":    "Subject: Delete my data\r\n\r\n" + strings.Repeat(strings.Repeat("a", 76)+"\r\n", 11<<20/78),
		"nested":  "Subject: Delete my data\r\nMIME-Version: 1.0\r\n" + nested + "\r\n\r\n" + bomb,
		"headers": strings.Repeat("X-More: "+strings.Repeat("b", 900)+"\r\n", 2000) + "Subject: Delete my data\r\n\r\n" + wants,
		"nobody":  "Subject: Delete my data\r\n\r\n" + wants,
		"NUL":     "Subject: Delete my data\r\n\r\n" + wants + "\x00\x00 And that too.",
	} {
		t.Run(name, func(t *testing.T) {
			ctx := deadline(t, time.Minute)
			before, failed := requests(t, ctx), failedBatches("mail-received")
			from := "From: breaks." + strings.ToLower(name) + "@correo.example\r\n"
			if name == "nobody" {
				from = ""
			}
			raw := []byte(from + "To: " + privacyAt + "\r\n" + c)
			if err := smtp.SendMail(server.URLs.SMTP, nil, "breaks@correo.example", []string{privacyAt}, raw); err != nil {
				t.Fatal(err)
			}
			posted := time.Now()
			await(t, ctx, "the request", func() bool { return len(requests(t, ctx)) > len(before) })
			took := time.Since(posted)
			drainLetters(t, ctx)
			requireOpened(t, ctx, before, 1)
			want := "needs_review"
			if name == "NUL" { // it can be read all the same: its writer is asked for details
				want = "awaiting_answer"
			}
			for id, r := range requests(t, ctx) {
				if before[id] == nil && r["state"] != want {
					t.Errorf("the request is %v, expected %s", r["state"], want)
				}
			}
			if n := failedBatches("mail-received") - failed; n != 0 {
				t.Errorf("%d invocations of mail-intake broke", n)
			}
			if took > 5*time.Second {
				t.Errorf("it took %v until the request stood", took)
			}
		})
	}
}
