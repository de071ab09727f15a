package extract

import (
	"regexp"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// mostPhones bounds the look-ups that one mail can cause.
const mostPhones = 5

var (
	phoneLink = regexp.MustCompile(`(?i)(?:wa\.me/|whatsapp\.com/send/?\?(?:\S*&)?phone=)(?:\+|%2B)?(\d{7,15})\b`)
	phoneLike = regexp.MustCompile(`(?:\+|\(\+)?[(]?\d[\d ()./‐‑–-]{5,22}\d`)
	dateLike  = regexp.MustCompile(`^(?:\d{1,2}[./-]\d{1,2}[./-](?:\d\d|20\d\d)|20\d\d[./-]\d{1,2}[./-]\d{1,2})(?:[ -]+\d{1,2})?$`)
	numbering = strings.NewReplacer("‐", "-", "‑", "-", "–", "-")
)

// Words after or before which a number is a telephone number.
var (
	phoneBefore = regexp.MustCompile(`(?i)(?:whats ?app|wh?atsap|wsp|\bwa\b|phone|\btel|mobile|\bcell|\bnumber|handy|nummer|m[oó]vil|n[uú]mero|num[eé]ro|portable|cellulare|telem[oó]vel|celular|واتس|رقم|هاتف|جوال|موبايل|טלפון|נייד|מספר|וואטסאפ|ווטסאפ|וואצאפ)`)
	phoneAfter  = regexp.MustCompile(`(?i)^[^.\n]{0,25}?(?:whats ?app|wh?atsap|واتس|וואטסאפ|ווטסאפ)`)
)

// Phones gives the telephone numbers in a text in the form of E.164:
// international numbers with a plus sign, and others where a word beside them
// says that they are telephone numbers. National numbers are read as those of
// the regions, ISO 3166 codes, in the order given. Only valid numbers count.
func Phones(text string, regions []string) []string {
	clean := numbering.Replace(plain(text[:min(len(text), longestText)]))
	var found []string
	for _, m := range phoneLink.FindAllStringSubmatch(clean, mostPhones) {
		found = appendNew(found, international(m[1])...)
	}
	for _, at := range phoneLike.FindAllStringIndex(clean, -1) {
		if len(found) >= mostPhones {
			break
		}
		found = appendNew(found, phoneAt(clean, at, regions)...)
	}
	return found
}

func phoneAt(clean string, at []int, regions []string) []string {
	number := clean[at[0]:at[1]]
	if inWord(clean, at) || dateLike.MatchString(number) {
		return nil
	}
	if rest, ok := strings.CutPrefix(strings.TrimLeft(number, "("), "+"); ok {
		return international(rest)
	}
	if !isNamedPhone(clean, at) {
		return nil
	}
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		return international(rest)
	}
	for _, region := range regions {
		if n := parsed(number, region); n != nil && phonenumbers.IsValidNumberForRegion(n, region) {
			return e164(n)
		}
	}
	if n := parsed("+"+number, noRegion); n != nil && phonenumbers.IsValidNumber(n) {
		return e164(n)
	}
	if len(regions) == 1 && strings.HasPrefix(number, "0") {
		return e164(parsed(number, regions[0]))
	}
	return nil
}

// international reads a number without its plus sign. What follows it in the
// text may have been taken for a part of it: a time, a date.
func international(number string) []string {
	for number != "" {
		if n := parsed("+"+number, noRegion); n != nil {
			return e164(n)
		}
		number = number[:max(0, strings.LastIndexAny(number, " (/"))]
	}
	return nil
}

var touchesWord = regexp.MustCompile(`[\pL\pN_=/&#.@-]$`)

// inWord tells whether a number is part of a word, a link, an ID or a longer
// number.
func inWord(clean string, at []int) bool {
	return touchesWord.MatchString(clean[max(0, at[0]-4):at[0]]) || beginsInWord.MatchString(clean[at[1]:])
}

// isNamedPhone looks for what calls the number a telephone number. "Booking
// number" does not.
func isNamedPhone(clean string, at []int) bool {
	before := clean[max(0, at[0]-contextBefore):at[0]]
	if cut := strings.LastIndex(before, "\n\n"); cut >= 0 {
		before = before[cut:]
	}
	if phone := lastIndex(phoneBefore, before); phone >= 0 {
		return !otherThanPhone.MatchString(before)
	}
	return phoneAfter.MatchString(clean[at[1]:min(len(clean), at[1]+contextAfter)])
}

var otherThanPhone = regexp.MustCompile(`(?i)(?:booking|reserv|r[eé]serv|buchung|prenotazion|order|invoice|bestell|rechnung|pedido|factur|fattura|fatura|commande|ordine|card|tarjeta|karte|iban|ticket|room|tracking|حجز|הזמנה)[^\n]{0,25}$`)

// noRegion is what phonenumbers calls a number that must name its country.
const noRegion = "ZZ"

// parsed gives a number of a possible length, or nil.
func parsed(number, region string) *phonenumbers.PhoneNumber {
	n, err := phonenumbers.Parse(number, region)
	if err != nil || phonenumbers.IsPossibleNumberWithReason(n) != phonenumbers.IS_POSSIBLE {
		return nil
	}
	return n
}

func e164(n *phonenumbers.PhoneNumber) []string {
	if n == nil {
		return nil
	}
	return []string{phonenumbers.Format(n, phonenumbers.E164)}
}
