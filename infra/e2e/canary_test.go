package e2e

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/mikla-ai/data-deletion/infra/local/client"
)

// canaries stand in every field of every record of one person: in what a person wrote or
// is called, in our IDs, and in the numbers that Meta gives.
const (
	canaryText   = "kanarienvogel"
	canaryNumber = "73105550911"
	canaryUser   = "10150000" + canaryNumber
)

// cage is a person whose every string has a canary in it, next to somebody without.
func cage() world {
	w := world{}
	lead := "l_" + canaryText
	w.lead("t_harbour", "ch_fb1", lead, 12)
	w.lead("t_harbour", "ch_fb1", "l_calm", 4)
	w.link(app, canaryUser, "lead#t_harbour#"+lead)
	for _, items := range w {
		for _, item := range items {
			if strings.Contains(fmt.Sprint(item), canaryText) {
				singing(item)
			}
		}
	}
	at := rfc(began.Add(time.Minute))
	w.add("conversations", client.Item{"tenant_id": "t_harbour", "conversation_id": "c_thread_calm", "channel_id": "ch_fb1",
		"channel_key": "t_harbour#ch_fb1", "kind": "comments", "post_id": "1_9", "started_at": rfc(began)})
	for who, text := range map[string]string{lead: canaryText + " was here", "l_calm": "is the pool open?"} {
		w.add("messages", client.Item{"conversation_id": "c_thread_calm", "message_key": at + "#m_" + who, "message_id": "m_" + who, "sent_at": at,
			"tenant_id": "t_harbour", "lead_id": who, "author_key": "t_harbour#" + who, "direction": "in", "body": text, "attachments": []client.Item{}})
	}
	w.add("ai_audit", client.Item{"conversation_id": "c_l_calm", "audit_key": at + "#a_q", "audit_id": "a_q", "created_at": at,
		"tenant_id": "t_harbour", "lead_id": "l_calm", "prompt": "Somebody said " + canaryText + " wants quiet", "response": "Quiet it is", "model_version": "m",
		"safety_flags": []string{}, "human_takeover": false,
		"quotes": []client.Item{{"lead_key": "t_harbour#" + lead, "field": "prompt", "text": canaryText + " wants quiet"}}})
	w.add("ai_quotes", client.Item{"lead_key": "t_harbour#" + lead, "audit_ref": "c_l_calm|" + at + "#a_q"})
	return w
}

// harbour is the house itself, without which nothing of it is backed up.
func harbour() world {
	w := world{}
	w.add("tenants", client.Item{"tenant_id": "t_harbour", "name": "Harbour View Hotel", "aliases": []string{}, "region": "GB",
		"admin_emails": []string{"gm@harbourview.example"}, "config": client.Item{}, "created_at": rfc(began)})
	w.add("channels", client.Item{"tenant_id": "t_harbour", "channel_id": "ch_fb1", "platform": "facebook", "external_id": "102030405060708",
		"external_key": "facebook#102030405060708", "display_name": "Harbour View Hotel", "access_token": "token of the harbour",
		"connected_by": []client.Item{}, "status": "connected", "connected_at": rfc(began)})
	return w
}

// singing puts a canary into the strings that nothing is found by.
func singing(item client.Item) {
	structural := []string{"tenant_id", "channel_id", "channel_key", "sent_at", "created_at", "started_at", "linked_at", "first_seen_at",
		"last_interaction_at", "message_key", "audit_key", "app_user", "key", "base64", "content_type"}
	for name, value := range item {
		switch v := value.(type) {
		case string:
			if !slices.Contains(structural, name) && !strings.Contains(v, canaryText) {
				item[name] = v + " " + canaryText
			}
		case []string:
			item[name] = append(v, canaryText)
		}
	}
	if item["platform_key"] != nil {
		item["platform_user_id"], item["platform_key"] = canaryNumber, "facebook#"+canaryNumber
		item["bsuid"], item["bsuid_key"] = "GB."+canaryNumber, "facebook#GB."+canaryNumber
	}
}

// spellings of a canary in which it could have been written down.
func spellings(canary string) []string {
	out := []string{canary, hex.EncodeToString([]byte(canary)), url.QueryEscape(canary)}
	for shift := range 3 { // base64 of a text that the canary stands in, at each of three places
		encoded := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + canary + "xx"))
		out = append(out, encoded[4:len(encoded)-8])
	}
	return out
}

// everything that the stack holds or has written, by where it stands.
func everything(t *testing.T, ctx context.Context) map[string]string {
	t.Helper()
	out := map[string]string{}
	memory, err := server.Remembered(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var kept strings.Builder
	for line := range strings.Lines(memory) {
		// moto keeps the name of every version that ever was, to hang tags on; S3 does not.
		if !strings.HasPrefix(line, "arn:aws:s3:::") {
			kept.WriteString(line)
		}
	}
	out["moto (queues, executions, history, objects, secrets)"] = kept.String()
	db := dynamodb.NewFromConfig(server.AWSConfig())
	tables := dynamodb.NewListTablesPaginator(db, &dynamodb.ListTablesInput{})
	for tables.HasMorePages() {
		page, err := tables.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range page.TableNames {
			out["table "+table] = scanned(t, ctx, db, table)
		}
	}
	for _, entry := range server.Logs.Entries("") {
		out["log of "+entry.Source] += entry.Line + "\n"
	}
	for _, path := range []string{"/_local/", "/_local/executions?history=1", "/_local/calls", "/_local/outbox"} {
		answer, err := stack.Do(ctx, "GET", path, nil, nil)
		if err != nil || answer.Status != 200 {
			t.Fatalf("%s: %d %v", path, answer.Status, err)
		}
		out["page "+path] = string(answer.Body)
	}
	return out
}

func scanned(t *testing.T, ctx context.Context, db *dynamodb.Client, table string) string {
	t.Helper()
	var out strings.Builder
	pages := dynamodb.NewScanPaginator(db, &dynamodb.ScanInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		src, err := json.Marshal(page.Items)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(src)
	}
	return out.String()
}

// around is the line in which a spelling stands.
func around(text, spelling string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(strings.ToLower(line), strings.ToLower(spelling)) {
			return strings.TrimSpace(line[:min(len(line), 200)])
		}
	}
	return "no line"
}

