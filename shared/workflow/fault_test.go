package workflow_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// The paths whose every write is struck in every way.
var paths = map[string]func(t testing.TB, w *workflowtest.World) workflow.Message{
	"two businesses": func(t testing.TB, w *workflowtest.World) workflow.Message {
		neighbours(w)
		w.Live.MarkDeleted("media", "t_harbour/ch_fb1/c_tom/m_1.jpg", livedatatest.SeededAt)
		link(w, workflowtest.Tom, "lead#t_capricho#l_lucia", "2026-05-01T12:00:00Z")
		return w.Admit(t, workflowtest.Tom, cutoff)
	},
	"wrote again after the cutoff": func(t testing.TB, w *workflowtest.World) workflow.Message {
		wroteAgain(w, again)
		return w.Admit(t, workflowtest.Tom, time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC))
	},
	"asked again before the close": raised,
	"pages of two versions, of which some stay": func(t testing.TB, w *workflowtest.World) workflow.Message {
		w.Live.VersionsPage = 2
		for i := range 6 {
			key := fmt.Sprintf("t_harbour/ch_fb1/c_tom/n_%d.jpg", i)
			w.Live.PutObject("media", key, "older version", livedatatest.SeededAt)
			w.Live.PutObject("media", key, "picture", livedatatest.SeededAt)
			if i%3 == 1 {
				at := fmt.Sprintf("2026-05-20T09:00:0%dZ", i)
				w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": at + "#m", "sent_at": at, "tenant_id": "t_harbour", "lead_id": "l_tom", "attachments": []any{fields{"key": key}}}))
			}
		}
		return w.Admit(t, workflowtest.Tom, time.Date(2026, 5, 19, 0, 0, 0, 0, time.UTC))
	},
	"lead and staff": func(t testing.TB, w *workflowtest.World) workflow.Message {
		link(w, workflowtest.Tom, "staff#t_harbour#ch_fb1", "2026-03-01T18:00:00Z")
		return w.Admit(t, workflowtest.Tom, cutoff)
	},
	"a conversation": func(t testing.TB, w *workflowtest.World) workflow.Message {
		return w.AdmitScope(t, "conversation", "t_harbour", "c_tom")
	},
	"a channel": func(t testing.TB, w *workflowtest.World) workflow.Message {
		return w.AdmitScope(t, "channel", "t_harbour", "ch_fb1")
	},
	"a tenant": func(t testing.TB, w *workflowtest.World) workflow.Message {
		return w.AdmitScope(t, "tenant", "t_harbour")
	},
	"a thread that gets empty, an entry that quotes": func(t testing.TB, w *workflowtest.World) workflow.Message {
		w.Live.Drop("messages", "c_post9", "2026-03-05T11:00:00Z#m_7")
		w.Live.Put("ai_audit", livedatatest.NewItem(fields{"conversation_id": "c_tom", "audit_key": "2026-03-02T00:00:00Z#a", "created_at": "2026-03-02T00:00:00Z", "tenant_id": "t_harbour", "lead_id": "l_tom", "quotes": []any{fields{"lead_key": "t_capricho#l_lucia", "field": "prompt", "text": "mesa"}}}))
		w.Live.Put("ai_quotes", livedatatest.NewItem(fields{"lead_key": "t_capricho#l_lucia", "audit_ref": "c_tom|2026-03-02T00:00:00Z#a"}))
		return w.Admit(t, workflowtest.Tom, cutoff)
	},
	"nothing found": func(t testing.TB, w *workflowtest.World) workflow.Message {
		return w.Admit(t, "10150000000000999", cutoff)
	},
	"a leftover that verification meets": func(t testing.TB, w *workflowtest.World) workflow.Message {
		once := true
		w.Before = func(step string) {
			if step == workflow.NextVerify && once {
				once = false
				w.Live.Put("messages", livedatatest.NewItem(fields{"conversation_id": "c_tom", "message_key": "2026-03-01T18:00:05Z#late", "sent_at": "2026-03-01T18:00:05Z", "tenant_id": "t_harbour", "lead_id": "l_tom"}))
			}
		}
		return w.Admit(t, workflowtest.Tom, cutoff)
	},
}

// The ways of striking a write.
var strikes = map[string]struct {
	apply bool
	err   error
}{
	"not applied":       {false, errStruck},
	"applied, lost":     {true, errStruck},
	"killed before":     {false, livedatatest.ErrKilled},
	"killed just after": {true, livedatatest.ErrKilled},
}

var errStruck = fault.New(fault.Retry, "struck")

// outcome is what must be the same however a request got there.
type outcome struct {
	live    map[string]string
	state   request.State
	erased  string
	results int
	kept    string
	rows    []string
	stones  []string
	backups []string // keys and copies that are left
}

func outcomeOf(t testing.TB, w *workflowtest.World, id string) outcome {
	r := w.Request(t, id)
	out := outcome{live: w.Live.Dump(), state: r.State, erased: fmt.Sprint(r.Erased), results: len(r.Results)}
	for _, k := range r.Kept {
		out.kept += k.Category + " "
	}
	for _, row := range w.Rows.All() {
		if strings.HasPrefix(row.SK, "event#") {
			continue // a request that needed another run has more of them
		}
		name := fmt.Sprint(row.Table, " ", row.PK, " ", row.SK, " ", row.Open)
		out.rows = append(out.rows, name)
	}
	out.stones = slices.Sorted(maps.Keys(w.Tombstones.All()))
	for _, key := range w.BackupKeys.All() {
		out.backups = append(out.backups, key.Parent+"/"+key.Name)
	}
	out.backups = slices.Sorted(slices.Values(append(out.backups, w.Backups.Names()...)))
	return out
}

