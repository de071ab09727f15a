package postoffice

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/provision"
)

// Mail is a mail with its envelope, as it is handed in.
type Mail struct {
	From     string // "" of a bounce
	To       []string
	Verdicts Verdicts
	Raw      []byte
}

// largestMail is what SES takes, in bytes.
const largestMail = 40 << 20

// refusal is why a mail is not taken.
type refusal string

func (r refusal) Error() string { return string(r) }

// Accepts says whether a rule takes mail to an address.
func (o *Office) Accepts(address string) bool {
	return slices.ContainsFunc(o.world.ReceiptRules, func(r provision.ReceiptRule) bool { return takes(r, address) })
}

// takes matches as SES does: an address with any label, a domain, or with a dot before it
// its subdomains; a rule that lists nobody takes everything.
func takes(rule provision.ReceiptRule, address string) bool {
	address = strings.ToLower(address)
	local, at, found := strings.Cut(address, "@")
	plain, _, _ := strings.Cut(local, "+")
	return found && local != "" && (len(rule.Recipients) == 0 || slices.ContainsFunc(rule.Recipients, func(listed string) bool {
		listed = strings.ToLower(listed)
		switch {
		case strings.Contains(listed, "@"):
			return listed == address || listed == plain+"@"+at
		case strings.HasPrefix(listed, "."):
			return strings.HasSuffix(at, listed)
		}
		return listed == at
	}))
}

var controls = regexp.MustCompile(`[\x00-\x20\x7f<>]`)

// Receive delivers a mail by each rule that takes one of its recipients: the object first,
// then the notice. It returns SES's ID of the mail.
func (o *Office) Receive(ctx context.Context, m Mail) (string, error) {
	if len(m.Raw) > largestMail {
		return "", refusal("the mail is over 40 MB")
	}
	if slices.ContainsFunc(append([]string{m.From}, m.To...), controls.MatchString) {
		return "", refusal("an address of the envelope has characters that none has")
	}
	id, delivered := newMessageID(), false
	for _, rule := range o.world.ReceiptRules {
		matched := slices.DeleteFunc(slices.Clone(m.To), func(to string) bool { return !takes(rule, to) })
		if len(matched) == 0 {
			continue
		}
		if err := o.deliver(ctx, rule, receipt{Mail: m, id: id, at: o.Now().UTC(), matched: matched}); err != nil {
			return "", err
		}
		delivered = true
	}
	if !delivered {
		return "", refusal("no receipt rule takes mail to " + strings.Join(m.To, ", "))
	}
	return id, nil
}

func (o *Office) deliver(ctx context.Context, rule provision.ReceiptRule, r receipt) error {
	if !rule.Scan {
		r.Verdicts.Spam, r.Verdicts.Virus = "DISABLED", "DISABLED"
	}
	key := rule.Prefix + r.id
	r.Raw = append(r.stamp(o.world.Region), lineEnds(r.Raw)...)
	if err := o.put(ctx, rule.Bucket, key, r.Raw); err != nil {
		return fmt.Errorf("write the mail: %w", err)
	}
	header := readFields(r.Raw)
	o.note(Arrival{r.id, r.at, r.From, strings.Join(r.matched, ", "), header.get("Subject"), r.Verdicts, rule.Bucket, key})
	if rule.TopicARN == "" {
		return nil
	}
	if err := o.publish(ctx, rule.TopicARN, r.notice(header, rule, key)); err != nil {
		return fmt.Errorf("publish the notice: %w", err)
	}
	return nil
}

func (o *Office) note(a Arrival) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.received = append(o.received, a)
}

// lineEnds makes each line end as SMTP has it.
func lineEnds(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
}

// newMessageID is forty small letters and digits, as SES's IDs of received mails.
func newMessageID() string {
	return strings.ToLower(rand.Text() + rand.Text())[:40]
}

