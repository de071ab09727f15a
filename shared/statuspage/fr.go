package statuspage

import "github.com/mikla-ai/data-deletion/shared/request"

var french = &phrasebook{
	Headings: headings{
		Code: "Code de confirmation", Reason: "Ce que dit notre équipe", Progress: "Avancement", Dates: "Dates clés", Results: "Établissement par établissement",
		Kept: "Ce que nous conservons, et pourquoi", Receipt: "Attestation", Next: "Ce que vous pouvez faire maintenant",
		Notify: "M’écrire quand c’est terminé", Elsewhere: "Les copies qui ne sont pas les nôtres",
	},
	Steps: [stepCount]string{"Demande reçue", "Recherche de vos données", "Effacement de vos données", "Vérification qu’il ne reste rien"},
	Marks: map[mark]string{
		done: "Fait", doing: "En cours", person: "Entre les mains de notre équipe", ahead: "Pas encore",
		asked: "En attente de votre réponse", hidden: "Masquées, pas encore effacées",
		nothing: "Rien trouvé", unclear: "Incertain", stopped: "Arrêté", skipped: "Non effectué",
	},
	Tones: map[tone]string{
		working: "En cours", complete: "Terminé", attention: "Il manque un détail", waiting: "En attente de votre réponse", cooling: "Peut encore être annulé",
		withTeam: "Entre les mains de notre équipe", notFound: "Rien trouvé", closed: "Clos",
	},
	Dates: dates{
		Received: "Reçue le", Due: "À terminer au plus tard le", Undo: "Peut être annulé jusqu’au", Found: "Vos données",
		Erased: "Effacées de nos systèmes actifs", Unreadable: "Illisibles dans toutes les sauvegardes à partir du",
		Gone: "Dernière copie de sauvegarde supprimée au plus tard le", Mail: "Notre e-mail sur le résultat", NotYet: "Pas encore", Nothing: "Rien n’a été effacé",
		After: "Connu une fois les données effacées",
	},
	Found: map[found]string{
		foundYes: "Trouvées", foundNo: "Aucune trouvée", foundUnclear: "Impossible de dire lesquelles sont les vôtres", foundOpen: "Recherche en cours",
		foundByTeam: "Notre équipe les recherche",
	},
	Mails: map[request.LetterState]string{
		request.Due: "Sur le point de partir", request.Sent: "Envoyé", request.Delivered: "Remis",
		request.Unconfirmed: "Envoyé ; nous ne savons pas s’il est arrivé",
		request.Bounced:     "Il nous est revenu. Notre équipe est prévenue",
	},
	Business: "Établissement {number} sur {of}",
	Kept: map[string]keptText{
		"security_log":   {"Journaux de sécurité et de fraude", "Ils protègent le service contre les abus. Ils contiennent des empreintes au lieu de noms et d’identifiants."},
		"billing":        {"Factures de l’établissement", "Le droit fiscal les exige. Elles concernent l’établissement, pas les personnes qui lui ont écrit."},
		"metrics":        {"Totaux", "Des comptages anonymes que l’on ne peut relier à personne."},
		"request_record": {"La trace de cette demande", "Elle prouve que la suppression a eu lieu. Elle ne dit pas à qui étaient les données."},
	},
	KeptUntil: "Jusqu’au",
	Mail: mailText{
		Subject: "Suppression des données {code}",
		Body:    "Code de confirmation : {code}\n\nNom de l’établissement : \nMon identifiant, numéro de téléphone ou nom affiché : \n",
	},
	Notify: notifyText{
		Text:     "Donnez-nous une adresse et nous lui écrirons une seule fois, quand la demande sera terminée. Nous demanderons d’abord à cette adresse si vous le souhaitez.",
		Label:    "Votre adresse e-mail",
		Button:   "M’écrire",
		Headline: "Consultez votre boîte aux lettres",
		Sent:     "Nous avons envoyé un lien à l’adresse que vous avez donnée. Ouvrez-le et appuyez sur le bouton ; alors seulement nous vous écrirons quand la demande sera terminée.",
		Other:    "Si l’adresse n’était pas la vôtre, il ne se passe rien.",
		Back:     "Revenir à l’état de la demande",
	},
	Elsewhere: []elsewhere{
		{"Messenger et Instagram", "Supprimez la conversation dans l’application et demandez à Meta ce qu’il détient dans l’Espace de confidentialité de l’application."},
		{"WhatsApp", "Supprimez la discussion dans l’application ; sous Paramètres, Aide, vous pouvez écrire à WhatsApp."},
		{"L’établissement", "Il a sa propre copie de ce que vous lui avez écrit. Demandez-lui directement de la supprimer ; il est responsable de cette copie."},
	},
	Tell: "Écrivez à " + mailbox + " et indiquez-nous :",
	Details: []string{
		"le nom de l’établissement auquel vous avez écrit",
		"votre identifiant ou nom affiché chez lui ou, pour WhatsApp, votre numéro de téléphone",
		"ce code de confirmation",
	},
	Reply:      "Écrire à " + mailbox,
	Receipt:    "Attestation signée de cette suppression",
	Reload:     "Rechargez cette page pour voir le dernier état.",
	Credential: "Toute personne qui a le code peut ouvrir cette page. Elle n’affiche ni noms, ni messages, ni identifiants.",
	States:     frenchStates,
	NotFound: notFoundText{
		Title:    "Page inexistante",
		Headline: "Il n’y a pas de demande à cette adresse",
		Summary:  "L’adresse est peut-être incomplète, le code mal saisi, ou sa trace n’est plus conservée.",
		Hints: []string{
			"Un code de confirmation a 24 caractères : les lettres de A à Z et les chiffres de 2 à 7. Il ne contient ni 0, ni 1, ni 8, ni 9.",
			"Si possible, copiez l’adresse entière là où elle vous a été donnée.",
			"Ou écrivez à " + mailbox + " avec le code tel que vous l’avez, et nous chercherons pour vous.",
		},
		JSON: "Il n’y a pas de demande à cette adresse.",
	},
	Moment: "{day} {month} {year} à {time} UTC",
	Months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin",
		"juillet", "août", "septembre", "octobre", "novembre", "décembre"},
	First: "1er",
}

