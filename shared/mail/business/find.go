package business

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// Match is a tenant that a text speaks of, or may speak of. How says by what
// it was found, in one word an operator can read.
type Match struct {
	TenantID string
	Name     string
	Region   string
	How      string
}

// Found is what the directory makes of a text. Only Resolved may be acted on.
// Ambiguous are tenants with one name between them; Suggested are those with
// similar names, best first, for the operator alone.
type Found struct {
	Resolved  []Match
	Ambiguous []Match
	Suggested []Match
}

// mention is a place in a text where one or more tenants may be named.
type mention struct {
	start, end int // words
	how        string
	tenants    []int
}

// longestText bounds, in words, what is searched. People name the business
// early; a text beyond this goes on to an operator unresolved.
const longestText = 20_000

// Find looks for tenants in the subject and the newest text of a mail.
func (d *Directory) Find(subject, body string) Found {
	t := read(subject + "\n\n" + body)
	var clear, unclear []mention
	for _, m := range d.mentions(t) {
		switch d.standing(t, m) {
		case alone:
			clear = append(clear, m)
		case partOfMore:
			unclear = append(unclear, m)
		}
	}
	found := d.resolve(t, clear, unclear)
	found.Suggested = d.suggest(t, found, unclear)
	return found
}

// resolve gives each clear mention to its tenant. A name of which a longer
// one was also read stays open: people shorten what they said in full before.
func (d *Directory) resolve(t text, clear, unclear []mention) Found {
	var found Found
	doubted := map[int]bool{}
	for _, m := range unclear {
		for _, i := range m.tenants {
			doubted[i] = true
		}
	}
	var open []mention
	read := map[*int]bool{} // the lists of tenants that were seen to
	for _, m := range append(clear, d.byDomain(t)...) {
		if read[&m.tenants[0]] {
			continue
		}
		read[&m.tenants[0]] = true
		one := d.narrow(t, m.tenants)
		if len(one) != 1 {
			open = append(open, m)
		} else if !doubted[one[0]] || m.how == "domain" {
			found.Resolved = d.include(found.Resolved, m.how, one...)
		}
	}
	for _, m := range open {
		if !slices.ContainsFunc(m.tenants, func(i int) bool { return holds(found.Resolved, d.entries[i].TenantID) }) {
			found.Ambiguous = d.include(found.Ambiguous, m.how, m.tenants...)
		}
	}
	return found
}

// narrow leaves, of tenants with the same name, the one whose city the text
// names, if it is one.
func (d *Directory) narrow(t text, tenants []int) []int {
	if len(tenants) == 1 {
		return tenants
	}
	var named []int
	for _, i := range tenants {
		if t.holds(d.entries[i].city) {
			named = append(named, i)
		}
	}
	if len(named) == 1 {
		return named
	}
	return tenants
}

func (d *Directory) include(matches []Match, how string, tenants ...int) []Match {
	for _, i := range tenants {
		e := d.entries[i]
		if !holds(matches, e.TenantID) {
			matches = append(matches, Match{TenantID: e.TenantID, Name: e.Name, Region: e.Region, How: how})
		}
	}
	return matches
}

func holds(matches []Match, tenantID string) bool {
	return slices.ContainsFunc(matches, func(m Match) bool { return m.TenantID == tenantID })
}

// mentions gives every place that names a tenant, in the order of the text.
// Where places overlap the longest wins, and a full name before a core.
func (d *Directory) mentions(t text) []mention {
	all := d.fullNames(t)
	all = append(all, d.cores(t)...)
	all = append(all, d.joinedNames(t)...)
	slices.SortStableFunc(all, func(a, b mention) int { return cmp.Compare(b.end-b.start, a.end-a.start) })
	taken := make([]bool, len(t.words))
	var kept []mention
	for _, m := range all {
		if slices.Contains(taken[m.start:m.end], true) {
			continue
		}
		kept = append(kept, m)
		for i := m.start; i < m.end; i++ {
			taken[i] = true
		}
	}
	slices.SortFunc(kept, func(a, b mention) int { return cmp.Compare(a.start, b.start) })
	return kept
}

