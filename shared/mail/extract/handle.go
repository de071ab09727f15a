package extract

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// mostHandles bounds the look-ups that one mail can cause.
const mostHandles = 10

// handles gives the handles in a text: in links, after an @, and after words
// that announce one. Where such a word is followed by a person's name instead,
// the name goes to the details.
func handles(t text, d *Details) []Handle {
	tokens := tokensOf(t)
	found := inLinks(t.clean, d)
	found = appendNew(found, afterAt(t, tokens)...)
	found = appendNew(found, unannounced(t, tokens)...)
	for i := range tokens {
		if a := announce(t, tokens, i); a.at > 0 {
			found = appendNew(found, a.read(t, tokens, d)...)
		}
	}
	found = mergePlatforms(found)
	return found[:min(len(found), mostHandles)]
}

// mergePlatforms drops a handle without a platform where the same one stands
// with one.
func mergePlatforms(found []Handle) []Handle {
	var kept []Handle
	for _, h := range found {
		if h.Platform != "" || !knownElsewhere(found, h.Handle) {
			kept = append(kept, h)
		}
	}
	return kept
}

func knownElsewhere(found []Handle, handle string) bool {
	for _, h := range found {
		if h.Handle == handle && h.Platform != "" {
			return true
		}
	}
	return false
}

var profileLink = regexp.MustCompile(`(?i)\b(instagram\.com|instagr\.am|ig\.me/m|facebook\.com|fb\.com|fb\.me|m\.me)/(?:stories/|_u/)?@?([a-z0-9._]+)`)

// notProfiles are the first parts of links that lead to no person.
var notProfiles = set(`p reel reels explore accounts direct tv stories share sharer sharer.php groups pages profile.php
	people events watch photo photo.php photos story.php permalink.php help login login.php marketplace messages hashtag
	business policy policies privacy legal settings about web download home.php`)

func inLinks(clean string, d *Details) []Handle {
	var found []Handle
	for _, m := range profileLink.FindAllStringSubmatch(clean, -1) {
		handle := trimmed(m[2])
		if handle == "" || notProfiles[handle] {
			continue
		}
		platform := "facebook"
		if m[1][0]|0x20 == 'i' {
			platform = "instagram"
		}
		found = appendNew(found, Handle{platform, handle})
	}
	for _, m := range profileID.FindAllStringSubmatch(clean, -1) {
		if len(m[1]) >= 15 {
			d.ScopedIDs = appendNew(d.ScopedIDs, m[1])
		} else {
			found = appendNew(found, Handle{"facebook", m[1]})
		}
	}
	return found
}

func trimmed(handle string) string { return strings.ToLower(strings.Trim(handle, ".")) }

// addressed matches the words before an @ that name whom somebody wrote to.
var addressed = regexp.MustCompile(`(?i)(?:\b(?:messaged|contacted|texted|dm(?:'d|ed)?)|(?:\b(?:wrote|written|writing|message|chatted|talked|spoke|escrib\pL*|contact[eé]|habl\pL*|mensajes?|[eé]crit|parl[eé]|scritto|messaggi\pL*|escrev\pL*|mensage\pL*|falei)|كتبت|راسلت|تواصلت|כתבתי|פניתי|שלחתי)\s+(?:to|with|a|al|con|à|au|avec|para|com|إلى|مع|ל|אל)|\bhabe?\s+(?:\pL+\s+)?(?:an|bei|mit))(?:\s+(?:the|page|business|hotel|restaurant))*[\s-]*$`)

// mostLooked is how many signs of a handle are looked at. A mail with more is a
// list, and each costs a look at the whole text.
const mostLooked = 200

// afterAt gives what stands after an @ that is no part of an address and does
// not name whom the writer wrote to.
func afterAt(t text, tokens []token) []Handle {
	var found []Handle
	looked := 0
	for i, tok := range tokens {
		if !tok.at || !isHandle(tok.text) || t.masked(tok.start) {
			continue
		}
		if looked++; looked > mostLooked {
			break
		}
		if !addressed.MatchString(t.clean[max(0, tok.start-contextBefore):tok.start]) {
			found = appendNew(found, Handle{platformNear(t, tokens, i), trimmed(tok.text)})
		}
	}
	return found
}

