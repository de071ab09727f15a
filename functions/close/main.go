// Command close gives a request its end: counts, results, a scrubbed case file; or leaves it to
// the operator.
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
