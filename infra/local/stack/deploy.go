package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/console"
	"github.com/mikla-ai/data-deletion/infra/local/endpoint"
	"github.com/mikla-ai/data-deletion/infra/local/gateway"
	"github.com/mikla-ai/data-deletion/infra/local/platform"
	"github.com/mikla-ai/data-deletion/infra/local/poller"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/runtimeapi"
	"github.com/mikla-ai/data-deletion/infra/local/schedule"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// caller is us, in the record of calls.
const caller = "local stack"

func (s *Stack) config() aws.Config { return endpoint.Config(s.URLs.AWS, Region, caller) }

func (s *Stack) deploy(ctx context.Context, templates []*template.Template) error {
	world, err := provision.Deploy(ctx, templates, provision.Options{
		AWS: s.config(), Account: Account, Parameters: map[string]string{"PublicBaseUrl": s.URLs.API},
	})
	if err != nil {
		return err
	}
	s.World = world
	for _, f := range world.Functions {
		if err := s.register(f); err != nil {
			return err
		}
	}
	if err := s.loadMetaApps(ctx); err != nil {
		return err
	}
	s.office = postoffice.New(world, s.config(), s.Front.Faults, s.log)
	s.Front.OnSend(s.office.Sent)
	s.Front.OnPut(s.office.Put)
	s.Front.Calls.Clear()
	return nil
}

// register gives a function the environment that Lambda and its role would.
func (s *Stack) register(f provision.Function) error {
	s.Front.Name(endpoint.AccessKey(f.Name), f.Name)
	env := maps.Clone(f.Env)
	maps.Copy(env, map[string]string{
		"AWS_ENDPOINT_URL": s.URLs.AWS, "AWS_REGION": Region, "AWS_DEFAULT_REGION": Region,
		"AWS_ACCESS_KEY_ID": endpoint.AccessKey(f.Name), "AWS_SECRET_ACCESS_KEY": endpoint.Secret,
	})
	replace := func(wait *time.Duration, names ...string) {
		for _, name := range names {
			if _, ok := env[name]; ok && wait != nil {
				env[name] = strconv.Itoa(int(*wait / time.Second))
			}
		}
	}
	replace(s.options.Undo, "UNDO_TENANT_SECONDS", "UNDO_CHANNEL_SECONDS") // nobody waits for three days here
	replace(s.options.Settle, "INDEX_SETTLE_SECONDS")
	return s.Runtime.Register(runtimeapi.Function{
		Name: f.Name, FunctionName: f.FunctionName, ARN: f.ARN, Folder: filepath.Join(s.options.Functions, f.Name),
		Env: env, Timeout: f.Timeout, Memory: f.Memory, Concurrency: f.Concurrency,
	})
}

// loadMetaApps puts the apps of the given file where an operator would put the real
// ones: into the secret that a function reads them from.
func (s *Stack) loadMetaApps(ctx context.Context) error {
	for _, f := range s.World.Functions {
		secret, ok := f.Env["META_APPS_SECRET"]
		if !ok {
			continue
		}
		apps, err := os.ReadFile(s.options.MetaApps)
		if err != nil {
			return fmt.Errorf("read the Meta apps (LOCAL_META_APPS): %w", err)
		}
		if !json.Valid(apps) {
			return fmt.Errorf("the Meta apps in %s are not JSON", s.options.MetaApps)
		}
		if _, err := secretsmanager.NewFromConfig(s.config()).PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
			SecretId: aws.String(secret), SecretString: aws.String(string(apps)),
		}); err != nil {
			return fmt.Errorf("set the Meta apps: %w", err)
		}
	}
	return nil
}

// surface is what the API port serves.
func (s *Stack) surface() (http.Handler, error) {
	page := console.New(s.World, s.config())
	page.APIURL, page.Calls, page.Faults, page.Logs = s.URLs.API, s.Front.Calls, s.Front.Faults, s.Logs
	page.Office, page.SMTP = s.office, s.URLs.SMTP
	mux := http.NewServeMux()
	for _, api := range s.World.APIs {
		g, err := gateway.New(gateway.Config{
			Document: api.Body, BinaryMediaTypes: api.BinaryMediaTypes, Account: Account, Stage: "local", Invoke: s.invoke,
		})
		if err != nil {
			return nil, fmt.Errorf("API %s: %w", api.Name, err)
		}
		page.Routes = append(page.Routes, g.Routes()...)
		mux.Handle("/", g)
	}
	rules, err := s.schedules()
	if err != nil {
		return nil, err
	}
	s.rules, page.Rules = rules, rules
	mux.Handle(console.Prefix, page.Handler())
	if p, ok := s.platform(); ok {
		mux.Handle("POST "+platform.Path, p)
	}
	return mux, nil
}

// invoke runs a function; what it answers as an error becomes one.
func (s *Stack) invoke(function string, payload []byte) ([]byte, error) {
	result, err := s.Runtime.Invoke(function, payload)
	if err != nil {
		return nil, err
	}
	if result.FunctionError != "" {
		return nil, fmt.Errorf("function failed: %s", result.Payload)
	}
	return result.Payload, nil
}

// schedules go by their rule's name, as in the cloud.
func (s *Stack) schedules() (map[string]*schedule.Rule, error) {
	rules := map[string]*schedule.Rule{}
	for _, declared := range s.World.Schedules {
		if !declared.Enabled {
			continue
		}
		timing, err := schedule.Parse(declared.Expression)
		if err != nil {
			return nil, err
		}
		name := declared.Name
		if _, taken := rules[name]; taken { // a rule with several targets
			function, _ := s.World.Function(declared.Function)
			name += "-" + function.Name
		}
		rules[name] = &schedule.Rule{
			Name: name, ARN: declared.ARN, Account: Account, Region: Region, Timing: timing, Input: declared.Input, Log: s.log,
			Invoke: func(payload []byte) ([]byte, error) { return s.invoke(declared.Function, payload) },
		}
	}
	return rules, nil
}

// work starts what runs by itself: queue pollers and schedules.
func (s *Stack) work() {
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	for _, source := range s.World.Sources {
		p := &poller.Source{
			QueueURL: source.QueueURL, QueueARN: source.QueueARN, Region: Region, BatchSize: source.BatchSize,
			MaxConcurrency: source.MaxConcurrency, ReportsFailures: source.ReportsFailures,
			SQS: sqs.NewFromConfig(s.config()), Log: s.log,
			Invoke: func(payload []byte) ([]byte, error) { return s.invoke(source.Function, payload) },
		}
		s.workers.Go(func() { p.Run(ctx) })
	}
	if s.options.NoSchedules {
		return
	}
	for _, rule := range s.rules {
		s.workers.Go(func() { rule.Run(ctx) })
	}
}
