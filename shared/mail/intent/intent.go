// Package intent says what the writer of a mail wants, by scored rules in
// eight languages. The rules are data: rules/rules.yaml holds what is weighed,
// rules/<language>.yaml the words. README.md explains both.
package intent

// Intent is what a mail is for.
type Intent string

// The intents. AutoReply and Bounce are told by a mail's headers; [Read] never
// gives them.
const (
	EndUserDelete             Intent = "end_user_delete"
	CustomerCloseAccount      Intent = "customer_close_account"
	CustomerDisconnectChannel Intent = "customer_disconnect_channel"
	CustomerDeleteLead        Intent = "customer_delete_lead"
	StatusQuery               Intent = "status_query"
	ConfirmReply              Intent = "confirm_reply"
	RetractOrDispute          Intent = "retract_or_dispute"
	AccessRequest             Intent = "access_request"
	Objection                 Intent = "objection"
	PreserveRequest           Intent = "preserve_request"
	Question                  Intent = "question"
	WrongAddressee            Intent = "wrong_addressee"
	NotARequest               Intent = "not_a_request"
	AutoReply                 Intent = "auto_reply"
	Bounce                    Intent = "bounce"
)

// The flags of a [Reading]. All but Negated forbid automatic handling of any
// intent; Negated forbids that of a deletion.
const (
	ThirdParty      = "third_party"      // about somebody else's data
	Minor           = "minor"            // by or about a child
	SeveralPeople   = "several_people"   // about more than one person
	Injection       = "injection"        // text addressed to a machine
	Negated         = "negated"          // a deletion is mentioned and refused
	Ambiguous       = "ambiguous"        // nothing won by the margin
	UnknownLanguage = "unknown_language" // none of the eight
)

// Reading is what the rules make of one mail.
type Reading struct {
	Intent   Intent
	Language string   // base tag of the decisive sentence; "" if unknown
	Certain  bool     // won by the margin that automatic handling needs, no flag against it
	Flags    []string // in the order of the constants above
	Rivals   []Intent // other intents within the margin of the best, the strongest first
	Reasons  []string // "en: verb delete × object my data (+7)": never text of the mail
}

// Read reads the subject and the newest text of a mail. The same input gives
// the same Reading. Only the first mostWords words count; a longer mail is
// never Certain.
func Read(subject, body string) Reading {
	book := loaded()
	m := book.parse(subject, body)
	t := book.weigh(m)
	return t.reading(m, book.Certain)
}
