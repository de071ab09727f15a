package datamap

import (
	"maps"
	"slices"
	"sort"
)

// Unit is one piece of a plan: the items of one store that one finder finds.
type Unit struct {
	Scope  Scope
	Store  Store
	Finder Finder
}

// Plan lists what a scope's deletion visits, in the order of deletion: objects
// before the records that lead to them, children before parents, what locates the
// subject last, and after it only what stays or goes with it. It is made once, as it is
// asked for of every record, and the caller's own.
func (m *Map) Plan(scope Scope) []Unit {
	plan, ok := m.plans.Load(scope.Name)
	if !ok {
		plan, _ = m.plans.LoadOrStore(scope.Name, m.plan(scope))
	}
	return slices.Clone(plan.([]Unit))
}

func (m *Map) plan(scope Scope) []Unit {
	stores := make([]Store, 0, len(m.Stores))
	for _, s := range m.Stores {
		if s.Goes() && len(s.Find[scope.Name]) > 0 {
			stores = append(stores, s)
		}
	}
	sort.SliceStable(stores, func(i, j int) bool { return m.rank(stores[i]) > m.rank(stores[j]) })
	var units []Unit
	for _, s := range stores {
		for _, f := range s.Find[scope.Name] {
			units = append(units, Unit{scope, s, f})
		}
	}
	sort.SliceStable(units, func(i, j int) bool { return !units[i].follows() && units[j].follows() })
	return units
}

// follows says that the unit comes after the subject's own row, which decides whether it
// stays: before it, a row that is used again meanwhile would lose what leads to it.
func (u Unit) follows() bool {
	return u.Store.StaysWith != "" && u.Finder.From == "" && !u.Scope.Everything
}

// Goes says that a deletion changes what the store holds.
func (s Store) Goes() bool { return s.Rule == "delete" || s.Rule == "anonymise" }

// rank orders deletion: buckets first, then the deeper store first; of those equally
// deep, what refers to other records before what does not.
func (m *Map) rank(s Store) int {
	rank := 10 * m.depth(s)
	if !s.IsTable() {
		rank += 1000
	}
	if s.Quotes != nil {
		rank += 5
	}
	return rank
}

// depth ends even in a map whose parents go round, which the check still has to refuse.
func (m *Map) depth(s Store) int {
	depth := 0
	for s.Parent != "" && depth < len(m.Stores) {
		s, _ = m.Store(s.Parent)
		depth++
	}
	return depth
}

// Containers lists the units whose items lead to items of other stores: they are
// frozen before anything is deleted.
func (m *Map) Containers(scope Scope) []Unit {
	var out []Unit
	for _, u := range m.Plan(scope) {
		if u.Finder.From == "" && len(m.From(scope, u.Store.Name)) > 0 {
			out = append(out, u)
		}
	}
	return out
}

// From lists the units that are found from items of the store.
func (m *Map) From(scope Scope, store string) []Unit {
	var out []Unit
	for _, u := range m.Plan(scope) {
		if u.Finder.From == store && store != "" {
			out = append(out, u)
		}
	}
	return out
}

// Held lists the units of what a row of the store holds: those whose parent it is, found
// from it, or with the subject where the row is the subject's own. A row that still holds
// something stays. One that is emptied when it is newer dates what it holds itself.
func (m *Map) Held(scope Scope, store string) []Unit {
	units := m.From(scope, store)
	if s, _ := m.Store(store); !scope.Everything && s.Newer == nil && m.locates(scope, store) {
		units = append(units, m.found(scope)...)
	}
	return slices.DeleteFunc(units, func(u Unit) bool { return u.Store.Parent != store })
}

// Covers says that a record's own date tells whether a deletion up to some moment takes it.
// Others stay for what is newer: for what stands below them, or for the subject's own row.
func (m *Map) Covers(s Store) bool { return s.Dated != nil && s.StaysWith == "" && !m.Holds(s) }

// Holds says that rows of the store stay for what stands below them, whatever their own date:
// others have them as parent, and nothing raises their date when something newer comes.
func (m *Map) Holds(s Store) bool {
	return s.Dated != nil && s.Newer == nil && slices.ContainsFunc(m.Stores, func(below Store) bool { return below.Parent == s.Name })
}

