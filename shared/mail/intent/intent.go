// Package intent is a stub of types.
package intent

type Intent string

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

const (
	ThirdParty      = "third_party"
	Minor           = "minor"
	SeveralPeople   = "several_people"
	Injection       = "injection"
	Negated         = "negated"
	Ambiguous       = "ambiguous"
	UnknownLanguage = "unknown_language"
)

type Reading struct {
	Intent   Intent
	Language string
	Certain  bool
	Flags    []string
	Reasons  []string
}

func Read(subject, body string) Reading { return Reading{} }
