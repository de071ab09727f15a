package integration

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/mikla-ai/data-deletion/infra/local/platform"
	"github.com/mikla-ai/data-deletion/shared/fence"
	"github.com/mikla-ai/data-deletion/shared/livedata"
	"github.com/mikla-ai/data-deletion/shared/livedata/livedatatest"
	"github.com/mikla-ai/data-deletion/shared/secrets"
)

type row = map[string]types.AttributeValue

var platformStores = []string{"tenants", "channels", "leads", "links", "conversations", "messages", "metrics", "tombstones"}

func platformTables() (names map[string]string, tables []string) {
	names = map[string]string{"media": bucket}
	for _, store := range platformStores {
		names[store] = "mikla-dev-" + store
		tables = append(tables, names[store])
	}
	return names, tables
}

// site is a business of its own for one test, with one channel.
type site struct {
	platform.Platform
	tenant  string
	connect func(http.RoundTripper) *dynamodb.Client
	keys    secrets.Versioned
	before  secrets.Versioned // the secret before its current version
}

// dated is when the events of these tests happen, unless they say otherwise.
var dated = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func openSite(t *testing.T, connect func(http.RoundTripper) *dynamodb.Client) *site {
	t.Helper()
	names, _ := platformTables()
	one, two := strings.Repeat("a", 64), strings.Repeat("b", 64)
	s := &site{tenant: "t_" + strings.ReplaceAll(t.Name(), "/", "_"), connect: connect,
		keys:   versioned(t, `{"current":"2","1":"`+one+`","2":"`+two+`"}`),
		before: versioned(t, `{"current":"1","1":"`+one+`"}`)}
	var n atomic.Int64
	s.Platform = platform.Platform{DynamoDB: connect(http.DefaultTransport), Names: names,
		Keys:  func(context.Context) (secrets.Versioned, error) { return s.keys, nil },
		NewID: func(prefix string) string { return fmt.Sprintf("%s%s_%d", prefix, s.tenant, n.Add(1)) }}
	s.put(t, "tenants", map[string]any{"tenant_id": s.tenant})
	s.put(t, "channels", map[string]any{"tenant_id": s.tenant, "channel_id": "ch", "platform": "facebook", "external_key": "facebook#1"})
	return s
}

