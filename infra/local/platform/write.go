package platform

import (
	"bytes"
	"context"
	"errors"
	"fmt"

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

// lead raises the date of a profile that is there, as it was seen, and adds a BSUID
// that it did not have: a deletion must know both. The rest of the profile stays.
func (p Platform) lead(pl plan) types.TransactWriteItem {
	if pl.newLead {
		return p.put("leads", pl.lead, "lead_id")
	}
	had := value(pl.lead, "last_interaction_at")
	u := types.Update{TableName: p.table("leads"), Key: item{"tenant_id": text(pl.Tenant), "lead_id": text(pl.leadID())},
		UpdateExpression: aws.String("SET last_interaction_at = :to"), ConditionExpression: aws.String("last_interaction_at = :had"),
		ExpressionAttributeValues: item{":had": text(had), ":to": text(later(had, pl.sentAt()))}}
	if _, bsuidKey := pl.identities(); bsuidKey != "" {
		u.UpdateExpression = aws.String(*u.UpdateExpression + ", bsuid = if_not_exists(bsuid, :bsuid), bsuid_key = if_not_exists(bsuid_key, :bsuid_key)")
		u.ExpressionAttributeValues[":bsuid"], u.ExpressionAttributeValues[":bsuid_key"] = text(pl.Sender.BSUID), text(bsuidKey)
	}
	return types.TransactWriteItem{Update: &u}
}

// conversation changes with every message, so that a deletion that has just found the
// thread empty does not take its row away from under the message. A date would not do:
// it stays what it is for a message that is older than the last one.
func (p Platform) conversation(pl plan) types.TransactWriteItem {
	if pl.newThread {
		return p.put("conversations", pl.conversation, "conversation_id")
	}
	return types.TransactWriteItem{Update: &types.Update{TableName: p.table("conversations"),
		Key:                       item{"tenant_id": text(pl.Tenant), "conversation_id": text(pl.conversationID())},
		UpdateExpression:          aws.String("ADD message_count :one"),
		ConditionExpression:       aws.String("attribute_exists(conversation_id)"),
		ExpressionAttributeValues: item{":one": number(1)}}}
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
