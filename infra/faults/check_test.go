package faults

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/shared/invariant"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// outcome is what must be the same however a request got there.
type outcome struct {
	live       map[string]string // every byte of Mikla's stores
	records    []string
	rows       []string // of ours, without what is random or dated
	tombstones []string
	backups    []string // keys and copies that are left
}

// outcomeOf reads an outcome. What takes everything is fenced up to when it was frozen,
// which clocks and further runs change.
func outcomeOf(t testing.TB, way path, end contents) outcome {
	t.Helper()
	out := outcome{live: end.live()}
	everything := way.scope != nil && (way.scope[0] == "channel" || way.scope[0] == "tenant")
	requests, err := end.requests()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range requests {
		out.records = append(out.records, summary(r))
	}
	for _, table := range []string{"ledger", "casefile", "casekeys"} {
		for _, row := range end.items[table] {
			if strings.HasPrefix(row.Text("sk"), "event#") {
				continue // a run more is an event more; invariants hold the chain
			}
			out.rows = append(out.rows, table+" "+anonymous(row.Text("pk"))+" "+row.Text("sk")+" "+row.Text("open"))
		}
	}
	for _, stone := range end.items["tombstones"] {
		until := stone.Text("cutoff")
		if everything {
			until = "when it was frozen"
		}
		out.tombstones = append(out.tombstones, stone.Text("fingerprint")+" up to "+until)
	}
	for _, row := range end.items["snapshotkeys"] {
		out.backups = append(out.backups, row.Text("parent")+"/"+row.Text("subject"))
	}
	for _, v := range end.objects["snapshots"] {
		out.backups = append(out.backups, v.key)
	}
	slices.Sort(out.backups)
	slices.Sort(out.rows)
	slices.Sort(out.tombstones)
	return out
}

// anonymous leaves out what is made from the random ID of a request.
func anonymous(pk string) string {
	kind, _, _ := strings.Cut(pk, "#")
	if kind == "request" || kind == "code" {
		return kind
	}
	return pk
}

// summary is what a record says besides its dates, its run and its rounds.
func summary(r request.Request) string {
	outcomes, kept := []request.State{}, []string{}
	for _, result := range r.Results {
		outcomes = append(outcomes, result.Outcome)
	}
	for _, k := range r.Kept {
		kept = append(kept, k.Category)
	}
	return fmt.Sprintf("%s %s, cutoff %s, results %v, erased %v, kept %v, closing %t, erased at all %t, closed at all %t",
		r.Kind, r.State, r.Cutoff, outcomes, r.Erased, kept, r.Closing, r.ErasedAt != nil, r.ClosedAt != nil)
}

