// Package stack is the whole service on one machine: engines, functions, API, queue
// pollers and schedules, as the templates have them.
package stack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/emersion/go-smtp"
	"golang.org/x/sync/errgroup"

	"github.com/mikla-ai/data-deletion/infra/local/console"
	"github.com/mikla-ai/data-deletion/infra/local/endpoint"
	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/runtimeapi"
	"github.com/mikla-ai/data-deletion/infra/local/schedule"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

// Where the golden templates are made for.
const (
	Region  = "eu-west-1"
	Account = "000000000000"
)

// Options say what to run and where. Only the ports have no default: 0 takes free ones.
type Options struct {
	Port, AWSPort, SMTPPort int
	// Root is the repository; found from the working directory.
	Root string
	// Templates is a folder of *.template.json; infra/stack/golden of Root.
	Templates string
	// Functions is a folder of <name>/bootstrap; .build/functions of Root.
	Functions string
	// MetaApps is the JSON file that becomes the secret META_APPS_SECRET;
	// testdata/meta-apps.json of Root.
	MetaApps string
	// NoSchedules leaves schedules to POST /_local/schedules/{name}.
	NoSchedules bool
	// Undo, if set, is how long a confirmed closure can be taken back, instead of what the
	// templates say.
	Undo *time.Duration
	// Settle, if set, is how long a verification lets indexes catch up, instead of what the
	// templates say: DynamoDB Local's never lag.
	Settle *time.Duration
	// Verbose receives every line that a child writes.
	Verbose io.Writer
}

// URLs are the addresses of a running stack.
type URLs struct {
	API     string // http://127.0.0.1:8080
	AWS     string // for AWS_ENDPOINT_URL
	Console string // API + /_local/
	SMTP    string // 127.0.0.1:2525
}

// Stack is a running stack.
type Stack struct {
	URLs    URLs
	World   *provision.World
	Runtime *runtimeapi.Server
	Front   *front.Front
	Logs    *logbook.Book

	options   Options
	log       *slog.Logger
	engines   []*engines.Engine
	listeners []net.Listener
	servers   []*http.Server
	smtp      *smtp.Server
	office    *postoffice.Office
	rules     map[string]*schedule.Rule
	cancel    context.CancelFunc
	workers   sync.WaitGroup
	failed    chan error
	stopping  atomic.Bool
	once      sync.Once
}

// Start brings everything up and returns when it is ready, or ends everything it has
// begun and says why not.
func Start(ctx context.Context, o Options) (*Stack, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, err
	}
	if err := s.start(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

const logLines = 5000

func prepare(o Options) (*Stack, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	logs := logbook.New(logLines, o.Verbose)
	return &Stack{
		options: o, Logs: logs, failed: make(chan error, 1),
		log: slog.New(slog.NewTextHandler(logs.Writer("local stack"), nil)),
	}, nil
}

func (o *Options) complete() error {
	if o.Root == "" {
		root, err := FindRoot()
		if err != nil {
			return err
		}
		o.Root = root
	}
	absolute, err := filepath.Abs(o.Root)
	if err != nil {
		return err
	}
	o.Root = absolute
	for option, fallback := range map[*string]string{
		&o.Templates: "infra/stack/golden", &o.Functions: ".build/functions", &o.MetaApps: "testdata/meta-apps.json",
	} {
		if *option == "" {
			*option = filepath.Join(o.Root, fallback)
		}
	}
	return nil
}

// FindRoot looks for go.mod from the working directory upwards.
func FindRoot() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			break
		}
		folder = parent
	}
	return "", errors.Join(errors.New("not inside the repository: no go.mod above"), err)
}

func (s *Stack) start(ctx context.Context) error {
	templates, err := template.Load(s.options.Templates)
	if err != nil {
		return err
	}
	api, err := s.listen(s.options.Port, "PORT")
	if err != nil {
		return err
	}
	awsPort, err := s.listen(s.options.AWSPort, "AWS_PORT")
	if err != nil {
		return err
	}
	mailPort, err := s.listen(s.options.SMTPPort, "SMTP_PORT")
	if err != nil {
		return err
	}
	s.URLs = URLs{API: url(api), AWS: url(awsPort), Console: url(api) + console.Prefix, SMTP: mailPort.Addr().String()}
	entrance := &gate{}
	s.serve(api, entrance)
	if s.Runtime, err = runtimeapi.New(s.Logs); err != nil {
		return err
	}
	if err := s.startEngines(ctx, awsPort); err != nil {
		return err
	}
	s.serve(awsPort, s.Front)
	if err := s.deploy(ctx, templates); err != nil {
		return err
	}
	handler, err := s.surface()
	if err != nil {
		return err
	}
	s.serveMail(mailPort)
	s.work()
	entrance.open(handler)
	return nil
}

