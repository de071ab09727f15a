package intent

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mail is what the rules look at.
type mail struct {
	sentences []sentence
	words     int            // of the body; of the subject if there is no body
	total     map[string]int // how much of each language there is
	raw       string
	whole     bool
}

func (b *book) parse(subject, body string) mail {
	m := mail{whole: true, total: map[string]int{}}
	title, text := m.split(replies.ReplaceAllString(subject, "")), m.split(body)
	m.words = countWords(text)
	for i := range title {
		title[i].subject, title[i].reply = m.words > 0, replies.MatchString(subject)
	}
	if m.words == 0 {
		m.words = countWords(title)
	}
	m.sentences = append(title, text...)
	m.raw = compact(subject + "\n" + body)
	for _, s := range m.sentences {
		b.correctAll(s.words)
		for language, n := range b.speech(s.words) {
			m.total[language] += n
		}
	}
	return m
}

func (m *mail) split(s string) []sentence {
	words, read := split(s)
	all, whole := sentences(words)
	m.whole = m.whole && read && whole
	return all
}

func (b *book) correctAll(words []word) {
	for i := range words {
		if words[i].mark == 0 {
			words[i].forms = append(words[i].forms, b.correct(words[i].forms[0])...)
		}
	}
}

func countWords(sentences []sentence) int {
	n := 0
	for _, s := range sentences {
		for _, w := range s.words {
			if w.mark == 0 {
				n++
			}
		}
	}
	return n
}

// compact gives the text folded and without spaces, so that a command is found
// however it is spaced.
func compact(s string) string {
	s, _ = head(s)
	return strings.Join(strings.Fields(fold(s)), "")
}

// finding is a rule that holds in a sentence.
type finding struct {
	rule     *rule
	language string
	points   int
}

func (f finding) reason() string {
	if f.rule.Intent == "" {
		return fmt.Sprintf("%s: %s (flag %s)", f.language, f.rule.name(), f.rule.Flag)
	}
	return fmt.Sprintf("%s: %s (%+d)", f.language, f.rule.name(), f.points)
}

// tally is the sum of a mail.
type tally struct {
	findings []finding
	scores   map[Intent]int
	flags    map[string]bool
	reasons  []string // of flags and bonuses
	requests []Intent
}

func (b *book) weigh(m mail) tally {
	t := tally{scores: map[Intent]int{}, flags: map[string]bool{}, requests: b.Requests}
	seen, best := map[string]bool{}, map[source]finding{}
	for _, s := range m.sentences {
		hits, findings := b.understand(s, m)
		for _, h := range hits {
			seen[h.concept] = true
		}
		keepBest(best, findings)
	}
	t.findings = heeded(slices.Collect(maps.Values(best)))
	t.sum()
	t.addBonus(b.Bonus, seen)
	t.rideAlong(b)
	t.flag(m, b)
	return t
}

// source is what a finding comes from: it counts once.
type source struct {
	rule     *rule
	language string
}

func keepBest(best map[source]finding, findings []finding) {
	for _, f := range findings {
		from := source{f.rule, f.language}
		if kept, found := best[from]; !found || f.points > kept.points {
			best[from] = f
		}
	}
}

// heeded leaves out thanks where more is said.
func heeded(findings []finding) []finding {
	more := slices.ContainsFunc(findings, func(f finding) bool {
		in := f.rule.Intent
		return f.points > 0 && in != "" && in != NotARequest && in != ConfirmReply
	})
	return slices.DeleteFunc(findings, func(f finding) bool { return f.rule.Alone && more })
}

// understand reads a sentence in the language that it is most in, or else in
// the next in which it says something.
func (b *book) understand(s sentence, m mail) (hits []hit, findings []finding) {
	found := b.index.find(s.words)
	for _, language := range b.ranked(s, found, m.total) {
		v := b.view(s, language, found[language])
		now := v.findings(m.words)
		hits = append(hits, v.hits...)
		findings = append(findings, now...)
		if slices.ContainsFunc(now, func(f finding) bool { return f.points >= b.Certain.Points }) {
			break
		}
	}
	return hits, findings
}

// sum takes the best finding of each intent; other rules add a little, but
// repetition adds nothing.
func (t *tally) sum() {
	slices.SortFunc(t.findings, func(x, y finding) int {
		return cmp.Or(y.points-x.points, strings.Compare(x.reason(), y.reason()), strings.Compare(x.rule.Flag, y.rule.Flag),
			strings.Compare(string(x.rule.Intent), string(y.rule.Intent)))
	})
	support := map[Intent]int{}
	for _, f := range t.findings {
		switch in := f.rule.Intent; {
		case in == "" || f.points <= 0:
		case t.scores[in] == 0:
			t.scores[in] = f.points
		case f.points >= leastSupport && support[in] < mostSupport:
			t.scores[in]++
			support[in]++
		}
	}
}

const (
	leastSupport = 3 // points of a further finding that counts
	mostSupport  = 2 // points that further findings add
	mostReasons  = 12
)

