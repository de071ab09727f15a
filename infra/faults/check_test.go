package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/mikla-ai/data-deletion/shared/request"
)

// outcome is what must be the same however a request got there.
type outcome struct {
	live       map[string]string // every byte of Mikla's stores
	record     string
	rows       []string // of ours, without what is random or dated
	tombstones []string
}

func outcomeOf(t testing.TB, l *life) outcome {
	t.Helper()
	live, err := l.place.dump(t.Context())
	l.must(err)
	out := outcome{live: live}
	for _, r := range l.requests() {
		out.record += summary(r)
	}
	for _, table := range []string{"ledger", "casefile"} {
		rows, err := l.place.scan(t.Context(), table)
		l.must(err)
		for _, row := range rows {
			out.rows = append(out.rows, table+" "+anonymous(row.Text("pk"))+" "+row.Text("sk")+" "+row.Text("open"))
		}
	}
	stones, err := l.place.scan(t.Context(), "tombstones")
	l.must(err)
	for _, stone := range stones {
		out.tombstones = append(out.tombstones, stone.Text("fingerprint")+" up to "+stone.Text("cutoff"))
	}
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
	if o.record != want.record {
		parts = append(parts, fmt.Sprintf("the record is\n  %s\nwant\n  %s", o.record, want.record))
	}
	for name, lists := range map[string][2][]string{"our rows": {o.rows, want.rows}, "the tombstones": {o.tombstones, want.tombstones}} {
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
// Mikla's data as it was at the beginning.
func check(t testing.TB, l *life, before map[string]string, end outcome) {
	t.Helper()
	rs := l.requests()
	if len(rs) != 1 {
		t.Fatalf("%d requests of one person", len(rs))
	}
	for _, code := range l.codes {
		if code != l.codes[0] {
			t.Error("the same notice got two codes")
		}
	}
	if n := l.arrivals(rs[0].State); n != 1 {
		t.Errorf("the request came %d times to %s: %v", n, rs[0].State, l.line.states)
	}
	checkCounts(t, rs[0], before, end.live)
	checkQuiet(t, l)
	checkForgotten(t, l, rs[0])
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

// names are the person's, which nothing of ours may keep once the request is closed.
var names = []string{"l_tom", "c_tom", "7123456789012345", "tom.kaczmarek", "Kaczmarek", "t_harbour", "Priya"}

func checkForgotten(t testing.TB, l *life, r request.Request) {
	t.Helper()
	texts := map[string]string{"the log": l.log.String()}
	tables := []string{"ledger", "tombstones"}
	if r.State.Terminal() {
		tables = append(tables, "casefile")
	}
	for _, table := range tables {
		rows, err := l.place.scan(t.Context(), table)
		l.must(err)
		texts[table] = fmt.Sprint(plain(rows))
		if table == "casefile" && len(rows) > 0 {
			t.Errorf("%d rows of the case file are left", len(rows))
		}
	}
	for where, text := range texts {
		for _, name := range append(names, l.path.user) {
			if strings.Contains(text, name) {
				t.Errorf("%s names the person: %s", where, name)
			}
		}
	}
}
