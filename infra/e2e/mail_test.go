package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/smtp"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/infra/local/client"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
)

const (
	privacyAt  = "privacy@mikla.ai"
	mailBucket = "mikla-dev-mail-000000000000"
)

// houses are the businesses that the mails of these tests name. They are loaded before the
// first mail comes, since the function that reads mails keeps them for a minute.
var houses = map[string]struct{ name, admins string }{
	"t_faro":    {"Hotel Faro Azul", "direccion@faroazul.example"},
	"t_amapola": {"Casa Amapola", "ana@amapola.example luis@amapola.example"},
	"t_jazmin":  {"Patio del Jazmín", "duena@jazmin.example"},
	"t_otter":   {"Otter Lodge", "owner@otterlodge.example"},
}

func openHouses(ctx context.Context) error {
	w := world{}
	for tenant, house := range houses {
		w.add("tenants", client.Item{"tenant_id": tenant, "name": house.name, "aliases": []string{}, "city": "Sevilla", "region": "ES",
			"admin_emails": strings.Fields(house.admins), "config": client.Item{}, "created_at": rfc(began)})
		w.add("channels", client.Item{"tenant_id": tenant, "channel_id": "ch_" + tenant, "platform": "facebook", "external_id": "1" + tenant,
			"external_key": "facebook#1" + tenant, "display_name": house.name, "access_token": "token of " + tenant, "connected_by": []client.Item{},
			"status": "connected", "connected_at": rfc(began)})
	}
	return stack.Seed(ctx, w.encode())
}

// guest is a lead as people know themselves: by a handle and a name.
func (w world) guest(tenant, lead, handle, name string) {
	before := len(w["leads"])
	w.lead(tenant, "ch_"+tenant, lead, 12)
	item := w["leads"][before]
	item["handle"], item["handle_key"], item["display_name"] = handle, tenant+"#facebook#"+handle, name
}

// mail is one that a person writes.
type mail struct {
	from    string   // envelope, and header unless head has a From
	to      string   // ours if not given
	subject string   // ASCII
	head    []string // further fields, whole
	text    string
}

func (m mail) raw() []byte {
	head := slices.Clone(m.head)
	if !slices.ContainsFunc(head, func(f string) bool { return strings.HasPrefix(strings.ToLower(f), "from:") }) {
		head = append(head, "From: "+m.from)
	}
	head = append(head, "To: "+m.receiver(), "Subject: "+m.subject, "Date: "+time.Now().Format(time.RFC1123Z),
		"MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit")
	return []byte(strings.Join(head, "\r\n") + "\r\n\r\n" + strings.ReplaceAll(m.text, "\n", "\r\n") + "\r\n")
}

func (m mail) receiver() string {
	if m.to == "" {
		return privacyAt
	}
	return m.to
}

// post hands a mail in by SMTP, as a mail program does.
func (m mail) post(t *testing.T) {
	t.Helper()
	if err := smtp.SendMail(server.URLs.SMTP, nil, m.from, []string{m.receiver()}, m.raw()); err != nil {
		t.Fatal(err)
	}
}

// lettersTo are the letters that went to a mailbox.
func lettersTo(t *testing.T, ctx context.Context, address string) []postoffice.Letter {
	t.Helper()
	all, err := stack.Outbox(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(l postoffice.Letter) bool { return l.To != address })
}

// awaitLetter is the nth letter to a mailbox, from 1.
func awaitLetter(t *testing.T, ctx context.Context, address string, n int) postoffice.Letter {
	t.Helper()
	var letters []postoffice.Letter
	await(t, ctx, fmt.Sprintf("letter %d to %s", n, address), func() bool {
		letters = lettersTo(t, ctx, address)
		return len(letters) >= n
	})
	return letters[n-1]
}

// awaitDecisions waits until so many more mails were decided on than before.
func awaitDecisions(t *testing.T, ctx context.Context, n int) []client.Item {
	t.Helper()
	var list []client.Item
	await(t, ctx, fmt.Sprintf("%d decisions", n), func() bool {
		var err error
		if list, err = stack.Decisions(ctx); err != nil {
			t.Fatal(err)
		}
		return len(list) >= n
	})
	return list
}

