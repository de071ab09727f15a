// Package client talks to a running local stack over its public edges: the API as
// API Gateway would serve it, and the surface under /_local/.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/mikla-ai/data-deletion/infra/local/platform"
	"github.com/mikla-ai/data-deletion/infra/local/postoffice"
	"github.com/mikla-ai/data-deletion/shared/signedrequest"
)

// Client is a user of the stack at URL.
type Client struct {
	URL  string
	HTTP *http.Client
}

// New makes a client whose calls end after a minute at the latest.
func New(base string) Client {
	return Client{URL: strings.TrimSuffix(base, "/"), HTTP: &http.Client{Timeout: time.Minute}}
}

// Answer is an HTTP answer, read to its end.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends a request.
func (c Client) Do(ctx context.Context, method, path string, header http.Header, body []byte) (Answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.URL+path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = res.Body.Close() }()
	read, err := io.ReadAll(res.Body)
	return Answer{Status: res.StatusCode, Header: res.Header, Body: read}, err
}

// must sends a request that only 200 answers rightly, and decodes JSON into the
// value if one is given.
func (c Client) must(ctx context.Context, method, path string, header http.Header, body []byte, into any) error {
	answer, err := c.Do(ctx, method, path, header, body)
	if err != nil {
		return err
	}
	if answer.Status != http.StatusOK {
		return fmt.Errorf("%s %s answered %d: %s", method, path, answer.Status, bytes.TrimSpace(answer.Body))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer.Body, into)
}

// Item is a record in the form in which the seed takes it.
type Item = map[string]any

// Seed loads platform data, store -> items.
func (c Client) Seed(ctx context.Context, world []byte) error {
	return c.must(ctx, http.MethodPost, "/_local/seed", jsonHeader, world, nil)
}

// Store reads all items of a store.
func (c Client) Store(ctx context.Context, name string) ([]Item, error) {
	var items []Item
	return items, c.must(ctx, http.MethodGet, "/_local/stores/"+name, nil, nil, &items)
}

// Raw reads all items of a store as the stack prints them, to compare bytes; with
// versions, every version and delete marker of a bucket.
func (c Client) Raw(ctx context.Context, name string, versions bool) ([]json.RawMessage, error) {
	path := "/_local/stores/" + name
	if versions {
		path += "?versions=1"
	}
	var items []json.RawMessage
	return items, c.must(ctx, http.MethodGet, path, nil, nil, &items)
}

// Ingest hands an event to the stand-in for Mikla's platform.
func (c Client) Ingest(ctx context.Context, e platform.Event) (platform.Receipt, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return platform.Receipt{}, err
	}
	var receipt platform.Receipt
	return receipt, c.must(ctx, http.MethodPost, platform.Path, jsonHeader, body, &receipt)
}

// Schedule runs a schedule now and waits for its result.
func (c Client) Schedule(ctx context.Context, name string) error {
	return c.must(ctx, http.MethodPost, "/_local/schedules/"+name, nil, nil, nil)
}

// Mail hands in a raw mail as SES would, and returns SES's ID of it. query says what differs
// from a mail that passes everything: dmarc, spf, dkim, spam, virus, from, to.
func (c Client) Mail(ctx context.Context, raw []byte, query url.Values) (string, error) {
	answer, err := c.Do(ctx, http.MethodPost, postoffice.Path+"?"+query.Encode(), http.Header{"Content-Type": {"message/rfc822"}}, raw)
	if err != nil {
		return "", err
	}
	if answer.Status != http.StatusAccepted {
		return "", fmt.Errorf("the mail was answered %d: %s", answer.Status, bytes.TrimSpace(answer.Body))
	}
	var taken struct {
		ID string `json:"message_id"`
	}
	return taken.ID, json.Unmarshal(answer.Body, &taken)
}