func versioned(t *testing.T, src string) secrets.Versioned {
	t.Helper()
	v, err := secrets.ParseVersioned([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *site) put(t *testing.T, store string, fields map[string]any) {
	t.Helper()
	if _, err := s.connect(http.DefaultTransport).PutItem(t.Context(), &dynamodb.PutItemInput{
		TableName: aws.String(s.Names[store]), Item: livedatatest.NewItem(fields)}); err != nil {
		t.Fatal(err)
	}
}

// raise puts up a tombstone.
func (s *site) raise(t *testing.T, print string, cutoff time.Time) {
	t.Helper()
	stones := fence.DynamoDB{Client: s.connect(http.DefaultTransport), Table: s.Names["tombstones"]}
	if err := stones.Raise(t.Context(), fence.Tombstone{Fingerprint: print, Cutoff: cutoff, ExpiresAt: cutoff.Add(fence.Keep)}); err != nil {
		t.Fatal(err)
	}
}

// event is Tom's, in a direct message.
func (s *site) event(id string, at time.Time) platform.Event {
	return platform.Event{Tenant: s.tenant, Channel: "ch", Kind: "dm", Sender: platform.Sender{ID: "712", Handle: "Tom.K", Name: "Tom"},
		Message: platform.Message{ID: id, SentAt: at, Body: "words of " + id}}
}

func (s *site) comment(id, post string, at time.Time) platform.Event {
	e := s.event(id, at)
	e.Kind, e.Post = "comments", post
	return e
}

func (s *site) ingest(t *testing.T, e platform.Event, want platform.Outcome) platform.Receipt {
	t.Helper()
	receipt, err := s.Ingest(t.Context(), e)
	if err != nil || receipt.Outcome != want {
		t.Fatalf("%s: got %q, %v; want %q", e.Message.ID, receipt.Outcome, err, want)
	}
	return receipt
}

// rows are the site's rows of a store, as text, in order.
func (s *site) rows(t *testing.T, store string) []string {
	t.Helper()
	var out []string
	pages := dynamodb.NewScanPaginator(s.connect(http.DefaultTransport), &dynamodb.ScanInput{TableName: aws.String(s.Names[store]), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range page.Items {
			if text := livedatatest.Canonical(row); strings.Contains(text, `"`+s.tenant+`"`) || strings.Contains(text, s.tenant+"#") {
				out = append(out, text)
			}
		}
	}
	slices.Sort(out)
	return out
}

func (s *site) dump(t *testing.T) string {
	t.Helper()
	var out []string
	for _, store := range platformStores {
		out = append(out, store)
		out = append(out, s.rows(t, store)...)
	}
	return strings.Join(out, "\n")
}

func (s *site) requireCounts(t *testing.T, want map[string]int) {
	t.Helper()
	for store, n := range want {
		if rows := s.rows(t, store); len(rows) != n {
			t.Errorf("%d rows of %s, want %d: %s", len(rows), store, n, rows)
		}
	}
}

func TestPlatform(t *testing.T) {
	_, tables := platformTables()
	connect := dynamoDB(t, tables...)
	for name, test := range map[string]func(*testing.T, *site){
		"a new contact":                                newContact,
		"tombstones of all that an event names":        everyTombstone,
		"the intake is closed":                         closedIntake,
		"the same message again changes nothing":       sameAgain,
		"a contact that comes many times at once":      manyAtOnce,
		"people under one new post at once":            manyUnderAPost,
		"older than what is there":                     outOfOrder,
		"a contact gets a BSUID":                       laterBSUID,
		"a lost answer":                                lostTransaction,
		"a deletion begins between look and write":     fencedBetween,
		"a deletion takes the rows between the two":    takenBetween,
		"what a deletion saw empty":                    seenEmpty,
		"others are always faster":                     neverFirst,
		"an invalid event":                             invalidEvent,
		"attachments":                                  withAttachments,
		"the contract's example":                       contractExample,
		"an entry that quotes somebody who was erased": quotedAndErased,
	} {
		t.Run(name, func(t *testing.T) { test(t, openSite(t, connect)) })
	}
}

// newContact: rows of the form that the example has, clean, and linked at login.
func newContact(t *testing.T, s *site) {
	e := s.event("m_1", dated)
	e.Login = &platform.Login{App: "900", User: "555"}
	r := s.ingest(t, e, platform.Stored)
	lead := fmt.Sprintf(`{"channel_id":"ch","display_name":"Tom","first_seen_at":"2026-06-01T12:00:00Z","handle":"Tom.K","handle_key":"%[1]s#facebook#tom.k",`+
		`"intents":[],"last_interaction_at":"2026-06-01T12:00:00Z","lead_id":"%[2]s","platform":"facebook","platform_key":"facebook#712",`+
		`"platform_user_id":"712","profile_picture":null,"tags":[],"tenant_id":"%[1]s"}`, s.tenant, r.Lead)
	conversation := fmt.Sprintf(`{"channel_id":"ch","channel_key":"%[1]s#ch","conversation_id":"%[3]s","kind":"dm",`+
		`"lead_id":"%[2]s","lead_key":"%[1]s#%[2]s","message_count":1,"started_at":"2026-06-01T12:00:00Z","tenant_id":"%[1]s"}`, s.tenant, r.Lead, r.Conversation)
	message := fmt.Sprintf(`{"attachments":[],"body":"words of m_1","conversation_id":"%[3]s","direction":"in","lead_id":"%[2]s",`+
		`"message_id":"m_1","message_key":"2026-06-01T12:00:00Z#m_1","sent_at":"2026-06-01T12:00:00Z","tenant_id":"%[1]s"}`, s.tenant, r.Lead, r.Conversation)
	link := fmt.Sprintf(`{"app_user":"900#555","how":"login","linked_at":"2026-06-01T12:00:00Z","target":"lead#%s#%s"}`, s.tenant, r.Lead)
	for store, want := range map[string]string{"leads": lead, "conversations": conversation, "messages": message, "links": link} {
		if rows := s.rows(t, store); len(rows) != 1 || rows[0] != want {
			t.Errorf("%s: got %s\nwant %s", store, rows, want)
		}
	}
	formsOfTheExample(t, s)
}

// formsOfTheExample: rows of the stand-in have the attributes of the example's rows.
func formsOfTheExample(t *testing.T, s *site) {
	s.ingest(t, s.comment("m_2", "1_9", dated), platform.Stored)
	added := map[string][]string{"conversations": {"message_count"}}
	for store, rows := range livedatatest.ExampleWorld(t) {
		if !slices.Contains([]string{"leads", "links", "conversations", "messages"}, store) {
			continue
		}
		known := map[string]bool{}
		for _, name := range added[store] {
			known[name] = true
		}
		for _, row := range rows {
			for name := range row {
				known[name] = true
			}
		}
		for _, row := range s.items(t, store) {
			for name := range row {
				if !known[name] {
					t.Errorf("%s: the example has no %s", store, name)
				}
			}
		}
	}
}

func (s *site) items(t *testing.T, store string) []row {
	t.Helper()
	out, err := s.DynamoDB.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(s.Names[store])})
	if err != nil {
		t.Fatal(err)
	}
	return out.Items
}

// everyTombstone: each name under which an event may have been deleted keeps out what
// is dated up to the cutoff, to the nanosecond, under the current version of the
// secret and under the one before.
func everyTombstone(t *testing.T, s *site) {
	known := s.ingest(t, s.event("m_known", dated.Add(-time.Hour)), platform.Stored)
	thread := s.ingest(t, s.comment("m_thread", "1_9", dated.Add(-time.Hour)), platform.Stored)
	dm := func(id string, at time.Time) platform.Event { return s.event(id, at) }
	comment := func(id string, at time.Time) platform.Event { return s.comment(id, "1_9", at) }
	cutoff := dated
	for i, keys := range []secrets.Versioned{s.keys, s.before} {
		for name, c := range map[string]struct {
			print string
			event func(string, time.Time) platform.Event
		}{
			"tenant":              {fence.ScopePrint(keys, "tenant", s.tenant), dm},
			"channel":             {fence.ScopePrint(keys, "channel", s.tenant, "ch"), dm},
			"channel's identity":  {fence.IdentityPrint(keys, "channel", s.tenant, "", "facebook#1"), dm},
			"lead":                {fence.ScopePrint(keys, "lead", s.tenant, known.Lead), dm},
			"lead's identity":     {fence.IdentityPrint(keys, "lead", s.tenant, "ch", "facebook#712"), dm},
			"conversation":        {fence.ScopePrint(keys, "conversation", s.tenant, known.Conversation), dm},
			"conversation's lead": {fence.IdentityPrint(keys, "conversation", s.tenant, "ch", known.Lead), dm},
			"thread":              {fence.ScopePrint(keys, "conversation", s.tenant, thread.Conversation), comment},
			"thread's post":       {fence.IdentityPrint(keys, "conversation", s.tenant, "ch", "1_9"), comment},
		} {
			id := func(when string) string { return fmt.Sprintf("m_%s_%d_%s", name, i, when) }
			cutoff = cutoff.Add(time.Hour) // later than what the one before let in
			s.raise(t, c.print, cutoff)
			before := s.dump(t)
			s.ingest(t, c.event(id("before"), cutoff.Add(-time.Minute)), platform.Dropped)
			s.ingest(t, c.event(id("equal"), cutoff), platform.Dropped)
			if s.dump(t) != before {
				t.Errorf("%s: what was dropped changed something", name)
			}
			s.ingest(t, c.event(id("after"), cutoff.Add(1)), platform.Stored)
		}
	}
	// A thread of one's own and the comments under a post are fenced apart.
	s.raise(t, fence.IdentityPrint(s.keys, "conversation", s.tenant, "ch", known.Lead), dated.Add(100*time.Hour))
	s.ingest(t, comment("m_apart", dated.Add(99*time.Hour)), platform.Stored)
	s.ingest(t, dm("m_in_thread", dated.Add(99*time.Hour)), platform.Dropped)
}

func closedIntake(t *testing.T, s *site) {
	s.ingest(t, s.event("m_1", dated), platform.Stored)
	channel := map[string]any{"tenant_id": s.tenant, "channel_id": "ch", "platform": "facebook", "external_key": "facebook#1"}
	tenant := map[string]any{"tenant_id": s.tenant}
	hidden := func(row map[string]any) map[string]any {
		row = maps.Clone(row)
		row["deleting_at"] = "2026-06-02T00:00:00Z"
		return row
	}
	s.put(t, "channels", hidden(channel))
	before := s.dump(t)
	s.ingest(t, s.event("m_2", dated.Add(time.Hour)), platform.Closed)
	if s.dump(t) != before {
		t.Error("a closed channel took something in")
	}
	s.put(t, "channels", channel)
	s.put(t, "tenants", hidden(tenant))
	s.ingest(t, s.event("m_2", dated.Add(time.Hour)), platform.Closed)
	s.put(t, "tenants", tenant)
	s.ingest(t, s.event("m_2", dated.Add(time.Hour)), platform.Stored)
	gone := s.event("m_3", dated)
	gone.Channel = "ch_gone"
	s.ingest(t, gone, platform.Closed)
	s.delete(t, "tenants", row{"tenant_id": str(s.tenant)})
	s.ingest(t, s.event("m_3", dated.Add(time.Hour)), platform.Closed)
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func (s *site) delete(t *testing.T, store string, key row) {
	t.Helper()
	if _, err := s.connect(http.DefaultTransport).DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(s.Names[store]), Key: key}); err != nil {
		t.Fatal(err)
	}
}

