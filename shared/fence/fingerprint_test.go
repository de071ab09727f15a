package fence_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/secrets"
	"github.com/mikla-ai/data-deletion/shared/workflow/workflowtest"
)

// rotated is a secret whose second version is current, and the one that it was before.
func rotated(t *testing.T) (now, before secrets.Versioned) {
	t.Helper()
	one, two := strings.Repeat("a", 64), strings.Repeat("b", 64)
	now, err := secrets.ParseVersioned([]byte(`{"current":"2","1":"` + one + `","2":"` + two + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	before, err = secrets.ParseVersioned([]byte(`{"current":"1","1":"` + one + `"}`))
	if err != nil {
		t.Fatal(err)
	}
	return now, before
}

func TestFingerprintsTellSubjectsApart(t *testing.T) {
	keys, other := workflowtest.Secret(t, 'f'), workflowtest.Secret(t, 'g')
	number := "whatsapp#34600000021"
	prints := []string{
		fence.IdentityPrint(keys, "lead", "t_capricho", "ch_wa1", number),
		fence.IdentityPrint(keys, "lead", "t_harbour", "ch_wa1", number),
		fence.IdentityPrint(keys, "lead", "t_capricho", "ch_wa2", number),
		fence.IdentityPrint(keys, "lead", "t_capricho", "ch_wa", "1"+number),
		fence.IdentityPrint(keys, "conversation", "t_capricho", "ch_wa1", number),
		fence.IdentityPrint(other, "lead", "t_capricho", "ch_wa1", number),
		fence.ScopePrint(keys, "lead", "t_capricho", "ch_wa1", number),
		fence.ScopePrint(keys, "lead", "t_capricho"),
		fence.ScopePrint(keys, "tenant", "t_capricho"),
		fence.ScopePrint(keys, "tenant", "t_capricho", ""),
	}
	for _, print := range prints {
		if len(print) != len("1.")+64 || !strings.HasPrefix(print, "1.") {
			t.Errorf("fingerprint %s", print)
		}
	}
	want := len(prints)
	slices.Sort(prints)
	if got := len(slices.Compact(prints)); got != want {
		t.Errorf("%d different fingerprints of %d", got, want)
	}
}

// What was made before the secret changed is still among the prints that are looked for.
func TestPrintsOfEveryVersion(t *testing.T) {
	now, before := rotated(t)
	scope := fence.ScopePrints(now, "lead", "t", "l")
	if want := []string{fence.ScopePrint(now, "lead", "t", "l"), fence.ScopePrint(before, "lead", "t", "l")}; !slices.Equal(scope, want) {
		t.Errorf("got %q, want %q", scope, want)
	}
	identity := fence.IdentityPrints(now, "lead", "t", "ch", "x")
	if want := []string{fence.IdentityPrint(now, "lead", "t", "ch", "x"), fence.IdentityPrint(before, "lead", "t", "ch", "x")}; !slices.Equal(identity, want) {
		t.Errorf("got %q, want %q", identity, want)
	}
}
