package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	sfntypes "github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/dispatch"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/locate"
	"github.com/mikla-ai/data-deletion/shared/metacallback"
	"github.com/mikla-ai/data-deletion/shared/personal"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// Steps of a life besides those of an execution, which workflow names.
const (
	stepIntake = "intake"
	stepStart  = "start"
	stepSweep  = "sweep"
	stepEnd    = "end"
)

// life is one request in a place of its own, from the notice to its end, with every
// function that has a part in it. A process that is killed is run again by whoever ran
// it: Meta, the queue, the sweep.
type life struct {
	t     testing.TB
	place *place
	line  *line
	path  path

	intake  metacallback.Intake
	starter dispatch.Starter
	steps   workflowtest.Steps
	sweeper dispatch.Sweeper

	codes   []confirmation.Code
	walked  map[string]bool    // executions that ran here
	entered map[string]int     // how often each step began
	owed    []workflow.Message // that a queue still holds back
	lost    bool               // the message at hand never reaches its function
	log     bytes.Buffer

	mu     sync.Mutex
	now    time.Time
	serial int64
	tokens int
}

// began is when the clock starts: after the example's data was written, of which S3
// keeps the real time, whatever becomes of the clock later.
var began = time.Now().UTC().Truncate(time.Hour).Add(48 * time.Hour)

