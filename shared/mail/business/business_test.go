package business_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/business"
)

func directory() *business.Directory {
	return business.New([]business.Entry{
		{TenantID: "harbour", Name: "Harbour View Hotel", Aliases: []string{"Harbour View", "The Harbour View"}, Region: "GB", City: "Whitby", AdminEmails: []string{"gm@harbourview.example", "both@agency.example"}},
		{TenantID: "capricho", Name: "Bodega El Capricho", Region: "ES", City: "León", AdminEmails: []string{"info@capricho.example", "both@agency.example"}},
		{TenantID: "lucio", Name: "Casa Lucio", Region: "ES", City: "Madrid", AdminEmails: []string{"casalucio@gmail.com"}},
		{TenantID: "sol", Name: "Hotel Sol", Region: "ES", City: "Málaga"},
		{TenantID: "baeren", Name: "Gasthof zum Goldenen Bären", Region: "DE", City: "Freiburg"},
		{TenantID: "strasse", Name: "Café Große Straße", Region: "DE", City: "Köln"},
		{TenantID: "joe", Name: "Joe’s Fish & Chips", Region: "GB", City: "Hull"},
		{TenantID: "mouettes", Name: "Hôtel des Mouettes", Region: "FR", City: "Étretat"},
		{TenantID: "leone", Name: "Trattoria Leone d'Oro", Region: "IT", City: "Lucca"},
		{TenantID: "sereia", Name: "Pastelaria A Sereia Azul", Region: "PT", City: "Setúbal"},
		{TenantID: "zaytoun", Name: "مطعم أغصان الزيتون", Region: "AE", City: "دبي"},
		{TenantID: "shaked", Name: "מלון פריחת השקד", Region: "IL", City: "חיפה"},
		{TenantID: "twin1", Name: "The Blue Anchor", Region: "GB", City: "Deal"},
		{TenantID: "twin2", Name: "Blue Anchor", Aliases: []string{"The Blue Anchor"}, Region: "GB", City: "Crail"},
		{TenantID: "verde1", Name: "Restaurante Valdeluz", Region: "ES", City: "Soria"},
		{TenantID: "verde2", Name: "Hotel Valdeluz", Region: "ES", City: "Soria"},
	})
}

func resolved(f business.Found) string {
	var ids []string
	for _, m := range f.Resolved {
		ids = append(ids, m.TenantID)
	}
	return strings.Join(ids, " ")
}

func ids(matches []business.Match) []string {
	return strings.Fields(resolved(business.Found{Resolved: matches}))
}

// Spellings of the same place, as people write them.
func TestSpellingsOfTheSameBusinessResolve(t *testing.T) {
	d := directory()
	for _, c := range []struct{ text, want string }{
		{"I wrote to Harbour View Hotel in June", "harbour"},
		{"i messaged the harbour view about rooms", "harbour"},
		{"HARBOUR VIEW HOTEL, WHITBY", "harbour"},
		{"the chat with Harbour\nView Hotel please", "harbour"},
		{"Harbour-View Hotel's page", "harbour"},
		{"the Harbourview page", "harbour"},
		{"Hotel Harbour View", "harbour"},
		{"I wrote to @harbourviewhotel on instagram", "harbour"},
		{"see www.harbourview.example for the place", "harbour"},
		{"Delete My Data From Harbour View Hotel Please", "harbour"},
		{"Ich habe dem Harbour View Hotel Nachrichten geschickt und bitte um Löschung meiner Daten", "harbour"},
		{"escribí a la Bodega El Capricho en mayo", "capricho"},
		{"bodega el capricho", "capricho"},
		{"hablé con El Capricho por whatsapp", "capricho"},
		{"BODEGA CAPRICHO", "capricho"},
		{"Hola, en Casa Lucio me escribisteis", "lucio"},
		{"el hotel sol de malaga", "sol"},
		{"Das Gasthaus Goldenen Baren, ich war dort", "baeren"},
		{"Gasthof zum Goldenen Ba\u0308ren", "baeren"},
		{"cafe grosse strasse", "strasse"},
		{"CAFÉ GROSSE STRASSE", "strasse"},
		{"Joe's Fish and Chips", "joe"},
		{"Joes Fish & Chips", "joe"},
		{"l'hotel des mouettes", "mouettes"},
		{"l’Hôtel «Les Mouettes»", "mouettes"},
		{"Ho scritto a Leone d’Oro su Facebook", "leone"},
		{"a pastelaria Sereia Azul", "sereia"},
		{"كتبت لمطعم اغصان الزيتون", "zaytoun"},
		{"مطعم أَغصـان الزيتون", "zaytoun"},
		{"כתבתי למלון פריחת השקד", "shaked"},
		{"פניתי לפריחת השקד בפייסבוק", "shaked"},
		{"HO SCRITTO ALL'HOTEL SOL E MI RISPONDE UN ROBOT", "sol"},
		{"Hi Harbour View Hotel, and also Casa Lucio", "harbour lucio"},
	} {
		if got := resolved(d.Find("", c.text)); got != c.want {
			t.Errorf("%q resolved to %q, want %q", c.text, got, c.want)
		}
	}
}

