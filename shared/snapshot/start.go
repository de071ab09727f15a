package snapshot

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

// Tenants lists the rows of all tenants, which are few and stand in one store: of each the
// attributes that are asked for.
type Tenants interface {
	List(ctx context.Context, store datamap.Store, attributes []string) ([]livedata.Item, error)
}

// Queue takes messages, any number. Without an error all of them are in the queue; a message
// may be there twice.
type Queue interface {
	Send(ctx context.Context, messages []Message) error
}

// Starter asks for the snapshots of a night: one for each tenant and for each channel that
// is not about to go.
type Starter struct {
	Map     *datamap.Map
	Tenants Tenants
	Records livedata.Records
	Queue   Queue
}

// channelsOf is the identity of the data map by which a tenant's channels are found.
const channelsOf = "channels_of_tenant"

const (
	channelPage  = 200 // channels that are read at once
	mostGathered = 200 // messages that are sent at once
)

// Run sends what is to be copied, and returns how many messages that were. The same moment
// again asks for the same snapshots. A tenant whose channels cannot be read keeps no other
// from being copied: the failure is returned when all that can be sent is.
func (s Starter) Run(ctx context.Context, asOf time.Time) (sent int, err error) {
	asOf = asOf.UTC().Truncate(time.Second)
	store, err := tenantStore(s.Map)
	if err != nil {
		return 0, err
	}
	tenants, err := s.Tenants.List(ctx, store, shown(store))
	if err != nil {
		return 0, err
	}
	out := &outgoing{queue: s.Queue}
	var failed []error
	for _, it := range tenants {
		if it[store.HiddenBy] == nil {
			failed = append(failed, s.tenant(ctx, it.Text("tenant_id"), asOf, out))
		}
	}
	failed = append(failed, out.send(ctx))
	return out.sent, errors.Join(failed...)
}

// outgoing gathers messages: a tenant has few.
type outgoing struct {
	queue    Queue
	messages []Message
	sent     int
}

func (o *outgoing) add(ctx context.Context, m Message) error {
	if o.messages = append(o.messages, m); len(o.messages) < mostGathered {
		return nil
	}
	return o.send(ctx)
}

func (o *outgoing) send(ctx context.Context) error {
	messages := o.messages
	o.messages = nil
	if err := o.queue.Send(ctx, messages); err != nil {
		return err
	}
	o.sent += len(messages)
	return nil
}

// tenantStore is where the subjects of the widest scope stand.
func tenantStore(m *datamap.Map) (datamap.Store, error) {
	rows := m.Locators(m.Scopes[len(m.Scopes)-1])
	if len(rows) == 0 {
		return datamap.Store{}, fault.New(fault.Permanent, "the data map has no store for its widest scope")
	}
	return rows[0].Store, nil
}

// StoresOfStart names the stores that a Starter reads.
func StoresOfStart(m *datamap.Map) []string {
	var out []string
	if store, err := tenantStore(m); err == nil {
		out = append(out, store.Name)
	}
	if identity, ok := m.Identity(channelsOf); ok {
		out = append(out, identity.Store)
	}
	return out
}

// shown are the attributes that say what there is and whether it is about to go: no more is
// read.
func shown(store datamap.Store) []string {
	attributes := append([]string{}, store.Key...)
	if store.HiddenBy != "" {
		attributes = append(attributes, store.HiddenBy)
	}
	return attributes
}

func (s Starter) tenant(ctx context.Context, tenant string, asOf time.Time, out *outgoing) error {
	if err := out.add(ctx, Message{V: MessageVersion, Tenant: tenant, AsOf: asOf}); err != nil {
		return err
	}
	return s.eachChannel(ctx, tenant, func(channel string) error {
		return out.add(ctx, Message{V: MessageVersion, Tenant: tenant, Channel: channel, AsOf: asOf})
	})
}

func (s Starter) eachChannel(ctx context.Context, tenant string, visit func(channel string) error) error {
	identity, ok := s.Map.Identity(channelsOf)
	store, there := s.Map.Store(identity.Store)
	if !ok || !there {
		return fault.New(fault.Permanent, "the data map does not say how the channels of a tenant are found")
	}
	where, err := identity.Keys(map[string]string{"tenant_id": tenant})
	if err != nil {
		return fault.As(fault.Permanent, "find the channels of a tenant", err)
	}
	for q := (livedata.Query{Store: store, Index: identity.Index, Where: where, Attributes: shown(store), Limit: channelPage}); ; {
		page, err := s.Records.Read(ctx, q)
		if err != nil {
			return err
		}
		for _, it := range page.Items {
			if it[store.HiddenBy] == nil {
				if err := visit(it.Text("channel_id")); err != nil {
					return err
				}
			}
		}
		if page.Next == nil {
			return nil
		}
		q.After = page.Next
	}
}

// TenantTable is Tenants on the platform's table, which is read as a whole. Names maps store
// to table.
type TenantTable struct {
	Client *dynamodb.Client
	Names  map[string]string
}

func (t TenantTable) List(ctx context.Context, store datamap.Store, attributes []string) ([]livedata.Item, error) {
	in := &dynamodb.ScanInput{TableName: aws.String(t.Names[store.Name]), ConsistentRead: aws.Bool(true), ExpressionAttributeNames: map[string]string{}}
	var terms []string
	for i, name := range attributes {
		terms = append(terms, "#a"+strconv.Itoa(i))
		in.ExpressionAttributeNames[terms[i]] = name
	}
	in.ProjectionExpression = aws.String(strings.Join(terms, ", "))
	var out []livedata.Item
	for pages := dynamodb.NewScanPaginator(t.Client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault.Wrap("list the tenants", err)
		}
		for _, it := range page.Items {
			out = append(out, it)
		}
	}
	return out, nil
}
