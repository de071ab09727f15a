package page

// Mailbox answers everything that a page leaves open.
const Mailbox = "privacy@mikla.ai"

// words are what every page says in one language.
type words struct {
	Name     string // of the language, in itself
	Site     string
	Help     string // heading over our address
	Promise  string // P13
	Language string // label of the choice of language
}

var books = map[Language]words{
	English: {"English", "Data deletion", "Questions",
		"Deletion is free. You need no account and no reason.", "Language"},
	Spanish: {"Español", "Eliminación de datos", "Preguntas",
		"La eliminación es gratuita. No necesita una cuenta ni dar ningún motivo.", "Idioma"},
	French: {"Français", "Suppression des données", "Des questions ?",
		"La suppression est gratuite. Vous n’avez besoin ni d’un compte ni d’un motif.", "Langue"},
	German: {"Deutsch", "Löschung von Daten", "Fragen",
		"Die Löschung ist kostenlos. Sie brauchen kein Konto und keinen Grund.", "Sprache"},
	Italian: {"Italiano", "Cancellazione dei dati", "Domande",
		"La cancellazione è gratuita. Non serve un account e non serve un motivo.", "Lingua"},
	Portuguese: {"Português", "Exclusão de dados", "Perguntas",
		"A exclusão é gratuita. Você não precisa ter conta nem dar um motivo.", "Idioma"},
	Arabic: {"العربية", "حذف البيانات", "لديك سؤال؟",
		"الحذف مجاني، ولا يتطلب حسابًا ولا ذكر أي سبب.", "اللغة"},
	Hebrew: {"עברית", "מחיקת נתונים", "שאלות",
		"המחיקה היא ללא תשלום. אין צורך בחשבון ואין צורך לנמק.", "שפה"},
}
