package claim

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

// Unmatched is the form of a subject that stands for a business at which nothing was
// found for certain, while something was at another.
const Unmatched = "unmatched"

// Found is what a claim leads to. Doubt says that something fits, but not for certain.
type Found struct {
	Subjects []ledger.Subject
	Doubt    bool
}

// Certain says that there is at least one lead to erase.
func (f Found) Certain() bool {
	return slices.ContainsFunc(f.Subjects, func(s ledger.Subject) bool { return s.Form != Unmatched })
}

const (
	lead = "lead" // scope
	// mostLeads bounds how far a business is read through for a name alone.
	mostLeads = 50_000
	// aroundMonth is how far from a contact a month may lie that somebody remembers.
	aroundMonth = 15 * 24 * time.Hour
	// longestContact and lately: a month says nothing of a lead that was in contact for
	// long or is still, since any guess would fit.
	longestContact = 92 * 24 * time.Hour
	lately         = 30 * 24 * time.Hour
)

// platforms with handles and numeric IDs.
var platforms = []string{"facebook", "instagram"}

// Match looks the claim up at each business that it names.
func Match(ctx context.Context, f locate.Finder, c Claim) (Found, error) {
	m := &matcher{Finder: f, claim: c}
	for _, place := range c.Leads {
		if err := m.decided(ctx, place); err != nil {
			return m.found, err
		}
	}
	if c.Channel != "" {
		return m.found, m.channel(ctx)
	}
	if len(c.Tenants) == 0 && len(c.ScopedIDs) > 0 {
		return m.found, m.anywhere(ctx)
	}
	for _, tenant := range c.Tenants {
		if slices.ContainsFunc(c.Leads, func(p Place) bool { return p.TenantID == tenant }) {
			continue
		}
		if err := m.at(ctx, tenant); err != nil {
			return m.found, err
		}
	}
	return m.found, nil
}

type matcher struct {
	locate.Finder
	claim Claim
	found Found
}

// candidate is a lead, and by what it was found.
type candidate struct {
	item livedata.Item
	by   string
}

// decided is what the operator pointed at.
func (m *matcher) decided(ctx context.Context, p Place) error {
	return m.EachRow(ctx, lead, map[string]string{"tenant_id": p.TenantID, "lead_id": p.LeadID}, func(_ datamap.Store, items []livedata.Item) error {
		return m.add(ctx, items)
	})
}

func (m *matcher) add(ctx context.Context, items []livedata.Item) error {
	for _, it := range items {
		s, err := m.SubjectOf(ctx, lead, it)
		if err != nil {
			return err
		}
		m.found.Subjects = append(m.found.Subjects, s)
	}
	return nil
}

