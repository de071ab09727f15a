package fence

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Condition is what the platform adds to its own write transactions, so that nothing
// of what was deleted comes back. README.md is the contract. The three names are those
// of the tables.
type Condition struct {
	Tombstones, Channels, Tenants string
	Keys                          secrets.Versioned
}

// Event is what is about to be written, by the names under which it may have been
// deleted. Everything that is known belongs here: a name that is left out is not
// looked for.
type Event struct {
	Tenant, Channel string
	// ChannelKey is the channel's external_key.
	ChannelKey string
	// Identities are the person's platform_key and bsuid_key, in the form in which the
	// leads' store has them; at least one.
	Identities []string
	// Lead and Conversation are our own IDs, empty for what is new.
	Lead, Conversation string
	// Thread is what a thread is called besides its ID: the ID of its lead for a direct
	// message, of its post for a comment.
	Thread string
	// DatedAt is when the platform (Meta) says that it happened; for what is made of a
	// message, an AI entry or a reply, the date of that message.
	DatedAt time.Time
}

// MostItems is the most that a condition takes of the 100 items of a transaction. The
// rest is left to what is written.
const MostItems = 80

// Items are the condition: the events are later than every tombstone of what they
// name, and their tenants and channels are there and not going. One transaction that
// writes of several people, such as an AI entry that quotes another guest, takes the
// events of all of them in one call: DynamoDB refuses to look at an item twice, which
// is also why the transaction must not write these rows of tenants and channels.
func (c Condition) Items(events ...Event) ([]types.TransactWriteItem, error) {
	if c.Keys.Current() == "" {
		return nil, fault.New(fault.Permanent, "the fence's condition has no keys")
	}
	oldest, intake := map[string]time.Time{}, map[[2]string]bool{}
	for _, e := range events {
		if err := e.check(); err != nil {
			return nil, err
		}
		for _, print := range e.prints(c.Keys) {
			if at, seen := oldest[print]; !seen || e.DatedAt.Before(at) {
				oldest[print] = e.DatedAt
			}
		}
		intake[[2]string{e.Tenant}], intake[[2]string{e.Tenant, e.Channel}] = true, true
	}
	if n := len(oldest) + len(intake); n == 0 || n > MostItems {
		return nil, fault.New(fault.Permanent, "the fence's condition is empty or too large for a transaction: write of fewer people at once, or remove versions of the secret that no tombstone needs")
	}
	return c.items(oldest, intake), nil
}

func (e Event) check() error {
	if e.Tenant == "" || e.Channel == "" || e.ChannelKey == "" || e.DatedAt.IsZero() {
		return fault.New(fault.Invalid, "an event for the fence lacks its tenant, its channel, the channel's external key or its date")
	}
	if !slices.ContainsFunc(e.Identities, func(identity string) bool { return identity != "" }) {
		return fault.New(fault.Invalid, "an event for the fence lacks the person's external identity")
	}
	return nil
}

// prints are the fingerprints of everything that an event names, under every version.
func (e Event) prints(keys secrets.Versioned) []string {
	var out []string
	scope := func(scope string, values ...string) {
		if !slices.Contains(values, "") {
			out = append(out, ScopePrints(keys, scope, values...)...)
		}
	}
	identity := func(scope string, channel, value string) {
		if value != "" {
			out = append(out, IdentityPrints(keys, scope, e.Tenant, channel, value)...)
		}
	}
	scope("tenant", e.Tenant)
	scope("channel", e.Tenant, e.Channel)
	identity("channel", "", e.ChannelKey) // without our ID: the channel that is connected again has another
	scope("lead", e.Tenant, e.Lead)
	for _, value := range e.Identities {
		identity("lead", e.Channel, value)
	}
	scope("conversation", e.Tenant, e.Conversation)
	identity("conversation", e.Channel, e.Thread)
	return out
}

func (c Condition) items(oldest map[string]time.Time, intake map[[2]string]bool) []types.TransactWriteItem {
	var out []types.TransactWriteItem
	for _, print := range slices.Sorted(maps.Keys(oldest)) {
		dated := &types.AttributeValueMemberS{Value: oldest[print].UTC().Format(dateForm)}
		out = append(out, check(c.Tombstones, key(print), "attribute_not_exists(fingerprint) OR cutoff < :dated",
			row{":dated": dated}))
	}
	for _, names := range slices.SortedFunc(maps.Keys(intake), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		key := row{"tenant_id": &types.AttributeValueMemberS{Value: names[0]}}
		table := c.Tenants
		if names[1] != "" {
			table, key["channel_id"] = c.Channels, &types.AttributeValueMemberS{Value: names[1]}
		}
		out = append(out, check(table, key, "attribute_exists(tenant_id) AND attribute_not_exists(deleting_at)", nil))
	}
	return out
}

func check(table string, key row, condition string, values row) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: aws.String(table), Key: key,
		ConditionExpression: aws.String(condition), ExpressionAttributeValues: values}}
}

// Refusal is why the condition kept a transaction from being applied.
type Refusal string

const (
	// NotRefused: it was applied, or something else failed, which the error tells. What
	// DynamoDB calls TransactionConflict is tried again.
	NotRefused Refusal = ""
	// Erased: the event is not later than a deletion of what it names. Drop it.
	Erased Refusal = "erased"
	// Closed: the channel or the tenant is gone or going. Drop it.
	Closed Refusal = "closed"
)

// Refusal reads what DynamoDB said to a transaction; sent are all its items, in the
// order in which they were sent.
func (c Condition) Refusal(err error, sent []types.TransactWriteItem) Refusal {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || len(canceled.CancellationReasons) != len(sent) {
		return NotRefused
	}
	out := NotRefused
	for i, reason := range canceled.CancellationReasons {
		if sent[i].ConditionCheck == nil || aws.ToString(reason.Code) != "ConditionalCheckFailed" {
			continue
		}
		switch aws.ToString(sent[i].ConditionCheck.TableName) {
		case c.Tombstones:
			return Erased
		case c.Channels, c.Tenants:
			out = Closed
		}
	}
	return out
}

// Unchanged is the condition that a tombstone still has the cutoff that was seen; zero: that
// there is none. For writes that were decided by it.
func Unchanged(table, print string, cutoff time.Time) types.TransactWriteItem {
	if cutoff.IsZero() {
		return check(table, key(print), "attribute_not_exists(fingerprint)", nil)
	}
	seen := &types.AttributeValueMemberS{Value: cutoff.UTC().Format(dateForm)}
	return check(table, key(print), "cutoff = :seen", row{":seen": seen})
}
