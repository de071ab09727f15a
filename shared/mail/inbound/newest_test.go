package inbound_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
)

const old = "OLD WORDS"

// read reads a mail that must be readable in full.
func read(t *testing.T, raw string) inbound.Mail {
	t.Helper()
	mail, err := inbound.Read([]byte(raw))
	if err != nil {
		t.Fatalf("got %v, want the mail read in full", err)
	}
	return mail
}

func plain(subject, body string) string {
	return "From: ana@guest.example\nSubject: " + subject + "\nContent-Type: text/plain; charset=utf-8\n\n" + body
}

func rich(subject, body string) string {
	return "From: ana@guest.example\nSubject: " + subject + "\nContent-Type: text/html; charset=utf-8\n\n" + body
}

// attributions are what mail programs write over a quote. Gmail wraps it.
var attributions = map[string][]string{
	"en": {"On Fri, Nov 20, 2026 at 10:15 AM Mikla Privacy <privacy@mikla.ai> wrote:",
		"On Fri, Nov 20, 2026 at 10:15 AM Mikla Privacy Requests Department <\nprivacy@mikla.ai> wrote:",
		"On 20 Nov 2026, at 10:15, Mikla <privacy@mikla.ai> wrote:", "On 11/20/26 10:15, Mikla wrote:",
		"---- On Fri, 20 Nov 2026 10:15:50 +0100 privacy@mikla.ai wrote ----"},
	"es": {"El vie, 20 nov 2026 a las 10:15, Mikla Privacy (<privacy@mikla.ai>) escribió:",
		"El vie, 20 nov 2026 a las 10:15, Mikla Privacy Requests (<privacy@mikla.ai>)\nescribió:",
		"El 20 nov 2026, a las 10:15, Mikla <privacy@mikla.ai> escribió:", "El 20/11/26 a las 10:15, Mikla escribió:"},
	"fr": {"Le ven. 20 nov. 2026 à 10:15, Mikla Privacy <privacy@mikla.ai> a écrit :",
		"Le ven. 20 nov. 2026 à 10:15, Mikla Privacy Requests <privacy@mikla.ai> a\nécrit\u00a0:",
		"Le 20 nov. 2026 à 10:15, Mikla <privacy@mikla.ai> a écrit :", "Le 20/11/2026 à 10:15, Mikla a écrit :"},
	"de": {"Am Fr., 20. Nov. 2026 um 10:15 Uhr schrieb Mikla Privacy <privacy@mikla.ai>:",
		"Am Fr., 20. Nov. 2026 um 10:15 Uhr schrieb Mikla Privacy <\nprivacy@mikla.ai>:",
		"Am 20.11.2026 um 10:15 schrieb Mikla <privacy@mikla.ai>:", "Am 20.11.26 um 10:15 schrieb Mikla:",
		"Mikla Privacy <privacy@mikla.ai> schrieb am Fr., 20.\nNov. 2026, 10:15:"},
	"it": {"Il giorno ven 20 nov 2026 alle ore 10:15 Mikla Privacy <privacy@mikla.ai> ha scritto:",
		"Il giorno ven 20 nov 2026 alle ore 10:15 Mikla Privacy Requests <privacy@mikla.ai>\nha scritto:",
		"Il giorno 20 nov 2026, alle ore 10:15, Mikla <privacy@mikla.ai> ha scritto:", "Il 20/11/26 10:15, Mikla ha scritto:",
		"In data 20 novembre 2026 10:15:31 \"Mikla\" <privacy@mikla.ai> ha scritto:"},
	"pt": {"Em sex., 20 de nov. de 2026 às 10:15, Mikla Privacy <privacy@mikla.ai> escreveu:",
		"Em sex., 20 de nov. de 2026 às 10:15, Mikla Privacy Requests <privacy@mikla.ai>\nescreveu:",
		"Mikla Privacy <privacy@mikla.ai> escreveu (sexta, 20/11/2026 à(s) 10:15):", "No dia 20/11/2026, às 10:15, Mikla escreveu:"},
	"ar": {"في الجمعة، 20 نوفمبر 2026 في 10:15 ص تمت كتابة ما يلي بواسطة Mikla Privacy <privacy@mikla.ai>:",
		"\u202bفي الجمعة، 20 نوفمبر 2026 في 10:15 ص تمت كتابة ما يلي بواسطة \u202aMikla\u202c\u200f <\u202aprivacy@mikla.ai\u202c\u200f>:\u202c",
		"في 20/11/26 10:15 ص، كتب Mikla:"},
	"he": {"\u202bבתאריך יום ו׳, 20 בנוב׳ 2026 ב-10:15 מאת \u202aMikla Privacy\u202c\u200f <\u202aprivacy@mikla.ai\u202c\u200f>:\u202c",
		"ב-20 בנוב׳ 2026, בשעה 10:15, Mikla <privacy@mikla.ai> כתב/ה:", "בתאריך 20/11/2026 10:15, Mikla כתב:"},
	"nl": {"Op vr 20 nov 2026 om 10:15 schreef Mikla <privacy@mikla.ai>:"},
	"ja": {"2026年11月20日(金) 10:15 Mikla <privacy@mikla.ai>:", "2026-11-20 10:15 GMT+01:00 Mikla <privacy@mikla.ai>:"},
}

