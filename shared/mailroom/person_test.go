package mailroom_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/answer"
	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/mailroom/mailroomtest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// The people of these tests, and what of each must stand nowhere in the end.
const (
	lucia = "lucia.ferrer@correo.example"
	tom   = "tom.k@mail.example"
)

var (
	ofLucia = []string{lucia, "600000021", "34600000021", "Lucía F", "l_lucia", "lucia.ferrer"}
	ofTom   = []string{tom, "tom.kaczmarek.7", "Tom Kaczmarek", "l_tom", "7123456789012345"}
)

// luciasKeys are what of the example is the lead l_lucia.
var luciasKeys = []string{"conversations/t_capricho/c_lucia", "leads/t_capricho/l_lucia", "messages/c_lucia/2026-05-01T12:00:00Z#m_4"}

// tomsKeys are what is l_tom, but for what quotes him.
var tomsKeys = []string{
	"ai_audit/c_tom/2026-03-01T18:00:19Z#a_1", "ai_quotes/t_harbour#l_tom/c_tom2|2026-04-01T18:00:10Z#a_2",
	"conversations/t_harbour/c_tom", "leads/t_harbour/l_tom", "links/900000000000001#10150000000000555/lead#t_harbour#l_tom",
	"media/t_harbour/ch_fb1/c_tom/m_1.jpg@v000001", "media/t_harbour/ch_fb1/profiles/l_tom.jpg@v000002",
	"messages/c_post9/2026-03-05T10:00:00Z#m_5", "messages/c_post9/2026-03-05T10:00:30Z#m_6",
	"messages/c_tom/2026-03-01T18:00:00Z#m_1", "messages/c_tom/2026-03-01T18:00:20Z#m_2",
}

const quoting = "ai_audit/c_tom2/2026-04-01T18:00:10Z#a_2" // loses a quotation when l_tom goes

// spanish is a plain request with a phone number.
var spanish = mailroomtest.Mail{From: lucia, Subject: "Borrar mis datos",
	Body: "Hola:\n\nQuiero que borren todos mis datos personales. Escribí a la Bodega El Capricho por WhatsApp desde el 600 000 021.\n\nGracias\n"}

// english is a plain request with a handle.
var english = mailroomtest.Mail{From: tom, Subject: "Delete my data",
	Body: "Hello,\n\nplease delete all my personal data. I wrote to Harbour View Hotel on Facebook, my handle is @tom.kaczmarek.7\n\nThanks\n"}

// gone demands that exactly these keys are gone, and that nothing else changed but for
// what quotes the person.
func gone(t testing.TB, before, after map[string]string, keys ...string) {
	t.Helper()
	want := maps.Clone(before)
	for _, key := range keys {
		if _, there := want[key]; !there {
			t.Errorf("%s was not there before", key)
		}
		delete(want, key)
	}
	if slices.Contains(keys, tomsKeys[1]) {
		if after[quoting] == want[quoting] || strings.Contains(after[quoting], "rooms for 8") {
			t.Errorf("what quotes the person still does: %s", after[quoting])
		}
		want[quoting] = after[quoting]
	}
	for key, text := range want {
		if after[key] != text {
			t.Errorf("%s\n is   %q\n want %q", key, after[key], text)
		}
	}
	for key := range after {
		if _, ok := want[key]; !ok {
			t.Errorf("%s is left or new", key)
		}
	}
}

// quiet demands that a world is at rest in the end: no row of ours names the person, no
// mail and no correspondence is left, no invariant is broken.
func quiet(t testing.TB, w *mailroomtest.World, needles ...string) {
	t.Helper()
	for _, violation := range w.Broken(needles...) {
		t.Error(violation)
	}
	if kept := w.Kept(); len(kept) > 0 {
		t.Errorf("mails are left: %v", kept)
	}
}

func kinds(t testing.TB, w *mailroomtest.World, address string, want ...string) {
	t.Helper()
	if got := w.Kinds(address); !slices.Equal(got, want) {
		t.Errorf("the letters to %s are %v, want %v", address, got, want)
	}
}

func stands(t testing.TB, r request.Request, want request.State) {
	t.Helper()
	if r.State != want {
		t.Errorf("the request stands at %s, want %s", r.State, want)
	}
}

