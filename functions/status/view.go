package main

import (
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

// ViewOf is what may be shown of a request.
func ViewOf(r request.Request, code confirmation.Code, l page.Language) statuspage.View {
	v := statuspage.View{Language: l, Code: code, State: r.Shown(), ReceivedAt: r.ReceivedAt, DueAt: r.DueAt,
		LiveErasedAt: r.ErasedAt, BackupsUnreadableAt: r.UnreadableAt, BackupsGoneBy: goneBy(r, r.ErasedAt), Kept: r.Kept,
		Mail: mailOf(r), CanSubscribe: r.Intake != "mail"}
	if v.State == request.Refused {
		v.Reason = r.Reason
	}
	if v.State == request.CoolingOff {
		v.UndoUntil = &r.NotBefore
	}
	for _, result := range r.Results {
		v.Results = append(v.Results, statuspage.Result{Outcome: result.Outcome,
			LiveErasedAt: result.ErasedAt, BackupsUnreadableAt: unreadable(r, result), BackupsGoneBy: goneBy(r, result.ErasedAt)})
	}
	return v
}

// mailOf is where the letter stands that tells the result: of several the one that is
// furthest from having arrived.
func mailOf(r request.Request) request.LetterState {
	order := []request.LetterState{request.Bounced, request.Due, request.Sending, request.Unconfirmed, request.Sent, request.Delivered}
	worst := len(order)
	for _, l := range r.Letters {
		if r.Shown().Terminal() && l.Kind == request.EndLetter(r.Shown()) {
			worst = min(worst, slices.Index(order, l.State))
		}
	}
	if worst == len(order) {
		return ""
	}
	return order[worst]
}

// unreadable is the request's own date: the keys of all its subjects go together.
func unreadable(r request.Request, result request.Result) *time.Time {
	if result.ErasedAt == nil {
		return nil
	}
	return r.UnreadableAt
}

func goneBy(r request.Request, erased *time.Time) *time.Time {
	if erased == nil {
		return nil
	}
	gone := r.GoneBy(*erased)
	return &gone
}
