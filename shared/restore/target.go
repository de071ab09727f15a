package restore

import (
	"context"
	"encoding/hex"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/keys"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// mark is an attribute of the target's records only: what is known of where a record was
// found, which the record itself does not say and every further look at it needs.
const mark = "~restored"

// asOfField stands among the fields of a mark.
const asOfField = "~as_of"

// marked is a record as it stands in the target.
func marked(r Record) livedata.Item {
	fields := map[string]types.AttributeValue{asOfField: &types.AttributeValueMemberS{Value: r.AsOf.UTC().Format(time.RFC3339Nano)}}
	for name, value := range r.Known {
		fields[name] = &types.AttributeValueMemberS{Value: value}
	}
	it := livedata.Item(maps.Clone(r.Item))
	it[mark] = &types.AttributeValueMemberM{Value: fields}
	return it
}

// unmarked is the record that stands in the target.
func unmarked(s datamap.Store, it livedata.Item) (Record, error) {
	r := Record{Store: s, Item: maps.Clone(it), Known: map[string]string{}}
	m, _ := it[mark].(*types.AttributeValueMemberM)
	delete(r.Item, mark)
	if m == nil {
		return r, fault.New(fault.Permanent, "it was not put there by the restore")
	}
	for name := range m.Value {
		r.Known[name] = livedata.Item(m.Value).Text(name)
	}
	var err error
	if r.AsOf, err = time.Parse(time.RFC3339Nano, r.Known[asOfField]); err != nil {
		return r, fault.New(fault.Permanent, "it was not put there by the restore")
	}
	delete(r.Known, asOfField)
	return r, nil
}

// short tells records apart and reveals nobody: a keyed hash of store and key.
func short(secret secrets.Versioned, r Record) string {
	key, _ := secret.Key(secret.Current())
	parts := []string{"restore", r.Store.Name}
	for _, name := range r.Store.Key {
		parts = append(parts, r.Item.Text(name))
	}
	return hex.EncodeToString(secrets.MAC(key, parts...))[:12]
}

// refuse names a record that must not be handed over.
func (r Restorer) refuse(record Record, err error) error {
	return fault.As(fault.Permanent, "record "+short(r.Secret, record)+" of "+record.Store.Name+" in the target", err)
}

// ordered are the stores of the target, those that others refer to first.
func (r Restorer) ordered() []datamap.Store {
	stores := r.Map.Backed()
	slices.SortStableFunc(stores, func(a, b datamap.Store) int {
		return boolean(a.Quotes != nil) - boolean(b.Quotes != nil)
	})
	return stores
}

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// eachPage visits the records of a store of the target.
func (r Restorer) eachPage(ctx context.Context, id string, s datamap.Store, visit func([]Record) error) error {
	for after, more := livedata.Key(nil), true; more; more = after != nil {
		page, err := r.Targets.Scan(ctx, id, s, after)
		if err != nil {
			return err
		}
		var records []Record
		for _, it := range page.Items {
			record, err := unmarked(s, it)
			if err != nil {
				return r.refuse(record, err)
			}
			records = append(records, record)
		}
		if err := visit(records); err != nil {
			return err
		}
		after = page.Next
	}
	return nil
}

// count compares what the units wrote with what is in the target: a write that was lost,
// or a record that two units brought, is not passed over. More than that is what a try
// wrote that died, and whose key was destroyed before the next one: the tombstones take it
// out, as everything else that may not come back.
func (r Restorer) count(ctx context.Context, job Job) error {
	written := Counts{}
	err := r.Jobs.EachUnit(ctx, job.ID, func(p Progress) error {
		written.Sum(p.Counts)
		return nil
	})
	for _, s := range r.Map.Backed() {
		n := 0
		if err == nil {
			err = r.eachPage(ctx, job.ID, s, func(records []Record) error {
				n += len(records)
				return nil
			})
		}
		if err == nil && n < written[s.Name].Written {
			err = fault.New(fault.Permanent, "the target holds fewer records of "+s.Name+" than were written: drop it and begin anew")
		}
	}
	return err
}

// settle puts every record of the target to the tombstones as they are now, and takes out
// what may not come back any more. It returns how many records of each store are left.
func (r Restorer) settle(ctx context.Context, job Job, source Source) (map[string]int, error) {
	left, replay := map[string]int{}, r.replay(source)
	for _, s := range r.ordered() {
		err := r.eachPage(ctx, job.ID, s, func(records []Record) error {
			changed, gone, err := r.review(ctx, job, replay, records)
			left[s.Name] += len(records) - len(gone)
			if err == nil {
				err = r.remove(ctx, job.ID, gone)
			}
			if err == nil {
				err = r.put(ctx, job.ID, changed)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// review decides about records of the target once more: what comes back otherwise than it
// stands there, and what does not come back.
func (r Restorer) review(ctx context.Context, job Job, replay *Replay, records []Record) (changed, gone []Record, err error) {
	if err := replay.Prefetch(ctx, records); err != nil {
		return nil, nil, err
	}
	for _, record := range records {
		v, err := replay.Decide(ctx, record)
		if err != nil {
			return nil, nil, err
		}
		quoted := true
		if v.Item != nil {
			quoted, err = r.quotes(ctx, job, record)
		}
		if err == nil && v.Item != nil && quoted {
			quoted, err = r.stands(ctx, record, v, func(s datamap.Store, key livedata.Key) (livedata.Item, error) {
				it, err := r.Targets.Get(ctx, job.ID, s, key)
				if err != nil || len(it) > 0 {
					return it, err
				}
				return r.Live.Get(ctx, s, key)
			})
		}
		switch {
		case err != nil:
			return nil, nil, err
		case v.Item == nil || !quoted:
			gone = append(gone, record)
		case v.Without > 0 || v.Emptied || !reflect.DeepEqual(v.Item, record.Item):
			record.Item = v.Item
			changed = append(changed, record)
		}
	}
	return changed, gone, nil
}

// stands says that the row is there that a record stands under, where a tombstone of that row's
// subject makes it doubtful: what stands under nothing no later deletion would find.
func (r Restorer) stands(ctx context.Context, record Record, v Verdict, get func(datamap.Store, livedata.Key) (livedata.Item, error)) (bool, error) {
	above, ok := r.Map.Store(record.Store.Parent)
	touched := slices.ContainsFunc(slices.Collect(maps.Values(v.Seen)), func(cutoff time.Time) bool { return !cutoff.IsZero() })
	if !ok || !r.Map.Holds(above) || !touched {
		return true, nil
	}
	fields, key := livedata.Merge(record.Known, record.Item.Fields(record.Store.Key)), livedata.Key{}
	for _, name := range above.Key {
		key[name] = fields[name]
	}
	it, err := get(above, key)
	return len(it) > 0, err
}

// quotes says that a record which says where another quotes is right: that one is in the
// target, or live, and does. Others are always right.
func (r Restorer) quotes(ctx context.Context, job Job, record Record) (bool, error) {
	q := record.Store.Quotes
	if q == nil {
		return true, nil
	}
	quoting, _ := r.Map.Store(q.Store)
	key, ok := q.Form.Match(record.Item.Text(q.Reference))
	if !ok {
		return false, nil
	}
	entry, err := r.Targets.Get(ctx, job.ID, quoting, key)
	if err != nil || doesQuote(*q, entry, record.Item.Text(q.Whose)) {
		return err == nil, err
	}
	return r.quotesLive(ctx, record)
}

func (r Restorer) quotesLive(ctx context.Context, record Record) (bool, error) {
	q := record.Store.Quotes
	quoting, _ := r.Map.Store(q.Store)
	key, ok := q.Form.Match(record.Item.Text(q.Reference))
	if !ok {
		return false, nil
	}
	entry, err := r.Live.Get(ctx, quoting, key)
	return err == nil && doesQuote(*q, entry, record.Item.Text(q.Whose)), err
}

func doesQuote(q datamap.Quotes, entry livedata.Item, whose string) bool {
	return slices.ContainsFunc(entry.Maps(q.List), func(quote livedata.Item) bool { return quote.Text(q.Whose) == whose })
}

// Verify reads the whole target and puts each record to the tombstones and to the selection
// anew. Only a target in which nothing is to be changed, and nothing is missing, is verified.
func (r Restorer) Verify(ctx context.Context, id string) (Job, error) {
	job, err := r.current(ctx, id, "verify", Restored, Verified)
	if err != nil {
		return job, err
	}
	source, err := r.open(job.Selection, job.From)
	if err != nil {
		return job, err
	}
	asOf, err := r.units(ctx, job)
	if err != nil {
		return job, err
	}
	replay := r.replay(source)
	for _, s := range r.ordered() {
		n := 0
		err := r.eachPage(ctx, id, s, func(records []Record) error {
			n += len(records)
			return r.check(ctx, job, replay, asOf, records)
		})
		if err == nil && n != job.InTarget[s.Name] {
			err = fault.New(fault.Permanent, "the target does not hold as many records of "+s.Name+" as were written: drop it and begin anew")
		}
		if err != nil {
			return job, err
		}
	}
	job.State, job.VerifiedAt = Verified, r.Now()
	return r.Jobs.Save(ctx, job)
}

// units are a job's, each with the moment that it shows.
func (r Restorer) units(ctx context.Context, job Job) (map[snapshot.Unit]time.Time, error) {
	out := map[snapshot.Unit]time.Time{}
	err := r.Jobs.EachUnit(ctx, job.ID, func(p Progress) error {
		out[p.Unit] = p.AsOf
		return nil
	})
	return out, err
}

// check refuses records that come back otherwise than they stand in the target, or that
// nobody selected.
func (r Restorer) check(ctx context.Context, job Job, replay *Replay, asOf map[snapshot.Unit]time.Time, records []Record) error {
	for _, record := range records {
		if err := r.selected(job, asOf, record); err != nil {
			return r.refuse(record, err)
		}
	}
	changed, gone, err := r.review(ctx, job, replay, records)
	if err != nil {
		return err
	}
	for _, record := range gone {
		return r.refuse(record, fault.New(fault.Permanent, "must not come back: run the restore again, which takes it out"))
	}
	for _, record := range changed {
		return r.refuse(record, fault.New(fault.Permanent, "says of somebody what must not come back: run the restore again, which takes it out"))
	}
	return nil
}

// selected holds what a record's mark says against the job and against the record itself.
func (r Restorer) selected(job Job, asOf map[snapshot.Unit]time.Time, record Record) error {
	unit := snapshot.Unit{Tenant: record.Known["tenant_id"], Channel: record.Known["channel_id"]}
	at, ok := asOf[unit]
	switch {
	case !ok || !job.Selection.unit(unit):
		return fault.New(fault.Permanent, "is of no unit that was selected")
	case !at.Equal(record.AsOf):
		return fault.New(fault.Permanent, "is of another moment than its unit")
	case livedata.Foreign(record.Store, record.Item, placerOf(r, unit).unit()):
		return fault.New(fault.Permanent, "says that it is of another tenant or channel")
	}
	paths, err := keys.Whose(r.Map, record.Store, record.Item, record.Known)
	if err != nil || job.Selection.Kind == "" {
		return err
	}
	if !job.Selection.refs(namesOf(r.Secret, paths)) {
		return fault.New(fault.Permanent, "is of nobody who was selected")
	}
	return nil
}

func placerOf(r Restorer, u snapshot.Unit) *placer {
	return &placer{Map: r.Map, Secret: r.Secret, Unit: u}
}

// namesOf are paths as a snapshot would name them, under every version of the secret.
func namesOf(secret secrets.Versioned, paths []keys.Path) []keys.Ref {
	var out []keys.Ref
	for _, path := range paths {
		for _, s := range path {
			for _, name := range keys.Names(secret, s) {
				out = append(out, keys.Ref{{Name: name}})
			}
		}
	}
	return out
}
