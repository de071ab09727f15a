package datamap

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

type checker struct {
	file     string
	root     *yaml.Node
	m        *Map
	problems []error
}

// at finds the line of a place in the file by keys and list positions.
func (c *checker) at(path ...any) int {
	node := c.root
	for _, step := range path {
		next := child(node, step)
		if next == nil {
			break
		}
		node = next
	}
	return node.Line
}

func child(node *yaml.Node, step any) *yaml.Node {
	switch s := step.(type) {
	case int:
		if node.Kind == yaml.SequenceNode && s < len(node.Content) {
			return node.Content[s]
		}
	case string:
		for i := 0; node.Kind == yaml.MappingNode && i+1 < len(node.Content); i += 2 {
			if node.Content[i].Value == s {
				return node.Content[i+1]
			}
		}
	}
	return nil
}

func (c *checker) say(line int, format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s:%d: %s", c.file, line, fmt.Sprintf(format, args...)))
}

func (c *checker) check() error {
	if c.m.Version != 1 {
		c.say(c.at("version"), "version is %d; this program reads version 1", c.m.Version)
	}
	c.scopes()
	names := map[string]bool{}
	for i, s := range c.m.Stores {
		if names[s.Name] || s.Name == "" {
			c.say(c.at("stores", i, "name"), "store name %q is empty or used twice", s.Name)
		}
		names[s.Name] = true
		c.shape(i, s)
		c.references(i, s)
		c.finders(i, s)
	}
	for i, id := range c.m.Identities {
		c.identity(i, id)
	}
	return errors.Join(c.problems...)
}

func (c *checker) scopes() {
	if len(c.m.Scopes) == 0 {
		c.say(c.at(), "the map has no scopes: nothing could be asked for")
	}
	for i, scope := range c.m.Scopes {
		line := c.at("scopes", i)
		if len(scope.Key) == 0 {
			c.say(line, "scope %s needs a key", scope.Name)
		}
		if first, _ := c.m.Scope(scope.Name); scope.Name == "" || !slices.Equal(first.Key, scope.Key) {
			c.say(line, "scope name %q is empty or used twice", scope.Name)
		}
	}
}

func (c *checker) oneOf(line int, what, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		c.say(line, "%s is %q; expected %s", what, got, strings.Join(allowed, " or "))
	}
}

func (c *checker) shape(i int, s Store) {
	c.oneOf(c.at("stores", i, "owner"), "owner of "+s.Name, s.Owner, "platform", "service", "external")
	c.oneOf(c.at("stores", i, "kind"), "kind of "+s.Name, s.Kind, "table", "bucket", "queue", "log", "history", "external")
	c.oneOf(c.at("stores", i, "rule"), "rule of "+s.Name, s.Rule, "delete", "anonymise", "keep")
	if s.Category == "" {
		c.say(c.at("stores", i), "store %s has no category", s.Name)
	}
	if s.IsTable() && (len(s.Key) < 1 || len(s.Key) > 2) {
		c.say(c.at("stores", i, "key"), "table %s needs a key of one or two attributes", s.Name)
	}
	for index, key := range s.Indexes {
		if len(key) < 1 || len(key) > 2 {
			c.say(c.at("stores", i, "indexes", index), "index %s of %s needs a key of one or two attributes", index, s.Name)
		}
	}
	if s.Owner == "service" && (s.Basis == "" || (s.MaxAgeDays == 0) == (s.Lasts == "")) {
		c.say(c.at("stores", i), "store %s is this service's own and needs a basis, and max_age_days or lasts", s.Name)
	}
	if s.Rule == "keep" && s.Owner == "platform" && s.Kept == "" {
		c.say(c.at("stores", i, "rule"), "store %s is kept without a category of kept", s.Name)
	}
	c.anonymised(i, s)
	c.external(i, s)
	c.backup(i, s)
}

// backup demands of what deletions change that its backups forget too: by keys, or with
// the versions of the objects.
func (c *checker) backup(i int, s Store) {
	line, b := c.at("stores", i, "backup"), s.Backup
	if (b != nil) != (s.Owner == "platform" && s.Goes()) {
		c.say(line, "store %s: what deletions change needs backup, and nothing else has it", s.Name)
	}
	if b == nil {
		return
	}
	if b.Versions == (b.Under != "") || b.Versions == s.IsTable() {
		c.say(line, "backup of %s is under a scope for a table, or by versions for a bucket", s.Name)
	}
	if _, ok := c.m.Scope(b.Under); !ok && !b.Versions {
		c.say(line, "backup of %s is under the unknown scope %q", s.Name, b.Under)
	}
	if b.List != "" && b.Staff == "" {
		c.say(line, "backup of %s has a list and does not say whom its members name", s.Name)
	}
	c.sound(line, "backup of "+s.Name, b.Staff)
}