// newLife wires the functions as they wire themselves. serial keeps the executions of
// different lives apart: the state machine never forgets a name.
func newLife(t testing.TB, p *place, way path, serial int64, s *strike) *life {
	l := &life{t: t, place: p, line: newLine(t, p.name, s), path: way, serial: serial, now: began, walked: map[string]bool{}, entered: map[string]int{}}
	l.line.overtake = l.overtake
	tries := 1
	if s != nil && s.kind.tries > 0 {
		tries = s.kind.tries
	}
	c := shared.clients(l.line, tries)
	log := slog.New(slog.NewTextHandler(&l.log, nil))
	prints, err := secrets.ParseVersioned([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	names := p.names()
	// The same keys in every life: the order of a case file's rows follows from them.
	random := rand.NewChaCha8([32]byte{1})
	book := &ledger.Ledger{Now: l.Now, Token: l.token, Random: random, Rows: ledger.DynamoDB{Client: c.db,
		Tables: map[ledger.Table]string{ledger.Records: names["ledger"], ledger.CaseFile: names["casefile"], ledger.CaseKeys: names["casekeys"]}}}
	queue := dispatch.SQS{Client: c.sqs, URL: p.queue}
	executions := dispatch.StepFunctions{Client: c.sfn, Machine: p.machine}
	l.intake = metacallback.Intake{Ledger: book, Queue: queue, Log: log,
		Secrets: metacallback.Secrets{Apps: appsSecret, Code: codeSecret, Fingerprint: printSecret},
		Cache:   &secrets.Cache{Reader: secrets.SecretsManager{Client: c.secrets}, Now: l.Now, TTL: time.Minute}}
	l.starter = dispatch.Starter{Ledger: book, Executions: executions}
	l.sweeper = dispatch.Sweeper{Ledger: book, Queue: queue, Executions: executions, Log: log}
	l.steps = workflowtest.Steps{Ledger: book, Keys: prints, Now: l.Now, Log: log,
		Tombstones: fence.DynamoDB{Client: c.db, Table: names["tombstones"]},
		BackupKeys: keys.DynamoDB{Client: c.db, Table: names["snapshotkeys"]},
		Backups:    snapshot.S3{Client: c.s3, Bucket: names["snapshots"]},
		Finder: locate.Finder{Map: p.data, Records: livedata.DynamoDB{Client: c.db, Names: names},
			Objects: livedata.S3{Client: c.s3, Names: names}}}
	return l
}

// Now is a clock that moves on by a second at each look.
func (l *life) Now() time.Time {
	l.pass(time.Second)
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

func (l *life) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

func (l *life) token() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens++
	return fmt.Sprintf("%016x%016x", l.serial, l.tokens)
}

func (l *life) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// enter is the moment before a step. What strikes there happens now; so does what
// belongs to the path.
func (l *life) enter(step string) {
	if l.line.enter(step) {
		l.line.strike.kind.before(l)
		l.line.begin(step) // what happened had steps of its own
	}
	l.entered[step]++
	if l.path.before != nil {
		l.path.before(l, step, l.entered[step])
	}
}

// patience is how often the sweep comes before a life is given up: for a day and more.
const patience = 60

// live leads the request to its end, and then looks once more at everything that might
// come back.
func (l *life) live() {
	l.ask(l.path.issued)
	l.settle()
	l.sweep()
	l.enter(stepEnd)
	l.settle()
}

// settle goes on until nobody has anything left to do but a person.
func (l *life) settle() {
	for range patience {
		l.drain()
		l.deliver()
		switch {
		case l.execute():
		case l.settled():
			return
		default:
			l.sweep()
		}
	}
	l.t.Errorf("the request does not end: %+v", l.requests())
}

// overtake ends the execution whose step is under way, as far as Step Functions knows,
// and has the next ones bring the request to its end.
func (l *life) overtake() {
	for name := range l.walked {
		l.stop(name)
	}
	step := l.line.at()
	l.settle()
	l.line.begin(step)
}

func (l *life) stop(name string) {
	_, err := l.place.sfn.StopExecution(l.t.Context(), &sfn.StopExecutionInput{ExecutionArn: aws.String(l.execution(name))})
	l.must(err)
}

// process runs a piece of work that a strike may end. What it returns then is lost with
// it.
func process[T any](l *life, before T, work func() (T, error)) (T, error) {
	return workflowtest.Killable(before, func() (T, error) {
		after, err := work()
		if l.line.killed() {
			return before, livedatatest.ErrKilled
		}
		return after, err
	})
}

// notice is what Meta sends.
func (l *life) notice(issued time.Time) metacallback.Notice {
	return metacallback.Notice{App: workflowtest.App, Kind: request.DataDeletion, ReceivedAt: l.Now(),
		SignedRequest: signedrequest.Sign(signedrequest.Notice{UserID: personal.New(l.path.user), IssuedAt: issued}.Payload(), appSecret)}
}

// admit is what the operator's tool does for a subject named by its own key.
func (l *life) admit() (confirmation.Code, error) {
	scope, _ := l.place.data.Scope(l.path.scope[0])
	fields := map[string]string{}
	for i, name := range scope.Key {
		fields[name] = l.path.scope[i+1]
	}
	who := append([]string{"operator"}, l.path.scope...)
	r, err := l.steps.Ledger.Admit(l.t.Context(), ledger.Notice{Intake: "operator", Requester: who, Occasion: who,
		Asked:    request.Asked{Kind: request.DataDeletion, ReceivedAt: began, Cutoff: l.path.issued},
		Identity: ledger.Identity{Kind: scope.Name, Fields: fields}}, ledger.Keys{Code: l.steps.Keys, Fingerprint: l.steps.Keys})
	if err != nil {
		return "", err
	}
	code, err := ledger.Code(r, l.steps.Keys)
	if err != nil || !r.InOutbox() {
		return code, err
	}
	return code, l.intake.Queue.Send(l.t.Context(), workflow.For(r))
}

// appSecret is the example app's.
const appSecret = "local-facebook-app-secret-current"

// ask delivers a notice until it is accepted, as Meta does.
func (l *life) ask(issued time.Time) {
	var err error
	for range 5 {
		var code confirmation.Code
		code, err = process(l, "", func() (confirmation.Code, error) {
			l.enter(stepIntake)
			if l.path.scope != nil {
				return l.admit()
			}
			app, err := l.intake.App(l.t.Context(), workflowtest.App)
			if err != nil {
				return "", err
			}
			return l.intake.Receive(l.t.Context(), app, l.notice(issued))
		})
		if err == nil {
			l.codes = append(l.codes, code)
			return
		}
	}
	l.t.Errorf("the notice is not accepted: %v", err)
}

// drain hands the messages of the queue to the starter until none is left.
func (l *life) drain() {
	for range 10 {
		got, err := l.place.sqs.ReceiveMessage(l.t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(l.place.queue), MaxNumberOfMessages: 10})
		l.must(err)
		if len(got.Messages) == 0 {
			return
		}
		for _, m := range got.Messages {
			l.start(m)
		}
	}
	l.t.Error("a start message keeps coming back")
}

// start handles one message. One that failed is visible again at once; one that will
// never succeed would end in the dead letters.
func (l *life) start(m sqstypes.Message) {
	_, err := process(l, struct{}{}, func() (struct{}, error) {
		if l.enter(stepStart); l.lost {
			l.lost = false
			return struct{}{}, nil
		}
		message, err := workflow.Parse([]byte(aws.ToString(m.Body)))
		if err == nil {
			err = l.starter.Start(l.t.Context(), message)
		}
		return struct{}{}, err
	})
	if kind := fault.KindOf(err); err != nil && (kind == fault.Permanent || kind == fault.Invalid || kind == fault.NotFound) {
		l.t.Errorf("a start message for the dead letters: %v", err)
		err = nil
	}
	if err != nil {
		_, err = l.place.sqs.ChangeMessageVisibility(l.t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: aws.String(l.place.queue), ReceiptHandle: m.ReceiptHandle})
	} else {
		_, err = l.place.sqs.DeleteMessage(l.t.Context(), &sqs.DeleteMessageInput{QueueUrl: aws.String(l.place.queue), ReceiptHandle: m.ReceiptHandle})
	}
	l.must(err)
}

