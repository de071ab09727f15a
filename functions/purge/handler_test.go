package main

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
)

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "purge"))
	if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.Map == nil || cfg.Stores["leads"] != "mikla-dev-leads" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "STORES")
}

func TestEveryMessageIsRead(t *testing.T) { recorded.Messages(t, "purge") }

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
