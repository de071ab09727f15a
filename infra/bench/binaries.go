package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// binary is one function as it is deployed.
type binary struct {
	name   string
	size   int64           // bytes
	starts []time.Duration // from the start of the process to its first call for an event, ascending
	calls  int             // calls to AWS before that, over all starts
}

func (b binary) fastest() time.Duration { return b.at(0) }

func (b binary) median() time.Duration { return b.at(len(b.starts) / 2) }

func (b binary) at(i int) time.Duration {
	if len(b.starts) == 0 {
		return 0
	}
	return b.starts[i]
}

// measureBinaries measures every <name>/bootstrap of the folder, and goes on
// to the next one when one cannot be started.
func measureBinaries(folder string, environments map[string]map[string]string, starts int) ([]binary, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*", "bootstrap"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no <name>/bootstrap in %s: build the functions first", folder)
	}
	api, err := serveRuntime()
	if err != nil {
		return nil, err
	}
	defer api.close()
	var measured []binary
	var problems []error
	for _, path := range paths {
		b, err := measureBinary(api, path, environments, starts)
		measured, problems = append(measured, b), append(problems, err)
	}
	return measured, errors.Join(problems...)
}

func measureBinary(api *runtimeAPI, path string, environments map[string]map[string]string, starts int) (binary, error) {
	b := binary{name: filepath.Base(filepath.Dir(path))}
	file, err := os.Stat(path)
	if err != nil {
		return b, err
	}
	b.size = file.Size()
	environment, known := environments[b.name]
	if !known {
		return b, fmt.Errorf("%s: the template has no such function", b.name)
	}
	for range starts {
		took, err := api.start(path, environment)
		if err != nil {
			return b, fmt.Errorf("%s: %w", b.name, err)
		}
		b.starts = append(b.starts, took)
	}
	slices.Sort(b.starts)
	b.calls = api.takeCalls()
	return b, nil
}

func printBinaries(out io.Writer, binaries []binary, starts int) {
	if len(binaries) == 0 {
		return
	}
	fmt.Fprintf(out, "| function | size, MB | first `next`, ms: fastest of %d | median | AWS calls before |\n|---|---:|---:|---:|---:|\n", starts)
	for _, b := range binaries {
		fmt.Fprintf(out, "| %s | %.1f | %.1f | %.1f | %d |\n", b.name, float64(b.size)/1e6, ms(b.fastest()), ms(b.median()), b.calls)
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
