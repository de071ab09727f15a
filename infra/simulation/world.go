package simulation

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/rotation"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

// rotate is the daily sweep.
func (h *history) rotate() {
	calm := h.calm
	h.calm = true
	defer func() { h.calm = calm }()
	rotator := rotation.Rotator{Snapshots: h.w.Backups, Map: h.w.Map, Now: h.w.Now, Log: h.log(), Platform: map[string]rotation.Bucket{"media": &snapshottest.Bucket{}}}
	if _, err := rotator.Run(h.t.Context()); err != nil {
		h.fatalf("rotation: %v", err)
	}
	h.rotated = h.w.Now()
}

// choose picks something that is live, or was, and is not yet being deleted.
func (h *history) choose() *deletion {
	scopes := []string{"lead", "lead", "lead", "conversation", "channel", "tenant"}
	scope, _ := h.w.Map.Scope(pick(h.platform, scopes))
	var rows []map[string]string
	for _, unit := range h.w.Map.Locators(scope) {
		for _, it := range h.w.Live.World().Records[unit.Store.Name] {
			rows = append(rows, it.Fields(scope.Key))
		}
	}
	if len(rows) == 0 || scope.Everything && (h.depth > 1 || h.IntN(2) == 0) {
		return nil
	}
	slices.SortFunc(rows, func(a, b map[string]string) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	return &deletion{scope: scope.Name, fields: pick(h.platform, rows)}
}

func (h *history) log() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
