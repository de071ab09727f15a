package letter

import (
	"fmt"
	"time"
)

var monthsGerman = [...]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"}

func dayGerman(t time.Time) string {
	return fmt.Sprintf("%d. %s %d", t.Day(), monthsGerman[t.Month()-1], t.Year())
}

var german = &phrasebook{
	Language: "de", Direction: "ltr",
	Day:      dayGerman,
	Moment:   func(t time.Time) string { return dayGerman(t) + " um " + clock(t) + " Uhr UTC" },
	Greeting: "Guten Tag,",
	Regards:  "Mit freundlichen Grüßen, das Datenschutz-Team von Mikla",
	Letters: map[Kind]words{
		Challenge: {
			Subject: "Bitte bestätigen Sie Ihre Anfrage",
			Before: []string{
				"Von dieser Adresse aus wurden wir gebeten, personenbezogene Daten zu löschen. Bevor wir etwas suchen, bestätigen Sie bitte, dass Sie das waren.",
				"Öffnen Sie die Seite und drücken Sie dort den Knopf. Die Seite fragt auch nach einer weiteren Angabe, damit wir die richtigen Daten löschen und nicht die eines anderen Menschen.",
			},
			Button: "Anfrage bestätigen",
			After: []string{
				"Der Link gilt einmal und 7 Tage lang. Wenn Sie ihn nicht öffnen können, antworten Sie einfach auf diese E-Mail und schreiben Sie, dass Sie bestätigen.",
				"Wenn Sie das nicht waren, ignorieren Sie diese E-Mail bitte. Es geschieht dann nichts.",
			},
		},
		AskMore: {
			Subject: "Uns fehlt noch etwas, um Ihre Daten zu finden",
			Before:  []string{"Danke für Ihre Nachricht. Um die richtigen Daten zu finden, brauchen wir noch Folgendes von Ihnen:"},
			After:   []string{"Antworten Sie einfach auf diese E-Mail. Wenn Sie nicht alles haben, schicken Sie uns, was Sie haben."},
		},
		Acknowledged: {
			Subject: "Wir haben Ihre Nachricht",
			Before: []string{
				"Danke für Ihre Nachricht. Ein Mensch aus unserem Team sieht sie sich an und antwortet Ihnen spätestens am {due}.",
				"Bis dahin müssen Sie nichts tun.",
			},
		},
		Status: {
			Subject: "So steht es um Ihre Anfrage",
			Before:  []string{"Sie haben gefragt, wie es um Ihre Anfrage steht:"},
			After:   []string{"Wir halten das mit Absicht kurz, denn wer den Code hat, kann danach fragen. Wenn Sie etwas wissen möchten, antworten Sie einfach auf diese E-Mail."},
		},
		ClosureLink: {
			Subject: "Bitte bestätigen: {act}",
			Before:  []string{"Wir wurden für {business} um Folgendes gebeten:"},
			Button:  "Seite öffnen und bestätigen",
			After: []string{
				"Solange niemand bestätigt, geschieht nichts.",
				"Wenn das weder Sie noch jemand aus Ihrem Team war, bestätigen Sie bitte nicht und sagen Sie uns Bescheid, indem Sie auf diese E-Mail antworten.",
			},
		},
		ClosureStarted: {
			Subject: "Bestätigt: {act}",
			Before:  []string{"Für {business} wurde Folgendes bestätigt:"},
			Button:  "Abbrechen",
			After:   []string{"Diese E-Mail geht an alle, die bei uns als Administratoren hinterlegt sind. Wenn niemand von Ihnen das wollte, sagen Sie uns bitte sofort Bescheid, indem Sie darauf antworten."},
		},
		ClosureAttempt: {
			Subject: "Nicht ausgeführt: {act}",
			Before:  []string{"Jemand hat uns für {business} um Folgendes gebeten, von einer Adresse aus, die dafür nicht hinterlegt ist:"},
			After: []string{
				"Wir haben nichts getan und dem Absender nichts mitgeteilt. Sie müssen nichts tun.",
				"Wenn die Anfrage von Ihnen kam, schreiben Sie bitte von einer hinterlegten Adresse aus oder nutzen Sie die Einstellungen in Mikla.",
			},
		},
		Completed: {
			Subject: "Die Daten sind gelöscht",
			Before:  []string{"Ihre Anfrage ist erledigt. Die Daten sind aus unseren laufenden Systemen gelöscht, und eine getrennte Prüfung hat danach dort nichts mehr davon gefunden."},
			After:   []string{"Wenn Sie etwas wissen möchten, antworten Sie einfach auf diese E-Mail."},
		},
		NotIdentified: {
			Subject: "Wir haben keine Daten gefunden, die sicher Ihre sind",
			Before: []string{
				"Mit dem, was uns vorliegt, konnten wir keine Daten finden, die sicher zu Ihnen gehören. Deshalb wurde nichts gelöscht.",
				"Das muss nicht heißen, dass wir nichts über Sie haben. Schicken Sie uns eine weitere Angabe, dann suchen wir noch einmal.",
			},
			Button: "Das hilft uns",
			After:  []string{"Antworten Sie einfach auf diese E-Mail."},
		},
		Refused: {
			Subject: "Wir können Ihre Anfrage nicht ausführen",
			Before:  []string{"Jemand aus unserem Team hat sich Ihre Anfrage angesehen und entschieden, dass wir ihr nicht nachkommen können. Es wurde nichts gelöscht. Dazu heißt es:"},
			After: []string{
				"Wenn Sie nicht einverstanden sind, antworten Sie einfach auf diese E-Mail: Dann sieht sich jemand anderes die Sache an.",
				"Sie können sich auch bei Ihrer Datenschutzbehörde beschweren.",
			},
		},
		Question: {
			Subject: "Eine Frage zu Ihrer Anfrage",
			Before:  []string{"Jemand aus unserem Team kümmert sich um Ihre Anfrage und muss Folgendes wissen, bevor es weitergehen kann:"},
			After:   []string{"Antworten Sie einfach auf diese E-Mail."},
		},
		Reminder: {
			Subject: "Wir warten noch auf Ihre Antwort",
			Before:  []string{"Vor einigen Tagen haben wir Ihnen zu Ihrer Anfrage geschrieben. Damit es weitergehen kann, brauchen wir Ihre Antwort."},
			Button:  "Anfrage bestätigen",
			After: []string{
				"Sie können einfach auf diese oder unsere letzte E-Mail antworten. Wenn wir insgesamt 14 Tage lang nichts hören, schließen wir die Anfrage und löschen nichts.",
				"Wenn Sie das nicht waren, ignorieren Sie diese E-Mail bitte. Es geschieht dann nichts.",
			},
		},
		Lapsed: {
			Subject: "Wir haben Ihre Anfrage geschlossen",
			Before: []string{
				"Wir haben Sie etwas gefragt und 14 Tage lang nichts gehört. Deshalb haben wir Ihre Anfrage geschlossen. Es wurde nichts gelöscht.",
				"Möchten Sie die Löschung noch? Antworten Sie einfach auf diese E-Mail, dann geht es mit Ihrer Anfrage weiter.",
			},
		},
		OptIn: {
			Subject: "Möchten Sie eine E-Mail, wenn es so weit ist?",
			Before:  []string{"Auf der Statusseite einer Löschanfrage wurden wir gebeten, an diese Adresse zu schreiben, sobald die Anfrage erledigt ist. Bitte bestätigen Sie, dass Sie das möchten."},
			Button:  "Ja, schreiben Sie mir",
			After:   []string{"Wenn Sie das nicht waren, ignorieren Sie diese E-Mail bitte. Sie hören dann in dieser Sache nichts mehr von uns."},
		},
		Withdrawn: {
			Subject: "Ihre Anfrage wurde zurückgezogen",
			Before: []string{
				"Ihre Anfrage wurde zurückgezogen. Ihretwegen wurde nichts gelöscht, und es wird auch nichts gelöscht.",
				"Sie können jederzeit wieder um Löschung bitten: Antworten Sie einfach auf diese E-Mail.",
			},
		},
		Answered: {
			Subject: "Ihr Anliegen ist abgeschlossen",
			Before:  []string{"Wir haben uns um Ihr Anliegen gekümmert und es abgeschlossen. Wenn noch etwas offen ist, antworten Sie einfach auf diese E-Mail."},
		},
	},
	Labels: labels{
		Pair: "{name}: {value}",
		Code: "Ihr Bestätigungscode:", PIN: "Geben Sie diese Nummer auf der Seite ein:", StatusPage: "Stand Ihrer Anfrage:",
		Then: "Sobald Sie bestätigen", Now: "Was jetzt geschieht",
		Erased: "Was gelöscht wurde", Dates: "Wann", Live: "Aus unseren laufenden Systemen gelöscht", Backups: "Letzte Sicherungskopie verschwunden bis",
		Kept: "Was wir behalten und warum", Until: "Wird bis zum {until} behalten.", Elsewhere: "Kopien, die nicht uns gehören",
	},
	Acts: map[Scope]string{Tenant: "Das ganze Konto schließen", Channel: "Einen Kanal trennen", Lead: "Die Daten eines Leads löschen"},
	Effects: effects{
		Tokens: "Die Zugriffstoken werden sofort gelöscht, und Mikla beantwortet dort keine Nachrichten mehr.",
		Hidden: "Die Daten werden sofort ausgeblendet.",
		Later:  "Nach {hours} Stunden werden sie endgültig gelöscht. Bis dahin können Sie abbrechen.",
		Until:  "Sie werden am {undo} endgültig gelöscht. Bis dahin können Sie mit dem Link unten abbrechen.",
		AtOnce: "Die Daten werden sofort gelöscht. Das lässt sich nicht rückgängig machen.",
	},
	Restored: []string{
		"Das wurde abgebrochen. Die Daten werden wieder angezeigt, und nichts davon wurde gelöscht.",
		"Die Zugriffstoken wurden wie angekündigt sofort gelöscht. Bitte verbinden Sie Ihre Kanäle in den Einstellungen von Mikla neu.",
	},
	Details: map[Detail]detailWords{
		MissingBusiness: {"Der Name des Betriebs, dem Sie geschrieben haben", []string{
			"Er steht oben in Ihrem Chat mit dem Betrieb.",
			"Wenn mehrere so heißen, nennen Sie bitte auch den Ort.",
		}},
		MissingHandle: {"Wie Sie dort heißen", []string{
			"Instagram: Ihr Benutzername. Er steht oben in Ihrem Profil.",
			"Facebook und Messenger: der Name in Ihrem Profil oder der Link dorthin. Öffnen Sie Ihr Profil, tippen Sie auf die drei Punkte und dann auf „Link kopieren“.",
			"WhatsApp: die Telefonnummer, von der aus Sie geschrieben haben, mit Landesvorwahl. Sie steht in den Einstellungen unter Ihrem Namen.",
		}},
		MissingCode: {"Ihr Bestätigungscode", []string{
			"Er hat 24 Buchstaben und Ziffern. Facebook oder Instagram hat ihn angezeigt, als Sie dort um Löschung gebeten haben.",
			"Er steht auch in der Adresse der Statusseite.",
		}},
	},
	Clues: []string{
		"der Name des Betriebs, dem Sie geschrieben haben, und sein Ort",
		"Ihr Benutzername bei Instagram, Ihr Name bei Facebook oder Ihre Telefonnummer bei WhatsApp",
		"wann Sie ungefähr geschrieben haben",
	},
	States: map[State]string{
		StateReceived: "Wir haben Ihre Anfrage und suchen die Daten.",
		StateWaiting:  "Wir warten auf Sie: Bitte bestätigen oder antworten Sie, wie es in unserer letzten E-Mail steht.",
		StateProgress: "Die Löschung läuft.",
		StateTeam:     "Ein Mensch aus unserem Team kümmert sich darum.",
		StateDone:     "Erledigt: Die Daten sind gelöscht.",
		StateNothing:  "Wir haben keine Daten gefunden. Wenn Sie uns eine weitere Angabe schicken, suchen wir noch einmal.",
		StateClosed:   "Die Anfrage ist geschlossen, und es geschieht nichts mehr.",
	},
	Stores: map[string]string{
		"conversations": "Unterhaltungen", "messages": "Nachrichten", "media": "Bilder und andere Dateien", "leads": "Profile",
		"links": "Verknüpfungen mit einer Anmeldung bei Facebook oder Instagram", "ai_audit": "Aufzeichnungen automatischer Antworten",
		"ai_quotes": "Zitate in Aufzeichnungen automatischer Antworten", "channels": "Verbindungen zu Kanälen", "tenants": "Konten mit ihren Einstellungen",
	},
	OtherStores: "Weitere Einträge",
	Kept: map[string]keptWords{
		"security_log":   {"Sicherheits- und Betrugsprotokolle", "Sie schützen den Dienst vor Missbrauch und enthalten Fingerabdrücke statt Namen und Kennungen."},
		"billing":        {"Rechnungen des Betriebs", "Das Steuerrecht verlangt sie. Sie betreffen den Betrieb und nicht die Menschen, die ihm geschrieben haben."},
		"metrics":        {"Summen", "Anonyme Anzahlen, die sich auf niemanden zurückführen lassen."},
		"request_record": {"Der Nachweis dieser Anfrage", "Er belegt, dass gelöscht wurde, und sagt nicht, wessen Daten es waren."},
	},
	Elsewhere: []string{
		"Messenger und Instagram: Löschen Sie den Chat in der App. Was Meta selbst gespeichert hat, können Sie in der App im Privacy Center erfragen.",
		"WhatsApp: Löschen Sie den Chat in der App; unter „Einstellungen“, „Hilfe“ können Sie WhatsApp schreiben.",
	},
	TheBusiness: "Der Betrieb: Er hat eine eigene Kopie dessen, was Sie ihm geschrieben haben, und ist dafür verantwortlich. Bitte wenden Sie sich direkt an ihn.",
	Who:         "Diese E-Mail kommt von {mikla}, {mailbox}. Mikla beantwortet für Betriebe Nachrichten auf Messenger, Instagram und WhatsApp.",
	Why: map[Audience]string{
		Writer: "Sie erhalten sie, weil uns jemand von dieser Adresse aus geschrieben hat.",
		Admin:  "Sie erhalten sie, weil diese Adresse für einen Betrieb hinterlegt ist, der Mikla nutzt.",
		Page:   "Sie erhalten sie, weil diese Adresse auf der Statusseite einer Anfrage eingetragen wurde.",
	},
	Promise: "Die Löschung ist kostenlos. Sie brauchen kein Konto und müssen keinen Grund nennen.",
}
