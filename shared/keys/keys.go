// Package keys is the keys that backups are sealed under: a random one for each subject,
// wrapped by the key of what holds it, a conversation's by its lead's, that by the
// channel's, that by the tenant's, that by KMS. Destroying one row makes every copy of
// what is sealed under it unreadable, in however many snapshots it is.
package keys

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// Staff is the kind of a member of staff, who is of no scope of the data map: named within
// a tenant by what the map's backup.staff gives.
const Staff = "staff"

// Quotes is the kind of what others quote of a lead, which stands below that lead: when one
// of the lead's conversations is deleted, every quotation goes, and the rest stays.
const Quotes = "quotes"

// Top is where tenants' keys stand, which KMS wraps.
const Top = "top"

// ErrDestroyed says that a key is gone for ever: what is sealed under it cannot be opened.
var ErrDestroyed = errors.New("the key is destroyed")

// Subject is whose key it is: a scope of the data map, or Staff, and the values of its key
// fields.
type Subject struct {
	Kind   string
	Values []string
}

// Path leads to a subject from its tenant down, through all whose keys wrap its own.
type Path []Subject

// Step is how a key is known outside of its table. Name is a keyed fingerprint, ID is the
// random one of this very key: a subject that comes back gets another.
type Step struct {
	Name string `json:"n"`
	ID   string `json:"i"`
}

// Ref is a key's steps from the tenant's down to its own. It reveals nobody.
type Ref []Step

// Own is the last step.
func (r Ref) Own() Step { return r[len(r)-1] }

// nameDigits is how much of a fingerprint names a key: 128 bits, enough that no two of a
// tenant's subjects share one.
const nameDigits = 32

// Names are what the row of a subject may be called, under every version of the secret,
// the current one first. A version that is removed takes with it the way to the rows that
// it names: not before every snapshot that was sealed under them is gone.
func Names(secret secrets.Versioned, s Subject) []string {
	prints := fence.ScopePrints(secret, s.Kind, s.Values...)
	for i, print := range prints {
		prints[i] = Short(print)
	}
	return prints
}

// Short is the name that goes with the fingerprint of a subject's tombstone.
func Short(fingerprint string) string {
	version, mac, _ := strings.Cut(fingerprint, ".")
	return version + "." + mac[:min(nameDigits, len(mac))]
}

// Row is a key as it is stored: at its parent's and its own name.
type Row struct {
	Parent, Name string
	ID           string
	ParentID     string    // of the key that wraps it; "" for KMS
	Wrapped      []byte    // not read by who may only see names
	Cutoff       time.Time // nothing dated up to it is sealed under this key; zero: no bound
	CreatedAt    time.Time
}

// Bars says that nothing dated up to a tombstone's cutoff was ever sealed under the key.
func (r Row) Bars(cutoff time.Time) bool { return !cutoff.IsZero() && !r.Cutoff.Before(cutoff) }

// leadScope is the only level that a path may leave out: a thread of several authors is no
// lead's.
const leadScope = "lead"

// QuotesOf leads on from a lead to what others quote of it.
func QuotesOf(lead Path) Path {
	return append(slices.Clone(lead), Subject{Kind: Quotes, Values: lead[len(lead)-1].Values})
}

// PathTo is PathOf for who destroys: it may leave out the channel of a lead, if no row says
// any more which it was.
func PathTo(m *datamap.Map, scope datamap.Scope, fields map[string]string) (Path, error) {
	path, err := PathOf(m, scope, fields)
	if err == nil || scope.Name != leadScope || fields["channel_id"] != "" {
		return path, err
	}
	wide := m.Scopes[len(m.Scopes)-1]
	tenant, err := subjectOf(wide, fields)
	if err != nil {
		return nil, err
	}
	lead, err := subjectOf(scope, fields)
	if err != nil {
		return nil, err
	}
	return Path{tenant, lead}, nil
}

