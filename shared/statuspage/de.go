package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

var german = &phrasebook{
	Headings: headings{
		Code: "Bestätigungscode", Reason: "Was unser Team dazu sagt", Progress: "Fortschritt", Dates: "Termine", Results: "Betrieb für Betrieb",
		Kept: "Was wir behalten, und warum", Receipt: "Nachweis", Next: "Was Sie jetzt tun können",
		Notify: "Schreiben Sie mir, wenn es erledigt ist", Elsewhere: "Kopien, die nicht bei uns liegen",
	},
	Steps: [stepCount]string{"Antrag eingegangen", "Ihre Daten gesucht", "Ihre Daten gelöscht", "Geprüft, dass nichts übrig ist"},
	Marks: map[mark]string{
		done: "Erledigt", doing: "Läuft", person: "Bei unserem Team", ahead: "Noch nicht",
		asked: "Wartet auf Ihre Antwort", hidden: "Verborgen, noch nicht gelöscht",
		nothing: "Nichts gefunden", unclear: "Nicht sicher", stopped: "Angehalten", skipped: "Nicht durchgeführt",
	},
	Tones: map[tone]string{
		working: "In Arbeit", complete: "Abgeschlossen", attention: "Eine Angabe fehlt noch", waiting: "Wartet auf Ihre Antwort", cooling: "Kann noch abgebrochen werden",
		withTeam: "Bei unserem Team", notFound: "Nichts gefunden", closed: "Geschlossen",
	},
	Dates: dates{
		Received: "Eingegangen", Due: "Erledigt bis spätestens", Undo: "Kann abgebrochen werden bis", Found: "Ihre Daten",
		Erased: "Aus unseren laufenden Systemen gelöscht", Unreadable: "In allen Sicherungen unlesbar ab",
		Gone: "Letzte Sicherungskopie gelöscht bis", Mail: "Unsere Mail zum Ergebnis", NotYet: "Noch nicht", Nothing: "Es wurde nichts gelöscht",
		After: "Bekannt, sobald die Daten gelöscht sind",
	},
	Found: map[found]string{
		foundYes: "Gefunden", foundNo: "Keine gefunden", foundUnclear: "Nicht sicher, welche Ihre sind", foundOpen: "Wir suchen noch",
		foundByTeam: "Unser Team sucht",
	},
	Mails: map[request.LetterState]string{
		request.Due: "Wird gleich verschickt", request.Sent: "Verschickt", request.Delivered: "Zugestellt",
		request.Unconfirmed: "Verschickt; wir wissen nicht, ob sie ankam",
		request.Bounced:     "Sie kam zurück. Unser Team weiß Bescheid",
	},
	Business: "Betrieb {number} von {of}",
	Kept: map[string]keptText{
		"security_log":   {"Protokolle zu Sicherheit und Betrug", "Sie schützen den Dienst vor Missbrauch. Sie enthalten Fingerabdrücke von Daten statt Namen und Kennungen."},
		"billing":        {"Rechnungen des Betriebs", "Das Steuerrecht verlangt sie. Sie betreffen den Betrieb, nicht die Menschen, die ihm geschrieben haben."},
		"metrics":        {"Summen", "Anonyme Zahlen, die sich mit niemandem in Verbindung bringen lassen."},
		"request_record": {"Der Vermerk zu diesem Antrag", "Er belegt, dass gelöscht wurde. Wessen Daten es waren, steht nicht darin."},
	},
	KeptUntil: "Bis",
	Mail: mailText{
		Subject: "Löschung von Daten {code}",
		Body:    "Bestätigungscode: {code}\n\nName des Betriebs: \nMein Benutzername, meine Telefonnummer oder mein Anzeigename dort: \n",
	},
	Notify: notifyText{
		Text:     "Geben Sie uns eine Adresse, und wir schreiben ihr einmal, wenn der Antrag erledigt ist. Vorher fragen wir dort nach, ob Sie das möchten.",
		Label:    "Ihre E-Mail-Adresse",
		Button:   "Schreiben Sie mir",
		Headline: "Bitte sehen Sie in Ihr Postfach",
		Sent:     "Wir haben einen Link an die angegebene Adresse geschickt. Öffnen Sie ihn und drücken Sie dort auf die Schaltfläche; erst dann schreiben wir Ihnen, wenn der Antrag erledigt ist.",
		Other:    "Wenn es nicht Ihre Adresse war, passiert nichts.",
		Back:     "Zurück zum Stand des Antrags",
	},
	Elsewhere: []elsewhere{
		{"Messenger und Instagram", "Löschen Sie den Chat in der App, und fragen Sie Meta im Privacy Center der App nach dem, was dort gespeichert ist."},
		{"WhatsApp", "Löschen Sie den Chat in der App; unter Einstellungen, Hilfe können Sie an WhatsApp schreiben."},
		{"Der Betrieb", "Er hat eine eigene Kopie dessen, was Sie ihm geschrieben haben. Bitten Sie ihn direkt, sie zu löschen; für diese Kopie ist er verantwortlich."},
	},
	Tell: "Schreiben Sie an " + mailbox + " und nennen Sie uns:",
	Details: []string{
		"den Namen des Betriebs, dem Sie geschrieben haben",
		"Ihren Benutzernamen oder Anzeigenamen dort oder bei WhatsApp Ihre Telefonnummer",
		"diesen Bestätigungscode",
	},
	Reply:      "An " + mailbox + " schreiben",
	Receipt:    "Signierter Nachweis dieser Löschung",
	Reload:     "Laden Sie diese Seite neu, um den neuesten Stand zu sehen.",
	Credential: "Wer den Code hat, kann diese Seite öffnen. Sie zeigt keine Namen, Nachrichten oder Kennungen.",
	States:     germanStates,
	NotFound: notFoundText{
		Title:    "Keine solche Seite",
		Headline: "Unter dieser Adresse gibt es keinen Antrag",
		Summary:  "Vielleicht ist die Adresse unvollständig, der Code vertippt oder sein Vermerk nicht mehr vorhanden.",
		Hints: []string{
			"Ein Bestätigungscode hat 24 Zeichen: die Buchstaben A bis Z und die Ziffern 2 bis 7. Eine 0, 1, 8 oder 9 kommt nicht darin vor.",
			"Kopieren Sie wenn möglich die ganze Adresse von dort, wo Sie sie bekommen haben.",
			"Oder schreiben Sie mit dem Code, wie Sie ihn haben, an " + mailbox + ", und wir suchen für Sie.",
		},
		JSON: "Unter dieser Adresse gibt es keinen Antrag.",
	},
	Moment: "{day}. {month} {year}, {time} UTC",
	Months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni",
		"Juli", "August", "September", "Oktober", "November", "Dezember"},
}

