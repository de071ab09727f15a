package invariant

import (
	"slices"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/request"
)

// Backups checks what can be got out of backups:
//
//	I1  restoring one brings nothing back of a subject that is dated up to its cutoff
//	I2  no retained frame of a shredded subject opens
//	I3  no copy is older than the rotation
//
// Opened is what was read of snapshots with every right and without looking at tombstones;
// Restored, what a restore handed over.
type Backups struct {
	Map      *datamap.Map
	Erasures []Erasure
	Opened   []Copy
	Restored []Copy
	AsOf     []time.Time // of every copy there is
	Now      time.Time
}

// Copy is one record in a backup, with the fields that say whose it is: those of where it
// stood and its own, in the order in which they hold.
type Copy struct {
	Store  datamap.Store
	Item   livedata.Item
	Fields []map[string]string // by each of the subjects whose it is
}

// Check lists what is wrong.
func (b Backups) Check() []Violation {
	found := tally{}
	for _, c := range b.Opened {
		if b.erased(c) {
			found.note("I2", c.Store, "records of a shredded subject can be opened", keyText(c))
		}
	}
	for _, c := range b.Restored {
		if b.erased(c) {
			found.note("I1", c.Store, "records of a subject, dated up to the cutoff, were restored", keyText(c))
		}
	}
	out := report(found.report())
	old := slices.DeleteFunc(slices.Clone(b.AsOf), func(at time.Time) bool { return b.Now.Sub(at) < request.Rotation })
	if len(old) > 0 {
		out.say("I3", "%d copies are older than the rotation", len(old))
	}
	return out.sorted()
}

func keyText(c Copy) string {
	text := ""
	for _, name := range c.Store.Key {
		text += c.Item.Text(name) + "\x00"
	}
	return text
}

// erased says that a record is of a subject that was erased, and dated up to its cutoff.
func (b Backups) erased(c Copy) bool {
	return slices.ContainsFunc(b.Erasures, func(e Erasure) bool {
		newer, err := livedata.NewerThan(c.Store, c.Item, e.Cutoff)
		if err == nil && (newer || b.Map.Holds(c.Store)) && !e.Cutoff.IsZero() {
			return false
		}
		return slices.ContainsFunc(c.Fields, func(fields map[string]string) bool {
			for name, value := range e.Fields {
				if fields[name] != value {
					return false
				}
			}
			return len(e.Fields) > 0
		})
	})
}
