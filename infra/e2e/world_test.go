package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
)

// world is platform data in the form of the seed.
type world map[string][]client.Item

// began is when the made-up conversations begin; all of it lies in the past.
var began = time.Date(2026, 3, 1, 18, 0, 0, 0, time.UTC)

func rfc(t time.Time) string { return t.Format(time.RFC3339) }

func (w world) add(store string, items ...client.Item) { w[store] = append(w[store], items...) }

// lead adds a lead with one conversation of n messages, one audit entry for each
// second message, and an attachment on each fourth.
func (w world) lead(tenant, channel, lead string, n int) {
	conversation := "c_" + lead
	key := tenant + "#" + lead
	picture := fmt.Sprintf("%s/%s/profiles/%s.jpg", tenant, channel, lead)
	w.add("leads", client.Item{
		"tenant_id": tenant, "lead_id": lead, "channel_id": channel, "platform": "facebook",
		"platform_user_id": "77" + lead, "platform_key": "facebook#77" + lead, "handle": lead + ".handle",
		"handle_key": tenant + "#facebook#" + lead + ".handle", "display_name": "Name of " + lead,
		"profile_picture": picture, "first_seen_at": rfc(began), "last_interaction_at": rfc(began.Add(time.Duration(n) * time.Second)),
		"tags": []string{"tag-" + lead}, "intents": []string{"booking request"}})
	w.add("conversations", client.Item{
		"tenant_id": tenant, "conversation_id": conversation, "channel_id": channel, "lead_id": lead,
		"lead_key": key, "channel_key": tenant + "#" + channel, "kind": "dm", "started_at": rfc(began)})
	w.object(picture, "face of "+lead)
	for i := range n {
		w.message(tenant, channel, lead, conversation, i)
	}
}

func (w world) message(tenant, channel, lead, conversation string, i int) {
	at := rfc(began.Add(time.Duration(i) * time.Second))
	id := fmt.Sprintf("m_%s_%d", lead, i)
	attachments := []client.Item{}
	if i%4 == 0 {
		key := fmt.Sprintf("%s/%s/%s/%s.jpg", tenant, channel, conversation, id)
		attachments = append(attachments, client.Item{"key": key, "content_type": "image/jpeg"})
		w.object(key, "attachment "+id)
	}
	w.add("messages", client.Item{
		"conversation_id": conversation, "message_key": at + "#" + id, "message_id": id, "sent_at": at,
		"tenant_id": tenant, "lead_id": lead, "direction": "in", "body": fmt.Sprintf("words %d of %s", i, lead), "attachments": attachments})
	if i%2 == 0 {
		w.add("ai_audit", client.Item{
			"conversation_id": conversation, "audit_key": at + "#a_" + id, "audit_id": "a_" + id, "created_at": at,
			"tenant_id": tenant, "lead_id": lead, "prompt": "prompt about " + lead, "model_version": "m-2026-02",
			"response": "answer to " + lead, "safety_flags": []string{}, "human_takeover": false, "quotes": []string{}})
	}
}

func (w world) object(key, text string) {
	w.add("media", client.Item{"key": key, "content_type": "image/jpeg", "base64": base64.StdEncoding.EncodeToString([]byte(text))})
}

func (w world) link(app, user, target string) {
	w.add("links", client.Item{"app_user": app + "#" + user, "target": target, "linked_at": rfc(began), "how": "login"})
}

func (w world) encode() []byte {
	src, err := json.Marshal(w)
	if err != nil {
		panic(err) // maps of strings always encode
	}
	return src
}