func (o outcome) differs(want outcome) string {
	switch {
	case o.state != want.state || o.erased != want.erased || o.results != want.results || o.kept != want.kept:
		return fmt.Sprintf("ended %s %s results %d kept %s; want %s %s results %d kept %s", o.state, o.erased, o.results, o.kept, want.state, want.erased, want.results, want.kept)
	case !maps.Equal(o.live, want.live):
		return "the live data differs"
	case !slices.Equal(o.rows, want.rows):
		return fmt.Sprintf("our rows are %v, want %v", o.rows, want.rows)
	case !slices.Equal(o.stones, want.stones):
		return "the tombstones differ"
	case !slices.Equal(o.backups, want.backups):
		return fmt.Sprintf("of backups %v is left, want %v", o.backups, want.backups)
	}
	return ""
}

// completed walks a request to its end, in as many executions as it takes.
func completed(t testing.TB, w *workflowtest.World, m workflow.Message) {
	t.Helper()
	for range 3 {
		end, err := w.Walk(t.Context(), m)
		if errors.Is(err, livedatatest.ErrKilled) {
			m = w.Restart(t, m.RequestID)
			continue
		}
		if err != nil || end != workflow.NextDone {
			t.Errorf("the execution ended %q: %v", end, err)
		}
		return
	}
	t.Error("killed again and again")
}

// writesOf walks a path undisturbed and lists its writes.
func writesOf(t testing.TB, start func(testing.TB, *workflowtest.World) workflow.Message) (writes []string, want outcome) {
	w := workflowtest.NewCopied(t)
	m := start(t, w)
	w.Fate = func(write string) (bool, error) {
		writes = append(writes, write)
		return true, nil
	}
	completed(t, w, m)
	return writes, outcomeOf(t, w, m.RequestID)
}

func TestEveryWriteMayFailBeLostOrBeTheLast(t *testing.T) {
	cells := 0
	for name, start := range paths {
		t.Run(name, func(t *testing.T) {
			writes, want := writesOf(t, start)
			for kind, strike := range strikes {
				for i, write := range writes {
					w := workflowtest.NewCopied(t)
					m := start(t, w)
					n, struck := 0, false
					w.Fate = func(string) (bool, error) {
						if n++; n-1 == i {
							struck = true
							return strike.apply, strike.err
						}
						return true, nil
					}
					completed(t, w, m)
					if difference := outcomeOf(t, w, m.RequestID).differs(want); difference != "" || !struck {
						t.Errorf("%s at write %d (%s): struck %t; %s", kind, i, write, struck, difference)
					}
					for _, violation := range w.Violations(tomsNames...) {
						t.Errorf("%s at write %d (%s): %s", kind, i, write, violation)
					}
					cells++
				}
			}
		})
	}
	t.Logf("%d cells: %d paths, %d kinds", cells, len(paths), len(strikes))
}

// The writes of the ordinary path, in order, so that a further one is a decision.
func TestWritesOfTheOrdinaryPath(t *testing.T) {
	writes, _ := writesOf(t, func(t testing.TB, w *workflowtest.World) workflow.Message {
		return w.Admit(t, workflowtest.Tom, cutoff)
	})
	want := []string{
		"commit subject#0000", "commit request", // located
		"raise a tombstone", "raise a tombstone",
		"change conversations/t_harbour/c_tom", "change leads/t_harbour/l_tom", "commit request", // fenced
		"commit frozen#0000#messages#18b856e226b05f7acdfeab2e8f750aba", "commit frozen#0000#conversations#b1abf718506e051e594fa9385bd15e6d",
		"commit cursor", "delete object media/t_harbour/ch_fb1/c_tom/m_1.jpg@v000001",
		"commit cursor", "delete messages/c_tom/2026-03-01T18:00:00Z#m_1", "delete messages/c_tom/2026-03-01T18:00:20Z#m_2",
		"commit frozen#0000#messages#18b856e226b05f7acdfeab2e8f750aba",
		"commit cursor", "delete messages/c_post9/2026-03-05T10:00:00Z#m_5", "delete messages/c_post9/2026-03-05T10:00:30Z#m_6",
		"commit cursor", "delete ai_audit/c_tom/2026-03-01T18:00:19Z#a_1",
		"commit cursor", "change " + quoting, "delete if ai_quotes/t_harbour#l_tom/c_tom2|2026-04-01T18:00:10Z#a_2",
		"commit cursor", "delete if conversations/t_harbour/c_tom",
		"commit cursor", "delete object media/t_harbour/ch_fb1/profiles/l_tom.jpg@v000002", "delete if leads/t_harbour/l_tom",
		"commit cursor", "delete if links/900000000000001#10150000000000555/lead#t_harbour#l_tom",
		"commit cursor",                                                     // purged
		"destroy a key", "destroy a key", "destroy a key", "commit request", // shredded: the lead's, its conversation's, its quotations'
		"commit request",                                                        // verified
		"commit request", "commit key", "commit subject#0000", "commit request", // closing, key destroyed, scrubbed, closed
	}
	if !slices.Equal(writes, want) {
		t.Errorf("the writes are\n%s", strings.Join(writes, "\n"))
	}
}
