package main

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/linkpage"
	"github.com/mikla-ai/data-deletion/shared/onetime"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/statuspage"
)

// asked is one call: a look at a page, or its form.
type asked struct {
	answer.Desk
	public   string // scheme and host of the pages
	form     url.Values
	send     bool
	language page.Language
}

// kinds of pages by what the token is for.
var kinds = map[onetime.Purpose]linkpage.Kind{onetime.Confirm: linkpage.Confirm, onetime.Closure: linkpage.Closure,
	onetime.Cancel: linkpage.Cancel, onetime.Subscribe: linkpage.OptIn}

// visit is the page for a token, after its form was taken if one was sent.
func (a asked) visit(ctx context.Context, token string) (linkpage.View, error) {
	view := linkpage.View{Language: a.language}
	slip, err := a.Look(ctx, token)
	if err == nil {
		view.Kind, view.Scope = kinds[slip.Purpose], linkpage.Scope(slip.Request.Scope)
		view.Business, view.Hours = slip.Box.Business, int(slip.Request.Undo.Hours())
		view.Tries = request.MostPins - slip.Request.Pins
		if a.send {
			err = a.take(ctx, slip, &view)
		}
	}
	if err == answer.ErrGone {
		view.Step, err = linkpage.Gone, nil
	}
	return view, err
}

// take does what the form asks for.
func (a asked) take(ctx context.Context, slip answer.Slip, view *linkpage.View) error {
	var err error
	switch slip.Purpose {
	case onetime.Confirm:
		said, problem := a.said()
		if problem != "" {
			view.Problem = problem
			return nil
		}
		err = a.Confirm(ctx, slip, said)
	case onetime.Closure:
		err = a.Close(ctx, slip, a.form.Get(linkpage.FieldPIN))
	case onetime.Cancel:
		err = a.Withdraw(ctx, slip)
	case onetime.Subscribe:
		err = a.Subscribed(ctx, slip)
	}
	switch err {
	case nil:
		view.Step = linkpage.Done
		view.StatusURL, err = a.status(slip.Request)
	case answer.ErrPin:
		view.Problem, view.Tries, err = linkpage.WrongPIN, view.Tries-1, nil
	case answer.ErrTooMany:
		view.Step, err = linkpage.Throttled, nil
	}
	return err
}

// status is where the person sees what becomes of the request.
func (a asked) status(r request.Request) (string, error) {
	code, err := ledger.Code(r, a.Keys.Code)
	return a.public + "/status/" + code.Reveal() + "?lang=" + string(a.language), err
}

const longest = 200 // characters of a field

// said is what the form says.
func (a asked) said() (claim.Claim, linkpage.Problem) {
	var c claim.Claim
	field := func(name string) string {
		text := []rune(a.form.Get(name))
		return string(text[:min(len(text), longest)])
	}
	if name := field(linkpage.FieldName); name != "" {
		c.Names = []string{name}
	}
	if month, ok := claim.Month(field(linkpage.FieldWhen)); ok {
		c.When = month
	}
	c.Phones, c.Numbers = claim.Phone(field(linkpage.FieldPhone))
	if len(c.Names) == 0 && c.When == "" && len(c.Phones)+len(c.Numbers) == 0 {
		return c, linkpage.NothingGiven
	}
	return c, ""
}

// subscribe takes the address that somebody gave on a status page.
func (h Handler) subscribe(ctx context.Context, a asked, text string) (response, error) {
	code, ok := confirmation.Normalize(text)
	if !ok {
		code = "malformed" // looked up like any other
	}
	r, err := a.Ledger.ByCode(ctx, code)
	if err == nil {
		if address, strict := answer.Address(a.form.Get("email")); strict {
			err = a.Subscribe(ctx, r, address, string(a.language))
		}
	}
	switch {
	case err == nil:
		view := statuspage.View{Language: a.language, Code: code, State: r.Shown(), ReceivedAt: r.ReceivedAt, DueAt: r.DueAt}
		return answered(http.StatusOK, func(w io.Writer) error { return statuspage.NotifiedHTML(w, view) })
	case fault.KindOf(err) == fault.NotFound:
		return answered(http.StatusNotFound, func(w io.Writer) error { return statuspage.NotFoundHTML(w, a.language) })
	}
	h.Log.ErrorContext(ctx, "address not taken", "kind", fault.KindOf(err).String(), "error", fault.Describe(err))
	return response{StatusCode: http.StatusServiceUnavailable, Headers: headers("text/plain; charset=utf-8"),
		Body: "This cannot be done at the moment. Please try again in a minute.\n"}, nil
}
