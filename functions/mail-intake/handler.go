package main

import (
	"context"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/batch"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/limit"
	"github.com/mikla-ai/data-deletion/shared/mail/archive"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mailroom"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys, StartQueue, LettersQueue, CodeSecret, FingerprintSecret, Bucket, Tenants string

	UndoTenant, UndoChannel time.Duration // between a confirmation and the purge
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"),
		StartQueue: env.Address("START_QUEUE_URL"), LettersQueue: env.Address("LETTERS_QUEUE_URL"),
		CodeSecret: env.Text("CODE_SECRET"), FingerprintSecret: env.Text("FINGERPRINT_SECRET"),
		Bucket: env.Text("MAIL_BUCKET"), Tenants: env.Text("TENANTS_TABLE"),
		UndoTenant: env.Seconds("UNDO_TENANT_SECONDS"), UndoChannel: env.Seconds("UNDO_CHANNEL_SECONDS")}
	return cfg, env.Err()
}

// Handler takes mails in.
type Handler struct {
	Room    mailroom.Room // without its secrets
	Keys    awsclients.Keys
	Metrics *metric.Writer
	Log     *slog.Logger
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	log := boundary.Logger()
	l := awsclients.Ledger(aws, cfg.Ledger, cfg.CaseFile, cfg.CaseKeys)
	tenants := &mailroom.Tenants{Client: dynamodb.NewFromConfig(aws), Table: cfg.Tenants, Now: time.Now}
	return Handler{Log: log, Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now},
		Keys: awsclients.Keys{Cache: awsclients.Secrets(aws), Code: cfg.CodeSecret, Fingerprint: cfg.FingerprintSecret},
		Room: mailroom.Room{Log: log, Businesses: tenants.Businesses,
			Archive: archive.S3{Client: s3.NewFromConfig(aws), Bucket: cfg.Bucket},
			Undo:    map[string]time.Duration{"tenant": cfg.UndoTenant, "channel": cfg.UndoChannel},
			Desk: answer.Desk{Ledger: l, Limits: limit.Limits{Rows: l.Rows, Now: time.Now}, Now: time.Now,
				Start:   dispatch.SQS{Client: sqs.NewFromConfig(aws), URL: cfg.StartQueue},
				Letters: dispatch.LettersSQS{Client: sqs.NewFromConfig(aws), URL: cfg.LettersQueue}}}}
}

// Handle takes in the mails of a batch.
func (h Handler) Handle(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	keys, err := h.Keys.Read(ctx)
	if err != nil {
		return events.SQSEventResponse{}, boundary.Error(err)
	}
	room := h.Room
	room.Keys, room.Limits.Keys = keys, keys.Fingerprint
	return batch.Each(ctx, event, h.Log, "mail not taken in", func(ctx context.Context, body []byte) error {
		n, err := notice.ParseReceived(body)
		if err != nil {
			return err
		}
		taken, err := room.Receive(ctx, n)
		if err != nil || taken.Route == "" {
			return err
		}
		h.Metrics.Count(map[string]int{metric.MailReceived: 1}, map[string]string{"Route": taken.Route})
		if taken.Limited {
			h.Metrics.Count(map[string]int{metric.ReplyLimitReached: 1}, nil)
		}
		return nil
	}), nil
}
