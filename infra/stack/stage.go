package main

import (
	"fmt"
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

	ReadCapacity    int // read units a second that each of Mikla's tables bears
	SnapshotPercent int // of which all snapshots together take so much; 0 does not bound them

	// RecoveryDays is how far back point-in-time recovery of tables reaches. DynamoDB's own
	// default of 35 days would outlive the promise that backups are gone 30 days after the
	// live deletion (P6).
	RecoveryDays int

	// KeyReplicas are the regions to which the table of snapshot keys is replicated, each with
	// the ARN of a KMS key there. NewReplicas are those among them that this deployment makes:
	// the policy of their stream follows with the next one.
	KeyReplicas map[string]string
	NewReplicas []string

	UndoTenant, UndoChannel time.Duration // in which a customer can take a confirmed closure back
}

// onDemand is the write units a second that a new on-demand table bears at once. It grows
// with its traffic; what is set here is a bound for purges, not for the table:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html
const onDemand = 4000

// onDemandReads is the same of reads, in read units a second.
const onDemandReads = 12000

// mostRecoveryDays keeps recovery within the days in which snapshots are gone.
const mostRecoveryDays = 28

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

	ReadCapacity:    onDemandReads,
	SnapshotPercent: 25,
	RecoveryDays:    1,

	UndoTenant:  72 * time.Hour,
	UndoChannel: 24 * time.Hour,
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
func (s Stage) writeBudget() int { return share(s.WriteCapacity, s.PurgePercent) }

// readBudget is what all snapshots together may read of a table, in units a second.
func (s Stage) readBudget() int { return share(s.ReadCapacity, s.SnapshotPercent) }

func share(capacity, percent int) int {
	if percent == 0 {
		return 0
	}
	return max(capacity*percent/100, 1)
}

// check refuses a stage that would break a promise.
func (s Stage) check() error {
	if s.RecoveryDays < 1 || s.RecoveryDays > mostRecoveryDays {
		return fmt.Errorf("stage %s: RecoveryDays is %d, want 1 to %d", s.Name, s.RecoveryDays, mostRecoveryDays)
	}
	for _, region := range s.NewReplicas {
		if s.KeyReplicas[region] == "" {
			return fmt.Errorf("stage %s: NewReplicas has %s, which KeyReplicas has not", s.Name, region)
		}
	}
	return nil
}