var own = map[string]string{
	"en": "Yes, delete it please", "es": "Sí, borradlo todo", "fr": "Oui, supprimez tout", "de": "Ja, bitte löschen", "it": "Sì, cancellate tutto",
	"pt": "Sim, apaguem tudo", "ar": "نعم، احذفوا بياناتي", "he": "כן, בבקשה למחוק", "nl": "Ja, verwijderen", "ja": "はい",
}

func TestQuotesAreSetAsideInEveryLanguage(t *testing.T) {
	for language, forms := range attributions {
		for _, form := range forms {
			said := own[language]
			quote := form + "\n\n> " + old + "\n> \n>> " + old + "\n"
			for style, body := range map[string]string{
				"above":         said + "\n\n" + quote,
				"below":         quote + "\n" + said + "\n",
				"inline":        quote + said + "\n> " + old + "\n",
				"with trailing": said + "\n\n" + quote + "\n\n",
				"CRLF":          strings.ReplaceAll(said+"\n\n"+quote, "\n", "\r\n"),
			} {
				mail := read(t, plain("Re: x", body))
				if mail.Newest != said {
					t.Errorf("%s, %s, %q: got %q, want %q", language, style, form, mail.Newest, said)
				}
			}
			if mail := read(t, plain("Re: x", quote)); mail.Newest != "" || !mail.Has(inbound.QuotedOnly) {
				t.Errorf("%s, only %q: got %q %v, want nothing but the flag", language, form, mail.Newest, mail.Flags)
			}
		}
	}
}

func TestUnmarkedQuotesAreSetAsideAndFlagged(t *testing.T) {
	for _, language := range []string{"en", "es", "fr", "de", "it", "pt", "ar", "he"} {
		for _, form := range attributions[language] {
			mail := read(t, plain("Re: x", own[language]+"\n\n"+form+"\n\n"+old+"\n"))
			if mail.Newest != own[language] || !mail.Has(inbound.TruncatedQuote) {
				t.Errorf("%s, %q: got %q %v, want %q and a flag", language, form, mail.Newest, mail.Flags, own[language])
			}
		}
	}
}

// outlook has the header that Outlook writes over an earlier mail.
var outlook = map[string]string{
	"en": "From: Mikla <privacy@mikla.ai>\nSent: Friday, November 20, 2026 10:15 AM\nTo: Ana <ana@guest.example>\nSubject: Your request",
	"es": "De: Mikla <privacy@mikla.ai>\nEnviado: viernes, 20 de noviembre de 2026 10:15\nPara: Ana <ana@guest.example>\nAsunto: Su solicitud",
	"fr": "De : Mikla <privacy@mikla.ai>\nEnvoyé : vendredi 20 novembre 2026 10:15\nÀ : Ana <ana@guest.example>\nObjet : Votre demande",
	"de": "Von: Mikla <privacy@mikla.ai>\nGesendet: Freitag, 20. November 2026 10:15\nAn: Ana <ana@guest.example>\nBetreff: Ihre Anfrage",
	"it": "Da: Mikla <privacy@mikla.ai>\nInviato: venerdì 20 novembre 2026 10:15\nA: Ana <ana@guest.example>\nOggetto: La richiesta",
	"pt": "De: Mikla <privacy@mikla.ai>\nEnviado: sexta-feira, 20 de novembro de 2026 10:15\nPara: Ana <ana@guest.example>\nAssunto: O seu pedido",
	"ar": "من: Mikla <privacy@mikla.ai>\nتم الإرسال: الجمعة، 20 نوفمبر 2026 10:15\nإلى: Ana <ana@guest.example>\nالموضوع: طلبك",
	"he": "מאת: Mikla <privacy@mikla.ai>\nנשלח: יום שישי 20 נובמבר 2026 10:15\nאל: Ana <ana@guest.example>\nנושא: הבקשה",
}

