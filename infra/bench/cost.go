package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/endpoint"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/runtimeapi"
	"github.com/mikla-ai/data-deletion/infra/local/stack"
)

// deletion is one request on the whole stack, from Meta's callback to its outcome.
type deletion struct {
	messages int
	took     time.Duration
	calls    []front.Call // by our functions and the workflow
	bill     bill
}

// meter stands between the functions and DynamoDB and adds up the units that their
// calls take: it asks for them in every call, which changes nothing else.
type meter struct {
	URL    string
	server *http.Server

	mu          sync.Mutex
	read, write float64
}

func serveMeter(target string) (*meter, error) {
	to, err := url.Parse(target)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve the meter: %w", err)
	}
	m := &meter{URL: "http://" + listener.Addr().String()}
	proxy := httputil.NewSingleHostReverseProxy(to)
	proxy.ModifyResponse = m.count
	m.server = &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, err := asking(r.Body); err == nil {
			replay(r, body)
			proxy.ServeHTTP(w, r)
		}
	})}
	go func() { _ = m.server.Serve(listener) }()
	return m, nil
}

func (m *meter) close() { _ = m.server.Close() }

// asking adds to a call that it wants to know what it took.
func asking(body io.Reader) ([]byte, error) {
	var call map[string]json.RawMessage
	if err := json.NewDecoder(body).Decode(&call); err != nil {
		return nil, err
	}
	call["ReturnConsumedCapacity"] = json.RawMessage(`"TOTAL"`)
	return json.Marshal(call)
}

func (m *meter) count(r *http.Response) error {
	body, err := io.ReadAll(r.Body)
	r.Body.Close()
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, operation, _ := strings.Cut(r.Request.Header.Get("X-Amz-Target"), ".")
	units := unitsOf(r.StatusCode, body)
	m.mu.Lock()
	defer m.mu.Unlock()
	if slices.Contains([]string{"GetItem", "BatchGetItem", "Query"}, operation) {
		m.read += units
	} else {
		m.write += units
	}
	return nil
}

// unitsOf reads what a call took out of its answer: one entry or, of a batch or a
// transaction, one for each table. A condition that failed took one unit and does not
// say so.
func unitsOf(status int, body []byte) float64 {
	if status != http.StatusOK {
		return 1
	}
	type capacity struct{ CapacityUnits float64 }
	var one struct{ ConsumedCapacity capacity }
	if json.Unmarshal(body, &one) == nil {
		return one.ConsumedCapacity.CapacityUnits
	}
	var many struct{ ConsumedCapacity []capacity }
	_ = json.Unmarshal(body, &many)
	total := 0.0
	for _, c := range many.ConsumedCapacity {
		total += c.CapacityUnits
	}
	return total
}

// onlookers call for other reasons than the deletion: we, who look at its status.
var onlookers = []string{"outside", "local stack", "status"}

// through lets every function's calls to DynamoDB go to an address: the meter's, from
// which they reach the front as those to the other services do, or the front's own.
func (p *platform) through(dynamo string) error {
	for _, f := range p.stack.World.Functions {
		if slices.Contains(onlookers, f.Name) {
			continue
		}
		env := maps.Clone(f.Env)
		maps.Copy(env, map[string]string{
			"AWS_ENDPOINT_URL": p.stack.URLs.AWS, "AWS_ENDPOINT_URL_DYNAMODB": dynamo, "AWS_REGION": stack.Region,
			"AWS_ACCESS_KEY_ID": endpoint.AccessKey(f.Name), "AWS_SECRET_ACCESS_KEY": endpoint.Secret,
		})
		err := p.stack.Runtime.Register(runtimeapi.Function{Name: f.Name, FunctionName: f.FunctionName, ARN: f.ARN,
			Folder: filepath.Join(p.functions, f.Name), Env: env, Timeout: f.Timeout, Memory: f.Memory, Concurrency: f.Concurrency})
		if err != nil {
			return err
		}
	}
	return nil
}

// patient is how long a deletion may take until it is called broken.
const patient = 3 * time.Minute

// measureDeletion follows one request as the cloud would carry it out, with the write
// budget of the stack.
func (p *platform) measureDeletion(ctx context.Context, messages int) (deletion, error) {
	d := deletion{messages: messages}
	g, err := p.welcome(ctx, messages)
	if err == nil {
		err = p.write(ctx, g)
	}
	if err == nil {
		err = p.furnish(ctx, g)
	}
	if err == nil {
		err = p.copyChannel(ctx)
	}
	if err != nil {
		return d, err
	}
	m, err := serveMeter(p.stack.URLs.AWS)
	if err != nil {
		return d, err
	}
	defer m.close()
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	if err := p.through(m.URL); err != nil {
		return d, err
	}
	p.stack.Front.Calls.Clear()
	d.took, err = p.follow(ctx, g)
	if err := errors.Join(err, p.through(p.stack.URLs.AWS)); err != nil {
		return d, err
	}
	d.calls = slices.DeleteFunc(p.stack.Front.Calls.List(), func(c front.Call) bool { return slices.Contains(onlookers, c.Function) })
	transitions, err := p.transitions(ctx)
	if err != nil {
		return d, err
	}
	d.bill, err = makeBill(d.calls, m.read, m.write, transitions, d.took)
	return d, err
}

