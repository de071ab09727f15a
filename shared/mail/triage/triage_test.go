package triage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/extract"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

var (
	harbour  = business.Match{TenantID: "harbour", Name: "Harbour View Hotel", Region: "GB"}
	capricho = business.Match{TenantID: "capricho", Name: "Bodega El Capricho", Region: "ES"}
	lucio    = business.Match{TenantID: "lucio", Name: "Casa Lucio", Region: "ES"}
	sol      = business.Match{TenantID: "sol", Name: "Hotel Sol", Region: "ES"}
	tom      = extract.Handle{Platform: "instagram", Handle: "tom.k"}
)

const code = "H5ZPQWQJ7Z5ZMC32BHQ45KYW"

// facts is a mail of a person whose domain passed and whose intent is certain.
func facts(in intent.Intent, changes ...func(*triage.Facts)) triage.Facts {
	f := triage.Facts{MessageID: "ses-1", DMARC: notice.Pass, Spam: notice.Pass, Virus: notice.Pass,
		Mail:    inbound.Mail{From: personal.New("tom@mail.example"), Newest: "words", HeaderID: "<1@mail.example>"},
		Reading: intent.Reading{Intent: in, Language: "en", Certain: true, Reasons: []string{"a rule"}}}
	for _, change := range changes {
		change(&f)
	}
	return f
}

type change = func(*triage.Facts)

func about(m ...business.Match) change { return func(f *triage.Facts) { f.Found.Resolved = m } }
func twins(m ...business.Match) change { return func(f *triage.Facts) { f.Found.Ambiguous = m } }
func admin(m ...business.Match) change { return func(f *triage.Facts) { f.AdminOf = m } }
func handle(f *triage.Facts)           { f.Details.Handles = []extract.Handle{tom} }
func phone(f *triage.Facts)            { f.Phones = []string{"+34600000021"} }
func name(f *triage.Facts)             { f.Details.Names = []string{"Tom Kaczmarek"} }
func scoped(f *triage.Facts)           { f.Details.ScopedIDs = []string{"7123456789012345"} }
func withCode(f *triage.Facts)         { f.Details.Codes = []string{code} }
func dmarc(v notice.Verdict) change    { return func(f *triage.Facts) { f.DMARC = v } }
func spam(f *triage.Facts)             { f.Spam = notice.Fail }
func virus(f *triage.Facts)            { f.Virus = notice.Fail }
func gray(f *triage.Facts)             { f.Spam = notice.Gray }
func noFrom(f *triage.Facts)           { f.Mail.From = personal.Text{} }
func uncertain(f *triage.Facts) {
	f.Reading.Certain, f.Reading.Flags = false, []string{intent.Ambiguous}
}
func unreadable(f *triage.Facts)  { f.Unreadable = "too large" }
func forwardOnly(f *triage.Facts) { f.Mail.Newest, f.Mail.Forwarded = "", "delete my data" }
func says(text string) change     { return func(f *triage.Facts) { f.Mail.Newest = text } }
func by(m inbound.Machine) change { return func(f *triage.Facts) { f.Mail.Machine = m } }
func flagged(flag string) change {
	return func(f *triage.Facts) { f.Reading.Certain, f.Reading.Flags = false, []string{flag} }
}

func answering(by string, state triage.State, before triage.Given) triage.Known {
	return triage.Known{Answer: &triage.Answer{By: by, SameMailbox: true, State: state, Intent: intent.EndUserDelete, Language: "es", Before: before}}
}

var (
	known   = triage.Known{CodeKnown: true, Code: code}
	token   = answering("token", triage.Awaiting, triage.Given{})
	closure = triage.Known{Answer: &triage.Answer{By: "token", SameMailbox: true, State: triage.Awaiting, Intent: intent.CustomerCloseAccount,
		Before: triage.Given{Businesses: []business.Match{harbour}}}}
	stranger = triage.Known{Answer: &triage.Answer{By: "token", State: triage.Awaiting, Intent: intent.EndUserDelete}}
)

