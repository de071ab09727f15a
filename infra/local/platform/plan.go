package platform

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fence"
)

// item is a row as DynamoDB has it.
type item = map[string]types.AttributeValue

// plan is what an event meets: its channel, its sender and its thread, found or new.
type plan struct {
	Event
	channel            item
	lead, conversation item
	newLead, newThread bool
	// seen is the channel's count of new leads and threads before they were looked for.
	seen int
}

func (pl plan) platform() string       { return value(pl.channel, "platform") }
func (pl plan) leadID() string         { return value(pl.lead, "lead_id") }
func (pl plan) conversationID() string { return value(pl.conversation, "conversation_id") }
func (pl plan) leadKey() string        { return pl.Tenant + "#" + pl.leadID() }

// identities are the sender's names in the form of the leads' store.
func (pl plan) identities() (platformKey, bsuidKey string) {
	if pl.Sender.BSUID != "" {
		bsuidKey = pl.platform() + "#" + pl.Sender.BSUID
	}
	return pl.platform() + "#" + pl.Sender.platformUser(), bsuidKey
}

// fenced is the event as the fence knows it. What is new can have no tombstone of its
// own.
func (pl plan) fenced() fence.Event {
	platformKey, bsuidKey := pl.identities()
	e := fence.Event{Tenant: pl.Tenant, Channel: pl.Channel, ChannelKey: value(pl.channel, "external_key"),
		Identities: []string{platformKey, bsuidKey, value(pl.lead, "platform_key"), value(pl.lead, "bsuid_key")},
		Thread:     pl.Post, DatedAt: pl.Message.SentAt}
	if !pl.newLead {
		e.Lead = pl.leadID()
	}
	if !pl.newThread {
		e.Conversation = pl.conversationID()
	}
	if pl.Kind != comments {
		e.Thread = e.Lead
	}
	return e
}

// plan looks for the sender and the thread. The count comes first: what others add
// after it changes it, and the transaction fails.
func (p Platform) plan(ctx context.Context, e Event, channel item) (plan, error) {
	pl := plan{Event: e, channel: channel}
	count, err := p.get(ctx, "metrics", counterKey(e))
	if err != nil {
		return pl, err
	}
	if n, ok := count["value"].(*types.AttributeValueMemberN); ok {
		if pl.seen, err = strconv.Atoi(n.Value); err != nil {
			return pl, fmt.Errorf("the count of new leads and threads is no number: %w", err)
		}
	}
	if pl.lead, err = p.findLead(ctx, pl); err != nil {
		return pl, err
	}
	if pl.newLead = pl.lead == nil; pl.newLead {
		pl.lead = pl.newLeadRow(p.NewID("l_"))
	}
	if pl.conversation, err = p.findConversation(ctx, pl); err != nil {
		return pl, err
	}
	if pl.newThread = pl.conversation == nil; pl.newThread {
		pl.conversation = pl.newConversationRow(p.NewID("c_"))
	}
	return pl, nil
}

// counterKey is where a channel counts its new leads and threads. Everything that is
// new raises the count that it has seen, so that two events of one new contact, which
// come at once, cannot both make a lead of it.
func counterKey(e Event) item {
	return item{"metric": text("new_leads_and_threads#" + e.Tenant + "#" + e.Channel), "period": text("ever")}
}

func (p Platform) findLead(ctx context.Context, pl plan) (item, error) {
	platformKey, bsuidKey := pl.identities()
	filter := "channel_id = :channel AND (platform_key = :platform OR bsuid_key = :platform"
	values := item{":channel": text(pl.Channel), ":platform": text(platformKey)}
	if bsuidKey != "" {
		filter += " OR platform_key = :bsuid OR bsuid_key = :bsuid"
		values[":bsuid"] = text(bsuidKey)
	}
	return p.find(ctx, "leads", pl.Tenant, filter+")", values)
}

// findConversation finds a thread under a post by the post, every other by its lead.
func (p Platform) findConversation(ctx context.Context, pl plan) (item, error) {
	if pl.Kind == comments {
		return p.find(ctx, "conversations", pl.Tenant, "channel_id = :channel AND post_id = :post",
			item{":channel": text(pl.Channel), ":post": text(pl.Post)})
	}
	if pl.newLead {
		return nil, nil
	}
	return p.find(ctx, "conversations", pl.Tenant, "channel_id = :channel AND lead_key = :lead",
		item{":channel": text(pl.Channel), ":lead": text(pl.leadKey())})
}

