package extract

import (
	"regexp"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/confirmation"
)

// mostCodes bounds the look-ups that one mail can cause.
const mostCodes = 5

// groups are runs of a code's characters that stand by themselves.
var groups = regexp.MustCompile(`[A-Za-z0-9_]+`)

// codes gives what may be a confirmation code. The ledger knows which is one,
// so a false candidate costs a look-up; but prose must not become one.
func codes(clean string) []string {
	at := groups.FindAllStringIndex(clean, -1)
	var found []string
	for i := 0; i < len(at) && len(found) < mostCodes; i++ {
		if announcesCode(clean[at[i][0]:at[i][1]]) {
			continue
		}
		for size, j := 0, i; j < len(at) && size < confirmation.Length; j++ {
			if j > i && !isGap(clean[at[j-1][1]:at[j][0]]) || !inAlphabet(clean[at[j][0]:at[j][1]]) {
				break
			}
			size += at[j][1] - at[j][0]
			if size == confirmation.Length && looksLikeCode(parts(clean, at[i:j+1]), clean[max(0, at[i][0]-contextBefore):at[i][0]]) {
				if code, ok := confirmation.Normalize(clean[at[i][0]:at[j][1]]); ok {
					found = appendNew(found, code.Reveal())
				}
				i = j
			}
		}
	}
	return found
}

// announcesCode tells a word for a code from the first group of one.
func announcesCode(group string) bool {
	return strings.EqualFold(group, "code") || strings.EqualFold(group, "kode")
}

func parts(clean string, at [][]int) []string {
	var out []string
	for _, a := range at {
		out = append(out, clean[a[0]:a[1]])
	}
	return out
}

// isGap tells whether the text between two groups may stand within a code.
func isGap(between string) bool {
	return len(between) <= 8 && strings.Trim(between, " .\t\n-‐‑–—") == ""
}

func inAlphabet(group string) bool {
	return strings.Trim(group, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz234567") == ""
}

// looksLikeCode tells codes from prose that happens to have as many letters.
// One code in 150 has no digit; such a one needs capital letters, or the word
// for a code before it.
func looksLikeCode(groups []string, before string) bool {
	whole := strings.Join(groups, "")
	digits := len(whole) - len(strings.Map(dropDigits, whole))
	upper := whole == strings.ToUpper(whole)
	named := codeWord.MatchString(before)
	if len(groups) == 1 {
		return digits > 0 || upper || named
	}
	if !isUniform(groups) {
		return digits >= 2 && mixedShare(groups, upper) >= 0.6
	}
	return digits > 0 && (upper || digits > 1 || named) || upper && named
}

func dropDigits(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// isUniform tells whether the groups are of one length; the last may be
// shorter.
func isUniform(groups []string) bool {
	for _, g := range groups[:len(groups)-1] {
		if len(g) != len(groups[0]) {
			return false
		}
	}
	return len(groups[len(groups)-1]) <= len(groups[0])
}

// mixedShare is the share of groups that are no words: letters with digits,
// or capital letters in a text of which all is in capitals.
func mixedShare(groups []string, upper bool) float64 {
	mixed := 0
	for _, g := range groups {
		letters := strings.Map(dropDigits, g)
		if letters != "" && len(letters) < len(g) || upper && len(g) > 2 {
			mixed++
		}
	}
	return float64(mixed) / float64(len(groups))
}

var codeWord = regexp.MustCompile(`(?i)(?:code|c[oó]digo|codice|رمز|كود|קוד|kode|referen[cz]|réf|référence|riferimento|nummer)[^.!?]{0,40}$`)
