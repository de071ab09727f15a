// Package statuspage shows where a deletion request stands, as a page and as
// JSON, to whoever holds its confirmation code.
//
// It never shows personal data, nor the name of a business: a code can get
// into other hands, and a page that is not there looks the same whether the
// code was mistyped, malformed or another system's.
package statuspage

import (
	"encoding/json"
	"io"
	"time"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/page"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// View is what is shown of one request. A nil or zero time is not known (yet).
type View struct {
	Language   page.Language // "": English
	Code       confirmation.Code
	State      request.State
	ReceivedAt time.Time
	DueAt      time.Time

	LiveErasedAt        *time.Time // verified empty
	BackupsUnreadableAt *time.Time // no readable copy is left; may lie ahead
	BackupsGoneBy       *time.Time // the last unreadable copy is gone

	UndoUntil *time.Time // cooling off: may be cancelled until then

	Reason       string              // of a refusal, in our team's words
	Mail         request.LetterState // of our mail about the result; "": none
	CanSubscribe bool                // a mail about the result can be asked for

	Kept       []request.Kept
	Results    []Result // one per business
	ReceiptURL string   // empty: there is no receipt (yet)
}

// Result is what became of the data at one business, without its name.
type Result struct {
	Outcome             request.State
	LiveErasedAt        *time.Time
	BackupsUnreadableAt *time.Time
	BackupsGoneBy       *time.Time
}

// NextStep tells in one sentence what the person can do, or gives "".
func (v View) NextStep() string {
	b, _ := book(v.Language)
	return b.States[v.State].Next
}

// document is the JSON of a View. Its fields are a public contract: null for
// what is not known, times RFC 3339 in UTC and whole seconds.
type document struct {
	Code                string           `json:"code"`
	State               request.State    `json:"state"`
	Outcome             *request.State   `json:"outcome"`
	ReceivedAt          *string          `json:"received_at"`
	DueAt               *string          `json:"due_at"`
	LiveErasedAt        *string          `json:"live_erased_at"`
	BackupsUnreadableAt *string          `json:"backups_unreadable_at"`
	BackupsGoneBy       *string          `json:"backups_gone_by"`
	Kept                []keptDocument   `json:"kept"`
	NextStep            *string          `json:"next_step"`
	Results             []resultDocument `json:"results"`
	ReceiptURL          *string          `json:"receipt_url"`
	Reason              *string          `json:"reason"`
}

type keptDocument struct {
	Category string  `json:"category"`
	Reason   string  `json:"reason"`
	Until    *string `json:"until"`
}

type resultDocument struct {
	Outcome             *request.State `json:"outcome"`
	LiveErasedAt        *string        `json:"live_erased_at"`
	BackupsUnreadableAt *string        `json:"backups_unreadable_at"`
	BackupsGoneBy       *string        `json:"backups_gone_by"`
}

func (v View) document() document {
	d := document{
		Code: v.Code.Reveal(), State: v.State, Outcome: outcome(v.State),
		ReceivedAt: instant(&v.ReceivedAt), DueAt: instant(&v.DueAt), LiveErasedAt: instant(v.LiveErasedAt),
		BackupsUnreadableAt: instant(v.BackupsUnreadableAt), BackupsGoneBy: instant(v.BackupsGoneBy),
		Kept: []keptDocument{}, Results: []resultDocument{},
		NextStep: optional(v.NextStep()), ReceiptURL: optional(v.ReceiptURL), Reason: optional(v.Reason),
	}
	for _, k := range v.Kept {
		d.Kept = append(d.Kept, keptDocument{k.Category, k.Reason, instant(k.Until)})
	}
	for _, r := range v.Results {
		d.Results = append(d.Results, resultDocument{outcome(r.Outcome), instant(r.LiveErasedAt),
			instant(r.BackupsUnreadableAt), instant(r.BackupsGoneBy)})
	}
	return d
}

// outcome is the state once it is terminal, and not known before.
func outcome(s request.State) *request.State {
	if s == "" || !s.Terminal() {
		return nil
	}
	return &s
}

func instant(t *time.Time) *string {
	if t == nil || t.IsZero() {
		return nil
	}
	return optional(t.UTC().Format(time.RFC3339))
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// JSON writes the view as one JSON object.
func JSON(w io.Writer, v View) error {
	return json.NewEncoder(w).Encode(v.document())
}

// NotFoundJSON writes what a program reads where there is no page. It is the
// same for every code.
func NotFoundJSON(w io.Writer, l page.Language) error {
	b, _ := book(l)
	return json.NewEncoder(w).Encode(struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{"not_found", b.NotFound.JSON})
}
