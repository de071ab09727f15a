// Package template reads synthesized CloudFormation templates and resolves what they
// leave open, as a deployment would: parameters, references, exports, conditions.
package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Template is one stack.
type Template struct {
	Name       string
	Parameters map[string]Parameter
	Conditions map[string]any
	Resources  map[string]*Resource
	Outputs    map[string]Output
}

// Parameter is an input of a stack.
type Parameter struct {
	Type    string
	Default any
}

// Resource is one resource as written, intrinsics unresolved.
type Resource struct {
	ID         string `json:"-"`
	Stack      string `json:"-"`
	Type       string
	Condition  string
	Properties map[string]any
}

// Output is a value that a stack shows and may export to others.
type Output struct {
	Value     any
	Condition string
	Export    struct{ Name any }
}

const suffix = ".template.json"

// Load reads every *.template.json of a folder, sorted by name.
func Load(folder string) ([]*Template, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*"+suffix))
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("no *%s in %s: run `make synth`", suffix, folder)
	}
	slices.Sort(paths)
	var templates []*Template
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read template: %w", err)
		}
		t, err := Parse(strings.TrimSuffix(filepath.Base(path), suffix), text)
		if err != nil {
			return nil, err
		}
		templates = append(templates, t)
	}
	return templates, nil
}

// Parse reads one template. Numbers stay as they are written.
func Parse(name string, text []byte) (*Template, error) {
	t := &Template{Name: name}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	for id, r := range t.Resources {
		r.ID, r.Stack = id, name
	}
	return t, nil
}
