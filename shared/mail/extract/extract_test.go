package extract_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/extract"
)

func show(handles []extract.Handle) string {
	var out []string
	for _, h := range handles {
		out = append(out, h.Platform+":"+h.Handle)
	}
	return strings.Join(out, " ")
}

func TestHandles(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// after an @
		{"My Instagram is @Tom.Kaczmarek.7.", "instagram:tom.kaczmarek.7"},
		{"delete everything of @tom_k, thanks", ":tom_k"},
		{"@tom_k (Instagram)", "instagram:tom_k"},
		{"I wrote on Facebook. My user is @tomk77", "facebook:tomk77"},
		{"On Facebook I am @tomk1 and on Instagram @tomk2", "facebook:tomk1 instagram:tomk2"},
		{"mon insta c'est @lea.mrn", "instagram:lea.mrn"},
		{"حسابي على انستغرام @sara_a", "instagram:sara_a"},
		{"האינסטגרם שלי @noa.l", "instagram:noa.l"},
		{"ＩＧ ＠tom_k", "instagram:tom_k"},
		{"\u200f@sara_a\u200f انستغرام", "instagram:sara_a"},
		{"IG: @tom_", "instagram:tom_"},
		// not the writer's
		{"I wrote to @harbourviewhotel on Instagram", ""},
		{"I messaged @harbourviewhotel", ""},
		{"escribí a @bodega.capricho", ""},
		{"Ich habe an @harbour.view geschrieben", ""},
		// addresses are no handles
		{"write me at tom.k@mail.example or tom@mail.example", ""},
		{"tom.k @ mail.example", ""},
		{"tom (at) gmail.com", ""},
		{"my instagram is tom.k@gmail.com", ""},
		// links
		{"https://www.instagram.com/Tom.K_7/?hl=en", "instagram:tom.k_7"},
		{"instagram.com/tom.k and facebook.com/tom.kaczmarek.7/", "instagram:tom.k facebook:tom.kaczmarek.7"},
		{"m.facebook.com/tom.kaczmarek.7, m.me/tomk fb.com/tomk2", "facebook:tom.kaczmarek.7 facebook:tomk facebook:tomk2"},
		{"https://www.instagram.com/p/Cxyz123/ https://www.facebook.com/groups/123 facebook.com/policies", ""},
		{"https://www.facebook.com/profile.php?id=1234567890", "facebook:1234567890"},
		// after words
		{"Instagram: tomkaczmarek", "instagram:tomkaczmarek"},
		{"instagram username tomkaczmarek", "instagram:tomkaczmarek"},
		{"my insta is tomkaczmarek and I want", "instagram:tomkaczmarek"},
		{"my IG handle is TomK.", "instagram:tomk"},
		{"fb tom.kaczmarek.7 please", "facebook:tom.kaczmarek.7"},
		{"username: tomkaczmarek (instagram)", "instagram:tomkaczmarek"},
		{"my user name on facebook is \"tomkaczmarek\"", "facebook:tomkaczmarek"},
		{"Mi usuario de Instagram es lucia.fdez", "instagram:lucia.fdez"},
		{"mi cuenta de instagram es luciaf.", "instagram:luciaf"},
		{"usuario: luciafdez", ":luciafdez"},
		{"Mon compte Instagram : lea_mrn", "instagram:lea_mrn"},
		{"mon nom d'utilisateur est leamrn", ":leamrn"},
		{"Mein Benutzername bei Instagram lautet hannes_b", "instagram:hannes_b"},
		{"Mein Instagram-Konto heißt hannesb.", "instagram:hannesb"},
		{"Il mio nome utente Instagram è giulia.r", "instagram:giulia.r"},
		{"nome utente: giuliarossi", ":giuliarossi"},
		{"O meu nome de utilizador no Instagram é rui_costa9", "instagram:rui_costa9"},
		{"meu usuário do Instagram é ruicosta", "instagram:ruicosta"},
		{"اسم المستخدم: sara.ahmad", ":sara.ahmad"},
		{"اسم المستخدم في انستغرام هو saraahmad", "instagram:saraahmad"},
		{"حسابي على فيسبوك sara.ahmad.5", "facebook:sara.ahmad.5"},
		{"שם המשתמש שלי באינסטגרם הוא noalevi", "instagram:noalevi"},
		{"שם משתמש: noa_levi", ":noa_levi"},
		{"my whatsapp username is tomk_wa", "whatsapp:tomk_wa"},
		// without a word before it
		{"I'm lou.b.righton on Instagram. No hurry.", "instagram:lou.b.righton"},
		{"My user name on that service is ciara.codes. The messages", ":ciara.codes"},
		{"I was writing in Instagram, name of mine there kowal_ania.", "instagram:kowal_ania"},
		{"Su Instagram sono nonna_pina_46, avevo scritto", "instagram:nonna_pina_46"},
		{"אני maya_vegan באינסטגרם", "instagram:maya_vegan"},
		{"מהאינסטגרם שלי @eitan_f", "instagram:eitan_f"},
		{"my insta @ joss.whit", "instagram:joss.whit"},
		{"Instagram username: “carl.the.3rd”.", "instagram:carl.the.3rd"},
		{"(Instagram die.webers und opa.weber)", "instagram:die.webers instagram:opa.weber"},
		{"at Harbour View Hotel\n\n@perry.inline, instagram", "instagram:perry.inline"},
		{"(identifiant : hubert.de.m) sur Instagram", "instagram:hubert.de.m"},
		// prose
		{"Please process my account closure", ""},
		{"fermer le compte de L'Auberge d'Émile", ""},
		{"me llamo Ana, usuario no tengo. Facebook", ""},
		{"Write on Facebook or on Instagram.Then delete all", ""},
		{"see report_2026.pdf and the file my_chat.png from Facebook", ""},
		{"tom @ gmail.com is my mail, not my facebook", ""},
		{"my instagram account has been hacked", ""},
		{"My Instagram is private. Delete my account please.", ""},
		{"on instagram please delete everything", ""},
		{"I used Facebook 3 years ago at 10pm", ""},
		{"Instagram.Please delete my account.Thanks", ""},
		{"Mi cuenta de Instagram está bloqueada y quiero borrar", ""},
		{"Mein Facebook Konto wurde gesperrt", ""},
		{"how do you handle data of users", ""},
		{"my name on Facebook is Tom Kaczmarek", ""},
		{"Facebook: Tom Kaczmarek", ""},
		{"account number 12345678, Instagram, 2026", ""},
		{"", ""},
	} {
		if got := show(extract.From("", c.text).Handles); got != c.want {
			t.Errorf("%q has handles %q, want %q", c.text, got, c.want)
		}
	}
	if got := show(extract.From("Instagram @tom_k", "delete it").Handles); got != "instagram:tom_k" {
		t.Errorf("the subject's handle was read as %q", got)
	}
}

