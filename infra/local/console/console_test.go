package console

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/internal/testengines"
	"github.com/mikla-ai/data-deletion/infra/local/logbook"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/schedule"
	"github.com/mikla-ai/data-deletion/infra/local/template"
	"github.com/mikla-ai/data-deletion/shared/confirmation"
	"github.com/mikla-ai/data-deletion/shared/datamap"
	"github.com/mikla-ai/data-deletion/shared/request"
)

func TestMain(m *testing.M) { testengines.Main(m) }

const apiURL = "http://127.0.0.1:1"

var background = context.Background()

var now = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// deployed is testdata/Service.template.json, once for all tests; they share its stores.
var deployed = sync.OnceValues(func() (*provision.World, error) {
	src, err := os.ReadFile("testdata/Service.template.json")
	if err != nil {
		return nil, err
	}
	parsed, err := template.Parse("Service", src)
	if err != nil {
		return nil, err
	}
	return provision.Deploy(background, []*template.Template{parsed}, provision.Options{AWS: testengines.Shared.Config("seeder"), Account: testengines.Account})
})

func open(t *testing.T) *Console {
	t.Helper()
	world, err := deployed()
	if err != nil {
		t.Fatal(err)
	}
	c := New(world, testengines.Shared.Config("console"))
	c.APIURL, c.Now, c.Logs = apiURL, func() time.Time { return now }, logbook.New(100, nil)
	c.Calls, c.Faults = testengines.Shared.Front.Calls, testengines.Shared.Front.Faults
	c.Office = postoffice.New(world, testengines.Shared.Config("console"), c.Faults, slog.New(slog.DiscardHandler))
	c.SMTP = "127.0.0.1:2525"
	c.Rules = map[string]*schedule.Rule{"sweep": {Invoke: func([]byte) ([]byte, error) { return []byte(`"done"`), nil }}}
	t.Cleanup(c.Faults.Clear)
	return c
}

func (c *Console) get(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	answer := httptest.NewRecorder()
	c.Handler().ServeHTTP(answer, httptest.NewRequest(method, path, strings.NewReader(body)))
	return answer.Code, answer.Body.String()
}

func (c *Console) shows(t *testing.T, wanted ...string) string {
	t.Helper()
	status, page := c.get(t, "GET", "/_local/", "")
	for _, want := range wanted {
		if status != http.StatusOK || !strings.Contains(page, want) {
			t.Errorf("%d: the page lacks %s", status, want)
		}
	}
	return page
}