func TestTheTable(t *testing.T) {
	for _, c := range []struct {
		name  string
		facts triage.Facts
		known triage.Known
		want  string // intent, route, flags, and what is missing
	}{
		// end users
		{"business and handle", facts(intent.EndUserDelete, about(harbour), handle), triage.Known{}, "end_user_delete challenge"},
		{"business and phone", facts(intent.EndUserDelete, about(capricho), phone), triage.Known{}, "end_user_delete challenge"},
		{"business and name", facts(intent.EndUserDelete, about(harbour), name), triage.Known{}, "end_user_delete challenge"},
		{"scoped ID alone", facts(intent.EndUserDelete, scoped), triage.Known{}, "end_user_delete challenge"},
		{"GRAY", facts(intent.EndUserDelete, about(harbour), handle, dmarc(notice.Gray)), triage.Known{}, "end_user_delete challenge"},
		{"spam GRAY", facts(intent.EndUserDelete, about(harbour), handle, gray), triage.Known{}, "end_user_delete challenge"},
		{"three businesses", facts(intent.EndUserDelete, about(harbour, capricho, lucio), handle), triage.Known{}, "end_user_delete challenge"},
		{"four businesses", facts(intent.EndUserDelete, about(harbour, capricho, lucio, sol), handle), triage.Known{}, "end_user_delete human many_businesses"},
		{"no handle", facts(intent.EndUserDelete, about(harbour)), triage.Known{}, "end_user_delete ask_more missing handle"},
		{"no business", facts(intent.EndUserDelete, handle), triage.Known{}, "end_user_delete ask_more missing business"},
		{"nothing", facts(intent.EndUserDelete), triage.Known{}, "end_user_delete ask_more missing business handle"},
		{"two of one name", facts(intent.EndUserDelete, twins(harbour, sol), handle), triage.Known{}, "end_user_delete human same_name"},
		{"DMARC FAIL", facts(intent.EndUserDelete, about(harbour), handle, dmarc(notice.Fail)), triage.Known{}, "end_user_delete human dmarc_fail"},
		{"DMARC FAIL, nothing given", facts(intent.EndUserDelete, dmarc(notice.Fail)), triage.Known{}, "end_user_delete human dmarc_fail missing business handle"},
		{"DMARC not checked", facts(intent.EndUserDelete, about(harbour), handle, dmarc("PROCESSING_FAILED")), triage.Known{}, "end_user_delete human dmarc_unknown"},
		{"DMARC absent", facts(intent.EndUserDelete, about(harbour), handle, dmarc("")), triage.Known{}, "end_user_delete human dmarc_unknown"},
		{"DMARC in small letters", facts(intent.EndUserDelete, about(harbour), handle, dmarc("pass")), triage.Known{}, "end_user_delete human dmarc_unknown"},
		{"From not strict", facts(intent.EndUserDelete, about(harbour), handle, noFrom), triage.Known{}, "end_user_delete human from_not_strict"},
		{"uncertain", facts(intent.EndUserDelete, about(harbour), handle, uncertain), triage.Known{}, "end_user_delete human ambiguous"},
		// for a person
		{"third party", facts(intent.EndUserDelete, about(harbour), handle, flagged(intent.ThirdParty)), triage.Known{}, "end_user_delete human third_party"},
		{"minor", facts(intent.EndUserDelete, about(harbour), handle, flagged(intent.Minor)), triage.Known{}, "end_user_delete human minor"},
		{"several people", facts(intent.EndUserDelete, about(harbour), handle, flagged(intent.SeveralPeople)), triage.Known{}, "end_user_delete human several_people"},
		{"injection", facts(intent.EndUserDelete, about(harbour), handle, flagged(intent.Injection)), triage.Known{}, "end_user_delete human injection"},
		{"negated", facts(intent.EndUserDelete, about(harbour), handle, flagged(intent.Negated)), triage.Known{}, "end_user_delete human negated"},
		{"unknown language", facts(intent.Question, flagged(intent.UnknownLanguage)), triage.Known{}, "question human unknown_language"},
		{"only a forward", facts(intent.EndUserDelete, about(harbour), handle, forwardOnly), triage.Known{}, "end_user_delete human forwarded_only"},
		{"unreadable", facts(intent.EndUserDelete, about(harbour), handle, unreadable), triage.Known{}, "end_user_delete human unreadable"},
		{"access", facts(intent.AccessRequest), triage.Known{}, "access_request human"},
		{"objection", facts(intent.Objection), triage.Known{}, "objection human"},
		{"preserve", facts(intent.PreserveRequest), triage.Known{}, "preserve_request human"},
		{"question", facts(intent.Question), triage.Known{}, "question human"},
		{"wrong addressee", facts(intent.WrongAddressee), triage.Known{}, "wrong_addressee human"},
		{"withdrawal without token", facts(intent.RetractOrDispute), triage.Known{}, "retract_or_dispute human"},
		{"yes without token", facts(intent.ConfirmReply), triage.Known{}, "confirm_reply human"},
		// customers
		{"closure", facts(intent.CustomerCloseAccount, about(harbour), admin(harbour)), triage.Known{}, "customer_close_account confirm_link"},
		{"closure, GRAY", facts(intent.CustomerCloseAccount, about(harbour), admin(harbour), dmarc(notice.Gray)), triage.Known{}, "customer_close_account confirm_link"},
		{"closure, no name", facts(intent.CustomerCloseAccount, admin(harbour)), triage.Known{}, "customer_close_account confirm_link"},
		{"closure, FAIL", facts(intent.CustomerCloseAccount, about(harbour), admin(harbour), dmarc(notice.Fail)), triage.Known{}, "customer_close_account human dmarc_fail"},
		{"closure, not checked", facts(intent.CustomerCloseAccount, about(harbour), admin(harbour), dmarc("DISABLED")), triage.Known{}, "customer_close_account human dmarc_unknown"},
		{"closure, no admin", facts(intent.CustomerCloseAccount, about(harbour)), triage.Known{}, "customer_close_account human not_admin"},
		{"closure, another's admin", facts(intent.CustomerCloseAccount, about(harbour), admin(capricho)), triage.Known{}, "customer_close_account human not_admin"},
		{"closure, one's own and another's", facts(intent.CustomerCloseAccount, about(harbour, capricho), admin(capricho)), triage.Known{}, "customer_close_account human not_admin"},
		{"closure, one of the admin's two", facts(intent.CustomerCloseAccount, about(harbour), admin(harbour, capricho)), triage.Known{}, "customer_close_account confirm_link"},
		{"closure, none of the admin's two", facts(intent.CustomerCloseAccount, admin(harbour, capricho)), triage.Known{}, "customer_close_account human which_business"},
		{"closure, own one of two of a name", facts(intent.CustomerCloseAccount, twins(sol, lucio), admin(sol)), triage.Known{}, "customer_close_account confirm_link"},
		{"disconnect", facts(intent.CustomerDisconnectChannel, about(harbour), admin(harbour)), triage.Known{}, "customer_disconnect_channel confirm_link"},
		{"disconnect, no admin", facts(intent.CustomerDisconnectChannel, about(harbour)), triage.Known{}, "customer_disconnect_channel human not_admin"},
		{"delete lead", facts(intent.CustomerDeleteLead, admin(harbour), handle), triage.Known{}, "customer_delete_lead confirm_link"},
		{"delete lead, which", facts(intent.CustomerDeleteLead, admin(harbour)), triage.Known{}, "customer_delete_lead ask_more missing handle"},
		{"delete lead, no admin", facts(intent.CustomerDeleteLead, about(harbour), handle), triage.Known{}, "customer_delete_lead human not_admin"},
		{"account of an admin", facts(intent.CustomerCloseAccount, admin(harbour), uncertain), triage.Known{}, "customer_close_account confirm_link"},
		{"account of anybody else", facts(intent.CustomerCloseAccount, about(harbour), handle, uncertain), triage.Known{}, "end_user_delete challenge"},
		{"end user, also an admin", facts(intent.EndUserDelete, about(capricho), handle, admin(harbour)), triage.Known{}, "end_user_delete challenge"},
		// status
		{"code known", facts(intent.StatusQuery, withCode), known, "status_query reply_status"},
		{"code alone", facts(intent.Question, withCode, uncertain), known, "status_query reply_status"},
		{"code in no language", facts(intent.Question, withCode, flagged(intent.UnknownLanguage)), known, "status_query reply_status"},
		{"code unknown", facts(intent.StatusQuery, withCode), triage.Known{}, "status_query ask_more missing code"},
		{"no code", facts(intent.StatusQuery), triage.Known{}, "status_query ask_more missing code"},
		{"code, FAIL", facts(intent.StatusQuery, withCode, dmarc(notice.Fail)), known, "status_query human dmarc_fail"},
		{"code and a withdrawal", facts(intent.RetractOrDispute, withCode), known, "retract_or_dispute human"},
		// answers
		{"yes", facts(intent.ConfirmReply), token, "confirm_reply accept_token"},
		{"yes, delete", facts(intent.EndUserDelete), token, "confirm_reply accept_token"},
		{"details", facts(intent.Question, uncertain, about(harbour), handle), token, "confirm_reply accept_token"},
		{"details in no language", facts(intent.Question, flagged(intent.UnknownLanguage), handle), token, "confirm_reply accept_token"},
		{"yes to a closure", facts(intent.ConfirmReply, admin(harbour)), closure, "confirm_reply accept_token"},
		{"yes to a closure, no admin now", facts(intent.ConfirmReply), closure, "confirm_reply human not_admin"},
		{"yes to a closure, another's admin", facts(intent.ConfirmReply, admin(capricho)), closure, "confirm_reply human not_admin"},
		{"withdrawal", facts(intent.RetractOrDispute), token, "retract_or_dispute accept_token"},
		{"how far", facts(intent.StatusQuery), token, "status_query reply_status"},
		{"question", facts(intent.Question, handle), token, "question human"},
		{"no", facts(intent.PreserveRequest, handle), token, "preserve_request human"},
		{"negated details", facts(intent.EndUserDelete, handle, flagged(intent.Negated)), token, "end_user_delete human negated"},
		{"perhaps", facts(intent.ConfirmReply, uncertain), token, "confirm_reply human ambiguous"},
		{"yes, for another too", facts(intent.ConfirmReply, flagged(intent.SeveralPeople)), token, "confirm_reply human several_people"},
		{"yes, FAIL", facts(intent.ConfirmReply, dmarc(notice.Fail)), token, "confirm_reply human dmarc_fail"},
		{"yes, other mailbox", facts(intent.ConfirmReply), stranger, "confirm_reply human other_mailbox"},
		{"withdrawal, other mailbox", facts(intent.RetractOrDispute), stranger, "retract_or_dispute human other_mailbox"},
		{"yes to what is closed", facts(intent.ConfirmReply), answering("token", triage.Closed, triage.Given{}), "confirm_reply human"},
		{"yes by tag", facts(intent.ConfirmReply), answering("tag", triage.Awaiting, triage.Given{}), "confirm_reply human"},
		{"withdrawal by tag", facts(intent.RetractOrDispute), answering("tag", triage.Awaiting, triage.Given{}), "retract_or_dispute human"},
		{"what was missing, token", facts(intent.Question, uncertain, handle), answering("token", triage.Asked, triage.Given{Businesses: []business.Match{harbour}}), "confirm_reply accept_token"},
		{"what was missing, tag", facts(intent.Question, uncertain, handle), answering("tag", triage.Asked, triage.Given{Businesses: []business.Match{harbour}}), "end_user_delete challenge"},
		{"half of it", facts(intent.Question, uncertain, handle), answering("token", triage.Asked, triage.Given{}), "end_user_delete ask_more missing business"},
		{"what was missing, FAIL", facts(intent.Question, uncertain, handle, dmarc(notice.Fail)), answering("token", triage.Asked, triage.Given{Businesses: []business.Match{harbour}}), "confirm_reply human dmarc_fail"},
		// machines
		{"own", facts(intent.EndUserDelete, by(inbound.Own)), triage.Known{}, "auto_reply drop"},
		{"bounce", facts(intent.EndUserDelete, by(inbound.Bounce)), triage.Known{}, "bounce drop"},
		{"complaint", facts(intent.EndUserDelete, by(inbound.Feedback)), triage.Known{}, "bounce drop"},
		{"out of office", facts(intent.ConfirmReply, by(inbound.Auto)), token, "auto_reply drop"},
		{"newsletter", facts(intent.Question, by(inbound.List)), triage.Known{}, "not_a_request drop"},
		{"bulk", facts(intent.NotARequest, by(inbound.Bulk)), triage.Known{}, "not_a_request drop"},
		{"request through a list", facts(intent.EndUserDelete, about(harbour), handle, by(inbound.List)), triage.Known{}, "end_user_delete human machine"},
		{"spam", facts(intent.NotARequest, spam), triage.Known{}, "not_a_request drop"},
		{"virus", facts(intent.Question, virus), triage.Known{}, "not_a_request drop"},
		{"request taken for spam", facts(intent.EndUserDelete, about(harbour), handle, spam), triage.Known{}, "end_user_delete human spam"},
		{"uncertain request taken for spam", facts(intent.EndUserDelete, uncertain, spam), triage.Known{}, "end_user_delete human ambiguous spam"},
		{"marketing", facts(intent.NotARequest, says("grow your sales")), triage.Known{}, "not_a_request drop"},
		{"marketing, uncertain", facts(intent.NotARequest, uncertain), triage.Known{}, "not_a_request human ambiguous"},
		{"marketing that speaks of deletion", facts(intent.NotARequest, says("¿borráis datos?")), triage.Known{}, "not_a_request human"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := triage.Decide(c.facts, c.known)
			got := fmt.Sprintf("%s %s", d.Intent, d.Route)
			if len(d.Flags) > 0 {
				got += " " + strings.Join(d.Flags, " ")
			}
			if len(d.Missing) > 0 {
				got += " missing " + strings.Join(d.Missing, " ")
			}
			if got != c.want {
				t.Errorf("decided %q, want %q; reasons %q", got, c.want, d.Reasons)
			}
			if d.Reasons[0] == "" || d.Reasons[len(d.Reasons)-1] != "a rule" {
				t.Errorf("reasons %q, want the row's and then the reading's", d.Reasons)
			}
		})
	}
}

