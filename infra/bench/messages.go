package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// messagesTable is the table of the store messages, as the templates name it.
const messagesTable = "mikla-dev-messages"

// guest is a made-up lead with one conversation, whose messages are numbered from 0.
type guest struct {
	name     string // unique
	messages int
}

const (
	tenant  = "t_bench"
	channel = "ch_bench"
)

// wrote is when the first message was sent; each of the others a second later.
var wrote = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

// words make a message as long as people's are.
const words = "Good evening, we are looking for a table for six on Saturday, somewhere quiet if you have it, and one of us cannot have nuts."

func (g guest) conversation() string { return "c_" + g.name }
func (g guest) lead() string         { return "l_" + g.name }

func (g guest) sentAt(i int) string {
	return wrote.Add(time.Duration(i) * time.Second).Format(time.RFC3339)
}

func (g guest) messageKey(i int) string { return g.sentAt(i) + "#m_" + strconv.Itoa(i) }

// messageNumber reads a message's number out of its key.
func messageNumber(key string) (int, error) {
	_, number, found := strings.Cut(key, "#m_")
	i, err := strconv.Atoi(number)
	if !found || err != nil {
		return 0, fmt.Errorf("%q is no message key", key)
	}
	return i, nil
}

// message is the i-th as DynamoDB has it.
func (g guest) message(i int) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{"attachments": &types.AttributeValueMemberL{}}
	for name, value := range g.texts(i) {
		item[name] = &types.AttributeValueMemberS{Value: value}
	}
	return item
}

func (g guest) texts(i int) map[string]string {
	return map[string]string{
		"conversation_id": g.conversation(), "message_key": g.messageKey(i), "message_id": "m_" + strconv.Itoa(i),
		"sent_at": g.sentAt(i), "tenant_id": tenant, "lead_id": g.lead(), "direction": "in", "body": words,
	}
}

// puts are the writes that store messages from..to.
func (g guest) puts(from, to int) []types.WriteRequest {
	var writes []types.WriteRequest
	for i := from; i < to; i++ {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: g.message(i)}})
	}
	return writes
}

// messageKeyOf is the key of a message that was read.
func messageKeyOf(item map[string]types.AttributeValue) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{"conversation_id": item["conversation_id"], "message_key": item["message_key"]}
}

func text(value string) types.AttributeValue { return &types.AttributeValueMemberS{Value: value} }

var table = aws.String(messagesTable)
