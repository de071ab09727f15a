package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const address = "tom.k@guest.example"

// mailed is a request as a mail makes it that a person looks at.
func mailed(t *testing.T, kind request.Kind, said claim.Claim, more func(*request.Request)) string {
	t.Helper()
	tl := &tool{stage: "dev", aws: shared}
	code, err := tl.secret(t.Context(), "code")
	if err != nil {
		t.Fatal(err)
	}
	print, err := tl.secret(t.Context(), "fingerprint")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC()
	r, err := records().Admit(t.Context(), ledger.Notice{Intake: "mail", Asked: request.Asked{Kind: kind, ReceivedAt: now, Cutoff: now},
		Identity: ledger.Identity{Kind: ledger.Claimed}, Occasion: []string{"test", ledger.RandomID()}, Facts: said,
		Mailboxes: []ledger.Mailbox{{Address: address, Language: "es", Role: ledger.Requester}},
		Begin: func(r *request.Request) error {
			r.Notify = []int{0}
			if err := r.Begin(request.NeedsReview, now); err != nil || more == nil {
				return err
			}
			more(r)
			return nil
		}}, ledger.Keys{Code: code, Fingerprint: print})
	if err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func lead(t *testing.T, tenant, id string) {
	t.Helper()
	row := map[string]dynamotypes.AttributeValue{}
	for name, value := range map[string]string{"tenant_id": tenant, "lead_id": id, "channel_id": "ch", "platform": "instagram",
		"handle": "tom.k", "handle_key": tenant + "#instagram#tom.k", "display_name": "Tom K"} {
		row[name] = &dynamotypes.AttributeValueMemberS{Value: value}
	}
	_, err := dynamodb.NewFromConfig(shared).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("mikla-dev-leads"), Item: row})
	if err != nil {
		t.Fatal(err)
	}
}

var handle = claim.Claim{Tenants: []string{"t_r"}, Handles: []claim.Handle{{Platform: "instagram", Handle: "tom.k"}}, Intent: "end_user_delete", Reasons: []string{"verb.delete"}}

// acted runs a command dry, which must change nothing and write no entry, and then for
// good, which must write one with its outcome.
func acted(t *testing.T, id string, args ...string) (before, after request.Request, out string) {
	t.Helper()
	before = read(t, id)
	logged := len(operations(t))
	wantSaid(t, works(t, args...), "Nothing was done.")
	if now := read(t, id); now.Events != before.Events || now.State != before.State || len(now.Letters) != len(before.Letters) || len(now.Tasks) != len(before.Tasks) || !now.NotBefore.Equal(before.NotBefore) || len(operations(t)) != logged {
		t.Errorf("a dry run of %q changed something: %+v", args, now)
	}
	empty(t, "start")
	empty(t, "letters")
	out = works(t, append(slices.Clone(args), execute...)...)
	command := args[0] + " " + args[1]
	if !slices.ContainsFunc(operations(t), func(entry map[string]string) bool {
		return entry["request_id"] == id && entry["command"] == command && entry["outcome"] == "done"
	}) {
		t.Errorf("%s is not audited as done", command)
	}
	return before, read(t, id), out
}

func wantSent(t *testing.T, queue, id string, run int) {
	t.Helper()
	if got := empty(t, queue); !slices.Equal(got, []string{fmt.Sprintf(`{"v":1,"request_id":%q,"run":%d}`, id, run)}) {
		t.Errorf("sent to %s: %q", queue, got)
	}
}

func TestApproveALead(t *testing.T) {
	lead(t, "t_r", "l_r")
	lead(t, "t_other", "l_o")
	id := mailed(t, request.DataDeletion, handle, func(r *request.Request) { r.Told, r.Doubt = request.CouldNotIdentify, true })
	fails(t, "did not name", "review", "approve", id, "--lead", "t_other/l_o")
	fails(t, "no such lead", "review", "approve", id, "--lead", "t_r/l_o")
	fails(t, "TENANT/LEAD", "review", "approve", id, "--lead", "l_r")
	_, r, _ := acted(t, id, "review", "approve", id, "--lead", "t_r/l_r")
	if r.State != request.Received || r.Run != 2 || r.Doubt {
		t.Errorf("approved as %+v", r)
	}
	wantSent(t, "start", id, 2)
	var said claim.Claim
	if _, err := records().Facts(t.Context(), id, &said); err != nil || !slices.Equal(said.Leads, []claim.Place{{TenantID: "t_r", LeadID: "l_r"}}) || len(said.Handles) != 1 {
		t.Errorf("the case file says %+v, %v", said, err)
	}
	fails(t, "waits for no person", "review", "approve", id)
}

func TestApproveWhatNamesNobody(t *testing.T) {
	fails(t, "name the lead", "review", "approve", mailed(t, request.DataDeletion, claim.Claim{}, nil))
	closure := mailed(t, request.DataDeletion, claim.Claim{Tenants: []string{"t_r"}, OnFile: true}, func(r *request.Request) {
		r.State = request.AwaitingAnswer
		r.Owe(request.ClosureLink, 0, time.Now())
	})
	fails(t, "by the admin on file", "review", "approve", closure)
}

func TestApproveEndsAnEnquiry(t *testing.T) {
	id := mailed(t, request.Enquiry, claim.Claim{}, nil)
	_, r, _ := acted(t, id, "review", "approve", id)
	if !r.Closing || r.Ending != request.Answered || !r.Owed(request.AnsweredNotice) {
		t.Errorf("ended as %+v", r)
	}
	wantSent(t, "start", id, 2)
	wantSent(t, "letters", id, 1)
}