// Other places with nearly the same name. One of these resolved would be a
// link to the wrong business's data.
func TestLookAlikesNeverResolve(t *testing.T) {
	d := directory()
	for _, text := range []string{
		"Casa Lucia", "Casa Lucía", "Casa Lúcio Norte", "La Casa de Lucía", "Lucio", "Casa Luciano", "restaurante Casa Lucio y Hijos",
		"Hotel Sole", "Hotel Sol y Mar", "the Hotel Sol Palma", "I was at Gran Hotel Sol", "Hotel Solana", "Hostal Sol", "Sol", "el sol",
		"Restaurante Sol", "tomando el sol en la playa",
		"Harbour Views Hotel", "Harbor View Hotel", "Harbour Hotel", "Harbour View Apartments", "Harbour Vue Hotel", "a view of the harbour",
		"I stayed at the Old Harbour View", "Harbour View Hotel London is what it was", "Harbour Viewpoint",
		"Bodega Los Caprichos", "Hotel El Capricho", "lo hice por capricho", "El Caprichoso", "Bodega La Caprichosa",
		"Gasthof Goldener Bär", "Gasthof zum Goldenen Hirsch", "Café Kleine Straße", "Hôtel de la Mouette", "Trattoria Leone Rosso",
		"Pastelaria Sereia Verde", "مطعم الزيتون", "مطعم أوراق الزيتون", "מלון פריחת התפוח", "השקד",
		"Valdeluz", "el Valdeluz de Soria", "write to gm@harbour-view-hotel.example", "http://harbour.view.hotel.example/", "www.harbourview.example.evil.example",
		"casalucio@gmail.com", "@casa.lucia", "tomk@gmail.com", "both@agency.example",
	} {
		if got := resolved(d.Find("", text)); got != "" {
			t.Errorf("%q resolved to %q; it is another place or no place", text, got)
		}
	}
}

func TestTheSameNameTwiceIsAmbiguous(t *testing.T) {
	d := directory()
	f := d.Find("my data", "I wrote to the Blue Anchor last year")
	if resolved(f) != "" || !slices.Equal(ids(f.Ambiguous), []string{"twin1", "twin2"}) {
		t.Errorf("resolved %v, ambiguous %v, want both twins as ambiguous", f.Resolved, f.Ambiguous)
	}
	if got := resolved(d.Find("", "I wrote to the Blue Anchor in Crail")); got != "twin2" {
		t.Errorf("with the city of one: %q, want twin2", got)
	}
	f = d.Find("", "The Blue Anchor: was it Crail or Deal?")
	if resolved(f) != "" || len(f.Ambiguous) != 2 {
		t.Errorf("with both cities: resolved %v, ambiguous %v", f.Resolved, f.Ambiguous)
	}
}

func TestNameOfOneCommonWord(t *testing.T) {
	d := business.New([]business.Entry{{TenantID: "central", Name: "Central", Aliases: []string{"Hotel Central"}}, {TenantID: "oleander", Name: "Oleander"}})
	for text, want := range map[string]string{
		"a very central hotel": "", "we stayed somewhere central": "", "Central Europe": "", "in Central London": "",
		"the Hotel Central": "central", "Restaurant Central": "", "I wrote to Oleander": "oleander",
	} {
		if got := resolved(d.Find("", text)); got != want {
			t.Errorf("%q resolved to %q, want %q", text, got, want)
		}
	}
}

