package notice

import (
	"encoding/json"
	"time"
)

// The kinds of [Event].
const (
	Send      = "send"
	Delivery  = "delivery"
	Delay     = "delay"
	Bounce    = "bounce"
	Complaint = "complaint"
	Reject    = "reject"
)

// Event tells what became of a mail of ours. It holds no address.
type Event struct {
	Kind      string    // "" for every other kind, and for SES trying out the topic
	MessageID string    // SES's, without "@…amazonses.com"
	At        time.Time // when it happened; when the mail was sent, if SES does not say; UTC
	Letter    string    // the mail's tag "letter": "<request id>.<number>"; "" without the tag
	Permanent bool      // of a bounce: the mailbox will never take it
}

var kinds = map[string]string{
	"Send": Send, "Delivery": Delivery, "DeliveryDelay": Delay, "Bounce": Bounce, "Complaint": Complaint, "Reject": Reject,
}

type event struct {
	EventType string `json:"eventType"`
	Mail      struct {
		Timestamp time.Time           `json:"timestamp"`
		MessageID string              `json:"messageId"`
		Tags      map[string][]string `json:"tags"`
	} `json:"mail"`
	Delivery  moment `json:"delivery"`
	Delay     moment `json:"deliveryDelay"`
	Complaint moment `json:"complaint"`
	Bounce    struct {
		moment
		Type string `json:"bounceType"`
	} `json:"bounce"`
}

type moment struct {
	Timestamp time.Time `json:"timestamp"`
}

// ParseEvent reads the body of an SQS message of the configuration set's topic.
// The error is fault.Invalid and quotes nothing.
func ParseEvent(body []byte) (Event, error) {
	message, err := unwrap(body)
	if err != nil || isSetup(message) {
		return Event{}, err
	}
	var in event
	if err := json.Unmarshal(message, &in); err != nil {
		return Event{}, invalid("the event is not the JSON of SES")
	}
	if in.EventType == "" || in.Mail.MessageID == "" {
		return Event{}, invalid("the event lacks its type or the mail's ID")
	}
	return in.event(), nil
}

func (in event) event() Event {
	out := Event{
		Kind: kinds[in.EventType], MessageID: in.Mail.MessageID, At: in.at().UTC(),
		Permanent: in.EventType == "Bounce" && in.Bounce.Type == "Permanent",
	}
	if letter := in.Mail.Tags["letter"]; len(letter) > 0 {
		out.Letter = letter[0]
	}
	return out
}

// at is the one time that the event's own object has, or when the mail was sent.
func (in event) at() time.Time {
	for _, own := range []moment{in.Delivery, in.Delay, in.Complaint, in.Bounce.moment} {
		if !own.Timestamp.IsZero() {
			return own.Timestamp
		}
	}
	return in.Mail.Timestamp
}
