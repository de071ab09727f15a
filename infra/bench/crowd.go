package main

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// crowd is a made-up platform of one tenant: channels whose leads have a conversation each,
// with an audit entry for each second message. Nothing of it is stored; a record is made
// whenever it is read, and is the same each time.
type crowd struct {
	channels, leads, messages int // leads of a channel, messages of a conversation

	records, bytes atomic.Int64 // that were read, and how long they are encoded
	units          atomic.Int64 // half read units that DynamoDB would have taken for them
}

// person is the number of a channel and of a lead in it.
type person struct{ channel, number int }

func (p person) name() string         { return fmt.Sprintf("%d_%06d", p.channel, p.number) }
func (p person) lead() string         { return "l_" + p.name() }
func (p person) conversation() string { return "c_" + p.name() }

func channelID(n int) string { return "ch_" + strconv.Itoa(n) }

func (c *crowd) unit(channel int) snapshot.Unit {
	return snapshot.Unit{Tenant: tenant, Channel: channelID(channel)}
}

// path leads to a person's key.
func (p person) path() keys.Path {
	return keys.Path{{Kind: "tenant", Values: []string{tenant}}, {Kind: "channel", Values: []string{tenant, channelID(p.channel)}},
		{Kind: "lead", Values: []string{tenant, p.lead()}}}
}

// parse reads a person out of an ID, or out of the last part of a key.
func parse(id string) (person, error) {
	id = id[strings.LastIndex(id, "#")+1:]
	var p person
	if _, err := fmt.Sscanf(id[min(2, len(id)):], "%d_%d", &p.channel, &p.number); err != nil {
		return p, fmt.Errorf("%q is nobody's ID", id)
	}
	return p, nil
}

// each is how many records one lead has, the profile and the conversation with them.
func (c *crowd) each() int { return 2 + c.messages + (c.messages+1)/2 }

// weight is about how many bytes one lead's records are, encoded.
func (c *crowd) weight() (int, error) {
	sample := crowd{channels: 1, leads: 1, messages: c.messages}
	p, total := person{}, 0
	for _, store := range []string{"leads", "conversations", "messages", "ai_audit"} {
		for i := range sample.count(store) {
			src, err := snapshot.EncodeItem(sample.item(store, p, i))
			if err != nil {
				return 0, err
			}
			total += len(src)
		}
	}
	return total, nil
}

// count is how many records of a store a query of it finds.
func (c *crowd) count(store string) int {
	switch store {
	case "channels":
		return 1
	case "leads", "conversations":
		return c.leads
	case "messages":
		return c.messages
	case "ai_audit":
		return (c.messages + 1) / 2
	}
	return 0
}

// item is a record: of a store that is found by channel the i-th lead's, of the others the
// i-th of that person.
func (c *crowd) item(store string, p person, i int) livedata.Item {
	texts := map[string]string{"tenant_id": tenant}
	switch store {
	case "channels":
		texts["channel_id"], texts["external_key"], texts["platform"] = channelID(p.channel), "facebook#"+channelID(p.channel), "facebook"
	case "leads":
		p.number = i
		texts["lead_id"], texts["channel_id"], texts["platform"], texts["platform_key"] = p.lead(), channelID(p.channel), "facebook", "facebook#77"+p.name()
		texts["display_name"], texts["last_interaction_at"] = "Guest "+p.name(), "2026-05-10T10:00:00Z"
	case "conversations":
		p.number = i
		texts["conversation_id"], texts["lead_id"], texts["channel_id"] = p.conversation(), p.lead(), channelID(p.channel)
		texts["lead_key"], texts["channel_key"], texts["started_at"] = tenant+"#"+p.lead(), tenant+"#"+channelID(p.channel), "2026-05-04T10:00:00Z"
	default:
		return c.said(store, p, i)
	}
	it := livedata.Item{}
	for name, value := range texts {
		it[name] = text(value)
	}
	return it
}

