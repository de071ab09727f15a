package postoffice

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/infra/local/front"
	"github.com/mikla-ai/data-deletion/infra/local/internal/testengines"
	"github.com/mikla-ai/data-deletion/infra/local/provision"
	"github.com/mikla-ai/data-deletion/infra/local/template"
)

func TestMain(m *testing.M) { testengines.Main(m) }

// deployed is testdata/Mail.template.json, once for all tests.
var deployed = sync.OnceValues(func() (*provision.World, error) {
	source, err := os.ReadFile("testdata/Mail.template.json")
	if err != nil {
		return nil, err
	}
	parsed, err := template.Parse("Mail", source)
	if err != nil {
		return nil, err
	}
	return provision.Deploy(context.Background(), []*template.Template{parsed},
		provision.Options{AWS: testengines.Shared.Config("deployer"), Account: testengines.Account})
})

// open makes an office with no mail in it and no fault ahead.
func open(t *testing.T, faults ...front.Fault) *Office {
	t.Helper()
	world, err := deployed()
	if err != nil {
		t.Fatal(err)
	}
	f := testengines.Shared.Front
	o := New(world, testengines.Shared.Config("office"), f.Faults, slog.New(slog.DiscardHandler))
	f.OnSend(o.Sent)
	t.Cleanup(f.Faults.Clear)
	if err := f.Faults.Add(faults); err != nil {
		t.Fatal(err)
	}
	for _, queue := range world.Queues {
		waiting(t, queue.Name)
	}
	return o
}

