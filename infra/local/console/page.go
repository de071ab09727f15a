package console

import (
	"bytes"
	"context"
	_ "embed" // the page
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// view is what the page shows.
type view struct {
	APIURL, AWSURL string
	Routes         []string
	Requests       []requestLine
	Groups         []storeGroup
	SMTP           string
	Mails          []mailLine
	Letters        []postoffice.Letter
	Queues         []queueLine
	Schedules      []string
	Faults         []front.Fault
	Logs           []logLine
}

// queueLine is a queue, and whether what stands in it waits for a person.
type queueLine struct {
	Queue
	Of   string // the queue whose dead letters these are
	Warn bool
}

// logLine is a line of the log, a structured one without its braces.
type logLine struct{ At, Source, Line string }

const shownLogs = 20

// policy allows the page's own style, the letters that it shows, and nothing else.
const policy = "default-src 'none'; frame-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

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
	w.Header().Set("Content-Security-Policy", policy)
	_, _ = w.Write(page.Bytes())
}

func (c *Console) view(ctx context.Context) (view, error) {
	v := view{APIURL: c.APIURL, AWSURL: c.AWSURL, Routes: c.Routes, SMTP: c.SMTP, Letters: newestLetters(c.Office.Outbox()),
		Faults: c.Faults.Pending(), Schedules: slices.Sorted(maps.Keys(c.Rules)), Logs: c.lastLogs()}
	executions, err := c.listExecutions(ctx, lookup{})
	if err != nil {
		return v, err
	}
	if v.Requests, err = c.requests(ctx, executions); err != nil {
		return v, err
	}
	if v.Groups, err = c.storeGroups(ctx); err != nil {
		return v, err
	}
	if v.Mails, err = c.mailLines(ctx); err != nil {
		return v, err
	}
	v.Queues, err = c.queueLines(ctx)
	return v, err
}

// Unfinished counts the requests that have no end yet.
func (v view) Unfinished() int {
	n := 0
	for _, r := range v.Requests {
		if r.Class == "open" || r.Class == "waiting" {
			n++
		}
	}
	return n
}

// Dead counts the dead letters of all queues.
func (v view) Dead() string {
	total := 0
	for _, q := range v.Queues {
		var n int
		if _, err := fmt.Sscan(q.Messages, &n); err == nil && q.Of != "" {
			total += n
		}
	}
	return fmt.Sprint(total)
}

// queueLines shows each queue, and after it the one for its dead letters.
func (c *Console) queueLines(ctx context.Context) ([]queueLine, error) {
	queues, err := c.listQueues(ctx)
	if err != nil {
		return nil, err
	}
	feeds := map[string]string{} // name of a queue of dead letters -> of its queue
	for _, q := range c.World.Queues {
		for _, dead := range c.World.Queues {
			if q.DeadLetters == dead.ARN {
				feeds[dead.Name] = q.Name
			}
		}
	}
	var lines []queueLine
	for _, q := range queues {
		of := feeds[q.Name]
		lines = append(lines, queueLine{Queue: q, Of: of, Warn: of != "" && q.Messages != "0"})
	}
	slices.SortStableFunc(lines, func(a, b queueLine) int {
		return strings.Compare(a.Of+a.Name, b.Of+b.Name)
	})
	return lines, nil
}

// lastLogs are the newest lines of the functions and of what the engines refused; the
// engines' own chatter and the metrics stay in /_local/logs.
func (c *Console) lastLogs() []logLine {
	var lines []logLine
	for _, e := range c.Logs.Entries("") {
		_, function := c.World.Function(e.Source)
		if (function || e.Source == "AWS" || e.Source == "local stack") && !strings.Contains(e.Line, `"_aws":`) {
			lines = append(lines, logLine{e.Time.Format("15:04:05"), e.Source, plain(e)})
		}
	}
	return lines[max(0, len(lines)-shownLogs):]
}

// plain writes a structured line as its message and the attributes that are its own.
func plain(e logbook.Entry) string {
	var fields map[string]any
	if json.Unmarshal([]byte(e.Line), &fields) != nil || fields["msg"] == nil {
		return e.Line
	}
	text := fmt.Sprint(fields["msg"])
	if fields["level"] != "INFO" {
		text = fmt.Sprint(fields["level"], ": ", text)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if !slices.Contains([]string{"time", "level", "msg"}, name) {
			text += " " + name + "=" + short(fields[name])
		}
	}
	return text
}

func short(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	text, _ := json.Marshal(value)
	return string(text)
}