// said is the i-th message of a conversation, or the audit entry of the i-th answer.
func (c *crowd) said(store string, p person, i int) livedata.Item {
	it := chat(mathrand.NewPCG(uint64(p.channel)<<32|uint64(p.number), uint64(i)), p.conversation(), i)
	it["lead_id"] = text(p.lead())
	if store == "ai_audit" {
		it["audit_key"], it["created_at"], it["prompt"] = it["message_key"], it["sent_at"], it["body"]
		for _, name := range []string{"message_key", "message_id", "sent_at", "body", "direction"} {
			delete(it, name)
		}
	}
	return it
}

func (c *crowd) Read(_ context.Context, q livedata.Query) (livedata.Page, error) {
	p, err := c.asked(q)
	if err != nil {
		return livedata.Page{}, err
	}
	from, err := c.after(q)
	if err != nil {
		return livedata.Page{}, err
	}
	var page livedata.Page
	total, singles := 0, int64(0)
	for i := from; i < min(from+q.Limit, c.count(q.Store.Name)); i++ {
		it := c.item(q.Store.Name, p, i)
		src, err := snapshot.EncodeItem(it)
		if err != nil {
			return page, err
		}
		page.Items, total, singles = append(page.Items, it), total+len(src), singles+2*blocks(len(src))
	}
	c.records.Add(int64(len(page.Items)))
	c.bytes.Add(int64(total))
	if q.Index != "" { // a hint by half units, then each record by itself
		c.units.Add(blocks(len(page.Items)*keyBytes) + singles)
	} else {
		c.units.Add(2 * blocks(total))
	}
	if n := from + len(page.Items); n < c.count(q.Store.Name) {
		page.Next = livedata.Key{"after": strconv.Itoa(n)}
	}
	return page, nil
}

// keyBytes is about what an index projects of a record.
const keyBytes = 100

// blocks of 4 KB are what reads are paid by, at least one.
func blocks(bytes int) int64 { return int64(max(1, (bytes+4095)/4096)) }

// asked is whose records a query wants.
func (c *crowd) asked(q livedata.Query) (person, error) {
	for _, name := range []string{"conversation_id", "lead_key", "target", "channel_id", "channel_key"} {
		id := q.Where[name]
		switch {
		case id == "":
			continue
		case strings.HasPrefix(name, "channel"):
			_, number, _ := strings.Cut(id, "ch_")
			n, err := strconv.Atoi(number)
			return person{channel: n}, err
		case strings.HasPrefix(id, "staff#"):
			return person{}, nil
		}
		return parse(id)
	}
	return person{}, fmt.Errorf("nobody asks for %s so", q.Store.Name)
}

// after is where a query goes on.
func (c *crowd) after(q livedata.Query) (int, error) {
	if q.After == nil {
		return 0, nil
	}
	if at := q.After["after"]; at != "" {
		return strconv.Atoi(at)
	}
	if key := q.After["message_key"] + q.After["audit_key"]; key != "" {
		i, err := messageNumber(key)
		return i + 1, err
	}
	p, err := parse(q.After["lead_id"] + q.After["conversation_id"])
	return p.number + 1, err
}

func (c *crowd) Get(_ context.Context, s datamap.Store, key livedata.Key) (livedata.Item, error) {
	if s.Name != "channels" {
		return nil, nil
	}
	p, err := c.asked(livedata.Query{Store: s, Where: key})
	return c.item(s.Name, p, 0), err
}

var errReadOnly = fault.New(fault.Permanent, "the crowd is only read")

func (c *crowd) Delete(context.Context, datamap.Store, []livedata.Key) error { return errReadOnly }

func (c *crowd) DeleteIf(context.Context, datamap.Store, livedata.Item) (bool, error) {
	return false, errReadOnly
}

func (c *crowd) Change(context.Context, datamap.Store, livedata.Item, livedata.Item, []string) (bool, error) {
	return false, errReadOnly
}

var _ livedata.Records = (*crowd)(nil)
