package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// tool is one command on its way.
type tool struct {
	name    string // of the command
	stage   string
	as      string
	execute bool
	out     io.Writer
	now     func() time.Time
	aws     aws.Config
}

// operator is a name as it goes into the security log: an account's, not an address.
var operator = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

func (t *tool) check() error {
	if t.execute && !operator.MatchString(t.as) {
		return errors.New("--execute needs --as with your account's name: letters, digits, dot, dash, underscore")
	}
	return nil
}

func (t *tool) connect(ctx context.Context) (err error) {
	t.aws, err = config.LoadDefaultConfig(ctx)
	if err == nil && t.aws.Region == "" {
		err = errors.New("no region: set AWS_REGION")
	}
	return err
}

// store is the physical name of a table, own that of another resource of this service:
// as in infra/stack, which this tool does not link because of the CDK.
func (t *tool) store(name string) string { return "mikla-" + t.stage + "-" + name }
func (t *tool) own(name string) string   { return "mikla-" + t.stage + "-deletion-" + name }

func (t *tool) ledger() *ledger.Ledger {
	return ledger.New(ledger.DynamoDB{Client: dynamodb.NewFromConfig(t.aws), Tables: map[ledger.Table]string{
		ledger.Records: t.store("ledger"), ledger.CaseFile: t.store("casefile"), ledger.CaseKeys: t.store("casekeys")}})
}

func (t *tool) queue(ctx context.Context, name string) (dispatch.SQS, error) {
	client := sqs.NewFromConfig(t.aws)
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String(t.own(name))})
	if err != nil {
		return dispatch.SQS{}, fmt.Errorf("find the queue %s: %w", t.own(name), err)
	}
	return dispatch.SQS{Client: client, URL: aws.ToString(found.QueueUrl)}, nil
}

func (t *tool) secret(ctx context.Context, name string) (secrets.Versioned, error) {
	src, err := secrets.SecretsManager{Client: secretsmanager.NewFromConfig(t.aws)}.Read(ctx, t.own(name))
	if err != nil {
		return secrets.Versioned{}, fmt.Errorf("read the secret %s: %w", t.own(name), err)
	}
	return secrets.ParseVersioned(src)
}

func (t *tool) say(format string, values ...any) { fmt.Fprintf(t.out, format+"\n", values...) }

func (t *tool) sayDryRun(more string) {
	t.say("Nothing was done. To do it: --execute --as <your name>%s", more)
}

// audited does something between two writes of its entry in the security log. Without
// the first nothing is done; an entry that stays "begun" is of a command that died.
func (t *tool) audited(ctx context.Context, o securitylog.Operation, act func(*securitylog.Operation) error) error {
	log := securitylog.DynamoDB{Client: dynamodb.NewFromConfig(t.aws), Table: t.store("security_log")}
	o.ID, o.At, o.By, o.Command, o.Outcome = ledger.RandomID(), t.now(), t.as, t.name, "begun"
	if err := log.Operated(ctx, o); err != nil {
		return err
	}
	o.Outcome = "done"
	failed := act(&o)
	if failed != nil {
		o.Outcome = "failed"
	}
	return errors.Join(failed, log.Operated(context.WithoutCancel(ctx), o))
}

// start sends the start message of a request that is in the outbox. What fails here is
// the sweep's: it sends within a minute.
func (t *tool) start(ctx context.Context, r request.Request) {
	if !r.InOutbox() {
		t.say("It runs already (run %d).", r.Run)
		return
	}
	queue, err := t.queue(ctx, "start")
	if err == nil {
		err = queue.Send(ctx, workflow.For(r))
	}
	if err != nil {
		t.say("Its start message could not be sent (%s): the sweep sends it within a minute.", fault.Describe(err))
		return
	}
	t.say("Its start message is sent (run %d).", r.Run)
}
