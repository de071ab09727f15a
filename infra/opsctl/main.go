// Command opsctl is the operator's tool. It prints what it would do; --execute does it
// and writes an entry into the security log.
//
// It finds tables, queues and secrets by the names that the stack gives them in a stage,
// and reads region, credentials and endpoint from the environment as any AWS client does:
//
//	AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_REGION=eu-west-1 \
//	AWS_ACCESS_KEY_ID=operator AWS_SECRET_ACCESS_KEY=local go run ./infra/opsctl requests list
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/alecthomas/kong"
)

// cli is what can be typed.
type cli struct {
	Stage string `default:"dev" help:"Name of the deployment."`

	Requests struct {
		List    listRequests `cmd:"" help:"What is open, and what is over but not done with; the oldest first."`
		Show    showRequest  `cmd:"" help:"One request: its record and its history. Names nobody."`
		Open    openRequest  `cmd:"" help:"Ask for a deletion by a key of ours."`
		Resume  resume       `cmd:"" help:"Send a request on that waits for a person."`
		Redrive redrive      `cmd:"" help:"Put dead start messages back into the start queue."`
		Hasten  hasten       `cmd:"" help:"End the time in which a closure may be taken back."`
		Done    done         `cmd:"" help:"Note that a task was done by hand."`
	} `cmd:"" help:"Deletion requests."`

	Review struct {
		List    listReviews `cmd:"" help:"What waits for a person, and why."`
		Show    showReview  `cmd:"" help:"What was asked, in words and in facts. Names people."`
		Approve approve     `cmd:"" help:"Send a deletion on, or end an enquiry that has been dealt with."`
		Ask     askRequest  `cmd:"" help:"Ask the requester something, in your own words."`
		Refuse  refuse      `cmd:"" help:"End a request without a deletion. The requester reads the reason."`
	} `cmd:"" help:"Requests that a person decides about."`

	Restore restoreCommands `cmd:"" help:"Backups, and the only way back from them."`
}

// acting is part of every command that changes something.
type acting struct {
	Execute bool   `help:"Do it, instead of printing what would be done."`
	As      string `placeholder:"NAME" help:"Your account's name, for the security log."`
}

// about is part of every command on one request.
type about struct {
	ID string `arg:"" name:"request" help:"ID of the request, as requests list shows it."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "opsctl:", err)
	if wrong := (*kong.ParseError)(nil); errors.As(err, &wrong) {
		fmt.Fprintln(os.Stderr, "opsctl --help, or --help after a command, says what can be typed.")
	}
	os.Exit(1)
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var typed cli
	parser, err := kong.New(&typed, kong.Name("opsctl"), kong.Writers(out, out),
		kong.Description("The operator's tool. Commands that change something print what they would do; --execute --as NAME does it, and it is written down."))
	if err != nil {
		return err
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(&tool{name: nameOf(parsed), stage: typed.Stage, out: out, now: time.Now})
}

// nameOf is a command without what it is given: "review approve".
func nameOf(parsed *kong.Context) string {
	node := parsed.Selected()
	return node.Parent.Name + " " + node.Name
}
