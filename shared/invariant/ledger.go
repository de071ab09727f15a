package invariant

import (
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/ledger"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Ledger checks the rows of this service, all of them or all of one request:
//
//	I1   nothing is completed while a later cutoff stands
//	I2   nothing is completed whose backups were not shredded
//	I4   live_erased_at lies not before frozen_at; nothing is completed without it; everybody
//	     who is to be told of an end is told once, and of an erasure not before it is verified
//	I5   one terminal event, the last one; legal moves only; an open request has its case file
//	I6   due_at is received_at + 30 days, always; nothing is open after it
//	I8   all rows of a request in a table expire at the same moment
//	I12  events verify and agree with the record; a request that is over has no case file, no
//	     key and no open pointer; one whose letters have arrived has no correspondence; no row
//	     holds any of the needles
//
// A row that has expired is gone, whether or not the table has come to deleting it.
type Ledger struct {
	Rows    iter.Seq[ledger.Row]      // of ledger, case file and case keys, in any order
	Others  iter.Seq2[string, string] // further rows of ours: store and text; may be nil
	Needles []string                  // what must stand nowhere: long enough not to occur by chance
	Now     time.Time
}

// story is what the rows say of one request.
type story struct {
	*report
	id       string
	now      time.Time
	record   *request.Request
	indexed  bool // in the sweep's index
	events   []event
	pointers map[string]int
	cases    map[string]int
	keys     map[string]int
	expiries map[ledger.Table]map[int64]bool
}

// event is one with the sort key of its row.
type event struct {
	chain.Event
	name string
}

// Check lists what is wrong.
func (l Ledger) Check() []Violation {
	var found report
	stories := map[string]*story{}
	for row := range l.Rows {
		l.namesNobody(&found, tableName(row.Table), strings.Join([]string{row.PK, row.SK, string(row.Doc), row.Owner, row.Open, row.CheckAt}, "\n"))
		if row.ExpiresAt != 0 && row.ExpiresAt <= l.Now.Unix() || ofNoRequest(row) {
			continue
		}
		id := requestOf(row)
		if stories[id] == nil {
			stories[id] = &story{report: &found, id: id, now: l.Now, pointers: map[string]int{}, cases: map[string]int{}, keys: map[string]int{}, expiries: map[ledger.Table]map[int64]bool{}}
		}
		stories[id].add(row)
	}
	if l.Others != nil {
		for store, text := range l.Others {
			l.namesNobody(&found, store, text)
		}
	}
	for _, s := range stories {
		s.check()
	}
	return found.sorted()
}

func tableName(t ledger.Table) string {
	return map[ledger.Table]string{ledger.Records: "ledger", ledger.CaseFile: "casefile", ledger.CaseKeys: "casekeys"}[t]
}

// namesNobody does not say which needle it was: that would name the person here.
func (l Ledger) namesNobody(found *report, store, text string) {
	for i, needle := range l.Needles {
		if strings.Contains(text, needle) {
			found.say("I12", "%s: a row (%s) holds needle %d", store, shortHash(text), i)
		}
	}
}

// ofNoRequest says that a row is what all purges share of a store (shared/budget), or
// counts what somebody causes over several requests (shared/limit).
func ofNoRequest(row ledger.Row) bool {
	kind, _, _ := strings.Cut(row.PK, "#")
	return row.Table == ledger.Records && (kind == "budget" || kind == "limit") && row.SK == kind
}

// requestOf says which request a row is of, by its key or by where it points.
func requestOf(row ledger.Row) string {
	if id, ok := strings.CutPrefix(row.PK, "request#"); ok {
		return id
	}
	var to struct {
		RequestID string `json:"request_id"`
	}
	_ = json.Unmarshal(row.Doc, &to) // what cannot be read belongs to no request, which is said
	return to.RequestID
}

func (s *story) add(row ledger.Row) {
	if s.expiries[row.Table] == nil {
		s.expiries[row.Table] = map[int64]bool{}
	}
	s.expiries[row.Table][row.ExpiresAt] = true
	kind, _, _ := strings.Cut(row.PK, "#")
	part, _, _ := strings.Cut(row.SK, "#")
	switch {
	case row.Table == ledger.CaseFile:
		s.cases[part]++
	case row.Table == ledger.CaseKeys:
		s.keys[row.SK]++
	case kind != "request":
		s.pointers[kind]++
	case part == "event":
		s.event(row)
	case part == "request":
		s.indexed = row.Open != ""
		var r request.Request
		if json.Unmarshal(row.Doc, &r) != nil {
			s.say("I12", "request %s: its record cannot be read", s.id)
			return
		}
		s.record = &r
	}
}

func (s *story) event(row ledger.Row) {
	e, err := chain.Decode(row.Doc)
	if err != nil {
		s.say("I12", "request %s: %s (%s)", s.id, err, row.SK)
		return
	}
	s.events = append(s.events, event{e, row.SK})
}

func (s *story) check() {
	if s.record == nil {
		s.say("I12", "rows of a request without a record: %d events, %d of a case file, %d keys, %d pointers (%s)",
			len(s.events), sum(s.cases), sum(s.keys), sum(s.pointers), shortHash(s.id))
		return
	}
	s.chained()
	s.ends()
	s.due(chain.FactsOf(*s.record), "its record")
	s.erased(chain.FactsOf(*s.record), "its record")
	for _, e := range s.events {
		s.due(e.Facts, fmt.Sprintf("event %d", e.Seq))
		s.erased(e.Facts, fmt.Sprintf("event %d", e.Seq))
	}
	if s.record.State.Terminal() {
		s.over()
	} else {
		s.open()
	}
	s.looked()
	s.told()
	s.corresponds()
	for table, moments := range s.expiries {
		if len(moments) > 1 || moments[0] {
			s.say("I8", "request %s: its rows of %s expire at %d different moments, or never", s.id, tableName(table), len(moments))
		}
	}
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// chained puts the events in the order of their rows: a table gives them in that order,
// whatever they say of themselves.
func (s *story) chained() {
	slices.SortFunc(s.events, func(a, b event) int { return strings.Compare(a.name, b.name) })
	events := make([]chain.Event, len(s.events))
	for i, e := range s.events {
		events[i] = e.Event
	}
	for _, broken := range chain.Verify(*s.record, events) {
		s.say("I12", "request %s: %s", s.id, broken)
	}
}

// ends: a request has one end, and what was not legal did not happen.
func (s *story) ends() {
	ended := 0
	for i, e := range s.events {
		if e.State.Terminal() {
			ended++
		}
		if i == 0 {
			if e.Type != chain.Admitted {
				s.say("I5", "request %s: its first event is %s", s.id, e.Type)
			}
			continue
		}
		was := s.events[i-1].State
		if was.Terminal() && e.State != was {
			s.say("I5", "request %s ended %s and then %s", s.id, was, e.State)
		} else if was != e.State && !was.CanMove(e.State) {
			s.say("I5", "request %s went from %s to %s, which is no legal move", s.id, was, e.State)
		}
	}
	if over := s.record.State.Terminal(); over && ended != 1 || !over && ended != 0 {
		s.say("I5", "request %s stands at %s and has %d terminal events", s.id, s.record.State, ended)
	}
}

func (s *story) due(f chain.Facts, where string) {
	if !f.DueAt.Equal(f.ReceivedAt.Add(request.Limit)) || !f.ReceivedAt.Equal(s.record.ReceivedAt) {
		s.say("I6", "request %s: %s has a due date that is not 30 days after the receipt, or another receipt", s.id, where)
	}
}

func (s *story) erased(f chain.Facts, where string) {
	switch {
	case f.ErasedAt == nil && f.State == request.Completed:
		s.say("I4", "request %s: %s is completed without a date of erasure", s.id, where)
	case f.ShreddedAt == nil && f.State == request.Completed:
		s.say("I2", "request %s: %s is completed and its backups were not shredded", s.id, where)
	case f.ErasedAt != nil && (f.FrozenAt == nil || f.ErasedAt.Before(*f.FrozenAt)):
		s.say("I4", "request %s: %s was erased before it was frozen", s.id, where)
	}
	if f.State == request.Completed && f.Frozen != nil && f.Cutoff.After(*f.Frozen) {
		s.say("I1", "request %s: %s is completed, and a later cutoff was never planned with", s.id, where)
	}
}

// over: of a request that ended nothing is left but its history and the ways to it.
func (s *story) over() {
	if n := sum(s.cases) - s.cases["mailbox"]; n > 0 {
		s.say("I12", "request %s is over and has %d rows in its case file", s.id, n)
	}
	if s.keys["key"] > 0 {
		s.say("I12", "request %s is over and the key of its case file is left", s.id)
	}
	if s.pointers["open"] > 0 || s.record.OpenKey != "" {
		s.say("I12", "request %s is over and its requester's open pointer is left", s.id)
	}
}

// looked: the sweep finds what it has to look after, and nothing else.
func (s *story) looked() {
	if s.indexed && !s.record.Open() {
		s.say("I5", "request %s is over and still in the sweep's index", s.id)
	}
	if !s.indexed && s.record.Open() {
		s.say("I5", "request %s is open and no sweep will find it", s.id)
	}
}

// told: of every end each mailbox hears once, and of an erasure only when there is one.
func (s *story) told() {
	heard := map[string]int{}
	for _, l := range s.record.Letters {
		heard[fmt.Sprint(l.Kind, " to ", l.To)]++
		if l.Kind == request.Confirmation && (s.record.State != request.Completed || s.record.ErasedAt == nil) {
			s.say("I4", "request %s confirms an erasure and stands at %s", s.id, s.record.State)
		}
	}
	for _, kind := range []string{request.Confirmation, request.Refusal, request.Withdrawal, request.LapseNotice} {
		for place := range s.record.Letters {
			if n := heard[fmt.Sprint(kind, " to ", place)]; n > 1 {
				s.say("I4", "request %s tells mailbox %d %d times that it is %s", s.id, place, n, kind)
			}
		}
	}
	for _, place := range s.record.Notify {
		if s.record.State == request.Completed && s.record.Mailbox && heard[fmt.Sprint(request.Confirmation, " to ", place)] != 1 {
			s.say("I4", "request %s is completed and mailbox %d is not told", s.id, place)
		}
	}
}

// corresponds: the correspondence is there as long as somebody may need it, and no
// longer.
func (s *story) corresponds() {
	if !s.record.Mailbox && s.keys["mailkey"]+s.cases["mailbox"] > 0 {
		s.say("I12", "request %s needs no mailbox any more and has %d", s.id, s.cases["mailbox"])
	}
}

// open: what is not over must be able to end, and in time.
func (s *story) open() {
	if !s.record.Closing && (s.keys["key"] == 0 || s.cases["identity"] == 0) {
		s.say("I5", "request %s is open and has lost its case file", s.id)
	}
	if s.now.After(s.record.DueAt) {
		s.say("I6", "request %s stands at %s after its due date", s.id, s.record.State)
	}
}
