package provision

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/template"
)

type functionProperties struct {
	FunctionName, Runtime        string
	Timeout, MemorySize          json.Number
	ReservedConcurrentExecutions json.Number
	Environment                  struct{ Variables map[string]any }
}

func (d *deployer) function(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p functionProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	if !strings.HasPrefix(p.Runtime, "provided") {
		return template.Identity{}, fmt.Errorf("its runtime is %q: only bootstrap programs run here", p.Runtime)
	}
	_, short, ok := strings.Cut(p.FunctionName, "-deletion-")
	if !ok {
		return template.Identity{}, fmt.Errorf("its name %q does not end in -deletion-<folder under functions/>", p.FunctionName)
	}
	f := Function{
		Name: short, FunctionName: p.FunctionName, ARN: d.arn("lambda", "function:"+p.FunctionName),
		// Lambda's own defaults.
		Timeout: 3 * time.Second, Memory: 128,
		Concurrency: integer(p.ReservedConcurrentExecutions), Env: map[string]string{},
	}
	if p.Timeout != "" {
		f.Timeout = time.Duration(integer(p.Timeout)) * time.Second
	}
	if p.MemorySize != "" {
		f.Memory = integer(p.MemorySize)
	}
	for name, value := range p.Environment.Variables {
		f.Env[name] = fmt.Sprint(value)
	}
	d.world.Functions = append(d.world.Functions, f)
	return template.Identity{Ref: f.FunctionName, Attributes: map[string]string{"Arn": f.ARN}}, nil
}

type eventSourceProperties struct {
	EventSourceARN, FunctionName   string
	BatchSize                      json.Number
	MaximumBatchingWindowInSeconds json.Number
	Enabled                        *bool
	FunctionResponseTypes          []string
	ScalingConfig                  struct{ MaximumConcurrency json.Number }
}

func (d *deployer) eventSource(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p eventSourceProperties
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	i := slices.IndexFunc(d.world.Queues, func(q Queue) bool { return q.ARN == p.EventSourceARN })
	if i < 0 {
		return template.Identity{}, fmt.Errorf("its source %s is not a queue of these templates", p.EventSourceARN)
	}
	identity := template.Identity{Ref: r.ID}
	if p.Enabled != nil && !*p.Enabled {
		return identity, nil
	}
	source := EventSource{
		QueueURL: d.world.Queues[i].URL, QueueARN: p.EventSourceARN, Function: p.FunctionName,
		BatchSize: 10, MaxConcurrency: integer(p.ScalingConfig.MaximumConcurrency),
		Window:          time.Duration(integer(p.MaximumBatchingWindowInSeconds)) * time.Second,
		ReportsFailures: slices.Contains(p.FunctionResponseTypes, "ReportBatchItemFailures"),
	}
	if p.BatchSize != "" {
		source.BatchSize = integer(p.BatchSize)
	}
	d.world.Sources = append(d.world.Sources, source)
	return identity, nil
}

func (d *deployer) api(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct {
		Name             string
		Body             map[string]any
		BinaryMediaTypes []string
	}
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	if p.Body == nil {
		return template.Identity{}, fmt.Errorf("it has no OpenAPI document in Body")
	}
	d.world.APIs = append(d.world.APIs, API{Name: nameOr(p.Name, r), Body: p.Body, BinaryMediaTypes: p.BinaryMediaTypes})
	return template.Identity{Ref: "local", Attributes: map[string]string{"RestApiId": "local", "RootResourceId": "root"}}, nil
}

func (d *deployer) schedule(r *template.Resource, properties map[string]any) (template.Identity, error) {
	var p struct {
		Name, ScheduleExpression, State string
		EventPattern                    map[string]any
		Targets                         []struct{ ARN, Input string }
	}
	if err := decode(properties, &p); err != nil {
		return template.Identity{}, err
	}
	if p.EventPattern != nil || p.ScheduleExpression == "" {
		return template.Identity{}, fmt.Errorf("only rules with a schedule run here, not event patterns")
	}
	name := nameOr(p.Name, r)
	arn := d.arn("events", "rule/"+name)
	for _, target := range p.Targets {
		d.world.Schedules = append(d.world.Schedules, Schedule{
			Name: name, ARN: arn, Expression: p.ScheduleExpression,
			Function: target.ARN, Input: target.Input, Enabled: p.State != "DISABLED",
		})
	}
	return template.Identity{Ref: name, Attributes: map[string]string{"Arn": arn}}, nil
}
