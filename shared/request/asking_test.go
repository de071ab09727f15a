package request_test

import (
	"slices"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func in(state request.State, changes ...func(*request.Request)) request.Request {
	r := request.New("id", "mail", "1", request.Asked{Kind: request.DataDeletion, ReceivedAt: noon, Cutoff: noon})
	r.State, r.Mailbox, r.Notify = state, true, []int{0}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func told(r *request.Request)      { r.Told = request.CouldNotIdentify }
func doubtful(r *request.Request)  { r.Told, r.Doubt = request.CouldNotIdentify, true }
func isClosing(r *request.Request) { r.Closing = true }

func TestWhatMayBeDoneInWhichState(t *testing.T) {
	acts := map[string]func(*request.Request) error{
		"answer":   func(r *request.Request) error { return r.Answer(noon) },
		"withdraw": func(r *request.Request) error { return r.End(request.Withdrawn, noon) },
		"lapse":    func(r *request.Request) error { return r.End(request.Lapsed, noon) },
		"hasten":   func(r *request.Request) error { return r.Hasten(noon) },
		"cool":     func(r *request.Request) error { return r.Cool(noon) },
		"ask":      func(r *request.Request) error { return r.Ask(noon) },
	}
	for name, c := range map[string]struct {
		r   request.Request
		may []string
	}{
		"awaiting":    {in(request.AwaitingAnswer), []string{"answer", "ask", "lapse", "withdraw"}},
		"told":        {in(request.NeedsReview, told), []string{"answer", "ask", "lapse", "withdraw"}},
		"review":      {in(request.NeedsReview), []string{"ask", "lapse", "withdraw"}},
		"received":    {in(request.Received), nil},
		"matched":     {in(request.Matched), []string{"cool"}},
		"cooling off": {request.Request{State: request.CoolingOff, Run: 1, Undo: time.Hour}, []string{"cool", "hasten", "withdraw"}},
		"cooled off":  {request.Request{State: request.CoolingOff, Run: 1}, []string{"cool", "hasten"}},
		"purging":     {in(request.Purging), nil},
		"completed":   {in(request.Completed), nil},
	} {
		var may []string
		for act, do := range acts {
			r := c.r
			err := do(&r)
			if err == nil {
				may = append(may, act)
			} else if fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s, %s: %v", name, act, err)
			}
		}
		if slices.Sort(may); !slices.Equal(may, c.may) {
			t.Errorf("%s: may %v, want %v", name, may, c.may)
		}
	}
}

// An answer begins anew, in a run that the dead ones before it do not count for.
func TestAnAnswerBeginsAnew(t *testing.T) {
	r := in(request.NeedsReview, doubtful)
	r.Run, r.StartedRun = 4, 4
	if err := r.Answer(noon); err != nil || r.State != request.Received || r.Run != 5 || r.Tries() != 1 || r.Told != "" || r.Doubt || !r.InOutbox() {
		t.Errorf("%v: %+v", err, r)
	}
	closing := in(request.AwaitingAnswer, isClosing)
	if err := closing.Answer(noon); fault.KindOf(err) != fault.Conflict {
		t.Errorf("one that is closing was answered: %v", err)
	}
	if err := closing.End(request.Withdrawn, noon); err != nil || closing.Ending != "" || closing.Run != 1 {
		t.Errorf("one that is closing was ended again: %v", err)
	}
}

func TestARequestBeginsByWaiting(t *testing.T) {
	r := in(request.Received)
	if err := r.Begin(request.AwaitingAnswer, noon); err != nil || r.InOutbox() || !r.AskedAt.Equal(noon) {
		t.Errorf("%v: %+v", err, r)
	}
	if err := r.Begin(request.Purging, noon); fault.KindOf(err) != fault.Permanent {
		t.Errorf("began as purging: %v", err)
	}
}

func TestWhatIsShownAndWhoLooks(t *testing.T) {
	bounced := func(r *request.Request) { r.Letters = []request.Letter{{State: request.Bounced}} }
	for name, c := range map[string]struct {
		r      request.Request
		shown  request.State
		person bool
	}{
		"review":                  {in(request.NeedsReview), request.NeedsReview, true},
		"told":                    {in(request.NeedsReview, told), request.CouldNotIdentify, false},
		"told, in doubt":          {in(request.NeedsReview, doubtful), request.CouldNotIdentify, true},
		"review, ending":          {in(request.NeedsReview, isClosing), request.NeedsReview, false},
		"awaiting":                {in(request.AwaitingAnswer), request.AwaitingAnswer, false},
		"a bounce":                {in(request.Completed, bounced), request.Completed, true},
		"a bounce that is past":   {in(request.Completed, bounced, func(r *request.Request) { r.Mailbox = false }), request.Completed, false},
		"something by hand":       {in(request.Completed, func(r *request.Request) { r.Tasks = []string{"x"} }), request.Completed, true},
		"waits for somebody else": {in(request.AwaitingExternal), request.AwaitingExternal, true},
	} {
		if c.r.Shown() != c.shown || c.r.ForPerson() != c.person {
			t.Errorf("%s: shown is %s, a person looks %t; want %s, %t", name, c.r.Shown(), c.r.ForPerson(), c.shown, c.person)
		}
	}
}

func TestEverybodyIsToldOfAnEndOnce(t *testing.T) {
	r := in(request.Completed, func(r *request.Request) { r.Notify = []int{0, 2} })
	for range 2 {
		r.OweEnd(request.Completed, noon)
	}
	if len(r.Letters) != 2 || r.Letters[0].To != 0 || r.Letters[1].To != 2 || r.Letters[0].Kind != request.Confirmation {
		t.Errorf("owes %+v", r.Letters)
	}
	lapsed := in(request.Lapsed, func(r *request.Request) { r.Notify = []int{0, 2} })
	if lapsed.OweEnd(request.Lapsed, noon); len(lapsed.Letters) != 1 || lapsed.Letters[0].To != 0 {
		t.Errorf("of a lapse owes %+v", lapsed.Letters)
	}
	nobody := in(request.Completed, func(r *request.Request) { r.Mailbox = false })
	if nobody.OweEnd(request.Completed, noon); len(nobody.Letters) != 0 {
		t.Errorf("without a mailbox owes %+v", nobody.Letters)
	}
}

func TestWhatIsHeardOfALetter(t *testing.T) {
	for _, c := range []struct{ was, heard, want request.LetterState }{
		{request.Sending, request.Delivered, request.Delivered}, {request.Sent, request.Delivered, request.Delivered},
		{request.Delivered, request.Sent, request.Delivered}, {request.Delivered, request.Bounced, request.Bounced},
		{request.Delivered, request.Unconfirmed, request.Delivered}, {request.Bounced, request.Delivered, request.Bounced},
		{request.Unconfirmed, request.Delivered, request.Delivered}, {request.Unconfirmed, request.Bounced, request.Bounced},
	} {
		l := request.Letter{State: c.was}
		if l.Heard(c.heard, noon); l.State != c.want {
			t.Errorf("%s, then %s: is %s, want %s", c.was, c.heard, l.State, c.want)
		}
	}
}

func TestWhenALetterMayBeSent(t *testing.T) {
	for _, c := range []struct {
		letter           request.Letter
		after            time.Duration
		sendable, silent bool
	}{
		{request.Letter{State: request.Due}, 0, true, false},
		{request.Letter{State: request.Sending, Tries: 1}, request.EventWithin - 1, false, false},
		{request.Letter{State: request.Sending, Tries: 1}, request.EventWithin, true, false},
		{request.Letter{State: request.Sending, Tries: 2}, request.EventWithin, false, false},
		{request.Letter{State: request.Sending, Tries: 2}, request.HeardWithin, false, true},
		{request.Letter{State: request.Sent, Tries: 1}, request.HeardWithin - 1, false, false},
		{request.Letter{State: request.Sent, Tries: 1}, request.HeardWithin, false, true},
		{request.Letter{State: request.Delivered}, request.HeardWithin, false, false},
		{request.Letter{State: request.Bounced}, request.HeardWithin, false, false},
	} {
		c.letter.At = noon
		if now := noon.Add(c.after); c.letter.Sendable(now) != c.sendable || c.letter.Silent(now) != c.silent {
			t.Errorf("%+v after %s: sendable %t, silent %t", c.letter, c.after, !c.sendable, !c.silent)
		}
	}
}

// What asks is moot as soon as nothing is waited for; what tells is not.
func TestWhatIsMoot(t *testing.T) {
	asks := []string{request.Challenge, request.AskMore, request.ClosureLink, request.Question, request.Reminder}
	for _, kind := range request.Kinds() {
		waiting, over, closing := in(request.AwaitingAnswer), in(request.Received), in(request.AwaitingAnswer, isClosing)
		l := request.Letter{Kind: kind}
		if want := slices.Contains(asks, kind); waiting.Moot(l) || over.Moot(l) != want || closing.Moot(l) != want {
			t.Errorf("%s: moot while it waits %t, after %t, at its end %t", kind, waiting.Moot(l), over.Moot(l), closing.Moot(l))
		}
	}
}
