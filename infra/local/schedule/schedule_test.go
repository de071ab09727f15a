package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

func TestEvery(t *testing.T) {
	for expression, want := range map[string]time.Duration{
		"rate(1 minute)": time.Minute, "rate(5 minutes)": 5 * time.Minute, "rate(2 hours)": 2 * time.Hour, "rate(1 day)": 24 * time.Hour,
		"rate(0 minutes)": 0, "rate(1 second)": 0, "cron(0 3 * * ? *)": 0, "": 0,
	} {
		got, err := Every(expression)
		if got != want || (err == nil) != (want > 0) {
			t.Errorf("%q: got %s, %v; want %s", expression, got, err, want)
		}
	}
}

func TestRunKeepsTheBeatAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute+time.Second)
		defer cancel()
		runs := 0
		rule := &Rule{Every: time.Minute, Log: slog.New(slog.DiscardHandler), Invoke: func([]byte) ([]byte, error) {
			runs++
			return nil, errors.New("failed")
		}}
		rule.Run(ctx)
		if runs != 3 {
			t.Errorf("ran %d times in three minutes", runs)
		}
	})
}

func TestEventAndInput(t *testing.T) {
	var got []byte
	rule := &Rule{ARN: "arn:rule", Region: "eu-west-1", Invoke: func(payload []byte) ([]byte, error) {
		got = payload
		return []byte("done"), nil
	}}
	if answer, err := rule.Now(); err != nil || string(answer) != "done" {
		t.Fatalf("got %q, %v", answer, err)
	}
	var event struct {
		Source    string
		Resources []string
		Time      time.Time
	}
	if err := json.Unmarshal(got, &event); err != nil || event.Source != "aws.events" || event.Resources[0] != "arn:rule" || event.Time.IsZero() {
		t.Errorf("event %s, %v", got, err)
	}
	rule.Input = `{"given":true}`
	if _, err := rule.Now(); err != nil || string(got) != rule.Input {
		t.Errorf("event %s, %v", got, err)
	}
}
