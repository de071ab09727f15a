package claim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/claim"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// Who of the example fits, by what is said of them: "lead" of each that is certain, then
// "doubt" if something fits, but not for certain.
func TestWhoFits(t *testing.T) {
	tom := claim.Handle{Platform: "facebook", Handle: "tom.kaczmarek.7"}
	anywhere := claim.Handle{Handle: "tom.kaczmarek.7"}
	at := func(tenants ...string) []string { return tenants }
	names := func(names ...string) []string { return names }
	for name, c := range map[string]struct {
		claim claim.Claim
		want  string
	}{
		"handle and name":                     {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, Names: names("Tom Kaczmarek")}, "l_tom"},
		"handle of no platform":               {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{anywhere}, Names: names("Tom Kaczmarek")}, "l_tom"},
		"handle of another platform":          {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{{Platform: "instagram", Handle: "tom.kaczmarek.7"}}, Names: names("Tom Kaczmarek")}, ""},
		"handle and month":                    {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, When: "2026-03"}, "l_tom"},
		"the month before, nearly":            {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, When: "2026-02"}, "l_tom"},
		"a month far off":                     {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, When: "2025-03"}, "doubt"},
		"a month far off, and the name":       {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, When: "2025-03", Names: names("Tom Kaczmarek")}, "l_tom"},
		"handle alone":                        {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}}, "doubt"},
		"first name alone":                    {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, Names: names("Tom")}, "doubt"},
		"first name and month":                {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, Names: names("Tom"), When: "2026-03"}, "l_tom"},
		"another name":                        {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, Names: names("Bill Nobody")}, "doubt"},
		"another name, and the month":         {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, Names: names("Bill Nobody"), When: "2026-03"}, "doubt"},
		"one of the names":                    {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, Names: names("Bill Nobody", "Tom Kaczmarek")}, "l_tom"},
		"another business":                    {claim.Claim{Tenants: at("t_capricho"), Handles: []claim.Handle{tom}, Names: names("Tom Kaczmarek")}, ""},
		"two businesses, one of them":         {claim.Claim{Tenants: at("t_harbour", "t_capricho"), Handles: []claim.Handle{tom}, Names: names("Tom Kaczmarek")}, "l_tom"},
		"no such business":                    {claim.Claim{Tenants: at("t_nobody"), Handles: []claim.Handle{tom}, Names: names("Tom Kaczmarek")}, ""},
		"a handle that another begins with":   {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{{Handle: "tom.kaczmarek"}}, Names: names("Tom Kaczmarek")}, ""},
		"phone and name, without its accent":  {claim.Claim{Tenants: at("t_capricho"), Phones: names("+34600000021"), Names: names("LUCIA f.")}, "l_lucia"},
		"phone and month":                     {claim.Claim{Tenants: at("t_capricho"), Phones: names("+34600000021"), When: "2026-05"}, "l_lucia"},
		"phone alone":                         {claim.Claim{Tenants: at("t_capricho"), Phones: names("+34600000021")}, "doubt"},
		"another phone, the name":             {claim.Claim{Tenants: at("t_capricho"), Phones: names("+34600000022"), Names: names("Lucía F")}, ""},
		"name and month":                      {claim.Claim{Tenants: at("t_capricho"), Names: names("Lucía F"), When: "2026-05"}, "l_lucia"},
		"name and the number, as one types":   {claim.Claim{Tenants: at("t_capricho"), Names: names("Lucía F"), Numbers: names("0600000021")}, "l_lucia"},
		"name and another number":             {claim.Claim{Tenants: at("t_capricho"), Names: names("Lucía F"), Numbers: names("600000022")}, "doubt"},
		"name and the end of the number":      {claim.Claim{Tenants: at("t_capricho"), Names: names("Lucía F"), Numbers: names("000021")}, "doubt"},
		"name alone":                          {claim.Claim{Tenants: at("t_capricho"), Names: names("Lucía F")}, "doubt"},
		"a name of nobody":                    {claim.Claim{Tenants: at("t_capricho"), Names: names("Nobody"), When: "2026-05"}, ""},
		"scoped ID and month":                 {claim.Claim{ScopedIDs: names("7123456789012345"), When: "2026-03"}, "l_tom"},
		"scoped ID and name":                  {claim.Claim{ScopedIDs: names("9876543210123456"), Names: names("Tomasz K")}, "l_tom2"},
		"BSUID and month":                     {claim.Claim{ScopedIDs: names("ES.13491208655302741918"), When: "2026-05"}, "l_lucia"},
		"scoped ID alone":                     {claim.Claim{ScopedIDs: names("7123456789012345")}, "doubt"},
		"scoped ID at another business":       {claim.Claim{Tenants: at("t_capricho"), ScopedIDs: names("7123456789012345"), When: "2026-03"}, ""},
		"scoped ID and handle, both keys":     {claim.Claim{Tenants: at("t_harbour"), ScopedIDs: names("7123456789012345"), Handles: []claim.Handle{tom}}, "doubt"},
		"an ID that a stored one begins with": {claim.Claim{ScopedIDs: names("712345678901234"), When: "2026-03"}, ""},
		"the business itself asks":            {claim.Claim{Tenants: at("t_harbour"), Handles: []claim.Handle{tom}, OnFile: true}, "l_tom"},
		"the operator has decided":            {claim.Claim{Tenants: at("t_harbour"), Leads: []claim.Place{{TenantID: "t_harbour", LeadID: "l_tom2"}}, Names: names("Bill Nobody")}, "l_tom2"},
		"the one channel of a platform":       {claim.Claim{Tenants: at("t_harbour"), Channel: "instagram", OnFile: true}, "ch_ig1"},
		"a channel that is not there":         {claim.Claim{Tenants: at("t_harbour"), Channel: "whatsapp", OnFile: true}, ""},
		"nothing":                             {claim.Claim{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := workflowtest.New(t)
			found, err := claim.Match(t.Context(), w.Finder(), c.claim)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range found.Subjects {
				if s.Form != claim.Unmatched {
					got = append(got, s.Fields["lead_id"]+map[bool]string{true: s.Fields["channel_id"]}[s.Form == "channel"])
				}
			}
			if found.Certain() != (len(got) > 0) {
				t.Errorf("certain is %t for %v", found.Certain(), got)
			}
			if len(got) == 0 && found.Doubt {
				got = append(got, "doubt")
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("found %q, want %q", strings.Join(got, " "), c.want)
			}
		})
	}
}

