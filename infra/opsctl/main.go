// Command opsctl is the operator's tool. It prints what it would do; --execute does it
// and writes an entry into the security log.
//
// It finds tables, queues and secrets by the names that the stack gives them in a stage,
// and reads region, credentials and endpoint from the environment as any AWS client does:
//
//	AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_REGION=eu-west-1 \
//	AWS_ACCESS_KEY_ID=operator AWS_SECRET_ACCESS_KEY=local go run ./infra/opsctl list
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

const usage = `opsctl list
opsctl request --scope tenant|channel|lead|conversation --tenant ID [--channel|--lead|--conversation ID] --public-url URL
opsctl resume REQUEST_ID
opsctl redrive [--expect N]

Every command but list prints what it would do. With --execute --as NAME it does it, and
redrive needs --expect, the number that it printed. --stage is dev if it is not given.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "opsctl:", err)
		if errors.Is(err, errUsage) {
			fmt.Fprint(os.Stderr, "\n", usage)
		}
		os.Exit(1)
	}
}

var errUsage = errors.New("no such command or flag")

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errUsage
	}
	commands := map[string]func(context.Context, *tool, []string) error{
		"list": list, "request": ask, "resume": resume, "redrive": redrive,
	}
	command, ok := commands[args[0]]
	if !ok {
		return errUsage
	}
	return command(ctx, &tool{name: args[0], out: out, now: time.Now}, args[1:])
}

// parse reads flags and at most one positional argument, in any order.
func (t *tool) parse(flags *flag.FlagSet, args []string) (positional string, err error) {
	flags.StringVar(&t.stage, "stage", "dev", "`name` of the deployment")
	flags.BoolVar(&t.execute, "execute", false, "do it, instead of printing what would be done")
	flags.StringVar(&t.as, "as", "", "your `name`, for the security log")
	flags.SetOutput(io.Discard)
	for {
		if err := flags.Parse(args); err != nil {
			return "", errors.Join(err, errUsage)
		}
		if flags.NArg() == 0 {
			return positional, t.check()
		}
		if positional != "" {
			return "", fmt.Errorf("%q is one argument too many", flags.Arg(0))
		}
		positional, args = flags.Arg(0), flags.Args()[1:]
	}
}
