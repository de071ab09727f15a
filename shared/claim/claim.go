// Package claim is what somebody says of themselves in a mail or on a page, and whether
// it fits one lead for certain.
//
// A handle is public, so knowing one proves nothing: besides what a lead is found by, a
// second detail must fit that only the person and we know, and none may contradict.
package claim

import (
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// Handle is a name on a platform: facebook, instagram, or "" where the writer did not
// say; lower case, without @.
type Handle struct {
	Platform string `json:"platform"`
	Handle   string `json:"handle"`
}

// Place is a row that the operator pointed at.
type Place struct {
	TenantID string `json:"tenant_id"`
	LeadID   string `json:"lead_id"`
}

// Claim is all that was said, over all mails and pages of a request. It names a person:
// it stands sealed in the case file, under this form.
type Claim struct {
	Tenants   []string `json:"tenants"`
	Handles   []Handle `json:"handles"`
	Phones    []string `json:"phones"`     // E.164
	Numbers   []string `json:"numbers"`    // as typed without a country, digits only: a detail, no way to a lead
	ScopedIDs []string `json:"scoped_ids"` // PSID, IGSID or BSUID
	Names     []string `json:"names"`      // display names
	When      string   `json:"when"`       // month of a contact: 2026-03
	OnFile    bool     `json:"on_file"`    // the business itself asks: no second detail is needed
	Channel   string   `json:"channel"`    // platform of the one channel that the business means
	Leads     []Place  `json:"leads"`      // decided by the operator, besides everything else

	At time.Time `json:"-"` // when it is looked up; zero: at no moment in particular

	// For whoever looks at it.
	Intent      string   `json:"intent"`
	Language    string   `json:"language"`
	Missing     []string `json:"missing"`
	Question    string   `json:"question"` // the operator's
	Flags       []string `json:"flags"`
	Reasons     []string `json:"reasons"`
	Suggestions []string `json:"suggestions"`
}

// Merge adds what was said later: a later month holds, everything else comes besides.
func (c Claim) Merge(more Claim) Claim {
	c.Tenants = union(c.Tenants, more.Tenants)
	c.Handles = union(c.Handles, more.Handles)
	c.Phones = union(c.Phones, more.Phones)
	c.Numbers = union(c.Numbers, more.Numbers)
	c.ScopedIDs = union(c.ScopedIDs, more.ScopedIDs)
	c.Names = union(c.Names, more.Names)
	c.Leads = union(c.Leads, more.Leads)
	c.Flags = union(c.Flags, more.Flags)
	c.Reasons = union(c.Reasons, more.Reasons)
	c.Suggestions = union(c.Suggestions, more.Suggestions)
	if more.When != "" {
		c.When = more.When
	}
	c.Missing = nil
	return c
}

func union[T comparable](a, b []T) []T {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// Complete says that there is enough to look somebody up by.
func (c Claim) Complete() bool { return len(c.Leads) > 0 || len(c.Lacks()) == 0 }

// Lacks names what is missing to look somebody up: "business", "handle".
func (c Claim) Lacks() []string {
	var out []string
	if len(c.Tenants) == 0 && len(c.ScopedIDs) == 0 {
		out = append(out, "business")
	}
	if len(c.keys()) == 0 && len(c.Names) == 0 {
		out = append(out, "handle")
	}
	return out
}

// Second says that more was said than what a lead is found by.
func (c Claim) Second() bool {
	details := 0
	for _, said := range []bool{len(c.Handles)+len(c.ScopedIDs) > 0, len(c.Phones)+len(c.Numbers) > 0, len(c.Names) > 0, c.When != ""} {
		if said {
			details++
		}
	}
	return details > 1
}

// Month reads a month as people give it on the page: 2026-03, 3/2026, 03.2026; false
// for what is none.
func Month(text string) (string, bool) {
	for _, form := range []string{"2006-01", "2006-1", "1/2006", "01/2006", "1.2006", "01.2006", "2006-01-02", "January 2006", "Jan 2006"} {
		if at, err := time.Parse(form, strings.TrimSpace(text)); err == nil && at.Year() > 2000 {
			return at.Format("2006-01"), true
		}
	}
	return "", false
}

// Phone reads a number that was typed into a field of its own: with its country, as E.164,
// or without, as its digits. What is too short is neither.
func Phone(text string) (phones, numbers []string) {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, text)
	switch text = strings.TrimSpace(text); {
	case len(digits) < leastDigits || len(digits) > mostDigits:
		return nil, nil
	case strings.HasPrefix(text, "+"):
		return []string{"+" + digits}, nil
	case strings.HasPrefix(digits, "00"):
		return []string{"+" + digits[2:]}, nil
	}
	return nil, []string{digits}
}

// words of a name as it is compared: without case, marks, punctuation and spare spaces.
func words(name string) []string {
	var out []string
	for _, word := range fold.Words(name) {
		out = append(out, word.Text)
	}
	return out
}
