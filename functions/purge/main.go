// Command purge deletes the live data of a request. It is the only function that can.
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