func TestAnAnswerAddsToWhatWasGiven(t *testing.T) {
	before := triage.Given{Businesses: []business.Match{harbour}, Names: []string{"Tom K"}, Phones: []string{"+34600000021"}}
	again := harbour
	again.How = "core of the name"
	d := triage.Decide(facts(intent.Question, uncertain, handle, about(again, capricho)), answering("token", triage.Asked, before))
	if got := strings.Join(d.Businesses, " ") + "|" + strings.Join(d.Names, " ") + "|" + strings.Join(d.Phones, " "); got != "harbour capricho|Tom K|+34600000021" {
		t.Errorf("given are %s", got)
	}
	if len(d.Handles) != 1 || d.Handles[0] != tom {
		t.Error("the new handle is missing")
	}
}

func TestAClosureNamesTheBusinessOnFile(t *testing.T) {
	d := triage.Decide(facts(intent.CustomerCloseAccount, admin(harbour)), triage.Known{})
	if !slices.Equal(d.Businesses, []string{"harbour"}) || !slices.Equal(d.BusinessNames, []string{"Harbour View Hotel"}) {
		t.Errorf("businesses %q %q, want the one the sender is an admin of", d.Businesses, d.BusinessNames)
	}
}

func TestNothingIsKeptOfWhatIsDropped(t *testing.T) {
	d := triage.Decide(facts(intent.EndUserDelete, by(inbound.Auto), about(harbour), handle, phone, name, scoped, withCode, twins(sol)), known)
	if n := len(d.Businesses) + len(d.Handles) + len(d.Phones) + len(d.Names) + len(d.ScopedIDs) + len(d.Suggestions) + len(d.Code); n > 0 || d.Route != triage.Drop {
		t.Errorf("%s keeps %d details", d.Route, n)
	}
}

