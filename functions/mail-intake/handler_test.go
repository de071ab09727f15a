package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

type bench struct {
	*mailroomtest.World
	metrics, log bytes.Buffer
	handler      Handler
}

func newBench(t *testing.T) *bench {
	b := &bench{World: mailroomtest.New(t)}
	b.handler = Handler{Room: b.Room(), Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Metrics: &metric.Writer{Out: &b.metrics, Now: b.Now},
		Keys: awsclients.Keys{Cache: b.Secrets(), Code: mailroomtest.CodeSecret, Fingerprint: mailroomtest.FingerprintSecret}}
	return b
}

// told is the message of SES about a mail of the world.
func told(n notice.Received) string {
	pass := map[string]string{"status": "PASS"}
	src, _ := json.Marshal(map[string]any{"notificationType": "Received",
		"mail": map[string]any{"timestamp": n.At, "source": n.EnvelopeFrom, "messageId": n.MessageID},
		"receipt": map[string]any{"recipients": n.Recipients, "spfVerdict": pass, "dkimVerdict": pass, "dmarcVerdict": pass, "spamVerdict": pass, "virusVerdict": pass,
			"action": map[string]string{"type": "S3", "bucketName": n.Bucket, "objectKey": n.Key}}})
	return string(src)
}

func (b *bench) handle(bodies ...string) string {
	b.Helper()
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint(i), Body: body})
	}
	out, err := b.handler.Handle(b.Context(), event)
	if err != nil {
		b.Fatal(err)
	}
	b.Settle()
	if text := b.log.String() + b.metrics.String(); strings.Contains(text, "tom") || strings.Contains(text, "guest.example") {
		b.Errorf("the log names somebody: %s", text)
	}
	return fmt.Sprint(out.BatchItemFailures)
}

func (b *bench) mail() string {
	return told(b.Post(mailroomtest.Mail{From: "tom.k@mail.example", Subject: "Delete my data", Body: "Please delete all my personal data. I wrote to Harbour View Hotel.\n"}))
}

func TestAMailIsTakenInOnce(t *testing.T) {
	b := newBench(t)
	body := b.mail()
	if failed := b.handle(body, "{}", body); failed != "[{1}]" {
		t.Errorf("failed %s: %s", failed, &b.log)
	}
	if r := b.Only(); r.State != request.AwaitingAnswer || len(b.Sent) != 1 {
		t.Errorf("the request stands at %s, %d letters", r.State, len(b.Sent))
	}
	if got := b.metrics.String(); strings.Count(got, `"MailReceived":1`) != 1 || !strings.Contains(got, `"Route":"ask_more"`) {
		t.Errorf("counted %s", got)
	}
}

func TestALimitThatIsReachedIsCounted(t *testing.T) {
	b := newBench(t)
	for range 5 {
		b.handle(b.mail())
	}
	if got := strings.Count(b.metrics.String(), `"ReplyLimitReached":1`); got != 2 {
		t.Errorf("counted %d times, want 2: %s", got, &b.metrics)
	}
}

// Mails that are not in the bucket fail; what SES only tries out is done with.
func TestRecordedEvents(t *testing.T) {
	for name, src := range recorded.Events(t, "mail-intake") {
		b := newBench(t)
		want := "[{0}]"
		if strings.Contains(name, "setup") {
			want = "[]"
		}
		if got := b.handle(string(src)); got != want || len(b.Requests()) > 0 {
			t.Errorf("%s: failed %s: %s", name, got, &b.log)
		}
	}
}

func TestRecordedMailsAreTakenIn(t *testing.T) {
	for name, src := range recorded.Events(t, "mail-intake") {
		n, err := notice.ParseReceived(src)
		if err != nil || n.Setup {
			continue
		}
		b := newBench(t)
		b.Archive[n.Key] = "From: ana@guest.example\r\nSubject: Borrar mis datos\r\n\r\nQuiero que borren mis datos personales.\r\n"
		if got := b.handle(string(src)); got != "[]" || len(b.Requests()) != 1 {
			t.Errorf("%s: failed %s, %d requests: %s", name, got, len(b.Requests()), &b.log)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "mail-intake"))
	if err != nil || cfg.Bucket == "" || cfg.Tenants == "" || cfg.UndoTenant.Hours() != 72 || cfg.UndoChannel.Hours() != 24 {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "START_QUEUE_URL", "LETTERS_QUEUE_URL", "CODE_SECRET",
		"FINGERPRINT_SECRET", "MAIL_BUCKET", "TENANTS_TABLE", "UNDO_TENANT_SECONDS", "UNDO_CHANNEL_SECONDS")
}