func TestScopedIDs(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"my id is 7123456789012345", "7123456789012345"},
		{"PSID: 7123456789012345, IGSID 98765432101234567.", "7123456789012345 98765432101234567"},
		{"المعرف ٧١٢٣٤٥٦٧٨٩٠١٢٣٤٥", "7123456789012345"},
		{"user ES.13491208655302741918", "ES.13491208655302741918"},
		{"es.13491208655302741918", "ES.13491208655302741918"},
		{"https://www.facebook.com/profile.php?id=100012345678901", "100012345678901"},
		{"facebook.com/people/Tom-K/100012345678901/", "100012345678901"},
		{"booking number 712345678901234", ""},
		{"my card is 4111111111111111", ""},
		{"my booking was in May, my Facebook ID 7123456789012345", "7123456789012345"},
		{"+712345678901234", ""},
		{"12345678901234", ""},
		{"712345678901234567", ""},
		{"x7123456789012345 and 7123456789012345y", ""},
		{"1.7123456789012345 and 7123456789012345.50", ""},
	} {
		if got := strings.Join(extract.From("", c.text).ScopedIDs, " "); got != c.want {
			t.Errorf("%q has IDs %q, want %q", c.text, got, c.want)
		}
	}
}

func TestCodes(t *testing.T) {
	const code = "H5ZPQWQJ7Z5ZMC32BHQ45KYW"
	for _, c := range []struct{ text, want string }{
		{code, code},
		{"my code is " + strings.ToLower(code) + ".", code},
		{"H5ZP-QWQJ-7Z5Z-MC32-BHQ4-5KYW", code},
		{"code h5zp qwqj 7z5z mc32 bhq4 5kyw thanks", code},
		{"H5ZPQW QJ7Z5Z MC32BH Q45KYW", code},
		{"Código: H5ZPQWQJ7Z5Z\nMC32BHQ45KYW", code},
		{"H5ZPQWQJ7Z5ZMC32B\n  HQ45KYW", code},
		{"H 5 Z P Q W Q J 7 Z 5 Z M C 3 2 B H Q 4 5 K Y W", code},
		{"H5ZP – QWQJ – 7Z5Z – MC32 – BHQ4 – 5KYW", code},
		{"الرمز: " + code, code},
		{"https://privacy.mikla.ai/status/" + code, code},
		{"codice ABCDEFGHIJKLMNOPQRSTUVWX", "ABCDEFGHIJKLMNOPQRSTUVWX"},
		{"my code abcdefghijklmnopqrstuvwx", "ABCDEFGHIJKLMNOPQRSTUVWX"},
		{code + " and 5CGXWK26QACOEVEHNSDANKJQ", code + " 5CGXWK26QACOEVEHNSDANKJQ"},
		{"please delete my accounts", ""},
		{"what does this code mean, tell me now please", ""},
		{"I wrote 2 months ago to you about my 3 rooms and 4 beds", ""},
		{"PLEASE DELETE MY ACCOUNT NOW", ""},
		{"that will come from your team with love 2", ""},
		{"donaudampfschifffahrtsge", ""},
		{code + "A", ""},
		{code[:23], ""},
		{"0" + code[1:], ""},
		{"x_" + code, ""},
	} {
		if got := strings.Join(extract.From("", c.text).Codes, " "); got != c.want {
			t.Errorf("%q has codes %q, want %q", c.text, got, c.want)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"My name on Facebook is Tom Kaczmarek and I want", "Tom Kaczmarek"},
		{"my facebook name is tom kaczmarek", "tom kaczmarek"},
		{"My name is Tom.", "Tom"},
		{"I wrote under the name \"tom the great\"", "tom the great"},
		{"Name: Tom Kaczmarek\nThanks", "Tom Kaczmarek"},
		{"Facebook: Tom Kaczmarek", "Tom Kaczmarek"},
		{"my facebook is Tom Kaczmarek", "Tom Kaczmarek"},
		{"Me llamo Lucía F. y quiero", "Lucía F"},
		{"Mi nombre en Facebook es Ana de la Cruz.", "Ana de la Cruz"},
		{"Je m’appelle Léa Morin, je", "Léa Morin"},
		{"Mon nom sur Facebook est Léa Morin", "Léa Morin"},
		{"Ich heiße Hannes Bäcker und möchte", "Hannes Bäcker"},
		{"Ich heiße auf Facebook Hannes Bäcker", "Hannes Bäcker"},
		{"Mein Name auf Facebook ist Hannes Bäcker", "Hannes Bäcker"},
		{"Mi chiamo Giulia Rossi e vorrei", "Giulia Rossi"},
		{"Il mio nome su Facebook è Giulia Rossi", "Giulia Rossi"},
		{"Chamo-me Rui Costa e", "Rui Costa"},
		{"O meu nome no Facebook é Rui Costa", "Rui Costa"},
		{"اسمي على فيسبوك سارة أحمد وأريد حذف بياناتي", "سارة أحمد"},
		{"اسمي سارة أحمد.", "سارة أحمد"},
		{"השם שלי בפייסבוק הוא נועה לוי", "נועה לוי"},
		{"שמי נועה לוי ואני רוצה", "נועה לוי"},
		{"my name on instagram is tom_k7", ""},
		{"واسمي على فيسبوك هو عبد الرحمن حداد. أطلب", "عبد الرحمن حداد"},
		{"השם שלי בפייסבוק הוא אסתר בן דוד.", "אסתר בן דוד"},
		{"راسلت فندق الياسمين وأريد حذف بياناتي", ""},
		{"her name is Anna Kaczmarek", ""},
		{"the name of the hotel is Harbour View", ""},
		{"Best regards, Tom Kaczmarek", ""},
		{"delete my name from your files", ""},
	} {
		if got := strings.Join(extract.From("", c.text).Names, "|"); got != c.want {
			t.Errorf("%q has names %q, want %q", c.text, got, c.want)
		}
	}
}