// PathOf leads to the subject of a scope with these fields: a conversation without a
// lead_id stands under its channel.
func PathOf(m *datamap.Map, scope datamap.Scope, fields map[string]string) (Path, error) {
	var path Path
	for _, s := range slices.Backward(m.Scopes) { // from wide to narrow
		if s.Name != leadScope || s.Name == scope.Name || fields["lead_id"] != "" {
			subject, err := subjectOf(s, fields)
			if err != nil {
				return nil, err
			}
			path = append(path, subject)
		}
		if s.Name == scope.Name {
			return path, nil
		}
	}
	return nil, fault.New(fault.Permanent, "whose key it is cannot be told: the data map has no such scope")
}

func subjectOf(s datamap.Scope, fields map[string]string) (Subject, error) {
	subject := Subject{Kind: s.Name}
	for _, name := range s.Key {
		if fields[name] == "" {
			return Subject{}, fault.New(fault.Permanent, "whose key it is cannot be told: a "+s.Name+" lacks its "+name)
		}
		subject.Values = append(subject.Values, fields[name])
	}
	return subject, nil
}

// Whose lists under whose keys a record is sealed; all of them are needed to open it. known
// are the fields of where it was found: of its channel, and of the row that it was found
// from, whose lead_id is that of the lead who holds a conversation.
func Whose(m *datamap.Map, s datamap.Store, it livedata.Item, known map[string]string) ([]Path, error) {
	scope, ok := m.Scope(s.Backup.Under)
	if !ok {
		return nil, fault.New(fault.Permanent, "records of "+s.Name+" are sealed under no scope")
	}
	fields := known
	if locates(scope, s) { // its own row says whose it is
		fields = livedata.Merge(known, it.Fields(s.ContainerFields()))
	}
	if scope.Name == leadScope && fields["lead_id"] == "" {
		return ofStaff(m, s, it, known)
	}
	own, err := PathOf(m, scope, fields)
	if err != nil {
		return nil, err
	}
	author := authorOf(s, it)
	if author == "" || author == fields["lead_id"] {
		return []Path{own}, nil
	}
	lead, _ := m.Scope(leadScope)
	other, err := PathOf(m, lead, livedata.Merge(fields, map[string]string{"lead_id": author}))
	if err != nil {
		return nil, err
	}
	return []Path{own, other}, nil
}

// locates says that a row of the store is the scope's subject itself. It asks the store
// alone and makes no plan, since it is asked for every record.
func locates(scope datamap.Scope, s datamap.Store) bool {
	return s.Goes() && slices.ContainsFunc(s.Find[scope.Name], func(f datamap.Finder) bool {
		return datamap.Unit{Scope: scope, Store: s, Finder: f}.Locates()
	})
}

// authorOf is the lead whom a record says that it belongs to, or by whose key it is found.
func authorOf(s datamap.Store, it livedata.Item) string {
	for attribute, field := range s.Belongs {
		if lead := it.Text(attribute); field == "lead_id" && lead != "" {
			return lead
		}
	}
	for _, finder := range s.Find[leadScope] {
		for attribute, key := range finder.Where {
			if fields, ok := key.Match(it.Text(attribute)); ok && finder.From == "" && fields["lead_id"] != "" {
				return fields["lead_id"]
			}
		}
	}
	return ""
}

// ofStaff is for a record that is of no lead: of the channel, and of the member of staff
// whom it names.
func ofStaff(m *datamap.Map, s datamap.Store, it livedata.Item, known map[string]string) ([]Path, error) {
	channel, _ := m.Scope("channel")
	own, err := PathOf(m, channel, known)
	if err != nil {
		return nil, err
	}
	staff, err := StaffPath(s, it, known)
	if err != nil {
		return nil, err
	}
	return []Path{own, staff}, nil
}

// StaffPath leads to the member of staff whom a record, or a member of its list, names.
func StaffPath(s datamap.Store, named livedata.Item, known map[string]string) (Path, error) {
	name, err := s.Backup.Staff.Expand(named.Fields(s.Backup.Staff.Fields()))
	if err != nil || name == "" {
		return nil, fault.New(fault.Permanent, "a record of "+s.Name+" names neither a lead nor a member of staff")
	}
	tenant := known["tenant_id"]
	if tenant == "" {
		return nil, fault.New(fault.Permanent, "whose key it is cannot be told: a record of "+s.Name+" lacks its tenant")
	}
	return Path{{Kind: "tenant", Values: []string{tenant}}, {Kind: Staff, Values: []string{tenant, name}}}, nil
}
