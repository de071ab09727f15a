package schedule

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Timing is when a rule runs: at a rate, or once a day.
type Timing struct {
	every time.Duration // between two runs; 0 is once a day
	daily time.Duration // since midnight UTC
}

const day = 24 * time.Hour

var (
	rate = regexp.MustCompile(`^rate\((\d+) (minute|hour|day)s?\)$`)
	cron = regexp.MustCompile(`^cron\((\d{1,2}) (\d{1,2}) \* \* \? \*\)$`)
)

// Parse reads an expression. Of cron only a minute and an hour of every day run here.
func Parse(expression string) (Timing, error) {
	if at := cron.FindStringSubmatch(expression); at != nil {
		minute, _ := strconv.Atoi(at[1])
		hour, _ := strconv.Atoi(at[2])
		if minute > 59 || hour > 23 {
			return Timing{}, fmt.Errorf("schedule %q: no such time of day", expression)
		}
		return Timing{daily: time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute}, nil
	}
	match := rate.FindStringSubmatch(expression)
	if match == nil {
		return Timing{}, fmt.Errorf("schedule %q: only rate(…) and cron(M H * * ? *) run here", expression)
	}
	count, err := strconv.Atoi(match[1])
	if err != nil || count < 1 {
		return Timing{}, fmt.Errorf("schedule %q: no such number", expression)
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": day}[match[2]]
	return Timing{every: time.Duration(count) * unit}, nil
}

// Next is the run after the one that was due at a moment, or after the start.
func (t Timing) Next(due time.Time) time.Time {
	if t.every > 0 {
		return due.Add(t.every)
	}
	next := due.UTC().Truncate(day).Add(t.daily)
	if !next.After(due) {
		next = next.Add(day)
	}
	return next
}
