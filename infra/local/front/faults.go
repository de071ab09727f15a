package front

import (
	"fmt"
	"slices"
	"sync"

	"github.com/mikla-ai/data-deletion/infra/local/wire"
)

// Fault is something that goes wrong with calls that match it.
type Fault struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Kind      string `json:"kind"`
	// Count is how many calls it hits; 0 means one.
	Count int `json:"count"`
	// Skip lets that many matching calls pass first.
	Skip int `json:"skip,omitempty"`
	// Function and Resource narrow it down; empty means any.
	Function string `json:"function,omitempty"`
	Resource string `json:"resource,omitempty"`
}

// Kinds of faults.
const (
	Throttle    = "throttle"      // refused with the service's own throttling error
	Lost        = "lost"          // applied, but the answer never arrives
	Unprocessed = "unprocessed"   // BatchWriteItem, BatchGetItem: the last item is left
	PerKeyError = "per-key-error" // DeleteObjects: the last object is left, with an error
	Kill        = "kill"          // the calling process dies before the call is applied
)

// Kinds of faults of the service "mail", operation "Delivery", which is no call: what
// becomes of a letter after it was sent. Their resource is the address it goes to.
const (
	Bounce    = "bounce"    // it comes back
	Complaint = "complaint" // it arrives, and its receiver calls it spam
	Silence   = "silence"   // nobody ever says what became of it
)

func (f Fault) check() error {
	batch := f.Service == "dynamodb" && (f.Operation == "BatchWriteItem" || f.Operation == "BatchGetItem")
	ofMail := slices.Contains([]string{Bounce, Complaint, Silence}, f.Kind)
	switch {
	case !ofMail && !slices.Contains([]string{Throttle, Lost, Unprocessed, PerKeyError, Kill}, f.Kind):
		return fmt.Errorf("no fault of kind %q", f.Kind)
	case ofMail != (f.Service == "mail" && f.Operation == "Delivery"):
		return fmt.Errorf("%s, %s and %s happen to mail Delivery, and nothing else does", Bounce, Complaint, Silence)
	case f.Service == "" || f.Operation == "":
		return fmt.Errorf("a fault needs service and operation")
	case f.Kind == Unprocessed && !batch:
		return fmt.Errorf("%s leaves no unprocessed items: only dynamodb BatchWriteItem and BatchGetItem do", f.Operation)
	case f.Kind == PerKeyError && (f.Service != "s3" || f.Operation != "DeleteObjects"):
		return fmt.Errorf("%s has no errors per key: only s3 DeleteObjects has", f.Operation)
	case f.Count < 0 || f.Skip < 0:
		return fmt.Errorf("count and skip are not negative")
	}
	return nil
}

func (f Fault) matches(c *call) bool {
	return f.Service == c.Service && f.Operation == c.Operation &&
		(f.Function == "" || f.Function == c.function) &&
		(f.Resource == "" || slices.Contains(c.Resources, f.Resource))
}

// Faults are the faults still to come.
type Faults struct {
	mu      sync.Mutex
	pending []Fault
}

// Add puts faults behind those that wait. It takes all or none.
func (l *Faults) Add(faults []Fault) error {
	for i, f := range faults {
		if err := f.check(); err != nil {
			return fmt.Errorf("fault %d: %w", i, err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range faults {
		f.Count = max(1, f.Count)
		l.pending = append(l.pending, f)
	}
	return nil
}

// Pending lists what has not happened yet.
func (l *Faults) Pending() []Fault {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Fault{}, l.pending...)
}

// Clear drops what has not happened yet.
func (l *Faults) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending = nil
}

// Delivery takes the fault that hits a letter to an address: its kind, or false.
func (l *Faults) Delivery(address string) (kind string, ok bool) {
	fault, ok := l.take(&call{Call: wire.Call{Service: "mail", Operation: "Delivery", Resources: []string{address}}})
	return fault.Kind, ok
}

// take finds the first fault that hits a call. A fault that lets the call pass hides
// the ones behind it, so that faults for the same call come one after the other.
func (l *Faults) take(c *call) (Fault, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.pending {
		f := &l.pending[i]
		if !f.matches(c) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			return Fault{}, false
		}
		taken := *f
		if f.Count--; f.Count == 0 {
			l.pending = slices.Delete(l.pending, i, i+1)
		}
		return taken, true
	}
	return Fault{}, false
}