// Outbox lists the letters that were sent, oldest first.
func (c Client) Outbox(ctx context.Context) ([]postoffice.Letter, error) {
	var letters []postoffice.Letter
	return letters, c.must(ctx, http.MethodGet, "/_local/outbox", nil, nil, &letters)
}

// Decisions lists what was decided of each mail, in the order in which the mails came.
func (c Client) Decisions(ctx context.Context) ([]Item, error) {
	var list []Item
	return list, c.must(ctx, http.MethodGet, "/_local/mail-decisions", nil, nil, &list)
}

// Fault is one entry of the list of faults to inject.
type Fault struct {
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Kind      string `json:"kind"`
	Count     int    `json:"count"`
	Skip      int    `json:"skip,omitempty"` // calls that pass first
	Function  string `json:"function,omitempty"`
	Resource  string `json:"resource,omitempty"` // of a letter: the address it goes to
}

// Faults injects faults.
func (c Client) Faults(ctx context.Context, faults ...Fault) error {
	body, err := json.Marshal(faults)
	if err != nil {
		return err
	}
	return c.must(ctx, http.MethodPost, "/_local/faults", jsonHeader, body, nil)
}

// Notice is what Meta signs.
type Notice struct {
	App, User, Secret string
	IssuedAt          time.Time
}

// Signed makes the signed_request of a notice.
func (n Notice) Signed() string {
	payload, _ := json.Marshal(map[string]any{"algorithm": "HMAC-SHA256", "issued_at": n.IssuedAt.Unix(), "user_id": n.User})
	return signedrequest.Sign(payload, n.Secret)
}

// Accepted is the answer to a notice.
type Accepted struct {
	URL  string `json:"url"`
	Code string `json:"confirmation_code"`
}

// Callback posts a signed notice as Meta does; callback is "data-deletion" or
// "deauthorize".
func (c Client) Callback(ctx context.Context, callback string, n Notice) (Accepted, error) {
	form := url.Values{"signed_request": {n.Signed()}}.Encode()
	var out Accepted
	err := c.must(ctx, http.MethodPost, "/meta/"+n.App+"/"+callback, formHeader, []byte(form), &out)
	return out, err
}

// Status is the JSON of the status page.
type Status struct {
	Code         string     `json:"code"`
	State        string     `json:"state"`
	Outcome      *string    `json:"outcome"`
	ReceivedAt   time.Time  `json:"received_at"`
	DueAt        time.Time  `json:"due_at"`
	LiveErasedAt *time.Time `json:"live_erased_at"`
	Unreadable   *time.Time `json:"backups_unreadable_at"`
	BackupsGone  *time.Time `json:"backups_gone_by"`
	Kept         []struct {
		Category string     `json:"category"`
		Reason   string     `json:"reason"`
		Until    *time.Time `json:"until"`
	} `json:"kept"`
	NextStep *string `json:"next_step"`
	Results  []struct {
		Outcome *string `json:"outcome"`
	} `json:"results"`
}

// Status reads the status of a code.
func (c Client) Status(ctx context.Context, code string) (Status, error) {
	var s Status
	return s, c.must(ctx, http.MethodGet, "/status/"+code, http.Header{"Accept": {"application/json"}}, nil, &s)
}

// pollEvery is how often a status is asked for while it is awaited.
const pollEvery = 100 * time.Millisecond

// Await asks for the status until it is as wanted or the context ends; each is given
// to seen as well (nil: nobody looks).
func (c Client) Await(ctx context.Context, code string, wanted func(Status) bool, seen func(Status)) (Status, error) {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		s, err := c.Status(ctx, code)
		if err != nil {
			return s, err
		}
		if seen != nil {
			seen(s)
		}
		if wanted(s) {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return s, fmt.Errorf("status is still %s: %w", s.State, ctx.Err())
		case <-ticker.C:
		}
	}
}

// Ended says that a request has its outcome.
func Ended(s Status) bool { return s.Outcome != nil }

var (
	jsonHeader = http.Header{"Content-Type": {"application/json"}}
	formHeader = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
)
