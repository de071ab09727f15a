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

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/review"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/securitylog"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// tool is one command on its way.
type tool struct {
	acting
	name  string // of the command
	stage string
	out   io.Writer
	now   func() time.Time
	aws   aws.Config
}

// operator is a name as it goes into the security log: an account's, not an address.
var operator = regexp.MustCompile(`^[A-Za-z0-9._-]{1,40}$`)

// may takes in what a command was told of acting, and demands a name for it.
func (t *tool) may(a acting) error {
	if t.acting = a; t.Execute && !operator.MatchString(t.As) {
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
	o.ID, o.At, o.By, o.Command, o.Outcome = ledger.RandomID(), t.now(), t.As, t.name, "begun"
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

// desk takes decisions about requests.
func (t *tool) desk() (review.Desk, error) {
	m, err := datamap.Load()
	if err != nil {
		return review.Desk{}, err
	}
	names := map[string]string{}
	for _, store := range m.Stores {
		names[store.Name] = t.store(store.Name)
	}
	records := livedata.DynamoDB{Client: dynamodb.NewFromConfig(t.aws), Names: names}
	return review.Desk{Ledger: t.ledger(), Finder: locate.Finder{Map: m, Records: records}, Now: t.now,
		Start: startQueue{t}, Letters: lettersQueue{t}}, nil
}

// startQueue and lettersQueue find their queue when something is sent.
type (
	startQueue   struct{ *tool }
	lettersQueue struct{ *tool }
)

func (q startQueue) Send(ctx context.Context, m workflow.Message) error {
	queue, err := q.queue(ctx, "start")
	if err != nil {
		return err
	}
	return queue.Send(ctx, m)
}

func (q lettersQueue) Send(ctx context.Context, requestID string) error {
	queue, err := q.queue(ctx, "letters")
	if err != nil {
		return err
	}
	return dispatch.LettersSQS(queue).Send(ctx, requestID)
}

// decide shows what a decision would do, or takes it.
func (t *tool) decide(ctx context.Context, id string, a acting, what review.Decision) error {
	if err := t.may(a); err != nil {
		return err
	}
	if err := t.connect(ctx); err != nil {
		return err
	}
	desk, err := t.desk()
	if err != nil {
		return err
	}
	before, after, err := desk.Try(ctx, id, what)
	if err != nil {
		return err
	}
	t.say("%s is in state %s, run %d, due %s.", id, before.State, before.Run, stamp(before.DueAt))
	t.foretell(before, after)
	if !t.Execute {
		t.sayDryRun("")
		return nil
	}
	return t.audited(ctx, securitylog.Operation{RequestID: id}, func(*securitylog.Operation) error {
		r, err := desk.Do(ctx, id, what)
		if err == nil {
			t.announce(ctx, desk, r)
		}
		return err
	})
}

// foretell says what becomes of a request.
func (t *tool) foretell(before, after request.Request) {
	if after.State != before.State {
		t.say("It becomes %s.", after.State)
	}
	if after.Closing && !before.Closing {
		t.say("It ends as %s.", after.Ending)
	}
	if after.Kind != before.Kind {
		t.say("It becomes a deletion.")
	}
	if after.Run != before.Run {
		t.say("It goes on in run %d.", after.Run)
	}
	if !after.NotBefore.Equal(before.NotBefore) && after.Run == before.Run {
		t.say("It goes on at once.")
	}
	for _, l := range after.Letters[len(before.Letters):] {
		t.say("It owes a letter: %s.", l.Kind)
	}
	if len(after.Tasks) < len(before.Tasks) {
		t.say("Tasks that are left: %d.", len(after.Tasks))
	}
}

// announce has a request go on.
func (t *tool) announce(ctx context.Context, desk review.Desk, r request.Request) {
	if err := desk.Announce(ctx, r); err != nil {
		t.say("Not every message could be sent (%s): the sweep sends it within a minute.", fault.Describe(err))
		return
	}
	if r.InOutbox() {
		t.say("Its start message is sent (run %d).", r.Run)
	}
	if r.PostDue(t.now()) {
		t.say("Its letters are on their way.")
	}
}
