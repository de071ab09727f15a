package extract

import (
	"strings"

	"github.com/mikla-ai/data-deletion/shared/mail/fold"
)

// role is what a word does in the announcement of a handle.
type role int

const (
	plainWord    role = iota // nothing: it may be the handle
	platformWord             // "instagram"
	userWord                 // "username"
	accountWord              // "account"
	copula                   // "is"
	filler                   // "my", "on"
)

var platforms = lists(map[string]string{
	"instagram": `instagram insta ig انستغرام انستجرام انستقرام انستا الانستغرام الانستجرام الانستا אינסטגרם אינסטה אינסטגראם`,
	"facebook":  `facebook fb face messenger فيسبوك الفيسبوك فيس الفيس ماسنجر مسنجر פייסבוק פייס מסנג'ר מסנגר`,
	"whatsapp":  `whatsapp zap wa whatsap watsap wasap wsp واتساب الواتساب واتس الواتس وتساب וואטסאפ ווטסאפ וואצאפ ווצאפ`,
})

var roles = merge(map[role]string{
	userWord: `username usernames usuario benutzername nutzername benutzernamen utilisateur pseudo pseudonyme utente utilizador
		nickname nick identifiant المستخدم يوزر اليوزر يوزري معرفي المعرف משתמש המשתמש`,
	accountWord: `account handle profile user cuenta perfil compte profil konto conta profilo حسابي حساب الحساب بروفايلي חשבון החשבון פרופיל הפרופיל`,
	copula:      `is es est ist lautet heisst e was era war etait soy sou sono sn bin cest called llama هو هي הוא היא זה`,
	filler: `my mi mon mein meine meiner meinem mio meu minha the el la le il o a der die das den dem l d name nombre nom nome
		on en sur auf bei su no na im in de del di da do of at for para per pour von se under unter c i m im am my there dort alli ali
		على في لي اسم بوك اب عندي بـ של שלי על שם השם ב`,
})

// stopWords are words that follow an announcement and are no handle.
var stopWords = set(`account accounts page pages data name names message messages chat chats please pls thanks thank and or not now
	private public deleted blocked hacked closed gone disabled linked connected registered attached below above here there this that
	with from about you your yours our their have has had can could will would should when where which who what how why want like need
	delete remove erase everything all any some been being because before after since last again also only just still unknown
	cuenta cuentas datos nombre mensaje mensajes por favor gracias privado privada publico borrado borrada eliminado bloqueado con desde
	que quiero quisiera necesito borrar eliminar todo todos todas pero porque cuando donde este esta eso ese aqui como muy ahora hackeada
	mas sin sobre hotel restaurante compte comptes donnees nom messages merci svp prive privee public supprime bloque avec depuis que qui
	veux voudrais supprimer effacer tout tous toutes mais parce quand cette ces ici comme plus sans konto konten daten namen nachricht
	nachrichten bitte danke privat offentlich geloscht gesperrt gehackt mit seit und oder nicht mochte will loschen entfernen alles alle
	aber weil wann wo hier wie mehr ohne uber habe wurde werden dati nomi messaggio messaggi grazie favore privato pubblico cancellato
	bloccato con dal che chi voglio vorrei cancellare eliminare tutto tutti tutte ma perche quando dove questo questa qui come piu senza
	conta contas dados mensagem mensagens obrigado obrigada favor privado privada publico apagado bloqueado com desde quero queria apagar
	excluir tudo todos todas mas porque quando onde este esta isso aqui como mais sem sobre same yes non sim nein business company post
	posts story stories comment comments comentarios commentaires kommentare commenti number numero nummer phone telefono telefon email
	mail correo tengo tiene ricordo ho know remember kenne weiss sais connais lembro sei closure deletion cierre borrado loschung fermeture suppression chiusura cancellazione encerramento habitual registrado registrada instagram facebook whatsapp messenger meta mikla`)

func roleOf(folded string) (role, string) {
	for _, form := range forms(folded) {
		if platform, ok := platforms[form]; ok {
			return platformWord, platform
		}
		if r, ok := roles[form]; ok {
			return r, ""
		}
	}
	return plainWord, ""
}

// forms gives a word, and the word without one and without two of the letters
// that Hebrew and Arabic write onto the next word.
func forms(word string) []string {
	all := []string{word}
	for range 2 {
		if len(word) > 4 && strings.ContainsAny(word[:2], "בלמהושכبلوفك") {
			word = word[2:]
			all = append(all, word)
		}
	}
	return all
}

func lists(byKey map[string]string) map[string]string {
	out := map[string]string{}
	for key, list := range byKey {
		for w := range set(list) {
			out[w] = key
		}
	}
	return out
}

func merge(byRole map[role]string) map[string]role {
	out := map[string]role{}
	for r, list := range byRole {
		for w := range set(list) {
			out[w] = r
		}
	}
	return out
}

func set(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[fold.String(w)] = true
	}
	return out
}
