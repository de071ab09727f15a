package main

import (
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Config is the function's environment.
type Config struct {
	Map          *datamap.Map
	Bucket       string            // of snapshots
	Keys         string            // the table of their keys
	Stores       map[string]string // store of the data map -> physical name
	RecoveryDays int               // how far point-in-time recovery may reach back
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	env := environment.New(lookup)
	cfg := Config{Map: m, Bucket: env.Text("SNAPSHOT_BUCKET"), Keys: env.Text("SNAPSHOTKEYS_TABLE"),
		Stores: env.Names("STORES", m.Touched()), RecoveryDays: env.Count("RECOVERY_DAYS")}
	return cfg, env.Err()
}
