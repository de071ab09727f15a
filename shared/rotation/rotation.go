// Package rotation gives backups their age, and proves it: Rotator deletes what is too
// old, Audit looks whether anything is left that should not be, and Drill tries to open
// what must not open any more.
//
// A snapshot's age counts from its as-of moment, which its name says. The copies in it are
// made later than that, so that nothing in it is older than it is said to be, and how long
// a snapshot took does not matter. When an object was last modified is not asked, since
// copying a bucket makes everything in it new; it only bounds what a name can claim.
package rotation

import (
	"time"

	"github.com/mikla-ai/data-deletion/shared/request"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

const day = 24 * time.Hour

// The arithmetic of 28 days. A sweep runs once a day. It deletes what is older than
// Keep − Margin, 25 days and 18 hours. What is a moment younger stays; the sweep of the
// next day may be missed; the one after that finds it at 27 days and 18 hours at most, and
// has Margin to begin late, to be retried and to take its time. So nothing reaches Limit,
// and no snapshot has to be used that is older than Keep.
const (
	Keep   = 26 * day
	Limit  = request.Rotation
	Margin = 6 * time.Hour
)

// Unfinished is when the parts of a snapshot go that has no manifest: a run gives up
// before, when its cursor expires.
const Unfinished = 3 * day

// tooOld says that a sweep deletes what was born at this moment.
func tooOld(born, now time.Time) bool { return now.Sub(born) > Keep-Margin }

// born is the moment from which the age of a snapshot's object counts. A name that
// claims a later moment than the one at which S3 took the object in was made by a clock
// that was wrong.
func born(place snapshot.Place, v snapshot.Version) time.Time {
	if !v.Modified.IsZero() && v.Modified.Before(place.AsOf) {
		return v.Modified
	}
	return place.AsOf
}