func (d *Directory) fullNames(t text) []mention {
	every := make([]int, len(t.words))
	for i := range every {
		every[i] = i
	}
	found := d.sequences(t, every, d.full, "name")
	return slices.DeleteFunc(found, func(m mention) bool { return !t.isNamed(m) })
}

// isNamed tells whether a name of one word that texts hold anyway, as
// "Central", is named here: only a kind of place before it says so.
func (t text) isNamed(m mention) bool {
	if m.end-m.start > 1 || isDistinctive(texts(t.words[m.start:m.end])) {
		return true
	}
	return t.touch(m.start-1) && t.isKind(m.start-1)
}

// cores gives the places that hold what is distinctive of a name. A core that
// two tenants share says nothing, and a single word needs an article or a
// kind before it: "por capricho" is no bodega.
func (d *Directory) cores(t text) []mention {
	var kept []mention
	for _, m := range d.sequences(t, t.withoutGeneric(), d.core, "core of the name") {
		core := coreOf(texts(t.words[m.start:m.end]))
		introduced := len(core) > 1 || m.start > 0 && (t.isGeneric(m.start-1) || t.isPrefixed(m.start))
		if len(m.tenants) == 1 && isDistinctive(core) && introduced {
			kept = append(kept, m)
		}
	}
	return kept
}

// sequences looks up every run of the given words in an index.
func (d *Directory) sequences(t text, at []int, index map[string][]int, how string) []mention {
	var found []mention
	for i := range at {
		for length := 1; length <= d.longest && i+length <= len(at) && t.words[at[i+length-1]].Text != ""; length++ {
			for _, key := range t.keys(at[i : i+length]) {
				if tenants := index[key]; len(tenants) > 0 {
					found = append(found, mention{at[i], at[i+length-1] + 1, how, tenants})
					break
				}
			}
		}
	}
	return found
}

// joinedNames gives the places where a name of several words is written as
// one, as in a handle.
func (d *Directory) joinedNames(t text) []mention {
	var found []mention
	for i, w := range t.words {
		key := w.Text
		if handle, ok := t.handles[i]; ok {
			key = handle
		}
		if tenants := d.joined[key]; len(tenants) > 0 {
			found = append(found, mention{i, i + 1, "name in one word", tenants})
		}
	}
	return found
}

func (d *Directory) byDomain(t text) []mention {
	var found []mention
	for _, domain := range t.domains {
		if tenants := d.domains[domain]; len(tenants) == 1 {
			found = append(found, mention{how: "domain", tenants: tenants})
		}
	}
	return found
}

// text is a mail as the directory reads it: words, of which those that are
// part of an address, a link or a handle are empty, so that no name is found
// in or across them.
type text struct {
	raw     string
	words   []fold.Word
	handles map[int]string // at the place of the first of its words
	domains []string
	german  bool
	// capitals is set where most words have nothing but capital letters.
	capitals bool
}

const host = `(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,24}\b`

// A host without "www." or a scheme counts in small letters and under a usual
// ending only: people forget the space after a full stop.
var (
	links = regexp.MustCompile(`(?i)(?:https?://|www\.|[\w.+-]+@)` + host + `(?:/\S*)?|` +
		`\b(?-i:(?:[a-z0-9-]+\.)+)(?:com|net|org|info|eu|biz|example|es|fr|de|it|pt|br|il|uk|ie|us|mx|at|ch|be|nl)\b(?:/\S*)?`)
	hosts = regexp.MustCompile(`(?i)` + host)
	ats   = regexp.MustCompile(`@[A-Za-z0-9._]+`)
)

