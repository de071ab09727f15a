// Package e2e drives the shipped binaries through their public edges on a running
// local stack. Everything goes over HTTP or SMTP; nothing of the service is linked in.
package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	localstack "github.com/mikla-ai/data-deletion/infra/local/stack"
)

const (
	app    = "900000000000001"
	secret = "local-facebook-app-secret-current"
)

var (
	stack  client.Client
	server *localstack.Stack
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	undo, settle := 5*time.Second, time.Second
	s, err := localstack.Start(ctx, localstack.Options{Undo: &undo, Settle: &settle})
	if err != nil {
		fmt.Fprintln(os.Stderr, "the local stack did not start:", err)
		return 1
	}
	defer s.Close()
	defer removeTool()
	server, stack = s, client.New(s.URLs.API)
	if err := openHouses(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "the businesses were not loaded:", err)
		return 1
	}
	return m.Run()
}

func deadline(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func notice(user string) client.Notice {
	return client.Notice{App: app, User: user, Secret: secret, IssuedAt: time.Now()}
}

func seed(t *testing.T, ctx context.Context, w world) {
	t.Helper()
	if err := stack.Seed(ctx, w.encode()); err != nil {
		t.Fatal(err)
	}
}

func rows(t *testing.T, ctx context.Context, store string) int {
	t.Helper()
	items, err := stack.Store(ctx, store)
	if err != nil {
		t.Fatal(err)
	}
	return len(items)
}

func hash(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}
