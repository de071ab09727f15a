package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/functions/internal/recorded"
	"github.com/mikla-ai/data-deletion/functions/internal/templateenv"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/ledger/ledgertest"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

func TestConfigIsTheStacks(t *testing.T) {
	cfg, err := Load(templateenv.Lookup(t, "fence"))
	if err != nil || cfg.Ledger == "" || cfg.CaseFile == "" || cfg.Map == nil || cfg.Stores["leads"] != "mikla-dev-leads" || cfg.Tombstones == "" || cfg.Fingerprint == "" {
		t.Errorf("got %+v, %v", cfg, err)
	}
}

func TestEveryMissingVariableIsNamed(t *testing.T) {
	_, err := Load(templateenv.Missing)
	templateenv.WantProblems(t, err, "LEDGER_TABLE", "CASEFILE_TABLE", "CASEKEYS_TABLE", "TOMBSTONES_TABLE", "FINGERPRINT_SECRET", "STORES")
}

func TestEveryMessageIsRead(t *testing.T) { recorded.Messages(t, "fence") }

func TestMissingStoresAreNamed(t *testing.T) {
	stack := templateenv.Lookup(t, "fence")
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

type reader func() ([]byte, error)

func (r reader) Read(context.Context, string) ([]byte, error) { return r() }

// Without its keys the step must not run: tombstones under no key would fence nothing.
func TestStepNeedsItsKeys(t *testing.T) {
	for name, c := range map[string]struct {
		value string
		err   error
		want  fault.Kind
	}{
		"secret store is down": {"", fault.New(fault.Retry, "the secret store is down"), fault.Retry},
		"secret is broken":     {"{}", nil, fault.Permanent},
		"secret is good":       {`{"current":"1","1":"` + strings.Repeat("k", 64) + `"}`, nil, fault.NotFound}, // the request is not
	} {
		l := ledger.New(ledgertest.NewFake())
		s := step{fence: workflow.Fence{Ledger: l}, cache: &secrets.Cache{Now: time.Now, TTL: keysTTL,
			Reader: reader(func() ([]byte, error) { return []byte(c.value), c.err })}}
		if _, err := s.Run(t.Context(), workflow.Message{V: 1, RequestID: strings.Repeat("0", 32), Run: 1}); fault.KindOf(err) != c.want || err == nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
