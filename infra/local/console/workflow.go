package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	queues "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// Execution is one run of a state machine.
type Execution struct {
	Name      string     `json:"name"`
	Status    string     `json:"status"`
	StartedAt *time.Time `json:"started_at"`
	StoppedAt *time.Time `json:"stopped_at"`
	Input     any        `json:"input,omitempty"`
	Output    any        `json:"output,omitempty"`
	Error     string     `json:"error,omitempty"`
	Cause     string     `json:"cause,omitempty"`
	// History is there with ?history=1.
	History []Event `json:"history,omitempty"`
}

// Event is one step of an execution.
type Event struct {
	At    *time.Time `json:"at"`
	Type  string     `json:"type"`
	State string     `json:"state,omitempty"`
	Error string     `json:"error,omitempty"`
	Cause string     `json:"cause,omitempty"`
}

// Queue is a queue with its depth.
type Queue struct {
	Name     string `json:"name"`
	URL      string `json:"url"`
	Messages string `json:"messages"`
	InFlight string `json:"in_flight"`
	Delayed  string `json:"delayed"`
}

// lookup says what to tell of which executions.
type lookup struct {
	request          string // only those of this request; "" for all
	details, history bool
}

func (l lookup) wants(execution string) bool {
	return l.request == "" || strings.HasPrefix(execution, l.request+"-")
}

func (c *Console) executions(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	list, err := c.listExecutions(r.Context(), lookup{asked.Get("request"), true, asked.Get("history") != ""})
	answer(w, list, err)
}

// listExecutions returns executions of all state machines, newest first.
func (c *Console) listExecutions(ctx context.Context, l lookup) ([]Execution, error) {
	list := []Execution{}
	for _, machine := range c.World.StateMachines {
		pages := sfn.NewListExecutionsPaginator(c.SFN, &sfn.ListExecutionsInput{StateMachineArn: aws.String(machine.ARN)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, item := range page.Executions {
				if !l.wants(aws.ToString(item.Name)) {
					continue
				}
				execution, err := c.execution(ctx, item, l)
				if err != nil {
					return nil, err
				}
				list = append(list, execution)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b Execution) int {
		return cmp.Compare(aws.ToTime(b.StartedAt).UnixNano(), aws.ToTime(a.StartedAt).UnixNano())
	})
	return list, nil
}

func (c *Console) execution(ctx context.Context, item types.ExecutionListItem, l lookup) (Execution, error) {
	e := Execution{
		Name: aws.ToString(item.Name), Status: string(item.Status), StartedAt: item.StartDate, StoppedAt: item.StopDate,
	}
	if l.details {
		described, err := c.SFN.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: item.ExecutionArn})
		if err != nil {
			return e, err
		}
		e.Status, e.StoppedAt = string(described.Status), described.StopDate
		e.Input, e.Output = readable([]byte(aws.ToString(described.Input))), readable([]byte(aws.ToString(described.Output)))
		e.Error, e.Cause = aws.ToString(described.Error), aws.ToString(described.Cause)
	}
	var err error
	if l.history {
		e.History, err = c.history(ctx, aws.ToString(item.ExecutionArn))
	}
	return e, err
}

func (c *Console) history(ctx context.Context, arn string) ([]Event, error) {
	pages := sfn.NewGetExecutionHistoryPaginator(c.SFN, &sfn.GetExecutionHistoryInput{ExecutionArn: aws.String(arn)})
	var list []Event
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			list = append(list, eventOf(e))
		}
	}
	return list, nil
}

func eventOf(e types.HistoryEvent) Event {
	event := Event{At: e.Timestamp, Type: string(e.Type)}
	if d := e.StateEnteredEventDetails; d != nil {
		event.State = aws.ToString(d.Name)
	}
	if d := e.StateExitedEventDetails; d != nil {
		event.State = aws.ToString(d.Name)
	}
	if d := e.TaskFailedEventDetails; d != nil {
		event.Error, event.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
	}
	if d := e.ExecutionFailedEventDetails; d != nil {
		event.Error, event.Cause = aws.ToString(d.Error), aws.ToString(d.Cause)
	}
	return event
}

func (c *Console) queues(w http.ResponseWriter, r *http.Request) {
	list, err := c.listQueues(r.Context())
	answer(w, list, err)
}

func (c *Console) listQueues(ctx context.Context) ([]Queue, error) {
	list := []Queue{}
	for _, queue := range c.World.Queues {
		got, err := c.SQS.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
			QueueUrl: aws.String(queue.URL), AttributeNames: []queues.QueueAttributeName{queues.QueueAttributeNameAll},
		})
		if err != nil {
			return nil, err
		}
		list = append(list, Queue{
			Name: queue.Name, URL: queue.URL,
			Messages: got.Attributes["ApproximateNumberOfMessages"],
			InFlight: got.Attributes["ApproximateNumberOfMessagesNotVisible"],
			Delayed:  got.Attributes["ApproximateNumberOfMessagesDelayed"],
		})
	}
	return list, nil
}
