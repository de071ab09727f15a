// Package business finds which of Mikla's customers a mail speaks of.
//
// Only a name that is the same after folding resolves, and only if it is one
// customer's alone: a mail about "Casa Lucia" must never reach the data of
// "Casa Lucio". What is merely similar is ranked for the operator, and is
// never shown to the writer, to whom it would list Mikla's customers.
package business

import (
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// Entry is one tenant as the directory needs it. Region is an ISO 3166 code
// of two letters.
type Entry struct {
	TenantID    string
	Name        string
	Aliases     []string
	Region      string
	City        string
	AdminEmails []string
}

// Directory answers who is meant. It does not change after [New].
type Directory struct {
	entries []entry
	full    map[string][]int // folded name or alias -> entries
	core    map[string][]int // the same without generic words
	joined  map[string][]int // the same without spaces
	domains map[string][]int
	admins  map[string][]string
	longest int // words of the longest name
}

// entry is what is known of a tenant beyond its fields.
type entry struct {
	Entry
	kinds map[string]bool
	words [][]string // folded words of the name and of each alias
	city  []string
}

// New makes the directory of the entries.
func New(entries []Entry) *Directory {
	d := &Directory{full: map[string][]int{}, core: map[string][]int{}, joined: map[string][]int{},
		domains: map[string][]int{}, admins: map[string][]string{}}
	for i, e := range entries {
		known := entry{Entry: e, kinds: map[string]bool{}, city: texts(fold.Words(e.City))}
		for _, name := range append([]string{e.Name}, e.Aliases...) {
			for _, words := range spellings(name) {
				d.addName(i, &known, words)
			}
		}
		d.entries = append(d.entries, known)
		d.addAdmins(i)
	}
	return d
}

func (d *Directory) addName(i int, known *entry, words []string) {
	if len(words) == 0 {
		return
	}
	known.words = append(known.words, words)
	d.longest = max(d.longest, len(words))
	for _, w := range words {
		if kind, ok := kindOf(w); ok {
			known.kinds[kind] = true
		}
	}
	add(d.full, strings.Join(words, " "), i)
	core := coreOf(words)
	if len(core) > 0 {
		add(d.core, strings.Join(core, " "), i)
	}
	for _, parts := range [][]string{words, core} {
		if key := strings.Join(parts, ""); len(parts) > 1 && len([]rune(key)) >= shortestJoined {
			add(d.joined, key, i)
		}
	}
}

func (d *Directory) addAdmins(i int) {
	for _, address := range d.entries[i].AdminEmails {
		address, ok := plainAddress(address)
		if !ok {
			continue
		}
		if id := d.entries[i].TenantID; !slices.Contains(d.admins[address], id) {
			d.admins[address] = append(d.admins[address], id)
		}
		_, domain, _ := strings.Cut(address, "@")
		if !sharedDomains[domain] {
			add(d.domains, domain, i)
		}
	}
}

// AdminOf gives the tenants that have the address as an admin's on file. An
// address with any character beyond ASCII is nobody's: folding would make a
// Kelvin sign a "k".
func (d *Directory) AdminOf(address string) []string {
	plain, ok := plainAddress(address)
	if !ok {
		return nil
	}
	return slices.Clone(d.admins[plain])
}

// Admins gives the tenants that have the address as an admin's on file.
func (d *Directory) Admins(address string) []Match {
	var matches []Match
	ids := d.AdminOf(address)
	for i, e := range d.entries {
		if slices.Contains(ids, e.TenantID) {
			matches = d.include(matches, "admin on file", i)
		}
	}
	return matches
}

// IsBusinessHandle tells whether a handle is a business's name written as one
// word. Such a handle is not the writer's own.
func (d *Directory) IsBusinessHandle(handle string) bool {
	return len(d.joined[joinedHandle(handle)]) > 0
}

func joinedHandle(handle string) string {
	return strings.Join(texts(fold.Words(strings.NewReplacer("_", " ", ".", " ").Replace(handle))), "")
}

// plainAddress gives an ASCII address in lower case. It reports false for
// every other one, and for what has no single @.
func plainAddress(address string) (string, bool) {
	for i := range len(address) {
		if address[i] <= ' ' || address[i] >= 0x7f {
			return "", false
		}
	}
	if strings.Count(address, "@") != 1 {
		return "", false
	}
	return strings.ToLower(address), true
}

func add(index map[string][]int, key string, i int) {
	if !slices.Contains(index[key], i) {
		index[key] = append(index[key], i)
	}
}

func texts(words []fold.Word) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, w.Text)
	}
	return out
}