// differs says in what an outcome differs from the one of the clean run; "" for nothing.
func (o outcome) differs(want outcome) string {
	var parts []string
	for name, lists := range map[string][2][]string{"the records": {o.records, want.records}, "our rows": {o.rows, want.rows}, "the tombstones": {o.tombstones, want.tombstones},
		"the backups": {o.backups, want.backups}} {
		if !slices.Equal(lists[0], lists[1]) {
			parts = append(parts, fmt.Sprintf("%s are\n  %s\nwant\n  %s", name, strings.Join(lists[0], "\n  "), strings.Join(lists[1], "\n  ")))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(both(o.live, want.live))) {
		if got, expected := o.live[key], want.live[key]; got != expected {
			parts = append(parts, fmt.Sprintf("%s\n  is   %s\n  want %s", key, got, expected))
		}
	}
	return strings.Join(parts, "\n")
}

func both(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

// check holds the end of a life to what is always true, whatever struck it. before is
// Mikla's data as it was at the beginning, end what all stores hold now.
func check(t testing.TB, l *life, before map[string]string, end contents) {
	t.Helper()
	requests, err := end.requests()
	if err != nil || len(requests) != 1 {
		t.Fatalf("%d requests of one person, %v", len(requests), err)
	}
	r := requests[0]
	for _, code := range l.codes {
		if code != l.codes[0] {
			t.Error("notices of one request got two codes")
		}
	}
	if n := l.arrivals(r.State); n != 1 {
		t.Errorf("the request came %d times to %s: %v", n, r.State, l.line.states)
	}
	checkCounts(t, r, before, end.live())
	checkQuiet(t, l)
	checkInvariants(t, l, end)
	checkForgotten(t, l, r, end)
}

// arrivals counts the moves of the record into a state.
func (l *life) arrivals(state request.State) (n int) {
	last := request.State("")
	for _, version := range slices.Sorted(maps.Keys(l.line.states)) {
		now := l.line.states[version]
		if now == state && last != state {
			n++
		}
		last = now
	}
	return n
}

// checkCounts compares what the record says was erased with what is gone.
func checkCounts(t testing.TB, r request.Request, before, after map[string]string) {
	t.Helper()
	gone := map[string]int{}
	for key := range before {
		if _, stays := after[key]; !stays {
			store, _, _ := strings.Cut(key, "/")
			gone[store]++
		}
	}
	for key := range after {
		if _, known := before[key]; !known {
			t.Errorf("%s is new", key)
		}
	}
	if !maps.Equal(gone, r.Erased) && len(gone)+len(r.Erased) > 0 {
		t.Errorf("the record says %v, gone are %v", r.Erased, gone)
	}
}

// checkQuiet finds messages that nobody has answered; executions that nobody has run
// would have been found by the life itself.
func checkQuiet(t testing.TB, l *life) {
	t.Helper()
	out, err := l.place.sqs.GetQueueAttributes(t.Context(), &sqs.GetQueueAttributesInput{QueueUrl: aws.String(l.place.queue),
		AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameAll}})
	l.must(err)
	for _, name := range []sqstypes.QueueAttributeName{"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"} {
		if n := out.Attributes[string(name)]; n != "0" {
			t.Errorf("%s is %s", name, n)
		}
	}
	if len(l.owed) > 0 {
		t.Errorf("%d messages were held back to the end", len(l.owed))
	}
}

// checkInvariants asks the one checker that every kind of test asks.
func checkInvariants(t testing.TB, l *life, end contents) {
	t.Helper()
	var rows []ledger.Row
	for name, table := range map[string]ledger.Table{"ledger": ledger.Records, "casefile": ledger.CaseFile, "casekeys": ledger.CaseKeys} {
		for _, it := range end.items[name] {
			expires := int64(0)
			if n, ok := it["expires_at"].(*types.AttributeValueMemberN); ok {
				expires, _ = strconv.ParseInt(n.Value, 10, 64)
			}
			rows = append(rows, ledger.Row{Key: ledger.Key{Table: table, PK: it.Text("pk"), SK: it.Text("sk")}, Doc: []byte(it.Text("doc")),
				Owner: it.Text("owner"), Open: it.Text("open"), CheckAt: it.Text("check_at"), ExpiresAt: expires})
		}
	}
	for _, violation := range (invariant.Ledger{Rows: slices.Values(rows), Needles: names, Now: l.Now()}).Check() {
		t.Error(violation)
	}
}

// names are the person's, which nothing of ours may keep once the request is closed.
var names = []string{"l_tom", "c_tom", "7123456789012345", "tom.kaczmarek", "Kaczmarek", "t_harbour", "Priya"}

func checkForgotten(t testing.TB, l *life, r request.Request, end contents) {
	t.Helper()
	texts := map[string]string{"the log": l.log.String()}
	for _, store := range end.data.Stores {
		if store.Owner == "service" && store.IsTable() { // a case file is sealed
			texts[store.Name] = fmt.Sprint(canonical(end.items[store.Name]))
		}
	}
	if left := len(end.items["casefile"]) + len(end.items["casekeys"]); r.State.Terminal() && left > 0 {
		t.Errorf("%d rows of the case file and its key are left", left)
	}
	for where, text := range texts {
		for _, name := range append(names, l.path.user) {
			if name != "" && strings.Contains(text, name) {
				t.Errorf("%s names the person: %s", where, name)
			}
		}
	}
}

func canonical(items []livedata.Item) (out []string) {
	for _, it := range items {
		out = append(out, livedatatest.Canonical(it))
	}
	return out
}
