// Command rotate deletes backups that are too old, once a day: snapshots, versions of the
// platform's objects, and what restores left standing.
package main

import (
	"context"
	"os"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
)

func main() {
	cfg, err := Load(os.LookupEnv)
	if err != nil {
		boundary.Start(nil, err)
	}
	aws, err := awsclients.Load(context.Background())
	boundary.Start(New(cfg, aws).Handle, err)
}
