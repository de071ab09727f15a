package letter

import (
	"fmt"
	"time"
)

var monthsItalian = [...]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}

// dayItalian has the article, which depends on the number: il 4, l’8.
func dayItalian(t time.Time) string {
	article, day := "il ", fmt.Sprint(t.Day())
	switch t.Day() {
	case 1:
		day = "1º"
	case 8, 11:
		article = "l’"
	}
	return fmt.Sprintf("%s%s %s %d", article, day, monthsItalian[t.Month()-1], t.Year())
}

var italian = &phrasebook{
	Language: "it", Direction: "ltr",
	Day:      dayItalian,
	Moment:   func(t time.Time) string { return dayItalian(t) + " alle " + clock(t) + " UTC" },
	Greeting: "Buongiorno,",
	Regards:  "Cordiali saluti, il team privacy di Mikla",
	Letters: map[Kind]words{
		Challenge: {
			Subject: "Conferma della richiesta",
			Before: []string{
				"Da questo indirizzo ci è stato chiesto di eliminare dei dati personali. Prima di cercare qualsiasi cosa, abbiamo bisogno di una conferma che la richiesta venga da Lei.",
				"Basta aprire la pagina e premere il pulsante. La pagina chiede anche un’altra informazione, per eliminare i dati giusti e non quelli di qualcun altro.",
			},
			Button: "Confermare la richiesta",
			After: []string{
				"Il link funziona una sola volta, entro 7 giorni. Se non si apre, basta rispondere a questa e-mail scrivendo che conferma.",
				"Se la richiesta non viene da Lei, può ignorare questa e-mail: non succederà nulla.",
			},
		},
		AskMore: {
			Subject: "Ci manca qualcosa per trovare i Suoi dati",
			Before:  []string{"Grazie per il Suo messaggio. Per trovare i dati giusti ci serve ancora:"},
			After:   []string{"Basta rispondere a questa e-mail. Se non ha tutto, ci invii quello che ha."},
		},
		Acknowledged: {
			Subject: "Abbiamo ricevuto il Suo messaggio",
			Before: []string{
				"Grazie per il Suo messaggio. Una persona del nostro team lo esaminerà e Le risponderà entro {due}.",
				"Fino ad allora non deve fare nulla.",
			},
		},
		Status: {
			Subject: "A che punto è la Sua richiesta",
			Before:  []string{"Ci ha chiesto a che punto è la Sua richiesta:"},
			After:   []string{"Siamo brevi di proposito, perché chiunque abbia il codice può chiederlo. Per qualsiasi domanda basta rispondere a questa e-mail."},
		},
		ClosureLink: {
			Subject: "Da confermare: {act}",
			Before:  []string{"Ci è stato chiesto quanto segue, per {business}:"},
			Button:  "Aprire la pagina e confermare",
			After: []string{
				"Finché nessuno conferma, non succede nulla.",
				"Se la richiesta non viene da Lei né da qualcuno del Suo team, non confermi e ci avvisi rispondendo a questa e-mail.",
			},
		},
		ClosureStarted: {
			Subject: "Confermato: {act}",
			Before:  []string{"È stato confermato quanto segue, per {business}:"},
			Button:  "Annullare",
			After:   []string{"Questa e-mail arriva a tutti gli amministratori registrati. Se nessuno di voi lo ha voluto, avvisateci subito rispondendo a questa e-mail."},
		},
		ClosureAttempt: {
			Subject: "Non eseguito: {act}",
			Before:  []string{"Qualcuno ci ha chiesto quanto segue, per {business}, da un indirizzo che non è registrato:"},
			After: []string{
				"Non abbiamo fatto nulla e non abbiamo detto nulla al mittente. Non dovete fare nulla.",
				"Se la richiesta veniva da uno di voi, scriveteci da un indirizzo registrato oppure usate le impostazioni di Mikla.",
			},
		},
		Completed: {
			Subject: "I dati sono stati eliminati",
			Before:  []string{"La richiesta è completata. I dati sono stati eliminati dai nostri sistemi in uso e un controllo separato non vi ha poi trovato più nulla."},
			After:   []string{"Per qualsiasi domanda basta rispondere a questa e-mail."},
		},
		NotIdentified: {
			Subject: "Non abbiamo trovato dati che siano con certezza Suoi",
			Before: []string{
				"Con quello che abbiamo, non siamo riusciti a trovare dati che Le appartengano con certezza. Quindi non è stato eliminato nulla.",
				"Questo non significa per forza che non abbiamo nulla su di Lei. Ci invii un’altra informazione e cercheremo di nuovo.",
			},
			Button: "Che cosa ci aiuta",
			After:  []string{"Basta rispondere a questa e-mail."},
		},
		Refused: {
			Subject: "Non possiamo dare seguito alla Sua richiesta",
			Before:  []string{"Una persona del nostro team ha esaminato la Sua richiesta e ha deciso che non possiamo darle seguito. Non è stato eliminato nulla. Ecco che cosa scrive:"},
			After: []string{
				"Se non è d’accordo, basta rispondere a questa e-mail e dircelo: la esaminerà un’altra persona.",
				"Può anche presentare un reclamo alla Sua autorità per la protezione dei dati.",
			},
		},
		Question: {
			Subject: "Una domanda sulla Sua richiesta",
			Before:  []string{"Una persona del nostro team si sta occupando della Sua richiesta e, per poter continuare, ha bisogno di sapere:"},
			After:   []string{"Basta rispondere a questa e-mail."},
		},
		Reminder: {
			Subject: "Aspettiamo ancora la Sua risposta",
			Before:  []string{"Qualche giorno fa Le abbiamo scritto a proposito della Sua richiesta. Per continuare ci serve la Sua risposta."},
			Button:  "Confermare la richiesta",
			After: []string{
				"Può semplicemente rispondere a questa e-mail o alla precedente. Se in tutto per 14 giorni non riceviamo risposta, chiudiamo la richiesta senza eliminare nulla.",
				"Se la richiesta non viene da Lei, può ignorare questa e-mail: non succederà nulla.",
			},
		},
		Lapsed: {
			Subject: "Abbiamo chiuso la Sua richiesta",
			Before: []string{
				"Le abbiamo fatto una domanda e per 14 giorni non abbiamo ricevuto risposta, perciò abbiamo chiuso la Sua richiesta. Non è stato eliminato nulla.",
				"Desidera ancora l’eliminazione? Basta rispondere a questa e-mail e la Sua richiesta riprenderà.",
			},
		},
		OptIn: {
			Subject: "Vuole un’e-mail quando avremo finito?",
			Before:  []string{"Nella pagina di stato di una richiesta di eliminazione qualcuno ci ha chiesto di scrivere a questo indirizzo quando la richiesta sarà completata. Ci serve la conferma che Lei lo desidera."},
			Button:  "Sì, scrivetemi",
			After:   []string{"Se la richiesta non viene da Lei, può ignorare questa e-mail. Non Le scriveremo più al riguardo."},
		},
		Withdrawn: {
			Subject: "La Sua richiesta è stata ritirata",
			Before: []string{
				"La Sua richiesta è stata ritirata. A causa di essa non è stato eliminato nulla, né lo sarà.",
				"Può chiedere di nuovo l’eliminazione in qualsiasi momento: basta rispondere a questa e-mail.",
			},
		},
		Answered: {
			Subject: "La Sua domanda è chiusa",
			Before:  []string{"Ci siamo occupati della Sua domanda e l’abbiamo chiusa. Se resta qualcosa in sospeso, basta rispondere a questa e-mail."},
		},
	},
	Labels: labels{
		Pair: "{name}: {value}",
		Code: "Il Suo codice di conferma:", PIN: "Il numero da inserire nella pagina:", StatusPage: "Stato della Sua richiesta:",
		Then: "Dopo la conferma", Now: "Che cosa succede ora",
		Erased: "Che cosa è stato eliminato", Dates: "Quando", Live: "Eliminato dai nostri sistemi in uso", Backups: "Ultima copia di backup scomparsa, al più tardi",
		Kept: "Che cosa conserviamo e perché", Until: "Da eliminare entro {until}.", Elsewhere: "Copie che non sono nostre",
	},
	Acts: map[Scope]string{Tenant: "Chiudere l’intero account", Channel: "Scollegare un canale", Lead: "Eliminare i dati di un potenziale cliente"},
	Effects: effects{
		Tokens: "I token di accesso vengono eliminati subito e Mikla non risponde più ai messaggi che arrivano da lì.",
		Hidden: "I dati vengono nascosti subito.",
		Later:  "Vengono eliminati definitivamente dopo {hours} ore. Fino ad allora è possibile annullare.",
		Until:  "Vengono eliminati definitivamente {undo}. Fino ad allora è possibile annullare con il link qui sotto.",
		AtOnce: "I dati vengono eliminati subito. L’operazione non si può annullare.",
	},
	Restored: []string{
		"L’operazione è stata annullata. I dati sono di nuovo visibili e nessuno è stato eliminato.",
		"I token di accesso sono stati eliminati subito, come annunciato. Occorre collegare di nuovo i canali nelle impostazioni di Mikla.",
	},
	Details: map[Detail]detailWords{
		MissingBusiness: {"Il nome dell’attività a cui ha scritto", []string{
			"Si trova in alto nella Sua chat con l’attività.",
			"Se ce n’è più di una con lo stesso nome, aggiunga la città.",
		}},
		MissingHandle: {"Il Suo nome nell’app", []string{
			"Instagram: il Suo nome utente. Si trova in alto nel profilo.",
			"Facebook e Messenger: il nome del profilo oppure il link. Apra il profilo, tocchi i tre puntini e poi «Copia link».",
			"WhatsApp: il numero di telefono da cui ha scritto, con il prefisso internazionale. Si trova nelle impostazioni, sotto il Suo nome.",
		}},
		MissingCode: {"Il Suo codice di conferma", []string{
			"È composto da 24 lettere e cifre. Facebook o Instagram lo ha mostrato quando ha chiesto lì l’eliminazione.",
			"Si trova anche nell’indirizzo della pagina di stato.",
		}},
	},
	Clues: []string{
		"il nome dell’attività a cui ha scritto, e la città",
		"il nome utente su Instagram, il nome su Facebook oppure il numero di telefono su WhatsApp",
		"quando ha scritto, più o meno",
	},
	States: map[State]string{
		StateReceived: "Abbiamo la Sua richiesta e stiamo cercando i dati.",
		StateWaiting:  "Aspettiamo Lei: confermi o risponda, come chiede la nostra ultima e-mail.",
		StateProgress: "L’eliminazione è in corso.",
		StateTeam:     "Se ne sta occupando una persona del nostro team.",
		StateDone:     "Fatto: i dati sono stati eliminati.",
		StateNothing:  "Non abbiamo trovato dati. Se ci invia un’altra informazione, cercheremo di nuovo.",
		StateClosed:   "La richiesta è chiusa e non succede più nulla.",
	},
	Stores: map[string]string{
		"conversations": "Conversazioni", "messages": "Messaggi", "media": "Immagini e altri file", "leads": "Profili",
		"links": "Collegamenti a un accesso con Facebook o Instagram", "ai_audit": "Registrazioni di risposte automatiche",
		"ai_quotes": "Citazioni in registrazioni di risposte automatiche", "channels": "Collegamenti ai canali", "tenants": "Account con le loro impostazioni",
	},
	OtherStores: "Altri elementi",
	Kept: map[string]keptWords{
		"security_log":   {"Registri di sicurezza e antifrode", "Proteggono il servizio dagli abusi e contengono impronte digitali dei dati al posto di nomi e identificativi."},
		"billing":        {"Fatture dell’attività", "Le richiede la legge fiscale. Riguardano l’attività, non le persone che le hanno scritto."},
		"metrics":        {"Totali", "Conteggi anonimi che non si possono ricondurre a nessuno."},
		"request_record": {"La registrazione di questa richiesta", "Dimostra che l’eliminazione è avvenuta e non dice di chi fossero i dati."},
	},
	Elsewhere: []string{
		"Messenger e Instagram: elimini la chat nell’app e, nel Centro sulla privacy dell’app, chieda a Meta che cosa conserva.",
		"WhatsApp: elimini la chat nell’app; in Impostazioni, Aiuto può scrivere a WhatsApp.",
	},
	TheBusiness: "L’attività: ha una propria copia di ciò che Lei le ha scritto e ne è responsabile. Può rivolgersi direttamente all’attività.",
	Who:         "Questa e-mail è di {mikla}, {mailbox}. Mikla risponde ai messaggi su Messenger, Instagram e WhatsApp per conto di attività commerciali.",
	Why: map[Audience]string{
		Writer: "La riceve perché qualcuno ci ha scritto da questo indirizzo.",
		Admin:  "La riceve perché questo indirizzo è registrato per un’attività che usa Mikla.",
		Page:   "La riceve perché questo indirizzo è stato inserito nella pagina di stato di una richiesta.",
	},
	Promise: "L’eliminazione è gratuita. Non servono un account né un motivo.",
}
