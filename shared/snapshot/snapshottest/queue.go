package snapshottest

import (
	"context"
	"slices"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

// Queue keeps what was sent.
type Queue struct {
	Sent  []snapshot.Message
	Fault func(m snapshot.Message) (apply bool, err error) // nil: everything is sent
}

// Send is snapshot.Queue. What comes before a message that fails is sent.
func (q *Queue) Send(ctx context.Context, messages []snapshot.Message) error {
	for _, m := range messages {
		apply, err := true, ctx.Err()
		if q.Fault != nil && err == nil {
			apply, err = q.Fault(m)
		}
		if apply {
			q.Sent = append(q.Sent, m)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Tenants is snapshot.Tenants on live stores in memory.
type Tenants struct {
	Live *livedatatest.Fake
	Err  error
}

func (t Tenants) List(ctx context.Context, store datamap.Store, attributes []string) ([]livedata.Item, error) {
	if t.Err != nil {
		return nil, t.Err
	}
	var out []livedata.Item
	for _, it := range t.Live.World().Records[store.Name] {
		brief := livedata.Item{}
		for name, value := range it {
			if slices.Contains(attributes, name) {
				brief[name] = value
			}
		}
		out = append(out, brief)
	}
	return out, ctx.Err()
}