// record puts a request into the ledger, beside a pointer that is none.
func (c *Console) record(t *testing.T, r request.Request) {
	t.Helper()
	document, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := json.Marshal(map[string]any{"ledger": []map[string]string{
		{"pk": "request#" + r.ID, "sk": "request", "doc": string(document)},
		{"pk": "code#" + r.ID, "sk": "pointer", "doc": `{"request_id":"` + r.ID + `"}`},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Stores.Seed(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { forget(t, "request#"+r.ID, "request"); forget(t, "code#"+r.ID, "pointer") })
}

func forget(t *testing.T, pk, sk string) {
	_, err := dynamodb.NewFromConfig(testengines.Shared.Config("console")).DeleteItem(background, &dynamodb.DeleteItemInput{
		TableName: aws.String("console-ledger"),
		Key:       map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk}}})
	if err != nil {
		t.Error(err)
	}
}

func admitted(id string, age time.Duration) request.Request {
	at := now.Add(-age)
	return request.New(id, "meta", "1", request.Asked{Kind: request.DataDeletion, ReceivedAt: at, Cutoff: at})
}

// row cuts the request's row out of the page.
func row(t *testing.T, page, id string) string {
	t.Helper()
	before, after, found := strings.Cut(page, "<code>"+id)
	if !found {
		t.Fatalf("no row for %s", id)
	}
	return before[strings.LastIndex(before, "<tr"):] + after[:strings.Index(after, "</tr>")]
}

func TestRequestsWithAgeDueDateAndLinks(t *testing.T) {
	c := open(t)
	done := admitted(strings.Repeat("a", 32), 3*time.Hour)
	done.State, done.Erased = request.Completed, map[string]int{"messages": 4, "leads": 1}
	late := admitted(strings.Repeat("b", 32), 31*24*time.Hour)
	late.State = request.NeedsOperator
	other := admitted(strings.Repeat("c", 32), 5*time.Second)
	other.CodeVersion = "9" // of a secret that is not here
	for _, r := range []request.Request{done, late, other} {
		c.record(t, r)
	}
	page := c.shows(t, "Requests <b>3</b> 2 unfinished")
	code := confirmation.New([]byte(strings.Repeat("k", 64)), done.ID).Reveal()
	for id, wanted := range map[string][]string{
		done.ID: {`pill completed">completed`, "3 h", "4 May 2026, 09:00:00", "3 Jun 2026, 09:00:00", "5 items: leads 1, messages 4",
			`href="/status/` + code + `"`, `href="/_local/executions?history=1&amp;request=` + done.ID + `"`, "data deletion, from meta"},
		late.ID:  {`pill waiting">needs operator`, "31 days", "overdue by 24 h", "nothing yet"},
		other.ID: {`pill open">received`, "5 s", "in 29 days", "not started yet"},
	} {
		for _, want := range wanted {
			if text := row(t, page, id); !strings.Contains(text, want) {
				t.Errorf("%.1s lacks %q: %s", id, want, text)
			}
		}
	}
	if strings.Contains(row(t, page, other.ID), "/status/") {
		t.Error("a link to a status page whose code cannot be made")
	}
	if strings.Index(page, other.ID) > strings.Index(page, late.ID) {
		t.Error("the newest request does not stand first")
	}
}

func TestStepsAreThoseOfTheRequest(t *testing.T) {
	c := open(t)
	mine := strings.Repeat("d", 32)
	c.record(t, admitted(mine, time.Minute))
	for _, name := range []string{mine + "-1", strings.Repeat("e", 32) + "-1"} {
		_, err := c.SFN.StartExecution(t.Context(), &sfn.StartExecutionInput{
			StateMachineArn: aws.String(c.World.StateMachines[0].ARN), Name: aws.String(name), Input: aws.String("{}")})
		if err != nil {
			t.Fatal(err)
		}
	}
	status, text := c.get(t, "GET", "/_local/executions?history=1&request="+mine, "")
	if status != http.StatusOK || !strings.Contains(text, mine+"-1") || strings.Contains(text, "eeee") || !strings.Contains(text, `"history"`) {
		t.Errorf("%d %s", status, text)
	}
	if text := row(t, c.shows(t), mine); !strings.Contains(text, "run 1 ") {
		t.Errorf("the row does not say how the run stands: %s", text)
	}
	if _, text := c.get(t, "GET", "/_local/executions", ""); !strings.Contains(text, "eeee") {
		t.Error("without a request not all executions are listed")
	}
}

func TestStoresAreGroupedAsInTheDataMap(t *testing.T) {
	c := open(t)
	if status, text := c.get(t, "POST", "/_local/seed", `{"leads":[{"tenant_id":"t","lead_id":"l1"},{"tenant_id":"t","lead_id":"l2"}]}`); status != http.StatusOK {
		t.Fatal(text)
	}
	page := c.shows(t, `<a href="/_local/stores/leads">leads</a></th><td role="cell" class="n">2</td><td role="cell">Hidden at once, then deleted</td>`,
		`href="/_local/stores/media?versions=1"`, "Kept: Invoices of a customer, which tax law requires; at most 84 months",
		"Mikla’s live stores <b>2</b>", "Proof of the deletion, without identifiers of the person; at most 400 days")
	for _, ordered := range [][]string{
		{"<h3>Mikla’s live stores", "<b>lead profile</b>", "stores/leads", "<b>billing</b>", "<h3>This service’s own", "stores/ledger", "<h3>Not in the data map", "stores/stray"},
	} {
		rest := page
		for _, part := range ordered {
			_, after, found := strings.Cut(rest, part)
			if !found {
				t.Fatalf("%s does not stand where it should, after those before it", part)
			}
			rest = after
		}
	}
}

// Every category that the data map has is explained.
func TestEveryCategoryIsExplained(t *testing.T) {
	inventory, err := datamap.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range inventory.Stores {
		if holds[s.Category] == "" {
			t.Errorf("%s: nothing says what the category %s holds", s.Name, s.Category)
		}
		if text := rule(inventory, s); text == "" || strings.HasPrefix(text, "No rule") {
			t.Errorf("%s: its rule reads %q", s.Name, text)
		}
	}
}

func TestDeadLettersShow(t *testing.T) {
	c := open(t)
	c.shows(t, "console-dead</code> <span class=\"soft\">dead letters</span></th>", "Dead letters <b>0</b>")
	for _, q := range c.World.Queues {
		if q.Name != "console-dead" {
			continue
		}
		if _, err := c.SQS.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(q.URL), MessageBody: aws.String("{}")}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { purge(t, c, q.URL) })
	}
	page := c.shows(t, "look at these", "Dead letters <b>1</b>")
	if strings.Index(page, "console-start</code>") > strings.Index(page, "console-dead</code>") {
		t.Error("the dead letters stand before the queue that they are of")
	}
}

