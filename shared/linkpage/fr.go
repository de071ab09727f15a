package linkpage

var french = &phrasebook{
	Ask: map[Kind]said{
		Confirm: {"Confirmez la suppression de vos données", []string{
			"Dès que vous confirmez, nous cherchons ce qui vous appartient chez l’établissement auquel vous avez écrit et le supprimons de Mikla : vos messages et les réponses, les pièces jointes, votre profil avec ses étiquettes et l’historique des réponses automatiques. C’est irréversible.",
			"Les copies dans Messenger, Instagram et WhatsApp et chez l’établissement lui-même ne sont pas les nôtres et y restent.",
		}, "Supprimer mes données"},
		Closure: {Button: "Confirmer"},
		Cancel: {"Annuler la suppression", []string{
			"Si vous annulez, les données redeviennent visibles et rien n’en est supprimé.",
			"Les jetons d’accès n’existent déjà plus. Vous devrez reconnecter vos canaux dans les paramètres de Mikla.",
		}, "Annuler la suppression"},
		OptIn: {"Un e-mail quand c’est terminé", []string{"Quand la demande sera terminée, nous écrirons à l’adresse qui a reçu ce lien, et cette seule fois."}, "Oui, écrivez-moi"},
	},
	Act: map[Kind]said{
		Confirm: {Headline: "Un détail de plus", Text: []string{
			"Le nom que vous portez sur une plateforme est visible de tous. Pour que personne d’autre ne fasse supprimer vos données, donnez-nous au moins l’un de ces éléments : votre nom là-bas, le mois ou votre numéro de téléphone. Nous le comparons à ce que nous avons.",
		}},
		Closure: {Headline: "Le numéro de notre e-mail"},
		Cancel:  {Headline: "Voulez-vous annuler ?"},
		OptIn:   {Headline: "Voulez-vous cet e-mail ?"},
	},
	NotYou: map[Kind]string{
		Confirm: "Si vous n’avez rien demandé, fermez cette page. Il ne se passera rien.",
		Closure: "Si ni vous ni un collègue ne l’avez demandé, ne confirmez pas et prévenez-nous : " + mailbox + ".",
		Cancel:  "Si tout est comme vous le souhaitez, fermez cette page. La suppression suit son cours.",
		OptIn:   "Si vous n’avez rien demandé, fermez cette page. Vous n’entendrez plus parler de nous à ce sujet.",
	},
	Done: map[Kind]said{
		Confirm: {Headline: "Merci, votre demande est confirmée", Text: []string{
			"Nous comparons maintenant ce que vous nous avez dit à ce que nous avons. Ce qui est à vous avec certitude est supprimé ; en cas de doute, une personne de notre équipe s’en charge.",
			"Dans tous les cas, nous vous écrivons par e-mail, au plus tard 30 jours après votre demande.",
		}},
		Closure: {Headline: "C’est confirmé", Text: []string{"Les données sont en cours de suppression. Nous écrirons à tous les administrateurs quand ce sera fait."}},
		Cancel: {Headline: "La suppression est annulée", Text: []string{
			"Les données sont de nouveau visibles, et rien n’en a été supprimé.",
			"Reconnectez vos canaux dans les paramètres de Mikla : leurs jetons d’accès ont été supprimés aussitôt, comme annoncé.",
		}},
		OptIn: {Headline: "Nous vous écrirons", Text: []string{"Vous recevrez un seul e-mail de notre part, quand la demande sera terminée."}},
	},
	Acts: map[Scope]string{Tenant: "Fermer tout le compte", Channel: "Déconnecter un canal", Lead: "Supprimer les données d’un contact"},
	Effects: map[Scope][]string{
		Tenant: {
			"Les jetons d’accès de tous les canaux sont supprimés aussitôt, et Mikla n’y répond plus aux messages.",
			"Toutes les conversations, les profils, l’historique des réponses automatiques et les paramètres sont masqués aussitôt. Les factures sont conservées aussi longtemps que la loi l’exige.",
		},
		Channel: {
			"Le jeton d’accès du canal est supprimé aussitôt, et Mikla n’y répond plus aux messages.",
			"Toutes les conversations, les profils et l’historique des réponses automatiques de ce canal sont masqués aussitôt.",
		},
		Lead: {"La conversation avec cette personne, son profil et l’historique des réponses automatiques qu’elle a reçues sont supprimés."},
	},
	Later:     "Après {hours} heures, les données sont supprimées définitivement. D’ici là, chaque administrateur peut annuler avec le lien de notre prochain e-mail.",
	AtOnce:    "Cela se fait aussitôt et ne peut pas être annulé.",
	DoneLater: "Les jetons d’accès sont supprimés et les données masquées. Pendant {hours} heures, vous pouvez encore annuler avec le lien que nous envoyons à tous les administrateurs. Ensuite, les données sont supprimées définitivement.",
	Fields: map[string]fieldText{
		FieldName:  {"Votre nom, tel qu’il y est affiché", "Le nom de votre profil, pas le nom d’utilisateur."},
		FieldWhen:  {"Un mois où vous lui avez écrit", "Année et mois, comme 2026-05. À peu près suffit."},
		FieldPhone: {"Votre numéro de téléphone", "Avec l’indicatif du pays, si vous avez écrit sur WhatsApp ou l’avez donné dans la conversation."},
		FieldPIN:   {"Six chiffres", "Ils se trouvent dans l’e-mail qui vous a amené ici."},
	},
	Problems: map[Problem]string{
		NothingGiven: "Il nous faut un détail de plus : indiquez votre nom là-bas, le mois ou votre numéro de téléphone.",
		WrongPIN:     "Ce n’est pas le numéro de notre e-mail. Essais restants : {tries}.",
	},
	Status: "Voir l’état de la demande",
	Gone: said{Headline: "Ce lien ne mène nulle part", Text: []string{
		"Il a déjà servi, il a plus de 7 jours ou il est incomplet.",
		"Avez-vous déjà appuyé sur le bouton ? Alors il n’y a plus rien à faire. Sinon, répondez à notre e-mail ou écrivez à " + mailbox + ", et nous vous en enverrons un nouveau.",
	}},
	Throttled: said{Headline: "Trop d’essais", Text: []string{"Aucun des numéros n’était celui de notre e-mail. Une personne de notre équipe examine maintenant la demande ; d’ici là, rien ne se passe."}},
}
