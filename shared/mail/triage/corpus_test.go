package triage_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/business"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/intent"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/mail/vector"
)

// What the labelled mails must reach, all together. The goals lie above these floors; a
// change that falls below one has to say why.
const (
	mostHuman    = 0.10 // of plain requests
	leastIntents = 0.95
	leastRoutes  = 0.95
	leastFields  = 0.95
)

// knownCode stands for a confirmation code that the ledger knows, replyToken for what follows
// privacy+ in the address of an answer.
const (
	knownCode  = "JUIOPKXJZ6264P2XBC54WPJU"
	replyToken = "r.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
)

func corpusDirectory(t *testing.T) *business.Directory {
	t.Helper()
	src, err := os.ReadFile(filepath.Join(vector.Folder(t), "tenants.json"))
	if err != nil {
		t.Fatal(err)
	}
	var world struct {
		Tenants []struct {
			TenantID    string   `json:"tenant_id"`
			Name        string   `json:"name"`
			Aliases     []string `json:"aliases"`
			City        string   `json:"city"`
			Region      string   `json:"region"`
			AdminEmails []string `json:"admin_emails"`
		}
	}
	if err := json.Unmarshal(src, &world); err != nil {
		t.Fatal(err)
	}
	var entries []business.Entry
	for _, x := range world.Tenants {
		entries = append(entries, business.Entry{TenantID: x.TenantID, Name: x.Name, Aliases: x.Aliases, City: x.City, Region: x.Region, AdminEmails: x.AdminEmails})
	}
	return business.New(entries)
}

// decide runs a vector as the mailroom runs a mail.
func decide(v vector.Vector, directory *business.Directory) triage.Decision {
	raw := v.Raw(replyToken, knownCode)
	mail, err := inbound.Read(raw)
	received := notice.Received{MessageID: v.Name, EnvelopeFrom: v.EnvelopeFrom, SPF: notice.Verdict(v.SPF), DKIM: notice.Verdict(v.DKIM),
		DMARC: notice.Verdict(v.DMARC), Spam: notice.Verdict(v.Spam), Virus: notice.Verdict(v.Virus)}
	facts := triage.Read(received, mail, err, directory)
	var known triage.Known
	if labelled := strings.ReplaceAll(v.Code, "{CODE}", knownCode); labelled != "" && v.Route != "ask_more" && slices.Contains(facts.Details.Codes, labelled) {
		known.Code, known.CodeKnown = labelled, true
	}
	if v.Answers {
		known.Answer = &triage.Answer{By: triage.ByToken, SameMailbox: strings.EqualFold(mail.From.Reveal(), v.Asked), State: triage.Awaiting, Intent: intent.EndUserDelete}
	}
	return triage.Decide(facts, known)
}

// tally counts hits among tries by name.
type tally map[string][2]int

func (c tally) add(name string, hit bool) {
	n := c[name]
	n[1]++
	if hit {
		n[0]++
	}
	c[name] = n
}

func (c tally) share() float64 {
	hits, tries := 0, 0
	for _, n := range c {
		hits, tries = hits+n[0], tries+n[1]
	}
	return float64(hits) / float64(max(tries, 1))
}

func (c tally) print(t *testing.T, title string) {
	var names []string
	for name := range c {
		names = append(names, name)
	}
	sort.Strings(names)
	var line strings.Builder
	for _, name := range names {
		fmt.Fprintf(&line, "\n  %-28s %3d of %3d", name, c[name][0], c[name][1])
	}
	t.Logf("%s: %.1f %%%s", title, 100*c.share(), line.String())
}

// TestCorpus measures the labelled mails, prints what was reached, and holds what must
// never happen: a way to a deletion that the label does not open, and a person dropped.
func TestCorpus(t *testing.T) {
	measure(t, func(v vector.Vector) bool { return !isSecond(v) })
}

// TestSecondSet measures the mails that were written and labelled when the rules stood.
func TestSecondSet(t *testing.T) { measure(t, isSecond) }