func purge(t *testing.T, c *Console, url string) {
	if _, err := c.SQS.PurgeQueue(background, &sqs.PurgeQueueInput{QueueUrl: aws.String(url)}); err != nil {
		t.Error(err)
	}
}

func TestNoMailYet(t *testing.T) {
	c := open(t)
	c.shows(t, "<code>127.0.0.1:2525</code>", "<h3>In</h3>\n<p class=\"soft\">None yet.", "<h3>Out</h3>\n<p class=\"soft\">None yet.", `href="/_local/outbox"`)
	for _, path := range []string{"/_local/outbox", "/_local/mail-decisions"} {
		if status, text := c.get(t, "GET", path, ""); status != http.StatusOK || strings.TrimSpace(text) != "[]" {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
}

// A mail that came shows with what was decided of it, and says when it is gone.
func TestMailsThatCameShow(t *testing.T) {
	c := open(t)
	status, text := c.get(t, "POST", "/_local/mail?dmarc=GRAY", "From: <a@guest.example>\nTo: desk@console.example\nSubject: Delete <me>\n\nx\n")
	var answered struct {
		ID string `json:"message_id"`
	}
	if err := json.Unmarshal([]byte(text), &answered); status != http.StatusAccepted || err != nil {
		t.Fatal(status, text)
	}
	c.shows(t, "Delete &lt;me&gt;", "from <bdi>a@guest.example</bdi> to desk@console.example", "DMARC GRAY", answered.ID+"</code></small>", `data-label="Decision">none`)
	decision := `{"mail":[{"key":"decisions/` + answered.ID + `","text":"{\"route\":\"challenge\"}"}]}`
	if status, text := c.get(t, "POST", "/_local/seed", decision); status != http.StatusOK {
		t.Fatal(text)
	}
	c.Office.Put(t.Context(), "console-mail", "decisions/"+answered.ID)
	c.shows(t, `&#34;route&#34;: &#34;challenge&#34;`)
	if _, text := c.get(t, "GET", "/_local/mail-decisions", ""); strings.Join(strings.Fields(text), "") != `[{"route":"challenge"}]` {
		t.Errorf("decisions %s", text)
	}
	_, err := s3.NewFromConfig(testengines.Shared.Config("console")).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("console-mail"), Key: aws.String("raw/" + answered.ID)})
	if err != nil {
		t.Fatal(err)
	}
	c.shows(t, answered.ID+"</code>, deleted")
}

