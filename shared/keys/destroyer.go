package keys

import (
	"context"
	"time"

	"github.com/mikla-ai/data-deletion/shared/secrets"
)

// NamedRows are keys without what is wrapped: for who may know which there are, and not
// open any.
//
// Below lists the rows under a parent, strongly consistent, of which more may follow after
// a name. Delete is a success when the row was gone.
type NamedRows interface {
	Named(ctx context.Context, parent, name string) (Row, bool, error)
	Below(ctx context.Context, parent, after string) (rows []Row, more bool, err error)
	Delete(ctx context.Context, parent, name string) error
}

// Destroyer destroys keys, and finds out whether any is left.
type Destroyer struct {
	Rows   NamedRows
	Secret secrets.Versioned
}

// Destroy destroys a subject's key: with its own row everything that is sealed below is
// unreadable. Then it removes the rows below, which are noise by then, the deepest first:
// dying in between leaves rows that the next call finds. It returns how many rows went.
//
// The subject's tombstones stand before: a key that is created meanwhile takes nothing that
// is older. Once more is as good, but takes the key of a subject that came back in between
// too, whose newer records are then in no backup until the next night.
func (d Destroyer) Destroy(ctx context.Context, path Path) (destroyed int, err error) {
	err = d.each(ctx, path, func(parent, name string) error {
		_, there, err := d.Rows.Named(ctx, parent, name)
		if err != nil || !there {
			return err
		}
		destroyed++
		return d.Rows.Delete(ctx, parent, name)
	})
	if err != nil {
		return destroyed, err
	}
	for _, name := range Names(d.Secret, path[len(path)-1]) {
		n, err := d.clear(ctx, name)
		destroyed += n
		if err != nil {
			return destroyed, err
		}
	}
	return destroyed, nil
}

// each visits where the row of a path's last subject may stand: its own name and its
// parent's, under every version of the secret.
func (d Destroyer) each(ctx context.Context, path Path, visit func(parent, name string) error) error {
	parents, err := d.parents(ctx, path)
	if err != nil {
		return err
	}
	for _, parent := range parents {
		for _, name := range Names(d.Secret, path[len(path)-1]) {
			if err := visit(parent, name); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// parents are the names of what holds a subject. A lead whose channel nobody knows any more
// may stand under each of its tenant's.
func (d Destroyer) parents(ctx context.Context, path Path) ([]string, error) {
	if len(path) == 1 {
		return []string{Top}, nil
	}
	holder := path[len(path)-2]
	names := Names(d.Secret, holder)
	if path[len(path)-1].Kind != leadScope || holder.Kind == "channel" {
		return names, nil
	}
	var channels []string
	for _, tenant := range names {
		err := d.eachBelow(ctx, tenant, func(row Row) error {
			channels = append(channels, row.Name)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return channels, nil
}

// clear removes everything that stands below a name.
func (d Destroyer) clear(ctx context.Context, parent string) (removed int, err error) {
	err = d.eachBelow(ctx, parent, func(row Row) error {
		n, err := d.clear(ctx, row.Name)
		removed += n
		if err != nil {
			return err
		}
		removed++
		return d.Rows.Delete(ctx, parent, row.Name)
	})
	return removed, err
}

func (d Destroyer) eachBelow(ctx context.Context, parent string, visit func(Row) error) error {
	for after, more := "", true; more; {
		var rows []Row
		var err error
		if rows, more, err = d.Rows.Below(ctx, parent, after); err != nil {
			return err
		}
		for _, row := range rows {
			if err := visit(row); err != nil {
				return err
			}
			after = row.Name
		}
	}
	return nil
}

// Left lists the keys of a subject that are still there, its own and those below. One that
// was created when the tombstone of until was there is not meant: nothing that is dated up
// to until was ever sealed under it. Zero: each one is meant.
func (d Destroyer) Left(ctx context.Context, path Path, until time.Time) ([]Step, error) {
	var left []Step
	fresh := map[string]bool{}
	err := d.each(ctx, path, func(parent, name string) error {
		row, there, err := d.Rows.Named(ctx, parent, name)
		if there && row.Bars(until) {
			fresh[row.ID] = true
		} else if there {
			left = append(left, Step{row.Name, row.ID})
		}
		return err
	})
	for _, name := range Names(d.Secret, path[len(path)-1]) {
		if err != nil {
			break
		}
		err = d.eachBelow(ctx, name, func(row Row) error {
			if !fresh[row.ParentID] {
				left = append(left, Step{row.Name, row.ID})
			}
			return nil
		})
	}
	return left, err
}