func (c *checker) anonymised(i int, s Store) {
	if (s.Rule == "anonymise") != (len(s.Anonymise) > 0) || s.Rule == "anonymise" && !s.IsTable() {
		c.say(c.at("stores", i, "rule"), "store %s needs the rule anonymise and the attributes to remove, both or none, in a table", s.Name)
	}
	for _, attribute := range slices.Concat(s.Anonymise, s.AtOnce) {
		if slices.Contains(s.Key, attribute) {
			c.say(c.at("stores", i), "store %s cannot lose %s, which is part of its key", s.Name, attribute)
		}
	}
}

// external demands of a store outside that somebody erases there: it has no keys that
// this service could look up.
func (c *checker) external(i int, s Store) {
	outside := s.Owner == "external"
	if outside != (s.Kind == "external") || outside != (s.Erase != nil) {
		c.say(c.at("stores", i), "store %s: owner external, kind external and erase belong together", s.Name)
	}
	if s.Erase != nil && (s.Erase.Hook == "") == (s.Erase.Task == "") {
		c.say(c.at("stores", i, "erase"), "store %s needs a hook or a task, one of them", s.Name)
	}
	if outside && (len(s.Find) > 0 || len(s.Concerns) == 0) {
		c.say(c.at("stores", i), "store %s lies outside: it concerns scopes, and nothing is found there", s.Name)
	}
}

func (c *checker) references(i int, s Store) {
	if s.Parent != "" {
		c.known(c.at("stores", i, "parent"), "parent of "+s.Name, s.Parent)
	}
	if s.StaysWith != "" && !c.locator(s.StaysWith) {
		c.say(c.at("stores", i, "stays_with"), "store %s stays with %q, which holds no subject's own row", s.Name, s.StaysWith)
	}
	if c.cyclic(s) {
		c.say(c.at("stores", i, "parent"), "store %s is its own ancestor", s.Name)
	}
	if s.Kept != "" {
		if _, ok := c.m.Kept[s.Kept]; !ok {
			c.say(c.at("stores", i, "kept"), "store %s is kept as %q, which the section kept does not have", s.Name, s.Kept)
		}
	}
	for j, scope := range s.Concerns {
		if _, ok := c.m.Scope(scope); !ok {
			c.say(c.at("stores", i, "concerns", j), "store %s concerns the unknown scope %q", s.Name, scope)
		}
	}
	for j, o := range s.Objects {
		line := c.at("stores", i, "objects", j)
		if store, ok := c.m.Store(o.Store); !ok || store.IsTable() {
			c.say(line, "objects of %s lie in %q, which is no bucket of the map", s.Name, o.Store)
		}
		c.closed(line, "objects of "+s.Name, o.Within)
		c.sound(line, "objects of "+s.Name, o.Within)
	}
	if s.Quotes != nil {
		c.known(c.at("stores", i, "quotes", "store"), "quotes of "+s.Name, s.Quotes.Store)
		c.sound(c.at("stores", i, "quotes"), "quotes of "+s.Name, s.Quotes.Form)
		if len(s.Quotes.Fields) == 0 {
			c.say(c.at("stores", i, "quotes"), "quotes of %s name no fields that a quotation may stand in", s.Name)
		}
	}
}

// locator says that a store holds the row of a subject of some scope.
func (c *checker) locator(name string) bool {
	for _, scope := range c.m.Scopes {
		for _, u := range c.m.Locators(scope) {
			if u.Store.Name == name {
				return true
			}
		}
	}
	return false
}

func (c *checker) cyclic(s Store) bool {
	for range c.m.Stores {
		parent, ok := c.m.Store(s.Parent)
		if !ok {
			return false
		}
		s = parent
	}
	return true
}

func (c *checker) known(line int, what, name string) {
	if _, ok := c.m.Store(name); !ok {
		c.say(line, "%s is %q, which the map does not have", what, name)
	}
}

// closed demands that a prefix ends with a separator: without it "a/b" would take
// in its neighbour "a/b2".
func (c *checker) closed(line int, what string, prefix Template) {
	if !strings.HasSuffix(string(prefix), "/") {
		c.say(line, "%s: the prefix %q must end with /, or it would also match a neighbour whose name begins alike", what, prefix)
	}
}

// sound demands of templates that they expand and match as they read.
func (c *checker) sound(line int, what string, templates ...Template) {
	for _, t := range templates {
		if problem := t.problem(); problem != "" {
			c.say(line, "%s: %q %s", what, string(t), problem)
		}
	}
}

