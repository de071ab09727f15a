package vector

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
)

var (
	intents = words("end_user_delete customer_close_account customer_disconnect_channel customer_delete_lead " +
		"status_query confirm_reply retract_or_dispute access_request objection preserve_request question " +
		"wrong_addressee not_a_request auto_reply bounce")
	routes    = words("challenge confirm_link accept_token reply_status ask_more human drop")
	languages = words("en es fr de it pt ar he")
	verdicts  = words("PASS FAIL GRAY PROCESSING_FAILED DISABLED")
	platforms = words("instagram facebook whatsapp -")
	missing   = words("business handle code")
	flags     = words("third_party minor several_people injection from_not_strict dmarc_fail not_admin")
	raws      = words("base64")
	yes       = words("yes")

	tenantID = regexp.MustCompile(`^t_[a-z_]+$`)
	e164     = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	scopedID = regexp.MustCompile(`^[0-9]{15,17}$`)
	handle   = regexp.MustCompile(`^[a-z0-9._]+$`)
	address  = regexp.MustCompile(`^[^@<>\s]+@[^@<>\s]+$`)
)

func words(s string) []string { return strings.Fields(s) }

var repeatable = map[string]bool{"handle": true, "phone": true, "scoped_id": true, "name": true, "flag": true}

// keys are the headers of a file and what each sets.
var keys = map[string]func(*parser, string) error{
	"expect":   func(p *parser, s string) error { return one(&p.vector.Intent, s, intents) },
	"route":    func(p *parser, s string) error { return one(&p.vector.Route, s, routes) },
	"language": func(p *parser, s string) error { return one(&p.vector.Language, s, languages) },
	"spf":      func(p *parser, s string) error { return one(&p.vector.SPF, s, verdicts) },
	"dkim":     func(p *parser, s string) error { return one(&p.vector.DKIM, s, verdicts) },
	"dmarc":    func(p *parser, s string) error { return one(&p.vector.DMARC, s, verdicts) },
	"spam":     func(p *parser, s string) error { return one(&p.vector.Spam, s, verdicts) },
	"virus":    func(p *parser, s string) error { return one(&p.vector.Virus, s, verdicts) },
	"raw":      func(p *parser, s string) error { return one(&p.raw, s, raws) },

	"business":  func(p *parser, s string) error { return each(&p.vector.Businesses, strings.Split(s, ", "), tenantID) },
	"phone":     func(p *parser, s string) error { return each(&p.vector.Phones, []string{s}, e164) },
	"scoped_id": func(p *parser, s string) error { return each(&p.vector.ScopedIDs, []string{s}, scopedID) },
	"missing":   func(p *parser, s string) error { return some(&p.vector.Missing, strings.Split(s, ", "), missing) },
	"flag":      func(p *parser, s string) error { return some(&p.vector.Flags, []string{s}, flags) },
	"handle":    handleOf,
	"code":      code,
	"name": func(p *parser, s string) error {
		p.vector.Names = append(p.vector.Names, s)
		return nil
	},

	"envelope_from": envelopeFrom,
	"answers":       func(p *parser, s string) error { return truth(&p.vector.Answers, s) },
	"asked":         func(p *parser, s string) error { return mailbox(&p.vector.Asked, s) },
	"plain":         func(p *parser, s string) error { return truth(&p.vector.Plain, s) },
	"why": func(p *parser, s string) error {
		p.vector.Why = s
		return nil
	},
}

func one(field *string, value string, allowed []string) error {
	if !slices.Contains(allowed, value) {
		return fmt.Errorf("%q is none of %s", value, strings.Join(allowed, " "))
	}
	*field = value
	return nil
}

func some(field *[]string, values, allowed []string) error {
	for _, value := range values {
		var known string
		if err := one(&known, value, allowed); err != nil {
			return err
		}
		*field = append(*field, known)
	}
	return nil
}

func each(field *[]string, values []string, form *regexp.Regexp) error {
	for _, value := range values {
		if !form.MatchString(value) {
			return fmt.Errorf("%q has not the form %s", value, form)
		}
		*field = append(*field, value)
	}
	return nil
}

func truth(field *bool, value string) error {
	*field = true
	return one(new(string), value, yes)
}

func handleOf(p *parser, s string) error {
	platform, name, _ := strings.Cut(s, " ")
	if err := one(new(string), platform, platforms); err != nil {
		return err
	}
	if !handle.MatchString(name) {
		return fmt.Errorf("%q is no handle in lower case", name)
	}
	p.vector.Handles = append(p.vector.Handles, Handle{strings.Trim(platform, "-"), name})
	return nil
}

func code(p *parser, s string) error {
	normal, is := confirmation.Normalize(s)
	if s != codePlace && (!is || normal.Reveal() != s) {
		return errors.New("no confirmation code in its normal form")
	}
	p.vector.Code = s
	return nil
}

func envelopeFrom(p *parser, s string) error {
	if s == "<>" {
		return nil
	}
	return mailbox(&p.vector.EnvelopeFrom, s)
}

func mailbox(field *string, s string) error {
	if !address.MatchString(s) {
		return fmt.Errorf("%q is no address", s)
	}
	*field = s
	return nil
}