func TestMonths(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"I wrote in March 2026", "2026-03"}, {"en mayo de 2025", "2025-05"}, {"au mois de février", "02"},
		{"im März", "03"}, {"a giugno 2026", "2026-06"}, {"em setembro", "09"}, {"في مارس ٢٠٢٦", "2026-03"}, {"במרץ 2026", "2026-03"},
		{"you may write", ""}, {"March on", ""},
	} {
		if got := strings.Join(extract.From("", c.text).When, " "); got != c.want {
			t.Errorf("%q was when %q, want %q", c.text, got, c.want)
		}
	}
}

func TestPhones(t *testing.T) {
	for _, c := range []struct{ text, regions, want string }{
		{"+34 600 000 021", "", "+34600000021"},
		{"(+34) 600-000-021", "", "+34600000021"},
		{"my WhatsApp: 0034 600000021", "", "+34600000021"},
		{"my WhatsApp is 600 000 021", "ES", "+34600000021"},
		{"mi número de whatsapp es 600.000.021", "GB ES", "+34600000021"},
		{"600000021 (WhatsApp)", "ES", "+34600000021"},
		{"whatsapp 34600000021", "", "+34600000021"},
		{"wa.me/34600000021", "", "+34600000021"},
		{"+34 600 000 021 18:30", "", "+34600000021"},
		{"mobile 07700 900123", "GB", "+447700900123"},
		{"mobile 07700 900123", "GB ES", ""},
		{"mobile 123456789", "GB", ""},
		{"https://api.whatsapp.com/send?phone=34600000021&text=x", "", "+34600000021"},
		{"رقم الواتساب \u202a+٣٤ ٦٠٠ ٠٠٠ ٠٢١\u202c", "", "+34600000021"},
		{"רقم וואטסאפ ０５４-１２３４５６７", "IL", "+972541234567"},
		{"Handynummer: 0151 23456789", "DE", "+4915123456789"},
		{"portable 06 12 34 56 78", "FR", "+33612345678"},
		{"+44 (0)20 7946 0018", "", "+442079460018"},
		{"whatsapp 600 000 021", "", ""},
		{"600 000 021", "ES", ""},
		{"booking number 600000021", "ES", ""},
		{"número de reserva 600000021", "ES", ""},
		{"my phone, on 12.03.2026 18", "ES GB DE", ""},
		{"+34 600", "", ""},
		{"+99 123 456 789", "", ""},
		{"id 7123456789012345 whatsapp", "GB", ""},
		{"code H5Z+34600000021", "", ""},
		{"+34600000021 and again +34 600 000 021", "", "+34600000021"},
	} {
		if got := strings.Join(extract.Phones(c.text, strings.Fields(c.regions)), " "); got != c.want {
			t.Errorf("%q (%s) has phones %q, want %q", c.text, c.regions, got, c.want)
		}
	}
}

