package triage

import (
	"regexp"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/extract"
	"github.com/mikla-ai/data-deletion/shared/mail/fold"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
)

// The flags that triage adds to those of the reading.
const (
	FlagFromNotStrict  = "from_not_strict"
	FlagDMARCFail      = "dmarc_fail"
	FlagDMARCUnknown   = "dmarc_unknown" // neither PASS, GRAY nor FAIL
	FlagNotAdmin       = "not_admin"
	FlagUnreadable     = "unreadable"
	FlagForwardedOnly  = "forwarded_only"
	FlagMachine        = "machine"
	FlagSpam           = "spam"
	FlagOtherMailbox   = "other_mailbox"
	FlagSameName       = "same_name"
	FlagManyBusinesses = "many_businesses"
	FlagWhichBusiness  = "which_business"
)

// mostBusinesses is how many businesses one mail may name. More is a trawl.
const mostBusinesses = 3

// trial is a mail before the table.
type trial struct {
	Facts
	Known
	given  Given
	intent intent.Intent
	sure   bool
	flags  []string
}

// verdict is one row's outcome.
type verdict struct {
	route   Route
	reason  string
	flag    string
	missing []string
}

func human(flag, reason string) *verdict { return &verdict{route: Human, flag: flag, reason: reason} }

// Decide reads the table from the top; the first row that holds decides. Who
// may not be answered goes to the operator in the end, whatever row held.
func Decide(f Facts, known Known) Decision {
	t := newTrial(f, known)
	var v *verdict
	for _, row := range []func(*trial) *verdict{
		machine, unwanted, unread, onlyForwarded, doubtful, answer, byIntent,
	} {
		if v = row(t); v != nil {
			break
		}
	}
	return t.decision(t.hold(*v))
}

func newTrial(f Facts, known Known) *trial {
	t := &trial{Facts: f, Known: known, intent: f.Reading.Intent, sure: f.Reading.Certain, given: Given{
		Businesses: f.Found.Resolved, Handles: f.Details.Handles, Phones: f.Phones,
		ScopedIDs: f.Details.ScopedIDs, Names: f.Details.Names, When: f.Details.When}}
	t.flags = slices.Clone(f.Reading.Flags)
	t.settle()
	return t
}

// settle makes certain what the words alone left open and the sender or the
// ledger does not: whose "account" it is, and what a mere code is for.
func (t *trial) settle() {
	open := !t.sure && !slices.ContainsFunc(t.flags, func(f string) bool {
		return f != intent.Ambiguous && f != intent.UnknownLanguage
	})
	if !open {
		return
	}
	unclear := t.intent == intent.StatusQuery || t.intent == intent.Question || t.intent == intent.NotARequest
	switch {
	case unclear && t.CodeKnown && t.Answer == nil:
		t.settleAs(intent.StatusQuery)
	case t.intent == intent.CustomerCloseAccount && len(t.AdminOf) > 0:
		t.settleAs(intent.CustomerCloseAccount)
	case t.intent == intent.CustomerCloseAccount:
		t.settleAs(intent.EndUserDelete)
	case t.intent == intent.EndUserDelete && t.identified() && len(t.given.Handles) < 2 && t.onlyRivals(harmless...):
		t.settleAs(intent.EndUserDelete)
	}
}

// harmless are the intents that a deletion may be mixed up with and still get
// its link, if the mail says whose data is meant: none of them speaks against
// it, and the mailbox has to confirm.
var harmless = []intent.Intent{
	intent.CustomerCloseAccount, intent.CustomerDeleteLead, intent.CustomerDisconnectChannel,
	intent.StatusQuery, intent.WrongAddressee, intent.ConfirmReply, intent.NotARequest,
}

// onlyRivals tells whether it is rivals that leave the intent open, and every
// one is one of these.
func (t *trial) onlyRivals(of ...intent.Intent) bool {
	return len(t.Reading.Rivals) > 0 && !slices.ContainsFunc(t.Reading.Rivals, func(in intent.Intent) bool { return !slices.Contains(of, in) })
}

func (t *trial) settleAs(in intent.Intent) {
	t.intent, t.sure = in, true
	t.flags = slices.DeleteFunc(t.flags, func(f string) bool { return f == intent.Ambiguous || f == intent.UnknownLanguage })
}