func sameAgain(t *testing.T, s *site) {
	e := s.event("m_1", dated)
	e.Login = &platform.Login{App: "900", User: "555"}
	first := s.ingest(t, e, platform.Stored)
	s.ingest(t, s.event("m_2", dated.Add(time.Minute)), platform.Stored)
	before := s.dump(t)
	for range 3 {
		if again := s.ingest(t, e, platform.Duplicate); again.Lead != first.Lead || again.Conversation != first.Conversation {
			t.Errorf("got %+v, want the first %+v", again, first)
		}
	}
	if s.dump(t) != before {
		t.Error("a duplicate changed something")
	}
}

// together sends all events at the same time.
func (s *site) together(t *testing.T, events ...platform.Event) map[platform.Outcome]int {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	start, outcomes := make(chan struct{}), map[platform.Outcome]int{}
	for _, e := range events {
		all.Go(func() {
			<-start
			receipt, err := s.Ingest(t.Context(), e)
			mu.Lock()
			defer mu.Unlock()
			outcomes[receipt.Outcome]++
			if err != nil {
				t.Errorf("%s: %v", e.Message.ID, err)
			}
		})
	}
	close(start)
	all.Wait()
	return outcomes
}

func manyAtOnce(t *testing.T, s *site) {
	var events []platform.Event
	for i := range 4 { // each of them twice
		e := s.event(fmt.Sprintf("m_%d", i), dated.Add(time.Duration(i)*time.Second))
		events = append(events, e, e)
	}
	outcomes := s.together(t, events...)
	if want := map[platform.Outcome]int{platform.Stored: 4, platform.Duplicate: 4}; !maps.Equal(outcomes, want) {
		t.Errorf("got %v, want %v", outcomes, want)
	}
	s.requireCounts(t, map[string]int{"leads": 1, "conversations": 1, "messages": 4})
	if row := s.rows(t, "leads")[0]; !strings.Contains(row, `"last_interaction_at":"2026-06-01T12:00:03Z"`) {
		t.Errorf("%s lacks the last date", row)
	}
	if row := s.rows(t, "conversations")[0]; !strings.Contains(row, `"message_count":4`) {
		t.Errorf("%s does not count its messages", row)
	}
}