var germanStates = map[request.State]stateText{
	request.Received: {
		Headline: "Ihr Antrag ist bei uns",
		Summary:  []string{"Wir suchen die Daten, die dazu gehören. Die meisten Anträge sind in weniger als 48 Stunden erledigt, und keiner dauert länger als 30 Tage."},
	},
	request.Matched: {
		Headline: "Wir haben Ihre Daten gefunden",
		Summary:  []string{"Sie werden gleich gelöscht. Sie müssen nichts tun."},
	},
	request.Purging: {
		Headline: "Wir löschen Ihre Daten",
		Summary:  []string{"Nachrichten, Anhänge, die Aufzeichnung der automatischen Antworten und Ihr Profil werden gelöscht. Sie müssen nichts tun."},
	},
	request.Verifying: {
		Headline: "Wir prüfen, dass nichts übrig ist",
		Summary:  []string{"Wir haben gelöscht, was wir gefunden haben. Eine getrennte Prüfung, die nur lesen kann, sucht jetzt nach Resten. Solange sie etwas findet, nennen wir Ihren Antrag nicht erledigt."},
	},
	request.NeedsReview: {
		Headline: "Ein Mensch sieht sich Ihren Antrag an",
		Summary:  []string{"Er braucht eine Entscheidung, die wir keiner Maschine überlassen. Die Frist unten gilt weiterhin."},
		Next:     "Sie müssen nichts tun: Jemand aus unserem Team sieht sich Ihren Antrag an, und das Ergebnis erscheint auf dieser Seite.",
	},
	request.NeedsOperator: {
		Headline: "Unser Team erledigt Ihren Antrag von Hand",
		Summary:  []string{"Etwas hat nicht von selbst funktioniert, und unser Team weiß Bescheid. Ihr Antrag ist nicht verloren, und die Frist unten gilt weiterhin."},
		Next:     "Sie müssen nichts tun: Unser Team weiß Bescheid, und das Ergebnis erscheint auf dieser Seite.",
	},
	request.AwaitingExternal: {
		Headline: "Bei uns gelöscht, noch nicht überall bestätigt",
		Summary:  []string{"In unseren eigenen Systemen ist nichts mehr von Ihren Daten. Ein Dienst, der für uns arbeitet, muss noch bestätigen, dass er seinen Teil gelöscht hat. Bis dahin nennen wir Ihren Antrag nicht erledigt."},
		Next:     "Sie müssen nichts tun: Das Ergebnis erscheint auf dieser Seite, und die Frist unten gilt weiterhin.",
	},
	request.AwaitingAnswer: {
		Headline: "Wir warten auf Ihre Antwort",
		Summary:  []string{"Wir haben Ihnen eine Mail geschrieben, weil wir eine Bestätigung oder eine Angabe von Ihnen brauchen. Bis dahin suchen wir nichts und löschen nichts."},
		Next:     "Suchen Sie unsere Mail, auch im Spam-Ordner, und öffnen Sie den Link darin oder antworten Sie; wenn wir 14 Tage nichts hören, schließen wir den Antrag und löschen nichts.",
	},
	request.CoolingOff: {
		Headline: "Bestätigt, aber noch nicht gelöscht",
		Summary: []string{
			"Die Löschung wurde bestätigt. Die Daten sind verborgen und die Zugriffstoken gelöscht. Damit sich ein Irrtum rückgängig machen lässt, werden die Daten selbst erst nach Ablauf der Frist unten gelöscht.",
		},
		Next: "Wenn es ein Irrtum war, brechen Sie vorher über den Link in unserer Mail ab; sonst müssen Sie nichts tun.",
	},
	request.Completed: {
		Headline: "Ihre Daten sind gelöscht",
		Summary:  []string{"Nach dem Löschen haben wir mit einer getrennten Prüfung noch einmal gesucht und in unseren laufenden Systemen nichts mehr davon gefunden."},
	},
	request.NothingFound: {
		Headline: "Wir haben zu diesem Antrag keine Daten gefunden",
		Summary:  []string{"Wir haben nach der Kennung gesucht, die mit dem Antrag kam, und nichts von dem, was wir speichern, gehört dazu. Deshalb wurde nichts gelöscht."},
		Meaning: "Das muss nicht heißen, dass wir nichts über Sie haben. Wenn Sie den Antrag in den Einstellungen von Facebook oder Instagram gestellt und nur einem Betrieb geschrieben oder seinen Beitrag kommentiert haben, " +
			"gibt es dort keine Kennung von Ihnen, die man uns nennen könnte. Wir können Ihre Daten trotzdem finden und löschen, wenn Sie uns sagen, wo wir suchen sollen.",
		Next: "Wenn Sie einem Betrieb geschrieben haben, schicken Sie seinen Namen, Ihren Benutzernamen, Ihre Telefonnummer oder Ihren Anzeigenamen dort und diesen Code an " + mailbox + ".",
	},
	request.CouldNotIdentify: {
		Headline: "Wir konnten nicht sagen, welche Daten Ihre sind",
		Summary:  []string{"Was wir bekommen haben, passt zu niemandem mit Sicherheit. Damit niemand durch den Antrag eines anderen seine Daten verliert, haben wir noch nichts gelöscht."},
		Meaning:  "Meist genügt eine weitere Angabe. Sobald wir sie haben, geht Ihr Antrag weiter.",
		Next:     "Schicken Sie den Namen des Betriebs, Ihren Benutzernamen, Ihre Telefonnummer oder Ihren Anzeigenamen dort und diesen Code an " + mailbox + ".",
	},
	request.Refused: {
		Headline: "Wir haben diesen Antrag nicht ausgeführt",
		Summary:  []string{"Jemand aus unserem Team hat ihn geprüft und entschieden, dass wir ihm nicht folgen können. Es wurde nichts gelöscht."},
		Next:     "Wenn Sie anderer Meinung sind oder eine Frage haben, schreiben Sie mit diesem Code an " + mailbox + ": Ein Mensch wird Ihnen antworten.",
	},
	request.Withdrawn: {
		Headline: "Dieser Antrag wurde zurückgezogen",
		Summary:  []string{"Er wurde zurückgenommen, und unter diesem Code wird nichts weiter gelöscht."},
		Next:     "Sie können die Löschung jederzeit wieder verlangen: Schreiben Sie an " + mailbox + ".",
	},
	request.Lapsed: {
		Headline: "Wir haben auf unsere Frage keine Antwort bekommen",
		Summary:  []string{"Wir haben Sie etwas gefragt, das wir vor dem Löschen wissen müssen, und 14 Tage nichts gehört. Es wurde nichts gelöscht."},
		Next:     "Beantworten Sie unsere Frage oder schreiben Sie mit diesem Code an " + mailbox + ", und Ihr Antrag geht weiter.",
	},
	request.Answered: {
		Headline: "Wir haben Ihre Anfrage beantwortet",
		Summary:  []string{"Sie haben uns etwas gefragt, das keine Löschung ist, und wir haben per Mail geantwortet. Es wurde nichts gelöscht."},
		Next:     "Wenn noch etwas offen ist, schreiben Sie mit diesem Code an " + mailbox + ".",
	},
}
