package faults

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/platform"
	"github.com/mikla-ai/data-deletion/infra/local/wire"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// words are what the events of a race say.
const words = "words that came meanwhile"

// race is an erasure and an event of the platform that meets it.
type race struct {
	path  string
	sent  time.Time
	stays bool // the event is newer than what is erased
}

var races = []race{
	{"lead", workflowtest.Start.Add(-time.Hour), false},
	{"lead", workflowtest.Start.Add(time.Hour), true},
	{"conversation", workflowtest.Start.Add(-time.Hour), false},
	{"channel", workflowtest.Start.Add(time.Hour), false},
	{"tenant", workflowtest.Start.Add(time.Hour), false},
}

// The two orders in which an event can meet a write.
var orders = []kind{
	{name: "event, then write", call: func(x exchange) (wire.Answer, error) {
		x.line.aside()
		return x.send(x.call.Body)
	}},
	{name: "write, then event", call: func(x exchange) (wire.Answer, error) {
		answer, err := x.send(x.call.Body)
		x.line.aside()
		return answer, err
	}},
}

// TestEraseAndIngestInBothOrders has an event of the person come in just before and just
// after every write of an erasure: one that is older than the deletion never stays, one
// that is newer always does, with a clean profile, and a channel or a tenant that goes
// takes everything with it.
func TestEraseAndIngestInBothOrders(t *testing.T) {
	cells := 0
	for _, r := range races {
		way := pathNamed(t, r.path)
		points := clean(t, way).points
		for _, order := range orders {
			for number, p := range points {
				if !p.writes() {
					continue
				}
				cells++
				t.Run(fmt.Sprintf("%s stays %t/%s/%d %s", r.path, r.stays, order.name, number, p), func(t *testing.T) {
					t.Parallel()
					meet(t, way, r, &strike{kind: order, number: number, at: p, left: 1})
				})
			}
		}
	}
	t.Cleanup(func() { fmt.Printf("%d races: %d events, %d orders, every write\n", cells, len(races), len(orders)) })
}

func pathNamed(t *testing.T, name string) path {
	t.Helper()
	for _, way := range paths {
		if way.name == name {
			return way
		}
	}
	t.Fatalf("no path %s", name)
	return path{}
}

func meet(t *testing.T, way path, r race, s *strike) {
	p := <-shared.places
	defer func() { shared.places <- p }()
	l := ready(t, p, way, s)
	began, err := p.contents(t.Context())
	l.must(err)
	var got platform.Receipt
	l.line.aside = func() { got = l.ingest(r.sent) }
	l.live()
	end, err := p.contents(t.Context())
	l.must(err)
	if !s.struck {
		t.Fatal("the event never came")
	}
	rs, err := end.requests()
	l.must(err)
	if len(rs) != 1 || rs[0].State != request.Completed || l.arrivals(request.Completed) != 1 {
		t.Fatalf("the request ended as %+v", rs)
	}
	checkMet(t, r, got, end)
	if r.stays || r.path == "conversation" { // the oracle takes what the platform changes meanwhile for our doing
		checkOthers(t, began, end)
	} else {
		for _, violation := range liveOf(p, way, rs[0], began, end).Check() {
			t.Error(violation)
		}
	}
	checkInvariants(t, l, end)
	checkQuiet(t, l)
	if t.Failed() {
		t.Logf("the event was %s\nlog:\n%s", got.Outcome, l.log.String())
	}
}

// checkMet says what must be left of the event.
func checkMet(t *testing.T, r race, got platform.Receipt, end contents) {
	t.Helper()
	said := false
	for _, it := range end.items["messages"] {
		said = said || strings.Contains(it.Text("body"), words)
	}
	if said != r.stays || r.stays && got.Outcome != platform.Stored {
		t.Errorf("the event was %s, and its message is there: %t", got.Outcome, said)
	}
	for _, it := range end.items["leads"] {
		if it.Text("platform_user_id") != "7123456789012345" {
			continue
		}
		old := it.Text("display_name") == "Tom Kaczmarek" || it.Text("handle") != "" || len(it.Has([]string{"deleting_at"})) > 0
		if !r.stays && r.path != "conversation" || r.path == "lead" && old {
			t.Errorf("the profile is left or is not clean: %v", it)
		}
	}
}

// checkOthers compares every record and object that is not Tom's, to the byte.
func checkOthers(t *testing.T, began, end contents) {
	t.Helper()
	his := []string{"l_new1", "c_new2", "l_tom\"", "l_tom/", "l_tom.jpg", "#l_tom", "/c_tom/", "c_tom\"", "c_tom2|", quoting, "metrics/"}
	others := func(c contents) map[string]string {
		out := c.live()
		for key, content := range out {
			for _, name := range his {
				if strings.Contains(key+content, name) {
					delete(out, key)
				}
			}
		}
		return out
	}
	before, after := others(began), others(end)
	for key := range both(before, after) {
		if before[key] != after[key] {
			t.Errorf("somebody else's %s was %q, is %q", key, before[key], after[key])
		}
	}
	if len(before) < 10 {
		t.Errorf("only %d records of others are compared", len(before))
	}
}

// ingest is one direct message of Tom's, as the platform takes it in.
func (l *life) ingest(sent time.Time) platform.Receipt {
	n := 0
	keys, err := secrets.ParseVersioned([]byte(key))
	l.must(err)
	p := platform.Platform{DynamoDB: l.place.db, Names: l.place.names(),
		Keys: func(context.Context) (secrets.Versioned, error) { return keys, nil },
		NewID: func(prefix string) string {
			n++
			return fmt.Sprintf("%snew%d", prefix, n)
		}}
	receipt, err := p.Ingest(l.t.Context(), platform.Event{Tenant: "t_harbour", Channel: "ch_fb1", Kind: "dm",
		Sender: platform.Sender{ID: "7123456789012345"}, Message: platform.Message{ID: "m_race", SentAt: sent, Body: words}})
	l.must(err)
	return receipt
}

// liveOf asks the oracle, of the records.
func liveOf(p *place, way path, r request.Request, before, after contents) invariant.Live {
	key := way.scope
	if key == nil {
		key = []string{"lead", "t_harbour", "l_tom"}
	}
	scope, _ := p.data.Scope(key[0])
	e := invariant.Erasure{Scope: scope.Name, Fields: map[string]string{}}
	for i, name := range scope.Key {
		e.Fields[name] = key[i+1]
	}
	if !scope.Everything {
		e.Cutoff, e.Frozen = *r.Frozen, *r.FrozenAt
	}
	return invariant.Live{Map: p.data, Before: records(before), After: records(after), Erasures: []invariant.Erasure{e}}
}

func records(c contents) invariant.World {
	w := invariant.World{Records: map[string][]livedata.Item{}}
	for _, s := range c.data.Stores {
		if s.Owner == "platform" && s.IsTable() {
			w.Records[s.Name] = c.items[s.Name]
		}
	}
	return w
}
