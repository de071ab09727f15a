package linkpage

var german = &phrasebook{
	Ask: map[Kind]said{
		Confirm: {"Bestätigen Sie die Löschung Ihrer Daten", []string{
			"Sobald Sie bestätigen, suchen wir, was bei dem Betrieb, dem Sie geschrieben haben, zu Ihnen gehört, und löschen es bei Mikla: Ihre Nachrichten und die Antworten darauf, Anhänge, Ihr Profil mit seinen Merkmalen und die Aufzeichnungen automatischer Antworten. Das lässt sich nicht rückgängig machen.",
			"Kopien in Messenger, Instagram und WhatsApp und beim Betrieb selbst liegen nicht bei uns und bleiben dort.",
		}, "Meine Daten löschen"},
		Closure: {Button: "Bestätigen"},
		Cancel: {"Die Löschung abbrechen", []string{
			"Wenn Sie abbrechen, werden die Daten wieder angezeigt, und nichts davon wird gelöscht.",
			"Die Zugriffstoken gibt es schon nicht mehr. Sie müssen Ihre Kanäle in den Einstellungen von Mikla neu verbinden.",
		}, "Die Löschung abbrechen"},
		OptIn: {"Eine Mail, wenn es erledigt ist", []string{"Wenn der Antrag erledigt ist, schreiben wir an die Adresse, die diesen Link bekommen hat, und nur dieses eine Mal."}, "Ja, schreiben Sie mir"},
	},
	Act: map[Kind]said{
		Confirm: {Headline: "Noch eine Angabe", Text: []string{
			"Wie Sie auf einer Plattform heißen, kann jeder sehen. Damit niemand sonst Ihre Daten löschen lässt, geben Sie uns bitte mindestens eines davon an: Ihren Namen dort, den Monat oder Ihre Telefonnummer. Wir vergleichen es mit dem, was wir haben.",
		}},
		Closure: {Headline: "Die Nummer aus unserer Mail"},
		Cancel:  {Headline: "Möchten Sie abbrechen?"},
		OptIn:   {Headline: "Möchten Sie diese Mail?"},
	},
	NotYou: map[Kind]string{
		Confirm: "Wenn Sie das nicht verlangt haben, schließen Sie diese Seite. Es passiert nichts.",
		Closure: "Wenn weder Sie noch jemand aus Ihrem Betrieb das verlangt hat, bestätigen Sie nicht, und sagen Sie uns bitte Bescheid: " + mailbox + ".",
		Cancel:  "Wenn alles so ist, wie Sie es möchten, schließen Sie diese Seite. Die Löschung geht weiter.",
		OptIn:   "Wenn Sie das nicht verlangt haben, schließen Sie diese Seite. Sie hören dazu nichts mehr von uns.",
	},
	Done: map[Kind]said{
		Confirm: {Headline: "Danke, Ihr Antrag ist bestätigt", Text: []string{
			"Wir vergleichen jetzt, was Sie uns gesagt haben, mit dem, was wir haben. Was sicher Ihres ist, wird gelöscht; ist es nicht sicher, sieht es sich ein Mensch aus unserem Team an.",
			"In jedem Fall schreiben wir Ihnen eine Mail, spätestens 30 Tage nach Ihrem Antrag.",
		}},
		Closure: {Headline: "Bestätigt", Text: []string{"Die Daten werden jetzt gelöscht. Wenn das erledigt ist, schreiben wir an alle Administratoren."}},
		Cancel: {Headline: "Die Löschung ist abgebrochen", Text: []string{
			"Die Daten werden wieder angezeigt, und nichts davon wurde gelöscht.",
			"Bitte verbinden Sie Ihre Kanäle in den Einstellungen von Mikla neu: Ihre Zugriffstoken wurden wie angekündigt sofort gelöscht.",
		}},
		OptIn: {Headline: "Wir schreiben Ihnen", Text: []string{"Sie bekommen eine einzige Mail von uns, wenn der Antrag erledigt ist."}},
	},
	Acts: map[Scope]string{Tenant: "Das ganze Konto schließen", Channel: "Einen Kanal trennen", Lead: "Die Daten eines Kontakts löschen"},
	Effects: map[Scope][]string{
		Tenant: {
			"Die Zugriffstoken aller Kanäle werden sofort gelöscht, und Mikla beantwortet dort keine Nachrichten mehr.",
			"Alle Unterhaltungen, Profile, Aufzeichnungen automatischer Antworten und Einstellungen werden sofort verborgen. Rechnungen werden so lange behalten, wie das Gesetz es verlangt.",
		},
		Channel: {
			"Das Zugriffstoken des Kanals wird sofort gelöscht, und Mikla beantwortet dort keine Nachrichten mehr.",
			"Alle Unterhaltungen, Profile und Aufzeichnungen automatischer Antworten dieses Kanals werden sofort verborgen.",
		},
		Lead: {"Die Unterhaltung mit dieser Person, ihr Profil und die Aufzeichnungen automatischer Antworten an sie werden gelöscht."},
	},
	Later:     "Nach {hours} Stunden werden die Daten endgültig gelöscht. Bis dahin kann jeder Administrator über den Link in unserer nächsten Mail abbrechen.",
	AtOnce:    "Das geschieht sofort und lässt sich nicht rückgängig machen.",
	DoneLater: "Die Zugriffstoken sind gelöscht und die Daten verborgen. {hours} Stunden lang können Sie noch abbrechen, über den Link, den wir allen Administratoren schicken. Danach werden die Daten endgültig gelöscht.",
	Fields: map[string]fieldText{
		FieldName:  {"Ihr Name, wie er dort angezeigt wird", "Der Name in Ihrem Profil, nicht der Benutzername."},
		FieldWhen:  {"Ein Monat, in dem Sie ihm geschrieben haben", "Jahr und Monat, wie 2026-05. Ungefähr genügt."},
		FieldPhone: {"Ihre Telefonnummer", "Mit Landesvorwahl, wenn Sie über WhatsApp geschrieben oder sie im Chat genannt haben."},
		FieldPIN:   {"Sechs Ziffern", "Sie stehen in der Mail, die Sie hierher gebracht hat."},
	},
	Problems: map[Problem]string{
		NothingGiven: "Wir brauchen noch eine Angabe: Bitte tragen Sie Ihren Namen dort, den Monat oder Ihre Telefonnummer ein.",
		WrongPIN:     "Das ist nicht die Nummer aus unserer Mail. Verbleibende Versuche: {tries}.",
	},
	Status: "Den Stand des Antrags ansehen",
	Gone: said{Headline: "Dieser Link führt nirgendwohin", Text: []string{
		"Er wurde schon benutzt, ist älter als 7 Tage oder unvollständig.",
		"Haben Sie schon auf die Schaltfläche gedrückt? Dann ist nichts weiter zu tun. Sonst antworten Sie einfach auf unsere Mail oder schreiben Sie an " + mailbox + ", und wir schicken Ihnen einen neuen.",
	}},
	Throttled: said{Headline: "Zu viele Versuche", Text: []string{"Keine der eingegebenen Nummern war die aus unserer Mail. Jemand aus unserem Team sieht sich den Antrag jetzt an; bis dahin geschieht nichts."}},
}
