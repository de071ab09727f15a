// Command shred makes the backups of what was purged unreadable. Its role can destroy keys and
// copies, and read neither.
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
	boundary.Start(boundary.Handler(Step(cfg, aws), boundary.Logger()), err)
}
