package datamap_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
)

func load(t testing.TB) *datamap.Map {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// small is a sound map; the problems below are made by replacing a line of it.
const small = `version: 1
scopes:
  - {name: lead, key: [tenant_id, lead_id]}
identities:
  - name: user
    store: links
    where: {app_user: "{app_id}#{user_id}"}
    target: target
    forms:
      lead: "lead#{tenant_id}#{lead_id}"
kept:
  logs:
    reason: fraud
    months: 12
stores:
  - name: leads
    owner: platform
    kind: table
    category: profile
    key: [tenant_id, lead_id]
    find:
      lead:
        - where: {tenant_id: "{tenant_id}", lead_id: "{lead_id}"}
    profile: [channel_id]
    objects:
      - {store: media, attribute: picture, within: "{tenant_id}/{channel_id}/"}
    rule: delete
    backup: {under: lead}
  - name: links
    owner: platform
    kind: table
    category: profile
    key: [app_user, target]
    indexes:
      by_target: [target]
    parent: leads
    find:
      lead:
        - index: by_target
          where: {target: "lead#{tenant_id}#{lead_id}"}
    rule: delete
    backup: {under: lead}
  - name: media
    owner: platform
    kind: bucket
    category: profile
    parent: leads
    find:
      lead:
        - prefix: "{tenant_id}/{channel_id}/"
    rule: delete
    backup: {versions: true}
  - name: logs
    owner: platform
    kind: table
    category: logs
    key: [day]
    rule: keep
    kept: logs
    concerns: [lead]
  - name: record
    owner: service
    kind: table
    category: record
    key: [pk]
    rule: keep
    basis: proof
    max_age_days: 400
`

func TestTheSmallMapIsSound(t *testing.T) {
	if _, err := datamap.Parse("small.yaml", []byte(small)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryProblemNamesItsLine(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           string // "$" stands for the line of the replacement
	}{
		{"version", "version: 1", "version: 2", "small.yaml:$: version is 2"},
		{"unknown key", "    rule: delete", "    rules: delete", "small.yaml:$: field rules not found"},
		{"wrong type", "    key: [day]", "    key: {day: 1}", "small.yaml:$: cannot unmarshal"},
		{"no YAML", "version: 1", "version: [", "small.yaml:"},
		{"owner", "    owner: service", "    owner: nobody", `small.yaml:$: owner of record is "nobody"`},
		{"kind", "    kind: bucket", "    kind: bag", `small.yaml:$: kind of media is "bag"`},
		{"rule", "    rule: keep\n    kept", "    rule: maybe\n    kept", `small.yaml:$: rule of logs is "maybe"`},
		{"name twice", "  - name: logs", "  - name: leads", `small.yaml:$: store name "leads" is empty or used twice`},
		{"no name", "  - name: logs", `  - name: ""`, `small.yaml:$: store name "" is empty`},
		{"no category", "    category: logs\n", "", "small.yaml:53: store logs has no category"},
		{"no key", "    key: [day]\n", "", "table logs needs a key"},
		{"empty key", "    key: [tenant_id, lead_id]", "    key: []", "small.yaml:$: table leads needs a key"},
		{"long key", "    key: [day]", "    key: [a, b, c]", "small.yaml:$: table logs needs a key"},
		{"empty index", "      by_target: [target]", "      by_target: []", "small.yaml:$: index by_target of links needs a key"},
		{"no basis", "    basis: proof\n", "", "store record is this service's own and needs a basis"},
		{"kept without category", "    kept: logs\n", "", "store logs is kept without a category"},
		{"unknown kept", "    kept: logs", "    kept: dust", `small.yaml:$: store logs is kept as "dust"`},
		{"unknown scope concerned", "    concerns: [lead]", "    concerns: [leed]", `small.yaml:$: store logs concerns the unknown scope "leed"`},
		{"unknown parent", "    parent: leads\n    find:\n      lead:\n        - index", "    parent: nobody\n    find:\n      lead:\n        - index", `small.yaml:$: parent of links is "nobody"`},
		{"own ancestor", "    parent: leads\n    find:\n      lead:\n        - index", "    parent: links\n    find:\n      lead:\n        - index", "small.yaml:$: store links is its own ancestor"},
		{"object in a table", "      - {store: media, attr", "      - {store: links, attr", `small.yaml:$: objects of leads lie in "links"`},
		{"open object prefix", `within: "{tenant_id}/{channel_id}/"}`, `within: "{tenant_id}/{channel_id}"}`, "small.yaml:$: objects of leads: the prefix"},
		{"open prefix", `        - prefix: "{tenant_id}/{channel_id}/"`, `        - prefix: "{tenant_id}/{channel_id}"`, "small.yaml:$: finder of media: the prefix"},
		{"unknown scope found", "    find:\n      lead:\n        - prefix", "    find:\n      leed:\n        - prefix", `store media is found for the unknown scope "leed"`},
		{"unknown index", "        - index: by_target", "        - index: by_name", `small.yaml:$: finder of links uses the index "by_name"`},
		{"no partition", `        - where: {tenant_id: "{tenant_id}", lead_id: "{lead_id}"}`, `        - where: {lead_id: "{lead_id}"}`, "small.yaml:$: finder of leads needs a condition on tenant_id"},
		{"not in the key", `        - where: {tenant_id: "{tenant_id}", lead_id: "{lead_id}"}`, `        - where: {tenant_id: "{tenant_id}", name: "{lead_id}"}`, "small.yaml:$: finder of leads has a condition on name"},
		{"unknown field", `lead_id: "{lead_id}"}`, `lead_id: "{leed_id}"}`, "small.yaml:$: finder of leads uses {leed_id}"},
		{"no field", `lead_id: "{lead_id}"}`, `lead_id: "{LeadID}"}`, `small.yaml:$: finder of leads: "{LeadID}" has a brace that belongs to no field`},
		{"no backup", "    backup: {versions: true}\n", "", "store media: what deletions change needs backup"},
		{"needless backup", "    concerns: [lead]", "    concerns: [lead]\n    backup: {under: lead}", "store logs: what deletions change needs backup, and nothing else"},
		{"backup by versions of a table", "    backup: {under: lead}", "    backup: {versions: true}", "small.yaml:$: backup of leads is under a scope for a table"},
		{"backup in both ways", "    backup: {versions: true}", "    backup: {versions: true, under: lead}", "small.yaml:$: backup of media is under a scope for a table"},
		{"backup under nothing", "    backup: {under: lead}", "    backup: {under: leed}", `small.yaml:$: backup of leads is under the unknown scope "leed"`},
		{"backup of nobody's list", "    backup: {under: lead}", "    backup: {under: lead, list: people}", "small.yaml:$: backup of leads has a list and does not say"},
		{"backup of staff in no form", "    backup: {under: lead}", "    backup: {under: lead, staff: \"{A}\"}", "small.yaml:$: backup of leads: \"{A}\" has a brace"},
		{"neither age nor end", "    max_age_days: 400\n", "", "needs a basis, and max_age_days or lasts"},
		{"stays with no own row", "    parent: leads\n", "    parent: leads\n    stays_with: media\n", `store links stays with "media", which holds no subject's own row`},
		{"quotation nowhere", "    parent: leads\n", "    parent: leads\n    quotes: {store: leads, reference: r, form: \"{a}\", list: l, whose: w, field: f, text: t}\n", "quotes of links name no fields"},
		{"from nowhere", "        - index: by_target", "        - from: nobody\n          index: by_target", `small.yaml:$: finder of links comes from "nobody"`},
		{"identity elsewhere", "    store: links\n", "    store: nobody\n", "small.yaml:5: identity user looks in"},
		{"identity in a bucket", "    store: links\n", "    store: media\n", "small.yaml:5: identity user looks in"},
		{"identity without partition", `    where: {app_user:`, `    where: {target:`, "small.yaml:5: identity user needs a condition on app_user"},
		{"form of a lead", `      lead: "lead#{tenant_id}#{lead_id}"`, `      lead: "lead#{tenant_id}"`, "small.yaml:5: form lead of identity user must hold exactly"},
		{"form read in two ways", `      lead: "lead#{tenant_id}#{lead_id}"`, `      lead: "lead#{tenant_id}{lead_id}"`, `small.yaml:5: identity user: "lead#{tenant_id}{lead_id}" can be read in two ways`},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := strings.Index(small, c.old)
			if at < 0 {
				t.Fatal("the small map has no such line")
			}
			src := small[:at] + c.new + small[at+len(c.old):]
			line := fmt.Sprint(strings.Count(small[:at], "\n") + 1)
			_, err := datamap.Parse("small.yaml", []byte(src))
			want := strings.ReplaceAll(c.want, "$", line)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v\nwant %s", err, want)
			}
		})
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	src := strings.NewReplacer("version: 1", "version: 9", "kind: bucket", "kind: bag", "basis: proof", "basis: ''", "concerns: [lead]", "concerns: [leed]").Replace(small)
	_, err := datamap.Parse("small.yaml", []byte(src))
	if err == nil {
		t.Fatal("no problem")
	}
	for _, want := range []string{"version is 9", `"bag"`, "needs a basis", `"leed"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among\n%v", want, err)
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte(""))
	f.Add([]byte("stores: [{}]\nidentities: [{}]"))
	f.Add([]byte("stores: [{name: a, find: {lead: [{}]}}]\nidentities: [{store: a}]"))
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := datamap.Parse("fuzz.yaml", src)
		if err != nil {
			return
		}
		for _, scope := range m.Scopes {
			for _, unit := range m.Plan(scope) {
				m.From(scope, unit.Store.Name)
				m.Binding(scope, unit.Store)
			}
			m.KeptAfter(scope.Name)
			m.Outside(scope.Name)
		}
		m.Touched()
	})
}

func TestExpandRefusesWhatIsEmpty(t *testing.T) {
	for _, fields := range []map[string]string{nil, {"a": "x"}, {"a": "x", "b": ""}, {"b": "x"}} {
		if out, err := datamap.Template("{a}#{b}").Expand(fields); err == nil || out != "" || strings.Contains(err.Error(), "x") {
			t.Errorf("%v expands to %q, %v", fields, out, err)
		}
	}
	if out, err := datamap.Template("{a}#{b}").Expand(map[string]string{"a": "{b}", "b": "y"}); err != nil || out != "{b}#y" {
		t.Errorf("expanded twice: %q, %v", out, err)
	}
}

func TestMatchRefusesWhatIsAmbiguous(t *testing.T) {
	for template, texts := range map[datamap.Template][]string{
		"lead#{a}#{b}": {"", "lead", "lead#", "lead##", "lead#x", "lead#x#", "lead##y", "lead#x#y#z", "xlead#x#y", "LEAD#x#y", "staff#x#y"},
		"{a}|{b}":      {"|", "x|", "|y", "x|y|z", "xy"},
		"{a}||{b}":     {"x|||y"},
		"{a}/x/{b}":    {"1/x/x/2", "1/x/2/x/3"},
		"{a}!":         {"!", "x", "x!!", "x!y"},
	} {
		for _, text := range texts {
			if got, ok := template.Match(text); ok {
				t.Errorf("%s takes %q apart as %v", template, text, got)
			}
		}
	}
	got, ok := datamap.Template("lead#{a}#{b}").Match("lead#t_1#l|2/3")
	if !ok || got["a"] != "t_1" || got["b"] != "l|2/3" {
		t.Errorf("%v, %t", got, ok)
	}
}

// What matches was expanded from exactly those fields, and from no others.
func FuzzMatchUndoesExpand(f *testing.F) {
	templates := []datamap.Template{"lead#{a}#{b}", "{a}|{b}", "{a}||{b}", "{a}/x/{b}", "{a}ab{b}", "{a}"}
	for _, a := range []string{"t_1", "x|", "a", "#", ""} {
		f.Add(a, "l_1")
		f.Add("t", a)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, template := range templates {
			fields := map[string]string{"a": a, "b": b}
			if len(template.Fields()) == 1 {
				delete(fields, "b")
			}
			text, err := template.Expand(fields)
			if (err != nil) != (slices.Contains(slices.Collect(maps.Values(fields)), "")) {
				t.Fatalf("%s of %q: %v", template, fields, err)
			}
			if err != nil {
				continue
			}
			if got, ok := template.Match(text); ok && !maps.Equal(got, fields) {
				t.Errorf("%s: %q expands to %q, which matches %q", template, fields, text, got)
			}
			if plain := !strings.ContainsAny(a+b, "#|/ab"); plain {
				if _, ok := template.Match(text); !ok {
					t.Errorf("%s does not match its own %q", template, text)
				}
			}
		}
	})
}

func names(units []datamap.Unit) []string {
	var out []string
	for _, u := range units {
		out = append(out, u.Store.Name)
	}
	return out
}

func scope(t testing.TB, m *datamap.Map, name string) datamap.Scope {
	t.Helper()
	s, ok := m.Scope(name)
	if !ok {
		t.Fatalf("no scope %s", name)
	}
	return s
}

func TestThePlanOfEachScopeGoesFromTheLeavesToTheLocator(t *testing.T) {
	m := load(t)
	for _, c := range []struct{ scope, plan, containers, locators, kept string }{
		{"conversation", "media messages ai_audit ai_quotes conversations", "messages", "conversations", "security_log metrics"},
		{"lead", "media messages messages messages ai_audit ai_audit ai_quotes conversations conversations leads links", "messages conversations", "leads", "security_log metrics"},
		{"channel", "media messages ai_audit ai_quotes links links conversations leads channels", "conversations leads", "channels", "security_log metrics"},
		{"tenant", "media messages ai_audit ai_quotes links links conversations leads channels tenants", "conversations leads channels", "tenants", "billing security_log metrics"},
	} {
		s := scope(t, m, c.scope)
		for what, got := range map[string][2]string{
			"plan":       {strings.Join(names(m.Plan(s)), " "), c.plan},
			"containers": {strings.Join(names(m.Containers(s)), " "), c.containers},
			"locators":   {strings.Join(names(m.Locators(s)), " "), c.locators},
			"kept":       {strings.Join(m.KeptAfter(c.scope), " "), c.kept},
		} {
			if got[0] != got[1] {
				t.Errorf("%s of a %s: %s\nwant %s", what, c.scope, got[0], got[1])
			}
		}
	}
	if got := m.Touched(); !slices.Equal(got, []string{"tenants", "channels", "leads", "links", "conversations", "messages", "ai_audit", "ai_quotes", "media"}) {
		t.Errorf("touched %v", got)
	}
}

// What is frozen of a container is what is found by it, and no more.
func TestBindings(t *testing.T) {
	m := load(t)
	for _, c := range []struct{ scope, store, want string }{
		{"lead", "conversations", "channel_id conversation_id tenant_id"},
		{"lead", "messages", "conversation_id lead_id tenant_id"},
		{"conversation", "messages", "lead_id tenant_id"},
		{"tenant", "leads", "lead_id tenant_id"},
	} {
		store, _ := m.Store(c.store)
		if got := strings.Join(m.Binding(scope(t, m, c.scope), store), " "); got != c.want {
			t.Errorf("%s of a %s: %s, want %s", c.store, c.scope, got, c.want)
		}
	}
}

// A child is deleted before its parent whatever the order in the file.
func TestThePlanDoesNotDependOnTheFile(t *testing.T) {
	m := load(t)
	slices.Reverse(m.Stores)
	for _, s := range m.Scopes {
		first, last := map[string]int{}, map[string]int{}
		for i, name := range names(m.Plan(s)) {
			if _, seen := first[name]; !seen {
				first[name] = i
			}
			last[name] = i
		}
		for name := range first {
			store, _ := m.Store(name)
			follows := store.StaysWith == store.Parent && !s.Everything // what stays with its parent waits for it
			if parent, planned := first[store.Parent]; planned && !follows && parent < last[name] {
				t.Errorf("%s: %s goes before %s, which leads from it", s.Name, store.Parent, name)
			}
			if store.Kind == "bucket" && first[name] != 0 {
				t.Errorf("%s: %s goes after records", s.Name, name)
			}
		}
	}
}

// The map and the example world say the same.
func TestTheExampleHasEveryStoreAndAttributeOfTheMap(t *testing.T) {
	m, world := load(t), livedatatest.ExampleWorld(t)
	for store := range world {
		if s, ok := m.Store(store); !ok || s.Owner != "platform" {
			t.Errorf("the example has the store %s, which the map does not have", store)
		}
	}
	for _, s := range m.Stores {
		if s.Owner != "platform" {
			continue
		}
		if len(world[s.Name]) == 0 {
			t.Errorf("the example has nothing in %s", s.Name)
		}
		for _, attribute := range attributes(s) {
			if !slices.ContainsFunc(world[s.Name], func(it map[string]any) bool { return has(it, attribute) }) {
				t.Errorf("no item of %s in the example has %s", s.Name, attribute)
			}
		}
	}
}

// attributes are those of its items that a store's entry uses, as "a" or "a[].b". The
// platform sets none of hidden_by: this service does.
func attributes(s datamap.Store) []string {
	if !s.IsTable() {
		return []string{"key"}
	}
	out := slices.Concat(s.Key, s.Profile, s.Fenced, s.AtOnce, slices.Collect(maps.Keys(s.Belongs)))
	for _, key := range s.Indexes {
		out = append(out, key...)
	}
	for _, o := range s.Objects {
		out = append(out, o.Attribute)
	}
	if s.Dated != nil {
		out = append(out, s.Dated.Attribute)
	}
	if s.Newer != nil {
		out = append(out, s.Newer.Empty...)
	}
	if s.Quotes != nil {
		out = append(out, s.Quotes.Reference, s.Quotes.Whose)
	}
	if s.Expires != "" {
		out = append(out, s.Expires)
	}
	return out
}

func has(it map[string]any, attribute string) bool {
	list, inner, nested := strings.Cut(attribute, "[].")
	if !nested {
		_, ok := it[attribute]
		return ok
	}
	members, _ := it[list].([]any)
	return slices.ContainsFunc(members, func(member any) bool { return has(member.(map[string]any), inner) })
}

// What the map says of a quotation stands in the store that quotes.
func TestTheExampleQuotesAsTheMapSays(t *testing.T) {
	m, world := load(t), livedatatest.ExampleWorld(t)
	for _, s := range m.Stores {
		if s.Quotes == nil {
			continue
		}
		q := *s.Quotes
		path := []string{q.List + "[]." + q.Whose, q.List + "[]." + q.Field, q.List + "[]." + q.Text}
		for _, attribute := range path {
			if !slices.ContainsFunc(world[q.Store], func(it map[string]any) bool { return has(it, attribute) }) {
				t.Errorf("no item of %s in the example has %s", q.Store, attribute)
			}
		}
		for _, it := range world[s.Name] {
			if _, ok := q.Form.Match(it[q.Reference].(string)); !ok {
				t.Errorf("the example's %s %v does not match %s", q.Reference, it[q.Reference], q.Form)
			}
		}
	}
}

func TestSortKeysBeginWithTheDate(t *testing.T) {
	m, world := load(t), livedatatest.ExampleWorld(t)
	for _, s := range m.Stores {
		if s.Dated == nil || !s.Dated.Sort {
			continue
		}
		for _, it := range world[s.Name] {
			if !strings.HasPrefix(it[s.Key[1]].(string), it[s.Dated.Attribute].(string)+"#") {
				t.Errorf("%s: %v does not begin with %v", s.Name, it[s.Key[1]], it[s.Dated.Attribute])
			}
		}
	}
}