// An acknowledgement goes to people who may be answered, and to nobody else.
func TestNeutral(t *testing.T) {
	for name, c := range map[string]struct {
		facts triage.Facts
		want  bool
	}{
		"third party":      {facts(intent.EndUserDelete, flagged(intent.ThirdParty)), true},
		"no admin":         {facts(intent.CustomerCloseAccount, about(harbour)), true},
		"FAIL":             {facts(intent.EndUserDelete, flagged(intent.ThirdParty), dmarc(notice.Fail)), false},
		"no verdict":       {facts(intent.EndUserDelete, flagged(intent.ThirdParty), dmarc("")), false},
		"From":             {facts(intent.EndUserDelete, flagged(intent.ThirdParty), noFrom), false},
		"list":             {facts(intent.EndUserDelete, by(inbound.List)), false},
		"spam":             {facts(intent.EndUserDelete, spam), false},
		"marketing":        {facts(intent.NotARequest, uncertain), false},
		"answered already": {facts(intent.EndUserDelete, scoped), false},
	} {
		if got := triage.Decide(c.facts, triage.Known{}).Neutral; got != c.want {
			t.Errorf("%s: neutral is %v, want %v", name, got, c.want)
		}
	}
}

func TestTheLanguageOfAShortAnswerIsThatOfItsRequest(t *testing.T) {
	f := facts(intent.ConfirmReply)
	f.Reading.Language = ""
	if got := triage.Decide(f, token).Language; got != "es" {
		t.Errorf("language %q, want es", got)
	}
}

