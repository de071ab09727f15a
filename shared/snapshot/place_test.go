package snapshot_test

import (
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/snapshot"
)

func TestNamesAndPlaces(t *testing.T) {
	tenant := snapshot.Unit{Tenant: "t_1"}
	for name, want := range map[string]snapshot.Place{
		"manifests/t_1/tenant/20260603T010000Z":                         {Kind: snapshot.Manifests, Unit: tenant, AsOf: asOf},
		"manifests/t_1/channel/ch_1/20260603T010000Z":                   {Kind: snapshot.Manifests, Unit: unit, AsOf: asOf},
		"indexes/t_1/tenant/20260603T010000Z/00001-0a1b2c3d":            {Kind: snapshot.Indexes, Unit: tenant, AsOf: asOf, Part: "00001-0a1b2c3d"},
		"frames/t_1/channel/ch_1/20260603T010000Z/00001-0a1b2c3d":       {Kind: snapshot.Frames, Unit: unit, AsOf: asOf, Part: "00001-0a1b2c3d"},
		"frames/channel/channel/tenant/20260603T010000Z/12345-ffffffff": {Kind: snapshot.Frames, Unit: snapshot.Unit{Tenant: "channel", Channel: "tenant"}, AsOf: asOf, Part: "12345-ffffffff"},
	} {
		got, ok := snapshot.Locate(name)
		if !ok || got != want {
			t.Errorf("%s is %+v, %t", name, got, ok)
		}
		if back, err := want.Name(); err != nil || back != name {
			t.Errorf("%+v is named %s, %v", want, back, err)
		}
	}
	for _, name := range []string{"", "manifests/", "manifests/t_1/tenant/", "manifests/t_1/tenant/today", "manifests/t_1/tenant/20260603T010000Z/1",
		"frames/t_1/tenant/20260603T010000Z", "frames/t_1/tenant/20260603T010000Z/1/2", "other/t_1/tenant/20260603T010000Z/1", "manifests/t_1/lead/20260603T010000Z"} {
		if got, ok := snapshot.Locate(name); ok {
			t.Errorf("%q is %+v", name, got)
		}
	}
	for _, bad := range []snapshot.Unit{{}, {Channel: "c"}, {Tenant: "a/b"}, {Tenant: "t", Channel: "a/b"}} {
		if name, err := (snapshot.Place{Kind: snapshot.Manifests, Unit: bad, AsOf: asOf}).Name(); err == nil {
			t.Errorf("%+v is named %s", bad, name)
		}
	}
}

func TestPathsHoldTheirUnits(t *testing.T) {
	if _, err := snapshot.TenantPath("a/b"); err == nil {
		t.Error("a tenant with a slash has a path")
	}
	if got, err := snapshot.TenantPath("t_1"); err != nil || got != "t_1/" {
		t.Errorf("got %s, %v", got, err)
	}
	zone := time.FixedZone("two hours east", 2*60*60)
	if got := snapshot.Stamp(asOf.In(zone)); got != "20260603T010000Z" {
		t.Errorf("stamped %s", got)
	}
	if got := snapshot.Prefixes(); len(got) != 3 || got[0] != snapshot.Manifests {
		t.Errorf("deleted in the order %q", got)
	}
}
