package platform

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Event is a message as the platform's webhook takes it from Meta, with the channel
// that it came in at.
type Event struct {
	Tenant  string  `json:"tenant_id"`
	Channel string  `json:"channel_id"`
	Kind    string  `json:"kind"`              // dm, story_reply or comments
	Post    string  `json:"post_id,omitempty"` // of comments
	Sender  Sender  `json:"sender"`
	Login   *Login  `json:"login,omitempty"`
	Message Message `json:"message"`
}

// Sender is what Meta tells of the person: a scoped ID (PSID, IGSID, WhatsApp number),
// a BSUID, or both.
type Sender struct {
	ID     string `json:"id,omitempty"`
	BSUID  string `json:"bsuid,omitempty"`
	Handle string `json:"handle,omitempty"`
	Name   string `json:"name,omitempty"`
}

// Login says that the person has logged in to an app, and as whom.
type Login struct {
	App  string `json:"app_id"`
	User string `json:"user_id"`
}

// Message is dated by Meta.
type Message struct {
	ID          string       `json:"id"`
	SentAt      time.Time    `json:"sent_at"`
	Body        string       `json:"body"`
	Attachments []Attachment `json:"attachments,omitempty"`
}

// Attachment is a file that came with a message.
type Attachment struct {
	ContentType string `json:"content_type"`
	Content     []byte `json:"base64"`
}

// Outcome is what became of an event.
type Outcome string

const (
	Stored    Outcome = "stored"
	Dropped   Outcome = "dropped"   // older than a deletion
	Closed    Outcome = "closed"    // the channel or the tenant is gone or going
	Duplicate Outcome = "duplicate" // stored before; nothing changed
)

// Receipt says where a message is, if it is anywhere.
type Receipt struct {
	Outcome      Outcome `json:"outcome"`
	Lead         string  `json:"lead_id,omitempty"`
	Conversation string  `json:"conversation_id,omitempty"`
}

// errInvalid begins what is wrong with an event.
var errInvalid = errors.New("the event is not valid")

const comments = "comments"

func (e Event) check() error {
	var problems []string
	want := func(ok bool, what string) {
		if !ok {
			problems = append(problems, what)
		}
	}
	want(e.Tenant != "" && e.Channel != "", "it needs tenant_id and channel_id")
	want(slices.Contains([]string{"dm", "story_reply", comments}, e.Kind), "kind is dm, story_reply or comments")
	want((e.Kind == comments) == (e.Post != ""), "comments, and nothing else, have a post_id")
	want(e.Sender.ID != "" || e.Sender.BSUID != "", "sender needs an id or a bsuid")
	want(e.Login == nil || e.Login.App != "" && e.Login.User != "", "login needs app_id and user_id")
	want(e.Message.ID != "" && !e.Message.SentAt.IsZero(), "message needs id and sent_at")
	if len(problems) == 0 {
		return nil
	}
	return errors.Join(errInvalid, errors.New(strings.Join(problems, "; ")))
}

// sentAt is the date in the form of the stores.
func (e Event) sentAt() string { return e.Message.SentAt.UTC().Format(time.RFC3339Nano) }

func (e Event) messageKey() string { return e.sentAt() + "#" + e.Message.ID }

// platformUser is the ID that a contact goes by.
func (s Sender) platformUser() string {
	if s.ID != "" {
		return s.ID
	}
	return s.BSUID
}
