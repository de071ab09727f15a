package keys_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
)

func dataMap(t testing.TB) *datamap.Map {
	t.Helper()
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// written is a path in short: kind:value/kind:value, without the tenant that each repeats.
func written(p keys.Path) string {
	var steps []string
	for _, s := range p {
		steps = append(steps, s.Kind+":"+s.Values[len(s.Values)-1])
	}
	return strings.Join(steps, "/")
}

// example finds a record of the example world by what its attributes say.
func example(t testing.TB, store string, says map[string]string) livedata.Item {
	t.Helper()
	for _, raw := range livedatatest.ExampleWorld(t)[store] {
		if it := livedatatest.NewItem(raw); it.Says(says) {
			return it
		}
	}
	t.Fatalf("the example has no such record of %s", store)
	return nil
}

type fields = map[string]string

// Where records of the example are found: a channel, and rows below it.
var (
	tenant  = fields{"tenant_id": "t_harbour"}
	channel = fields{"tenant_id": "t_harbour", "channel_id": "ch_fb1"}
	thread  = fields{"tenant_id": "t_harbour", "channel_id": "ch_fb1", "conversation_id": "c_post9"}
	direct  = fields{"tenant_id": "t_harbour", "channel_id": "ch_fb1", "conversation_id": "c_tom", "lead_id": "l_tom"}
	lead    = fields{"tenant_id": "t_harbour", "channel_id": "ch_fb1", "lead_id": "l_tom"}
	tom2    = fields{"tenant_id": "t_harbour", "channel_id": "ch_ig1", "conversation_id": "c_tom2", "lead_id": "l_tom2"}
)

const (
	inChannel = "tenant:t_harbour/channel:ch_fb1"
	ofTom     = inChannel + "/lead:l_tom"
)

func TestWhose(t *testing.T) {
	for name, c := range map[string]struct {
		store string
		says  fields
		known fields
		want  []string
	}{
		"the tenant's own row":           {"tenants", fields{"tenant_id": "t_harbour"}, tenant, []string{"tenant:t_harbour"}},
		"a channel":                      {"channels", fields{"channel_id": "ch_fb1"}, channel, []string{inChannel}},
		"a channel, found from above":    {"channels", fields{"channel_id": "ch_fb1"}, tenant, []string{inChannel}},
		"a profile":                      {"leads", fields{"lead_id": "l_tom"}, channel, []string{ofTom}},
		"a profile, by its own name":     {"leads", fields{"lead_id": "l_tom"}, fields{"tenant_id": "t_harbour", "lead_id": "l_other"}, []string{ofTom}},
		"a direct conversation":          {"conversations", fields{"conversation_id": "c_tom"}, channel, []string{ofTom + "/conversation:c_tom"}},
		"a thread of several authors":    {"conversations", fields{"conversation_id": "c_post9"}, channel, []string{inChannel + "/conversation:c_post9"}},
		"a direct message":               {"messages", fields{"message_id": "m_1"}, direct, []string{ofTom + "/conversation:c_tom"}},
		"our answer to it":               {"messages", fields{"message_id": "m_2"}, direct, []string{ofTom + "/conversation:c_tom"}},
		"a comment in a shared thread":   {"messages", fields{"message_id": "m_5"}, thread, []string{inChannel + "/conversation:c_post9", ofTom}},
		"our reply to a comment":         {"messages", fields{"message_id": "m_6"}, thread, []string{inChannel + "/conversation:c_post9", ofTom}},
		"a comment of somebody else":     {"messages", fields{"message_id": "m_7"}, thread, []string{inChannel + "/conversation:c_post9", inChannel + "/lead:l_other"}},
		"a strange one's in a direct":    {"messages", fields{"message_id": "m_7"}, direct, []string{ofTom + "/conversation:c_tom", inChannel + "/lead:l_other"}},
		"what was asked of the AI":       {"ai_audit", fields{"audit_id": "a_1"}, direct, []string{ofTom + "/conversation:c_tom"}},
		"the same, quoting another lead": {"ai_audit", fields{"audit_id": "a_2"}, tom2, []string{"tenant:t_harbour/channel:ch_ig1/lead:l_tom2/conversation:c_tom2"}},
		"where a lead is quoted":         {"ai_quotes", fields{"lead_key": "t_harbour#l_tom"}, lead, []string{ofTom}},
		"a lead's link":                  {"links", fields{"target": "lead#t_harbour#l_tom"}, lead, []string{ofTom}},
		"a member of staff's link":       {"links", fields{"target": "staff#t_harbour#ch_fb1"}, channel, []string{inChannel, "tenant:t_harbour/staff:900000000000001#10150000000000077"}},
	} {
		m := dataMap(t)
		s, _ := m.Store(c.store)
		paths, err := keys.Whose(m, s, example(t, c.store, c.says), c.known)
		var got []string
		for _, path := range paths {
			got = append(got, written(path))
		}
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, c.want)
		}
	}
}