var originals = map[string]string{
	"en": "-----Original Message-----", "es": "-----Mensaje original-----", "fr": "-----Message d'origine-----", "de": "-----Ursprüngliche Nachricht-----",
	"it": "-----Messaggio originale-----", "pt": "-----Mensagem original-----", "ar": "-----الرسالة الأصلية-----", "he": "-----הודעה מקורית-----",
}

var forwards = map[string][]string{
	"en": {"---------- Forwarded message ---------", "Begin forwarded message:", "-------- Forwarded Message --------"},
	"es": {"---------- Mensaje reenviado ---------", "Inicio del mensaje reenviado:"},
	"fr": {"---------- Message transféré ---------", "Début du message réexpédié :", "-------- Message transféré --------"},
	"de": {"---------- Weitergeleitete Nachricht ---------", "Anfang der weitergeleiteten Nachricht:"},
	"it": {"---------- Messaggio inoltrato ---------", "Inizio messaggio inoltrato:", "-------- Messaggio Inoltrato --------"},
	"pt": {"---------- Mensagem encaminhada ---------", "Início da mensagem reencaminhada:"},
	"ar": {"---------- رسالة معاد توجيهها ---------", "بداية الرسالة المُعاد توجيهها:"},
	"he": {"---------- הודעה שהועברה ---------", "תחילת ההודעה שהועברה:"},
}

var devices = map[string][]string{
	"en": {"Sent from my iPhone", "Get Outlook for iOS", "Sent from Yahoo Mail on Android"},
	"es": {"Enviado desde mi iPhone", "Obtener Outlook para Android"},
	"fr": {"Envoyé de mon iPhone", "Obtenez Outlook pour iOS", "Télécharger Outlook pour iOS<https://aka.ms/x>"},
	"de": {"Von meinem iPhone gesendet", "Gesendet von Outlook für Android"},
	"it": {"Inviato da iPhone", "Scarica Outlook per iOS"},
	"pt": {"Enviado do meu iPhone", "Obter o Outlook para iOS"},
	"ar": {"أرسلت من الـ iPhone", "الحصول على Outlook لـ iOS"},
	"he": {"נשלח מה-iPhone שלי", "קבל את Outlook עבור iOS"},
}

func TestOutlookAndForwardsInEveryLanguage(t *testing.T) {
	for language, header := range outlook {
		said := own[language]
		for _, above := range []string{"", "________________________________\n", originals[language] + "\n"} {
			earlier := above + header + "\n\n" + old + "\n"
			if mail := read(t, plain("RE: x", said+"\n\n"+earlier)); mail.Newest != said || mail.Forwarded != "" {
				t.Errorf("%s, answered after %q: got %q, forwarded %q, want %q", language, above, mail.Newest, mail.Forwarded, said)
			}
			if mail := read(t, plain("FW: x", said+"\n\n"+earlier)); mail.Newest != said || !strings.Contains(mail.Forwarded, old) || !mail.Has(inbound.Forwarded) {
				t.Errorf("%s, forwarded after %q: got %q, forwarded %q %v", language, above, mail.Newest, mail.Forwarded, mail.Flags)
			}
		}
		for _, mark := range forwards[language] {
			for style, body := range map[string]string{
				"plain":  said + "\n\n" + mark + "\n" + header + "\n\n" + old + "\n",
				"marked": said + "\n\n" + mark + "\n\n> " + strings.ReplaceAll(header, "\n", "\n> ") + "\n>\n> " + old + "\n",
			} {
				if mail := read(t, plain("x", body)); mail.Newest != said || !strings.Contains(mail.Forwarded, old) || !mail.Has(inbound.Forwarded) {
					t.Errorf("%s, %s after %q: got %q, forwarded %q %v", language, style, mark, mail.Newest, mail.Forwarded, mail.Flags)
				}
			}
		}
		for _, line := range devices[language] {
			if mail := read(t, plain("x", said+"\n\n"+line+"\n")); mail.Newest != said {
				t.Errorf("%s, %q: got %q, want %q", language, line, mail.Newest, said)
			}
		}
	}
}

