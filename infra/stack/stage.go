package main

import (
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/mikla-ai/data-deletion/shared/datamap"
)

// Stage is one deployment: an account, a region and what things are called there. A
// stage has an account of its own, so alarms and metrics carry no stage name.
type Stage struct {
	Name          string
	Account       string
	Region        string
	PublicBaseURL string // default of the parameter PublicBaseUrl, without final slash
	Mailbox       string // where people write to and letters come from; its domain is verified by Mikla
	WriteCapacity int    // write units a second that each of Mikla's tables bears
	PurgePercent  int    // of which all purges together take so much; 0 does not bound them

	UndoTenant, UndoChannel time.Duration // in which a customer can take a confirmed closure back
}

// onDemand is the write units a second that a new on-demand table bears at once. It grows
// with its traffic; what is set here is a bound for purges, not for the table:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
const onDemand = 4000

// dev is the stage of the committed templates. The account is a placeholder, so that
// they can be synthesized without one; `cdk deploy -c account=<id>` names the real one.
var dev = Stage{
	Name:          "dev",
	Account:       "000000000000",
	Region:        "eu-west-1",
	PublicBaseURL: "https://privacy-dev.mikla.example",
	Mailbox:       "privacy@mikla.ai",
	WriteCapacity: onDemand,
	PurgePercent:  25,
	UndoTenant:    72 * time.Hour,
	UndoChannel:   24 * time.Hour,
}

// in takes the account from the CDK context, where it is given.
func (s Stage) in(app awscdk.App) Stage {
	if account, ok := app.Node().TryGetContext(jsii.String("account")).(string); ok && account != "" {
		s.Account = account
	}
	return s
}

// env is concrete, because a replica-ready table with a key of ours needs the region.
func (s Stage) env() *awscdk.Environment {
	return &awscdk.Environment{Account: jsii.String(s.Account), Region: jsii.String(s.Region)}
}

// storeName is the physical name of a store of the data map.
func (s Stage) storeName(store datamap.Store) string {
	name := "mikla-" + s.Name + "-" + store.Name
	if store.Kind == "bucket" {
		name += "-" + s.Account // bucket names are shared by all accounts
	}
	return name
}

// name is the physical name of a resource of this service.
func (s Stage) name(of string) string { return "mikla-" + s.Name + "-deletion-" + of }

// mailDomain is the SES identity of the mailbox.
func (s Stage) mailDomain() string {
	_, domain, _ := strings.Cut(s.Mailbox, "@")
	return domain
}

// arn of a resource in this stage.
func (s Stage) arn(service, resource string) string {
	return "arn:aws:" + service + ":" + s.Region + ":" + s.Account + ":" + resource
}

// writeBudget is what all purges together may write to a table, in units a second. A
// share that is too small to be one unit is one, since 0 would bound nothing.
func (s Stage) writeBudget() int {
	if s.PurgePercent == 0 {
		return 0
	}
	return max(s.WriteCapacity*s.PurgePercent/100, 1)
}