// Every record of the example has keys, and the tenant's name stands in each subject: the
// same ID at another tenant is another subject.
func TestWhoseIsToldOfEveryStore(t *testing.T) {
	m := dataMap(t)
	known := map[string]fields{"tenants": tenant, "channels": channel, "leads": channel, "links": lead,
		"conversations": channel, "messages": direct, "ai_audit": direct, "ai_quotes": lead}
	for _, s := range m.Backed() {
		fields, ok := known[s.Name]
		if !ok {
			t.Errorf("no record of %s is tried", s.Name)
			continue
		}
		paths, err := keys.Whose(m, s, example(t, s.Name, nil), fields)
		if err != nil || len(paths) == 0 {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, subject := range slices.Concat(paths...) {
			if subject.Values[0] != "t_harbour" || slices.Contains(subject.Values, "") {
				t.Errorf("%s: %v", s.Name, subject)
			}
		}
	}
}

// A member of staff is the same subject in a list and in a link.
func TestStaffPath(t *testing.T) {
	m := dataMap(t)
	channels, _ := m.Store("channels")
	links, _ := m.Store("links")
	row := example(t, "channels", fields{"channel_id": "ch_fb1"})
	listed, err := keys.StaffPath(channels, row.Maps(channels.Backup.List)[0], channel)
	if err != nil {
		t.Fatal(err)
	}
	linked, err := keys.StaffPath(links, example(t, "links", fields{"target": "staff#t_harbour#ch_fb1"}), channel)
	if err != nil || written(listed) != written(linked) || written(linked) != "tenant:t_harbour/staff:900000000000001#10150000000000077" {
		t.Errorf("got %s and %s, %v", written(listed), written(linked), err)
	}
}

func TestPaths(t *testing.T) {
	m := dataMap(t)
	for name, c := range map[string]struct {
		scope  string
		fields fields
		of, to string // "": cannot be told
	}{
		"a tenant":                     {"tenant", direct, "tenant:t_harbour", "tenant:t_harbour"},
		"a channel":                    {"channel", direct, inChannel, inChannel},
		"a lead":                       {"lead", direct, ofTom, ofTom},
		"a conversation":               {"conversation", direct, ofTom + "/conversation:c_tom", ofTom + "/conversation:c_tom"},
		"a thread":                     {"conversation", thread, inChannel + "/conversation:c_post9", inChannel + "/conversation:c_post9"},
		"a lead of an unknown channel": {"lead", fields{"tenant_id": "t_harbour", "lead_id": "l_tom"}, "", "tenant:t_harbour/lead:l_tom"},
		"nobody's lead":                {"lead", fields{"lead_id": "l_tom"}, "", ""},
		"a channel without a name":     {"channel", tenant, "", ""},
		"a lead without a name":        {"lead", channel, "", ""},
		"no lead at all":               {"lead", tenant, "", ""},
		"a conversation of no channel": {"conversation", fields{"tenant_id": "t_harbour", "conversation_id": "c_tom", "lead_id": "l_tom"}, "", ""},
		"no scope of the map":          {"", direct, "", ""},
	} {
		scope, _ := m.Scope(c.scope)
		of, errOf := keys.PathOf(m, scope, c.fields)
		to, errTo := keys.PathTo(m, scope, c.fields)
		if written(of) != c.of || (errOf == nil) != (c.of != "") {
			t.Errorf("%s: got %s, %v, want %s", name, written(of), errOf, c.of)
		}
		if written(to) != c.to || (errTo == nil) != (c.to != "") {
			t.Errorf("%s, to destroy: got %s, %v, want %s", name, written(to), errTo, c.to)
		}
		secretive(t, errOf)
		secretive(t, errTo)
	}
}

// secretive says that an error is one of ours that nothing can be done about, and names nobody.
func secretive(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if fault.KindOf(err) != fault.Permanent {
		t.Errorf("got %v, a failure of the kind %s", err, fault.KindOf(err))
	}
	for _, name := range []string{"l_tom", "l_other", "c_tom", "c_post9", "10150000000000077"} {
		if strings.Contains(err.Error(), name) || strings.Contains(fault.Describe(err), name) {
			t.Errorf("an error names somebody: %v", err)
		}
	}
}

func TestWhoseCannotBeTold(t *testing.T) {
	m := dataMap(t)
	for name, c := range map[string]struct {
		store string
		says  fields
		known fields
	}{
		"a message of no conversation":        {"messages", fields{"message_id": "m_5"}, channel},
		"a message of no channel":             {"messages", fields{"message_id": "m_1"}, fields{"tenant_id": "t_harbour", "conversation_id": "c_tom", "lead_id": "l_tom"}},
		"a quotation of nobody":               {"ai_quotes", nil, channel},
		"a link of staff without its tenant":  {"links", fields{"target": "staff#t_harbour#ch_fb1"}, fields{"channel_id": "ch_fb1"}},
		"a link of staff without its channel": {"links", fields{"target": "staff#t_harbour#ch_fb1"}, tenant},
		"a store that is kept":                {"billing", nil, tenant},
	} {
		s, _ := m.Store(c.store)
		if s.Backup == nil {
			s.Backup = &datamap.Backup{}
		}
		paths, err := keys.Whose(m, s, example(t, c.store, c.says), c.known)
		if err == nil {
			t.Errorf("%s: got %v", name, paths)
		}
		secretive(t, err)
	}
	links, _ := m.Store("links")
	for _, known := range []fields{nil, {"tenant_id": ""}} {
		path, err := keys.StaffPath(links, example(t, "links", nil), known)
		if err == nil {
			t.Errorf("staff of no tenant: got %v", path)
		}
		secretive(t, err)
	}
}

// What is known of where a record was found is not changed by looking whose it is.
func TestWhoseLeavesWhatIsKnown(t *testing.T) {
	m := dataMap(t)
	messages, _ := m.Store("messages")
	before := maps.Clone(thread)
	if _, err := keys.Whose(m, messages, example(t, "messages", fields{"message_id": "m_5"}), thread); err != nil || !maps.Equal(before, thread) {
		t.Errorf("got %v, %v", thread, err)
	}
}

func TestNames(t *testing.T) {
	secret := keystest.Secret(t, "1", "2")
	seen := map[string]string{}
	for _, s := range []keys.Subject{
		{Kind: "tenant", Values: []string{"a"}}, {Kind: "channel", Values: []string{"a", "b"}}, {Kind: "lead", Values: []string{"a", "b"}},
		{Kind: "lead", Values: []string{"b", "a"}}, {Kind: "lead", Values: []string{"ab"}}, {Kind: "conversation", Values: []string{"a", "b"}},
		{Kind: keys.Staff, Values: []string{"a", "b"}}, {Kind: "lead", Values: []string{"other", "b"}},
	} {
		names := keys.Names(secret, s)
		if len(names) != 2 || !strings.HasPrefix(names[0], "2.") || !strings.HasPrefix(names[1], "1.") {
			t.Fatalf("got %v", names)
		}
		for i, print := range fence.ScopePrints(secret, s.Kind, s.Values...) {
			if len(names[i]) != len("1.")+32 || !strings.HasPrefix(print, names[i]) || names[i] != keys.Short(print) {
				t.Errorf("%s is not the beginning of the tombstone's %s", names[i], print)
			}
			if other, twice := seen[names[i]]; twice {
				t.Errorf("%v and %s have one name", s, other)
			}
			seen[names[i]] = s.Kind
		}
	}
}
