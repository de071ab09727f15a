package main

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
)

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "close"))
	if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.CaseKeys == "" || cfg.Bucket == "" || cfg.LettersQueue == "" || cfg.Map == nil || cfg.Recovery != 24*time.Hour {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "MAIL_BUCKET", "LETTERS_QUEUE_URL", "RECOVERY_DAYS")
}

func TestEveryMessageIsRead(t *testing.T) { recorded.Messages(t, "close") }
