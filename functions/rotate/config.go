package main

import (
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Config is the function's environment.
type Config struct {
	Map    *datamap.Map
	Bucket string            // of snapshots
	Stores map[string]string // store of the data map -> physical name
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	env := environment.New(lookup)
	cfg := Config{Map: m, Bucket: env.Text("SNAPSHOT_BUCKET"), Stores: env.Names("STORES", m.Touched())}
	return cfg, env.Err()
}
