// Package simulation plays random histories of a small platform with this service beside
// it, in memory and in virtual time: people write, events come late, requests are worked
// on step by step, snapshots are written meanwhile, processes die, days pass, backups are
// restored. After each history nothing that was deleted may be readable anywhere, and
// nothing else may be lost or changed.
package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type fields = map[string]any

// word is something that somebody wrote, unique in its history, so that it can be told
// wherever it stands. whose are its subjects by scope: the names that an erasure has.
type word struct {
	text  string
	whose map[string]string // tenant_id, channel_id, lead_id, conversation_id
	at    time.Time
	key   string // of the record that holds it, "store/key/key"
	live  bool   // the platform stored it
}

// person is somebody who writes to one channel.
type person struct {
	tenant, channel, platformKey string
}

// platform is Mikla's, as the contract of the fence has it.
type platform struct {
	*rand.Rand
	w       *workflowtest.World
	secret  secrets.Versioned
	serial  int
	people  []*person
	threads []livedata.Item // of several authors
	words   []*word
	wrote   map[string][]version // what the platform wrote, by "store/key/key"
	quoted  map[string]string    // what a record quotes, by the same
}

// version is what a record was from a moment on; nil when the platform took it away.
type version struct {
	at time.Time
	it livedata.Item
}

func (p *platform) next(prefix string) string {
	p.serial++
	return fmt.Sprintf("%s%d", prefix, p.serial)
}

func pick[T any](p *platform, from []T) T { return from[p.IntN(len(from))] }