// channel takes the one channel of the business on the platform that is meant.
func (m *matcher) channel(ctx context.Context) error {
	var meant []ledger.Subject
	for _, tenant := range m.claim.Tenants {
		err := m.EachRow(ctx, "channels_of_tenant", map[string]string{"tenant_id": tenant}, func(_ datamap.Store, items []livedata.Item) error {
			for _, it := range items {
				if it.Text("platform") != m.claim.Channel {
					continue
				}
				s, err := m.SubjectOf(ctx, "channel", it)
				if err != nil {
					return err
				}
				meant = append(meant, s)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	m.found.Doubt = len(meant) > 1
	if len(meant) == 1 {
		m.found.Subjects = meant
	}
	return nil
}

// anywhere takes the leads with one of Meta's IDs, whichever business they wrote to:
// there is at most one at each channel.
func (m *matcher) anywhere(ctx context.Context) error {
	details := m.details()
	for _, key := range m.claim.keys() {
		if key.by != "id" {
			continue
		}
		err := m.EachRow(ctx, key.identity, key.fields, func(_ datamap.Store, items []livedata.Item) error {
			for _, it := range items {
				if !m.claim.fits(details, candidate{it, key.by}) {
					m.found.Doubt = true
				} else if err := m.add(ctx, []livedata.Item{it}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// at takes the one lead of a business that fits. None, or more than one, is nobody.
func (m *matcher) at(ctx context.Context, tenant string) error {
	candidates, err := m.candidates(ctx, tenant)
	if err != nil {
		return err
	}
	details := m.details()
	var fit []livedata.Item
	for _, c := range candidates {
		if m.claim.OnFile || m.claim.fits(details, c) {
			fit = append(fit, c.item)
		}
	}
	if len(fit) == 1 {
		return m.add(ctx, fit)
	}
	m.found.Doubt = m.found.Doubt || len(candidates) > 0
	m.found.Subjects = append(m.found.Subjects, ledger.Subject{Form: Unmatched, Fields: map[string]string{"tenant_id": tenant}})
	return nil
}

func (m *matcher) details() datamap.Details {
	identity, _ := m.Map.Identity(lead)
	store, _ := m.Map.Store(identity.Store)
	if store.Details == nil {
		return datamap.Details{}
	}
	return *store.Details
}

// candidates are the leads of the business that a key of the claim leads to; only a
// claim without any key is looked for by name.
func (m *matcher) candidates(ctx context.Context, tenant string) ([]candidate, error) {
	var out []candidate
	look := func(by, identity string, fields map[string]string) error {
		fields["tenant_id"] = tenant
		return m.EachRow(ctx, identity, fields, func(_ datamap.Store, items []livedata.Item) error {
			for _, it := range items {
				if it.Text("tenant_id") == tenant && !slices.ContainsFunc(out, func(c candidate) bool { return c.item.Text("lead_id") == it.Text("lead_id") }) {
					out = append(out, candidate{it, by})
				}
			}
			return nil
		})
	}
	for _, key := range m.claim.keys() {
		if err := look(key.by, key.identity, key.fields); err != nil {
			return nil, err
		}
	}
	if len(m.claim.keys()) > 0 || len(m.claim.Names) == 0 {
		return out, nil
	}
	return m.named(ctx, tenant)
}

type key struct {
	by, identity string
	fields       map[string]string
}

// keys are all the ways by which the claim can be looked up.
func (c Claim) keys() []key {
	var out []key
	for _, h := range c.Handles {
		for _, platform := range platforms {
			if h.Platform == "" || h.Platform == platform {
				out = append(out, key{"handle", "lead_by_handle", map[string]string{"platform": platform, "handle": h.Handle}})
			}
		}
	}
	for _, phone := range c.Phones {
		out = append(out, key{"number", "lead_by_platform_user", map[string]string{"platform": "whatsapp", "platform_user_id": strings.TrimPrefix(phone, "+")}})
	}
	for _, id := range c.ScopedIDs {
		for _, platform := range platforms {
			out = append(out, key{"id", "lead_by_platform_user", map[string]string{"platform": platform, "platform_user_id": id}})
		}
		out = append(out, key{"id", "lead_by_bsuid", map[string]string{"platform": "whatsapp", "bsuid": id}})
	}
	return out
}

// named are the leads of a business with exactly one of the names.
func (m *matcher) named(ctx context.Context, tenant string) ([]candidate, error) {
	var out []candidate
	read := 0
	details := m.details()
	err := m.EachRow(ctx, "leads_of_tenant", map[string]string{"tenant_id": tenant}, func(_ datamap.Store, items []livedata.Item) error {
		for _, it := range items {
			if m.claim.named(it.Text(details.Name)) == same {
				out = append(out, candidate{it, "name"})
			}
		}
		if read += len(items); read > mostLeads {
			return fault.New(fault.Permanent, "a business has too many leads to look one up by its name")
		}
		return nil
	})
	return out, err
}

// likeness of what was said with what stands there.
type likeness int

const (
	silent likeness = iota // nothing was said, or nothing stands there, or too little to tell
	same
	other
)

// fits says that besides what the lead was found by something is the same, and nothing
// is other.
func (c Claim) fits(d datamap.Details, found candidate) bool {
	fits := false
	for detail, l := range c.likenesses(d, found.item) {
		if l == other {
			return false
		}
		fits = fits || l == same && detail != found.by
	}
	return fits
}

func (c Claim) likenesses(d datamap.Details, it livedata.Item) map[string]likeness {
	return map[string]likeness{
		"name":   c.named(it.Text(d.Name)),
		"number": c.numbered(it.Text(d.Platform), it.Text(d.Number)),
		"handle": c.handled(it.Text(d.Handle)),
		"when":   c.met(it.Text(d.Since), it.Text(d.Until)),
	}
}

// named compares whole names. A part of one, such as a first name, says nothing.
func (c Claim) named(name string) likeness {
	stands := words(name)
	if len(stands) == 0 || len(c.Names) == 0 {
		return silent
	}
	part := false
	for _, said := range c.Names {
		typed := words(said)
		if slices.Equal(typed, stands) {
			return same
		}
		part = part || within(typed, stands) || within(stands, typed)
	}
	if part {
		return silent
	}
	return other
}

func within(some, all []string) bool {
	return len(some) > 0 && !slices.ContainsFunc(some, func(word string) bool { return !slices.Contains(all, word) })
}

func (c Claim) numbered(platform, number string) likeness {
	if platform != "whatsapp" || number == "" || len(c.Phones)+len(c.Numbers) == 0 {
		return silent
	}
	ends := func(typed string) bool {
		typed = strings.TrimLeft(typed, "0")
		return len(typed) >= leastDigits && strings.HasSuffix(number, typed)
	}
	if slices.Contains(c.Phones, "+"+number) || slices.ContainsFunc(c.Numbers, ends) {
		return same
	}
	return other
}

// leastDigits of a number without its country tell it from others.
const (
	leastDigits = 7
	mostDigits  = 17 // of E.164, after 00
)

// handled never contradicts: people have a handle on each platform.
func (c Claim) handled(handle string) likeness {
	if handle != "" && slices.ContainsFunc(c.Handles, func(h Handle) bool { return h.Handle == strings.ToLower(handle) }) {
		return same
	}
	return silent
}

// met compares a month with the time between first and last contact. One that lies
// elsewhere is no contradiction: people misremember.
func (c Claim) met(since, until string) likeness {
	month, err := time.Parse("2006-01", c.When)
	if err != nil {
		return silent
	}
	from, err := time.Parse(time.RFC3339, since)
	if err != nil {
		return silent
	}
	to, err := time.Parse(time.RFC3339, until)
	if err != nil {
		return silent
	}
	if to.Sub(from) > longestContact || !c.At.IsZero() && c.At.Sub(to) < lately {
		return silent
	}
	if month.AddDate(0, 1, 0).Before(from.Add(-aroundMonth)) || month.After(to.Add(aroundMonth)) {
		return silent
	}
	return same
}
