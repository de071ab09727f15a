package chain_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/chain"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/request"
)

var start = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

const (
	id      = "0123456789abcdef0123456789abcdef"
	another = "fedcba9876543210fedcba9876543210"
)

// story is the history of an ordinary request.
func story(id string) (request.Request, []chain.Event) {
	r := request.New(id, "meta", "1", request.Asked{Kind: request.DataDeletion, ReceivedAt: start, Cutoff: start})
	at, events := start, []chain.Event(nil)
	step := func(before *request.Request, after request.Request) {
		at = at.Add(time.Second)
		e, next, ok := chain.Next(before, after, at)
		if !ok {
			panic("no event")
		}
		r, events = next, append(events, e)
	}
	step(nil, r)
	for _, change := range []func(*request.Request){
		func(r *request.Request) { r.Freeze(start); r.State = request.Matched },
		func(r *request.Request) { r.State = request.Purging },
		func(r *request.Request) { r.State = request.Verifying },
		func(r *request.Request) { r.ErasedAt = &start },
		func(r *request.Request) { r.Closing, r.Erased = true, map[string]int{"messages": 4, "leads": 1} },
		func(r *request.Request) { r.Closing, r.State, r.ClosedAt = false, request.Completed, &start },
	} {
		before := r
		change(&r)
		step(&before, r)
	}
	return r, events
}

func TestAWholeHistory(t *testing.T) {
	r, events := story(id)
	if broken := chain.Verify(r, events); len(broken) != 0 {
		t.Fatal(broken)
	}
	var types []chain.Type
	for i, e := range events {
		types = append(types, e.Type)
		read, err := chain.Decode(e.Encode())
		if err != nil || read.Seq != i+1 || !bytes.Equal(read.Encode(), e.Encode()) {
			t.Errorf("event %d comes back as %+v, %v", i+1, read, err)
		}
	}
	if got := fmt.Sprint(types); got != "[admitted frozen moved moved erased closing closed]" {
		t.Errorf("types %s", got)
	}
	if r.Events != 7 || r.Head != events[6].Hash {
		t.Errorf("the record counts %d events", r.Events)
	}
}

