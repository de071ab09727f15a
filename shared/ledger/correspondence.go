package ledger

import (
	"context"
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

const (
	mailKey       = "mailkey"
	mailboxPrefix = "mailbox#"
	mostMailboxes = 20
)

// Mailbox is whom letters of a request go to. It names a person, and stands sealed in
// the correspondence file.
type Mailbox struct {
	Address  string   `json:"address"`
	Language string   `json:"language"`         // of the letters; "" unknown
	Answers  []string `json:"answers"`          // Message-IDs of the mail that is answered and those before it
	Role     string   `json:"role"`             // Requester, Admin or Subscriber
	Proven   bool     `json:"proven,omitempty"` // somebody who reads it has answered
	Business string   `json:"business"`         // of an admin: the name in our own records
}

// Roles of a mailbox.
const (
	Requester  = "requester"  // asked by mail
	Admin      = "admin"      // on file for a business
	Subscriber = "subscriber" // wants to be told of a request that came another way
)

func mailKeyKey(id string) Key { return Key{CaseKeys, "request#" + id, mailKey} }

func mailboxSK(place int) string { return fmt.Sprintf("%s%03d", mailboxPrefix, place) }

// Tag marks the letters of a request, in their subjects: eight characters that reveal
// nothing and open nothing.
func Tag(r request.Request) string {
	id, _ := hex.DecodeString(r.ID[:min(10, len(r.ID))]) // IDs are hexadecimal
	return "MK-" + base32.StdEncoding.EncodeToString(id)
}

func tagKey(r request.Request) Key { return pointerKey("tag", strings.ToUpper(Tag(r))) }

// newCorrespondence begins a correspondence file, and the way to it from an answer.
func (l *Ledger) newCorrespondence(r request.Request, first int, boxes []Mailbox) ([]Write, error) {
	rows := make([]caseRow, len(boxes))
	for i, box := range boxes {
		rows[i] = caseRow{mailboxSK(first + i), box}
	}
	_, writes, err := l.newFile(r, mailKeyKey(r.ID), rows)
	tag := pointTo(r, tagKey(r))
	tag.Expect = Any
	return append(writes, tag), err
}

// Correspond adds a mailbox to a request, in any state, together with a change that is
// told its place.
func (l *Ledger) Correspond(ctx context.Context, id string, box Mailbox, change func(r *request.Request, place int) error) (request.Request, error) {
	return l.updateWith(ctx, id, 0, func(r *request.Request) ([]Write, error) {
		if r.Scrubbing {
			return nil, fault.New(fault.Conflict, "the request's correspondence is being destroyed")
		}
		if !r.Mailbox {
			place := r.NextPlace() // not one that an old token is for
			r.Mailbox, r.Notify = true, nil
			if err := change(r, place); err != nil {
				return nil, err
			}
			return l.newCorrespondence(*r, place, []Mailbox{box})
		}
		file, err := l.mailFile(ctx, id)
		if err != nil {
			return nil, err
		}
		boxes, err := l.Mailboxes(ctx, id)
		if err != nil {
			return nil, err
		}
		if len(boxes) >= mostMailboxes {
			return nil, fault.New(fault.Conflict, "the request writes to enough mailboxes already")
		}
		if err := change(r, len(boxes)); err != nil {
			return nil, err
		}
		write, err := file.write(*r, caseRow{mailboxSK(len(boxes)), box})
		write.Expect = 0
		return []Write{write}, err
	})
}

// Prove notes that whoever reads a mailbox has answered, with a change.
func (l *Ledger) Prove(ctx context.Context, id string, place int, change func(r *request.Request, box Mailbox) error) (request.Request, error) {
	file, err := l.mailFile(ctx, id)
	if err != nil {
		return request.Request{}, err
	}
	boxes, err := l.Mailboxes(ctx, id)
	if err != nil {
		return request.Request{}, err
	}
	if place >= len(boxes) || boxes[place].Address == "" {
		return request.Request{}, errNoRequest
	}
	box := boxes[place]
	box.Proven = true
	return l.updateWith(ctx, id, 0, func(r *request.Request) ([]Write, error) {
		if err := change(r, boxes[place]); err != nil || boxes[place].Proven {
			return nil, err
		}
		write, err := file.write(*r, caseRow{mailboxSK(place), box})
		return []Write{write}, err
	})
}

// mailFile opens the correspondence. One that is gone is a conflict: its letters have
// all arrived.
func (l *Ledger) mailFile(ctx context.Context, id string) (*caseFile, error) {
	row, found, err := l.Rows.Get(ctx, mailKeyKey(id))
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.Conflict, "the request has no correspondence file, or none any more")
	}
	var key caseKey
	if err := json.Unmarshal(row.Doc, &key); err != nil {
		return nil, fault.As(fault.Permanent, "decode the key of a correspondence file", err)
	}
	return fileUnder(key.Key, id)
}

