package notice_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/mail/notice"
)

const events = "../../../testdata/events"

// files gives every recorded example of a function, of every version.
func files(t *testing.T, function string) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(events, function, "v*", "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no examples of %s: %v", function, err)
	}
	found := map[string][]byte{}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(name), ".json")] = body
	}
	return found
}

func TestReceived(t *testing.T) {
	at := time.Date(2026, 11, 20, 9, 15, 30, 512e6, time.UTC)
	const bucket = "mikla-mail-in"
	expected := map[string]notice.Received{
		"received-sns": {MessageID: "4l1vexample0received0sns0000000000000001", At: at,
			EnvelopeFrom: "ana@guest.example", Recipients: []string{"privacy@mikla.ai"},
			SPF: "PASS", DKIM: "PASS", DMARC: "PASS", Spam: "PASS", Virus: "PASS",
			Bucket: bucket, Key: "raw/4l1vexample0received0sns0000000000000001"},
		"received-raw": {MessageID: "4l1vexample0received0raw0000000000000002", At: at,
			EnvelopeFrom: "ana@guest.example", Recipients: []string{"privacy+r.examplettoken@mikla.ai"},
			SPF: "PASS", DKIM: "GRAY", DMARC: "GRAY", Spam: "PASS", Virus: "PASS",
			Bucket: bucket, Key: "raw/4l1vexample0received0raw0000000000000002"},
		"without-dmarc": {MessageID: "4l1vexample0without0dmarc00000000000003", At: at,
			Recipients: []string{"privacy@mikla.ai"},
			SPF:        "PROCESSING_FAILED", DKIM: "SOMETHING_NEW", DMARC: "", Spam: "DISABLED", Virus: "DISABLED",
			Bucket: bucket, Key: "raw/4l1vexample0without0dmarc00000000000003"},
		"setup":      {Setup: true},
		"setup-text": {Setup: true},
	}
	for name, body := range files(t, "mail-intake") {
		want, known := expected[name]
		if !known {
			t.Errorf("%s: this test does not say what is expected of it", name)
			continue
		}
		got, err := notice.ParseReceived(body)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %s %v, want %s", name, fields(got), err, fields(want))
		}
		delete(expected, name)
	}
	for name := range expected {
		t.Errorf("%s: the example is missing", name)
	}
}

// fields shows a notice of invented data in spite of its redaction.
func fields(r notice.Received) string {
	type open notice.Received
	return fmt.Sprintf("%+v", open(r))
}

func TestEvents(t *testing.T) {
	const id, letter = "0102019example00-1a2b3c4d-0000-4000-8000-000000000001-000000", "01JEXAMPLEREQUEST0000000001.2"
	sent := time.Date(2026, 11, 20, 10, 0, 0, 125e6, time.UTC)
	at := func(hour, minute int, second float64) time.Time {
		return time.Date(2026, 11, 20, hour, minute, 0, int(second*1e9), time.UTC)
	}
	expected := map[string]notice.Event{
		"send":             {Kind: notice.Send, MessageID: id, At: sent, Letter: letter},
		"delivery":         {Kind: notice.Delivery, MessageID: id, At: at(10, 0, 2.5), Letter: letter},
		"bounce-permanent": {Kind: notice.Bounce, MessageID: id, At: at(10, 0, 3), Letter: letter, Permanent: true},
		"bounce-transient": {Kind: notice.Bounce, MessageID: id, At: at(10, 0, 3), Letter: letter},
		"complaint":        {Kind: notice.Complaint, MessageID: id, At: at(12, 0, 0), Letter: letter},
		"reject":           {Kind: notice.Reject, MessageID: id, At: sent, Letter: letter},
		"delay":            {Kind: notice.Delay, MessageID: id, At: at(10, 20, 0), Letter: letter},
		"open":             {MessageID: id, At: sent, Letter: letter},
		"without-letter":   {Kind: notice.Delivery, MessageID: id, At: at(10, 0, 2.5)},
		"setup-text":       {},
	}
	for name, body := range files(t, "mail-events") {
		want, known := expected[name]
		if !known {
			t.Errorf("%s: this test does not say what is expected of it", name)
			continue
		}
		if got, err := notice.ParseEvent(body); err != nil || got != want {
			t.Errorf("%s: got %+v %v, want %+v", name, got, err, want)
		}
		delete(expected, name)
	}
	for name := range expected {
		t.Errorf("%s: the example is missing", name)
	}
}

func TestRefusedNoticesQuoteNothing(t *testing.T) {
	good := string(files(t, "mail-intake")["received-raw"])
	for name, body := range map[string]string{
		"empty":                "",
		"text":                 "ana@guest.example",
		"array":                `["ana@guest.example"]`,
		"subscription":         `{"Type":"SubscriptionConfirmation","Message":"ana@guest.example"}`,
		"message is no JSON":   `{"Type":"Notification","Message":"ana@guest.example"}`,
		"another notification": strings.Replace(good, `"Received"`, `"Bounce"`, 1),
		"no ID":                strings.Replace(good, `"messageId": "4l1v`, `"other": "4l1v`, 1),
		"time is no time":      strings.Replace(good, "2026-11-20T09:15:30.512Z", "ana@guest.example", 1),
		"another action":       strings.Replace(good, `"S3"`, `"SNS"`, 1),
		"no bucket":            strings.Replace(good, `"bucketName"`, `"other"`, 1),
		"verdict is not an object": strings.Replace(good, `{
      "status": "GRAY"
    }`, `"PASS"`, 1),
	} {
		if body == good {
			t.Fatalf("%s: the case changes nothing", name)
		}
		_, err := notice.ParseReceived([]byte(body))
		mustRefuse(t, name, err)
		_, err = notice.ParseEvent([]byte(body))
		mustRefuse(t, name+", as an event", err)
	}
}

func mustRefuse(t *testing.T, name string, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Invalid {
		t.Errorf("%s: got %v, want an invalid message", name, err)
	}
	if err != nil && strings.Contains(err.Error(), "guest.example") {
		t.Errorf("%s: the error quotes the message: %v", name, err)
	}
}

func TestReceivedDoesNotPrintItself(t *testing.T) {
	received := notice.Received{EnvelopeFrom: "ana@guest.example"}
	encoded, err := json.Marshal(map[string]any{"in": received})
	if out := fmt.Sprintf("%v %+v %#v %s", received, &received, received, encoded); err != nil || strings.Contains(out, "guest.example") {
		t.Errorf("got %s, %v; want no address", out, err)
	}
}
