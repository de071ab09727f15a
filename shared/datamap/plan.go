package datamap

import "sort"

// Unit is one piece of a plan: the items of one store that one finder finds.
type Unit struct {
	Store  Store
	Finder Finder
}

// Plan lists what a scope's deletion visits, in the order of deletion: objects
// before the records that lead to them, children before parents, what locates the
// subject last.
func (m *Map) Plan(scope Scope) []Unit {
	stores := make([]Store, 0, len(m.Stores))
	for _, s := range m.Stores {
		if s.Rule == "delete" && len(s.Find[scope]) > 0 {
			stores = append(stores, s)
		}
	}
	sort.SliceStable(stores, func(i, j int) bool { return m.rank(stores[i]) > m.rank(stores[j]) })
	var units []Unit
	for _, s := range stores {
		for _, f := range s.Find[scope] {
			units = append(units, Unit{s, f})
		}
	}
	return units
}

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

func (m *Map) depth(s Store) int {
	depth := 0
	for s.Parent != "" {
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
		if len(m.Children(scope, u.Store.Name)) > 0 {
			out = append(out, u)
		}
	}
	return out
}

// Children lists the units that are found from items of the store.
func (m *Map) Children(scope Scope, store string) []Unit {
	var out []Unit
	for _, u := range m.Plan(scope) {
		if u.Finder.From == store {
			out = append(out, u)
		}
	}
	return out
}

// Locators lists the stores whose row is the subject itself: found by the whole
// base key out of the subject's own fields. Their profile fields complete it.
func (m *Map) Locators(scope Scope) []Unit {
	var out []Unit
	for _, u := range m.Plan(scope) {
		if u.Locates() {
			out = append(out, u)
		}
	}
	return out
}

// Locates says that the unit finds the subject's own row.
func (u Unit) Locates() bool {
	return len(u.Store.Profile) > 0 && u.Finder.Index == "" && u.Finder.From == ""
}

// Touched names the platform's stores that a scope's deletion reads or changes.
func (m *Map) Touched(scope Scope) []string {
	seen := map[string]bool{}
	for _, i := range m.Identities {
		seen[i.Store] = true
	}
	for _, u := range m.Plan(scope) {
		seen[u.Store.Name] = true
		for _, o := range u.Store.Objects {
			seen[o.Store] = true
		}
		if u.Store.Quotes != nil {
			seen[u.Store.Quotes.Store] = true
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
func (m *Map) KeptAfter(scope Scope) []string {
	var out []string
	for _, s := range m.Stores {
		for _, concerned := range s.Concerns {
			if concerned == scope {
				out = append(out, s.Kept)
			}
		}
	}
	return out
}
