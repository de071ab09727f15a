// Package provision creates in the engines what the synthesized templates declare, and
// tells the rest of the local stack what it has to serve. It declares nothing itself.
package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// World is what the templates add up to.
type World struct {
	Region, Account string

	Stores        []Store
	Queues        []Queue
	Functions     []Function
	Sources       []EventSource
	APIs          []API
	Schedules     []Schedule
	StateMachines []StateMachine

	ReceiptRules      []ReceiptRule
	EventDestinations []EventDestination
}

// Store is a table or bucket with the name that its tag gives it, which is its name in
// the data map.
type Store struct {
	Name     string
	Kind     string // "table" or "bucket"
	Physical string
	// Key is the partition key, then the sort key; Types says S, N or B of each.
	Key   []string
	Types map[string]string
	// KMSKey encrypts the store.
	KMSKey string
}

// Queue is a queue; DeadLetters is the ARN of where its failures go, or "".
type Queue struct {
	Name, URL, ARN string
	DeadLetters    string
}

// Function is a function and its settings.
type Function struct {
	Name, FunctionName, ARN string
	Env                     map[string]string
	Timeout                 time.Duration
	Memory, Concurrency     int
}

// EventSource hands the messages of a queue to a function.
type EventSource struct {
	QueueURL, QueueARN, Function string
	BatchSize                    int
	Window                       time.Duration
	MaxConcurrency               int
	ReportsFailures              bool
}

// API is a REST API with its OpenAPI document.
type API struct {
	Name             string
	Body             map[string]any
	BinaryMediaTypes []string
}

// Schedule runs a function from time to time.
type Schedule struct {
	Name, ARN, Expression string
	Function              string // ARN
	Input                 string // "" means the event itself
	Enabled               bool
}

// StateMachine is a workflow.
type StateMachine struct{ Name, ARN string }

// Store finds a store by its name in the data map.
func (w *World) Store(name string) (Store, bool) {
	i := slices.IndexFunc(w.Stores, func(s Store) bool { return s.Name == name })
	if i < 0 {
		return Store{}, false
	}
	return w.Stores[i], true
}

// Function finds a function by its short name, deployed name or ARN.
func (w *World) Function(name string) (Function, bool) {
	i := slices.IndexFunc(w.Functions, func(f Function) bool {
		return name == f.Name || name == f.FunctionName || name == f.ARN
	})
	if i < 0 {
		return Function{}, false
	}
	return w.Functions[i], true
}

// Options say where and with which parameters to deploy.
type Options struct {
	// AWS calls the front.
	AWS        aws.Config
	Account    string
	Parameters map[string]string
}

// Deploy creates everything that the templates declare.
func Deploy(ctx context.Context, templates []*template.Template, o Options) (*World, error) {
	d := &deployer{
		ctx: ctx, region: o.AWS.Region, account: o.Account,
		world:    &World{Region: o.AWS.Region, Account: o.Account},
		dynamodb: dynamodb.NewFromConfig(o.AWS), s3: s3.NewFromConfig(o.AWS), sqs: sqs.NewFromConfig(o.AWS),
		kms: kms.NewFromConfig(o.AWS), secrets: secretsmanager.NewFromConfig(o.AWS), sfn: sfn.NewFromConfig(o.AWS),
		sns: sns.NewFromConfig(o.AWS), ses: sesv2.NewFromConfig(o.AWS),
	}
	_, err := template.Deploy(templates, template.Environment{
		Region: o.AWS.Region, Account: o.Account, Parameters: o.Parameters, Create: d.create,
	})
	if err != nil {
		return nil, err
	}
	return d.world, d.world.check()
}

// check finds what refers to a function that is not there.
func (w *World) check() error {
	for _, source := range w.Sources {
		if _, ok := w.Function(source.Function); !ok {
			return fmt.Errorf("event source of %s: no function %s", source.QueueURL, source.Function)
		}
	}
	for _, s := range w.Schedules {
		if _, ok := w.Function(s.Function); !ok {
			return fmt.Errorf("schedule %s: its target %s is not a function", s.Name, s.Function)
		}
	}
	return nil
}

type deployer struct {
	ctx             context.Context
	region, account string
	world           *World

	dynamodb *dynamodb.Client
	s3       *s3.Client
	sqs      *sqs.Client
	kms      *kms.Client
	secrets  *secretsmanager.Client
	sfn      *sfn.Client
	sns      *sns.Client
	ses      *sesv2.Client

	identities []string // domains of ours that SES knows
}

// create makes one resource, or says that the local stack does not know how.
func (d *deployer) create(r *template.Resource, properties map[string]any) (template.Identity, error) {
	makers := map[string]func(*template.Resource, map[string]any) (template.Identity, error){
		"AWS::DynamoDB::GlobalTable":       d.table,
		"AWS::DynamoDB::Table":             d.table,
		"AWS::S3::Bucket":                  d.bucket,
		"AWS::SQS::Queue":                  d.queue,
		"AWS::KMS::Key":                    d.key,
		"AWS::KMS::Alias":                  d.alias,
		"AWS::SecretsManager::Secret":      d.secret,
		"AWS::StepFunctions::StateMachine": d.stateMachine,
		"AWS::Lambda::Function":            d.function,
		"AWS::Lambda::EventSourceMapping":  d.eventSource,
		"AWS::ApiGateway::RestApi":         d.api,
		"AWS::Events::Rule":                d.schedule,
		"AWS::SNS::Topic":                  d.topic,
		"AWS::SNS::Subscription":           d.subscription,
		"AWS::SES::ReceiptRuleSet":         d.ruleSet,
		"AWS::SES::ReceiptRule":            d.receiptRule,
		"AWS::SES::ConfigurationSet":       d.configurationSet,

		"AWS::SES::ConfigurationSetEventDestination": d.eventDestination,
	}
	if make, ok := makers[r.Type]; ok {
		return make(r, properties)
	}
	if without, ok := noEffect[r.Type]; ok {
		return d.pretend(without, r, properties), nil
	}
	return template.Identity{}, fmt.Errorf("the local stack does not know this type; teach it, or list it as of no effect with the reason, in infra/local/provision (it knows %s)",
		strings.Join(slices.Sorted(maps.Keys(makers)), ", "))
}

func (d *deployer) arn(service, resource string) string {
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, d.region, d.account, resource)
}

// decode reads resolved properties into a struct.
func decode(properties map[string]any, into any) error {
	text, err := json.Marshal(properties)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// integer reads a number that CloudFormation may have as text; absent is 0.
func integer(n json.Number) int {
	value, _ := n.Int64()
	return int(value)
}

func nameOr(name string, r *template.Resource) string {
	if name != "" {
		return name
	}
	return strings.ToLower(r.Stack + "-" + r.ID)
}

type tag struct{ Key, Value string }

func tagged(tags []tag, key string) string {
	for _, t := range tags {
		if t.Key == key {
			return t.Value
		}
	}
	return ""
}