func TestDetailsDoNotPrintThemselves(t *testing.T) {
	d := extract.From("", "Instagram: tomkaczmarek, my name is Tom Kaczmarek")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("read", "details", d, "handle", d.Handles[0])
	for _, got := range []string{fmt.Sprintf("%v %+v %#v %s", d, d, d, d), fmt.Sprint(d.Handles), log.String()} {
		if strings.Contains(strings.ToLower(got), "kaczmarek") {
			t.Errorf("printed %s", got)
		}
	}
	if encoded, _ := json.Marshal(d.Handles[0]); string(encoded) != `{"platform":"instagram","handle":"tomkaczmarek"}` {
		t.Errorf("encoded as %s", encoded)
	}
}

var (
	codeForm   = regexp.MustCompile(`^[A-Z2-7]{24}$`)
	handleForm = regexp.MustCompile(`^[a-z0-9._]{1,50}$`)
	idForm     = regexp.MustCompile(`^(?:\d{15,17}|[A-Z]{2}\.\d{15,30})$`)
	phoneForm  = regexp.MustCompile(`^\+\d{6,15}$`)
)

// What comes out has the form that the ledger's keys have, whatever comes in.
func FuzzFrom(f *testing.F) {
	for _, seed := range []string{"Instagram: @tom.k", "H5ZP-QWQJ-7Z5Z-MC32-BHQ4-5KYW", "me llamo Lucía F.", "whatsapp +34 600 000 021",
		"facebook.com/profile.php?id=100012345678901", "ES.13491208655302741918", "حسابي على انستغرام sara_a", "\xff@\x00"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, subject, body string) {
		d := extract.From(subject, body)
		for _, h := range d.Handles {
			if !handleForm.MatchString(h.Handle) || !slices.Contains([]string{"", "instagram", "facebook", "whatsapp"}, h.Platform) {
				t.Errorf("handle %s:%q", h.Platform, h.Handle)
			}
		}
		for form, all := range map[*regexp.Regexp][]string{codeForm: d.Codes, idForm: d.ScopedIDs, phoneForm: extract.Phones(body, []string{"GB", "ES", "DE"})} {
			for _, v := range all {
				if !form.MatchString(v) {
					t.Errorf("%q is not %s", v, form)
				}
			}
		}
		for _, name := range d.Names {
			if name == "" || len(name) > 300 || strings.ContainsAny(name, "\n\x00@") {
				t.Errorf("name %q", name)
			}
		}
	})
}