// machine: what a machine wrote opens nothing and gets no reply. A mail that
// came through a list may be a person's.
func machine(t *trial) *verdict {
	switch t.Mail.Machine {
	case "":
		return nil
	case inbound.Bounce, inbound.Feedback:
		t.intent = intent.Bounce
	case inbound.List, inbound.Bulk:
		if t.sure && isRight(t.intent) {
			return human(FlagMachine, "came through a list, but asks for something a person asks for")
		}
		t.intent = intent.NotARequest
	default:
		t.intent = intent.AutoReply
	}
	return &verdict{route: Drop, reason: "a machine wrote it: " + string(t.Mail.Machine)}
}

// unwanted: spam and viruses are dropped, unless somebody's right is in them.
func unwanted(t *trial) *verdict {
	if t.Spam != notice.Fail && t.Virus != notice.Fail {
		return nil
	}
	if isRight(t.intent) {
		return human(FlagSpam, "taken for spam or a virus, but asks for something a person asks for")
	}
	t.intent = intent.NotARequest
	return &verdict{route: Drop, reason: "spam or a virus"}
}

func unread(t *trial) *verdict {
	if t.Unreadable == "" {
		return nil
	}
	return human(FlagUnreadable, "not read in full: "+t.Unreadable)
}

func onlyForwarded(t *trial) *verdict {
	if t.Mail.Forwarded == "" || t.Mail.Newest != "" {
		return nil
	}
	return human(FlagForwardedOnly, "only somebody else's words are in it")
}

// doubtful: what a person must look at, whatever it asks for.
func doubtful(t *trial) *verdict {
	for _, flag := range []string{intent.ThirdParty, intent.Minor, intent.SeveralPeople, intent.Injection, intent.UnknownLanguage} {
		// A short answer is in no language; that of the request is known.
		if slices.Contains(t.flags, flag) && !(flag == intent.UnknownLanguage && t.Answer != nil) {
			return human("", "a person must look at it: "+flag)
		}
	}
	return nil
}

// answer: a mail about a request that we wrote to this mailbox about.
func answer(t *trial) *verdict {
	a := t.Answer
	if a == nil {
		return nil
	}
	token := a.By == ByToken
	if token && !a.SameMailbox {
		return human(FlagOtherMailbox, "the token was sent to another mailbox")
	}
	if !a.SameMailbox || a.State == Closed {
		return nil // its own words decide
	}
	switch {
	case token && t.sure && t.intent == intent.StatusQuery:
		return &verdict{route: ReplyStatus, reason: "asks how far the request of its token is"}
	case token && t.sure && t.intent == intent.RetractOrDispute:
		return &verdict{route: AcceptToken, reason: "withdraws the request of its token"}
	case a.State == Asked && t.adds():
		return t.completed(a)
	case token && t.agrees():
		t.merge(a)
		if isCustomers(a.Intent) && (len(t.AdminOf) == 0 || slices.ContainsFunc(t.given.Businesses, t.isForeign)) {
			return human(FlagNotAdmin, "confirms, but is no admin on file by now; nothing is disclosed")
		}
		t.settleAs(intent.ConfirmReply)
		return &verdict{route: AcceptToken, reason: "confirms the request of its token"}
	}
	return nil
}

// agrees tells whether an answer confirms: by saying so, by asking again, or
// by giving details and nothing that speaks against it.
func (t *trial) agrees() bool {
	if t.sure {
		return t.intent == intent.ConfirmReply || t.intent == t.Answer.Intent
	}
	said := t.intent == intent.ConfirmReply || t.intent == t.Answer.Intent
	if said && !slices.Contains(t.flags, intent.Negated) &&
		t.onlyRivals(intent.ConfirmReply, t.Answer.Intent, intent.StatusQuery, intent.NotARequest) {
		return true
	}
	return t.adds()
}

// adds tells whether an answer gives details and nothing that speaks against
// the request.
func (t *trial) adds() bool {
	if slices.Contains(t.flags, intent.Negated) {
		return false
	}
	if t.sure && !slices.Contains([]intent.Intent{intent.ConfirmReply, intent.EndUserDelete, t.Answer.Intent}, t.intent) {
		return false
	}
	return t.identified() || len(t.given.Businesses) > 0 || len(t.given.When) > 0
}

// completed takes the answer to our question for what was missing.
func (t *trial) completed(a *Answer) *verdict {
	t.merge(a)
	t.settleAs(a.Intent)
	v := byIntent(t)
	if v.route == Challenge && a.By == ByToken {
		t.intent = intent.ConfirmReply
		return &verdict{route: AcceptToken, reason: "gives what was missing, with the token of its request"}
	}
	return v
}

