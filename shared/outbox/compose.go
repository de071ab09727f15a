package outbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/mail/letter"
	"github.com/mikla-ai/data-deletion/shared/onetime"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// mostReferences bounds the header of earlier mails, as readers show no more.
const mostReferences = 10

// compose makes the mail of a letter, from what stands in the record and the two files
// now: sent again, it says the same or what has become true since.
func (s Sender) compose(ctx context.Context, r request.Request, number int) (Mail, error) {
	l := r.Letters[number]
	boxes, err := s.Ledger.Mailboxes(ctx, r.ID)
	if err != nil {
		return Mail{}, err
	}
	if l.To >= len(boxes) {
		return Mail{}, fault.New(fault.Permanent, "a letter goes to a mailbox that the correspondence does not have")
	}
	box := boxes[l.To]
	said, err := s.facts(ctx, r)
	if err != nil {
		return Mail{}, err
	}
	data, err := s.data(ctx, r, l, box, said)
	if err != nil {
		return Mail{}, err
	}
	written, err := letter.Write(letter.Kind(l.Kind), data)
	if err != nil {
		return Mail{}, err
	}
	return Mail{To: box.Address, ReplyTo: s.replyTo(r, l.To), Letter: written, Headers: headers(r, box),
		Name: fmt.Sprintf("%s-%d", r.ID, number)}, nil
}

// replyTo is our address with a token, by which an answer finds its request.
func (s Sender) replyTo(r request.Request, place int) string {
	local, domain, _ := strings.Cut(s.Address, "@")
	return local + "+r." + s.token(r, onetime.Reply, place) + "@" + domain
}

// headers keep machines from answering, and put the letter into its thread.
func headers(r request.Request, box ledger.Mailbox) []Header {
	auto := "auto-generated"
	if len(box.Answers) > 0 {
		auto = "auto-replied"
	}
	out := []Header{{"Auto-Submitted", auto}, {"X-Auto-Response-Suppress", "All"}, {"X-Mikla-Request", ledger.Tag(r)}}
	if n := len(box.Answers); n > 0 {
		out = append(out, Header{"In-Reply-To", box.Answers[n-1]},
			Header{"References", strings.Join(box.Answers[max(0, n-mostReferences):], " ")})
	}
	return out
}

// data is what the letter says beyond its phrases.
func (s Sender) data(ctx context.Context, r request.Request, l request.Letter, box ledger.Mailbox, said claim.Claim) (letter.Data, error) {
	code, err := ledger.Code(r, s.Codes)
	if err != nil {
		return letter.Data{}, err
	}
	d := letter.Data{Language: box.Language, Reply: len(box.Answers) > 0, Tag: ledger.Tag(r), Audience: audiences[box.Role],
		Code: code, StatusURL: s.page("/status/"+code.Reveal(), box.Language),
		Scope: letter.Scope(r.Scope), Business: box.Business, Hours: int(r.Undo / time.Hour),
		DueAt: r.DueAt, UndoUntil: r.NotBefore, Erased: r.Erased, Kept: r.Kept, Reason: r.Reason, Question: said.Question}
	for _, missing := range said.Missing {
		d.Missing = append(d.Missing, letter.Detail(missing))
	}
	if r.ErasedAt != nil {
		d.LiveErasedAt, d.BackupsGoneBy = *r.ErasedAt, r.GoneBy(*r.ErasedAt)
	}
	if purpose, ok := linked(r, l.Kind); ok {
		d.Link = s.page("/link/"+s.token(r, purpose, l.To), box.Language)
		if purpose == onetime.Closure {
			d.PIN = onetime.Pin(s.Codes, r.CodeVersion, r.ID)
		}
	}
	if l.Kind == request.StatusReply {
		return s.about(ctx, r, d, box.Language)
	}
	return d, nil
}

var audiences = map[string]letter.Audience{ledger.Admin: letter.Admin, ledger.Subscriber: letter.Page}

func (s Sender) page(path, language string) string {
	if language == "" {
		return s.PublicURL + path
	}
	return s.PublicURL + path + "?lang=" + language
}

// linked says what the link in a letter is for. A reminder has the one of what it
// reminds of.
func linked(r request.Request, kind string) (onetime.Purpose, bool) {
	switch kind {
	case request.Challenge:
		return onetime.Confirm, true
	case request.ClosureLink:
		return onetime.Closure, true
	case request.ClosureStarted:
		return onetime.Cancel, true
	case request.OptIn:
		return onetime.Subscribe, true
	case request.Reminder:
		if r.Owed(request.ClosureLink) {
			return onetime.Closure, true
		}
		return onetime.Confirm, r.Owed(request.Challenge)
	}
	return 0, false
}

// about has the letter tell of another request: the one whose code the writer has.
func (s Sender) about(ctx context.Context, r request.Request, d letter.Data, language string) (letter.Data, error) {
	other, err := s.Ledger.Get(ctx, r.About)
	if err != nil {
		return d, err
	}
	code, err := ledger.Code(other, s.Codes)
	d.State, d.Code, d.StatusURL = coarse(other), code, s.page("/status/"+code.Reveal(), language)
	return d, err
}

// coarse is what whoever has a code may know by mail.
func coarse(r request.Request) letter.State {
	switch r.Shown() {
	case request.Received:
		return letter.StateReceived
	case request.AwaitingAnswer:
		return letter.StateWaiting
	case request.NeedsReview, request.NeedsOperator:
		return letter.StateTeam
	case request.Completed:
		return letter.StateDone
	case request.NothingFound, request.CouldNotIdentify:
		return letter.StateNothing
	case request.Refused, request.Withdrawn, request.Lapsed, request.Answered:
		return letter.StateClosed
	}
	return letter.StateProgress
}
