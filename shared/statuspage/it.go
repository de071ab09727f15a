package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

var italian = &phrasebook{
	Headings: headings{
		Code: "Codice di conferma", Reason: "Che cosa dice il nostro team", Progress: "Avanzamento", Dates: "Date", Results: "Attività per attività",
		Kept: "Che cosa conserviamo, e perché", Receipt: "Attestazione", Next: "Che cosa può fare adesso",
		Notify: "Avvisatemi quando è finito", Elsewhere: "Copie che non sono nostre",
	},
	Steps: [stepCount]string{"Richiesta ricevuta", "Ricerca dei suoi dati", "Cancellazione dei suoi dati", "Verifica che non resti nulla"},
	Marks: map[mark]string{
		done: "Fatto", doing: "In corso", person: "Al nostro team", ahead: "Non ancora",
		asked: "In attesa della sua risposta", hidden: "Nascosti, non ancora cancellati",
		nothing: "Nulla trovato", unclear: "Non è certo", stopped: "Interrotto", skipped: "Non eseguito",
	},
	Tones: map[tone]string{
		working: "In corso", complete: "Conclusa", attention: "Manca ancora un dettaglio", waiting: "In attesa della sua risposta", cooling: "Si può ancora annullare",
		withTeam: "Al nostro team", notFound: "Nulla trovato", closed: "Chiusa",
	},
	Dates: dates{
		Received: "Ricevuta", Due: "Da concludere entro", Undo: "Si può annullare fino al", Found: "I suoi dati",
		Erased: "Cancellati dai nostri sistemi attivi", Unreadable: "Illeggibili in tutte le copie di sicurezza dal",
		Gone: "Ultima copia di sicurezza eliminata entro", Mail: "La nostra e-mail sull’esito", NotYet: "Non ancora", Nothing: "Non è stato cancellato nulla",
		After: "Si saprà quando i dati saranno cancellati",
	},
	Found: map[found]string{
		foundYes: "Trovati", foundNo: "Nessuno trovato", foundUnclear: "Non è certo quali siano i suoi", foundOpen: "Li stiamo ancora cercando",
		foundByTeam: "Li sta cercando il nostro team",
	},
	Mails: map[request.LetterState]string{
		request.Due: "Sta per essere inviata", request.Sent: "Inviata", request.Delivered: "Consegnata",
		request.Unconfirmed: "Inviata; non sappiamo se sia arrivata",
		request.Bounced:     "È tornata indietro. Il nostro team è avvisato",
	},
	Business: "Attività {number} di {of}",
	Kept: map[string]keptText{
		"security_log":   {"Registri di sicurezza e antifrode", "Proteggono il servizio dagli abusi. Contengono impronte al posto di nomi e identificativi."},
		"billing":        {"Fatture dell’attività", "Le richiede la legge fiscale. Riguardano l’attività, non le persone che le hanno scritto."},
		"metrics":        {"Totali", "Conteggi anonimi che non si possono collegare a nessuno."},
		"request_record": {"La traccia di questa richiesta", "Dimostra che la cancellazione è avvenuta. Non dice di chi erano i dati."},
	},
	KeptUntil: "Fino al",
	Mail: mailText{
		Subject: "Cancellazione dei dati {code}",
		Body:    "Codice di conferma: {code}\n\nNome dell’attività: \nIl mio nome utente, numero di telefono o nome visualizzato: \n",
	},
	Notify: notifyText{
		Text:     "Ci dia un indirizzo e gli scriveremo una sola volta, quando la richiesta sarà conclusa. Prima chiederemo a quell’indirizzo se lo desidera.",
		Label:    "Il suo indirizzo e-mail",
		Button:   "Avvisatemi via e-mail",
		Headline: "Guardi nella sua casella di posta",
		Sent:     "Abbiamo inviato un link all’indirizzo che ci ha dato. Lo apra e prema il pulsante; solo allora le scriveremo quando la richiesta sarà conclusa.",
		Other:    "Se l’indirizzo non era il suo, non succede nulla.",
		Back:     "Torna allo stato della richiesta",
	},
	Elsewhere: []elsewhere{
		{"Messenger e Instagram", "Elimini la chat nell’app e chieda a Meta che cosa conserva dal Centro sulla privacy dell’app."},
		{"WhatsApp", "Elimini la chat nell’app; in Impostazioni, Assistenza può scrivere a WhatsApp."},
		{"L’attività", "Ha una propria copia di ciò che lei le ha scritto. Chieda direttamente all’attività di cancellarla: ne è responsabile."},
	},
	Tell: "Scriva a " + mailbox + " e ci indichi:",
	Details: []string{
		"il nome dell’attività a cui ha scritto",
		"il suo nome utente o nome visualizzato oppure, per WhatsApp, il suo numero di telefono",
		"questo codice di conferma",
	},
	Reply:      "Scrivi a " + mailbox,
	Receipt:    "Attestazione firmata di questa cancellazione",
	Reload:     "Ricarichi questa pagina per vedere lo stato più recente.",
	Credential: "Chiunque abbia il codice può aprire questa pagina. Non mostra nomi, messaggi o identificativi.",
	States:     italianStates,
	NotFound: notFoundText{
		Title:    "Pagina inesistente",
		Headline: "A questo indirizzo non c’è nessuna richiesta",
		Summary:  "L’indirizzo può essere incompleto, il codice digitato male, oppure la sua traccia non è più conservata.",
		Hints: []string{
			"Un codice di conferma ha 24 caratteri: le lettere dalla A alla Z e le cifre dal 2 al 7. Non contiene 0, 1, 8 o 9.",
			"Se può, copi l’indirizzo intero da dove le è stato dato.",
			"Oppure scriva a " + mailbox + " con il codice così come lo ha, e lo cercheremo per lei.",
		},
		JSON: "A questo indirizzo non c’è nessuna richiesta.",
	},
	Moment: "{day} {month} {year}, {time} UTC",
	Months: [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
		"luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
	First: "1º",
}

var italianStates = map[request.State]stateText{
	request.Received: {
		Headline: "Abbiamo la sua richiesta",
		Summary:  []string{"Stiamo cercando i dati che la riguardano. La maggior parte delle richieste si conclude in meno di 48 ore e nessuna richiede più di 30 giorni."},
	},
	request.Matched: {
		Headline: "Abbiamo trovato i suoi dati",
		Summary:  []string{"Stanno per essere cancellati. Non deve fare nulla."},
	},
	request.Purging: {
		Headline: "Stiamo cancellando i suoi dati",
		Summary:  []string{"Stiamo cancellando i messaggi, gli allegati, la registrazione delle risposte automatiche e il suo profilo. Non deve fare nulla."},
	},
	request.Verifying: {
		Headline: "Stiamo verificando che non resti nulla",
		Summary:  []string{"Abbiamo cancellato quello che abbiamo trovato. Ora un controllo separato, che può solo leggere, cerca se è rimasto qualcosa. Finché non trova più nulla, non consideriamo conclusa la sua richiesta."},
	},
	request.NeedsReview: {
		Headline: "Una persona sta esaminando la sua richiesta",
		Summary:  []string{"Serve una decisione che non lasciamo a una macchina. La scadenza qui sotto resta valida."},
		Next:     "Non deve fare nulla: una persona del nostro team sta esaminando la sua richiesta e l’esito apparirà in questa pagina.",
	},
	request.NeedsOperator: {
		Headline: "Il nostro team sta concludendo a mano la sua richiesta",
		Summary:  []string{"Qualcosa non ha funzionato da solo e il nostro team è avvisato. La sua richiesta non è andata persa e la scadenza qui sotto resta valida."},
		Next:     "Non deve fare nulla: il nostro team è avvisato e l’esito apparirà in questa pagina.",
	},
	request.AwaitingExternal: {
		Headline: "Cancellati da noi, non ancora confermato ovunque",
		Summary:  []string{"Nei nostri sistemi non resta nulla dei suoi dati. Un servizio che lavora per noi deve ancora confermare di aver cancellato la sua parte. Fino ad allora non consideriamo conclusa la sua richiesta."},
		Next:     "Non deve fare nulla: l’esito apparirà in questa pagina e la scadenza qui sotto resta valida.",
	},
	request.AwaitingAnswer: {
		Headline: "Stiamo aspettando la sua risposta",
		Summary:  []string{"Le abbiamo scritto via e-mail perché ci serve una conferma o un dettaglio. Fino ad allora non cerchiamo e non cancelliamo nulla."},
		Next:     "Cerchi la nostra e-mail, anche nella posta indesiderata, e apra il link o risponda; se per 14 giorni non abbiamo notizie, chiudiamo la richiesta e non cancelliamo nulla.",
	},
	request.CoolingOff: {
		Headline: "Confermata, ma non ancora eseguita",
		Summary: []string{
			"La cancellazione è stata confermata. I dati sono nascosti e i token di accesso eliminati. Perché un errore si possa rimediare, i dati veri e propri vengono cancellati solo quando scade il termine qui sotto.",
		},
		Next: "Se è stato un errore, annulli prima di allora con il link nella nostra e-mail; altrimenti non deve fare nulla.",
	},
	request.Completed: {
		Headline: "I suoi dati sono stati cancellati",
		Summary:  []string{"Dopo averli cancellati abbiamo cercato di nuovo, con un controllo separato, e nei nostri sistemi attivi non ne restava nulla."},
	},
	request.NothingFound: {
		Headline: "Non abbiamo trovato dati per questa richiesta",
		Summary:  []string{"Abbiamo cercato l’identificativo arrivato con la richiesta e nulla di ciò che conserviamo vi corrisponde. Perciò non è stato cancellato nulla."},
		Meaning: "Questo non significa per forza che non abbiamo nulla su di lei. Se ha fatto la richiesta nelle impostazioni di Facebook o Instagram e aveva solo inviato un messaggio a un’attività, o commentato un suo post, " +
			"loro non hanno un suo identificativo da darci. Possiamo comunque trovare e cancellare i suoi dati se ci dice dove cercare.",
		Next: "Se ha scritto a un’attività, invii il nome dell’attività, il nome utente, il numero di telefono o il nome visualizzato che usa lì e questo codice a " + mailbox + ".",
	},
	request.CouldNotIdentify: {
		Headline: "Non abbiamo potuto stabilire quali dati sono i suoi",
		Summary:  []string{"Ciò che abbiamo ricevuto non corrisponde con certezza a nessuno. Perché nessuno perda i propri dati per la richiesta di un altro, non abbiamo ancora cancellato nulla."},
		Meaning:  "Di solito basta un altro dettaglio. Appena lo avremo, la sua richiesta andrà avanti.",
		Next:     "Invii il nome dell’attività, il nome utente, il numero di telefono o il nome visualizzato che usa lì e questo codice a " + mailbox + ".",
	},
	request.Refused: {
		Headline: "Non abbiamo eseguito questa richiesta",
		Summary:  []string{"Una persona del nostro team l’ha esaminata e ha deciso che non possiamo darle seguito. Non è stato cancellato nulla."},
		Next:     "Se non è d’accordo o ha una domanda, scriva a " + mailbox + " con questo codice: le risponderà una persona.",
	},
	request.Withdrawn: {
		Headline: "Questa richiesta è stata ritirata",
		Summary:  []string{"È stata ritirata e con questo codice non viene cancellato altro."},
		Next:     "Può chiedere di nuovo la cancellazione in qualsiasi momento: scriva a " + mailbox + ".",
	},
	request.Lapsed: {
		Headline: "Non abbiamo avuto risposta alla nostra domanda",
		Summary:  []string{"Le abbiamo chiesto qualcosa che dobbiamo sapere prima di cancellare e per 14 giorni non abbiamo avuto notizie. Non è stato cancellato nulla."},
		Next:     "Risponda alla nostra domanda o scriva a " + mailbox + " con questo codice, e la sua richiesta andrà avanti.",
	},
	request.Answered: {
		Headline: "Abbiamo risposto alla sua domanda",
		Summary:  []string{"Ci ha chiesto qualcosa che non è una cancellazione e le abbiamo risposto via e-mail. Non è stato cancellato nulla."},
		Next:     "Se resta qualcosa in sospeso, scriva a " + mailbox + " con questo codice.",
	},
}