func (t *tally) addBonus(all []bonus, seen map[string]bool) {
	for _, b := range all {
		if !seen[b.See] {
			continue
		}
		for _, in := range b.Intents {
			if t.scores[in] > 0 {
				t.scores[in] = max(1, t.scores[in]+b.Points)
			}
		}
		t.reasons = append(t.reasons, fmt.Sprintf("context: %s (%+d)", strings.ReplaceAll(b.See, "_", " "), b.Points))
	}
}

// rideAlong lowers what people add to a clear request: a question how long it
// takes, a word of thanks.
func (t *tally) rideAlong(b *book) {
	scores := maps.Clone(t.scores)
	for _, r := range b.RideAlong {
		for _, in := range r.Beside {
			if scores[in] >= r.From {
				t.lower(r.Less)
				break
			}
		}
	}
}

func (t *tally) lower(less map[Intent]int) {
	for in, points := range less {
		t.scores[in] -= min(points, t.scores[in])
	}
}

func (t *tally) flag(m mail, b *book) {
	for _, f := range t.findings {
		if f.rule.Flag != "" && (f.rule.Intent == "" || f.points > 0) {
			t.flags[f.rule.Flag] = true
		}
		t.flags[Negated] = t.flags[Negated] || f.rule.When == "negated" && (f.rule.Verb == "delete" || f.rule.State)
	}
	for _, part := range b.Raw {
		if strings.Contains(m.raw, part) {
			t.flags[Injection] = true
			t.reasons = append(t.reasons, "any: a command to a machine (flag injection)")
		}
	}
	if !m.whole {
		t.flags[Ambiguous] = true
		t.reasons = append(t.reasons, "any: longer than what is read (flag ambiguous)")
	}
	if unknown(m) && !(t.isUnderstood(b.Certain.Points) && !isForeign(m)) {
		t.flags[UnknownLanguage] = true
		t.reasons = append(t.reasons, "any: none of our languages (flag unknown_language)")
	}
}

// isUnderstood tells whether a rule of some weight holds, without which common
// words are needed to know a language: "Request: delete everything" has none.
func (t *tally) isUnderstood(points int) bool {
	return len(t.findings) > 0 && t.findings[0].points >= points
}

// ranking orders the intents by score.
func (t *tally) ranking() []Intent {
	ranked := slices.Sorted(maps.Keys(t.scores))
	slices.SortStableFunc(ranked, func(x, y Intent) int { return t.scores[y] - t.scores[x] })
	return append(ranked, Question, Question)
}

func (t *tally) reading(m mail, certain margin) Reading {
	ranked := t.ranking()
	best, second := ranked[0], ranked[1]
	if t.scores[best] == 0 {
		best, second = Question, Question
	}
	lead := t.scores[best]
	if second != best {
		lead -= t.scores[second]
	}
	if t.scores[best] < certain.Points || lead < certain.Margin {
		t.flags[Ambiguous] = true
	}
	t.settle(best)
	if t.flags[UnknownLanguage] && (best == ConfirmReply || best == NotARequest) {
		best = Question // a word that looks like "yes" or "thanks" is none there
	}
	return Reading{
		Intent:   best,
		Rivals:   t.rivals(best, certain.Margin),
		Language: t.language(best, m),
		Certain:  !t.forbids(best),
		Flags:    t.flagList(),
		Reasons:  t.explain(best, second),
	}
}

// rivals gives the intents that the best did not beat by the margin.
func (t *tally) rivals(best Intent, margin int) []Intent {
	rivals := []Intent{}
	for _, in := range slices.Compact(t.ranking()) {
		if in != best && t.scores[in] > 0 && t.scores[best]-t.scores[in] < margin {
			rivals = append(rivals, in)
		}
	}
	return rivals
}

// settle takes back flags that the intent answers: a business asks for the
// deletion of somebody else's data by right.
func (t *tally) settle(best Intent) {
	switch best {
	case CustomerDeleteLead, CustomerCloseAccount, CustomerDisconnectChannel:
		delete(t.flags, ThirdParty)
		delete(t.flags, SeveralPeople)
	}
}

var flagOrder = []string{ThirdParty, Minor, SeveralPeople, Injection, Negated, Ambiguous, UnknownLanguage}

func (t *tally) flagList() []string {
	list := []string{}
	for _, f := range flagOrder {
		if t.flags[f] {
			list = append(list, f)
		}
	}
	return list
}

func (t *tally) forbids(best Intent) bool {
	for f, set := range t.flags {
		if set && (f != Negated || slices.Contains(t.requests, best)) {
			return true
		}
	}
	return false
}

func (t *tally) explain(best, second Intent) []string {
	reasons := []string{}
	for _, f := range t.findings {
		if f.rule.Intent == "" || f.points > 0 && (f.rule.Intent == best || f.rule.Intent == second) {
			reasons = append(reasons, f.reason())
		}
	}
	for _, r := range t.reasons {
		if !slices.Contains(reasons, r) {
			reasons = append(reasons, r)
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, "any: no rule holds")
	}
	return reasons[:min(len(reasons), mostReasons)]
}
