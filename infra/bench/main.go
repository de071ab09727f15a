// Command bench measures what DESIGN section 10 limits and what needs no
// emulator, and prints it as Markdown: the signed request, and the size and
// start of every function's binary. README.md holds its last output.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	binaries := flags.String("functions", ".build/functions", "`folder` of <name>/bootstrap, built for this machine")
	golden := flags.String("golden", "infra/stack/golden", "`folder` of the synthesized template and its environments")
	starts := flags.Int("starts", 20, "how often each binary is started")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	printSignedRequests(out, measureSignedRequests())
	environments, err := loadEnvironments(*golden)
	if err != nil {
		return err
	}
	measured, err := measureBinaries(*binaries, environments, *starts)
	printBinaries(out, measured, *starts)
	return errors.Join(err, check(measured))
}

// Limits of DESIGN section 10.
const (
	maxBinary = 15 << 20 // bytes
	maxStart  = 60       // milliseconds
)

// check holds the binaries to their limits, all of them before it fails.
func check(binaries []binary) error {
	var problems []error
	for _, b := range binaries {
		if b.size > maxBinary {
			problems = append(problems, fmt.Errorf("%s is larger than %d MiB", b.name, maxBinary>>20))
		}
		if b.median().Milliseconds() > maxStart {
			problems = append(problems, fmt.Errorf("%s starts in more than %d ms", b.name, maxStart))
		}
		if b.calls > 0 {
			problems = append(problems, fmt.Errorf("%s called AWS %d times before its first event", b.name, b.calls))
		}
	}
	return errors.Join(problems...)
}