func read(raw string) text {
	t := text{raw: raw, words: wordsOf(raw), handles: map[int]string{}}
	t.words = t.words[:min(len(t.words), longestText)]
	for _, at := range links.FindAllStringIndex(raw, -1) {
		t.mask(at)
		t.domains = append(t.domains, hostOf(raw[at[0]:at[1]]))
	}
	for _, at := range ats.FindAllStringIndex(raw, -1) {
		if first := t.mask(at); first >= 0 {
			t.handles[first] = joinedHandle(raw[at[0]:at[1]])
		}
	}
	t.german = isGerman(t.words)
	t.capitals = isInCapitals(t)
	return t
}

// hostOf gives the domain of a link or an address, without "www.".
func hostOf(link string) string {
	if _, rest, ok := strings.Cut(link, "@"); ok {
		link = rest
	}
	link = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(link), "https://"), "http://")
	return strings.TrimPrefix(hosts.FindString(link), "www.")
}

// mask empties the words of a place and gives the first, -1 if there is none
// or it was emptied before.
func (t text) mask(at []int) int {
	from, _ := slices.BinarySearchFunc(t.words, at[0], func(w fold.Word, at int) int { return cmp.Compare(w.Start, at) })
	if from == len(t.words) || t.words[from].Start >= at[1] || t.words[from].Text == "" {
		return -1
	}
	for i := from; i < len(t.words) && t.words[i].Start < at[1]; i++ {
		t.words[i].Text = ""
	}
	return from
}

// keys gives what a run of words may stand for in an index: as it is, and
// with the prefixes of its first word taken off.
func (t text) keys(at []int) []string {
	rest := ""
	for _, i := range at[1:] {
		rest += " " + t.words[i].Text
	}
	first := withoutPrefix(t.words[at[0]].Text)
	for i := range first {
		first[i] += rest
	}
	return first
}

func (t text) withoutGeneric() []int {
	var kept []int
	for i := range t.words {
		if !t.isGeneric(i) {
			kept = append(kept, i)
		}
	}
	return kept
}

func (t text) isGeneric(i int) bool { return t.isKind(i) || isFiller(t.words[i].Text) }

func (t text) isKind(i int) bool {
	_, isKind := kindOf(t.words[i].Text)
	return isKind
}

// isPrefixed tells whether the word begins with a letter that Hebrew or
// Arabic use as an article or a preposition.
func (t text) isPrefixed(i int) bool {
	r, _ := utf8.DecodeRuneInString(t.words[i].Text)
	return strings.ContainsRune(prefixes+"ا", r)
}

func (t text) holds(sequence []string) bool {
	if len(sequence) == 0 {
		return false
	}
	for i := range t.words {
		if i+len(sequence) <= len(t.words) && slices.Contains(withoutPrefix(t.words[i].Text), sequence[0]) &&
			slices.Equal(texts(t.words[i+1:i+len(sequence)]), sequence[1:]) {
			return true
		}
	}
	return false
}

// How a mention stands in its text.
type standing int

const (
	alone      standing = iota // the name, the whole name
	partOfMore                 // what stands beside it belongs to the name of another place
	unknown                    // capital letters say nothing here, and the name is too weak without
)

// standing judges what stands beside a name. "Hotel Sol" is not meant where
// "Hotel Sol y Mar", "Gran Hotel Sol" or "Restaurante Sol" is written.
func (d *Directory) standing(t text, m mention) standing {
	if d.isOtherKind(t, m) {
		return partOfMore
	}
	cities := d.cities(m)
	if !t.extendsBefore(m, cities) && !t.extendsAfter(m, cities) {
		return alone
	}
	if !t.german && !t.shouts(m) {
		return partOfMore
	}
	if len(coreOf(texts(t.words[m.start:m.end]))) > 1 || m.end-m.start == 1 {
		return alone
	}
	return unknown
}

// isOtherKind tells whether the word before a name, but for articles, or the
// word after it names a kind of place that none of its tenants is.
func (d *Directory) isOtherKind(t text, m mention) bool {
	before := m.start - 1
	for before > 0 && articles[t.words[before].Text] && t.touch(before) {
		before--
	}
	return t.touch(before) && d.excludes(m, t.words[before].Text) ||
		t.touch(m.end-1) && d.excludes(m, t.words[m.end].Text)
}