// put writes a record and remembers what it was.
func (p *platform) put(store string, it livedata.Item) string {
	s, _ := p.w.Map.Store(store)
	parts := []string{store}
	for _, name := range s.Key {
		parts = append(parts, it.Text(name))
	}
	key := strings.Join(parts, "/")
	p.w.Live.Put(store, it)
	p.wrote[key] = append(p.wrote[key], version{p.w.Now(), it})
	return key
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// business opens a tenant with channels and a thread of comments in each.
func (p *platform) business(channels int) {
	tenant := p.next("t_")
	p.put("tenants", livedatatest.NewItem(fields{"tenant_id": tenant, "name": "Hotel " + tenant, "admin_emails": []any{"gm@" + tenant + ".example"}}))
	for range channels {
		channel, user := p.next("ch_"), p.next("")
		p.put("channels", livedatatest.NewItem(fields{"tenant_id": tenant, "channel_id": channel, "external_key": "facebook#" + channel,
			"access_token": "sealed", "display_name": "Hotel", "connected_by": []any{fields{"app_id": "9", "user_id": user, "name": "Staff " + user}}}))
		p.put("links", livedatatest.NewItem(fields{"app_user": "9#" + user, "target": "staff#" + tenant + "#" + channel, "linked_at": rfc(p.w.Now())}))
		thread := livedatatest.NewItem(fields{"tenant_id": tenant, "conversation_id": p.next("c_"), "channel_id": channel,
			"channel_key": tenant + "#" + channel, "kind": "comments", "post_id": p.next("post"), "message_count": json.Number("0"), "started_at": rfc(p.w.Now())})
		p.put("conversations", thread)
		p.threads = append(p.threads, thread)
		for range 2 {
			p.people = append(p.people, &person{tenant, channel, "facebook#" + p.next("p")})
		}
	}
}

// lead finds the row of a person who is known; nil for a new contact.
func (p *platform) lead(who *person) livedata.Item {
	for _, it := range p.w.Live.World().Records["leads"] {
		if it.Text("tenant_id") == who.tenant && it.Text("channel_id") == who.channel && it.Text("platform_key") == who.platformKey {
			return it
		}
	}
	return nil
}

// conversation finds the direct thread of a lead.
func (p *platform) conversation(tenant, lead string) livedata.Item {
	for _, it := range p.w.Live.World().Records["conversations"] {
		if it.Text("lead_key") == tenant+"#"+lead {
			return it
		}
	}
	return nil
}

// refused is the fence's condition, looked at and written behind in one breath: nothing
// here runs at the same time.
func (p *platform) refused(e fence.Event) bool {
	for _, row := range []livedata.Item{p.w.Live.Item("tenants", e.Tenant), p.w.Live.Item("channels", e.Tenant, e.Channel)} {
		if row == nil || row.Text("deleting_at") != "" {
			return true
		}
	}
	stones := p.w.Tombstones.All()
	prints := slices.Concat(fence.ScopePrints(p.secret, "tenant", e.Tenant), fence.ScopePrints(p.secret, "channel", e.Tenant, e.Channel),
		fence.ScopePrints(p.secret, "lead", e.Tenant, e.Lead), fence.ScopePrints(p.secret, "conversation", e.Tenant, e.Conversation),
		fence.IdentityPrints(p.secret, "channel", e.Tenant, "", e.ChannelKey),
		fence.IdentityPrints(p.secret, "lead", e.Tenant, e.Channel, e.Identities[0]),
		fence.IdentityPrints(p.secret, "conversation", e.Tenant, e.Channel, e.Thread))
	return slices.ContainsFunc(prints, func(print string) bool {
		stone, there := stones[print]
		return there && !e.DatedAt.After(stone.Cutoff)
	})
}

// says is what an event brings, dated at a moment that may lie long back. In a comment it
// goes into a thread of several authors.
func (p *platform) says(who *person, at time.Time, comment bool) {
	lead := p.lead(who)
	event := fence.Event{Tenant: who.tenant, Channel: who.channel, ChannelKey: "facebook#" + who.channel,
		Identities: []string{who.platformKey}, Lead: lead.Text("lead_id"), DatedAt: at, Thread: lead.Text("lead_id")}
	var thread livedata.Item
	if comment {
		thread = p.commented(who)
	} else if lead != nil {
		thread = p.conversation(who.tenant, event.Lead)
	}
	if event.Conversation = thread.Text("conversation_id"); comment {
		event.Thread = thread.Text("post_id")
	}
	if comment && thread == nil || p.refused(event) {
		return
	}
	if lead == nil {
		lead = p.arrives(who, at)
	}
	if thread == nil {
		thread = p.opens(who, lead.Text("lead_id"), at)
	}
	p.message(who, lead, thread, at)
}

func (p *platform) commented(who *person) livedata.Item {
	for _, thread := range p.threads {
		if thread.Text("channel_id") == who.channel {
			return p.w.Live.Item("conversations", who.tenant, thread.Text("conversation_id"))
		}
	}
	return nil
}

func (p *platform) arrives(who *person, at time.Time) livedata.Item {
	id := p.next("l_")
	name := p.word(who, id, "", at)
	lead := livedatatest.NewItem(fields{"tenant_id": who.tenant, "lead_id": id, "channel_id": who.channel, "platform": "facebook",
		"platform_key": who.platformKey, "display_name": name.text, "first_seen_at": rfc(at), "last_interaction_at": rfc(at)})
	name.key, name.live = p.put("leads", lead), true
	if p.IntN(3) == 0 {
		p.put("links", livedatatest.NewItem(fields{"app_user": "9#" + p.next("u"), "target": "lead#" + who.tenant + "#" + id, "linked_at": rfc(at)}))
	}
	return lead
}

func (p *platform) opens(who *person, lead string, at time.Time) livedata.Item {
	c := livedatatest.NewItem(fields{"tenant_id": who.tenant, "conversation_id": p.next("c_"), "channel_id": who.channel, "lead_id": lead,
		"lead_key": who.tenant + "#" + lead, "channel_key": who.tenant + "#" + who.channel, "kind": "dm", "message_count": json.Number("0"), "started_at": rfc(at)})
	p.put("conversations", c)
	return c
}

func (p *platform) word(who *person, lead, conversation string, at time.Time) *word {
	w := &word{text: fmt.Sprintf("«%s»", p.next("w")), at: at,
		whose: map[string]string{"tenant_id": who.tenant, "channel_id": who.channel, "lead_id": lead, "conversation_id": conversation}}
	p.words = append(p.words, w)
	return w
}

// message stores a message, its rows above, and now and then what the AI made of it.
func (p *platform) message(who *person, lead, thread livedata.Item, at time.Time) {
	id, conversation := p.next("m_"), thread.Text("conversation_id")
	w := p.word(who, lead.Text("lead_id"), conversation, at)
	message := fields{"conversation_id": conversation, "message_key": rfc(at) + "#" + id, "message_id": id, "sent_at": rfc(at),
		"tenant_id": who.tenant, "lead_id": lead.Text("lead_id"), "direction": "in", "body": "says " + w.text}
	if thread.Text("lead_id") == "" {
		message["author_key"] = who.tenant + "#" + lead.Text("lead_id")
	}
	w.key, w.live = p.put("messages", livedatatest.NewItem(message)), true
	p.raise(who, lead.Text("lead_id"), at)
	row := clone(p.w.Live.Item("conversations", who.tenant, conversation))
	row["message_count"] = livedatatest.NewItem(fields{"n": json.Number(strconv.Itoa(count(row) + 1))})["n"]
	p.put("conversations", row)
	if thread.Text("lead_id") != "" && p.IntN(3) > 0 {
		p.answers(who, lead, conversation, at)
	}
}

// raise dates a lead's row, and gives one whose profile was emptied another name.
func (p *platform) raise(who *person, lead string, at time.Time) {
	row := clone(p.w.Live.Item("leads", who.tenant, lead))
	if rfc(at) <= row.Text("last_interaction_at") {
		return
	}
	row["last_interaction_at"] = text(rfc(at))
	if row.Text("display_name") == "" {
		name := p.word(who, lead, "", at)
		row["display_name"] = text(name.text)
		name.key, name.live = "leads/"+who.tenant+"/"+lead, true
	}
	p.put("leads", row)
}

func clone(it livedata.Item) livedata.Item { return maps.Clone(it) }

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func count(conversation livedata.Item) int {
	n, _ := conversation["message_count"].(*types.AttributeValueMemberN)
	i, _ := strconv.Atoi(n.Value)
	return i
}

// answers is an entry of the AI, which may quote another guest of the business.
func (p *platform) answers(who *person, lead livedata.Item, conversation string, at time.Time) {
	id := p.next("a_")
	w := p.word(who, lead.Text("lead_id"), conversation, at)
	prompt, quotes, quoted := "asks "+w.text, []any{}, ""
	entry := conversation + "|" + rfc(at) + "#" + id
	if other := p.quotable(who.tenant, lead.Text("lead_id"), at); other != nil && p.IntN(2) == 0 {
		prompt += ", as somebody said " + other.text
		key := who.tenant + "#" + other.whose["lead_id"]
		quoted = other.text
		quotes = append(quotes, fields{"lead_key": key, "field": "prompt", "text": other.text})
		p.put("ai_quotes", livedatatest.NewItem(fields{"lead_key": key, "audit_ref": entry}))
	}
	w.key = p.put("ai_audit", livedatatest.NewItem(fields{"conversation_id": conversation, "audit_key": rfc(at) + "#" + id, "audit_id": id,
		"created_at": rfc(at), "tenant_id": who.tenant, "lead_id": lead.Text("lead_id"), "prompt": prompt, "response": "yes", "quotes": quotes}))
	w.live, p.quoted[w.key] = true, quoted
}

// quotable is what another guest of the business wrote before, and may still be quoted: it
// passes the fence as if it came now, dated as it was.
func (p *platform) quotable(tenant, not string, before time.Time) *word {
	var fit []*word
	for _, w := range p.words {
		lead := p.w.Live.Item("leads", tenant, w.whose["lead_id"])
		if w.whose["tenant_id"] != tenant || w.whose["lead_id"] == not || !w.live || w.at.After(before) || lead == nil ||
			!strings.HasPrefix(w.key, "messages/") || p.w.Live.Item("messages", strings.Split(w.key, "/")[1:]...) == nil {
			continue
		}
		e := fence.Event{Tenant: tenant, Channel: w.whose["channel_id"], ChannelKey: "facebook#" + w.whose["channel_id"],
			Identities: []string{lead.Text("platform_key")}, Lead: w.whose["lead_id"], Conversation: w.whose["conversation_id"], DatedAt: w.at, Thread: "none"}
		if !p.refused(e) {
			fit = append(fit, w)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return pick(p, fit)
}
