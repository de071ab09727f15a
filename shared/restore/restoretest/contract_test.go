package restoretest_test

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/restore/restoretest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	m, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	stones := fencetest.NewFake()
	f := restoretest.New(livedatatest.NewFake(m), stones, time.Now)
	restoretest.Run(t, restoretest.Backend{Map: m, ID: "0a", Targets: f.Targets(), Live: f.Live(), Jobs: f.Jobs(), Stones: stones})
}
