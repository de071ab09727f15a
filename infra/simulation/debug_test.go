package simulation

import (
	"fmt"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

func TestDebug(t *testing.T) {
	defer func() {
		if p := recover(); p != nil {
			t.Log(p)
		}
	}()
	h := newHistory(t, 1)
	for i := range 60 {
		before := h.w.Backups.Names()
		h.act()
		if len(h.w.Backups.Names()) < len(before) {
			fmt.Println("SHRUNK", before, h.w.Backups.Names())
		}
		fmt.Println(i, "nights", len(h.nights))
		for _, n := range h.nights {
			fmt.Println("   ", *n)
		}
		for _, d := range h.deletions {
			fmt.Println("   ", *d)
		}
		for k, v := range h.wrote {
			if k == "leads/t_1/l_47" {
				fmt.Println(k, v[0].at, len(v))
			}
		}
	}
	h.calm = true
	for _, name := range h.w.Backups.Names() {
		fmt.Println("NAME", name)
	}
	h.opened(func(u snapshot.Unit, at time.Time, one snapshot.Opened) {
		fmt.Println("ITEM", u, at, one.Store, livedatatest.Canonical(one.Item))
	})
}
