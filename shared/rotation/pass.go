package rotation

import (
	"context"

	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// fate says what a version is counted as when it is deleted; nil: it stays.
type fate func(ctx context.Context, v found) (counter *int, err error)

// pass goes once through what stands under a prefix.
type pass struct {
	*sweep
	bucket Bucket
	prefix string
	decide fate

	name  string // of the last version that was looked at
	stays bool   // something of that name does
	held  *doomed

	goes, last []doomed
	failed     bool // something could not be deleted
}

type doomed struct {
	snapshot.Version
	counter *int
}

// run deletes what goes of a page when the next one has been listed, because a listing
// goes on after a version that is still there. So its memory is two pages.
func (p *pass) run(ctx context.Context) {
	for l := (&listing{bucket: p.bucket, prefix: p.prefix}); !l.ended && !p.outOfTime(ctx); {
		page, err := l.next(ctx)
		p.flush(ctx)
		for i := 0; err == nil && i < len(page); i++ {
			err = p.look(ctx, page[i])
		}
		if err != nil {
			p.failure(ctx, "look at "+p.prefix, err)
			p.flush(ctx)
			return
		}
		if l.ended {
			p.named("")
		}
	}
	p.flush(ctx)
}

// look decides on a version. The delete marker that hides an object is held until the
// versions of its name are behind it, and stays if one of them does: were it to go first,
// the object would be back.
func (p *pass) look(ctx context.Context, v found) error {
	p.named(v.Key)
	counter, err := p.decide(ctx, v)
	switch {
	case err != nil:
		return err
	case counter == nil:
		p.stays = true
	case v.Latest && v.Marker:
		p.held = &doomed{v.Version, counter}
	default:
		p.goes = append(p.goes, doomed{v.Version, counter})
	}
	return nil
}

// named says whose version comes next, and so that the name before has no more.
func (p *pass) named(name string) {
	if name == p.name {
		return
	}
	if p.held != nil && !p.stays {
		p.last = append(p.last, *p.held)
	}
	p.name, p.stays, p.held = name, false, nil
}

// flush deletes what was decided on, delete markers last, and only while everything before
// them is gone.
func (p *pass) flush(ctx context.Context) {
	p.delete(ctx, p.goes)
	if !p.failed {
		p.delete(ctx, p.last)
	}
	p.goes, p.last = p.goes[:0], p.last[:0]
}

func (p *pass) delete(ctx context.Context, doomed []doomed) {
	if len(doomed) == 0 {
		return
	}
	versions := make([]snapshot.Version, len(doomed))
	for i, d := range doomed {
		versions[i] = d.Version
	}
	if err := p.bucket.Delete(ctx, versions); err != nil {
		p.failed = true
		p.failure(ctx, "delete from "+p.prefix, err)
		return
	}
	for _, d := range doomed {
		*d.counter++
	}
}
