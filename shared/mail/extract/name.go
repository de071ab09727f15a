package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

const (
	mostNames    = 3
	longestName  = 4 // words
	longestPart  = 30
	longestQuote = 60
)

const on = `(?:\s+(?:there|here|display|on|en|sur|auf|bei|in|su|no|na|de|di|do|del|em)\s*(?:el |la |the )?(?:facebook|fb|instagram|insta|ig|messenger|whats ?app))?`

// ownName matches what announces the writer's own name, in each language.
var ownName = regexp.MustCompile(`(?i)(?:` + strings.Join([]string{
	`\bmy (?:display |profile |full |real )?name` + on + `\s*(?:is|was|:)`,
	`\bmy (?:facebook|fb|instagram|insta|ig|messenger|whats ?app|profile) (?:display )?name\s*(?:is|was|:)`,
	`\b(?:under|by|with) the name(?: of)?\b`, `\bi(?:'m| am) called\b`, `\bi(?:'m| am) on (?:facebook|messenger|instagram|whatsapp) as\b`,
	`\bme llamo\b`, `\bmi nombre(?: de perfil)?` + on + `\s*(?:es\b|:)`, `\bcon el nombre(?: de)?\b`, `\b(?:aparezco|figuro|salgo)` + on + ` como\b`,
	`\bje m['’ ]\s?appelle\b`, `\bmon nom(?: de profil)?` + on + `\s*(?:est\b|:)`, `\bsous le nom(?: de)?\b`,
	`\bich hei(?:ß|ss)e` + on + `\b`, `\bmein (?:profil|anzeige)?name` + on + `\s*(?:ist\b|lautet\b|:)`, `\bunter dem namen\b`,
	`\bmi chiamo\b`, `\bil mio nome(?: profilo)?` + on + `\s*(?:è|e'|:)`, `\b(?:con|sotto) il nome(?: di)?\b`,
	`\bme chamo\b`, `\bchamo-me\b`, `\bmeu nome(?: de perfil)?` + on + `\s*(?:é|:)`, `\bcom o nome(?: de)?\b`,
	`(?:^|[^\pL\pM])و?اسمي(?:\s+(?:على|في)\s+\pL+)?(?:\s+هو)?[\s:]`, `(?:^|[^\pL\pM])(?:باسم|الاسم\s*:)\s`,
	`(?:^|[^\pL\pM])ו?(?:שמי|השם שלי)(?:\s+ב\pL+)?(?:\s+הוא)?[\s:]`, `(?:^|[^\pL\pM])(?:קוראים לי|תחת השם)\s`,
	`(?m:^)[ \t*•-]*(?:(?:full |display |facebook |profile |instagram )?name|nombre(?: y apellidos?)?|nom|nome|name auf facebook|שם|اسم)` + on + `\s*:`,
}, "|") + `)[\s:]*`)

// names gives the names that the writer says are theirs.
func names(t text) []string {
	var found []string
	for _, at := range ownName.FindAllStringIndex(t.clean, 4*mostNames) {
		if name := nameAt(t.clean[at[1]:]); name != "" {
			found = appendNew(found, name)
		}
	}
	return found[:min(len(found), mostNames)]
}

var (
	quoted   = regexp.MustCompile(`^["“”„«]\s*([^"“”„«»\n]{2,60}?)\s*["“”»]`)
	nextWord = regexp.MustCompile(`^([\pL\pM]+(?:['’.-][\pL\pM]+)*)([ \t]?)`)
)

// nameAt reads a name at the beginning of rest: what is quoted, else words
// with capital letters, else, where the writer or the script has none, up to
// two words.
func nameAt(rest string) string {
	if m := quoted.FindStringSubmatch(rest); m != nil {
		return m[1]
	}
	words := nameWords(rest)
	if len(words) > 0 && isUpper(words[0]) {
		words = capitalRun(words)
	} else {
		words = firstTwo(words)
	}
	return strings.Join(words, " ")
}

// capitalRun cuts a name where a word without a capital letter follows, but
// for what stands within names: "Ana de la Cruz".
func capitalRun(words []string) []string {
	end := 0
	for i, w := range words {
		if isUpper(w) {
			end = i + 1
		} else if !particles[fold.String(w)] {
			break
		}
	}
	return words[:end]
}

// firstTwo cuts a name after two words that are no particles.
func firstTwo(words []string) []string {
	full := 0
	for i, w := range words {
		if !particles[fold.String(w)] {
			full++
		}
		if full == 2 {
			return words[:i+1]
		}
	}
	return words
}

// nameWords gives the words at the beginning of rest up to one that belongs to
// no name, or to something between words that is no space.
func nameWords(rest string) []string {
	var words []string
	for len(words) < longestName {
		m := nextWord.FindStringSubmatchIndex(rest)
		if m == nil {
			break
		}
		word := rest[m[2]:m[3]]
		after, _ := utf8.DecodeRuneInString(rest[m[3]:])
		if after == '_' || after == '@' || unicode.IsNumber(after) || utf8.RuneCountInString(word) > longestPart || endsName(word) {
			break
		}
		words = append(words, word)
		rest = rest[m[1]:]
		if initial := utf8.RuneCountInString(word) == 1 && strings.HasPrefix(rest, ". "); initial {
			rest = rest[2:]
		} else if m[4] == m[5] {
			break
		}
	}
	return words
}

func endsName(word string) bool {
	folded := fold.String(word)
	r, _ := roleOf(folded)
	return nameEnds[folded] || stopWords[folded] && !isUpper(word) || r == platformWord
}

var particles = set("de da do dos das di del della dei van von der den la le el al bin ibn ben bat abu zu mac mc st عبد بن ابن ابو ام ال בן בת אבו בר")

// nameEnds are words that stand after a name, but for those of stopWords.
var nameEnds = set(`and on at in i but so or et je j sur au chez und ich auf bei im io su e ed eu no na em yo en mi my me is es est ist
	wrote écrit schrieb escribi escrevi the a an to as für for per por pour como come als
	و وأريد اريد أريد وأنا انا أنا على في من عن هو وأطلب أطلب ارجو أرجو الرجاء وقد لقد كتبت أود واود وأود
	אני ואני ב על אשמח רוצה ורוצה מבקש מבקשת ומבקש ומבקשת כתבתי בבקשה אנא של את הוא נא`)

// wholeName gives a name of two or more words with capital letters, as people
// write where a handle was asked for.
func wholeName(rest string) string {
	name := nameAt(strings.TrimLeft(rest, "\"“„«"))
	parts := strings.Fields(name)
	if len(parts) < 2 || !isUpper(parts[0]) || !isUpper(parts[len(parts)-1]) {
		return ""
	}
	return name
}

func isUpper(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r) || unicode.IsTitle(r)
}
