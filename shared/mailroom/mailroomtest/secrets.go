package mailroomtest

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// IDs of the secrets that Secrets holds.
const (
	CodeSecret        = "code"
	FingerprintSecret = "fingerprint"
)

type reader struct{}

func (reader) Read(_ context.Context, id string) ([]byte, error) {
	return fmt.Appendf(nil, `{"current":"1","1":%q}`, bytes.Repeat([]byte(id[:1]), 64)), nil
}

// Secrets holds the secrets of the world, for what reads them by itself.
func (w *World) Secrets() *secrets.Cache {
	return &secrets.Cache{Reader: reader{}, Now: w.Now, TTL: time.Minute, Stale: time.Minute}
}
