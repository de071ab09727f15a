// Package templateenv gives tests the environment block that the synthesized template
// sets for a function, so that a Config and the stack cannot drift apart.
package templateenv

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/functions/internal/environment"
)

type template struct {
	Parameters map[string]struct{ Default string }
	Resources  map[string]struct {
		Type       string
		Properties json.RawMessage
	}
}

type function struct {
	FunctionName string
	Environment  struct{ Variables map[string]any }
}

// Lookup reads the environment of the function whose folder is given. A reference to
// a parameter is its default; one to a queue is an address, as in AWS; any other is a
// placeholder.
func Lookup(t testing.TB, folder string) environment.Lookup {
	t.Helper()
	source := read(t)
	for _, resource := range source.Resources {
		if resource.Type != "AWS::Lambda::Function" {
			continue
		}
		var f function
		if err := json.Unmarshal(resource.Properties, &f); err != nil {
			t.Fatalf("a function of the template: %v", err)
		}
		if strings.HasSuffix(f.FunctionName, "-deletion-"+folder) {
			return source.lookup(t, f.Environment.Variables)
		}
	}
	t.Fatalf("the template has no function for functions/%s", folder)
	return nil
}

// AlarmMetrics are the metrics of a namespace that alarms look at.
func AlarmMetrics(t testing.TB, namespace string) []string {
	t.Helper()
	var names []string
	for _, resource := range read(t).Resources {
		if resource.Type != "AWS::CloudWatch::Alarm" {
			continue
		}
		var alarm struct{ Namespace, MetricName string }
		if err := json.Unmarshal(resource.Properties, &alarm); err != nil {
			t.Fatalf("an alarm of the template: %v", err)
		}
		if alarm.Namespace == namespace {
			names = append(names, alarm.MetricName)
		}
	}
	return names
}

func read(t testing.TB) template {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(Root(t), "infra", "stack", "golden", "Deletion.template.json"))
	if err != nil {
		t.Fatal(err)
	}
	var out template
	if err := json.Unmarshal(src, &out); err != nil {
		t.Fatalf("the template: %v", err)
	}
	return out
}

// Root is the repository: the folder of go.mod above the test.
func Root(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}

func (s template) lookup(t testing.TB, variables map[string]any) environment.Lookup {
	values := map[string]string{}
	for name, value := range variables {
		values[name] = s.value(t, name, value)
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}

func (s template) value(t testing.TB, name string, value any) string {
	t.Helper()
	switch v := value.(type) {
	case string:
		return v
	case map[string]any:
		id, _ := v["Ref"].(string)
		if parameter, ok := s.Parameters[id]; ok {
			return parameter.Default
		}
		if s.Resources[id].Type == "AWS::SQS::Queue" {
			return "https://queue.example/000000000000/" + id
		}
		return "placeholder-of-" + name
	}
	t.Fatalf("%s is neither text nor an intrinsic", name)
	return ""
}

// Missing is the environment of a function that was deployed without any.
func Missing(string) (string, bool) { return "", false }

// WantProblems checks that an error names every one of the variables.
func WantProblems(t testing.TB, err error, variables ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("an empty environment is accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(variables) {
		t.Errorf("%d problems, want %d:\n%v", len(lines), len(variables), err)
	}
	for _, name := range variables {
		if !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%s is not named in:\n%v", name, err)
		}
	}
}