// waiting takes one message after the other out of a queue until it is empty.
func waiting(t *testing.T, queue string) []string {
	t.Helper()
	client, url := sqs.NewFromConfig(testengines.Shared.Config("office")), testengines.Shared.URL+"/"+testengines.Account+"/"+queue
	bodies := []string{}
	for {
		got, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(url), MaxNumberOfMessages: 10})
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Messages) == 0 {
			return bodies
		}
		for _, m := range got.Messages {
			bodies = append(bodies, aws.ToString(m.Body))
			if _, err := client.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: aws.String(url), ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// received is what a handler reads of SES's notice.
type received struct {
	NotificationType string
	Mail             struct {
		Source, MessageID string
		Destination       []string
		HeadersTruncated  bool
		Headers           []field
	}
	Receipt struct {
		Recipients                                                       []string
		SPFVerdict, DKIMVerdict, DMARCVerdict, SpamVerdict, VirusVerdict struct{ Status string }
		DMARCPolicy                                                      string
		Action                                                           struct{ Type, BucketName, ObjectKey string }
	}
}

func (r received) verdicts() Verdicts {
	return Verdicts{r.Receipt.SPFVerdict.Status, r.Receipt.DKIMVerdict.Status, r.Receipt.DMARCVerdict.Status, r.Receipt.SpamVerdict.Status, r.Receipt.VirusVerdict.Status}
}

// notice is the one that waits in the queue.
func notice(t *testing.T) received {
	t.Helper()
	bodies := waiting(t, "office-in")
	if len(bodies) != 1 {
		t.Fatalf("%d notices, want 1: %v", len(bodies), bodies)
	}
	var r received
	if err := json.Unmarshal([]byte(bodies[0]), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// line starts the SMTP server and returns a client of it.
func line(t *testing.T, o *Office) *smtp.Client {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := o.SMTP()
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	client, err := smtp.Dial(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// hand gives a mail to the server, step by step.
func hand(client *smtp.Client, from, to, mail string) error {
	if err := client.Mail(from); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(mail)); err != nil {
		return err
	}
	return w.Close()
}

const ana = "From: Ana <ana@guest.example>\r\nTo: desk@office.example\r\nSubject: Borrar\r\n  mis datos\r\nX-Local-Verdicts: spam=GRAY\r\nMessage-ID: <1@guest.example>\r\n\r\nX-Local-Verdicts: stays\r\nHola.\r\n"

func TestAMailBySMTPIsAnObjectAndANotice(t *testing.T) {
	o := open(t)
	if err := hand(line(t, o), "ana@guest.example", "desk+r.abc@office.example", ana); err != nil {
		t.Fatal(err)
	}
	got := notice(t)
	if got.NotificationType != "Received" || got.Mail.Source != "ana@guest.example" || strings.Join(got.Receipt.Recipients, " ") != "desk+r.abc@office.example" || strings.Join(got.Mail.Destination, " ") != "desk@office.example" {
		t.Errorf("the notice says %+v", got)
	}
	if want := (Verdicts{SPF: "PASS", DKIM: "GRAY", DMARC: "PASS", Spam: "GRAY", Virus: "PASS"}); got.verdicts() != want {
		t.Errorf("verdicts %+v, want %+v", got.verdicts(), want)
	}
	action := got.Receipt.Action
	if action.Type != "S3" || action.BucketName != "office-mail" || action.ObjectKey != "raw/"+got.Mail.MessageID {
		t.Errorf("the action is %+v", action)
	}
	if fields(got.Mail.Headers).get("subject") != "Borrar mis datos" || fields(got.Mail.Headers).get("x-ses-spam-verdict") != "GRAY" {
		t.Errorf("headers %+v", got.Mail.Headers)
	}
	object, err := o.object(t.Context(), action.BucketName, action.ObjectKey)
	if err != nil {
		t.Fatal(err)
	}
	before, after, found := strings.Cut(string(object), "From: Ana")
	if want := strings.Replace(ana, "X-Local-Verdicts: spam=GRAY\r\n", "", 1); !found || "From: Ana"+after != want {
		t.Errorf("the object ends with %q, want %q", after, want)
	}
	for _, stamped := range []string{"Return-Path: <ana@guest.example>\r\n", "X-SES-Virus-Verdict: PASS\r\n", "Authentication-Results: amazonses.com;\r\n spf=pass", " dmarc=pass header.from=guest.example;\r\n"} {
		if !strings.Contains(before, stamped) {
			t.Errorf("it is not stamped with %q: %q", stamped, before)
		}
	}
}

func TestOnlyTheRulesAddressesTakeMail(t *testing.T) {
	o := open(t)
	client := line(t, o)
	for address, want := range map[string]bool{
		"desk@office.example": true, "Desk@OFFICE.example": true, "desk+anything@office.example": true,
		"other@office.example": false, "desk@sub.office.example": false, "desk@office.example.evil.example": false, "adesk@office.example": false,
	} {
		err := hand(client, "ana@guest.example", address, ana)
		if want != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), "550") {
			t.Errorf("%s: %v, want it taken: %v", address, err, want)
		}
		_ = client.Reset()
	}
	if n := len(waiting(t, "office-in")); n != 3 {
		t.Errorf("%d notices, want those of 3 mails", n)
	}
}

func TestRulesMatchAsTheyDoInSES(t *testing.T) {
	for _, c := range []struct {
		listed, address string
		want            bool
	}{
		{"office.example", "any@office.example", true}, {"office.example", "any@sub.office.example", false},
		{".office.example", "any@sub.office.example", true}, {".office.example", "any@office.example", false},
		{"desk+one@office.example", "desk+one@office.example", true}, {"desk+one@office.example", "desk+two@office.example", false},
		{"office.example", "office.example", false}, {"office.example", "@office.example", false},
	} {
		if got := takes(provision.ReceiptRule{Recipients: []string{c.listed}}, c.address); got != c.want {
			t.Errorf("%s takes %s: %v, want %v", c.listed, c.address, got, c.want)
		}
	}
	if !takes(provision.ReceiptRule{}, "any@where.example") {
		t.Error("a rule without recipients does not take everything")
	}
}

func TestWhatAMailBySMTPIsWorth(t *testing.T) {
	for name, c := range map[string]struct {
		envelope, header string
		want             Verdicts
	}{
		"aligned":        {"a@guest.example", "From: A <a@Guest.example>\n", Verdicts{"PASS", "GRAY", "PASS", "PASS", "PASS"}},
		"signed":         {"a@guest.example", "From: a@guest.example\nDKIM-Signature: v=1\n", Verdicts{"PASS", "PASS", "PASS", "PASS", "PASS"}},
		"another domain": {"a@mailer.example", "From: a@guest.example\n", Verdicts{"PASS", "GRAY", "GRAY", "PASS", "PASS"}},
		"a bounce":       {"", "From: mailer-daemon@guest.example\n", Verdicts{"PASS", "GRAY", "GRAY", "PASS", "PASS"}},
		"two authors":    {"a@guest.example", "From: a@guest.example, b@guest.example\n", Verdicts{"PASS", "GRAY", "GRAY", "PASS", "PASS"}},
		"nobody":         {"", "Subject: x\n", Verdicts{"PASS", "GRAY", "GRAY", "PASS", "PASS"}},
		"as it says":     {"a@guest.example", "From: a@guest.example\nx-local-verdicts: dmarc=FAIL&spf=PROCESSING_FAILED\n", Verdicts{"PROCESSING_FAILED", "GRAY", "FAIL", "PASS", "PASS"}},
	} {
		got, err := judge(c.envelope, readFields([]byte(c.header+"\nFrom: body@guest.example\n")))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	err := hand(line(t, open(t)), "a@guest.example", "desk@office.example", "From: a@guest.example\r\nX-Local-Verdicts: dmarc=SURE\r\n\r\nx\r\n")
	if err == nil || !strings.HasPrefix(err.Error(), "554") || !strings.Contains(err.Error(), "SURE") {
		t.Errorf("a verdict that there is not: %v", err)
	}
}

// post hands a mail in over HTTP.
func post(t *testing.T, o *Office, query, mail string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	o.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Path+query, strings.NewReader(mail)))
	return w.Code, w.Body.String()
}

func TestAMailByHTTP(t *testing.T) {
	const mail = "From: \"A, B\" <a@guest.example>\nTo: Others <others@office.example>\n\nline\n"
	for name, c := range map[string]struct {
		query      string
		verdicts   Verdicts
		policy     string
		source, to string
	}{
		"nothing said": {"", passed, "", "a@guest.example", "desk@office.example"},
		"verdicts":     {"?dmarc=FAIL&spf=GRAY&dkim=FAIL&spam=GRAY&virus=FAIL", Verdicts{"GRAY", "FAIL", "FAIL", "GRAY", "FAIL"}, "reject", "a@guest.example", "desk@office.example"},
		"gray":         {"?dmarc=GRAY", Verdicts{"PASS", "PASS", "GRAY", "PASS", "PASS"}, "none", "a@guest.example", "desk@office.example"},
		"own envelope": {"?from=b@mailer.example&to=desk%2Bx@office.example", passed, "", "b@mailer.example", "desk+x@office.example"},
		"of a bounce":  {"?from=", passed, "", "", "desk@office.example"},
	} {
		o := open(t)
		status, text := post(t, o, c.query, mail)
		got := notice(t)
		if status != http.StatusAccepted || strings.TrimSpace(text) != `{"message_id":"`+got.Mail.MessageID+`"}` {
			t.Errorf("%s: answered %d %s", name, status, text)
		}
		if got.verdicts() != c.verdicts || got.Receipt.DMARCPolicy != c.policy || got.Mail.Source != c.source || strings.Join(got.Receipt.Recipients, " ") != c.to {
			t.Errorf("%s: noticed %+v", name, got)
		}
		object, err := o.object(t.Context(), "office-mail", got.Receipt.Action.ObjectKey)
		if err != nil || !strings.HasSuffix(string(object), "office.example>\r\n\r\nline\r\n") {
			t.Errorf("%s: %q, %v", name, object, err)
		}
	}
}

func TestMailsThatAreRefused(t *testing.T) {
	o := open(t)
	for query, want := range map[string]string{
		"?dmarc=pass": "dmarc is pass", "?dmarc=": "dmarc is", "?dmrac=PASS": `no verdict is named "dmrac"`, "?spf=PASS&spf=FAIL": "spf is PASS and FAIL",
		"?to=someone@else.example": "no receipt rule takes mail to someone@else.example", "?from=a%0d%0aBcc:x@y.example": "characters that none has",
	} {
		if status, text := post(t, o, query, ana); status != http.StatusBadRequest || !strings.Contains(text, strings.ReplaceAll(want, `"`, `\"`)) {
			t.Errorf("%s: %d %s, want %s", query, status, text, want)
		}
	}
	if status, _ := post(t, o, "", strings.Repeat("x", largestMail+2)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", status)
	}
	if limit := o.SMTP().MaxMessageBytes; limit != 40<<20 {
		t.Errorf("by SMTP %d bytes are taken", limit)
	}
	if n := len(waiting(t, "office-in")) + len(o.Arrivals()); n != 0 {
		t.Errorf("%d of them arrived", n)
	}
}

// A notice has room for 10 KB of header, and says when that was not enough.
func TestLongHeadersAreCutInTheNotice(t *testing.T) {
	o := open(t)
	if status, text := post(t, o, "", strings.Repeat("X-Long: "+strings.Repeat("y", 500)+"\n", 50)+"Subject: late\n\nx\n"); status != http.StatusAccepted {
		t.Fatal(status, text)
	}
	if got := notice(t); !got.Mail.HeadersTruncated || fields(got.Mail.Headers).get("Subject") != "" {
		t.Errorf("truncated %v, %d fields", got.Mail.HeadersTruncated, len(got.Mail.Headers))
	}
}

func TestDecisionsStandInTheOrderOfTheMails(t *testing.T) {
	o := open(t)
	var ids []string
	for range 3 {
		_, text := post(t, o, "", ana)
		var answered struct {
			ID string `json:"message_id"`
		}
		if err := json.Unmarshal([]byte(text), &answered); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, answered.ID)
	}
	for _, i := range []int{2, 0, 1} {
		if err := o.put(t.Context(), "office-mail", "decisions/"+ids[i]+".json", []byte(`{"message_id":"`+ids[i]+`"}`)); err != nil {
			t.Fatal(err)
		}
		o.Put(t.Context(), "office-mail", "decisions/"+ids[i]+".json")
	}
	got := o.Decisions()
	if len(got) != 3 {
		t.Fatalf("%d decisions, want 3", len(got))
	}
	for i, d := range got {
		if d.ID != ids[i] || string(d.Text) != `{"message_id":"`+ids[i]+`"}` {
			t.Errorf("%d is %s of %s, want that of %s", i, d.Text, d.ID, ids[i])
		}
	}
	kept, err := o.Kept(t.Context())
	if err != nil || !kept[ids[0]] || kept["decisions"] {
		t.Errorf("kept %v, %v", kept, err)
	}
}