var frenchStates = map[request.State]stateText{
	request.Received: {
		Headline: "Nous avons votre demande",
		Summary:  []string{"Nous cherchons les données qui s’y rapportent. La plupart des demandes sont terminées en moins de 48 heures, et aucune ne prend plus de 30 jours."},
	},
	request.Matched: {
		Headline: "Nous avons trouvé vos données",
		Summary:  []string{"Elles vont être effacées. Vous n’avez rien à faire."},
	},
	request.Purging: {
		Headline: "Nous effaçons vos données",
		Summary:  []string{"Les messages, les pièces jointes, l’historique des réponses automatiques et votre profil sont en cours de suppression. Vous n’avez rien à faire."},
	},
	request.Verifying: {
		Headline: "Nous vérifions qu’il ne reste rien",
		Summary:  []string{"Nous avons supprimé ce que nous avons trouvé. Un contrôle séparé, qui ne peut que lire, cherche maintenant ce qui pourrait rester. Tant qu’il trouve quelque chose, nous ne disons pas que votre demande est terminée."},
	},
	request.NeedsReview: {
		Headline: "Une personne examine votre demande",
		Summary:  []string{"Elle demande une décision que nous ne laissons pas à une machine. L’échéance ci-dessous reste valable."},
		Next:     "Vous n’avez rien à faire : une personne de notre équipe examine votre demande, et le résultat apparaîtra sur cette page.",
	},
	request.NeedsOperator: {
		Headline: "Notre équipe termine votre demande à la main",
		Summary:  []string{"Quelque chose n’a pas fonctionné tout seul et notre équipe est prévenue. Votre demande n’est pas perdue, et l’échéance ci-dessous reste valable."},
		Next:     "Vous n’avez rien à faire : notre équipe est prévenue, et le résultat apparaîtra sur cette page.",
	},
	request.AwaitingExternal: {
		Headline: "Effacées chez nous, pas encore confirmées partout",
		Summary:  []string{"Il ne reste rien de vos données dans nos propres systèmes. Un service qui travaille pour nous doit encore confirmer qu’il a effacé sa part. D’ici là, nous ne disons pas que votre demande est terminée."},
		Next:     "Vous n’avez rien à faire : le résultat apparaîtra sur cette page, et l’échéance ci-dessous reste valable.",
	},
	request.AwaitingAnswer: {
		Headline: "Nous attendons votre réponse",
		Summary:  []string{"Nous vous avons écrit par e-mail, car il nous faut une confirmation ou un détail de votre part. D’ici là, nous ne cherchons rien et ne supprimons rien."},
		Next:     "Cherchez notre e-mail, aussi parmi les indésirables, et ouvrez son lien ou répondez-y ; sans nouvelles pendant 14 jours, nous fermons la demande et ne supprimons rien.",
	},
	request.CoolingOff: {
		Headline: "Confirmé, mais pas encore effacé",
		Summary: []string{
			"La suppression a été confirmée. Les données sont masquées et les jetons d’accès supprimés. Pour qu’une erreur puisse être réparée, les données elles-mêmes ne sont effacées qu’à la fin du délai ci-dessous.",
		},
		Next: "Si c’était une erreur, annulez avant cette date avec le lien de notre e-mail ; sinon, vous n’avez rien à faire.",
	},
	request.Completed: {
		Headline: "Vos données ont été effacées",
		Summary:  []string{"Après les avoir effacées, nous avons cherché à nouveau, par un contrôle séparé, et il n’en restait rien dans nos systèmes actifs."},
	},
	request.NothingFound: {
		Headline: "Nous n’avons trouvé aucune donnée pour cette demande",
		Summary:  []string{"Nous avons recherché l’identifiant joint à la demande, et rien de ce que nous stockons ne s’y rapporte. Rien n’a donc été supprimé."},
		Meaning: "Cela ne veut pas forcément dire que nous n’avons rien sur vous. Si vous avez fait la demande dans les paramètres de Facebook ou d’Instagram après avoir seulement envoyé un message à un établissement, ou commenté sa publication, " +
			"ils n’ont aucun identifiant de vous à nous donner. Nous pouvons quand même trouver et supprimer vos données si vous nous dites où chercher.",
		Next: "Si vous avez écrit à un établissement, envoyez son nom, votre identifiant, numéro de téléphone ou nom affiché chez lui, et ce code à " + mailbox + ".",
	},
	request.CouldNotIdentify: {
		Headline: "Nous n’avons pas pu dire quelles données sont les vôtres",
		Summary:  []string{"Ce que nous avons reçu ne correspond à personne avec certitude. Pour que personne ne perde ses données à cause de la demande d’un autre, nous n’avons encore rien supprimé."},
		Meaning:  "Un détail de plus suffit en général. Dès que nous l’avons, votre demande reprend.",
		Next:     "Envoyez le nom de l’établissement, votre identifiant, numéro de téléphone ou nom affiché chez lui, et ce code à " + mailbox + ".",
	},
	request.Refused: {
		Headline: "Nous n’avons pas donné suite à cette demande",
		Summary:  []string{"Une personne de notre équipe l’a examinée et a décidé que nous ne pouvons pas y donner suite. Rien n’a été supprimé."},
		Next:     "Si vous n’êtes pas d’accord ou avez une question, écrivez à " + mailbox + " avec ce code : une personne vous répondra.",
	},
	request.Withdrawn: {
		Headline: "Cette demande a été retirée",
		Summary:  []string{"Elle a été retirée, et plus rien n’est supprimé sous ce code."},
		Next:     "Vous pouvez redemander la suppression à tout moment : écrivez à " + mailbox + ".",
	},
	request.Lapsed: {
		Headline: "Nous n’avons pas eu de réponse à notre question",
		Summary:  []string{"Nous vous avons demandé quelque chose que nous devons savoir avant de supprimer, et n’avons eu aucune nouvelle pendant 14 jours. Rien n’a été supprimé."},
		Next:     "Répondez à notre question ou écrivez à " + mailbox + " avec ce code, et votre demande reprendra.",
	},
	request.Answered: {
		Headline: "Nous avons répondu à votre question",
		Summary:  []string{"Vous nous avez demandé autre chose qu’une suppression, et nous avons répondu par e-mail. Rien n’a été supprimé."},
		Next:     "S’il reste un point à éclaircir, écrivez à " + mailbox + " avec ce code.",
	},
}