func TestAPersonAsksInSpanishByPhoneAndName(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	if taken := w.Write(spanish); taken.Route != string(triage.Challenge) || taken.Limited {
		t.Fatalf("taken as %+v", taken)
	}
	kinds(t, w, lucia, request.Challenge)
	stands(t, w.Only(), request.AwaitingAnswer)
	if len(w.Live.Dump()) != len(before) {
		t.Error("a mail alone has deleted something")
	}
	asked := w.Last(lucia)
	w.Confirm(asked, claim.Claim{Names: []string{"Lucía F"}})
	stands(t, w.Only(), request.Completed)
	gone(t, before, w.Live.Dump(), luciasKeys...)
	kinds(t, w, lucia, request.Challenge, request.Confirmation)
	told := w.Last(lucia)
	if !strings.Contains(told.Letter.HTML, `lang="es"`) || !strings.Contains(asked.Letter.HTML, `lang="es"`) {
		t.Error("the letters are not in Spanish")
	}
	if _, err := w.Desk().Look(t.Context(), w.Token(asked)); err != answer.ErrGone {
		t.Errorf("the link leads somewhere still: %v", err)
	}
	quiet(t, w, ofLucia...)
}

func TestEveryWayOfSayingWhoOneIs(t *testing.T) {
	for name, c := range map[string]struct {
		mail mailroomtest.Mail
		more claim.Claim
		keys []string
	}{
		"handle and name":            {english, claim.Claim{Names: []string{"tom KACZMAREK"}}, tomsKeys},
		"handle and month":           {english, claim.Claim{When: "2026-03"}, tomsKeys},
		"scoped ID without business": {mailroomtest.Mail{From: tom, Subject: "Delete my data", Body: "Please delete all my data. My Facebook page-scoped ID is 7123456789012345.\n"}, claim.Claim{When: "2026-03"}, tomsKeys},
		"name and month": {mailroomtest.Mail{From: tom, Subject: "Delete my data",
			Body: "Please delete all my personal data. I wrote to Harbour View Hotel. My name is Tom Kaczmarek.\n"}, claim.Claim{When: "2026-03"}, tomsKeys},
		"phone and month": {spanish, claim.Claim{When: "2026-05"}, luciasKeys},
	} {
		t.Run(name, func(t *testing.T) {
			w := mailroomtest.New(t)
			before := w.Live.Dump()
			w.Write(c.mail)
			w.Confirm(w.Last(c.mail.From), c.more)
			stands(t, w.Only(), request.Completed)
			gone(t, before, w.Live.Dump(), c.keys...)
			kinds(t, w, c.mail.From, request.Challenge, request.Confirmation)
			quiet(t, w, append(ofTom, ofLucia...)...)
		})
	}
}

// What did not fit, nobody can tell from the outside: not from the letters, not from what
// the status page shows, not from the time that it took.
func TestWhatDoesNotFitCannotBeToldApart(t *testing.T) {
	type seen struct {
		kinds, subject, text string
		shown                request.State
		took                 time.Duration
	}
	code := func(text string) string { // codes, links and tags differ from request to request
		return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), " ")
	}
	look := func(t *testing.T, mail mailroomtest.Mail, more claim.Claim, doubt bool) seen {
		w := mailroomtest.New(t)
		before := w.Live.Dump()
		w.Write(mail)
		asked := w.Last(tom)
		w.Confirm(asked, more)
		w.Pass(2*time.Minute, time.Minute)
		r := w.Only()
		if r.Doubt != doubt || r.ForPerson() != doubt {
			t.Errorf("doubt is %t, for a person %t; want %t", r.Doubt, r.ForPerson(), doubt)
		}
		gone(t, before, w.Live.Dump())
		last := w.Last(tom)
		return seen{strings.Join(w.Kinds(tom), " "), last.Letter.Subject, code(last.Letter.Text), r.Shown(), last.At.Sub(asked.At)}
	}
	ask := func(business, handle string) mailroomtest.Mail {
		m := english
		m.Body = strings.NewReplacer("Harbour View Hotel", business, "tom.kaczmarek.7", handle).Replace(m.Body)
		return m
	}
	name := claim.Claim{Names: []string{"Tom Kaczmarek"}}
	var first *seen
	for _, c := range []struct {
		name  string
		mail  mailroomtest.Mail
		more  claim.Claim
		doubt bool
	}{
		{"wrong detail", ask("Harbour View Hotel", "tom.kaczmarek.7"), claim.Claim{Names: []string{"Bill Nobody"}}, true},
		{"unknown handle", ask("Harbour View Hotel", "tom.nobody"), name, false},
		{"another business", ask("Bodega El Capricho", "tom.kaczmarek.7"), name, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := look(t, c.mail, c.more, c.doubt)
			if got.kinds != request.Challenge+" "+request.NotIdentified || got.shown != request.CouldNotIdentify {
				t.Errorf("seen is %+v", got)
			}
			if first == nil {
				first = &got
				return
			}
			if got.subject != first.subject || got.text != first.text || got.shown != first.shown {
				t.Errorf("the answer is told apart:\n%+v\n%+v", got, *first)
			}
			if difference := (got.took - first.took).Abs(); difference > 30*time.Second {
				t.Errorf("the answer takes %s and %s", got.took, first.took)
			}
		})
	}
}

