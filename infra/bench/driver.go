package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// load is a purge against the table that does nothing.
type load struct {
	messages int
	work     work
}

// measureDriver runs the purge's binary, a process for each number of messages.
func (p *platform) measureDriver(ctx context.Context, sizes []int) ([]load, error) {
	var loads []load
	for _, messages := range sizes {
		done, err := p.drive(ctx, messages)
		if err != nil {
			return loads, fmt.Errorf("%d messages: %w", messages, err)
		}
		loads = append(loads, load{messages, done})
	}
	return loads, nil
}

func (p *platform) drive(ctx context.Context, messages int) (work, error) {
	g, err := p.welcome(ctx, messages)
	if err != nil {
		return work{}, err
	}
	nothing, err := serveNoop(p.dynamo, g)
	if err != nil {
		return work{}, err
	}
	defer nothing.close()
	done, err := p.erase(ctx, g, map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": nothing.URL})
	if err == nil && nothing.remaining() > 0 {
		err = fmt.Errorf("%d messages are left", nothing.remaining())
	}
	return done, err
}

func printLoads(out io.Writer, loads []load) {
	fmt.Fprintln(out, "| messages | peak memory, MB | CPU time, s | deletes per CPU second | wall, s |\n|---:|---:|---:|---:|---:|")
	for _, l := range loads {
		fmt.Fprintf(out, "| %d | %.1f | %.2f | %.0f | %.1f |\n", l.messages, float64(l.work.peak)/1e6, l.work.cpu.Seconds(),
			float64(l.messages)/max(l.work.cpu.Seconds(), tick.Seconds()), l.work.took.Seconds())
	}
	fmt.Fprintln(out)
}

// checkLoads holds the memory to its limit, and to being flat: many more messages than
// the second size need no more memory than that one, but for what a collector varies.
func checkLoads(loads []load) error {
	var problems []error
	for _, l := range loads {
		if l.work.peak > maxMemory {
			problems = append(problems, fmt.Errorf("purging %d messages takes %.0f MB, more than %d", l.messages, float64(l.work.peak)/1e6, maxMemory/1_000_000))
		}
	}
	if last := len(loads) - 1; last > 1 && float64(loads[last].work.peak) > maxGrowth*float64(loads[1].work.peak) {
		problems = append(problems, fmt.Errorf("memory grows: %.0f MB for %d messages, %.0f MB for %d", float64(loads[1].work.peak)/1e6, loads[1].messages,
			float64(loads[last].work.peak)/1e6, loads[last].messages))
	}
	return errors.Join(problems...)
}