// requests are the records that there are.
func (l *life) requests() []request.Request {
	rows, err := l.place.scan(l.t.Context(), "ledger")
	l.must(err)
	out, err := requestsOf(rows)
	l.must(err)
	return out
}

// execute runs the executions that were started and that nobody has run, and says
// whether there were any. They end as they end: what is left to do is the sweep's.
func (l *life) execute() (any bool) {
	for _, r := range l.requests() {
		for run := 1; run <= r.Run; run++ {
			name := fmt.Sprintf("%s-%d", r.ID, run)
			if l.walked[name] {
				continue
			}
			m, started := l.started(name)
			if !started {
				continue
			}
			any, l.walked[name] = true, true
			end, err := workflowtest.Walk(l.t.Context(), m, l.step)
			fmt.Fprintf(&l.log, "execution %d ended %q, error %t\n", run, end, err != nil)
			l.stop(name)
		}
	}
	return any
}

func (l *life) step(ctx context.Context, step string, m workflow.Message) (workflow.Message, error) {
	return process(l, m, func() (workflow.Message, error) {
		l.enter(step)
		return l.steps.Run(ctx, step, m)
	})
}

func (l *life) execution(name string) string {
	return strings.Replace(l.place.machine, ":stateMachine:", ":execution:", 1) + ":" + name
}

func (l *life) started(name string) (m workflow.Message, ok bool) {
	out, err := l.place.sfn.DescribeExecution(l.t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: aws.String(l.execution(name))})
	var none *sfntypes.ExecutionDoesNotExist
	if errors.As(err, &none) {
		return m, false
	}
	l.must(err)
	m, err = workflow.Parse([]byte(aws.ToString(out.Input)))
	l.must(err)
	return m, true
}

// settled says that nobody has anything left to do but a person.
func (l *life) settled() bool {
	for _, r := range l.requests() {
		if !r.State.Terminal() && !r.State.Waiting() {
			return false
		}
	}
	return true
}

// sweep lets a while pass and the sweep look. What fails, the next one does.
func (l *life) sweep() {
	l.pass(30 * time.Minute)
	_, _ = process(l, dispatch.Swept{}, func() (dispatch.Swept, error) {
		l.enter(stepSweep)
		return l.sweeper.Run(l.t.Context())
	})
}

// send puts a message on the queue, as the queue itself does when it delivers twice.
func (l *life) send(m workflow.Message) {
	l.must(dispatch.SQS{Client: l.place.sqs, URL: l.place.queue}.Send(l.t.Context(), m))
}

// sendAgain has the start message of every request come once more, now.
func (l *life) sendAgain() {
	for _, r := range l.requests() {
		l.send(workflow.Message{V: workflow.Version, RequestID: r.ID, Run: 1})
	}
	l.drain()
}

// disorder ends the execution here, and holds its start message back until the one of
// the next run was handled.
func (l *life) disorder() {
	for _, r := range l.requests() {
		l.owed = append(l.owed, workflow.For(r))
	}
	panic(livedatatest.ErrKilled)
}

// deliver has what was held back come, once a later run has started.
func (l *life) deliver() {
	for _, m := range l.owed {
		if rs := l.requests(); rs[0].StartedRun > m.Run {
			l.send(m)
			l.owed = nil
			l.drain()
		}
	}
}