func TestJSON(t *testing.T) {
	encoded, err := json.Marshal(triage.Decide(facts(intent.Question), triage.Known{}))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(encoded); strings.Contains(s, "null") || !strings.Contains(s, `"message_id":"ses-1","header_message_id":"\u003c1@mail.example\u003e"`) {
		t.Errorf("encoded as %s, want arrays and both IDs", s)
	}
	d := triage.Decide(facts(intent.EndUserDelete, about(harbour), handle, name), triage.Known{})
	if got := fmt.Sprintf("%v %+v %#v", d, d, facts(intent.Question, handle)); strings.Contains(got, "tom.k") || strings.Contains(got, "Kaczmarek") {
		t.Errorf("printed %s", got)
	}
	if encoded, _ := json.Marshal(d); !strings.Contains(string(encoded), `"handles":[{"platform":"instagram","handle":"tom.k"}]`) {
		t.Errorf("encoded as %s", encoded)
	}
}

func directory() *business.Directory {
	return business.New([]business.Entry{
		{TenantID: "harbour", Name: "Harbour View Hotel", Region: "GB", AdminEmails: []string{"gm@harbourview.example"}},
		{TenantID: "capricho", Name: "Bodega El Capricho", Region: "ES", AdminEmails: []string{"info@capricho.example"}},
	})
}

