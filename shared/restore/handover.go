package restore

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata"
)

const (
	// mostItems is how many records and tombstones one transaction holds: DynamoDB takes 100.
	mostItems = 95
	// mostBytes is how much of records it holds, by a rough count: DynamoDB takes 4 MB.
	mostBytes = 2 << 20
	// handOverTries is how often a group is decided about anew when tombstones change.
	handOverTries = 8
)

// HandOver puts what was verified into the live tables: each record only if none is there,
// in one transaction with the tombstones that its verdict rests on. A deletion that comes
// in between is seen, however late. Then it drops the target. Again is as good as once.
func (r Restorer) HandOver(ctx context.Context, id string) (Job, error) {
	job, err := r.current(ctx, id, "hand-over", Verified, HandingOver, HandedOver)
	if err != nil {
		return job, err
	}
	if job.State == Verified {
		if !job.VerifiedAt.After(job.WrittenAt) && !job.VerifiedAt.Equal(job.WrittenAt) {
			return job, fault.New(fault.Invalid, "the restore was written to after it was verified: verify it again")
		}
		job.State = HandingOver
		if job, err = r.Jobs.Save(ctx, job); err != nil {
			return job, err
		}
	}
	if job.State == HandingOver {
		if job, err = r.merge(ctx, job); err != nil {
			return job, err
		}
	}
	return job, r.dropTables(ctx, id)
}

func (r Restorer) merge(ctx context.Context, job Job) (Job, error) {
	source, err := r.open(job.Selection, job.From)
	if err != nil {
		return job, err
	}
	h := handOver{Restorer: r, job: job, replay: r.replay(source), merged: map[string]Merge{}}
	for _, s := range r.ordered() {
		if err := r.eachPage(ctx, job.ID, s, func(records []Record) error { return h.page(ctx, records) }); err != nil {
			return job, err
		}
	}
	job.State, job.Merged = HandedOver, h.merged
	return r.Jobs.Save(ctx, job)
}

// handOver is one on its way.
type handOver struct {
	Restorer
	job    Job
	replay *Replay
	merged map[string]Merge
}

func (h *handOver) note(s datamap.Store, change func(*Merge)) {
	m := h.merged[s.Name]
	change(&m)
	h.merged[s.Name] = m
}

// page hands a page over in groups that a transaction has room for.
func (h *handOver) page(ctx context.Context, records []Record) error {
	for len(records) > 0 {
		n, err := h.fitting(ctx, records)
		if err != nil {
			return err
		}
		if err := h.group(ctx, records[:n]); err != nil {
			return err
		}
		records = records[n:]
	}
	return nil
}

// fitting is how many of the records go into the next transaction: at least one.
func (h *handOver) fitting(ctx context.Context, records []Record) (int, error) {
	if err := h.replay.Prefetch(ctx, records); err != nil {
		return 0, err
	}
	seen, size := map[string]time.Time{}, 0
	for i, record := range records {
		v, err := h.replay.Decide(ctx, record)
		if err != nil {
			return 0, err
		}
		maps.Copy(seen, v.Seen)
		if size += sizeOf(&types.AttributeValueMemberM{Value: record.Item}); i > 0 && (i+1+len(seen) > mostItems || size > mostBytes) {
			return i, nil
		}
	}
	return len(records), nil
}

// ready is a record with its verdict.
type ready struct {
	Record
	verdict Verdict
}

// group hands records over together. What the group may not hold, or what is there, is
// left out, and the rest tried again.
func (h *handOver) group(ctx context.Context, records []Record) error {
	for range handOverTries {
		left, err := h.decided(ctx, records)
		if err != nil {
			return err
		}
		err = h.send(ctx, left)
		if err == nil || fault.KindOf(err) != fault.Conflict {
			return err
		}
		h.replay.Forget() // a deletion came in between
	}
	return fault.New(fault.Retry, "the tombstones keep changing: try again")
}

// decided are the records that come back, as they do.
func (h *handOver) decided(ctx context.Context, records []Record) ([]ready, error) {
	var out []ready
	for _, record := range records {
		v, err := h.replay.Decide(ctx, record)
		if err != nil {
			return nil, err
		}
		stands, err := h.stands(ctx, record, v, func(s datamap.Store, key livedata.Key) (livedata.Item, error) { return h.Live.Get(ctx, s, key) })
		if err != nil {
			return nil, err
		}
		if !stands {
			v.Item = nil
		}
		if v.Item != nil && record.Store.Quotes != nil {
			quoted, err := h.quotesLive(ctx, record)
			if err != nil {
				return nil, err
			}
			if !quoted {
				v.Item = nil
			}
		}
		out = append(out, ready{record, v})
	}
	return out, nil
}