// furnish gives the guest what a conversation has besides messages: an audit entry for
// each second message, an attachment for each twentieth, a picture.
func (p *platform) furnish(ctx context.Context, g guest) error {
	world := map[string][]client.Item{}
	for i := 0; i < g.messages; i += 2 {
		at := g.sentAt(i)
		world["ai_audit"] = append(world["ai_audit"], client.Item{"conversation_id": g.conversation(), "audit_key": fmt.Sprintf("%s#a_%d", at, i),
			"audit_id": fmt.Sprintf("a_%d", i), "created_at": at, "tenant_id": tenant, "lead_id": g.lead(), "prompt": words, "response": words, "model_version": "m-2026-02"})
		if i%20 == 0 {
			world["media"] = append(world["media"], client.Item{"key": fmt.Sprintf("%s/%s/%s/m_%d.jpg", tenant, channel, g.conversation(), i), "content_type": "image/jpeg", "base64": "AAAA"})
		}
	}
	encoded, err := json.Marshal(world)
	if err != nil {
		return err
	}
	return p.client.Seed(ctx, encoded)
}

func (p *platform) follow(ctx context.Context, g guest) (time.Duration, error) {
	began := time.Now()
	accepted, err := p.ask(ctx, g)
	if err != nil {
		return 0, err
	}
	status, err := p.client.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		return 0, err
	}
	if *status.Outcome != "completed" {
		return 0, fmt.Errorf("the request ended as %s", *status.Outcome)
	}
	return time.Since(began), nil
}

// transitions counts the states that the one execution there is has entered.
func (p *platform) transitions(ctx context.Context) (int, error) {
	states := sfn.NewFromConfig(p.stack.AWSConfig())
	machines, err := states.ListStateMachines(ctx, &sfn.ListStateMachinesInput{})
	if err != nil || len(machines.StateMachines) != 1 {
		return 0, errors.Join(fmt.Errorf("the stack has not one state machine"), err)
	}
	runs, err := states.ListExecutions(ctx, &sfn.ListExecutionsInput{StateMachineArn: machines.StateMachines[0].StateMachineArn})
	if err != nil || len(runs.Executions) != 1 {
		return 0, errors.Join(fmt.Errorf("the request has not one execution"), err)
	}
	history, err := states.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{ExecutionArn: runs.Executions[0].ExecutionArn, IncludeExecutionData: aws.Bool(false)})
	if err != nil {
		return 0, err
	}
	entered := 0
	for _, event := range history.Events {
		if strings.HasSuffix(string(event.Type), "StateEntered") {
			entered++
		}
	}
	return entered, nil
}

// line is one line of a bill.
type line struct {
	price
	units float64
}

func (l line) dollars() float64 { return l.units * l.price.dollars }

type bill []line

// makeBill prices a request. What Lambda's time costs is bounded from above: as if one
// function of 256 MB had run from the callback to the outcome.
func makeBill(calls []front.Call, read, write float64, transitions int, took time.Duration) (bill, error) {
	units := map[price]float64{
		dynamoRead: read, dynamoWrite: write, transition: float64(transitions),
		lambdaTime1: took.Seconds() * 0.25,
		apiCall:     1, wallCall: 1, lambdaCall: 2, // the callback, and the queue's batch: nobody of ours calls for these
		queueCall: 2, // the queue is read, and the message deleted, on behalf of the function
	}
	for _, c := range calls {
		p, known := priceOf(c.Service, c.Operation)
		if !known {
			return nil, fmt.Errorf("%s %s has no price", c.Service, c.Operation)
		}
		if c.Service != "dynamodb" {
			units[p] += float64(c.Count)
		}
	}
	var b bill
	for p, n := range units {
		if n > 0 {
			b = append(b, line{p, n})
		}
	}
	slices.SortFunc(b, byService)
	return b, nil
}

func byService(x, y line) int {
	return cmp.Or(cmp.Compare(x.service, y.service), cmp.Compare(x.unit, y.unit))
}

func (b bill) total() float64 {
	total := 0.0
	for _, l := range b {
		total += l.dollars()
	}
	return total
}

func (b bill) print(out io.Writer) {
	fmt.Fprintln(out, "| service | paid by | units | $ |\n|---|---|---:|---:|")
	for _, l := range b {
		fmt.Fprintf(out, "| %s | %s | %.1f | %.7f |\n", l.service, l.unit, l.units, l.dollars())
	}
	fmt.Fprintf(out, "| **total** | | | **%.6f** |\n\n", b.total())
}

func (d deletion) print(out io.Writer) {
	fmt.Fprintf(out, "A lead with %d messages, from Meta's POST to the outcome: %.1f s.\n\n", d.messages, d.took.Seconds())
	d.bill.print(out)
	fmt.Fprintln(out, "| function | calls |\n|---|---|")
	for _, function := range d.functions() {
		fmt.Fprintf(out, "| %s | %s |\n", function, d.callsOf(function))
	}
	fmt.Fprintln(out)
	d.printErasure(out)
}

func (d deletion) functions() []string {
	seen := map[string]bool{}
	for _, c := range d.calls {
		seen[c.Function] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// callsOf adds a function's calls up by operation.
func (d deletion) callsOf(function string) string {
	return countsOf(slices.DeleteFunc(slices.Clone(d.calls), func(c front.Call) bool { return c.Function != function }))
}

// callsText lists operations with how often each was called.
func callsText(counts map[string]int) string {
	var parts []string
	for _, operation := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %d", operation, counts[operation]))
	}
	return strings.Join(parts, ", ")
}

func (d deletion) check() error {
	var problems []error
	if d.took > maxDeletion {
		problems = append(problems, fmt.Errorf("%d messages took %s from the callback to the outcome, more than %s", d.messages, d.took, maxDeletion))
	}
	if total := d.bill.total(); total > maxPrice {
		problems = append(problems, fmt.Errorf("%d messages cost $%.4f, more than $%.2f", d.messages, total, maxPrice))
	}
	return errors.Join(problems...)
}