func manyUnderAPost(t *testing.T, s *site) {
	var events []platform.Event
	for i := range 4 {
		e := s.comment(fmt.Sprintf("m_%d", i), "1_9", dated)
		e.Sender.ID = fmt.Sprintf("71%d", i%2)
		events = append(events, e)
	}
	if outcomes := s.together(t, events...); outcomes[platform.Stored] != 4 {
		t.Errorf("got %v", outcomes)
	}
	s.requireCounts(t, map[string]int{"leads": 2, "conversations": 1, "messages": 4})
	for _, row := range s.rows(t, "messages") {
		if !strings.Contains(row, `"author_key":"`+s.tenant+"#l_") {
			t.Errorf("%s lacks its author", row)
		}
	}
	if thread := s.rows(t, "conversations")[0]; strings.Contains(thread, "lead_") || !strings.Contains(thread, `"post_id":"1_9"`) {
		t.Errorf("the thread is %s", thread)
	}
	s.ingest(t, s.comment("m_other_post", "1_10", dated), platform.Stored)
	s.requireCounts(t, map[string]int{"conversations": 2})
}

// outOfOrder: a date never goes back, whatever the width of its fraction; the thread's
// row changes all the same.
func outOfOrder(t *testing.T, s *site) {
	s.ingest(t, s.event("m_1", dated.Add(500*time.Millisecond)), platform.Stored)
	s.ingest(t, s.event("m_2", dated), platform.Stored)
	s.requireCounts(t, map[string]int{"leads": 1, "conversations": 1, "messages": 2})
	if row := s.rows(t, "leads")[0]; !strings.Contains(row, `"last_interaction_at":"2026-06-01T12:00:00.5Z"`) {
		t.Errorf("got %s", row)
	}
	if row := s.rows(t, "conversations")[0]; !strings.Contains(row, `"message_count":2`) {
		t.Errorf("got %s", row)
	}
}