// The bytes of an event are what its hash is of: they must never change.
func TestTheFormOfAnEventStands(t *testing.T) {
	_, events := story(id)
	want := `{"v":1,"seq":6,"at":"2026-05-01T12:00:06Z","type":"closing","kind":"data_deletion","state":"verifying","run":1,` +
		`"received_at":"2026-05-01T12:00:00Z","due_at":"2026-05-31T12:00:00Z","cutoff":"2026-05-01T12:00:00Z","frozen_cutoff":"2026-05-01T12:00:00Z","frozen_at":"2026-05-01T12:00:00Z",` +
		`"live_erased_at":"2026-05-01T12:00:00Z","closing":true,"erased":{"leads":1,"messages":4},` +
		`"prev":"` + events[4].Hash + `","hash":"` + events[5].Hash + `"}`
	if got := string(events[5].Encode()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if events[0].Hash != "c19219664c6be39de4e3d462236f8dae99b53c1c6299b0bec3094525f7a7277d" || events[6].Hash != "c07d74aade49834fa67709d0e52f79e2efda58347e9c6aafff1f068560ae5834" {
		t.Errorf("hashes %s, %s", events[0].Hash, events[6].Hash)
	}
}

func TestAChangeOfNothingChainedIsNoEvent(t *testing.T) {
	r, _ := story(id)
	after := r
	after.CheckAt, after.StartedRun, after.OpenKey = start, 1, "1.abc"
	if _, same, ok := chain.Next(&r, after, start); ok || same.Events != r.Events || same.Head != r.Head {
		t.Error("an event of nothing")
	}
}

// forgery does something to a history; want begins one of the sentences that name it.
var forgeries = map[string]struct {
	forge func(r *request.Request, events []chain.Event) []chain.Event
	want  string
}{
	"a fact changed":       {func(_ *request.Request, e []chain.Event) []chain.Event { e[2].Run = 9; return e }, "event 3 was changed"},
	"a date changed":       {func(_ *request.Request, e []chain.Event) []chain.Event { e[4].At = start; return e }, "event 5 was changed"},
	"a count changed":      {func(_ *request.Request, e []chain.Event) []chain.Event { e[5].Erased["leads"]++; return e }, "event 6 was changed"},
	"a hash changed":       {func(_ *request.Request, e []chain.Event) []chain.Event { e[3].Hash = e[2].Hash; return e }, "event 4 was changed"},
	"the first dropped":    {func(_ *request.Request, e []chain.Event) []chain.Event { return e[1:] }, "event 2 stands in place 1"},
	"one dropped":          {func(_ *request.Request, e []chain.Event) []chain.Event { return slices.Delete(e, 3, 4) }, "event 5 stands in place 4"},
	"the last dropped":     {func(_ *request.Request, e []chain.Event) []chain.Event { return e[:6] }, "the record counts 7 events, there are 6"},
	"all dropped":          {func(*request.Request, []chain.Event) []chain.Event { return nil }, "the record counts 7 events, there are 0"},
	"one put in":           {func(_ *request.Request, e []chain.Event) []chain.Event { return slices.Insert(e, 2, e[1]) }, "event 2 stands in place 3"},
	"one added at the end": {func(_ *request.Request, e []chain.Event) []chain.Event { return append(e, e[6]) }, "event 7 stands in place 8"},
	"two exchanged":        {func(_ *request.Request, e []chain.Event) []chain.Event { e[2], e[3] = e[3], e[2]; return e }, "event 4 stands in place 3"},
	"renumbered": {func(_ *request.Request, e []chain.Event) []chain.Event {
		e = slices.Delete(e, 3, 4)
		for i := range e {
			e[i].Seq = i + 1
		}
		return e
	}, "event 4 was changed"},
	"another request's": {func(_ *request.Request, e []chain.Event) []chain.Event {
		_, other := story(another)
		return other
	}, "event 1 does not follow"},
	"made again from one on": {func(_ *request.Request, e []chain.Event) []chain.Event { return again(e, 3) }, "the record's head"},
	"cut off, and the count with it": {func(r *request.Request, e []chain.Event) []chain.Event {
		r.Events = 6
		return e[:6]
	}, "the record's head"},
	"the record's state": {func(r *request.Request, e []chain.Event) []chain.Event { r.State = request.NothingFound; return e }, "the record says other than its last event"},
	"the record's count": {func(r *request.Request, e []chain.Event) []chain.Event {
		r.Erased = map[string]int{"messages": 5, "leads": 1}
		return e
	}, "the record says other than its last event"},
	"the record's cutoff": {func(r *request.Request, e []chain.Event) []chain.Event { r.Cutoff = start.Add(1); return e }, "the record says other"},
	"the record's head":   {func(r *request.Request, e []chain.Event) []chain.Event { r.Head = e[5].Hash; return e }, "the record's head"},
}

// again makes the events anew from one on, with another fact, by somebody who knows how.
func again(events []chain.Event, from int) []chain.Event {
	r := request.Request{ID: id, Events: from, Head: events[from-1].Hash}
	for i := from; i < len(events); i++ {
		f := events[i].Facts
		after := r
		after.Kind, after.State, after.Run, after.Rounds = f.Kind, f.State, f.Run, 7
		before := after
		before.Rounds++
		events[i], r, _ = chain.Next(&before, after, events[i].At)
	}
	return events
}

func TestEveryForgeryIsFoundAndNamed(t *testing.T) {
	for name, c := range forgeries {
		t.Run(name, func(t *testing.T) {
			r, events := story(id)
			r.Erased = map[string]int{"messages": 4, "leads": 1} // not the event's own map
			events = c.forge(&r, events)
			broken := chain.Verify(r, events)
			if !slices.ContainsFunc(broken, func(s string) bool { return strings.HasPrefix(s, c.want) }) {
				t.Errorf("got %q, want %q", broken, c.want)
			}
		})
	}
}

// Every single bit of every stored event counts.
func TestEveryByteCounts(t *testing.T) {
	r, events := story(id)
	for at, e := range events {
		doc := e.Encode()
		for i := range doc {
			changed := bytes.Clone(doc)
			changed[i] ^= 1
			read, err := chain.Decode(changed)
			if err != nil {
				continue
			}
			forged := slices.Clone(events)
			forged[at] = read
			if broken := chain.Verify(r, forged); len(broken) == 0 {
				t.Fatalf("byte %d of event %d: %s reads as %s and verifies", i, at+1, changed[max(0, i-9):i+9], doc[max(0, i-9):i+9])
			}
		}
	}
}

func TestOnlyTheWrittenFormIsRead(t *testing.T) {
	_, events := story(id)
	doc := string(events[1].Encode())
	for name, src := range map[string]string{
		"nothing":         "",
		"no object":       "[]",
		"a field more":    strings.Replace(doc, `{"v"`, `{"note":"Tom","v"`, 1),
		"a field twice":   strings.Replace(doc, `"seq":2`, `"seq":1,"seq":2`, 1),
		"another order":   strings.Replace(doc, `"v":1,"seq":2`, `"seq":2,"v":1`, 1),
		"a blank":         strings.Replace(doc, `,`, `, `, 1),
		"more after it":   doc + `{}`,
		"a later version": strings.Replace(doc, `"v":1`, `"v":2`, 1),
		"no version":      strings.Replace(doc, `"v":1`, `"v":0`, 1),
	} {
		if _, err := chain.Decode([]byte(src)); fault.KindOf(err) != fault.Permanent || strings.Contains(fault.Describe(err), "Tom") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
