package front

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Call says how often a function used an operation on a resource.
type Call struct {
	Function  string `json:"function"`
	Service   string `json:"service"`
	Operation string `json:"operation"`
	// Resource is a table, table/index/name, bucket, queue, secret, key, function,
	// state machine or execution; several of them are several calls here.
	Resource string `json:"resource"`
	// Needs are the operations that a transaction stands for on the table, in the
	// order of the alphabet, with commas between; empty for any other call.
	Needs string `json:"needs,omitempty"`
	Count int    `json:"count"`
}

// Calls is the record of who called what.
type Calls struct {
	mu     sync.Mutex
	counts map[Call]int
}

func (l *Calls) record(c *call) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[Call]int{}
	}
	for _, resource := range c.Resources {
		l.counts[Call{Function: c.function, Service: c.Service, Operation: c.Operation, Resource: resource,
			Needs: strings.Join(c.Needs[resource], ",")}]++
	}
}

// List returns the record, sorted.
func (l *Calls) List() []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := []Call{}
	for c, count := range l.counts {
		c.Count = count
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b Call) int {
		return cmp.Or(cmp.Compare(a.Function, b.Function), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Needs, b.Needs))
	})
	return list
}

// Clear forgets the record.
func (l *Calls) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts = nil
}