// unannounced gives what can be nothing but a handle, in a sentence about an
// account: "I'm lou.b.righton on Instagram".
func unannounced(t text, tokens []token) []Handle {
	var found []Handle
	for i, tok := range tokens {
		if tok.at || !strings.Contains(tok.text, "_") && !strings.Contains(tok.text, ".") || newSentence.MatchString(tok.text) {
			continue
		}
		if isHandle(tok.text) && isDistinctive(tok) && !t.masked(tok.start) && aboutAccount(t, tokens, i) {
			found = appendNew(found, Handle{platformNear(t, tokens, i), trimmed(tok.text)})
		}
	}
	return found
}

// aboutAccount tells whether the sentence around a token names a platform or
// an account.
func aboutAccount(t text, tokens []token, at int) bool {
	for _, step := range []int{-1, 1} {
		for i := at + step; i >= max(0, at-platformReach) && i < min(len(tokens), at+platformReach); i += step {
			if sentenceEnd.MatchString(t.clean[tokens[min(i, i-step)].end:tokens[max(i, i-step)].start]) {
				break
			}
			if r := tokens[i].role; r == platformWord || r == userWord || r == accountWord {
				return true
			}
		}
	}
	return false
}

// token is a word that may be a handle: letters, digits, underscores and dots
// between them.
type token struct {
	text       string // as written, without the @
	folded     string
	start, end int
	at         bool
	role       role
	platform   string
}

var tokenLike = regexp.MustCompile(`@?[\pL\pM\pN_](?:[\pL\pM\pN_.]*[\pL\pM\pN_])?`)

func tokensOf(t text) []token {
	var tokens []token
	for _, at := range tokenLike.FindAllStringIndex(t.clean, -1) {
		raw := t.clean[at[0]:at[1]]
		before, _ := utf8.DecodeLastRuneInString(t.clean[:at[0]])
		bare, isAt := strings.CutPrefix(raw, "@")
		tok := token{text: bare, folded: fold.String(bare), start: at[0], end: at[1],
			at: isAt && !unicode.IsLetter(before) && !unicode.IsNumber(before) && before != '.'}
		tok.role, tok.platform = roleOf(tok.folded)
		tokens = append(tokens, tok)
	}
	return tokens
}

// announced is a handle that words announce.
type announced struct {
	at       int // the token, 0 if there is none
	platform string
	strong   bool // a word that means a user name
	explicit bool // a colon or the like before it
	copula   bool // "is"
	personal bool // a word of an account, beside that of the platform
}

// longestAnnouncement is how many tokens may stand between the word that
// announces a handle and the handle.
const longestAnnouncement = 8

// announce reads on from a token that announces a handle to the first one that
// says something else.
func announce(t text, tokens []token, from int) announced {
	a := announced{}
	if tokens[from].role != platformWord && tokens[from].role != userWord && tokens[from].role != accountWord || t.masked(tokens[from].start) {
		return a
	}
	for i := from; i < min(len(tokens), from+longestAnnouncement); i++ {
		if i > from && !a.passes(t.clean[tokens[i-1].end:tokens[i].start]) {
			return announced{}
		}
		switch tokens[i].role {
		case platformWord:
			a.platform = tokens[i].platform
		case userWord:
			a.strong = true
		case accountWord:
			a.personal = true
		case copula:
			a.copula = true
		case plainWord:
			a.at = i
			return a
		}
	}
	return announced{}
}

// passes reads what stands between two tokens, and tells whether it may stand
// within one announcement.
func (a *announced) passes(between string) bool {
	if strings.ContainsAny(between, ":=(\"“”„«»|") || strings.Contains(between, " - ") || strings.Contains(between, "–") || strings.Contains(between, "->") || strings.HasSuffix(between, "@ ") {
		a.explicit = true
	}
	between = strings.TrimSuffix(between, "@ ")
	return !strings.ContainsAny(between, ".!?;؟,،)@/") && strings.Count(between, "\n") < 2
}

