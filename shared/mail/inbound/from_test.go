package inbound_test

import (
	"strings"
	"testing"

	"github.com/mikla-ai/data-deletion/shared/mail/inbound"
	"github.com/mikla-ai/data-deletion/shared/personal"
)

const (
	admin    = "admin@hotel-sol.example"
	attacker = "eve@attack.example"
)

// attacks are headers with which somebody wants to be taken for the admin. In
// each there is a reader of mail that finds the admin, and one that does not.
// The families are those of "Composition Kills" (USENIX Security 2020).
var attacks = map[string]string{
	// several fields
	"two fields":                    "From: " + admin + "\r\nFrom: " + attacker,
	"two fields, the other first":   "From: " + attacker + "\r\nFrom: " + admin,
	"two fields, another case":      "From: " + admin + "\r\nfROM: " + attacker,
	"space before the colon":        "From : " + admin,
	"space before it, and a second": "From: " + admin + "\r\nFrom : " + attacker,
	"tab before the colon":          "From\t: " + admin,
	"folded name":                   "From\r\n : " + admin,
	"leading space":                 " From: " + admin,
	"leading space, and a second":   " From: " + admin + "\r\nFrom: " + attacker,
	"leading space elsewhere":       " X-A: b\r\nFrom: " + admin,
	"spaces before the field":       "X-A: b\r\n \r\nFrom: " + admin,
	"one bare LF":                   "X-A: b\nFrom: " + admin,
	"one bare LF, in the field":     "From:\n " + admin,
	"continuation like a field":     "From: " + admin + "\r\n From: " + attacker,
	"continuation elsewhere":        "Subject: hello\r\n\tFrom: " + attacker + "\r\nFrom: " + admin,
	"continuation, folded again":    "From: " + admin + "\r\nX-A: b\r\n From:\r\n " + attacker,
	"continuation of spaces only":   "From: " + admin + "\r\n \r\n" + "From: " + attacker,
	"NUL in the name":               "From\x00: " + admin,
	"NUL in the value":              "From: " + admin + "\x00" + attacker,
	"NUL elsewhere":                 "X-A: \x00\r\nFrom: " + admin,
	"bare CR before a second":       "From: " + admin + "\r\nX-A: b\rFrom: " + attacker,
	"bare LF before a second":       "From: " + admin + "\r\nX-A: b\nFrom: " + attacker,
	"bare LF before the first":      "X-A: b\nFrom: " + admin + "\r\nFrom: " + attacker,
	"a line without a colon":        "hello\r\nFrom: " + admin,
	"a name with a space":           "Other key: b\r\nFrom: " + admin,
	"a name with a letter beyond":   "Fr\u043em: b\r\nFrom: " + admin,
	"mbox line":                     "From " + attacker + " Mon Nov 20 10:00:00 2026\r\nFrom: " + admin,

	// fields that stand in for From
	"Sender":          "Sender: " + admin,
	"Sender and From": "Sender: " + admin + "\r\nFrom: " + attacker,
	"Resent-From":     "Resent-From: " + admin + "\r\nFrom: " + attacker,
	"Reply-To":        "Reply-To: " + admin + "\r\nFrom: " + attacker,
	"no field":        "Apparently-From: " + admin,
	"X-From":          "X-From: " + admin,

	// several mailboxes
	"list":                    "From: " + admin + ", " + attacker,
	"list in angles":          "From: <" + admin + ">, <" + attacker + ">",
	"list without a second @": "From: " + admin + ", eve",
	"list by semicolon":       "From: " + admin + "; " + attacker,
	"empty element":           "From: ," + admin,
	"bare and angles":         "From: " + admin + " <" + attacker + ">",
	"bare, comma, angles":     "From: " + admin + ",<" + attacker + ">",
	"two angles":              "From: <" + admin + "><" + attacker + ">",
	"angle in angle":          "From: <<" + admin + ">>",
	"space separated":         "From: " + admin + " " + attacker,
	"group":                   "From: undisclosed: " + admin + ";",
	"group of two":            "From: staff: " + admin + ", " + attacker + ";",
	"empty group":             "From: " + "staff:;",

	// words around the address
	"comment before":             "From: (hello) " + admin,
	"comment after":              "From: " + admin + " (Admin)",
	"comment with an address":    "From: " + admin + " (" + attacker + ")",
	"comment within":             "From: admin(x)@hotel-sol.example",
	"comment in the domain":      "From: admin@(attack.example)hotel-sol.example",
	"comment instead of a local": "From: admin@hotel-sol(@attack.example).example",
	"address as a name":          "From: \"" + admin + "\" <" + attacker + ">",
	"address as a plain name":    "From: " + admin + " <eve@attack.example>",
	"text after the angle":       "From: <" + admin + "> eve",
	"quoted local part":          "From: \"admin\"@hotel-sol.example",
	"quoted address":             "From: \"admin@hotel-sol.example\"",
	"quoted pair in the name":    "From: \"x\\\" <" + admin + ">",
	"quoted pair in the address": "From: adm\\in@hotel-sol.example",
	"open quote":                 "From: \"x <" + admin + ">",
	"angle in a quote":           "From: \"<x>\" <" + admin + ">",
	"route":                      "From: <@attack.example:" + admin + ">",
	"route of two":               "From: <@a.example,@b.example:" + admin + ">",
	"percent route":              "From: admin%hotel-sol.example@attack.example",
	"bang route":                 "From: attack.example!admin@hotel-sol.example",
	"space in the address":       "From: admin @hotel-sol.example",
	"space after the @":          "From: admin@ hotel-sol.example",
	"open angle":                 "From: <" + admin,
	"closing angle":              "From: " + admin + ">",

	// encodings
	"encoded address":         "From: =?utf-8?B?YWRtaW5AaG90ZWwtc29sLmV4YW1wbGU=?=",
	"encoded angle":           "From: =?utf-8?Q?=3Cadmin=40hotel-sol.example=3E?= <" + attacker + ">",
	"encoded local part":      "From: =?utf-8?Q?admin?=@hotel-sol.example",
	"encoded then address":    "From: =?utf-8?Q?a=00?=" + admin,
	"encoded in angles":       "From: <=?utf-8?Q?admin?=@hotel-sol.example>",
	"a wide @ in a name":      "From: eve\uff20attack <" + admin + ">",
	"a wide space in a name":  "From: eve\u2000attack <" + admin + ">",
	"an override in a name":   "From: eve\u202eattack <" + admin + ">",
	"a raw wide address":      "From: \u0430dmin@hotel-sol.example",
	"8-bit in a name":         "From: Jos\xe9 <" + admin + ">",
	"punycode of a lookalike": "From: admin@xn--htel-sol-07a.example",

	// lookalikes
	"Cyrillic a":               "From: \u0430dmin@hotel-sol.example",
	"Cyrillic o in the domain": "From: admin@h\u043etel-sol.example",
	"long s":                   "From: admin@hotel-\u017fol.example",
	"fullwidth @":              "From: admin\uff20hotel-sol.example",
	"fullwidth letters":        "From: \uff41dmin@hotel-sol.example",
	"ideographic full stop":    "From: admin@hotel-sol\u3002example",
	"zero width space":         "From: ad\u200bmin@hotel-sol.example",
	"soft hyphen":              "From: admin@hotel\u00ad-sol.example",
	"right-to-left override":   "From: \u202eelpmaxe.los-letoh@nimda",
	"trailing en quad":         "From: " + admin + "\u2000",
	"trailing no-break space":  "From: " + admin + "\u00a0",
	"dotless i":                "From: adm\u0131n@hotel-sol.example",
	"digit for a letter":       "From: admin@hotel-s0l.example",
	"another hyphen":           "From: admin@hotel\u2010sol.example",

	// other domains
	"appended domain":    "From: " + admin + ".attack.example",
	"prepended domain":   "From: admin@attack-hotel-sol.example",
	"subdomain":          "From: admin@mail.hotel-sol.example",
	"trailing dot":       "From: " + admin + ".",
	"double dot":         "From: admin@hotel-sol..example",
	"leading dot":        "From: .admin@hotel-sol.example",
	"address literal":    "From: admin@[192.0.2.1]",
	"one label":          "From: admin@hotel-sol",
	"plus":               "From: admin+x@hotel-sol.example",
	"hyphen at the edge": "From: admin@-hotel-sol.example",
	"underscore":         "From: admin@hotel_sol.example",
	"empty":              "From: ",
	"angles, empty":      "From: <>",
	"two @":              "From: admin@hotel-sol.example@attack.example",
	"a long name":        "From: " + strings.Repeat("a ", 2000) + "<" + admin + ">",
	"beyond the limit":   "From: " + admin + "\r\nX-Long: " + strings.Repeat("x", inbound.MaxHeader) + "\r\nFrom: " + attacker,
}