// laterBSUID: a number that gets a BSUID is found by either, and deleted by both.
func laterBSUID(t *testing.T, s *site) {
	first := s.ingest(t, s.event("m_1", dated), platform.Stored)
	both := s.event("m_2", dated)
	both.Sender.BSUID = "ES.1"
	s.ingest(t, both, platform.Stored)
	alone := s.event("m_3", dated)
	alone.Sender = platform.Sender{BSUID: "ES.1"}
	if r := s.ingest(t, alone, platform.Stored); r.Lead != first.Lead {
		t.Errorf("lead %s, want %s", r.Lead, first.Lead)
	}
	if row := s.rows(t, "leads")[0]; !strings.Contains(row, `"bsuid":"ES.1","bsuid_key":"facebook#ES.1"`) {
		t.Errorf("got %s", row)
	}
	s.raise(t, fence.IdentityPrint(s.keys, "lead", s.tenant, "ch", "facebook#712"), dated)
	alone.Message.ID = "m_4"
	s.ingest(t, alone, platform.Dropped) // the number's tombstone holds for it too
}

func lostTransaction(t *testing.T, s *site) {
	lost := &lossy{lose: map[string]int{"TransactWriteItems": 1}, calls: map[string]int{}}
	s.DynamoDB = s.connect(lost)
	s.ingest(t, s.event("m_1", dated), platform.Stored)
	if lost.calls["TransactWriteItems"] != 2 {
		t.Errorf("%d transactions, want the lost one and its retry", lost.calls["TransactWriteItems"])
	}
	s.requireCounts(t, map[string]int{"leads": 1, "conversations": 1, "messages": 1})
}

// between does something before each call of an operation.
type between struct {
	operation string
	do        func(call int)
	calls     int
}

func (b *between) RoundTrip(in *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(in.Header.Get("X-Amz-Target"), ".")
	if operation == "" && in.Method == http.MethodPut {
		operation = "PutObject"
	}
	if operation == b.operation {
		b.calls++
		b.do(b.calls)
	}
	return http.DefaultTransport.RoundTrip(in)
}

// fencedBetween: what was looked up before the deletion began is not written after it.
func fencedBetween(t *testing.T, s *site) {
	b := &between{operation: "TransactWriteItems", do: func(int) {
		s.raise(t, fence.IdentityPrint(s.keys, "lead", s.tenant, "ch", "facebook#712"), dated)
	}}
	s.DynamoDB = s.connect(b)
	s.ingest(t, s.event("m_1", dated), platform.Dropped)
	s.requireCounts(t, map[string]int{"leads": 0, "conversations": 0, "messages": 0, "metrics": 0})
	s.ingest(t, s.event("m_2", dated.Add(1)), platform.Stored)
}

// takenBetween: a message that is newer than a deletion does not land in rows that the
// deletion takes away meanwhile; it makes new ones.
func takenBetween(t *testing.T, s *site) {
	first := s.ingest(t, s.event("m_1", dated), platform.Stored)
	b := &between{operation: "TransactWriteItems", do: func(call int) {
		switch call {
		case 1:
			s.delete(t, "conversations", row{"tenant_id": str(s.tenant), "conversation_id": str(first.Conversation)})
		case 2:
			s.delete(t, "leads", row{"tenant_id": str(s.tenant), "lead_id": str(first.Lead)})
		}
	}}
	s.DynamoDB = s.connect(b)
	second := s.ingest(t, s.event("m_2", dated.Add(time.Hour)), platform.Stored)
	if b.calls != 3 || second.Lead == first.Lead || second.Conversation == first.Conversation {
		t.Errorf("%d transactions, %+v after %+v", b.calls, second, first)
	}
	s.requireCounts(t, map[string]int{"leads": 1, "conversations": 1, "messages": 2})
}