// letter sends one as a function does, and returns SES's ID.
func letter(t *testing.T, to string) string {
	t.Helper()
	text := func(s string) *types.Content {
		return &types.Content{Data: aws.String(s), Charset: aws.String("UTF-8")}
	}
	sent, err := sesv2.NewFromConfig(testengines.Shared.Config("mail-send")).SendEmail(t.Context(), &sesv2.SendEmailInput{
		FromEmailAddress: aws.String("The Desk <desk@office.example>"), Destination: &types.Destination{ToAddresses: []string{to}},
		ReplyToAddresses:     []string{"desk+r.abc@office.example"},
		ConfigurationSetName: aws.String("office-letters"), EmailTags: []types.MessageTag{{Name: aws.String("letter"), Value: aws.String("req-1")}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: text("¿Sí?"), Body: &types.Body{Text: text("Hola"), Html: text("<p>Hola</p>")},
			Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-replied")}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return aws.ToString(sent.MessageId)
}

func TestWhatIsSentIsInTheOutbox(t *testing.T) {
	o := open(t)
	testengines.Shared.Front.Calls.Clear()
	id := letter(t, "ana@guest.example")
	o.Close()
	sent := o.Outbox()
	if len(sent) != 1 {
		t.Fatalf("the outbox holds %+v", sent)
	}
	l := sent[0]
	if l.To != "ana@guest.example" || l.From != "The Desk <desk@office.example>" || l.Subject != "¿Sí?" || l.Text != "Hola" || l.HTML != "<p>Hola</p>" || l.MessageID != id || l.SentAt.IsZero() {
		t.Errorf("sent %+v", l)
	}
	for name, want := range map[string]string{"Auto-Submitted": "auto-replied", "Reply-To": "desk+r.abc@office.example", "Message-ID": "<" + id + "@eu-west-1.amazonses.com>"} {
		if l.Headers[name] != want {
			t.Errorf("%s is %q, want %q", name, l.Headers[name], want)
		}
	}
	found := false
	for _, c := range testengines.Shared.Front.Calls.List() {
		found = found || c.Function == "mail-send" && c.Service == "ses" && c.Operation == "SendEmail" && c.Resource == "office-letters"
	}
	if !found {
		t.Errorf("recorded %+v", testengines.Shared.Front.Calls.List())
	}
}

// outcome is what a handler reads of an event.
type outcome struct {
	EventType string
	Mail      struct {
		MessageID string
		Tags      map[string][]string
	}
	Bounce struct {
		BounceType        string
		BouncedRecipients []struct{ EmailAddress string }
	}
}

func TestWhatBecomesOfLetters(t *testing.T) {
	fault := func(kind, to string) front.Fault {
		return front.Fault{Service: "mail", Operation: "Delivery", Kind: kind, Resource: to}
	}
	for _, c := range []struct {
		faults []front.Fault
		want   string
	}{
		{nil, "Delivery"},
		{[]front.Fault{fault(front.Bounce, "")}, "Bounce"},
		{[]front.Fault{fault(front.Complaint, "")}, "Delivery Complaint"},
		{[]front.Fault{fault(front.Silence, "")}, ""},
		{[]front.Fault{fault(front.Bounce, "somebody@else.example")}, "Delivery"},
		{[]front.Fault{fault(front.Bounce, "ana@guest.example")}, "Bounce"},
	} {
		o := open(t, c.faults...)
		id := letter(t, "ana@guest.example")
		o.Close()
		var kinds []string
		for _, body := range waiting(t, "office-events") {
			var got outcome
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, got.EventType)
			if got.Mail.MessageID != id || strings.Join(got.Mail.Tags["letter"], " ") != "req-1" {
				t.Errorf("%+v: an event of %+v, want that of %s", c.faults, got.Mail, id)
			}
			if got.EventType == "Bounce" && (got.Bounce.BounceType != "Permanent" || got.Bounce.BouncedRecipients[0].EmailAddress != "ana@guest.example") {
				t.Errorf("bounced %+v", got.Bounce)
			}
		}
		if got := strings.Join(kinds, " "); got != c.want {
			t.Errorf("%+v: told of %q, want %q", c.faults, got, c.want)
		}
	}
}

// A mail whose answer is lost was sent all the same; one that SES refuses was not.
func TestFaultsOfSending(t *testing.T) {
	o := open(t, front.Fault{Service: "ses", Operation: "SendEmail", Kind: front.Lost}, front.Fault{Service: "ses", Operation: "SendEmail", Kind: front.Throttle})
	letter(t, "ana@guest.example") // lost, refused, sent: the client tries again by itself
	o.Close()
	if n := len(o.Outbox()); n != 2 {
		t.Errorf("%d letters went out, want 2", n)
	}
	if left := testengines.Shared.Front.Faults.Pending(); len(left) != 0 {
		t.Errorf("did not happen: %+v", left)
	}
}
