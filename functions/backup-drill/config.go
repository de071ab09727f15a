package main

import "github.com/mikla-ai/data-deletion/functions/internal/environment"

// Config is the function's environment.
type Config struct {
	Bucket           string // of snapshots
	Keys, Tombstones string // tables
	Root             string // ARN of the key of KMS that wraps tenants' keys
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Bucket: env.Text("SNAPSHOT_BUCKET"), Keys: env.Text("SNAPSHOTKEYS_TABLE"),
		Tombstones: env.Text("TOMBSTONES_TABLE"), Root: env.Text("SNAPSHOT_KEY_ID")}
	return cfg, env.Err()
}
