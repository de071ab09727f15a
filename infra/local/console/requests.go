package console

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// requestLine is what a newcomer wants to see of a request.
type requestLine struct {
	ID, Kind, Intake string
	State, Class     string // in words; open, waiting, completed or ended
	Age, Received    string
	Due, DueIn       string
	Erased           string // "13 items: ai_audit 1, leads 1, …"; "" before
	StatusPage       string // "" if its code cannot be made here
	Steps, Run       string // link to the executions; how the last one stands
}

// requests shows the records of requests among the ledger's rows, newest first.
func (c *Console) requests(ctx context.Context, executions []Execution) ([]requestLine, error) {
	records, err := c.records(ctx)
	if err != nil || len(records) == 0 {
		return nil, err
	}
	codes, err := c.codeKeys(ctx)
	if err != nil {
		return nil, err
	}
	now := c.Now()
	var lines []requestLine
	for _, r := range records {
		line := lineOf(r, now)
		line.Run = lastRun(executions, r.ID)
		if key, ok := codes.Key(r.CodeVersion); ok {
			line.StatusPage = "/status/" + confirmation.New(key, r.ID).Reveal()
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// records finds the requests among the ledger's rows; the others are pointers and
// events.
func (c *Console) records(ctx context.Context) ([]request.Request, error) {
	if _, ok := c.World.Store("ledger"); !ok {
		return nil, nil
	}
	rows, err := c.Stores.Items(ctx, "ledger")
	if err != nil {
		return nil, err
	}
	var found []request.Request
	for _, row := range rows {
		fields, _ := row.(map[string]any)
		if fields["sk"] != "request" {
			continue
		}
		document, _ := fields["doc"].(string)
		var r request.Request
		if json.Unmarshal([]byte(document), &r) == nil && r.ID != "" && r.State != "" && !r.ReceivedAt.IsZero() {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b request.Request) int { return b.ReceivedAt.Compare(a.ReceivedAt) })
	return found, nil
}

// codeKeys are the keys that confirmation codes are made with, from where the intake
// has them. A stack without an intake has none.
func (c *Console) codeKeys(ctx context.Context) (secrets.Versioned, error) {
	for _, f := range c.World.Functions {
		id, ok := f.Env["CODE_SECRET"]
		if !ok {
			continue
		}
		got, err := c.Secrets.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(id)})
		if err != nil {
			return secrets.Versioned{}, err
		}
		return secrets.ParseVersioned([]byte(aws.ToString(got.SecretString)))
	}
	return secrets.Versioned{}, nil
}

func lineOf(r request.Request, now time.Time) requestLine {
	return requestLine{
		ID: r.ID, Kind: words(string(r.Kind)), Intake: r.Intake, State: words(string(r.State)), Class: class(r.State),
		Age: span(now.Sub(r.ReceivedAt)), Received: moment(r.ReceivedAt),
		Due: moment(r.DueAt), DueIn: dueIn(r, now), Erased: erased(r.Erased),
		Steps: "/_local/executions?history=1&request=" + r.ID,
	}
}

func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

func class(s request.State) string {
	switch {
	case s.Waiting():
		return "waiting"
	case s == request.Completed:
		return "completed"
	case s.Terminal():
		return "ended"
	}
	return "open"
}

// dueIn says how much time is left; a request that has ended needs none.
func dueIn(r request.Request, now time.Time) string {
	left := r.DueAt.Sub(now)
	switch {
	case r.State.Terminal() || r.DueAt.IsZero():
		return ""
	case left < 0:
		return "overdue by " + span(-left)
	}
	return "in " + span(left)
}

func erased(counts map[string]int) string {
	total, parts := 0, []string{}
	for _, store := range slices.Sorted(maps.Keys(counts)) {
		total += counts[store]
		parts = append(parts, fmt.Sprintf("%s %d", store, counts[store]))
	}
	if total == 0 {
		return ""
	}
	return fmt.Sprintf("%d items: %s", total, strings.Join(parts, ", "))
}

// lastRun is the newest of a request's executions, which are listed newest first.
func lastRun(executions []Execution, id string) string {
	for _, e := range executions {
		if run, ok := strings.CutPrefix(e.Name, id+"-"); ok {
			return fmt.Sprintf("run %s %s", run, strings.ToLower(e.Status))
		}
	}
	return "not started yet"
}

// span is a length of time as a person says it.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

// moment is a time to the second, or nothing.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 Jan 2006, 15:04:05")
}
