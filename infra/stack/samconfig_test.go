package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// samSections reads the little of TOML that samconfig.toml uses: section → key → value.
func samSections(t *testing.T) map[string]map[string]string {
	t.Helper()
	source, err := os.ReadFile("../../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	sections, current := map[string]map[string]string{}, ""
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			current = strings.TrimSuffix(name, "]")
			sections[current] = map[string]string{}
		} else if key, value, ok := strings.Cut(line, " = "); ok && current != "" {
			sections[current][key] = strings.Trim(value, `"`)
		}
	}
	return sections
}

func TestSamConfigHoldsOnlyWhatSamCanDoWithACDKApp(t *testing.T) {
	local := []string{"env_vars", "template_file"}
	remote := []string{"stack_name"}
	want := map[string][]string{
		"default.global.parameters":             {"region"},
		"default.local_invoke.parameters":       local,
		"default.local_start_api.parameters":    local,
		"default.local_start_lambda.parameters": local,
		"default.logs.parameters":               remote,
		"default.remote_invoke.parameters":      remote,
		"default.list_stack_outputs.parameters": {"output", "stack_name"},
	}
	sections := samSections(t)
	for name, keys := range sections {
		if got := slices.Sorted(maps.Keys(keys)); !slices.Equal(got, want[name]) {
			t.Errorf("[%s] has %v, want %v", name, got, want[name])
		}
	}
	if len(sections) != len(want) {
		t.Errorf("%d sections, want %d", len(sections), len(want))
	}
}

func TestSamConfigIsTrue(t *testing.T) {
	for name, keys := range samSections(t) {
		if stack := keys["stack_name"]; stack != "" && stack != "Deletion" {
			t.Errorf("[%s] names the stack %s", name, stack)
		}
		if region := keys["region"]; region != "" && region != dev.Region {
			t.Errorf("[%s] names the region %s", name, region)
		}
		if file := keys["template_file"]; file != "" && file != "infra/stack/cdk.out/"+goldenFile("Deletion") {
			t.Errorf("[%s] reads %s, which nothing writes", name, file)
		}
		if file := keys["env_vars"]; file != "" && file != "infra/stack/golden/"+samFile {
			t.Errorf("[%s] reads %s, which nothing writes", name, file)
		}
	}
}

// The functions that the comments call exist under these names: `sam local` goes by
// construct, `sam remote` by logical ID.
func TestSamExamplesNameFunctions(t *testing.T) {
	source, err := os.ReadFile("../../samconfig.toml")
	if err != nil {
		t.Fatal(err)
	}
	functions := ofType(t, "AWS::Lambda::Function")
	examples := regexp.MustCompile(`sam (local|remote) invoke (\w+)`).FindAllStringSubmatch(string(source), -1)
	if len(examples) != 2 {
		t.Errorf("%d examples, want 2", len(examples))
	}
	for _, example := range examples {
		_, known := functions[example[2]]
		if example[1] == "local" {
			known = slices.ContainsFunc(functionFolders, func(folder string) bool { return constructID(folder) == example[2] })
		}
		if !known {
			t.Errorf("samconfig.toml calls %s, which is not deployed", example[2])
		}
	}
}

func TestSamEnvironmentsAreTheFunctions(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("golden", samFile))
	if err != nil {
		t.Fatal(err)
	}
	var environments map[string]map[string]string
	if err := json.Unmarshal(source, &environments); err != nil {
		t.Fatal(err)
	}
	functions := ofType(t, "AWS::Lambda::Function")
	for id, r := range functions {
		variables := object(object(r.Properties, "Environment"), "Variables")
		if got, want := slices.Sorted(maps.Keys(environments[id])), slices.Sorted(maps.Keys(variables)); !slices.Equal(got, want) {
			t.Errorf("%s has %v, want %v", id, got, want)
		}
		for key, value := range environments[id] {
			if value == "" {
				t.Errorf("%s: %s is empty", id, key)
			}
		}
	}
	if len(environments) != len(functions) {
		t.Errorf("%d functions, want %d", len(environments), len(functions))
	}
}
