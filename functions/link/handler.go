package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/functions/internal/environment"
	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Config is the function's environment.
type Config struct {
	Ledger, CaseFile, CaseKeys, StartQueue, LettersQueue, CodeSecret, FingerprintSecret string
}

// Load reads and checks the environment.
func Load(lookup environment.Lookup) (Config, error) {
	env := environment.New(lookup)
	cfg := Config{Ledger: env.Text("LEDGER_TABLE"), CaseFile: env.Text("CASEFILE_TABLE"), CaseKeys: env.Text("CASEKEYS_TABLE"), StartQueue: env.Address("START_QUEUE_URL"), LettersQueue: env.Address("LETTERS_QUEUE_URL"), CodeSecret: env.Text("CODE_SECRET"), FingerprintSecret: env.Text("FINGERPRINT_SECRET")}
	return cfg, env.Err()
}

// Handler does not do anything yet.
type Handler struct{}

// New wires the handler.
func New(Config, aws.Config) Handler { return Handler{} }

// Handle is to come.
func (Handler) Handle(context.Context, json.RawMessage) (json.RawMessage, error) {
	return nil, fault.New(fault.Permanent, "not written yet")
}
