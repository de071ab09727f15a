package snapshot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/mikla-ai/data-deletion/shared/fault"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/snapshot"
	"github.com/mikla-ai/data-deletion/shared/snapshot/snapshottest"
)

func (s *site) starter(q snapshot.Queue) snapshot.Starter {
	return snapshot.Starter{Map: s.m, Tenants: snapshottest.Tenants{Live: s.live}, Records: paged{s.live.Records(), 2}, Queue: q}
}

func units(messages []snapshot.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, m.Tenant+"/"+m.Channel)
	}
	slices.Sort(out)
	return out
}

func TestANightAsksForEveryUnit(t *testing.T) {
	for seed := range uint64(5) {
		s, q := newSite(t, seed), &snapshottest.Queue{}
		var want []string
		for _, u := range s.data.Units() {
			want = append(want, u.Tenant+"/"+u.Channel)
		}
		slices.Sort(want)
		sent, err := s.starter(q).Run(t.Context(), asOf.Add(999*time.Millisecond))
		if err != nil || sent != len(want) || !slices.Equal(units(q.Sent), want) {
			t.Errorf("%d sent, %v: %v, want %v", sent, err, units(q.Sent), want)
		}
		for _, m := range q.Sent {
			src, _ := json.Marshal(m)
			if back, err := snapshot.ParseMessage(src); err != nil || back != m || !m.AsOf.Equal(asOf) {
				t.Errorf("%s: %+v, %v", src, back, err)
			}
		}
	}
}

func TestWhatIsAboutToGoIsNotAskedFor(t *testing.T) {
	s, q := newSite(t, 3), &snapshottest.Queue{}
	hide := func(store string, key ...string) {
		row := s.live.Item(store, key...)
		row["deleting_at"] = text("2026-06-02T00:00:00Z")
		s.live.Put(store, row)
	}
	tenants, u := s.data.Items["tenants"], s.largest()
	other := tenants[0]["tenant_id"].(string)
	if other == u.Tenant {
		other = tenants[1]["tenant_id"].(string)
	}
	hide("tenants", other)
	hide("channels", u.Tenant, u.Channel)
	if _, err := s.starter(q).Run(t.Context(), asOf); err != nil {
		t.Fatal(err)
	}
	for _, m := range q.Sent {
		if m.Tenant == other || m.Channel == u.Channel {
			t.Errorf("asked for %+v", m)
		}
	}
	if len(q.Sent) == 0 {
		t.Error("asked for nothing")
	}
}

// What fails for one tenant keeps no other from being copied, and shows.
func TestOneTenantsFailureIsItsOwn(t *testing.T) {
	s, q := newSite(t, 3), &snapshottest.Queue{}
	broken := s.data.Items["tenants"][0]["tenant_id"].(string)
	s.live.Fault = func(_ livedatatest.Op, key string) (bool, error) {
		if key == "channels/"+broken {
			return false, fault.New(fault.Retry, "throttled")
		}
		return true, nil
	}
	sent, err := s.starter(q).Run(t.Context(), asOf)
	if fault.KindOf(err) != fault.Retry || err == nil || sent != len(q.Sent) || !slices.ContainsFunc(q.Sent, func(m snapshot.Message) bool { return m.Tenant != broken && m.Channel != "" }) {
		t.Errorf("%d sent, %v: %v", sent, err, units(q.Sent))
	}
	s.live.Fault = nil
	starter := s.starter(&snapshottest.Queue{Fault: func(m snapshot.Message) (bool, error) { return false, errors.New("full") }})
	if sent, err := starter.Run(t.Context(), asOf); sent != 0 || err == nil {
		t.Errorf("%d sent, %v", sent, err)
	}
	starter.Tenants = snapshottest.Tenants{Err: fault.New(fault.Retry, "throttled")}
	if _, err := starter.Run(t.Context(), asOf); fault.KindOf(err) != fault.Retry || err == nil {
		t.Errorf("got %v", err)
	}
}

func TestMessagesThatAreNone(t *testing.T) {
	for _, body := range []string{``, `{}`, `[]`, `{"v":2,"tenant":"t","as_of":"2026-06-03T01:00:00Z"}`, `{"v":1,"as_of":"2026-06-03T01:00:00Z"}`,
		`{"v":1,"tenant":"t"}`, `{"v":1,"tenant":"a/b","as_of":"2026-06-03T01:00:00Z"}`, `{"v":1,"tenant":"t","as_of":"tonight"}`} {
		if m, err := snapshot.ParseMessage([]byte(body)); fault.KindOf(err) != fault.Invalid || err == nil {
			t.Errorf("%s: %+v, %v", body, m, err)
		}
	}
}

// wire is SQS as far as a batch is sent: it takes what take says.
func wire(t *testing.T, take func(call int, id string) bool) (snapshot.SQS, *[]string) {
	var taken []string
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, in *http.Request) {
		var ask struct {
			Entries []struct{ Id, MessageBody string }
		}
		if err := json.NewDecoder(in.Body).Decode(&ask); err != nil || len(ask.Entries) > 10 {
			t.Errorf("%d entries, %v", len(ask.Entries), err)
		}
		calls++
		var ok, failed []string
		for _, e := range ask.Entries {
			if take(calls, e.Id) {
				taken = append(taken, e.MessageBody)
				ok = append(ok, fmt.Sprintf(`{"Id":%q,"MessageId":"m","MD5OfMessageBody":""}`, e.Id))
			} else {
				failed = append(failed, fmt.Sprintf(`{"Id":%q,"Code":"InternalError","SenderFault":false}`, e.Id))
			}
		}
		out.Header().Set("Content-Type", "application/x-amz-json-1.0")
		_, _ = io.WriteString(out, `{"Successful":[`+strings.Join(ok, ",")+`],"Failed":[`+strings.Join(failed, ",")+`]}`)
	}))
	t.Cleanup(server.Close)
	cfg := aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, Credentials: aws.AnonymousCredentials{}}
	client := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
	return snapshot.SQS{Client: client, URL: server.URL + "/q", Pause: func(context.Context, int) error { return nil }}, &taken
}

func TestEntriesThatFailAreSentAgain(t *testing.T) {
	var messages []snapshot.Message
	for i := range 23 {
		messages = append(messages, snapshot.Message{V: 1, Tenant: "t", Channel: fmt.Sprint(i), AsOf: asOf})
	}
	for name, c := range map[string]struct {
		take  func(call int, id string) bool
		fails bool
	}{
		"all are taken":        {func(int, string) bool { return true }, false},
		"some are taken later": {func(call int, id string) bool { return (call+len(id)*int(id[0]))%3 > 0 }, false},
		"one never is":         {func(_ int, id string) bool { return id != "2" }, true},
	} {
		q, taken := wire(t, c.take)
		err := q.Send(t.Context(), messages)
		if c.fails != (err != nil) || err != nil && fault.KindOf(err) != fault.Retry {
			t.Errorf("%s: %v", name, err)
		}
		slices.Sort(*taken)
		if !c.fails && (len(*taken) != 23 || len(slices.Compact(*taken)) != 23) {
			t.Errorf("%s: %d taken", name, len(*taken))
		}
	}
}

func TestBackoffEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := snapshot.Backoff(ctx, 9); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