// Two of one name and month are nobody; two channels of one platform too.
func TestTwoThatFitAreNobody(t *testing.T) {
	w := workflowtest.New(t)
	w.Live.Put("leads", livedatatest.NewItem(map[string]any{"tenant_id": "t_capricho", "lead_id": "l_lucia2", "channel_id": "ch_wa1", "platform": "whatsapp",
		"display_name": "Lucia F", "first_seen_at": "2026-05-03T12:00:00Z", "last_interaction_at": "2026-05-03T12:10:00Z"}))
	w.Live.Put("channels", livedatatest.NewItem(map[string]any{"tenant_id": "t_capricho", "channel_id": "ch_wa2", "platform": "whatsapp"}))
	for _, c := range []claim.Claim{{Tenants: []string{"t_capricho"}, Names: []string{"Lucía F"}, When: "2026-05"},
		{Tenants: []string{"t_capricho"}, Channel: "whatsapp", OnFile: true}} {
		found, err := claim.Match(t.Context(), w.Finder(), c)
		if err != nil || found.Certain() || !found.Doubt {
			t.Errorf("found %+v, %v", found, err)
		}
	}
}

func TestWhatIsMissing(t *testing.T) {
	handle := []claim.Handle{{Handle: "tom"}}
	for _, c := range []struct {
		claim claim.Claim
		want  string
	}{
		{claim.Claim{}, "business handle"},
		{claim.Claim{Tenants: []string{"t"}}, "handle"},
		{claim.Claim{Handles: handle}, "business"},
		{claim.Claim{Tenants: []string{"t"}, Handles: handle}, ""},
		{claim.Claim{Tenants: []string{"t"}, Names: []string{"Tom"}}, ""},
		{claim.Claim{Tenants: []string{"t"}, Numbers: []string{"6000000"}}, "handle"},
		{claim.Claim{ScopedIDs: []string{"1"}}, ""},
	} {
		if got := strings.Join(c.claim.Lacks(), " "); got != c.want || c.claim.Complete() != (c.want == "") {
			t.Errorf("%+v lacks %q, want %q", c.claim, got, c.want)
		}
	}
	for _, c := range []struct {
		claim claim.Claim
		want  bool
	}{{claim.Claim{Handles: handle}, false}, {claim.Claim{Handles: handle, ScopedIDs: []string{"1"}}, false}, {claim.Claim{Handles: handle, When: "2026-03"}, true},
		{claim.Claim{Names: []string{"a"}, Numbers: []string{"1"}}, true}} {
		if c.claim.Second() != c.want {
			t.Errorf("%+v says a second detail: %t, want %t", c.claim, !c.want, c.want)
		}
	}
}

func TestMerge(t *testing.T) {
	a := claim.Claim{Tenants: []string{"t"}, Names: []string{"a"}, When: "2026-01", Missing: []string{"handle"}, Intent: "x", Language: "es", OnFile: true}
	got := a.Merge(claim.Claim{Tenants: []string{"t", "u"}, Names: []string{"b"}, When: "2026-02", Intent: "y", Language: "en"})
	if !slices.Equal(got.Tenants, []string{"t", "u"}) || !slices.Equal(got.Names, []string{"a", "b"}) || got.When != "2026-02" || got.Missing != nil ||
		got.Intent != "x" || got.Language != "es" || !got.OnFile || a.Merge(claim.Claim{}).When != "2026-01" || len(a.Tenants) != 1 {
		t.Errorf("merged to %+v", got)
	}
}

func TestMonth(t *testing.T) {
	for text, want := range map[string]string{"2026-03": "2026-03", " 2026-3 ": "2026-03", "3/2026": "2026-03", "03.2026": "2026-03", "March 2026": "2026-03", "2026-03-17": "2026-03",
		"": "", "soon": "", "2026-13": "", "03/1999": "", "2026": ""} {
		if got, ok := claim.Month(text); got != want || ok != (want != "") {
			t.Errorf("%q is the month %q, want %q", text, got, want)
		}
	}
}

func TestPhone(t *testing.T) {
	for text, want := range map[string]string{"600 000 021": "| 600000021", "+34 (600) 000-021": "+34600000021 |", "0034 600 000 021": "+34600000021 |",
		"07700 900123": "| 07700900123", "12345": "|", "+123456789012345678": "|", "": "|", "call me": "|"} {
		phones, numbers := claim.Phone(text)
		if got := strings.TrimSpace(strings.Join(phones, " ") + " | " + strings.Join(numbers, " ")); got != want {
			t.Errorf("%q is read as %q, want %q", text, got, want)
		}
	}
}
