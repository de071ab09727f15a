package main

import (
	"context"
	"encoding/json"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/functions/internal/metric"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
)

// Config is the function's environment.
type Config struct{ Ledger, Queue, LettersQueue, StateMachine string }

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), Queue: env.Address("START_QUEUE_URL"),
		LettersQueue: env.Address("LETTERS_QUEUE_URL"), StateMachine: env.Text("STATE_MACHINE_ARN")}
	return cfg, env.Err()
}

const reserve = 10 * time.Second

// Handler sweeps.
type Handler struct {
	Sweeper dispatch.Sweeper
	Metrics *metric.Writer
}

// New wires the handler.
func New(cfg Config, aws aws.Config) Handler {
	return Handler{
		Metrics: &metric.Writer{Out: os.Stdout, Now: time.Now},
		Sweeper: dispatch.Sweeper{
			Ledger:     awsclients.Ledger(aws, cfg.Ledger, "", ""),
			Queue:      dispatch.SQS{Client: sqs.NewFromConfig(aws), URL: cfg.Queue},
			Letters:    dispatch.LettersSQS{Client: sqs.NewFromConfig(aws), URL: cfg.LettersQueue},
			Executions: dispatch.StepFunctions{Client: sfn.NewFromConfig(aws), Machine: cfg.StateMachine},
			Log:        boundary.Logger(), Reserve: reserve}}
}

// Handle runs one sweep; what the schedule sends along does not matter. The alarm is
// on the absence of SweepCompleted, so a sweep that did not look at everything that was
// due does not count it.
func (h Handler) Handle(ctx context.Context, _ json.RawMessage) (dispatch.Swept, error) {
	done, err := h.Sweeper.Run(ctx)
	counts := counted(done)
	if err == nil && !done.OutOfTime {
		counts[metric.SweepCompleted] = 1
	}
	h.Metrics.Count(counts, nil)
	return done, boundary.Error(err)
}

// counted is what one pass saw. It does not see every open request, so that what looks
// at these metrics must take the maximum of more than five minutes.
func counted(done dispatch.Swept) map[string]int {
	return map[string]int{
		metric.Resent: done.Resent, metric.Restarted: done.Restarted,
		metric.WaitingForOperator: done.Waiting + done.Parked,
		metric.OpenOver48Hours:    done.Over48Hours,
		metric.OpenOver7Days:      done.Over7Days,
		metric.OpenOver14Days:     done.Over14Days,
		metric.OpenOver21Days:     done.Over21Days,
		metric.OpenOver25Days:     done.Over25Days,
		metric.PastDue:            done.PastDue,
		metric.NeverStarted:       done.NeverStarted,
		metric.ExecutionsStuck:    done.Stuck,
	}
}
