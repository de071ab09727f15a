// Package layout holds the repository to its shape: what lies at the top, and which
// way imports may go. Each rule says why it is there.
package layout

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/mikla-ai/data-deletion/"
)

// TestTopLevel: the eight names, so that a newcomer finds every room from the door.
func TestTopLevel(t *testing.T) {
	out, err := exec.Command("git", "-C", root, "ls-files").Output()
	if err != nil {
		t.Fatal(err)
	}
	allowed := []string{"functions", "infra", "shared", "testdata", "go.mod", "go.sum", "Makefile", "samconfig.toml", "README.md"}
	for _, file := range strings.Fields(string(out)) {
		top, _, _ := strings.Cut(file, "/")
		if !strings.HasPrefix(top, ".") && !slices.Contains(allowed, top) {
			t.Errorf("%s lies at the top, which holds only %v", top, allowed)
		}
	}
}

// imports maps package folder to what its files import, tests included where asked.
func imports(t *testing.T, tests bool) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != root || entry.Name() == "node_modules" || entry.Name() == "cdk.out") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || (!tests && strings.HasSuffix(path, "_test.go")) {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			out[filepath.ToSlash(folder)] = append(out[filepath.ToSlash(folder)], name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func under(folder string, places ...string) bool {
	return slices.ContainsFunc(places, func(place string) bool { return folder == place || strings.HasPrefix(folder, place+"/") })
}

const (
	cdk    = "github.com/aws/aws-cdk-go"
	jsii   = "github.com/aws/jsii-runtime-go"
	sdk    = "github.com/aws/aws-sdk-go-v2"
	lambda = "github.com/aws/aws-lambda-go"
)

// pure packages decide and never call: they run in a test without anything around
// them, and nothing in them can reach data.
var pure = []string{"shared/signedrequest", "shared/confirmation", "shared/personal", "shared/request", "shared/chain", "shared/datamap", "shared/page", "shared/statuspage", "shared/linkpage",
	"shared/onetime", "shared/mail/notice", "shared/mail/inbound", "shared/mail/fold", "shared/mail/intent", "shared/mail/extract",
	"shared/mail/business", "shared/mail/triage", "shared/mail/letter", "shared/mail/vector"}

func TestImports(t *testing.T) {
	rules := []struct {
		why     string
		applies func(folder string) bool
		forbids func(name string) bool
	}{
		{"shared is what things mean, whoever runs them: it knows neither Lambda nor infrastructure",
			func(f string) bool { return under(f, "shared") },
			func(n string) bool {
				return strings.HasPrefix(n, module+"functions") || strings.HasPrefix(n, module+"infra") || strings.HasPrefix(n, lambda) || strings.HasPrefix(n, cdk)
			}},
		{"functions run in Lambda: nothing of the infrastructure may be linked into them",
			func(f string) bool { return under(f, "functions") },
			func(n string) bool { return strings.HasPrefix(n, module+"infra") || strings.HasPrefix(n, cdk) }},
		{"infra drives the shipped binaries from outside: it never links a function",
			func(f string) bool { return under(f, "infra") },
			func(n string) bool { return strings.HasPrefix(n, module+"functions") }},
		{"only infra/stack imports the CDK, so that no other build compiles it",
			func(f string) bool { return !under(f, "infra/stack") },
			func(n string) bool { return strings.HasPrefix(n, cdk) || strings.HasPrefix(n, jsii) }},
		{"pure packages import no AWS SDK",
			func(f string) bool { return under(f, pure...) },
			func(n string) bool { return strings.HasPrefix(n, sdk) }},
	}
	files := imports(t, true)
	for _, rule := range rules {
		for folder, names := range files {
			for _, name := range names {
				if rule.applies(folder) && rule.forbids(name) {
					t.Errorf("%s imports %s, but %s", folder, name, rule.why)
				}
			}
		}
	}
}

// TestDepth: shared holds field packages and, under them, at most one more level.
func TestDepth(t *testing.T) {
	for folder := range imports(t, false) {
		if under(folder, "shared") && strings.Count(folder, "/") > 2 {
			t.Errorf("%s lies too deep: shared has at most two levels", folder)
		}
	}
}

// TestFunctionFolders: what deploys is main.go, handler.go and their tests, and a
// handler stays short enough to be read at once.
func TestFunctionFolders(t *testing.T) {
	for file, limit := range map[string]int{"main.go": 60, "handler.go": 150} {
		found, err := filepath.Glob(filepath.Join(root, "functions", "*", file))
		if err != nil || len(found) == 0 {
			t.Fatal(file, err)
		}
		for _, path := range found {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if lines := strings.Count(string(src), "\n"); lines > limit {
				t.Errorf("%s has %d lines, at most %d are meant to be read at once", path, lines, limit)
			}
		}
	}
}
