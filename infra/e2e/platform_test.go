package e2e

import (
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/platform"
)

// tom is the example's guest, as Meta knows him.
const (
	tomsUser = "10150000000000555"
	tomsID   = "7123456789012345"
)

// message is one of Tom's to the Harbour View Hotel.
func message(id string, at time.Time) platform.Event {
	return platform.Event{Tenant: "t_harbour", Channel: "ch_fb1", Kind: "dm", Sender: platform.Sender{ID: tomsID},
		Message: platform.Message{ID: id, SentAt: at, Body: "words of " + id}}
}

func ingest(t *testing.T, ctx context.Context, e platform.Event, want platform.Outcome) platform.Receipt {
	t.Helper()
	receipt, err := stack.Ingest(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Outcome != want {
		t.Fatalf("%s was %s, expected %s", e.Message.ID, receipt.Outcome, want)
	}
	return receipt
}

// TestWhoComesBack: after an erasure what is late stays out, and the same person who
// writes again is somebody new, who can be erased like everybody else.
func TestWhoComesBack(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	example, err := os.ReadFile("../../testdata/platform-example.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.Seed(ctx, example); err != nil {
		t.Fatal(err)
	}
	ingest(t, ctx, message("m_1", began), platform.Duplicate)

	issued := time.Now().UTC().Truncate(time.Second)
	first := eraseTom(t, ctx, issued)
	requireLate(t, ctx, issued)

	again := message("m_again", issued.Add(time.Second))
	again.Sender.Name, again.Login = "T. K.", &platform.Login{App: app, User: tomsUser}
	again.Message.Attachments = []platform.Attachment{{ContentType: "image/jpeg", Content: []byte("a picture")}}
	back := ingest(t, ctx, again, platform.Stored)
	requireCleanProfile(t, ctx, back, again)
	withHim := snapshot(t, ctx)
	ingest(t, ctx, again, platform.Duplicate)
	requireSame(t, snapshot(t, ctx), withHim)

	later := issued.Add(2 * time.Second) // no request reaches into data that comes after it
	await(t, ctx, "the message to lie in the past", func() bool { return time.Now().After(later) })
	second := eraseTom(t, ctx, later)
	requireErased(t, ctx, second, map[string]int{"leads": 1, "links": 1, "conversations": 1, "messages": 1, "media": 1})
	requireSame(t, snapshot(t, ctx), without(withHim, "nothing is spared", back.Lead, back.Conversation))
	ingest(t, ctx, again, platform.Dropped)
	requireLate(t, ctx, later)
	for _, code := range []string{first, second} {
		requireForgotten(t, ctx, code, tomsID, tomsUser, "Kaczmarek", "T. K.", back.Lead, back.Conversation)
	}
}

func eraseTom(t *testing.T, ctx context.Context, issued time.Time) (code string) {
	t.Helper()
	n := notice(tomsUser)
	n.IssuedAt = issued
	accepted, err := stack.Callback(ctx, "data-deletion", n)
	if err != nil {
		t.Fatal(err)
	}
	status, err := stack.Await(ctx, accepted.Code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	requireOutcome(t, status, "completed")
	return accepted.Code
}

// requireLate: whatever is dated up to the notice changes nothing, as a message or as
// a comment, and neither does what comes in at a channel that is not there.
func requireLate(t *testing.T, ctx context.Context, issued time.Time) {
	t.Helper()
	before := snapshot(t, ctx)
	ingest(t, ctx, message("m_1", began), platform.Dropped)
	ingest(t, ctx, message("m_late", issued), platform.Dropped)
	comment := message("m_comment", issued.Add(-time.Minute))
	comment.Kind, comment.Post = "comments", "102030405060708_9"
	ingest(t, ctx, comment, platform.Dropped)
	nowhere := message("m_nowhere", issued.Add(time.Hour))
	nowhere.Channel = "ch_gone"
	ingest(t, ctx, nowhere, platform.Closed)
	requireSame(t, snapshot(t, ctx), before)
}

// requireCleanProfile: what the event brought, and nothing that was erased.
func requireCleanProfile(t *testing.T, ctx context.Context, back platform.Receipt, e platform.Event) {
	t.Helper()
	date := rfc(e.Message.SentAt)
	want := client.Item{"tenant_id": "t_harbour", "lead_id": back.Lead, "channel_id": "ch_fb1", "platform": "facebook",
		"platform_user_id": tomsID, "platform_key": "facebook#" + tomsID, "handle": nil, "display_name": "T. K.", "profile_picture": nil,
		"first_seen_at": date, "last_interaction_at": date, "tags": []any{}, "intents": []any{}}
	leads, err := stack.Store(ctx, "leads")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, lead := range leads {
		if lead["platform_user_id"] == tomsID {
			seen++
			if encode(lead) != encode(want) {
				t.Errorf("his profile is %s, expected %s", encode(lead), encode(want))
			}
		}
	}
	if seen != 1 || back.Lead == "l_tom" || back.Conversation == "c_tom" {
		t.Errorf("he has %d profiles; %+v", seen, back)
	}
}

func encode(it client.Item) string {
	src, err := json.Marshal(it)
	if err != nil {
		panic(err) // JSON values always encode
	}
	return string(src)
}

// TestEventsThatAreNotValid are refused with the reason.
func TestEventsThatAreNotValid(t *testing.T) {
	ctx := deadline(t, time.Minute)
	for body, want := range map[string]string{
		`{"tenant_id":"t_harbour"}`: "sender needs an id or a bsuid",
		`{"unknown":1}`:             "unknown field",
		`no JSON`:                   "invalid character",
	} {
		answer, err := stack.Do(ctx, "POST", platform.Path, nil, []byte(body))
		if err != nil || answer.Status != 400 || !strings.Contains(string(answer.Body), want) {
			t.Errorf("%s: got %d %s, %v", body, answer.Status, answer.Body, err)
		}
	}
}
