package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	objects "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// writes are what an event changes: the message first, whose condition tells a
// duplicate. Each row that is there already is changed as it was seen, or not at all:
// what a deletion takes away meanwhile is not used.
func (p Platform) writes(pl plan) []types.TransactWriteItem {
	out := []types.TransactWriteItem{
		p.put("messages", pl.messageRow(), "message_key"),
		p.lead(pl),
		p.conversation(pl),
	}
	if pl.Login != nil {
		out = append(out, p.link(pl))
	}
	if pl.newLead || pl.newThread {
		out = append(out, p.counter(pl))
	}
	return out
}

// put writes a row that is not there yet; sort is its sort key.
func (p Platform) put(store string, row item, sort string) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{TableName: p.table(store), Item: row,
		ConditionExpression: aws.String("attribute_not_exists(" + sort + ")")}}
}

// lead raises the date of a profile that is there, and adds a BSUID that it did not
// have: a deletion must know both. The rest of the profile stays as it is.
func (p Platform) lead(pl plan) types.TransactWriteItem {
	if pl.newLead {
		return p.put("leads", pl.lead, "lead_id")
	}
	fill := item{}
	if _, bsuidKey := pl.identities(); bsuidKey != "" {
		fill["bsuid"], fill["bsuid_key"] = text(pl.Sender.BSUID), text(bsuidKey)
	}
	return p.raise("leads", pl.lead, []string{"tenant_id", "lead_id"}, "last_interaction_at", pl.sentAt(), fill)
}

// conversation is written with every message, so that a deletion that has just found
// the thread empty does not take its row away from under the message.
func (p Platform) conversation(pl plan) types.TransactWriteItem {
	if pl.newThread {
		return p.put("conversations", pl.conversation, "conversation_id")
	}
	return p.raise("conversations", pl.conversation, []string{"tenant_id", "conversation_id"}, "last_message_at", pl.sentAt(), nil)
}

// raise sets a date of a row, as it was seen, to a later one, and fills in what is
// missing.
func (p Platform) raise(store string, seen item, key []string, date, to string, fill item) types.TransactWriteItem {
	u := types.Update{TableName: p.table(store), Key: item{}, ExpressionAttributeValues: item{":to": text(to)}}
	for _, name := range key {
		u.Key[name] = seen[name]
	}
	set, condition := "SET "+date+" = :to", "attribute_exists("+key[0]+") AND attribute_not_exists("+date+")"
	if had := value(seen, date); had != "" {
		condition = date + " = :had"
		u.ExpressionAttributeValues[":had"] = text(had)
		u.ExpressionAttributeValues[":to"] = text(later(had, to))
	}
	for name, value := range fill {
		set += fmt.Sprintf(", %s = if_not_exists(%s, :%s)", name, name, name)
		u.ExpressionAttributeValues[":"+name] = value
	}
	u.UpdateExpression, u.ConditionExpression = aws.String(set), aws.String(condition)
	return types.TransactWriteItem{Update: &u}
}

// link is written with the profile that it points to, so that whoever logs in again
// can have it deleted. The first login's date stays.
func (p Platform) link(pl plan) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{TableName: p.table("links"),
		Key:                       item{"app_user": text(pl.Login.App + "#" + pl.Login.User), "target": text("lead#" + pl.leadKey())},
		UpdateExpression:          aws.String("SET linked_at = if_not_exists(linked_at, :at), how = if_not_exists(how, :how)"),
		ExpressionAttributeValues: item{":at": text(pl.sentAt()), ":how": text("login")}}}
}

func (p Platform) counter(pl plan) types.TransactWriteItem {
	number := func(n int) types.AttributeValue { return &types.AttributeValueMemberN{Value: strconv.Itoa(n)} }
	u := types.Update{TableName: p.table("metrics"), Key: counterKey(pl.Event), UpdateExpression: aws.String("SET #value = :next"),
		ConditionExpression:       aws.String("attribute_not_exists(#value)"),
		ExpressionAttributeNames:  map[string]string{"#value": "value"},
		ExpressionAttributeValues: item{":next": number(pl.seen + 1)}}
	if pl.seen > 0 {
		u.ConditionExpression = aws.String("#value = :seen")
		u.ExpressionAttributeValues[":seen"] = number(pl.seen)
	}
	return types.TransactWriteItem{Update: &u}
}

// upload puts the attachments that are not there yet, after the message that names
// them. A deletion may have taken the message meanwhile, and what it named as far as
// it was there; then what came too late goes again. If the process dies before that,
// nobody names the object any more: the real platform does this in a job that is
// repeated until it is done.
func (p Platform) upload(ctx context.Context, pl plan) error {
	for i, a := range pl.Message.Attachments {
		key := pl.objectKey(i)
		if there, err := p.hasObject(ctx, key); err != nil || there {
			if err != nil {
				return err
			}
			continue
		}
		put, err := p.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: p.table("media"), Key: aws.String(key),
			Body: bytes.NewReader(a.Content), ContentType: aws.String(a.ContentType)})
		if err != nil {
			return fmt.Errorf("upload an attachment: %w", err)
		}
		if err := p.keepNamed(ctx, pl, key, put.VersionId); err != nil {
			return err
		}
	}
	return nil
}

func (p Platform) hasObject(ctx context.Context, key string) (bool, error) {
	_, err := p.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: p.table("media"), Key: aws.String(key)})
	var missing *objects.NotFound
	if errors.As(err, &missing) {
		return false, nil
	}
	return err == nil, err
}

// keepNamed removes a version just written if its message is gone.
func (p Platform) keepNamed(ctx context.Context, pl plan, key string, version *string) error {
	row, err := p.get(ctx, "messages", item{"conversation_id": text(pl.conversationID()), "message_key": text(pl.messageKey())})
	if err != nil || row != nil {
		return err
	}
	_, err = p.S3.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: p.table("media"), Key: aws.String(key), VersionId: version})
	return err
}

// moment reads a date of the stores; one that cannot be read is older than all.
func moment(date string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, date)
	return at
}