// A letter shows as text, and as HTML in a frame where nothing of it can run.
func TestLettersThatWentOutShow(t *testing.T) {
	c := open(t)
	c.Office.Sent([]byte(`{"FromEmailAddress":"desk@console.example","Destination":{"ToAddresses":["a@guest.example"]},
		"Content":{"Simple":{"Subject":{"Data":"Gone"},"Body":{"Text":{"Data":"All <gone>."},"Html":{"Data":"<p>All gone.</p>"}}}}}`), []byte(`{"MessageId":"m-1"}`))
	c.shows(t, "<bdi>Gone</bdi>", "to <bdi>a@guest.example</bdi>", "All &lt;gone&gt;.", `<iframe sandbox loading="lazy" title="Gone" src="/_local/outbox/m-1">`)
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/_local/outbox/m-1", nil))
	if w.Code != http.StatusOK || w.Body.String() != "<p>All gone.</p>" || !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "sandbox; default-src 'none'") {
		t.Errorf("%d %s %v", w.Code, w.Body, w.Header())
	}
	if status, _ := c.get(t, "GET", "/_local/outbox/m-2", ""); status != http.StatusNotFound {
		t.Errorf("a letter that there is not: %d", status)
	}
	if _, text := c.get(t, "GET", "/_local/outbox", ""); !strings.Contains(text, `"to": "a@guest.example"`) || !strings.Contains(text, `"html": "<p>All gone.</p>"`) {
		t.Errorf("outbox %s", text)
	}
}

func TestFaultsShow(t *testing.T) {
	c := open(t)
	c.shows(t, "Faults to come <b>0</b>", `"kind":"kill","count":1`)
	if err := c.Faults.Add([]front.Fault{{Service: "sqs", Operation: "SendMessage", Kind: front.Throttle, Count: 9, Function: "sweep"}}); err != nil {
		t.Fatal(err)
	}
	c.shows(t, "Faults to come <b>1</b>", "<td>sqs SendMessage </td><td>sweep</td><td class=\"n\">9</td>", "curl -fsS -X DELETE "+apiURL+"/_local/faults")
}

func TestLogsAreThoseOfTheFunctions(t *testing.T) {
	c := open(t)
	_, _ = fmt.Fprintln(c.Logs.Writer("worker"), `{"_aws":{},"Counted":1}`)
	for source, line := range map[string]string{
		"worker": `{"time":"x","level":"WARN","msg":"<step> failed","run":2,"erased":{"leads":1}}`,
		"moto":   "listening on 5000",
		"AWS":    "refused",
	} {
		_, _ = fmt.Fprintln(c.Logs.Writer(source), line)
	}
	page := c.shows(t, "worker: WARN: &lt;step&gt; failed erased={&#34;leads&#34;:1} run=2", "AWS: refused")
	for _, noise := range []string{"listening on", "Counted"} {
		if strings.Contains(page, noise) {
			t.Errorf("%q is shown: the engines' chatter and metrics are not for this page", noise)
		}
	}
}

// What a newcomer does next stands there with this stack's own address.
func TestCommandsHaveTheAddressOfThisStack(t *testing.T) {
	page := open(t).shows(t, apiURL+"/_local/seed", apiURL+"/meta/900000000000001/data-deletion", apiURL+"/_local/stores/messages", apiURL+"/_local/schedules/sweep")
	if strings.Contains(page, "8080") {
		t.Error("the page names the usual port instead of its own")
	}
}

func TestPageLoadsNothing(t *testing.T) {
	answer := httptest.NewRecorder()
	open(t).Handler().ServeHTTP(answer, httptest.NewRequest("GET", "/_local/", nil))
	if got := answer.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; frame-src 'self'; style-src") {
		t.Errorf("policy %q", got)
	}
	page, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<link", "<img", "src=", "https://"} {
		if strings.Contains(string(page), bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}

func TestSpans(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 59 * time.Minute: "59 min", time.Hour: "1 h",
		47 * time.Hour: "47 h", 48 * time.Hour: "2 days", 30 * 24 * time.Hour: "30 days",
	} {
		if got := span(d); got != want {
			t.Errorf("%v reads %q, want %q", d, got, want)
		}
	}
}
