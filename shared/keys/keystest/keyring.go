package keystest

import (
	"crypto/rand"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Secret holds the given versions; the last one is current.
func Secret(t testing.TB, versions ...string) secrets.Versioned {
	t.Helper()
	src := fmt.Sprintf(`{"current":%q`, versions[len(versions)-1])
	for _, v := range versions {
		src += fmt.Sprintf(",%q:%q", v, strings.Repeat(v, 64)[:64])
	}
	secret, err := secrets.ParseVersioned([]byte(src + "}"))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// NewKeyring is one that has met no key yet, under version 1 of the secret.
func NewKeyring(t testing.TB, rows keys.Rows, tombstones fence.Tombstones, root keys.Root) *keys.Keyring {
	t.Helper()
	return &keys.Keyring{Rows: rows, Root: root, Tombstones: tombstones, Secret: Secret(t, "1"),
		Now: time.Now, Random: rand.Reader}
}

// Path leads from a tenant to a channel of it, a lead and a conversation; as far as they are
// given. An empty lead is left out.
func Path(tenant string, below ...string) keys.Path {
	path := keys.Path{{Kind: "tenant", Values: []string{tenant}}}
	for i, name := range below {
		if name != "" {
			path = append(path, keys.Subject{Kind: []string{"channel", "lead", "conversation"}[i], Values: []string{tenant, name}})
		}
	}
	return path
}
