// Package notice reads what SES tells of mail: that one was received, and what
// became of one that was sent. Both come through SNS and SQS, either in SNS's
// envelope or delivered raw.
package notice

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

// Verdict is what SES says of one check. Only the three constants mean
// anything; every other value, also the empty one of a check that SES left
// out, is a check that did not pass.
type Verdict string

const (
	Pass Verdict = "PASS"
	Gray Verdict = "GRAY" // no policy that could be failed, or a failure that no policy forbids
	Fail Verdict = "FAIL"
)

// Received tells of one mail that SES put into a bucket. The addresses are
// personal, so it does not print itself.
type Received struct {
	MessageID                     string    // SES's, also the last part of Key
	At                            time.Time // when SES received it, UTC
	EnvelopeFrom                  string    // MAIL FROM; "" for the null sender of bounces
	Recipients                    []string  // RCPT TO, those that the rule matched
	SPF, DKIM, DMARC, Spam, Virus Verdict
	Bucket, Key                   string // the raw mail in S3
	// Setup: SES only tried out the rule. Nothing else is to be relied on, and
	// nothing is to be done.
	Setup bool
}

// Format prints [personal.Redacted] for every verb.
func (Received) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, personal.Redacted) }

// LogValue gives [personal.Redacted].
func (Received) LogValue() slog.Value { return slog.StringValue(personal.Redacted) }

// MarshalText gives [personal.Redacted]; encoding/json uses it.
func (Received) MarshalText() ([]byte, error) { return []byte(personal.Redacted), nil }

// setup is the name that SES gives to the mail, and to the object, with which it
// tries out a rule.
const setup = "AMAZON_SES_SETUP_NOTIFICATION"

// validated begins the text that SES publishes when a topic is connected to it.
const validated = "Successfully validated SNS topic for Amazon SES"

type received struct {
	NotificationType string `json:"notificationType"`
	Mail             struct {
		Timestamp time.Time `json:"timestamp"`
		Source    string    `json:"source"`
		MessageID string    `json:"messageId"`
	} `json:"mail"`
	Receipt struct {
		Recipients []string `json:"recipients"`
		SPF        status   `json:"spfVerdict"`
		DKIM       status   `json:"dkimVerdict"`
		DMARC      status   `json:"dmarcVerdict"`
		Spam       status   `json:"spamVerdict"`
		Virus      status   `json:"virusVerdict"`
		Action     struct {
			Type   string `json:"type"`
			Bucket string `json:"bucketName"`
			Key    string `json:"objectKey"`
		} `json:"action"`
	} `json:"receipt"`
}

type status struct {
	Status Verdict `json:"status"`
}

// ParseReceived reads the body of an SQS message of the S3 action's topic. The
// error is fault.Invalid and quotes nothing.
func ParseReceived(body []byte) (Received, error) {
	message, err := unwrap(body)
	if err != nil {
		return Received{}, err
	}
	if isSetup(message) {
		return Received{Setup: true}, nil
	}
	var in received
	if err := json.Unmarshal(message, &in); err != nil {
		return Received{}, invalid("the notification is not the JSON of SES")
	}
	if in.Mail.MessageID == setup || strings.HasSuffix(in.Receipt.Action.Key, setup) {
		return Received{Setup: true}, nil
	}
	if err := in.check(); err != nil {
		return Received{}, err
	}
	return in.notice(), nil
}

func (in received) check() error {
	switch {
	case in.NotificationType != "Received":
		return invalid("the notification is not one of a received mail")
	case in.Mail.MessageID == "" || in.Mail.Timestamp.IsZero():
		return invalid("the notification lacks the mail's ID or time")
	case in.Receipt.Action.Type != "S3" || in.Receipt.Action.Bucket == "" || in.Receipt.Action.Key == "":
		return invalid("the notification names no object in S3: the rule's action must be S3 with a topic")
	}
	return nil
}

func (in received) notice() Received {
	receipt := in.Receipt
	return Received{
		MessageID: in.Mail.MessageID, At: in.Mail.Timestamp.UTC(),
		EnvelopeFrom: strings.TrimSuffix(strings.TrimPrefix(in.Mail.Source, "<"), ">"), Recipients: receipt.Recipients,
		SPF: receipt.SPF.Status, DKIM: receipt.DKIM.Status, DMARC: receipt.DMARC.Status,
		Spam: receipt.Spam.Status, Virus: receipt.Virus.Status,
		Bucket: receipt.Action.Bucket, Key: receipt.Action.Key,
	}
}

// unwrap takes the message out of SNS's envelope, if there is one.
func unwrap(body []byte) ([]byte, error) {
	var envelope struct {
		Type    string
		Message *string
	}
	if isSetup(body) {
		return body, nil
	}
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, invalid("the message is not JSON")
	}
	if envelope.Message == nil {
		return body, nil
	}
	if envelope.Type != "Notification" {
		return nil, invalid("the message of SNS is not a notification")
	}
	return []byte(*envelope.Message), nil
}

// isSetup tells whether the message is a bare text of SES's setup.
func isSetup(message []byte) bool {
	text := strings.TrimSpace(string(message))
	return text == setup || strings.HasPrefix(text, validated)
}

func invalid(what string) error { return fault.New(fault.Invalid, what) }