// seenEmpty: rows that a deletion saw with nothing newer under them do not go once a
// newer message is there, even one that is older than the last one was.
func seenEmpty(t *testing.T, s *site) {
	r := s.ingest(t, s.event("m_1", dated.Add(time.Hour)), platform.Stored)
	m := dataMap(t)
	live := livedata.DynamoDB{Client: s.DynamoDB, Names: s.Names}
	conversations, _ := m.Store("conversations")
	seen, err := live.Get(t.Context(), conversations, livedata.Key{"tenant_id": s.tenant, "conversation_id": r.Conversation})
	if err != nil || len(seen) == 0 {
		t.Fatal(err)
	}
	s.delete(t, "messages", row{"conversation_id": str(r.Conversation), "message_key": str("2026-06-01T13:00:00Z#m_1")})
	s.ingest(t, s.event("m_2", dated), platform.Stored)
	if applied, err := live.DeleteIf(t.Context(), conversations, seen); applied || err != nil {
		t.Errorf("deleted %t, %v", applied, err)
	}
	s.requireCounts(t, map[string]int{"leads": 1, "conversations": 1, "messages": 1})
}

func neverFirst(t *testing.T, s *site) {
	b := &between{operation: "TransactWriteItems", do: func(call int) {
		s.put(t, "metrics", map[string]any{"metric": "new_leads_and_threads#" + s.tenant + "#ch", "period": "ever", "value": json.Number(strconv.Itoa(1000 + call))})
	}}
	s.DynamoDB = s.connect(b)
	if receipt, err := s.Ingest(t.Context(), s.event("m_1", dated)); err == nil || receipt.Outcome != "" {
		t.Errorf("got %+v, %v", receipt, err)
	}
	s.requireCounts(t, map[string]int{"leads": 0, "messages": 0})
}

func invalidEvent(t *testing.T, s *site) {
	for name, spoil := range map[string]func(*platform.Event){
		"tenant":  func(e *platform.Event) { e.Tenant = "" },
		"channel": func(e *platform.Event) { e.Channel = "" },
		"kind":    func(e *platform.Event) { e.Kind = "mail" },
		"no post": func(e *platform.Event) { e.Kind = "comments" },
		"post":    func(e *platform.Event) { e.Post = "1_9" },
		"sender":  func(e *platform.Event) { e.Sender = platform.Sender{Name: "Tom"} },
		"login":   func(e *platform.Event) { e.Login = &platform.Login{App: "900"} },
		"message": func(e *platform.Event) { e.Message.ID = "" },
		"date":    func(e *platform.Event) { e.Message.SentAt = time.Time{} },
	} {
		e := s.event("m_1", dated)
		spoil(&e)
		if receipt, err := s.Ingest(t.Context(), e); err == nil || receipt.Outcome != "" {
			t.Errorf("%s: got %+v, %v", name, receipt, err)
		}
	}
	s.requireCounts(t, map[string]int{"leads": 0, "messages": 0})
}

// withAttachments: they come after the message that names them; one whose message was
// taken meanwhile goes again.
func withAttachments(t *testing.T, s *site) {
	connect := media(t)
	s.S3 = connect(http.DefaultTransport)
	e := s.event("m_1", dated)
	e.Message.Attachments = []platform.Attachment{{ContentType: "image/png", Content: []byte("one")}, {ContentType: "image/png", Content: []byte("two")}}
	r := s.ingest(t, e, platform.Stored)
	prefix := s.tenant + "/ch/" + r.Conversation + "/"
	want := []string{prefix + "m_1-1", prefix + "m_1-2"}
	if got := s.versions(t); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, key := range want {
		if row := s.rows(t, "messages")[0]; !strings.Contains(row, `{"content_type":"image/png","key":"`+key+`"}`) {
			t.Errorf("%s does not name %s", row, key)
		}
	}
	s.ingest(t, e, platform.Duplicate)
	if got := s.versions(t); !slices.Equal(got, want) {
		t.Errorf("after a duplicate %q", got)
	}
	s.S3 = connect(&between{operation: "PutObject", do: func(int) {
		s.delete(t, "messages", row{"conversation_id": str(r.Conversation), "message_key": str("2026-06-01T13:00:00Z#m_2")})
	}})
	e.Message.ID, e.Message.SentAt = "m_2", dated.Add(time.Hour)
	s.ingest(t, e, platform.Stored)
	if got := s.versions(t); !slices.Equal(got, want) {
		t.Errorf("objects of a message that is gone: %q", got)
	}
}

// versions lists the keys of all versions and delete markers in the bucket.
func (s *site) versions(t *testing.T) []string {
	t.Helper()
	out, err := s.S3.ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, v := range out.Versions {
		keys = append(keys, *v.Key)
	}
	for _, m := range out.DeleteMarkers {
		keys = append(keys, *m.Key+" (deleted)")
	}
	slices.Sort(keys)
	return keys
}
