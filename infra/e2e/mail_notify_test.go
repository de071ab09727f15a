package e2e

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestMailMeWhenItIsDone: whoever asked through Meta gives an address on the status page,
// confirms it by a letter, and is told the end.
func TestMailMeWhenItIsDone(t *testing.T) {
	ctx := deadline(t, time.Minute)
	const address = "subscriber@correo.example"
	s := scene{user: "10150000000558000", lead: "l_notify", messages: 8}
	s.play(t, ctx)
	accepted, status := erase(t, ctx, s.user)
	requireOutcome(t, status, "completed")
	requireSays(t, visit(t, ctx, "POST", "/status/"+accepted.Code+"/notify?lang=fr", url.Values{"email": {address}}), 200, `lang="fr"`)
	optIn := awaitLetter(t, ctx, address, 1)
	link := find(t, optIn, linked)
	scan(t, ctx, link)
	if n := len(lettersTo(t, ctx, address)); n != 1 {
		t.Fatalf("%d letters were sent before the address was confirmed", n)
	}
	requireSays(t, visit(t, ctx, "POST", link, nil), 200, `lang="fr"`)
	done := awaitLetter(t, ctx, address, 2)
	if !strings.Contains(done.HTML, `lang="fr"`) || find(t, done, statused) != accepted.Code {
		t.Errorf("the letter that tells the end is %q", done.Subject)
	}
	requireForgottenMail(t, ctx, accepted.Code, address, s.lead)
	requireUsedUp(t, ctx, link)
}

// TestNothingRemembersWhoWrote looks for a person who came by mail in everything that is
// left, as the other test does for one who came from Meta.
func TestNothingRemembersWhoWrote(t *testing.T) {
	ctx := deadline(t, 2*time.Minute)
	const from = canaryText + "@correo.example"
	w := world{}
	w.guest("t_faro", "l_"+canaryText, canaryText+".88", "Lola "+canaryText)
	seed(t, ctx, w)
	if len(sightings(everything(t, ctx))) == 0 {
		t.Fatal("nothing is found before: the search finds nothing")
	}
	challenge := ask(t, ctx, from, canaryText+".88")
	status := confirm(t, ctx, challenge, "Lola "+canaryText)
	requireOutcome(t, status, "completed")
	awaitLetter(t, ctx, from, 2)
	requireForgottenMail(t, ctx, find(t, challenge, statused), canaryText)
	drainLetters(t, ctx)
	for _, sighting := range sightings(everything(t, ctx)) {
		// The post office and the SES of the local stack remember whom they wrote to, as a
		// post office of somebody else's may.
		if !strings.HasPrefix(sighting, "page /_local/") && !(strings.HasPrefix(sighting, "moto") && strings.HasSuffix(sighting, " in "+from)) {
			t.Error(sighting)
		}
	}
}
