package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTimings(t *testing.T) {
	noon := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for expression, want := range map[string]time.Time{
		"rate(1 minute)": noon.Add(time.Minute), "rate(5 minutes)": noon.Add(5 * time.Minute), "rate(2 hours)": noon.Add(2 * time.Hour), "rate(1 day)": noon.Add(24 * time.Hour),
		"cron(0 3 * * ? *)": noon.Add(15 * time.Hour), "cron(30 23 * * ? *)": noon.Add(11*time.Hour + 30*time.Minute),
		"cron(0 12 * * ? *)": noon.Add(24 * time.Hour), "cron(1 12 * * ? *)": noon.Add(time.Minute),
		"rate(0 minutes)": {}, "rate(1 second)": {}, "cron(60 3 * * ? *)": {}, "cron(0 24 * * ? *)": {}, "cron(0 3 ? * MON *)": {}, "cron(*/5 * * * ? *)": {}, "": {},
	} {
		timing, err := Parse(expression)
		if (err == nil) == want.IsZero() {
			t.Errorf("%q: %v", expression, err)
		}
		if got := timing.Next(noon); err == nil && !got.Equal(want) {
			t.Errorf("%q: after noon comes %s, want %s", expression, got, want)
		}
	}
}

func parse(t *testing.T, expression string) Timing {
	t.Helper()
	timing, err := Parse(expression)
	if err != nil {
		t.Fatal(err)
	}
	return timing
}

// The clock of synctest begins at midnight UTC.
func TestOnceADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 72*time.Hour)
		defer cancel()
		var at []string
		rule := &Rule{Timing: parse(t, "cron(15 5 * * ? *)"), Log: slog.New(slog.DiscardHandler), Invoke: func([]byte) ([]byte, error) {
			at = append(at, time.Now().UTC().Format("02 15:04"))
			return nil, nil
		}}
		rule.Run(ctx)
		if got := strings.Join(at, ", "); got != "01 05:15, 02 05:15, 03 05:15" {
			t.Errorf("ran at %s", got)
		}
	})
}

// What a slow run made late is made up once.
func TestASlowRunDelaysTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 7*time.Minute)
		defer cancel()
		var at []string
		rule := &Rule{Timing: parse(t, "rate(1 minute)"), Log: slog.New(slog.DiscardHandler), Invoke: func([]byte) ([]byte, error) {
			at = append(at, time.Now().UTC().Format("04:05"))
			if len(at) == 1 {
				time.Sleep(3*time.Minute + 30*time.Second)
			}
			return nil, nil
		}}
		rule.Run(ctx)
		if got := strings.Join(at, ", "); got != "01:00, 04:30, 05:30, 06:30" {
			t.Errorf("ran at %s", got)
		}
	})
}

func TestRunKeepsTheBeatAfterAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute+time.Second)
		defer cancel()
		runs := 0
		rule := &Rule{Timing: parse(t, "rate(1 minute)"), Log: slog.New(slog.DiscardHandler), Invoke: func([]byte) ([]byte, error) {
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