// send puts a group, and says what became of it only once all of it is done.
func (h *handOver) send(ctx context.Context, group []ready) error {
	var left []ready
	dropped := 0
	for _, one := range group {
		if one.verdict.Item == nil {
			dropped++
			continue
		}
		if err := h.lineage(ctx, one); err != nil {
			return err
		}
		left = append(left, one)
	}
	back, others, err := h.put(ctx, left)
	if err != nil {
		return err
	}
	h.note(storeOf(group), func(m *Merge) { m.Dropped += dropped; m.Back += len(back); m.There += others })
	for _, one := range back {
		if err := h.media(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

func storeOf(group []ready) datamap.Store { return group[0].Store }

// put returns the records that are in the live table as they come back, and how many are
// there otherwise. One that equals what is there was put by a try before.
func (h *handOver) put(ctx context.Context, left []ready) (back []ready, others int, err error) {
	for len(left) > 0 {
		seen := map[string]time.Time{}
		records := make([]New, len(left))
		for i, one := range left {
			maps.Copy(seen, one.verdict.Seen)
			records[i] = New{one.Store, one.verdict.Item}
		}
		there, err := h.Live.PutNew(ctx, records, seen)
		if err != nil {
			return nil, 0, err
		}
		if len(there) == 0 {
			return append(back, left...), others, nil
		}
		for _, i := range slices.Backward(there) {
			now, err := h.Live.Get(ctx, left[i].Store, livedata.KeyOf(left[i].Store, left[i].Item))
			if err != nil {
				return nil, 0, err
			}
			if reflect.DeepEqual(now, left[i].verdict.Item) {
				back = append(back, left[i])
			} else {
				others++
			}
			left = slices.Delete(left, i, i+1)
		}
	}
	return back, others, nil
}

// lineage writes down whom a record quotes before the record is there: without it a later
// deletion of those people would not find their words in it. Dying after it leaves rows
// that lead to nothing, which a deletion takes as such.
func (h *handOver) lineage(ctx context.Context, one ready) error {
	for _, from := range h.Map.QuotedBy(one.Store.Name) {
		q := from.Quotes
		reference, err := q.Form.Expand(livedata.KeyOf(one.Store, one.verdict.Item))
		if err != nil {
			return fault.New(fault.Permanent, "a record of "+one.Store.Name+" has no key that can be referred to")
		}
		for _, quote := range one.verdict.Item.Maps(q.List) {
			if quote.Text(q.Whose) == "" {
				continue
			}
			row := livedata.Item{q.Whose: quote[q.Whose], q.Reference: &types.AttributeValueMemberS{Value: reference}}
			if _, err := h.Live.PutNew(ctx, []New{{from, row}}, one.verdict.Seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// media puts back the objects that a record names whose current version is gone. Objects
// cannot stand in a transaction: the tombstones are read again after the copy, and one that
// came meanwhile takes it away. A purge that began later finds it by itself.
func (h *handOver) media(ctx context.Context, one ready) error {
	var made []livedata.Version
	var in []datamap.Store
	for _, o := range one.Store.Objects {
		store, _ := h.Map.Store(o.Store)
		for _, key := range within(o, one) {
			v, none, err := h.Media.PutBack(ctx, store, key)
			if err != nil {
				return err
			}
			switch {
			case none:
				h.note(one.Store, func(m *Merge) { m.Gone++ })
			case v.ID != "":
				made, in = append(made, v), append(in, store)
			}
		}
	}
	if len(made) == 0 {
		return nil
	}
	h.replay.Forget()
	v, err := h.replay.Decide(ctx, one.Record)
	if err == nil && v.Item != nil {
		h.note(one.Store, func(m *Merge) { m.Objects += len(made) })
		return nil
	}
	failed := []error{err}
	for i, version := range made {
		failed = append(failed, h.Media.Remove(ctx, in[i], version))
	}
	return errors.Join(failed...)
}

// within are the objects that a record names where its own may stand.
func within(o datamap.Object, one ready) []string {
	prefix, err := o.Within.Expand(livedata.Merge(one.Known, one.verdict.Item.Fields(one.Store.ContainerFields())))
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(one.verdict.Item.Texts(o.Attribute), func(key string) bool { return !strings.HasPrefix(key, prefix) })
}

// sizeOf is about what a value takes, in bytes.
func sizeOf(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return len(v.Value)
	case *types.AttributeValueMemberB:
		return len(v.Value)
	case *types.AttributeValueMemberM:
		n := 3
		for name, inner := range v.Value {
			n += len(name) + 1 + sizeOf(inner)
		}
		return n
	case *types.AttributeValueMemberL:
		n := 3
		for _, inner := range v.Value {
			n += 1 + sizeOf(inner)
		}
		return n
	case *types.AttributeValueMemberSS:
		return 3 + len(strings.Join(v.Value, " "))
	case *types.AttributeValueMemberNS:
		return 3 + len(strings.Join(v.Value, " "))
	case *types.AttributeValueMemberBS:
		n := 3
		for _, inner := range v.Value {
			n += len(inner)
		}
		return n
	}
	return 1
}
