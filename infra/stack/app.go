package main

import (
	"debug/elf"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// The feature flags of cdk.json hold without the CDK command line too, so that the
// templates are the same with and without it.
//
//go:embed cdk.json
var cdkJSON []byte

// synthesize writes the cloud assembly of a stage and a data map to out. code is the
// folder with one folder per function, as built.
func synthesize(stage Stage, m *datamap.Map, code, out string) (err error) {
	// The CDK reports every mistake as a panic.
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("synthesize: %v", p)
		}
	}()
	app, err := newApp(out)
	if err != nil {
		return err
	}
	stage = stage.in(app)
	if err := stage.check(); err != nil {
		return err
	}
	platform := newPlatformDev(app, stage, m)
	if err := newDeletion(app, stage, m, platform.key, code); err != nil {
		return err
	}
	app.Synth(nil)
	return checkAssembly(m, out)
}

// checkAssembly fails the build over a store that the data map does not know.
func checkAssembly(m *datamap.Map, out string) error {
	templates := map[string]template{}
	for _, name := range stackNames {
		source, err := os.ReadFile(filepath.Join(out, goldenFile(name)))
		if err != nil {
			return err
		}
		if templates[name], err = parseTemplate(source); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if problems := checkStores(m, templates); len(problems) > 0 {
		return errors.New(strings.Join(problems, "\n"))
	}
	return nil
}

func newApp(out string) (awscdk.App, error) {
	var config struct {
		Context map[string]any `json:"context"`
	}
	if err := json.Unmarshal(cdkJSON, &config); err != nil {
		return nil, fmt.Errorf("cdk.json: %w", err)
	}
	// The command line would set these two, and warns of them in cdk.json. SAM finds the
	// functions' code by them.
	config.Context["aws:cdk:enable-path-metadata"] = true
	config.Context["aws:cdk:enable-asset-metadata"] = true
	return awscdk.NewApp(&awscdk.AppProps{
		AnalyticsReporting: jsii.Bool(false),
		Context:            &config.Context,
		Outdir:             jsii.String(out),
	}), nil
}

// checkBinaries names the functions whose code is missing or not for Lambda's processor:
// the local stack's binaries are built for this machine.
func checkBinaries(code string) error {
	var wrong []string
	for _, folder := range functionFolders {
		if !isARM64(filepath.Join(code, folder, "bootstrap")) {
			wrong = append(wrong, folder)
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return fmt.Errorf("not built for arm64: %s; run `make binaries` first", strings.Join(wrong, ", "))
}

func isARM64(file string) bool {
	binary, err := elf.Open(file)
	if err != nil {
		return false
	}
	defer binary.Close()
	return binary.Machine == elf.EM_AARCH64
}

// repositoryRoot is the nearest folder upwards that holds go.mod: the CDK command line
// and the tests start in this folder, make in the root.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working folder; run inside the repository")
		}
		dir = parent
	}
}
