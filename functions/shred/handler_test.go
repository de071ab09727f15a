package main

import (
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
)

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "shred"))
	if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.CaseKeys == "" || cfg.Bucket == "" || cfg.Keys == "" || cfg.Fingerprint == "" || cfg.Tombstones == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "SNAPSHOT_BUCKET", "SNAPSHOTKEYS_TABLE", "FINGERPRINT_SECRET", "TOMBSTONES_TABLE")
}

func TestEveryMessageIsRead(t *testing.T) { recorded.Messages(t, "shred") }
