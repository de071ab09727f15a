// Command signrequest prints a signed request as Meta would post it, signed
// with an app's first secret out of the local stack's file of apps:
//
//	curl http://127.0.0.1:8080/meta/900000000000001/data-deletion \
//	  --data-urlencode signed_request="$(go run ./infra/signrequest -app 900000000000001 -user 10150000000000555)"
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mikla-ai/data-deletion/shared/personal"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

func main() {
	if err := run(os.Args[1:], os.Getenv, time.Now(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "signrequest:", err)
		os.Exit(1)
	}
}

func run(args []string, getenv func(string) string, now time.Time, out io.Writer) error {
	flags := flag.NewFlagSet("signrequest", flag.ContinueOnError)
	file := flags.String("apps", cmp.Or(getenv("LOCAL_META_APPS"), "testdata/meta-apps.json"), "`file` of Meta apps and their secrets")
	app := flags.String("app", "", "`ID` of the app that signs")
	user := flags.String("user", "", "app-scoped `ID` of the person; without it the request names nobody")
	issued := flags.Int64("issued-at", now.Unix(), "time of issue, in `seconds` since 1970")
	if err := flags.Parse(args); err != nil {
		return err
	}
	secret, err := secretOf(*file, *app)
	if err != nil {
		return err
	}
	notice := signedrequest.Notice{UserID: personal.New(*user), IssuedAt: time.Unix(*issued, 0)}
	_, err = fmt.Fprintln(out, signedrequest.Sign(notice.Payload(), secret))
	return err
}

// secretOf reads the app's first secret: the current one.
func secretOf(file, app string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read the Meta apps: %w", err)
	}
	var apps map[string]struct{ Secrets []string }
	if err := json.Unmarshal(text, &apps); err != nil {
		return "", fmt.Errorf("read the Meta apps in %s: %w", file, err)
	}
	if len(apps[app].Secrets) == 0 {
		return "", fmt.Errorf("%s has no secret for app %q", file, app)
	}
	return apps[app].Secrets[0], nil
}
