// Package faults holds the fault matrix: the real adapters and SDK clients on DynamoDB
// Local and moto, with every write of a request's life struck in every way, below the
// SDK. README.md says how it is made and how to add to it.
package faults

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/shared/datamap"
)

const (
	account = "000000000000"
	region  = "eu-west-1"
)

// emulators are the engines that all cells share.
type emulators struct {
	data         *datamap.Map
	dynamo, moto *engines.Engine
	places       chan *place
}

// shared is set up by TestMain.
var shared *emulators

// TestMain starts the engines. Without the tools it fails: these tests are never skipped.
func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	e, err := start(context.Background())
	defer e.end()
	if err != nil {
		fmt.Fprintln(os.Stderr, "the fault matrix needs the engines:", err)
		return 1
	}
	shared = e
	return m.Run()
}

func start(ctx context.Context) (*emulators, error) {
	e := &emulators{}
	root, err := filepath.Abs("../..")
	if err != nil {
		return e, err
	}
	if e.data, err = datamap.Load(); err != nil {
		return e, err
	}
	logs := logbook.New(100, nil)
	if e.dynamo, err = engines.StartDynamoDB(ctx, root, logs); err != nil {
		return e, err
	}
	if e.moto, err = engines.StartMoto(ctx, root, account, 1, logs); err != nil {
		return e, err
	}
	if err := e.onlyRecord(ctx); err != nil {
		return e, err
	}
	if err := e.putSecrets(ctx, root); err != nil {
		return e, err
	}
	return e, e.open(ctx)
}

func (e *emulators) end() {
	for _, engine := range []*engines.Engine{e.dynamo, e.moto} {
		if engine != nil {
			engine.Kill()
		}
	}
}

// onlyRecord has moto remember executions without running them: the cells run them.
func (e *emulators) onlyRecord(ctx context.Context) error {
	body := strings.NewReader(`{"stepfunctions":{"execute_state_machine":false}}`)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.moto.URL+"/moto-api/config", body)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	if answer.StatusCode >= 300 {
		err = fmt.Errorf("configure moto: status %d", answer.StatusCode)
	}
	return errors.Join(err, answer.Body.Close())
}

// The secrets of an admission, as they are called here.
const (
	appsSecret, codeSecret, printSecret = "meta-apps", "code", "fingerprint"
)

// key is the only key of both versioned secrets.
var key = fmt.Sprintf(`{"current":"1","1":"%s"}`, strings.Repeat("k", 64))

func (e *emulators) putSecrets(ctx context.Context, root string) error {
	apps, err := os.ReadFile(filepath.Join(root, "testdata", "meta-apps.json"))
	if err != nil {
		return err
	}
	client := secretsmanager.NewFromConfig(e.config(http.DefaultTransport, 3))
	for name, value := range map[string]string{appsSecret: string(apps), codeSecret: key, printSecret: key} {
		if _, err := client.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String(name), SecretString: aws.String(value)}); err != nil {
			return fmt.Errorf("create a secret: %w", err)
		}
	}
	return nil
}

// config makes clients that try so often, without waiting in between.
func (e *emulators) config(transport http.RoundTripper, tries int) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: aws.String(e.moto.URL), HTTPClient: &http.Client{Transport: transport},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.MaxAttempts, o.RateLimiter = tries, ratelimit.None
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		}}
}

// clients are what a function has of the SDK.
type clients struct {
	db      *dynamodb.Client
	s3      *s3.Client
	sqs     *sqs.Client
	sfn     *sfn.Client
	secrets *secretsmanager.Client
}

func (e *emulators) clients(transport http.RoundTripper, tries int) clients {
	c := e.config(transport, tries)
	return clients{s3: s3.NewFromConfig(c), sqs: sqs.NewFromConfig(c), sfn: sfn.NewFromConfig(c), secrets: secretsmanager.NewFromConfig(c),
		db: dynamodb.NewFromConfig(c, func(o *dynamodb.Options) { o.BaseEndpoint = aws.String(e.dynamo.URL) })}
}
