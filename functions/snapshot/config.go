package main

import (
	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Config is the function's environment.
type Config struct {
	Map                         *datamap.Map
	Stores                      map[string]string // physical names
	Ledger, Bucket, Runs, Queue string
	ReadBudget                  int // read units a second and table; 0 is no bound
	Keys                        awsclients.KeyTables
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	var stores []string
	for _, s := range m.Backed() {
		stores = append(stores, s.Name)
	}
	env := environment.New(lookup)
	cfg := Config{Map: m, Stores: env.Names("STORES", stores), Ledger: env.Text("LEDGER_TABLE"), Bucket: env.Text("SNAPSHOT_BUCKET"),
		Runs: env.Text("BACKUPRUNS_TABLE"), Queue: env.Address("SNAPSHOT_QUEUE_URL"), ReadBudget: env.Count("READ_BUDGET"),
		Keys: awsclients.KeyTables{Keys: env.Text("SNAPSHOTKEYS_TABLE"), Tombstones: env.Text("TOMBSTONES_TABLE"),
			Fingerprint: env.Text("FINGERPRINT_SECRET"), KMSKey: env.Text("SNAPSHOT_KEY_ID")}}
	return cfg, env.Err()
}
