package postoffice

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/front"
)

// Letter is a mail that was sent, as its receiver gets it.
type Letter struct {
	To        string            `json:"to"` // with ", " between several
	From      string            `json:"from"`
	Subject   string            `json:"subject"`
	Text      string            `json:"text"`
	HTML      string            `json:"html"`
	Headers   map[string]string `json:"headers"`
	SentAt    time.Time         `json:"sent_at"`
	MessageID string            `json:"message_id"` // SES's; the field Message-ID has it with the region's domain
}

// Outbox lists the letters that were sent, oldest first.
func (o *Office) Outbox() []Letter {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Letter{}, o.sent...)
}

// sending is a call of SendEmail, as far as it is understood here.
type sending struct {
	FromEmailAddress string
	ReplyToAddresses []string
	Destination      struct{ ToAddresses, CcAddresses, BccAddresses []string }
	Content          struct {
		Simple *struct {
			Subject struct{ Data string }
			Body    struct{ Text, Html struct{ Data string } }
			Headers []struct{ Name, Value string }
		}
	}
	EmailTags            []struct{ Name, Value string }
	ConfigurationSetName string
}

// Sent takes a call of SendEmail that SES answered, and says in the background what became
// of the letter.
func (o *Office) Sent(request, answer []byte) {
	var s sending
	var answered struct{ MessageID string }
	if json.Unmarshal(request, &s) != nil || json.Unmarshal(answer, &answered) != nil || s.Content.Simple == nil {
		o.log.Warn("a mail was sent in a form that the outbox does not show: only simple messages are")
		return
	}
	letter := s.letter(answered.MessageID, o.world.Region, o.Now().UTC())
	o.mu.Lock()
	o.sent = append(o.sent, letter)
	o.mu.Unlock()
	o.posting.Go(func() { o.follow(s, letter) })
}

func (s sending) letter(id, region string, at time.Time) Letter {
	simple := s.Content.Simple
	l := Letter{
		To: strings.Join(s.recipients(), ", "), From: s.FromEmailAddress, Subject: simple.Subject.Data,
		Text: simple.Body.Text.Data, HTML: simple.Body.Html.Data, SentAt: at, MessageID: id, Headers: map[string]string{},
	}
	for _, header := range simple.Headers {
		l.Headers[header.Name] = header.Value
	}
	l.Headers["From"], l.Headers["To"], l.Headers["Subject"] = l.From, strings.Join(s.Destination.ToAddresses, ", "), l.Subject
	// SES sets these two itself, whatever it was given.
	l.Headers["Message-ID"], l.Headers["Date"] = "<"+id+"@"+region+".amazonses.com>", at.Format(time.RFC1123Z)
	if len(s.ReplyToAddresses) > 0 {
		l.Headers["Reply-To"] = strings.Join(s.ReplyToAddresses, ", ")
	}
	return l
}

func (s sending) recipients() []string {
	return slices.Concat(s.Destination.ToAddresses, s.Destination.CcAddresses, s.Destination.BccAddresses)
}

// follow publishes, for each recipient, what became of the letter there: it arrives,
// unless a fault says otherwise.
func (o *Office) follow(s sending, l Letter) {
	for _, to := range s.recipients() {
		kinds := []string{"delivery"}
		switch fault, _ := o.faults.Delivery(to); fault {
		case front.Bounce:
			kinds = []string{"bounce"}
		case front.Complaint: // comes from somebody who has the letter
			kinds = []string{"delivery", "complaint"}
		case front.Silence:
			kinds = nil
		}
		for _, kind := range kinds {
			o.tell(s.ConfigurationSetName, kind, o.event(kind, s, l, to))
		}
	}
}

// tell publishes an event to the destinations of a configuration set that want its kind.
func (o *Office) tell(set, kind string, event any) {
	for _, d := range o.world.EventDestinations {
		if d.Set != set || !slices.Contains(d.Kinds, kind) {
			continue
		}
		if err := o.publish(context.Background(), d.TopicARN, event); err != nil {
			o.log.Warn("an event of a letter was not published", "kind", kind, "error", err)
		}
	}
}

// event is what SES publishes of a letter.
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
func (o *Office) event(kind string, s sending, l Letter, to string) any {
	type object = map[string]any
	at := timestamp(o.Now().UTC())
	tags := map[string][]string{"ses:configuration-set": {s.ConfigurationSetName}, "ses:from-domain": {domain(strings.TrimSuffix(l.From, ">"))}}
	for _, tag := range s.EmailTags {
		tags[tag.Name] = append(tags[tag.Name], tag.Value)
	}
	var header fields
	for name, value := range l.Headers {
		header = append(header, field{name, value})
	}
	slices.SortFunc(header, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	event := object{
		"mail": object{
			"timestamp": timestamp(l.SentAt), "source": l.From, "sendingAccountId": o.world.Account, "messageId": l.MessageID,
			"destination": s.recipients(), "headersTruncated": false, "headers": header, "tags": tags,
			"commonHeaders": object{"from": []string{l.From}, "to": s.Destination.ToAddresses, "subject": l.Subject, "messageId": l.MessageID},
		},
	}
	switch kind {
	case "delivery":
		event["eventType"] = "Delivery"
		event["delivery"] = object{"timestamp": at, "processingTimeMillis": 100, "recipients": []string{to}, "smtpResponse": "250 2.0.0 OK", "reportingMTA": reporter}
	case "bounce":
		event["eventType"] = "Bounce"
		event["bounce"] = object{"bounceType": "Permanent", "bounceSubType": "General", "timestamp": at, "feedbackId": l.MessageID, "reportingMTA": "dns; " + reporter,
			"bouncedRecipients": []object{{"emailAddress": to, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 no such user"}}}
	case "complaint":
		event["eventType"] = "Complaint"
		event["complaint"] = object{"timestamp": at, "feedbackId": l.MessageID, "complaintFeedbackType": "abuse",
			"complainedRecipients": []object{{"emailAddress": to}}}
	}
	return event
}

const reporter = "a1-1.smtp-out.local"
