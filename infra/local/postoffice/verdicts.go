package postoffice

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// Verdicts are what SES found of a mail.
type Verdicts struct{ SPF, DKIM, DMARC, Spam, Virus string }

// known are the words that SES has for them.
var known = []string{"PASS", "FAIL", "GRAY", "PROCESSING_FAILED", "DISABLED"}

// passed is a mail of which SES has nothing bad to say.
var passed = Verdicts{SPF: "PASS", DKIM: "PASS", DMARC: "PASS", Spam: "PASS", Virus: "PASS"}

// with takes the verdicts that are given, as in dmarc=FAIL&spf=GRAY, and refuses what is
// no verdict.
func (v Verdicts) with(given url.Values) (Verdicts, error) {
	for name, words := range given {
		verdict, ok := map[string]*string{"spf": &v.SPF, "dkim": &v.DKIM, "dmarc": &v.DMARC, "spam": &v.Spam, "virus": &v.Virus}[name]
		if !ok {
			return v, fmt.Errorf("no verdict is named %q: spf, dkim, dmarc, spam and virus are", name)
		}
		if len(words) != 1 || !slices.Contains(known, words[0]) {
			return v, fmt.Errorf("%s is %s: it is one of %s", name, strings.Join(words, " and "), strings.Join(known, ", "))
		}
		*verdict = words[0]
	}
	return v, nil
}

// verdictsHeader lets a mail by SMTP bring its verdicts; it is not delivered.
const verdictsHeader = "X-Local-Verdicts"

// judge is what a mail by SMTP gets. Nothing can be looked up in the DNS for invented
// domains, so the sender's server counts as allowed (SPF), a mail without a signature as
// unsigned (DKIM), and DMARC passes where the From field has the envelope's domain.
func judge(envelopeFrom string, header fields) (Verdicts, error) {
	v := passed
	if header.get("DKIM-Signature") == "" {
		v.DKIM = "GRAY"
	}
	from := header.addresses("From")
	if len(from) != 1 || domain(from[0]) != domain(envelopeFrom) {
		v.DMARC = "GRAY"
	}
	given, err := url.ParseQuery(header.get(verdictsHeader))
	if err != nil {
		return v, fmt.Errorf("%s: %w", verdictsHeader, err)
	}
	return v.with(given)
}