func TestReadGathersTheFacts(t *testing.T) {
	mail := inbound.Mail{From: personal.New("info@capricho.example"), Subject: "mis datos",
		Newest: "Escribí a Bodega El Capricho, mi instagram es @tom.k y mi whatsapp 600 000 021. Vi a @harbourviewhotel"}
	f := triage.Read(notice.Received{MessageID: "ses-1", DMARC: notice.Gray}, mail, nil, directory())
	if f.MessageID != "ses-1" || f.DMARC != notice.Gray || f.Unreadable != "" {
		t.Error("the receipt's facts are missing")
	}
	if len(f.Found.Resolved) == 0 || len(f.AdminOf) != 1 || f.AdminOf[0].TenantID != "capricho" {
		t.Error("the directory's facts are missing")
	}
	if !slices.Equal(f.Details.Handles, []extract.Handle{tom}) {
		t.Errorf("%d handles, want the writer's and not the business's", len(f.Details.Handles))
	}
	if !slices.Equal(f.Phones, []string{"+34600000021"}) {
		t.Errorf("phones %q, want the one of the business's region", f.Phones)
	}
	f = triage.Read(notice.Received{}, mail, fault.New(fault.Invalid, "too deep"), directory())
	if f.Unreadable != "too deep" {
		t.Errorf("unreadable because %q, want what the reader said", f.Unreadable)
	}
	if f = triage.Read(notice.Received{}, mail, errors.New("x@y.example"), directory()); f.Unreadable != "internal error" {
		t.Errorf("unreadable because %q, want no foreign text", f.Unreadable)
	}
}

