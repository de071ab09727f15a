package main

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
)

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "purge"))
	if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.Map == nil || cfg.Stores["leads"] != "mikla-dev-leads" || cfg.WriteBudget != 1000 {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "STORES", "WRITE_BUDGET")
}

func TestABudgetThatIsNoneIsRefused(t *testing.T) {
	stack := templateenv.Lookup(t, "purge")
	for _, value := range []string{"a quarter", "-1", "2.5"} {
		_, err := Load(func(name string) (string, bool) {
			if name == "WRITE_BUDGET" {
				return value, true
			}
			return stack(name)
		})
		if err == nil || !strings.Contains(err.Error(), "WRITE_BUDGET must be") {
			t.Errorf("%q: got %v", value, err)
		}
	}
}

func TestABudgetOfNothingIsNoBound(t *testing.T) {
	l := ledger.New(ledgertest.NewFake())
	if b := writeBudget(Config{}, l); b != nil {
		t.Errorf("got %v", b)
	}
	if b := writeBudget(Config{WriteBudget: 5}, l); b == nil {
		t.Error("there is no bound")
	}
}

func TestEveryMessageIsRead(t *testing.T) { recorded.Messages(t, "purge") }
