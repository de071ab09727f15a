// Package dispatchtest holds a queue and a state machine in memory for tests.
package dispatchtest

import (
	"context"
	"fmt"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
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

// DeadLetters is a queue of dead letters; what was handed out is hidden.
type DeadLetters struct {
	Fault func(op string, l dispatch.Letter) (apply bool, err error) // op is receive (with no letter), delete or release

	letters []dispatch.Letter
	hidden  map[string]bool
	last    int
}

// Put adds letters.
func (d *DeadLetters) Put(bodies ...string) {
	for _, body := range bodies {
		d.last++
		d.letters = append(d.letters, dispatch.Letter{ID: fmt.Sprint("letter-", d.last), Body: body, Receipt: fmt.Sprint("receipt-", d.last)})
	}
}

// Visible lists what another reader would get.
func (d *DeadLetters) Visible() []dispatch.Letter {
	var out []dispatch.Letter
	for _, l := range d.letters {
		if !d.hidden[l.Receipt] {
			out = append(out, l)
		}
	}
	return out
}

// Expire shows everything that is hidden, as time does.
func (d *DeadLetters) Expire() { d.hidden = nil }

const letterBatch = 10

// Receive is dispatch.DeadLetters.
func (d *DeadLetters) Receive(context.Context) ([]dispatch.Letter, error) {
	out := d.Visible()
	out = out[:min(len(out), letterBatch)]
	apply, err := d.fault("receive", dispatch.Letter{})
	for _, l := range out {
		if apply {
			d.hide(l, true)
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (d *DeadLetters) hide(l dispatch.Letter, hidden bool) {
	if d.hidden == nil {
		d.hidden = map[string]bool{}
	}
	d.hidden[l.Receipt] = hidden
}

// Delete is dispatch.DeadLetters.
func (d *DeadLetters) Delete(_ context.Context, l dispatch.Letter) error {
	apply, err := d.fault("delete", l)
	for i := range d.letters {
		if apply && d.letters[i].Receipt == l.Receipt {
			d.letters = append(d.letters[:i:i], d.letters[i+1:]...)
			break
		}
	}
	return err
}

// Release is dispatch.DeadLetters.
func (d *DeadLetters) Release(_ context.Context, l dispatch.Letter) error {
	apply, err := d.fault("release", l)
	if apply {
		d.hide(l, false)
	}
	return err
}

func (d *DeadLetters) fault(op string, l dispatch.Letter) (bool, error) {
	if d.Fault == nil {
		return true, nil
	}
	return d.Fault(op, l)
}