func TestLongerNameWins(t *testing.T) {
	d := business.New([]business.Entry{{TenantID: "short", Name: "Casa Lucio"}, {TenantID: "long", Name: "Casa Lucio Norte"}})
	if got := resolved(d.Find("", "Escribí a Casa Lucio Norte")); got != "long" {
		t.Errorf("resolved to %q, want long", got)
	}
	if got := resolved(d.Find("", "Escribí a Casa Lucio Norte y a Casa Lucio")); got != "short long" && got != "long short" {
		t.Errorf("resolved to %q, want both", got)
	}
}

func TestAShortenedNameIsTheOneSaidInFull(t *testing.T) {
	if got := resolved(directory().Find("", "Estuve en Hotel Sol y Mar. Hotel Sol me escribió.")); got != "" {
		t.Errorf("resolved to %q, but the full name is another's", got)
	}
}

func TestSuggestionsAreRankedAndNeverResolved(t *testing.T) {
	d := directory()
	f := d.Find("", "I wrote to Harbor View Hotel")
	if resolved(f) != "" || len(f.Suggested) == 0 || f.Suggested[0].TenantID != "harbour" {
		t.Errorf("resolved %v, suggested %v, want harbour as the first suggestion", f.Resolved, f.Suggested)
	}
	if f := d.Find("", "Casa Lucia"); !slices.Contains(ids(f.Suggested), "lucio") {
		t.Errorf("suggested %v, want lucio among them", f.Suggested)
	}
	if f := d.Find("", "I wrote to Harbour View Hotel"); slices.Contains(ids(f.Suggested), "harbour") {
		t.Error("what is resolved is suggested too")
	}
	if f := d.Find("", "please help me, thank you"); len(f.Suggested) > 0 {
		t.Errorf("suggested %v for a text without a name", f.Suggested)
	}
}

func TestAdminOf(t *testing.T) {
	d := directory()
	for address, want := range map[string]string{
		"gm@harbourview.example":              "harbour",
		"GM@HarbourView.example":              "harbour",
		"both@agency.example":                 "harbour capricho",
		"gm@harbourview.example.evil.example": "", "xgm@harbourview.example": "", "gm@harbourview": "", "": "",
		"gm@harbourv\u0456ew.example":      "", // a Cyrillic letter
		"boss@mi\u212Ala.example":          "", // the Kelvin sign
		"gm@harbourview.example\u2000":     "",
		" gm@harbourview.example":          "",
		"gm@harbourview.example@x.example": "",
		"<gm@harbourview.example>":         "",
		"gm@harbourview.example\x00":       "",
		"gm+x@harbourview.example":         "",
	} {
		if got := strings.Join(d.AdminOf(address), " "); got != want {
			t.Errorf("AdminOf(%q) = %q, want %q", address, got, want)
		}
	}
	kelvin := business.New([]business.Entry{{TenantID: "m", Name: "M", AdminEmails: []string{"boss@mikla.example"}}})
	if got := kelvin.AdminOf("boss@mi\u212Ala.example"); got != nil {
		t.Errorf("the Kelvin sign became a k: %v", got)
	}
}

func TestBusinessHandles(t *testing.T) {
	d := directory()
	for handle, want := range map[string]bool{"harbourviewhotel": true, "harbour_view": true, "harbour.view.hotel": true, "tom.kaczmarek.7": false, "": false, "casalucia": false} {
		if got := d.IsBusinessHandle(handle); got != want {
			t.Errorf("IsBusinessHandle(%q) = %v, want %v", handle, got, want)
		}
	}
}

func TestAdminsHaveTheirBusiness(t *testing.T) {
	want := []business.Match{{TenantID: "lucio", Name: "Casa Lucio", Region: "ES", How: "admin on file"}}
	if got := directory().Admins("casalucio@gmail.com"); !slices.Equal(got, want) {
		t.Errorf("Admins = %+v, want %+v", got, want)
	}
	if got := directory().Admins("tom@gmail.com"); len(got) > 0 {
		t.Errorf("a guest is an admin of %+v", got)
	}
}

func FuzzFind(f *testing.F) {
	d := directory()
	for _, seed := range []string{"Casa Lucio", "the Blue Anchor in Crail", "לפריחת השקד", "@harbourviewhotel http://x.example/", "\xff & \u0301"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, subject, body string) {
		found := d.Find(subject, body)
		for _, m := range found.Resolved {
			if slices.Contains(ids(found.Ambiguous), m.TenantID) || slices.Contains(ids(found.Suggested), m.TenantID) {
				t.Fatalf("%s is resolved and something else too", m.TenantID)
			}
		}
	})
}