func (s *Stack) listen(port int, variable string) (net.Listener, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("port %d is taken or not allowed: stop what uses it (make down ends a stack in the background), or choose another with %s: %w", port, variable, err)
	}
	s.listeners = append(s.listeners, listener)
	return listener, nil
}

func url(l net.Listener) string { return "http://" + l.Addr().String() }

func (s *Stack) serve(listener net.Listener, handler http.Handler) {
	server := &http.Server{Handler: handler, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelError)}
	s.servers = append(s.servers, server)
	go func() { _ = server.Serve(listener) }()
}

// serveMail takes mail by SMTP.
func (s *Stack) serveMail(listener net.Listener) {
	s.smtp = s.office.SMTP()
	go func() { _ = s.smtp.Serve(listener) }()
}

// startEngines starts both beside each other and puts the front before them.
func (s *Stack) startEngines(ctx context.Context, frontAt net.Listener) error {
	var dynamo, moto *engines.Engine
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		dynamo, err = engines.StartDynamoDB(ctx, s.options.Root, s.Logs)
		return err
	})
	group.Go(func() (err error) {
		moto, err = engines.StartMoto(ctx, s.options.Root, Account, frontAt.Addr().(*net.TCPAddr).Port, s.Logs)
		return err
	})
	err := group.Wait()
	for _, engine := range []*engines.Engine{dynamo, moto} {
		if engine != nil {
			s.engines = append(s.engines, engine)
			go s.watch(engine)
		}
	}
	if err != nil {
		return err
	}
	s.Front, err = front.New(front.Config{
		DynamoURL: dynamo.URL, MotoURL: moto.URL, Lambda: s.Runtime, Kill: s.Runtime.KillSandbox,
		Log: s.Logs.Writer("AWS"),
	})
	if err != nil {
		return err
	}
	s.Front.Name(endpoint.AccessKey(caller), caller)
	s.Front.Name(engines.WorkflowAccessKey, "workflow")
	return nil
}

// watch reports an engine that ends by itself: nothing works without it.
func (s *Stack) watch(engine *engines.Engine) {
	<-engine.Done()
	if s.stopping.Load() {
		return
	}
	select {
	case s.failed <- engine.Crash():
	default:
	}
}

// Failed receives the reason when the stack cannot go on: an engine crashed.
func (s *Stack) Failed() <-chan error { return s.failed }

// AWSConfig is for clients that call the stack as somebody: a name that then stands
// in /_local/calls as "outside".
func (s *Stack) AWSConfig() aws.Config { return endpoint.Config(s.URLs.AWS, Region, "outside") }

// KillFunction ends with SIGKILL what is running an invocation of the function, and
// returns the number of processes.
func (s *Stack) KillFunction(name string) int { return s.Runtime.Kill(name) }

// AwaitInvocation returns as soon as the function is in an invocation.
func (s *Stack) AwaitInvocation(ctx context.Context, name string) error {
	return s.Runtime.AwaitInvocation(ctx, name)
}

// Close ends everything. No process of the stack is left when it returns.
func (s *Stack) Close() { s.once.Do(s.close) }

func (s *Stack) close() {
	s.stopping.Store(true)
	if s.cancel != nil {
		s.cancel()
	}
	if s.Runtime != nil {
		s.Runtime.Close()
	}
	s.workers.Wait()
	if s.smtp != nil {
		_ = s.smtp.Close()
	}
	if s.office != nil {
		s.office.Close()
	}
	for _, server := range s.servers {
		_ = server.Close()
	}
	for _, listener := range s.listeners {
		_ = listener.Close() // those that nobody serves yet
	}
	for _, engine := range s.engines {
		engine.Kill()
	}
}

// gate answers 503 until the stack is up.
type gate struct{ handler atomic.Pointer[http.Handler] }

func (g *gate) open(handler http.Handler) { g.handler.Store(&handler) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if handler := g.handler.Load(); handler != nil {
		(*handler).ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprintln(w, `{"status":"starting"}`)
}

// EnginePID is the process of an engine: "moto" or "DynamoDB Local"; 0 for others.
func (s *Stack) EnginePID(name string) int {
	for _, engine := range s.engines {
		if engine.Name == name {
			return engine.PID()
		}
	}
	return 0
}

// EngineURL is the address of an engine itself, behind the front's back; "" for others.
func (s *Stack) EngineURL(name string) string {
	for _, engine := range s.engines {
		if engine.Name == name {
			return engine.URL
		}
	}
	return ""
}

// Remembered is every text that moto's services hold (queues, executions and their
// history, objects, secrets), for tests that look for what must not be there any more.
func (s *Stack) Remembered(ctx context.Context) (string, error) {
	for _, engine := range s.engines {
		if engine.Name == "moto" {
			return engine.Remembered(ctx)
		}
	}
	return "", errors.New("moto is not running")
}

// MetaApps is the file that holds the Meta apps and their secrets.
func (s *Stack) MetaApps() string { return s.options.MetaApps }
