package invariant_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// needles are long enough not to occur by chance in what is random.
var needles = []string{workflowtest.Tom, "7123456789012345", "tom.kaczmarek", "l_tom"}

// ours is a world with one request that is completed and one that is open.
type ours struct {
	*testing.T
	*workflowtest.World
	rows       []ledger.Row
	over, open string
}

func newOurs(t *testing.T) *ours {
	t.Helper()
	w := workflowtest.New(t)
	over := w.Admit(t, workflowtest.Tom, workflowtest.Start)
	if end, err := w.Walk(t.Context(), over); err != nil || end != "done" {
		t.Fatal(end, err)
	}
	open := w.Admit(t, workflowtest.Tom, workflowtest.Start.Add(time.Hour))
	return &ours{T: t, World: w, rows: w.Rows.All(), over: over.RequestID, open: open.RequestID}
}

// row finds a row of a request.
func (o *ours) row(table ledger.Table, id, sk string) *ledger.Row {
	o.Helper()
	i := slices.IndexFunc(o.rows, func(r ledger.Row) bool { return r.Table == table && r.PK == "request#"+id && r.SK == sk })
	if i < 0 {
		o.Fatalf("no row %s", sk)
	}
	return &o.rows[i]
}

// named puts the requests' IDs into a sentence.
func (o *ours) named(want string) string {
	return strings.NewReplacer("OVER", o.over, "OPEN", o.open).Replace(want)
}

func (o *ours) add(row ledger.Row) { o.rows = append(o.rows, row) }

func (o *ours) drop(match func(ledger.Row) bool) { o.rows = slices.DeleteFunc(o.rows, match) }

// edit changes a request's record, and its history with it, as code of ours that is wrong
// would: chained, so that only the invariant finds it.
func (o *ours) edit(id string, change func(*request.Request)) {
	o.Helper()
	row := o.row(ledger.Records, id, "request")
	var r request.Request
	if err := json.Unmarshal(row.Doc, &r); err != nil {
		o.Fatal(err)
	}
	before := r
	change(&r)
	e, r, ok := chain.Next(&before, r, workflowtest.Start)
	if !ok {
		o.Fatal("nothing changed")
	}
	row.Doc, _ = json.Marshal(r)
	last := *o.row(ledger.Records, id, "event#000001")
	last.SK, last.Doc = fmt.Sprintf("event#%06d", e.Seq), e.Encode()
	o.add(last)
}

func (o *ours) violations(now time.Time) []invariant.Violation {
	return invariant.Ledger{Rows: slices.Values(o.rows), Needles: needles, Now: now}.Check()
}

func TestSoundRowsBreakNothing(t *testing.T) {
	o := newOurs(t)
	o.add(ledger.Row{Key: ledger.Key{Table: ledger.Records, PK: "budget#messages", SK: "budget"}, Doc: []byte(`{"reserved":1}`)})
	for _, v := range o.violations(o.Now()) {
		t.Error(v)
	}
}

