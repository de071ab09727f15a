// Package snapshot writes and reads nightly copies of the live tables, in which every
// record is sealed under the key of its subject. README.md describes the form.
package snapshot

import (
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
)

// Unit is what is copied at a time: a channel with everything below it, or with an empty
// Channel what is a tenant's own.
type Unit struct{ Tenant, Channel string }

// The three kinds of objects, each under a prefix of its own, so that a role can be given
// one and not the others.
const (
	Manifests = "manifests/"
	Indexes   = "indexes/"
	Frames    = "frames/"
)

// Prefixes are the kinds in the order in which they are deleted: a snapshot without its
// manifest is never used.
func Prefixes() []string { return []string{Manifests, Indexes, Frames} }

// StampForm is how a snapshot's as-of moment stands in names: UTC, seconds.
const StampForm = "20060102T150405Z"

// Stamp names the snapshot of a moment.
func Stamp(asOf time.Time) string { return asOf.UTC().Format(StampForm) }

// Path is where a unit's objects stand under each kind's prefix, with its final slash.
func (u Unit) Path() (string, error) {
	if u.Tenant == "" || strings.Contains(u.Tenant+u.Channel, "/") {
		return "", fault.New(fault.Permanent, "a unit of a snapshot has no tenant, or a slash in a name")
	}
	if u.Channel == "" {
		return u.Tenant + "/tenant/", nil
	}
	return u.Tenant + "/channel/" + u.Channel + "/", nil
}

// TenantPath is where everything of a tenant stands.
func TenantPath(tenant string) (string, error) {
	if _, err := (Unit{Tenant: tenant}).Path(); err != nil {
		return "", err
	}
	return tenant + "/", nil
}

// Place is what a name in the bucket says.
type Place struct {
	Kind string // a prefix
	Unit Unit
	AsOf time.Time
	Part string // "" for a manifest
}

// Locate reads a name. What it cannot read is no object of a snapshot.
func Locate(name string) (Place, bool) {
	kind, rest, _ := strings.Cut(name, "/")
	fields := strings.Split(rest, "/")
	p := Place{Kind: kind + "/"}
	switch {
	case len(fields) >= 3 && fields[1] == "tenant":
		p.Unit, fields = Unit{Tenant: fields[0]}, fields[2:]
	case len(fields) >= 4 && fields[1] == "channel":
		p.Unit, fields = Unit{Tenant: fields[0], Channel: fields[2]}, fields[3:]
	default:
		return Place{}, false
	}
	asOf, err := time.Parse(StampForm, fields[0])
	if p.AsOf = asOf; err != nil {
		return Place{}, false
	}
	if p.Kind == Manifests {
		return p, len(fields) == 1
	}
	if len(fields) != 2 || p.Kind != Indexes && p.Kind != Frames {
		return Place{}, false
	}
	p.Part = fields[1]
	return p, true
}

// Name is the object's name.
func (p Place) Name() (string, error) {
	path, err := p.Unit.Path()
	if err != nil {
		return "", err
	}
	name := p.Kind + path + Stamp(p.AsOf)
	if p.Kind != Manifests {
		name += "/" + p.Part
	}
	return name, nil
}
