// Package testbootstrap builds the function that the tests of the local stack run.
package testbootstrap

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

const program = "github.com/mikla-ai/data-deletion/infra/local/internal/testfunction"

// Build lays a bootstrap into a folder for each of the names and returns the folder
// above them. The caller removes it.
func Build(names ...string) (string, error) {
	folder, err := os.MkdirTemp("", "functions")
	if err != nil {
		return "", err
	}
	built := filepath.Join(folder, "bootstrap")
	build := exec.Command("go", "build", "-tags", "lambda.norpc", "-o", built, program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the test function: %w\n%s", err, output)
	}
	for _, name := range names {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			return "", err
		}
		if err := os.Link(built, filepath.Join(folder, name, "bootstrap")); err != nil {
			return "", err
		}
	}
	return folder, nil
}