func TestEveryBrokenInvariantOfTheLedgerIsFound(t *testing.T) {
	zero := time.Time{}
	for name, c := range map[string]struct {
		plant func(o *ours)
		want  []string // how the sentences begin that must be among those said
		now   time.Time
	}{
		"an event was changed": {func(o *ours) {
			row := o.row(ledger.Records, o.over, "event#000003")
			row.Doc = []byte(strings.Replace(string(row.Doc), `"run":1`, `"run":2`, 1))
		}, []string{"I12: request OVER: event 3 was changed"}, zero},
		"an event holds more": {func(o *ours) {
			row := o.row(ledger.Records, o.over, "event#000003")
			row.Doc = []byte(strings.Replace(string(row.Doc), `{`, `{"note":"x",`, 1))
		}, []string{"I12: request OVER: an event is not in the form"}, zero},
		"an event is gone": {func(o *ours) {
			o.drop(func(r ledger.Row) bool { return r.PK == "request#"+o.over && r.SK == "event#000002" })
		}, []string{"I12: request OVER: event 3 stands in place 2", "I12: request OVER: the record counts"}, zero},
		"the last event is gone": {func(o *ours) {
			o.drop(func(r ledger.Row) bool { return r.PK == "request#"+o.over && r.SK == "event#000007" })
		}, []string{"I12: request OVER: the record counts 7 events, there are 6", "I5: request OVER stands at completed and has 0 terminal events"}, zero},
		"the record says other than its history": {func(o *ours) {
			row := o.row(ledger.Records, o.over, "request")
			row.Doc = []byte(strings.Replace(string(row.Doc), `"messages":4`, `"messages":5`, 1))
		}, []string{"I12: request OVER: the record says other than its last event"}, zero},
		"the record cannot be read": {func(o *ours) { o.row(ledger.Records, o.over, "request").Doc = []byte("{") },
			[]string{"I12: request OVER: its record cannot be read", "I12: rows of a request without a record: 7 events"}, zero},
		"the record is gone": {func(o *ours) {
			o.drop(func(r ledger.Row) bool { return r.PK == "request#"+o.open && r.SK == "request" })
		},
			[]string{"I12: rows of a request without a record: 1 events, 1 of a case file, 1 keys, 3 pointers"}, zero},
		"a second end": {func(o *ours) {
			o.edit(o.over, func(r *request.Request) { r.State = request.NothingFound })
		}, []string{"I5: request OVER ended completed and then nothing_found", "I5: request OVER stands at nothing_found and has 2 terminal events"}, zero},
		"something after the end": {func(o *ours) { o.edit(o.over, func(r *request.Request) { r.NextRun() }) },
			[]string{"I5: request OVER stands at completed and has 2 terminal events"}, zero},
		"back from the end": {func(o *ours) { o.edit(o.over, func(r *request.Request) { r.State = request.Received }) },
			[]string{"I5: request OVER ended completed and then received"}, zero},
		"a move that is not legal": {func(o *ours) { o.edit(o.open, func(r *request.Request) { r.State = request.Verifying }) },
			[]string{"I5: request OPEN went from received to verifying, which is no legal move"}, zero},
		"a row in the case file of one that is over": {func(o *ours) {
			row := *o.row(ledger.CaseFile, o.open, "identity")
			row.PK = "request#" + o.over
			o.add(row)
		}, []string{"I12: request OVER is over and has 1 rows in its case file"}, zero},
		"the key of one that is over": {func(o *ours) {
			row := *o.row(ledger.CaseKeys, o.open, "key")
			row.PK = "request#" + o.over
			o.add(row)
		}, []string{"I12: request OVER is over and the key of its case file is left"}, zero},
		"the open pointer of one that is over": {func(o *ours) {
			row := *o.row(ledger.Records, o.over, "request")
			o.add(ledger.Row{Key: ledger.Key{PK: "open#1.abc", SK: "pointer"}, Doc: []byte(`{"request_id":"` + o.over + `"}`), ExpiresAt: row.ExpiresAt})
		}, []string{"I12: request OVER is over and its requester's open pointer is left"}, zero},
		"one that is over in the index": {func(o *ours) { o.row(ledger.Records, o.over, "request").Open = "open" },
			[]string{"I5: request OVER is over and still in the sweep's index"}, zero},
		"one that is open outside the index": {func(o *ours) { o.row(ledger.Records, o.open, "request").Open = "" },
			[]string{"I5: request OPEN is open and no sweep will find it"}, zero},
		"an open one without its key": {func(o *ours) { o.drop(func(r ledger.Row) bool { return r.Table == ledger.CaseKeys }) },
			[]string{"I5: request OPEN is open and has lost its case file"}, zero},
		"a due date that was moved": {func(o *ours) {
			o.edit(o.open, func(r *request.Request) { r.DueAt = r.DueAt.Add(time.Second) })
		}, []string{"I6: request OPEN: event 2 has a due date", "I6: request OPEN: its record has a due date"}, zero},
		"both dates moved": {func(o *ours) {
			o.edit(o.open, func(r *request.Request) {
				r.ReceivedAt, r.DueAt = r.ReceivedAt.Add(time.Second), r.DueAt.Add(time.Second)
			})
		}, []string{"I6: request OPEN: event 1 has a due date"}, zero},
		"open after its due date": {func(*ours) {}, []string{"I6: request OPEN stands at received after its due date"}, workflowtest.Start.Add(31 * 24 * time.Hour)},
		"erased before it was frozen": {func(o *ours) {
			o.edit(o.open, func(r *request.Request) {
				at := workflowtest.Start.Add(-1)
				r.Freeze(workflowtest.Start)
				r.ErasedAt = &at
			})
		}, []string{"I4: request OPEN: event 2 was erased before it was frozen", "I4: request OPEN: its record was erased"}, zero},
		"erased and never frozen": {func(o *ours) {
			at := workflowtest.Start
			o.edit(o.open, func(r *request.Request) { r.ErasedAt = &at })
		}, []string{"I4: request OPEN: event 2 was erased before it was frozen"}, zero},
		"completed without an erasure": {func(o *ours) { o.edit(o.over, func(r *request.Request) { r.ErasedAt = nil }) },
			[]string{"I4: request OVER: event 8 is completed without a date of erasure"}, zero},
		"completed with an earlier cutoff": {func(o *ours) { o.edit(o.over, func(r *request.Request) { r.Cutoff = r.Cutoff.Add(1) }) },
			[]string{"I1: request OVER: event 8 is completed, and a later cutoff was never planned with"}, zero},
		"a row that expires at another moment": {func(o *ours) { o.row(ledger.Records, o.open, "event#000001").ExpiresAt++ },
			[]string{"I8: request OPEN: its rows of ledger expire at 2 different moments"}, zero},
		"a row that never expires": {func(o *ours) { o.row(ledger.CaseKeys, o.open, "key").ExpiresAt = 0 },
			[]string{"I8: request OPEN: its rows of casekeys expire at 1 different moments, or never"}, zero},
		"a name in a document": {func(o *ours) {
			row := o.row(ledger.CaseFile, o.open, "identity")
			row.Doc = []byte(`{"user_id":"` + workflowtest.Tom + `"}`)
		}, []string{"I12: casefile: a row ("}, zero},
		"a name in a row of no request": {func(o *ours) {
			o.add(ledger.Row{Key: ledger.Key{Table: ledger.Records, PK: "budget#messages", SK: "budget"}, Doc: []byte(workflowtest.Tom)})
		}, []string{"I12: ledger: a row ("}, zero},
		"a name in a key": {func(o *ours) { o.row(ledger.CaseFile, o.open, "identity").SK = "identity#l_tom" },
			[]string{"I12: casefile: a row ("}, zero},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOurs(t)
			c.plant(o)
			if c.now.IsZero() {
				c.now = o.Now()
			}
			requireSaid(t, o.violations(c.now), o.named, c.want)
		})
	}
}

