package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/stack"
)

const (
	metaApp       = "900000000000001"
	metaAppSecret = "local-facebook-app-secret-current"
)

// platform is a local stack of our own, with guests.
type platform struct {
	stack       *stack.Stack
	client      client.Client
	dynamo      string // DynamoDB Local itself, past the front
	db          *dynamodb.Client
	environment map[string]string // of the purge, as the stack sets it
	functions   string            // folder of <name>/bootstrap
	runtime     *runtimeAPI
	guests      int
}

func startPlatform(ctx context.Context, functions, golden string) (*platform, error) {
	environments, err := loadEnvironments(golden)
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(functions)
	if err != nil {
		return nil, err
	}
	runtime, err := serveRuntime()
	if err != nil {
		return nil, err
	}
	s, err := stack.Start(ctx, stack.Options{NoSchedules: true, Functions: absolute})
	if err != nil {
		runtime.close()
		return nil, err
	}
	p := &platform{stack: s, client: client.New(s.URLs.API), dynamo: s.EngineURL("DynamoDB Local"),
		environment: environments["purge"], functions: absolute, runtime: runtime}
	p.db = dynamodb.New(dynamodb.Options{Region: stack.Region, BaseEndpoint: aws.String(p.dynamo),
		HTTPClient:  &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: seeders}},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	return p, nil
}

func (p *platform) close() {
	p.stack.Close()
	p.runtime.close()
}

// welcome makes a guest and stores everything of his but the messages.
func (p *platform) welcome(ctx context.Context, messages int) (guest, error) {
	p.guests++
	g := guest{name: fmt.Sprintf("guest%d", p.guests), messages: messages}
	last := g.sentAt(messages)
	world := map[string][]client.Item{
		"leads": {{"tenant_id": tenant, "lead_id": g.lead(), "channel_id": channel, "platform": "facebook",
			"platform_user_id": "77" + g.name, "platform_key": "facebook#77" + g.name, "handle": g.name, "handle_key": tenant + "#facebook#" + g.name,
			"display_name": g.name, "first_seen_at": g.sentAt(0), "last_interaction_at": last}},
		"conversations": {{"tenant_id": tenant, "conversation_id": g.conversation(), "channel_id": channel, "lead_id": g.lead(),
			"lead_key": tenant + "#" + g.lead(), "channel_key": tenant + "#" + channel, "kind": "dm", "started_at": g.sentAt(0)}},
		"links": {{"app_user": metaApp + "#" + g.user(), "target": "lead#" + tenant + "#" + g.lead(), "linked_at": g.sentAt(0), "how": "login"}},
	}
	encoded, err := json.Marshal(world)
	if err != nil {
		return g, err
	}
	return g, p.client.Seed(ctx, encoded)
}

// user is the guest's app-scoped ID.
func (g guest) user() string { return "1015000000000" + strings.TrimPrefix(g.name, "guest") }

const seeders = 4

// write stores the guest's messages.
func (p *platform) write(ctx context.Context, g guest) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seeders)
	for from := 0; from < g.messages; from += 25 {
		writes := g.puts(from, min(from+25, g.messages))
		group.Go(func() error {
			_, err := p.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{messagesTable: writes}})
			return err
		})
	}
	return group.Wait()
}

// left counts the guest's messages.
func (p *platform) left(ctx context.Context, g guest) (int, error) {
	out, err := p.db.Query(ctx, &dynamodb.QueryInput{TableName: table, ConsistentRead: aws.Bool(true), Select: types.SelectCount,
		KeyConditionExpression:    aws.String("conversation_id = :c"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":c": text(g.conversation())}})
	if err != nil {
		return 0, err
	}
	return int(out.Count), nil
}

// byHand keeps executions from being started, so that the bench can walk a request's
// steps itself.
func (p *platform) byHand() error {
	return p.stack.Front.Faults.Add([]front.Fault{{Service: "states", Operation: "StartExecution", Kind: front.Throttle, Count: 1 << 30}})
}

// step is what of a message between steps decides which is the next one.
type step struct {
	Next string `json:"next"`
}

// erase asks for the guest's deletion and walks it from step to step until it is done.
// The purge runs apart from the stack, with the environment that the template gives it
// but for what change says, and is measured; further rounds of it are added up.
func (p *platform) erase(ctx context.Context, g guest, change map[string]string) (work, error) {
	message, err := p.admit(ctx, g)
	if err != nil {
		return work{}, err
	}
	var total work
	for next := "locate"; next != "done"; {
		answer := []byte(nil)
		if next == "purge" {
			done, err := p.purge(message, change)
			if err != nil {
				return total, err
			}
			total.took, total.cpu, total.peak = total.took+done.took, total.cpu+done.cpu, max(total.peak, done.peak)
			answer = done.answer
		} else if answer, err = p.invoke(next, message); err != nil {
			return total, err
		}
		var s step
		if err := json.Unmarshal(answer, &s); err != nil || s.Next == "review" || s.Next == "operator" {
			return total, fmt.Errorf("%s ended with %s", next, answer)
		}
		message, next = answer, s.Next
	}
	return total, nil
}

func (p *platform) invoke(function string, message []byte) ([]byte, error) {
	result, err := p.stack.Runtime.Invoke(function, message)
	if err != nil {
		return nil, err
	}
	if result.FunctionError != "" {
		return nil, fmt.Errorf("%s failed: %s", function, result.Payload)
	}
	return result.Payload, nil
}

// purge runs the purge's own binary for one event.
func (p *platform) purge(message []byte, change map[string]string) (work, error) {
	environment := maps.Clone(p.environment)
	environment["AWS_ENDPOINT_URL"] = p.stack.URLs.AWS
	environment["AWS_ENDPOINT_URL_DYNAMODB"] = p.dynamo
	environment["WRITE_BUDGET"] = "0"
	maps.Copy(environment, change)
	return p.runtime.invoke(filepath.Join(p.functions, "purge", "bootstrap"), environment, message)
}

// admit sends Meta's callback and returns the message that starts the request's first
// step.
func (p *platform) admit(ctx context.Context, g guest) ([]byte, error) {
	before, err := p.requests(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := p.ask(ctx, g); err != nil {
		return nil, err
	}
	after, err := p.requests(ctx)
	if err != nil {
		return nil, err
	}
	for id := range after {
		if !before[id] {
			return fmt.Appendf(nil, `{"v":1,"request_id":%q,"run":1}`, id), nil
		}
	}
	return nil, fmt.Errorf("the ledger has no request of %s", g.name)
}

func (p *platform) ask(ctx context.Context, g guest) (client.Accepted, error) {
	return p.client.Callback(ctx, "data-deletion", client.Notice{App: metaApp, User: g.user(), Secret: metaAppSecret, IssuedAt: time.Now()})
}

// requests are the IDs of those in the ledger.
func (p *platform) requests(ctx context.Context) (map[string]bool, error) {
	rows, err := p.client.Store(ctx, "ledger")
	ids := map[string]bool{}
	for _, row := range rows {
		pk, _ := row["pk"].(string)
		if id, found := strings.CutPrefix(pk, "request#"); found && row["sk"] == "request" {
			ids[id] = true
		}
	}
	return ids, err
}
