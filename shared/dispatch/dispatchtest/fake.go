// Package dispatchtest holds a queue and a state machine in memory for tests.
package dispatchtest

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// Queue keeps what was sent.
type Queue struct {
	Sent  []workflow.Message
	Fault func(m workflow.Message) (apply bool, err error) // nil: everything is sent
}

// Send is dispatch.Queue.
func (q *Queue) Send(_ context.Context, m workflow.Message) error {
	apply, err := true, error(nil)
	if q.Fault != nil {
		apply, err = q.Fault(m)
	}
	if apply {
		q.Sent = append(q.Sent, m)
	}
	return err
}

// Executions remembers every name that was ever started, as Step Functions does.
type Executions struct {
	Started map[string]workflow.Message
	Ended   map[string]bool
	Fault   func(op, name string) (apply bool, err error) // op is start or running
}

// NewExecutions returns a state machine that never ran.
func NewExecutions() *Executions {
	return &Executions{Started: map[string]workflow.Message{}, Ended: map[string]bool{}}
}

func (e *Executions) fault(op, name string) (bool, error) {
	if e.Fault == nil {
		return true, nil
	}
	return e.Fault(op, name)
}

// Start is dispatch.Executions: a name that was started before stays as it is.
func (e *Executions) Start(_ context.Context, name string, m workflow.Message) error {
	apply, err := e.fault("start", name)
	if _, exists := e.Started[name]; apply && !exists {
		e.Started[name] = m
	}
	return err
}

// Running is dispatch.Executions.
func (e *Executions) Running(_ context.Context, name string) (bool, error) {
	_, err := e.fault("running", name)
	_, started := e.Started[name]
	return err == nil && started && !e.Ended[name], err
}