// receipt is a mail on its way through a rule.
type receipt struct {
	Mail
	id      string
	at      time.Time
	matched []string // recipients that the rule takes
}

// results are the verdicts as the Authentication-Results field says them.
var results = map[string]string{"PASS": "pass", "FAIL": "fail", "GRAY": "none", "PROCESSING_FAILED": "temperror", "DISABLED": "none"}

// stamp is what SES writes before a mail.
func (r receipt) stamp(region string) []byte {
	const client = "client-ip=127.0.0.1"
	sender, author := domain(r.From), domain(strings.Join(readFields(r.Raw).addresses("From"), ","))
	spf := results[r.Verdicts.SPF]
	var out bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&out, format+"\r\n", args...) }
	line("Return-Path: <%s>", r.From)
	line("Received: from mail.local ([127.0.0.1])")
	line(" by inbound-smtp.%s.amazonaws.com with SMTP id %s", region, r.id)
	line(" for %s;", r.matched[0])
	line(" %s", r.at.Format("Mon, 02 Jan 2006 15:04:05 -0700 (MST)"))
	line("X-SES-Spam-Verdict: %s", r.Verdicts.Spam)
	line("X-SES-Virus-Verdict: %s", r.Verdicts.Virus)
	line("Received-SPF: %s (spfCheck: %s) %s; envelope-from=%s; helo=mail.local;", spf, sender, client, r.From)
	line("Authentication-Results: amazonses.com;")
	line(" spf=%s (spfCheck: %s) %s; envelope-from=%s; helo=mail.local;", spf, sender, client, r.From)
	line(" dkim=%s header.i=@%s;", results[r.Verdicts.DKIM], author)
	line(" dmarc=%s header.from=%s;", results[r.Verdicts.DMARC], author)
	line("X-SES-RECEIPT: bG9jYWw=")
	return out.Bytes()
}

// longestHeaders is how much of the header a notice holds, in bytes.
const longestHeaders = 10 << 10

// notice is what SES publishes of a mail.
// https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
func (r receipt) notice(header fields, rule provision.ReceiptRule, key string) any {
	type object = map[string]any
	status := func(verdict string) object { return object{"status": verdict} }
	shown, truncated := shorten(header)
	received := object{
		"timestamp": timestamp(r.at), "processingTimeMillis": 100, "recipients": r.matched,
		"spamVerdict": status(r.Verdicts.Spam), "virusVerdict": status(r.Verdicts.Virus), "spfVerdict": status(r.Verdicts.SPF),
		"dkimVerdict": status(r.Verdicts.DKIM), "dmarcVerdict": status(r.Verdicts.DMARC),
		"action": object{"type": "S3", "topicArn": rule.TopicARN, "bucketName": rule.Bucket, "objectKeyPrefix": rule.Prefix, "objectKey": key},
	}
	// Only a mail that fails has a policy: one that is GRAY fails where nothing follows from it.
	if policy := map[string]string{"FAIL": "reject", "GRAY": "none"}[r.Verdicts.DMARC]; policy != "" {
		received["dmarcPolicy"] = policy
	}
	return object{
		"notificationType": "Received",
		"receipt":          received,
		"mail": object{
			"timestamp": timestamp(r.at), "source": r.From, "messageId": r.id, "destination": header.addresses("To", "Cc"),
			"headersTruncated": truncated, "headers": shown,
			"commonHeaders": object{
				"returnPath": r.From, "from": []string{header.get("From")}, "to": []string{header.get("To")},
				"date": header.get("Date"), "messageId": header.get("Message-ID"), "subject": header.get("Subject"),
			},
		},
	}
}

// shorten keeps the fields that a notice has room for.
func shorten(header fields) (fields, bool) {
	size := 0
	for i, f := range header {
		if size += len(f.Name) + len(f.Value) + 4; size > longestHeaders {
			return header[:i], true
		}
	}
	return header, false
}

func timestamp(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z") }
