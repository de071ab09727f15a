// Package schedule runs functions from time to time, as EventBridge rules do.
package schedule

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"time"
)

// Rule runs one function.
type Rule struct {
	Name, ARN       string
	Account, Region string
	Timing          Timing
	// Input replaces the event; "" means the event itself.
	Input string
	// Invoke runs the function; an error of the function comes back as error.
	Invoke func(payload []byte) ([]byte, error)
	Log    *slog.Logger
}

// Run keeps the schedule until the context ends. A slow run delays the next one; those
// that it made late are left out, but for one.
func (r *Rule) Run(ctx context.Context) {
	for due := r.Timing.Next(time.Now()); ; due = r.following(due) {
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
			if _, err := r.Now(); err != nil {
				r.Log.Warn("scheduled run failed", "schedule", r.Name, "error", err)
			}
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

func (r *Rule) following(due time.Time) time.Time {
	now := time.Now()
	if next := r.Timing.Next(due); next.After(now) {
		return next
	}
	return now
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