func (t *trial) merge(a *Answer) {
	b := a.Before
	t.given = Given{
		Businesses: joined(b.Businesses, t.given.Businesses), Handles: union(b.Handles, t.given.Handles),
		Phones: union(b.Phones, t.given.Phones), ScopedIDs: union(b.ScopedIDs, t.given.ScopedIDs),
		Names: union(b.Names, t.given.Names), When: union(b.When, t.given.When)}
}

// joined is the union by tenant: the same one may have been found in two ways.
func joined(before, now []business.Match) []business.Match {
	known := tenantsOf(before)
	return append(slices.Clone(before), slices.DeleteFunc(slices.Clone(now), func(m business.Match) bool {
		return slices.Contains(known, m.TenantID)
	})...)
}

func union[T comparable](before, now []T) []T {
	all := slices.Clone(before)
	for _, v := range now {
		if !slices.Contains(all, v) {
			all = append(all, v)
		}
	}
	return all
}

// byIntent: a mail that opens something.
func byIntent(t *trial) *verdict {
	if !t.sure {
		return human("", "not certain enough what is asked for")
	}
	switch t.intent {
	case intent.EndUserDelete:
		return endUser(t)
	case intent.CustomerCloseAccount, intent.CustomerDisconnectChannel, intent.CustomerDeleteLead:
		return customer(t)
	case intent.StatusQuery:
		return status(t)
	case intent.NotARequest:
		if !speaksOfRights(t.Mail) && !t.identified() {
			return &verdict{route: Drop, reason: "not a request, and no word of one in it"}
		}
		return human("", "not a request, but with words of one")
	}
	return human("", "for a person: "+string(t.intent))
}

func endUser(t *trial) *verdict {
	switch {
	case len(t.given.Businesses) > mostBusinesses:
		return human(FlagManyBusinesses, "names more than three businesses")
	case len(t.Found.Ambiguous) > 0:
		return human(FlagSameName, "several businesses have the name that is given")
	case len(t.given.ScopedIDs) > 0:
		return &verdict{route: Challenge, reason: "one of Meta's IDs says whose data is meant"}
	}
	var missing []string
	if len(t.given.Businesses) == 0 {
		missing = append(missing, MissingBusiness)
	}
	if !t.identified() {
		missing = append(missing, MissingHandle)
	}
	if len(missing) > 0 {
		return &verdict{route: AskMore, missing: missing, reason: "something is missing to find the data"}
	}
	return &verdict{route: Challenge, reason: "a business, and a handle, a number or a name"}
}

// identified tells whether something says whose data is meant.
func (t *trial) identified() bool {
	g := t.given
	return len(g.Handles)+len(g.Phones)+len(g.ScopedIDs)+len(g.Names) > 0
}

// customer: only the address on file opens anything, and only for its own
// business. Nothing is disclosed to anybody else.
func customer(t *trial) *verdict {
	named := t.given.Businesses
	if len(named) == 0 {
		named = slices.DeleteFunc(slices.Clone(t.Found.Ambiguous), t.isForeign)
	}
	switch {
	case len(t.AdminOf) == 0:
		return human(FlagNotAdmin, "the sender is no admin on file; nothing is disclosed")
	case slices.ContainsFunc(named, t.isForeign):
		return human(FlagNotAdmin, "the sender is an admin on file, but not of what is named; nothing is disclosed")
	case len(named) > mostBusinesses:
		return human(FlagManyBusinesses, "names more than three businesses")
	case len(named) == 0 && len(t.AdminOf) > 1:
		return human(FlagWhichBusiness, "the sender is on file for several businesses and names none")
	case len(named) == 0:
		named = t.AdminOf
	}
	t.given.Businesses = named
	if t.intent == intent.CustomerDeleteLead && !t.identified() {
		return &verdict{route: AskMore, missing: []string{MissingHandle}, reason: "an admin on file does not say whose data"}
	}
	return &verdict{route: ConfirmLink, reason: "the sender is an admin on file"}
}

func (t *trial) isForeign(m business.Match) bool {
	return !slices.Contains(tenantsOf(t.AdminOf), m.TenantID)
}

func status(t *trial) *verdict {
	if t.CodeKnown {
		return &verdict{route: ReplyStatus, reason: "the code is a request's"}
	}
	reason := "asks for the state without a code"
	if len(t.Details.Codes) > 0 {
		reason = "the code is no request's"
	}
	return &verdict{route: AskMore, missing: []string{MissingCode}, reason: reason}
}