// Mailboxes reads whom letters go to, by their places. One of an earlier correspondence is
// empty.
func (l *Ledger) Mailboxes(ctx context.Context, id string) ([]Mailbox, error) {
	file, err := l.mailFile(ctx, id)
	if err != nil {
		return nil, err
	}
	var boxes []Mailbox
	err = l.each(ctx, CaseFile, caseRowKey(id, "").PK, mailboxPrefix, func(row Row) error {
		place, err := strconv.Atoi(strings.TrimPrefix(row.SK, mailboxPrefix))
		if err != nil {
			return fault.New(fault.Permanent, "a mailbox stands at no place")
		}
		for len(boxes) <= place {
			boxes = append(boxes, Mailbox{})
		}
		return file.read(row, &boxes[place])
	})
	return boxes, err
}

// ScrubMail destroys the correspondence of a request that is over: it is said that it
// goes, so that nobody is added; then its key goes, then its rows, then the note that there
// is one. Again is as good as once.
func (l *Ledger) ScrubMail(ctx context.Context, id string) error {
	r, err := l.Update(ctx, id, 0, func(r *request.Request) error {
		r.Scrubbing = r.Scrubbing || r.Mailbox && r.Settled(l.Now())
		return nil
	})
	if err != nil || !r.Scrubbing {
		return err
	}
	key := Write{Row: Row{Key: mailKeyKey(id)}, Expect: Any, Delete: true}
	if err := l.Rows.Commit(ctx, l.Token(), []Write{key}); err != nil {
		return err
	}
	if err := l.remove(ctx, id, func(sk string) bool { return strings.HasPrefix(sk, mailboxPrefix) }); err != nil {
		return err
	}
	_, err = l.Update(ctx, id, 0, func(r *request.Request) error {
		r.Mailbox, r.Scrubbing = false, false
		return nil
	})
	return err
}

// ByTag finds the request whose letters carry a tag; a hint, since a tag proves nothing.
func (l *Ledger) ByTag(ctx context.Context, tag string) (request.Request, error) {
	r, _, err := l.follow(ctx, pointerKey("tag", strings.ToUpper(tag)))
	return r, err
}

// PointSent notes that SES sent a letter of the request under an ID of its own.
func (l *Ledger) PointSent(ctx context.Context, r request.Request, sesID string) error {
	write := pointTo(r, pointerKey("sent", sesID))
	write.Expect = Any
	return l.Rows.Commit(ctx, l.Token(), []Write{write})
}

// BySent finds the request of a letter by the ID that SES gave it; a hint.
func (l *Ledger) BySent(ctx context.Context, sesID string) (request.Request, error) {
	r, _, err := l.follow(ctx, pointerKey("sent", sesID))
	return r, err
}

// PointNotice notes that a notice belongs to a request that was not made of it.
func (l *Ledger) PointNotice(ctx context.Context, r request.Request, occasion []string, keys Keys) error {
	write := l.pointTo(r, "notice", occasion, keys)
	write.Expect = Any
	return l.Rows.Commit(ctx, l.Token(), []Write{write})
}

// Admitted finds the request that a notice belongs to, by what identifies that.
func (l *Ledger) Admitted(ctx context.Context, occasion []string, keys Keys) (request.Request, bool, error) {
	to, err := l.pointed(ctx, "notice", occasion, keys.Fingerprint)
	return to.request, to.found, err
}
