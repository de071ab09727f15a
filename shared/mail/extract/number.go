package extract

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

const (
	contextBefore = 60 // bytes in which a word says what a number is
	contextAfter  = 30
)

var (
	longNumber = regexp.MustCompile(`\d+`)
	bsuid      = regexp.MustCompile(`(?i)\b([a-z]{2})\.(\d{15,30})\b`)
	profileID  = regexp.MustCompile(`(?i)facebook\.com/(?:profile\.php\?(?:\S*&)?id=|people/[^/\s]+/)(\d{5,17})\b`)
)

// Words that say what a number is. Of several the nearest counts.
var (
	metaWord  = regexp.MustCompile(`(?i)psid|igsid|asid|scoped|facebook|instagram|messenger|meta|فيسبوك|انستغرام|פייסבוק|אינסטגרם`)
	otherWord = regexp.MustCompile(`(?i)phone|mobile|\btel|tel[eé]fono|m[oó]vil|handy|cellulare|telem[oó]vel|celular|booking|reserv|r[eé]serv|buchung|prenotazion|order|invoice|bestell|rechnung|pedido|factur|fattura|fatura|commande|ordine|card|tarjeta|karte|carte|carta|cart[aã]o|iban|ticket|tracking|حجز|هاتف|جوال|הזמנה|טלפון|נייד|כרטיס`)
)

// scopedIDs gives numbers of the length of Meta's IDs for a person, and
// WhatsApp's business-scoped user IDs.
func scopedIDs(clean string) []string {
	var found []string
	for _, m := range bsuid.FindAllStringSubmatch(clean, -1) {
		found = appendNew(found, strings.ToUpper(m[1])+"."+m[2])
	}
	for _, at := range longNumber.FindAllStringIndex(clean, -1) {
		if n := at[1] - at[0]; n >= 15 && n <= 17 && standsAlone(clean, at) && !isOtherNumber(clean, at) {
			found = appendNew(found, clean[at[0]:at[1]])
		}
	}
	return found
}

// standsAlone tells whether a number is no part of a word, a longer number,
// an amount or an international telephone number.
func standsAlone(clean string, at []int) bool {
	before, after := clean[max(0, at[0]-2*utf8.UTFMax):at[0]], clean[at[1]:]
	return !endsInWord.MatchString(before) && !beginsInWord.MatchString(after)
}

var (
	endsInWord   = regexp.MustCompile(`(?:[\pL\pN_+@]|[\pL\pN_][.,-])$`)
	beginsInWord = regexp.MustCompile(`^(?:[\pL\pN_@]|[.,-]\pN)`)
)

func isOtherNumber(clean string, at []int) bool {
	before := clean[max(0, at[0]-contextBefore):at[0]]
	other, meta := lastIndex(otherWord, before), lastIndex(metaWord, before)
	return other > meta
}

func lastIndex(re *regexp.Regexp, s string) int {
	all := re.FindAllStringIndex(s, -1)
	if len(all) == 0 {
		return -1
	}
	return all[len(all)-1][0]
}