// mustHold checks what no input may break.
func mustHold(t *testing.T, f triage.Facts, known triage.Known, d triage.Decision) {
	t.Helper()
	literal := f.DMARC == "PASS" || f.DMARC == "GRAY"
	answered := d.Route != triage.Human && d.Route != triage.Drop || d.Neutral
	if answered && (!literal || f.Mail.From.IsEmpty()) {
		t.Fatalf("%s with DMARC %q and a From that is empty: %v", d.Route, f.DMARC, f.Mail.From.IsEmpty())
	}
	if answered && f.Mail.Machine != "" {
		t.Fatalf("%s to a machine (%s)", d.Route, f.Mail.Machine)
	}
	if d.Route == triage.ConfirmLink {
		if len(d.Businesses) == 0 || len(d.AdminOf) == 0 {
			t.Fatalf("a link for %q to an admin of %q", d.Businesses, d.AdminOf)
		}
		for _, id := range d.Businesses {
			if !slices.Contains(d.AdminOf, id) {
				t.Fatalf("a link for %q to an admin of %q", d.Businesses, d.AdminOf)
			}
		}
	}
	if d.Route == triage.AcceptToken && d.Intent != intent.RetractOrDispute && known.Answer.Intent == intent.CustomerCloseAccount && len(d.AdminOf) == 0 {
		t.Fatal("a closure was confirmed by somebody who is no admin")
	}
	if d.Route == triage.AcceptToken && (known.Answer == nil || known.Answer.By != "token" || !known.Answer.SameMailbox) {
		t.Fatal("a token was accepted that is not the mailbox's")
	}
	if (d.Route == triage.ReplyStatus) && !known.CodeKnown && known.Answer == nil {
		t.Fatal("a state was told of nothing")
	}
	if d.Route == triage.Drop && f.Mail.Machine == "" && f.Spam != "FAIL" && f.Virus != "FAIL" && f.Reading.Intent != intent.NotARequest {
		t.Fatalf("a person's %s was dropped", f.Reading.Intent)
	}
	if d.Route == triage.Drop && f.Mail.Machine == "" && f.Reading.Intent == intent.EndUserDelete {
		t.Fatal("a person's deletion was dropped")
	}
	if (d.Route == triage.AskMore) != (len(d.Missing) > 0) && d.Route != triage.Human {
		t.Fatalf("%s with %q missing", d.Route, d.Missing)
	}
}

