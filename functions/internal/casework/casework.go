// Package casework is what the functions that work on a subject's data have in
// common: where the ledger, the case file and the platform's stores are.
package casework

import (
	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Config is their common environment.
type Config struct {
	Ledger, CaseFile, CaseKeys string
	Map                        *datamap.Map
	Stores                     map[string]string // store of the data map -> physical name
}

// Load reads and checks the environment of a function that needs nothing else.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg, err := Read(env)
	if err != nil {
		return cfg, err
	}
	return cfg, env.Err()
}

// Read reads the common part; the reader has its problems.
func Read(env *environment.Reader) (Config, error) {
	m, err := datamap.Load()
	if err != nil {
		return Config{}, err
	}
	return Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"), Map: m,
		Stores: env.Names("STORES", m.Touched())}, nil
}
