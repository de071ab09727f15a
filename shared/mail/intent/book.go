package intent

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed rules/*.yaml
var files embed.FS

// languages are those that letters can be written in. Their order decides
// where nothing else does.
var languages = []string{"en", "es", "fr", "de", "it", "pt", "ar", "he"}

// rule is one line of rules.yaml: a verb with an object near it, or one
// concept seen alone.
type rule struct {
	Verb     string `yaml:"verb"`
	Object   string `yaml:"object"`
	When     string `yaml:"when"` // "negated", "no_longer", "cannot"; "" for a plain verb
	See      string `yaml:"see"`
	State    bool   `yaml:"state"`     // whether When holds for See too
	NotAfter string `yaml:"not_after"` // a verb whose object See must not be
	Near     string `yaml:"near"`      // a concept that See must stand near to
	Short    int    `yaml:"short"`     // counts only in mails of at most so many words
	Alone    bool   `yaml:"alone"`     // counts only where nothing is requested
	Intent   Intent `yaml:"intent"`
	Points   int    `yaml:"points"`
	Flag     string `yaml:"flag"`
	Quiets   int    `yaml:"quiets"`  // points that deletions in the sentence lose
	Follows  bool   `yaml:"follows"` // Quiets only what follows
}

// name is what an operator reads.
func (r *rule) name() string {
	text := strings.TrimSpace(r.When + " " + r.See)
	if r.Verb != "" {
		text = strings.TrimSpace(r.When + " verb " + r.Verb)
	}
	if r.Object != "" {
		text += " × object " + r.Object
	}
	if r.Near != "" {
		text += " near " + r.Near
	}
	return strings.ReplaceAll(text, "_", " ")
}

// says tells whether the rule does more than quieten others.
func (r *rule) says() bool { return r.Intent != "" || r.Flag != "" }

// masks says which concepts hide which others that lie within their hits, and
// which hide negators.
type masks struct {
	Hidden   []string `yaml:"hidden"`
	By       []string `yaml:"by"`
	Negators []string `yaml:"negators"`
	People   []string `yaml:"people"` // concepts that only PeopleBy hide
	PeopleBy []string `yaml:"people_by"`
}

// margin is what it takes to win.
type margin struct {
	Points int `yaml:"points"`
	Margin int `yaml:"margin"`
}

// book is all that the files say.
type book struct {
	Window    int         `yaml:"window"`
	Negation  int         `yaml:"negation"`
	Near      int         `yaml:"near"`
	Certain   margin      `yaml:"certain"`
	Masks     masks       `yaml:"masks"`
	Requests  []Intent    `yaml:"requests"`
	RideAlong []rideAlong `yaml:"ride_along"`
	Bonus     []bonus     `yaml:"bonus"`
	Raw       []string    `yaml:"raw"` // parts of commands to machines, found in any spelling
	Rules     []rule      `yaml:"rules"`

	index   index
	common  map[string][]string // a word to the languages that it is common in
	known   map[string]bool     // every word of the files
	typos   map[string][]string // a word without one letter to the words it may be
	objects map[string]bool
	verbs   map[string][]*rule // the rules of a verb with an object
}

// bonus strengthens intents that already have points.
type bonus struct {
	See     string   `yaml:"see"`
	Intents []Intent `yaml:"intents"`
	Points  int      `yaml:"points"`
}

// rideAlong lowers intents beside clear ones.
type rideAlong struct {
	Beside []Intent       `yaml:"beside"`
	From   int            `yaml:"from"`
	Less   map[Intent]int `yaml:"less"`
}

// tongue is the file of one language.
type tongue struct {
	Common   string            `yaml:"common"`
	Forgive  string            `yaml:"forgive"`
	Correct  string            `yaml:"correct"`
	Lists    map[string]string `yaml:"lists"`
	Concepts map[string]string `yaml:"concepts"` // a phrase a line
}

// loaded panics if an embedded file is wrong: a test would have found it.
var loaded = sync.OnceValue(func() *book {
	b, err := load()
	if err != nil {
		panic(err)
	}
	return b
})

func load() (*book, error) {
	b := &book{common: map[string][]string{}, known: map[string]bool{}, typos: map[string][]string{}, objects: map[string]bool{}, verbs: map[string][]*rule{}}
	if err := decode("rules", b); err != nil {
		return nil, err
	}
	others := map[string]string{}
	if err := decode("others", &others); err != nil {
		return nil, err
	}
	patterns, err := b.tongues()
	for language, words := range others {
		b.addForeign(language, words)
	}
	b.index = newIndex(patterns)
	for i := range b.Rules {
		if r := &b.Rules[i]; r.Object != "" {
			b.objects[r.Object] = true
			b.verbs[r.Verb] = append(b.verbs[r.Verb], r)
		}
	}
	return b, err
}

func (b *book) tongues() ([]pattern, error) {
	var all []pattern
	var problems []error
	for _, language := range languages {
		var t tongue
		if err := decode(language, &t); err != nil {
			return nil, err
		}
		patterns, err := t.patterns(language)
		problems = append(problems, err)
		all = append(all, patterns...)
		b.addCommon(language, t.Common)
		b.know(t, patterns)
	}
	return all, errors.Join(problems...)
}

func decode(name string, into any) error {
	data, err := files.ReadFile("rules/" + name + ".yaml")
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s.yaml: %w", name, err)
	}
	return nil
}

func (t tongue) patterns(language string) ([]pattern, error) {
	lists := map[string][]string{}
	for name, words := range t.Lists {
		lists[name] = strings.Fields(words)
	}
	var all []pattern
	var problems []error
	for _, concept := range slices.Sorted(maps.Keys(t.Concepts)) {
		for line := range strings.Lines(t.Concepts[concept]) {
			patterns, err := compile(language, concept, strings.TrimSpace(line), lists)
			problems = append(problems, err)
			all = append(all, patterns...)
		}
	}
	return all, errors.Join(problems...)
}

func (b *book) addCommon(language, words string) {
	for _, w := range strings.Fields(fold(words)) {
		if !slices.Contains(b.common[w], language) {
			b.common[w] = append(b.common[w], language)
		}
		b.known[w] = true
	}
}

// addForeign adds the words that none of the eight languages has.
func (b *book) addForeign(language, words string) {
	for _, w := range strings.Fields(fold(words)) {
		if !b.known[w] {
			b.common[w] = append(b.common[w], language)
		}
	}
}

// know notes the words of the language, and the misspellings of those that
// are to be forgiven.
func (b *book) know(t tongue, patterns []pattern) {
	for _, p := range patterns {
		for _, e := range p.elements {
			for w := range e.exact {
				b.known[w] = true
			}
		}
	}
	for _, w := range strings.Fields(fold(t.Correct + " " + t.Forgive)) {
		b.known[w] = true
	}
	for _, w := range strings.Fields(fold(t.Forgive)) {
		for _, short := range shortened(w) {
			b.typos[short] = append(b.typos[short], w)
		}
	}
}

// shortened gives w, and w without each letter but the first.
func shortened(w string) []string {
	letters := []rune(w)
	all := []string{w}
	for i := 1; i < len(letters); i++ {
		all = append(all, string(letters[:i])+string(letters[i+1:]))
	}
	return all
}

const leastForgiven = 5 // letters

// correct gives the words that w may be a misspelling of: one letter missing,
// too many, wrong, or two exchanged, never the first.
func (b *book) correct(w string) []string {
	if b.known[w] || len([]rune(w)) < leastForgiven {
		return nil
	}
	var found []string
	for i, short := range shortened(w) {
		for _, to := range b.typos[short] {
			if nearly(i, short, to) && !slices.Contains(found, to) {
				found = append(found, to)
			}
		}
	}
	return found
}

// nearly tells whether w, without its letter i (none if 0), comes from to by
// leaving out nothing or a letter beside i.
func nearly(i int, short, to string) bool {
	if i == 0 || short == to {
		return true
	}
	all := shortened(to)
	for k := max(1, i-1); k <= i+1 && k < len(all); k++ {
		if all[k] == short {
			return true
		}
	}
	return false
}
