package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// stackNames of the templates that are committed.
var stackNames = []string{"Deletion", "PlatformDev"}

// refresh writes the normalised templates into a folder.
func refresh(folder string) error {
	m, err := datamap.Load()
	if err != nil {
		return err
	}
	templates, err := goldenTemplates(dev, m)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for name, template := range templates {
		if err := os.WriteFile(filepath.Join(folder, goldenFile(name)), template, 0o644); err != nil {
			return err
		}
	}
	environments, err := samEnvironments(templates["Deletion"])
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, samFile), environments, 0o644)
}

func goldenFile(stack string) string { return stack + ".template.json" }

// goldenTemplates synthesizes with placeholders for the functions' code, whose hashes
// are normalised away, so that a template changes only when the infrastructure does.
func goldenTemplates(stage Stage, m *datamap.Map) (map[string][]byte, error) {
	dir, err := os.MkdirTemp("", "stack-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	code, out := filepath.Join(dir, "functions"), filepath.Join(dir, "cdk.out")
	if err := placeholders(code); err != nil {
		return nil, err
	}
	if err := synthesize(stage, m, code, out); err != nil {
		return nil, err
	}
	templates := map[string][]byte{}
	for _, name := range stackNames {
		template, err := os.ReadFile(filepath.Join(out, goldenFile(name)))
		if err != nil {
			return nil, err
		}
		if templates[name], err = normalise(template); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return templates, nil
}

func placeholders(code string) error {
	for _, folder := range functionFolders {
		if err := os.MkdirAll(filepath.Join(code, folder), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(code, folder, "bootstrap"), []byte(folder), 0o755); err != nil {
			return err
		}
	}
	return nil
}

var assetHash = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// normalise replaces asset hashes and writes JSON with sorted keys.
func normalise(template []byte) ([]byte, error) {
	var decoded any
	if err := json.Unmarshal(assetHash.ReplaceAll(template, []byte("ASSET")), &decoded); err != nil {
		return nil, err
	}
	return stableJSON(decoded)
}

// stableJSON has sorted keys and one line per value.
func stableJSON(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(value)
	return out.Bytes(), err
}
