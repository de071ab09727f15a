package faults

import (
	"maps"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// path is one way that a request can go.
type path struct {
	name    string
	user    string
	scope   []string                            // instead of a user: a scope and its key
	issued  time.Time                           // of the notice: the cutoff
	world   func(w world)                       // what is not as in the example
	before  func(l *life, step string, nth int) // what happens on the way
	state   request.State                       // where it ends
	erased  map[string]int
	changed []string // rows that stay, but not as they were
}

// quoting is another guest's AI audit entry, which quotes the lead.
const quoting = "ai_audit/c_tom2/2026-04-01T18:00:10Z#a_2"

type item = map[string]any

// paths are all that the matrix strikes. A further one is an entry here.
var paths = []path{
	{
		name: "lead",
		user: workflowtest.Tom, issued: workflowtest.Start,
		world:   attachments,
		state:   request.Completed,
		erased:  map[string]int{"messages": 4, "ai_audit": 1, "ai_quotes": 1, "conversations": 1, "links": 1, "leads": 1, "media": 6},
		changed: []string{quoting},
	},
	{
		name: "wrote again",
		user: workflowtest.Tom, issued: time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC),
		world:   wroteAgain,
		state:   request.Completed,
		erased:  map[string]int{"messages": 4, "ai_audit": 1, "ai_quotes": 1, "media": 2},
		changed: []string{quoting, "leads/t_harbour/l_tom"},
	},
	{
		name: "conversation", scope: []string{"conversation", "t_harbour", "c_tom"}, issued: workflowtest.Start,
		state:   request.Completed,
		erased:  map[string]int{"messages": 2, "ai_audit": 1, "ai_quotes": 1, "conversations": 1, "media": 1},
		changed: []string{quoting},
	},
	{
		name: "channel", scope: []string{"channel", "t_harbour", "ch_fb1"}, issued: workflowtest.Start,
		state:   request.Completed,
		erased:  map[string]int{"channels": 1, "leads": 1, "links": 2, "messages": 5, "ai_audit": 1, "ai_quotes": 1, "conversations": 2, "media": 3},
		changed: []string{quoting},
	},
	{
		name: "tenant", scope: []string{"tenant", "t_harbour"}, issued: workflowtest.Start,
		state:  request.Completed,
		erased: map[string]int{"tenants": 1, "channels": 2, "leads": 2, "links": 3, "messages": 6, "ai_audit": 2, "ai_quotes": 1, "conversations": 3, "media": 3},
	},
	{name: "nobody", user: "10150000000000999", issued: workflowtest.Start, state: request.NothingFound},
	{name: "staff", user: workflowtest.Staff, issued: workflowtest.Start, state: request.NeedsReview},
	{
		name: "lost and dead", user: "10150000000000999", issued: workflowtest.Start,
		before: neverStartedThenDead,
		state:  request.NothingFound,
	},
	{
		name: "asked again", user: "10150000000000999", issued: workflowtest.Start,
		before: askedAgain,
		state:  request.NothingFound,
	},
}

// attachments adds older versions and delete markers.
func attachments(w world) {
	const voice, face = "t_harbour/ch_fb1/c_tom/m_2.ogg", "t_harbour/ch_fb1/profiles/l_tom.jpg"
	w["media"] = append(w["media"], item{"key": voice, "text": "first"}, item{"key": voice, "text": "second"},
		item{"key": voice, "deleted": true}, item{"key": face, "deleted": true})
}

// wroteAgain has the lead write once more after the cutoff.
func wroteAgain(w world) {
	const at, picture = "2026-05-20T09:00:00.5Z", "t_harbour/ch_fb1/c_tom/m_n1.jpg"
	w["messages"] = append(w["messages"],
		item{"conversation_id": "c_tom", "message_key": at + "#m_n1", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom",
			"body": "me again", "attachments": []any{item{"key": picture}}},
		item{"conversation_id": "c_post9", "message_key": at + "#m_n2", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom", "author_key": "t_harbour#l_tom"})
	w["ai_audit"] = append(w["ai_audit"], item{"conversation_id": "c_tom", "audit_key": at + "#a_n", "created_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom"})
	w["media"] = append(w["media"], item{"key": picture, "text": "new"})
	for _, lead := range w["leads"] {
		if lead["lead_id"] == "l_tom" {
			lead["last_interaction_at"] = at
		}
	}
}

// neverStartedThenDead loses the start message, and then the first execution.
func neverStartedThenDead(l *life, step string, nth int) {
	if nth > 1 {
		return
	}
	switch step {
	case stepStart:
		l.lost = true
	case workflow.NextLocate:
		panic(livedatatest.ErrKilled)
	}
}

// askedAgain has a later notice come before the request closes, which sends it round
// again.
func askedAgain(l *life, step string, nth int) {
	if step == workflow.NextClose && nth == 1 {
		l.ask(l.path.issued.Add(time.Hour))
		l.line.begin(step)
	}
}

// example is the platform's data at the beginning of a path.
func (p path) example(t testing.TB) world {
	w := world{}
	for store, items := range livedatatest.ExampleWorld(t) {
		for _, it := range items {
			w[store] = append(w[store], maps.Clone(it))
		}
	}
	if p.world != nil {
		p.world(w)
	}
	backUp(t, w)
	return w
}

// backUp adds last night's snapshot of Tom's channel, and the keys that it names: what is to be destroyed, and what verification reads.
func backUp(t testing.TB, w world) {
	night := workflowtest.NewEmpty(t)
	prints, err := secrets.ParseVersioned([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	night.Keys.Fingerprint = prints
	for _, store := range night.Map.Backed() {
		for _, it := range w[store.Name] {
			night.Live.Put(store.Name, livedatatest.NewItem(it))
		}
	}
	unit := snapshot.Unit{Tenant: "t_harbour", Channel: "ch_fb1"}
	if out, err := night.Writer().Run(t.Context(), unit, night.Now()); err != nil || !out.Completed {
		t.Fatalf("a snapshot: %+v, %v", out, err)
	}
	for _, row := range night.BackupKeys.All() {
		w["snapshotkeys"] = append(w["snapshotkeys"], item{"parent": row.Parent, "subject": row.Name, "key_id": row.ID, "parent_id": row.ParentID})
	}
	for _, name := range night.Backups.Names() {
		body, err := night.Backups.Get(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		w["snapshots"] = append(w["snapshots"], item{"key": name, "text": string(body)})
	}
}
