package inbound

import (
	"regexp"
	"strings"
)

// What mail programs write around earlier mails, in the eight languages. Further
// languages cost a word here; without it their quotes still go if they are marked.

func phrases(list string) map[string]bool {
	found := map[string]bool{}
	for phrase := range strings.SplitSeq(list, "|") {
		found[strings.ToLower(phrase)] = true
	}
	return found
}

var forwardPhrases = phrases("forwarded message|begin forwarded message|start of forwarded message|" +
	"mensaje reenviado|inicio del mensaje reenviado|" +
	"message transféré|message réexpédié|début du message transféré|début du message réexpédié|" +
	"weitergeleitete nachricht|anfang der weitergeleiteten nachricht|beginn der weitergeleiteten nachricht|" +
	"messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|" +
	"mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada|" +
	"رسالة معاد توجيهها|رسالة مُعاد توجيهها|الرسالة المعاد توجيهها|بداية الرسالة المعاد توجيهها|بداية الرسالة المُعاد توجيهها|رسالة محولة|رسالة مُحوّلة|رسالة موجهة|" +
	"הודעה שהועברה|תחילת ההודעה שהועברה|הודעה מועברת|הודעה מועברת")

var originalPhrases = phrases("original message|original appointment|reply message|" +
	"mensaje original|message d'origine|message d’origine|message original|ursprüngliche nachricht|originalnachricht|" +
	"messaggio originale|mensagem original|الرسالة الأصلية|رسالة أصلية|ההודעה המקורית|הודעה מקורית")

var (
	fromLabels = phrases("from|de|von|da|من|מאת")
	dateLabels = phrases("sent|date|enviado|enviado el|enviado em|fecha|envoyé|envoyé le|gesendet|datum|inviato|data|enviada|enviada em|" +
		"تاريخ الإرسال|تم الإرسال|أرسلت|أُرسلت|إرسال|التاريخ|تاريخ|נשלח|תאריך|בתאריך")
	otherLabels = phrases("to|para|à|an|a|إلى|אל|subject|asunto|objet|betreff|oggetto|assunto|الموضوع|נושא")
)

var mailAddress = regexp.MustCompile(`[^\s@<:]@[A-Za-z0-9-]+\.`)

// opens begins an attribution that may be wrapped. The date comes first, so a
// digit must be in the first line.
var opens = regexp.MustCompile(`(?i)^(?:on|el|le|am|il|em|no dia|a|op|في|بتاريخ|ב[\p{L}'׳״-]*|ב-?)[ ,\d].{0,80}\d|^in data .*\d|^[^.!?:]{1,60}<[^<>\s]+@[^<>\s]+> (?:schrieb am|escreveu)`)

var attributions = regexp.MustCompile(`(?i)^(?:` + strings.Join([]string{
	`on .*\d.* wrote`, `on .*\d.* sent`,
	`el .*\d.*escribi[óo]`, `el .*\d.*va escriure`,
	`le .*\d.*a écrit`,
	`am .*\d.*schrieb.*`, `[^.!?]*<[^<>]+@[^<>]+> schrieb am .*\d.*`,
	`(?:il|in data) .*\d.*ha scritto`,
	`(?:em|no dia|a) .*\d.*escreveu`, `[^.!?]*<[^<>]+@[^<>]+> escreveu .*\d.*`,
	`(?:في|بتاريخ) .*(?:كتب|كتبت|كتابة).*`,
	`ב.*\d.*(?:כתב|כתבה|כתב/ה|כתבת?ם?|מאת).*`, `מאת .*<[^<>]+@[^<>]+>`,
	`op .*\d.*schreef.*`,
}, "|") + `) ?:$`)

// perhaps says who is quoted if a marked line follows: a name and a verb, or in
// any language an address and a year.
var perhaps = regexp.MustCompile(`(?i)(?:\b(?:wrote|escribió|a écrit|schrieb|ha scritto|escreveu)|كتب|كتبت|כתב|כתבה|כתב/ה) ?:$|\b(?:19|20)\d\d\b.*[^ ]@[^ ]`)

// deviceLine is the line that a telephone or a program adds. It must name one.
var deviceLine = regexp.MustCompile(`(?i)^(?:` +
	`(?:sent (?:from|with|via)|enviado desde|enviado con|envoyé (?:de|depuis|à partir)|gesendet (?:von|mit|aus)|inviato (?:da|dal|con)|enviado (?:do|a partir|pelo)|` +
	`أ?ُ?رسلت من|مرسل[ةه]? من|تم الإرسال من|נשלח מ).*(?:i-?phone|ipad|android|galaxy|samsung|huawei|xiaomi|outlook|yahoo|gmail|proton|handy|mobil|m[óo]vil|smartphone|` +
	`blackberry|portable|cellulare|telem[óo]vel|celular|phone|tablet|آيفون|هاتف|جوال|אייפון|נייד|טלפון)|` +
	`von meinem .* gesendet[.]?$|(?:get|obtener|obtenez|téléchargez|télécharger|holen sie sich|laden sie|ottieni|scarica|obter|obtenha|baixe|تنزيل|الحصول على|احصل على|קבל את|הורד את|השג את) (?:o )?outlook (?:for|para|pour|für|per|لـ|ل|עבור|ל)).*$`)
