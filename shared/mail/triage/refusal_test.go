package triage_test

import (
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
	"github.com/mikla-ai/data-deletion/shared/mail/triage"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

// TestARefusalOpensNothing holds that what speaks against a deletion gets no link, though
// business and handle are there.
func TestARefusalOpensNothing(t *testing.T) {
	directory := corpusDirectory(t)
	for _, text := range []string{
		"Please do not delete my messages with Harbour View Hotel, I am @jo.kettle on Instagram.",
		"I never asked you to delete my Instagram chat with Harbour View Hotel. @jo.kettle",
		"How do I delete my messages with Harbour View Hotel? I am @jo.kettle.",
		"Stop the deletion of my messages with Harbour View Hotel, @jo.kettle, I changed my mind.",
		"No borren mis mensajes con Casa Lucio, soy @nuria.gracia en Instagram.",
		"Nunca pedí que eliminaran mis datos de Casa Lucio. @nuria.gracia",
		"Ne supprimez surtout pas mes messages avec Le Petit Pont, je suis @lea.vadrouille.",
		"Je ne veux plus que vous effaciez ma conversation avec Le Petit Pont, @lea.vadrouille.",
		"Bitte löschen Sie meine Nachrichten beim Gasthof Müller nicht, ich bin @resi_radelt.",
		"Ich will meine Daten beim Gasthof Müller doch nicht löschen lassen. Instagram: resi_radelt",
		"Non cancellate i miei messaggi con Hotel Sole, sono @giulia.mangia.",
		"Non ho mai chiesto di eliminare i miei dati a Hotel Sole. Instagram @giulia.mangia",
		"Não apaguem as minhas mensagens com a Tasca do Zé, sou @bia.na.praia.",
		"Já não quero que apaguem os meus dados da Tasca do Zé. Instagram: @bia.na.praia",
		"لا تحذفوا رسائلي مع مطعم النخيل، حسابي @reem.eats في انستغرام",
		"لم أطلب حذف بياناتي من مطعم النخيل. انستغرام @reem.eats",
		"אל תמחקו את ההודעות שלי עם מלון הים, אני @noa.bayam באינסטגרם",
		"לא ביקשתי למחוק את המידע שלי ממלון הים. אינסטגרם @noa.bayam",
	} {
		mail := inbound.Mail{From: personal.New("jo@tidemail.example"), Newest: text}
		d := triage.Decide(triage.Read(notice.Received{DMARC: notice.Pass}, mail, nil, directory), triage.Known{})
		if d.Route != triage.Human {
			t.Errorf("%q is %s/%s, want human", text, d.Intent, d.Route)
		}
	}
}