func decisions(t *testing.T, ctx context.Context) int {
	t.Helper()
	return len(awaitDecisions(t, ctx, 0))
}

var (
	linked   = regexp.MustCompile(`/link/[a-z2-7]{52}(\?lang=[a-z]+)?`)
	statused = regexp.MustCompile(`/status/([A-Z2-7]{24})`)
	pinned   = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// find is what stands in a letter's text.
func find(t *testing.T, l postoffice.Letter, what *regexp.Regexp) string {
	t.Helper()
	match := what.FindStringSubmatch(l.Text)
	if match == nil {
		t.Fatalf("the letter %q has no %s:\n%s", l.Subject, what, l.Text)
	}
	if what == statused {
		return match[1]
	}
	return match[0]
}

// visit looks at a page, or sends its form.
func visit(t *testing.T, ctx context.Context, method, path string, form url.Values) client.Answer {
	t.Helper()
	answer, err := stack.Do(ctx, method, path, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func requireSays(t *testing.T, answer client.Answer, status int, words ...string) {
	t.Helper()
	if answer.Status != status {
		t.Fatalf("the page came with %d, expected %d", answer.Status, status)
	}
	for _, word := range words {
		if !bytes.Contains(answer.Body, []byte(word)) {
			t.Errorf("the page does not say %q", word)
		}
	}
}

// scan is what the programs do that look at links before people: nothing comes of it.
func scan(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	drainLetters(t, ctx) // the word that the letter arrived is taken in
	before := rowsOfOurs(t, ctx)
	for _, method := range []string{"GET", "HEAD", "GET", "GET"} {
		if answer := visit(t, ctx, method, path, nil); answer.Status != 200 {
			t.Fatalf("%s of a link: %d", method, answer.Status)
		}
	}
	if after := rowsOfOurs(t, ctx); !slices.Equal(before, after) {
		t.Errorf("looking at a link changed something: %s", difference(after, before))
	}
}

// rowsOfOurs are all rows of our tables but those that change by themselves: the sweep's,
// and what is counted.
func rowsOfOurs(t *testing.T, ctx context.Context) []string {
	t.Helper()
	var out []string
	for name := range ownTables {
		items, err := stack.Store(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			if item["check_at"] != nil && name == "ledger" {
				item["check_at"], item["version"] = nil, nil
			}
			out = append(out, encode(item))
		}
	}
	slices.Sort(out)
	return out
}

// requireUsedUp: a link that was used is answered like one that was forged.
func requireUsedUp(t *testing.T, ctx context.Context, link string) {
	t.Helper()
	forged := []byte(link)
	at := len("/link/") + 20
	forged[at] = map[bool]byte{true: 'b', false: 'a'}[forged[at] == 'a']
	for _, method := range []string{"GET", "POST"} {
		used, never := visit(t, ctx, method, link, nil), visit(t, ctx, method, string(forged), nil)
		if used.Status != 404 || never.Status != 404 || !bytes.Equal(used.Body, never.Body) {
			t.Errorf("%s: the used link is answered %d, a forged one %d, and the pages are the same: %v", method, used.Status, never.Status, bytes.Equal(used.Body, never.Body))
		}
	}
}

// requireForgottenMail waits for the end of the correspondence, and looks whether anything
// is left of the person and of what they wrote.
func requireForgottenMail(t *testing.T, ctx context.Context, code string, traces ...string) {
	t.Helper()
	await(t, ctx, "the correspondence to be destroyed", func() bool { return record(t, ctx, code)["mailbox"] != true })
	requireForgotten(t, ctx, code, traces...)
	for key, content := range mailObjects(t, ctx) {
		for _, trace := range traces {
			if strings.Contains(content, trace) {
				t.Errorf("the bucket still has %s, which names the person (%s)", key, trace)
			}
		}
	}
}

// mailObjects are the mails and the decisions in the bucket.
func mailObjects(t *testing.T, ctx context.Context) map[string]string {
	t.Helper()
	bucket := aws.String(mailBucket)
	objects := s3.NewFromConfig(server.AWSConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	listed, err := objects.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, o := range listed.Contents {
		got, err := objects.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: o.Key})
		if err != nil {
			t.Fatal(err)
		}
		var content bytes.Buffer
		if _, err := content.ReadFrom(got.Body); err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		out[aws.ToString(o.Key)] = content.String()
	}
	return out
}

// ask has a guest of the Hotel Faro Azul ask by mail in Spanish, and gives the letter that
// comes back.
func ask(t *testing.T, ctx context.Context, from, handle string) postoffice.Letter {
	t.Helper()
	mail{from: from, subject: "Borrar mis datos", head: []string{"Message-ID: <first." + from + ">"},
		text: "Hola:\n\nQuiero que borren todos mis datos personales. Escribí al Hotel Faro Azul por Facebook, mi usuario es " + handle + ".\n\nGracias"}.post(t)
	return awaitLetter(t, ctx, from, 1)
}

// confirm follows the link of a letter and gives the one detail more.
func confirm(t *testing.T, ctx context.Context, challenge postoffice.Letter, name string) client.Status {
	t.Helper()
	code := find(t, challenge, statused)
	requireSays(t, visit(t, ctx, "POST", find(t, challenge, linked), url.Values{"name": {name}}), 200)
	status, err := stack.Await(ctx, code, client.Ended, nil)
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// TestAPersonAsksByMail: in Spanish, from the first mail to the confirmation.
func TestAPersonAsksByMail(t *testing.T) {
	ctx := deadline(t, time.Minute)
	const from = "ines.soler@correo.example"
	w := world{}
	w.guest("t_faro", "l_ines", "ines.soler.88", "Inés Soler Vidal")
	w.guest("t_faro", "l_ines2", "ines.soler.8", "Inés Soler")
	w.guest("t_otter", "l_ines_o", "ines.soler.88", "Inés Soler Vidal") // another business: not named
	seed(t, ctx, w)
	before := snapshot(t, ctx)

	challenge := ask(t, ctx, from, "ines.soler.88")
	if !strings.Contains(challenge.Subject, "Confirme su solicitud") || !strings.Contains(challenge.HTML, `lang="es"`) {
		t.Errorf("the answer is not the Spanish challenge: %q", challenge.Subject)
	}
	link, code := find(t, challenge, linked), find(t, challenge, statused)
	scan(t, ctx, link)
	requireSays(t, visit(t, ctx, "GET", link, nil), 200, `lang="es"`, `name="name"`, `method="post"`)
	requireSays(t, visit(t, ctx, "POST", link, nil), 422, `name="name"`) // nothing was said: the page asks again
	requireSame(t, snapshot(t, ctx), before)
	status := confirm(t, ctx, challenge, "inés soler vidal")
	requireOutcome(t, status, "completed")
	requireUsedUp(t, ctx, link)

	requireSame(t, snapshot(t, ctx), without(before, "nothing is spared", `"lead_id":"l_ines"`, `t_faro#l_ines"`, `/c_l_ines/`, `profiles/l_ines.jpg`, `"c_l_ines"`))
	done := awaitLetter(t, ctx, from, 2)
	if done.Subject == "" || !strings.Contains(done.Text, "Los datos se han eliminado") || find(t, done, statused) != code {
		t.Errorf("the last letter is not the Spanish confirmation:\n%s", done.Text)
	}
	for _, l := range []postoffice.Letter{challenge, done} {
		requireThreaded(t, l, "<first."+from+">")
	}
	requireForgottenMail(t, ctx, code, from, "ines.soler.88", "Soler Vidal", "l_ines\"")
	if n := len(lettersTo(t, ctx, from)); n != 2 {
		t.Errorf("%d letters were sent, expected two", n)
	}
}

var answered = regexp.MustCompile(`^privacy\+r\.[a-z2-7]{52}@mikla\.ai$`)

// requireThreaded: a letter stands in the thread of the mail, and no machine answers it.
func requireThreaded(t *testing.T, l postoffice.Letter, id string) {
	t.Helper()
	for name, want := range map[string]string{"In-Reply-To": id, "References": id, "Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"} {
		if l.Headers[name] != want {
			t.Errorf("%q: %s is %q, expected %q", l.Subject, name, l.Headers[name], want)
		}
	}
	if !answered.MatchString(l.Headers["Reply-To"]) {
		t.Errorf("%q: Reply-To is %q, expected our address with a token", l.Subject, l.Headers["Reply-To"])
	}
}
