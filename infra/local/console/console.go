// Package console is the local stack's own surface, /_local/: look into the stores,
// load data, make faults, run schedules, see what happened. It exists only here.
package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/schedule"
	"github.com/mikla-ai/data-deletion/infra/local/stores"
)

// Console serves /_local/.
type Console struct {
	World  *provision.World
	Stores *stores.Stores
	Calls  *front.Calls
	Faults *front.Faults
	Logs   *logbook.Book
	Office *postoffice.Office
	// Rules by the names that POST /_local/schedules/{name} takes.
	Rules map[string]*schedule.Rule
	// Routes of the API, its address and that of the AWS endpoint, for the page.
	Routes         []string
	APIURL, AWSURL string
	SMTP           string // address of the SMTP server
	// Now dates the requests that the page shows.
	Now func() time.Time

	SFN     *sfn.Client
	SQS     *sqs.Client
	Secrets *secretsmanager.Client
}

// New makes a console whose clients have the given configuration.
func New(world *provision.World, config aws.Config) *Console {
	return &Console{
		World: world, Stores: stores.New(world, config), AWSURL: aws.ToString(config.BaseEndpoint),
		SFN: sfn.NewFromConfig(config), SQS: sqs.NewFromConfig(config), Secrets: secretsmanager.NewFromConfig(config),
		Rules: map[string]*schedule.Rule{}, Now: time.Now,
	}
}

// Prefix is where the console is served.
const Prefix = "/_local/"

// largestSeed bounds what is loaded at once, in bytes.
const largestSeed = 1 << 30

// Handler routes the console's paths.
func (c *Console) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /_local/{$}", c.page)
	mux.HandleFunc("GET /_local/health", health)
	mux.HandleFunc("POST /_local/seed", c.seed)
	mux.HandleFunc("GET /_local/stores", c.counts)
	mux.HandleFunc("GET /_local/stores/{store}", c.store)
	mux.HandleFunc("GET /_local/calls", c.calls)
	mux.HandleFunc("DELETE /_local/calls", c.clearCalls)
	mux.HandleFunc("GET /_local/faults", c.faults)
	mux.HandleFunc("POST /_local/faults", c.addFaults)
	mux.HandleFunc("DELETE /_local/faults", c.clearFaults)
	mux.HandleFunc("GET /_local/logs", c.logs)
	mux.HandleFunc("GET /_local/executions", c.executions)
	mux.HandleFunc("GET /_local/queues", c.queues)
	mux.HandleFunc("GET /_local/outbox", c.outbox)
	mux.HandleFunc("GET /_local/outbox/{id}", c.letter)
	mux.HandleFunc("GET /_local/mail-decisions", c.decisions)
	mux.Handle("POST "+postoffice.Path, c.Office)
	mux.HandleFunc("POST /_local/schedules/{name}", c.runSchedule)
	return mux
}

func health(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]string{"status": "up"})
}

func write(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value)
}

func refuse(w http.ResponseWriter, status int, err error) {
	write(w, status, map[string]string{"error": err.Error()})
}

// answer writes a value, or says what went wrong and whose fault that was.
func answer(w http.ResponseWriter, value any, err error) {
	var invalid *stores.Invalid
	switch {
	case errors.As(err, &invalid):
		refuse(w, http.StatusBadRequest, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		write(w, http.StatusOK, value)
	}
}

func (c *Console) seed(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestSeed))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	// A caller that leaves does not leave the seed half written.
	answer(w, map[string]string{"status": "loaded"}, c.Stores.Seed(context.WithoutCancel(r.Context()), text))
}

func (c *Console) store(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("store")
	if _, ok := c.World.Store(name); !ok {
		refuse(w, http.StatusNotFound, errors.New("no store is named "+name))
		return
	}
	list := c.Stores.Items
	if r.URL.Query().Get("versions") != "" {
		list = c.Stores.Versions
	}
	items, err := list(r.Context(), name)
	answer(w, items, err)
}

func (c *Console) counts(w http.ResponseWriter, r *http.Request) {
	counts, err := c.storeCounts(r.Context())
	answer(w, counts, err)
}

func (c *Console) storeCounts(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	for _, name := range c.Stores.Names() {
		count, err := c.Stores.Count(ctx, name)
		if err != nil {
			return nil, err
		}
		counts[name] = count
	}
	return counts, nil
}

func (c *Console) calls(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, c.Calls.List())
}

func (c *Console) clearCalls(w http.ResponseWriter, _ *http.Request) {
	c.Calls.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (c *Console) faults(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, c.Faults.Pending())
}

func (c *Console) addFaults(w http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	var faults []front.Fault
	if err := decoder.Decode(&faults); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if err := c.Faults.Add(faults); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	write(w, http.StatusOK, c.Faults.Pending())
}

func (c *Console) clearFaults(w http.ResponseWriter, _ *http.Request) {
	c.Faults.Clear()
	w.WriteHeader(http.StatusNoContent)
}

func (c *Console) logs(w http.ResponseWriter, r *http.Request) {
	write(w, http.StatusOK, c.Logs.Entries(r.URL.Query().Get("source")))
}

func (c *Console) runSchedule(w http.ResponseWriter, r *http.Request) {
	rule, ok := c.Rules[r.PathValue("name")]
	if !ok {
		refuse(w, http.StatusNotFound, errors.New("no schedule is named "+r.PathValue("name")))
		return
	}
	result, err := rule.Now()
	if err != nil {
		refuse(w, http.StatusBadGateway, err)
		return
	}
	write(w, http.StatusOK, map[string]any{"result": readable(result)})
}

// readable is the JSON value of a payload, or its text.
func readable(payload []byte) any {
	if json.Valid(payload) {
		return json.RawMessage(payload)
	}
	return string(payload)
}