func TestNewestText(t *testing.T) {
	long := strings.Repeat("my own line\n", 13)
	for name, c := range map[string]struct {
		raw, newest, forwarded string
		flags                  []string
	}{
		"signature":                    {plain("x", "delete me\n\n-- \nAna\n+34 600 000 000\n"), "delete me", "", nil},
		"signature, no space":          {plain("x", "delete me\n--\nAna\n"), "delete me", "", nil},
		"signature, then a quote":      {plain("x", "delete me\n-- \nAna\n\n> old\n\nand my number\n"), "delete me\n\nand my number", "", nil},
		"a letter below a line":        {plain("x", "hello\n--\n"+long), "hello\n--\n" + strings.TrimSpace(long), "", nil},
		"a line at the top":            {plain("x", "-- \ndelete me\n"), "--\ndelete me", "", nil},
		"one's own quotation":          {plain("x", "The hotel wrote: no.\nI insist\n"), "The hotel wrote: no.\nI insist", "", nil},
		"On, but not a quote":          {plain("x", "On Friday 20 I asked the hotel.\nPlease delete\n"), "On Friday 20 I asked the hotel.\nPlease delete", "", nil},
		"a formal letter":              {plain("x", "From: Ana\nDate: 20 November\nTo: Mikla\nSubject: deletion\n\nDelete me\n"), "From: Ana\nDate: 20 November\nTo: Mikla\nSubject: deletion\n\nDelete me", "", nil},
		"details in a list":            {plain("x", "Delete me.\nDate: 3 May 2026\nFrom: @ana\nTo: Hotel Sol\n"), "Delete me.\nDate: 3 May 2026\nFrom: @ana\nTo: Hotel Sol", "", nil},
		"a mail pasted below":          {plain("x", "Delete me.\n\nFrom: Mikla <privacy@mikla.ai>\nDate: 3 May 2026\nTo: Ana\n\nold\n"), "Delete me.", "", []string{"truncated_quote"}},
		"nothing after wrote":          {plain("x", "delete me\n\nOn 3 May 2026 Mikla wrote:\n"), "delete me", "", nil},
		"starts with wrote":            {plain("x", "On 3 May 2026 the hotel wrote:\nhello dear\nDelete this\n"), "On 3 May 2026 the hotel wrote:\nhello dear\nDelete this", "", nil},
		"a line like one above":        {plain("x", "El hotel 5 no responde\nEl 20 nov 2026, Mikla escribió:\n> old\n"), "El hotel 5 no responde", "", nil},
		"a device that is a sentence":  {plain("x", "Sent from my account @ana to the hotel's iphone line\n"), "Sent from my account @ana to the hotel's iphone line", "", nil},
		"another such sentence":        {plain("x", "Enviado desde mi celular, borren mis datos\n"), "Enviado desde mi celular, borren mis datos", "", nil},
		"a device with its link":       {plain("x", "delete me\n\nGet Outlook for iOS<https://aka.ms/x>\n"), "delete me", "", nil},
		"forward without a mark":       {plain("Fwd: x", "> From: x\n> old\n"), "", "From: x\nold", []string{"forwarded", "quoted_only"}},
		"words below a marked forward": {plain("x", "Begin forwarded message:\n\n> old\n\nmine\n"), "mine", "old", []string{"forwarded"}},
		"flowed": {"Content-Type: text/plain; format=flowed\n\nplease \ndelete it\n> old \n> words\n-- \nAna\n",
			"please delete it", "", nil},
		"flowed, delsp":               {"Content-Type: text/plain; format=flowed; delsp=yes\n\nplea \nse\n", "please", "", nil},
		"no header at all":            {"hello, delete me", "hello, delete me", "", nil},
		"a broken line in the header": {"Content-Transfer-Encoding: quoted-printable\nbroken\n folded\n\na=62c", "abc", "", nil},
		"nothing":                     {"", "", "", nil},
		"empty body":                  {"Subject: x\n\n", "", "", nil},
		"header only":                 {"Subject: x\nFrom: a@b.example", "", "", nil},
		"Hebrew":                      {plain("x", "שלום, נא למחוק את @ana"), "שלום, נא למחוק את @ana", "", []string{"rtl"}},
		"unseen characters":           {plain("x", "de\u200blete\u202e my\x00 da\u00adta\u2066 now\u00a0e\u0301\x07"), "delete my data now \u00e9", "", nil},
		"lone CR":                     {"Content-Type: text/plain\r\n\r\na\rb", "a\nb", "", nil},
		"empty lines":                 {plain("x", "a\n\n\n\n  \nb  \n"), "a\n\nb", "", nil},
	} {
		mail := read(t, c.raw)
		if mail.Newest != c.newest || mail.Forwarded != c.forwarded || !slices.Equal(mail.Flags, c.flags) {
			t.Errorf("%s: got %q, forwarded %q, %v; want %q, %q, %v", name, mail.Newest, mail.Forwarded, mail.Flags, c.newest, c.forwarded, c.flags)
		}
	}
}

