package business

import (
	"slices"
	"strings"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// shortestJoined is the length, in characters, from which a name written
// without its spaces is still taken for the name.
const shortestJoined = 8

// shortestCore is the length, in characters, from which a single word can
// stand for a name.
const shortestCore = 5

// and is what every word for "and" becomes.
const and = "&"

var ands = set("& and y et und e")

// fillers may be left out of a name or put into it.
var fillers = set(`the a an of at by el la los las lo un una de del al le les l d s du des au aux der die das
	dem den des im am zum zur beim vom von il i gli della dello dei di da do dos das o os as na no nas nos ao nel
	nella alla allo ltd limited inc llc gmbh ug ohg sl slu sa srl sarl sas lda spa`)

// kinds are words that say what sort of place it is, and the one word for all
// that say the same. They may be left out; another kind is another place.
var kinds = words(map[string]string{
	"hotel":      "hotel hotels albergo מלון מלונות فندق اوتيل",
	"restaurant": "restaurant restaurante ristorante restaurants restorant מסעדה מסעדת مطعم",
	"cafe":       "cafe caffe cafeteria kaffeehaus coffee קפה مقهي كافيه كافي",
	"bar":        "bar pub בר بار",
	"bodega":     "bodega bodegas winery weingut יקב",
	"hostel":     "hostel hostal ostello albergue jugendherberge אכסניה",
	"inn":        "inn posada pousada locanda auberge gasthof gasthaus pension pensione pensao guesthouse riad",
	"apartments": "apartments apartment apartamentos appartements apartamento appartamenti ferienwohnung ferienwohnungen suites דירות شقق",
	"resort":     "resort resorts منتجع",
	"tavern":     "tavern taverna taberna tasca trattoria osteria bistro bistrot brasserie",
	"pizzeria":   "pizzeria pizza",
	"bakery":     "bakery panaderia boulangerie backerei baeckerei panificio padaria patisserie pasticceria pastelaria מאפייה מאפיית مخبز",
	"club":       "club beachclub",
	"salon":      "salon salone salao barber barbershop peluqueria friseur מספרה صالون",
	"gym":        "gym gimnasio fitness palestra ginasio",
})

// common are words that many names share or that texts hold anyway. None of
// them stands for a business by itself.
var common = set(`sol mar luna casa villa vista view views playa beach plage strand spiaggia praia park parque
	parc garden gardens jardin giardino jardim plaza place platz piazza praca centro center centre central grand
	gran grande royal real palace palacio palais palast palazzo river lake mountain monte montana ocean harbour
	harbor port porto puerto hafen castle castillo chateau schloss castello house haus maison home star stella
	estrella etoile stern lucio lucia maria mario luigi antonio pedro paris london madrid roma berlin lisboa
	garten green blue azul verde rouge blanc weiss schwarz black white golden kitchen cocina cuisine kuche
	cucina cozinha grill family familia famiglia old new nuevo nouveau alte neue vecchio novo corner
	rincon angolo taste sabor gusto sapore message messages data account instagram facebook whatsapp mikla
	privacy hello dream dreams paradise paradiso paraiso flora sunset sunrise nature natura capital city stadt
	ville ciudad citta cidade town market mercado marche markt mercato station bahnhof bridge puente ponte
	بحر البحر شمس الشمس بيت البيت دار הים ים שמש בית הבית גן הגן`)

// beside are words that may stand next to a name with a capital letter and
// are no part of it.
var beside = set(`instagram insta facebook fb messenger whatsapp meta january february march april may june july
	august september october november december enero febrero marzo abril mayo junio julio agosto septiembre octubre
	noviembre diciembre janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre januar
	februar marz juni juli oktober dezember gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
	janeiro fevereiro marco maio junho julho setembro outubro dezembro monday tuesday wednesday thursday friday
	saturday sunday lunes martes miercoles jueves viernes sabado domingo lundi mardi mercredi jeudi vendredi samedi
	dimanche montag dienstag mittwoch donnerstag freitag samstag sonntag hi hello hey hola dear hallo ciao bonjour
	ola from to with at on in and or for my your please thanks thank your delete remove by via i gdpr rgpd dsgvo
	business company team profile account page chat guest client customer booking ich we wir hotel`)

// sharedDomains are those where everybody may have an address: such a domain
// says nothing about the business.
var sharedDomains = set(`gmail.com googlemail.com outlook.com outlook.es outlook.de outlook.fr outlook.it
	hotmail.com hotmail.es hotmail.fr hotmail.it hotmail.de hotmail.co.uk live.com live.co.uk live.fr msn.com
	yahoo.com yahoo.es yahoo.fr yahoo.de yahoo.it yahoo.co.uk yahoo.com.br ymail.com icloud.com me.com mac.com
	aol.com gmx.de gmx.net gmx.com gmx.at gmx.ch web.de t-online.de freenet.de mail.de posteo.de mail.com
	proton.me protonmail.com pm.me tutanota.com fastmail.com zoho.com orange.fr wanadoo.fr free.fr laposte.net
	sfr.fr libero.it virgilio.it tiscali.it alice.it sapo.pt uol.com.br bol.com.br terra.com.br telefonica.net
	terra.es walla.co.il walla.com bezeqint.net btinternet.com sky.com mail.ru yandex.ru yandex.com qq.com 163.com`)

func set(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}

// words turns lists of words around: each word with the key of its list.
func words(lists map[string]string) map[string]string {
	out := map[string]string{}
	for key, list := range lists {
		for _, w := range strings.Fields(list) {
			out[fold.String(w)] = key
		}
	}
	return out
}

// spellings gives the folded words of a name, and those of the same name with
// its apostrophes left out, as many people write it.
func spellings(name string) [][]string {
	split := plainWords(name)
	joined := plainWords(strings.NewReplacer("'", "", "’", "", "`", "", "´", "").Replace(name))
	if slices.Equal(split, joined) {
		return [][]string{split}
	}
	return [][]string{split, joined}
}

func plainWords(s string) []string {
	var out []string
	for _, w := range wordsOf(s) {
		out = append(out, w.Text)
	}
	return out
}

// wordsOf gives the folded words of s; every way to write "and" is one word.
func wordsOf(s string) []fold.Word {
	found := fold.Words(s)
	for i, w := range found {
		if ands[w.Text] {
			found[i].Text = and
		}
	}
	return found
}

// coreOf leaves what tells a name from others of its kind.
func coreOf(words []string) []string {
	var core []string
	for _, w := range words {
		if _, isKind := kindOf(w); !isKind && !isFiller(w) {
			core = append(core, w)
		}
	}
	return core
}

func isFiller(word string) bool { return fillers[word] || word == and }

// isDistinctive tells whether a core can stand for its name.
func isDistinctive(core []string) bool {
	return len(core) > 1 || len(core) == 1 && len([]rune(core[0])) >= shortestCore && !common[core[0]]
}

// kindOf tells what sort of place a word names, with or without a prefix.
func kindOf(word string) (string, bool) {
	for _, variant := range withoutPrefix(word) {
		if kind, ok := kinds[variant]; ok {
			return kind, true
		}
	}
	return "", false
}

// The letters that Hebrew and Arabic write onto the next word.
const prefixes = "בלמהושכ" + "بلوفك"

// withoutPrefix gives the word, and the word without up to two prefixes.
// Arabic writes "to the" as two letters, of which one belongs to the word.
func withoutPrefix(word string) []string {
	variants := []string{word}
	if rest, ok := strings.CutPrefix(word, "لل"); ok {
		variants = append(variants, "ال"+rest, rest)
	}
	rest := word
	for range 2 {
		next := strings.TrimLeft(rest[:min(2, len(rest))], prefixes) + rest[min(2, len(rest)):]
		if next == rest || len([]rune(next)) < 2 {
			break
		}
		variants, rest = append(variants, next), next
	}
	if rest, ok := strings.CutPrefix(rest, "ال"); ok && len([]rune(rest)) > 1 {
		variants = append(variants, rest)
	}
	return variants
}