func (c *checker) finders(i int, s Store) {
	for name := range s.Find {
		if _, ok := c.m.Scope(name); !ok {
			c.say(c.at("stores", i, "find"), "store %s is found for the unknown scope %q", s.Name, name)
		}
	}
	found := false
	for _, scope := range c.m.Scopes {
		finders := s.Find[scope.Name]
		if found && len(finders) == 0 {
			c.say(c.at("stores", i, "find"), "store %s is found for a narrower scope and not for %s, which holds it", s.Name, scope.Name)
		}
		found = found || len(finders) > 0
		for j, f := range finders {
			c.finder(c.at("stores", i, "find", scope.Name, j), s, scope, f)
		}
	}
	if s.Owner == "platform" && s.Goes() && !found {
		c.say(c.at("stores", i), "store %s is to be deleted and no scope says how it is found", s.Name)
	}
	for _, name := range s.Fenced {
		if !slices.Contains(s.Profile, name) {
			c.say(c.at("stores", i, "fenced"), "store %s is fenced by %s, which its profile does not have", s.Name, name)
		}
	}
}

func (c *checker) finder(line int, s Store, scope Scope, f Finder) {
	what := "finder of " + s.Name
	if s.IsTable() {
		c.tableFinder(line, what, s, f)
	} else {
		c.closed(line, what, f.Prefix)
	}
	have := c.fields(scope)
	if f.From != "" {
		have = append(have, c.fromFields(line, what, scope, f.From)...)
	}
	c.sound(line, what, f.templates()...)
	for _, t := range f.templates() {
		for _, name := range t.Fields() {
			if !slices.Contains(have, name) {
				c.say(line, "%s uses {%s}, which neither a subject of scope %s nor %q has", what, name, scope.Name, f.From)
			}
		}
	}
}

func (c *checker) tableFinder(line int, what string, s Store, f Finder) {
	key := s.IndexKey(f.Index)
	if len(key) == 0 {
		c.say(line, "%s uses the index %q, which %s does not have", what, f.Index, s.Name)
		return
	}
	if f.Where[key[0]] == "" {
		c.say(line, "%s needs a condition on %s, the partition key", what, key[0])
	}
	for attribute := range f.Where {
		if !slices.Contains(key, attribute) {
			c.say(line, "%s has a condition on %s, which is not in the key it reads by", what, attribute)
		}
	}
}

func values(where map[string]Template) []Template {
	var out []Template
	for _, t := range where {
		out = append(out, t)
	}
	return out
}

// fields of a subject: those of its scope and those its own row adds.
func (c *checker) fields(scope Scope) []string {
	out := slices.Clone(scope.Key)
	for _, u := range c.m.Locators(scope) {
		out = append(out, u.Store.Profile...)
	}
	return out
}

func (c *checker) fromFields(line int, what string, scope Scope, from string) []string {
	parent, ok := c.m.Store(from)
	if !ok || len(parent.Find[scope.Name]) == 0 {
		c.say(line, "%s comes from %q, which is not found for scope %s", what, from, scope.Name)
		return nil
	}
	if !slices.ContainsFunc(parent.Find[scope.Name], func(f Finder) bool { return f.From == "" }) {
		c.say(line, "%s comes from %q, which itself comes from another store; one level is what a plan can freeze", what, from)
	}
	return parent.ContainerFields()
}

func (c *checker) identity(i int, id Identity) {
	line := c.at("identities", i)
	store, ok := c.m.Store(id.Store)
	if !ok || len(store.Key) == 0 {
		c.say(line, "identity %s looks in %q, which is no table of the map", id.Name, id.Store)
		return
	}
	c.sound(line, "identity "+id.Name, slices.Concat(values(id.Where), values(id.Forms))...)
	key := store.IndexKey(id.Index)
	if len(key) == 0 {
		c.say(line, "identity %s: %s has no index %s", id.Name, id.Store, id.Index)
	} else if id.Where[key[0]] == "" {
		c.say(line, "identity %s needs a condition on %s, the partition key of %s", id.Name, key[0], id.Store)
	}
	for form, t := range id.Forms {
		if scope, ok := c.m.Scope(form); ok && !slices.Equal(t.Fields(), scope.Key) {
			c.say(line, "form %s of identity %s must hold exactly %v", form, id.Name, scope.Key)
		}
	}
	c.self(line, id)
}

// self demands of an identity that is a row's own key that the row is a subject's.
func (c *checker) self(line int, id Identity) {
	if (id.Is == "") == (len(id.Forms) == 0) {
		c.say(line, "identity %s needs forms of a target, or the scope that its row is, one of them", id.Name)
	}
	if id.Is == "" {
		return
	}
	scope, ok := c.m.Scope(id.Is)
	if !ok || !slices.ContainsFunc(c.m.Locators(scope), func(u Unit) bool { return u.Store.Name == id.Store }) {
		c.say(line, "identity %s is no %s: %s does not hold the row of one", id.Name, id.Is, id.Store)
	}
}

// ContainerFields are the attributes of a row that other stores may be found by:
// its keys, the keys of its indexes and what says whose it is.
func (s Store) ContainerFields() []string {
	out := slices.Clone(s.Key)
	for _, key := range s.Indexes {
		out = append(out, key...)
	}
	for attribute := range s.Belongs {
		out = append(out, attribute)
	}
	slices.Sort(out)
	return append(slices.Compact(out), s.Profile...)
}
