// Package schedule runs functions from time to time, as EventBridge rules do.
package schedule

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"time"
)

// Rule runs one function.
type Rule struct {
	Name, ARN       string
	Account, Region string
	// Every is the time between two runs.
	Every time.Duration
	// Input replaces the event; "" means the event itself.
	Input string
	// Invoke runs the function; an error of the function comes back as error.
	Invoke func(payload []byte) ([]byte, error)
	Log    *slog.Logger
}

var rate = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)

// Every reads a rate expression. Others do not run here.
func Every(expression string) (time.Duration, error) {
	match := rate.FindStringSubmatch(expression)
	if match == nil {
		return 0, fmt.Errorf("schedule %q: only rate(…) runs here", expression)
	}
	count, err := strconv.Atoi(match[1])
	if err != nil || count < 1 {
		return 0, fmt.Errorf("schedule %q: no such number", expression)
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[match[2]]
	return time.Duration(count) * unit, nil
}

// Run keeps the schedule until the context ends. A slow run delays the next one.
func (r *Rule) Run(ctx context.Context) {
	ticker := time.NewTicker(r.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if _, err := r.Now(); err != nil {
				r.Log.Warn("scheduled run failed", "schedule", r.Name, "error", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// Now runs the function once and returns its answer.
func (r *Rule) Now() ([]byte, error) {
	if r.Input != "" {
		return r.Invoke([]byte(r.Input))
	}
	payload, err := json.Marshal(map[string]any{
		"version": "0", "id": rand.Text(), "detail-type": "Scheduled Event", "source": "aws.events",
		"account": r.Account, "time": time.Now().UTC().Format(time.RFC3339), "region": r.Region,
		"resources": []string{r.ARN}, "detail": map[string]any{},
	})
	if err != nil {
		return nil, err
	}
	return r.Invoke(payload)
}