// requireSaid demands that every sentence was said, and that none names anybody.
func requireSaid(t *testing.T, found []invariant.Violation, name func(string) string, want []string) {
	t.Helper()
	for _, begin := range want {
		if !slices.ContainsFunc(found, func(v invariant.Violation) bool { return strings.HasPrefix(v.String(), name(begin)) }) {
			t.Errorf("not said: %s…\nsaid: %q", name(begin), found)
		}
	}
	for _, v := range found {
		for _, needle := range append(needles, "c_tom", "t_harbour", "kaczmarek") {
			if strings.Contains(v.String(), needle) {
				t.Errorf("%s names somebody", v)
			}
		}
	}
}

func TestOtherRowsOfOursNameNobodyEither(t *testing.T) {
	others := func(yield func(string, string) bool) {
		_ = yield("tombstones", "1.abc") && yield("tombstones", "facebook#7123456789012345")
	}
	found := invariant.Ledger{Rows: slices.Values([]ledger.Row(nil)), Others: others, Needles: needles}.Check()
	if len(found) != 1 || !strings.HasPrefix(found[0].String(), "I12: tombstones: a row (") || strings.Contains(found[0].Text, "7123") {
		t.Errorf("found %v", found)
	}
}

// What has expired is gone, though the table may take days to delete it, row by row.
func TestExpiredRowsAreGone(t *testing.T) {
	o := newOurs(t)
	o.edit(o.open, func(r *request.Request) { r.State = request.NothingFound }) // unsound, and expired
	if found := o.violations(workflowtest.Start.Add(ledger.KeepRecord + time.Hour)); len(found) != 0 {
		t.Errorf("found %v", found)
	}
}
