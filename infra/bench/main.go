// Command bench measures what DESIGN section 10 limits and prints it as
// Markdown: the signed request, the size and start of every function's binary,
// what sealing, shredding and restoring snapshots takes, and on a local stack of its own a whole deletion, its
// calls and their price, the purge against a bare loop, and what the purge takes by itself.
// README.md holds its last output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"time"
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
	only := flags.String("only", "", "measure only this `part`: start, seal, shred, restore, deletion, purge or driver")
	messages := flags.Int("messages", 10_000, "`number` of messages that the purge and the bare loop delete in a round")
	rounds := flags.Int("rounds", 5, "`number` of rounds")
	var sizes backupSizes
	flags.IntVar(&sizes.leads, "leads", 200, "`number` of leads of the channels whose leads are shredded")
	flags.IntVar(&sizes.shredded, "shredded", 50, "`number` of leads that are shredded in each")
	flags.IntVar(&sizes.restored, "restore", 500, "`megabytes` that are restored")
	flags.IntVar(&sizes.tables, "tables", 10, "`megabytes` that are restored into DynamoDB Local")
	if err := flags.Parse(args); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s, %s/%s, %d CPUs\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	var problems []error
	if *only == "" || *only == "start" {
		problems = append(problems, runStarts(out, *binaries, *golden, *starts))
	}
	if *only == "" || *only == "seal" {
		measured, err := measureSealing(context.Background())
		printSealing(out, measured)
		problems = append(problems, err)
	}
	problems = append(problems, runBackups(context.Background(), out, *only, sizes))
	if *only == "" || slices.Contains([]string{"deletion", "purge", "driver"}, *only) {
		problems = append(problems, runPlatform(out, *binaries, *golden, *only, *messages, *rounds))
	}
	return errors.Join(problems...)
}

// backupSizes say how much is shredded and restored.
type backupSizes struct{ leads, shredded, restored, tables int }

// runBackups measures what needs no stack.
func runBackups(ctx context.Context, out io.Writer, only string, sizes backupSizes) error {
	var problems []error
	if only == "" || only == "shred" {
		measured, err := shredOnEngine(ctx, sizes)
		printShreds(out, measured)
		problems = append(problems, err, checkShreds(measured))
		copied, err := measureNights(ctx)
		printNights(out, copied)
		problems = append(problems, err)
	}
	if only == "" || only == "restore" {
		measured, err := measureRestores(ctx, sizes.restored, sizes.tables)
		printRestores(out, measured)
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func runStarts(out io.Writer, binaries, golden string, starts int) error {
	printSignedRequests(out, measureSignedRequests())
	environments, err := loadEnvironments(golden)
	if err != nil {
		return err
	}
	measured, err := measureBinaries(binaries, environments, starts)
	printBinaries(out, measured, starts)
	return errors.Join(err, check(measured))
}

// runPlatform measures what needs a stack. The whole deletion comes first: after it the
// bench walks requests through their steps itself.
func runPlatform(out io.Writer, binaries, golden, only string, messages, rounds int) error {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	p, err := startPlatform(ctx, binaries, golden)
	if err != nil {
		return err
	}
	defer p.close()
	var problems []error
	if only == "" || only == "deletion" {
		d, err := p.measureDeletion(ctx, 2000)
		if err != nil {
			return err
		}
		d.print(out)
		problems = append(problems, d.check())
	}
	if err := p.byHand(); err != nil {
		return err
	}
	if only == "" || only == "purge" {
		c := p.contest(messages, rounds)
		if err := p.hold(ctx, c); err != nil {
			return err
		}
		c.print(out)
	}
	if only == "" || only == "driver" {
		loads, err := p.measureDriver(ctx, []int{10_000, 200_000, 1_000_000})
		printLoads(out, loads)
		problems = append(problems, err, checkLoads(loads))
	}
	return errors.Join(problems...)
}

// Limits of DESIGN section 10.
const (
	maxBinary = 15 << 20 // bytes
	maxReader = 30 << 20 // of mail-intake, which holds the numbering plans of all countries
	maxStart  = 60       // milliseconds

	maxDeletion = time.Minute           // of a lead with 2,000 messages
	maxPrice    = 0.01                  // dollars, of the same
	maxMemory   = 256_000_000           // bytes
	maxGrowth   = 1.5                   // of the peak, for five times as many messages
	maxRestore  = 1_500_000_000         // bytes of memory, of a restore of 8 channels at a time, in which keys and tombstones are too
	maxShred    = 50 * time.Millisecond // of CPU time, of a lead in however many snapshots
)

// goalThroughput is what the purge should reach of a bare loop's rate.
const goalThroughput = 0.9

// check holds the binaries to their limits, all of them before it fails.
func check(binaries []binary) error {
	var problems []error
	for _, b := range binaries {
		most := int64(maxBinary)
		if b.name == "mail-intake" {
			most = maxReader
		}
		if b.size > most {
			problems = append(problems, fmt.Errorf("%s is larger than %d MiB", b.name, most>>20))
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
