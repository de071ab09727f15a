package integration

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
	"github.com/mikla-ai/data-deletion/shared/walk"
	"github.com/mikla-ai/data-deletion/shared/walk/walktest"
)

const runsTable = "mikla-dev-backupruns"

func TestBackupRunsOnDynamoDB(t *testing.T) {
	connect := dynamoDB(t, runsTable)
	snapshottest.CheckRuns(t, snapshot.DynamoDBRuns{Client: connect(http.DefaultTransport), Table: runsTable}, "plain")
	t.Run("with every answer lost once", func(t *testing.T) {
		for _, n := range []int{1, 2} { // the client's own tries are three
			lost := &lossy{lose: map[string]int{"PutItem": n, "GetItem": n}, calls: map[string]int{}}
			snapshottest.CheckRuns(t, snapshot.DynamoDBRuns{Client: connect(lost), Table: runsTable}, fmt.Sprint("lost-", n))
			if lost.lose["PutItem"] != 0 || lost.lose["GetItem"] != 0 {
				t.Error("no answer was lost")
			}
		}
	})
}

// A walk over DynamoDB visits what one in memory does, through indexes and pages too.
func TestWalkOnDynamoDB(t *testing.T) {
	m := dataMap(t)
	connect := dynamoDB(t, tablesOf(m)...)
	b := records(m, connect, http.DefaultTransport)
	world := walktest.Random(11)
	for store, items := range world.Items {
		for _, it := range items {
			b.Put(t, store, livedatatest.NewItem(it))
		}
	}
	fake := livedatatest.NewFake(m)
	fake.Seed(world.Items)
	total := 0
	for _, u := range world.Units() {
		got, want := visited(t, m, b.Records, u), visited(t, m, fake.Records(), u)
		if total += len(got); !slices.Equal(got, want) {
			t.Errorf("%v: visited %d records, in memory %d", u, len(got), len(want))
		}
	}
	if total != len(world.Owner) {
		t.Errorf("visited %d records of %d", total, len(world.Owner))
	}
	tenants, err := snapshot.TenantTable{Client: connect(http.DefaultTransport), Names: liveNames(m)}.List(t.Context(), mustStore(m, "tenants"), []string{"tenant_id", "deleting_at"})
	if err != nil || len(tenants) != len(world.Items["tenants"]) || len(tenants[0]) != 1 {
		t.Errorf("tenants %v, %v", tenants, err)
	}
}

func mustStore(m *datamap.Map, name string) datamap.Store {
	s, ok := m.Store(name)
	if !ok {
		panic("no store " + name)
	}
	return s
}

// visited begins a fresh walk at the cursor of each page.
func visited(t *testing.T, m *datamap.Map, r livedata.Records, u walktest.Unit) []string {
	t.Helper()
	var out []string
	for at, more := (walk.Cursor{}), true; more; {
		more = false
		err := walk.Walker{Map: m, Records: r}.Each(t.Context(), u.Fields(), at, func(after walk.Cursor, f walk.Found) error {
			for _, it := range f.Items {
				out = append(out, f.Store.Name+livedatatest.Canonical(it))
			}
			at, more = after, true
			return errNext
		})
		if err != nil && err != errNext {
			t.Fatal(err)
		}
	}
	slices.Sort(out)
	return out
}

var errNext = fmt.Errorf("the next walk goes on")
