package invariant_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

func TestBackups(t *testing.T) {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	cutoff := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	record := func(store, lead string, at time.Time) []invariant.Copy {
		s, _ := m.Store(store)
		it := livedatatest.NewItem(fields{"conversation_id": "c", "message_key": at.Format(time.RFC3339) + "#m", "sent_at": at.Format(time.RFC3339), "started_at": at.Format(time.RFC3339)})
		return []invariant.Copy{{Store: s, Item: it, Fields: []map[string]string{{"tenant_id": "t", "lead_id": "l_else"}, {"tenant_id": "t", "lead_id": lead}}}}
	}
	old, newer := cutoff, cutoff.Add(time.Second)
	for name, c := range map[string]struct {
		b    invariant.Backups
		want string
	}{
		"nothing":                        {invariant.Backups{}, ""},
		"what is newer":                  {invariant.Backups{Opened: record("messages", "l", newer), Restored: record("messages", "l", newer)}, ""},
		"somebody else's":                {invariant.Backups{Opened: record("messages", "l2", old), Restored: record("messages", "l2", old)}, ""},
		"what stays for what is newer":   {invariant.Backups{Opened: record("conversations", "l", old)}, ""},
		"a copy of yesterday":            {invariant.Backups{AsOf: []time.Time{cutoff.Add(-24 * time.Hour)}}, ""},
		"a message that opens":           {invariant.Backups{Opened: record("messages", "l", old)}, "I2: messages: 1 records of a shredded subject"},
		"a message that came back":       {invariant.Backups{Restored: record("messages", "l", old)}, "I1: messages: 1 records of a subject"},
		"a copy older than the rotation": {invariant.Backups{AsOf: []time.Time{cutoff.Add(-request.Rotation), cutoff}}, "I3: 1 copies are older"},
	} {
		c.b.Map, c.b.Now = m, cutoff
		c.b.Erasures = []invariant.Erasure{{Scope: "lead", Fields: map[string]string{"tenant_id": "t", "lead_id": "l"}, Cutoff: cutoff}}
		var got []string
		for _, v := range c.b.Check() {
			got = append(got, v.String())
		}
		if told := strings.Join(got, "\n"); (told == "") != (c.want == "") || !strings.Contains(told, c.want) || len(got) > 1 {
			t.Errorf("%s: %q, want %q", name, told, c.want)
		}
	}
	whole := invariant.Backups{Map: m, Now: cutoff, Opened: record("messages", "l", newer),
		Erasures: []invariant.Erasure{{Scope: "tenant", Fields: map[string]string{"tenant_id": "t"}}}}
	if got := whole.Check(); len(got) != 1 {
		t.Errorf("of a tenant everything goes, whatever its date: %v", got)
	}
}
