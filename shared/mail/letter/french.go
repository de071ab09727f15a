package letter

import (
	"fmt"
	"time"
)

var monthsFrench = [...]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}

func dayFrench(t time.Time) string {
	first := ""
	if t.Day() == 1 {
		first = "er"
	}
	return fmt.Sprintf("%d%s %s %d", t.Day(), first, monthsFrench[t.Month()-1], t.Year())
}

// Spaces before : ; ? ! and within « » are unbreakable.
var french = &phrasebook{
	Language: "fr", Direction: "ltr",
	Day:      dayFrench,
	Moment:   func(t time.Time) string { return dayFrench(t) + " à " + clock(t) + " UTC" },
	Greeting: "Bonjour,",
	Regards:  "Cordialement, l’équipe chargée de la confidentialité chez Mikla",
	Letters: map[Kind]words{
		Challenge: {
			Subject: "Veuillez confirmer votre demande",
			Before: []string{
				"Depuis cette adresse, on nous a demandé de supprimer des données personnelles. Avant toute recherche, veuillez confirmer que la demande vient de vous.",
				"Ouvrez la page et appuyez sur le bouton. La page demande aussi une précision, afin que nous supprimions les bonnes données et non celles de quelqu’un d’autre.",
			},
			Button: "Confirmer la demande",
			After: []string{
				"Le lien fonctionne une seule fois, pendant 7 jours. Si vous ne pouvez pas l’ouvrir, répondez simplement à cet e-mail en disant que vous confirmez.",
				"Si la demande ne vient pas de vous, ignorez cet e-mail\u00a0: il ne se passera rien.",
			},
		},
		AskMore: {
			Subject: "Il nous manque une précision pour trouver vos données",
			Before:  []string{"Merci pour votre message. Pour trouver les bonnes données, il nous faut encore ceci\u00a0:"},
			After:   []string{"Répondez simplement à cet e-mail. Si vous n’avez pas tout, envoyez-nous ce que vous avez."},
		},
		Acknowledged: {
			Subject: "Nous avons bien reçu votre message",
			Before: []string{
				"Merci pour votre message. Une personne de notre équipe va l’examiner et vous répondra au plus tard le {due}.",
				"D’ici là, vous n’avez rien à faire.",
			},
		},
		Status: {
			Subject: "Où en est votre demande",
			Before:  []string{"Vous avez demandé où en est votre demande\u00a0:"},
			After:   []string{"Notre réponse est brève à dessein, car toute personne qui a le code peut poser la question. Si vous voulez en savoir plus, répondez simplement à cet e-mail."},
		},
		ClosureLink: {
			Subject: "À confirmer\u00a0: {act}",
			Before:  []string{"On nous a demandé ceci, pour {business}\u00a0:"},
			Button:  "Ouvrir la page et confirmer",
			After: []string{
				"Tant que personne ne confirme, il ne se passe rien.",
				"Si la demande ne vient ni de vous ni de votre équipe, ne confirmez pas et prévenez-nous en répondant à cet e-mail.",
			},
		},
		ClosureStarted: {
			Subject: "Confirmé\u00a0: {act}",
			Before:  []string{"Ceci a été confirmé, pour {business}\u00a0:"},
			Button:  "Annuler",
			After:   []string{"Tous les administrateurs enregistrés reçoivent cet e-mail. Si personne parmi vous ne l’a voulu, prévenez-nous tout de suite en y répondant."},
		},
		ClosureAttempt: {
			Subject: "Non exécuté\u00a0: {act}",
			Before:  []string{"Quelqu’un nous a demandé ceci, pour {business}, depuis une adresse qui n’est pas enregistrée\u00a0:"},
			After: []string{
				"Nous n’avons rien fait et n’avons rien dit à l’expéditeur. Vous n’avez rien à faire.",
				"Si la demande venait de l’un d’entre vous, écrivez-nous depuis une adresse enregistrée ou passez par les réglages de Mikla.",
			},
		},
		Completed: {
			Subject: "Les données ont été supprimées",
			Before:  []string{"Votre demande est terminée. Les données ont été supprimées de nos systèmes en service, et une vérification indépendante n’y a ensuite plus rien trouvé."},
			After:   []string{"Pour toute question, répondez simplement à cet e-mail."},
		},
		NotIdentified: {
			Subject: "Nous n’avons pas trouvé de données qui soient les vôtres avec certitude",
			Before: []string{
				"Avec ce que nous avons, nous n’avons pas pu trouver de données qui vous appartiennent avec certitude. Rien n’a donc été supprimé.",
				"Cela ne veut pas forcément dire que nous n’avons rien sur vous. Envoyez-nous une autre précision et nous chercherons de nouveau.",
			},
			Button: "Ce qui nous aide",
			After:  []string{"Répondez simplement à cet e-mail."},
		},
		Refused: {
			Subject: "Nous ne pouvons pas donner suite à votre demande",
			Before:  []string{"Une personne de notre équipe a examiné votre demande et a décidé que nous ne pouvons pas y donner suite. Rien n’a été supprimé. Voici ce qu’elle en dit\u00a0:"},
			After: []string{
				"Si vous n’êtes pas d’accord, répondez à cet e-mail pour nous le dire\u00a0: une autre personne examinera la demande.",
				"Vous pouvez aussi déposer une plainte auprès de votre autorité de protection des données.",
			},
		},
		Question: {
			Subject: "Une question sur votre demande",
			Before:  []string{"Une personne de notre équipe s’occupe de votre demande et a besoin de savoir ceci pour continuer\u00a0:"},
			After:   []string{"Répondez simplement à cet e-mail."},
		},
		Reminder: {
			Subject: "Nous attendons toujours votre réponse",
			Before:  []string{"Il y a quelques jours, nous vous avons écrit au sujet de votre demande. Il nous faut votre réponse pour continuer."},
			Button:  "Confirmer la demande",
			After: []string{
				"Vous pouvez simplement répondre à cet e-mail ou au précédent. Sans nouvelles de vous pendant 14 jours au total, nous fermerons la demande sans rien supprimer.",
				"Si la demande ne vient pas de vous, ignorez cet e-mail\u00a0: il ne se passera rien.",
			},
		},
		Lapsed: {
			Subject: "Nous avons fermé votre demande",
			Before: []string{
				"Nous vous avons posé une question et sommes restés 14 jours sans réponse. Nous avons donc fermé votre demande. Rien n’a été supprimé.",
				"Vous souhaitez toujours la suppression\u00a0? Répondez simplement à cet e-mail et votre demande reprendra.",
			},
		},
		OptIn: {
			Subject: "Voulez-vous un e-mail quand ce sera terminé\u00a0?",
			Before:  []string{"Sur la page de suivi d’une demande de suppression, on nous a demandé d’écrire à cette adresse quand la demande sera terminée. Veuillez confirmer que vous le souhaitez."},
			Button:  "Oui, écrivez-moi",
			After:   []string{"Si la demande ne vient pas de vous, ignorez cet e-mail. Nous ne vous écrirons plus à ce sujet."},
		},
		Withdrawn: {
			Subject: "Votre demande a été retirée",
			Before: []string{
				"Votre demande a été retirée. Rien n’a été supprimé à cause d’elle, et rien ne le sera.",
				"Vous pouvez redemander la suppression à tout moment\u00a0: répondez simplement à cet e-mail.",
			},
		},
		Answered: {
			Subject: "Votre question est close",
			Before:  []string{"Nous avons traité votre question et l’avons close. S’il reste quelque chose, répondez simplement à cet e-mail."},
		},
	},
	Labels: labels{
		Pair: "{name}\u00a0: {value}",
		Code: "Votre code de confirmation\u00a0:", PIN: "Saisissez ce numéro sur la page\u00a0:", StatusPage: "Suivi de votre demande\u00a0:",
		Then: "Dès que vous confirmez", Now: "Ce qui se passe maintenant",
		Erased: "Ce qui a été supprimé", Dates: "Quand", Live: "Suppression de nos systèmes en service", Backups: "Disparition de la dernière copie de sauvegarde, au plus tard",
		Kept: "Ce que nous gardons, et pourquoi", Until: "Conservation jusqu’au {until}.", Elsewhere: "Les copies qui ne sont pas à nous",
	},
	Acts: map[Scope]string{Tenant: "Fermer tout le compte", Channel: "Déconnecter un canal", Lead: "Supprimer les données d’un prospect"},
	Effects: effects{
		Tokens: "Les jetons d’accès sont supprimés aussitôt, et Mikla ne répond plus aux messages qui arrivent par là.",
		Hidden: "Les données sont masquées aussitôt.",
		Later:  "Elles sont supprimées définitivement au bout de {hours} heures. D’ici là, vous pouvez annuler.",
		Until:  "Elles seront supprimées définitivement le {undo}. D’ici là, vous pouvez annuler avec le lien ci-dessous.",
		AtOnce: "Les données sont supprimées aussitôt. C’est irréversible.",
	},
	Restored: []string{
		"L’opération a été annulée. Les données sont de nouveau affichées, et aucune n’a été supprimée.",
		"Les jetons d’accès ont été supprimés aussitôt, comme annoncé. Veuillez reconnecter vos canaux dans les réglages de Mikla.",
	},
	Details: map[Detail]detailWords{
		MissingBusiness: {"Le nom de l’établissement à qui vous avez écrit", []string{
			"Il figure en haut de votre discussion avec lui.",
			"Si plusieurs portent ce nom, ajoutez la ville.",
		}},
		MissingHandle: {"Votre nom sur l’application", []string{
			"Instagram\u00a0: votre nom d’utilisateur. Il figure en haut de votre profil.",
			"Facebook et Messenger\u00a0: le nom de votre profil, ou son lien. Ouvrez votre profil, touchez les trois points, puis «\u00a0Copier le lien\u00a0».",
			"WhatsApp\u00a0: le numéro de téléphone depuis lequel vous avez écrit, avec l’indicatif du pays. Il se trouve dans les réglages, sous votre nom.",
		}},
		MissingCode: {"Votre code de confirmation", []string{
			"Il comporte 24 lettres et chiffres. Facebook ou Instagram l’a affiché quand vous y avez demandé la suppression.",
			"Il figure aussi dans l’adresse de la page de suivi.",
		}},
	},
	Clues: []string{
		"le nom de l’établissement à qui vous avez écrit, et sa ville",
		"votre nom d’utilisateur sur Instagram, votre nom sur Facebook ou votre numéro de téléphone sur WhatsApp",
		"la date approximative de votre message",
	},
	States: map[State]string{
		StateReceived: "Nous avons votre demande et nous cherchons les données.",
		StateWaiting:  "Nous attendons votre réponse\u00a0: veuillez confirmer ou répondre, comme l’indique notre dernier e-mail.",
		StateProgress: "La suppression est en cours.",
		StateTeam:     "Une personne de notre équipe s’en occupe.",
		StateDone:     "Terminé\u00a0: les données ont été supprimées.",
		StateNothing:  "Nous n’avons pas trouvé de données. Si vous nous envoyez une autre précision, nous chercherons de nouveau.",
		StateClosed:   "La demande est close, et il ne se passe plus rien.",
	},
	Stores: map[string]string{
		"conversations": "Discussions", "messages": "Messages échangés", "media": "Images et autres fichiers", "leads": "Profils",
		"links": "Liens avec une connexion Facebook ou Instagram", "ai_audit": "Enregistrements de réponses automatiques",
		"ai_quotes": "Citations dans des enregistrements de réponses automatiques", "channels": "Connexions de canaux", "tenants": "Comptes avec leurs réglages",
	},
	OtherStores: "Autres enregistrements",
	Kept: map[string]keptWords{
		"security_log":   {"Journaux de sécurité et de fraude", "Ils protègent le service contre les abus et contiennent des empreintes au lieu de noms et d’identifiants."},
		"billing":        {"Factures de l’établissement", "Le droit fiscal les exige. Elles concernent l’établissement, et non les personnes qui lui ont écrit."},
		"metrics":        {"Totaux", "Des nombres anonymes que l’on ne peut relier à personne."},
		"request_record": {"La trace de cette demande", "Elle prouve que la suppression a eu lieu et ne dit pas à qui étaient les données."},
	},
	Elsewhere: []string{
		"Messenger et Instagram\u00a0: supprimez la discussion dans l’application et passez par son Espace de confidentialité pour demander à Meta ce qu’il détient.",
		"WhatsApp\u00a0: supprimez la discussion dans l’application\u00a0; sous Réglages, Aide, vous pouvez écrire à WhatsApp.",
	},
	TheBusiness: "L’établissement\u00a0: il a sa propre copie de ce que vous lui avez écrit et en est responsable. Adressez-vous directement à lui.",
	Who:         "Cet e-mail vient de {mikla}, {mailbox}. Mikla répond aux messages sur Messenger, Instagram et WhatsApp pour le compte d’établissements.",
	Why: map[Audience]string{
		Writer: "Vous le recevez parce que quelqu’un nous a écrit depuis cette adresse.",
		Admin:  "Vous le recevez parce que cette adresse est enregistrée pour un établissement qui utilise Mikla.",
		Page:   "Vous le recevez parce que cette adresse a été saisie sur la page de suivi d’une demande.",
	},
	Promise: "La suppression est gratuite. Vous n’avez besoin ni de compte ni de motif.",
}
