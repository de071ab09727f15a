// Command snapshot-start asks for the snapshots of a night: one for each tenant and for each of
// its channels.
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
