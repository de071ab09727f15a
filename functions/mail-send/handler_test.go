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
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

type bench struct {
	*mailroomtest.World
	metrics, log bytes.Buffer
	handler      Handler
}

func newBench(t *testing.T) *bench {
	b := &bench{World: mailroomtest.New(t)}
	b.handler = Handler{Sender: b.Sender(), Log: slog.New(slog.NewJSONHandler(&b.log, nil)), Metrics: &metric.Writer{Out: &b.metrics, Now: b.Now},
		Keys: awsclients.Keys{Cache: b.Secrets(), Code: mailroomtest.CodeSecret, Fingerprint: mailroomtest.FingerprintSecret}}
	return b
}

// owing is a request that owes a letter.
func (b *bench) owing() request.Request {
	b.Helper()
	n := b.Post(mailroomtest.Mail{From: "tom.k@mail.example", Subject: "Delete my data", Body: "Please delete all my personal data. I wrote to Harbour View Hotel.\n"})
	if _, err := b.Room().Receive(b.Context(), n); err != nil {
		b.Fatal(err)
	}
	return b.Only()
}

func TestALetterIsSentOnce(t *testing.T) {
	b := newBench(t)
	body, _ := json.Marshal(workflow.For(b.owing()))
	event := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "1", Body: string(body)}, {MessageId: "2", Body: string(body)}, {MessageId: "3", Body: "{}"}}}
	out, err := b.handler.Handle(t.Context(), event)
	if err != nil || fmt.Sprint(out.BatchItemFailures) != "[{3}]" {
		t.Errorf("failed %v, %v", out.BatchItemFailures, err)
	}
	if len(b.Sent) != 1 || strings.Count(b.metrics.String(), `"LettersSent":1`) != 1 {
		t.Errorf("%d letters, counted %s", len(b.Sent), &b.metrics)
	}
	for _, name := range []string{metric.LettersBounced, metric.LettersUnconfirmed, metric.ReplyLimitReached} { // alarms look at them
		if !strings.Contains(b.metrics.String(), `"`+name+`":0`) {
			t.Errorf("%s is not counted: %s", name, &b.metrics)
		}
	}
	if strings.Contains(b.log.String()+b.metrics.String(), "tom.k") {
		t.Errorf("logged %s", &b.log)
	}
}

// The recorded requests are not here: a message of one that is unknown fails.
func TestRecordedEvents(t *testing.T) {
	for name := range recorded.Events(t, "mail-send") {
		b := newBench(t)
		event := recorded.Event[events.SQSEvent](t, "mail-send", name)
		out, err := b.handler.Handle(t.Context(), event)
		if err != nil || len(out.BatchItemFailures) != len(event.Records) || !strings.Contains(b.log.String(), "no such request") {
			t.Errorf("%s: %v, %v, logged %s", name, out, err, &b.log)
		}
	}
}

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "mail-send"))
	if err != nil || cfg.Ledger == "" || !strings.Contains(cfg.Sender, "@") || cfg.ConfigurationSet == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "CODE_SECRET", "FINGERPRINT_SECRET", "PUBLIC_BASE_URL", "SENDER", "CONFIGURATION_SET")
}