// excludes tells whether a word is a kind, and each tenant of another one.
// What a tenant without a kind in its name is, nobody knows.
func (d *Directory) excludes(m mention, word string) bool {
	kind, ok := kindOf(word)
	return ok && !slices.ContainsFunc(m.tenants, func(i int) bool {
		return len(d.entries[i].kinds) == 0 || d.entries[i].kinds[kind]
	})
}

func (d *Directory) cities(m mention) []string {
	var all []string
	for _, i := range m.tenants {
		all = append(all, d.entries[i].city...)
	}
	return all
}

func (t text) extendsBefore(m mention, cities []string) bool {
	i := m.start - 1
	return t.touch(i) && t.isNamePart(i, cities) && !t.startsSentence(i)
}

// extendsAfter looks behind a name, also beyond a word that joins names.
func (t text) extendsAfter(m mention, cities []string) bool {
	i := m.end
	if t.touch(i-1) && t.touch(i) && joiners[t.words[i].Text] {
		i++
	}
	return t.touch(i-1) && t.isNamePart(i, cities)
}

var joiners = set("& of de del di du da do dos la le el los las des am an by")

var articles = set("the el la los las le les l il lo der die das dem den o a os as")

// isNamePart tells whether a word beside a name looks like a part of it.
func (t text) isNamePart(i int, cities []string) bool {
	word := t.words[i].Text
	return word != "" && t.isCapital(i) && !beside[word] && !t.isGeneric(i) && !slices.Contains(cities, word)
}

// touch tells whether the word at i has a next one with nothing between but
// spaces, one end of a line, or what stands within names.
func (t text) touch(i int) bool {
	if i < 0 || i+1 >= len(t.words) {
		return false
	}
	between := t.raw[t.words[i].End:t.words[i+1].Start]
	return strings.Trim(between, " \u00a0-'’\r\n") == "" && strings.Count(between, "\n") < 2
}

// isCapital tells whether a word has a capital letter that says something: in
// a text of capitals it says as little as the small ones do in other texts.
func (t text) isCapital(i int) bool {
	r, _ := utf8.DecodeRuneInString(t.raw[t.words[i].Start:])
	return (unicode.IsUpper(r) || unicode.IsTitle(r)) && !t.capitals
}

func (t text) startsSentence(i int) bool {
	before := strings.TrimRight(t.raw[:t.words[i].Start], " \t\"'«»“”„(¿¡*_>-")
	return before == "" || strings.ContainsRune(".!?:;\n,", rune(before[len(before)-1]))
}

// shouts tells whether most words around a mention have capital letters, as in
// titles: then a capital letter says nothing.
func (t text) shouts(m mention) bool {
	const around = 6
	capital, all := 0, 0
	for i := max(0, m.start-around); i < min(len(t.words), m.end+around); i++ {
		if i >= m.start && i < m.end || t.words[i].Text == "" {
			continue
		}
		all++
		if t.isCapital(i) {
			capital++
		}
	}
	return all >= 4 && capital*10 > all*6
}

func isInCapitals(t text) bool {
	capitals, all := 0, 0
	for _, w := range t.words {
		if word := t.raw[w.Start:w.End]; strings.ToLower(word) != strings.ToUpper(word) {
			all++
			if word == strings.ToUpper(word) {
				capitals++
			}
		}
	}
	return capitals*10 > all*6
}

// isGerman tells whether nouns are written with capital letters here.
func isGerman(words []fold.Word) bool {
	seen := 0
	for _, w := range words {
		if germanWords[w.Text] {
			seen++
		}
	}
	return seen >= 2
}

var germanWords = set("ich und nicht bitte meine meinen meiner habe ist mit fur auf von der das dem uber geschrieben loschen")
