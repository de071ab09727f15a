package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// loadEnvironments gives the environment of every function by its folder's
// name: the last part of the function's name in the template. The values are
// those that the stack resolves for its stage.
func loadEnvironments(golden string) (map[string]map[string]string, error) {
	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct{ FunctionName any }
		}
	}
	var resolved map[string]map[string]string
	if err := readJSON(filepath.Join(golden, "Deletion.template.json"), &template); err != nil {
		return nil, err
	}
	if err := readJSON(filepath.Join(golden, "sam-env.json"), &resolved); err != nil {
		return nil, err
	}
	environments := map[string]map[string]string{}
	for id, resource := range template.Resources {
		name, _ := resource.Properties.FunctionName.(string)
		if _, folder, found := strings.Cut(name, "-deletion-"); found && resource.Type == "AWS::Lambda::Function" {
			environments[folder] = resolved[id]
		}
	}
	return environments, nil
}

func readJSON(path string, value any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read what the stack was synthesized to: %w", err)
	}
	if err := json.Unmarshal(text, value); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
