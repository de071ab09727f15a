package linkpage

var italian = &phrasebook{
	Ask: map[Kind]said{
		Confirm: {"Confermi la cancellazione dei suoi dati", []string{
			"Quando conferma, cerchiamo ciò che la riguarda presso l’attività a cui ha scritto e lo cancelliamo da Mikla: i suoi messaggi e le risposte, gli allegati, il suo profilo con le etichette e le registrazioni delle risposte automatiche. Non si può tornare indietro.",
			"Le copie in Messenger, Instagram e WhatsApp e presso l’attività stessa non sono nostre e restano lì.",
		}, "Cancella i miei dati"},
		Closure: {Button: "Conferma"},
		Cancel: {"Annullare la cancellazione", []string{
			"Se annulla, i dati tornano visibili e non ne viene cancellato nulla.",
			"I token di accesso non esistono già più. Dovrà collegare di nuovo i suoi canali nelle impostazioni di Mikla.",
		}, "Annulla la cancellazione"},
		OptIn: {"Un’e-mail quando è finito", []string{"Quando la richiesta sarà conclusa, scriveremo all’indirizzo che ha ricevuto questo link, e solo questa volta."}, "Sì, scrivetemi"},
	},
	Act: map[Kind]said{
		Confirm: {Headline: "Ancora un dettaglio", Text: []string{
			"Il nome che usa su una piattaforma è visibile a tutti. Perché nessun altro faccia cancellare i suoi dati, ci indichi almeno una di queste cose: il suo nome lì, il mese o il suo numero di telefono. Lo confrontiamo con ciò che abbiamo.",
		}},
		Closure: {Headline: "Il numero nella nostra e-mail"},
		Cancel:  {Headline: "Vuole annullare?"},
		OptIn:   {Headline: "Vuole questa e-mail?"},
	},
	NotYou: map[Kind]string{
		Confirm: "Se non l’ha chiesto lei, chiuda questa pagina. Non succederà nulla.",
		Closure: "Se non l’avete chiesto né lei né un collega, non confermi e ci avvisi: " + mailbox + ".",
		Cancel:  "Se va tutto bene così, chiuda questa pagina. La cancellazione va avanti.",
		OptIn:   "Se non l’ha chiesto lei, chiuda questa pagina. Non ci sentirà più a questo proposito.",
	},
	Done: map[Kind]said{
		Confirm: {Headline: "Grazie, la sua richiesta è confermata", Text: []string{
			"Ora confrontiamo ciò che ci ha detto con ciò che abbiamo. Ciò che è certamente suo viene cancellato; se non è certo, lo esamina una persona del nostro team.",
			"In ogni caso le scriveremo via e-mail, al più tardi 30 giorni dopo la sua richiesta.",
		}},
		Closure: {Headline: "Confermato", Text: []string{"Stiamo cancellando i dati. Quando sarà fatto scriveremo a tutti gli amministratori."}},
		Cancel: {Headline: "La cancellazione è annullata", Text: []string{
			"I dati sono di nuovo visibili e non ne è stato cancellato nulla.",
			"Colleghi di nuovo i suoi canali nelle impostazioni di Mikla: i loro token di accesso sono stati eliminati subito, come annunciato.",
		}},
		OptIn: {Headline: "Le scriveremo", Text: []string{"Riceverà da noi una sola e-mail, quando la richiesta sarà conclusa."}},
	},
	Acts: map[Scope]string{Tenant: "Chiudere l’intero account", Channel: "Scollegare un canale", Lead: "Cancellare i dati di un contatto"},
	Effects: map[Scope][]string{
		Tenant: {
			"I token di accesso di tutti i canali vengono eliminati subito e Mikla non risponde più ai messaggi.",
			"Tutte le conversazioni, i profili, le registrazioni delle risposte automatiche e le impostazioni vengono nascosti subito. Le fatture si conservano per il tempo richiesto dalla legge.",
		},
		Channel: {
			"Il token di accesso del canale viene eliminato subito e Mikla non risponde più ai suoi messaggi.",
			"Tutte le conversazioni, i profili e le registrazioni delle risposte automatiche di questo canale vengono nascosti subito.",
		},
		Lead: {"Vengono cancellati la conversazione con questa persona, il suo profilo e le registrazioni delle risposte automatiche inviate a lei."},
	},
	Later:     "Dopo {hours} ore i dati vengono cancellati definitivamente. Fino ad allora ogni amministratore può annullare con il link nella nostra prossima e-mail.",
	AtOnce:    "Avviene subito e non si può annullare.",
	DoneLater: "I token di accesso sono eliminati e i dati nascosti. Per {hours} ore può ancora annullare con il link che inviamo a tutti gli amministratori. Poi i dati vengono cancellati definitivamente.",
	Fields: map[string]fieldText{
		FieldName:  {"Il suo nome, come appare lì", "Il nome del profilo, non il nome utente."},
		FieldWhen:  {"Un mese in cui le ha scritto", "Anno e mese, come 2026-05. Basta un’indicazione approssimativa."},
		FieldPhone: {"Il suo numero di telefono", "Con il prefisso del Paese, se ha scritto su WhatsApp o lo ha dato nella chat."},
		FieldPIN:   {"Sei cifre", "Sono nell’e-mail che l’ha portata qui."},
	},
	Problems: map[Problem]string{
		NothingGiven: "Ci serve ancora un dettaglio: indichi il suo nome lì, il mese o il suo numero di telefono.",
		WrongPIN:     "Questo non è il numero nella nostra e-mail. Tentativi rimasti: {tries}.",
	},
	Status: "Vedi lo stato della richiesta",
	Gone: said{Headline: "Questo link non porta da nessuna parte", Text: []string{
		"È già stato usato, ha più di 7 giorni oppure è incompleto.",
		"Ha già premuto il pulsante? Allora non c’è altro da fare. Altrimenti risponda alla nostra e-mail o scriva a " + mailbox + ", e gliene invieremo uno nuovo.",
	}},
	Throttled: said{Headline: "Troppi tentativi", Text: []string{"Nessuno dei numeri era quello della nostra e-mail. Ora una persona del nostro team esamina la richiesta; fino ad allora non succede nulla."}},
}
