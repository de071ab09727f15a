package casework

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
)

func TestConfigIsTheStacks(t *testing.T) {
	for _, function := range []string{"locate", "purge", "verify"} {
		cfg, err := Load(templateenv.Lookup(t, function))
		if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.CaseKeys == "" || cfg.Map == nil || cfg.Stores["leads"] != "mikla-dev-leads" {
			t.Errorf("%s: got %+v, %v", function, cfg, err)
		}
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "STORES")
}

func TestMissingStoresAreNamed(t *testing.T) {
	stack := templateenv.Lookup(t, "purge")
	_, err := Load(func(name string) (string, bool) {
		if name == "STORES" {
			return `{"leads":"mikla-dev-leads"}`, true
		}
		return stack(name)
	})
	if err == nil || !strings.Contains(err.Error(), "STORES lacks the physical name of the store messages") || strings.Contains(err.Error(), "store leads") {
		t.Errorf("got %v", err)
	}
}
