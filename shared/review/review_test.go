package review_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/dispatch/dispatchtest"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/review"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

type letters struct{ sent []string }

func (l *letters) Send(_ context.Context, id string) error {
	l.sent = append(l.sent, id)
	return nil
}

// waiting is a world with a request that a mail made and that a person looks at.
func waiting(t *testing.T, said claim.Claim) (*workflowtest.World, review.Desk, string) {
	t.Helper()
	w := workflowtest.New(t)
	at := w.Now()
	r, err := w.Ledger.Admit(t.Context(), ledger.Notice{Intake: "mail", Asked: request.Asked{Kind: request.DataDeletion, ReceivedAt: at, Cutoff: at},
		Identity: ledger.Identity{Kind: ledger.Claimed}, Occasion: []string{"mail", "1"}, Facts: said,
		Mailboxes: []ledger.Mailbox{{Address: "tom@guest.example", Role: ledger.Requester}},
		Begin: func(r *request.Request) error {
			r.Notify = []int{0}
			return r.Begin(request.NeedsReview, at)
		}}, w.Keys)
	if err != nil {
		t.Fatal(err)
	}
	return w, review.Desk{Ledger: w.Ledger, Finder: w.Finder(), Start: &dispatchtest.Queue{}, Letters: &letters{}, Now: w.Now}, r.ID
}

func walked(t *testing.T, w *workflowtest.World, r request.Request) request.Request {
	t.Helper()
	// A walk that never ends would hang the test: an end comes within these few steps.
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if end, err := w.Walk(ctx, workflow.For(r)); err != nil {
		t.Fatalf("it stopped at %s: %v", end, err)
	}
	return w.Request(t, r.ID)
}

// A refusal ends the request although nothing was ever looked for; its reason stays for
// the status page, and the letter is owed.
func TestRefusalEnds(t *testing.T) {
	w, desk, id := waiting(t, claim.Claim{})
	r, err := desk.Do(t.Context(), id, review.Refuse(" Somebody else's. "))
	if err != nil {
		t.Fatal(err)
	}
	r = walked(t, w, r)
	if r.State != request.Refused || r.Reason != "Somebody else's." || !r.Owed(request.Refusal) {
		t.Errorf("ended as %+v", r)
	}
}

// What the operator points at is erased without a second detail, and nothing else is.
func TestApprovedLeadIsErased(t *testing.T) {
	w, desk, id := waiting(t, claim.Claim{Tenants: []string{"t_harbour"}})
	tom := claim.Place{TenantID: "t_harbour", LeadID: "l_tom"}
	r, err := desk.Do(t.Context(), id, review.Approve(tom))
	if err != nil {
		t.Fatal(err)
	}
	r = walked(t, w, r)
	if left, err := tom.Exists(t.Context(), w.Finder()); left || err != nil || r.State != request.Completed {
		t.Errorf("ended as %s, the lead is there: %t, %v", r.State, left, err)
	}
	other := claim.Place{TenantID: "t_harbour", LeadID: "l_tom2"}
	if left, err := other.Exists(t.Context(), w.Finder()); !left || err != nil {
		t.Errorf("the other lead is gone, %v", err)
	}
}

// What fitted nobody would fit nobody again, and tell its requester so once more.
func TestADoubtIsApprovedByNamingTheLead(t *testing.T) {
	w, desk, id := waiting(t, claim.Claim{Tenants: []string{"t_harbour"}, Names: []string{"Tom Kaczmarek"}})
	if _, err := w.Ledger.Update(t.Context(), id, 0, func(r *request.Request) error { return r.Unclear(true, w.Now()) }); err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Do(t.Context(), id, review.Approve()); fault.KindOf(err) != fault.Invalid {
		t.Errorf("approved without a lead: %v", err)
	}
	r, err := desk.Do(t.Context(), id, review.Approve(claim.Place{TenantID: "t_harbour", LeadID: "l_tom"}))
	if err != nil {
		t.Fatal(err)
	}
	if r = walked(t, w, r); r.State != request.Completed {
		t.Errorf("ended as %s", r.State)
	}
}

func TestAnnounceTriesBothQueues(t *testing.T) {
	_, desk, id := waiting(t, claim.Claim{})
	failed := errors.New("down")
	desk.Start = &dispatchtest.Queue{Fault: func(workflow.Message) (bool, error) { return false, failed }}
	r, err := desk.Do(t.Context(), id, review.Refuse("Why."))
	if err != nil {
		t.Fatal(err)
	}
	r.Owe(request.Acknowledged, 0, desk.Now())
	if err := desk.Announce(t.Context(), r); !errors.Is(err, failed) || len(desk.Letters.(*letters).sent) != 1 {
		t.Errorf("%v, letters %v", err, desk.Letters)
	}
}

func TestWhy(t *testing.T) {
	for want, r := range map[string]request.Request{
		"needs_review":   {State: request.NeedsReview},
		"needs_operator": {State: request.NeedsOperator},
		"doubt":          {State: request.NeedsReview, Asking: request.Asking{Told: request.CouldNotIdentify, Doubt: true}},
		"bounced:optin":  {State: request.Completed, Mailbox: true, Letters: []request.Letter{{Kind: request.OptIn, State: request.Bounced}}},
		"task:call":      {State: request.Completed, Tasks: []string{"call"}},
	} {
		if why := review.Why(r); len(why) != 1 || why[0] != want {
			t.Errorf("got %q, want %s", why, want)
		}
	}
	if why := review.Why(request.Request{State: request.Purging}); why != nil {
		t.Errorf("what runs waits for %q", why)
	}
}
