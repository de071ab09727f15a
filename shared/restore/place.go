package restore

import (
	"errors"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// mostHolders bounds how many containers are remembered: several times what a batch is
// found from.
const mostHolders = 20000

// placer tells what a record of a snapshot was found from, which the frames do not say.
type placer struct {
	Map     *datamap.Map
	Secret  secrets.Versioned
	Unit    snapshot.Unit
	holders map[string]string // container's key -> the lead who holds it
}

func (p *placer) unit() map[string]string {
	known := map[string]string{"tenant_id": p.Unit.Tenant}
	if p.Unit.Channel != "" {
		known["channel_id"] = p.Unit.Channel
	}
	return known
}

// known are the fields that keys.Whose needs besides the record: those of the unit, those
// that the record's own keys are made of, and the lead who holds the container that it
// stands in, told by the key that the record is sealed under.
func (p *placer) known(s datamap.Store, it livedata.Item, refs []keys.Ref) (map[string]string, error) {
	unit := p.unit()
	if livedata.Foreign(s, it, unit) {
		return nil, fault.New(fault.Permanent, "a record of "+s.Name+" in a backup says that it belongs to another tenant or channel")
	}
	known := unit
	for _, finder := range s.Find[s.Backup.Under] {
		fields, ok := matched(finder, it)
		if ok {
			known = livedata.Merge(known, fields, unit)
			break
		}
	}
	if s.Backup.Under != "conversation" || len(refs) == 0 {
		return known, nil
	}
	return p.held(s, it, refs[0], known)
}

// errUnplaced says that what a record was found from did not come before it, which is so
// where a unit is gone on with in the middle, or only part of it is read.
var errUnplaced = errors.New("what leads to it did not come before it")

// matched reads a subject's fields out of the attributes that a finder looks for.
func matched(finder datamap.Finder, it livedata.Item) (map[string]string, bool) {
	out := map[string]string{}
	for attribute, form := range finder.Where {
		fields, ok := form.Match(it.Text(attribute))
		if !ok || it.Text(attribute) == "" {
			return nil, false
		}
		for name, value := range fields {
			if out[name] != "" && out[name] != value {
				return nil, false
			}
			out[name] = value
		}
	}
	return out, len(out) > 0
}

// depth of a conversation's key that no lead holds: tenant, channel, conversation.
const withoutLead = 3

// held adds the lead who holds the conversation that a record stands in. A key of three
// steps has none.
func (p *placer) held(s datamap.Store, it livedata.Item, own keys.Ref, known map[string]string) (map[string]string, error) {
	delete(known, "lead_id")
	if len(own) <= withoutLead {
		return known, nil
	}
	name := own[len(own)-2].Name
	lead := it.Text("lead_id")
	if p.is(name, lead) {
		p.remember(known["conversation_id"], lead)
	} else if lead = p.holders[known["conversation_id"]]; !p.is(name, lead) {
		return nil, fault.As(fault.Permanent, "tell whose a record of "+s.Name+" in a backup is", errUnplaced)
	}
	known["lead_id"] = lead
	return known, nil
}

func (p *placer) is(name, lead string) bool {
	return lead != "" && slices.Contains(keys.Names(p.Secret, keys.Subject{Kind: "lead", Values: []string{p.Unit.Tenant, lead}}), name)
}

func (p *placer) remember(conversation, lead string) {
	if p.holders == nil || len(p.holders) >= mostHolders {
		p.holders = map[string]string{}
	}
	p.holders[conversation] = lead
}
