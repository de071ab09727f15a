// Package batch works through the messages of a queue: those that fail come again one
// by one, and end in the dead-letter queue.
package batch

import (
	"context"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Each hands every message's body to work, and reports those that failed; failed is what
// the log calls that.
func Each(ctx context.Context, event events.SQSEvent, log *slog.Logger, failed string, work func(ctx context.Context, body []byte) error) events.SQSEventResponse {
	var out events.SQSEventResponse
	for _, record := range event.Records {
		if err := work(ctx, []byte(record.Body)); err != nil {
			log.ErrorContext(ctx, failed, "message_id", record.MessageId, "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: record.MessageId})
		}
	}
	return out
}