// hold sends to the operator what would answer somebody who may not be
// answered: one without an address that can be read in one way only, or whose
// domain did not literally pass or lack a policy.
func (t *trial) hold(v verdict) verdict {
	if v.route == Drop {
		return v
	}
	if t.Mail.From.IsEmpty() {
		t.flag(FlagFromNotStrict)
	}
	switch t.DMARC {
	case notice.Pass, notice.Gray:
	case notice.Fail:
		t.flag(FlagDMARCFail)
	default:
		t.flag(FlagDMARCUnknown)
	}
	if v.route == Human || t.answerable() {
		return v
	}
	return verdict{route: Human, missing: v.missing, reason: v.reason + "; but the sender is not known well enough to be answered"}
}

func (t *trial) answerable() bool {
	return !t.Mail.From.IsEmpty() && (t.DMARC == notice.Pass || t.DMARC == notice.Gray)
}

func (t *trial) flag(name string) {
	if name != "" && !slices.Contains(t.flags, name) {
		t.flags = append(t.flags, name)
	}
}

func (t *trial) decision(v verdict) Decision {
	t.flag(v.flag)
	if v.route == Drop { // nobody needs to know what was in it
		t.given, t.Known, t.Details, t.Found = Given{}, Known{}, extract.Details{}, business.Found{}
	}
	return Decision{
		MessageID: t.MessageID, HeaderMessageID: t.Mail.HeaderID,
		Intent: t.intent, Route: v.route, Language: t.language(),
		Businesses: tenantsOf(t.given.Businesses), BusinessNames: namesOf(t.given.Businesses),
		Handles: list(t.given.Handles), Phones: list(t.given.Phones), ScopedIDs: list(t.given.ScopedIDs),
		Names: list(t.given.Names), When: list(t.given.When), Code: t.code(),
		Missing: list(v.missing), AdminOf: tenantsOf(t.AdminOf), DMARC: t.DMARC,
		Neutral: v.route == Human && t.answerable() && t.Mail.Machine == "" && v.flag != FlagSpam && t.intent != intent.NotARequest,
		Flags:   list(t.flags), Reasons: append([]string{v.reason}, t.Reading.Reasons...),
		Suggestions: t.suggestions(),
	}
}

// language of the answer: that of the mail, else that of the request.
func (t *trial) language() string {
	if t.Reading.Language == "" && t.Answer != nil {
		return t.Answer.Language
	}
	return t.Reading.Language
}

func (t *trial) code() string {
	if t.CodeKnown || len(t.Details.Codes) == 0 {
		return t.Code
	}
	return t.Details.Codes[0]
}

func (t *trial) suggestions() []Suggestion {
	out := []Suggestion{}
	for _, m := range slices.Concat(t.Found.Ambiguous, t.Found.Suggested) {
		out = append(out, Suggestion{m.TenantID, m.Name, m.How})
	}
	return out
}

func namesOf(matches []business.Match) []string {
	names := make([]string, 0, len(matches))
	for _, m := range matches {
		names = append(names, m.Name)
	}
	return names
}

// list makes a list that JSON shows as an array.
func list[T string | extract.Handle](values []T) []T { return append([]T{}, values...) }

func isCustomers(in intent.Intent) bool {
	return in == intent.CustomerCloseAccount || in == intent.CustomerDisconnectChannel || in == intent.CustomerDeleteLead
}

// isRight tells whether an intent is one that must never be lost.
func isRight(in intent.Intent) bool {
	switch in {
	case intent.EndUserDelete, intent.CustomerCloseAccount, intent.CustomerDisconnectChannel, intent.CustomerDeleteLead,
		intent.RetractOrDispute, intent.AccessRequest, intent.Objection, intent.PreserveRequest:
		return true
	}
	return false
}

func speaksOfRights(m inbound.Mail) bool {
	return rightsWord.MatchString(fold.String(m.Subject + "\n" + m.Newest))
}

// rightsWord matches, folded, the stems of words for deletion and for the law.
var rightsWord = regexp.MustCompile(`\b(?:delet|eras|remov|forget|borr|elimin|supr[ie]m|suppr|efface|oubli|olvid|losch|entfern|cancell|rimuov|rimozion|apag|exclu|esquec|gdpr|rgpd|dsgvo|lgpd|ccpa|privacy|personal data|datos personales|donnees personnelles|dati personali|dados pessoais)|geloscht|حذف|امسح|مسح|ازال|بياناتي|מחק|מחיק|הסר|הסיר|הנתונים שלי|המידע שלי`)
