package letter

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mikla-ai/data-deletion/shared/request"
)

// P13: no letter asks why, for money, or for a document. asking lists, by language, how
// the words for these begin; in Arabic and Hebrew, which put letters before words, they
// count anywhere. Only the Promise, which says that none is needed, may hold them.
var asking = map[string][]string{
	"en": {"reason", "why do you", "why you", "motive", "fee", "fees", "pay", "charge", "cost", "price", "passport", "identity", "id card", "id document", "driving", "driver"},
	"es": {"motivo", "razón", "razones", "por qué quiere", "por qué desea", "por qué solicita", "justifi", "tasa", "pago", "pagar", "pague", "abon", "coste", "costo", "precio", "tarifa", "pasaporte", "documento", "identidad", "dni", "carné", "licencia"},
	"fr": {"motif", "raison", "pourquoi vous", "pourquoi souhait", "justifi", "frais", "paye", "paie", "payer", "coût", "tarif", "prix", "passeport", "pièce", "identité", "carte", "permis"},
	"de": {"grund", "gründe", "warum sie", "weshalb", "begründ", "gebühr", "zahlen", "zahlung", "bezahl", "überweis", "kosten", "kostet", "preis", "entgelt", "ausweis", "personalausweis", "reisepass", "pass", "führerschein", "identität"},
	"it": {"motivo", "motivi", "ragion", "perché desidera", "perché vuole", "pagare", "pagament", "paghi", "costo", "costi", "tariff", "prezzo", "spese", "passaporto", "document", "carta", "identità", "patente"},
	"pt": {"motivo", "razão", "razões", "por que", "porquê", "justifi", "pagar", "pague", "pagamento", "taxa", "custo", "custa", "preço", "tarifa", "passaporte", "documento", "identidade", "carteira", "cartão", "rg", "cpf"},
	"ar": {"سبب", "أسباب", "لماذا", "مبرر", "رسوم", "دفع", "تكلفة", "تكاليف", "سعر", "ثمن", "مبلغ", "جواز", "هوية", "بطاقة", "رخصة"},
	"he": {"סיבה", "סיבת", "מדוע", " למה", "לנמק", "נימוק", "תשלום", "לשלם", "שלמו", "עמלה", "אגרה", "מחיר", "עלות", "דרכון", "תעוד", "רישיון"},
}

// asked gives the first word of a text that asks for what nobody has to give.
func asked(language, text string) string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, word := range asking[language] {
		for rest, at := text, 0; ; {
			i := strings.Index(rest, word)
			if i < 0 {
				break
			}
			at += i
			before, _ := utf8.DecodeLastRuneInString(text[:at])
			if language == "ar" || language == "he" || !unicode.IsLetter(before) {
				return word
			}
			at += len(word)
			rest = text[at:]
		}
	}
	return ""
}

// everything is a letter's data with every optional part.
func everything(language string, scope Scope, hours int) Data {
	later := time.Date(2027, time.May, 4, 10, 0, 0, 0, time.UTC)
	d := Data{Language: language, Tag: "MK-1", Code: "ABCDEFGHIJKLMNOPQRST2345", StatusURL: "https://x.example/s", Link: "https://x.example/c",
		PIN: "204816", Missing: []Detail{MissingBusiness, MissingHandle, MissingCode}, Scope: scope, Business: "Hotel Rio", Hours: hours,
		DueAt: later, UndoUntil: later, LiveErasedAt: later, BackupsGoneBy: later, Erased: map[string]int{"other": 1}, Question: "?", Reason: "."}
	for _, store := range stores {
		d.Erased[store] = 1
	}
	for category := range english.Kept {
		d.Kept = append(d.Kept, request.Kept{Category: category, Until: &later})
	}
	return d
}

// variants calls check with each letter in each of its forms.
func variants(t *testing.T, language string, check func(Kind, Letter)) {
	t.Helper()
	for _, kind := range Kinds() {
		for _, form := range []struct {
			scope    Scope
			hours    int
			state    State
			audience Audience
		}{{Tenant, 72, StateWaiting, Admin}, {Channel, 0, StateNothing, Page}, {Lead, 0, StateClosed, Writer}, {"", 0, StateDone, Writer}} {
			d := everything(language, form.scope, form.hours)
			d.State, d.Audience = form.state, form.audience
			if form.scope == "" && slices.Contains(needs[kind], "scope") {
				continue
			}
			l, err := Write(kind, d)
			if err != nil {
				t.Fatal(err)
			}
			check(kind, l)
		}
	}
}

func TestNoLetterAsksForAReasonAFeeOrADocument(t *testing.T) {
	for _, b := range books {
		for path, phrase := range phrases(b) {
			if word := asked(b.Language, phrase); word != "" && path != ".Promise" {
				t.Errorf("%s: %s holds %q: %s", b.Language, path, word, phrase)
			}
		}
		variants(t, b.Language, func(kind Kind, l Letter) {
			promise := strings.Join(strings.Fields(b.Promise), " ")
			text := strings.Join(strings.Fields(l.Text), " ")
			if !strings.Contains(text, promise) || !strings.Contains(l.HTML, b.Promise) {
				t.Errorf("%s: %s does not promise that deletion is free and needs no reason", b.Language, kind)
			}
			for _, form := range []string{l.Subject, strings.ReplaceAll(text, promise, ""), strings.ReplaceAll(l.HTML, b.Promise, "")} {
				if word := asked(b.Language, form); word != "" {
					t.Fatalf("%s: %s holds %q", b.Language, kind, word)
				}
			}
		})
	}
}

// planted asks, in each language, for a reason, a fee and a document.
var planted = map[string][3]string{
	"en": {"Please tell us the reason.", "A small fee of 5 euros is due.", "Send us a copy of your passport."},
	"es": {"Indíquenos el motivo.", "Debe pagar 5 euros.", "Envíenos una copia de su documento de identidad."},
	"fr": {"Indiquez-nous le motif.", "Des frais de 5 euros sont dus.", "Envoyez-nous une copie de votre pièce d’identité."},
	"de": {"Bitte nennen Sie uns den Grund.", "Es fällt eine Gebühr von 5 Euro an.", "Schicken Sie uns eine Kopie Ihres Ausweises."},
	"it": {"Ci indichi il motivo.", "È previsto un costo di 5 euro.", "Ci invii una copia della carta d’identità."},
	"pt": {"Indique-nos o motivo.", "É cobrada uma taxa de 5 euros.", "Envie-nos uma cópia do seu passaporte."},
	"ar": {"يرجى ذكر السبب.", "توجد رسوم قدرها 5 يورو.", "يرجى إرسال صورة عن جواز السفر."},
	"he": {"נא לציין את הסיבה.", "יש לשלם 5 אירו.", "נא לשלוח צילום של תעודת זהות."},
}

// Without this the test above could pass because its lists are wrong.
func TestWhatAsksIsCaught(t *testing.T) {
	for _, b := range books {
		what := [3]string{"a reason", "a fee", "a document"}
		for i, sentence := range planted[b.Language] {
			for _, place := range []string{sentence, b.Letters[Challenge].Before[0] + "\n" + sentence, "<p>" + sentence + "</p>"} {
				if asked(b.Language, place) == "" {
					t.Errorf("%s: nobody notices that %s is asked for: %s", b.Language, what[i], place)
				}
			}
		}
		if asked(b.Language, b.Promise) == "" {
			t.Errorf("%s: the promise does not speak of reasons: %s", b.Language, b.Promise)
		}
	}
	if word := asked("en", "Coffee and prepayments are no word of the list."); word != "" {
		t.Errorf("%q was found inside another word", word)
	}
}