func isSecond(v vector.Vector) bool { return strings.HasPrefix(v.Name, "second/") }

// measure judges the decisions about some of the labelled mails.
func measure(t *testing.T, of func(vector.Vector) bool) {
	t.Helper()
	directory := corpusDirectory(t)
	intents, routes, fields, languages := tally{}, tally{}, tally{}, tally{}
	plain, humans := 0, 0
	for _, v := range vector.All(t) {
		if !of(v) {
			continue
		}
		d := decide(v, directory)
		if d.Code == knownCode {
			d.Code = strings.ReplaceAll(v.Code, "{CODE}", knownCode)
		}
		intents.add(v.Intent, string(d.Intent) == v.Intent)
		routes.add(v.Route, string(d.Route) == v.Route)
		if v.Language != "" && v.Route != "drop" {
			languages.add(v.Language, d.Language == v.Language)
		}
		if string(d.Intent) != v.Intent || string(d.Route) != v.Route {
			t.Logf("%s: %s/%s, labelled %s/%s (%s)", v.Name, d.Intent, d.Route, v.Intent, v.Route, strings.Join(d.Reasons, "; "))
		}
		fieldsOf(t, fields, v, d)
		if v.Plain {
			plain++
			if d.Route == triage.Human && v.Route != "human" {
				humans++
			}
		}
		opens := d.Route == triage.Challenge || d.Route == triage.ConfirmLink || d.Route == triage.AcceptToken
		if opens && v.Route != string(d.Route) && v.Route != "ask_more" && v.Route != "reply_status" {
			t.Errorf("%s: a way to a deletion (%s) that the label (%s) does not open", v.Name, d.Route, v.Route)
		}
		if d.Route == triage.Drop && v.Route != "drop" {
			t.Errorf("%s: a person is dropped (%s)", v.Name, v.Route)
		}
	}
	intents.print(t, "intents")
	routes.print(t, "routes")
	fields.print(t, "fields")
	languages.print(t, "languages")
	share := float64(humans) / float64(plain)
	t.Logf("plain requests that need a person: %d of %d, %.1f %%", humans, plain, 100*share)
	for name, missed := range map[string]bool{"plain requests to a person": share > mostHuman, "intents": intents.share() < leastIntents,
		"routes": routes.share() < leastRoutes, "fields": fields.share() < leastFields} {
		if missed {
			t.Errorf("%s: the goal is missed", name)
		}
	}
}

// fieldsOf compares what was extracted, whole field by whole field, of mails that are
// read at all.
func fieldsOf(t *testing.T, fields tally, v vector.Vector, d triage.Decision) {
	if v.Route == "drop" {
		return
	}
	var handles []string
	for _, h := range d.Handles {
		handles = append(handles, h.Platform+" "+h.Handle)
	}
	var wantHandles []string
	for _, h := range v.Handles {
		wantHandles = append(wantHandles, h.Platform+" "+h.Handle)
	}
	wantCode := []string{strings.ReplaceAll(v.Code, "{CODE}", knownCode)}
	for name, pair := range map[string][2][]string{"business": {d.Businesses, v.Businesses}, "handle": {handles, wantHandles},
		"phone": {d.Phones, v.Phones}, "scoped_id": {d.ScopedIDs, v.ScopedIDs}, "name": {d.Names, v.Names}, "missing": {d.Missing, v.Missing}, "code": {{d.Code}, wantCode}} {
		got, want := slices.Sorted(slices.Values(pair[0])), slices.Sorted(slices.Values(pair[1]))
		if v.Language == "" && len(want) == 0 {
			continue // of a mail in none of the languages only what is named is judged
		}
		if len(got) == 0 && len(want) == 0 || name == "code" && d.Code == "" && v.Code == "" {
			continue
		}
		hit := slices.Equal(got, want)
		fields.add(name, hit)
		if !hit {
			t.Logf("%s: %s %q, labelled %q", v.Name, name, got, want)
		}
	}
	for _, flag := range v.Flags {
		fields.add("flag "+flag, slices.Contains(d.Flags, flag))
	}
}
