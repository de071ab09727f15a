// The local stack: the service on this machine, as `make run` and `make up` start it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/term"

	"github.com/mikla-ai/data-deletion/infra/local/background"
	"github.com/mikla-ai/data-deletion/infra/local/stack"
	"github.com/mikla-ai/data-deletion/infra/local/walk"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "local stack:", err)
		os.Exit(1)
	}
}

type flags struct{ up, down, child, verbose, walk bool }

func readFlags() flags {
	var f flags
	flag.BoolVar(&f.up, "up", false, "start in the background and return when it is ready")
	flag.BoolVar(&f.down, "down", false, "end the one in the background")
	flag.BoolVar(&f.child, "background-child", false, "be the one in the background (used by -up)")
	flag.BoolVar(&f.walk, "walk", false, "walk one deletion, then keep serving if there is a terminal")
	flag.BoolVar(&f.verbose, "v", false, "print what the functions and engines write")
	flag.Parse()
	return f
}

func run() error {
	f := readFlags()
	root, err := stack.FindRoot()
	if err != nil {
		return err
	}
	place := background.In(root)
	switch {
	case f.up:
		return place.Up(os.Stdout, backgroundArguments(f)...)
	case f.down:
		return place.Down(os.Stdout)
	case f.child:
		return place.Be(func(ready func(string)) error { return serve(root, f, ready) })
	}
	return serve(root, f, func(message string) { fmt.Print(message, "Ctrl-C ends it.\n") })
}

func backgroundArguments(f flags) []string {
	if f.verbose {
		return []string{"-background-child", "-v"}
	}
	return []string{"-background-child"}
}

// serve runs the stack until somebody ends it or it cannot go on.
func serve(root string, f flags, ready func(string)) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	options, err := optionsFrom(os.Getenv, root)
	if err != nil {
		return err
	}
	options.Verbose = output(f)
	running, err := stack.Start(ctx, options)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer running.Close()
	if f.walk {
		if err := walk.Run(ctx, walk.Ground{API: running.URLs.API, MetaApps: running.MetaApps(), Backups: running.Backups}, os.Stdout); err != nil {
			return interrupted(ctx, err)
		}
		if !attended() {
			return nil
		}
		fmt.Println()
	}
	ready(welcome(running.URLs))
	select {
	case <-ctx.Done():
		return nil
	case err := <-running.Failed():
		return err
	}
}

// attended says whether a person sits at the terminal.
func attended() bool {
	return term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd()))
}

// interrupted makes no error of an end that was asked for.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func output(f flags) io.Writer {
	if f.verbose {
		return os.Stderr
	}
	return nil
}

func optionsFrom(env func(string) string, root string) (stack.Options, error) {
	o := stack.Options{Root: root, MetaApps: env("LOCAL_META_APPS")}
	var err error
	if o.Port, err = port(env("PORT"), 8080); err != nil {
		return o, fmt.Errorf("PORT: %w", err)
	}
	if o.AWSPort, err = port(env("AWS_PORT"), 4566); err != nil {
		return o, fmt.Errorf("AWS_PORT: %w", err)
	}
	if o.SMTPPort, err = port(env("SMTP_PORT"), 2525); err != nil {
		return o, fmt.Errorf("SMTP_PORT: %w", err)
	}
	if text := env("LOCAL_UNDO"); text != "" {
		undo, err := time.ParseDuration(text)
		if err != nil || undo < 0 {
			return o, fmt.Errorf("LOCAL_UNDO: %q is no duration, such as 20s", text)
		}
		o.Undo = &undo
	}
	return o, nil
}

func port(text string, fallback int) (int, error) {
	if text == "" {
		return fallback, nil
	}
	number, err := strconv.Atoi(text)
	if err != nil || number < 1 || number > 65535 {
		return 0, fmt.Errorf("%q is not a port", text)
	}
	return number, nil
}

func welcome(urls stack.URLs) string {
	return fmt.Sprintf("The local stack is up.\n  API      %s\n  look in  %s\n  AWS      AWS_ENDPOINT_URL=%s\n  SMTP     %s, for mail to privacy@mikla.ai\n", urls.API, urls.Console, urls.AWS, urls.SMTP)
}