func TestHTMLIsReadAsItIsSeen(t *testing.T) {
	for name, c := range map[string]struct{ html, newest string }{
		"blocks":                     {"<p>a</p><div>b<br>c</div><ul><li>d</li><li>e</li></ul>f", "a\nb\nc\nd\ne\nf"},
		"spaces":                     {"<p>a\n  b<b>c</b> <i> d</i></p>", "a bc d"},
		"cells":                      {"<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		"entities":                   {"&lt;ana&gt; caf&eacute; &#x5d0;&nbsp;&amp;", "<ana> café א &"},
		"pre":                        {"<pre>a\n b\n</pre>c", "a\nb\nc"},
		"script and style":           {"<head><title>t</title><style>x</style></head><script>y</script>a<template>z</template>", "a"},
		"head without an end":        {"<head><meta charset=utf-8><body>a", "a"},
		"comment":                    {"a<!-- b --><!--[if mso]>c<![endif]-->", "a"},
		"alt":                        {"a<img alt='b' src=x>", "a"},
		"display":                    {"a<div style='DISPLAY : none !important'>b<div>c</div>d</div>e", "a\ne"},
		"display, commented":         {"a<span style='display:/**/none'>b</span>", "a"},
		"visibility":                 {"a<span style='visibility:hidden'>b</span>", "a"},
		"font size":                  {"a<span style='font-size:0px'>b</span><span style='font-size:1px'>c</span>", "a"},
		"small but seen":             {"<span style='font-size:0.9em'>b</span><span style='font-size:1em'>c</span>", "bc"},
		"opacity":                    {"a<span style='opacity:0'>b</span><span style='opacity:.9'>c</span>", "ac"},
		"hidden":                     {"a<span hidden>b</span>", "a"},
		"height":                     {"a<div style='max-height:0;overflow:hidden'>b</div>", "a"},
		"off the screen":             {"a<div style='position:absolute;left:-9999px'>b</div><p style='text-indent:-999em'>c</p>", "a"},
		"white on white":             {"a<span style='color:#FFF'>b</span><font color=white>c</font>", "a"},
		"white on a ground":          {"<div style='background:#000'><span style='color:#fff'>b</span></div>", "b"},
		"white on its white":         {"<p style='background:black'>x</p>a<span style='color:#fff;background-color:white'>b</span>", "x\na"},
		"hidden, not closed":         {"<div><span style='display:none'>b</div>a", "a"},
		"hidden paragraph":           {"<p style='display:none'>b<p>a", "a"},
		"hidden in a quote":          {"<blockquote type=cite><div hidden>b</blockquote>a", "a"},
		"hidden, with an open table": {"<blockquote type=cite><div hidden><table>b</blockquote>a", "a"},
		"hidden, many inner":         {"<div hidden>" + strings.Repeat("<b><div>", 50) + "b" + strings.Repeat("</div></b>", 50) + "</div>a", "a"},
		"quote":                      {"a<blockquote type=cite>b<blockquote>c</blockquote>d</blockquote>e", "a\ne"},
		"indent":                     {"<blockquote style='margin:0 0 0 40px; border: none'>a</blockquote>", "a"},
		"profile":                    {"<a href='https://www.instagram.com/ana_01?x=1'>my profile</a>!", "my profile https://www.instagram.com/ana_01?x=1 !"},
		"profiles": {"<a href=https://fb.com/a>1</a><a href=http://m.me/a>2</a><a href=https://wa.me/34600>3</a><a href='whatsapp://send?phone=34600'>4</a>",
			"1 https://fb.com/a 2 http://m.me/a 3 https://wa.me/34600 4 whatsapp://send?phone=34600"},
		"profile behind a guard": {"<a href='https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Finstagram.com%2Fana&data=x'>p</a>", "p https://instagram.com/ana"},
		"other links":            {"<a href='https://attack.example/instagram.com'>p</a><a href='https://xinstagram.com/a'>q</a><a href='javascript:1'>r</a>", "pqr"},
		"hidden link":            {"<div hidden><a href='https://instagram.com/b'>b</a></div>a", "a"},
		"Gmail answer": {"<div dir=ltr>mine</div><br><div class='gmail_quote gmail_quote_container'><div dir=ltr class=gmail_attr>On Fri, Nov 20, 2026 at 10:15 AM Mikla &lt;<a href='mailto:privacy@mikla.ai'>privacy@mikla.ai</a>&gt; wrote:<br></div><blockquote class=gmail_quote style='margin:0 0 0 .8ex'><div>old</div></blockquote></div>",
			"mine"},
		"Gmail, between": {"<div class=gmail_quote><div class=gmail_attr>On Fri, Nov 20, 2026 Mikla &lt;privacy@mikla.ai&gt; wrote:<br></div><blockquote class=gmail_quote>old</blockquote><div>mine</div><blockquote class=gmail_quote>old</blockquote></div>",
			"mine"},
		"Gmail signature": {"<div>mine</div><div class=gmail_signature><div>Ana<br>Tel</div></div>", "mine"},
		"Apple answer":    {"<div>mine</div><div><br><blockquote type=cite><div>Am 20.11.2026 um 10:15 schrieb Mikla &lt;privacy@mikla.ai&gt;:</div><br></blockquote></div><blockquote type=cite><div>old</div></blockquote>", "mine"},
		"Outlook answer": {"<p>mine</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p><b>Von:</b> Mikla &lt;privacy@mikla.ai&gt;<br><b>Gesendet:</b> Freitag, 20. November 2026<br><b>An:</b> Ana<br><b>Betreff:</b> x</p></div><p>old</p>",
			"mine"},
		"Outlook on the web": {"<div>mine</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg><b>From:</b> M<br></div><div>old</div>", "mine"},
		"Hotmail answer":     {"<div>mine<br><hr>Date: Fri, 20 Nov 2026 10:15:45 +0100<br>Subject: x<br>From: privacy@mikla.ai<br>To: ana@guest.example<br><br>old</div>", "mine"},
		"Yahoo answer":       {"<div>mine</div><div class=yahoo_quoted><div>El viernes, M escribió:</div><div>old</div></div>", "mine"},
	} {
		mail := read(t, rich("Re: x", c.html))
		if mail.Newest != c.newest || !mail.Has(inbound.HTMLOnly) {
			t.Errorf("%s: got %q %v, want %q", name, mail.Newest, mail.Flags, c.newest)
		}
	}
}

func TestForwardedHTML(t *testing.T) {
	for name, html := range map[string]string{
		"Gmail":              "<div>mine</div><div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>De: <b>Ana</b><br>Date: x<br></div><br>old</div>",
		"Apple":              "<div>mine</div><div>Inicio del mensaje reenviado:</div><br><blockquote type=cite><div><b>De: </b>Ana</div>old</blockquote>",
		"Outlook on the web": "<div>mine</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg><b>De:</b> M<br><b>Enviado:</b> x<br><b>Para:</b> y<br></div><div>old</div>",
		"Yahoo":              "<div>mine</div><div class=yahoo_quoted><div>----- Mensaje reenviado -----</div><div>old</div></div>",
	} {
		mail := read(t, rich("RV: x", html))
		if mail.Newest != "mine" || !strings.Contains(mail.Forwarded, "old") || !mail.Has(inbound.Forwarded) {
			t.Errorf("%s: got %q, forwarded %q %v", name, mail.Newest, mail.Forwarded, mail.Flags)
		}
	}
}

// multi makes a multipart of the given parts, each with its header.
func multi(kind string, parts ...string) string {
	return "Content-Type: multipart/" + kind + "; boundary=\"=_b\"\n\npreamble\n--=_b\n" + strings.Join(parts, "\n--=_b\n") + "\n--=_b--\nepilogue\n"
}

const (
	partPlain = "Content-Type: text/plain; charset=utf-8\n\ndelete my account please\n"
	partHTML  = "Content-Type: text/html; charset=utf-8\n\n<p>delete my <b>account</b> please</p>\n"
)

func TestParts(t *testing.T) {
	inner := strings.ReplaceAll(multi("related", partHTML, "Content-Type: image/png\nContent-ID: <1>\n\nx"), "=_b", "=_c")
	forwarded := "Content-Type: message/rfc822\n\nFrom: eve@attack.example\nSubject: inner\n\ninner words\n"
	for name, c := range map[string]struct {
		raw, newest, forwarded string
		flags                  []string
	}{
		"alternative":           {multi("alternative", partPlain, partHTML), "delete my account please", "", nil},
		"alternative, reversed": {multi("alternative", partHTML, partPlain), "delete my account please", "", nil},
		"empty plain":           {multi("alternative", "Content-Type: text/plain\n\n \n", partHTML), "delete my account please", "", []string{"html_only"}},
		"stub": {multi("alternative", "Content-Type: text/plain\n\nsee HTML\n", "Content-Type: text/html\n\n<p>"+strings.Repeat("my words ", 20)), strings.TrimSpace(strings.Repeat("my words ", 20)), "",
			[]string{"html_only"}},
		"related":              {multi("alternative", "", inner), "delete my account please", "", []string{"html_only"}},
		"attachment":           {multi("mixed", partPlain, "Content-Type: application/pdf\nContent-Disposition: attachment; filename=x.pdf\n\nx"), "delete my account please", "", []string{"attachment"}},
		"attached text":        {multi("mixed", partPlain, "Content-Disposition: attachment\n\nnot mine"), "delete my account please", "", []string{"attachment"}},
		"signed":               {multi("signed", partPlain, "Content-Type: application/pgp-signature\n\nx"), "delete my account please", "", nil},
		"two texts":            {multi("mixed", partPlain, partPlain), "delete my account please\n\ndelete my account please", "", nil},
		"attached mail":        {multi("mixed", partPlain, forwarded), "delete my account please", "inner words", []string{"forwarded"}},
		"only an attached one": {multi("mixed", forwarded), "", "inner words", []string{"forwarded", "quoted_only"}},
		"part without header":  {multi("mixed", "\nhello"), "hello", "", nil},
		"no empty line":        {multi("mixed", "hello"), "hello", "", nil},
		"broken part header":   {multi("mixed", "Content Type with space\nX y: z\nContent-Type: text/plain\n\nhello"), "hello", "", nil},
		"not closed":           {strings.Split(multi("mixed", partPlain), "\n--=_b--")[0], "delete my account please", "", nil},
		"doubled parameter":    {strings.Replace(multi("mixed", partPlain), "; boundary", "; charset=a; charset=b; boundary", 1), "delete my account please", "", nil},
		"upper case":           {strings.Replace(multi("mixed", strings.ToUpper(partPlain)), "multipart/mixed", "Multipart/MIXED", 1), "DELETE MY ACCOUNT PLEASE", "", nil},
	} {
		mail := read(t, "From: ana@guest.example\nOther key: x\n"+c.raw)
		if mail.Newest != c.newest || mail.Forwarded != c.forwarded || !slices.Equal(mail.Flags, c.flags) {
			t.Errorf("%s: got %q, forwarded %q, %v; want %q, %q, %v", name, mail.Newest, mail.Forwarded, mail.Flags, c.newest, c.forwarded, c.flags)
		}
	}
}

func TestEncodingsAndCharsets(t *testing.T) {
	long := strings.Repeat("a", 20000)
	for name, c := range map[string]struct{ header, body, newest string }{
		"base64":                {"text/plain; charset=utf-8\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte("borrad ñ")), "borrad ñ"},
		"base64, indented":      {"text/plain\nContent-Transfer-Encoding: BASE64", " aGVs\n bG8=", "hello"},
		"quoted":                {"text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable", "borrad =C3=B1 =\nya 1=2", "borrad ñ ya 1=2"},
		"quoted, long line":     {"text/plain\nContent-Transfer-Encoding: quoted-printable", long, long},
		"quoted, control":       {"text/plain\nContent-Transfer-Encoding: quoted-printable", "a\x1bb\x00c", "a b c"},
		"latin 1":               {"text/plain; charset=iso-8859-1", "borrad \xf1", "borrad ñ"},
		"windows-1256":          {"text/plain; charset=windows-1256", "\xe3\xd1\xcd\xc8\xc7", "مرحبا"},
		"windows-1255":          {"text/plain; charset=Windows-1255", "\xf9\xec\xe5\xed", "שלום"},
		"logical Hebrew":        {"text/plain; charset=iso-8859-8-i", "\xf9\xec\xe5\xed", "שלום"},
		"koi8-r":                {"text/plain; charset=koi8-r", "\xd0\xd2\xc9", "при"},
		"japanese":              {"text/plain; charset=iso-2022-jp", "\x1b$B%Q\x1b(B", "パ"},
		"none, UTF-8":           {"text/plain", "borrad ñ", "borrad ñ"},
		"none, 8-bit":           {"text/plain", "borrad \xf1", "borrad ñ"},
		"said latin, is UTF-8":  {"text/plain; charset=iso-8859-1", "borrad ñ", "borrad ñ"},
		"said UTF-8, is latin":  {"text/plain; charset=utf-8", "borrad \xf1", "borrad ñ"},
		"unknown":               {"text/plain; charset=nonsense", "borrad ñ", "borrad ñ"},
		"unknown and 8-bit":     {"text/plain; charset=nonsense", "borrad \xf1", "borrad ñ"},
		"UTF-16 that is not":    {"text/plain; charset=\"utf-8", "hola", "hola"},
		"no type":               {"", "hello", "hello"},
		"charset in its quotes": {"text/plain; charset=\"windows-1252\"", "10\x80", "10€"},
	} {
		mail := read(t, "From: a@b.example\nContent-Type: "+c.header+"\n\n"+c.body)
		if mail.Newest != c.newest {
			t.Errorf("%s: got %.60q, want %.60q", name, mail.Newest, c.newest)
		}
	}
}

func TestSubjects(t *testing.T) {
	for in, want := range map[string]string{
		"hello":                              "hello",
		"=?UTF-8?B?Ym9ycmFyIMOx?=":           "borrar ñ",
		"=?iso-8859-1?Q?borrar_=F1?=":        "borrar ñ",
		"=?utf-8?Q?a?=\n =?utf-8?Q?_b?=":     "a b",
		"=?nonsense?Q?a?=":                   "=?nonsense?Q?a?=",
		"borrar \xf1":                        "borrar ñ",
		"a\n b\n\tc":                         "a b c",
		"=?utf-8?Q?a=0D=0ABcc:_x=E2=80=AE?=": "a Bcc: x",
		strings.Repeat("x", 3000):            strings.Repeat("x", 1000),
	} {
		if mail := read(t, "Subject: "+in+"\n\nhi"); mail.Subject != want {
			t.Errorf("%.60q: got %.60q, want %.60q", in, mail.Subject, want)
		}
	}
}

func TestIDs(t *testing.T) {
	mail := read(t, "Message-ID: <a.b+c@guest.example>\nIn-Reply-To: <x@y.example>\nReferences: <1@y.example> bad <2@y.example>\n\t<3 @y> <4@y.example>x <5@y.example>\n\nhi")
	if mail.HeaderID != "<a.b+c@guest.example>" || !slices.Equal(mail.InReplyTo, []string{"<x@y.example>"}) ||
		!slices.Equal(mail.References, []string{"<1@y.example>", "<2@y.example>", "<5@y.example>"}) {
		t.Errorf("got %q %q %q", mail.HeaderID, mail.InReplyTo, mail.References)
	}
	if mail := read(t, "References: "+strings.Repeat("<old@y.example> ", 50)+"<last@y.example>\n\nhi"); len(mail.References) != 20 || mail.References[19] != "<last@y.example>" {
		t.Errorf("got %d references, want the last 20", len(mail.References))
	}
	for _, id := range []string{"a@b.example", "<a>", "<a@b.example> x", "<a@b.example>\nMessage-ID: <c@b.example>", "<a\"\n b@c.example>",
		"<a@b\x00.example>", "<a@@b.example>", "<" + strings.Repeat("a", 245) + "@b.example>", "<\u00e9@b.example>", ""} {
		if mail, _ := inbound.Read([]byte("Message-ID: " + id + "\n\nhi")); mail.HeaderID != "" {
			t.Errorf("%.40q: got %q, want none", id, mail.HeaderID)
		}
	}
}

func TestWhatCannotBeReadGoesToAnOperatorWithTheRest(t *testing.T) {
	start := "From: ana@guest.example\nSubject: x\n"
	for name, c := range map[string]struct{ raw, newest, reason string }{
		"no boundary":        {"Content-Type: multipart/mixed\n\nhello", "hello", "boundary"},
		"boundary unused":    {"Content-Type: multipart/mixed; boundary=x\n\nhello", "hello", "boundary"},
		"bad base64":         {"Content-Transfer-Encoding: base64\n\naGVsbG8g!!!!", "hello", "encoded wrongly"},
		"unknown encoding":   {"Content-Transfer-Encoding: x-uuencode\n\nhello", "hello", "unknown encoding"},
		"encrypted":          {multi("encrypted", "Content-Type: application/pgp-encrypted\n\nx"), "", "encrypted"},
		"S/MIME":             {"Content-Type: application/pkcs7-mime\n\nx", "", "S/MIME"},
		"encoded mail in it": {multi("mixed", partPlain, "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\naGVsbG8="), "delete my account please", "encoded as a whole"},
	} {
		mail, err := inbound.Read([]byte(start + c.raw))
		if fault.KindOf(err) != fault.Invalid || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: got %v, want an invalid mail because of %q", name, err, c.reason)
		}
		if mail.From.Reveal() != "ana@guest.example" || mail.Subject != "x" || mail.Newest != c.newest {
			t.Errorf("%s: got %q %q, want what could be read", name, mail.Subject, mail.Newest)
		}
	}
}
