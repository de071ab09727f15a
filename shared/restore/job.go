package restore

import (
	"context"
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// MostAge is how long the target of a restore may stand: it is a copy that no purge looks
// into. After it nothing more is done with it than to drop it.
const MostAge = 24 * time.Hour

// KeepJobs is how long what became of a restore can be looked up.
const KeepJobs = 90 * 24 * time.Hour

// State is how far a restore is.
type State string

const (
	Planned     State = "planned"
	Restoring   State = "restoring"
	Restored    State = "restored"
	Verified    State = "verified"
	HandingOver State = "handing over"
	HandedOver  State = "handed over"
	Dropped     State = "dropped"
)

// Selection is what is to come back. A lead or a conversation is known by the names of its
// key, which reveal nobody.
type Selection struct {
	Everything bool     `json:"everything,omitempty"`
	Tenant     string   `json:"tenant,omitempty"`
	Channel    string   `json:"channel,omitempty"`
	Kind       string   `json:"kind,omitempty"` // lead or conversation
	Names      []string `json:"names,omitempty"`

	whole bool // read all of a unit, to find what leads to what is selected
}

// Check refuses a selection that nobody can have meant.
func (s Selection) Check() error {
	if s.Everything == (s.Tenant != "") || s.Everything && (s.Channel != "" || s.Kind != "") || (s.Kind == "") != (len(s.Names) == 0) {
		return fault.New(fault.Invalid, "select everything, or a tenant and perhaps one channel, lead or conversation of it")
	}
	return nil
}

// unit says whether anything of a unit may be meant.
func (s Selection) unit(u snapshot.Unit) bool {
	return s.Everything || u.Tenant == s.Tenant && (s.Channel == "" || s.Channel == u.Channel) && (s.Kind == "" || u.Channel != "")
}

// refs says whether a record that is sealed under these keys is meant.
func (s Selection) refs(refs []keys.Ref) bool {
	return s.Kind == "" || slices.ContainsFunc(refs, func(ref keys.Ref) bool {
		return slices.ContainsFunc(ref, func(step keys.Step) bool { return slices.Contains(s.Names, step.Name) })
	})
}

// From is where records come from: snapshots that are no later than AsOf (zero: the
// newest), or Tables that were restored to that moment, by store.
type From struct {
	AsOf   time.Time         `json:"as_of,omitzero"`
	Tables map[string]string `json:"tables,omitempty"`
}

// Check refuses tables of no known moment: what no date of its own dates would come back
// by chance.
func (f From) Check() error {
	if len(f.Tables) > 0 && f.AsOf.IsZero() {
		return fault.New(fault.Invalid, "tables need the moment that they were restored to")
	}
	return nil
}

// Count is what became of the records of a store.
type Count struct {
	Read    int `json:"read"`    // found in the source, of what is selected
	Dropped int `json:"dropped"` // as tombstoned
	Without int `json:"without"` // quotations and staff names left out
	Emptied int `json:"emptied"` // profiles without what may be older than a deletion
	Written int `json:"written"`
}

// Counts are by store.
type Counts map[string]Count

func (c Counts) add(store string, more Count) {
	have := c[store]
	have.Read += more.Read
	have.Dropped += more.Dropped
	have.Without += more.Without
	have.Emptied += more.Emptied
	have.Written += more.Written
	c[store] = have
}

// Sum adds counts up.
func (c Counts) Sum(more Counts) {
	for store, count := range more {
		c.add(store, count)
	}
}

// Merge is what a hand-over did, by store.
type Merge struct {
	Back    int `json:"back"`    // put into the live table
	There   int `json:"there"`   // was there already, otherwise: left alone
	Dropped int `json:"dropped"` // deleted since the verification
	Objects int `json:"objects"` // media put back
	Gone    int `json:"gone"`    // media of which no version is left
}

// Job is a restore. It names nobody.
type Job struct {
	ID         string           `json:"id"`
	State      State            `json:"state"`
	Selection  Selection        `json:"selection"`
	From       From             `json:"from"`
	CreatedAt  time.Time        `json:"created_at"`
	WrittenAt  time.Time        `json:"written_at,omitzero"` // the target, for the last time
	VerifiedAt time.Time        `json:"verified_at,omitzero"`
	Counted    bool             `json:"counted,omitempty"` // everything written was seen in the target
	InTarget   map[string]int   `json:"in_target,omitempty"`
	Merged     map[string]Merge `json:"merged,omitempty"`

	// Version is counted up by each save.
	Version int `json:"-"`
}

// Expired says that the target may only be dropped.
func (j Job) Expired(now time.Time) bool { return now.Sub(j.CreatedAt) >= MostAge }

// Progress is how far a unit of a restore is. It names nobody: of tables, whose places
// have names, a unit is begun again from its beginning.
type Progress struct {
	Unit  snapshot.Unit `json:"unit"`
	AsOf  time.Time     `json:"as_of"`
	Begun bool          `json:"begun,omitempty"`
	Next  int           `json:"next,omitempty"` // batch
	Done  bool          `json:"done,omitempty"`
	// Unopened are frames whose key is destroyed; Destroyed says that it is the unit's own.
	Unopened  int    `json:"unopened,omitempty"`
	Destroyed bool   `json:"destroyed,omitempty"`
	Counts    Counts `json:"counts,omitempty"`

	Version int `json:"-"`
}

// Jobs keeps restores.
//
// Create puts a job that is not there, and SaveUnit a unit's progress; SaveUnit and Save
// are applied only to the version that was read and return the next one; otherwise
// fault.Conflict, or the same if what stands there is what was to be written. Get gives fault.NotFound.
// EachUnit visits a job's units.
type Jobs interface {
	Create(ctx context.Context, j Job) (Job, error)
	Get(ctx context.Context, id string) (Job, error)
	Save(ctx context.Context, j Job) (Job, error)
	SaveUnit(ctx context.Context, id string, p Progress) (Progress, error)
	EachUnit(ctx context.Context, id string, visit func(Progress) error) error
}