// find reads the rows of a tenant until one fits, strongly consistent: an index lags,
// and a contact that it does not show yet would become a second lead. It is slow for
// many rows, which a stand-in does not have.
func (p Platform) find(ctx context.Context, store, tenant, filter string, values item) (item, error) {
	values[":tenant"] = text(tenant)
	pages := dynamodb.NewQueryPaginator(p.DynamoDB, &dynamodb.QueryInput{TableName: p.table(store), ConsistentRead: aws.Bool(true),
		KeyConditionExpression: aws.String("tenant_id = :tenant"), FilterExpression: aws.String(filter), ExpressionAttributeValues: values})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("look for a row of %s: %w", store, err)
		}
		if len(page.Items) > 0 {
			return page.Items[0], nil
		}
	}
	return nil, nil
}

func (p Platform) get(ctx context.Context, store string, key item) (item, error) {
	out, err := p.DynamoDB.GetItem(ctx, &dynamodb.GetItemInput{TableName: p.table(store), Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("read a row of %s: %w", store, err)
	}
	if len(out.Item) == 0 {
		return nil, nil
	}
	return out.Item, nil
}

func (p Platform) table(store string) *string { return aws.String(p.Names[store]) }

// newLeadRow is a clean profile: what the event says of the sender, and nothing else.
func (pl plan) newLeadRow(id string) item {
	platformKey, bsuidKey := pl.identities()
	row := item{
		"tenant_id": text(pl.Tenant), "lead_id": text(id), "channel_id": text(pl.Channel), "platform": text(pl.platform()),
		"platform_user_id": text(pl.Sender.platformUser()), "platform_key": text(platformKey),
		"handle": textOrNull(pl.Sender.Handle), "display_name": textOrNull(pl.Sender.Name), "profile_picture": textOrNull(""),
		"first_seen_at": text(pl.sentAt()), "last_interaction_at": text(pl.sentAt()),
		"tags": &types.AttributeValueMemberL{}, "intents": &types.AttributeValueMemberL{},
	}
	if bsuidKey != "" {
		row["bsuid"], row["bsuid_key"] = text(pl.Sender.BSUID), text(bsuidKey)
	}
	if pl.Sender.Handle != "" {
		row["handle_key"] = text(strings.Join([]string{pl.Tenant, pl.platform(), strings.ToLower(pl.Sender.Handle)}, "#"))
	}
	return row
}

// newConversationRow belongs to a lead, or, under a post, to nobody.
func (pl plan) newConversationRow(id string) item {
	row := item{
		"tenant_id": text(pl.Tenant), "conversation_id": text(id), "channel_id": text(pl.Channel), "kind": text(pl.Kind),
		"channel_key": text(pl.Tenant + "#" + pl.Channel), "started_at": text(pl.sentAt()), "message_count": number(1),
	}
	if pl.Kind == comments {
		row["post_id"] = text(pl.Post)
	} else {
		row["lead_id"], row["lead_key"] = text(pl.leadID()), text(pl.leadKey())
	}
	return row
}

func (pl plan) messageRow() item {
	attachments := []types.AttributeValue{}
	for i, a := range pl.Message.Attachments {
		attachments = append(attachments, &types.AttributeValueMemberM{Value: item{"key": text(pl.objectKey(i)), "content_type": text(a.ContentType)}})
	}
	row := item{
		"conversation_id": text(pl.conversationID()), "message_key": text(pl.messageKey()), "message_id": text(pl.Message.ID),
		"sent_at": text(pl.sentAt()), "tenant_id": text(pl.Tenant), "lead_id": text(pl.leadID()), "direction": text("in"),
		"body": text(pl.Message.Body), "attachments": &types.AttributeValueMemberL{Value: attachments},
	}
	if pl.Kind == comments {
		row["author_key"] = text(pl.leadKey())
	}
	return row
}

// objectKey is where an attachment goes: under its conversation, where the data map
// looks for it.
func (pl plan) objectKey(i int) string {
	return fmt.Sprintf("%s/%s/%s/%s-%d", pl.Tenant, pl.Channel, pl.conversationID(), pl.Message.ID, i+1)
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func textOrNull(s string) types.AttributeValue {
	if s == "" {
		return &types.AttributeValueMemberNULL{Value: true}
	}
	return text(s)
}

func value(row item, name string) string {
	s, _ := row[name].(*types.AttributeValueMemberS)
	if s == nil {
		return ""
	}
	return s.Value
}

func number(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}

// later is the later of two dates in the form of the stores; text order is not time
// order where fractions of a second differ in width. One that cannot be read is older.
func later(a, b string) string {
	at := func(date string) time.Time {
		t, _ := time.Parse(time.RFC3339Nano, date)
		return t
	}
	if at(a).After(at(b)) {
		return a
	}
	return b
}
