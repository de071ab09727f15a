package datamap

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scopes and the fields that a subject of the scope starts with.
var scopes = map[Scope][]string{
	"conversation": {"tenant_id", "conversation_id"},
	Lead:           {"tenant_id", "lead_id"},
	"channel":      {"tenant_id", "channel_id"},
	"tenant":       {"tenant_id"},
}

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

func (c *checker) oneOf(line int, what, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		c.say(line, "%s is %q; expected %s", what, got, strings.Join(allowed, " or "))
	}
}

func (c *checker) shape(i int, s Store) {
	c.oneOf(c.at("stores", i, "owner"), "owner of "+s.Name, s.Owner, "platform", "service")
	c.oneOf(c.at("stores", i, "kind"), "kind of "+s.Name, s.Kind, "table", "bucket")
	c.oneOf(c.at("stores", i, "rule"), "rule of "+s.Name, s.Rule, "delete", "keep")
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
	if s.Owner == "service" && (s.Basis == "" || s.MaxAgeDays == 0) {
		c.say(c.at("stores", i), "store %s is this service's own and needs a basis and max_age_days", s.Name)
	}
	if s.Rule == "keep" && s.Owner == "platform" && s.Kept == "" {
		c.say(c.at("stores", i, "rule"), "store %s is kept without a category of kept", s.Name)
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
		if scopes[scope] == nil {
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
	for scope := range scopes {
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
	for scope, finders := range s.Find {
		if scopes[scope] == nil {
			c.say(c.at("stores", i, "find"), "store %s is found for the unknown scope %q", s.Name, scope)
		}
		for j, f := range finders {
			c.finder(c.at("stores", i, "find", string(scope), j), s, scope, f)
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
	c.sound(line, what, append(values(f.Where), f.Prefix)...)
	for _, t := range append(values(f.Where), f.Prefix) {
		for _, name := range t.Fields() {
			if !slices.Contains(have, name) {
				c.say(line, "%s uses {%s}, which neither a subject of scope %s nor %q has", what, name, scope, f.From)
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

// fields of a subject: those of its scope and those its locator's row adds.
func (c *checker) fields(scope Scope) []string {
	out := slices.Clone(scopes[scope])
	for _, s := range c.m.Stores {
		if len(s.Find[scope]) > 0 {
			out = append(out, s.Profile...)
		}
	}
	return out
}

func (c *checker) fromFields(line int, what string, scope Scope, from string) []string {
	parent, ok := c.m.Store(from)
	if !ok || len(parent.Find[scope]) == 0 {
		c.say(line, "%s comes from %q, which is not found for scope %s", what, from, scope)
		return nil
	}
	for _, f := range parent.Find[scope] {
		if f.From != "" {
			c.say(line, "%s comes from %q, which itself comes from another store; one level is what a plan can freeze", what, from)
		}
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
	if id.Where[store.Key[0]] == "" {
		c.say(line, "identity %s needs a condition on %s, the partition key of %s", id.Name, store.Key[0], id.Store)
	}
	for form, t := range id.Forms {
		if Scope(form) == Lead && !slices.Equal(t.Fields(), scopes[Lead]) {
			c.say(line, "form %s of identity %s must hold exactly %v", form, id.Name, scopes[Lead])
		}
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
