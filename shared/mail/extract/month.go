package extract

import (
	"strings"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// monthNames are the names of each month, January first.
var monthNames = [12]string{
	"january jan enero janvier januar jaenner gennaio janeiro يناير كانون ינואר",
	"february feb febrero fevrier februar febbraio fevereiro فبراير شباط פברואר",
	"march mar marzo mars marz maerz marco مارس آذار מרץ מרס",
	"april apr abril avril aprile أبريل ابريل نيسان אפריל",
	"may mayo mai maggio maio مايو أيار מאי",
	"june jun junio juin juni giugno junho يونيو حزيران יוני",
	"july jul julio juillet juli luglio julho يوليو تموز יולי",
	"august aug agosto aout أغسطس آب אוגוסט",
	"september sept sep septiembre septembre settembre setembro سبتمبر أيلول ספטמבר",
	"october oct octubre octobre oktober ottobre outubro أكتوبر אוקטובר",
	"november nov noviembre novembre نوفمبر נובמבר",
	"december dec diciembre decembre dezember dicembre dezembro ديسمبر דצמבר",
}

var monthNumbers = numberMonths()

func numberMonths() map[string]string {
	out := map[string]string{}
	for i, list := range monthNames {
		for w := range set(list) {
			out[w] = string([]byte{'0' + byte((i+1)/10), '0' + byte((i+1)%10)})
		}
	}
	return out
}

// Words before the name of a month. "You may write" has none.
var beforeMonth = set("in en em im a ad ao last since seit desde depuis da de of du del di early late mid around about um vers hacia mes mois mese شهر في منذ חודש מאז")

// months gives when the writer says they wrote.
func months(t text) []string {
	var found []string
	for i, w := range t.words {
		number, prefixed := monthOf(w.Text)
		if number == "" {
			continue
		}
		year := yearAfter(t.words[i+1:])
		switch {
		case year != "":
			found = appendNew(found, year+"-"+number)
		case prefixed || i > 0 && beforeMonth[t.words[i-1].Text]:
			found = appendNew(found, number)
		}
	}
	return found[:min(len(found), mostNames)]
}

// monthOf reads the name of a month, also behind a prefix.
func monthOf(word string) (number string, prefixed bool) {
	for _, form := range forms(word) {
		if number := monthNumbers[form]; number != "" {
			return number, form != word
		}
	}
	return "", false
}

// yearAfter reads a year of this century, with at most one word before it.
func yearAfter(words []fold.Word) string {
	for _, w := range words[:min(len(words), 2)] {
		if len(w.Text) == 4 && strings.HasPrefix(w.Text, "20") && strings.Trim(w.Text, "0123456789") == "" {
			return w.Text
		}
	}
	return ""
}