// read gives the announced handle, or puts the announced name where it belongs.
func (a announced) read(t text, tokens []token, d *Details) []Handle {
	tok := tokens[a.at]
	if tok.at || t.masked(tok.start) {
		return nil
	}
	if a.explicit || a.copula {
		if name := wholeName(t.clean[tok.start:]); name != "" {
			d.Names = appendNew(d.Names, name)
			return nil
		}
	}
	if !isHandle(tok.text) || !isDistinctive(tok) && !a.introduces(t, tok) {
		return nil
	}
	if a.platform == "" {
		a.platform = platformNear(t, tokens, a.at)
	}
	return []Handle{{a.platform, trimmed(tok.text)}}
}

// introduces tells whether the announcement is clear enough for a handle that
// could be an ordinary word.
func (a announced) introduces(t text, tok token) bool {
	if stopWords[tok.folded] || strings.Contains(tok.folded, ".") || len(tok.text) < 3 {
		return false
	}
	if a.explicit || a.strong {
		return true
	}
	return (a.copula || a.personal && a.platform != "") && endsClause.MatchString(t.clean[tok.end:])
}

var endsClause = regexp.MustCompile(`(?i)^(?:[ \t]*(?:[.,;:!?)"'”»\n]|$)|\s+(?:and|y|et|und|e|on|en|sur|auf|su|no|na|in)\s)`)

var handleForm = regexp.MustCompile(`^[A-Za-z0-9._]{2,50}$`)

// isHandle tells whether a platform could have such a handle.
func isHandle(s string) bool {
	return handleForm.MatchString(s) && strings.ContainsFunc(s, isLetter) && !domainLike.MatchString(s)
}

var domainLike = regexp.MustCompile(`(?i)\.(?:com|net|org|example|html?|php|pdf|jpe?g|png)$`)

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

// isDistinctive tells whether a token can hardly be a word: it has an
// underscore, a digit, or a dot that ends no sentence.
func isDistinctive(tok token) bool {
	return !quantity.MatchString(tok.folded) && !isForgottenSpace(tok) && strings.ContainsAny(tok.text, "_.0123456789")
}

// isForgottenSpace tells whether a dot ends a sentence: "account.Please".
func isForgottenSpace(tok token) bool {
	parts := strings.Split(tok.folded, ".")
	if len(parts) == 1 {
		return false
	}
	return newSentence.MatchString(tok.text) || len(parts) == 2 && (isVocabulary(parts[0]) || isVocabulary(parts[1]))
}

var newSentence = regexp.MustCompile(`\p{Ll}\.\p{Lu}\p{Ll}`)

// isVocabulary tells words that belong to sentences about an account. Short
// ones stand in handles too.
func isVocabulary(word string) bool {
	r, _ := roleOf(word)
	return len(word) > 3 && (r != plainWord || stopWords[word])
}

var quantity = regexp.MustCompile(`^\d+(?:st|nd|rd|th|am|pm|h|hs|hrs|min|eur|gbp|usd|kg|km|x|er|e|a|o|ª|º)?$|^(?:[a-z]\.)+[a-z]?$|^h?\d+[h:]\d*$`)

// platformNear finds the platform that is named nearest before a token in its
// sentence, then after it, then the only one in the text.
func platformNear(t text, tokens []token, at int) string {
	for _, step := range []int{-1, 1} {
		for i := at + step; i >= max(0, at-platformReach) && i < min(len(tokens), at+platformReach); i += step {
			low, high := min(i, i-step), max(i, i-step)
			if sentenceEnd.MatchString(t.clean[tokens[low].end:tokens[high].start]) {
				break
			}
			if tokens[i].role == platformWord {
				return tokens[i].platform
			}
		}
	}
	return onlyPlatform(tokens)
}

// platformReach is how many words away a platform or an account may be named.
const platformReach = 60

var sentenceEnd = regexp.MustCompile(`[.!?;؟]\s|\n`)

func onlyPlatform(tokens []token) string {
	only := ""
	for _, tok := range tokens {
		if tok.role != platformWord {
			continue
		}
		if only != "" && only != tok.platform {
			return ""
		}
		only = tok.platform
	}
	return only
}
