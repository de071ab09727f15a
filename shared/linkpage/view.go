// Package linkpage has the pages behind the one-time links of our letters.
//
// To look at one changes nothing, since scanners follow links: what happens, happens
// when its form is sent. It shows nothing of the person, and a business's name only to
// the administrators of that business, to whose address on file the link went.
package linkpage

import (
	"fmt"
	"io"
	"net/http"

	"github.com/mikla-ai/data-deletion/shared/page"
)

// Kind is what a link is for.
type Kind string

const (
	Confirm Kind = "confirm" // an end user confirms a request and adds a detail
	Closure Kind = "closure" // an administrator confirms a closure, with the PIN of the letter
	Cancel  Kind = "cancel"  // an administrator cancels it
	OptIn   Kind = "optin"   // somebody wants a mail when a request is done
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Confirm, Closure, Cancel, OptIn} }

// Step is how far the person is.
type Step string

const (
	Asking    Step = ""          // the form
	Done      Step = "done"      // it was sent and taken
	Gone      Step = "gone"      // expired, used, unknown and forged links look the same
	Throttled Step = "throttled" // too many wrong PINs: a person has it
)

// Scope is what a closure takes with it.
type Scope string

const (
	Tenant  Scope = "tenant"
	Channel Scope = "channel"
	Lead    Scope = "lead"
)

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{Tenant, Channel, Lead} }

// Problem is what was wrong with a form that was sent.
type Problem string

const (
	NothingGiven Problem = "nothing_given" // none of name, when and phone
	WrongPIN     Problem = "wrong_pin"
)

// View is what is shown. A Gone or Throttled one needs only its language.
type View struct {
	Language page.Language // "": English
	Kind     Kind
	Step     Step
	Problem  Problem // while asking; "": none

	Scope    Scope  // Closure
	Business string // Closure, Cancel: its name by our records; "": not shown
	Hours    int    // Closure: for how long it can be cancelled; 0: not at all
	Tries    int    // Closure, after a wrong PIN: how many are left

	StatusURL string // Done; "": not shown
}

// Status is the HTTP status that goes with the page.
func (v View) Status() int {
	switch {
	case v.Step == Gone:
		return http.StatusNotFound
	case v.Step == Throttled:
		return http.StatusTooManyRequests
	case v.Problem != "":
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

// The names of the forms' fields.
const (
	FieldName  = "name"
	FieldWhen  = "when" // YYYY-MM, but whatever was typed where a browser has no such field
	FieldPhone = "phone"
	FieldPIN   = "pin"
)

// HTML writes the page. It fails for a view that it has no words for, before it has
// written anything.
func HTML(w io.Writer, v View) error {
	b, known := books[v.Language]
	if !known {
		b, v.Language = english, page.English
	}
	frame, err := b.frame(v)
	if err != nil {
		return err
	}
	return page.Write(w, frame.Layout())
}

func (b *phrasebook) frame(v View) (page.Frame, error) {
	frame := page.Frame{Language: v.Language, Tone: "working", Mail: page.Mailto("", "")}
	switch _, known := b.Ask[v.Kind]; {
	case v.Step == Gone:
		return b.gone(frame), nil
	case v.Step == Throttled:
		return b.throttled(frame), nil
	case !known || v.Kind == Closure && b.Effects[v.Scope] == nil:
		return frame, fmt.Errorf("link page: no text for kind %q, scope %q", v.Kind, v.Scope)
	case v.Step == Done:
		return b.done(frame, v), nil
	}
	return b.ask(frame, v), nil
}