func sightings(places map[string]string) []string {
	var out []string
	for place, text := range places {
		for _, canary := range []string{canaryText, canaryNumber} {
			for _, spelling := range spellings(canary) {
				if strings.Contains(strings.ToLower(text), strings.ToLower(spelling)) {
					out = append(out, place+" holds "+spelling+" in "+around(text, spelling))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// requireOnlySealed: while the person is there, what was made of the person for backups names
// nobody: not the copies, nor their keys, runs, messages and logs.
func requireOnlySealed(t *testing.T, ctx context.Context) {
	t.Helper()
	awaitDrained(t, ctx, snapshotQueue)
	places := map[string]string{}
	bucket := bucketOfCopies()
	for after, more := "", true; more; {
		var names []string
		var err error
		if names, more, err = bucket.List(ctx, "", after); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			src, err := bucket.Get(ctx, name)
			if err != nil {
				t.Fatal(err)
			}
			places["object"] += name + "\n" + string(src) + "\n"
			after = name
		}
	}
	db := dynamodb.NewFromConfig(server.AWSConfig())
	for _, table := range []string{"mikla-dev-snapshotkeys", "mikla-dev-backupruns"} {
		places[table] = scanned(t, ctx, db, table)
	}
	for _, function := range []string{"snapshot-start", "snapshot"} {
		for _, entry := range server.Logs.Entries(function) {
			places["log of "+function] += entry.Line + "\n"
		}
	}
	for _, place := range []string{"object", "mikla-dev-snapshotkeys", "mikla-dev-backupruns", "log of snapshot"} {
		if places[place] == "" {
			t.Errorf("there is no %s: nothing is looked at", place)
		}
	}
	for _, sighting := range sightings(places) {
		t.Error(sighting)
	}
}

// TestNothingRemembersThePerson plants canaries in every field of every store and looks
// for them in everything that is left: also after kills, throttles, lost answers, a
// poisoned message and a verification that found something.
func TestNothingRemembersThePerson(t *testing.T) {
	ctx := deadline(t, 3*time.Minute)
	seed(t, ctx, cage())
	seed(t, ctx, harbour())
	before := sightings(everything(t, ctx))
	for _, store := range []string{"leads", "links", "conversations", "messages", "ai_audit", "ai_quotes"} {
		if !slices.ContainsFunc(before, func(s string) bool { return strings.HasPrefix(s, "table mikla-dev-"+store) }) {
			t.Fatalf("no canary is found in %s before: the search finds nothing", store)
		}
	}
	if !slices.ContainsFunc(before, func(s string) bool { return strings.HasPrefix(s, "moto") }) {
		t.Fatal("no canary is found among the objects before: the search finds nothing")
	}
	backups := unitsOf("t_harbour", "ch_fb1")
	copyNow(t, ctx, backups...)
	requireOnlySealed(t, ctx)
	requireSealed(t, pry(t, ctx, backups...), []string{canaryText, canaryNumber}, nil)
	if err := stack.Faults(ctx,
		client.Fault{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "kill", Count: 1, Function: "purge"},
		client.Fault{Service: "dynamodb", Operation: "BatchWriteItem", Kind: "throttle", Count: 1, Function: "purge", Skip: 1},
		client.Fault{Service: "dynamodb", Operation: "TransactWriteItems", Kind: "lost", Count: 1, Function: "locate"},
		client.Fault{Service: "s3", Operation: "DeleteObjects", Kind: "per-key-error", Count: 1},
		client.Fault{Service: "dynamodb", Operation: "DeleteItem", Kind: "kill", Count: 1, Function: "shred"},
	); err != nil {
		t.Fatal(err)
	}
	accepted, status := erase(t, ctx, canaryUser)
	requireOutcome(t, status, "completed")
	copyNow(t, ctx, backups...)
	awaitDrained(t, ctx, snapshotQueue)
	for _, schedule := range []string{"rotate", "backup-audit", "backup-drill"} {
		if err := stack.Schedule(ctx, schedule); err != nil {
			t.Fatal(err)
		}
	}
	requireSealed(t, pry(t, ctx, backups...), []string{"l_calm"}, []string{canaryText, canaryNumber})
	for _, sighting := range sightings(everything(t, ctx)) {
		t.Error(sighting)
	}
	if _, err := stack.Callback(ctx, "deauthorize", notice(canaryUser)); err != nil { // again, for somebody who is gone
		t.Fatal(err)
	}
	requireForgotten(t, ctx, accepted.Code, canaryText)
	if left, err := stack.Store(ctx, "messages"); err != nil || !strings.Contains(fmt.Sprint(left), "l_calm") {
		t.Errorf("the other person's messages: %v", err)
	}
}
