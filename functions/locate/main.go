// Command locate finds whose records a request is about and freezes their keys.
package main

import (
	"context"
	"os"

	"github.com/mikla-ai/data-deletion/functions/internal/awsclients"
	"github.com/mikla-ai/data-deletion/functions/internal/boundary"
	"github.com/mikla-ai/data-deletion/functions/internal/casework"
)

func main() {
	cfg, err := casework.Load(os.LookupEnv)
	if err != nil {
		boundary.Start(nil, err)
	}
	aws, err := awsclients.Load(context.Background())
	boundary.Start(boundary.Handler(Step(cfg, aws), boundary.Logger()), err)
}