func TestAsk(t *testing.T) {
	id := mailed(t, request.DataDeletion, handle, nil)
	_, r, out := acted(t, id, "review", "ask", id, "--text", "Which of the two?")
	wantSaid(t, out, "The requester reads this text.", "awaiting_answer")
	if r.State != request.AwaitingAnswer || !r.Owed(request.Question) {
		t.Errorf("asked as %+v", r)
	}
	wantSent(t, "letters", id, 1)
	var said claim.Claim
	if _, err := records().Facts(t.Context(), id, &said); err != nil || said.Question != "Which of the two?" {
		t.Errorf("the case file says %+v, %v", said, err)
	}
	nobody := mailed(t, request.DataDeletion, handle, func(r *request.Request) { r.Notify = nil })
	fails(t, "no mailbox of whoever asked", "review", "ask", nobody, "--text", "Which?")
}

func TestRefuse(t *testing.T) {
	id := mailed(t, request.DataDeletion, handle, nil)
	for text, saying := range map[string]string{" ": "empty", strings.Repeat("x", 4001): "4,000", "a\x1b[2J": "control", "a\u202eb": "control"} {
		fails(t, saying, "review", "refuse", id, "--reason", text)
		fails(t, saying, "review", "ask", id, "--text", text)
	}
	_, r, _ := acted(t, id, "review", "refuse", id, "--reason", "It is somebody else's account.")
	if !r.Closing || r.Ending != request.Refused || r.Reason != "It is somebody else's account." {
		t.Errorf("refused as %+v", r)
	}
	wantSent(t, "start", id, 2)
	fails(t, "about to end", "review", "refuse", id, "--reason", "Again.")
	fails(t, "no such request", "review", "refuse", strings.Repeat("0", 32), "--reason", "Nobody.")
}

func TestHastenAndDone(t *testing.T) {
	id := mailed(t, request.DataDeletion, handle, func(r *request.Request) {
		r.State, r.Tasks, r.NotBefore = request.CoolingOff, []string{"revoke_at_meta"}, time.Now().Add(72*time.Hour)
	})
	_, r, _ := acted(t, id, "requests", "hasten", id)
	if r.NotBefore.After(time.Now()) {
		t.Errorf("it still waits until %s", r.NotBefore)
	}
	wantSent(t, "start", id, 1)
	fails(t, "revoke_at_meta", "requests", "done", id, "--task", "other")
	if _, r, _ = acted(t, id, "requests", "done", id, "--task", "revoke_at_meta"); len(r.Tasks) != 0 {
		t.Errorf("left %q", r.Tasks)
	}
	fails(t, "not cooling off", "requests", "hasten", mailed(t, request.DataDeletion, handle, nil))
}

// What is over stays in both lists while a person has something to do about it.
func TestListsShowWhatIsLeft(t *testing.T) {
	over := func(r *request.Request) {
		r.State, r.Letters = request.Completed, []request.Letter{{Kind: request.Confirmation, State: request.Bounced, At: time.Now()}}
		r.Tasks = []string{"revoke_at_meta"}
	}
	left, waits := mailed(t, request.DataDeletion, handle, over), mailed(t, request.Enquiry, claim.Claim{}, nil)
	running, _, _ := admitted(t, asking("tenant", "--tenant", "t_runs"))
	out := works(t, "review", "list")
	wantSaid(t, out, left, "bounced:completed task:revoke_at_meta", waits, "needs_review")
	if strings.Contains(out, running) {
		t.Errorf("what runs waits for nobody:\n%s", out)
	}
	wantSaid(t, works(t, "requests", "list"), left, waits, running)
	wantSaid(t, works(t, "requests", "show", left), "completed to mailbox 0: bounced", "revoke_at_meta", "admitted")
}

func TestShowReview(t *testing.T) {
	lead(t, "t_r", "l_r")
	sesID := ledger.RandomID()
	raw := "From: Tom <" + address + ">\r\nTo: privacy@mikla.ai\r\nSubject: Borrar \x1b[31m\r\nMessage-ID: <a@guest.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nBorrad mis datos. https://evil.example/x \x1b]8;;\r\n\r\n> quoted text\r\n"
	client := s3.NewFromConfig(shared, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := client.PutObject(context.Background(), &s3.PutObjectInput{Bucket: aws.String("mikla-dev-mail-" + account), Key: aws.String("raw/" + sesID), Body: bytes.NewReader([]byte(raw))})
	if err != nil {
		t.Fatal(err)
	}
	id := mailed(t, request.DataDeletion, handle, func(r *request.Request) { r.Mails = []string{sesID, "gone"} })
	out := works(t, "review", "show", id)
	wantSaid(t, out, "requester t***@guest.example", "end_user_delete", "verb.delete", "instagram tom.k", "t_r/l_r, found by handle; same: handle",
		"| Borrad mis datos. https[:]//evil.example/x", "mail gone is gone")
	for _, hidden := range []string{address, "\x1b", "https://", "quoted text"} {
		if strings.Contains(out, hidden) {
			t.Errorf("it shows %q:\n%s", hidden, out)
		}
	}
	wantSaid(t, works(t, "review", "show", id, "--reveal"), "requester "+address)
}
