package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
)

var (
	fenced = regexp.MustCompile("(?s)```\n(.*?)```")
	coded  = regexp.MustCompile(`"confirmation_code": ?"([A-Z2-7]{24})"`)
)

// TestReadmeTour runs every command of README's ten minutes, in their order, as they
// stand there but for the address and the code.
func TestReadmeTour(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, tour, found := strings.Cut(string(readme), "## Ten minutes")
	tour, _, ends := strings.Cut(tour, "\n## ")
	if !found || !ends {
		t.Fatal("README has no section of ten minutes")
	}
	code, ran := "", 0
	for _, block := range fenced.FindAllStringSubmatch(strings.ReplaceAll(tour, "\n   ", "\n"), -1) {
		script := strings.ReplaceAll(block[1], "http://127.0.0.1:8080", stack.URL)
		script = strings.ReplaceAll(script, "/status/CODE", "/status/"+code)
		command := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", script)
		command.Dir = "../.."
		out, err := command.CombinedOutput()
		if err != nil {
			t.Fatalf("%s\n%s\n%v", script, out, err)
		}
		ran++
		if match := coded.FindStringSubmatch(string(out)); match != nil {
			code = match[1]
			status, err := stack.Await(ctx, code, client.Ended, nil)
			if err != nil {
				t.Fatal(err)
			}
			requireOutcome(t, status, "completed")
		}
	}
	if ran < 5 || code == "" {
		t.Errorf("%d blocks ran, code %q: the tour is not what this test takes it for", ran, code)
	}
	if _, err := stack.Do(ctx, "DELETE", "/_local/faults", nil, nil); err != nil {
		t.Fatal(err)
	}
}