// wait lets the sweep look after what waits.
func wait(w *mailroomtest.World) { w.Pass(6*time.Minute, time.Minute) }

func TestAFurtherDetailIsTakenFromAReply(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	w.Write(english)
	w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Bill Nobody"}, When: "2026-01"})
	wait(w)
	first := w.Only()
	stands(t, first, request.NeedsReview)
	if taken := w.Write(w.Reply(w.Last(tom), "Sorry, that was wrong. My number is +44 20 7946 0000.\n")); taken.Route != string(triage.AcceptToken) {
		t.Errorf("taken as %+v", taken)
	}
	wait(w)
	r := w.Only()
	stands(t, r, request.NeedsReview) // the wrong name still speaks against it
	if !r.ReceivedAt.Equal(first.ReceivedAt) || len(r.Mails) != 2 {
		t.Errorf("the request is %+v", r)
	}
	kinds(t, w, tom, request.Challenge, request.NotIdentified, request.NotIdentified)
	gone(t, before, w.Live.Dump())
}

func TestADetailThatWasMissingIsTakenFromAReply(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	m := english
	m.Body = "Hello,\n\nplease delete all my personal data. I wrote to Harbour View Hotel in March 2026.\n"
	if taken := w.Write(m); taken.Route != string(triage.AskMore) {
		t.Fatalf("taken as %+v", taken)
	}
	kinds(t, w, tom, request.AskMore)
	if taken := w.Write(w.Reply(w.Last(tom), "I am @tom.kaczmarek.7 on Facebook.\n")); taken.Route != string(triage.AcceptToken) {
		t.Errorf("taken as %+v", taken)
	}
	stands(t, w.Only(), request.Completed)
	gone(t, before, w.Live.Dump(), tomsKeys...)
	kinds(t, w, tom, request.AskMore, request.Confirmation)
	quiet(t, w, ofTom...)
}

// A handle alone is public: an answer with it only leads to the page that asks for more.
func TestAReplyWithoutASecondDetailIsAskedForOne(t *testing.T) {
	w := mailroomtest.New(t)
	m := english
	m.Body = "Hello,\n\nplease delete all my personal data. I wrote to Harbour View Hotel.\n"
	w.Write(m)
	w.Write(w.Reply(w.Last(tom), "I am @tom.kaczmarek.7 on Facebook.\n"))
	wait(w)
	stands(t, w.Only(), request.AwaitingAnswer)
	kinds(t, w, tom, request.AskMore, request.Challenge)
	w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Tom Kaczmarek"}})
	stands(t, w.Only(), request.Completed)
}

var background = context.Background

// Of two businesses one did not fit: what fits is erased, the rest waits for a person, and
// once somebody is found there too, the request is complete.
func TestTwoBusinessesOneAfterTheOther(t *testing.T) {
	w := mailroomtest.New(t)
	before := w.Live.Dump()
	w.Write(mailroomtest.Mail{From: tom, Subject: "Delete my data",
		Body: "Please delete all my personal data. I wrote to Harbour View Hotel and to Bodega El Capricho, my handle is @tom.kaczmarek.7\n"})
	w.Confirm(w.Last(tom), claim.Claim{Names: []string{"Tom Kaczmarek"}})
	r := w.Only()
	if r.State != request.NeedsReview || len(r.Results) != 2 || !r.ForPerson() {
		t.Fatalf("the request is %s with the results %v", r.State, r.Results)
	}
	var said claim.Claim
	if _, err := w.Ledger.Facts(t.Context(), r.ID, &said); err != nil {
		t.Fatal(err)
	}
	said.Leads = []claim.Place{{TenantID: "t_capricho", LeadID: "l_lucia"}} // the person of ours found them
	if _, err := w.Ledger.Learn(t.Context(), r.ID, said, func(r *request.Request) error { return r.Resume(w.Now()) }); err != nil {
		t.Fatal(err)
	}
	w.Pass(10*time.Minute, time.Minute)
	if r := w.Only(); r.State != request.Completed || len(r.Results) != 2 {
		t.Errorf("the request is %s with the results %v", r.State, r.Results)
	}
	kinds(t, w, tom, request.Challenge, request.Confirmation)
	gone(t, before, w.Live.Dump(), slices.Concat(tomsKeys, luciasKeys)...)
}
