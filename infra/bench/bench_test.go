package main

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

// The test's own program stands in for a function: ROLE says how it behaves.
func TestMain(m *testing.M) {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	switch os.Getenv("ROLE") {
	case "":
		os.Exit(m.Run())
	case "good":
		_, _ = http.Get(base + "invocation/next")
	case "talkative":
		_, _ = http.Post(os.Getenv("AWS_ENDPOINT_URL"), "application/json", nil)
		_, _ = http.Get(base + "invocation/next")
	case "failing":
		_, _ = http.Post(base+"init/error", "application/json", nil)
	case "answering", "refusing":
		_, _ = http.Get(base + "invocation/next")
		what := map[string]string{"answering": "response", "refusing": "error"}[os.Getenv("ROLE")]
		_, _ = http.Post(base+"invocation/1/"+what, "application/json", strings.NewReader(`{"next":"verify"}`))
		_, _ = http.Get(base + "invocation/next")
	case "dying":
		os.Stderr.WriteString("no such table")
		os.Exit(3)
	}
}

// deploy lays out <name>/bootstrap for each role.
func deploy(t *testing.T, roles ...string) (folder string, environments map[string]map[string]string) {
	t.Helper()
	folder, environments = t.TempDir(), map[string]map[string]string{}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		if err := os.Mkdir(filepath.Join(folder, role), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(self, filepath.Join(folder, role, "bootstrap")); err != nil {
			t.Fatal(err)
		}
		environments[role] = map[string]string{"ROLE": role}
	}
	return folder, environments
}

func TestStartsAreMeasured(t *testing.T) {
	folder, environments := deploy(t, "good", "talkative")
	measured, err := measureBinaries(folder, environments, 3)
	if err != nil || len(measured) != 2 {
		t.Fatalf("%d binaries, error %v", len(measured), err)
	}
	for _, b := range measured {
		if len(b.starts) != 3 || b.fastest() <= 0 || b.median() < b.fastest() || b.size == 0 {
			t.Errorf("%s: %+v", b.name, b)
		}
	}
	if measured[0].calls != 0 || measured[1].calls != 3 {
		t.Errorf("calls to AWS: %d and %d", measured[0].calls, measured[1].calls)
	}
}

func TestBinariesThatDoNotStartAreNamed(t *testing.T) {
	folder, environments := deploy(t, "dying", "failing", "good", "unknown")
	delete(environments, "unknown")
	measured, err := measureBinaries(folder, environments, 1)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"dying: ended before it asked for an event: no such table", "failing: ", "unknown: the template has no such function"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
	if len(measured) != 4 || len(measured[2].starts) != 1 {
		t.Errorf("the good one is not measured: %+v", measured)
	}
}

func TestNothingBuiltIsSaid(t *testing.T) {
	if _, err := measureBinaries(t.TempDir(), nil, 1); err == nil || !strings.Contains(err.Error(), "build the functions first") {
		t.Errorf("error %v", err)
	}
}

func TestChildrenGetNothingOfThisMachine(t *testing.T) {
	t.Setenv("AWS_PROFILE", "somebody")
	api := &runtimeAPI{address: "127.0.0.1:1"}
	environment := strings.Join(api.environment("7", map[string]string{"LEDGER_TABLE": "ledger"}), "\n")
	if strings.Contains(environment, "PROFILE") || !strings.Contains(environment, "LEDGER_TABLE=ledger") ||
		!strings.Contains(environment, "AWS_LAMBDA_RUNTIME_API=127.0.0.1:1/7") {
		t.Errorf("environment is %s", environment)
	}
}

func TestEnvironmentsComeFromTheTemplate(t *testing.T) {
	environments, err := loadEnvironments("../stack/golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"meta-callback", "start-deletion", "locate", "fence", "purge", "verify", "close", "sweep", "status"} {
		if environments[name]["LEDGER_TABLE"] == "" {
			t.Errorf("%s has the environment %v", name, environments[name])
		}
	}
}

func TestLimitsAreHeld(t *testing.T) {
	fine := binary{name: "fine", size: 9e6, starts: []time.Duration{5 * time.Millisecond}}
	if err := check([]binary{fine}); err != nil {
		t.Errorf("error %v", err)
	}
	slow := []time.Duration{time.Millisecond, time.Second, time.Second}
	err := check([]binary{{name: "fat", size: 16 << 20}, {name: "slow", starts: slow}, {name: "talkative", calls: 2}})
	for _, want := range []string{"fat is larger", "slow starts", "talkative called AWS 2 times"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error lacks %q: %v", want, err)
		}
	}
}

func TestRequestsHaveTheirLength(t *testing.T) {
	for _, length := range []int{347, 8 << 10} {
		raw := requestOf(length, appSecrets[0])
		if len(raw) != length {
			t.Errorf("%d bytes instead of %d", len(raw), length)
		}
		if _, err := signedrequest.Verify(raw, appSecrets, time.Unix(1777888800, 0)); err != nil {
			t.Error(err)
		}
		_, err := signedrequest.Verify(raw[1:], appSecrets, time.Unix(1777888800, 0))
		if !errors.Is(err, signedrequest.ErrMalformed) {
			t.Errorf("the one of a wrong form gives %v", err)
		}
	}
}

func TestOutputIsMarkdown(t *testing.T) {
	var out bytes.Buffer
	printSignedRequests(&out, []timing{{name: "verify"}})
	printBinaries(&out, []binary{{name: "status", size: 9_400_000, starts: []time.Duration{4 * time.Millisecond, 5 * time.Millisecond}}}, 2)
	for _, want := range []string{"| verify | 0 | 0 | 0 |", "| status | 9.4 | 4.0 | 5.0 | 0 |"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
}