// found lists the units that are found with nothing but the subject.
func (m *Map) found(scope Scope) []Unit {
	return slices.DeleteFunc(m.Plan(scope), func(u Unit) bool { return u.Finder.From != "" })
}

func (m *Map) locates(scope Scope, store string) bool {
	return slices.ContainsFunc(m.Locators(scope), func(u Unit) bool { return u.Store.Name == store })
}

// Binding names the fields of a container's row that what is found from it needs, and
// its key as far as they hold it: what is frozen of it.
func (m *Map) Binding(scope Scope, container Store) []string {
	needed := map[string]bool{}
	for _, u := range m.From(scope, container.Name) {
		templates := u.Finder.templates()
		for _, o := range u.Store.Objects {
			templates = append(templates, o.Within)
		}
		for _, t := range templates {
			for _, field := range t.Fields() {
				needed[field] = true
			}
		}
	}
	have := container.ContainerFields()
	maps.DeleteFunc(needed, func(field string, _ bool) bool { return !slices.Contains(have, field) })
	return slices.Sorted(maps.Keys(needed))
}

// Locators lists the stores whose row is the subject itself: found by the whole
// base key out of the scope's own. Their profile fields complete it.
func (m *Map) Locators(scope Scope) []Unit {
	return slices.DeleteFunc(m.Plan(scope), func(u Unit) bool { return !u.Locates() })
}

// Locates says that the unit finds the subject's own row.
func (u Unit) Locates() bool {
	if u.Finder.Index != "" || u.Finder.From != "" || len(u.Finder.Where) == 0 || len(u.Finder.Where) != len(u.Store.Key) {
		return false
	}
	for _, t := range u.Finder.Where {
		for _, field := range t.Fields() {
			if !slices.Contains(u.Scope.Key, field) {
				return false
			}
		}
	}
	return true
}

// LosesAtOnce says that a scope's rows hold something that goes before everything else:
// access that others must be told is over.
func (m *Map) LosesAtOnce(scope Scope) bool {
	for _, unit := range m.Plan(scope) {
		if len(unit.Store.AtOnce) > 0 {
			return true
		}
	}
	return false
}

// Touched names the platform's stores that deletions read or change.
func (m *Map) Touched() []string {
	seen := map[string]bool{}
	for _, i := range m.Identities {
		seen[i.Store] = true
	}
	for _, s := range m.Stores {
		if !s.Goes() || len(s.Find) == 0 {
			continue
		}
		seen[s.Name] = true
		for _, o := range s.Objects {
			seen[o.Store] = true
		}
		if s.Quotes != nil {
			seen[s.Quotes.Store] = true
		}
	}
	var out []string
	for _, s := range m.Stores {
		if seen[s.Name] {
			out = append(out, s.Name)
		}
	}
	return out
}

// KeptAfter lists the categories that stay after a scope's deletion.
func (m *Map) KeptAfter(scope string) []string {
	var out []string
	for _, s := range m.Stores {
		if s.Kept != "" && slices.Contains(s.Concerns, scope) {
			out = append(out, s.Kept)
		}
	}
	return out
}

// Outside lists the external stores that hold something of a scope.
func (m *Map) Outside(scope string) []Store {
	var out []Store
	for _, s := range m.Stores {
		if s.Owner == "external" && slices.Contains(s.Concerns, scope) {
			out = append(out, s)
		}
	}
	return out
}

// QuotedBy lists the stores whose rows say where records of the given one quote.
func (m *Map) QuotedBy(store string) []Store {
	var out []Store
	for _, s := range m.Stores {
		if s.Quotes != nil && s.Quotes.Store == store {
			out = append(out, s)
		}
	}
	return out
}

// Backed lists the tables whose records are sealed in snapshots.
func (m *Map) Backed() []Store {
	return slices.DeleteFunc(slices.Clone(m.Stores), func(s Store) bool { return s.Backup == nil || s.Backup.Versions })
}

// Versioned lists the buckets whose objects are backed up by their own versions.
func (m *Map) Versioned() []Store {
	return slices.DeleteFunc(slices.Clone(m.Stores), func(s Store) bool { return s.Backup == nil || !s.Backup.Versions })
}
