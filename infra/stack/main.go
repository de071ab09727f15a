// Command stack is the CDK app: the stacks Deletion and PlatformDev.
//
// The CDK command line runs it from this folder (cdk.json). Run from anywhere in the
// repository it synthesizes to cdk.out, or to CDK_OUTDIR; with -golden it writes the
// normalised templates that the local stack and the tests read, and needs no built
// functions for that.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

func main() {
	golden := flag.String("golden", "", "write the normalised templates into this `folder` and nothing else")
	flag.Parse()
	err := run(*golden)
	jsii.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "stack:", err)
		os.Exit(1)
	}
}

func run(golden string) error {
	if golden != "" {
		return refresh(golden)
	}
	root, err := repositoryRoot()
	if err != nil {
		return err
	}
	code := filepath.Join(root, ".build", "lambda")
	if err := checkBinaries(code); err != nil {
		return err
	}
	out := os.Getenv("CDK_OUTDIR")
	if out == "" {
		out = filepath.Join(root, "infra", "stack", "cdk.out")
	}
	m, err := datamap.Load()
	if err != nil {
		return err
	}
	return synthesize(dev, m, code, out)
}