// Every combination of what may be known about a mail, drawn at random from
// all there are.
func TestWhatNoInputMayBreak(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 11))
	seen := map[triage.Route]int{}
	for range 200_000 {
		f, known := draw(random)
		d := triage.Decide(f, known)
		mustHold(t, f, known, d)
		seen[d.Route]++
	}
	for _, route := range []triage.Route{triage.Challenge, triage.ConfirmLink, triage.AcceptToken, triage.ReplyStatus, triage.AskMore, triage.Human, triage.Drop} {
		if seen[route] < 100 {
			t.Errorf("%s was decided %d times, too few to say anything", route, seen[route])
		}
	}
}

var intents = []intent.Intent{intent.EndUserDelete, intent.CustomerCloseAccount, intent.CustomerDisconnectChannel, intent.CustomerDeleteLead,
	intent.StatusQuery, intent.ConfirmReply, intent.RetractOrDispute, intent.AccessRequest, intent.Objection, intent.PreserveRequest,
	intent.Question, intent.WrongAddressee, intent.NotARequest, ""}

func pick[T any](random *rand.Rand, values ...T) T { return values[random.IntN(len(values))] }

func draw(random *rand.Rand) (triage.Facts, triage.Known) {
	none := func(*triage.Facts) {}
	f := facts(pick(random, intents...),
		pick(random, none, about(harbour), about(harbour, capricho), about(harbour, capricho, lucio, sol)), pick(random, none, none, twins(harbour, sol)),
		pick(random, none, admin(harbour), admin(harbour, capricho)), pick(random, none, handle), pick(random, none, none, scoped), pick(random, none, name),
		pick(random, none, withCode), dmarc(pick[notice.Verdict](random, "PASS", "PASS", "GRAY", "FAIL", "", "DISABLED", "pass", "PROCESSING_FAILED")),
		pick(random, none, none, none, spam, virus, gray), pick(random, none, none, none, noFrom), pick(random, none, none, uncertain, flagged(intent.Minor), flagged(intent.Negated)),
		pick(random, none, none, none, unreadable, forwardOnly), by(pick(random, inbound.Human, inbound.Human, inbound.Human, inbound.List, inbound.Auto, inbound.Bounce)))
	known := triage.Known{CodeKnown: random.IntN(3) == 0, Code: code}
	if random.IntN(2) == 0 {
		known.Answer = &triage.Answer{By: pick(random, "token", "token", "tag", "references"), SameMailbox: random.IntN(4) > 0,
			State: pick(random, triage.Asked, triage.Awaiting, triage.Open, triage.Closed), Intent: pick(random, intents[:4]...),
			Before: triage.Given{Businesses: pick(random, nil, []business.Match{harbour}, []business.Match{lucio})}}
	}
	return f, known
}

// The whole chain behind the reader, on any text.
func FuzzDecide(f *testing.F) {
	for _, seed := range []string{"Please delete my data, I wrote to Harbour View Hotel, @tom.k", "cierren la cuenta de Bodega El Capricho", "H5ZP-QWQJ-7Z5Z-MC32-BHQ4-5KYW", "\xff"} {
		f.Add(seed, seed, "gm@harbourview.example", "PASS", uint64(7))
	}
	d := directory()
	f.Fuzz(func(t *testing.T, subject, body, from, verdict string, seed uint64) {
		random := rand.New(rand.NewPCG(seed, 1))
		mail := inbound.Mail{From: personal.New(from), Subject: subject, Newest: body}
		facts := triage.Read(notice.Received{DMARC: notice.Verdict(verdict)}, mail, nil, d)
		if seed > 0 {
			facts.Reading = intent.Reading{Intent: pick(random, intents...), Certain: random.IntN(2) == 0}
		}
		_, known := draw(random)
		known.CodeKnown = known.CodeKnown && len(facts.Details.Codes) > 0
		decision := triage.Decide(facts, known)
		mustHold(t, facts, known, decision)
		if decision.Route == triage.ConfirmLink && from != strings.ToLower("gm@harbourview.example") && len(d.AdminOf(from)) == 0 {
			t.Fatalf("a link for %q", from)
		}
	})
}
