package statuspage_test

import (
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

const code = "H5ZPQWQJ7Z5ZMC32BHQ45KYW"

// A zone and a fraction, to see that neither is shown.
var received = time.Date(2026, 5, 4, 12, 0, 0, 987654321, time.FixedZone("", 2*60*60))

func after(d time.Duration) *time.Time {
	t := received.Add(d)
	return &t
}

const day = 24 * time.Hour

func in(state request.State) statuspage.View {
	return statuspage.View{Code: confirmation.Code(code), State: state, ReceivedAt: received, DueAt: received.Add(30 * day)}
}

func securityLog() request.Kept {
	return request.Kept{Category: "security_log", Reason: "Security and fraud logs, pseudonymised", Until: after(365 * day)}
}

func erased(state request.State) statuspage.View {
	v := in(state)
	v.LiveErasedAt, v.BackupsUnreadableAt, v.BackupsGoneBy = after(7*time.Minute), after(day), after(28*day)
	v.Kept = []request.Kept{securityLog(), {Category: "metrics", Reason: "Aggregates"}}
	v.Results = []statuspage.Result{{request.Completed, v.LiveErasedAt, v.BackupsUnreadableAt, v.BackupsGoneBy}}
	return v
}

// samples are the requests whose pages are kept as golden files.
func samples() map[string]statuspage.View {
	views := map[string]statuspage.View{}
	for _, s := range request.States() {
		views[string(s)] = in(s)
	}
	views["completed"] = erased(request.Completed)
	views["awaiting_external"] = erased(request.AwaitingExternal) // our own stores were verified empty
	views["nothing_found"] = kept(in(request.NothingFound), securityLog())
	views["refused"] = kept(in(request.Refused), request.Kept{Category: "legal_hold", Reason: "A court has ordered that it stays."})
	views["refused-with-reason"] = withReason(in(request.Refused))
	views["cooling_off"] = coolingOff()
	views["purging-with-form"] = withForm(in(request.Purging))
	views["completed-with-mail"] = mailed(erased(request.Completed), request.Bounced)
	views["completed-two-businesses"] = twoBusinesses(request.Completed)
	views["needs_review-two-businesses"] = twoBusinesses(request.NeedsReview)
	views["completed-with-receipt"] = withReceipt(erased(request.Completed))
	return views
}

func kept(v statuspage.View, k ...request.Kept) statuspage.View {
	v.Kept = k
	return v
}

func twoBusinesses(state request.State) statuspage.View {
	v := erased(state)
	if state != request.Completed {
		v.LiveErasedAt, v.BackupsUnreadableAt, v.BackupsGoneBy = nil, nil, nil
	}
	v.Results = append(v.Results, statuspage.Result{Outcome: state})
	if state == request.Completed {
		v.Results[1] = v.Results[0]
	}
	return v
}

func withReceipt(v statuspage.View) statuspage.View {
	v.ReceiptURL = "https://privacy-dev.mikla.example/receipts/r_1"
	return v
}

func coolingOff() statuspage.View {
	v := in(request.CoolingOff)
	v.UndoUntil = after(3 * day)
	return v
}

func withReason(v statuspage.View) statuspage.View {
	v.Reason = "Two people use this account, and they do not agree.\nPlease write to us together."
	return v
}

func withForm(v statuspage.View) statuspage.View {
	v.CanSubscribe = true
	return v
}

func mailed(v statuspage.View, s request.LetterState) statuspage.View {
	v.Mail = s
	return v
}
