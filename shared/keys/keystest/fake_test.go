package keystest_test

import (
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/fence/fencetest"
	"github.com/mikla-ai/data-deletion/shared/keys/keystest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	keystest.Contract(t, func(*testing.T) (keystest.Rows, fence.Tombstones) {
		stones := fencetest.NewFake()
		return keystest.NewFake(stones), stones
	})
}
