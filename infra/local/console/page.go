package console

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// view is what the page shows.
type view struct {
	AWSURL     string
	Routes     []string
	Requests   []requestLine
	Stores     []storeLine
	Queues     []Queue
	Executions []Execution
	Schedules  []string
	Faults     []front.Fault
	Logs       []logbook.Entry
}

type storeLine struct {
	Name, Kind, Physical string
	Count                int
}

// requestLine is what a newcomer wants to see of a request's record in the ledger.
type requestLine struct {
	ID         string `json:"id"`
	Kind       string `json:"kind"`
	State      string `json:"state"`
	ReceivedAt moment `json:"received_at"`
	DueAt      moment `json:"due_at"`
	ErasedAt   moment `json:"live_erased_at"`
	ClosedAt   moment `json:"closed_at"`
}

// moment is a time as a person reads it, to the second, or nothing.
type moment struct{ time.Time }

func (m moment) String() string {
	if m.IsZero() {
		return ""
	}
	return m.UTC().Format("2 Jan 15:04:05")
}

const (
	shownExecutions = 10
	shownLogs       = 30
)

func (c *Console) page(w http.ResponseWriter, r *http.Request) {
	shown, err := c.view(r.Context())
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, shown); err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(page.Bytes())
}

func (c *Console) view(ctx context.Context) (view, error) {
	v := view{AWSURL: c.AWSURL, Routes: c.Routes, Faults: c.Faults.Pending(), Schedules: slices.Sorted(maps.Keys(c.Rules))}
	counts, err := c.storeCounts(ctx)
	if err != nil {
		return v, err
	}
	for _, store := range c.World.Stores {
		v.Stores = append(v.Stores, storeLine{store.Name, store.Kind, store.Physical, counts[store.Name]})
	}
	slices.SortFunc(v.Stores, func(a, b storeLine) int { return cmp.Compare(a.Name, b.Name) })
	if v.Requests, err = c.requests(ctx); err != nil {
		return v, err
	}
	if v.Queues, err = c.listQueues(ctx); err != nil {
		return v, err
	}
	if v.Executions, err = c.listExecutions(ctx, false, false); err != nil {
		return v, err
	}
	v.Executions = v.Executions[:min(len(v.Executions), shownExecutions)]
	logs := c.Logs.Entries("")
	v.Logs = logs[max(0, len(logs)-shownLogs):]
	return v, nil
}

// requests finds the records of requests among the ledger's rows: those whose document
// has a state and a date of receipt. The events of a request have both too, and are rows
// of their own.
func (c *Console) requests(ctx context.Context) ([]requestLine, error) {
	if _, ok := c.World.Store("ledger"); !ok {
		return nil, nil
	}
	rows, err := c.Stores.Items(ctx, "ledger")
	if err != nil {
		return nil, err
	}
	var lines []requestLine
	for _, row := range rows {
		fields, _ := row.(map[string]any)
		if fields["sk"] != "request" {
			continue
		}
		document, _ := fields["doc"].(string)
		var line requestLine
		if json.Unmarshal([]byte(document), &line) == nil && line.State != "" && !line.ReceivedAt.IsZero() {
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b requestLine) int { return b.ReceivedAt.Compare(a.ReceivedAt.Time) })
	return lines, nil
}
