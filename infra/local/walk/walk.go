// Package walk takes one deletion from Meta's callback to its verified result on a
// running local stack, and prints each step for the person at the terminal.
package walk

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const (
	world = "testdata/platform-example.json"
	app   = "900000000000001"
	user  = "10150000000000555"
	limit = 2 * time.Minute
)

// looked are the stores that are shown before and after.
var looked = []string{"links", "leads", "conversations", "messages", "ai_audit", "ai_quotes", "media"}

// walker prints as it goes.
type walker struct {
	stack   client.Client
	backups func() snapshot.Reader
	out     io.Writer
	n       int
}

func (w *walker) step(format string, args ...any) {
	w.n++
	_, _ = fmt.Fprintf(w.out, "\n%d. %s\n", w.n, fmt.Sprintf(format, args...))
}

func (w *walker) say(format string, args ...any) {
	_, _ = fmt.Fprintf(w.out, "   %s\n", fmt.Sprintf(format, args...))
}

// Ground is the stack that is walked on.
type Ground struct {
	API string // its address
	// MetaApps is the JSON file of the Meta apps and their secrets that it was started with.
	MetaApps string
	// Backups opens what is backed up, with every right; a new one remembers no key.
	Backups func() snapshot.Reader
}

// Run walks. An error means that the path is broken.
func Run(ctx context.Context, on Ground, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	w := &walker{stack: client.New(on.API), backups: on.Backups, out: out}
	if err := w.seed(ctx); err != nil {
		return err
	}
	before, err := w.traces(ctx)
	if err != nil {
		return err
	}
	if err := w.backUp(ctx); err != nil {
		return err
	}
	accepted, start, err := w.ask(ctx, on.MetaApps)
	if err != nil {
		return err
	}
	status, err := w.follow(ctx, accepted, start)
	if err != nil {
		return err
	}
	if err := w.compare(ctx, before); err != nil {
		return err
	}
	if err := w.reopen(ctx, status); err != nil {
		return err
	}
	w.step("Done. Nothing of Tom is left that anybody could read; the others have everything they had.")
	return nil
}

func (w *walker) seed(ctx context.Context) error {
	src, err := os.ReadFile(world)
	if err != nil {
		return fmt.Errorf("read the sample platform data: %w", err)
	}
	w.step("Two sample hotels are loaded from %s.", world)
	return w.stack.Seed(ctx, src)
}

// traces counts, per store, the items that are the person's: lead l_tom of t_harbour.
func (w *walker) traces(ctx context.Context) (map[string]int, error) {
	w.step("Tom wrote to the Harbour View Hotel. What is stored of him, and of others:")
	return w.count(ctx)
}

func (w *walker) count(ctx context.Context) (map[string]int, error) {
	his := map[string]int{}
	for _, store := range looked {
		items, err := w.stack.Store(ctx, store)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			if isToms(item) {
				his[store]++
			}
		}
		w.say("%-14s %2d of Tom, %2d of others", store, his[store], len(items)-his[store])
	}
	return his, nil
}

// isToms looks for the person's own IDs and words, rather than for what the service
// believes to be his.
func isToms(item client.Item) bool {
	src, _ := json.Marshal(item)
	for _, trace := range []string{`"l_tom"`, `#l_tom"`, "c_tom/", "l_tom.jpg", "rooms for 8"} {
		if strings.Contains(string(src), trace) {
			return true
		}
	}
	return false
}

func (w *walker) ask(ctx context.Context, appsFile string) (client.Accepted, time.Time, error) {
	secret, err := secretOf(appsFile)
	if err != nil {
		return client.Accepted{}, time.Time{}, err
	}
	start := time.Now()
	w.step("Tom removes the app and asks for deletion: Meta posts a signed request.")
	w.say("POST %s/meta/%s/data-deletion", w.stack.URL, app)
	accepted, err := w.stack.Callback(ctx, "data-deletion", client.Notice{App: app, User: user, Secret: secret, IssuedAt: start})
	if err == nil {
		w.say("200 confirmation_code %s", accepted.Code)
		w.say("    url %s", accepted.URL)
	}
	return accepted, start, err
}

func secretOf(file string) (string, error) {
	src, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the Meta apps: %w", err)
	}
	var apps map[string]struct{ Secrets []string }
	if err := json.Unmarshal(src, &apps); err != nil || len(apps[app].Secrets) == 0 {
		return "", fmt.Errorf("%s holds no secret of the app %s, which the walk signs for", file, app)
	}
	return apps[app].Secrets[0], nil
}

func (w *walker) follow(ctx context.Context, accepted client.Accepted, start time.Time) (client.Status, error) {
	w.step("The request goes its way:")
	last := ""
	status, err := w.stack.Await(ctx, accepted.Code, client.Ended, func(s client.Status) {
		if s.State != last {
			w.say("%6.1f s  %s", time.Since(start).Seconds(), s.State)
			last = s.State
		}
	})
	if err != nil {
		return status, err
	}
	if *status.Outcome != "completed" {
		return status, fmt.Errorf("the request ended as %s instead of completed", *status.Outcome)
	}
	w.say("verified empty at %s; %.1f s after Meta's POST", status.LiveErasedAt.Format(time.RFC3339), time.Since(start).Seconds())
	for _, kept := range status.Kept {
		w.say("kept: %s", kept.Reason)
	}
	return status, nil
}

func (w *walker) compare(ctx context.Context, before map[string]int) error {
	w.step("What is left:")
	after, err := w.count(ctx)
	if err != nil {
		return err
	}
	for _, store := range looked {
		if after[store] > 0 {
			return fmt.Errorf("%s still holds %d of %d items of the person", store, after[store], before[store])
		}
	}
	return nil
}
