// Package datamap is the declared inventory of every store that can hold personal
// data, and the rule for each. It drives locate, fence, purge and verify; no other
// package names a table. datamap.yaml is the inventory; its head explains it.
package datamap

import (
	"bytes"
	_ "embed"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed datamap.yaml
var embedded []byte

// Scope is what a request deletes: a conversation, a lead, a channel or a tenant.
type Scope struct {
	Name       string   `yaml:"name"`
	Key        []string `yaml:"key"`        // the fields that name a subject
	Within     []string `yaml:"within"`     // where its external names are unique
	Everything bool     `yaml:"everything"` // whatever its date
}

// Map is the inventory. Scopes go from narrow to wide.
type Map struct {
	Version    int             `yaml:"version"`
	Scopes     []Scope         `yaml:"scopes"`
	Identities []Identity      `yaml:"identities"`
	Kept       map[string]Kept `yaml:"kept"`
	Stores     []Store         `yaml:"stores"`

	plans sync.Map // by scope name; see Plan
}

// Identity is a way from what a requester brings to subjects.
type Identity struct {
	Name   string              `yaml:"name"`
	Store  string              `yaml:"store"`
	Index  string              `yaml:"index"`
	Where  map[string]Template `yaml:"where"`
	Target string              `yaml:"target"`
	Forms  map[string]Template `yaml:"forms"`
	Is     string              `yaml:"is"` // the scope whose subject the row itself is
}

// Kept is a category that a deletion leaves, and for how long after the deletion;
// 0 months for what cannot be linked to a person.
type Kept struct {
	Reason string `yaml:"reason"`
	Months int    `yaml:"months"`
}

// Store is one table or bucket, or a place outside.
type Store struct {
	Name       string              `yaml:"name"`
	Owner      string              `yaml:"owner"` // platform, service or external
	Kind       string              `yaml:"kind"`  // table, bucket, queue, log, history or external
	Category   string              `yaml:"category"`
	Key        []string            `yaml:"key"`
	Indexes    map[string][]string `yaml:"indexes"`
	Parent     string              `yaml:"parent"`
	Dated      *Dated              `yaml:"dated"`
	Belongs    map[string]string   `yaml:"belongs"`
	Find       map[string][]Finder `yaml:"find"` // by scope
	Profile    []string            `yaml:"profile"`
	Fenced     []string            `yaml:"fenced"`
	Objects    []Object            `yaml:"objects"`
	StaysWith  string              `yaml:"stays_with"`
	HiddenBy   string              `yaml:"hidden_by"`
	AtOnce     []string            `yaml:"at_once"`
	Rises      []string            `yaml:"rises"`
	Newer      *Newer              `yaml:"newer"`
	Details    *Details            `yaml:"details"`
	Backup     *Backup             `yaml:"backup"`
	Quotes     *Quotes             `yaml:"quotes"`
	Rule       string              `yaml:"rule"` // delete, anonymise or keep
	Anonymise  []string            `yaml:"anonymise"`
	Erase      *Erase              `yaml:"erase"`
	Kept       string              `yaml:"kept"`
	Concerns   []string            `yaml:"concerns"` // scopes
	Expires    string              `yaml:"expires"`  // TTL attribute
	Basis      string              `yaml:"basis"`
	MaxAgeDays int                 `yaml:"max_age_days"`
	Lasts      string              `yaml:"lasts"` // instead of an age
}

// Dated says which attribute dates a record.
type Dated struct {
	Attribute string `yaml:"attribute"`
	Sort      bool   `yaml:"sort"` // the sort key begins with it
}

// Finder is one way to a subject's items.
type Finder struct {
	From   string              `yaml:"from"`
	Index  string              `yaml:"index"`
	Where  map[string]Template `yaml:"where"`
	Prefix Template            `yaml:"prefix"`
	Only   map[string]Template `yaml:"only"`
	Again  bool                `yaml:"again"`
}

// templates are all that the finder expands.
func (f Finder) templates() []Template {
	out := append(values(f.Where), values(f.Only)...)
	if f.Prefix != "" {
		out = append(out, f.Prefix)
	}
	return out
}

// Erase is how a store outside erases: by a hook that is called, or by a task of the
// operator. One of them.
type Erase struct {
	Hook string `yaml:"hook"`
	Task string `yaml:"task"`
}

// Object is media that a record names in an attribute ("a" or "a[].b").
type Object struct {
	Store     string   `yaml:"store"`
	Attribute string   `yaml:"attribute"`
	Within    Template `yaml:"within"`
}

// Newer is what happens to a record that is newer than the cutoff.
type Newer struct {
	Empty []string `yaml:"empty"`
}

// Backup is how a store is backed up: sealed under the keys of subjects, or by versions.
type Backup struct {
	Under    string   `yaml:"under"` // scope
	Staff    Template `yaml:"staff"` // of the record, or of each member of List
	List     string   `yaml:"list"`
	Versions bool     `yaml:"versions"`
}

// Details are the attributes of a subject's row that only the person behind it knows
// besides us: what somebody who claims to be that person must know one of.
type Details struct {
	Platform string `yaml:"platform"` // facebook, instagram or whatsapp
	Name     string `yaml:"name"`     // display name
	Handle   string `yaml:"handle"`
	Number   string `yaml:"number"` // of WhatsApp: E.164 without its plus
	Since    string `yaml:"since"`  // first contact, RFC 3339
	Until    string `yaml:"until"`  // last contact
}

// Quotes says where the rows of this store find a quotation, and what it looks like.
type Quotes struct {
	Store     string   `yaml:"store"`
	Reference string   `yaml:"reference"`
	Form      Template `yaml:"form"`
	List      string   `yaml:"list"`
	Whose     string   `yaml:"whose"`
	Field     string   `yaml:"field"`
	Fields    []string `yaml:"fields"` // that a quotation may stand in
	Text      string   `yaml:"text"`
}

// Load reads the inventory that is built in.
func Load() (*Map, error) { return Parse("datamap.yaml", embedded) }

// Parse reads and checks an inventory. Every problem is reported at once, each with
// file and line.
func Parse(file string, src []byte) (*Map, error) {
	var m Map
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	if err := dec.Decode(&m); err != nil {
		return nil, unreadable(file, err)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(src, &root); err != nil {
		return nil, unreadable(file, err)
	}
	c := checker{file: file, root: root.Content[0], m: &m}
	if err := c.check(); err != nil {
		return nil, err
	}
	return &m, nil
}

var atLine = regexp.MustCompile(`^line (\d+): `)

// unreadable puts the parser's problems into the form of ours.
func unreadable(file string, err error) error {
	texts := []string{err.Error()}
	if types := (*yaml.TypeError)(nil); errors.As(err, &types) {
		texts = types.Errors
	}
	problems := make([]error, len(texts))
	for i, text := range texts {
		text = strings.TrimPrefix(text, "yaml: ")
		if m := atLine.FindStringSubmatch(text); m != nil {
			text = m[1] + ": " + text[len(m[0]):]
		} else {
			text = " " + text
		}
		problems[i] = errors.New(file + ":" + text)
	}
	return errors.Join(problems...)
}

// Store finds a store by name.
func (m *Map) Store(name string) (Store, bool) {
	for _, s := range m.Stores {
		if s.Name == name {
			return s, true
		}
	}
	return Store{}, false
}

// Scope finds a scope by name. A form of an identity that is none needs a person.
func (m *Map) Scope(name string) (Scope, bool) {
	i := slices.IndexFunc(m.Scopes, func(s Scope) bool { return s.Name == name })
	if i < 0 {
		return Scope{}, false
	}
	return m.Scopes[i], true
}

// Identity finds an identity by name.
func (m *Map) Identity(name string) (Identity, bool) {
	for _, i := range m.Identities {
		if i.Name == name {
			return i, true
		}
	}
	return Identity{}, false
}

// IsTable says that the store is a table rather than a bucket.
func (s Store) IsTable() bool { return s.Kind == "table" }

// Deciding are the attributes by which it is decided what happens to a record.
func (s Store) Deciding() []string {
	out := slices.Concat(slices.Sorted(maps.Keys(s.Belongs)), s.Anonymise, s.Rises)
	if s.Dated != nil {
		out = append(out, s.Dated.Attribute)
	}
	if s.Newer != nil {
		out = append(out, s.Newer.Empty...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// IndexKey is the key of an index; of the base table for "".
func (s Store) IndexKey(index string) []string {
	if index == "" {
		return s.Key
	}
	return s.Indexes[index]
}
