// Package boundary is where a failure leaves Lambda: with one of five error names,
// which the state machine's retries and catches know, and a text that holds nothing
// of the person.
package boundary

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// The runtime reports the name of the outermost Go type as errorType: these names are
// API. A test compares them with the state machine's ErrorEquals.
type (
	RetryLater struct{ text }
	Permanent  struct{ text }
	Conflict   struct{ text }
	Invalid    struct{ text }
	NotFound   struct{ text }
)

type text string

func (t text) Error() string { return string(t) }

// Error translates any failure into one of the five.
func Error(err error) error {
	if err == nil {
		return nil
	}
	t := text(fault.Describe(err))
	switch fault.KindOf(err) {
	case fault.Permanent:
		return Permanent{t}
	case fault.Conflict:
		return Conflict{t}
	case fault.Invalid:
		return Invalid{t}
	case fault.NotFound:
		return NotFound{t}
	}
	return RetryLater{t}
}

// Step is one step of the state machine.
type Step interface {
	Run(ctx context.Context, m workflow.Message) (workflow.Message, error)
}

// Handler decodes a step's message, runs the step and translates its failure.
func Handler(step Step, log *slog.Logger) func(context.Context, json.RawMessage) (workflow.Message, error) {
	return func(ctx context.Context, event json.RawMessage) (workflow.Message, error) {
		m, err := workflow.Parse(event)
		if err != nil {
			return m, Error(err)
		}
		next, err := step.Run(ctx, m)
		if err != nil {
			log.ErrorContext(ctx, "step failed", "request_id", m.RequestID, "run", m.Run,
				"kind", fault.KindOf(err).String(), "error", fault.Describe(err))
			return next, Error(err)
		}
		log.InfoContext(ctx, "step done", "request_id", m.RequestID, "run", m.Run, "next", next.Next)
		return next, nil
	}
}

// Logger writes JSON lines to standard output, as CloudWatch takes them.
func Logger() *slog.Logger { return slog.New(slog.NewJSONHandler(os.Stdout, nil)) }

// Start gives the process to the Lambda runtime, or ends it with every problem of its
// configuration.
func Start(handler any, err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "this function cannot start:", err)
		os.Exit(1)
	}
	lambda.Start(handler)
}
