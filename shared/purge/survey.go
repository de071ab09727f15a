package purge

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/locate"
)

// survey counts what a unit is to delete under a binding. It looks at every record, so
// that one which is somebody else's stops the purge while all is still there. Nothing is
// saved page by page: a survey that dies counts again from where the cursor was saved.
func (j *job) survey(ctx context.Context, trail locate.Trail, unit datamap.Unit, binding map[string]string) error {
	if !unit.Store.IsTable() {
		return j.surveyObjects(ctx, trail, unit, binding)
	}
	return trail.EachBrief(ctx, unit, binding, j.cursor.After, func(start livedata.Key, page livedata.Page) error {
		if err := j.reach(ctx, start); err != nil {
			return err
		}
		old, _, err := trail.Split(unit.Store, page.Items)
		if n := len(locate.Due(unit.Store, old)); n > 0 {
			j.cursor.Planned[unit.Store.Name] += n
		}
		return err
	})
}

func (j *job) surveyObjects(ctx context.Context, trail locate.Trail, unit datamap.Unit, binding map[string]string) error {
	prefix, err := trail.Prefix(unit, binding)
	if err != nil {
		return err
	}
	stays, err := trail.Staying(ctx, unit, binding)
	if err != nil {
		return err
	}
	return trail.EachVersion(ctx, unit.Store, prefix, marker(j.cursor.After), func(start *livedata.Version, found []livedata.Version) error {
		if err := j.reach(ctx, cursorOf(start)); err != nil {
			return err
		}
		if n := len(trail.Old(found, stays)); n > 0 {
			j.cursor.Planned[unit.Store.Name] += n
		}
		return nil
	})
}
