package inbound_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
)

const (
	sent  = "<0102019example-1a2b@eu-west-1.amazonses.com>"
	sesID = "0102019abc000000-1a2b3c4d-0000-4000-8000-000000000001-000000"
)

// report makes a multipart/report about a mail of ours.
func reportOf(kind, status string) string {
	return "From: Mail Delivery System <MAILER-DAEMON@mx.guest.example>\nReturn-Path: <>\nAuto-Submitted: auto-replied\nSubject: Undelivered\n" +
		"Content-Type: multipart/report; report-type=" + kind + "; boundary=b\n\n--b\n\nIt could not be delivered.\n--b\n" + status +
		"\n--b\nContent-Type: message/rfc822\n\nFrom: privacy@mikla.ai\nMessage-ID: " + sent + "\nX-Mikla-Request: 1042\nSubject: Re: x\n\nour words\n--b--\n"
}

func status(action string) string {
	return "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.guest.example\nX-Original-Message-ID: " + sent + "\n\nFinal-Recipient: rfc822; ana@guest.example\nAction: " + action + "\nStatus: 5.1.1\n"
}

func TestMachines(t *testing.T) {
	from := "From: Ana <ana@guest.example>\n"
	for name, c := range map[string]struct {
		raw     string
		machine inbound.Machine
		bounced []string
	}{
		"a person":                   {from + "Subject: out of office\n\nhi", inbound.Human, nil},
		"Exchange's suppress":        {from + "X-Auto-Response-Suppress: All\n\nhi", inbound.Human, nil},
		"Auto-Submitted: no":         {from + "Auto-Submitted: no\n\nhi", inbound.Human, nil},
		"only List-Unsubscribe":      {from + "List-Unsubscribe: <https://crm.example/u>\n\nhi", inbound.Human, nil},
		"an answer that quotes us":   {from + "\nhi\n\n> X-Mikla-Request: 1", inbound.Human, nil},
		"first-class":                {from + "Precedence: first-class\n\nhi", inbound.Human, nil},
		"own address":                {"From: Mikla <Privacy@Mikla.AI>\n\nhi", inbound.Own, nil},
		"own plus address":           {"From: privacy+r.abc@mikla.ai\n\nhi", inbound.Own, nil},
		"own header":                 {from + "X-Mikla-Request: 1042\n\nhi", inbound.Own, nil},
		"own header, as a bounce":    {from + "X-Mikla-Request: 1042\nReturn-Path: <>\n\nhi", inbound.Own, nil},
		"a look-alike of ours":       {"From: privacy@mikla.ai.attack.example\n\nhi", inbound.Human, nil},
		"report of a failure":        {reportOf("delivery-status", status("failed")), inbound.Bounce, []string{sent}},
		"report without an action":   {reportOf("\"delivery-status\"", "Content-Type: text/plain\n\nx"), inbound.Bounce, []string{sent}},
		"report of a delay":          {"In-Reply-To: " + sent + "\n" + reportOf("delivery-status", status("delayed")), inbound.Auto, nil},
		"report of a delivery":       {reportOf("delivery-status", status("delivered")), inbound.Auto, nil},
		"report of both":             {reportOf("delivery-status", status("delivered")+"\nAction: failed\n"), inbound.Bounce, []string{sent}},
		"complaint":                  {reportOf("feedback-report", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse"), inbound.Feedback, []string{sent}},
		"complaint, type left out":   {strings.Replace(reportOf("x", "Content-Type: message/feedback-report\n\nFeedback-Type: abuse"), "report-type=x; ", "", 1), inbound.Feedback, []string{sent}},
		"read receipt":               {reportOf("disposition-notification", "Content-Type: message/disposition-notification\n\nDisposition: x; displayed"), inbound.Auto, nil},
		"headers only":               {strings.Replace(reportOf("delivery-status", status("failed")), "message/rfc822", "text/rfc822-headers", 1), inbound.Bounce, []string{sent}},
		"SES's own ID":               {reportOf("delivery-status", strings.Replace(status("failed"), "X-Original-Message-ID: "+sent, "X-SES-Message-ID: "+sesID, 1)), inbound.Bounce, []string{sesID, sent}},
		"failed recipients":          {from + "X-Failed-Recipients: x@y.example\nIn-Reply-To: " + sent + "\n\nhi", inbound.Bounce, []string{sent}},
		"daemon":                     {"From: MAILER-DAEMON (Mail Delivery System)\nReferences: " + sent + "\n\nhi", inbound.Bounce, []string{sent}},
		"null sender":                {from + "Return-Path: <>\n\nhi", inbound.Bounce, nil},
		"null sender, not ours":      {"Return-Path: <ana@guest.example>\n" + from + "Return-Path: <>\n\nhi", inbound.Human, nil},
		"null sender, away":          {from + "Return-Path: <>\nSubject: =?utf-8?Q?R=C3=A9ponse_automatique?= : x\n\nhi", inbound.Auto, nil},
		"null sender, auto":          {from + "Return-Path: <>\nAuto-Submitted: auto-replied\n\nhi", inbound.Auto, nil},
		"auto-replied":               {from + "Auto-Submitted: auto-replied (vacation)\n\nhi", inbound.Auto, nil},
		"auto-generated":             {from + "Auto-Submitted: Auto-Generated; x=y\n\nhi", inbound.Auto, nil},
		"X-Autoreply":                {from + "X-Autoreply: yes\n\nhi", inbound.Auto, nil},
		"X-Autorespond":              {from + "X-Autorespond: x\n\nhi", inbound.Auto, nil},
		"Precedence auto_reply":      {from + "Precedence: auto_reply\n\nhi", inbound.Auto, nil},
		"away and bulk":              {from + "Precedence: bulk\nSubject: Abwesenheitsnotiz\n\nhi", inbound.Auto, nil},
		"auto on a list":             {from + "Auto-Submitted: auto-replied\nList-Id: <x.y.example>\n\nhi", inbound.Auto, nil},
		"list":                       {from + "List-Id: <x.y.example>\nPrecedence: bulk\n\nhi", inbound.List, nil},
		"list by precedence":         {from + "List-Unsubscribe: <x>\nPrecedence: list\n\nhi", inbound.List, nil},
		"bulk":                       {from + "Precedence: bulk\n\nhi", inbound.Bulk, nil},
		"junk":                       {from + "Precedence: junk\n\nhi", inbound.Bulk, nil},
		"a broken header, still own": {from + "Broken line here\nX-Mikla-Request: 1\n\nhi", inbound.Own, nil},
	} {
		mail, err := inbound.Read([]byte(c.raw))
		if err != nil || mail.Machine != c.machine || !slices.Equal(mail.Bounced, c.bounced) {
			t.Errorf("%s: got %q %q %v, want %q %q", name, mail.Machine, mail.Bounced, err, c.machine, c.bounced)
		}
	}
}
