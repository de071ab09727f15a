package mailroomtest

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/mail/archive"
	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/outbox"
	"github.com/mikla-ai/data-deletion/shared/workflow"
)

// starts is the queue of start messages.
type starts struct{ w *World }

func (s starts) Send(_ context.Context, m workflow.Message) error {
	return s.w.Strike("queue a start", func() { s.w.starts = append(s.w.starts, m) })
}

// letters is the queue of requests that owe some.
type letters struct{ w *World }

func (l letters) Send(_ context.Context, id string) error {
	return l.w.Strike("queue letters", func() { l.w.letters = append(l.w.letters, id) })
}

// executions is the state machine: a name runs once.
type executions struct{ w *World }

func nameOf(m workflow.Message) string { return fmt.Sprintf("%s-%d", m.RequestID, m.Run) }

func (e executions) Start(_ context.Context, name string, m workflow.Message) error {
	return e.w.Strike("start an execution", func() {
		if _, known := e.w.ran[name]; !known {
			e.w.ran[name] = false
			e.w.waiting = append(e.w.waiting, m)
		}
	})
}

func (e executions) Running(_ context.Context, name string) (bool, error) {
	ended, known := e.w.ran[name]
	return known && !ended, nil
}

// post is SES.
type post struct{ w *World }

func (p post) Send(_ context.Context, m outbox.Mail) (string, error) {
	id := fmt.Sprintf("0100-letter-%04d", len(p.w.Sent)+1)
	err := p.w.Strike("send a letter", func() {
		p.w.Sent = append(p.w.Sent, Sent{Mail: m, ID: id, At: p.w.Now()})
		p.w.events = append(p.w.events, p.w.eventOf(m, id))
	})
	return id, err
}

func (w *World) eventOf(m outbox.Mail, id string) notice.Event {
	kind := w.Becomes[m.To]
	if kind == "" {
		kind = notice.Delivery
	}
	return notice.Event{Kind: kind, MessageID: id, At: w.Now(), Letter: m.Name, Permanent: kind == notice.Bounce}
}

// bucket is the archive.
type bucket struct{ w *World }

func (b bucket) Raw(_ context.Context, key string, most int64) ([]byte, error) {
	text, found := b.w.Archive[key]
	if !found {
		return nil, fault.New(fault.NotFound, "the mail is not in the bucket any more")
	}
	return []byte(text[:min(len(text), int(most))]), nil
}

func (b bucket) Decided(_ context.Context, id string) (bool, error) {
	_, found := b.w.Archive[archive.DecisionPrefix+id]
	return found, nil
}

func (b bucket) Decide(_ context.Context, id string, doc []byte) error {
	return b.w.Strike("write a decision", func() { b.w.Archive[archive.DecisionPrefix+id] = string(doc) })
}

func (b bucket) Remove(_ context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return b.w.Strike("remove mails", func() {
		for _, id := range ids {
			delete(b.w.Archive, archive.RawPrefix+id)
			delete(b.w.Archive, archive.DecisionPrefix+id)
		}
	})
}

// businesses are the tenants of the live data that are not about to go.
func (w *World) businesses(context.Context) ([]business.Entry, error) {
	entries := []business.Entry{}
	for _, it := range w.Live.World().Records["tenants"] {
		if it.Text("deleting_at") == "" {
			entries = append(entries, business.Entry{TenantID: it.Text("tenant_id"), Name: it.Text("name"), City: it.Text("city"),
				Region: it.Text("region"), Aliases: texts(it, "aliases"), AdminEmails: texts(it, "admin_emails")})
		}
	}
	return entries, nil
}

func texts(it livedata.Item, name string) []string {
	list, _ := it[name].(*types.AttributeValueMemberL)
	if list == nil {
		return nil
	}
	var out []string
	for _, v := range list.Value {
		if s, ok := v.(*types.AttributeValueMemberS); ok {
			out = append(out, s.Value)
		}
	}
	return out
}