func TestNobodyIsTakenForTheAdmin(t *testing.T) {
	if len(attacks) < 90 {
		t.Fatalf("%d attacks, expected all the families", len(attacks))
	}
	for name, header := range attacks {
		for _, more := range []string{"To: privacy@mikla.ai\r\n", ""} {
			mail, _ := inbound.Read([]byte(header + "\r\n" + more + "\r\nclose my account\r\n"))
			if inbound.Same(mail.From, personal.New(admin)) {
				t.Errorf("%s: taken for the admin", name)
			}
			if mail.From.IsEmpty() == (mail.FromProblem == "") {
				t.Errorf("%s: From empty %v, problem %q; want exactly one of them", name, mail.From.IsEmpty(), mail.FromProblem)
			}
			if strings.Contains(mail.FromProblem, "example") {
				t.Errorf("%s: the problem quotes the header: %s", name, mail.FromProblem)
			}
		}
	}
}

func TestHonestSendersAreRead(t *testing.T) {
	dkim := "DKIM-Signature: v=1; a=rsa-sha256; d=hotel-sol.example; s=s1;\r\n\th=Date:To:Subject:\r\n\t From:To:Message-ID; bh=AAAA=\r\n"
	for name, c := range map[string]struct{ header, address string }{
		"bare":                 {"From: " + admin, admin},
		"no space":             {"From:" + admin, admin},
		"angles":               {"From: <" + admin + ">", admin},
		"name":                 {"From: Ana Admin <" + admin + ">", admin},
		"name without a gap":   {"From: Ana<" + admin + ">", admin},
		"quoted name":          {"From: \"Admin, Ana (Hotel Sol): desk\" <" + admin + ">", admin},
		"name with a dot":      {"From: Ana B. Admin <" + admin + ">", admin},
		"encoded name":         {"From: =?UTF-8?Q?Jos=C3=A9?= =?UTF-8?B?w6k=?= <" + admin + ">", admin},
		"encoded with an @":    {"From: =?UTF-8?Q?x=40y?= <" + admin + ">", admin},
		"raw letters":          {"From: Jos\u00e9 \u05d3\u05e0\u05d4 <" + admin + ">", admin},
		"raw letters quoted":   {"From: \"Mu\u00f1oz, Jos\u00e9\" <" + admin + ">", admin},
		"folded":               {"From: =?UTF-8?Q?Jos=C3=A9?=\r\n <" + admin + ">", admin},
		"lower-case name":      {"from: " + admin, admin},
		"upper-case domain":    {"From: admin@HOTEL-Sol.Example", admin},
		"local keeps its case": {"From: Admin@hotel-sol.example", "Admin@hotel-sol.example"},
		"plus and dots":        {"From: a.b+c_d@sub.hotel-sol.example", "a.b+c_d@sub.hotel-sol.example"},
		"punycode":             {"From: ana@xn--hotel-sol-07a.example", "ana@xn--hotel-sol-07a.example"},
		"signed":               {dkim + "From: " + admin, admin},
		"with a Sender":        {"Sender: " + attacker + "\r\nFrom: " + admin, admin},
	} {
		for ends, header := range map[string]string{"CRLF": c.header + "\r\n\r\nhello\r\n", "LF": strings.ReplaceAll(c.header, "\r\n", "\n") + "\n\nhello\n"} {
			mail, err := inbound.Read([]byte(header))
			if got := mail.From.Reveal(); err != nil || got != c.address || mail.FromProblem != "" {
				t.Errorf("%s, %s: got %q (%s) %v, want %q", name, ends, got, mail.FromProblem, err, c.address)
			}
		}
	}
}

func TestAnEncodedAddressIsNone(t *testing.T) {
	for _, value := range []string{"=?utf-8?Q?eve?=@attack.example", "x <=?utf-8?B?ZXZl?=@attack.example>"} {
		if mail := read(t, "From: "+value+"\n\nhi"); !mail.From.IsEmpty() {
			t.Errorf("%s: got an address, want none: a reader that decodes finds another", value)
		}
	}
}

func TestSameMailbox(t *testing.T) {
	for name, c := range map[string]struct {
		a, b string
		same bool
	}{
		"equal":       {admin, admin, true},
		"case":        {"Admin@Hotel-Sol.example", admin, true},
		"Kelvin sign": {"admin@mi\u212Ala.example", "admin@mikla.example", false},
		"long s":      {"admin@hotel-\u017fol.example", admin, false},
		"both odd":    {"\u0430@b.example", "\u0430@b.example", false},
		"space":       {admin + " ", admin, false},
		"empty":       {"", "", false},
	} {
		if got := inbound.Same(personal.New(c.a), personal.New(c.b)); got != c.same {
			t.Errorf("%s: got %v, want %v", name, got, c.same)
		}
	}
}
