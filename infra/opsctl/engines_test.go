package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/mikla-ai/data-deletion/infra/local/endpoint"
	"github.com/mikla-ai/data-deletion/infra/local/engines"
	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

const (
	region  = "eu-west-1"
	account = "000000000000"
)

// faults strike calls to the account.
var faults *front.Faults

// shared is the account of all tests here: the real engines with everything that the
// golden templates declare, so that the names are those of the stack. Nothing runs in
// it: what the tool writes stays as it wrote it.
var shared aws.Config

func TestMain(m *testing.M) { os.Exit(inAccount(m.Run)) }

func inAccount(run func() int) int {
	running, err := startAccount()
	defer func() {
		for _, engine := range running {
			engine.Kill()
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, "these tests need the engines (make tools):", err)
		return 1
	}
	return run()
}

func startAccount() (running []*engines.Engine, err error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	logs := logbook.New(500, nil)
	moto, err := engines.StartMoto(context.Background(), root, account, listener.Addr().(*net.TCPAddr).Port, logs)
	if err != nil {
		return nil, err
	}
	running = append(running, moto)
	dynamo, err := engines.StartDynamoDB(context.Background(), root, logs)
	if err != nil {
		return running, err
	}
	running = append(running, dynamo)
	door, err := front.New(front.Config{DynamoURL: dynamo.URL, MotoURL: moto.URL, Log: logs.Writer("AWS")})
	if err != nil {
		return running, err
	}
	faults = door.Faults
	go func() { _ = http.Serve(listener, door) }()
	shared = endpoint.Config("http://"+listener.Addr().String(), region, "tests")
	templates, err := template.Load(filepath.Join(root, "infra", "stack", "golden"))
	if err != nil {
		return running, err
	}
	_, err = provision.Deploy(context.Background(), templates, provision.Options{AWS: shared, Account: account})
	return running, err
}

// opsctl runs the tool as its user does and returns what it printed.
func opsctl(t *testing.T, args ...string) (string, error) {
	t.Helper()
	for name, value := range map[string]string{"AWS_ENDPOINT_URL": *shared.BaseEndpoint, "AWS_REGION": region,
		"AWS_ACCESS_KEY_ID": "OPERATOR", "AWS_SECRET_ACCESS_KEY": endpoint.Secret, "AWS_CONFIG_FILE": "", "AWS_SHARED_CREDENTIALS_FILE": ""} {
		t.Setenv(name, value)
	}
	var out bytes.Buffer
	err := run(t.Context(), args, &out)
	return out.String(), err
}
