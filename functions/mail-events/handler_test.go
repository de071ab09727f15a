package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

type bench struct {
	*mailroomtest.World
	metrics, log bytes.Buffer
	handler      Handler
}

// newBench is a world in which a person was sent a letter that nothing was heard of.
func newBench(t *testing.T) *bench {
	b := &bench{World: mailroomtest.New(t)}
	b.Silent = true
	b.handler = Handler{Sender: b.Sender(), Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Metrics: &metric.Writer{Out: &b.metrics, Now: b.Now}}
	b.Write(mailroomtest.Mail{From: "tom.k@mail.example", Subject: "Delete my data", Body: "Please delete all my personal data. I wrote to Harbour View Hotel.\n"})
	return b
}

func (b *bench) handle(bodies ...string) (failed []string) {
	b.Helper()
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{MessageId: fmt.Sprint("message-", i), Body: body})
	}
	out, err := b.handler.Handle(b.Context(), event)
	if err != nil {
		b.Fatal(err)
	}
	for _, f := range out.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

// event of SES about the world's letter.
func (b *bench) event(kind, bounce string) string {
	src, _ := json.Marshal(map[string]any{"eventType": kind,
		"mail":   map[string]any{"timestamp": "2026-06-01T12:00:00Z", "messageId": b.Sent[0].ID, "tags": map[string][]string{"letter": {b.Sent[0].Name}}},
		"bounce": map[string]any{"bounceType": bounce, "timestamp": "2026-06-01T12:00:01Z"}})
	return string(src)
}

func TestEventsMoveTheLetter(t *testing.T) {
	for _, c := range []struct {
		kind, bounce string
		want         request.LetterState
	}{
		{"Delivery", "", request.Delivered}, {"Bounce", "Permanent", request.Bounced}, {"Bounce", "Transient", request.Sent},
		{"Complaint", "", request.Bounced}, {"Reject", "", request.Bounced}, {"DeliveryDelay", "", request.Sent}, {"Send", "", request.Sent}, {"Open", "", request.Sent},
	} {
		b := newBench(t)
		for range 2 { // twice is as good as once
			if failed := b.handle(b.event(c.kind, c.bounce)); len(failed) > 0 {
				t.Errorf("%s %s: failed: %s", c.kind, c.bounce, &b.log)
			}
		}
		if got := b.Only().Letters[0].State; got != c.want {
			t.Errorf("%s %s: the letter is %s, want %s", c.kind, c.bounce, got, c.want)
		}
		if counted := strings.Contains(b.metrics.String(), metric.LettersBounced); counted != (c.want == request.Bounced) {
			t.Errorf("%s %s: counted %s", c.kind, c.bounce, &b.metrics)
		}
	}
}

// What is no event comes again, and in the end is a dead letter; the others are done.
func TestWhatIsNoEventFailsAlone(t *testing.T) {
	b := newBench(t)
	failed := b.handle("{}", b.event("Delivery", ""), "no JSON of tom.k@mail.example")
	if fmt.Sprint(failed) != "[message-0 message-2]" || b.Only().Letters[0].State != request.Delivered || strings.Contains(b.log.String(), "tom.k") {
		t.Errorf("failed %v, the letter is %s, logged %s", failed, b.Only().Letters[0].State, &b.log)
	}
}

// Their letters are of requests that are not here: somebody else's, and done with.
func TestRecordedEvents(t *testing.T) {
	for name, src := range recorded.Events(t, "mail-events") {
		b := newBench(t)
		if failed := b.handle(string(src)); len(failed) > 0 || b.Only().Letters[0].State != request.Sent {
			t.Errorf("%s: failed %v: %s", name, failed, &b.log)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	if cfg, err := Load(templateenv.Lookup(t, "mail-events")); err != nil || cfg.Ledger == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE")
}
